// Encoding records: the bytes of nlohmann/json, and what cannot be written.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/text_buffer.hpp>
#include <auditor/impl/json/number.hpp>
#include <auditor/impl/json/text_writer.hpp>
#include <auditor/json/record_encoder.hpp>

#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_decoder.hpp>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "documents.hpp"

using auditor::component;
using auditor::encode_record;
using auditor::encoded_size;
using auditor::errc;
using auditor::error;
using auditor::record;

namespace {

record sample() {
  return record{"record-1", auditor::parse_timestamp("2022-08-03T09:47:00Z").value()}
      .with_component(component{"CPU", 10}.with_score("HEPSPEC06", 9.2).with_score("s", 9))
      .with_component(component{"Memory", 0})
      .with_meta("site_id", "site1")
      .with_meta("group", "group_1", "group_2")
      .with_stop_time(auditor::parse_timestamp("2022-08-03T10:47:00.5Z").value());
}

std::string encoded(const record& r) {
  std::string text;
  const error e = encode_record(r, text);
  INFO(e.words());
  REQUIRE(e.code == errc::ok);
  return text;
}

std::string string_of(std::string_view id) {
  record r;
  r.record_id = std::string(id);
  const std::string text = encoded(r);
  constexpr std::string_view before = "{\"record_id\":";
  return text.substr(before.size(), text.find(",\"meta\":null") - before.size());
}

std::string number(double value) {
  char text[40];
  return {text, static_cast<std::size_t>(auditor::detail::write_double(value, text) - text)};
}

}  // namespace

TEST_CASE("a record is written as the body of a POST") {
  CHECK(
      encoded(sample()) ==
      R"({"record_id":"record-1","meta":{"site_id":["site1"],"group":["group_1","group_2"]},)"
      R"("components":[{"name":"CPU","amount":10,"scores":[{"name":"HEPSPEC06","value":9.2},{"name":"s","value":9.0}]},)"
      R"({"name":"Memory","amount":0,"scores":[]}],"start_time":"2022-08-03T09:47:00Z","stop_time":"2022-08-03T10:47:00.500Z"})");
  record empty;
  empty.start_time = {};
  empty.runtime = 7;
  CHECK(encoded(empty) ==
        R"({"record_id":"","meta":null,"components":[],"start_time":"1970-01-01T00:00:00Z","stop_time":null})");
}

TEST_CASE("what is written is read back as the same record") {
  for (const std::string& document : documents::all()) {
    record before;
    const error e = auditor::decode_record(document, before);
    REQUIRE((e.code == errc::ok || e.code == errc::unreadable_record));
    before.runtime.reset();
    record after;
    CHECK(auditor::builtin_codec::decode(encoded(before), after).code == errc::ok);
    CHECK(after == before);
  }
}

TEST_CASE("strings are escaped where they must be and nowhere else") {
  CHECK(string_of("plain") == "\"plain\"");
  CHECK(string_of("\"\\/\b\f\n\r\t") == R"("\"\\/\b\f\n\r\t")");
  CHECK(string_of(std::string_view("\0\x01\x1f\x7f", 4)) == "\"\\u0000\\u0001\\u001f\x7f\"");
  CHECK(string_of("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80") == "\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  // At every place of a word, and in strings of every length.
  for (std::size_t size = 0; size < 40; ++size)
    for (std::size_t i = 0; i < size; ++i)
      for (const std::string& special : {std::string("\""), std::string("\x02"), std::string("\xC3\xA9")}) {
        const std::string before(i, 'x'), after(size - i - 1, 'y');
        const std::string written = special == "\"" ? "\\\"" : special == "\x02" ? "\\u0002" : special;
        CHECK(string_of(before + special + after) == "\"" + before + written + after + "\"");
      }
}

TEST_CASE("what is escaped is escaped at each place of a string of each size") {
  for (int c = 0; c < 0x80; ++c) {
    const std::string alone(1, static_cast<char>(c)), quoted = string_of(alone);
    const std::string written = quoted.substr(1, quoted.size() - 2);
    CHECK((written == alone) == (c >= 0x20 && c != '"' && c != '\\'));
    for (std::size_t size = 2; size <= 34; ++size)
      for (std::size_t i = 0; i < size; ++i) {
        const std::string before(i, 'x'), after(size - i - 1, 'y');
        if (string_of(before + alone + after) != "\"" + before + written + after + "\"") FAIL(c << ' ' << size << ' ' << i);
      }
  }
}

TEST_CASE("a sequence of UTF-8 is as long by its first word as by its bytes") {
  constexpr unsigned char others[] = {0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF};
  for (unsigned lead = 0x80; lead < 0x100; ++lead)
    for (unsigned second = 0; second < 0x100; ++second)
      for (const unsigned char third : others)
        for (const unsigned char fourth : others) {
          const char bytes[] = {static_cast<char>(lead),
                                static_cast<char>(second),
                                static_cast<char>(third),
                                static_cast<char>(fourth),
                                'x',
                                '\xFF',
                                '\x80',
                                '"'};
          const std::size_t length = auditor::detail::utf8_length(auditor::detail::load_word(bytes));
          if (length != auditor::detail::utf8_sequence_length({bytes, 4}, 0)) FAIL(lead << ' ' << second);
        }
}

TEST_CASE("strings longer than the writer's window are whole") {
  std::string raw, written;
  for (int i = 0; i < 5000; ++i) {
    raw += i % 17 == 0 ? "\n" : i % 19 == 0 ? "\xE2\x82\xAC" : "x";
    written += i % 17 == 0 ? "\\n" : i % 19 == 0 ? "\xE2\x82\xAC" : "x";
  }
  CHECK(string_of(raw) == "\"" + written + "\"");
}

TEST_CASE("doubles are written short, with a point or an exponent") {
  struct row {
    double value;
    std::string_view text;
  };
  for (const row& r : std::vector<row>{{0, "0.0"},
                                       {-0.0, "-0.0"},
                                       {9, "9.0"},
                                       {9.2, "9.2"},
                                       {-17.345, "-17.345"},
                                       {0.1, "0.1"},
                                       {0.05, "0.05"},
                                       {0.001, "0.001"},
                                       {0.0001, "0.0001"},
                                       {0.00001, "1e-05"},
                                       {0.000012, "1.2e-05"},
                                       {1.0 / 3, "0.3333333333333333"},
                                       {0.1 + 0.2, "0.30000000000000004"},
                                       {100, "100.0"},
                                       {999'999'999'999.999, "999999999999.999"},
                                       {1e12, "1000000000000.0"},
                                       {123'456'789'012'345, "123456789012345.0"},
                                       {1e15, "1e+15"},
                                       {1234567890123456.0, "1.234567890123456e+15"},
                                       {9.223372036854776e18, "9.223372036854776e+18"},
                                       {1e300, "1e+300"},
                                       {1.7976931348623157e308, "1.7976931348623157e+308"},
                                       {5e-324, "5e-324"}})
    CHECK(number(r.value) == r.text);
}

TEST_CASE("every decimal of up to three digits behind the point is written as it is") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200'000; ++i) {
    const std::uint64_t thousandths = random() % (i % 2 == 0 ? 100'000u : 1'000'000'000'000u);
    std::string expected = std::to_string(thousandths % 1000);
    expected.insert(0, 3 - expected.size(), '0');
    while (expected.size() > 1 && expected.back() == '0') expected.pop_back();
    expected = std::to_string(thousandths / 1000) + "." + expected;
    if (number(static_cast<double>(thousandths) / 1000) != expected) FAIL(expected);
  }
}

static void read_back(int doubles) {
  std::mt19937_64 random(2);
  for (int i = 0; i < doubles; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!auditor::detail::is_finite(value)) continue;
    double back = 0;
    const std::string text = number(value);
    if (!auditor::detail::to_double(auditor::detail::take_apart(text), text, back) ||
        std::bit_cast<std::uint64_t>(back) != std::bit_cast<std::uint64_t>(value))
      FAIL(text);
  }
}
TEST_CASE("every double is read back as it was") { read_back(20'000); }
TEST_CASE("every double of many is read back as it was", "[deep]") { read_back(200'000); }

TEST_CASE("integers of every length are written") {
  std::int64_t n = 1;
  for (int digits = 1; digits <= 18; ++digits, n *= 10)
    for (const std::int64_t value : {n, -n, n - 1, 7 * n, 9 * n + 9}) {
      char text[20];
      CHECK(std::string(text, auditor::detail::write_integer(value, text)) == std::to_string(value));
    }
  for (const std::int64_t value :
       {(std::numeric_limits<std::int64_t>::min)(), (std::numeric_limits<std::int64_t>::max)()}) {
    char text[20];
    CHECK(std::string(text, auditor::detail::write_integer(value, text)) == std::to_string(value));
  }
}

TEST_CASE("what JSON cannot say is named, and nothing is appended") {
  struct row {
    record r;
    std::string_view words;
  };
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  record bad_id = sample();
  bad_id.record_id = "a\xFF";
  std::vector<row> rows;
  rows.push_back({bad_id, "record_id: must be valid UTF-8"});
  rows.push_back({sample().with_meta("\xC3", "x"), "meta: name 2: must be valid UTF-8"});
  rows.push_back({sample().with_meta("a", "b", "\xED\xA0\x80"), "meta.a[1]: must be valid UTF-8"});
  rows.push_back({sample().with_component(component{"\x80", 1}), "components[2].name: must be valid UTF-8"});
  rows.push_back({sample().with_component(component{"a", 1}.with_score("\xC0\x80", 1)),
                  "components[2].scores[0].name: must be valid UTF-8"});
  rows.push_back({sample().with_component(component{"a", 1}.with_score("b", 1).with_score("c", nan)),
                  "components[2].scores[1].value: must be finite"});
  rows.push_back({sample().with_component(component{"a", 1}.with_score("b", -infinity)),
                  "components[2].scores[0].value: must be finite"});
  for (const row& expected : rows) {
    std::string text = "[";
    const error e = encode_record(expected.r, text);
    CHECK(e.code == errc::invalid_record);
    CHECK(e.words() == expected.words);
    CHECK(e.record_id().substr(0, 1) == expected.r.record_id.substr(0, 1));
    CHECK(text == "[");
    CHECK(encoded_size(expected.r) == 0);
    char fixed[2000];
    std::size_t written = 1;
    CHECK(encode_record(expected.r, fixed, written).code == errc::invalid_record);
    CHECK(written == 0);
  }
}

TEST_CASE("a fixed buffer of just the right size is enough, a smaller one is an error and nothing is written behind it") {
  record large = sample();
  large.with_meta("long", std::string(3000, 'x') + "\n");
  for (const record& r : {record(), sample(), large}) {
    const std::string expected = encoded(r);
    CHECK(encoded_size(r) == expected.size());
    for (std::size_t size = 0; size <= expected.size() + 2; ++size) {
      std::vector<char> memory(size + 8, '#');
      std::size_t written = 1;
      const error e = encode_record(r, std::span(memory).first(size), written);
      CHECK(e.code == (size < expected.size() ? errc::buffer_full : errc::ok));
      CHECK(written == (size < expected.size() ? 0 : expected.size()));
      if (e)
        CHECK(e.words() ==
              "takes " + std::to_string(expected.size()) + " bytes, there is room for " + std::to_string(size));
      else
        CHECK(std::string_view(memory.data(), written) == expected);
      CHECK(std::string_view(memory.data() + size, 8) == "########");
    }
  }
}

TEST_CASE("a body in a workspace takes records until one does not fit, and is then as before") {
  using namespace auditor::detail;
  record small = sample(), large = sample();
  small.meta.clear();
  large.with_meta("long", std::string(300, 'x'));
  const std::string one = encoded(small), three = encoded(large);
  alignas(std::max_align_t) char workspace[700];
  memory texts{std::span<char>(workspace)};
  text_buffer body(texts);
  error none, e;
  append_record(small, encode_of<auditor::builtin_codec>, body, none);
  append_record(large, encode_of<auditor::builtin_codec>, body, e);
  CHECK(e.code == errc::buffer_full);
  CHECK(e.outcome == auditor::outcome::not_applied);
  CHECK(e.words() == "takes " + std::to_string(three.size()) + " bytes, there is room for " +
                         std::to_string(sizeof workspace - one.size()));
  CHECK(body.text() == one);
  body.clear();
  append_record(large, encode_of<auditor::builtin_codec>, body, none);
  CHECK_FALSE(none);
  CHECK(body.text() == three);
}

TEST_CASE("a string that is used again, or grows record by record, holds nothing but them") {
  std::string body;
  for (const std::size_t length : {3u, 3000u, 10u, 700u, 20'000u, 5u}) {
    record r = sample();
    r.with_meta("long", std::string(length, '\n'));
    std::string alone = "#";
    CHECK_FALSE(encode_record(r, alone));
    body += '#';
    const std::string before = body;
    CHECK_FALSE(encode_record(r, body));
    CHECK(body + "#" == before + alone.substr(1) + "#");
    CHECK(alone.size() == 1 + encoded_size(r));
  }
}

TEST_CASE("room for many texts is no more than what it may be, however many and long they are") {
  for (const std::size_t texts : {std::size_t{3}, std::size_t{1'000}, static_cast<std::size_t>(-1)}) {
    auditor::detail::text_buffer all(auditor::detail::memory::heap());
    all.append(std::string(100, 'x'));
    all.reserve_for(texts, 50'000);
    CHECK(all.has_room(texts == 3 ? 200 : 49'900));
    CHECK_FALSE(all.has_room(texts == 3 ? 1'000 : 50'000));
    CHECK(all.text() == std::string(100, 'x'));
  }
}

TEST_CASE("records are appended to what is there") {
  std::string body = "[";
  for (int i = 0; i < 3; ++i) {
    if (i != 0) body += ",\n";
    CHECK(encode_record(sample(), body).code == errc::ok);
  }
  const std::string one = encoded(sample());
  CHECK(body == "[" + one + ",\n" + one + ",\n" + one);
}
