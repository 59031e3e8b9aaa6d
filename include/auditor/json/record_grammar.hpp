// The one place that knows how a record looks in JSON: a strict grammar that tells a sink what it reads.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/distinct_names.hpp>
#include <auditor/json/number.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// What a record says besides its lists.
struct record_frame {
  timestamp start_time{};
  std::optional<timestamp> stop_time;
  std::optional<std::int64_t> runtime;
};

// Reads one record and hands its parts to a sink, in the order of the text:
//
//   string_view record_id(json_string)      the id without escapes; it outlives the reading
//   void meta_name(json_string), meta_value(json_string), end_meta_entry()
//   size_t end_meta()                       the number of the first name that was there before, or `no_duplicate`
//   void begin_component(), score(json_string name, double), end_component(json_string name, int64_t amount)
//   void end(const record_frame&)           all is well; not called after an error
//
// Servers and clients write members in one order, so each member predicts the next: a comparison with the literal that
// should follow, and the general way when it does not.
template <class Sink>
class record_grammar : private json_reader {
 public:
  record_grammar(std::string_view text, Sink& sink) noexcept : json_reader(text), sink_(sink) {}

  using json_reader::fault;
  using json_reader::skip_space;

  // The record that begins at p; returns what is behind it, or null.
  const char* read(const char* p);

  std::string_view record_id() const noexcept { return record_id_; }

  // `"components":null`: everything else was read.
  bool unreadable() const noexcept { return unreadable_; }

 private:
  static constexpr unsigned record_depth = 1, component_depth = 3, score_depth = 5;

  // Members by number, so that a set of them is a word of bits. Behind the known ones:
  enum : unsigned { unknown = 29, closed = 30, failed = 31 };
  enum : unsigned { in_record_id, in_meta, in_components, in_start_time, in_stop_time, in_runtime };
  enum : unsigned { in_name, in_amount, in_scores };
  enum : unsigned { in_score_name, in_value };
  static constexpr std::string_view record_members[] = {"record_id", "meta", "components", "start_time", "stop_time", "runtime"};
  static constexpr std::string_view component_members[] = {"name", "amount", "scores"};
  static constexpr std::string_view score_members[] = {"name", "value"};
  static constexpr unsigned record_required = 1u << in_record_id | 1u << in_components | 1u << in_start_time;
  static constexpr unsigned component_required = 1u << in_name | 1u << in_amount | 1u << in_scores;
  static constexpr unsigned score_required = 1u << in_score_name | 1u << in_value;

  const char* meta(const char* p);
  const char* meta_values(const char* p);
  const char* components(const char* p);
  const char* component(const char* p);
  const char* scores(const char* p);
  const char* score(const char* p);

  const char* text_value(const char* p, unsigned depth, json_string& to) noexcept {
    return is(p, '"') ? string(p + 1, to) : mismatch(p, depth, "must be a string");
  }
  const char* time_value(const char* p, timestamp& to) noexcept {
    json_string text;
    const char* const behind = text_value(p, record_depth, text);
    if (behind == nullptr || (!text.escaped && read_usual_timestamp(text.raw(), to))) return behind;
    return any_time(p, behind, text, to);
  }
  const char* any_time(const char* p, const char* behind, const json_string& text, timestamp& to) noexcept {
    char plain[64];
    if (text.size > sizeof plain) return fail(errc::json_type, p, "must be a time of RFC 3339");
    const timestamp_fault wrong = read_timestamp({plain, static_cast<std::size_t>(unescape(text, plain) - plain)}, to);
    return wrong.words == nullptr ? behind : fail(errc::json_type, p, wrong.words);
  }

  // The first member of an object (p at its brace), or the next one (p behind a value): p moves to its value, or behind
  // the closing brace.
  template <std::size_t N>
  unsigned first_member(const char*& p, unsigned depth, const std::string_view (&names)[N]) noexcept {
    if (!is(p, '{')) {
      p = mismatch(p, depth, "must be an object");
      return failed;
    }
    p = skip_space(p + 1);
    if (is(p, '}')) {
      ++p;
      return closed;
    }
    return named_member(p, names, N);
  }
  template <std::size_t N>
  unsigned next_member(const char*& p, const std::string_view (&names)[N]) noexcept {
    if (is(p, '}')) {
      ++p;
      return closed;
    }
    return later_member(p, names, N);
  }
  unsigned later_member(const char*& p, const std::string_view* names, std::size_t count) noexcept {
    p = skip_space(p);
    if (is(p, '}')) {
      ++p;
      return closed;
    }
    if (!is(p, ',')) {
      p = expected(p, "expected ',' or '}'");
      return failed;
    }
    p = skip_space(p + 1);
    return named_member(p, names, count);
  }
  unsigned named_member(const char*& p, const std::string_view* names, std::size_t count) noexcept;

  // The general way of every object: members that nobody knows, and what is wrong with the set of those that are known.
  const char* repeated(const char* p, const char* field) noexcept {
    in_field(field);
    return fail(errc::json_type, p, "is there twice");
  }
  template <std::size_t N>
  const char* check_required(const char* p, unsigned seen, unsigned required, const std::string_view (&names)[N]) noexcept {
    const unsigned missing = required & ~seen;
    if (missing == 0) [[likely]] return p;
    in_field(names[std::countr_zero(missing)].data());
    return fail(errc::json_type, p - 1, "is missing");
  }
  // Called on the way out of an error, from the inside; the first one knows best.
  const char* in_field(const char* field) noexcept {
    if (fault_.field == nullptr && fault_.component == json_fault::none && fault_.score == json_fault::none)
      fault_.field = field;
    return nullptr;
  }

  Sink& sink_;
  std::string_view record_id_;
  bool unreadable_ = false;
};

template <class Sink>
const char* record_grammar<Sink>::read(const char* p) {
  record_frame frame;
  unsigned seen = 0;
  unsigned member = follows(p, "{\"record_id\":") ? unsigned{in_record_id} : first_member(p, 0, record_members);
  for (;;) {
    if ((seen >> member & 1u) != 0) return repeated(p, record_members[member].data());
    if (member < unknown) seen |= 1u << member;
    switch (member) {
      case in_record_id: {
        json_string id;
        p = text_value(p, record_depth, id);
        if (p == nullptr) return in_field("record_id");
        record_id_ = sink_.record_id(id);
        member = follows(p, ",\"meta\":") ? unsigned{in_meta} : next_member(p, record_members);
        break;
      }
      case in_meta:
        p = is(p, 'n') ? literal(p, "null") : meta(p);
        if (p == nullptr) return in_field("meta");
        member = follows(p, ",\"components\":") ? unsigned{in_components} : next_member(p, record_members);
        break;
      case in_components:
        if (is(p, 'n')) {
          p = literal(p, "null");
          unreadable_ = true;
        } else {
          p = components(p);
        }
        if (p == nullptr) return in_field("components");
        member = follows(p, ",\"start_time\":") ? unsigned{in_start_time} : next_member(p, record_members);
        break;
      case in_start_time:
        p = time_value(p, frame.start_time);
        if (p == nullptr) return in_field("start_time");
        member = follows(p, ",\"stop_time\":") ? unsigned{in_stop_time} : next_member(p, record_members);
        break;
      case in_stop_time:
        if (is(p, 'n')) {
          p = literal(p, "null");
        } else {
          p = time_value(p, frame.stop_time.emplace());
        }
        if (p == nullptr) return in_field("stop_time");
        member = follows(p, ",\"runtime\":") ? unsigned{in_runtime} : next_member(p, record_members);
        break;
      case in_runtime:
        p = is(p, 'n') ? literal(p, "null") : integer(p, record_depth, frame.runtime.emplace());
        if (p == nullptr) return in_field("runtime");
        member = next_member(p, record_members);
        break;
      case closed:
        p = check_required(p, seen, record_required, record_members);
        if (p != nullptr) sink_.end(frame);
        return p;
      case unknown:
        p = skip_value(p, record_depth);
        if (p == nullptr) return p;
        member = next_member(p, record_members);
        break;
      default: return nullptr;
    }
  }
}

template <class Sink>
const char* record_grammar<Sink>::meta(const char* p) {
  const char* const start = p;
  if (!is(p, '{')) return mismatch(p, record_depth, "must be an object or null");
  p = skip_space(p + 1);
  if (is(p, '}')) return p + 1;
  for (std::size_t entry = 0;; ++entry) {
    json_string name;
    p = key(p, name);
    if (p == nullptr) return p;
    sink_.meta_name(name);
    p = meta_values(p);
    if (p == nullptr) {
      fault_.meta_name = name.raw();
      return p;
    }
    sink_.end_meta_entry();
    if (!is(p, ',') && !is(p, '}')) p = skip_space(p);
    if (is(p, '}')) break;
    if (!is(p, ',')) return expected(p, "expected ',' or '}'");
    p = skip_space(p + 1);
  }
  const std::size_t duplicate = sink_.end_meta();
  if (duplicate == no_duplicate) [[likely]] return p + 1;
  // Once more, to say where it is.
  p = start;
  json_string name;
  for (std::size_t entry = 0; entry <= duplicate; ++entry) {
    p = skip_space(skip_space(p) + 1);
    fault_.at = p;
    p = skip_value(key(p, name), record_depth + 1);
  }
  fault_.meta_name = name.raw();
  return fail(errc::json_type, fault_.at, "is there twice");
}

template <class Sink>
const char* record_grammar<Sink>::meta_values(const char* p) {
  if (!is(p, '[')) return mismatch(p, record_depth + 1, "must be an array of strings");
  p = skip_space(p + 1);
  if (is(p, ']')) return p + 1;
  for (std::size_t i = 0;; ++i) {
    json_string value;
    p = text_value(p, record_depth + 2, value);
    if (p == nullptr) {
      fault_.meta_value = i;
      return p;
    }
    sink_.meta_value(value);
    if (is(p, ']')) return p + 1;
    p = skip_space(p);
    if (is(p, ']')) return p + 1;
    if (!is(p, ',')) return expected(p, "expected ',' or ']'");
    p = skip_space(p + 1);
  }
}

template <class Sink>
const char* record_grammar<Sink>::components(const char* p) {
  if (!is(p, '[')) return mismatch(p, record_depth, "must be an array");
  p = skip_space(p + 1);
  if (is(p, ']')) return p + 1;
  for (std::size_t i = 0;; ++i) {
    p = component(p);
    if (p == nullptr) {
      fault_.component = i;
      return p;
    }
    if (!is(p, ',') && !is(p, ']')) p = skip_space(p);
    if (is(p, ']')) return p + 1;
    if (!is(p, ',')) return expected(p, "expected ',' or ']'");
    p = skip_space(p + 1);
  }
}

template <class Sink>
const char* record_grammar<Sink>::component(const char* p) {
  json_string name;
  std::int64_t amount = 0;
  unsigned seen = 0;
  sink_.begin_component();
  unsigned member = follows(p, "{\"name\":") ? unsigned{in_name} : first_member(p, component_depth - 1, component_members);
  for (;;) {
    if ((seen >> member & 1u) != 0) return repeated(p, component_members[member].data());
    if (member < unknown) seen |= 1u << member;
    switch (member) {
      case in_name:
        p = text_value(p, component_depth, name);
        if (p == nullptr) return in_field("name");
        member = follows(p, ",\"amount\":") ? unsigned{in_amount} : next_member(p, component_members);
        break;
      case in_amount:
        p = integer(p, component_depth, amount);
        if (p == nullptr) return in_field("amount");
        member = follows(p, ",\"scores\":") ? unsigned{in_scores} : next_member(p, component_members);
        break;
      case in_scores:
        p = scores(p);
        if (p == nullptr) return in_field("scores");
        member = next_member(p, component_members);
        break;
      case closed:
        p = check_required(p, seen, component_required, component_members);
        if (p != nullptr) sink_.end_component(name, amount);
        return p;
      case unknown:
        p = skip_value(p, component_depth);
        if (p == nullptr) return p;
        member = next_member(p, component_members);
        break;
      default: return nullptr;
    }
  }
}

template <class Sink>
const char* record_grammar<Sink>::scores(const char* p) {
  if (!is(p, '[')) return mismatch(p, component_depth, "must be an array");
  p = skip_space(p + 1);
  if (is(p, ']')) return p + 1;
  for (std::size_t i = 0;; ++i) {
    p = score(p);
    if (p == nullptr) {
      fault_.score = i;
      return p;
    }
    if (!is(p, ',') && !is(p, ']')) p = skip_space(p);
    if (is(p, ']')) return p + 1;
    if (!is(p, ',')) return expected(p, "expected ',' or ']'");
    p = skip_space(p + 1);
  }
}

template <class Sink>
const char* record_grammar<Sink>::score(const char* p) {
  json_string name;
  double value = 0;
  unsigned seen = 0;
  unsigned member = follows(p, "{\"name\":") ? unsigned{in_score_name} : first_member(p, score_depth - 1, score_members);
  for (;;) {
    if ((seen >> member & 1u) != 0) return repeated(p, score_members[member].data());
    if (member < unknown) seen |= 1u << member;
    switch (member) {
      case in_score_name:
        p = text_value(p, score_depth, name);
        if (p == nullptr) return in_field("name");
        member = follows(p, ",\"value\":") ? unsigned{in_value} : next_member(p, score_members);
        break;
      case in_value:
        p = number(p, score_depth, value);
        if (p == nullptr) return in_field("value");
        member = next_member(p, score_members);
        break;
      case closed:
        p = check_required(p, seen, score_required, score_members);
        if (p != nullptr) sink_.score(name, value);
        return p;
      case unknown:
        p = skip_value(p, score_depth);
        if (p == nullptr) return p;
        member = next_member(p, score_members);
        break;
      default: return nullptr;
    }
  }
}

template <class Sink>
unsigned record_grammar<Sink>::named_member(const char*& p, const std::string_view* names, std::size_t count) noexcept {
  json_string name;
  const char* const behind = key(p, name);
  if (behind == nullptr) {
    p = nullptr;
    return failed;
  }
  p = behind;
  std::string_view plain = name.raw();
  char unescaped[64];  // each character of a known name may be six of an escape
  if (name.escaped) {
    if (name.size > sizeof unescaped) return unknown;
    plain = {unescaped, static_cast<std::size_t>(unescape(name, unescaped) - unescaped)};
  }
  for (unsigned i = 0; i < count; ++i)
    if (plain == names[i]) return i;
  return unknown;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
