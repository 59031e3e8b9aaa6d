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
  enum class part : std::uint8_t { record, meta, value, component, score };

  bool meta() {
    for (outer_ = 0; outer_ < record_.meta.size(); ++outer_) {
      const meta_view entry = record_.meta[outer_];
      in_ = part::record;
      if (!check("meta name", entry.name)) return false;
      in_ = part::value;
      for (inner_ = 0; inner_ < entry.values.size(); ++inner_)
        if (!check("", entry.values[inner_])) return false;
    }
    return true;
  }

  // A view can hold a name twice.
  bool distinct_meta_names() {
    in_ = part::meta;
    outer_ = first_duplicate(record_.meta.size(), [this](std::size_t i) { return record_.meta[i].name; });
    return outer_ == no_duplicate || reject(": is there twice; put all values into one list");
  }

  AUDITOR_CALLED_ONCE bool components() {
    for (outer_ = 0; outer_ < record_.components.size(); ++outer_) {
      const component_view component = record_.components[outer_];
      in_ = part::component;
      if (!check(".name", component.name)) return false;
      if (component.amount == too_large_an_amount) return reject(".amount: must be at most 9223372036854775807");
      if (component.amount < 0) {
        reject(".amount: must not be negative, is -");
        fault_.more(std::uint64_t{0} - static_cast<std::uint64_t>(component.amount));
        return false;
      }
      in_ = part::score;
      for (inner_ = 0; inner_ < component.scores.size(); ++inner_) {
        const score_view score = component.scores[inner_];
        if (!check(".name", score.name)) return false;
        if (const char* const rule = broken_rule_of(score.value); rule != nullptr) return reject(".value", {rule});
      }
    }
    return true;
  }

  AUDITOR_CALLED_ONCE bool times() {
    in_ = part::record;
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
    if (in_ == part::meta || in_ == part::value)
      fault_.more("meta[\"").more(record_.meta[outer_].name, longest_shown).more("\"]");
    else if (in_ != part::record)
      number("components[", outer_);
    if (in_ == part::value) number("[", inner_);
    if (in_ == part::score) number(".scores[", inner_);
    fault_.more(field);
    broken.explain(fault_);
    return false;
  }
  void number(const char* list, std::size_t i) noexcept { fault_.more(list).more(std::uint64_t{i}).more("]"); }

  static constexpr std::size_t longest_shown = 67;  // of a name, so that the rule behind it fits the text

  const record_view& record_;
  error& fault_;
  std::size_t outer_ = 0, inner_ = 0;  // of meta and its values, or components and their scores
  part in_ = part::record;
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
