// Bodies of model/validate.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/model/record_place.hpp>
#include <auditor/model/validate.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Checks a record field by field. It knows where it is, so that a path such as `components[0].scores[1].value` is written
// only once a check has failed.
class record_validator {
 public:
  record_validator(const record_view& r, error& fault) noexcept : record_(r), fault_(fault) {}

  bool passes() {
    return check("record_id", record_.record_id) && meta() && distinct_meta_names() && components() && times();
  }
  bool has_stop_time() { return record_.stop_time || reject("stop_time: an update needs one"); }

 private:
  using part = record_place::part;

  bool meta() {
    for (at_.outer = 0; at_.outer < record_.meta.size(); ++at_.outer) {
      const meta_view entry = record_.meta[at_.outer];
      at_.in = part::record;
      if (!check("meta name", entry.name)) return false;
      at_.in = part::value;
      for (at_.inner = 0; at_.inner < entry.values.size(); ++at_.inner)
        if (!check("", entry.values[at_.inner])) return false;
    }
    return true;
  }

  // A view can hold a name twice.
  bool distinct_meta_names() {
    at_.in = part::meta;
    at_.outer = first_duplicate(record_.meta.size(), [this](std::size_t i) { return record_.meta[i].name; });
    return at_.outer == no_duplicate || reject(": is there twice; put all values into one list");
  }

  AUDITOR_CALLED_ONCE bool components() {
    for (at_.outer = 0; at_.outer < record_.components.size(); ++at_.outer) {
      const component_view component = record_.components[at_.outer];
      at_.in = part::component;
      if (!check(".name", component.name)) return false;
      if (component.amount == too_large_an_amount) return reject(".amount: must be at most 9223372036854775807");
      if (component.amount < 0) {
        reject(".amount: must not be negative, is -");
        fault_.more(std::uint64_t{0} - static_cast<std::uint64_t>(component.amount));
        return false;
      }
      at_.in = part::score;
      for (at_.inner = 0; at_.inner < component.scores.size(); ++at_.inner) {
        const score_view score = component.scores[at_.inner];
        if (!check(".name", score.name)) return false;
        if (const char* const rule = broken_rule_of(score.value); rule != nullptr) return reject(".value", {rule});
      }
    }
    return true;
  }

  AUDITOR_CALLED_ONCE bool times() {
    at_.in = part::record;
    if (record_.start_time == unset_timestamp) return reject("start_time: was never set");
    if (!check("start_time", record_.start_time)) return false;
    if (!record_.stop_time) return true;
    if (!check("stop_time", *record_.stop_time)) return false;
    return *record_.stop_time >= record_.start_time || reject("stop_time: lies before start_time");
  }

  bool check(const char* field, const std::string_view& name) {
    const broken_rule broken = check_name(name);
    return !broken || reject(field, broken);
  }
  bool check(const char* field, timestamp moment) {
    return (moment >= earliest_timestamp && moment <= latest_timestamp) ||
           reject(field, {": must lie in -4713-12-31 .. +262142-12-31"});
  }

  // Null: none. Bits instead of comparisons, which -ffast-math would compile away for NaN; and those of a number in memory, because
  // clang takes for finite what is passed by value.
  static const char* broken_rule_of(const double& value) noexcept {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    constexpr std::uint64_t infinite = std::uint64_t{0x7FF} << 52;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (bits <= std::bit_cast<std::uint64_t>(largest_score) || bits == sign) return nullptr;  // bits == sign: -0.0
    if ((bits & ~sign) > infinite) return ": must be finite, is nan";
    if (bits == infinite) return ": must be finite, is inf";
    if (bits == (infinite | sign)) return ": must be finite, is -inf";
    return (bits & sign) != 0 ? ": must not be negative" : ": must not be above 1e300";
  }

  [[gnu::noinline]] bool reject(const char* words) { return reject(words, {}); }
  bool reject(const char* field, const broken_rule& broken) {
    fault_.code = errc::invalid_record;
    fault_.outcome = outcome::rejected;
    fault_.of(record_.record_id);
    at_.write(fault_, record_, longest_shown);
    fault_.more(field);
    broken.explain(fault_);
    return false;
  }

  static constexpr std::size_t longest_shown = 67;  // of a name, so that the rule behind it fits the text

  const record_view& record_;
  error& fault_;
  record_place at_{};
};

AUDITOR_DECL bool is_valid(const record_view& r, purpose of, error& why) {
  record_validator validator(r, why);
  return validator.passes() && (of == purpose::add || validator.has_stop_time());
}

}  // namespace detail

AUDITOR_DECL result<void> validate(const record_view& r) {
  error why;
  if (detail::is_valid(r, detail::purpose::add, why)) return {};
  return why;
}

AUDITOR_DECL result<void> validate_update(const record_view& r) {
  error why;
  if (detail::is_valid(r, detail::purpose::update, why)) return {};
  return why;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
