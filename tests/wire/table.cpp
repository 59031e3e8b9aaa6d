// Every operation against every answer that the real server was recorded to give, the ones it was not, and a failure at
// each byte. SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using namespace std::string_literals;

struct answer {
  std::string name;
  int status = 0;
  std::string body;
  std::int32_t retry_after = -1;
  std::string asked{};  // the query of a list
};

// The recording holds each byte as the character of that number.
std::string bytes_of(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80)
      bytes += text[i];
    else
      bytes += static_cast<char>((lead & 0x03u) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3Fu));
  }
  return bytes;
}

std::string without_chunks(std::string_view text) {
  std::string whole;
  while (!text.empty()) {
    const std::size_t line = text.find("\r\n");
    const auto size = static_cast<std::size_t>(std::strtoul(std::string(text.substr(0, line)).c_str(), nullptr, 16));
    if (size == 0) break;
    whole += text.substr(line + 2, size);
    text.remove_prefix(line + 2 + size + 2);
  }
  return whole;
}

std::vector<answer> recorded() {
  std::ifstream file(AUDITOR_TESTS "/wire/exchanges.jsonl");
  REQUIRE(file);
  std::vector<answer> all;
  for (std::string line; std::getline(file, line);) {
    const nlohmann::json each = nlohmann::json::parse(line);
    std::string response = bytes_of(each.at("response"));
    if (response.starts_with("HTTP/1.1 100")) response.erase(0, response.find("\r\n\r\n") + 4);
    const std::size_t head = response.find("\r\n\r\n");
    answer a;
    a.name = each.at("case");
    const std::string line_sent = each.at("request"), list = "GET /records?";
    if (line_sent.starts_with(list))
      a.asked = line_sent.substr(list.size(), line_sent.find(' ', list.size()) - list.size());
    a.status = std::atoi(response.c_str() + 9);
    a.body = response.substr(head + 4);
    if (response.find("transfer-encoding: chunked") < head) a.body = without_chunks(a.body);
    if (const std::size_t length = response.find("content-length: "); length < head)
      CHECK(
          (a.name == "route-head" || a.body.size() == static_cast<std::size_t>(std::atoi(response.c_str() + length + 16))));
    all.push_back(a);
  }
  REQUIRE(all.size() > 150);
  return all;
}

std::vector<answer> never_recorded() {
  const std::string page = "<html><head><title>Gateway</title></head><body>nginx</body></html>";
  std::vector<answer> all = {
      {"401", 401, ""},
      {"403 by route", 403, "Insufficient permissions"},
      {"403 by policy", 403, "Access denied by RBAC policy"},
      {"404 of a proxy", 404, page},
      {"411", 411, page},
      {"415", 415, ""},
      {"431", 431, page},
      {"501", 501, ""},
      {"505", 505, ""},
      {"502", 502, page},
      {"504", 504, page},
      {"507", 507, ""},
      {"a page with 200", 200, page},
      {"a page with 400", 400, page},
      {"a page with 500", 500, page},
      {"a login page", 200, "<!DOCTYPE html>\n<form action=\"/login\">password</form>"},
      {"some other JSON", 200, "{\"status\":\"ok\"}"},
      {"a record cut short", 200, "{\"record_id\":\"a\",\"meta\":null,\"compon"},
      {"content too large, by nginx", 413, page},
      {"nearly RECORD_EXISTS", 500, "RECORD_EXISTS "},
      {"a teapot", 418, ""},
      {"409", 409, "conflict"},
      {"422", 422, "{\"error\":\"nothing\"}"},
  };
  for (const int status : {201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308})
    all.push_back({std::to_string(status), status, ""});
  for (const int status : {408, 425, 429, 503})
    for (const int seconds : {-1, 0, 2})
      all.push_back({std::to_string(status) + " after " + std::to_string(seconds), status, "", seconds});
  return all;
}

std::vector<answer> all_answers() {
  std::vector<answer> all = recorded();
  for (answer& each : never_recorded()) all.push_back(std::move(each));
  return all;
}

// ---- what each means, by the words of the protocol, section 5 ----------------------------------------------------

struct meaning {
  errc code;
  auditor::outcome outcome;
  bool again;  // asking again may help
};

meaning by_status(int status, bool write) {
  const outcome open = write ? outcome::unknown : outcome::not_applied;
  const auto is = [status](auto... any) { return ((status == any) || ...); };
  if (is(401, 403)) return {errc::not_authorised, outcome::not_applied, false};
  if (is(404, 405, 411, 415, 501, 505)) return {errc::wrong_endpoint, outcome::not_applied, false};
  if (is(407) || (status >= 300 && status < 400)) return {errc::wrong_endpoint, outcome::not_applied, true};
  if (is(408, 425, 429) || status >= 500) return {errc::server_failure, open, true};
  if (is(413) && write) return {errc::record_too_large, outcome::rejected, false};
  return {errc::not_auditor, open, status != 400};
}

meaning of_post(const answer& a) {
  if (a.status == 200 && a.body.empty()) return {errc::ok, outcome::delivered, false};
  if (a.status == 200 && a.body.starts_with("{\"warning\":")) return {errc::record_exists, outcome::duplicate, false};
  if (a.status == 500 && a.body == "RECORD_EXISTS") return {errc::record_exists, outcome::duplicate, false};
  if (a.status == 400 && a.body.starts_with("Json deserialize error"))
    return {errc::invalid_record, outcome::rejected, false};
  return by_status(a.status, true);
}

meaning of_put(const answer& a) {
  if (a.status == 200 && a.body.empty()) return {errc::ok, outcome::delivered, false};
  if (a.status == 400 && a.body.starts_with("Json deserialize error"))
    return {errc::invalid_record, outcome::rejected, false};
  if (a.status == 404 && a.body.starts_with("Updating unknown record "))
    return {errc::record_not_found, outcome::not_applied, false};
  return by_status(a.status, true);
}

meaning of_health(const answer& a) {
  if (a.status == 200 && a.body.empty()) return {errc::ok, outcome::delivered, false};
  if (a.status == 413) return {errc::not_auditor, outcome::not_applied, true};
  return by_status(a.status, false);
}

// Of a GET: the number of records, or what is wrong.
struct reading {
  errc code;
  std::size_t records = 0;
  bool again = false;
};
reading of_get(const answer& a) {
  if (a.status == 200) {
    std::size_t records = 0, depth = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < a.body.size(); ++i) {
      const char c = a.body[i];
      if (in_text) {
        if (c == '\\') ++i;
        in_text = c != '"';
      } else if (c == '"') {
        in_text = true;
      } else if (c == '{' || c == '[') {
        ++depth;
      } else if ((c == '}' || c == ']') && --depth == 0) {
        ++records;
      }
    }
    const bool json = a.body.starts_with('{') || a.body == "null";
    if (!a.body.empty() && !a.body.starts_with("{\"record_id\""))
      return {json ? errc::json_type : errc::not_auditor, 0, true};
    if (depth != 0) return {errc::truncated, records, true};
    if (a.body.find("\"components\":null") != std::string::npos) return {errc::unreadable_record};
    return {errc::ok, records};
  }
  if (a.status == 400 && a.body.starts_with("{\"error\":")) return {errc::invalid_query};
  if (a.status == 414 || a.status == 431) return {errc::invalid_query};
  const meaning other = by_status(a.status, false);
  return {other.code, 0, other.again};
}

// ---- the operations ---------------------------------------------------------------------------------------------

const timestamp start{std::chrono::hours{450'000}};
record some_record(std::string id = "record-1") {
  return record{std::move(id), start}
      .with_component(component{"CPU", 10}.with_score("HEPSPEC06", 9.2))
      .with_stop_time(start + std::chrono::hours{1});
}

constexpr std::uint8_t some_attempts[] = {1, 2, 3};
using client_type = client<scripted_transport, manual_executor>;
client_type client_of(const scripted_transport& wire, std::uint8_t attempts) {
  options settings;
  settings.retry.write_attempts = settings.retry.read_attempts = attempts;
  return client_type(wire, manual_executor(), settings);
}
reply reply_of(const answer& a) {
  reply r = reply::with(a.status, a.body);
  r.retry_after = a.retry_after;
  return r;
}
scripted_transport always(const answer& a, std::size_t times = 20) {
  scripted_transport wire;
  for (std::size_t i = 0; i < times; ++i) wire.expect(reply_of(a));
  return wire;
}

void check(const error& e, const meaning& right, unsigned attempts, const answer& a) {
  INFO("'" << a.name << "': " << a.status << ' ' << a.body.substr(0, 200));
  CHECK(to_string(e.code) == to_string(right.code));
  if (right.code == errc::ok) return;
  CHECK(to_string(e.outcome) == to_string(right.outcome));
  CHECK(e.status == a.status);
  CHECK(e.attempts == (right.again ? attempts : 1u));
}

TEST_CASE("health_check says of every answer what it means") {
  for (const answer& a : all_answers()) {
    const scripted_transport wire = always(a);
    const result<void> healthy = client_of(wire, 3).health_check();
    check(healthy.error(), of_health(a), 1, a);
    CHECK(wire.sent().size() == 1);
  }
}

TEST_CASE("add says of every answer what it means, for 1, 2 and 3 attempts") {
  for (const answer& a : all_answers())
    for (const std::uint8_t attempts : some_attempts) {
      const scripted_transport wire = always(a);
      const meaning right = of_post(a);
      const result<receipt> added = client_of(wire, attempts).add(some_record());
      check(added.error(), right, attempts, a);
      if (added) CHECK(added->how == delivery::stored);
      if (!added) CHECK(added.error().record_id() == "record-1");
      CHECK(wire.sent().size() == (right.again ? attempts : 1u));
    }
}

TEST_CASE("update says of every answer what it means, for 1, 2 and 3 attempts") {
  for (const answer& a : all_answers())
    for (const std::uint8_t attempts : some_attempts) {
      const scripted_transport wire = always(a);
      const meaning right = of_put(a);
      const result<void> updated = client_of(wire, attempts).update(some_record());
      check(updated.error(), right, attempts, a);
      if (!updated) CHECK(updated.error().record_id() == "record-1");
      CHECK(wire.sent().size() == (right.again ? attempts : 1u));
    }
}

// The number of the line that a 400 names, as far as it is one of the batch's.
std::size_t named_line(const std::string& body, std::size_t records) {
  const std::size_t at = body.rfind(" at line ");
  if (at == std::string::npos) return 0;
  const auto line = static_cast<std::size_t>(std::atoi(body.c_str() + at + 9));
  return line <= records ? line : 0;
}

TEST_CASE("bulk_insert says of every answer what it means for each record") {
  const std::vector<record> batch = {some_record("a"), some_record("b")};
  for (const answer& a : all_answers())
    for (const std::uint8_t attempts : some_attempts) {
      INFO("'" << a.name << "': " << a.status << ' ' << a.body.substr(0, 200));
      const scripted_transport wire = always(a);
      const meaning right = of_post(a);
      const bulk_report report = client_of(wire, attempts).bulk_insert(batch);
      for (const record_outcome& each : report) {
        CHECK(to_string(each.code) == to_string(right.code));
        CHECK(to_string(each.outcome) == to_string(right.outcome));
        CHECK(each.status == a.status);
      }
      CHECK(bool(report) == (right.code == errc::ok));
      std::size_t requests = right.again ? attempts : 1;
      const bool may_pass = right.code == errc::server_failure || right.code == errc::not_auditor ||
                            (right.code == errc::wrong_endpoint && right.again);
      if (may_pass) requests += of_health(a).again ? attempts : 1;                                  // is there a server?
      if (right.code == errc::record_exists || right.code == errc::record_too_large) requests = 3;  // both, then each
      if (right.code == errc::invalid_record) requests = named_line(a.body, 2) != 0 ? 2 : 3;
      CHECK(wire.sent().size() == requests);
    }
}

// What the recording asked for; nothing, where the server takes it otherwise than this library says it.
std::optional<query> query_of(const answer& a) {
  const query text = query::raw(a.asked);
  if (!text.validate()) return std::nullopt;
  query asked;
  if (text.order()) asked.sort_by(*text.order());
  if (text.limit()) asked.limit(*text.limit());
  if (text.record_id()) asked.with_record_id(*text.record_id());
  std::string_view left = a.asked;
  while (!left.empty()) {
    const std::size_t end = (std::min)(left.find('&'), left.size()), equals = left.find('=');
    const std::string_view key = left.substr(0, equals), value = left.substr(equals + 1, end - equals - 1);
    const std::string_view name = key.substr(0, key.find('['));
    const std::string_view op = name.size() == key.size() ? key : key.substr(name.size());
    const auto set = [&](auto add, auto bound) {
      if (op == "[gt]") return add(gt(bound)), true;
      if (op == "[gte]") return add(gte(bound)), true;
      if (op == "[lt]") return add(lt(bound)), true;
      return op == "[lte]" && (add(lte(bound)), true);
    };
    bool known = name == "sort_by" || name == "limit" || name == "record_id";
    if (name == "start_time" || name == "stop_time") {
      const auto when = parse_timestamp(value);
      if (!when) return std::nullopt;
      known = name == "start_time" ? set([&](auto bound) { asked.with_start_time(bound); }, *when)
                                   : set([&](auto bound) { asked.with_stop_time(bound); }, *when);
    } else if (name == "runtime") {
      const long number = std::atol(std::string(value).c_str());
      known = set([&](auto bound) { asked.with_runtime(bound); }, number);
      if (op == "[equals]") asked.with_runtime(auditor::equals(number)), known = true;
    } else if (key == "meta[site][c][0]" || key == "meta[site][c][1]") {
      asked.with_meta("site", contains(value)), known = true;
    } else if (key == "meta[site][dnc][0]" || key == "meta[site][dnc][1]") {
      asked.with_meta("site", does_not_contain(value)), known = true;
    } else if (name == "component") {
      const long number = std::atol(std::string(value).c_str());
      const std::string component(op.substr(1, op.find(']') - 1)), how(op.substr(op.find(']') + 1));
      if (how == "[gte]") asked.with_component(component, gte(number)), known = true;
      if (how == "[equals]") asked.with_component(component, auditor::equals(number)), known = true;
    }
    if (!known) return std::nullopt;
    left.remove_prefix((std::min)(end + 1, left.size()));
  }
  return asked;
}

// The order in which the recorded records are.
query order_of(const answer& a) {
  query sorted;
  if (const auto by = query::raw(a.asked).order()) sorted.sort_by(*by);
  return sorted;
}

TEST_CASE("no recorded answer is taken for that of another query") {
  std::size_t compared = 0, with_records = 0;
  for (const answer& a : recorded()) {
    const reading right = of_get(a);
    if (a.asked.empty() || a.status != 200 || right.code != errc::ok) continue;
    const std::optional<query> asked = query_of(a);
    if (!asked || (asked->limit() == std::uint64_t{0})) continue;
    INFO("'" << a.name << "': " << a.asked);
    std::size_t seen = 0;
    read_options unproven;
    unproven.reads = proof::none;
    const auto read = client_of({reply_of(a)}, 1).for_each(*asked, [&](const record_view&) { ++seen; }, unproven);
    CHECK(to_string(read.error().code) == "ok");
    CHECK(seen == right.records);
    ++compared;
    with_records += right.records != 0;
  }
  CHECK(compared >= 20);
  CHECK(with_records >= 15);
}

TEST_CASE("a read without proof says of every answer what it means") {
  for (const answer& a : all_answers()) {
    INFO("'" << a.name << "': " << a.status << ' ' << a.body.substr(0, 200));
    const reading right = of_get(a);
    read_options unproven;
    unproven.reads = proof::none;
    const scripted_transport wire = always(a);
    const result<record_list> got = client_of(wire, 2).advanced_query(order_of(a), unproven);
    CHECK(to_string(got.error().code) == to_string(right.code));
    if (got) CHECK(got->size() == right.records);
    if (got) CHECK(got->summary.state == completeness::unproven);
    if (!got) CHECK(got.error().status == (right.code == errc::truncated ? 0 : a.status));
    CHECK(wire.sent().size() == (right.again ? 2u : 1u));
  }
}

TEST_CASE("a proven read says of every answer what it means") {
  for (const answer& a : all_answers()) {
    INFO("'" << a.name << "': " << a.status << ' ' << a.body.substr(0, 200));
    const reading right = of_get(a);
    answer last_row = a;
    if (right.records > 1) last_row.body = a.body.substr(a.body.rfind("{\"record_id\""));
    scripted_transport wire{reply_of(last_row)};
    if (right.code == errc::ok && right.records == 0) continue;  // nothing: tests/operation/nothing.cpp
    wire.expect(reply_of(a));
    std::size_t seen = 0;
    const result<read_summary> read = client_of(wire, 1).for_each(query{}, [&](const record_view&) { ++seen; });
    CHECK(to_string(read.error().code) == to_string(right.code));
    if (right.code == errc::unreadable_record) CHECK(read.error().record_id() == "unreadable");
    if (!read) continue;
    CHECK(seen == right.records);
    CHECK(read->records == right.records);
    CHECK(read->state == completeness::complete);
    CHECK(wire.left() == 0);
  }
}

TEST_CASE("find says of every answer what it means") {
  for (const answer& a : all_answers()) {
    INFO("'" << a.name << "': " << a.status << ' ' << a.body.substr(0, 200));
    reading right = of_get(a);
    std::string id = "nobody";
    if (right.code == errc::ok && right.records == 1) id = nlohmann::json::parse(a.body).at("record_id");
    if (right.code == errc::unreadable_record) id = "unreadable";
    if (right.records > 1) right.code = errc::not_auditor;  // others than the one asked for
    scripted_transport wire;
    std::string some_row;
    REQUIRE_FALSE(encode_record(some_record(), some_row));
    // Not there: four answers of nothing more, with a row of the table before each.
    for (int i = 0; right.code == errc::ok && right.records == 0 && i < 4; ++i)
      wire.expect(reply_of(a)).expect(reply::with(200, some_row));
    wire.expect(reply_of(a));
    const result<std::optional<record>> found = client_of(wire, 1).find(id);
    CHECK(to_string(found.error().code) == to_string(right.code));
    if (!found) CHECK(found.error().record_id() == id);
    if (!found) continue;
    CHECK(found->has_value() == (right.records == 1));
    if (*found) CHECK((*found)->record_id == id);
  }
}

// ---- failures ---------------------------------------------------------------------------------------------------

TEST_CASE("a failure before anything was sent applied nothing") {
  for (const errc failure : {errc::connect_failed, errc::tls_failed, errc::busy}) {
    for (const std::uint8_t attempts : some_attempts) {
      scripted_transport wire;
      for (int i = 0; i < 9; ++i) wire.expect(reply::fails(failure));
      client_type c = client_of(wire, attempts);
      const result<receipt> added = c.add(some_record());
      const unsigned tries = failure == errc::connect_failed ? attempts : 1u;
      CHECK(added.error().code == failure);
      CHECK(added.error().outcome == outcome::not_applied);
      CHECK(added.error().attempts == tries);
      CHECK(c.update(some_record()).error().outcome == outcome::not_applied);
      const std::vector<record> batch = {some_record("a"), some_record("b")};
      CHECK(c.bulk_insert(batch).not_applied() == 2);
    }
  }
}

TEST_CASE("a write whose answer breaks off at any byte is unknown, and the next attempt is heard") {
  std::string ours;
  REQUIRE_FALSE(encode_record(some_record(), ours));
  for (const answer& a : all_answers())
    for (std::size_t cut = 0; cut <= a.body.size(); cut += a.body.size() > 600 ? 37 : 1) {
      INFO("'" << a.name << "' cut after " << cut);
      for (const errc how : {errc::connection_lost, errc::timed_out}) {
        const scripted_transport once{reply_of(a).cut_after(cut, how)};
        const result<receipt> added = client_of(once, 1).add(some_record());
        CHECK(added.error().code == how);
        CHECK(added.error().outcome == outcome::unknown);
        CHECK(client_of({reply_of(a).cut_after(cut, how)}, 1).update(some_record()).error().outcome == outcome::unknown);
      }
      const scripted_transport twice{reply_of(a).cut_after(cut), reply::with(500, "RECORD_EXISTS"), reply::with(200, ours)};
      const result<receipt> repeated = client_of(twice, 2).add(some_record());
      REQUIRE(repeated);
      CHECK(repeated->how == delivery::already_stored);
      CHECK(repeated->attempts == 2);
      CHECK(twice.sent()[0].body == twice.sent()[1].body);
    }
}

TEST_CASE("a read whose answer breaks off at any byte is not an answer") {
  for (const answer& a : recorded()) {
    if (a.status != 200 || a.body.empty() || of_get(a).code != errc::ok) continue;
    for (std::size_t cut = 0; cut <= a.body.size(); cut += a.body.size() > 900 ? 23 : 1) {
      INFO("'" << a.name << "' cut after " << cut);
      std::size_t seen = 0;
      read_options unproven;
      unproven.reads = proof::none;
      const scripted_transport plain{reply_of(a).cut_after(cut)};
      const result<read_summary> read =
          client_of(plain, 1).for_each(order_of(a), [&](const record_view&) { ++seen; }, unproven);
      REQUIRE_FALSE(read);
      CHECK(read.error().code == (seen == 0 ? errc::connection_lost : errc::truncated));
      CHECK(read.error().index == seen);
    }
  }
}

TEST_CASE("a proven read goes on behind the record where it was cut, cleanly or not, at every byte") {
  const answer* whole = nullptr;
  const std::vector<answer> all = recorded();
  for (const answer& each : all)
    if (each.name == "query-sort-asc-id") whole = &each;
  REQUIRE(whole != nullptr);
  const std::size_t records = of_get(*whole).records;
  const std::string last = whole->body.substr(whole->body.rfind("{\"record_id\""));
  for (std::size_t cut = 0; cut < whole->body.size(); ++cut)
    for (const bool cleanly : {true, false}) {
      INFO("cut after " << cut << (cleanly ? ", cleanly" : ""));
      scripted_transport wire{reply::with(200, last)};
      wire.expect(cleanly ? reply::with(200, whole->body.substr(0, cut)) : reply::with(200, whole->body).cut_after(cut));
      if (cleanly) wire.expect(reply::with(200, last));
      wire.expect(reply::with(200, whole->body));
      std::vector<std::string> ids;
      const result<read_summary> read =
          client_of(wire, 2).for_each(query{}, [&](const record_view& r) { ids.emplace_back(r.record_id); });
      REQUIRE(read);
      CHECK(read->state == completeness::complete);
      REQUIRE(ids.size() == records);
      CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
      CHECK(wire.left() == 0);
    }
}

}  // namespace
