// Bodies of json/record_decoder.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/describe.hpp>
#include <auditor/impl/json/record_grammar.hpp>
#include <auditor/impl/json/selecting_sink.hpp>
#include <auditor/impl/json/view_sink.hpp>
#include <auditor/json/record_decoder.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The sink of `record_grammar` that fills a record and reuses the memory it has.
class record_sink {
 public:
  static constexpr bool wants_everything = true;

  explicit record_sink(record& to) noexcept : record_(to), entries_(to.meta.entries()) {}

  void record_id(json_string id) {
    put(id, record_.record_id);
    has_id_ = true;
  }
  std::string_view record_id() const noexcept { return has_id_ ? std::string_view(record_.record_id) : std::string_view(); }

  void meta_name(json_string name) {
    put(name, slot(entries_, metas_).name);
    values_ = 0;
  }
  void meta_value(json_string value) { put(value, slot(entries_[metas_ - 1].values, values_)); }
  void end_meta_entry() { entries_[metas_ - 1].values.resize(values_); }
  std::size_t end_meta() {
    return first_duplicate(metas_, [this](std::size_t i) { return std::string_view(entries_[i].name); });
  }

  void begin_component() {
    slot(record_.components, components_);
    scores_ = 0;
  }
  void component_name(json_string name) { put(name, record_.components[components_ - 1].name); }
  void begin_score() { score_ = &slot(record_.components[components_ - 1].scores, scores_); }
  void score_name(json_string name) { put(name, score_->name); }
  void end_score(double value) { score_->value = value; }
  void end_component(std::int64_t amount) {
    component& to = record_.components[components_ - 1];
    to.amount = amount;
    to.scores.resize(scores_);
  }

  void end_components() noexcept {}

  void end(const record_frame& frame) {
    entries_.resize(metas_);
    record_.components.resize(components_);
    record_.start_time = frame.start_time;
    record_.stop_time = frame.stop_time;
    record_.runtime = frame.runtime;
  }

 private:
  template <class T>
  static T& slot(std::vector<T>& list, std::size_t& used) {
    if (used == list.size()) list.resize(used + 1);
    return list[used++];
  }
  static void put(json_string from, std::string& to) {
    if (from.escaped) return put_escaped(from, to);
    // Most strings of a record are as long as those of the record before: then there is nothing to do but to copy.
    if (to.size() == from.size)
      std::memcpy(to.data(), from.data, from.size);
    else
      to.assign(from.data, from.size);
  }
  [[gnu::cold]] static void put_escaped(json_string from, std::string& to) {
    to.resize(from.size);
    to.resize(static_cast<std::size_t>(unescape(from, to.data()) - to.data()));
  }

  record& record_;
  std::vector<meta_entry>& entries_;
  bool has_id_ = false;
  std::size_t metas_ = 0;
  std::size_t values_ = 0;
  std::size_t components_ = 0;
  std::size_t scores_ = 0;
  score* score_ = nullptr;  // the one that is read
};

// Says in `wrong`, which is empty, what is wrong.
template <class Sink>
[[gnu::always_inline]] inline void decode_one(std::string_view text, Sink& sink, error& wrong) {
  record_grammar<Sink> grammar(text, sink);
  const char* const start = text.data();
  const char* const end = start + text.size();
  const char* p = grammar.read(grammar.skip_space(start));
  if (p != nullptr) {
    p = grammar.skip_space(p);
    if (p != end)
      grammar.fail(errc::json_syntax, p, "something follows the record");
    else if (grammar.unreadable())
      grammar.fail(errc::unreadable_record, start, "components: null");
    else
      return;
  }
  describe(wrong, grammar.fault(), sink.record_id());
  wrong.offset = static_cast<std::uint64_t>(grammar.fault().at - start);
}

// By a sink that makes a view; `wanted`: what it is made of beside.
template <class Sink, class... Wanted>
void decode_view(std::string_view text, record_storage& storage, record_view& view, error& wrong, const Wanted&... wanted) {
  for (;;) {
    Sink sink(storage, view, wanted...);
    decode_one(text, sink, wrong);
    if (sink.is_whole()) return;
    // Once more where room was made; else it is said what is wrong with the record before it is said that it is too large.
    const bool has_room = sink.make_room();
    if (!has_room && wrong && wrong.code != errc::unreadable_record) return;
    std::construct_at(&wrong);
    if (has_room) continue;
    wrong.code = errc::buffer_full;
    wrong.of(view.record_id).more("decoded, the record takes ").more(std::uint64_t{sink.wanted()});
    wrong.more(" bytes, more than its storage has");
    return;
  }
}

AUDITOR_DECL void decode_record(std::string_view text, record_storage& storage, record_view& view, error& wrong) {
  decode_view<view_sink>(text, storage, view, wrong);
}

}  // namespace detail

AUDITOR_DECL error decode_record(std::string_view text, record_storage& storage, record_view& view) {
  error wrong;
  detail::decode_record(text, storage, view, wrong);
  return wrong;
}

AUDITOR_DECL error decode_record(std::string_view text, const wanted_fields& wanted, record_storage& storage,
                                 record_view& view) {
  error wrong;
  detail::decode_view<detail::selecting_sink>(text, storage, view, wrong, wanted);
  return wrong;
}

AUDITOR_DECL error decode_record(std::string_view text, record& reused) {
  error wrong;
  detail::record_sink sink(reused);
  detail::decode_one(text, sink, wrong);
  return wrong;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
