// Histories of reads: was everything shown that was there, once, and is the answer called no better than it is?
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "evidence.hpp"
#include "history.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fault {

/// The strongest proof that the library knows for a query that fails in SQL: reads more, and tests each record itself.
template <class Proof>
constexpr Proof proof_of_a_superset() noexcept {
  if constexpr (requires { Proof::superset; })
    return Proof::superset;
  else
    return Proof::complete;
}

class read_history : public history {
 public:
  read_history(std::uint64_t seed, std::size_t serial) : history(seed, serial) {
    if (chance_.percent(20)) sky_.unreadable_ids = static_cast<std::uint32_t>(chance_.next() & chance_.next());
    if (chance_.percent(12)) sky_.scan = ticks{chance_.of(std::array<int, 4>{1'000, 2'200, 3'000, 5'000})};
  }

  void read() {
    if (chance_.percent(20)) sky_.archive_percent = chance_.of(std::array<unsigned, 2>{10, 40});
    if (chance_.percent(12)) draw_trouble();
    draw_question();
    collects_ = chance_.percent(40);
    own_order_ = chance_.percent(20);
    if (own_order_) query_.sort_by(auditor::ascending(auditor::field::start_time));
    proves_ = !chance_.percent(15);
    if (proves_ && chance_.percent(8))
      sky_.stream =
          chance_.of(std::array{hostility::repeats, hostility::first_again, hostility::last_again, hostility::too_many});
    else if (chance_.percent(8))
      sky_.stream = chance_.of(std::array{hostility::unfiltered, hostility::other_order});
    sky_.hostile_at = chance_.below(ids);
    stops_at_ = chance_.percent(10) ? 1 + chance_.below(4) : never;
    reports_unreadable_ = chance_.percent(70);
    make_client();
    meet_a_record();
    auditor::read_options options = call();
    if (!proves_)
      options.reads = auditor::proof::none;
    else if (asked_.amount.asked() && chance_.percent(30))
      options.reads = proof_of_a_superset<auditor::proof>();
    tests_here_ = options.reads != auditor::proof::complete && proves_;
    if (reports_unreadable_) options.unreadable = [this](std::string_view id) { note_unreadable(id); };
    const auditor::result<auditor::read_summary> ended = run(options);
    server_.returned = true;
    code_ = ended.error().code;
    bound_read();
    judge_repeats();
    judge_silences();
    judge_shown();
    if (ended)
      judge_ended(*ended);
    else
      judge_failed(ended.error());
    end();
  }

  void read_one() {
    if (chance_.percent(15)) sky_.archive_percent = 20;
    if (chance_.percent(10)) draw_trouble();
    if (chance_.percent(8)) sky_.stream = hostility::unfiltered;
    const std::size_t id = chance_.below(ids);
    asked_.only = id;
    make_client();
    meet_a_record();
    const auditor::call_options options = call();
    errc code{};
    if (chance_.percent(50)) {
      const auto found = ask([&](auto& client, auto... token) { return client.find(id_of(id), options, token...); });
      code = found ? found->has_value() ? errc::ok : errc::record_not_found : found.error().code;
      if (found && *found) show(**found);
    } else {
      const auto found =
          ask([&](auto& client, auto... token) { return client.get_single_record(id_of(id), options, token...); });
      code = found.error().code;
      if (found) show(*found);
      if (!found && found.error().record_id() != id_of(id)) complain(gravity::wrong, "an error about another record");
    }
    server_.returned = true;
    code_ = code;
    bound_read();
    judge_repeats();
    judge_silences();
    judge_found(id, code);
    end();
  }

 private:
  std::string question() const override {
    const auto text = query_.encode();
    std::string words = text ? *text : auditor::message(text.error());
    if (limit_) words += " (limited)";
    if (collects_) words += ", collected";
    if (!proves_) words += ", unproven";
    if (tests_here_) words += ", tested here";
    if (stops_at_ != never) words += ", stops at " + std::to_string(stops_at_);
    if (knows_records_) words += ", knows records";
    return words;
  }

  // ---- what is asked --------------------------------------------------------------------------------------------

  void draw_trouble() {
    sky_.database =
        chance_.of(std::array{trouble::revoked, trouble::locked, trouble::statement_timeout, trouble::poisoned});
    sky_.trouble_takes = ticks{chance_.of(std::array<int, 3>{100, 1'500, 3'000})};
    sky_.poisoned_id = chance_.below(ids);
    if (sky_.database != trouble::locked) return;
    sky_.trouble_from = chance_.below(4);
    sky_.trouble_length = chance_.percent(50) ? 1 + chance_.below(6) : never;
  }

  // The same question twice: as the model reads it, and as the client is asked.
  void draw_question() {
    const std::size_t kind = chance_.below(20);
    if (kind >= 5 && kind <= 9) ask_start_times();
    if (kind == 10 || kind == 11) ask_stop_times();
    if (kind == 12) ask_runtimes();
    if (kind >= 13 && kind <= 14) ask_amounts();
    if (kind == 15) {
      asked_.only = chance_.below(ids);
      query_.with_record_id(id_of(*asked_.only));
    }
    if (kind == 16) ask_start_times();
    if (kind >= 16) {
      asked_.even_only = true;
      query_.with_meta("site", auditor::contains("even"));
    }
    if (chance_.percent(20)) {
      limit_ = chance_.percent(75) ? chance_.below(10) : 100;
      query_.limit(*limit_);
    }
  }

  // A lower bound, an upper one, or both; some such that nothing is between.
  template <class Moment, class Set>
  void ask_span(span_of_values& span, std::int64_t step, Moment first, Set set) {
    const int which = static_cast<int>(chance_.below(3));
    const auto low = first + Moment{step * static_cast<std::int64_t>(chance_.below(ids + 2))} - Moment{step / 2};
    const auto high = low + Moment{step * static_cast<std::int64_t>(chance_.below(4))};
    const bool strict = chance_.percent(50);
    if (which != 1) span.least = low.count() + (strict ? 1 : 0);
    if (which != 0) span.most = high.count() - (strict ? 1 : 0);
    set(which, strict, low, high);
  }
  void ask_start_times() {
    using auditor::timestamp;
    ask_span(asked_.start, std::int64_t{24} * 3'600'000'000, start_of(0).time_since_epoch(),
             [this](int which, bool strict, auto low, auto high) {
               const timestamp from{low}, to{high};
               if (which == 0)
                 strict ? query_.with_start_time(auditor::gt(from)) : query_.with_start_time(auditor::gte(from));
               if (which == 1) strict ? query_.with_start_time(auditor::lt(to)) : query_.with_start_time(auditor::lte(to));
               if (which == 2)
                 strict ? query_.with_start_time(auditor::gt(from), auditor::lt(to))
                        : query_.with_start_time(auditor::gte(from), auditor::lte(to));
             });
  }
  void ask_stop_times() {
    using auditor::timestamp;
    ask_span(asked_.stop, std::int64_t{60'000'000}, stop_of(0, false).time_since_epoch(),
             [this](int which, bool strict, auto low, auto high) {
               const timestamp from{low}, to{high};
               if (which == 0)
                 strict ? query_.with_stop_time(auditor::gt(from)) : query_.with_stop_time(auditor::gte(from));
               if (which == 1) strict ? query_.with_stop_time(auditor::lt(to)) : query_.with_stop_time(auditor::lte(to));
               if (which == 2)
                 strict ? query_.with_stop_time(auditor::gt(from), auditor::lt(to))
                        : query_.with_stop_time(auditor::gte(from), auditor::lte(to));
             });
  }
  void ask_runtimes() {
    ask_span(asked_.runtime, 24 * 3'600, std::chrono::seconds{*record_pool::at(ids - 1, content::closed).runtime},
             [this](int which, bool strict, auto low, auto high) {
               if (which == 0) strict ? query_.with_runtime(auditor::gt(low)) : query_.with_runtime(auditor::gte(low));
               if (which == 1) strict ? query_.with_runtime(auditor::lt(high)) : query_.with_runtime(auditor::lte(high));
               if (which == 2)
                 strict ? query_.with_runtime(auditor::gt(low), auditor::lt(high))
                        : query_.with_runtime(auditor::gte(low), auditor::lte(high));
             });
  }
  void ask_amounts() {
    asked_.amount.least = chance_.of(std::array<std::int64_t, 3>{1, 50, 1'000});
    query_.with_component("CPU", auditor::gte(*asked_.amount.least));
    if (sky_.database == trouble::none && chance_.percent(30)) {
      sky_.database = trouble::poisoned;
      sky_.poisoned_id = chance_.below(ids);
    }
  }

  // In fair weather, before the call: a client that has met a record knows that the table is not empty.
  void meet_a_record() {
    if (!chance_.percent(25)) return;
    server_.calm = true;
    for (std::size_t id = 0; id < ids && !knows_records_; ++id) {
      if (!server_.table.has(id) || server_.hides(id)) continue;
      const auto found = ask([id](auto& client, auto... token) { return client.find(id_of(id), {}, token...); });
      knows_records_ = found && found->has_value();
      if (!knows_records_) complain(gravity::wrong, "not found in fair weather", id);
    }
    if (!knows_records_) {
      const auto added = ask(
          [](auto& client, auto... token) { return client.add(record_pool::at(0, content::closed).value, {}, token...); });
      knows_records_ = added.has_value();
    }
    server_.begin_call();
  }

  auditor::result<auditor::read_summary> run(const auditor::read_options& options) {
    if (collects_) {
      auto got = ask([&](auto& client, auto... token) { return client.advanced_query(query_, options, token...); });
      if (!got) return got.error();
      if (got->size() != got->summary.records) complain(gravity::wrong, "another number of records than it says");
      for (const auditor::record& r : *got) show(r);
      return got->summary;
    }
    if (chance_.percent(50)) {
      const auto visit = [&](const auditor::record_view& r) {
        show(r);
        stopped_ = shown_.size() >= stops_at_;
        return !stopped_;
      };
      return ask([&](auto& client, auto... token) { return client.for_each(query_, visit, options, token...); });
    }
    return blocking_ ? pull(*blocking_, options) : pull(*async_, options);
  }
  template <class Client>
  auditor::result<auditor::read_summary> pull(Client& client, const auditor::read_options& options) {
    auto records = client.stream(query_, options);
    auditor::record r;
    while (!stopped_ && next(r, records)) {
      show(r);
      stopped_ = shown_.size() >= stops_at_;
    }
    return records.finish();
  }
  bool next(auditor::record& r, auto& records) {
    if constexpr (requires { records.next(r) ? 0 : 0; }) {
      return records.next(r);
    } else {
      std::optional<bool> said;
      records.next(r, [&](bool more) { said = more; });
      while (!said && loop_.run_next()) continue;  // no further: the time between two records is the caller's
      return told_at_all(said);
    }
  }

  // ---- what is shown --------------------------------------------------------------------------------------------

  void show(const auditor::record_view& r) {
    const std::size_t id = number_of(r.record_id);
    if (id == ids || std::none_of(contents.begin(), contents.end(), [&](content each) {
          return !auditor::difference(auditor::record_view(record_pool::at(id, each).value), r);
        })) {
      complain(gravity::wrong, "a record that nobody stored");
      return;
    }
    if (!shown_.empty() && shown_.back() >= id) in_order_ = false;
    shown_.push_back(id);
    if (++times_[id] > 1) complain(gravity::doubled, "shown twice", id);
  }
  void show(const auditor::record& r) { show(auditor::record_view(r)); }

  void note_unreadable(std::string_view name) {
    const std::size_t id = number_of(name);
    if (id == ids || !server_.hides(id)) return complain(gravity::wrong, "called unreadable, and it is not");
    if (!reported_unreadable_[id]) ++unreadable_;
    if (std::exchange(reported_unreadable_[id], true)) unreadable_twice_ = true;
  }

  // ---- the truth ------------------------------------------------------------------------------------------------

  bool throughout(std::size_t id) const {
    return server_.table.throughout(id, [&](content what) { return asked_.matches(id, what); });
  }
  bool ever(std::size_t id) const {
    return server_.table.ever(id, [&](content what) { return asked_.matches(id, what); });
  }
  template <class Test>
  static bool any(Test test) {
    for (std::size_t id = 0; id < ids; ++id)
      if (test(id)) return true;
    return false;
  }
  bool any_throughout() const {
    return any([this](std::size_t id) { return throughout(id); });
  }
  bool table_may_be_empty() const {
    return !any([this](std::size_t id) { return server_.table.throughout(id, [](content) { return true; }); });
  }

  // An honest server may look overloaded, or empty, for good: then there is no answer but an error.
  bool can_be_told() const {
    if (sky_.database != trouble::none) return false;
    if (any_throughout()) return true;
    if (sky_.busy_percent != 0) return false;  // what waited long is no evidence
    if (sky_.scan >= ticks{1'900} && sky_.scan < ticks{2'550} && asked_.scans()) return false;
    if (table_may_be_empty() && (sky_.health_forbidden || knows_records_)) return false;
    // A slow answer of nothing needs its control at once: a fault there costs the one attempt and the other.
    if (sky_.scan > ticks::zero() && asked_.scans() && read_attempts() <= 2 * server_.faults) return false;
    // Three rounds with a wait between show that the table is empty, and each wait is an attempt.
    if (table_may_be_empty() && read_attempts() < 3 + server_.faults) return false;
    return server_.changes == 0;
  }

  /// Nothing came of the whole table, by the protocol's own evidence, and a record has come of it: there are no attempts for
  /// that (section 7.4 d).
  bool was_emptied(errc code) const {
    return code == errc::server_busy && evidence_of_nothing::of_table_in(server_.requests);
  }

  bool was_hostile() const noexcept { return server_.hostile || server_.hostile_first; }

  // What is not Auditor's by its status, and no trouble that passes.
  static bool is_somebody_else(const seen_request& each) {
    return each.is_foreign() && each.status != 200 && !says_trouble(each.status);
  }

  // ---- verdicts -------------------------------------------------------------------------------------------------

  // Each record is progress, and gives the attempts anew. In each attempt: the last id, the stream, and for nothing nine
  // requests of evidence, or the questions to a neighbour; nineteen of evidence where a fault was noticed. Without faults two
  // of those are enough, if there is an answer.
  void bound_read() {
    const std::size_t each_attempt = 22, most = (ids + 2) * each_attempt * settings_.retry.read_attempts;
    bound(most, can_be_told() ? 24 : most, each_attempt);
  }

  void judge_silences() {
    if (std::any_of(server_.requests.begin(), server_.requests.end() - !server_.requests.empty(),
                    [](const seen_request& each) { return each.silent; }))
      complain(gravity::wrong, "asked again, and the database may still be at work");
  }

  void judge_shown() {
    for (const std::size_t id : shown_)
      if (!ever(id)) complain(gravity::wrong, "a record that was not asked for", id);
    if (!collects_ && !limit_ && proves_ && !in_order_ && !refused_here())
      complain(gravity::wrong, "not in the order of ids");
  }
  // An order of the caller's is neither proven while it streams nor kept by a proof that tests records here.
  bool may_be_refused() const noexcept {
    const bool streams = own_order_ && !collects_ && !limit_ && proves_;
    return streams || (tests_here_ && (own_order_ || limit_));
  }
  bool refused_here() const noexcept { return may_be_refused() && !asked_.only && !tests_here_; }

  void judge_failed(const auditor::error& e) {
    if (refused_here() || (e.code == errc::invalid_query && may_be_refused())) return;
    // What cannot be read cannot be tested.
    const bool any_may_come = tests_here_ || sky_.stream == hostility::unfiltered;
    const bool hidden = any([&](std::size_t id) { return server_.hides(id) && (any_may_come || ever(id)); });
    if (e.code == errc::unreadable_record && !reports_unreadable_ && hidden) return;
    if (e.code == errc::cancelled && server_.cancelled) return;
    if (stopped_) complain(gravity::wrong, "a stopped read that fails");
    if (server_.requests.size() > settings_.retry.write_attempts &&
        std::all_of(server_.requests.begin(), server_.requests.end(), is_somebody_else))
      complain(gravity::wrong, "somebody else is asked too often");
    if (was_hostile() && server_.faults == 0 && server_.restart_faults == 0 && !impatient_ && e.code != errc::not_auditor)
      complain(gravity::wrong, "a stream that no Auditor sends is called something else");
    if (server_.shrunk || sky_.stream != hostility::none || !can_be_told() || was_emptied(e.code)) return;
    const bool patient = collects_ || (!limit_ && proves_);  // what cannot go on where it stopped is not repeated
    if (server_.faults == 0 && server_.restart_faults == 0 && !impatient_)
      complain(gravity::wrong, "a read that fails without a fault");
    else if (patient && must_read())
      complain(gravity::wrong, "a read given up with attempts left");
  }

  void judge_ended(const auditor::read_summary& ended) {
    using auditor::completeness;
    if (refused_here()) return complain(gravity::wrong, "a proof that is none");
    if (ended.records != shown_.size()) complain(gravity::wrong, "another number of records than it says");
    switch (ended.state) {
      case completeness::complete: judge_complete(ended); break;
      case completeness::none_found: judge_none_found(); break;
      case completeness::unproven:
        if (proves_ && !(may_fail_in_sql() && shown_.empty()))
          complain(gravity::wrong, "unproven, and a proof was asked for");
        if (was_hostile()) complain(gravity::wrong, "an answer, in a stream that no Auditor sends");
        if (server_.requests.back().inside) complain(gravity::wrong, "ends inside a record, and says nothing of it");
        break;
      case completeness::stopped:
        if (!stopped_) complain(gravity::wrong, "stopped by nobody");
        break;
    }
    if (server_.cancelled && !stopped_ && ended.state == completeness::none_found)
      complain(gravity::wrong, "a cancelled read that ends well");
  }
  bool may_fail_in_sql() const noexcept { return asked_.amount.asked() && !tests_here_; }

  void judge_complete(const auditor::read_summary& ended) {
    if (!proves_ && limit_ != std::size_t{0}) complain(gravity::wrong, "proven, and not asked to");
    if (unreadable_twice_ && !collects_) complain(gravity::doubled, "called unreadable twice");
    if (limit_ && ended.records + (tests_here_ ? 0 : ended.unreadable) > *limit_)
      complain(gravity::wrong, "more than the limit");
    if (collects_ && own_order_ && !limit_ && !in_order_) complain(gravity::wrong, "not in the order asked for");
    if (was_hostile()) complain(gravity::wrong, "complete, in a stream that no Auditor sends");
    const bool nothing = shown_.empty() && unreadable_ == 0 && limit_ != std::size_t{0};
    if (nothing && may_fail_in_sql()) complain(gravity::wrong, "complete, and the filter may have failed");
    if (nothing && !asked_.only_ranges() && !tests_here_) complain(gravity::wrong, "complete with nothing that proves it");
    if (nothing && std::none_of(server_.requests.begin(), server_.requests.end(),
                                [](const seen_request& each) { return each.rows > 0; }))
      complain(gravity::wrong, "complete with nothing, and no neighbour came");
    if (limit_ && shown_.size() + unreadable_ >= *limit_) return;
    if (sky_.stream == hostility::last_again) return;  // which id comes last is a lie there
    for (std::size_t id = 0; id < ids; ++id) {
      if (!throughout(id) || times_[id] != 0 || reported_unreadable_[id]) continue;
      // The limit's proof is a number; others may have made it come true.
      if (limit_ && server_.changes > 0) return void(++total.undecidable);
      complain(gravity::lost, "complete, and one is missing", id);
    }
  }

  void judge_none_found() {
    if (!shown_.empty()) complain(gravity::wrong, "none found, and some shown");
    if (may_fail_in_sql() && !evidence_of_nothing::of_table_in(server_.requests))
      complain(gravity::wrong, "none found, and the filter may have failed");
    for (std::size_t id = 0; id < ids; ++id)
      if (throughout(id)) return judge_not_found(id, "none found, and one is there");
  }
  // The protocol's own evidence, and false all the same?
  void judge_not_found(std::size_t id, const char* what) {
    if (evidence_of_nothing::in(server_.requests, knows_records_))
      ++total.undecidable;
    else
      complain(gravity::lost, what, id);
  }

  void judge_found(std::size_t id, errc code) {
    if (!shown_.empty() && shown_.front() != id) complain(gravity::wrong, "found another record");
    if (code == errc::ok && !ever(id)) complain(gravity::wrong, "found, and never there", id);
    if (code == errc::record_not_found && throughout(id)) judge_not_found(id, "not found, and there");
    if (code == errc::unreadable_record && !(server_.hides(id) && ever(id)))
      complain(gravity::wrong, "called unreadable, and it is not", id);
    if (sky_.stream != hostility::none) return;
    if (code != errc::ok && code != errc::record_not_found && code != errc::unreadable_record && !server_.shrunk &&
        can_be_told() && must_read() && !was_emptied(code))
      complain(gravity::wrong, "a look-up given up with attempts left", id);
  }

  selection asked_;
  auditor::query query_;
  std::optional<std::size_t> limit_;
  bool collects_ = false, own_order_ = false, proves_ = true, tests_here_ = false, reports_unreadable_ = false;
  bool knows_records_ = false;
  std::size_t stops_at_ = never;
  bool stopped_ = false;
  std::vector<std::size_t> shown_;
  std::array<unsigned, ids> times_{};
  bool in_order_ = true;
  std::array<bool, ids> reported_unreadable_{};
  std::size_t unreadable_ = 0;
  bool unreadable_twice_ = false;
};

}  // namespace fault
