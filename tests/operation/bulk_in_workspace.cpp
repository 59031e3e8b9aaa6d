// Bulks without heap: outcomes and words of the caller's, and what does not fit into a workspace.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using client_type = client<scripted_transport, manual_executor>;

const timestamp start{std::chrono::hours{450'000}};
const reply ok = reply::ok(), exists = reply::with(500, "RECORD_EXISTS"), lost = reply::fails(errc::connection_lost);

record numbered(std::size_t i, std::size_t note = 0) {
  record r = record{"job" + std::to_string(10 + i), start}.with_component(component{"CPU", 1});
  if (note != 0) r.with_meta("note", std::string(note, 'x'));
  return r.with_stop_time(start + std::chrono::hours{1});
}
std::vector<record> batch_of(std::size_t n) {
  std::vector<record> batch;
  for (std::size_t i = 0; i < n; ++i) batch.push_back(numbered((i * 7) % n));
  return batch;
}
std::string text_of(const record& r) {
  std::string text;
  REQUIRE_FALSE(encode_record(r, text));
  return text;
}

/// One that keeps what it is sent, one transaction a request, and loses some answers.
class table_transport {
 public:
  struct table {
    std::map<std::string, std::string> known;
    std::vector<bool> loses;  // the answer to each request
    std::vector<std::string> sent;
  };
  class stream {
   public:
    result<std::size_t> read(std::span<char> into, const call&) {
      const std::size_t n = (std::min)(into.size(), left.size());
      std::copy_n(left.begin(), n, into.begin());
      left.erase(0, n);
      return n;
    }
    std::string left;
  };

  explicit table_transport(table& of) : table_(of) {}

  result<response_head> open(stream& s, const request_view& request, const call&) {
    const std::size_t number = table_.sent.size();
    table_.sent.emplace_back(request.body);
    const int status = answer(request, s.left);
    if (number < table_.loses.size() && table_.loses[number]) return error(errc::connection_lost);
    return response_head{status, -1};
  }

 private:
  static std::string id_of(std::string_view text) {
    constexpr std::string_view mark = "\"record_id\":\"";
    const std::size_t at = text.find(mark) + mark.size();
    return std::string(text.substr(at, text.find('"', at) - at));
  }

  int answer(const request_view& request, std::string& says) {
    constexpr std::string_view look = "/records?record_id=";
    if (request.method == verb::get) {
      const auto at = request.target.starts_with(look) ? table_.known.find(std::string(request.target.substr(look.size())))
                                                       : table_.known.end();
      says = at == table_.known.end() ? "" : at->second;
      return 200;
    }
    std::map<std::string, std::string> records;
    std::string_view body = request.body;
    if (body.starts_with('[')) body = body.substr(1, body.size() - 2);
    while (!body.empty()) {
      const std::size_t end = (std::min)(body.find(",\n"), body.size());
      records.emplace(id_of(body.substr(0, end)), body.substr(0, end));
      body.remove_prefix((std::min)(end + 2, body.size()));
    }
    for (const auto& [id, text] : records)
      if (request.method == verb::post && table_.known.contains(id)) {
        says = "RECORD_EXISTS";
        return 500;
      }
    for (const auto& [id, text] : records) table_.known[id] = text;
    return 200;
  }

  table& table_;
};

/// Of which a body is smaller than what is remembered of it.
struct short_codec {
  static error decode(std::string_view, record&) { return {}; }
  static error encode(const record_view&, std::string& out) {
    out += '-';
    return {};
  }
};

/// The number behind these words.
std::size_t number_behind(std::string_view before, std::string_view text) {
  const std::size_t at = text.find(before);
  REQUIRE(at != text.npos);
  return std::stoul(std::string(text.substr(at + before.size())));
}

}  // namespace

TEST_CASE("a client that does not look leaves open what a lost window may have stored, and no more") {
  const auto D = outcome::delivered, X = outcome::duplicate, U = outcome::unknown;
  struct row {
    const char* what;
    std::vector<reply> answers;
    std::size_t requests;
    std::vector<outcome> outcomes;
  };
  const row rows[] = {
      {"not stored by the lost one", {lost, ok}, 2, {D, D, D, D}},
      {"known", {exists, exists, exists, ok, ok}, 5, {X, D, D, D}},
      {"stored by the lost one, or a stranger's", {lost, exists}, 2, {U, U, U, U}},
      {"half of them lost", {exists, lost, exists, ok, ok}, 5, {U, U, D, D}},
      {"one of them lost, and the others known", {exists, exists, lost, exists, exists, exists, exists}, 7, {U, X, X, X}},
  };
  options three_attempts;
  three_attempts.retry.write_attempts = 3;
  for (const row& each : rows) {
    INFO(each.what);
    scripted_transport wire;
    for (const reply& r : each.answers) wire.expect(r);
    std::array<char, 2'000> workspace;
    client_type c(wire, manual_executor(), three_attempts, workspace);
    std::array<record_outcome, 4> outcomes;
    std::string words;
    const auto keep = [&words](const error& e) { words += e.words(); };
    const bulk_summary sum =
        c.bulk_insert({numbered(0), numbered(1), numbered(2), numbered(3)}, outcomes, {.failed = keep});
    CHECK(wire.sent().size() == each.requests);
    for (std::size_t i = 0; i < 4; ++i) {
      INFO("record " << i);
      CHECK(to_string(outcomes[i].outcome) == to_string(each.outcomes[i]));
      CHECK((outcomes[i].code == errc::record_exists) == (each.outcomes[i] != D));
    }
    const bool is_open = sum.unknown() != 0;
    CHECK((words.find("an earlier attempt may have stored it") != words.npos) == is_open);
  }
}

TEST_CASE("a bulk in a workspace of any size says nothing that is not so, and nothing is sent twice at once") {
  const std::vector<record> batch = [] {
    std::vector<record> all = batch_of(6);
    all.push_back(numbered(2));                                       // once more
    all.push_back(numbered(3).with_stop_time(start));                 // with another end
    all.push_back(numbered(7, 200));                                  // longer than the others
    all.push_back(numbered(8).with_component(component{"CPU", -1}));  // none
    all.push_back(numbered(9));
    all.back().stop_time.reset();  // open
    all.push_back(numbered(9));
    return all;
  }();
  std::size_t delivered = 0;
  for (const on_duplicate policy : {on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update})
    for (std::size_t size = 0; size < 4'000; size += size < 1'000 ? 8 : 120)
      for (unsigned losses = 0; losses < 32; losses += 3) {
        table_transport::table table;
        table.known["job11"] = text_of(numbered(1));
        table.known["job14"] = text_of(numbered(4).with_component(component{"GPU", 1}));
        const auto before = table.known;
        for (unsigned i = 0; i < 5; ++i) table.loses.push_back((losses >> i & 1) != 0);
        std::vector<char> workspace(size);
        options settings;
        settings.retry.write_attempts = 2;
        client c(table_transport(table), manual_executor(), settings, workspace);
        std::vector<record_outcome> outcomes(batch.size());
        std::size_t told = 0;
        const bulk_summary sum = c.bulk_insert(
            batch, outcomes, {.duplicates = policy, .failed = [&told](const error& e) { told += e ? 1 : 0; }});
        INFO(to_string(policy) << ", workspace " << size << ", losses " << losses);
        std::size_t failures = 0;
        for (std::size_t i = 0; i < batch.size(); ++i) {
          INFO("record " << i << ": " << to_string(outcomes[i].outcome) << ' ' << to_string(outcomes[i].code));
          if (outcomes[i].code != errc::ok) ++failures;
          const std::string& id = batch[i].record_id;
          const bool is_there = table.known.contains(id), was_there = before.contains(id);
          switch (outcomes[i].outcome) {
            case outcome::delivered: CHECK(is_there); break;
            case outcome::duplicate: CHECK(is_there); break;
            case outcome::rejected: CHECK(i == 9); break;
            case outcome::not_applied: CHECK((!is_there || was_there || i == 6 || i == 7 || i >= 10)); break;
            case outcome::unknown: break;
          }
          if (size >= 3'000 && losses == 0 && i != 9) CHECK(outcomes[i].outcome != outcome::not_applied);
        }
        CHECK(sum.failures() == failures);
        CHECK((told != 0) == (failures != 0));
        CHECK(bool(sum.error()) == (failures != 0));
        delivered += sum.delivered();
      }
  CHECK(delivered > 10'000);
}

TEST_CASE("a batch whose order has no room is refused before anything is sent, and says how many bytes it wants") {
  scripted_transport wire;
  std::array<char, 64> workspace;
  client_type c(wire, manual_executor(), options{}, workspace);
  std::vector<record_outcome> outcomes(20);
  std::vector<error> failed;
  const bulk_summary sum =
      c.bulk_insert(batch_of(20), outcomes, {.failed = [&failed](const error& e) { failed.push_back(e); }});
  CHECK(wire.sent().empty());
  CHECK(sum.not_applied() == 20);
  CHECK(sum.failures() == 20);
  CHECK(outcomes == std::vector<record_outcome>(20, {outcome::not_applied, errc::buffer_full, 0}));
  CHECK(sum.error().code == errc::buffer_full);
  CHECK(number_behind("takes ", sum.error().words()) == 80);
  REQUIRE(failed.size() == 1);
  CHECK(message(failed[0]) == message(sum.error()));

  // Where ids come several times, that takes some bytes more.
  std::array<char, 112> larger;
  client_type d(wire, manual_executor(), options{}, larger);
  const std::vector<record> twice(20, numbered(0));
  const bulk_summary again = d.bulk_insert(twice, outcomes);
  CHECK(wire.sent().empty());
  CHECK(again.error().code == errc::buffer_full);
  CHECK(number_behind("takes ", again.error().words()) > 20 * 4 + 19 * 4);
}

TEST_CASE("of a workspace as many records go into a request as fit, and one that does not is named with its bytes") {
  std::vector<record> batch = batch_of(10);
  batch[4] = numbered(30, 250);
  const std::size_t longest = text_of(batch[4]).size() + 2;
  for (const std::size_t room : {longest - 1, longest}) {
    const bool fits = room == longest;
    scripted_transport wire;
    for (int i = 0; i < 11; ++i) wire.expect(ok);
    std::vector<char> workspace(48 + room);  // 40 for the order, up to a multiple of 16
    client_type c(wire, manual_executor(), options{}, workspace);
    std::vector<record_outcome> outcomes(10);
    const bulk_summary sum = c.bulk_insert(batch, outcomes);
    INFO(message(sum.error()));
    CHECK(bool(sum) == fits);
    CHECK(sum.delivered() == (fits ? 10 : 9));
    CHECK(wire.sent().size() > 3);
    for (const testing::sent_request& each : wire.sent()) CHECK(each.body.size() <= room);
    if (fits) continue;
    CHECK(outcomes[4] == record_outcome{outcome::not_applied, errc::buffer_full, 0});
    CHECK(sum.error().index == 4);
    CHECK(sum.error().record_id() == batch[4].record_id);
    CHECK(number_behind("takes ", sum.error().words()) == longest);
    CHECK(number_behind("room for ", sum.error().words()) == room);

    scripted_transport updates;
    for (int i = 0; i < 10; ++i) updates.expect(ok);
    client_type d(updates, manual_executor(), options{}, std::span(workspace).first(room - 2));
    const bulk_summary updated = d.bulk_update(batch, outcomes);
    CHECK(updated.delivered() == 9);
    CHECK(outcomes[4] == record_outcome{outcome::not_applied, errc::buffer_full, 0});
    CHECK(number_behind("takes ", updated.error().words()) == longest - 2);
    CHECK(updates.sent().size() == 9);
  }
}

TEST_CASE("without room for a look, a record that is known is not compared, and one of a lost window is unknown") {
  for (const bool is_lost : {false, true}) {
    scripted_transport wire;
    if (is_lost) wire.expect(lost);
    for (const reply& r : is_lost ? std::vector{exists} : std::vector{exists, exists, ok}) wire.expect(r);
    std::array<char, 400> workspace;
    client_type c(wire, manual_executor(), options{}, workspace);
    std::array<record_outcome, 2> outcomes;
    const bulk_summary sum = c.bulk_insert({numbered(0), numbered(1)}, outcomes, {.duplicates = on_duplicate::compare});
    CHECK(wire.left() == 0);
    CHECK(sum.error().words().ends_with("; not compared: the workspace has no room for the look"));
    CHECK(sum.error().record_id() == numbered(0).record_id);
    CHECK(outcomes[0] == record_outcome{is_lost ? outcome::unknown : outcome::duplicate, errc::record_exists, 500});
    CHECK(outcomes[1] == (is_lost ? outcomes[0] : record_outcome{outcome::delivered, errc::ok, 200}));
  }
}

TEST_CASE("a stored record that is too large to be read leaves its own open, and the others are looked at") {
  const record large = numbered(0, 250);
  scripted_transport wire{lost, exists, reply::with(200, text_of(large)), reply::with(200, text_of(numbered(1)))};
  options small;
  small.max_record = 300;
  client_type c(wire, manual_executor(), small);
  const bulk_report report = c.bulk_insert({large, numbered(1)});
  CHECK(wire.left() == 0);
  CHECK(report[0] == record_outcome{outcome::unknown, errc::record_exists, 500});
  CHECK(report[1] == record_outcome{outcome::delivered, errc::ok, 500});
}

TEST_CASE("a part that there is no room to set aside ends the call, and stays unknown") {
  options once;
  once.retry.write_attempts = 1;
  once.max_batch = 1;
  const std::vector<record> batch = batch_of(20);
  for (const bool updates : {false, true}) {
    scripted_transport wire{lost, ok, ok, lost};
    constexpr std::size_t two_parts = 2 * sizeof(detail::set_aside::part);
    std::vector<char> workspace(two_parts - 1 + (updates ? 0 : 20 * 4));
    client<scripted_transport, manual_executor, short_codec> c(wire, manual_executor(), once, workspace);
    std::vector<record_outcome> outcomes(20);
    const bulk_summary sum = updates ? c.bulk_update(batch, outcomes) : c.bulk_insert(batch, outcomes);
    CHECK(wire.left() == 0);
    CHECK(wire.sent().size() == 4);
    CHECK(sum.unknown() == 2);
    CHECK(sum.delivered() == 1);
    CHECK(sum.not_applied() == 17);
    CHECK(sum.failures() == 19);
  }
}

TEST_CASE("fewer outcomes than records are an error before anything is sent, for every record") {
  scripted_transport wire;
  std::array<char, 1'000> workspace;
  client_type c(wire, manual_executor(), options{}, workspace);
  client_type on_heap(wire, manual_executor(), options{});
  for (client_type* each : {&c, &on_heap}) {
    std::array<record_outcome, 2> outcomes{{{outcome::delivered, errc::ok, 200}, {}}};
    const bulk_summary insert = each->bulk_insert(batch_of(3), outcomes);
    const bulk_summary update = each->bulk_update(batch_of(3), outcomes);
    for (const bulk_summary& sum : {insert, update}) {
      CHECK_FALSE(sum);
      CHECK(sum.error().code == errc::invalid_argument);
      CHECK(sum.error().words() == "outcomes: has room for 2 of 3 records");
      CHECK(sum.not_applied() == 3);
      CHECK(sum.failures() == 3);
    }
    for (const record_outcome& said : outcomes)
      CHECK(said == record_outcome{outcome::not_applied, errc::invalid_argument, 0});
  }
  CHECK(wire.sent().empty());
}

TEST_CASE("outcomes of the caller's may be more than the records, and are none of an earlier call's") {
  scripted_transport wire{ok};
  client_type c(wire, manual_executor(), options{});
  std::array<record_outcome, 3> outcomes;
  outcomes.fill({outcome::unknown, errc::timed_out, 500});
  std::array<record_view, 2> views{numbered(0), numbered(1)};
  const std::string ids[] = {"a", "b"};
  for (std::size_t i = 0; i < 2; ++i) views[i] = record_view(ids[i], start);
  const bulk_summary sum = c.bulk_insert(views, outcomes);
  CHECK(sum);
  CHECK(sum.delivered() == 2);
  CHECK(sum.requests() == 1);
  CHECK_FALSE(sum.error());
  CHECK(outcomes[1] == record_outcome{outcome::delivered, errc::ok, 200});
}

TEST_CASE("an asynchronous bulk tells the outcomes of the caller's too, several requests at once") {
  testing::manual_loop loop;
  testing::manual_async_executor executor(loop, 1);
  scripted_transport wire;
  for (int i = 0; i < 3; ++i) wire.expect(ok);
  wire.expect(reply::with(403));
  options settings;
  settings.max_batch = 2;
  testing::as_async<scripted_transport, testing::manual_async_executor> transport(wire, executor, testing::arrival::later);
  client c(transport, executor, settings);
  const std::vector<record> batch = batch_of(8);
  std::vector<record_outcome> outcomes(8);
  std::optional<bulk_summary> said;
  std::size_t failed = 0;
  c.bulk_insert(batch, outcomes, {.in_flight = 4, .failed = [&failed](const error&) { ++failed; }},
                [&said](const bulk_summary& sum) { said = sum; });
  loop.run();
  REQUIRE(said);
  CHECK(said->delivered() == 6);
  CHECK(said->not_applied() == 2);
  CHECK(said->error().code == errc::not_authorised);
  CHECK(failed == 1);
  CHECK(std::count(outcomes.begin(), outcomes.end(), record_outcome{outcome::delivered, errc::ok, 200}) == 6);
}

TEST_CASE("failed is told as the report tells, and what ended the call last") {
  scripted_transport wire{exists, exists, reply::with(403)};
  client_type c(wire, manual_executor(), options{});
  std::vector<error> failed;
  std::vector<record> batch = {numbered(0), numbered(1), numbered(2)};
  batch[2].components.front().amount = -1;
  const bulk_report report = c.bulk_insert(batch, {.failed = [&failed](const error& e) { failed.push_back(e); }});
  REQUIRE(failed.size() == 3);
  REQUIRE(report.errors().size() == 3);
  CHECK(failed[0].index == 2);
  CHECK(failed[1].code == errc::record_exists);
  CHECK(failed[2].code == errc::not_authorised);
  CHECK(message(failed[2]) == message(report.error()));
  CHECK(message(failed[1]) == message(report.errors()[2]));
}
