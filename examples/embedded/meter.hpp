// An energy meter, and what it has measured as records: how many watts, from when until when.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

/// As long as the load of a house stays the same.
struct load {
  std::uint32_t number = 0;
  std::int64_t watts = 0;
  auditor::timestamp start;
  std::optional<auditor::timestamp> stop{};  // none: it lasts
};

/// A load as a record: the names are in flash, the rest is here. **Lifetime**: longer than its view.
class load_record {
 public:
  explicit load_record(const load& of) : of_(of), components_{{{"power", of.watts, scores_}}} {
    for (auto [digit, n] = std::pair(id_.end(), of.number); digit != id_.end() - 4; n /= 10)
      *--digit = static_cast<char>('0' + n % 10);
  }
  load_record(const load_record&) = delete;
  load_record& operator=(const load_record&) = delete;

  std::string_view id() const { return {id_.data(), id_.size()}; }
  auditor::record_view view() const {
    auditor::record_view r(id(), of_.start);
    r.stop_time = of_.stop;
    r.components = components_;
    r.meta = meta_;
    return r;
  }

  static constexpr std::string_view meter = "meter-7";

 private:
  static constexpr std::array<std::string_view, 1> meters_{meter}, sites_{"cellar, left"};

  const load& of_;
  std::array<char, 12> id_{'m', 'e', 't', 'e', 'r', '-', '7', '-'};
  std::array<auditor::score_view, 1> scores_{{{"price", 0.3125}}};
  std::array<auditor::component_view, 1> components_;
  std::array<auditor::meta_view, 2> meta_{{{"meter", meters_}, {"site", sites_}}};
};

/// Measures. A quarter of an hour of the house is `quarter` here, so that one can watch.
class energy_meter {
 public:
  static constexpr std::uint32_t loads = 80;
  static constexpr std::chrono::milliseconds quarter{300};

  void begin(std::chrono::milliseconds now) { next_ = now; }
  /// Whether it is time for another load. The last one has ended then; behind `loads` of them there is none.
  bool is_due(std::chrono::milliseconds now) const { return now >= next_ && count_ <= loads; }
  bool has_ended() const { return count_ > loads; }
  auditor::timestamp time() const { return first_ + count_ * std::chrono::minutes(15); }
  /// The load that begins now, or none behind the last.
  std::optional<load> take() {
    next_ += quarter;
    const std::uint32_t number = ++count_;
    if (number > loads) return std::nullopt;
    return load{
        .number = number, .watts = 200 + number * 7919 % 3000, .start = first_ + (number - 1) * std::chrono::minutes(15)};
  }

 private:
  static constexpr auditor::timestamp first_{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
  std::uint32_t count_ = 0;
  std::chrono::milliseconds next_{};
};
