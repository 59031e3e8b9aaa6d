// The sink of `record_grammar` that makes a view of a record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/json/record_grammar.hpp>
#include <auditor/json/record_storage.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Fills the storage from both ends, between which it is free:
//
//                            front_         back_                plain_
//   | entries and components | ->    free  <- | values and scores | strings without their escapes |
//
// Entries and components lie in the order of the text, all of the one before all of the other. Values and scores lie in reverse, so that a
// list is known by what is behind its first element, `back_` when it began (`record_storage::before`). For what there is no room it
// goes on and counts, so that room can be made and the text be read again: nothing moves while a record is read.
class view_sink {
 public:
  static constexpr bool wants_everything = true;

  view_sink(record_storage& storage, record_view& view) : storage_(storage), view_(view) {
    if (storage_.pool_.size() == 0) storage_.make_room(1, 0);
    plain_room_ = (std::min)(storage_.plain_, storage_.pool_.size());
    // Without memory any address will do, but null: what is below it would wrap around, and not be below the front.
    front_ = storage_.pool_.size() != 0 ? storage_.pool_.data() : reinterpret_cast<char*>(this);
    back_ = plain_ = front_ + storage_.pool_.size() - plain_room_;
    new (&view_) record_view;
  }

  void record_id(const json_string& id) noexcept { view_.record_id = plain(id); }
  std::string_view record_id() const noexcept { return view_.record_id; }

  [[gnu::always_inline]] void meta_name(const json_string& name) noexcept {
    if (auto* const to = at_front<meta_slot>(name)) to->values = behind<std::string_view>();
    ++metas_;
  }
  [[gnu::always_inline]] void meta_value(const json_string& value) noexcept { at_back<std::string_view>(value); }
  void end_meta_entry() noexcept {
    if (!is_whole_) return;
    meta_slot& slot = reinterpret_cast<meta_slot*>(front_)[-1];
    slot.count = static_cast<std::size_t>(slot.values - behind<std::string_view>());
  }
  std::size_t end_meta() noexcept {
    if (!is_whole_) return no_duplicate;
    first_meta_ = slots_of<meta_slot>(metas_);
    return duplicate_of(metas_, [this](std::size_t i) { return first_meta_[i].name; });
  }

  [[gnu::always_inline]] void begin_component() noexcept {
    begin_scores();
    add_component({});
  }
  [[gnu::always_inline]] void component_name(const json_string& name) noexcept {
    const std::string_view text = plain(name);
    if (component_ != nullptr) component_->name = text;
  }
  [[gnu::always_inline]] void begin_score() noexcept { score_ = at_back<score_view>(); }
  [[gnu::always_inline]] void score_name(const json_string& name) noexcept {
    const std::string_view text = plain(name);
    if (score_ != nullptr) score_->name = text;
  }
  [[gnu::always_inline]] void end_score(double value) noexcept {
    if (score_ != nullptr) score_->value = value;
  }
  [[gnu::always_inline]] void end_component(std::int64_t amount) noexcept {
    if (component_ == nullptr) return;
    component_->amount = amount;
    component_->scores = scores_;
    component_->count = static_cast<std::size_t>(scores_ - behind<score_view>());
  }
  void end_components() noexcept {
    if (is_whole_) first_component_ = slots_of<component_slot>(components_);
  }

  void end(const record_frame& frame) noexcept {
    if (!is_whole_) return;
    view_.meta = {first_meta_, metas_, &record_storage::meta_at};
    view_.components = {first_component_, components_, &record_storage::component_at};
    view_.start_time = frame.start_time;
    view_.stop_time = frame.stop_time;
    view_.runtime = frame.runtime;
  }

  // Was there room for all?
  bool is_whole() const noexcept { return is_whole_; }
  std::size_t wanted() const noexcept {
    const std::size_t beside = storage_.pool_.size() - plain_room_ - static_cast<std::size_t>(back_ - front_);
    return beside + missing_ + wanted_plain();
  }
  // ... next time, or at least for the id, if this is true: the text is to be read again.
  bool make_room() {
    const std::size_t most_plain = (std::min)(wanted_plain(), storage_.pool_.size());
    if (storage_.make_room(wanted(), wanted_plain())) return true;
    return view_.record_id.empty() && plain_room_ < most_plain;
  }

 protected:
  using meta_slot = record_storage::meta_slot;
  using component_slot = record_storage::component_slot;

  [[gnu::always_inline]] std::string_view plain(const json_string& s) noexcept {
    return s.escaped ? unescaped(s) : s.raw();
  }
  // The entry whose name came last. Null: there was no room for all of the lists so far.
  meta_slot* last_meta() const noexcept { return missing_ == 0 ? reinterpret_cast<meta_slot*>(front_) - 1 : nullptr; }
  // Those of the entries that have no values, not even a place for them. Once something is missing all are counted.
  void drop_meta() noexcept {
    if (missing_ != 0) return;
    auto* const first = reinterpret_cast<meta_slot*>(front_) - metas_;
    meta_slot* to = first;
    for (const meta_slot* from = first; from != first + metas_; ++from)
      if (from->values != nullptr) *to++ = *from;
    metas_ = static_cast<std::size_t>(to - first);
    front_ = reinterpret_cast<char*>(to);
  }
  // Of a component, which may be added later, or not at all.
  [[gnu::always_inline]] void begin_scores() noexcept { scores_ = behind<score_view>(); }
  void drop_scores() noexcept {
    if (missing_ == 0) back_ = reinterpret_cast<char*>(const_cast<score_view*>(scores_));
  }
  [[gnu::always_inline]] void add_component(std::string_view name) noexcept {
    component_ = at_front<component_slot>();
    if (component_ != nullptr) component_->name = name;
    ++components_;
  }

 private:
  // A `T`, whose first member is a std::string_view, of that text; the others are set when they come. Null: no room.
  template <class T>
  [[gnu::always_inline]] T* at_front(const json_string& text = {}) noexcept {
    if constexpr (compact) return static_cast<T*>(room(text, sizeof(T), false));
    const std::string_view begins = plain(text);
    char* const at = front_;
    if (at + sizeof(T) > back_) [[unlikely]]
      return static_cast<T*>(miss(sizeof(T)));
    front_ = at + sizeof(T);
    return static_cast<T*>(begin_with(begins, at));
  }
  template <class T>
  [[gnu::always_inline]] T* at_back(const json_string& text = {}) noexcept {
    if constexpr (compact) return static_cast<T*>(room(text, sizeof(T), true));
    const std::string_view begins = plain(text);
    char* const at = back_ - sizeof(T);
    if (at < front_) [[unlikely]]
      return static_cast<T*>(miss(sizeof(T)));
    return static_cast<T*>(begin_with(begins, back_ = at));
  }
  // Both for the compact code, of any `T`.
  [[gnu::noinline]] void* room(const json_string& text, std::size_t size, bool at_back) noexcept {
    const std::string_view begins = plain(text);
    if (static_cast<std::size_t>(back_ - front_) < size) return miss(size);
    if (at_back) return begin_with(begins, back_ -= size);
    front_ += size;
    return begin_with(begins, front_ - size);
  }
  [[gnu::always_inline]] static void* begin_with(std::string_view text, void* at) noexcept {
    new (at) std::string_view(text);
    return at;
  }
  [[gnu::cold]] void* miss(std::size_t size) noexcept {
    missing_ += size;
    is_whole_ = false;
    return nullptr;
  }

  template <class T>
  const T* behind() const noexcept {
    return reinterpret_cast<const T*>(back_);
  }
  // Of a list that ends here.
  template <class T>
  const T* slots_of(std::size_t count) const noexcept {
    return reinterpret_cast<const T*>(front_) - count;
  }

  // By value, so that what is not escaped need not be in memory.
  [[gnu::cold]] std::string_view unescaped(json_string s) noexcept {
    char* const to = plain_ + wanted_plain_;
    wanted_plain_ += s.size;
    if (wanted_plain_ > plain_room_) {
      miss(0);
      return {};
    }
    return {to, static_cast<std::size_t>(unescape(s, to) - to)};
  }
  std::size_t wanted_plain() const noexcept { return record_storage::whole_units(wanted_plain_); }

  template <class Name>
  std::size_t duplicate_of(std::size_t count, const Name& name) noexcept {
    if constexpr (compact) return first_duplicate(count, name);
    return count <= few_names ? first_duplicate_of_few(count, name) : duplicate_of_many(count, name);
  }
  // Where the storage has nothing yet there is a table of them, or, if it has no room for that, their numbers are put in order.
  template <class Name>
  [[gnu::noinline]] std::size_t duplicate_of_many(std::size_t count, const Name& name) noexcept {
    const auto room = static_cast<std::size_t>(back_ - front_);
    if (count > room / sizeof(std::uint32_t)) {
      miss(count * sizeof(std::uint32_t));
      return no_duplicate;
    }
    auto* const numbers = reinterpret_cast<std::uint32_t*>(front_);
    if (2 * count <= room / sizeof(std::uint32_t)) {
      for (std::size_t i = 0; i < 2 * count; ++i) new (numbers + i) std::uint32_t(0);
      if (const std::size_t found = first_duplicate_by_hash(numbers, count, name); found != too_much_alike) return found;
    }
    for (std::size_t i = 0; i < count; ++i) new (numbers + i) std::uint32_t(static_cast<std::uint32_t>(i));
    const auto before = order_of_names(name);
    std::make_heap(numbers, numbers + count, before);
    std::sort_heap(numbers, numbers + count, before);
    return first_duplicate_in_order(numbers, count, name);
  }

  record_storage& storage_;
  record_view& view_;
  char* front_;
  char* back_;
  char* plain_;  // where the back began, and strings without their escapes do
  std::size_t plain_room_;
  std::size_t wanted_plain_ = 0;
  std::size_t missing_ = 0;              // bytes of the lists
  bool is_whole_ = true;                 // nothing is missing, of strings neither
  component_slot* component_ = nullptr;  // the one that is read; null: there was no room
  const score_view* scores_ = nullptr;   // behind the first of its scores
  score_view* score_ = nullptr;          // as `component_`
  const meta_slot* first_meta_ = nullptr;
  const component_slot* first_component_ = nullptr;
  std::size_t metas_ = 0;
  std::size_t components_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
