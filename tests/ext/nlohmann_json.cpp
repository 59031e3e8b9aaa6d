// nlohmann/json in and out: every model type there and back, the order of the wire, and the field in the words of each
// error. SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/ext/nlohmann_json.hpp>
#include <auditor/json/record_codec.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using auditor::component;
using auditor::errc;
using auditor::error;
using auditor::nlohmann_codec;
using auditor::record;
using auditor::timestamp;
using nlohmann::json;
using nlohmann::ordered_json;

static_assert(auditor::record_codec<nlohmann_codec>);

// A program that has its own way with the times of <chrono>.
template <class Duration>
struct nlohmann::adl_serializer<std::chrono::sys_time<Duration>> {
  static void to_json(json& j, std::chrono::sys_time<Duration> from) { j = from.time_since_epoch().count(); }
};

namespace {

constexpr std::string_view wire =
    R"({"record_id":"r","meta":{"site":["a","b"],"group":[]},"components":[{"name":"CPU","amount":8,"scores":[)"
    R"({"name":"HEPSPEC06","value":9.25}]},{"name":"Memory","amount":0,"scores":[]}],)"
    R"("start_time":"2024-02-29T00:00:00Z","stop_time":"2024-02-29T01:00:00.123456Z"})";

record sample() {
  return record{"r", *auditor::parse_timestamp("2024-02-29T00:00:00Z")}
      .with_component(component{"CPU", 8}.with_score("HEPSPEC06", 9.25))
      .with_component(component{"Memory", 0})
      .with_meta("site", "a", "b")
      .with_meta("group", std::vector<std::string>{})
      .with_stop_time(*auditor::parse_timestamp("2024-02-29T01:00:00.123456Z"));
}

// What `get<T>` says about a text; empty when it takes it.
template <class T>
std::string complaint(const json& j) {
  try {
    static_cast<void>(j.get<T>());
    return "";
  } catch (const json::type_error& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("a record becomes JSON in the order of the wire") {
  CHECK(ordered_json(sample()).dump() == wire);
  CHECK(ordered_json(auditor::record_view(sample())).dump() == wire);
}

TEST_CASE("every model type goes there and back") {
  record r = sample();
  r.runtime = 3600;
  CHECK(json(r).get<record>() == r);
  CHECK(ordered_json(r).get<record>() == r);
  CHECK(json(r.meta).get<auditor::meta>() == r.meta);
  CHECK(json(r.components).get<std::vector<component>>() == r.components);
  CHECK(json(r.components[0].scores[0]).get<auditor::score>() == r.components[0].scores[0]);
  CHECK(json(std::vector<record>{r, r}).get<std::vector<record>>() == std::vector<record>{r, r});
  CHECK(json(timestamp{}).get<timestamp>() == timestamp{});
  CHECK(json(timestamp{}) == json("1970-01-01T00:00:00Z"));
}

TEST_CASE("times of chrono stay as the program has them") {
  const std::chrono::sys_time<std::chrono::microseconds> moment(std::chrono::microseconds(5));
  CHECK(json(moment) == 5);
  CHECK(json(std::chrono::sys_seconds(std::chrono::seconds(7))) == 7);
  CHECK(json(timestamp(moment)) == "1970-01-01T00:00:00.000005Z");
  CHECK(json(record("r", moment))["start_time"] == "1970-01-01T00:00:00.000005Z");
}

TEST_CASE("an open record without meta has nulls, and reads back") {
  const record r{"r", timestamp{}};
  const json j = r;
  CHECK(j["meta"].is_null());
  CHECK(j["stop_time"].is_null());
  CHECK_FALSE(j.contains("runtime"));
  CHECK(j.get<record>() == r);
}

TEST_CASE("reading forgets what the record held") {
  record r = sample();
  r.runtime = 1;
  json::parse(R"({"record_id":"x","components":[],"start_time":"1970-01-01T00:00:00Z"})").get_to(r);
  CHECK(r == record{"x", timestamp{}});
}

TEST_CASE("what is no record is refused with the field") {
  const auto changed = [](std::string_view pointer, const json& value) {
    json j = json::parse(wire);
    j[json::json_pointer(std::string(pointer))] = value;
    return complaint<record>(j);
  };
  const auto without = [](std::string_view object, const char* member) {
    json j = json::parse(wire);
    j[json::json_pointer(std::string(object))].erase(member);
    return complaint<record>(j);
  };
  const std::string type_error = "[json.exception.type_error.302] ";
  CHECK(complaint<record>(json::array()) == type_error + "must be an object");
  CHECK(without("", "record_id") == type_error + "record_id: is missing");
  CHECK(without("", "components") == type_error + "components: is missing");
  CHECK(without("", "start_time") == type_error + "start_time: is missing");
  CHECK(without("/components/1", "scores") == type_error + "components[1].scores: is missing");
  CHECK(without("/components/0/scores/0", "value") == type_error + "components[0].scores[0].value: is missing");
  CHECK(without("", "meta").empty());
  CHECK(without("", "stop_time").empty());
  CHECK(changed("/unknown", {1, 2}).empty());
  CHECK(changed("/record_id", 7) == type_error + "record_id: must be a string");
  CHECK(changed("/meta", json::array()) == type_error + "meta: must be an object or null");
  CHECK(changed("/meta/site", "a") == type_error + "meta.site: must be an array of strings");
  CHECK(changed("/meta/site/1", nullptr) == type_error + "meta.site[1]: must be a string");
  CHECK(changed("/components", json::object()) == type_error + "components: must be an array");
  CHECK(changed("/components", nullptr) == type_error + "components: null");
  CHECK(changed("/components/1", 1) == type_error + "components[1]: must be an object");
  CHECK(changed("/components/1/name", 1) == type_error + "components[1].name: must be a string");
  CHECK(changed("/components/1/amount", 1.0) == type_error + "components[1].amount: must be an integer");
  CHECK(changed("/components/1/amount", "1") == type_error + "components[1].amount: must be an integer");
  CHECK(changed("/components/1/amount", std::uint64_t{1} << 63) ==
        type_error + "components[1].amount: must fit in 64 bits");
  CHECK(changed("/components/1/amount", (std::numeric_limits<std::int64_t>::max)()).empty());
  CHECK(changed("/components/1/scores", nullptr) == type_error + "components[1].scores: must be an array");
  CHECK(changed("/components/0/scores/0", "x") == type_error + "components[0].scores[0]: must be an object");
  CHECK(changed("/components/0/scores/0/value", true) == type_error + "components[0].scores[0].value: must be a number");
  CHECK(changed("/components/0/scores/0/value", 9).empty());
  CHECK(changed("/start_time", 0) == type_error + "start_time: must be a string");
  CHECK(changed("/start_time", "2024-02-30T00:00:00Z") == type_error + "start_time: day out of range");
  CHECK(changed("/stop_time", "soon") == type_error + "stop_time: expected a year of four digits");
  CHECK(changed("/runtime", 1.5) == type_error + "runtime: must be an integer");
  CHECK(changed("/runtime", nullptr).empty());
  CHECK(complaint<timestamp>("soon") == type_error + "expected a year of four digits");
  CHECK(complaint<auditor::score>(json::object()) == type_error + "name: is missing");
}

TEST_CASE("the codec reads one record and nothing beside it") {
  record r;
  CHECK_FALSE(nlohmann_codec::decode(wire, r));
  CHECK(r == sample());
  CHECK_FALSE(nlohmann_codec::decode(" \n" + std::string(wire) + "\t\r\n", r));
  for (const std::string& text :
       {std::string(), std::string("{"), std::string(wire) + "x", std::string(wire) + std::string(wire),
        "\xEF\xBB\xBF" + std::string(wire), std::string(wire) + '\0' + "x"}) {
    INFO(text);
    CHECK(nlohmann_codec::decode(text, r).code == errc::json_syntax);
  }
}

TEST_CASE("the codec refuses what a parsed value no longer shows") {
  record r;
  std::string twice(wire);
  twice.insert(1, R"("record_id":"x",)");
  CHECK(nlohmann_codec::decode(twice, r).words() == "record_id: is there twice");
  std::string deep(wire);
  deep.insert(1, R"("x":)" + std::string(32, '[') + std::string(32, ']') + ",");
  CHECK(nlohmann_codec::decode(deep, r).words() == "nested more than 32 deep");
  deep = wire;
  deep.insert(1, R"("x":)" + std::string(31, '[') + std::string(31, ']') + ",");
  CHECK_FALSE(nlohmann_codec::decode(deep, r));
}

TEST_CASE("the codec's errors name field, record and byte") {
  record r;
  std::string text(wire);
  text.replace(text.find("9.25"), 4, "\"\"");
  error e = nlohmann_codec::decode(text, r);
  CHECK(e.code == errc::json_type);
  CHECK(e.record_id() == "r");
  CHECK(e.words() == "components[0].scores[0].value: must be a number");
  e = nlohmann_codec::decode(R"({"record_id":"r",])", r);
  CHECK(e.code == errc::json_syntax);
  CHECK(e.offset == 17);
  e = nlohmann_codec::decode(R"({"record_id":"r","components":null,"start_time":"1970-01-01T00:00:00Z"})", r);
  CHECK(e.code == errc::unreadable_record);
  CHECK(e.record_id() == "r");
}

TEST_CASE("the codec writes the bytes of the library's own, without the runtime") {
  record r = sample();
  r.runtime = 5;
  std::string text = "before ";
  CHECK_FALSE(nlohmann_codec::encode(r, text));
  CHECK(text == "before " + std::string(wire));
  r.components[0].scores[0].value = std::numeric_limits<double>::infinity();
  CHECK(nlohmann_codec::encode(r, text).code == errc::invalid_record);
  r = sample();
  r.record_id = "\xC3";
  CHECK(nlohmann_codec::encode(r, text).code == errc::invalid_record);
  CHECK(text == "before " + std::string(wire));
}
