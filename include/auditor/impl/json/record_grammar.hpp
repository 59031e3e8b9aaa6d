// The one place that knows how a record looks in JSON: a strict grammar that tells a sink what it reads.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/json/number.hpp>

#include <bit>
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
  // What a value is there for. Members come first, so that a set of them is a word of bits; whatever else has no name.
  enum slot : std::uint8_t {
    in_record_id,
    in_meta,
    in_components,
    in_start_time,
    in_stop_time,
    in_runtime,
    in_name,  // of a component
    in_amount,
    in_scores,
    in_score_name,
    in_value,
    a_component,  // from here on the elements of each `json_list`
    a_score,
    a_meta_value,
    values_of_name,
    the_record,
    unknown,  // anything; between two values nothing
  };
  struct slot_rule {
    const char* name;  // of a member
    const char* rule;  // what its values must be ...
    char first;        // ... and how they begin; 0 is the digit of a number
    slot within;
    slot begin, end;  // the members of an object, or the elements of a list
  };
  static constexpr char a_string[] = "must be a string", an_integer[] = "must be an integer",
                        an_object[] = "must be an object", an_array[] = "must be an array";
  static constexpr slot_rule rules[] = {
      {"record_id", a_string, '"', the_record, unknown, unknown},
      {"meta", "must be an object or null", '{', the_record, values_of_name, values_of_name},
      {"components", an_array, '[', the_record, a_component, a_component},
      {"start_time", a_string, '"', the_record, unknown, unknown},
      {"stop_time", a_string, '"', the_record, unknown, unknown},
      {"runtime", an_integer, '0', the_record, unknown, unknown},
      {"name", a_string, '"', a_component, unknown, unknown},
      {"amount", an_integer, '0', a_component, unknown, unknown},
      {"scores", an_array, '[', a_component, a_score, a_score},
      {"name", a_string, '"', a_score, unknown, unknown},
      {"value", "must be a number", '0', a_score, unknown, unknown},
      {nullptr, an_object, '{', in_components, in_name, in_score_name},
      {nullptr, an_object, '{', in_scores, in_score_name, a_component},
      {nullptr, a_string, '"', values_of_name, unknown, unknown},
      {nullptr, "must be an array of strings", '[', in_meta, a_meta_value, a_meta_value},
      {nullptr, an_object, '{', unknown, in_record_id, in_name},
      {nullptr, nullptr, '\0', unknown, unknown, unknown},
  };
  static constexpr unsigned bit(slot of) noexcept { return 1u << of; }
  static constexpr unsigned members(slot of) noexcept { return bit(rules[of].end) - bit(rules[of].begin); }
  static constexpr unsigned may_be_null = bit(in_meta) | bit(in_components) | bit(in_stop_time) | bit(in_runtime);
  static constexpr unsigned may_be_missing = bit(in_meta) | bit(in_stop_time) | bit(in_runtime);

  // The general way, for members in any order, white space, unknown members and all that is wrong, of one record, component or score.
  // A value of the slot begins at p, or was over there if that is unknown; where the slot is the object itself, its brace is at p.
  [[gnu::noinline]] const char* rest_of(slot object, const char* p, slot at) { return walk(object, p, at); }
  [[gnu::always_inline]] const char* walk(slot object, const char* p, slot at);
  slot member_of(slot object, json_string name) const noexcept;
  const char* take(slot of, const scalar& value) noexcept;
  void enter(slot object, const char* p) noexcept;
  bool leave(slot object, const char* p, slot& member) noexcept;
  [[gnu::cold]] void name_place(slot at, slot inside, slot outside) noexcept;

  const char* rest_of_record(const char* p, unsigned seen, slot at = unknown) {
    seen_ = seen | bit(at);
    return rest_of(the_record, p, at);
  }
  [[gnu::noinline]] const char* rest_of_component(const char* p, json_string name, std::int64_t amount, unsigned seen,
                                                  slot at = unknown) {
    component_name_ = name;
    amount_ = amount;
    seen_ = (seen_ & ~members(a_component)) | seen | bit(at);
    return rest_of(a_component, p, at);
  }
  [[gnu::noinline]] const char* rest_of_score(const char* p, json_string name, double value, unsigned seen,
                                              slot at = unknown) {
    score_name_ = name;
    value_ = value;
    seen_ = (seen_ & ~members(a_score)) | seen | bit(at);
    return rest_of(a_score, p, at);
  }
  const char* meta(const char* p);
  [[gnu::noinline]] const char* meta_values(const char* p);
  [[gnu::noinline]] const char* rest_of_meta_values(const char* p, std::size_t i);
  bool all_differ(const char* start) noexcept;
  [[gnu::cold]] const char* twice_in_meta(const char* p, std::size_t duplicate) noexcept;
  const char* components(const char* p);
  [[gnu::always_inline]] const char* component(const char* p);
  [[gnu::always_inline]] const char* score(const char* p);
  const char* meta_value(const char* p) {
    if (!is(p, '"')) return mismatch(p, a_meta_value);
    json_string value;
    p = any_string(p + 1, value);
    if (p != nullptr) sink_.meta_value(value);
    return p;
  }
  // A list, from behind its bracket: a loop for each of the three.
  template <json_list Of>
  const char* list(const char* p);
  // A value of the wrong type - when it is a value at all.
  [[gnu::cold]] const char* mismatch(const char* p, slot of) { return rest_of(of, p, of); }

  // Decided by the first byte, or word: what stands for a record may be endless.
  const char* no_object(const char* p) noexcept {
    if (!is(p, '"') && !is(p, '[') && !begins_number(p) && word(p, "expected a record") == nullptr) return nullptr;
    return fail(errc::json_type, p, "must be an object");
  }

  // Times as the server sends them, by where their closing quote is, from the opening one; then all others.
  const char* time(const char* p, timestamp& to) noexcept {
    const auto left = static_cast<std::size_t>(end() - p);
    const std::size_t size = left > 21 && p[21] == '"' ? 20 : left > 28 && p[28] == '"' ? 27 : 24;
    if (left > size + 1 && p[size + 1] == '"' && read_usual_timestamp({p + 1, size}, to)) [[likely]]
      return p + size + 2;
    scalar value{p};
    return read_scalar(value) == nullptr ? nullptr : any_time(value, to);
  }
  [[gnu::noinline]] const char* any_time(const scalar& value, timestamp& to) noexcept {
    char plain[64];
    if (value.text.size > sizeof plain) return fail(errc::json_type, value.at, "must be a time of RFC 3339");
    const timestamp_fault wrong =
        read_timestamp({plain, static_cast<std::size_t>(unescape(value.text, plain) - plain)}, to);
    return wrong.words == nullptr ? value.behind : fail(errc::json_type, value.at, wrong.words);
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

  // Called on the way out of an error, from the inside; the first one knows best.
  [[gnu::cold, gnu::noinline]] const char* in_field(const char* field) noexcept {
    if (fault_.field == nullptr && fault_.at_element[of_components] == json_fault::none &&
        fault_.at_element[of_scores] == json_fault::none)
      fault_.field = field;
    return nullptr;
  }

  Sink& sink_;
  std::string_view record_id_;
  bool unreadable_ = false;
  // What the objects at hand have said so far.
  record_frame frame_;
  unsigned seen_ = 0;
  json_string component_name_, score_name_, meta_name_;
  std::int64_t amount_ = 0;
  double value_ = 0;
  std::size_t at_element_[3] = {};
  const char* meta_start_ = nullptr;
};

// --- the form that servers and clients write; whatever differs goes on in any order ---

template <class Sink>
const char* record_grammar<Sink>::read(const char* p) {
  if (!is(p, '{')) return no_object(p);
  if constexpr (compact) return walk(the_record, p, the_record);
  if (!follows(p, "{\"record_id\":\"")) return rest_of_record(p, 0, the_record);
  json_string id;
  p = string(p, id);
  if (p == nullptr) return in_field("record_id");
  record_id_ = sink_.record_id(id);
  unsigned seen = bit(in_record_id);

  if (!follows(p, ",\"meta\":{")) return rest_of_record(p, seen);
  p = meta(p);
  if (p == nullptr) return in_field("meta");
  seen |= bit(in_meta);

  if (!follows(p, ",\"components\":[")) return rest_of_record(p, seen);
  p = components(p);
  if (p == nullptr) return in_field("components");
  seen |= bit(in_components);

  if (!follows(p, ",\"start_time\":\"")) return rest_of_record(p, seen);
  p = time(p - 1, frame_.start_time);
  if (p == nullptr) return in_field("start_time");
  seen |= bit(in_start_time);

  if (!follows(p, ",\"stop_time\":\"")) return rest_of_record(p, seen);
  p = time(p - 1, frame_.stop_time.emplace());
  if (p == nullptr) return in_field("stop_time");
  seen |= bit(in_stop_time);

  if (!follows(p, ",\"runtime\":")) return rest_of_record(p, seen);
  p = skip_space(p);
  if (!begins_number(p)) return rest_of_record(p, seen, in_runtime);
  p = integer(p, frame_.runtime.emplace());
  if (p == nullptr) return in_field("runtime");
  seen |= bit(in_runtime);

  if (!is(p, '}')) return rest_of_record(p, seen);
  sink_.end(frame_);
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
  return all_differ(start) ? p : nullptr;
}

template <class Sink>
const char* record_grammar<Sink>::components(const char* p) {
  p = list<of_components>(p);
  sink_.end_components();
  return p;
}

template <class Sink>
template <json_list Of>
inline const char* record_grammar<Sink>::list(const char* p) {
  p = skip_space(p);
  if (is(p, ']')) return p + 1;
  std::size_t i = 0;
  do {
    p = Of == of_components ? component(p) : Of == of_scores ? score(p) : meta_value(p);
    if (p == nullptr) {
      fault_.at_element[Of] = i;
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
  if (!follows(p, "{\"name\":\"")) return rest_of_component(p, name, amount, 0, a_component);
  sink_.begin_component();
  p = string(p, name);
  if (p == nullptr) return in_field("name");
  unsigned seen = bit(in_name);

  if (!follows(p, ",\"amount\":")) return rest_of_component(p, name, amount, seen);
  p = skip_space(p);
  if (!begins_number(p)) return rest_of_component(p, name, amount, seen, in_amount);
  p = integer(p, amount);
  if (p == nullptr) return in_field("amount");
  seen |= bit(in_amount);

  if (!follows(p, ",\"scores\":[")) return rest_of_component(p, name, amount, seen);
  p = list<of_scores>(p);
  if (p == nullptr) return in_field("scores");
  seen |= bit(in_scores);

  if (!is(p, '}')) return rest_of_component(p, name, amount, seen);
  sink_.end_component(name, amount);
  return p + 1;
}

template <class Sink>
inline const char* record_grammar<Sink>::score(const char* p) {
  json_string name;
  double value = 0;
  if (!follows(p, "{\"name\":\"")) return rest_of_score(p, name, value, 0, a_score);
  p = string(p, name);
  if (p == nullptr) return in_field("name");
  unsigned seen = bit(in_score_name);

  if (!follows(p, ",\"value\":")) return rest_of_score(p, name, value, seen);
  p = skip_space(p);
  if (!begins_number(p)) return rest_of_score(p, name, value, seen, in_value);
  p = number(p, value);
  if (p == nullptr) return in_field("value");
  seen |= bit(in_value);

  if (!is(p, '}')) return rest_of_score(p, name, value, seen);
  sink_.score(name, value);
  return p + 1;
}

// From behind the name.
template <class Sink>
const char* record_grammar<Sink>::meta_values(const char* p) {
  p = colon(p);
  if (p == nullptr) return p;
  return is(p, '[') ? list<of_values>(p + 1) : mismatch(p, values_of_name);
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

// --- members in any order, with white space, unknown ones between them, and all that is wrong ---

// One loop for whatever is open, so that no text can use up the stack. Inside of unknown values, and of those of the wrong type, it
// only looks whether they are JSON.
template <class Sink>
inline const char* record_grammar<Sink>::walk(slot object, const char* p, slot at) {
  const slot outside = rules[object].within;
  slot inside = at == object ? outside : object;  // the last of the known objects and lists that are open
  unsigned skipped = 0;                           // those within that
  // One bit for each that is open, the innermost lowest: is it an object? The outermost is, so that the highest bit counts them.
  std::uint32_t objects = 0;
  unsigned known = 0;
  for (slot in = inside; in != unknown; in = rules[in].within, ++known)
    objects |= (rules[in].first == '{' ? 1u : 0u) << known;
  const char* wrong = nullptr;  // a value of the wrong type
  bool begins = at != unknown;
  for (;;) {
    bool opened = false;
    if (begins) {
      const slot wanted = skipped == 0 ? at : unknown;
      const char first = begins_number(p) ? '0' : p == end() ? '\1' : *p;
      const bool fits = first == rules[wanted].first || (first == 'n' && (may_be_null & bit(wanted)) != 0);
      if (!fits && wanted != unknown) wrong = p;
      if (first == '{' || first == '[') {
        if (objects >> (json_depth_limit - 1) != 0) {
          fail(errc::json_type, p, "nested more than 32 deep");
          break;
        }
        ++p;
        if (!fits) {
          opened = true;
          ++skipped;
        } else if (compact || at > in_scores) {
          opened = true;
          inside = at;
          enter(inside, p);
        } else {
          p = at == in_meta ? meta(p) : at == in_components ? components(p) : list<of_scores>(p);
        }
        if (opened) objects = objects << 1 | (first == '{' ? 1u : 0u);
      } else {
        scalar value{p};
        p = read_scalar(value);
        if (p != nullptr && fits) p = take(at, value);
      }
      if (p == nullptr) break;
    }
    if (skipped == 0 && !opened) {
      if (wrong != nullptr) {
        fail(errc::json_type, wrong, rules[at].rule);
        break;
      }
      if (inside == outside) return p;
      at = unknown;
    }
    p = skip_space(p);
    const bool is_object = (objects & 1) != 0;
    if (is(p, is_object ? '}' : ']')) {
      if (skipped != 0) {
        --skipped;
      } else {
        if (!leave(inside, p, at)) break;
        inside = rules[inside].within;
      }
      ++p;
      objects >>= 1;
      begins = false;
      continue;
    }
    if (!opened) {
      if (!is(p, ',')) {
        expected(p, is_object ? "expected ',' or '}'" : "expected ',' or ']'");
        break;
      }
      p = skip_space(p + 1);
    }
    begins = true;
    if (!is_object) {
      if (skipped != 0) continue;
      at = rules[inside].begin;
      ++at_element_[at - a_component];
      continue;
    }
    if (!is(p, '"')) {
      expected(p, "expected a member name in quotes");
      break;
    }
    json_string name;
    p = any_string(p + 1, name);
    if (p == nullptr) break;
    if (skipped == 0 && inside == in_meta) {
      at = values_of_name;
      meta_name_ = name;
      sink_.meta_name(name);
    }
    p = colon(p);
    if (p == nullptr) break;
    if (skipped != 0 || inside == in_meta) continue;
    at = member_of(inside, name);
    if (at == unknown) continue;
    if ((seen_ & bit(at)) != 0) {
      fail(errc::json_type, p, "is there twice");
      break;
    }
    seen_ |= bit(at);
  }
  name_place(at, inside, outside);
  return nullptr;
}

template <class Sink>
typename record_grammar<Sink>::slot record_grammar<Sink>::member_of(slot object, json_string name) const noexcept {
  std::string_view plain = name.raw();
  char unescaped[64];  // each character of a known name may be six of an escape
  if (name.escaped && name.size <= sizeof unescaped)
    plain = {unescaped, static_cast<std::size_t>(unescape(name, unescaped) - unescaped)};
  for (unsigned member = rules[object].begin; member != rules[object].end; ++member)
    if (plain == rules[member].name) return static_cast<slot>(member);
  return unknown;
}

// A value of the right type, or null where it may be.
template <class Sink>
const char* record_grammar<Sink>::take(slot of, const scalar& value) noexcept {
  if (*value.at == 'n') {
    unreadable_ = unreadable_ || of == in_components;
    return value.behind;
  }
  switch (of) {
    case in_record_id: record_id_ = sink_.record_id(value.text); break;
    case in_start_time: return any_time(value, frame_.start_time);
    case in_stop_time: return any_time(value, frame_.stop_time.emplace());
    case in_runtime: return take_integer(value, frame_.runtime.emplace());
    case in_name: component_name_ = value.text; break;
    case in_amount: return take_integer(value, amount_);
    case in_score_name: score_name_ = value.text; break;
    case in_value: return take_number(value, value_);
    case a_meta_value: sink_.meta_value(value.text); break;
    default: break;
  }
  return value.behind;
}

template <class Sink>
void record_grammar<Sink>::enter(slot object, const char* p) noexcept {
  seen_ &= ~members(object);
  if (rules[object].first == '[') at_element_[rules[object].begin - a_component] = json_fault::none;
  if (object == in_meta) meta_start_ = p;
  if (object == a_component) sink_.begin_component();
}

// False: what is wrong is said, of the member that is set then.
template <class Sink>
bool record_grammar<Sink>::leave(slot object, const char* p, slot& member) noexcept {
  const unsigned missing = members(object) & ~(seen_ | may_be_missing);
  if (missing != 0) {
    member = static_cast<slot>(std::countr_zero(missing));
    fail(errc::json_type, p, "is missing");
    return false;
  }
  switch (object) {
    case values_of_name: sink_.end_meta_entry(); break;
    case in_meta: return all_differ(meta_start_);
    case a_score: sink_.score(score_name_, value_); break;
    case a_component: sink_.end_component(component_name_, amount_); break;
    case in_components: sink_.end_components(); break;
    case the_record: sink_.end(frame_); break;
    default: break;
  }
  return true;
}

template <class Sink>
void record_grammar<Sink>::name_place(slot at, slot inside, slot outside) noexcept {
  for (; inside != outside; at = inside, inside = rules[inside].within) {
    if (at < a_component) in_field(rules[at].name);
    if (at == values_of_name) fault_.meta_name = meta_name_.raw();
    if (at >= a_component && at <= a_meta_value) fault_.at_element[at - a_component] = at_element_[at - a_component];
  }
}

template <class Sink>
bool record_grammar<Sink>::all_differ(const char* start) noexcept {
  const std::size_t duplicate = sink_.end_meta();
  if (duplicate == no_duplicate) [[likely]]
    return true;
  twice_in_meta(start, duplicate);
  return false;
}

// Reads the names once more, to say where it is.
template <class Sink>
const char* record_grammar<Sink>::twice_in_meta(const char* p, std::size_t duplicate) noexcept {
  json_string name, value;
  for (std::size_t entry = 0;; ++entry) {
    p = skip_space(p);
    const char* const at = p;
    p = colon(any_string(p + 1, name));
    if (entry == duplicate) {
      fault_.meta_name = name.raw();
      return fail(errc::json_type, at, "is there twice");
    }
    while (*p != ']') p = *p == '"' ? any_string(p + 1, value) : p + 1;
    p = skip_space(p + 1) + 1;
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
