// What a user's test can do to a sandbox, as seen through its transport and from outside.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include "catch.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

using auditor::errc;
using auditor::route;
using auditor::sandbox;
using auditor::verb;

std::string add_body(const std::string& id, const std::string& stop = "null") {
  const std::string stop_time = stop == "null" ? stop : "\"" + stop + "\"";
  return R"({"record_id":")" + id + R"(","components":[],"start_time":"2022-08-03T09:47:00Z","stop_time":)" + stop_time +
         "}";
}

struct outcome_of_call {
  errc code = errc::ok;
  auditor::response_head head;
  std::string body;
  std::size_t reads = 0;
};

// One request through the transport, read in pieces of `size` bytes.
outcome_of_call ask(sandbox& server, verb method, std::string_view target, std::string_view body = {},
                    std::size_t size = 4096) {
  auditor::sandbox_transport transport(server);
  auditor::sandbox_transport::stream stream;
  const auditor::header headers[] = {{"Content-Type", "application/json"}};
  outcome_of_call out;
  const auto head = transport.open(stream, {method, target, headers, body}, {});
  if (!head) {
    out.code = head.error().code;
    return out;
  }
  out.head = *head;
  std::string buffer(size, '\0');
  while (true) {
    const auto n = stream.read(buffer, {});
    if (!n) {
      out.code = n.error().code;
      return out;
    }
    if (*n == 0) return out;
    ++out.reads;
    out.body.append(buffer, 0, *n);
  }
}

void fill(sandbox& server, int count) {
  for (int i = 0; i < count; ++i)
    REQUIRE(ask(server, verb::post, "/record", add_body("r" + std::to_string(i))).head.status == 200);
}

std::size_t count_records(const std::string& body) {
  std::size_t count = 0;
  for (std::size_t i = body.find("{\"record_id\""); i != std::string::npos; i = body.find("{\"record_id\"", i + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a list of records comes one record per read, and in pieces when the buffer is smaller") {
  sandbox server;
  fill(server, 3);
  const auto whole = ask(server, verb::get, "/records");
  CHECK(whole.reads == 3);
  CHECK(count_records(whole.body) == 3);
  CHECK(ask(server, verb::get, "/records", {}, 7).body == whole.body);
}

TEST_CASE("the records of an answer are those of its beginning, whatever happens meanwhile") {
  sandbox server;
  fill(server, 2);
  auto answer = server.handle("GET", "/records?sort_by[asc]=record_id");
  CHECK(server.handle("PUT", "/record", "application/json", add_body("r1", "2022-08-03T10:47:00Z")).status == 200);
  CHECK(server.archive(auditor::timestamp::max()) == 1);
  const std::string body = answer.body.text();
  CHECK(count_records(body) == 2);
  CHECK(body.find("10:47:00") == std::string::npos);
}

TEST_CASE("a database that is down fails writes and the health check, and answers lists with nothing") {
  sandbox server;
  fill(server, 1);
  server.database_down();
  const struct {
    verb method;
    const char* target;
    std::string body;
    int status;
    const char* answer;
  } cases[] = {
      {verb::get, "/health_check", "", 500, ""},
      {verb::get, "/records", "", 200, ""},
      {verb::get, "/records?limit=x", "", 400, R"({"error":"invalid digit found in string"})"},
      {verb::get, "/record/r0", "", 500,
       R"({"error":"A database error was encountered while trying to get a record from the database"})"},
      {verb::post, "/record", add_body("new"), 500, "UNEXPECTED_ERROR"},
      {verb::post, "/records", "[" + add_body("new") + "]", 500, "UNEXPECTED_ERROR"},
      {verb::put, "/record", add_body("r0", "2022-08-03T10:47:00Z"), 500,
       "pool timed out while waiting for an open connection"},
      {verb::post, "/record", "{}", 400, "Json deserialize error: missing field `record_id` at line 1 column 2"},
  };
  for (const auto& c : cases) {
    INFO(c.target);
    const auto out = ask(server, c.method, c.target, c.body);
    CHECK(out.head.status == c.status);
    CHECK(out.body == c.answer);
  }
  server.database_down(false);
  CHECK(ask(server, verb::get, "/health_check").head.status == 200);
  CHECK(server.size() == 1);
}

TEST_CASE("each fault of the database has the server's answers, words and times") {
  using std::chrono::milliseconds;
  const std::string failed = "error returned from database: ";
  struct fault {
    const char* what;
    void (*set)(sandbox&);
    milliseconds after;
    int health;
    std::size_t all, first_ids, one_id;  // records of each list; 3 are there
    std::string write, update;           // words of the refusal; empty: it is done
    milliseconds health_after{0};
    milliseconds quick_after{0};  // what an index answers, and writes
  };
  const fault faults[] = {
      {"nothing is wrong", [](sandbox&) {}, 0ms, 200, 3, 2, 1, "", ""},
      {"no free connection", [](sandbox& s) { s.hold_connections(); }, 2000ms, 500, 0, 0, 0, "UNEXPECTED_ERROR",
       "pool timed out while waiting for an open connection", 2000ms, 2000ms},
      {"no database", [](sandbox& s) { s.database_down(); }, 2000ms, 500, 0, 0, 0, "UNEXPECTED_ERROR",
       "pool timed out while waiting for an open connection", 2000ms, 2000ms},
      {"one free connection", [](sandbox& s) { s.hold_connections(9); }, 0ms, 200, 3, 2, 1, "", ""},
      {"the backend dies", [](sandbox& s) { s.terminate_backends(sandbox::always); }, 0ms, 200, 0, 0, 0, "UNEXPECTED_ERROR",
       failed + "terminating connection due to administrator command"},
      {"the backend dies after a record", [](sandbox& s) { s.terminate_backends(sandbox::always, 1); }, 0ms, 200, 1, 1, 1,
       "UNEXPECTED_ERROR", failed + "terminating connection due to administrator command"},
      {"a lock", [](sandbox& s) { s.time_out_locks(700ms); }, 700ms, 200, 0, 0, 0, "UNEXPECTED_ERROR",
       failed + "canceling statement due to lock timeout", 0ms, 700ms},
      {"a slow scan", [](sandbox& s) { s.time_out_scans(300ms); }, 300ms, 200, 0, 2, 1, "", ""},
      {"a slow scan that finds something", [](sandbox& s) { s.time_out_scans(300ms, 2); }, 300ms, 200, 2, 2, 1, "", ""},
      {"no right to read", [](sandbox& s) { s.revoke_select(); }, 0ms, 200, 0, 0, 0, "", ""},
  };
  for (const fault& f : faults) {
    INFO(f.what);
    sandbox server;
    fill(server, 3);
    milliseconds passed{0};
    server.pass_time([&passed](milliseconds time) { passed += time; });
    const auto took = [&passed] { return std::exchange(passed, milliseconds{0}); };
    f.set(server);

    const auto health = ask(server, verb::get, "/health_check");
    CHECK(health.head.status == f.health);
    CHECK(health.body.empty());
    CHECK(took() == f.health_after);
    const struct {
      const char* target;
      std::size_t records;
      milliseconds after;
    } lists[] = {{"/records", f.all, f.after},
                 {"/records?sort_by[desc]=record_id&limit=2", f.first_ids, f.quick_after},
                 {"/records?record_id=r1", f.one_id, f.quick_after}};
    for (const auto& list : lists) {
      INFO(list.target);
      const auto answer = ask(server, verb::get, list.target);
      CHECK(answer.code == errc::ok);
      CHECK(answer.head.status == 200);
      CHECK(count_records(answer.body) == list.records);
      CHECK(took() == list.after);
    }
    CHECK((ask(server, verb::get, "/record/r1").head.status == 200) == (f.one_id == 1 && f.all != 1));
    CHECK(took() == f.quick_after);
    for (const char* target : {"/record", "/records"}) {
      const std::string one = add_body(std::string("new") + target);
      const auto add = ask(server, verb::post, target, target == std::string("/record") ? one : "[" + one + "]");
      CHECK(add.head.status == (f.write.empty() ? 200 : 500));
      CHECK(add.body == f.write);
      CHECK(took() == f.quick_after);
    }
    const auto update = ask(server, verb::put, "/record", add_body("r0", "2022-08-03T10:47:00Z"));
    CHECK(update.head.status == (f.update.empty() ? 200 : 500));
    CHECK(update.body == f.update);
    CHECK(took() == f.quick_after);
    CHECK(server.log().size() == (f.write.empty() ? 6 : 3));
    CHECK(ask(server, verb::get, "/metrics").head.status == 200);
    CHECK(took() == 0ms);

    server.heal();
    CHECK(count_records(ask(server, verb::get, "/records").body) == server.size());
    CHECK(took() == 0ms);
  }
}

TEST_CASE("a query that scans the table is one that no index answers") {
  sandbox server;
  fill(server, 3);
  server.time_out_scans(1ms);
  const struct {
    const char* query;
    std::size_t records;
  } cases[] = {
      {"?sort_by[asc]=record_id", 0},
      {"?limit=1", 0},
      {"?sort_by[asc]=start_time&limit=1", 0},
      {"?start_time[gte]=2022-01-01T00:00:00Z", 0},
      {"?sort_by[asc]=record_id&limit=4", 0},
      {"?sort_by[asc]=record_id&limit=3", 3},
      {"?record_id=r2", 1},
      {"?record_id=r2&start_time[gte]=2022-01-01T00:00:00Z", 1},
  };
  for (const auto& c : cases) {
    INFO(c.query);
    CHECK(count_records(ask(server, verb::get, std::string("/records") + c.query).body) == c.records);
  }
}

TEST_CASE("backends die in bursts, and time-outs as often as is asked") {
  sandbox server;
  fill(server, 2);
  const auto lists = [&server] {
    std::string sizes;
    for (int i = 0; i < 4; ++i) sizes += std::to_string(count_records(ask(server, verb::get, "/records").body));
    return sizes;
  };
  server.terminate_backends(3);
  CHECK(lists() == "0002");
  server.terminate_backends(2, 1);
  CHECK(lists() == "1122");
  server.time_out_locks(1ms, 2);
  CHECK(lists() == "0022");
  server.time_out_scans(1ms, 1, 3);
  CHECK(lists() == "1112");
  server.time_out_locks(1ms);
  server.time_out_locks(1ms, 0);
  CHECK(lists() == "2222");
  server.terminate_backends();
  CHECK(ask(server, verb::post, "/record", add_body("a")).head.status == 500);
  CHECK_FALSE(server.find("a"));
  CHECK(ask(server, verb::post, "/record", add_body("a")).head.status == 200);
}

TEST_CASE("a client with a clock of its own waits by that clock") {
  sandbox server;
  auditor::client client{auditor::sandbox_transport{server}, auditor::testing::manual_executor{}};
  server.pass_time([&client](std::chrono::milliseconds time) { client.executor().advance(time); });
  server.hold_connections();
  const auto start = client.executor().now();
  CHECK(client.health_check().error().status == 500);
  CHECK(client.executor().now() - start >= 2000ms);
}

TEST_CASE("a request gets the connection that becomes free while it waits") {
  sandbox server;
  fill(server, 1);
  server.hold_connections();
  auto left = 2000ms;
  server.pass_time([&](std::chrono::milliseconds time) {
    left -= time;
    if (left <= 500ms) server.hold_connections(0);
  });
  CHECK(count_records(ask(server, verb::get, "/records").body) == 1);
  CHECK(left == 500ms);
}

TEST_CASE("a list on its way uses a connection until all but its end is given, or nobody wants it any more") {
  auditor::sandbox_options options;
  options.connections = 2;
  sandbox server(options);
  for (int i = 0; i < 300; ++i) server.store({"r" + std::to_string(i), std::chrono::sys_days{}});
  const auto status = [&server] { return ask(server, verb::get, "/health_check").head.status; };
  auto one = server.handle("GET", "/records");
  {
    const auto two = server.handle("GET", "/records");
    CHECK(status() == 500);
    CHECK(server.handle("GET", "/records").body.text().empty());
  }
  CHECK(status() == 200);
  server.hold_connections(1);
  CHECK(status() == 500);
  for (int i = 0; i < 200; ++i) REQUIRE(one.body.next());
  CHECK(status() == 200);
  CHECK(count_records(one.body.text()) == 100);
}

TEST_CASE("a wait ends with the limits of the call, and what needs no database does not wait") {
  sandbox server;
  server.hold_connections();
  auto passed = 0ms;
  server.pass_time([&passed](std::chrono::milliseconds time) { passed += time; });
  auditor::sandbox_transport transport(server);
  auditor::sandbox_transport::stream stream;
  const auto open = [&](const char* target, auditor::ticks timeout) {
    passed = 0ms;
    return transport.open(stream, {verb::get, target, {}, {}}, {timeout, nullptr}).error().code;
  };
  CHECK(open("/records", 1234ms) == errc::timed_out);
  CHECK(passed == 1234ms);
  CHECK(open("/records", 2000ms) == errc::ok);
  CHECK(passed == 2000ms);
  CHECK(open("/elsewhere", 1ms) == errc::ok);
  server.answer_next(503);
  CHECK(open("/records", 1ms) == errc::ok);
  CHECK(server.requests() == 3);

  server.heal();
  server.time_out_locks(700ms);
  char room[1];
  CHECK(open("/records", 100ms) == errc::ok);
  CHECK(passed == 0ms);
  CHECK(stream.read(room, {100ms, nullptr}).error().code == errc::timed_out);
  CHECK(passed == 100ms);
  CHECK(open("/record/a", 699ms) == errc::timed_out);
}

TEST_CASE("a stream is cut with a clean end once, or each time") {
  sandbox server;
  fill(server, 5);
  server.cut_streams(2);
  CHECK(count_records(ask(server, verb::get, "/records?limit=2").body) == 2);  // not shorter: does not count
  const auto cut = ask(server, verb::get, "/records");
  CHECK(cut.code == errc::ok);
  CHECK(count_records(cut.body) == 2);
  CHECK(count_records(ask(server, verb::get, "/records").body) == 5);

  server.cut_streams(0, sandbox::always);
  for (int i = 0; i < 3; ++i) CHECK(ask(server, verb::get, "/records").body.empty());
  server.heal();
  CHECK(count_records(ask(server, verb::get, "/records").body) == 5);
}

TEST_CASE("a lost stream gives its records and then a lost connection") {
  sandbox server;
  fill(server, 3);
  server.lose_streams(1);
  const auto lost = ask(server, verb::get, "/records");
  CHECK(lost.code == errc::connection_lost);
  CHECK(count_records(lost.body) == 1);
  CHECK(ask(server, verb::get, "/records").code == errc::ok);
}

TEST_CASE("a write whose answer is lost has been done, and one that is lost before has not") {
  sandbox server;
  server.commit_then_lose(2);
  CHECK(ask(server, verb::get, "/health_check").code == errc::ok);  // only writes
  CHECK(ask(server, verb::post, "/record", add_body("a")).code == errc::connection_lost);
  CHECK(ask(server, verb::put, "/record", add_body("a", "2022-08-03T10:47:00Z")).code == errc::connection_lost);
  const auto repeat = ask(server, verb::post, "/record", add_body("a"));
  CHECK(repeat.head.status == 500);
  CHECK(repeat.body == "RECORD_EXISTS");

  server.lose_requests();
  CHECK(ask(server, verb::post, "/record", add_body("b")).code == errc::connection_lost);
  server.refuse_connections();
  CHECK(ask(server, verb::post, "/record", add_body("b")).code == errc::connect_failed);
  CHECK_FALSE(server.find("b"));
  CHECK(ask(server, verb::post, "/record", add_body("b")).head.status == 200);

  using what = auditor::sandbox_change::what;
  const auto log = server.log();
  REQUIRE(log.size() == 3);
  CHECK((log[0].kind == what::insert && log[0].record_id == "a" && log[0].request == 2 && !log[0].stop_time));
  CHECK((log[1].kind == what::update && log[1].record_id == "a" && log[1].request == 3 && log[1].stop_time));
  CHECK((log[2].kind == what::insert && log[2].record_id == "b"));
}

TEST_CASE("scripted answers come in turn, whatever is asked, with their headers") {
  sandbox server;
  server.answer_next(503, "busy", {{"Retry-After", "7"}}, 2);
  server.answer_next(302, "", {{"Location", "/elsewhere"}});
  for (int i = 0; i < 2; ++i) {
    const auto out = ask(server, verb::post, "/record", add_body("a"));
    CHECK(out.head.status == 503);
    CHECK(out.head.retry_after == 7);
    CHECK(out.body == "busy");
  }
  CHECK(ask(server, verb::get, "/records").head.status == 302);
  CHECK(ask(server, verb::post, "/record", add_body("a")).head.status == 200);
  CHECK(server.log().size() == 1);

  for (const char* nonsense : {"soon", "-5", "1.5", "99999999999999999999", ""}) {
    server.answer_next(503, "", {{"Retry-After", nonsense}});
    CHECK(ask(server, verb::get, "/records").head.retry_after == -1);
  }
}

TEST_CASE("RBAC refuses a route, and values of meta that are not the reader's") {
  sandbox server;
  server.deny(route::post_record);
  const auto refused = ask(server, verb::post, "/record", add_body("a"));
  CHECK(refused.head.status == 403);
  CHECK(refused.body == "Insufficient permissions");
  CHECK(server.size() == 0);

  for (const char* site : {"A", "B"}) server.store(auditor::record{site, std::chrono::sys_days{}}.with_meta("site", site));
  server.restrict_meta({{"site", {"A"}}});
  CHECK(count_records(ask(server, verb::get, "/records").body) == 1);
  CHECK(count_records(ask(server, verb::get, "/records?meta[site][c][0]=A").body) == 1);
  for (const char* query : {"?meta[site][c][0]=B", "?meta[site][dnc][0]=B", "?meta[group][c][0]=A"}) {
    const auto out = ask(server, verb::get, std::string("/records") + query);
    CHECK(out.head.status == 403);
    CHECK(out.body == "Access denied by RBAC policy");
  }
}

TEST_CASE("requests are counted, in all and by route") {
  sandbox server;
  fill(server, 2);
  ask(server, verb::get, "/records?limit=1");
  ask(server, verb::get, "/record/r0");
  ask(server, verb::get, "/nothing");
  CHECK(server.requests() == 5);
  CHECK(server.requests(route::post_record) == 2);
  CHECK(server.requests(route::get_records) == 1);
  CHECK(server.requests(route::none) == 2);
  CHECK(server.requests(route::post_records) == 0);
}

TEST_CASE("a stored record comes back as it is, and is served like any other") {
  sandbox server;
  const auto start = std::chrono::sys_days{std::chrono::year{2022} / 8 / 3} + 1us;
  const auto r = auditor::record{"a", start}
                     .with_component(auditor::component{"CPU", 10}.with_score("HEPSPEC06", 9.2))
                     .with_meta("site_id", "site1")
                     .with_stop_time(start + 90s);
  server.store(r);
  auto expected = r;
  expected.runtime = 90;
  CHECK(server.find("a") == expected);
  CHECK(server.records() == std::vector{expected});
  CHECK_FALSE(server.find("b"));
  CHECK(
      server.handle("GET", "/record/a").body.text() ==
      R"({"record_id":"a","meta":{"site_id":["site1"]},"components":[{"name":"CPU","amount":10,"scores":[{"name":"HEPSPEC06",)"
      R"("value":9.2}]}],"start_time":"2022-08-03T00:00:00.000001Z","stop_time":"2022-08-03T00:01:30.000001Z","runtime":90})");
}

TEST_CASE("the archiver takes what stopped before, and leaves open records") {
  sandbox server;
  fill(server, 1);
  server.handle("POST", "/record", "application/json", add_body("old", "2022-08-03T10:00:00Z"));
  server.handle("POST", "/record", "application/json", add_body("new", "2022-09-03T10:00:00Z"));
  CHECK(server.archive(std::chrono::sys_days{std::chrono::year{2022} / 9 / 1}) == 1);
  CHECK_FALSE(server.find("old"));
  CHECK(server.size() == 2);
  CHECK(server.handle("POST", "/record", "application/json", add_body("old", "2022-08-03T10:00:00Z")).status == 200);
}

TEST_CASE("the order of meta differs from record to record and repeats from run to run") {
  const auto answers = [] {
    sandbox server;
    auditor::record r{"a", std::chrono::sys_days{}};
    for (const char* name : {"a", "b", "c", "d", "e", "f"}) r.with_meta(name, "x");
    server.store(r);
    std::vector<std::string> bodies;
    for (int i = 0; i < 4; ++i) bodies.push_back(server.handle("GET", "/records").body.text());
    return bodies;
  };
  const auto first = answers();
  CHECK(first[0] != first[1]);
  CHECK(first == answers());
}

TEST_CASE("ids sort by the collation that is asked for") {
  const auto order = [](sandbox& server) {
    std::string ids;
    for (const char* id : {"b", "A", "a", "B"}) server.store({id, std::chrono::sys_days{}});
    for (const auto& r : server.records()) ids += r.record_id;
    const std::string last = server.handle("GET", "/records?sort_by[desc]=record_id&limit=1").body.text();
    return ids + last.substr(14, 1);
  };
  sandbox bytes;
  CHECK(order(bytes) == "ABabb");
  auditor::sandbox_options options;
  options.id_before = [](std::string_view a, std::string_view b) {
    return (a[0] | 32) < (b[0] | 32);
  };  // A and a are equal
  sandbox words(options);
  CHECK(order(words) == "AaBbb");
}

TEST_CASE("a watcher may change things between two requests") {
  sandbox server;
  server.watch([&server](const auditor::sandbox_request& r) {
    if (r.method == "GET") server.store({"late", std::chrono::sys_days{}});
  });
  CHECK(count_records(ask(server, verb::get, "/records").body) == 1);
}

TEST_CASE("a cancelled call does not reach the sandbox") {
  sandbox server;
  auditor::cancel_flag cancelled;
  cancelled.request();
  auditor::sandbox_transport transport(server);
  auditor::sandbox_transport::stream stream;
  CHECK(transport.open(stream, {verb::get, "/records", {}, {}}, {auditor::ticks::max(), &cancelled}).error().code ==
        errc::cancelled);
  CHECK(server.requests() == 0);
}

TEST_CASE("several threads may use one sandbox") {
  sandbox server;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&server, t] {
      for (int i = 0; i < 50; ++i) {
        server.handle("POST", "/record", "application/json", add_body("r" + std::to_string(t) + "-" + std::to_string(i)));
        server.handle("GET", "/records").body.text();
        server.records();
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(server.size() == 200);
  CHECK(server.log().size() == 200);
}

TEST_CASE("what nobody says is made without a warning, explicit constructor or not") {
  struct own_executor : auditor::testing::manual_executor {
    explicit own_executor(int seed = 1) : manual_executor(static_cast<std::uint64_t>(seed)) {}
  };
  struct {
    sandbox server;
    auditor::testing::manual_executor clock;
    sandbox narrow{auditor::sandbox_options{.connections = 1}};
  } made{};
  auditor::client<auditor::sandbox_transport, own_executor> client{auditor::sandbox_transport(made.server)};
  CHECK(client.add(auditor::record("one", auditor::timestamp{std::chrono::hours{450'000}})));
  CHECK(auditor::whole_response{.status = 200}.body.empty());
  CHECK(auditor::sandbox_response{.status = 200}.headers.empty());
}
