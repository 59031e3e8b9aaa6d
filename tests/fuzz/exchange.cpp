// Every operation against a wire that answers anything and breaks anywhere: it ends, and claims nothing the wire did not
// say. SPDX-License-Identifier: MIT OR Apache-2.0

#include "fuzz.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auditor::errc;
using auditor::outcome;
using auditor::testing::reply;
using fuzz::require;

// ---- the wire ----------------------------------------------------------------------------------------------------------

// Plays its replies again and again: whoever asks for ever is found out.
class wire {
 public:
  using stream = auditor::testing::scripted_transport::stream;

  struct script {
    std::vector<reply> replies;
    std::size_t opened = 0;
    std::size_t longest_answer = ~std::size_t{0};
    std::size_t patience = 0;                 // requests until somebody has to stop
    auditor::cancel_flag* give_up = nullptr;  // or is asked to
  };

  explicit wire(script& plays) : script_(&plays) {}

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    if (script_->give_up != nullptr && script_->opened >= script_->patience) script_->give_up->request();
    require(script_->opened < script_->patience + 1, "an operation ends");
    require(limits.timeout > auditor::ticks::zero(), "a step has time");
    if (!script_->replies.empty()) played_.expect(script_->replies[script_->opened % script_->replies.size()]);
    ++script_->opened;
    return played_.open(s, request, limits);
  }

  const std::vector<auditor::testing::sent_request>& sent() const { return played_.sent(); }

 private:
  script* script_;
  auditor::testing::scripted_transport played_;
};

auditor::record record_of(std::uint8_t kind) {
  using namespace std::chrono;
  const auto start = sys_days(year{2024} / 1 / 1);
  auditor::record r{std::string("record-") + static_cast<char>('a' + (kind & 7)), start};
  r.with_component(auditor::component{"CPU", (kind & 32) != 0 ? 9 : 8}.with_score("HEPSPEC06", 9.2));
  r.with_meta("site_id", "site1");
  if ((kind & 8) != 0) r.with_stop_time(start + hours{3});
  if ((kind & 16) != 0) r.components.front().amount = -1;
  return r;
}

std::string text_of(std::uint8_t kind) {
  const auditor::record r = record_of(kind & ~16);
  if ((kind & 64) != 0)
    return "{\"record_id\":\"" + r.record_id +
           "\",\"meta\":null,\"components\":null,\"start_time\":\"2024-01-01T00:00:00Z\",\"stop_time\":null,\"runtime\":"
           "null}";
  std::string text;
  require(auditor::encode_record(r, text).code == errc::ok, "a record is encoded");
  return text;
}

reply next_reply(fuzz::source& from, auditor::cancel_flag& cancel) {
  const std::uint8_t kind = from.byte();
  reply r;
  switch (kind & 15) {
    case 0: break;
    case 1: r = reply::with(500, "RECORD_EXISTS"); break;
    case 2:
      r = reply::with(200,
                      "{\"warning\":\"Record already exists, but the error was ignored due to AUDITOR configuration.\"}");
      break;
    case 3:
      r = reply::with(
          400, "Json deserialize error: Parsing '-1' failed. at line " + std::to_string(from.byte()) + " column 119");
      break;
    case 4: r = reply::with(413, "JSON payload (2097153 bytes) is larger than allowed (limit: 2097152 bytes)."); break;
    case 5: r = reply::with(403, "Insufficient permissions"); break;
    case 6: r = reply::with(404, "Updating unknown record record-a not possible."); break;
    case 7: r = reply::with(404, "The requested resource was not found. 404 Not Found"); break;
    case 8: r = reply::with(500, "UNEXPECTED_ERROR"); break;
    case 9:
      r = reply::with(503, "busy");
      r.retry_after = from.byte();
      break;
    case 10: r = reply::fails(static_cast<errc>(1 + from.below(static_cast<std::size_t>(errc::truncated)))); break;
    case 11:
      for (std::size_t count = from.below(16); count > 0; --count) r.body += text_of(from.byte());
      break;
    case 12: r = reply::with(200, from.text()); break;
    case 13: {
      const auto status = static_cast<int>(1 + from.number(2));
      r = reply::with(status, from.text());
      break;
    }
    case 14: {
      // Longer than any text that is read to its end, or short.
      const std::uint8_t length = from.byte();
      r = reply::with(static_cast<int>(200 + 100 * from.below(4)), std::string(length == 255 ? 70'000u : 1u + length, 'x'));
      break;
    }
    case 15: r = reply::with(static_cast<int>(1 + from.number(2))); break;
  }
  if ((kind & 16) != 0) {
    r.breaks_after = from.number(2) % (r.body.size() + 2);
    r.breaks_with = static_cast<errc>(1 + from.below(static_cast<std::size_t>(errc::truncated)));
  }
  if ((kind & 32) != 0) r.chunk = 1 + from.byte();
  if ((kind & 64) != 0 && from.byte() == 7) r.cancels = &cancel;
  return r;
}

// ---- what the wire said, judged by rules of its own --------------------------------------------------------------------

enum class word { stored, known, nothing, maybe };

word said(const reply& r, std::size_t longest = ~std::size_t{0}) {
  if (r.open_fails != errc::ok) {
    const auto nothing = {errc::connect_failed, errc::tls_failed, errc::busy, errc::invalid_argument, errc::buffer_full};
    return std::find(nothing.begin(), nothing.end(), r.open_fails) != nothing.end() ? word::nothing : word::maybe;
  }
  if (r.breaks_after <= r.body.size() || r.body.size() > longest) return word::maybe;
  if (r.status == 200 && r.body.empty()) return word::stored;
  if (r.status == 200 && r.body.starts_with("{\"warning\":")) return word::known;
  if (r.status == 500 && r.body == "RECORD_EXISTS") return word::known;
  if (r.status == 400 && r.body.starts_with("Json deserialize error")) return word::nothing;
  for (const int status : {401, 403, 404, 405, 411, 413, 415, 501, 505})
    if (r.status == status) return word::nothing;
  return r.status >= 300 && r.status < 400 ? word::nothing : word::maybe;
}

struct evidence {
  bool stored = false, known_alone = false, maybe = false, shown = false;
  bool open = false;  // a maybe that nothing later refutes
};

bool share_an_id(std::string_view a, std::string_view b) {
  constexpr std::string_view mark = "\"record_id\":\"";
  for (std::size_t at = a.find(mark); at != std::string_view::npos; at = a.find(mark, at + 1)) {
    const std::string_view id = a.substr(at, a.find('"', at + mark.size()) + 1 - at);
    if (b.find(id) != std::string_view::npos) return true;
  }
  return false;
}

evidence about(std::string_view id, const wire& through, const wire::script& plays) {
  const std::string quoted = "\"record_id\":\"" + std::string(id) + '"';
  static const reply over = reply::fails(errc::connect_failed);
  const auto answer_to = [&plays](std::size_t i) -> const reply& {
    return plays.replies.empty() ? over : plays.replies[i % plays.replies.size()];
  };
  const auto& sent = through.sent();
  evidence all;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const std::string& body = sent[i].body;
    const reply& answer = answer_to(i);
    if (sent[i].method == auditor::verb::get) {
      all.shown = all.shown || (answer.status == 200 && answer.body.find(quoted) != std::string::npos);
      continue;
    }
    const std::size_t at = body.find(quoted);
    if (at == std::string::npos) continue;
    require(body.find(quoted, at + 1) == std::string::npos, "no request has an id twice", body);
    const bool put = sent[i].method == auditor::verb::put;
    const bool alone = body.find("\"record_id\":", at + 1) == std::string::npos && body.find("\"record_id\":") == at;
    const word answered = said(answer, plays.longest_answer);
    const bool maybe = answered == word::maybe || (answered == word::known && put);
    all.stored = all.stored || answered == word::stored;
    all.known_alone = all.known_alone || (answered == word::known && alone);
    all.maybe = all.maybe || maybe;
    // A bulk is stored as a whole or not at all: it was not, if one of its records could be stored later, or is malformed.
    bool refuted = false;
    for (std::size_t j = i + 1; maybe && !put && j < sent.size(); ++j) {
      const reply& later = answer_to(j);
      const bool malformed = later.status == 400 && said(later, plays.longest_answer) == word::nothing;
      if (sent[j].method == auditor::verb::post && (said(later, plays.longest_answer) == word::stored || malformed) &&
          share_an_id(sent[j].body, body))
        refuted = true;
    }
    all.open = all.open || (maybe && !refuted);
  }
  return all;
}

void check_claim(std::string_view id, outcome claimed, const evidence& seen, bool compares) {
  switch (claimed) {
    case outcome::delivered:
      require(seen.stored || (seen.known_alone && (seen.maybe || (compares && seen.shown))),
              "delivered: a 200 without text, or a duplicate after a lost answer, or one that was compared", id);
      break;
    case outcome::duplicate: require(seen.known_alone, "a duplicate: the server said so of this record alone", id); break;
    case outcome::rejected:
    case outcome::not_applied:
      // A stored record that was looked at and differs shows that the lost attempt was not stored either.
      require(!seen.stored && (!seen.open || (compares && seen.shown)), "not stored: no attempt may have been", id);
      break;
    case outcome::unknown: require(seen.maybe, "unknown: some answer was lost or foreign", id); break;
  }
}

// ---- what is asked -----------------------------------------------------------------------------------------------------

struct watcher {
  std::size_t attempts = 0;
  std::uint64_t sent = 0;

  static void see(void* self, const auditor::attempt_event& event) noexcept {
    auto& w = *static_cast<watcher*>(self);
    ++w.attempts;
    w.sent += event.bytes_sent;
    require(event.attempt >= 1, "attempts count from 1");
    require(event.request != auditor::route::none, "an attempt has a route");
    require(!event.repeats || event.code != errc::ok, "success is not repeated");
  }
};

void check_bulk(const auditor::bulk_report& report, const std::vector<auditor::record>& records, const wire& through,
                const wire::script& plays, bool compares) {
  require(report.size() == records.size(), "an outcome for each record");
  require(report.delivered() + report.duplicates() + report.rejected() + report.not_applied() + report.unknown() ==
              records.size(),
          "each is counted once");
  require(static_cast<bool>(report) == (report.failures() == 0) && (report.failures() == 0) == report.errors().empty(),
          "a failure has words");
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool settled_here = report[i].status == 0 && report[i].result == outcome::rejected;
    if (settled_here) continue;  // invalid, or a twin that differs: its id may be another's
    require(report[i].code == errc::ok || report[i].result != outcome::delivered, "delivered has no error");
    require(report[i].result == outcome::delivered || report[i].result == outcome::duplicate || report[i].code != errc::ok,
            "what is not stored has an error");
    check_claim(records[i].record_id, report[i].result, about(records[i].record_id, through, plays), compares);
  }
}

void check_summary(const auditor::read_summary& summary, std::size_t visited, bool proven) {
  using auditor::completeness;
  require(summary.records == visited, "as many as were shown");
  if (summary.state == completeness::stopped) return;
  require(proven == (summary.state != completeness::unproven), "a proven read says how certain it is");
  require(summary.state != completeness::none_found || summary.records + summary.unreadable == 0, "none found is none");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::source from(bytes, size);
  const std::size_t operation = from.below(12);
  const std::uint8_t flags = from.byte(), limits = from.byte();

  std::vector<auditor::record> records;
  for (std::size_t n = 1 + from.below(12); n > 0; --n) records.push_back(record_of(from.byte()));
  const auditor::record& first = records.front();

  auditor::cancel_flag cancel;
  auditor::call_options call;
  call.cancel = &cancel;
  call.duplicates = static_cast<auditor::on_duplicate>(flags & 3);
  call.reads = (flags & 4) != 0 ? auditor::proof::none : auditor::proof::complete;
  if ((flags & 8) != 0) call.unreadable.report = [](void*, std::string_view) {};
  if ((flags & 16) != 0) call.timeout = auditor::ticks{1 + 40 * (flags >> 5)};
  const bool compares =
      call.duplicates == auditor::on_duplicate::compare || call.duplicates == auditor::on_duplicate::update;
  const bool proven = call.reads == auditor::proof::complete;

  wire::script plays;
  watcher seen;
  auditor::options settings;
  settings.observer = {&watcher::see, &seen};
  settings.retry.write_attempts = static_cast<std::uint8_t>(1 + (limits & 3));
  settings.retry.read_attempts = static_cast<std::uint8_t>(1 + (limits & 7));
  if ((limits & 8) != 0) settings.max_batch = 2;
  if ((limits & 16) != 0) settings.max_body = 500;
  if ((limits & 32) != 0) settings.max_record = 200;
  if ((limits & 64) != 0) settings.max_answer = plays.longest_answer = 700;

  // A request is tried 4 times at most; a bulk narrows down to each record, looks at it and updates it; a read has 8
  // attempts of up to 6 requests from one record to the next.
  constexpr std::size_t most_of_write = 4 * 4, most_of_bulk = 4 * 6 * 16, most_of_read = 100;
  while (!from.empty() && plays.replies.size() < 24) plays.replies.push_back(next_reply(from, cancel));
  plays.patience = operation <= 2 ? most_of_write : operation <= 4 ? most_of_bulk : most_of_read;

  auditor::client client{wire{plays},
                         auditor::testing::manual_executor{bytes != nullptr && size != 0 ? bytes[size - 1] : 1u}, settings};
  const auto attempts_are_seen = [&] {
    std::uint64_t body = 0;
    for (const auto& each : client.transport().sent()) body += each.body.size();
    require(seen.attempts == plays.opened && seen.sent == body, "the observer sees each attempt once");
  };
  const auto check_one = [&](const auditor::error& e) {
    if (e.code == errc::ok) return;
    require(e.result != outcome::delivered, "an error is not delivered");
    require(!auditor::message(e).empty(), "an error has words");
    check_claim(first.record_id, e.result, about(first.record_id, client.transport(), plays), compares);
  };

  std::size_t visited = 0;
  const auto visit = [&](const auditor::record_view&) {
    plays.patience = plays.opened + most_of_read;  // progress
    return ++visited < 200;
  };

  switch (operation) {
    case 0: {
      const auto healthy = client.health_check(call);
      require(plays.opened <= 1, "a health check is asked once");
      if (healthy)
        require(!plays.replies.empty() && said(plays.replies.front()) == word::stored, "healthy is a 200 without text");
      break;
    }
    case 1: {
      const auto added = client.add(first, call);
      check_one(added.error());
      if (!added) break;
      const evidence all = about(first.record_id, client.transport(), plays);
      switch (added->how) {
        case auditor::delivery::stored: require(all.stored, "stored: a 200 without text"); break;
        case auditor::delivery::already_stored:
          require(all.known_alone && all.maybe, "already stored: after a lost answer");
          break;
        case auditor::delivery::ignored:
          require(all.known_alone && call.duplicates == auditor::on_duplicate::ignore, "ignored: as was asked");
          break;
        case auditor::delivery::equal: require(all.known_alone && compares && all.shown, "equal: it was looked at"); break;
        case auditor::delivery::stop_time_set:
          require(all.stored && call.duplicates == auditor::on_duplicate::update,
                  "set: as was asked, and a 200 without text");
          break;
      }
      break;
    }
    case 2: {
      const auto updated = client.update(first, call);
      check_one(updated.error());
      if (updated) require(about(first.record_id, client.transport(), plays).stored, "updated: a 200 without text");
      break;
    }
    case 3: check_bulk(client.bulk_insert(records, call), records, client.transport(), plays, compares); break;
    case 4: {
      // One PUT for each, also where an id is there twice: only those that are alone can be told apart.
      const auditor::bulk_report report = client.bulk_update(records, call);
      for (std::size_t i = 0; i < records.size(); ++i) {
        const auto same = [&](const auditor::record& r) { return r.record_id == records[i].record_id; };
        if (std::count_if(records.begin(), records.end(), same) > 1) continue;
        check_claim(records[i].record_id, report[i].result, about(records[i].record_id, client.transport(), plays), false);
      }
      break;
    }
    case 5:
    case 6:
    case 7: {
      // A collected read cannot tell of its progress: a hostile wire that always has another record is stopped from here.
      plays.give_up = &cancel;
      plays.patience = 300;
      auditor::query asked;
      if (operation == 6) asked.with_record_id(first.record_id);
      if (operation == 7) asked.sort_by(auditor::descending(auditor::field::stop_time)).limit(1 + (flags >> 4));
      const auto list = client.advanced_query(asked, call);
      if (list) check_summary(list->summary, list->size(), proven);
      break;
    }
    case 8:
    case 9:
    case 10: {
      auditor::query asked;
      if (operation == 9) asked.with_component("CPU", auditor::gte(1));
      if (operation == 10) asked.limit(1 + (flags >> 4));
      const auto summary = client.for_each(asked, visit, call);
      if (summary) check_summary(*summary, visited, proven);
      if (visited >= 200) return 0;  // the last attempt was left alone
      break;
    }
    case 11: {
      auto stream = client.stream(auditor::query{}, call);
      auditor::record r;
      while (visited < 200 && stream.next(r)) visit(r);
      const auto summary = stream.finish();
      if (summary) check_summary(*summary, visited, proven);
      if (visited >= 200) return 0;
      break;
    }
  }
  attempts_are_seen();
  return 0;
}
