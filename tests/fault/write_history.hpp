// Histories of writes: is what the client says of each record true, and is it all that can be known?
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "history.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fault {

class write_history : public history {
 public:
  write_history(std::uint64_t seed, std::size_t serial) : history(seed, serial) {
    if (chance_.percent(30))
      sky_.refused_ids = static_cast<std::uint32_t>(chance_.next() & chance_.next() & chance_.next());
    if (chance_.percent(25)) sky_.body_limit = chance_.of(std::array<std::size_t, 3>{500, 900, 2'600});
    policy_ = chance_.of(std::array{auditor::on_duplicate::fail, auditor::on_duplicate::ignore,
                                    auditor::on_duplicate::compare, auditor::on_duplicate::update});
  }

  void add() {
    const std::size_t id = chance_.below(ids);
    const content ours = draw_ours();
    make_client();
    auditor::add_options options = call();
    options.duplicates = policy_;
    const auto added =
        ask([&](auto& client, auto... token) { return client.add(record_pool::at(id, ours).value, options, token...); });
    server_.returned = true;
    // POST and look, twice again for what was not seen, and a PUT at the end.
    bound(7u * settings_.retry.write_attempts, 3, 2);
    judge_repeats();
    if (!added)
      judge_failed_add(id, ours, added.error());
    else
      judge_added(id, ours, added->how);
    end();
  }

  /// Several at once, of a client whose adds share requests: each is judged as one alone.
  void shared_adds() {
    draw_batch();
    make_client(may_be::sharing);
    server_.several = true;
    std::vector<std::optional<auditor::result<auditor::receipt>>> told(batch_.size());
    const auditor::call_options shared_limits = call();
    std::size_t begun = 0;
    const auto begin_next = [&] {
      const std::size_t i = begun++;
      auditor::add_options options = shared_limits;
      options.duplicates = policy_;
      if (chance_.percent(4)) options.timeout = ticks{1 + chance_.below(3'000)}, impatient_ = true;
      begin(told[i], [&](auto& client, auto token) { client.add(batch_[i], options, token); });
    };
    while (begun < batch_.size()) {
      begin_next();
      if (chance_.percent(20)) loop_.run_due();
      if (chance_.percent(5)) loop_.run();
    }
    loop_.run();
    server_.returned = true;
    // Alone it is a POST and look, twice again for what was not seen, and a PUT at the end; here each may be sent three times more
    // until it is alone. A fault costs each that it hits one of these, and those it meets again another division.
    const std::size_t each = batch_.size();
    bound(each * 4 * 7 * settings_.retry.write_attempts, 6 * each, 2 + 5 * each);
    said_.resize(each);
    for (std::size_t i = 0; i < each; ++i) said_[i] = as_outcome(told_at_all(told[i]));
    for (std::size_t i = 0; i < each; ++i) judge_shared(i, *told[i]);
    const bool has_twins = any_twins();
    if (is_quiet() && !has_twins) judge_calls();
    end();
  }

  void update() {
    const std::size_t id = chance_.below(ids);
    if (chance_.percent(20)) sky_.archive_percent = 30;
    make_client();
    const auto updated = ask([&, options = call()](auto& client, auto... token) {
      return client.update(record_pool::at(id, content::closed).value, options, token...);
    });
    server_.returned = true;
    bound(settings_.retry.write_attempts, 1, 1);
    judge_repeats();
    judge_update(id, content::closed, updated ? outcome::delivered : updated.error().outcome, updated.error().code,
                 must_write());
    if (!updated && updated.error().record_id() != id_of(id)) complain(gravity::wrong, "an error about another record");
    end();
  }

  void bulk_insert() {
    draw_batch();
    make_client(may_be::with_workspace);
    auditor::bulk_insert_options options = call();
    options.duplicates = policy_;
    options.in_flight = chance_.of(std::array<std::size_t, 4>{1, 2, 3, 8});
    server_.several = options.in_flight > 1;
    options.progress = [this](std::size_t done, std::size_t of) {
      if (done > of || done < done_) complain(gravity::wrong, "progress goes back");
      done_ = done;
    };
    const told_batch told =
        ask_bulk(options, [&](auto& client, auto&&... rest) { return client.bulk_insert(batch_, rest...); });
    server_.returned = true;
    bound_bulk();
    if (!server_.several) judge_endurance();
    judge_batch(told);
    end();
  }

  void bulk_update() {
    const std::size_t size = chance_.below(8);
    const unsigned repeats = chance_.of(std::array<unsigned, 3>{0, 20, 60});
    for (std::size_t i = 0; i < size; ++i) {
      const content what = chance_.percent(10) ? content::open : chance_.percent(70) ? content::closed : content::late;
      entries_.push_back({draw_id(repeats), what, !is_open(what)});
      batch_.push_back(record_pool::at(entries_.back().id, what).value);
    }
    make_client(may_be::with_workspace);
    auditor::bulk_update_options options = call();
    const std::vector<auditor::record_outcome> report =
        ask_bulk(options, [&](auto& client, auto&&... rest) { return client.bulk_update(batch_, rest...); }).outcomes;
    server_.returned = true;
    // A health check behind each record that stays unknown, with attempts of its own, and those tried once more.
    bound(4 * batch_.size() * settings_.retry.write_attempts, batch_.size(), 3);
    judge_endurance();
    said_ = report;
    judge_order();
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (is_open(entries_[i].what)) {
        if (report[i].outcome != outcome::rejected && report[i].outcome != outcome::not_applied)
          complain(gravity::wrong, "an update without a stop time");
      } else {
        judge_update(entries_[i].id, entries_[i].what, report[i].outcome, report[i].code, bulk_settles() && !is_outdated(i),
                     i);
        if (report[i].outcome == outcome::not_applied && report[i].code != errc::record_not_found) judge_not_tried(i);
      }
    }
    end();
  }

  void health() {
    make_client();
    const auto healthy =
        ask([options = call()](auto& client, auto... token) { return client.health_check(options, token...); });
    server_.returned = true;
    bound(1, 1, 0);
    const bool fine = !server_.requests.empty() && server_.requests.front().told;
    if (fine != healthy.has_value()) complain(gravity::wrong, "health reported wrongly");
    end();
  }

 private:
  std::string question() const override {
    std::string words(to_string(policy_));
    for (const entry& each : entries_)
      words += ' ' + std::to_string(each.id) +
               (is_open(each.what)   ? " open"
                : is_late(each.what) ? " late"
                                     : "") +
               (each.valid ? "" : " invalid");
    return words;
  }

  struct entry {
    std::size_t id;
    content what;
    bool valid;
  };

  /// What a bulk said, in whichever way it was asked.
  struct told_batch {
    std::vector<auditor::record_outcome> outcomes;
    std::size_t failures = 0;
    bool is_well = false;
    auditor::error error;
    std::vector<auditor::error> errors;
  };
  static told_batch told_by(const auditor::bulk_summary& sum, std::vector<auditor::record_outcome> outcomes,
                            std::vector<auditor::error> errors) {
    return {std::move(outcomes), sum.failures(), bool(sum), sum.error(), std::move(errors)};
  }
  /// For a report, or for outcomes of the caller's.
  template <class Options, class Call>
  told_batch ask_bulk(Options& options, Call bulk) {
    if (chance_.percent(50)) {
      const auditor::bulk_report report = ask([&](auto& client, auto... token) { return bulk(client, options, token...); });
      return told_by(report, {report.begin(), report.end()}, report.errors());
    }
    std::vector<auditor::record_outcome> outcomes(batch_.size());
    std::vector<auditor::error> errors;
    options.failed = [&errors](const auditor::error& e) { errors.push_back(e); };
    const auditor::bulk_summary sum =
        ask([&](auto& client, auto... token) { return bulk(client, outcomes, options, token...); });
    return told_by(sum, std::move(outcomes), std::move(errors));
  }

  content draw_ours() {
    return chance_.percent(25) ? content::open : chance_.percent(80) ? content::closed : content::late;
  }
  /// One of those that are in the batch already, in so many percent.
  std::size_t draw_id(unsigned repeats) {
    if (!entries_.empty() && chance_.percent(repeats)) return entries_[chance_.below(entries_.size())].id;
    return chance_.below(ids);
  }

  void draw_batch() {
    const std::size_t size = chance_.below(13);
    const unsigned repeats = chance_.of(std::array<unsigned, 4>{0, 0, 20, 70});
    for (std::size_t i = 0; i < size; ++i) {
      entry each{draw_id(repeats), draw_ours(), !chance_.percent(4)};
      if (i == 0 && sky_.body_limit < 2'000'000 && chance_.percent(40)) each.id = fat_id;
      batch_.push_back(record_pool::at(each.id, each.what).value);
      if (!each.valid) batch_.back().components.front().amount = -1;
      entries_.push_back(each);
    }
  }

  // ---- one record -----------------------------------------------------------------------------------------------

  /// What the server holds is what was given: it was when we stored it, if a stranger has set its stop time since.
  bool holds(std::size_t id, content ours) const {
    const held& now = server_.table[id];
    if (now.whose == owner::nobody) return false;
    return now.what == ours || (server_.table.closed_by_stranger(id) && now.what == closed_form(ours));
  }
  bool answer_was_lost(std::size_t id) const {
    return std::any_of(server_.requests.begin(), server_.requests.end(), [id](const seen_request& each) {
      return each.method != auditor::verb::get && !each.certain &&
             std::find(each.ids.begin(), each.ids.end(), id) != each.ids.end();
    });
  }
  bool look_failed(std::size_t id) const {
    return std::any_of(server_.requests.begin(), server_.requests.end(), [id](const seen_request& each) {
      return each.looks_up(id) && (each.met != mishap::none || !each.told);
    });
  }
  bool may_be_refused(std::size_t id) const { return server_.forbids(id) || sky_.body_limit < 2'000'000; }

  /// Is what the client says about one record true? `settles`: nothing may be left open. `at`: its place in a batch.
  void judge(std::size_t id, content ours, outcome said, errc code, bool succeeded, bool settles, std::size_t at = never) {
    code_ = code;
    switch (said) {
      case outcome::delivered:
        if (!server_.table.has(id)) return complain(gravity::lost, "delivered, and not there", id);
        if (is_followed(at)) {  // another of this id may have set its stop time since
          if (!server_.table.ever(id, [&](content each) { return each == ours; }) && !holds(id, ours))
            complain(gravity::lost, "delivered, and never stored", id);
        } else if (!holds(id, ours)) {
          complain(gravity::lost, "delivered, and the stored one differs", id);
        }
        return;
      case outcome::duplicate: return judge_duplicate(id, ours, code, succeeded, at);
      case outcome::rejected:
      case outcome::not_applied:
        if (server_.table.done(id, ours) && !same_id_may(at))
          complain(gravity::wrong, said == outcome::rejected ? "rejected, and done" : "not applied, and done", id);
        if (code == errc::ok) complain(gravity::wrong, "a failure without a code", id);
        break;
      case outcome::unknown:
        if (!answer_was_lost(id) && !look_failed(id)) complain(gravity::wrong, "unknown, and nothing was lost", id);
        if (code == errc::ok) complain(gravity::wrong, "unknown without a code", id);
        break;
    }
    if (is_cramped_ || (has_workspace_ && policy_ == auditor::on_duplicate::fail && code == errc::record_exists)) return;
    if (said == outcome::rejected && !may_be_refused(id) && server_.only_passing_faults)
      complain(gravity::wrong, "rejected for no reason", id);
    if ((said == outcome::not_applied || said == outcome::unknown) && settles && code != errc::record_not_found &&
        !may_be_refused(id))
      complain(gravity::wrong, "given up with attempts left", id);
  }

  void judge_duplicate(std::size_t id, content ours, errc code, bool succeeded, std::size_t at) {
    using auditor::on_duplicate;
    const held& now = server_.table[id];
    const bool compares = policy_ == on_duplicate::compare || policy_ == on_duplicate::update;
    if (now.whose == owner::nobody) return complain(gravity::wrong, "a duplicate of nothing", id);
    if (policy_ == on_duplicate::ignore) {
      if (!succeeded || code != errc::ok) complain(gravity::wrong, "a duplicate against the policy", id);
      return;
    }
    if (server_.table.inserts(id) > 0 && now.what == ours && !has_same_id_before(at) && !same_id_may(at))
      return complain(gravity::wrong, "a duplicate, and our own", id);
    if (code != errc::record_exists && !(compares && code == errc::conflict))
      return complain(gravity::wrong, "a duplicate for no reason", id);
    if (succeeded) return complain(gravity::wrong, "a duplicate against the policy", id);
    if (code == errc::conflict && now.what == ours && !server_.table.closed_by_stranger(id) && !is_followed(at))
      return complain(gravity::wrong, "a conflict without a difference", id);
    if (is_cramped_ && code == errc::record_exists) return;
    if (compares && code != errc::conflict && server_.faults + server_.restart_faults == 0 && !impatient_)
      return complain(gravity::wrong, "a duplicate that was not compared", id);
    if (policy_ == on_duplicate::update && now.what == content::open && !is_open(ours) && must_write())
      return complain(gravity::wrong, "a duplicate without its stop time", id);
  }

  void judge_failed_add(std::size_t id, content ours, const auditor::error& e) {
    if (e.record_id() != id_of(id)) complain(gravity::wrong, "an error about another record");
    if (e.outcome == outcome::delivered) complain(gravity::wrong, "a failure that was delivered");
    judge(id, ours, e.outcome, e.code, false, must_write());
  }

  void judge_added(std::size_t id, content ours, auditor::delivery how) {
    using auditor::delivery;
    switch (how) {
      case delivery::stored:
        if (server_.table.inserts(id) == 0) complain(gravity::lost, "stored, and not there", id);
        break;
      case delivery::already_stored: judge(id, ours, outcome::delivered, errc::ok, true, true); break;
      case delivery::ignored: judge(id, ours, outcome::duplicate, errc::ok, true, true); break;
      case delivery::equal:
        if (server_.table.inserts(id) > 0) complain(gravity::wrong, "found equal, and our own", id);
        [[fallthrough]];
      case delivery::stop_time_set:
        if (!holds(id, ours)) complain(gravity::lost, "equal, and it is not", id);
        break;
    }
  }

  void judge_update(std::size_t id, content ours, outcome said, errc code, bool settles, std::size_t at = never) {
    if (said == outcome::delivered || code == errc::ok) {
      if (!server_.table.done(id, ours)) complain(gravity::lost, "updated, and it was not", id);
      return;
    }
    if (said == outcome::duplicate) return complain(gravity::wrong, "an update of a duplicate", id);
    if (code == errc::record_not_found && server_.table.done(id, ours) && said != outcome::unknown && !same_id_may(at))
      complain(gravity::wrong, "not found, and updated", id);
    if (code == errc::record_not_found && server_.table.was_there(id) && !server_.table.deleted(id))
      complain(gravity::wrong, "not found, and there", id);
    judge(id, ours, said, code, false, settles, at);
  }

  static auditor::record_outcome as_outcome(const auditor::result<auditor::receipt>& told) {
    if (!told) return {told.error().outcome, told.error().code, told.error().status};
    return {told->how == auditor::delivery::ignored ? outcome::duplicate : outcome::delivered, errc::ok, 200};
  }
  bool was_ended_by_caller(const auditor::error& e) const {
    return (e.code == errc::cancelled && server_.cancelled) || (e.code == errc::timed_out && impatient_);
  }
  bool was_together(std::size_t id) const {
    return std::any_of(server_.requests.begin(), server_.requests.end(), [id](const seen_request& each) {
      return each.ids.size() > 1 && std::find(each.ids.begin(), each.ids.end(), id) != each.ids.end();
    });
  }
  bool was_refused_alone(std::size_t id) const {
    return std::any_of(server_.requests.begin(), server_.requests.end(), [id](const seen_request& each) {
      return each.status == 413 && each.ids.size() == 1 && each.ids.front() == id;
    });
  }
  bool any_twins() const {
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (has_same_id_before(i)) return true;
    return false;
  }
  void judge_shared(std::size_t i, const auditor::result<auditor::receipt>& told) {
    const entry& each = entries_[i];
    code_ = said_[i].code;
    if (!told && (told.error().record_id() != id_of(each.id) || told.error().index != 0))
      complain(gravity::wrong, "an error about another record");
    if (!each.valid) {
      if (told || told.error().code != errc::invalid_record || told.error().outcome != outcome::rejected)
        complain(gravity::wrong, "an invalid record not rejected");
      return;
    }
    if (code_ == errc::record_too_large && !was_refused_alone(each.id))
      complain(gravity::wrong, "too large together, and not alone", each.id);
    if (any_of_same_id(i, [](std::size_t) { return true; })) return;  // their order is nobody's
    if (!told && was_ended_by_caller(told.error())) {
      // Under way together with others it is told at once, and hears no answer. Who waits to send it again knows that it exists.
      const outcome said = told.error().outcome;
      if (said == outcome::unknown && was_together(each.id)) return;
      if (said == outcome::duplicate && server_.table.has(each.id)) return;
    }
    if (told)
      judge_added(each.id, each.what, told->how);
    else
      judge_failed_add(each.id, each.what, told.error());
  }

  // ---- a batch --------------------------------------------------------------------------------------------------

  // Narrowing down to each of n records takes 2 n windows at most, and growing again some more; each record may be looked
  // up, posted again and get its stop time. A window that stays unknown is followed by a health check and tried once more
  // at the end: twice all that. A fault costs a repeat, and then at most a health check, a window of its own for the record
  // that it hit, and a look at each record of the window that was lost.
  void bound_bulk() {
    const std::size_t windows = 2 * batch_.size() + 6, each = batch_.size();
    bound(2 * (2 * windows + 3 * each) * settings_.retry.write_attempts, windows + 2 * each, 4 + each);
  }

  /// One window that stays unknown does not end the call, and is tried once more at the end: nothing may be left open,
  /// though all attempts of one request were in vain.
  bool bulk_settles() const {
    const unsigned attempts = settings_.retry.write_attempts;
    return must_write() || (must_succeed(attempts + 1u, false) && server_.write_faults == server_.faults &&
                            server_.certain_faults < attempts);
  }
  /// Behind a window that stays unknown comes a health check. Without a server the call is over, and behind the third such
  /// window in a row, which is not followed by a check.
  void judge_endurance() {
    unsigned in_a_row = 0;
    for (std::size_t i = 0; i < server_.requests.size(); ++i) {
      const seen_request& each = server_.requests[i];
      const bool goes_on = i + 1 < server_.requests.size();
      if (!each.is_health_check()) {
        if (each.told || each.status == 413 || each.method == auditor::verb::get) in_a_row = 0;
      } else if (goes_on && !server_.requests[i + 1].is_health_check()) {
        if (++in_a_row == 3) complain(gravity::wrong, "goes on behind three in a row that stay unknown");
        if (!each.told && each.status != 401 && each.status != 403) complain(gravity::wrong, "goes on without a server");
      }
    }
  }
  void judge_not_tried(std::size_t i) {
    // Three windows in a row end it, or a health check that finds no server, or what refuses every request.
    const unsigned attempts = settings_.retry.write_attempts;
    const bool has_a_reason = is_cramped_ || !server_.only_passing_faults || server_.cancelled || impatient_ ||
                              server_.restart_faults > 0 || server_.health_faults > 0 ||
                              server_.certain_faults >= attempts || server_.faults >= 3 * attempts;
    if (!has_a_reason) complain(gravity::wrong, "not applied, and the call had no reason to end", entries_[i].id);
  }

  void judge_batch(const told_batch& told) {
    if (told.outcomes.size() != batch_.size()) return complain(gravity::wrong, "a report of another size");
    if (done_ != batch_.size()) complain(gravity::wrong, "progress without an end");
    std::size_t failures = 0;
    said_ = told.outcomes;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const entry& each = entries_[i];
      const auditor::record_outcome& said = said_[i];
      if (said.code != errc::ok) ++failures;
      if (!each.valid) {
        const bool was_refused = said.outcome == outcome::rejected && said.code == errc::invalid_record && said.status == 0;
        if (!was_refused && !(is_cramped_ && said.code == errc::buffer_full))
          complain(gravity::wrong, "an invalid record not rejected");
        continue;
      }
      judge(each.id, each.what, said.outcome, said.code, said.code == errc::ok, bulk_settles(), i);
      if (said.outcome == outcome::not_applied) judge_not_tried(i);
    }
    if (is_quiet() && !is_cramped_) judge_calls();
    if (failures != told.failures || told.is_well != (failures == 0)) complain(gravity::wrong, "failures counted wrongly");
    if ((told.error.code != errc::ok) != (failures != 0)) complain(gravity::wrong, "failures without an error");
    for (const auditor::error& e : told.errors) {
      if (e.index >= batch_.size())
        complain(gravity::wrong, "an error about no record");
      else if (e.record_id() != batch_[e.index].record_id && !(is_cramped_ && e.code == errc::buffer_full))
        complain(gravity::wrong, "an error about another record");
    }
  }

  // ---- records of one id in one batch ---------------------------------------------------------------------

  bool has_same_id(std::size_t one, std::size_t other) const {
    return one != other && entries_[one].valid && entries_[other].valid && entries_[one].id == entries_[other].id;
  }
  template <class Test>
  bool any_of_same_id(std::size_t at, Test test) const {
    if (at == never) return false;
    for (std::size_t i = 0; i < entries_.size(); ++i)
      if (has_same_id(at, i) && test(i)) return true;
    return false;
  }
  bool has_same_id_before(std::size_t at) const {
    return any_of_same_id(at, [at](std::size_t i) { return i < at; });
  }
  /// May a later one of this id have set its stop time?
  bool is_followed(std::size_t at) const {
    return any_of_same_id(at, [&](std::size_t i) {
      return i > at && (said_[i].outcome == outcome::delivered || said_[i].outcome == outcome::unknown);
    });
  }
  /// Of a bulk of updates: too late to try it again.
  bool is_outdated(std::size_t at) const {
    return is_followed(at) &&
           any_of_same_id(at, [&](std::size_t i) { return i > at && entries_[i].what != entries_[at].what; });
  }
  /// What was done may be the work of another of this id and content. Not of an earlier one that stays unknown: who knows that
  /// knows no more of this one.
  bool same_id_may(std::size_t at) const {
    return any_of_same_id(at, [&](std::size_t i) {
      if (entries_[i].what != entries_[at].what) return false;
      const outcome result = said_[i].outcome;
      return result == outcome::delivered || result == outcome::duplicate || (i > at && result == outcome::unknown);
    });
  }

  /// Nothing went wrong, and nobody else wrote.
  bool is_quiet() const {
    return server_.faults == 0 && server_.restart_faults == 0 && server_.changes == 0 && !server_.cancelled && !impatient_;
  }
  /// The whole batch as so many calls, one after the other in the caller's order: each says the same as its record here.
  void judge_calls() {
    std::array<std::optional<content>, ids> stored;
    for (std::size_t id = 0; id < ids; ++id)
      if (server_.table.was_there(id)) stored[id] = server_.table.before(id).what;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const entry& each = entries_[i];
      if (!each.valid || may_be_refused(each.id)) continue;
      const auto [result, code] = call_alone(stored[each.id], each.what);
      if (said_[i].outcome != result || said_[i].code != code) {
        code_ = said_[i].code;
        complain(gravity::wrong, "not what a call of its own would say", each.id);
      }
    }
    for (std::size_t id = 0; id < ids; ++id)
      if (!may_be_refused(id) && stored[id] && (!server_.table.has(id) || server_.table[id].what != *stored[id]))
        complain(gravity::lost, "the table is not as so many calls would leave it", id);
  }
  std::pair<outcome, errc> call_alone(std::optional<content>& stored, content ours) const {
    using auditor::on_duplicate;
    if (!stored) {
      stored = ours;
      return {outcome::delivered, errc::ok};
    }
    if (policy_ == on_duplicate::fail) return {outcome::duplicate, errc::record_exists};
    if (policy_ == on_duplicate::ignore) return {outcome::duplicate, errc::ok};
    if (policy_ == on_duplicate::update && *stored == content::open) stored = ours;
    return *stored == ours ? std::pair(outcome::delivered, errc::ok) : std::pair(outcome::duplicate, errc::conflict);
  }

  /// Of a bulk of updates: the last stop time that was set is the last one in the caller's order.
  void judge_order() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const std::size_t id = entries_[i].id;
      if (!entries_[i].valid || said_[i].outcome != outcome::delivered || is_followed(i)) continue;
      if (server_.table.has(id) && is_late(server_.table[id].what) != is_late(entries_[i].what))
        complain(gravity::lost, "an earlier stop time came last", id);
    }
  }

  auditor::on_duplicate policy_{};
  std::vector<auditor::record> batch_;
  std::vector<auditor::record_outcome> said_;
  std::vector<entry> entries_;
  std::size_t done_ = 0;
};

}  // namespace fault
