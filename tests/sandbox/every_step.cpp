// Every operation, stopped at each of its steps in each way that there is: one answer or none, true of what the server holds,
// and nothing left behind.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"
#include "task.hpp"

#include <auditor/auditor.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_loop.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace {

using namespace auditor;
using testing::arrival;
using executor = testing::manual_async_executor;

enum class fault : std::uint8_t { hang, lose };  // of the step at which the call is stopped
enum class end : std::uint8_t { flag, cancel, destroy, overdue };

/// Where the call is stopped: at the open or read of this number, before or after the server was asked.
struct place {
  std::size_t step = SIZE_MAX;
  fault what{};
  bool asked = false;
};

struct wire_state {
  place at;
  std::size_t steps = 0;
  bool hit = false;
};

/// The sandbox behind a wire that fails once.
class failing_wire {
 public:
  class stream {
   public:
    result<std::size_t> read(std::span<char> into, const call& limits) {
      return outer_->through<std::size_t>([&] { return inner_.read(into, limits); });
    }

   private:
    friend class failing_wire;
    failing_wire* outer_ = nullptr;
    sandbox_transport::stream inner_;
  };

  failing_wire(sandbox& server, wire_state& state) : inner_(server), state_(&state) {}

  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    s.outer_ = this;
    return through<response_head>([&] { return inner_.open(s.inner_, request, limits); });
  }

 private:
  template <class T, class Ask>
  result<T> through(Ask ask) {
    const bool here = state_->steps++ == state_->at.step;
    if (!here) return ask();
    state_->hit = true;
    if (state_->at.asked) static_cast<void>(ask());
    return state_->at.what == fault::hang ? errc::timed_out : errc::connection_lost;  // as_async waits for a cancel then
  }

  sandbox_transport inner_;
  wire_state* state_;
};

using client_type = client<testing::as_async<failing_wire, executor>, executor>;

const timestamp start{std::chrono::hours{450'000}};
record open_record(const std::string& id) { return record{id, start}.with_component(component{"CPU", 1}); }
record closed_record(const std::string& id) { return open_record(id).with_stop_time(start + std::chrono::hours{1}); }

/// One run of one operation on a fresh server.
class attempt {
 public:
  attempt(const place& where, arrival when)
      : asked(testing::as_async<failing_wire, executor>(failing_wire(server, wire), on, when), on, settings()) {
    wire.at = where;
    for (const char* id : {"a", "b", "c"}) server.store(closed_record(id));
    server.store(open_record("open"));
  }

  // `make(client, options)` starts the call; then it is stopped in this way. Null: it runs to its end.
  template <class Make>
  void run(Make make, std::optional<end> how) {
    call_options limits;
    if (how == end::flag) limits.cancel = &flag;
    if (how == end::overdue) limits.timeout = ticks{5'000};
    using pending_type = decltype(make(asked, limits));
    auto call = std::unique_ptr<pending_type>(new pending_type(make(asked, limits)));
    task waiting = wait_for(*call);
    while (!wire.hit && loop.run_next()) continue;
    if (how && wire.hit) {
      loop.run_due();  // the call waits for an answer, or for its next attempt
      if (how == end::flag) flag.request();
      if (how == end::cancel) call->cancel();
      if (how == end::destroy) {
        waiting.destroy();
        call.reset();
        CHECK(loop.waiting() == 0);
      }
    }
    const ticks since = loop.now();
    while (call && told == 0 && loop.run_next()) continue;
    if (how == end::flag || how == end::cancel) CHECK(loop.now() - since <= ticks{250});
    loop.run();
    if (call) waiting.destroy();
  }

  sandbox server;
  wire_state wire;
  testing::manual_loop loop;
  executor on{loop};
  client_type asked;
  cancel_flag flag;

  int told = 0;
  errc code{};
  std::map<std::string, outcome> said;  // of the records that the call was to store

 private:
  static options settings() {
    options all;
    all.max_batch = 2;
    return all;
  }

  template <class Pending>
  task wait_for(Pending& call) {
    auto answer = co_await call;
    ++told;
    note(answer);
  }
  template <class T>
  void note(const result<T>& answer) {
    code = answer.error().code;
    if (said.size() == 1) said.begin()->second = answer ? outcome::delivered : answer.error().outcome;
  }
  void note(const bulk_report& report) {
    code = report.error().code;
    if (report.size() != batch().size()) return;  // an update
    for (std::size_t i = 0; i < report.size(); ++i) said[batch()[i].record_id] = report[i].outcome;
  }

 public:
  static const std::vector<record>& batch() {
    static const std::vector<record> all{closed_record("n1"), closed_record("n2"), closed_record("b"),
                                         closed_record("n3"), closed_record("n4"), closed_record("n5")};
    return all;
  }
};

// Is what was said of each record true?
void judge(const attempt& a) {
  std::map<std::string, int> inserts;
  for (const sandbox_change& each : a.server.log())
    if (each.kind == sandbox_change::what::insert) ++inserts[each.record_id];
  for (const auto& [id, count] : inserts) {
    CAPTURE(id);
    CHECK(count == 1);
  }
  if (a.told == 0) return;
  for (const auto& [id, outcome_said] : a.said) {
    const bool ours = inserts.count(id) != 0;
    CAPTURE(id, to_string(outcome_said));
    if (outcome_said == outcome::delivered) CHECK(a.server.find(id).has_value());
    if (outcome_said == outcome::not_applied || outcome_said == outcome::rejected) CHECK_FALSE(ours);
    if (outcome_said == outcome::duplicate) CHECK_FALSE(ours);
  }
}

template <class Make>
void stop_at_every_step(Make make, const std::vector<std::string>& stores = {}, bool proves_itself = false) {
  for (const arrival when : {arrival::in_line, arrival::later}) {
    attempt whole({}, when);
    whole.run(make, std::nullopt);
    REQUIRE(whole.told == 1);
    REQUIRE(whole.wire.steps > 0);
    for (std::size_t step = 0; step < whole.wire.steps; ++step)
      for (const fault what : {fault::hang, fault::lose})
        for (const bool asked : {false, true})
          for (const end how : {end::flag, end::cancel, end::destroy, end::overdue}) {
            CAPTURE(when, step, what, asked, how);
            attempt a({step, what, asked}, when);
            for (const std::string& id : stores) a.said[id] = outcome::unknown;
            a.run(make, how);
            CHECK(a.wire.hit);
            CHECK((a.told == 1 || (a.told == 0 && how == end::destroy)));
            CHECK(a.loop.waiting() == 0);
            // Or what was known by then: a duplicate that was not compared, a record that is its own proof.
            if (a.told == 1 && what == fault::hang && (how == end::flag || how == end::cancel))
              CHECK((a.code == errc::cancelled || a.code == errc::record_exists || (a.code == errc::ok && proves_itself)));
            judge(a);

            // Nothing is left in the client that a later call would meet.
            attempt* const same = &a;
            std::optional<errc> healthy;
            same->asked.health_check({}, [&healthy](const result<void>& answer) { healthy = answer.error().code; });
            same->loop.run();
            CHECK(healthy == errc::ok);
          }
  }
}

template <class Options>
Options with(Options limits, on_duplicate policy) {
  limits.duplicates = policy;
  return limits;
}

}  // namespace

TEST_CASE("health_check, stopped at every step") {
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.health_check(limits); });
}

TEST_CASE("add under every policy, stopped at every step") {
  for (const on_duplicate policy : {on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update})
    for (const char* id : {"new", "a", "open"}) {
      CAPTURE(policy, id);
      stop_at_every_step(
          [policy, r = closed_record(id)](client_type& c, const call_options& limits) {
            return c.add(r, with<add_options>(limits, policy));
          },
          {id});
    }
}

TEST_CASE("update, stopped at every step") {
  stop_at_every_step(
      [r = closed_record("open")](client_type& c, const call_options& limits) { return c.update(r, limits); });
  stop_at_every_step(
      [r = closed_record("unknown")](client_type& c, const call_options& limits) { return c.update(r, limits); });
}

TEST_CASE("bulk_insert with one request or several under way, stopped at every step") {
  for (const std::size_t in_flight : {std::size_t{1}, std::size_t{3}})
    for (const on_duplicate policy : {on_duplicate::fail, on_duplicate::compare}) {
      CAPTURE(in_flight, policy);
      stop_at_every_step([in_flight, policy](client_type& c, const call_options& limits) {
        auto all = with<bulk_insert_options>(limits, policy);
        all.in_flight = in_flight;
        return c.bulk_insert(attempt::batch(), all);
      });
    }
}

TEST_CASE("bulk_update, stopped at every step") {
  static const std::vector<record> stopped{closed_record("open"), closed_record("a"), closed_record("unknown")};
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.bulk_update(stopped, limits); });
}

TEST_CASE("reads of all kinds, stopped at every step") {
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.get(limits); });
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.advanced_query("limit=2", limits); });
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.get_started_since(start, limits); });
  stop_at_every_step([](client_type& c, const call_options& limits) {
    return c.get_stopped_since(start + std::chrono::hours{9}, limits);
  });
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.find("a", limits); }, {}, true);
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.find("none", limits); });
  stop_at_every_step([](client_type& c, const call_options& limits) { return c.get_single_record("b", limits); }, {}, true);
  stop_at_every_step(
      [](client_type& c, const call_options& limits) { return c.for_each(query{}, [](const record_view&) {}, limits); });
}

TEST_CASE("a stream, stopped at every step, hands out no record twice") {
  for (const arrival when : {arrival::in_line, arrival::later}) {
    std::size_t steps = 1;
    for (std::size_t step = 0; step < steps; ++step)
      for (const fault what : {fault::hang, fault::lose})
        for (const end how : {end::flag, end::cancel, end::destroy, end::overdue}) {
          CAPTURE(when, step, what, how);
          attempt a({step, what, false}, when);
          call_options limits;
          if (how == end::flag) limits.cancel = &a.flag;
          if (how == end::overdue) limits.timeout = ticks{5'000};
          using stream_type = client_type::stream_type;
          auto records = std::unique_ptr<stream_type>(new stream_type(a.asked.stream(query{}, limits)));
          std::map<std::string, int> seen;
          std::optional<result<read_summary>> ended;
          bool over = false;
          task reading = [](auto& from, auto& shown, auto& result_of, bool& at_its_end) -> task {
            record r;
            while (co_await from.next(r)) ++shown[r.record_id];
            result_of = from.finish();
            at_its_end = true;
          }(*records, seen, ended, over);
          while (!a.wire.hit && !over && a.loop.run_next()) continue;
          REQUIRE(a.wire.hit);
          if (!over) {
            a.loop.run_due();
            if (how == end::flag) a.flag.request();
            if (how == end::cancel) records->cancel();
            if (how == end::destroy) {
              reading.destroy();
              records.reset();
              CHECK(a.loop.waiting() == 0);
            }
          }
          a.loop.run();
          for (const auto& [id, times] : seen) CHECK(times == 1);
          if (records) {
            CHECK(over);
            REQUIRE(ended);
            if (*ended) CHECK(seen.size() == 4);
            reading.destroy();
          }
          records.reset();
          CHECK(a.loop.waiting() == 0);
          if (step == 0) {
            attempt whole({}, when);
            std::optional<errc> code;
            whole.asked.get({}, [&code](const result<record_list>& answer) { code = answer.error().code; });
            whole.loop.run();
            REQUIRE(code == errc::ok);
            steps = whole.wire.steps;
          }
        }
  }
}
