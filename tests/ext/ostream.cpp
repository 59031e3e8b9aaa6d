// What the library's types look like on a stream.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/message.hpp>
#include <auditor/ext/ostream.hpp>

#include <chrono>
#include <sstream>
#include <string>

#include "catch.hpp"

TEST_CASE("errors, codes, outcomes and times are printed in words") {
  std::ostringstream out;
  out << auditor::errc::record_exists << ' ' << auditor::outcome::duplicate << ' ' << auditor::route::post_record << ' '
      << auditor::timestamp{} << ' ' << auditor::error(auditor::errc::busy);
  CHECK(out.str() ==
        "record_exists duplicate POST /record 1970-01-01T00:00:00Z the transport is busy with another request; wait for "
        "the other request");
}

TEST_CASE("the start of a record is printed as a time of RFC 3339, and so is one moved from it") {
  const auditor::record r("a", auditor::timestamp{});
  std::ostringstream out;
  out << r.start_time << ' ' << r.start_time + std::chrono::hours(1);
  CHECK(out.str() == "1970-01-01T00:00:00Z 1970-01-01T01:00:00Z");
}

TEST_CASE("a record is printed as its JSON, or as what is wrong with it") {
  auditor::record r = auditor::record{"a", auditor::timestamp{}}.with_component(auditor::component{"CPU", 8});
  std::ostringstream out;
  out << r << '\n' << auditor::record_view(r);
  const std::string json =
      R"({"record_id":"a","meta":null,"components":[{"name":"CPU","amount":8,"scores":[]}],"start_time":"1970-01-01T00:00:00Z","stop_time":null})";
  CHECK(out.str() == json + "\n" + json);
  out.str("");
  r.components[0].name = "\xFF";
  out << r;
  CHECK(out.str() == "record 'a': invalid record (components[0].name: must be valid UTF-8); correct it; nothing was sent");
}

TEST_CASE("parts of a record are printed as its JSON has them, and a query as its text") {
  auditor::component cpu = auditor::component{"CPU", 8}.with_score("HEPSPEC06", 9.5);
  const auditor::meta meta{{"site", {"a", "b"}}, {"user", {"c"}}};
  const auditor::query open = auditor::query{}.with_runtime(auditor::gte(60)).limit(3);
  std::ostringstream out;
  out << cpu << '\n'
      << auditor::component_view(cpu) << '\n'
      << meta << '\n'
      << auditor::meta() << '\n'
      << open << '\n'
      << auditor::query{}.with_record_id("");
  const std::string json = R"({"name":"CPU","amount":8,"scores":[{"name":"HEPSPEC06","value":9.5}]})";
  CHECK(out.str() == json + "\n" + json + "\n" + R"({"site":["a","b"],"user":["c"]})" + "\n{}\nruntime[gte]=60&limit=3\n" +
                         message(auditor::query{}.with_record_id("").validate().error()));
  cpu.name = "\xFF";
  out.str("");
  out << cpu;
  CHECK(out.str() == "invalid record (components[0].name: must be valid UTF-8); correct it; nothing was sent");
}
