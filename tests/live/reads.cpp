// Reads: everything, since a time, one record, visited and streamed, with their proofs; and endpoints that are not
// Auditor's. SPDX-License-Identifier: MIT OR Apache-2.0
#include "server_under_test.hpp"

#include <auditor/json/record_encoder.hpp>
#include <auditor/model/difference.hpp>

using namespace live;
using auditor::completeness;
using auditor::errc;
using auditor::outcome;

namespace {

// Other tests, and other runs, leave records that the server cannot read.
const auditor::read_options whole_table{.unreadable = [](std::string_view) {}};

template <class Range>
std::vector<std::string> mine_among(const Range& found, const records& mine) {
  std::vector<std::string> ids = ids_of(found);
  std::erase_if(ids, [&mine](const std::string& id) { return !id.starts_with(mine.name() + "-"); });
  return ids;
}

}  // namespace

TEST_CASE("the health check of a healthy server is true") {
  auto client = connect();
  const auto health = client.health_check();
  CAPTURE(message(health.error()));
  CHECK(health);
}

TEST_CASE("get returns all records by stop time, open ones last") {
  auto client = connect();
  const records mine;
  auto all = mine.many(20);
  std::reverse(all.begin(), all.end());
  all.push_back(mine.open(mine.id("open")));
  REQUIRE(client.bulk_insert(all));
  const auto found = client.get(whole_table);
  CAPTURE(message(found.error()));
  REQUIRE(found);
  CHECK(found->summary.state == completeness::complete);
  CHECK(found->summary.records == found->size());
  std::vector<std::string> expected = ids_of(mine.many(20));
  expected.push_back(mine.id("open"));
  CHECK(mine_among(*found, mine) == expected);
  bool ordered = true;
  for (std::size_t i = 1; i < found->size(); ++i) {
    const auto &before = (*found)[i - 1].stop_time, &after = (*found)[i].stop_time;
    ordered = ordered && (!after || (before && *before <= *after));
  }
  CHECK(ordered);
}

TEST_CASE("records since a time: started, open ones too, stopped, open ones not") {
  auto client = connect();
  const records mine;
  const auto epoch = noon + std::chrono::years{100};
  std::vector<auditor::record> all;
  for (std::size_t i = 0; i < 10; ++i) {
    all.push_back(mine.open(mine.id(i), epoch + std::chrono::minutes(i)));
    if (i % 2 == 0) all.back().with_stop_time(all.back().start_time + 1h);
  }
  REQUIRE(client.bulk_insert(all));

  const auto started = client.get_started_since(epoch + 4min, whole_table);
  REQUIRE(started);
  CHECK(started->summary.state == completeness::complete);
  std::vector<std::string> ids = mine_among(*started, mine);
  std::sort(ids.begin(), ids.end());
  CHECK(ids == ids_of(std::vector<auditor::record>(all.begin() + 4, all.end())));
  CHECK(std::all_of(started->begin(), started->end(), [&](const auto& r) { return r.start_time >= epoch + 4min; }));

  const auto stopped = client.get_stopped_since(epoch + 4min + 1h, whole_table);
  REQUIRE(stopped);
  CHECK(mine_among(*stopped, mine) == std::vector<std::string>{all[4].record_id, all[6].record_id, all[8].record_id});
  CHECK(std::all_of(stopped->begin(), stopped->end(), [&](const auto& r) { return r.stop_time >= epoch + 4min + 1h; }));

  // Of nothing in a range of times, its neighbour is the proof.
  const auto none = client.get_started_since(auditor::latest_timestamp, whole_table);
  REQUIRE(none);
  CHECK(none->summary.state == completeness::complete);
}

TEST_CASE("one record is found by its id, or not") {
  auto client = connect();
  const records mine;
  const auto r = mine.closed(mine.id("one"));
  REQUIRE(client.add(r));
  CHECK(client.find(r.record_id).value()->record_id == r.record_id);
  CHECK(client.get_single_record(r.record_id).value().record_id == r.record_id);

  CHECK(client.find(mine.id("on")).value() == std::nullopt);
  const auto missing = client.get_single_record(mine.id("on"));
  CHECK(missing.error().code == errc::record_not_found);
  CHECK(missing.error().record_id() == mine.id("on"));
  for (const std::string& impossible :
       {std::string(), std::string("  "), std::string("\0", 1), std::string("\xFF"), std::string(257, 'x')}) {
    const auto found = client.find(impossible);
    CHECK(!found);
    CHECK(found.error().attempts == 0);
  }
}

TEST_CASE("a visitor sees each record once, in the order of ids, and may end the read") {
  auto client = connect();
  const records mine;
  REQUIRE(client.bulk_insert(mine.many(1200)));
  const std::vector<std::string> expected = ids_of(mine.many(1200));

  std::vector<std::string> seen;
  const auto visited =
      client.for_each(mine.all(), [&seen](const auditor::record_view& r) { seen.emplace_back(r.record_id); });
  REQUIRE(visited);
  CHECK(visited->state == completeness::complete);
  CHECK(visited->records == 1200);
  CHECK(seen == expected);

  seen.clear();
  const auto stopped = client.for_each(mine.all(), [&seen](const auditor::record_view& r) {
    seen.emplace_back(r.record_id);
    return seen.size() < 7;
  });
  REQUIRE(stopped);
  CHECK(stopped->state == completeness::stopped);
  CHECK(stopped->records == 7);
  CHECK(seen == std::vector<std::string>(expected.begin(), expected.begin() + 7));
}

TEST_CASE("a visitor may call the client") {
  auto client = connect();
  const records mine;
  REQUIRE(client.bulk_insert(mine.many(5)));
  std::size_t found = 0;
  const auto visited = client.for_each(mine.all(), [&](const auditor::record_view& r) {
    if (const auto again = client.find(r.record_id); again && *again) ++found;
    if (client.add(mine.open(std::string(r.record_id) + "+"))) ++found;
  });
  CHECK(visited.value().records == 5);
  CHECK(found == 10);
}

TEST_CASE("a stream is a loop, whole or broken off") {
  auto client = connect();
  const records mine;
  const auto all = mine.many(800);
  REQUIRE(client.bulk_insert(all));
  {
    auto stream = client.stream(mine.all());
    auditor::record r;
    std::size_t count = 0, different = 0;
    while (stream.next(r)) {
      if (count >= all.size() || auditor::difference(all[count], r) || r.record_id != all[count].record_id) ++different;
      ++count;
    }
    CHECK(stream.finish().value().state == completeness::complete);
    CHECK(count == 800);
    CHECK(different == 0);
    CHECK(!stream.next(r));
  }
  auto stream = client.stream(mine.all());
  auditor::record r;
  REQUIRE(stream.next(r));
  CHECK(r.record_id == all[0].record_id);
  CHECK(stream.finish().value().state == completeness::stopped);
  CHECK(client.health_check());
}

TEST_CASE("a streamed read has the order of ids, or no proof") {
  auto client = connect();
  const records mine;
  REQUIRE(client.bulk_insert(mine.many(10)));
  auto by_start = mine.all().sort_by(auditor::descending(auditor::field::runtime));
  std::vector<std::string> seen;
  const auto see = [&seen](const auditor::record_view& r) { seen.emplace_back(r.record_id); };
  const auto refused = client.for_each(by_start, see);
  CHECK(refused.error().code == errc::invalid_query);
  CHECK(refused.error().attempts == 0);
  CHECK(seen.empty());

  CHECK(client.for_each(by_start, see, {.reads = auditor::proof::none}).value().state == completeness::unproven);
  std::reverse(seen.begin(), seen.end());
  CHECK(seen == ids_of(mine.many(10)));

  seen.clear();
  CHECK(client.for_each(mine.all().sort_by(auditor::ascending(auditor::field::record_id)), see).value().state ==
        completeness::complete);
  CHECK(seen == ids_of(mine.many(10)));

  seen.clear();
  const auto limited = client.for_each(by_start.limit(4), see);
  CAPTURE(message(limited.error()));
  CHECK(limited.value().state == completeness::complete);
  CHECK(seen == std::vector<std::string>{mine.id(std::size_t{9}), mine.id(std::size_t{8}), mine.id(std::size_t{7}),
                                         mine.id(std::size_t{6})});
}

TEST_CASE("behind a wrong base path nothing is taken for success, or for a missing record") {
  auto client = connect(servers::under_test().url() + "/base/path");
  const records mine;
  const auto r = mine.closed(mine.id("one"));
  const std::vector<auditor::record> batch{r};
  const auto expect = [](const auditor::error& e) {
    CAPTURE(message(e));
    CHECK(e.code == errc::wrong_endpoint);
    CHECK(e.outcome == outcome::not_applied);
    CHECK(e.status == 404);
    CHECK(e.attempts == 1);
  };
  expect(client.health_check().error());
  expect(client.add(r).error());
  expect(client.add(r, {.duplicates = auditor::on_duplicate::compare}).error());
  expect(client.update(r).error());
  expect(client.bulk_insert(batch).error());
  expect(client.bulk_update(batch).error());
  expect(client.get().error());
  expect(client.find(r.record_id).error());
  expect(client.get_single_record(r.record_id).error());
  expect(client.for_each(mine.all(), [](const auditor::record_view&) {}).error());
  auto stream = client.stream(mine.all());
  auditor::record into;
  CHECK(!stream.next(into));
  expect(stream.finish().error());
}

TEST_CASE("nobody listens") {
  auto client = connect("http://127.0.0.1:1");  // tcpmux: not in use, and nobody is given it
  const auto health = client.health_check();
  CHECK(health.error().code == errc::connect_failed);
  CHECK(health.error().attempts == 1);
}

TEST_CASE("the server's own words are those that the client knows") {
  auto client = connect();
  const records mine;
  const auto json = [](const auditor::record& r) {
    std::string text;
    auditor::encode_record(r, text);
    return text;
  };
  const std::string one = json(mine.closed(mine.id("one")));
  const std::string two = json(mine.closed(mine.id("two")));
  using auditor::verb;
  struct row {
    verb method;
    std::string target;
    std::string body;
    int status;
    std::string words;
  };
  const row rows[] = {
      {verb::get, "/health_check", "", 200, ""},
      {verb::get, "/health_check/", "", 404, "The requested resource was not found. 404 Not Found"},
      {verb::get, "/", "", 404, "The requested resource was not found. 404 Not Found"},
      {verb::get, "/record", "", 405, ""},
      {verb::put, "/records", "[]", 405, ""},
      {verb::post, "/record", one, 200, ""},
      {verb::post, "/record", one, 500, "RECORD_EXISTS"},
      {verb::post, "/records", "[" + two + ",\n" + one + "]", 500, "RECORD_EXISTS"},
      {verb::post, "/records", "[" + two + ",\n" + two + "]", 500, "RECORD_EXISTS"},
      {verb::get, "/records?record_id=" + mine.id("two"), "", 200, ""},
      {verb::post, "/records", "[" + two + ",\n{\"record_id\":1}]", 400, "at line 2 column"},
      {verb::post, "/records", "[]", 200, ""},
      {verb::post, "/records", "[" + two + "]", 200, ""},
      {verb::post, "/record", "{", 400, "Json deserialize error: EOF while parsing"},
      {verb::put, "/record", one, 200, ""},
      {verb::put, "/record", json(mine.closed(mine.id("three"))), 404,
       "Updating unknown record " + mine.id("three") + " not possible."},
      {verb::put, "/record", json(mine.open(mine.id("one"))), 400, "Json deserialize error"},
      {verb::get, "/record/" + mine.id("three"), "", 500, "{\"error\":"},
      {verb::get, "/record/%20", "", 200, "null"},
      {verb::get, "/records?limit=0", "", 200, ""},
      {verb::get, "/records?limit=x", "", 400, "{\"error\":"},
      {verb::get, "/records?meta%5Ba%5D[c][0]=x", "", 400, "{\"error\":"},
  };
  for (const row& now : rows) {
    CAPTURE(to_string(now.method), now.target, now.body);
    const raw_answer got = send(client, now.method, now.target, now.body);
    CHECK(got.status == now.status);
    CAPTURE(got.body);
    if (now.words.empty()) CHECK(got.body.empty());
    if (!now.words.empty()) CHECK(got.body.find(now.words) != std::string::npos);
  }
  CHECK(send(client, verb::get, "/record/" + mine.id("one")).body.starts_with("{\"record_id\":\"" + mine.id("one") + "\""));
  const raw_answer large = send(client, verb::post, "/records", std::string(2'097'153, ' '));
  CHECK(large.status == 413);
}
