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

struct timed_reply : reply {
  auditor::ticks takes{};  // until its head is there

  timed_reply(reply r = {}) : reply(std::move(r)) {}
};

// Plays its replies again and again: whoever asks for ever is found out.
class wire {
 public:
  using stream = auditor::testing::scripted_transport::stream;

  struct exchanged {
    reply answer;
    auditor::ticks took{};
  };
  struct script {
    std::vector<timed_reply> replies;
    std::vector<exchanged> played;            // one for each request
    std::size_t patience = 0;                 // requests until somebody has to stop
    auditor::cancel_flag* give_up = nullptr;  // or is asked to
    auditor::testing::manual_executor* clock = nullptr;

    std::size_t opened() const { return played.size(); }
  };

  explicit wire(script& plays) : script_(&plays) {}

  auditor::result<auditor::response_head> open(stream& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    if (script_->give_up != nullptr && script_->opened() >= script_->patience) script_->give_up->request();
    require(script_->opened() < script_->patience + 1, "an operation ends");
    require(limits.timeout > auditor::ticks::zero(), "a step has time");
    timed_reply next{reply::fails(errc::connect_failed)};
    if (!script_->replies.empty()) next = script_->replies[script_->opened() % script_->replies.size()];
    if (next.takes >= limits.timeout) {
      next.takes = limits.timeout;
      static_cast<reply&>(next) = reply::fails(errc::timed_out);
    }
    if (script_->clock != nullptr) script_->clock->advance(next.takes);
    script_->played.push_back({next, next.takes});
    played_.expect(next);
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

timed_reply next_reply(fuzz::source& from, auditor::cancel_flag& cancel) {
  const std::uint8_t kind = from.byte();
  timed_reply r;
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
  if ((kind & 128) != 0) {
    constexpr std::array<int, 8> milliseconds{3, 240, 260, 1'899, 1'900, 2'000, 2'499, 2'600};
    r.takes = auditor::ticks{milliseconds[from.below(milliseconds.size())]};
  }
  return r;
}

// ---- what the wire said, judged by rules of its own --------------------------------------------------------------------

enum class word { stored, known, malformed, nothing, maybe };

word said(const reply& r, std::size_t longest) {
  if (r.open_fails != errc::ok) {
    const auto nothing = {errc::connect_failed, errc::tls_failed, errc::busy, errc::invalid_argument, errc::buffer_full};
    return std::find(nothing.begin(), nothing.end(), r.open_fails) != nothing.end() ? word::nothing : word::maybe;
  }
  if (r.breaks_after <= r.body.size() || r.body.size() > longest) return word::maybe;
  if (r.status == 200 && r.body.empty()) return word::stored;
  if (r.status == 200 && r.body.starts_with("{\"warning\":")) return word::known;
  if (r.status == 500 && r.body == "RECORD_EXISTS") return word::known;
  if (r.status == 400 && r.body.starts_with("Json deserialize error")) return word::malformed;
  for (const int status : {401, 403, 404, 405, 407, 411, 413, 415, 501, 505})
    if (r.status == status) return word::nothing;
  return r.status >= 300 && r.status < 400 ? word::nothing : word::maybe;
}

// Of a read: nothing came in time, and the database may still be at work.
bool is_silent(const reply& r) {
  return r.open_fails == errc::timed_out ||
         (r.open_fails == errc::ok && r.status == 200 && r.breaks_after == 0 && r.breaks_with == errc::timed_out);
}

// The records of a text. `whole`: and nothing but these.
struct listed {
  std::vector<auditor::record> records;
  std::vector<bool> unreadable;
  bool whole = false;

  listed() = default;
  explicit listed(std::string_view text, std::size_t max_record = std::size_t{4} << 20) {
    using status = auditor::record_reader::status;
    auditor::record_reader reader(max_record);
    for (;;) {
      status at = reader.next();
      for (; at == status::item; at = reader.next()) {
        records.push_back(auditor::to_record(reader.view()));
        unreadable.push_back(reader.unreadable());
      }
      if (at == status::failed) {
        // One that is too large is reported by its id, if it has one, and the rest is read.
        const std::string id(reader.view().record_id);
        if (id.empty() || !reader.skip()) break;
        records.emplace_back().record_id = id;
        unreadable.push_back(true);
        continue;
      }
      if (text.empty()) break;
      const auto room = reader.prepare();
      const std::size_t size = (std::min)(room.size(), text.size());
      std::copy_n(text.data(), size, room.data());
      reader.commit(size);
      text.remove_prefix(size);
    }
    whole = reader.finish().has_value();
  }

  bool is_empty() const { return whole && records.empty(); }
  bool is_row() const { return whole && records.size() == 1; }
};

// One request and what came of it.
struct step {
  bool read = false, health = false, put = false;
  std::string_view target;
  std::vector<auditor::record> sent;  // of a write
  word answered{};                    // to a write, or a health check
  listed shown;                       // by a read; not whole: also where it was cut
  auditor::ticks took{};
  bool ruled_out = false;  // nothing of this write was stored, whatever its answer was

  const auditor::record* sent_of(std::string_view id) const {
    for (const auditor::record& r : sent)
      if (r.record_id == id) return &r;
    return nullptr;
  }
  bool shares_an_id_with(const step& other) const {
    return std::any_of(sent.begin(), sent.end(), [&](const auditor::record& r) { return other.sent_of(r.record_id); });
  }
  bool is_maybe() const { return answered == word::maybe || (put && answered == word::known); }
};

// Certainly not the one that we sent, whatever others did to it since: they can set a stop time, and not take one away.
bool is_foreign(const auditor::record& ours, const auditor::record& stored) {
  return compare_records(ours, stored).match == auditor::record_match::different || (ours.stop_time && !stored.stop_time);
}

// A bulk is stored as a whole or not at all: it was not, if one of its records could be stored later, is malformed, or is
// somebody else's. An update was not applied, if the record is still open.
bool rules_out(const step& later, const step& lost) {
  if (!later.read) {
    return !lost.put && !later.put && (later.answered == word::stored || later.answered == word::malformed) &&
           later.shares_an_id_with(lost);
  }
  if (!later.shown.is_row() || later.shown.unreadable[0]) return false;
  const auditor::record& stored = later.shown.records[0];
  const auditor::record* const ours = lost.sent_of(stored.record_id);
  if (ours == nullptr) return false;
  return lost.put ? ours->stop_time && !stored.stop_time : is_foreign(*ours, stored);
}

struct limits_of_answers {
  std::size_t longest = ~std::size_t{0};
  std::size_t max_record = 0;
};

std::vector<step> history(const wire& through, const wire::script& plays, const limits_of_answers& limits) {
  const auto& sent = through.sent();
  require(sent.size() == plays.opened(), "each request is played");
  std::vector<step> all(sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    step& now = all[i];
    const reply& answer = plays.played[i].answer;
    now.target = sent[i].target;
    now.took = plays.played[i].took;
    now.put = sent[i].method == auditor::verb::put;
    now.answered = said(answer, limits.longest);
    if (sent[i].method == auditor::verb::get) {
      now.health = now.target == "/health_check";
      now.read = !now.health;
      if (!now.read || answer.open_fails != errc::ok || answer.status != 200) continue;
      now.shown = listed(std::string_view(answer.body).substr(0, answer.breaks_after), limits.max_record);
      if (answer.breaks_after <= answer.body.size() || answer.body.size() > limits.longest) now.shown.whole = false;
      continue;
    }
    now.sent = listed(sent[i].body).records;
    require(!now.sent.empty(), "a write has records", sent[i].body);
    for (std::size_t a = 0; a < now.sent.size(); ++a)
      for (std::size_t b = a + 1; b < now.sent.size(); ++b)
        require(now.sent[a].record_id != now.sent[b].record_id, "no request has an id twice", sent[i].body);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    step& now = all[i];
    if (now.sent.empty() || !now.is_maybe()) continue;
    for (std::size_t j = i + 1; j < all.size() && !now.ruled_out; ++j) now.ruled_out = rules_out(all[j], now);
  }
  return all;
}

struct evidence {
  bool stored = false, updated = false;   // a 200 without text, to a POST or a PUT
  bool known = false;                     // of this record alone
  bool maybe = false, open = false;       // an answer was lost or foreign; and nothing later ruled_out that
  bool equal = false, different = false;  // a look at it showed
  bool contradicted = false;              // or none, though the server had said that it is there
};

evidence about(std::string_view id, const std::vector<step>& steps) {
  const std::string look = "/records?record_id=" + std::string(id);
  const auditor::record* ours = nullptr;
  evidence all;
  for (const step& now : steps) {
    if (now.target == look && ours != nullptr) {
      const bool seen = now.shown.is_row() && !now.shown.unreadable[0] && now.shown.records[0].record_id == id;
      const bool equal = seen && difference(*ours, now.shown.records[0]).code == errc::ok;
      all.equal |= equal;
      all.different |= seen && !equal;
      all.contradicted |= all.known && !seen;
    }
    const auditor::record* const sent = now.sent_of(id);
    if (sent == nullptr) continue;
    ours = sent;
    (now.put ? all.updated : all.stored) |= now.answered == word::stored;
    all.known |= now.answered == word::known && !now.put && now.sent.size() == 1;
    all.maybe |= now.is_maybe();
    all.open |= now.is_maybe() && !now.ruled_out;
  }
  return all;
}

void check_claim(std::string_view id, outcome claimed, const evidence& seen, auditor::on_duplicate policy) {
  const bool compares = policy == auditor::on_duplicate::compare || policy == auditor::on_duplicate::update;
  const bool ignores = policy == auditor::on_duplicate::ignore;
  switch (claimed) {
    case outcome::delivered:
      require(seen.stored || seen.updated || (seen.equal && !ignores && (seen.maybe || (compares && seen.known))),
              "delivered: a 200 without text, or a look showed it equal, where there was a reason to look", id);
      break;
    case outcome::duplicate:
      require(seen.different || (seen.known && (ignores || !seen.open)),
              "a duplicate: a look showed another one, or the server said so of this record alone, and no attempt of ours "
              "may have been stored",
              id);
      break;
    case outcome::rejected:
    case outcome::not_applied:
      require(!seen.stored && !seen.updated && !seen.open, "not stored: no attempt may have been", id);
      break;
    case outcome::unknown:
      // What rules out a lost attempt may come too late for a record that was settled, or set aside, before.
      require(seen.maybe || seen.contradicted, "unknown: some answer was lost or foreign, or the server contradicts itself",
              id);
      break;
  }
}

// ---- and what a read may conclude ------------------------------------------------------------------------------------

constexpr std::string_view control_question = "/records?sort_by[desc]=record_id&limit=1";
constexpr auditor::ticks fast{1'900}, slow{2'500}, soon{250};

// An empty table: three times nothing of it, and a health check that says that the database works.
void check_empty_table(const std::vector<step>& steps) {
  unsigned rounds = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const step& now = steps[i];
    require(!now.shown.whole || now.shown.records.empty(), "a table of which records came is not empty");
    if (!now.health || now.answered != word::stored || now.took >= fast) continue;
    std::size_t asked = i;  // the health check may have been repeated
    while (asked != 0 && steps[asked].health) --asked;
    if (steps[asked].target == control_question && steps[asked].shown.is_empty() && steps[asked].took < fast) ++rounds;
  }
  require(rounds >= 3 && steps.back().health, "an empty table: three times nothing, fast, from a database that works");
}

// Nothing matches: five times nothing, fast, and a row of the table between each two; or twice nothing, as slow as an honest
// scan, and behind each a row at once; of an id nothing honest is slow. Or the table is empty.
void check_nothing_matches(const std::vector<step>& steps, std::string_view filters, bool by_id) {
  std::string answers;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const step& now = steps[i];
    if (now.health && now.answered == word::stored) answers += 'h';
    if (!now.read) continue;
    const bool controls = now.target == control_question;
    require(controls || now.target.find(filters) != std::string_view::npos, "the question, or its control", now.target);
    const bool at_once = now.took <= soon && i != 0 && steps[i - 1].shown.is_empty();
    if (controls && now.shown.is_row()) answers += at_once ? 'r' : 'R';
    if (!controls && now.shown.is_empty()) answers += now.took < fast ? "f" : now.took < slow || by_id ? "" : "s";
  }
  std::string any_row = answers;
  std::replace(any_row.begin(), any_row.end(), 'r', 'R');
  if (any_row.ends_with("fRfRfRfRf") || answers.ends_with("srsr")) return;
  require(any_row.ends_with('h'), "nothing matches: as often and as fast as it takes, and the table answers between",
          answers);
  check_empty_table(steps);
}

// Nothing is in a range of times: the row next to it came.
void check_nothing_in_range(const std::vector<step>& steps, auditor::timestamp begin, auditor::timestamp end) {
  require(!steps.empty() && steps.back().shown.is_row(), "nothing in a range: a row came");
  const auditor::timestamp row = steps.back().shown.records[0].start_time;
  const auto asks = [target = steps.back().target](std::string_view bound, auditor::timestamp moment,
                                                   std::string_view order) {
    const std::string text = auditor::query{}.with_start_time(auditor::gte(moment)).encode().value();
    return target.find(std::string(bound) + text.substr(text.find('='))) != std::string::npos &&
           target.ends_with("sort_by[" + std::string(order) + "]=start_time&limit=1");
  };
  require((row < begin && asks("start_time[lt]", end, "desc")) || (row >= end && asks("start_time[gte]", begin, "asc")),
          "the highest row below its end is below its beginning, or the lowest behind its beginning behind its end");
}

// ---- what is asked -----------------------------------------------------------------------------------------------------

struct watcher {
  std::size_t attempts = 0;
  std::uint64_t sent = 0;

  void see(const auditor::attempt_event& event) noexcept {
    ++attempts;
    sent += event.bytes_sent;
    require(event.attempt >= 1, "attempts count from 1");
    require(event.request != auditor::route::none, "an attempt has a route");
    require(!event.repeats || event.code != errc::ok, "success is not repeated");
  }
};

void check_bulk(const auditor::bulk_report& report, const std::vector<auditor::record>& records,
                const std::vector<step>& steps, auditor::on_duplicate policy) {
  require(report.size() == records.size(), "an outcome for each record");
  require(report.delivered() + report.duplicates() + report.rejected() + report.not_applied() + report.unknown() ==
              records.size(),
          "each is counted once");
  require(static_cast<bool>(report) == (report.failures() == 0) && (report.failures() == 0) == report.errors().empty(),
          "a failure has words");
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool decided_here = report[i].status == 0 && report[i].outcome == outcome::rejected;
    if (decided_here) continue;  // invalid: its id may be another's
    require(report[i].code == errc::ok || report[i].outcome != outcome::delivered, "delivered has no error");
    require(
        report[i].outcome == outcome::delivered || report[i].outcome == outcome::duplicate || report[i].code != errc::ok,
        "what is not stored has an error");
    const evidence seen = about(records[i].record_id, steps);
    require(!seen.updated || policy == auditor::on_duplicate::update, "nothing is updated unasked");
    const auto is_there = [&](std::size_t k) {
      return report[k].outcome == outcome::delivered || report[k].outcome == outcome::duplicate;
    };
    bool has_same_id = false, has_stored_earlier = false;
    for (std::size_t k = 0; k < records.size(); ++k) {
      if (k == i || records[k].record_id != records[i].record_id) continue;
      has_same_id = true;
      has_stored_earlier |= k < i && is_there(k);
    }
    require(report[i].status != 0 || !is_there(i) || has_stored_earlier, "settled here: by an earlier one of the same id");
    if (has_same_id) continue;  // only those that are alone can be told apart
    check_claim(records[i].record_id, report[i].outcome, seen, policy);
  }
}

// What was asked, and what a visitor or the list was given.
struct asked_read {
  auditor::query query;
  bool proven = false, superset = false;
  std::vector<std::string> shown = {}, unreadable = {};
};

bool holds(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void check_summary(const auditor::read_summary& summary, const asked_read& asked, const std::vector<step>& steps) {
  using auditor::completeness;
  require(summary.records == asked.shown.size(), "as many as were shown");
  require(summary.unreadable == asked.unreadable.size(), "as many as were reported");
  if (summary.state == completeness::stopped) return;
  const std::uint64_t came = summary.records + summary.unreadable;
  // The database may have failed at a component; of an empty table it cannot.
  const bool undecided =
      came == 0 && asked.query.has_component_filter() && !asked.superset && summary.state != completeness::none_found;
  require((asked.proven && !undecided) == (summary.state != completeness::unproven),
          "a proven read says how certain it is");
  const auto limit = asked.query.limit();
  require(!limit || asked.superset || came <= *limit, "not more than was asked for");
  require(summary.state != completeness::none_found || came == 0, "none found is none");
  if (!asked.proven) return;

  const std::string filters = asked.query.filters(auditor::meta_dialect::list).value();
  if (came == 0 && summary.state != completeness::complete) {
    const bool by_id = asked.query.record_id().has_value();
    const bool only_of_all = filters.empty() || asked.query.only_range_of() || asked.superset;
    const bool decided = summary.state == completeness::none_found;
    if (!by_id && (only_of_all || (decided && asked.query.has_component_filter()))) return check_empty_table(steps);
    return check_nothing_matches(steps, filters, by_id);
  }
  if (asked.query.record_id()) return require(came == 1, "one record of an id");
  if (asked.superset && !filters.empty()) return;  // what was left out here is not known
  if (came == 0) return require(asked.query.only_range_of().has_value(), "nothing is complete by a neighbour");
  if (limit) return;
  // The id that came last by the server's last word has gone by.
  const step* last = nullptr;
  for (const step& now : steps)
    if (now.shown.is_row() && now.target.ends_with("sort_by[desc]=record_id&limit=1")) last = &now;
  require(last != nullptr, "complete: the last id was asked for");
  const std::string& id = last->shown.records[0].record_id;
  if (holds(asked.shown, id) || holds(asked.unreadable, id)) return;
  // Or it went by before another that was shown: then it was stored behind a stream that had come so far.
  const auto is_last = [&](const auditor::record& r) { return r.record_id == id; };
  const auto was_shown = [&](const auditor::record& r) {
    return holds(asked.shown, r.record_id) || holds(asked.unreadable, r.record_id);
  };
  const auto went_by = [&](const step& now) {
    const auto& stream = now.shown.records;
    return std::any_of(std::find_if(stream.begin(), stream.end(), is_last), stream.end(), was_shown);
  };
  require(std::any_of(steps.begin(), steps.end(), went_by), "complete: the record that comes last has gone by", id);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::source from(bytes, size);
  const std::size_t operation = from.below(15);
  const std::uint8_t flags = from.byte(), limits = from.byte();

  std::vector<auditor::record> records;
  for (std::size_t n = 1 + from.below(12); n > 0; --n) records.push_back(record_of(from.byte()));
  const auditor::record& first = records.front();

  auditor::cancel_flag cancel;
  auditor::call_options call;
  call.cancel = &cancel;
  if ((flags & 16) != 0) call.timeout = auditor::ticks{1 + 40 * (flags >> 5)};
  auditor::add_options adds = call;
  using auditor::on_duplicate;
  const on_duplicate policies[] = {on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update};
  adds.duplicates = policies[flags & 3];
  auditor::bulk_insert_options inserts = call;
  inserts.duplicates = adds.duplicates;
  auditor::read_options reads = call;
  reads.reads = (flags & 4) != 0      ? auditor::proof::none
                : (limits & 128) != 0 ? auditor::proof::superset
                                      : auditor::proof::complete;

  wire::script plays;
  watcher seen;
  auditor::options settings;
  settings.observer = [&seen](const auditor::attempt_event& event) { seen.see(event); };
  settings.retry.write_attempts = static_cast<std::uint8_t>(1 + (limits & 3));
  settings.retry.read_attempts = static_cast<std::uint8_t>(1 + (limits & 7));
  if ((limits & 8) != 0) settings.max_batch = 2;
  if ((limits & 16) != 0) settings.max_body = 500;
  if ((limits & 32) != 0) settings.max_record = 200;
  limits_of_answers answers{.max_record = settings.max_record};
  if ((limits & 64) != 0) settings.max_answer = answers.longest = 700;
  while (!from.empty() && plays.replies.size() < 24) plays.replies.push_back(next_reply(from, cancel));

  // Each row of attempts at one request, or at one goal, has this many:
  const std::size_t tries = settings.retry.write_attempts;
  // a POST, three looks that contradict it - each with the POST that follows in one row -, and a PUT;
  const std::size_t most_of_add = (1 + 3 + 1) * tries;
  // for each record and in both rounds at most: the window that meets it, half a window, a look, a POST alone, three
  // contradictions, a PUT, a health check; and a little that is the batch's;
  const std::size_t most_of_bulk = 2 * 9 * (records.size() + 1) * tries;
  // an update in each round, and a health check;
  const std::size_t most_of_updates = 3 * records.size() * tries;
  // and for each attempt at a read, before its stream and from each of its records on, at most eight questions.
  const std::size_t most_of_read = 2 * 22 * settings.retry.read_attempts;
  plays.patience = operation == 0   ? 1
                   : operation == 1 ? most_of_add
                   : operation == 2 ? tries
                   : operation == 3 ? most_of_bulk
                   : operation == 4 ? most_of_updates
                                    : most_of_read;

  auditor::client client{wire{plays},
                         auditor::testing::manual_executor{bytes != nullptr && size != 0 ? bytes[size - 1] : 1u}, settings};
  plays.clock = &client.executor();
  const auto steps = [&] { return history(client.transport(), plays, answers); };
  const auto check_one = [&](const auditor::error& e) {
    if (e.code == errc::ok) return;
    require(e.outcome != outcome::delivered, "an error is not delivered");
    require(!auditor::message(e).empty(), "an error has words");
    check_claim(first.record_id, e.outcome, about(first.record_id, steps()), adds.duplicates);
  };

  asked_read asked;
  asked.proven = reads.reads != auditor::proof::none;
  asked.superset = reads.reads == auditor::proof::superset;
  // A wire that goes round in circles from one answer to the next has always another record: nobody wants more than these.
  constexpr std::size_t enough = 200;
  struct progress {
    asked_read& asked;
    wire::script& plays;
    auditor::cancel_flag& cancel;
    std::size_t more;

    bool made() const {
      plays.patience = plays.opened() + more;
      return asked.shown.size() + asked.unreadable.size() < enough;
    }
  } progress{asked, plays, cancel, most_of_read};
  if ((flags & 8) != 0) {
    reads.unreadable = [&progress](std::string_view id) {
      progress.asked.unreadable.emplace_back(id);
      if (!progress.made()) progress.cancel.request();
    };
  }
  const auto visit = [&](const auditor::record_view& r) {
    asked.shown.emplace_back(r.record_id);
    return progress.made();
  };
  const auto stop_from_outside = [&] {
    plays.give_up = &cancel;
    plays.patience = 300;
  };
  // What a superset leaves out is progress that nobody sees.
  if (operation >= 5 && asked.superset) stop_from_outside();
  const auto collect = [&] {
    // A collected read cannot tell of its progress: a hostile wire that always has another record is stopped from here.
    stop_from_outside();
    const auto list = client.advanced_query(asked.query, reads);
    if (!list) return;
    for (const auditor::record& r : *list) asked.shown.push_back(r.record_id);
    check_summary(list->summary, asked, steps());
  };
  const auto stream = [&] {
    const auto summary = client.for_each(asked.query, visit, reads);
    if (summary) check_summary(*summary, asked, steps());
  };
  const auto day = std::chrono::sys_days(std::chrono::year{2024} / 1 / 1) + std::chrono::days{(flags >> 4) % 3 - 1};

  switch (operation) {
    case 0: {
      const auto healthy = client.health_check(call);
      if (healthy) require(steps().back().answered == word::stored, "healthy is a 200 without text");
      break;
    }
    case 1: {
      const auto added = client.add(first, adds);
      check_one(added.error());
      if (!added) break;
      const std::vector<step> all = steps();
      const evidence known = about(first.record_id, all);
      const step& last = all.back();
      check_claim(first.record_id, added->how == auditor::delivery::ignored ? outcome::duplicate : outcome::delivered,
                  known, adds.duplicates);
      switch (added->how) {
        case auditor::delivery::stored:
          require(!last.put && last.answered == word::stored && !last.read, "stored: a 200 without text");
          break;
        case auditor::delivery::already_stored:
          require(last.read && known.equal && known.maybe, "already stored: a look behind a lost answer showed it equal");
          break;
        case auditor::delivery::ignored:
          require(last.answered == word::known && adds.duplicates == auditor::on_duplicate::ignore,
                  "ignored: as was asked");
          break;
        case auditor::delivery::equal:
          require(last.read && known.equal && !known.maybe, "equal: a look showed it, and it is not ours");
          break;
        case auditor::delivery::stop_time_set:
          require(last.put && last.answered == word::stored && adds.duplicates == auditor::on_duplicate::update,
                  "set: as was asked, and a 200 without text");
          break;
      }
      break;
    }
    case 2: {
      const auto updated = client.update(first, call);
      check_one(updated.error());
      if (updated) require(about(first.record_id, steps()).updated, "updated: a 200 without text");
      break;
    }
    case 3: {
      const auditor::bulk_report report = client.bulk_insert(records, inserts);
      check_bulk(report, records, steps(), adds.duplicates);
      break;
    }
    case 4: {
      // One PUT for each, also where an id is there twice: only those that are alone can be told apart.
      const auditor::bulk_report report = client.bulk_update(records, call);
      const std::vector<step> all = steps();
      for (std::size_t i = 0; i < records.size(); ++i) {
        const auto same = [&](const auditor::record& r) { return r.record_id == records[i].record_id; };
        if (std::count_if(records.begin(), records.end(), same) > 1) continue;
        check_claim(records[i].record_id, report[i].outcome, about(records[i].record_id, all), auditor::on_duplicate::fail);
      }
      break;
    }
    case 5: collect(); break;
    case 6:
      asked.query.with_record_id(first.record_id);
      collect();
      break;
    case 7:
      asked.query.sort_by(auditor::descending(auditor::field::stop_time)).limit(1 + (flags >> 4));
      collect();
      break;
    case 8: stream(); break;
    case 9:
      asked.query.with_component("CPU", auditor::gte(1));
      stream();
      break;
    case 10:
      asked.query.limit(1 + (flags >> 4));
      stream();
      break;
    case 11: {
      auto records_of = client.stream(auditor::query{}, reads);
      auditor::record r;
      while (records_of.next(r) && visit(r)) continue;
      const auto summary = records_of.finish();
      if (summary) check_summary(*summary, asked, steps());
      break;
    }
    case 12: {
      asked.query.with_start_time(auditor::gte(day), auditor::lt(day + std::chrono::days{1}));
      const auto summary = client.for_each(asked.query, visit, reads);
      if (!summary) break;
      check_summary(*summary, asked, steps());
      if (!asked.superset && summary->state == auditor::completeness::complete &&
          summary->records + summary->unreadable == 0)
        check_nothing_in_range(steps(), day, day + std::chrono::days{1});
      break;
    }
    case 13:
      asked.query.with_meta("site_id", auditor::contains("site1"));
      stream();
      break;
    case 14: {
      const auto found = client.find(first.record_id, call);
      if (!found || found->has_value()) break;
      check_nothing_matches(steps(), "record_id=" + first.record_id, true);
      break;
    }
  }
  const auto& sent = client.transport().sent();
  for (std::size_t i = 0; operation >= 5 && i + 1 < sent.size(); ++i)
    require(sent[i].target == "/health_check" || !is_silent(plays.played[i].answer), "no request behind a silent read");
  if (asked.shown.size() + asked.unreadable.size() >= enough) return 0;  // the last attempt was left alone
  std::uint64_t body = 0;
  for (const auto& each : sent) body += each.body.size();
  require(seen.attempts == plays.opened() && seen.sent == body, "the observer sees each attempt once");
  return 0;
}
