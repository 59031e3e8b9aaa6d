// Compares a record of ours with the one that the server holds: equal, or the first difference in words.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/distinct_names.hpp>
#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/model/record_view.hpp>

#include <bit>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Equal but for what the server's JSON parser loses: within 2 units in the last place (protocol, fact 16).
inline bool same_score(double a, double b) noexcept {
  if (a == b) return true;
  const auto bits_a = std::bit_cast<std::int64_t>(a);
  const auto bits_b = std::bit_cast<std::int64_t>(b);
  if ((bits_a < 0) != (bits_b < 0)) return false;
  const std::int64_t apart = bits_a > bits_b ? bits_a - bits_b : bits_b - bits_a;
  return apart <= 2;
}

namespace detail {

struct number_text {
  char digits[40]{};
  std::size_t size = 0;

  explicit number_text(std::int64_t value) noexcept { finish(std::to_chars(digits, digits + sizeof digits, value)); }
  explicit number_text(double value) noexcept { finish(std::to_chars(digits, digits + sizeof digits, value)); }
  explicit number_text(timestamp value) noexcept : size(write_timestamp(value, digits)) {}
  operator std::string_view() const noexcept { return {digits, size}; }

 private:
  void finish(std::to_chars_result end) noexcept { size = static_cast<std::size_t>(end.ptr - digits); }
};
static_assert(sizeof(number_text::digits) >= timestamp_capacity);

class record_comparison {
 public:
  error found;

  bool differs(std::string_view ours, std::string_view stored) noexcept {
    found.code = errc::conflict;
    found.more(": ").more(ours).more(" here, ").more(stored).more(" stored");
    return true;
  }
  template <class Number>
    requires std::constructible_from<number_text, Number> && (!std::convertible_to<Number, std::string_view>)
  bool differs(Number ours, Number stored) noexcept {
    return differs(std::string_view(number_text(ours)), std::string_view(number_text(stored)));
  }
  void at(std::string_view list, std::size_t i) noexcept { found.say(list).more("[").more(i).more("]"); }

  bool in_meta(const record_view& ours, const record_view& stored) {
    name_index index(stored.meta.size(), [&stored](std::size_t i) { return stored.meta[i].name; });
    for (std::size_t i = 0; i < ours.meta.size(); ++i) {
      const meta_view mine = ours.meta[i];
      const std::size_t at = index.find(mine.name, i);
      found.say("meta[\"").more(mine.name).more("\"]");
      if (at == index.none) return differs("present", "not");
      const meta_view theirs = stored.meta[at];
      if (mine.values.size() != theirs.values.size()) return differs("another number of values", "another");
      for (std::size_t k = 0; k < mine.values.size(); ++k)
        if (mine.values[k] != theirs.values[k]) return differs(mine.values[k], theirs.values[k]);
    }
    found.say("meta");
    return ours.meta.size() != stored.meta.size() && differs("fewer names", "more");
  }

  bool in_components(const record_view& ours, const record_view& stored) noexcept {
    found.say("number of components");
    if (ours.components.size() != stored.components.size())
      return differs(static_cast<std::int64_t>(ours.components.size()),
                     static_cast<std::int64_t>(stored.components.size()));
    for (std::size_t i = 0; i < ours.components.size(); ++i) {
      const component_view mine = ours.components[i], theirs = stored.components[i];
      at("components", i);
      if (mine.name != theirs.name) return found.more(".name"), differs(mine.name, theirs.name);
      if (mine.amount != theirs.amount) return found.more(".amount"), differs(mine.amount, theirs.amount);
      if (mine.scores.size() != theirs.scores.size()) return found.more(".scores"), differs("another number", "another");
      for (std::size_t k = 0; k < mine.scores.size(); ++k) {
        const score_view score = mine.scores[k], other = theirs.scores[k];
        at("components", i);
        found.more(".scores[").more(k).more("]");
        if (score.name != other.name) return found.more(".name"), differs(score.name, other.name);
        if (!same_score(score.value, other.value)) return found.more(".value"), differs(score.value, other.value);
      }
    }
    return false;
  }
};

}  // namespace detail

/// What differs in all but the stop time: code ok when nothing does, else `conflict` and the field with both values.
inline error difference_but_stop_time(const record_view& ours, const record_view& stored) {
  detail::record_comparison compared;
  if (compared.in_meta(ours, stored) || compared.in_components(ours, stored)) return compared.found;
  compared.found.say("start_time");
  if (ours.start_time != stored.start_time && compared.differs(ours.start_time, stored.start_time)) return compared.found;
  return {};
}

/// The first difference of two records of one id: code ok when there is none, else `conflict` and the field with both
/// values. Meta names compare in any order, times to the microsecond, scores as `same_score`; the runtime does not count.
/// **Memory**: allocates where more than 16 meta names come in another order.
inline error difference(const record_view& ours, const record_view& stored) {
  if (error found = difference_but_stop_time(ours, stored)) return found;
  if (ours.stop_time == stored.stop_time) return {};
  detail::record_comparison compared;
  compared.found.say("stop_time");
  const detail::number_text mine(ours.stop_time.value_or(timestamp{})), theirs(stored.stop_time.value_or(timestamp{}));
  compared.differs(ours.stop_time ? std::string_view(mine) : "none", stored.stop_time ? std::string_view(theirs) : "none");
  return compared.found;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
