// Bulk writes: any size, duplicates, invalid records, ids twice, and an outcome for each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "server_under_test.hpp"

#include <auditor/ext/future.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/transport/curl_async.hpp>

using namespace live;
using auditor::errc;
using auditor::on_duplicate;
using auditor::outcome;

namespace {

// The records of a query by id, as the server has them.
template <class Client>
std::vector<auditor::record> stored(Client& client, const records& mine) {
  auto found = client.advanced_query(mine.all());
  INFO(message(found.error()));
  REQUIRE(found);
  CHECK(found->summary.state == (found->empty() ? auditor::completeness::none_found : auditor::completeness::complete));
  std::sort(found->begin(), found->end(), [](const auto& a, const auto& b) { return a.record_id < b.record_id; });
  return std::move(found->records);
}

std::size_t count_differences(const std::vector<auditor::record>& ours, const std::vector<auditor::record>& theirs) {
  if (ours.size() != theirs.size()) return ours.size() + theirs.size();
  std::size_t count = 0;
  for (std::size_t i = 0; i < ours.size(); ++i)
    if (ours[i].record_id != theirs[i].record_id || auditor::difference(ours[i], theirs[i])) ++count;
  return count;
}

struct progress {
  std::size_t calls = 0;
  std::size_t last = 0;
  std::size_t of = 0;
  bool forward = true;

  auditor::progress_callback callback() {
    return [this](std::size_t done, std::size_t all) {
      forward = forward && done >= last;
      ++calls, last = done, of = all;
    };
  }
};

std::string first_error(const auditor::bulk_report& report) { return message(report.error()); }

}  // namespace

TEST_CASE("1,500 records take three requests, and all are there") {
  auto client = connect();
  const records mine;
  const auto batch = mine.many(1500);
  progress seen;
  const auto report = client.bulk_insert(batch, {.progress = seen.callback()});
  CAPTURE(first_error(report));
  CHECK(report);
  CHECK(report.delivered() == 1500);
  CHECK(report.requests() == 3);
  CHECK(seen.forward);
  CHECK(seen.last == 1500);
  CHECK(seen.of == 1500);
  CHECK(count_differences(batch, stored(client, mine)) == 0);
}

TEST_CASE("no records take no request") {
  auto client = connect();
  const std::vector<auditor::record> none;
  CHECK(client.bulk_insert(none));
  CHECK(client.bulk_insert(none).requests() == 0);
  CHECK(client.bulk_update(none));
}

TEST_CASE("known records are found among the new ones, in few requests") {
  auto client = connect();
  const records mine;
  const auto batch = mine.many(1000);
  auto known = batch[617];
  known.components[0].amount = 1;
  REQUIRE(client.add(known));

  const auto report = client.bulk_insert(batch);
  CHECK(!report);
  CHECK(report.delivered() == 999);
  CHECK(report.duplicates() == 1);
  CHECK(report[617] == auditor::record_outcome{outcome::duplicate, errc::record_exists, report[617].status});
  REQUIRE(report.errors().size() == 1);
  CHECK(report.error().index == 617);
  CHECK(report.error().record_id() == known.record_id);
  CHECK(report.requests() <= 36);
  auto expected = batch;
  expected[617] = known;
  CHECK(count_differences(expected, stored(client, mine)) == 0);
}

TEST_CASE("a batch of nothing but known records settles each") {
  auto client = connect();
  const records mine;
  const auto batch = mine.many(120);
  REQUIRE(client.bulk_insert(batch));
  for (const on_duplicate policy :
       {on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update}) {
    const auto report = client.bulk_insert(batch, {.duplicates = policy});
    CAPTURE(to_string(policy), first_error(report));
    CHECK(static_cast<bool>(report) == (policy != on_duplicate::fail));
    CHECK(report.failures() == (policy == on_duplicate::fail ? 120u : 0u));
    CHECK(report.delivered() + report.duplicates() == 120);
  }
  CHECK(count_differences(batch, stored(client, mine)) == 0);
}

TEST_CASE("every record of a mixed batch gets the outcome that it deserves") {
  auto client = connect();
  const records mine;
  auto batch = mine.many(700);
  std::reverse(batch.begin(), batch.end());  // the order of the batch is the caller's
  batch[3].record_id = " ";                  // invalid
  batch[250].components[0].scores[0].value = -1;
  batch[699].with_stop_time(noon - 1s);
  batch[101] = batch[100];  // the same once more
  batch[201] = batch[200];  // a different one
  batch[201].components[0].amount = 1;
  const std::vector<auditor::record> known{batch[50], batch[51], batch[600]};
  REQUIRE(client.bulk_insert(known));

  const auto report = client.bulk_insert(batch);
  REQUIRE(report.size() == 700);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < report.size(); ++i) {
    outcome result = outcome::delivered;
    errc code = errc::ok;
    if (i == 3 || i == 250 || i == 699) result = outcome::rejected, code = errc::invalid_record;
    if (i == 50 || i == 51 || i == 600) result = outcome::duplicate, code = errc::record_exists;
    if (i == 101 || i == 201) result = outcome::duplicate, code = errc::record_exists;
    CAPTURE(i, to_string(report[i].outcome), to_string(report[i].code));
    if (report[i].outcome != result || report[i].code != code) ++wrong;
    if (report[i].outcome != result || report[i].code != code) CHECK(i == 700);
  }
  CHECK(wrong == 0);
  CHECK(report.failures() == 8);
  CHECK(report.errors().size() == 8);
  CHECK(stored(client, mine).size() == 700 - 3 - 2);
}

TEST_CASE("a bulk compares, and closes open records, where it is asked to") {
  auto client = connect();
  const records mine;
  std::vector<auditor::record> first, second;
  for (std::size_t i = 0; i < 40; ++i) {
    first.push_back(mine.open(mine.id(i)));
    second.push_back(mine.closed(mine.id(i)));
  }
  second[7].components[0].amount = 1;  // a conflict under both policies
  first.erase(first.begin() + 20);     // new
  REQUIRE(client.bulk_insert(first));

  const auto compared = client.bulk_insert(second, {.duplicates = on_duplicate::compare});
  CHECK(compared.failures() == 39);
  CHECK(compared[20].outcome == outcome::delivered);
  CHECK(compared[7].code == errc::conflict);
  CHECK(compared[8].code == errc::conflict);

  const auto updated = client.bulk_insert(second, {.duplicates = on_duplicate::update});
  CAPTURE(first_error(updated));
  CHECK(updated.failures() == 1);
  CHECK(updated[7].code == errc::conflict);
  auto expected = second;
  expected[7] = mine.open(mine.id(std::size_t{7}));
  CHECK(count_differences(expected, stored(client, mine)) == 0);
}

TEST_CASE("a server that stores nothing of a batch with a known record gets the others all the same") {
  if (!has_warning_server()) return;
  auto client = connect(servers::under_test().warning_url());
  const records mine;
  const auto batch = mine.many(1000);
  REQUIRE(client.add(batch[0]));
  REQUIRE(client.add(batch[999]));
  const auto report = client.bulk_insert(batch);
  CHECK(report.delivered() == 998);
  CHECK(report.duplicates() == 2);
  CHECK(report[0].code == errc::record_exists);
  CHECK(report[999].code == errc::record_exists);
  CHECK(client.bulk_insert(mine.many(30), {.duplicates = on_duplicate::compare}));
  CHECK(count_differences(batch, stored(client, mine)) == 0);
}

TEST_CASE("large records are cut into requests by their bytes") {
  auto client = connect();
  const records mine;
  auto batch = mine.many(12);
  const std::vector<std::string> filler(1000, std::string(250, 'f'));  // 253 kB each, at most 1 MB a request
  for (auto& r : batch) r.with_meta("filler", filler);
  const auto report = client.bulk_insert(batch);
  CAPTURE(first_error(report));
  CHECK(report);
  CHECK(report.requests() == 4);
  CHECK(stored(client, mine).size() == 12);
}

TEST_CASE("a job that starts and ends in one batch is stored with its end") {
  auto client = connect();
  const records mine;
  std::vector<auditor::record> batch, expected;
  for (std::size_t i = 0; i < 30; ++i) {
    batch.push_back(mine.open(mine.id(i)));
    expected.push_back(mine.closed(mine.id(i)));
  }
  batch.insert(batch.end(), expected.begin(), expected.end());
  const auto report = client.bulk_insert(batch, {.duplicates = on_duplicate::update});
  CAPTURE(first_error(report));
  CHECK(report.delivered() == 60);
  CHECK(count_differences(expected, stored(client, mine)) == 0);
}

TEST_CASE("bulk_update sets many stop times and tells which ids are unknown") {
  auto client = connect();
  const records mine;
  std::vector<auditor::record> first, second;
  for (std::size_t i = 0; i < 60; ++i) {
    first.push_back(mine.open(mine.id(i)));
    second.push_back(mine.closed(mine.id(i), std::chrono::seconds(i)));
  }
  REQUIRE(client.bulk_insert(first));
  auto updates = second;
  updates.insert(updates.begin() + 30, mine.closed(mine.id("unknown")));
  updates.push_back(mine.open(mine.id("open")));  // no stop time

  progress seen;
  const auto report = client.bulk_update(updates, {.progress = seen.callback()});
  CHECK(report.delivered() == 60);
  CHECK(report.failures() == 2);
  CHECK(report[30].code == errc::record_not_found);
  CHECK(report[30].outcome == outcome::not_applied);
  CHECK(report[61].code == errc::invalid_record);
  CHECK(report[61].outcome == outcome::rejected);
  CHECK(seen.last == 62);
  CHECK(count_differences(second, stored(client, mine)) == 0);
}

TEST_CASE("a batch that goes up in any order is stored once") {
  auto client = connect();
  const records mine;
  auto batch = mine.many(300);
  std::mt19937 random(7);
  auto shuffled = batch;
  std::shuffle(shuffled.begin(), shuffled.end(), random);
  shuffled.insert(shuffled.end(), batch.begin(), batch.end());  // each one twice
  const auto report = client.bulk_insert(shuffled, {.duplicates = on_duplicate::compare});
  CHECK(report);
  CHECK(report.delivered() == 600);
  CHECK(report.requests() == 1);
  CHECK(count_differences(batch, stored(client, mine)) == 0);
}

TEST_CASE(
    "several requests of one bulk are under way at once, and two such bulks that overlap know whose record is whose") {
  auto client = connect();
  const records mine;
  const auto first = mine.many(4'000);
  const auto second = mine.many(4'000, 2'000);
  auditor::io_thread thread;
  auto asked =
      auditor::async_client_builder().connection_string(servers::under_test().url()).build(thread.get_executor()).value();
  auto both = std::array{asked.bulk_insert(first, {.in_flight = 4}, auditor::use_future),
                         asked.bulk_insert(second, {.in_flight = 4}, auditor::use_future)};
  const std::array reports{both[0].get(), both[1].get()};
  for (const auto& report : reports) {
    CAPTURE(first_error(report));
    CHECK(report.size() == 4'000);
    CHECK(report.delivered() + report.duplicates() == 4'000);
  }
  for (std::size_t i = 0; i < 2'000; ++i) {
    const bool by_first = reports[0][2'000 + i].outcome == outcome::delivered;
    const bool by_second = reports[1][i].outcome == outcome::delivered;
    if (by_first == by_second) FAIL("record " << 2'000 + i << " belongs to " << (by_first ? "both" : "nobody"));
  }
  CHECK(count_differences(mine.many(6'000), stored(client, mine)) == 0);
}
