// A model of Auditor behind a faulty wire: it knows exactly which records it holds, whose they are, and which answers went
// astray. SPDX-License-Identifier: MIT OR Apache-2.0
//
// An answer for an earlier request is not among the faults: on whose connection an answer comes is the transport's
// business, below this interface, and a rule of testing/conformance.hpp.
#pragma once

#include "ledger.hpp"
#include "query_rows.hpp"
#include "random_source.hpp"
#include "selection.hpp"
#include "virtual_clock.hpp"
#include "weather.hpp"

#include <auditor/base/result.hpp>
#include <auditor/http/call.hpp>
#include <auditor/http/request.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fault {

struct answer {
  int status = 200;
  std::string body;
  std::int32_t retry_after = -1;
};

class model_server {
 public:
  model_server(const weather& sky, random_source& chance) : sky_(sky), chance_(chance) {}

  records_table table;
  std::vector<seen_request> requests;
  unsigned faults = 0;  // that happened, the restart aside
  unsigned certain_faults = 0, health_faults = 0, write_faults = 0, restart_faults = 0;
  unsigned contradictions = 0;  // look-ups that did not show a record that is there
  bool only_passing_faults = true;
  unsigned changes = 0;        // by others, during the call
  bool shrunk = false;         // ... not only new records
  bool hostile = false;        // the client got a record that nobody sends
  bool hostile_first = false;  // ... as the first one of the last answer: it may ask again
  bool cancelled = false;
  bool calm = false;          // nothing goes wrong
  bool returned = false;      // the call is over
  bool several = false;       // requests may be under way at once
  bool takes_others = false;  // the client has records of another content too
  std::size_t most_requests = 2'000;
  const char* violation = nullptr;  // of the rules of the wire
  auditor::cancel_flag flag;
  virtual_clock clock;

  /// What happened until now was before the call.
  void begin_call() {
    calm = false;
    table.begin_call();
    requests.clear();
  }

  struct stream_state {
    answer what;
    std::size_t at = 0;
    std::size_t breaks_after = never;
    auditor::errc breaks_with{};
    std::size_t chunk = never;
    std::size_t number = 0;         // of the request
    ticks takes{};                  // until the first byte behind the head
    std::vector<std::size_t> ends;  // of its records
    std::size_t hostile_from = never;
    bool whole = false;    // the server's own answer, if nothing breaks it off
    bool certain = false;  // another one, that says that nothing was done
  };

  auditor::result<auditor::response_head> open(stream_state& s, const auditor::request_view& request,
                                               const auditor::call& limits) {
    if (returned) violation = "a request after the call returned";
    if (cancelled) violation = "a request after the cancellation";
    if (requests.size() > most_requests) {
      violation = "requests without end";
      return auditor::error(auditor::errc::tls_failed);
    }
    number_ = requests.size();
    hostile_first = false;
    seen_request& seen = requests.emplace_back();
    seen.method = request.method;
    seen.target = request.target;
    seen.began = clock.now();
    if (request.method != auditor::verb::get)
      read_body(request, seen);
    else if (asked_ = selection::of(request.target); asked_ && asked_->only)
      seen.ids.push_back(*asked_->only);
    s = {};
    s.chunk = chance_.percent(50) ? never : 1 + chance_.below(200);
    s.number = number_;
    limits_ = limits;
    if (calm) return request.method == auditor::verb::get ? get(s, request, seen) : write(s, request, seen);
    if (is_down()) return nobody_there(s, seen);
    happen(seen);
    seen.met = draw(seen);
    if (seen.met != mishap::none) {
      ++faults;
      health_faults += seen.is_health_check();
      write_faults += request.method != auditor::verb::get;
      certain_faults += seen.met == mishap::refuse;
      only_passing_faults = only_passing_faults && passes(seen.met);
    }
    return request.method == auditor::verb::get ? get(s, request, seen) : write(s, request, seen);
  }

  auditor::result<std::size_t> read(stream_state& s, std::span<char> into, const auditor::call& limits) {
    // Of several requests under way, one learns of the cancellation of another when its own answer is there.
    if (cancelled && !several) violation = "a read after the cancellation";
    limits_ = limits;
    if (!in_time(std::exchange(s.takes, ticks::zero()))) return late();
    seen_request& seen = requests[s.number];
    seen.took = clock.now() - seen.began;
    const std::size_t end = (std::min)(s.what.body.size(), s.breaks_after);
    const std::size_t n = (std::min)({end - s.at, into.size(), s.chunk});
    if (n == 0 && s.breaks_after != never) return broken(s);
    std::memcpy(into.data(), s.what.body.data() + s.at, n);
    s.at += n;
    while (seen.rows < s.ends.size() && s.ends[seen.rows] <= s.at) ++seen.rows;
    if (seen.rows > s.hostile_from) (s.hostile_from == 0 ? hostile_first : hostile) = true;
    if (n == 0) seen.told = s.whole;
    if (n == 0) seen.certain = s.whole || s.certain;
    return n;
  }

  /// A request whose answer nobody waits for any more: done now, or not at all.
  void carry_out_late(const auditor::request_view& request) {
    seen_request unseen;
    unseen.method = request.method;
    read_body(request, unseen);
    apply(request, unseen);
  }

  bool forbids(std::size_t id) const noexcept { return (sky_.refused_ids >> id & 1) != 0; }
  bool breaks_on(std::size_t id) const noexcept { return (sky_.broken_ids >> id & 1) != 0; }
  bool hides(std::size_t id) const noexcept { return (sky_.unreadable_ids >> id & 1) != 0; }

 private:
  using head = auditor::result<auditor::response_head>;

  // ---- time -----------------------------------------------------------------------------------------------------

  ticks latency() { return ticks{1 + chance_.below(5)}; }
  ticks starvation() { return ticks{2'000 + chance_.below(chance_.percent(50) ? 200 : 6'000)}; }

  // False: the client's patience with this step ends before. An asynchronous client keeps its limits itself.
  bool in_time(ticks takes) {
    const bool enough = takes <= limits_.timeout;
    clock.advance(enough ? takes : limits_.timeout);
    return enough;
  }
  auditor::error late() { return auditor::error(auditor::errc::timed_out, "no answer"); }
  // Nothing comes any more.
  auditor::error hang() {
    if (limits_.timeout != (ticks::max)()) clock.advance(limits_.timeout);
    return late();
  }
  auditor::error refused(seen_request& seen) {
    seen.certain = true;
    return auditor::error(auditor::errc::connect_failed, "refused");
  }
  auditor::error lost() {
    in_time((std::min)(latency(), limits_.timeout));
    return auditor::error(auditor::errc::connection_lost, "lost");
  }
  auditor::error broken(const stream_state& s) {
    if (s.breaks_with == auditor::errc::cancelled) cancel();
    if (s.breaks_with == auditor::errc::timed_out) return hang();
    return auditor::error(s.breaks_with, "the wire broke");
  }
  void cancel() {
    flag.request();
    cancelled = true;
  }

  // ---- what goes wrong ------------------------------------------------------------------------------------------

  bool is_down() {
    if (number_ == sky_.restart_from) restart_ends_ = clock.now() + sky_.restart;
    return number_ >= sky_.restart_from && clock.now() < restart_ends_;
  }
  head nobody_there(stream_state& s, seen_request& seen) {
    seen.met = mishap::restart;
    ++restart_faults;
    in_time(ticks{1});
    if (!sky_.restart_behind_proxy) return refused(seen);
    return show(s, {502, std::string(page), -1});
  }

  mishap draw(const seen_request& seen) {
    for (const spell& each : sky_.spells)
      if (each.holds(number_)) return each.what;
    if (seen.is_look_up() && chance_.percent(sky_.lookup_percent)) return sky_.lookup_fault;
    if (std::exchange(burst_, false)) return mishap::terminate;  // one false empty seldom comes alone, three in a row never
    if (chance_.percent(sky_.busy_percent) && chance_.percent(50)) return mishap::starve;
    const mishap drawn = chance_.percent(sky_.fault_percent) ? chance_.of(all_faults) : mishap::none;
    if (sky_.nobody_cancels && !passes(drawn)) return mishap::none;
    burst_ = drawn == mishap::terminate && chance_.percent(25);
    return drawn;
  }

  void happen(const seen_request& seen) {
    if (chance_.percent(sky_.writer_percent)) store(chance_.below(ids));
    if (!seen.ids.empty() && chance_.percent(sky_.rival_percent)) store(seen.ids[chance_.below(seen.ids.size())]);
    if (chance_.percent(sky_.closer_percent)) {
      const std::size_t id = seen.ids.empty() ? chance_.below(ids) : seen.ids[chance_.below(seen.ids.size())];
      if (table.has(id) && is_open(table[id].what)) {
        table.close_by_stranger(id);
        ++changes;
        shrunk = true;
      }
    }
    if (chance_.percent(sky_.archive_percent)) {
      const std::size_t id = chance_.below(ids);
      if (table.has(id)) {
        table.remove(id);
        ++changes;
        shrunk = true;
      }
    }
  }
  void store(std::size_t id) {
    if (table.has(id)) return;
    table.insert(id, owner::stranger, chance_.of(contents));
    ++changes;
  }

  foreign_answer foreign(bool possibly_applied) {
    if (sky_.foreign != never && !(possibly_applied && foreign_answers[sky_.foreign].certain))
      return foreign_answers[sky_.foreign];
    for (;;) {
      const foreign_answer drawn = chance_.of(foreign_answers);
      if (!possibly_applied || !drawn.certain) return drawn;
    }
  }
  head show_foreign(stream_state& s, const foreign_answer& strange) {
    certain_faults += strange.certain;
    s.certain = strange.certain;
    if (!in_time(latency())) return late();
    return show(s, {strange.status, std::string(strange.body), strange.passes && chance_.percent(30) ? 1 : -1});
  }

  head show(stream_state& s, answer what) {
    s.what = std::move(what);
    requests[s.number].status = s.what.status;
    return auditor::response_head{s.what.status, s.what.retry_after};
  }

  // ---- writes ---------------------------------------------------------------------------------------------------

  // One record a line, as the protocol asks for: then the line number of a 400 names the culprit.
  void read_body(const auditor::request_view& request, seen_request& seen) {
    contents_.clear();
    std::string_view body = request.body;
    if (request.target == "/records") {
      if (body.size() < 2 || body.front() != '[' || body.back() != ']') {
        violation = "a bulk that is no array";
        return;
      }
      body = body.substr(1, body.size() - 2);
    } else if (request.target != "/record") {
      violation = "a write to an unknown route";
    }
    constexpr std::string_view between = ",\n";
    for (;;) {
      const std::size_t end = body.find(between);
      if (!read_line(body.substr(0, end), seen)) violation = "a record that nobody gave to the client";
      if (end == std::string_view::npos) return;
      body.remove_prefix(end + between.size());
    }
  }
  bool read_line(std::string_view line, seen_request& seen) {
    constexpr std::string_view begin = "{\"record_id\":\"";
    if (!line.starts_with(begin)) return false;
    const std::size_t id = number_of(line.substr(begin.size(), 6));
    if (id >= ids) return false;
    if (!seen.ids.empty() && id <= seen.ids.back()) violation = "a bulk that is not sorted, or holds an id twice";
    for (const content each : contents)
      if ((takes_others || is_ours(each)) && line == record_pool::at(id, each).text) {
        seen.ids.push_back(id);
        contents_.push_back(each);
        return true;
      }
    return false;
  }

  answer apply(const auditor::request_view& request, seen_request& seen) {
    if (request.body.size() > sky_.body_limit) return {413, "JSON payload is larger than allowed", -1};
    for (std::size_t i = 0; i < seen.ids.size(); ++i)
      if (forbids(seen.ids[i])) {
        std::string text = "Json deserialize error: invalid value: string \" at line 77\", expected a name";
        if (sky_.names_line) text += " at line " + std::to_string(i + 1) + " column 14";
        return {400, text, -1};
      }
    for (const std::size_t id : seen.ids)
      if (breaks_on(id)) return {500, "UNEXPECTED_ERROR", -1};
    if (request.method == auditor::verb::put) return apply_put(seen);
    for (const std::size_t id : seen.ids)
      if (table.has(id)) {
        if (!sky_.warns) return {500, "RECORD_EXISTS", -1};
        return {200,
                request.target == "/record"
                    ? "{\"warning\":\"Record already exists, but the error was ignored due to AUDITOR configuration.\"}"
                    : "{\"warning\":\"One or more records already exist, but the error was ignored\"}",
                -1};
      }
    for (std::size_t i = 0; i < seen.ids.size(); ++i) table.insert(seen.ids[i], owner::client, contents_[i]);
    seen.applied = true;
    return {};
  }
  answer apply_put(seen_request& seen) {
    const std::size_t id = seen.ids.front();
    if (!table.has(id)) return {404, "Updating unknown record " + id_of(id) + " not possible.", -1};
    table.put(id, contents_.front());
    seen.applied = true;
    return {};
  }

  head write(stream_state& s, const auditor::request_view& request, seen_request& seen) {
    using auditor::errc;
    switch (seen.met) {
      case mishap::restart:
      case mishap::none: break;
      case mishap::refuse: return refused(seen);
      case mishap::time_out:
        if (chance_.percent(50)) apply(request, seen);
        return hang();
      case mishap::lose_answer: apply(request, seen); [[fallthrough]];
      case mishap::lose_request: return lost();
      case mishap::cancel_answer: apply(request, seen); [[fallthrough]];
      case mishap::cancel_request: cancel(); return auditor::error(errc::cancelled);
      case mishap::foreign_after:
      case mishap::foreign_before: {
        const foreign_answer strange = foreign(seen.met == mishap::foreign_after);
        if (seen.met == mishap::foreign_after) apply(request, seen);
        only_passing_faults = only_passing_faults && strange.passes;
        return show_foreign(s, strange);
      }
      case mishap::commit_unknown: apply(request, seen); return fail(s, seen, latency());
      case mishap::terminate: return fail(s, seen, latency());
      case mishap::starve: return fail(s, seen, starvation());
      case mishap::cut_answer: {
        const answer whole = apply(request, seen);
        s.breaks_after = chance_.below(whole.body.size() + 1);
        s.breaks_with = chance_.percent(50) ? errc::connection_lost : errc::timed_out;
        return show(s, whole);
      }
    }
    const answer whole = is_garbled(seen) ? answer{400, "Json deserialize error: expected `:` at line 1 column 14", -1}
                                          : apply(request, seen);
    if (!in_time(latency())) return late();
    s.whole = true;
    seen.clean = whole.status == 200 && whole.body.empty();
    return show(s, whole);
  }
  // One record is garbled once at most: the words name the first.
  bool is_garbled(const seen_request& seen) {
    if (calm || !chance_.percent(sky_.garble_percent)) return false;
    return (std::exchange(garbled_ids_, garbled_ids_ | 1u << seen.ids[0]) >> seen.ids[0] & 1) == 0;
  }
  // The database did not say that it was stored.
  head fail(stream_state& s, seen_request& seen, ticks takes) {
    if (!in_time(takes)) return late();
    const bool put = seen.method == auditor::verb::put;
    return show(s, {500, put ? "pool timed out while waiting for an open connection" : "UNEXPECTED_ERROR", -1});
  }

  // ---- reads ----------------------------------------------------------------------------------------------------

  head get(stream_state& s, const auditor::request_view& request, seen_request& seen) {
    using auditor::errc;
    switch (seen.met) {
      case mishap::refuse: return refused(seen);
      case mishap::time_out: seen.silent = !seen.is_health_check(); return hang();
      case mishap::lose_answer:
      case mishap::lose_request: return lost();
      case mishap::foreign_after:
      case mishap::foreign_before: {
        const foreign_answer strange = foreign(false);
        const bool could_be_a_read = strange.status == 200 && strange.body.starts_with('{');
        only_passing_faults = only_passing_faults && strange.passes && !could_be_a_read;
        return show_foreign(s, strange);
      }
      default: break;
    }
    return request.target == "/health_check" ? health(s, seen) : select(s, seen);
  }

  head health(stream_state& s, seen_request& seen) {
    using auditor::errc;
    if (seen.met == mishap::cancel_answer || seen.met == mishap::cancel_request) {
      cancel();
      return auditor::error(errc::cancelled);
    }
    const bool lucky = seen.met == mishap::starve && chance_.percent(40);  // just then a connection was free
    if (!in_time(seen.met == mishap::starve && !lucky ? starvation() : latency())) return late();
    if (seen.met == mishap::cut_answer) {
      s.breaks_after = 0;
      s.breaks_with = errc::connection_lost;
    }
    if (sky_.health_forbidden) return show(s, {403, "Insufficient permissions", -1});
    if ((seen.met == mishap::starve && !lucky) || seen.met == mishap::commit_unknown) return show(s, {500, "", -1});
    s.whole = seen.clean = seen.met != mishap::cut_answer;
    return show(s, {});
  }

  // 200 comes at once, before the query is run.
  head select(stream_state& s, seen_request& seen) {
    using auditor::errc;
    if (!asked_) {
      violation = "a query that no Auditor understands";
      return show(s, {400, "{\"error\":\"what?\"}", -1});
    }
    const query_rows found(table, sky_, *asked_, number_, seen.is_control(), calm, last_told_);
    s.takes = latency() + found.takes();
    if (!calm && chance_.percent(sky_.busy_percent)) s.takes += ticks{chance_.below(1'950)};  // a connection came free
    s.hostile_from = found.hostile_from();
    faults += found.falsified();
    answer whole;
    for (const std::size_t id : found.rows()) {
      const known_record& known = record_pool::at(id, table[id].what);
      whole.body += hides(id) ? known.without : known.answer;
      s.ends.push_back(whole.body.size());
    }
    s.whole = true;
    switch (seen.met) {
      case mishap::starve:
        whole.body.clear();
        s.takes = starvation();
        break;
      case mishap::terminate: {
        const std::size_t row = chance_.below(s.ends.size() + 1);
        const std::size_t between = row == 0 ? 0 : s.ends[row - 1];
        whole.body.resize(chance_.percent(70) ? between : chance_.below(whole.body.size() + 1));
        break;
      }
      case mishap::cut_answer:
      case mishap::cancel_request:
      case mishap::cancel_answer:
        s.breaks_after = chance_.below(whole.body.size() + 1);
        s.breaks_with = seen.met == mishap::cut_answer ? errc::connection_lost : errc::cancelled;
        break;
      default: break;
    }
    const std::size_t size = whole.body.size();
    seen.inside = size != 0 && s.breaks_after == never && !std::binary_search(s.ends.begin(), s.ends.end(), size);
    seen.falsified = s.breaks_after == never && (found.falsified() || (!s.ends.empty() && size < s.ends.back()));
    contradictions += seen.is_look_up() && seen.falsified;
    return show(s, std::move(whole));
  }

  const weather& sky_;
  random_source& chance_;
  auditor::call limits_;  // of the present step
  std::size_t number_ = 0;
  std::uint32_t garbled_ids_ = 0;  // bits: records that were garbled
  bool burst_ = false;
  ticks restart_ends_{};
  std::vector<content> contents_;   // of a write
  std::optional<selection> asked_;  // by a read
  std::size_t last_told_ = ids;     // the last id, where that is a lie
};

}  // namespace fault
