// The sink of `record_grammar` that makes a view of the fields that somebody wants, and only lets the others be checked.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/same_text.hpp>
#include <auditor/impl/json/view_sink.hpp>
#include <auditor/json/wanted_fields.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Keeps what comes until it is known whether it is wanted: of meta all names, which have to differ; of a component its scores,
// where they come before its name, and adds it only then. Then the room of the others is used again.
class selecting_sink : public view_sink {
 public:
  static constexpr bool wants_everything = false;

  selecting_sink(record_storage& storage, record_view& view, const wanted_fields& wanted)
      : view_sink(storage, view), meta_(wanted.meta), components_(wanted.components), scores_(wanted.scores) {}

  bool wants_meta() const noexcept { return meta_.is_some(); }
  bool wants_amount() const noexcept { return is_component_wanted_; }
  bool wants_scores() const noexcept { return scores_ && is_component_wanted_; }

  [[gnu::always_inline]] void meta_name(const json_string& name) noexcept {
    view_sink::meta_name(name);
    meta_slot* const entry = last_meta();
    is_meta_wanted_ = entry == nullptr || meta_.has(entry->name);
    if (!is_meta_wanted_) entry->values = nullptr;  // for `drop_meta`
  }
  [[gnu::always_inline]] void meta_value(const json_string& value) noexcept {
    if (is_meta_wanted_) view_sink::meta_value(value);
  }
  void end_meta_entry() noexcept {
    if (is_meta_wanted_) view_sink::end_meta_entry();
  }
  std::size_t end_meta() noexcept {
    const std::size_t duplicate = view_sink::end_meta();
    drop_meta();
    return duplicate;
  }

  [[gnu::always_inline]] void begin_component() noexcept {
    begin_scores();
    is_component_wanted_ = true;
  }
  [[gnu::always_inline]] void component_name(const json_string& name) noexcept {
    const std::string_view text = plain(name);
    is_component_wanted_ = components_.has(text);
    if (is_component_wanted_) add_component(text);
  }
  [[gnu::always_inline]] void begin_score() noexcept {
    if (wants_scores()) view_sink::begin_score();
  }
  [[gnu::always_inline]] void score_name(const json_string& name) noexcept {
    if (wants_scores()) view_sink::score_name(name);
  }
  [[gnu::always_inline]] void end_score(double value) noexcept {
    if (wants_scores()) view_sink::end_score(value);
  }
  [[gnu::always_inline]] void end_component(std::int64_t amount) noexcept {
    if (is_component_wanted_)
      view_sink::end_component(amount);
    else
      drop_scores();
  }

 private:
  // Of `wanted_names`.
  struct names {
    const std::string_view* begin;
    const std::string_view* end;
    bool all;

    explicit names(const wanted_names& of) noexcept
        : begin(of.list().data()), end(begin + of.list().size()), all(of.is_all()) {}
    bool is_some() const noexcept { return all || begin != end; }
    [[gnu::always_inline]] bool has(std::string_view name) const noexcept {
      for (const std::string_view* each = begin; each != end; ++each)
        if (is_same_text(*each, name)) return true;
      return all;
    }
  };

  names meta_, components_;
  bool scores_;
  bool is_meta_wanted_ = false;
  bool is_component_wanted_ = false;  // as far as is known
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
