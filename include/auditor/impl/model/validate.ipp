// Bodies of model/validate.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/model/validate.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Checks a record field by field. A path such as `components[0].scores[1].value` is written only once a check has failed.
class record_validator {
 public:
  explicit record_validator(const record_view& r) noexcept : record_(r) {}

  bool passes() {
    return check(record_.record_id, [](error& e) { e.more("record_id"); }) && meta() && distinct_meta_names() &&
           components() && times();
  }
  bool has_stop_time() {
    return record_.stop_time || reject([](error& e) { e.more("stop_time: an update needs one"); });
  }
  const error& fault() const noexcept { return fault_; }

 private:
  bool meta() {
    for (std::size_t i = 0; i < record_.meta.size(); ++i) {
      const meta_view entry = record_.meta[i];
      if (!check(entry.name, [](error& e) { e.more("meta name"); })) return false;
      for (std::size_t k = 0; k < entry.values.size(); ++k) {
        const auto path = [&](error& e) { in_meta(e, entry.name), e.more("[").more(std::uint64_t{k}).more("]"); };
        if (!check(entry.values[k], path)) return false;
      }
    }
    return true;
  }

  // A view can hold a name twice.
  bool distinct_meta_names() {
    const auto name = [this](std::size_t i) { return record_.meta[i].name; };
    const std::size_t again = first_duplicate(record_.meta.size(), name);
    return again == no_duplicate ||
           reject([&](error& e) { in_meta(e, name(again)), e.more(": is there twice; put all values into one list"); });
  }

  bool components() {
    for (std::size_t i = 0; i < record_.components.size(); ++i) {
      const component_view part = record_.components[i];
      const auto path = [i](error& e) { e.more("components[").more(std::uint64_t{i}).more("]"); };
      if (!check(part.name, [&](error& e) { path(e), e.more(".name"); })) return false;
      if (part.amount == too_large_an_amount)
        return reject([&](error& e) { path(e), e.more(".amount: must be at most 9223372036854775807"); });
      if (part.amount < 0)
        return reject([&](error& e) {
          path(e), e.more(".amount: must not be negative, is -")
                       .more(std::uint64_t{0} - static_cast<std::uint64_t>(part.amount));
        });
      for (std::size_t k = 0; k < part.scores.size(); ++k) {
        const score_view s = part.scores[k];
        const auto score_path = [&](error& e) { path(e), e.more(".scores[").more(std::uint64_t{k}).more("]"); };
        if (!check(s.name, [&](error& e) { score_path(e), e.more(".name"); })) return false;
        if (const char* const rule = broken_rule(s.value); rule != nullptr)
          return reject([&](error& e) { score_path(e), e.more(".value: ").more(rule); });
      }
    }
    return true;
  }

  bool times() {
    const auto in_range = [](timestamp t) { return t >= earliest_timestamp && t <= latest_timestamp; };
    const auto out_of_range = [this](std::string_view field) {
      return reject([&](error& e) { e.more(field).more(": must lie in -4713-12-31 .. +262142-12-31"); });
    };
    if (record_.start_time == unset_timestamp) return reject([](error& e) { e.more("start_time: was never set"); });
    if (!in_range(record_.start_time)) return out_of_range("start_time");
    if (!record_.stop_time) return true;
    if (!in_range(*record_.stop_time)) return out_of_range("stop_time");
    if (*record_.stop_time < record_.start_time)
      return reject([](error& e) { e.more("stop_time: lies before start_time"); });
    return true;
  }

  // Null: none. Bits instead of comparisons, which -ffast-math would compile away for NaN; and those of a number in memory, because
  // clang takes for finite what is passed by value.
  static const char* broken_rule(const double& value) noexcept {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    constexpr std::uint64_t infinite = std::uint64_t{0x7FF} << 52;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (bits <= std::bit_cast<std::uint64_t>(largest_score) || bits == sign) return nullptr;  // bits == sign: -0.0
    if ((bits & ~sign) > infinite) return "must be finite, is nan";
    if (bits == infinite) return "must be finite, is inf";
    if (bits == (infinite | sign)) return "must be finite, is -inf";
    return (bits & sign) != 0 ? "must not be negative" : "must not be above 1e300";
  }

  // `meta["site_id"]`. A long name is cut, so that the rule behind it still fits the text.
  static void in_meta(error& e, std::string_view name) noexcept {
    constexpr std::size_t most = 64;
    std::size_t size = (std::min)(name.size(), most);
    while (size < name.size() && size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0u) == 0x80u) --size;
    e.more("meta[\"").more(name.substr(0, size)).more(size < name.size() ? "..." : "").more("\"]");
  }

  template <class Path>
  bool check(std::string_view name, const Path& path) {
    const name_fault broken = check_name(name);
    return broken == name_fault::none || reject([&](error& e) { path(e), explain_name_fault(e, broken, name); });
  }

  template <class Words>
  bool reject(const Words& words) {
    fault_ = errc::invalid_record;
    fault_.outcome = outcome::rejected;
    fault_.of(record_.record_id);
    words(fault_);
    return false;
  }

  const record_view& record_;
  error fault_;
};

}  // namespace detail

AUDITOR_DECL result<void> validate(const record_view& r) {
  detail::record_validator validator(r);
  if (validator.passes()) return {};
  return validator.fault();
}

AUDITOR_DECL result<void> validate_update(const record_view& r) {
  detail::record_validator validator(r);
  if (validator.passes() && validator.has_stop_time()) return {};
  return validator.fault();
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
