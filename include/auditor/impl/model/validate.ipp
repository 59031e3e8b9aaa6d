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

  void check_all() {
    check("record_id", record_.record_id);
    meta();
    distinct_meta_names();
    components();
    times();
  }
  void needs_stop_time() {
    if (!record_.stop_time) reject("stop_time", ": an update needs one");
  }

 private:
  using part = record_place::part;

  void meta() {
    for (at_.outer = 0; at_.outer < record_.meta.size(); ++at_.outer) {
      const meta_view entry = record_.meta[at_.outer];
      at_.in = part::record;
      check("meta name", entry.name);
      if constexpr (!compact) {
        const std::uint64_t bit = model_detail::bit_of_name(entry.name);
        may_be_there_twice_ |= (known_ & bit) != 0;
        known_ |= bit;
      }
      at_.in = part::value;
      for (at_.inner = 0; at_.inner < entry.values.size(); ++at_.inner) check("", entry.values[at_.inner]);
    }
  }

  // A view can hold a name twice.
  void distinct_meta_names() {
    if (!may_be_there_twice_) return;
    at_.in = part::meta;
    at_.outer = first_duplicate(record_.meta.size(), [this](std::size_t i) { return record_.meta[i].name; });
    if (at_.outer != no_duplicate) reject("", ": is there twice");
  }

  AUDITOR_CALLED_ONCE void components() {
    for (at_.outer = 0; at_.outer < record_.components.size(); ++at_.outer) {
      const component_view component = record_.components[at_.outer];
      at_.in = part::component;
      check(".name", component.name);
      if (component.amount < 0)
        reject(".amount", component.amount == too_large_an_amount ? ": must be less than 2^63" : not_negative);
      at_.in = part::score;
      for (at_.inner = 0; at_.inner < component.scores.size(); ++at_.inner) {
        const score_view score = component.scores[at_.inner];
        check(".name", score.name);
        if (const char* const rule = broken_rule_of(score.value); rule != nullptr) reject(".value", rule);
      }
    }
  }

  AUDITOR_CALLED_ONCE void times() {
    at_.in = part::record;
    check("start_time", record_.start_time);
    if (!record_.stop_time) return;
    check("stop_time", *record_.stop_time);
    if (*record_.stop_time < record_.start_time) reject("stop_time", ": lies before start_time");
  }

  void check(const char* field, const std::string_view& name) {
    if (!compact && is_usual_name(name)) return;
    if (const broken_rule broken = check_name(name)) reject(field, broken.words, broken.number);
  }
  void check(const char* field, timestamp moment) {
    if (moment < earliest_timestamp || moment > latest_timestamp)
      reject(field, moment == unset_timestamp ? ": was never set" : ": must lie in -4713-12-31 .. +262142-12-31");
  }

  // Null: none. Bits instead of comparisons, which -ffast-math would compile away for NaN; and those of a number in memory, because
  // clang takes for finite what is passed by value.
  static const char* broken_rule_of(const double& value) noexcept {
    constexpr std::uint64_t sign = std::uint64_t{1} << 63;
    constexpr std::uint64_t infinite = std::uint64_t{0x7FF} << 52;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (bits <= std::bit_cast<std::uint64_t>(largest_score) || bits == sign) return nullptr;  // bits == sign: -0.0
    if ((bits & ~sign) > infinite) return ": is not a number";
    return (bits & sign) != 0 ? not_negative : ": must not be above 1e300";
  }

  [[gnu::noinline]] void reject(const char* field, const char* rule) { reject(field, rule, broken_rule::no_number); }
  // The first fault counts.
  [[gnu::noinline]] void reject(const char* field, const char* rule, std::size_t number) {
    if (fault_) return;
    fault_.code = errc::invalid_record;
    fault_.outcome = outcome::rejected;
    fault_.of(record_.record_id);
    at_.write(fault_, record_, longest_shown);
    fault_.more(field);
    broken_rule{rule, number}.explain(fault_);
  }

  static constexpr const char* not_negative = ": must not be negative";
  static constexpr std::size_t longest_shown = 67;  // of a name, so that the rule behind it fits the text

  const record_view& record_;
  error& fault_;
  record_place at_{};
  std::uint64_t known_ = 0;            // bits of the meta names
  bool may_be_there_twice_ = compact;  // a meta name
};

AUDITOR_DECL bool is_valid(const record_view& r, purpose of, error& why) {
  record_validator validator(r, why);
  validator.check_all();
  if (of == purpose::update) validator.needs_stop_time();
  return !why;
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
