// Records by nlohmann/json, as one writes it by hand.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace benchmarks {

inline auditor::record nlohmann_decode(std::string_view text) {
  const auto json = nlohmann::json::parse(text);
  auditor::record r;
  r.record_id = json.at("record_id").get<std::string>();
  if (const auto& meta = json.at("meta"); !meta.is_null())
    for (const auto& [name, values] : meta.items()) r.meta.set(name, values.get<std::vector<std::string>>());
  for (const auto& part : json.at("components")) {
    auditor::component c(part.at("name").get<std::string>(), part.at("amount").get<std::int64_t>());
    for (const auto& s : part.at("scores")) c.with_score(s.at("name").get<std::string>(), s.at("value").get<double>());
    r.components.push_back(std::move(c));
  }
  r.start_time = auditor::parse_timestamp(json.at("start_time").get_ref<const std::string&>()).value();
  if (const auto& stop = json.at("stop_time"); !stop.is_null())
    r.stop_time = auditor::parse_timestamp(stop.get_ref<const std::string&>()).value();
  if (const auto& runtime = json.at("runtime"); !runtime.is_null()) r.runtime = runtime.get<std::int64_t>();
  return r;
}

inline std::string nlohmann_encode(const auditor::record& r) {
  nlohmann::ordered_json json;
  json["record_id"] = r.record_id;
  json["meta"] = nullptr;
  for (const auto& entry : r.meta) json["meta"][entry.name] = entry.values;
  json["components"] = nlohmann::ordered_json::array();
  for (const auto& c : r.components) {
    nlohmann::ordered_json part;
    part["name"] = c.name;
    part["amount"] = c.amount;
    part["scores"] = nlohmann::ordered_json::array();
    for (const auto& s : c.scores) {
      nlohmann::ordered_json score;
      score["name"] = s.name;
      score["value"] = s.value;
      part["scores"].push_back(std::move(score));
    }
    json["components"].push_back(std::move(part));
  }
  json["start_time"] = auditor::to_string(r.start_time);
  json["stop_time"] = nullptr;
  if (r.stop_time) json["stop_time"] = auditor::to_string(*r.stop_time);
  return json.dump();
}

}  // namespace benchmarks
