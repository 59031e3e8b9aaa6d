// Codecs of the caller's own: what they fail at is said of the record that it is about, and of no other.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;

template <class Codec>
using codec_client = client<sandbox_transport, manual_executor, Codec>;

record record_of(const char* id) { return record(id, timestamp{}).with_component({"CPU", 1}); }

// Cannot read the record of one id.
struct choosy_codec : builtin_codec {
  static inline errc code{};
  static error decode(std::string_view text, record& r) {
    const error e = builtin_codec::decode(text, r);
    return r.record_id == "c" ? error(code, "not this one") : e;
  }
};

TEST_CASE("what a codec cannot read is an error that names the record, whatever its code and place") {
  sandbox server;
  for (const char* id : {"a", "b", "c"}) server.store(record_of(id));
  codec_client<choosy_codec> c(sandbox_transport{server});
  for (const errc code : {errc::connect_failed, errc::connection_lost, errc::server_failure, errc::timed_out,
                          errc::json_type, errc::truncated, errc::server_busy, errc::buffer_full, errc::conflict}) {
    choosy_codec::code = code;
    const auto told = [code](const error& e) {
      CAPTURE(to_string(code));
      CHECK(e.code == code);
      CHECK(e.record_id() == "c");
      CHECK(e.request == route::get_records);
      CHECK(e.status == 200);
      CHECK(e.attempts >= 1);
    };
    told(c.get().error());
    told(c.get({.reads = proof::none}).error());
    told(c.advanced_query(query().sort_by(descending(field::record_id)).limit(1)).error());
    told(c.find("c").error());
    told(c.get_single_record("c").error());
    auto records = c.stream(query{});
    record r;
    while (records.next(r)) continue;
    told(records.finish().error());
    CHECK(c.find("a").value().has_value());
  }
}

// Has memory for so many records, and then none.
struct poor_codec : builtin_codec {
  static inline int left = 0;
  static error encode(const record_view& r, std::string& out) {
    return left-- > 0 ? builtin_codec::encode(r, out) : error(errc::buffer_full, "no memory just now");
  }
};

TEST_CASE("what may be stored is not rejected when its codec fails the next time") {
  sandbox server;
  codec_client<poor_codec> c(sandbox_transport{server});
  int posts = 0;
  server.commit_then_lose(1);
  server.watch([&](const sandbox_request& sent) {
    if (sent.method == "POST" && ++posts == 2) server.lose_requests(4);
  });
  poor_codec::left = 1;
  const bulk_report report = c.bulk_insert({record_of("a")});
  CHECK(server.size() == 1);
  CHECK(report[0].outcome == outcome::unknown);
  CHECK(report[0].code == errc::buffer_full);
}

TEST_CASE("a stop time that is not set because its codec fails can be set later") {
  sandbox server;
  server.store(record_of("a"));
  codec_client<poor_codec> c(sandbox_transport{server});
  poor_codec::left = 1;
  const auto stopped = record_of("a").with_stop_time(timestamp{});
  const bulk_report report = c.bulk_insert({stopped}, {.duplicates = on_duplicate::update});
  CHECK(report[0].outcome == outcome::not_applied);
  CHECK(report[0].code == errc::buffer_full);
}

// A line for each member, and a member that the server does not know for one id.
struct pretty_codec : builtin_codec {
  static error encode(const record_view& r, std::string& out) {
    std::string text;
    if (const error e = builtin_codec::encode(r, text)) return e;
    if (r.record_id == "a") text.replace(text.find("amount"), 6, "amuont");
    for (const char each : text) {
      out += each;
      if (each == ',') out += '\n';
    }
    return {};
  }
};

TEST_CASE("where a codec writes several lines, the server's line is not taken for a record") {
  sandbox server;
  codec_client<pretty_codec> c(sandbox_transport{server});
  std::vector<record> batch;
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h"}) batch.push_back(record_of(id));
  const bulk_report report = c.bulk_insert(batch);
  CHECK(report[0].outcome == outcome::rejected);
  CHECK(report.delivered() == 7);
  CHECK(server.size() == 7);
}

}  // namespace
