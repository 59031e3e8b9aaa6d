// The one place that knows how a record looks in JSON: a strict grammar that tells a sink what it reads.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/json/number.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Not by ==, which brings strlen and memcmp along.
inline bool is_word(std::string_view text, const char* word) noexcept {
  std::size_t i = 0;
  while (i < text.size() && word[i] != '\0' && text[i] == word[i]) ++i;
  return i == text.size() && word[i] == '\0';
}

// What a record says besides its lists.
struct record_frame {
  timestamp start_time{};
  std::optional<timestamp> stop_time;
  std::optional<std::int64_t> runtime;
};

// What the general way knows of the record, and of the component and the score that are open. The usual form has most of it in
// registers, and writes it here where it gives up. An aggregate: small code clears it at once.
struct record_so_far {
  record_frame frame_{};
  // A flag for each member that was there. No two kinds of object share a flag, so that one word is enough for a score, the component it
  // is in and their record; those of an object are clear before it begins and behind its end.
  unsigned seen_ = 0;
  bool unreadable_ = false;
  // When a name of meta turns out to be there twice, meta is read once more, to find its place: so many names on. Else 0.
  std::size_t until_twice_ = 0;
  // Each is set before it is looked at: required members, the name of the entry that is read, the brace of meta.
  json_string meta_name_;
  const char* meta_start_;
  std::int64_t amount_;
  double value_;
};

// Reads one record and hands its parts to a sink, in the order of the text:
//
//   void record_id(json_string)
//   void meta_name(json_string), meta_value(json_string), end_meta_entry()
//   size_t end_meta()                       the number of the first name that was there before, or `no_duplicate`
//   void begin_component(), component_name(json_string), end_component(int64_t amount)
//   void begin_score(), score_name(json_string), end_score(double)
//   void end_components()
//   void end(const record_frame&)           all is well; not called after an error
//
// What a sink may assume: texts are checked, and borrowed from that of the record; `unescape` makes characters of one that is `escaped`. A
// member is told once at most, an entry, a component or a score between its beginning and its end. It may not assume an order of the
// members of one object - a component's name may come behind its scores -, nor that null or an empty meta is told at all.
//
// Where a sink does not want everything, which `wants_everything` says, it is asked `wants_meta()` and, of the component that is read,
// `wants_amount()` and `wants_scores()`. What it does not want is checked; it may be told all of it, parts of it, or nothing.
//
// There are two ways through a record, which accept and refuse the same:
// - The usual form, `usual_record` and what it calls. Servers and clients write members in one order and without white space, so each
//   member predicts what follows: one comparison with a literal.
// - The general way, `walk`, for all else: members in any order, unknown ones, what is wrong. Where a literal does not follow, the usual form
//   hands over what is left of the record, component or score by a function `rest_of_...`; behind a component or score the usual form
//   goes on. Lists and meta that a walk meets are read by the functions of the usual form again.
// The compact code has only the general way.
template <class Sink>
class record_grammar : private json_reader, private record_so_far {
 public:
  record_grammar(std::string_view text, Sink& sink) noexcept : json_reader(text), sink_(sink) {
    if constexpr (compact) static_cast<record_so_far&>(*this) = {};
  }

  using json_reader::fail;
  using json_reader::fault;
  using json_reader::skip_space;

  // The record that begins at p; returns what is behind it, or null.
  const char* read(const char* p) {
    if constexpr (!compact) return usual_record(p);
    return is(p, '{') ? walk(the_record, p, the_record) : no_object(p);
  }

  // `"components":null`: everything else was read.
  bool unreadable() const noexcept { return unreadable_; }

 private:
  // What a value is there for: the part of a record that it is. Members come first, so that a set of them is a word of flags.
  enum slot : std::uint8_t {
    in_record_id,
    in_name,  // of a component
    in_amount,
    in_score_name,
    in_value,
    in_meta,
    in_components,  // the lists, in the order of `json_list`
    in_scores,
    values_of_name,  // no member of known name, but one of meta
    in_start_time,
    in_stop_time,
    in_runtime,
    a_component,  // the elements of the lists, in the same order; no members from here on
    a_score,
    a_meta_value,
    the_record,
    unknown,     // any value, which nobody wants; of a place that is between two values: none
    everything,  // that the record is in
  };
  static constexpr unsigned members_end = a_component;
  static constexpr unsigned elements_behind_lists =
      a_component - in_components;  // so far is the slot of an element behind that of its list
  // Which element of an open list it is, from 1 on.
  std::size_t& element_number(slot list) noexcept { return fault_.at_element[list - in_components]; }

  // Of what is no member nobody asks whether it was seen.
  static constexpr unsigned flag(slot of) noexcept { return 1u << of; }
  template <class... Slots>
  static constexpr std::uint16_t flags(Slots... of) noexcept {
    return static_cast<std::uint16_t>((flag(of) | ...));
  }
  // Of each slot but `everything`, in their order.
  struct slot_rule {
    const char* name;       // of a member
    std::uint16_t members;  // of an object: the flags of those it has
    char first;             // how its values begin, as `kind_of` says it
    slot within;            // the object or list that it is in
  };
  static constexpr slot_rule rules[] = {
      {"record_id", 0, '"', the_record},
      {"name", 0, '"', a_component},
      {"amount", 0, '0', a_component},
      {"name", 0, '"', a_score},
      {"value", 0, '0', a_score},
      {"meta", 0, '{', the_record},
      {"components", 0, '[', the_record},
      {"scores", 0, '[', a_component},
      {nullptr, 0, '[', in_meta},
      {"start_time", 0, '"', the_record},
      {"stop_time", 0, '"', the_record},
      {"runtime", 0, '0', the_record},
      {nullptr, flags(in_name, in_amount, in_scores), '{', in_components},
      {nullptr, flags(in_score_name, in_value), '{', in_scores},
      {nullptr, 0, '"', values_of_name},
      {nullptr, flags(in_record_id, in_meta, in_components, in_start_time, in_stop_time, in_runtime), '{', everything},
      {nullptr, 0, '\0', unknown},
  };
  // ... and what their values must be; of the unknown nothing.
  static constexpr const char* requirements[] = {
      "must be a string",  "must be a string",  "must be an integer",
      "must be a string",  "must be a number",  "must be an object or null",
      "must be an array",  "must be an array",  "must be an array of strings",
      "must be a string",  "must be a string",  "must be an integer",
      "must be an object", "must be an object", "must be a string",
      "must be an object",
  };
  static_assert(std::size(rules) == everything && std::size(requirements) == unknown);
  static_assert(in_scores == in_components + unsigned{of_scores} && values_of_name == in_components + unsigned{of_values});
  static_assert(rules[a_component].within == in_components && rules[a_score].within == in_scores &&
                rules[a_meta_value].within == values_of_name);
  static bool is_name(std::string_view text, slot member) noexcept {
    if constexpr (compact) {
      return is_word(text, rules[member].name);
    } else {
      // Most members differ in how long their names are.
      static constexpr auto sizes = [] {
        std::array<std::uint8_t, members_end> of{};
        for (unsigned i = 0; i < of.size(); ++i)
          for (const char* c = rules[i].name; c != nullptr && *c != '\0'; ++c) ++of[i];
        return of;
      }();
      return text.size() == sizes[member] && std::memcmp(text.data(), rules[member].name, text.size()) == 0;
    }
  }
  static constexpr char brace_bit = '{' ^ '[';  // by which braces differ from brackets
  static constexpr unsigned may_be_null = flags(in_meta, in_components, in_stop_time, in_runtime);
  static constexpr unsigned may_be_missing = flags(in_meta, in_stop_time, in_runtime);

  // The form that servers and clients write: one function, since each call in it would cost as much as a short string.
  [[gnu::flatten]] const char* usual_record(const char* p);

  // Over a member that is null, where another one follows; false: it stays where it is.
  template <json_tokens Member>
  bool steps_over_null(const char*& p) const noexcept {
    const char* at = p;
    if (!follows_spaced<Member>(at) || !follows(at, "null,")) return false;
    p = at - 1;
    return true;
  }

  // The general way through one record, component or score, to its end. Which part of it begins at p, `at` says:
  // - the object itself: its brace is there, and nothing of it was told;
  // - a member: its value is there, behind name and colon;
  // - `unknown`: none, for a value ends there.
  // What was before p is told, and its members are `seen_`. What has no way back into the usual form, as it can only be wrong - a value of
  // the wrong type, meta with a name twice - goes the same way, as an object of its own.
  [[gnu::noinline]] const char* rest_of(slot object, const char* p, slot at) { return walk(object, p, at); }
  [[gnu::always_inline]] const char* walk(slot object, const char* p, slot at);
  slot member_of(slot object, json_string name) const noexcept;
  // The member that begins at p, if it is not seen yet, and its name and a colon are as they are mostly written; then it steps over
  // them. Else `unknown`.
  slot usual_member(slot object, const char*& p) const noexcept;
  [[gnu::noinline]] const char* take(slot of, const char* p, char first) noexcept;
  void enter(slot object, const char* p) noexcept;
  slot first_missing(slot object) const noexcept;
  void leave(slot object) noexcept;
  [[gnu::cold]] void name_place(slot at, slot inside, slot outside) noexcept;

  // Where the usual form gives up, with what it has in registers. `at`: as above; a member whose value is still to come is seen, too.
  const char* rest_of_record(const char* p, unsigned seen, slot at = unknown) {
    seen_ = seen | flag(at);
    return rest_of(the_record, p, at);
  }
  [[gnu::noinline]] const char* rest_of_component(const char* p, std::int64_t amount, unsigned seen, slot at = unknown) {
    amount_ = amount;
    seen_ |= seen | flag(at);
    return rest_of(a_component, p, at);
  }
  [[gnu::noinline]] const char* rest_of_score(const char* p, double value, unsigned seen, slot at = unknown) {
    value_ = value;
    seen_ |= seen | flag(at);
    return rest_of(a_score, p, at);
  }
  const char* meta(const char* p) {
    if constexpr (!Sink::wants_everything)
      if (!sink_.wants_meta()) return meta_object<false>(p);
    return meta_object<true>(p);
  }
  template <bool Wanted>
  const char* meta_object(const char* p);
  template <bool Wanted>
  [[gnu::always_inline]] const char* usual_values(const char* p, bool& goes_on);
  const char* usual_entries(const char* p, std::uint64_t& known) const noexcept;
  [[gnu::noinline]] const char* meta_values(const char* p);
  [[gnu::noinline]] const char* rest_of_meta_values(const char* p, std::size_t i);
  // Reads the names once more, to say which one is there twice, and where.
  [[gnu::cold]] const char* twice_in_meta(const char* start, std::size_t duplicate) noexcept {
    until_twice_ = duplicate + 1;
    return rest_of(in_meta, start, in_meta);
  }
  const char* components(const char* p);
  [[gnu::always_inline]] const char* component(const char* p);
  const char* scores(const char* p) {
    if constexpr (!Sink::wants_everything)
      if (!sink_.wants_scores()) return list<of_scores, false>(p);
    return list<of_scores>(p);
  }
  template <bool Wanted>
  [[gnu::always_inline]] const char* score(const char* p);
  const char* meta_value(const char* p) {
    if (!is(p, '"')) return mismatch(p, a_meta_value);
    json_string value;
    p = any_string(p + 1, value);
    if (p != nullptr) sink_.meta_value(value);
    return p;
  }
  // A list, from behind its bracket: a loop for each of the three.
  template <json_list Of, bool Wanted = true>
  const char* list(const char* p);
  // A value of the wrong type - when it is a value at all. Always null.
  [[gnu::cold]] const char* mismatch(const char* p, slot of) { return rest_of(of, p, of); }

  // Decided by the first byte, or word: what stands for a record may be endless.
  const char* no_object(const char* p) noexcept {
    const char first = kind_of(p);
    if (first != '"' && first != '[' && first != '0' && keyword(p, "expected a record") == nullptr) return nullptr;
    return fail(errc::json_type, p, "must be an object");
  }

  // Times as the server sends them, by where their closing quote is, from the opening one; then all others.
  [[gnu::flatten]] const char* time(const char* p, timestamp& to) noexcept {
    if (is_time<20>(p, to)) return p + 22;
    if (is_time<27>(p, to)) return p + 29;
    if (is_time<24>(p, to)) return p + 26;
    return any_time(p, to);
  }
  template <std::size_t Size>
  bool is_time(const char* p, timestamp& to) const noexcept {
    return static_cast<std::size_t>(end() - p) > Size + 1 && p[Size + 1] == '"' &&
           usually(read_usual_timestamp({p + 1, Size}, to));
  }
  [[gnu::noinline]] const char* any_time(const char* p, timestamp& to) noexcept {
    scalar value{p};
    return read_scalar(value, kind_of(p)) == nullptr ? nullptr : any_time(value, to);
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

  // Called on the way out of an error, from the inside; the first one knows best. An element that is wrong as a whole has no field: its
  // list has set its number by then, and no member around it is taken for the field. In the compact code numbers are counted while
  // elements are read and say nothing of that: `name_place` stops at the element instead.
  [[gnu::cold, gnu::noinline]] const char* in_field(const char* field) noexcept {
    if (fault_.field == nullptr && (compact || (fault_.at_element[of_components] | fault_.at_element[of_scores]) == 0))
      fault_.field = field;
    return nullptr;
  }

  Sink& sink_;
};

// --- the form that servers and clients write; whatever differs goes on in any order ---

template <class Sink>
const char* record_grammar<Sink>::usual_record(const char* p) {
  if (!follows_spaced<"{\"record_id\":\"">(p)) return is(p, '{') ? rest_of_record(p, 0, the_record) : no_object(p);
  json_string id;
  p = string(p, id);
  if (!usually(p != nullptr)) return in_field("record_id");
  sink_.record_id(id);
  unsigned seen = flag(in_record_id);

  if (follows_spaced<"\",\"meta\":{">(p)) {
    p = meta(p);
    if (!usually(p != nullptr)) return in_field("meta");
  } else if (!steps_over_null<"\",\"meta\":">(p)) {
    return rest_of_record(p + 1, seen);
  }
  seen |= flag(in_meta);

  if (!follows_spaced<",\"components\":[">(p)) return rest_of_record(p, seen);
  p = components(p);
  if (!usually(p != nullptr)) return in_field("components");
  seen |= flag(in_components);

  if (!follows_spaced<",\"start_time\":\"">(p)) return rest_of_record(p, seen);
  p = time(p - 1, frame_.start_time);
  if (!usually(p != nullptr)) return in_field("start_time");
  seen |= flag(in_start_time);

  if (follows_spaced<",\"stop_time\":\"">(p)) {
    p = time(p - 1, frame_.stop_time.emplace());
    if (!usually(p != nullptr)) return in_field("stop_time");
  } else if (!steps_over_null<",\"stop_time\":">(p)) {
    return rest_of_record(p, seen);
  }
  seen |= flag(in_stop_time);

  if (!follows_spaced<",\"runtime\":">(p)) return rest_of_record(p, seen);
  const char* const value = p;
  std::int64_t runtime = 0;
  p = integer(value, runtime);
  if (usually(p != nullptr))
    frame_.runtime = runtime;
  else if (end() - value >= 5 && std::memcmp(value, "null}", 5) == 0)
    p = value + 4;
  else
    return begins_number(value) ? in_field("runtime") : rest_of_record(skip_space(value), seen, in_runtime);
  seen |= flag(in_runtime);

  if (!ends_object(p)) return rest_of_record(p, seen);
  sink_.end(frame_);
  return p + 1;
}

// From behind the brace.
template <class Sink>
template <bool Wanted>
const char* record_grammar<Sink>::meta_object(const char* p) {
  const char* const start = p;
  [[maybe_unused]] std::uint64_t known = 0;  // of names that nobody wants: `bit_of_name` of each so far
  p = skip_space(p);
  if (is(p, '}')) return p + 1;
  do {
    if (!is(p, '"')) return expected(p, "expected a member name in quotes");
    if constexpr (!Wanted && stops_ahead::is_there) {
      const char* const behind = usual_entries(p, known);
      if (behind != nullptr) {
        p = behind;
        continue;
      }
    }
    // From name to name, where each has one value and nothing stands between them.
    for (bool goes_on = true; goes_on;) {
      json_string name;
      p = string(p + 1, name);
      if (!usually(p != nullptr)) return p;
      if constexpr (Wanted) {
        sink_.meta_name(name);
      } else {
        // It may be the same as one before: all of them, from the first on, have to be told and looked at.
        const std::uint64_t bit = bit_of_name(name.raw());
        if (name.escaped || (known & bit) != 0) return meta_object<true>(start);
        known |= bit;
      }
      p = usual_values<Wanted>(p, goes_on);
      if (!usually(p != nullptr)) {
        fault_.meta_name = name.raw();
        return p;
      }
      if constexpr (Wanted) sink_.end_meta_entry();
    }
  } while (another(p, '}'));
  if (!usually(p != nullptr)) return p;
  if constexpr (!Wanted) return p;
  const std::size_t duplicate = sink_.end_meta();
  return duplicate == no_duplicate ? p : twice_in_meta(start - 1, duplicate);
}

// From the quote behind the name. One value is usual, and the next name right behind it: then `goes_on`, and its quote is returned.
template <class Sink>
template <bool Wanted>
inline const char* record_grammar<Sink>::usual_values(const char* p, bool& goes_on) {
  goes_on = false;
  if (!follows_spaced<"\":[\"">(p)) return meta_values(p + 1);
  json_string value;
  p = string(p, value);
  if (!usually(p != nullptr)) {
    fault_.at_element[of_values] = 1;
    return p;
  }
  if constexpr (Wanted) sink_.meta_value(value);
  goes_on = follows(p, "\"],\"");
  if (goes_on) return p - 1;
  return is(p + 1, ']') ? p + 2 : rest_of_meta_values(p + 1, 2);
}

// Of meta that nobody wants: the entries from this name on that have nothing but plain characters, and whose names differ from those
// that are known. What is behind the last of them; null: not even the first one is so.
template <class Sink>
const char* record_grammar<Sink>::usual_entries(const char* p, std::uint64_t& known) const noexcept {
  const char* behind = nullptr;
  stops_ahead stops(p + 1, end());
  for (;;) {
    const char* const name_end = stops.next();
    if (name_end == nullptr || std::memcmp(name_end, "\":[\"", 4) != 0) return behind;
    const std::uint64_t bit = bit_of_name({p + 1, static_cast<std::size_t>(name_end - (p + 1))});
    if ((known & bit) != 0) return behind;
    const char* value_end = nullptr;
    do {
      stops.skip();  // its first quote
      value_end = stops.next();
      if (value_end == nullptr) return behind;
    } while (std::memcmp(value_end, "\",\"", 3) == 0);
    if (std::memcmp(value_end, "\"]", 2) != 0) return behind;
    known |= bit;
    behind = value_end + 2;
    if (std::memcmp(behind, ",\"", 2) != 0) return behind;
    p = behind + 1;
    stops.skip();  // that of the next name
  }
}

template <class Sink>
const char* record_grammar<Sink>::components(const char* p) {
  p = list<of_components>(p);
  sink_.end_components();
  return p;
}

template <class Sink>
template <json_list Of, bool Wanted>
inline const char* record_grammar<Sink>::list(const char* p) {
  p = skip_space(p);
  if (is(p, ']')) return p + 1;
  std::size_t i = 1;
  do {
    p = Of == of_components ? component(p) : Of == of_scores ? score<Wanted>(p) : meta_value(p);
    if (!usually(p != nullptr)) {
      fault_.at_element[Of] = i;
      return p;
    }
    ++i;
  } while (another(p, ']'));
  return p;
}

template <class Sink>
inline const char* record_grammar<Sink>::component(const char* p) {
  std::int64_t amount = 0;
  if (!follows_spaced<"{\"name\":\"">(p)) return rest_of_component(p, amount, 0, a_component);
  sink_.begin_component();
  json_string name;
  p = string(p, name);
  if (!usually(p != nullptr)) return in_field("name");
  sink_.component_name(name);
  unsigned seen = flag(in_name);

  if (!follows_spaced<"\",\"amount\":">(p)) return rest_of_component(p + 1, amount, seen);
  const char* const value = p;
  if constexpr (Sink::wants_everything)
    p = integer(value, amount);
  else
    p = sink_.wants_amount() ? integer(value, amount) : some_integer(value);
  if (!usually(p != nullptr))
    return begins_number(value) ? in_field("amount") : rest_of_component(skip_space(value), amount, seen, in_amount);
  seen |= flag(in_amount);

  if (!follows_spaced<",\"scores\":[">(p)) return rest_of_component(p, amount, seen);
  p = is(p, ']') ? p + 1 : scores(p);
  if (!usually(p != nullptr)) return in_field("scores");
  seen |= flag(in_scores);

  if (!ends_object(p)) return rest_of_component(p, amount, seen);
  sink_.end_component(amount);
  return p + 1;
}

template <class Sink>
template <bool Wanted>
inline const char* record_grammar<Sink>::score(const char* p) {
  double value = 0;
  if (!follows_spaced<"{\"name\":\"">(p)) return rest_of_score(p, value, 0, a_score);
  if constexpr (Wanted) sink_.begin_score();
  json_string name;
  p = string(p, name);
  if (!usually(p != nullptr)) return in_field("name");
  if constexpr (Wanted) sink_.score_name(name);
  unsigned seen = flag(in_score_name);

  if (!follows_spaced<"\",\"value\":">(p)) return rest_of_score(p + 1, value, seen);
  const char* const start = p;
  p = Wanted ? number(start, value) : some_number(start);
  if (!usually(p != nullptr))
    return begins_number(start) ? in_field("value") : rest_of_score(skip_space(start), value, seen, in_value);
  seen |= flag(in_value);

  if (!ends_object(p)) return rest_of_score(p, value, seen);
  if constexpr (Wanted) sink_.end_score(value);
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
// only looks whether they are JSON: what is no JSON is said before what is no record.
template <class Sink>
inline const char* record_grammar<Sink>::walk(slot object, const char* p, slot at) {
  const slot outside = rules[object].within;
  slot inside = at == object ? outside : object;  // the last object or list that is open; `unknown` while one is skipped
  // One bit for each that is open, the innermost lowest: is it an object? The outermost is, so that the highest bit counts them.
  std::uint32_t objects = 0;
  unsigned known = 0;
  for (slot in = inside; in != everything; in = rules[in].within, ++known) {
    const unsigned is_object =
        rules[in].first == '{' ? 1u : 0u;  // in one expression with the shift, g++ 12's sanitizer loses `in`
    objects |= is_object << known;
  }
  // While `inside` is unknown: what the value that is skipped was there for, where it is, and `objects` before it.
  slot skipped = unknown, skipped_in = unknown;
  std::uint32_t objects_before = 0;
  const char* wrong = nullptr;  // where a value of the wrong type began, until it was read
  bool begins = at != unknown;
  // A round goes over the value at p, if one begins there, or its opening bracket alone; then over the bracket that closes what is open, or
  // else to where the next value begins. What breaks out of it is a fault of `at`, in `inside`.
  for (;;) {
    bool opened = false;
    if (begins) {
      const char first = kind_of(p);
      const bool fits = first == rules[at].first || (first == 'n' && (may_be_null & flag(at)) != 0);
      if (!fits && at != unknown) wrong = p;
      if ((first | brace_bit) == '{') {
        if (objects >> (json_depth_limit - 1) != 0) {
          fail(errc::json_type, p, "nested more than 32 deep");
          break;
        }
        const bool has_function = !compact && fits && at <= in_scores && until_twice_ == 0;
        if (!has_function) {
          opened = true;
          if (!fits && inside != unknown) {
            skipped = at;
            skipped_in = inside;
            objects_before = objects;
          }
          inside = fits ? at : unknown;
          if (fits) enter(inside, p);
          at = unknown;
          objects = objects << 1 | ((first & brace_bit) != 0 ? 1u : 0u);
          ++p;
        } else {
          p = at == in_meta ? meta(p + 1) : at == in_components ? components(p + 1) : scores(p + 1);
        }
      } else {
        p = take(fits ? at : unknown, p, first);
      }
      if (p == nullptr) break;
    }
    if (!opened && inside != unknown) {  // behind a whole value that counts
      if (wrong != nullptr) {
        fail(errc::json_type, wrong, requirements[at]);
        break;
      }
      if (inside == outside) return p;
      at = unknown;
    }

    // What is open may end here.
    p = skip_space(p);
    const bool is_object = (objects & 1) != 0;
    const char next = kind_of(p);
    begins = next != static_cast<char>(']' | (objects & 1) * brace_bit);  // the bracket, or brace, of what is open
    if (!begins) {
      objects >>= 1;
      if (inside == unknown) {
        if (objects == objects_before) {  // behind what was skipped: the next round says what it must be, if `wrong`
          inside = skipped_in;
          at = skipped;
        }
      } else {
        const slot missing = first_missing(inside);
        if (missing != unknown) {
          at = missing;
          fail(errc::json_type, p, "is missing");
          break;
        }
        leave(inside);
        inside = rules[inside].within;
        if (until_twice_ != 0) {  // it was meta: once more
          begins = true;
          at = in_meta;
          p = meta_start_;
          continue;
        }
      }
      ++p;
      continue;
    }

    // Else another value follows: in a list the next element,
    if (!opened) {
      if (next != ',') {
        expected(p, is_object ? "expected ',' or '}'" : "expected ',' or ']'");
        break;
      }
      p = skip_space(p + 1);
    }
    if (!is_object) {
      if (inside == unknown) continue;
      at = static_cast<slot>(inside + elements_behind_lists);
      ++element_number(inside);
      continue;
    }
    // in an object the member that its name says.
    if (kind_of(p) != '"') {
      expected(p, "expected a member name in quotes");
      break;
    }
    if constexpr (!compact) {
      at = usual_member(inside, p);
      if (at != unknown) {
        p = skip_space(p);
        seen_ |= flag(at);
        continue;
      }
    }
    const char* const start = p;
    json_string name;
    p = any_string(p + 1, name);
    if (p == nullptr) break;
    if (inside != in_meta) {
      at = member_of(inside, name);
    } else {
      meta_name_ = name;
      at = values_of_name;
      if (until_twice_ == 0) {
        sink_.meta_name(name);
      } else if (--until_twice_ == 0) {
        fail(errc::json_type, start, "is there twice");
        break;
      } else {
        at = unknown;  // told already
      }
    }
    p = colon(p);
    if (p == nullptr) {
      if (inside != in_meta) at = unknown;  // not named in the error
      break;
    }
    const unsigned member = flag(at) & rules[inside].members;
    if ((seen_ & member) != 0) {
      fail(errc::json_type, p, "is there twice");
      break;
    }
    seen_ |= member;
  }
  if (inside == unknown) {
    inside = skipped_in;
    at = skipped;
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
  for (unsigned member = 0; member != members_end; ++member)
    if (rules[member].within == object && is_name(plain, static_cast<slot>(member))) return static_cast<slot>(member);
  return unknown;
}

template <class Sink>
typename record_grammar<Sink>::slot record_grammar<Sink>::usual_member(slot object, const char*& p) const noexcept {
  struct beginning {
    std::uint64_t words[2] = {}, masks[2] = {};
    std::size_t size = 0;
  };
  static constexpr auto beginnings = [] {
    std::array<beginning, members_end> of{};
    for (unsigned i = 0; i < of.size(); ++i) {
      const auto add = [&to = of[i]](char c) {
        to.words[to.size / 8] |= std::uint64_t{static_cast<unsigned char>(c)} << (to.size % 8 * 8);
        to.masks[to.size / 8] |= std::uint64_t{0xFF} << (to.size % 8 * 8);
        ++to.size;
      };
      if (rules[i].name == nullptr) continue;
      add('"');
      for (const char* c = rules[i].name; *c != '\0'; ++c) add(*c);
      add('"');
      add(':');
    }
    return of;
  }();
  if (!has_words(p)) return unknown;
  const std::uint64_t words[] = {load_word(p), load_word(p + 8)};
  for (unsigned left = rules[object].members & ~seen_; left != 0; left &= left - 1) {
    const auto member = static_cast<slot>(std::countr_zero(left));
    const beginning& of = beginnings[member];
    if ((((words[0] ^ of.words[0]) & of.masks[0]) | ((words[1] ^ of.words[1]) & of.masks[1])) != 0) continue;
    p += of.size;
    return member;
  }
  return unknown;
}

// A value of the right type, or null where it may be; others are only read.
template <class Sink>
const char* record_grammar<Sink>::take(slot of, const char* p, char first) noexcept {
  if constexpr (!compact) {  // what the usual form has, too, in its fast way
    if (of == unknown && first == '"') {
      json_string ignored;
      return any_string(p + 1, ignored);
    }
    if (of == in_amount) return integer(p, amount_);
    if (of == in_value) return number(p, value_);
    if (of == in_runtime && first == '0') return integer(p, frame_.runtime.emplace());
    if (of == in_start_time) return time(p, frame_.start_time);
    if (of == in_stop_time && first == '"') return time(p, frame_.stop_time.emplace());
  }
  scalar value{p};
  p = read_scalar(value, first);
  if (p == nullptr || of == unknown) return p;
  if (first == 'n') {
    if (of == in_components) unreadable_ = true;
    return p;
  }
  if (of == in_start_time) return any_time(value, frame_.start_time);
  if (of == in_stop_time) return any_time(value, frame_.stop_time.emplace());
  if (of == in_value) return take_number(value, value_);
  if (rules[of].first == '0') return take_integer(value, of == in_amount ? amount_ : frame_.runtime.emplace());
  if (of == in_record_id)
    sink_.record_id(value.text);
  else if (of == a_meta_value)
    sink_.meta_value(value.text);
  else if (of == in_name)
    sink_.component_name(value.text);
  else
    sink_.score_name(value.text);
  return p;
}

template <class Sink>
void record_grammar<Sink>::enter(slot object, const char* p) noexcept {
  if (object == in_meta) meta_start_ = p;
  if (object == a_component) sink_.begin_component();
  if (object == a_score) sink_.begin_score();
}

template <class Sink>
typename record_grammar<Sink>::slot record_grammar<Sink>::first_missing(slot object) const noexcept {
  const unsigned missing = rules[object].members & ~(seen_ | may_be_missing);
  return missing == 0 ? unknown : static_cast<slot>(std::countr_zero(missing));
}

template <class Sink>
void record_grammar<Sink>::leave(slot object) noexcept {
  seen_ &= ~unsigned{rules[object].members};
  if (rules[object].first == '[') element_number(object) = 0;
  switch (object) {
    case values_of_name: sink_.end_meta_entry(); break;
    case in_meta: until_twice_ = sink_.end_meta() + 1; break;  // 0 of `no_duplicate`, the largest number
    case a_score: sink_.end_score(value_); break;
    case a_component: sink_.end_component(amount_); break;
    case in_components: sink_.end_components(); break;
    case the_record: sink_.end(frame_); break;
    default: break;
  }
}

template <class Sink>
void record_grammar<Sink>::name_place(slot at, slot inside, slot outside) noexcept {
  if (at == unknown && rules[inside].first == '[') element_number(inside) = 0;  // behind an element
  for (; inside != outside; at = inside, inside = rules[inside].within) {
    if (at == values_of_name) fault_.meta_name = meta_name_.raw();
    if (at == a_component || at == a_score) break;
    in_field(rules[at].name);
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
