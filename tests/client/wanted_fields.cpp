// Visitors that name the fields they want, in every flavour: the proof stays on, and what they do not see is checked.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/client/client.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include "catch.hpp"
#include "task.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace auditor;
using testing::arrival;
using testing::reply;
using testing::scripted_transport;

namespace {

using blocking_client = client<scripted_transport, testing::manual_executor>;
using executor = testing::manual_async_executor;
using async_client = client<testing::as_async<scripted_transport, executor>, executor>;

std::string job(std::string_view id, std::string_view more = "") {
  return R"({"record_id":")" + std::string(id) + R"(","meta":{"site_id":["here"],"user_id":["somebody"]},"components":[)" +
         R"({"name":"CPU","amount":8,"scores":[{"name":"HEPSPEC06","value":9.2}]},{"name":"Memory","amount":4000,"scores":[)" +
         std::string(more) +
         R"(]}],"start_time":"2024-01-02T00:00:00Z","stop_time":"2024-01-02T01:00:00Z","runtime":3600})";
}
const timestamp day{std::chrono::sys_days{std::chrono::year{2024} / 1 / 2}};

// What a visitor has seen that wants the amount of one component.
struct bill {
  std::string ids;
  std::int64_t cores = 0;
  bool too_much = false;

  void operator()(const record_view& r) {
    ids += r.record_id;
    if (const auto cpu = r.find_component("CPU")) cores += cpu->amount;
    too_much = too_much || !r.meta.empty() || r.components.size() != 1 || !r.components[0].scores.empty() ||
               r.runtime != 3600 || r.start_time != day || !r.stop_time;
  }
};
constexpr wanted_fields cpu{.components = {"CPU"}};

void check(const bill& seen, const result<read_summary>& read) {
  REQUIRE(read);
  CHECK(read->state == completeness::complete);
  CHECK(read->records == 2);
  CHECK(seen.ids == "ab");
  CHECK(seen.cores == 16);
  CHECK_FALSE(seen.too_much);
}

scripted_transport two_jobs() {
  return {reply::with(200, job("b")), reply::with(200, job("a") + job("b")).in_chunks_of(11)};
}

// A type that says for itself what it wants.
struct user_count {
  static constexpr wanted_fields fields{.meta = {"user_id"}};
  std::size_t& users;

  bool operator()(const record_view& r) {
    users += r.meta.size();
    return r.components.empty();
  }
};

}  // namespace

TEST_CASE("a visitor of a blocking client sees the fields that it names, proven complete") {
  blocking_client c(two_jobs());
  bill seen;
  check(seen, c.for_each(query{}, only(cpu, [&](const record_view& r) { seen(r); })));
}

TEST_CASE("a visitor of some fields may be a type that names them, ends the read, and is taken by find") {
  std::size_t users = 0;
  blocking_client c(two_jobs());
  CHECK(c.for_each(query{}, user_count{users}).value().state == completeness::complete);
  CHECK(users == 2);
  blocking_client few(two_jobs());
  CHECK(few.for_each(query{}, only({}, [](const record_view&) { return false; })).value().state == completeness::stopped);
  blocking_client one({reply::with(200, job("a"))});
  CHECK(one.find("a", user_count{users}).value().records == 1);
  CHECK(users == 3);
}

TEST_CASE("a range of times is proven by the times of records of which only a component is wanted") {
  std::string before = job("x");
  before.replace(before.find("2024-01-02T00"), 13, "2023-01-02T00");
  blocking_client c({reply::with(200, before), reply::with(200, job("b")), reply::with(200, job("b")),
                     reply::with(200, job("a") + job("b"))});
  bill seen;
  check(seen, c.for_each(query{}.with_start_time(gte(day), lt(day + std::chrono::hours{24})),
                         only(cpu, [&](const record_view& r) { seen(r); })));
}

TEST_CASE("in a workspace a part of a record wants less room") {
  // More scores than the workspace has room for, of a component that nobody wants.
  std::string scores = R"({"name":"s","value":1.5})";
  for (int i = 0; i < 40; ++i) scores += R"(,{"name":"s","value":1.5})";
  const std::string large = job("b", scores);
  std::array<char, 2'400> workspace;
  for (const bool whole : {false, true}) {
    blocking_client c({reply::with(200, job("b")), reply::with(200, job("a") + large)}, testing::manual_executor(),
                      options{}, workspace);
    bill seen;
    const auto visit = [&](const record_view& r) { seen(r); };
    const auto read = whole ? c.for_each(query{}, visit) : c.for_each(query{}, only(cpu, visit));
    if (whole)
      CHECK(read.error().code == errc::record_too_large);
    else
      check(seen, read);
  }
}

TEST_CASE("callbacks, coroutines and futures see the fields that they name") {
  for (const arrival when : {arrival::in_line, arrival::later}) {
    testing::manual_loop loop;
    executor on(loop);
    scripted_transport wire = two_jobs();
    for (int i = 0; i < 2; ++i)
      wire.expect(reply::with(200, job("b"))), wire.expect(reply::with(200, job("a") + job("b")).in_chunks_of(7));
    async_client c(testing::as_async<scripted_transport, executor>(wire, on, when), on, options{});

    bill called;
    std::optional<result<read_summary>> told;
    c.for_each(query{}, only(cpu, [&](const record_view& r) { called(r); }), {},
               [&](result<read_summary> r) { told = std::move(r); });
    loop.run();
    check(called, told.value());

    bill awaited;
    std::optional<result<read_summary>> came;
    auto run = [&]() -> task {
      came = co_await c.for_each(query{}, only({.components = {"CPU"}}, [&](const record_view& r) { awaited(r); }));
    };
    const task running = run();
    loop.run();
    REQUIRE(running.done());
    check(awaited, came.value());

    bill later;
    auto promised = c.for_each(query{}, only(cpu, [&](const record_view& r) { later(r); }), {}, use_future);
    loop.run();
    check(later, promised.get());
  }
}

TEST_CASE("what is wrong with a field that nobody wants ends the read, with the error of every read") {
  const std::string wrong = job("a", R"({"name":"s","value":"much"})");
  options once;
  once.retry.read_attempts = 1;
  for (const bool whole : {false, true}) {
    blocking_client c({reply::with(200, job("b")), reply::with(200, wrong + job("b"))}, testing::manual_executor(), once);
    std::size_t shown = 0;
    const auto visit = [&](const record_view&) { ++shown; };
    const auto read = whole ? c.for_each(query{}, visit) : c.for_each(query{}, only({}, visit));
    CHECK(read.error().code == errc::json_type);
    CHECK(read.error().words() == "components[1].scores[0].value: must be a number");
    CHECK(read.error().record_id() == "a");
    CHECK(shown == 0);
  }
  std::string unreadable = job("a");
  unreadable.replace(unreadable.find("\"components\":") + 13,
                     unreadable.find(",\"start_time\"") - unreadable.find("\"components\":") - 13, "null");
  blocking_client c({reply::with(200, job("b")), reply::with(200, unreadable + job("b"))});
  std::string heard;
  const auto hear = [&](std::string_view id) { heard += id; };
  const auto read = c.for_each(query{}, only({}, [](const record_view&) {}), {.unreadable = hear});
  CHECK(read.value().unreadable == 1);
  CHECK(heard == "a");
}

TEST_CASE("a superset needs whole records, and refuses a visitor of some fields before anything is sent") {
  scripted_transport wire;
  blocking_client c(wire);
  const auto read =
      c.for_each(query{}.with_component("CPU", gte(1)), only(cpu, [](const record_view&) {}), {.reads = proof::superset});
  CHECK(read.error().code == errc::invalid_query);
  CHECK(read.error().words().substr(0, 15) == "proof::superset");
  CHECK(wire.sent().empty());
}
