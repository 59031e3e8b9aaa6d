// Records as servers and clients write them, for every test that wants a corpus.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace documents {

inline constexpr std::string_view minimal = R"({"record_id":"m","components":[],"start_time":"2022-08-03T09:47:00Z"})";

// As GET /records sends it.
inline constexpr std::string_view complete =
    R"({"record_id":"record-1","meta":{"site_id":["site1"],"group":["group_1","group_2"]},)"
    R"("components":[{"name":"CPU","amount":10,"scores":[{"name":"HEPSPEC06","value":9.2}]}],)"
    R"("start_time":"2022-08-03T09:47:00Z","stop_time":"2022-08-03T10:47:00Z","runtime":3600})";

inline std::vector<std::string> all() {
  return {
      std::string(minimal),
      std::string(complete),
      // Nothing known but the start.
      R"({"record_id":"unreadable","meta":null,"components":null,"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":null})",
      R"({"record_id":"drift","meta":null,"components":[{"name":"CPU","amount":1,"scores":[{"name":"s","value":9.223372036854776e+18}]}],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":null})",
      // Years with more than four digits, and before the year 0.
      R"({"record_id":"t-10000","meta":{"site_id":["site1"]},"components":[],"start_time":"-0001-01-01T00:00:00Z","stop_time":"+10000-01-01T00:00:00Z","runtime":-1})",
      R"({"record_id":"t-off","meta":{},"components":[],"start_time":"2022-08-03T11:47:00.123456789+02:00","stop_time":"2022-08-03T09:47:00.123Z","runtime":0})",
      // Any order, white space wherever it may be.
      " {\n\t\"stop_time\" : null , \"components\" : [ { \"scores\" : [ { \"value\" : 1 , \"name\" : \"s\" } , { \"name\" "
      ": \"t\" , \"value\" : -2.5e-3 } ] , "
      "\"amount\" : 9223372036854775807 , \"name\" : \"CPU\" } , { \"name\" : \"GPU\", \"amount\" : -9223372036854775808 , "
      "\"scores\" : [ ] } ] , \"start_time\" : "
      "\"2022-08-03t09:47:00z\" , \"meta\" : { \"a\" : [ ] , \"b\" : [ \"1\" , \"2\" ] } , \"record_id\" : \"spaces\" "
      "}\r\n",
      // As Python prints it.
      R"({"record_id": "python", "meta": {"site_id": ["site1", "site2"]}, "components": [{"name": "CPU", "amount": 10, "scores": [{"name": "HEPSPEC06", "value": 9.2}]}, {"name": "Memory", "amount": 4000, "scores": []}], "start_time": "2022-08-03T09:47:00Z", "stop_time": "2022-08-03T09:47:10Z", "runtime": 10})",
      // Every escape, in names and in member names; UTF-8 of every length.
      R"({"record\u005fid":"\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\ud83d\uDE00","meta":{"\u0061":["\u0062"],"é":["€","😀"]},"components":[],"start_time":"2022\u002d08-03T09:47:00Z"})",
      // Members that nobody knows, at every level, with values of every type.
      R"({"x":[],"record_id":"u","y":{"a":[1,-2.5e+10,{"b":null}],"c":{}},"components":[{"z":true,"name":"CPU","amount":1,"w":"\u00e9","scores":[{"name":"s","v":[[[]]],"value":0.0}]}],"t":false,"start_time":"2022-08-03T09:47:00Z","runtim":"1"})",
      // Long strings, and strings that end around the borders of words.
      R"({"record_id":"0123456789012345678901234567890123456789012345678901234567890123456789é0123456789","meta":{"1234567":["12345678"],"123456789":["1234567é"]},"components":[],"start_time":"1969-12-31T23:59:59.999999Z"})",
      // As people print it.
      R"({
  "record_id": "printed",
  "meta": {
    "site_id": [
      "site1"
    ],
    "group": [
      "group_1",
      "group_2"
    ]
  },
  "components": [
    {
      "name": "CPU",
      "amount": 10,
      "scores": [
        {
          "name": "HEPSPEC06",
          "value": 9.2
        },
        {
          "name": "none",
          "value": 0
        }
      ]
    }
  ],
  "start_time": "2022-08-03T09:47:00Z",
  "stop_time": "2022-08-03T10:47:00Z",
  "runtime": 3600
})",
  };
}

}  // namespace documents
