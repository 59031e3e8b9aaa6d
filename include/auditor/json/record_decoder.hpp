// Decodes the JSON of one record: into a view that borrows from the text, or into a reused record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_grammar.hpp>
#include <auditor/json/record_storage.hpp>
#include <auditor/model/record.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The sink of `record_grammar` that fills a record and reuses the memory it has.
class record_sink {
 public:
  explicit record_sink(record& to) noexcept : record_(to), entries_(to.meta.entries()) {}

  std::string_view record_id(json_string id) {
    put(id, record_.record_id);
    return record_.record_id;
  }

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
  void score(json_string name, double value) {
    auditor::score& to = slot(record_.components[components_ - 1].scores, scores_);
    put(name, to.name);
    to.value = value;
  }
  void end_component(json_string name, std::int64_t amount) {
    component& to = record_.components[components_ - 1];
    put(name, to.name);
    to.amount = amount;
    to.scores.resize(scores_);
  }

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
    if (used == list.size()) list.emplace_back();
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
  std::size_t metas_ = 0;
  std::size_t values_ = 0;
  std::size_t components_ = 0;
  std::size_t scores_ = 0;
};

// `components[2].scores[0].value: must be a number`
inline error describe(const json_fault& fault, std::uint64_t offset, std::string_view record_id) noexcept {
  error e(fault.code);
  e.of(record_id);
  e.offset = offset;
  if (!fault.incomplete) {
    const auto path = [&e](std::string_view part) {
      if (!e.words().empty()) e.more(".");
      e.more(part);
    };
    const auto number = [&e](std::size_t i) { e.more("[").more(std::uint64_t{i}).more("]"); };
    if (fault.component != json_fault::none) {
      path("components");
      number(fault.component);
    }
    if (fault.score != json_fault::none) {
      path("scores");
      number(fault.score);
    }
    if (fault.field != nullptr) path(fault.field);
    if (!fault.meta_name.empty()) path(fault.meta_name.substr(0, 64));
    if (fault.meta_value != json_fault::none) number(fault.meta_value);
    if (!e.words().empty()) e.more(": ");
  }
  e.more(fault.rule);
  return e;
}

inline error unreadable(std::string_view record_id) noexcept {
  return error(errc::unreadable_record, "components: null").of(record_id);
}

template <class Sink>
error decode_one(std::string_view text, Sink& sink) {
  record_grammar<Sink> grammar(text, sink);
  const char* const start = text.data();
  const char* const end = start + text.size();
  const char* p = grammar.read(grammar.skip_space(start));
  if (p != nullptr) {
    p = grammar.skip_space(p);
    if (p == end) return grammar.unreadable() ? unreadable(grammar.record_id()) : error();
    error e = error(errc::json_syntax, "something follows the record").of(grammar.record_id());
    e.offset = static_cast<std::uint64_t>(p - start);
    return e;
  }
  return describe(grammar.fault(), static_cast<std::uint64_t>(grammar.fault().at - start), grammar.record_id());
}

}  // namespace detail

/// Decodes exactly one record, with white space around it at most, into a view.
///
/// ```cpp
/// auditor::record_storage storage;  // reused from record to record
/// auditor::record_view view;
/// if (const auditor::error e = auditor::decode_record(text, storage, view)) log(message(e));
/// ```
/// Takes what the server sends and what clients send it: `record_id`, `components` and `start_time` are required, `meta`,
/// `stop_time` and `runtime` may be null or absent, unknown members are skipped. Values are not validated: see `validate`.
/// **Errors**: `json_syntax` for what is no JSON, or is cut off; `json_type` for JSON that is no record; both name the
/// field, and the record when its id was there, and `offset` is the byte. `unreadable_record` for `"components":null`,
/// with which the server says that it cannot read them: the view holds everything else.
/// **Lifetime**: the view borrows from text and storage.
/// **Memory**: only what the storage has to grow (and a little above 16 meta names).
inline error decode_record(std::string_view text, record_storage& storage, record_view& view) {
  detail::view_sink sink(text, storage, view);
  return detail::decode_one(text, sink);
}

/// The same into a record, whose memory is reused: `auditor::record r; decode_record(text, r);`. After an error other than `unreadable_record` its content is
/// unspecified.
inline error decode_record(std::string_view text, record& reused) {
  detail::record_sink sink(reused);
  return detail::decode_one(text, sink);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
