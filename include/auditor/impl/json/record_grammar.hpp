// The one place that knows how a record looks in JSON: a strict grammar that tells a sink what it reads.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/json/number.hpp>

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
//   void end_components()
//   void end(const record_frame&)           all is well; not called after an error
//
// Servers and clients write members in one order and without white space, so each member predicts what follows: one
// comparison with a literal, and the general way when it is something else. The compact code has only that.
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
  enum : unsigned { closed = 30, failed = 31 };
  static constexpr unsigned any_member = 1u << 28;  // not even an unknown one is the first after this
  enum : unsigned { in_record_id, in_meta, in_components, in_start_time, in_stop_time, in_runtime };
  enum : unsigned { in_name, in_amount, in_scores };
  enum : unsigned { in_score_name, in_value };
  static constexpr std::string_view record_members[] = {"record_id",  "meta",      "components",
                                                        "start_time", "stop_time", "runtime"};
  static constexpr std::string_view component_members[] = {"name", "amount", "scores"};
  static constexpr std::string_view score_members[] = {"name", "value"};
  struct member_set {
    const std::string_view* names;
    unsigned count, required;
    unsigned depth;  // of their values
  };
  static constexpr member_set of_record = {record_members, 6,
                                           1u << in_record_id | 1u << in_components | 1u << in_start_time, record_depth};
  static constexpr member_set of_component = {component_members, 3, 1u << in_name | 1u << in_amount | 1u << in_scores,
                                              component_depth};
  static constexpr member_set of_score = {score_members, 2, 1u << in_score_name | 1u << in_value, score_depth};
  static constexpr unsigned may_be_null = 1u << in_meta | 1u << in_components | 1u << in_stop_time | 1u << in_runtime;

  [[gnu::noinline]] const char* rest_of_record(const char* p, record_frame& frame, unsigned seen);
  const char* meta(const char* p);
  [[gnu::noinline]] const char* meta_values(const char* p);
  [[gnu::noinline]] const char* rest_of_meta_values(const char* p, std::size_t i);
  [[gnu::cold]] const char* twice_in_meta(const char* p, std::size_t duplicate) noexcept;
  const char* components(const char* p);
  [[gnu::always_inline]] const char* component(const char* p);
  [[gnu::noinline]] const char* rest_of_component(const char* p, json_string name, std::int64_t amount, unsigned seen);
  const char* scores(const char* p) { return list<of_scores>(p); }
  [[gnu::always_inline]] const char* score(const char* p);
  [[gnu::noinline]] const char* rest_of_score(const char* p, json_string name, double value, unsigned seen);
  const char* meta_value(const char* p) {
    json_string value;
    p = text_value(p, record_depth + 2, value);
    if (p != nullptr) sink_.meta_value(value);
    return p;
  }

  // A list, from behind its bracket. The fast code has a loop for each of the three.
  template <json_list Of>
  const char* list(const char* p) {
    if constexpr (compact)
      return any_list(p, Of);
    else
      return read_list(p, Of);
  }
  [[gnu::noinline]] const char* any_list(const char* p, json_list of) { return read_list(p, of); }
  [[gnu::always_inline]] const char* read_list(const char* p, json_list of);

  // Decided by the first byte, or word: what stands for a record may be endless.
  const char* no_object(const char* p) noexcept {
    if (p == end()) return incomplete();
    if (begins_word(p)) {
      const char* const behind = word(p);
      if (behind == nullptr) return behind;
    } else if (*p != '"' && *p != '[' && !begins_number(p)) {
      return syntax(p, "expected a record");
    }
    return fail(errc::json_type, p, "must be an object");
  }

  const char* text_value(const char* p, unsigned depth, json_string& to) noexcept {
    return is(p, '"') ? any_string(p + 1, to) : mismatch(p, depth, "must be a string");
  }

  // Times as the server sends them, by where their closing quote is; then all others.
  const char* time_value(const char* p, timestamp& to) noexcept {
    if constexpr (compact) return any_time(p, to);
    const auto left = static_cast<std::size_t>(end() - p);
    const std::size_t size = left > 21 && p[21] == '"' ? 20 : left > 28 && p[28] == '"' ? 27 : 24;
    if (left > size + 1 && *p == '"' && p[size + 1] == '"' && read_usual_timestamp({p + 1, size}, to)) [[likely]]
      return p + size + 2;
    return any_time(p, to);
  }
  [[gnu::noinline]] const char* any_time(const char* p, timestamp& to) noexcept {
    json_string text;
    const char* const behind = text_value(p, record_depth, text);
    if (behind == nullptr) return behind;
    char plain[64];
    if (text.size > sizeof plain) return fail(errc::json_type, p, "must be a time of RFC 3339");
    const timestamp_fault wrong = read_timestamp({plain, static_cast<std::size_t>(unescape(text, plain) - plain)}, to);
    return wrong.words == nullptr ? behind : fail(errc::json_type, p, wrong.words);
  }

  // From behind an element of a list: true when another one begins at p; false when the list is over and p behind it, or
  // p is null.
  [[gnu::always_inline]] bool another(const char*& p, char bracket) noexcept {
    if (!is(p, ',') && !is(p, bracket)) p = skip_space(p);
    if (is(p, ',')) {
      p = skip_space(p + 1);
      return true;
    }
    p = is(p, bracket) ? p + 1 : expected(p, bracket == ']' ? "expected ',' or ']'" : "expected ',' or '}'");
    return false;
  }

  // The general way of every object, p at its brace when no member was seen, else behind a value: steps over members that nobody
  // knows to the value of one that is, and then over the closing brace; says what is wrong with the set of them.
  unsigned next_member(const char*& p, const member_set& of, unsigned& seen) noexcept;

  // Called on the way out of an error, from the inside; the first one knows best.
  [[gnu::cold]] const char* in_field(const char* field) noexcept {
    if (fault_.field == nullptr && fault_.at_element[of_components] == json_fault::none &&
        fault_.at_element[of_scores] == json_fault::none)
      fault_.field = field;
    return nullptr;
  }

  Sink& sink_;
  std::string_view record_id_;
  bool unreadable_ = false;
};

// --- the form that servers and clients write; whatever differs goes on in any order ---

template <class Sink>
const char* record_grammar<Sink>::read(const char* p) {
  if (!is(p, '{')) return no_object(p);
  record_frame frame;
  unsigned seen = 0;
  if (!follows(p, "{\"record_id\":\"")) return rest_of_record(p, frame, seen);
  json_string id;
  p = string(p, id);
  if (p == nullptr) return in_field("record_id");
  record_id_ = sink_.record_id(id);
  seen = 1u << in_record_id;

  if (!follows(p, ",\"meta\":{")) return rest_of_record(p, frame, seen);
  p = meta(p);
  if (p == nullptr) return in_field("meta");
  seen |= 1u << in_meta;

  if (!follows(p, ",\"components\":[")) return rest_of_record(p, frame, seen);
  p = components(p);
  if (p == nullptr) return in_field("components");
  seen |= 1u << in_components;

  if (!follows(p, ",\"start_time\":")) return rest_of_record(p, frame, seen);
  p = time_value(skip_space(p), frame.start_time);
  if (p == nullptr) return in_field("start_time");
  seen |= 1u << in_start_time;

  if (!follows(p, ",\"stop_time\":\"")) return rest_of_record(p, frame, seen);
  p = time_value(p - 1, frame.stop_time.emplace());
  if (p == nullptr) return in_field("stop_time");
  seen |= 1u << in_stop_time;

  if (!follows(p, ",\"runtime\":")) return rest_of_record(p, frame, seen);
  p = skip_space(p);
  if (is(p, 'n')) {
    p = literal(p, "null");
  } else {
    p = integer(p, record_depth, frame.runtime.emplace());
  }
  if (p == nullptr) return in_field("runtime");
  seen |= 1u << in_runtime;

  if (!is(p, '}')) return rest_of_record(p, frame, seen);
  sink_.end(frame);
  return p + 1;
}

// From behind the brace.
template <class Sink>
const char* record_grammar<Sink>::meta(const char* p) {
  const char* const start = p;
  p = skip_space(p);
  if (is(p, '}')) return p + 1;
  do {
    if (!is(p, '"')) return expected(p, "expected a member name in quotes");
    json_string name;
    p = string(p + 1, name);
    if (p == nullptr) return p;
    sink_.meta_name(name);
    if (follows(p, ":[\"")) {
      json_string value;
      p = string(p, value);
      if (p != nullptr) {
        sink_.meta_value(value);
        p = is(p, ']') ? p + 1 : rest_of_meta_values(p, 1);
      } else {
        fault_.at_element[of_values] = 0;
      }
    } else {
      p = meta_values(p);
    }
    if (p == nullptr) {
      fault_.meta_name = name.raw();
      return p;
    }
    sink_.end_meta_entry();
  } while (another(p, '}'));
  if (p == nullptr) return p;
  const std::size_t duplicate = sink_.end_meta();
  if (duplicate != no_duplicate) [[unlikely]]
    return twice_in_meta(start, duplicate);
  return p;
}

template <class Sink>
const char* record_grammar<Sink>::components(const char* p) {
  p = list<of_components>(p);
  sink_.end_components();
  return p;
}

template <class Sink>
inline const char* record_grammar<Sink>::read_list(const char* p, json_list of) {
  p = skip_space(p);
  if (is(p, ']')) return p + 1;
  std::size_t i = 0;
  do {
    p = of == of_components ? component(p) : of == of_scores ? score(p) : meta_value(p);
    if (p == nullptr) {
      fault_.at_element[of] = i;
      return p;
    }
    ++i;
  } while (another(p, ']'));
  return p;
}

template <class Sink>
inline const char* record_grammar<Sink>::component(const char* p) {
  json_string name;
  std::int64_t amount = 0;
  unsigned seen = 0;
  sink_.begin_component();
  if (!follows(p, "{\"name\":\"")) return rest_of_component(p, name, amount, seen);
  p = string(p, name);
  if (p == nullptr) return in_field("name");
  seen = 1u << in_name;

  if (!follows(p, ",\"amount\":")) return rest_of_component(p, name, amount, seen);
  p = integer(skip_space(p), component_depth, amount);
  if (p == nullptr) return in_field("amount");
  seen |= 1u << in_amount;

  if (!follows(p, ",\"scores\":[")) return rest_of_component(p, name, amount, seen);
  p = scores(p);
  if (p == nullptr) return in_field("scores");
  seen |= 1u << in_scores;

  if (!is(p, '}')) return rest_of_component(p, name, amount, seen);
  sink_.end_component(name, amount);
  return p + 1;
}

template <class Sink>
inline const char* record_grammar<Sink>::score(const char* p) {
  json_string name;
  double value = 0;
  unsigned seen = 0;
  if (!follows(p, "{\"name\":\"")) return rest_of_score(p, name, value, seen);
  p = string(p, name);
  if (p == nullptr) return in_field("name");
  seen = 1u << in_score_name;

  if (!follows(p, ",\"value\":")) return rest_of_score(p, name, value, seen);
  p = number(skip_space(p), score_depth, value);
  if (p == nullptr) return in_field("value");
  seen |= 1u << in_value;

  if (!is(p, '}')) return rest_of_score(p, name, value, seen);
  sink_.score(name, value);
  return p + 1;
}

// --- members in any order, with white space, unknown ones between them, and all that is wrong ---

template <class Sink>
const char* record_grammar<Sink>::rest_of_record(const char* p, record_frame& frame, unsigned seen) {
  for (;;) {
    const unsigned member = next_member(p, of_record, seen);
    if (p != nullptr && (may_be_null >> member & 1u) != 0 && is(p, 'n')) {
      unreadable_ = unreadable_ || member == in_components;
      p = literal(p, "null");
    } else {
      switch (member) {
        case in_record_id: {
          json_string id;
          p = text_value(p, record_depth, id);
          if (p != nullptr) record_id_ = sink_.record_id(id);
          break;
        }
        case in_meta: p = is(p, '{') ? meta(p + 1) : mismatch(p, record_depth, "must be an object or null"); break;
        case in_components: p = is(p, '[') ? components(p + 1) : mismatch(p, record_depth, "must be an array"); break;
        case in_start_time: p = time_value(p, frame.start_time); break;
        case in_stop_time: p = time_value(p, frame.stop_time.emplace()); break;
        case in_runtime: p = integer(p, record_depth, frame.runtime.emplace()); break;
        case closed: sink_.end(frame); return p;
        default: return nullptr;
      }
    }
    if (p == nullptr) return in_field(record_members[member].data());
  }
}

template <class Sink>
const char* record_grammar<Sink>::rest_of_component(const char* p, json_string name, std::int64_t amount, unsigned seen) {
  for (;;) {
    const unsigned member = next_member(p, of_component, seen);
    switch (member) {
      case in_name: p = text_value(p, component_depth, name); break;
      case in_amount: p = integer(p, component_depth, amount); break;
      case in_scores: p = is(p, '[') ? scores(p + 1) : mismatch(p, component_depth, "must be an array"); break;
      case closed: sink_.end_component(name, amount); return p;
      default: return nullptr;
    }
    if (p == nullptr) return in_field(component_members[member].data());
  }
}

template <class Sink>
const char* record_grammar<Sink>::rest_of_score(const char* p, json_string name, double value, unsigned seen) {
  for (;;) {
    const unsigned member = next_member(p, of_score, seen);
    switch (member) {
      case in_score_name: p = text_value(p, score_depth, name); break;
      case in_value: p = number(p, score_depth, value); break;
      case closed: sink_.score(name, value); return p;
      default: return nullptr;
    }
    if (p == nullptr) return in_field(score_members[member].data());
  }
}

template <class Sink>
unsigned record_grammar<Sink>::next_member(const char*& p, const member_set& of, unsigned& seen) noexcept {
  for (;;) {
    if (seen == 0 && !is(p, '{')) {
      p = mismatch(p, of.depth - 1, "must be an object");
      return failed;
    }
    p = skip_space(seen == 0 ? p + 1 : p);
    if (is(p, '}')) {
      const unsigned missing = of.required & ~seen;
      if (missing == 0) {
        ++p;
        return closed;
      }
      in_field(of.names[std::countr_zero(missing)].data());
      p = fail(errc::json_type, p, "is missing");
      return failed;
    }
    if (seen != 0) {
      if (!is(p, ',')) {
        p = expected(p, "expected ',' or '}'");
        return failed;
      }
      p = skip_space(p + 1);
    }
    seen |= any_member;
    json_string name;
    p = key(p, name);
    if (p == nullptr) return failed;
    std::string_view plain = name.raw();
    char unescaped[64];  // each character of a known name may be six of an escape
    if (name.escaped && name.size <= sizeof unescaped)
      plain = {unescaped, static_cast<std::size_t>(unescape(name, unescaped) - unescaped)};
    unsigned member = 0;
    while (member < of.count && plain != of.names[member]) ++member;
    if (member == of.count) {
      p = skip_value(p, of.depth);
      if (p == nullptr) return failed;
      continue;
    }
    if ((seen >> member & 1u) != 0) {
      in_field(of.names[member].data());
      p = fail(errc::json_type, p, "is there twice");
      return failed;
    }
    seen |= 1u << member;
    return member;
  }
}

// From behind the name.
template <class Sink>
const char* record_grammar<Sink>::meta_values(const char* p) {
  p = colon(p);
  if (p == nullptr) return p;
  return is(p, '[') ? list<of_values>(p + 1) : mismatch(p, record_depth + 1, "must be an array of strings");
}

template <class Sink>
const char* record_grammar<Sink>::rest_of_meta_values(const char* p, std::size_t i) {
  for (; another(p, ']'); ++i) {
    p = meta_value(p);
    if (p == nullptr) {
      fault_.at_element[of_values] = i;
      return p;
    }
  }
  return p;
}

// Reads the names once more, to say where it is.
template <class Sink>
const char* record_grammar<Sink>::twice_in_meta(const char* p, std::size_t duplicate) noexcept {
  json_string name;
  for (std::size_t entry = 0;; ++entry) {
    p = skip_space(p);
    const char* const at = p;
    p = key(p, name);
    if (entry == duplicate) {
      fault_.meta_name = name.raw();
      return fail(errc::json_type, at, "is there twice");
    }
    p = skip_space(skip_value(p, record_depth + 1)) + 1;
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
