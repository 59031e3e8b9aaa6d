// Decoding one record: what is taken, what is refused, where and in which field.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/json/record_decoder.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "documents.hpp"

using auditor::component;
using auditor::decode_record;
using auditor::errc;
using auditor::error;
using auditor::record;
using auditor::record_storage;
using auditor::record_view;

namespace {

auditor::timestamp at(std::string_view text) { return auditor::parse_timestamp(text).value(); }

// Both decoders, which have to agree; into a record that held something else before.
error decode(std::string_view text, record& to) {
  static const std::string before =
      R"({"record_id":"before","meta":{"a":["b","c"],"d":["e"]},"components":[)"
      R"({"name":"f","amount":1,"scores":[{"name":"g","value":1}]},{"name":"h","amount":2,"scores":[]}],)"
      R"("start_time":"2000-01-01T00:00:00Z","stop_time":"2000-01-01T00:00:01Z","runtime":1})";
  record_storage storage;
  record_view view;
  REQUIRE(decode_record(before, to).code == errc::ok);
  REQUIRE(decode_record(before, storage, view).code == errc::ok);
  // A copy of exactly this size, so that a sanitizer sees every byte that is read behind it.
  const std::vector<char> exact(text.begin(), text.end());
  const std::string_view copy(exact.data(), exact.size());
  const error e = decode_record(copy, to);
  const error of_view = decode_record(copy, storage, view);
  CHECK(e.code == of_view.code);
  CHECK(e.words() == of_view.words());
  CHECK(e.record_id() == of_view.record_id());
  CHECK(e.offset == of_view.offset);
  if (e.code == errc::ok || e.code == errc::unreadable_record) CHECK(auditor::to_record(view) == to);
  return e;
}

record decoded(std::string_view text) {
  record r;
  const error e = decode(text, r);
  INFO(text << ": " << e.words());
  REQUIRE(e.code == errc::ok);
  return r;
}

std::string with(std::string_view member) {
  return R"({"record_id":"r","components":[],"start_time":"2022-08-03T09:47:00Z",)" + std::string(member) + "}";
}
std::string with_component(std::string_view text) {
  return R"({"record_id":"r","components":[{"name":"a","amount":0,"scores":[]},)" + std::string(text) +
         R"(],"start_time":"2022-08-03T09:47:00Z"})";
}
std::string with_score(std::string_view text) {
  return with_component(R"({"name":"b","amount":1,"scores":[)" + std::string(text) + "]}");
}
double score(std::string_view number) {
  return decoded(with_score(R"({"name":"s","value":)" + std::string(number) + "}")).components[1].scores[0].value;
}
std::int64_t amount(std::string_view number) {
  return decoded(with_component(R"({"name":"b","amount":)" + std::string(number) + R"(,"scores":[]})"))
      .components[1]
      .amount;
}
std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("a record as the server sends it is decoded") {
  const record expected = record{"record-1", at("2022-08-03T09:47:00Z")}
                              .with_component(component{"CPU", 10}.with_score("HEPSPEC06", 9.2))
                              .with_meta("site_id", "site1")
                              .with_meta("group", "group_1", "group_2")
                              .with_stop_time(at("2022-08-03T10:47:00Z"));
  record r = decoded(documents::complete);
  CHECK(r.runtime == 3600);
  r.runtime.reset();
  CHECK(r == expected);
}

TEST_CASE("what is absent or null is empty, and nothing is left of the record that was there before") {
  CHECK(decoded(documents::minimal) == record{"m", at("2022-08-03T09:47:00Z")});
  CHECK(decoded(with(R"("meta":null,"stop_time":null,"runtime":null)")) == record{"r", at("2022-08-03T09:47:00Z")});
  CHECK(decoded(with(R"("meta":{})")) == record{"r", at("2022-08-03T09:47:00Z")});
}

TEST_CASE("members come in any order, with white space between them and with unknown ones") {
  const std::vector<std::string> all = documents::all();
  const record spaces = decoded(all[6]);
  CHECK(spaces.record_id == "spaces");
  CHECK(spaces.components ==
        std::vector<component>{
            component{"CPU", (std::numeric_limits<std::int64_t>::max)()}.with_score("s", 1).with_score("t", -0.0025),
            component{"GPU", (std::numeric_limits<std::int64_t>::min)()}});
  CHECK(spaces.meta == auditor::meta{{"a", {}}, {"b", {"1", "2"}}});
  const record unknown = decoded(all[9]);
  CHECK(unknown == record{"u", at("2022-08-03T09:47:00Z")}.with_component(component{"CPU", 1}.with_score("s", 0)));
}

TEST_CASE("members in each order make the same record, and none may be there twice") {
  const auto object = [](const std::vector<std::string>& members, const std::vector<std::size_t>& order) {
    std::string text;
    for (const std::size_t i : order) text += (text.empty() ? "{" : ",") + members[i];
    return text + "}";
  };
  const std::vector<std::string> of_component = {R"("name":"n")", R"("amount":1)",
                                                 R"("scores":[{"value":2.5,"name":"s"},{"name":"t","value":3}])"};
  std::vector<std::string> of_record = {R"("record_id":"r")",
                                        R"("meta":{"a":["b"]})",
                                        "components",
                                        R"("start_time":"2022-08-03T09:47:00Z")",
                                        R"("stop_time":"2022-08-03T09:47:10Z")",
                                        R"("runtime":10)"};
  record expected{"r", at("2022-08-03T09:47:00Z")};
  expected.with_meta("a", "b").with_component(component{"n", 1}.with_score("s", 2.5).with_score("t", 3));
  expected.stop_time = at("2022-08-03T09:47:10Z");
  expected.runtime = 10;
  std::vector<std::size_t> order = {0, 1, 2, 3, 4, 5}, order_within = {0, 1, 2};
  do {
    of_record[2] = R"("components":[)" + object(of_component, order_within) + "]";
    std::next_permutation(order_within.begin(), order_within.end());
    CHECK(decoded(object(of_record, order)) == expected);
    for (const std::size_t again : {order.front(), order.back()}) {
      std::vector<std::size_t> more = order;
      more.push_back(again);
      record ignored;
      CHECK(decode_record(object(of_record, more), ignored).code == errc::json_type);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("white space may stand between any two tokens, and stays where it is inside strings") {
  const std::string compact =
      R"({"record_id":" r ","meta":{" a ":[" b "," c "],"d":[]},"components":[{"name":" n ","amount":1,"scores":[)"
      R"({"name":" s ","value":2.5},{"name":"t","value":3}]},{"name":"m","amount":-4,"scores":[]}],)"
      R"("start_time":"2022-08-03T09:47:00Z","stop_time":"2022-08-03T09:47:00Z","runtime":0})";
  const record expected = decoded(compact);
  CHECK(expected.record_id == " r ");
  CHECK(expected.meta == auditor::meta{{" a ", {" b ", " c "}}, {"d", {}}});
  CHECK(expected.components[0].name == " n ");
  CHECK(expected.components[0].scores[0].name == " s ");
  std::string everywhere;
  bool in_string = false;
  for (std::size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (c == '"') in_string = !in_string;
    everywhere += c;
    if (in_string || std::string_view("{}[]:,").find(c) == std::string_view::npos) continue;
    everywhere.insert(everywhere.size() - 1, "\n");
    everywhere += " \t\r";
    for (const std::size_t place : {i, i + 1}) CHECK(decoded(std::string(compact).insert(place, " ")) == expected);
  }
  CHECK(decoded(everywhere) == expected);
}

TEST_CASE("escapes are resolved, in values, names and member names") {
  const record r = decoded(documents::all()[8]);
  CHECK(r.record_id == std::string("\"\\/\b\f\n\r\t\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 18));
  CHECK(r.meta == auditor::meta{{"a", {"b"}}, {"\xC3\xA9", {"\xE2\x82\xAC", "\xF0\x9F\x98\x80"}}});
  CHECK(r.start_time == at("2022-08-03T09:47:00Z"));
}

TEST_CASE("times of every form that the server sends") {
  const std::vector<std::string> all = documents::all();
  const record years = decoded(all[4]);
  CHECK(years.start_time == at("-0001-01-01T00:00:00Z"));
  CHECK(years.stop_time == at("+10000-01-01T00:00:00Z"));
  CHECK(years.runtime == -1);
  CHECK(decoded(all[5]).start_time == at("2022-08-03T09:47:00.123456Z"));
}

TEST_CASE("components that the server could not read are an error of their own, and all else is decoded") {
  record r;
  const error e = decode(
      R"({"record_id":"x","meta":{"a":["b"]},"components":null,"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":5})",
      r);
  CHECK(e.code == errc::unreadable_record);
  CHECK(e.record_id() == "x");
  CHECK(r.meta == auditor::meta{{"a", {"b"}}});
  CHECK(r.components.empty());
  CHECK(r.runtime == 5);
  // Only of a whole record.
  CHECK(decode(R"({"record_id":"x","components":null})", r).code == errc::json_type);
}

TEST_CASE("integers have 64 bits and nothing else") {
  for (const std::int64_t n :
       {std::int64_t{0}, std::int64_t{7}, std::int64_t{10}, std::int64_t{9'999'999}, std::int64_t{10'000'000},
        std::int64_t{99'999'999}, std::int64_t{123'456'789}, std::int64_t{9'223'372'036'854'775'807}}) {
    CHECK(amount(std::to_string(n)) == n);
    CHECK(amount(std::to_string(-n)) == -n);
  }
  CHECK(amount("-9223372036854775808") == (std::numeric_limits<std::int64_t>::min)());
  CHECK(amount("-0") == 0);
}

TEST_CASE("scores are numbers of any form, rounded correctly") {
  CHECK(score("0") == 0);
  CHECK(std::signbit(score("-0.0")));
  CHECK(score("9") == 9.0);
  CHECK(score("17.345") == 17.345);
  CHECK(score("-17.345E+2") == -1734.5);
  CHECK(score("1234567.1234567") == 1234567.1234567);
  CHECK(score("12345678.12345678") == 12345678.12345678);
  CHECK(score("9.223372036854776e+18") == 9.223372036854776e+18);
  CHECK(score("0.1000000000000000055511151231257827021181583404541015625") == 0.1);
  CHECK(score("9007199254740993") == 9007199254740992.0);
  CHECK(score("1.7976931348623157e308") == (std::numeric_limits<double>::max)());
  CHECK(score("5e-324") == std::numeric_limits<double>::denorm_min());
  CHECK(score("2.2250738585072011e-308") == 2.2250738585072011e-308);
  CHECK(score("1e-999") == 0);
  CHECK(score("0e999999999999999999999999") == 0);
  CHECK(score("0." + std::string(400, '0') + "1e401") == 1.0);
  CHECK(score("1" + std::string(400, '0') + "e-400") == 1.0);
  CHECK(score("0." + std::string(400, '0') + "1") == 0);
}

TEST_CASE("a record that is wrong says where, in which field and of which record") {
  // Where the text stands: alone, or as a member, a component or a score of a record that is right otherwise. The offset
  // counts from where it begins.
  enum place { plain, member, component_of, score_of };
  struct row {
    place in;
    std::string_view text;
    errc code;
    std::string_view words;
    std::size_t offset;
    std::string_view id;
  };
  constexpr errc syntax = errc::json_syntax;
  constexpr errc type = errc::json_type;
  static constexpr row rows[] = {
      // Not a record at all.
      {plain, "", syntax, "ends inside a record", 0, ""},
      {plain, "  ", syntax, "ends inside a record", 2, ""},
      {plain, "\xEF\xBB\xBF{}", syntax, "expected a record", 0, ""},
      {plain, "<html>", syntax, "expected a record", 0, ""},
      {plain, "nothing", syntax, "unknown word", 0, ""},
      {plain, "null", type, "must be an object", 0, ""},
      {plain, "[]", type, "must be an object", 0, ""},
      {plain, " \"x\"", type, "must be an object", 1, ""},
      {plain, "{}", type, "record_id: is missing", 1, ""},
      {plain, "{,}", syntax, "expected a member name in quotes", 1, ""},
      {plain, "{\"a\":1,}", syntax, "expected a member name in quotes", 7, ""},
      {plain, "{\"a\" 1}", syntax, "expected ':'", 5, ""},
      {plain, "{\"a\":1 2}", syntax, "expected ',' or '}'", 7, ""},
      {plain, "{a:1}", syntax, "expected a member name in quotes", 1, ""},
      {plain, "{'a':1}", syntax, "expected a member name in quotes", 1, ""},
      {plain, "{\"a\":}", syntax, "expected a value", 5, ""},
      {plain, "{\"a\":[1,]}", syntax, "expected a value", 8, ""},
      {plain, "{\"a\":[1 2]}", syntax, "expected ',' or ']'", 8, ""},
      {plain, "{\"a\":[1}", syntax, "expected ',' or ']'", 7, ""},
      {plain, "{\"a\":{\"b\":1]", syntax, "expected ',' or '}'", 11, ""},
      {plain, "{\"a\":nul}", syntax, "unknown word", 5, ""},
      {plain, "{\"a\":NaN}", syntax, "expected a value", 5, ""},
      {plain, "{\"a\":Infinity}", syntax, "expected a value", 5, ""},
      {plain, "{\"a\":+1}", syntax, "expected a value", 5, ""},
      {plain, "{\"a\":01}", syntax, "a number must not begin with 0", 5, ""},
      {plain, "{\"a\":-01}", syntax, "a number must not begin with 0", 6, ""},
      {plain, "{\"a\":-}", syntax, "expected a digit", 6, ""},
      {plain, "{\"a\":1.}", syntax, "expected a digit", 7, ""},
      {plain, "{\"a\":.5}", syntax, "expected a value", 5, ""},
      {plain, "{\"a\":1e}", syntax, "expected a digit", 7, ""},
      {plain, "{\"a\":1e+}", syntax, "expected a digit", 8, ""},
      {plain, "{\"a\":0x10}", syntax, "expected ',' or '}'", 6, ""},
      // Strings.
      {plain, "{\"\x01\":1}", syntax, "control character in a string", 2, ""},
      {plain, "{\"aaaaaaaaaaaaaaaa\n\":1}", syntax, "control character in a string", 18, ""},
      {plain, "{\"\\x\":1}", syntax, "unknown escape", 2, ""},
      {plain, "{\"\\u12G4\":1}", syntax, "expected four hexadecimal digits", 6, ""},
      {plain, "{\"\\ud800\":1}", syntax, "half of a surrogate pair", 2, ""},
      {plain, "{\"\\ud800\\n\":1}", syntax, "half of a surrogate pair", 2, ""},
      {plain, "{\"\\ud800\\ud800\":1}", syntax, "half of a surrogate pair", 2, ""},
      {plain, "{\"\\udc00\":1}", syntax, "half of a surrogate pair", 2, ""},
      {plain, "{\"\x80\":1}", syntax, "invalid UTF-8", 2, ""},
      {plain, "{\"\xC0\x80\":1}", syntax, "invalid UTF-8", 2, ""},
      {plain, "{\"\xE0\x80\x80\":1}", syntax, "invalid UTF-8", 2, ""},
      {plain, "{\"\xED\xA0\x80\":1}", syntax, "invalid UTF-8", 2, ""},
      {plain, "{\"\xF4\x90\x80\x80\":1}", syntax, "invalid UTF-8", 2, ""},
      {plain, "{\"aaaaaaaaaaaa\xC3\":1}", syntax, "invalid UTF-8", 14, ""},
      {plain, "{\"\xE0\x80", syntax, "invalid UTF-8", 2, ""},
      // Fields.
      {plain, R"({"record_id":1})", type, "record_id: must be a string", 13, ""},
      {plain, R"({"record_id":tru})", syntax, "record_id: unknown word", 13, ""},
      {plain, R"({"record_id":null})", type, "record_id: must be a string", 13, ""},
      {plain, R"({"record_id":"a\u0062"})", type, "components: is missing", 22, "ab"},
      {plain, R"({"record_id":"a","components":[]})", type, "start_time: is missing", 32, "a"},
      {plain, R"({"record_id":"a","record_id":"b"})", type, "record_id: is there twice", 29, "a"},
      {plain, R"({"record_id":"a","record\u005fid":"b"})", type, "record_id: is there twice", 34, "a"},
      {member, R"("start_time":"2022-08-03T09:47:00Z")", type, "start_time: is there twice", 13, "r"},
      {member, R"("stop_time":null,"stop_time":null)", type, "stop_time: is there twice", 29, "r"},
      {member, R"("stop_time":1)", type, "stop_time: must be a string", 12, "r"},
      {member, R"("stop_time":"")", type, "stop_time: expected a year of four digits", 12, "r"},
      {member, R"("stop_time":"2022-08-03T09:47:00")", type, "stop_time: expected Z, +hh:mm or -hh:mm", 12, "r"},
      {member, R"("runtime":1.5)", type, "runtime: must be an integer", 10, "r"},
      {member, R"("runtime":1.)", syntax, "runtime: expected a digit", 12, "r"},
      {member, R"("runtime":"1")", type, "runtime: must be an integer", 10, "r"},
      {member, R"("runtime":9223372036854775808)", type, "runtime: must fit in 64 bits", 10, "r"},
      {member, R"("runtime":99999999999999999999)", type, "runtime: must fit in 64 bits", 10, "r"},
      {member, R"("runtime":-9223372036854775809)", type, "runtime: must fit in 64 bits", 10, "r"},
      {member, R"("meta":[])", type, "meta: must be an object or null", 7, "r"},
      {member, R"("meta":{"a":"b"})", type, "meta.a: must be an array of strings", 12, "r"},
      {member, R"("meta":{"a":["b",null]})", type, "meta.a[1]: must be a string", 17, "r"},
      {member, R"("meta":{"a":["b"],"a":["c"]})", type, "meta.a: is there twice", 18, "r"},
      {member, R"("meta":{"a":["b"],"c":[],"\u0061":["c"]})", type, "meta.\\u0061: is there twice", 25, "r"},
      {member, R"("meta":{"a":["b",]})", syntax, "meta.a[1]: expected a value", 17, "r"},
      {member, R"("meta":{"a":["b" "c"]})", syntax, "meta.a: expected ',' or ']'", 17, "r"},
      {plain, R"({"record_id":"r","components":{}})", type, "components: must be an array", 30, "r"},
      {plain, R"({"record_id":"r","components":[],"components":[]})", type, "components: is there twice", 46, "r"},
      {plain, R"({"record_id":"r","components":[null]})", type, "components[0]: must be an object", 31, "r"},
      {plain, R"({"record_id":"r","components":[{]})", syntax, "components[0]: expected a member name in quotes", 32, "r"},
      {component_of, R"({})", type, "components[1].name: is missing", 1, "r"},
      {component_of, R"({"name":"b"})", type, "components[1].amount: is missing", 11, "r"},
      {component_of, R"({"name":"b","amount":1})", type, "components[1].scores: is missing", 22, "r"},
      {component_of, R"({"name":"b","name":"b"})", type, "components[1].name: is there twice", 19, "r"},
      {component_of, R"({"name":"b","amount":"1"})", type, "components[1].amount: must be an integer", 21, "r"},
      {component_of, R"({"name":"b","amount":1.0})", type, "components[1].amount: must be an integer", 21, "r"},
      {component_of, R"({"name":"b","amount":1e3})", type, "components[1].amount: must be an integer", 21, "r"},
      {component_of, R"({"name":"b","amount":12345678.5})", type, "components[1].amount: must be an integer", 21, "r"},
      {component_of, R"({"name":"b","amount":00})", syntax, "components[1].amount: a number must not begin with 0", 21,
       "r"},
      {component_of, R"({"name":"b","amount":1,"scores":null})", type, "components[1].scores: must be an array", 32, "r"},
      {component_of, R"({"name":"b","amount":1,"scores":[]}{)", syntax, "components: expected ',' or ']'", 35, "r"},
      {score_of, "1", type, "components[1].scores[0]: must be an object", 0, "r"},
      {score_of, R"({"name":1})", type, "components[1].scores[0].name: must be a string", 8, "r"},
      {score_of, R"({"name":"s"})", type, "components[1].scores[0].value: is missing", 11, "r"},
      {score_of, R"({"value":1,"value":1})", type, "components[1].scores[0].value: is there twice", 19, "r"},
      {score_of, R"({"name":"s","value":"1"})", type, "components[1].scores[0].value: must be a number", 20, "r"},
      {score_of, R"({"name":"s","value":1e999})", type, "components[1].scores[0].value: must fit a double", 20, "r"},
      {score_of, R"({"name":"s","value":01.5})", syntax, "components[1].scores[0].value: a number must not begin with 0",
       20, "r"},
      {score_of, R"({"name":"s","value":1.5.5})", syntax, "components[1].scores[0]: expected ',' or '}'", 23, "r"},
      {score_of, R"({"name":"s","value":1} {})", syntax, "components[1].scores: expected ',' or ']'", 23, "r"},
  };
  for (const row& expected : rows) {
    std::string text(expected.text);
    if (expected.in == member) text = with(text);
    if (expected.in == component_of) text = with_component(text);
    if (expected.in == score_of) text = with_score(text);
    const std::size_t before = expected.in == plain ? 0 : text.rfind(expected.text);
    INFO(text);
    record r;
    const error e = decode(text, r);
    CHECK(to_string(e.code) == to_string(expected.code));
    CHECK(e.words() == expected.words);
    CHECK(e.offset == before + expected.offset);
    CHECK(e.record_id() == expected.id);
  }
}

TEST_CASE("what follows a record is an error") {
  for (const std::string& more :
       {std::string("x"), std::string("{}"), std::string("]"), std::string(","), std::string(1, '\0')}) {
    record r;
    const error e = decode(std::string(documents::minimal) + " " + more, r);
    CHECK(e.code == errc::json_syntax);
    CHECK(e.words() == "something follows the record");
    CHECK(e.offset == documents::minimal.size() + 1);
    CHECK(e.record_id() == "m");
  }
}

TEST_CASE("values of absurd length are refused") {
  record r;
  CHECK(decode(with_score(R"({"name":"s","value":-1)" + std::string(400, '0') + "}"), r).words() ==
        "components[1].scores[0].value: must fit a double");
  CHECK(decode(with(R"("stop_time":")" + std::string(100, '1') + "\""), r).words() ==
        "stop_time: must be a time of RFC 3339");
  CHECK(decode(with("\"runtime\":" + std::string(100'000, '1')), r).words() == "runtime: must fit in 64 bits");
}

TEST_CASE("a record that is cut anywhere ends inside a record, it is never taken for another mistake") {
  for (const std::string& text : documents::all()) {
    const std::size_t closing = text.rfind('}');
    for (std::size_t size = 0; size <= closing; ++size) {
      INFO(text.substr(0, size));
      record r;
      const error e = decode(text.substr(0, size), r);
      CHECK(e.code == errc::json_syntax);
      CHECK(e.words() == "ends inside a record");
      CHECK(e.offset == size);
    }
  }
}

TEST_CASE("nesting is limited to 32 levels, those of the record included") {
  CHECK(decoded(with("\"x\":" + nested(31))).record_id == "r");
  CHECK(decoded(with_score(R"({"name":"s","value":1,"x":)" + nested(27) + "}")).record_id == "r");
  record r;
  for (const std::string& deep :
       {with("\"x\":" + nested(32)), with("\"x\":" + nested(100'000)), with("\"x\":" + std::string(100'000, '[')),
        with_score(R"({"name":"s","value":1,"x":)" + nested(28) + "}"), with("\"stop_time\":" + nested(32))}) {
    const error e = decode(deep, r);
    CHECK(e.code == errc::json_type);
    CHECK(e.words().find("nested more than 32 deep") != std::string_view::npos);
  }
}

TEST_CASE("one name among very many that is there twice is found, in time that is not quadratic") {
  const std::size_t very_many = auditor::detail::compact ? 2'000 : 100'000;  // the compact tier looks through them by 64
  for (const std::size_t count : {std::size_t{2}, std::size_t{16}, std::size_t{17}, very_many}) {
    std::string text = R"({"record_id":"many","meta":{)";
    for (std::size_t i = 0; i < count; ++i) text += "\"name" + std::to_string(i) + "\":[],";
    const std::string end = R"(},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
    record r;
    record_storage storage;
    record_view view;
    CHECK(decode_record(text + "\"last\":[]" + end, r).code == errc::ok);
    CHECK(decode_record(text + "\"last\":[]" + end, storage, view).code == errc::ok);
    CHECK(r.meta.size() == count + 1);
    CHECK(view.meta.size() == count + 1);
    const std::string twice = text + "\"name1\":[],\"name0\":[]" + end;
    for (const error& e : {decode_record(twice, r), decode_record(twice, storage, view)}) {
      CHECK(e.code == errc::json_type);
      CHECK(e.words() == "meta.name1: is there twice");
      CHECK(e.offset == text.size());
    }
  }
}

TEST_CASE("names of which somebody made the hashes the same are put in order instead") {
  const auto name = [](std::size_t i) { return std::string_view(i == 1 ? "x" : "y"); };
  std::vector<std::uint32_t> slots(2'000, 2);  // each has name 1 already, as if all hashes were the same
  CHECK(auditor::detail::first_duplicate_by_hash(slots.data(), 1'000, name) == auditor::detail::too_much_alike);
  slots.assign(2'000, 0);
  CHECK(auditor::detail::first_duplicate_by_hash(slots.data(), 1'000, name) == 2);
}

TEST_CASE("a storage that has seen the largest record is used again without growing") {
  record_storage storage;
  record_view view;
  const std::vector<std::string> all = documents::all();
  for (int round = 0; round < 2; ++round)
    for (const std::string& text : all) {
      const error e = decode_record(text, storage, view);
      CHECK((e.code == errc::ok || e.code == errc::unreadable_record));
      record r;
      (void)decode_record(text, r);
      CHECK(auditor::to_record(view) == r);
    }
}

TEST_CASE("a storage over memory of a fixed size decodes what fits, and says how much the rest takes") {
  for (const std::string& document : documents::all()) {
    record expected;
    const error known = decode_record(document, expected);
    std::size_t needed = 0;
    for (std::size_t size = 0; size < 1000; ++size) {
      alignas(8) static char memory[1000];
      auditor::record_storage storage(std::span<char>(memory, size));
      for (int again = 0; again < 2; ++again) {
        auditor::record_view view;
        const error e = decode_record(document, storage, view);
        INFO(document << " in " << size);
        if (e.code == errc::buffer_full) {
          CHECK(view.components.empty());
          CHECK(view.meta.empty());
          CHECK(e.record_id() == error().of(view.record_id).record_id());
          CHECK((view.record_id == expected.record_id || (view.record_id.empty() && document.find("\"record_id") > 2)));
          REQUIRE(std::sscanf(std::string(e.words()).c_str(), "decoded, the record takes %zu bytes", &needed) == 1);
          if (needed <= size / 8 * 8) FAIL("it fits");
          continue;
        }
        CHECK(e.code == known.code);
        if (auditor::to_record(view) != expected) FAIL("another record");
        if (size < needed) FAIL("it took less");
      }
    }
  }
}

TEST_CASE("a meta name that comes twice among many is found, in memory of a fixed size too") {
  for (const std::size_t count : {std::size_t{16}, std::size_t{17}, std::size_t{200}})
    for (const bool twice : {false, true}) {
      std::string text = R"({"record_id":"m","components":[],"start_time":"2022-08-03T09:47:00Z","meta":{)";
      for (std::size_t i = 0; i < count; ++i)
        text += (i == 0 ? "\"n" : ",\"n") + std::to_string(twice && i == count - 2 ? 3 : i) + "\":[]";
      text += "}}";
      alignas(8) static char memory[20'000];
      auditor::record_storage fixed{std::span<char>(memory)}, heap;
      auditor::record_view view;
      for (auditor::record_storage* storage : {&fixed, &heap}) {
        const error e = decode_record(text, *storage, view);
        CHECK(e.words() == (twice ? "meta.n3: is there twice" : ""));
        CHECK(e.code == (twice ? errc::json_type : errc::ok));
        if (!twice) CHECK(view.meta.size() == count);
      }
    }
}
