// Names, times and scores as the server takes and gives them back.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>

#include "catch.hpp"

#include <chrono>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace {

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string quote(std::string_view text) {
  std::string out;
  auditor::detail::sandboxed::write_string(out, text);
  return out;
}

// Adds one record and reads it back; the answer to the add, without the place, when that is refused.
std::string round_trip(const std::string& members) {
  auditor::sandbox server;
  auto added = server.handle("POST", "/record", "application/json", "{\"record_id\":\"r\"," + members + "}");
  if (added.status != 200) {
    const std::string words = added.body.text();
    return std::to_string(added.status) + " " + words.substr(0, words.find(" at line"));
  }
  return server.handle("GET", "/records").body.text();
}

std::string between(const std::string& text, std::string_view begin, char end) {
  const std::size_t i = text.find(begin);
  if (i == std::string::npos) return text;
  return text.substr(i + begin.size(), text.find(end, i + begin.size()) - i - begin.size());
}

}  // namespace

TEST_CASE("names are measured in extended grapheme clusters") {
  const struct {
    const char* text;
    std::size_t clusters;
  } cases[] = {
      {"", 0},
      {"abc", 3},
      {"a\r\nb", 3},
      {"\n\r", 2},
      {"e\u0301", 1},
      {"\u0301e", 2},
      {"\u0301\u0301", 1},
      {"\u200da", 2},
      {"\U0001F469\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466", 1},
      {"\U0001F469\U0001F3FB", 1},
      {"\U0001F469\u200d\u200d\U0001F469", 2},
      {"a\u200d\U0001F469", 2},
      {"\u2764\ufe0f", 1},
      {"\U0001F1E9\U0001F1EA\U0001F1E9\U0001F1EA\U0001F1E9", 3},
      {"\u1100\u1161\u11a8", 1},
      {"\uac00\u11a8", 1},
      {"\uac01\u1161", 2},
      {"\u0915\u094d\u0937", 1},
      {"\u0915\u0937", 2},
      {"\u0915\u094d\u200c\u0937", 2},
      {"\u1780\u17d2\u1780", 1},
      {"\u1000\u1039\u1000", 1},
      {"\ua98f\ua9c0\ua98f", 1},
      {"\u0600a", 1},
      {"a\u0903", 1},
      {"a\u200bb", 3},
  };
  for (const auto& c : cases) {
    INFO(c.text);
    CHECK(auditor::detail::sandboxed::count_graphemes(c.text) == c.clusters);
  }
}

TEST_CASE("a name has something to see and at most 256 clusters") {
  const struct {
    std::string name;
    bool accepted;
  } cases[] = {
      {"a", true},
      {"", false},
      {" \t\u00a0\u3000", false},
      {"\u200b", true},
      {repeat("x", 256), true},
      {repeat("x", 257), false},
      {repeat("e\u0301", 256), true},
      {repeat("e\u0301", 257), false},
  };
  auditor::sandbox server;
  for (const auto& c : cases) {
    INFO(c.name);
    const std::string body =
        "[{\"record_id\":" + quote(c.name) + ",\"components\":[],\"start_time\":\"2022-08-03T09:47:00Z\"}]";
    CHECK(server.handle("POST", "/records", "application/json", body).status == (c.accepted ? 200 : 400));
  }
}

TEST_CASE("an id whose index entry would be too long is refused, unless it can be compressed") {
  const auto add = [](const std::string& id) {
    auditor::sandbox server;
    return server
        .handle("POST", "/record", "application/json",
                "{\"record_id\":" + quote(id) + ",\"components\":[],\"start_time\":\"2022-08-03T09:47:00Z\"}")
        .status;
  };
  std::string noise = "a";
  std::uint32_t state = 1;
  while (noise.size() < 2800) {
    state = state * 1'664'525 + 1'013'904'223;
    const std::uint32_t mark = 0x300 + (state >> 16) % 111;
    noise += static_cast<char>(0xC0 | (mark >> 6));
    noise += static_cast<char>(0x80 | (mark & 0x3F));
  }
  CHECK(add(noise) == 500);
  CHECK(add(noise.substr(0, 2601)) == 200);
  CHECK(add(repeat("\U0001F469\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466", 256)) == 200);
}

TEST_CASE("times are kept in microseconds and written as the server writes them") {
  const struct {
    const char* sent;
    const char* kept;
  } cases[] = {
      {"2022-08-03T11:47:00.123456789+02:00", "2022-08-03T09:47:00.123456Z"},
      {"2022-08-03T09:47:00.100Z", "2022-08-03T09:47:00.100Z"},
      {"2022-08-03T09:47:00.000001Z", "2022-08-03T09:47:00.000001Z"},
      {"2022-08-03T09:47:00.0000009Z", "2022-08-03T09:47:00Z"},
      {"1999-12-31T23:59:59.1234567Z", "1999-12-31T23:59:59.123457Z"},  // cut towards 2000
      {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"},
      {"2022-08-03t11:47:00z", "2022-08-03T11:47:00Z"},
      {"2022-08-03 11:47:00Z", "2022-08-03T11:47:00Z"},
      {"2022-8-3T1:2:3 -0130", "2022-08-03T02:32:03Z"},
      {"2022-08-03T11:47:00UTC", "2022-08-03T11:47:00Z"},
      {"2022-08-03T11:47:00\u221202:00", "2022-08-03T13:47:00Z"},
      {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"},
      {"0000-02-29T00:00:00Z", "0000-02-29T00:00:00Z"},
      {"+10000-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"},
      {"-0001-12-31T23:59:59Z", "-0001-12-31T23:59:59Z"},
      {"+262142-12-31T23:59:59Z", "+262142-12-31T23:59:59Z"},
      {"2022-08-03T11:47:00", "400 Json deserialize error: premature end of input"},
      {"2022-02-29T11:47:00Z", "400 Json deserialize error: input is out of range"},
      {"2022-08-03T24:00:00Z", "400 Json deserialize error: input is out of range"},
      {"2022-08-03T11:47:00+24:00", "400 Json deserialize error: input is out of range"},
      {"2022-08-03T11:47:00Z.", "400 Json deserialize error: trailing input"},
      {"+262142-12-31T23:59:59-01:00", "400 Json deserialize error: no possible date and time matching input"},
      {"-5000-01-01T00:00:00Z", "500 UNEXPECTED_ERROR"},
  };
  for (const auto& c : cases) {
    INFO(c.sent);
    const std::string body = round_trip(R"("components":[],"stop_time":null,"start_time":")" + std::string(c.sent) + "\"");
    CHECK(between(body, "\"start_time\":\"", '"') == c.kept);
  }
}

TEST_CASE("the runtime is whole seconds, cut towards zero") {
  const struct {
    const char* start;
    const char* stop;
    const char* runtime;
  } cases[] = {
      {"2022-08-03T09:47:00Z", "2022-08-03T10:47:00Z", "3600"},   {"2022-08-03T09:47:00.9Z", "2022-08-03T09:47:02.8Z", "1"},
      {"2022-08-03T09:47:02.8Z", "2022-08-03T09:47:00.9Z", "-1"}, {"2022-08-03T09:47:00.9Z", "2022-08-03T09:47:00Z", "0"},
      {"1969-12-31T23:59:59Z", "1970-01-01T00:00:01Z", "2"},      {"2016-12-31T23:59:59Z", "2016-12-31T23:59:60Z", "1"},
  };
  for (const auto& c : cases) {
    const std::string body = round_trip(R"("components":[],"start_time":")" + std::string(c.start) + R"(","stop_time":")" +
                                        std::string(c.stop) + "\"");
    CHECK(between(body, "\"runtime\":", '}') == c.runtime);
  }
}

TEST_CASE("scores come back as the server's arithmetic leaves them") {
  const struct {
    const char* sent;
    const char* kept;
  } cases[] = {
      {"9", "9.0"},
      {"9.2", "9.2"},
      {"-0.0", "0.0"},
      {"0e99999999999", "0.0"},
      {"1e-400", "0.0"},
      {"1E2", "100.0"},
      {"0.00001", "0.00001"},
      {"0.000001", "1e-6"},
      {"1e15", "1000000000000000.0"},
      {"1e16", "1e+16"},
      {"5e-324", "5e-324"},
      {"9.223372036854775e18", "9.223372036854776e+18"},
      {"123456789012345678901234567890", "1.2345678901234568e+29"},
      {"-1e25", "400 Json deserialize error: Parsing '-10000000000000000000000000' failed."},
  };
  for (const auto& c : cases) {
    INFO(c.sent);
    const std::string body = round_trip(
        R"("start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":1,"scores":[{"name":"s","value":)" +
        std::string(c.sent) + "}]}]");
    CHECK(between(body, "\"value\":", '}') == c.kept);
  }
  CHECK(between(round_trip(R"("start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":1,)"
                           R"("scores":[{"name":"s","value":1.7976931348623155e308}]}])"),
                "\"components\":", ',') == "null");
}

TEST_CASE("no record is in conflict with itself, of whatever size its scores are") {
  auditor::sandbox server{{}};
  auditor::client asked{auditor::sandbox_transport(server)};
  std::mt19937_64 random(18);
  for (int decade = -300; decade < 300; ++decade) {
    auditor::record r{"scored-" + std::to_string(decade), auditor::timestamp(std::chrono::hours(480'000))};
    auditor::component scored{"CPU", 1};
    const int scores = decade >= -13 && decade < -5 ? 500 : 20;  // there they change most
    for (int i = 0; i < scores; ++i)
      scored.with_score("s" + std::to_string(i), std::uniform_real_distribution<>(1, 10)(random) * std::pow(10.0, decade));
    r.with_component(std::move(scored));
    REQUIRE(asked.add(r));
    const auto again = asked.add(r, {.duplicates = auditor::on_duplicate::compare});
    INFO("1e" << decade << ": " << (again ? std::string() : message(again.error())));
    CHECK(again);
  }
}

TEST_CASE("one poisoned record of a batch leaves nothing behind") {
  auditor::sandbox server;
  const std::string good = R"({"record_id":"a","components":[],"start_time":"2022-08-03T09:47:00Z"})";
  for (const char* bad :
       {R"({"record_id":"b\u0000","components":[],"start_time":"2022-08-03T09:47:00Z"})",
        R"({"record_id":"b","meta":{"k":["\u0000v"]},"components":[],"start_time":"2022-08-03T09:47:00Z"})",
        R"({"record_id":"b","components":[],"start_time":"-4900-01-01T00:00:00Z"})",
        R"({"record_id":"a","components":[],"start_time":"2022-08-03T09:47:00Z"})"}) {
    auto answer = server.handle("POST", "/records", "application/json", "[" + good + ",\n" + bad + "]");
    CHECK(answer.status == 500);
    CHECK(server.size() == 0);
  }
  CHECK(server.log().empty());
}

TEST_CASE("a text in an error message is quoted as the server quotes it") {
  const struct {
    const char* text;
    const char* quoted;
  } cases[] = {
      {"a'b\"c\\", R"("a'b\"c\\")"},
      {"\n\r\t", R"("\n\r\t")"},
      {"\x01\x7f\u0080", R"("\u{1}\u{7f}\u{80}")"},
      {"\u00a0\u00ad\u3000", R"("\u{a0}\u{ad}\u{3000}")"},
      {"e\u0301", R"("e\u{301}")"},
      {"\u0903", "\"\u0903\""},
      {"\u202e\u2066\ufeff", R"("\u{202e}\u{2066}\u{feff}")"},
      {"\ue000\U000f0000\U0010ffff", R"("\u{e000}\u{f0000}\u{10ffff}")"},
      {"\u4e2d\U0001F469\u200d\U0001F3FB", "\"\u4e2d\U0001F469\\u{200d}\U0001F3FB\""},
  };
  for (const auto& c : cases) CHECK(auditor::detail::sandboxed::print_quoted(c.text) == c.quoted);
}

TEST_CASE("a Content-Type is JSON where the server takes it for that") {
  const struct {
    const char* type;
    bool json;
  } cases[] = {
      {"application/json", true},
      {"Application/JSON", true},
      {"application/json;", true},
      {"application/json; charset=utf-8", true},
      {"application/json;a=\"b c\" ; d=", true},
      {"application/json;a=\"\"b\"", true},
      {"application/json+x", true},
      {"application/x+json", true},
      {"x/y+json;z=1", true},
      {"application/json;charset", false},
      {"application/json ; charset=utf-8", false},
      {"application/json;a=;b=c", false},
      {"application/json;a=\"b", false},
      {"app lication/json", false},
      {"application/ json", false},
      {"application/+json", false},
      {"application/a+json+b", false},
      {"application/jsonx", false},
      {"application/json,text/plain", false},
      {"application/json;a=\u00e9", false},
      {"text/plain", false},
      {"json", false},
      {"/json", false},
      {"", false},
  };
  for (const auto& c : cases) {
    INFO(c.type);
    CHECK(auditor::detail::sandboxed::media_type(c.type).is_json() == c.json);
  }
}

TEST_CASE("an unset variable of the environment is an empty text to the sandbox") {
  const char* const unset = nullptr;
  auditor::sandbox server;
  CHECK(!server.find(unset));
  CHECK(server.handle(unset, unset, unset, unset).status == 400);
}
