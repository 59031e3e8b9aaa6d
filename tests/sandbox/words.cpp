// More of the server's words than the recordings have: each answer here is what the real server gave to the same request.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/sandbox/sandbox.hpp>

#include "catch.hpp"

#include <string>

TEST_CASE("what the server refuses, the sandbox refuses in the same words and at the same place") {
  const struct {
    const char* method;
    const char* target;
    const char* body;
    int status;
    const char* answer;
  } cases[] = {
      // clang-format off
      {"POST", "/record", R"~(null)~", 400, R"~(Json deserialize error: invalid type: null, expected struct RecordAdd at line 1 column 4)~"},
      {"POST", "/record", R"~("x")~", 400, R"~(Json deserialize error: invalid type: string "x", expected struct RecordAdd at line 1 column 3)~"},
      {"POST", "/record", R"~(-1)~", 400, R"~(Json deserialize error: invalid type: integer `-1`, expected struct RecordAdd at line 1 column 2)~"},
      {"POST", "/record", R"~([])~", 400, R"~(Json deserialize error: invalid length 0, expected struct RecordAdd with 5 elements at line 1 column 2)~"},
      {"POST", "/record", R"~(["v",null,[],"2022-08-03T09:47:00Z"])~", 400, R"~(Json deserialize error: invalid length 4, expected struct RecordAdd with 5 elements at line 1 column 36)~"},
      {"POST", "/record", R"~(["v",null,[],"2022-08-03T09:47:00Z",null,1])~", 400, R"~(Json deserialize error: trailing characters at line 1 column 42)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":5})~", 400, R"~(Json deserialize error: invalid type: integer `5`, expected a sequence at line 1 column 67)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[5]})~", 400, R"~(Json deserialize error: invalid type: integer `5`, expected struct Component at line 1 column 68)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":-0,"scores":[]}]})~", 400, R"~(Json deserialize error: invalid type: floating point `-0.0`, expected i64 at line 1 column 90)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":true,"scores":[]}]})~", 400, R"~(Json deserialize error: invalid type: boolean `true`, expected i64 at line 1 column 92)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":1e400,"scores":[]}]})~", 400, R"~(Json deserialize error: number out of range at line 1 column 93)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":7,"amount":1,"scores":[]}]})~", 400, R"~(Json deserialize error: invalid type: integer `7`, expected a string at line 1 column 76)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","scores":[],"amount":-1}]})~", 400, R"~(Json deserialize error: Parsing '-1' failed. at line 1 column 103)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":1,"scores":[{"name":"s","value":-1e30}]}]})~", 400, R"~(Json deserialize error: Parsing '-1000000000000000000000000000000' failed. at line 1 column 126)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[{"name":"C","amount":1,"scores":[{"name":"s","value":"a\"b\n"}]}]})~", 400, R"~(Json deserialize error: invalid type: string "a\"b\n", expected f64 at line 1 column 128)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"meta":["a"]})~", 400, R"~(Json deserialize error: invalid type: sequence, expected a map at line 1 column 76)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"meta":{"":["a"]}})~", 400, R"~(Json deserialize error: Parsing '' failed at line 1 column 79)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"meta":{"a":["x"," ","y"]}})~", 400, R"~(Json deserialize error: Parsing ' ' failed at line 1 column 90)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"meta":{"a":["x"," " ]}})~", 400, R"~(Json deserialize error: Parsing ' ' failed at line 1 column 91)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"meta":{"a":null}})~", 400, R"~(Json deserialize error: invalid type: null, expected a sequence at line 1 column 85)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"stop_time":"2022-02-30T00:00:00Z"})~", 400, R"~(Json deserialize error: input is out of range at line 1 column 103)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"stop_time":"2022-02-28T00:00:00Zx"})~", 400, R"~(Json deserialize error: trailing input at line 1 column 104)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],"stop_time":5})~", 400, R"~(Json deserialize error: invalid type: integer `5`, expected an RFC 3339 formatted date and time string at line 1 column 82)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[],})~", 400, R"~(Json deserialize error: trailing comma at line 1 column 70)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[1,]})~", 400, R"~(Json deserialize error: invalid type: integer `1`, expected struct Component at line 1 column 68)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components" []})~", 400, R"~(Json deserialize error: expected `:` at line 1 column 67)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[] "a":1})~", 400, R"~(Json deserialize error: expected `,` or `}` at line 1 column 70)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z",components:[]})~", 400, R"~(Json deserialize error: key must be a string at line 1 column 54)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[)~", 400, R"~(Json deserialize error: EOF while parsing a list at line 1 column 67)~"},
      {"POST", "/record", R"~({"record_id":"v","start_time":"2022-08-03T09:47:00Z","components":[])~", 400, R"~(Json deserialize error: EOF while parsing an object at line 1 column 68)~"},
      {"POST", "/record", R"~({"record_id":"a)~", 400, R"~(Json deserialize error: EOF while parsing a string at line 1 column 15)~"},
      {"POST", "/record", R"~({"record_id":"a\x"})~", 400, R"~(Json deserialize error: invalid escape at line 1 column 17)~"},
      {"POST", "/record", R"~({"record_id":"a\u12"})~", 400, R"~(Json deserialize error: invalid escape at line 1 column 21)~"},
      {"POST", "/record", R"~({"record_id":"\udc00"})~", 400, R"~(Json deserialize error: lone leading surrogate in hex escape at line 1 column 20)~"},
      {"POST", "/record", R"~({"record_id":"a
b"})~", 400, R"~(Json deserialize error: control character (\u0000-\u001F) found while parsing a string at line 2 column 0)~"},
      {"POST", "/record", R"~({"record_id":nul})~", 400, R"~(Json deserialize error: expected ident at line 1 column 17)~"},
      {"POST", "/record", R"~({"record_id":01})~", 400, R"~(Json deserialize error: invalid number at line 1 column 15)~"},
      {"POST", "/record", R"~({"record_id":-})~", 400, R"~(Json deserialize error: invalid number at line 1 column 15)~"},
      {"POST", "/record", R"~({"record_id":1.})~", 400, R"~(Json deserialize error: invalid number at line 1 column 16)~"},
      {"POST", "/record", R"~({"record_id":1e})~", 400, R"~(Json deserialize error: invalid number at line 1 column 16)~"},
      {"POST", "/record", R"~({"record_id")~", 400, R"~(Json deserialize error: EOF while parsing an object at line 1 column 12)~"},
      {"POST", "/record", R"~( )~", 400, R"~(Json deserialize error: EOF while parsing a value at line 1 column 1)~"},
      {"POST", "/record", R"~({"record_id":"a","record_id":5})~", 400, R"~(Json deserialize error: duplicate field `record_id` at line 1 column 28)~"},
      {"POST", "/record", R"~({
"record_id":"v",
"components":[{"name":"C","amount":1
,"scores":[{"name":"s",
"value":-2
}]}],"start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: Parsing '-2' failed. at line 6 column 1)~"},
      {"POST", "/record", R"~({"x":"a
b","record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: control character (\u0000-\u001F) found while parsing a string at line 1 column 7)~"},
      {"POST", "/record", R"~({"x":[1,],"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: expected value at line 1 column 9)~"},
      {"POST", "/record", R"~({"x":{"a":1,},"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: key must be a string at line 1 column 13)~"},
      {"POST", "/record", R"~({"x":1e400,"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: missing field `components` at line 1 column 63)~"},
      {"POST", "/record", R"~({"x":"\ud800","record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: missing field `components` at line 1 column 66)~"},
      {"POST", "/record", R"~({"x":-1e99999999999,"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: missing field `components` at line 1 column 72)~"},
      {"POST", "/record", R"~({"x":[[[1,{"a":{}}]]],"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: missing field `components` at line 1 column 74)~"},
      {"POST", "/record", R"~({"x":01,"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: invalid number at line 1 column 7)~"},
      {"POST", "/record", R"~({"x":[1 2],"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: expected `,` or `]` at line 1 column 9)~"},
      {"POST", "/record", R"~({"x":{"a" 1},"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: expected `:` at line 1 column 11)~"},
      {"POST", "/record", R"~({"x":"\u12g4","record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: invalid escape at line 1 column 12)~"},
      {"POST", "/record", R"~({"x":1.,"record_id":"v","start_time":"2022-08-03T09:47:00Z"})~", 400, R"~(Json deserialize error: invalid number at line 1 column 8)~"},
      {"POST", "/record", "{\"x\":\"\xff\"}", 400, R"~(Json deserialize error: missing field `record_id` at line 1 column 9)~"},
      {"POST", "/record", "{\"record_id\":\"\xff\"}", 400, R"~(Json deserialize error: invalid unicode code point at line 1 column 16)~"},
      {"POST", "/record", "{\"\xff\":1}", 400, R"~(Json deserialize error: invalid unicode code point at line 1 column 4)~"},
      {"POST", "/record", R"~({"record_id":"v","components":[{"amount":1e2147483648}]})~", 400, R"~(Json deserialize error: number out of range at line 1 column 53)~"},
      {"POST", "/record", R"~({"record_id":"v","components":[{"amount":1e99999999999}]})~", 400, R"~(Json deserialize error: number out of range at line 1 column 53)~"},
      {"POST", "/record", R"~({"record_id":"v","meta":"\u00a0\u0301\ufeff"})~", 400, R"~(Json deserialize error: invalid type: string "\u{a0}\u{301}\u{feff}", expected a map at line 1 column 44)~"},
      {"GET", "/records?meta[%00][x][0]=y&limit=0", "", 200, R"~()~"},
      {"GET", "/records?limit=", "", 200, R"~()~"},
      {"GET", "/records?record_id=%20&limit=0", "", 400, R"~({"error":"Parsing ' ' failed"})~"},
      {"GET", "/records?record_id[a]=x&limit=0", "", 400, R"~({"error":"invalid type: map, expected a string"})~"},
      {"GET", "/records?record_id[]=x&limit=0", "", 400, R"~({"error":"invalid type: sequence, expected a string"})~"},
      {"GET", "/records?limit[a]=1", "", 400, R"~({"error":"Expected: \"i64\", got a Map"})~"},
      {"GET", "/records?limit=1.5", "", 400, R"~({"error":"invalid digit found in string"})~"},
      {"GET", "/records?limit=-9223372036854775809", "", 400, R"~({"error":"number too small to fit in target type"})~"},
      {"GET", "/records?start_time=x&limit=0", "", 400, R"~({"error":"could not convert Flat(\"x\") to QsDeserializer<'a>"})~"},
      {"GET", "/records?start_time[gt][a]=1&limit=0", "", 400, R"~({"error":"invalid type: map, expected an RFC 3339 formatted date and time string"})~"},
      {"GET", "/records?start_time[]=x&limit=0", "", 400, R"~({"error":"could not convert Sequence([Flat(\"x\")]) to QsDeserializer<'a>"})~"},
      {"GET", "/records?meta=x&limit=0", "", 400, R"~({"error":"invalid type: string \"x\", expected a map"})~"},
      {"GET", "/records?meta[a]=x&limit=0", "", 400, R"~({"error":"could not convert Flat(\"x\") to QsDeserializer<'a>"})~"},
      {"GET", "/records?meta[a][c][b]=x&limit=0", "", 400, R"~({"error":"invalid type: map, expected a sequence"})~"},
      {"GET", "/records?meta[%20][c][0]=x&limit=0", "", 400, R"~({"error":"Parsing ' ' failed"})~"},
      {"GET", "/records?meta[a][x][0]=1&meta[a][x][0]=2&limit=0", "", 400, R"~({"error":"Multiple values for one key"})~"},
      {"GET", "/records?meta[a][c][0]=1&meta[a][c][0]=2&limit=0", "", 400, R"~({"error":"Multiple values for one key"})~"},
      {"GET", "/records?meta[a][c]=x&meta[a][c][0]=x&limit=0", "", 400, R"~({"error":"Attempted to insert seq value into non-seq structure"})~"},
      {"GET", "/records?meta[a][c][0]=x&meta[a][c]=x&limit=0", "", 400, R"~({"error":"Multiple values for one key: \"c\""})~"},
      {"GET", "/records?component[CPU]=5&limit=0", "", 400, R"~({"error":"could not convert Flat(\"5\") to QsDeserializer<'a>"})~"},
      {"GET", "/records?sort_by=asc&limit=0", "", 400, R"~({"error":"Invalid(\"this value can only deserialize to a UnitVariant\") does not appear to be an enum"})~"},
      {"GET", "/records?sort_by[up]=record_id&limit=0", "", 400, R"~({"error":"unknown variant `up`, expected `asc` or `desc`"})~"},
      {"GET", "/records?sort_by[]=asc&limit=0", "", 400, R"~({"error":"Sequence([Flat(\"asc\")]) does not appear to be an enum"})~"},
      {"GET", "/records?sort_by[asc]=&limit=0", "", 400, R"~({"error":"unknown variant ``, expected one of `start_time`, `stop_time`, `runtime`, `record_id`"})~"},
      {"GET", "/records?sort_by[asc][]=x&limit=0", "", 400, R"~({"error":"Sequence([Flat(\"x\")]) does not appear to be an enum"})~"},
      {"GET", "/records?a[[&limit=0", "", 400, R"~({"error":"parsing failed with error: 'found another opening bracket before the closed bracket' at position: 3"})~"},
      {"GET", "/records?meta[&limit=0", "", 400, R"~({"error":"Parsing '' failed"})~"},
      {"GET", "/records?meta[a]b=1&limit=0", "", 400, R"~({"error":"parsing failed with error: 'Unexpected character: 'b' found when parsing' at position: 8"})~"},
      {"GET", "/records?meta[a][c][0]b=1&limit=0", "", 400, R"~({"error":"parsing failed with error: 'Unexpected character: 98 found when parsing' at position: 14"})~"},
      {"GET", "/records?meta[a][c][]b=1&limit=0", "", 400, R"~({"error":"parsing failed with error: 'non-indexed sequence of structs not supported' at position: 13"})~"},
      {"GET", "/records?a%5Bb=1&limit=0", "", 400, R"~({"error":"unknown field `a[b`, expected one of `record_id`, `start_time`, `stop_time`, `runtime`, `meta`, `component`, `sort_by`, `limit`\nInvalid field contains an encoded bracket -- did you mean to use non-strict mode?\n  https://docs.rs/serde_qs/latest/serde_qs/#strict-vs-non-strict-modes"})~"},
      {"GET", "/records?a%5Bb=1&a%5Bb=2&limit=0", "", 400, R"~({"error":"unknown field `a[b`, expected one of `record_id`, `start_time`, `stop_time`, `runtime`, `meta`, `component`, `sort_by`, `limit`\nInvalid field contains an encoded bracket -- did you mean to use non-strict mode?\n  https://docs.rs/serde_qs/latest/serde_qs/#strict-vs-non-strict-modes"})~"},
      {"GET", "/records?%ff=1&limit=0", "", 400, R"~({"error":"invalid utf-8 sequence of 1 bytes from index 0"})~"},
      {"GET", "/records?meta[1x][c][0]=a&limit=0", "", 400, R"~({"error":"invalid digit found in string"})~"},
      {"GET", "/records?meta[99999999999999999999][c][0]=a&limit=0", "", 400, R"~({"error":"number too large to fit in target type"})~"},
      {"GET", "/records?meta[%c3%a9][c][0]=&limit=0", "", 400, R"~({"error":"Parsing '' failed"})~"},
      {"GET", "/records?meta[a][c][0][0]=x&limit=0", "", 400, R"~({"error":"invalid type: sequence, expected a string"})~"},
      {"GET", "/records?a[b][c][d][e][f][g]=1&limit=0", "", 400, R"~({"error":"unknown field `a`, expected one of `record_id`, `start_time`, `stop_time`, `runtime`, `meta`, `component`, `sort_by`, `limit`"})~"},
      // clang-format on
  };
  auditor::sandbox server;
  for (const auto& c : cases) {
    INFO(c.target << " " << c.body);
    auto answer = server.handle(c.method, c.target, "application/json", c.body);
    CHECK(answer.status == c.status);
    CHECK(answer.body.text() == c.answer);
  }
}
