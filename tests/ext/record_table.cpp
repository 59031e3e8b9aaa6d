// A record_table: what goes in comes out, sorted and filtered without a copy, filled by a proven read, and small.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/ext/record_table.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <ranges>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../catch.hpp"
#include "../task.hpp"

using auditor::component;
using auditor::errc;
using auditor::record;
using auditor::record_rows;
using auditor::record_table;
using auditor::record_view;
using namespace std::chrono_literals;

static_assert(std::random_access_iterator<record_table::iterator>);
static_assert(std::ranges::random_access_range<const record_table>);
static_assert(std::ranges::random_access_range<const record_rows>);

namespace {

constexpr auditor::timestamp start(std::chrono::hours(24 * 20'000));

// As a batch system gives them: few sites, some users, scores of their own.
record job(std::size_t i, std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  auto r = record{"htcondor-" + std::to_string(10'000'000 + i) + ".0", start + std::chrono::seconds(below(30'000'000))}
               .with_meta("site_id", "site" + std::to_string(below(12)))
               .with_meta("user_id", "user" + std::to_string(below(401)))
               .with_meta("group_id", "atlas-prod")
               .with_meta("voms", "/atlas/Role=production/Capability=NULL")
               .with_meta("subnode", "wn" + std::to_string(below(401)) + ".example.org")
               .with_component(component{"Cores", static_cast<std::int64_t>(1 + below(16))}
                                   .with_score("hepscore23", static_cast<double>(below(17'000)) / 1000)
                                   .with_score("HEPSPEC06", static_cast<double>(below(1'700)) / 100))
               .with_component(component{"Memory", static_cast<std::int64_t>(below(64'000))})
               .with_component(component{"TotalCPU", static_cast<std::int64_t>(below(10'000'000))});
  if (below(20) != 0) {
    const auto runtime = static_cast<std::int64_t>(10 + below(400'000));
    r.stop_time = r.start_time + std::chrono::seconds(runtime);
    r.runtime = runtime;
  }
  return r;
}
std::vector<record> jobs(std::size_t count) {
  std::mt19937_64 random(20'261'127);
  std::vector<record> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(job(i, random));
  return all;
}
// Of all shapes, where little is the same.
std::vector<record> odd_ones() {
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const auto word = [&] { return std::string(below(3) == 0 ? "ü" : "a") + std::to_string(below(4)); };
  std::vector<record> all;
  for (std::size_t i = 0; i < 500; ++i) {
    record r{"r" + std::to_string(i), start + std::chrono::microseconds(below(1'000))};
    for (std::size_t k = below(6); k != 0; --k) {
      std::vector<std::string> values;
      for (std::size_t v = below(4); v != 0; --v) values.push_back(word() + std::string(below(9) == 0 ? 70'000 : 0, 'x'));
      r.meta.set(std::to_string(k) + word(), values);
    }
    for (std::size_t k = below(i % 50 == 0 ? 300 : 5); k != 0; --k) {
      component c{word(), static_cast<std::int64_t>(below(3) == 0 ? std::numeric_limits<std::int64_t>::max() : below(9))};
      for (std::size_t s = below(4); s != 0; --s) c.scores.push_back({word(), static_cast<double>(below(9)) / 3});
      r.components.push_back(std::move(c));
    }
    if (below(2) == 0) r.stop_time = r.start_time + 1h;
    if (below(2) == 0) r.runtime = static_cast<std::int64_t>(below(3)) - 1;
    all.push_back(std::move(r));
  }
  return all;
}
record_table table_of(const std::vector<record>& all) {
  record_table table;
  for (const record& r : all) table.push_back(r);
  return table;
}
std::vector<std::string> ids(const auto& rows) {
  std::vector<std::string> all;
  for (const record_view r : rows) all.emplace_back(r.record_id);
  return all;
}
std::vector<std::string> ids_of_list(const std::vector<record>& list) {
  std::vector<std::string> all;
  for (const record& r : list) all.push_back(r.record_id);
  return all;
}

}  // namespace

TEST_CASE("what a record_table was given comes back, each record as it was") {
  for (const auto& all : {jobs(2'000), odd_ones()}) {
    const record_table table = table_of(all);
    REQUIRE(table.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE(to_record(table[i]) == all[i]);
      REQUIRE(table.ids()[i] == all[i].record_id);
      REQUIRE(table.start_times()[i] == all[i].start_time);
      REQUIRE(table.stop_times()[i] == all[i].stop_time.value_or(auditor::unset_timestamp));
      REQUIRE(table.runtimes()[i] == all[i].runtime.value_or(record_table::no_runtime));
    }
    const auto amounts = table.amounts("Cores", -1);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto& parts = all[i].components;
      const auto cores = std::find_if(parts.begin(), parts.end(), [](const auto& c) { return c.name == "Cores"; });
      REQUIRE(amounts[i] == (cores == parts.end() ? -1 : cores->amount));
    }
  }
}

TEST_CASE("a record_table takes no more than 320 bytes a record of a batch system") {
  constexpr std::size_t count = 20'000;
  const record_table table = table_of(jobs(count));
  CHECK(table.memory() <= 320 * count);
}

TEST_CASE("views of a record_table stay as it grows, moves, and is given its own records") {
  record_table table = table_of(jobs(10));
  const record_view first = table[0];
  const record kept = to_record(first);
  for (int i = 0; i < 5'000; ++i) table.push_back(table[static_cast<std::size_t>(i)]);
  CHECK(table.size() == 5'010);
  CHECK(to_record(table[5'009]) == to_record(table[9]));
  record_table moved = std::move(table);
  CHECK(to_record(first) == kept);
  CHECK(moved.size() == 5'010);
  table = record_table();
  table.push_back(kept);
  CHECK(to_record(table[0]) == kept);
  moved.clear();
  CHECK(moved.empty());
  CHECK(moved.memory() == 0);
  moved.push_back(kept);
  CHECK(to_record(moved[0]) == kept);
}

TEST_CASE("rows are filtered and sorted, and the table stays as it is") {
  const auto all = jobs(1'000);
  const record_table table = table_of(all);
  record_rows rows = table.rows();
  CHECK(ids(rows) == ids_of_list(all));
  rows.keep_if([](const record_view& r) { return r.stop_time && r.runtime > 200'000; })
      .sort_by(descending(auditor::field::runtime));
  std::vector<record> expected;
  std::copy_if(all.begin(), all.end(), std::back_inserter(expected),
               [](const record& r) { return r.stop_time && r.runtime > 200'000; });
  std::sort(expected.begin(), expected.end(), [](const record& a, const record& b) {
    return a.runtime != b.runtime ? *b.runtime < *a.runtime : a.record_id < b.record_id;
  });
  REQUIRE_FALSE(expected.empty());
  CHECK(ids(rows) == ids_of_list(expected));
  CHECK(rows[0].record_id == table.ids()[rows.numbers()[0]]);
  rows.sort([](const record_view& a, const record_view& b) { return a.record_id < b.record_id; });
  CHECK(std::ranges::is_sorted(ids(rows)));
  rows.sort(
      [](const record_view& one, const record_view& other) { return one.meta[0].values[0] < other.meta[0].values[0]; });
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto before = rows[i - 1].meta[0].values[0], here = rows[i].meta[0].values[0];
    CHECK((before < here || (before == here && rows[i - 1].record_id < rows[i].record_id)));
  }
  CHECK(ids(table) == ids_of_list(all));

  const std::vector<std::uint32_t> numbers(rows.numbers().begin(), rows.numbers().end());
  std::size_t calls = 0;
  const auto throws = [&calls](const auto&...) -> bool {
    return ++calls < 20 ? calls % 2 == 0 : throw std::runtime_error("no");
  };
  CHECK_THROWS_AS(rows.keep_if(throws), std::runtime_error);
  CHECK_THROWS_AS(rows.sort(throws), std::runtime_error);
  CHECK(std::ranges::equal(rows.numbers(), numbers));

  record_rows open = table.rows();
  open.sort_by(ascending(auditor::field::stop_time));
  CHECK_FALSE(open[open.size() - 1].stop_time);
  CHECK(open[0].stop_time);
  open.sort_by(descending(auditor::field::record_id));
  CHECK(std::ranges::is_sorted(ids(open), std::greater<>()));
}

TEST_CASE("a read fills a record_table as it fills a list") {
  using auditor::field;
  auditor::sandbox server{{}};
  for (const record& r : jobs(300)) server.store(r);
  auditor::client asked{auditor::sandbox_transport(server)};
  const auditor::query queries[] = {auditor::query{}, auditor::query{}.sort_by(descending(field::start_time)),
                                    auditor::query{}.sort_by(descending(field::record_id)),
                                    auditor::query{}.sort_by(ascending(field::runtime)).limit(17)};
  for (const auditor::query& wanted : queries) {
    const auto list = asked.advanced_query(wanted);
    REQUIRE(list);
    record_table table;
    table.push_back(record{"before", start});
    const auto read = asked.advanced_query(wanted, table);
    REQUIRE(read);
    CHECK(read->records == list->size());
    CHECK(read->state == list->summary.state);
    REQUIRE(table.size() == list->size() + 1);
    CHECK(table.ids()[0] == "before");
    for (std::size_t i = 0; i < list->size(); ++i) CHECK(to_record(table[i + 1]) == (*list)[i]);
  }
}

TEST_CASE("after an error a record_table is as it was") {
  auditor::sandbox server{{}};
  for (const record& r : jobs(300)) server.store(r);
  auditor::options settings;
  settings.retry.read_attempts = 2;
  auditor::client asked{auditor::sandbox_transport(server), settings};
  record_table table = table_of(jobs(3));
  server.lose_streams(100, auditor::sandbox::always);
  const auto read = asked.advanced_query(auditor::query{}, table);
  REQUIRE_FALSE(read);
  CHECK(table.size() == 3);
  CHECK(ids(table) == ids_of_list(jobs(3)));
  server.heal();
  server.cut_streams(100);  // once: the read begins anew, and nothing comes twice
  REQUIRE(asked.advanced_query(auditor::query{}, table));
  CHECK(table.size() == 303);
}

TEST_CASE("reads into one record_table begin when they are awaited") {
  auditor::sandbox server{{}};
  for (const record& r : jobs(20)) server.store(r);
  auditor::testing::manual_loop loop;
  auditor::testing::manual_async_executor on(loop);
  using transport = auditor::testing::as_async<auditor::sandbox_transport, auditor::testing::manual_async_executor>;
  auditor::options once;
  once.retry.read_attempts = 1;
  auditor::client asked(transport(auditor::sandbox_transport(server), on, auditor::testing::arrival::later), on, once);
  record_table table;
  std::size_t first_records = 0, second_records = 0, behind_error = 0;
  auto run = [&]() -> task {
    auto first = asked.advanced_query(auditor::query{}, table);
    auto second = asked.advanced_query(auditor::query{}, table);
    auto third = asked.advanced_query(auditor::query{}, table);
    auto never = asked.advanced_query(auditor::query{}, table);
    const auto one = co_await first;
    first_records = one ? one->records : 0;
    const auto two = co_await second;
    second_records = two ? two->records : 0;
    server.lose_streams(10, auditor::sandbox::always);
    const auto three = co_await third;
    behind_error = three ? 0 : table.size();
    table.push_back(record{"behind", start});
  };
  task going = run();
  loop.run();
  REQUIRE(going.done());
  CHECK(first_records == 20);
  CHECK(second_records == 20);
  CHECK(behind_error == 40);
  going.destroy();
  CHECK(table.size() == 41);
  CHECK(table.ids()[40] == "behind");
}

TEST_CASE("a record_table is sent as any range of records") {
  auditor::sandbox server{{}};
  auditor::client to{auditor::sandbox_transport(server)};
  record_table table;
  for (record r : jobs(100)) {
    r.runtime.reset();
    table.push_back(r);
  }
  REQUIRE(to.bulk_insert(table));
  CHECK(server.size() == 100);
  record_rows some = table.rows();
  some.keep_if([](const record_view& r) { return r.record_id.ends_with("7.0"); });
  const auto again = to.bulk_insert(some, {.duplicates = auditor::on_duplicate::compare});
  CHECK(again.size() == 10);
  CHECK(again);
}
