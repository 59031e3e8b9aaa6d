// Bodies of model/difference.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/model/difference.hpp>

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

AUDITOR_DECL bool same_score(double a, double b) noexcept {
  if (a == b) return true;
  const auto bits_a = std::bit_cast<std::int64_t>(a);
  const auto bits_b = std::bit_cast<std::int64_t>(b);
  constexpr std::int64_t infinity = std::int64_t{0x7FF} << 52;
  const auto is_finite = [](std::int64_t bits) { return (bits & infinity) != infinity; };
  if ((bits_a < 0) != (bits_b < 0) || !is_finite(bits_a) || !is_finite(bits_b)) return false;
  const std::int64_t apart = bits_a > bits_b ? bits_a - bits_b : bits_b - bits_a;
  return apart <= 2;
}

}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL number_text::number_text(std::int64_t value) noexcept { finish(write_integer(value, digits)); }

AUDITOR_DECL number_text::number_text(const double& value) noexcept {
  constexpr std::string_view no_number = "not finite";
  finish(is_finite(value) ? write_double(value, digits) : digits + no_number.copy(digits, no_number.size()));
}

AUDITOR_DECL number_text::number_text(timestamp value) noexcept : size(write_timestamp(value, digits)) {}

AUDITOR_DECL number_text::operator std::string_view() const noexcept { return {digits, size}; }

// Walks two records until something differs, and only then writes where.
class difference_finder {
 public:
  difference_finder(const record_view& ours, const record_view& stored) noexcept : ours_(ours), stored_(stored) {}

  record_comparison compare() {
    if (in_meta() || in_components() || in_start_time()) return {record_match::different, found_};
    if (in_stop_time()) return {record_match::all_but_stop_time, found_};
    return {};
  }

 private:
  bool in_meta() {
    auto index = index_of_names<compact>(stored_.meta.size(), [this](std::size_t i) { return stored_.meta[i].name; });
    for (std::size_t i = 0; i < ours_.meta.size(); ++i) {
      const meta_view mine = ours_.meta[i];
      const auto here = [&] { found_.more("meta[\"").more(mine.name).more("\"]"); };
      const std::size_t at = index.find(mine.name, i);
      if (at == index.none) return here(), differs("present", "not");
      const meta_view theirs = stored_.meta[at];
      if (mine.values.size() != theirs.values.size()) return here(), differs("another number of values", "another");
      for (std::size_t k = 0; k < mine.values.size(); ++k)
        if (mine.values[k] != theirs.values[k]) return here(), differs(mine.values[k], theirs.values[k]);
    }
    return ours_.meta.size() != stored_.meta.size() && (found_.more("meta"), differs("fewer names", "more"));
  }

  bool in_components() {
    const std::size_t count = ours_.components.size();
    if (count != stored_.components.size()) {
      found_.more("number of components");
      return differs(static_cast<std::int64_t>(count), static_cast<std::int64_t>(stored_.components.size()));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const component_view mine = ours_.components[i], theirs = stored_.components[i];
      const auto here = [&](std::string_view member) { found_.more("components[").more(i).more("]").more(member); };
      if (mine.name != theirs.name) return here(".name"), differs(mine.name, theirs.name);
      if (mine.amount != theirs.amount) return here(".amount"), differs(mine.amount, theirs.amount);
      if (mine.scores.size() != theirs.scores.size()) return here(".scores"), differs("another number", "another");
      for (std::size_t k = 0; k < mine.scores.size(); ++k) {
        const score_view score = mine.scores[k], other = theirs.scores[k];
        const auto in_score = [&](std::string_view member) { here(".scores["), found_.more(k).more("]").more(member); };
        if (score.name != other.name) return in_score(".name"), differs(score.name, other.name);
        if (!same_score(score.value, other.value)) return in_score(".value"), differs(score.value, other.value);
      }
    }
    return false;
  }

  bool in_start_time() noexcept {
    if (ours_.start_time == stored_.start_time) return false;
    found_.more("start_time");
    return differs(ours_.start_time, stored_.start_time);
  }

  bool in_stop_time() noexcept {
    if (ours_.stop_time == stored_.stop_time) return false;
    const number_text mine(ours_.stop_time.value_or(timestamp{})), theirs(stored_.stop_time.value_or(timestamp{}));
    found_.more("stop_time");
    return differs(ours_.stop_time ? std::string_view(mine) : "none",
                   stored_.stop_time ? std::string_view(theirs) : "none");
  }

  bool differs(std::string_view ours, std::string_view stored) noexcept {
    found_.code = errc::conflict;
    found_.more(": ").more(ours).more(" here, ").more(stored).more(" stored");
    return true;
  }
  template <class Number>
    requires std::constructible_from<number_text, Number> && (!std::convertible_to<Number, std::string_view>)
  bool differs(Number ours, Number stored) noexcept {
    return differs(std::string_view(number_text(ours)), std::string_view(number_text(stored)));
  }

  const record_view& ours_;
  const record_view& stored_;
  error found_;
};

}  // namespace detail

AUDITOR_DECL record_comparison compare_records(const record_view& ours, const record_view& stored) {
  return detail::difference_finder(ours, stored).compare();
}

AUDITOR_DECL error difference(const record_view& ours, const record_view& stored) {
  return compare_records(ours, stored).difference;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
