// Bodies of model/difference.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/base/same_text.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/impl/model/record_place.hpp>
#include <auditor/model/difference.hpp>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

// By bits: to compare doubles takes a library on a processor that has none.
AUDITOR_DECL bool same_score(double a, double b) noexcept {
  constexpr std::uint64_t infinity = std::uint64_t{0x7FF} << 52;
  const auto bits_a = std::bit_cast<std::uint64_t>(a), bits_b = std::bit_cast<std::uint64_t>(b);
  if ((bits_a & infinity) == infinity || (bits_b & infinity) == infinity)  // equal without being NaN
    return bits_a == bits_b && bits_a << 1 == infinity << 1;
  return (bits_a | bits_b) << 1 == 0 || bits_a - bits_b + 4 <= 8;  // 0 and -0; of one sign, and no more than 4 apart
}

}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL number_text::number_text(std::int64_t value) noexcept { finish(write_integer(value, digits_)); }

AUDITOR_DECL number_text::number_text(const double& value) noexcept : text_("not finite", 10) {
  if (is_finite(value)) finish(write_double(value, digits_));
}

AUDITOR_DECL number_text::number_text(const std::optional<timestamp>& value) noexcept : text_("none", 4) {
  if (value) finish(digits_ + write_timestamp(*value, digits_));
}

// Walks two records until something differs, and only then writes where.
class difference_finder {
 public:
  difference_finder(const record_view& ours, const record_view& stored, error& found) noexcept
      : ours_(ours), stored_(stored), found_(found) {}

  record_match compare() {
    if (in_meta() || in_components() || in_start_time()) return record_match::different;
    return in_stop_time() ? record_match::all_but_stop_time : record_match::equal;
  }

 private:
  using part = record_place::part;

  bool in_meta() {
    using namespace std::string_view_literals;
    auto index = index_of_names<compact>(stored_.meta.size(), [this](std::size_t i) { return stored_.meta[i].name; });
    at_.in = part::meta;
    for (at_.outer = 0; at_.outer < ours_.meta.size(); ++at_.outer) {
      const meta_view mine = ours_.meta[at_.outer];
      const std::size_t at = index.find(mine.name, at_.outer);
      if (at == index.none) return differs("", "present"sv, "not"sv);
      const meta_view theirs = stored_.meta[at];
      if (mine.values.size() != theirs.values.size()) return differs("", "another number of values"sv, "another"sv);
      for (std::size_t k = 0; k < mine.values.size(); ++k)
        if (!is_same_text(mine.values[k], theirs.values[k])) return differs("", mine.values[k], theirs.values[k]);
    }
    at_.in = part::record;
    return ours_.meta.size() != stored_.meta.size() && differs("meta", "fewer names"sv, "more"sv);
  }

  bool in_components() {
    using namespace std::string_view_literals;
    const std::size_t count = ours_.components.size();
    if (count != stored_.components.size())
      return differs("number of components", number_text(static_cast<std::int64_t>(count)),
                     number_text(static_cast<std::int64_t>(stored_.components.size())));
    for (at_.outer = 0; at_.outer < count; ++at_.outer) {
      const component_view mine = ours_.components[at_.outer], theirs = stored_.components[at_.outer];
      at_.in = part::component;
      if (!is_same_text(mine.name, theirs.name)) return differs(".name", mine.name, theirs.name);
      if (mine.amount != theirs.amount) return differs(".amount", number_text(mine.amount), number_text(theirs.amount));
      if (mine.scores.size() != theirs.scores.size()) return differs(".scores", "another number"sv, "another"sv);
      at_.in = part::score;
      for (at_.inner = 0; at_.inner < mine.scores.size(); ++at_.inner) {
        const score_view score = mine.scores[at_.inner], other = theirs.scores[at_.inner];
        if (!is_same_text(score.name, other.name)) return differs(".name", score.name, other.name);
        if (!same_score(score.value, other.value))
          return differs(".value", number_text(score.value), number_text(other.value));
      }
    }
    at_.in = part::record;
    return false;
  }

  bool in_start_time() noexcept { return in_time("start_time", ours_.start_time, stored_.start_time); }
  bool in_stop_time() noexcept { return in_time("stop_time", ours_.stop_time, stored_.stop_time); }

  bool in_time(const char* field, const std::optional<timestamp>& ours, const std::optional<timestamp>& stored) noexcept {
    return ours != stored && differs(field, number_text(ours), number_text(stored));
  }

  // Where in this place, and how.
  bool differs(const char* field, const std::string_view& ours, const std::string_view& stored) noexcept {
    found_.code = errc::conflict;
    at_.write(found_, ours_, sizeof found_.text);
    found_.more(field).more(": ").more(ours).more(" here, ").more(stored).more(" stored");
    return true;
  }

  const record_view& ours_;
  const record_view& stored_;
  error& found_;
  record_place at_{};
};

}  // namespace detail

AUDITOR_DECL record_comparison compare_records(const record_view& ours, const record_view& stored) {
  record_comparison found;
  found.match = detail::difference_finder(ours, stored, found.difference).compare();
  return found;
}

AUDITOR_DECL error difference(const record_view& ours, const record_view& stored) {
  return compare_records(ours, stored).difference;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
