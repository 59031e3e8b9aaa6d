// Realistic records in the server's form of GET /records: compact JSON objects, concatenated. Deterministic.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace benchmarks {

enum class order { as_written, shuffled };  // shuffled: meta names in random order and 5 % open records

struct generated {
  std::string text;
  std::vector<std::string_view> records;
};

inline generated generate_records(std::size_t count, order names) {
  std::mt19937_64 random(1);
  const auto below = [&random](std::uint64_t n) { return random() % n; };
  const auto decimal = [&below](int digits) {
    const double scale = std::pow(10, digits);
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", digits,
                  8 + static_cast<double>(below(static_cast<std::uint64_t>(17 * scale))) / scale);
    std::string trimmed = text;
    while (trimmed.back() == '0' && trimmed[trimmed.size() - 2] != '.') trimmed.pop_back();
    return trimmed;
  };
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  constexpr std::array<std::uint64_t, 3> cores = {1, 8, 16};
  const auditor::timestamp epoch{std::chrono::seconds(1'704'067'200)};

  std::string text;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i < count; ++i) {
    const auto start = epoch + std::chrono::microseconds(below(30'000'000'000'000u));
    const std::uint64_t runtime = 10 + below(399'991);
    const auto stop = std::chrono::floor<std::chrono::seconds>(start) + std::chrono::seconds(runtime);
    char id[48], node[32];
    std::snprintf(id, sizeof id, "htcondor-%08zu.%d", i, static_cast<int>(below(10)));
    std::snprintf(node, sizeof node, "wn%03d.example.org", static_cast<int>(below(401)));
    std::array<std::string, 5> meta = {"\"site_id\":[\"site" + number(below(12)) + "\"]",
                                       "\"user_id\":[\"user" + number(below(401)) + "\"]", "\"group_id\":[\"atlas-prod\"]",
                                       "\"voms\":[\"/atlas/Role=production/Capability=NULL\"]",
                                       "\"subnode\":[\"" + std::string(node) + "\"]"};
    bool open = false;
    if (names == order::shuffled) {
      std::shuffle(meta.begin(), meta.end(), random);
      open = below(20) == 0;
    }
    text += "{\"record_id\":\"" + std::string(id) + "\",\"meta\":{";
    for (std::size_t k = 0; k < meta.size(); ++k) text += (k == 0 ? "" : ",") + meta[k];
    text += "},\"components\":[{\"name\":\"Cores\",\"amount\":" + number(cores[below(3)]) +
            ",\"scores\":[{\"name\":\"hepscore23\",\"value\":" + decimal(3) +
            "},{\"name\":\"HEPSPEC06\",\"value\":" + decimal(2) +
            "}]},{\"name\":\"Memory\",\"amount\":" + number(1000 + below(63'001)) +
            ",\"scores\":[]},{\"name\":\"TotalCPU\",\"amount\":" + number(1 + below(10'000'000)) +
            ",\"scores\":[]}],\"start_time\":\"" + auditor::to_string(start) +
            "\",\"stop_time\":" + (open ? "null" : "\"" + auditor::to_string(stop) + "\"") +
            ",\"runtime\":" + (open ? "null" : number(runtime)) + "}";
    ends.push_back(text.size());
  }
  generated made{std::move(text), {}};
  std::size_t begin = 0;
  for (const std::size_t end : ends) {
    made.records.emplace_back(made.text.data() + begin, end - begin);
    begin = end;
  }
  return made;
}

}  // namespace benchmarks
