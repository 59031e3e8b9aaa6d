// One history of a queue: producers, weather, crashes, until all is delivered; and what must be true of it, by the server's own list.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "../fault/complaints.hpp"
#include "crashing_store.hpp"
#include "late_transport.hpp"

#include <auditor/auditor.hpp>
#include <auditor/queue/queue_sender.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace queue_test {

using namespace std::chrono_literals;
using auditor::entry_kind;
using auditor::errc;
using auditor::ticks;
using fault::content;
using fault::gravity;

/// What all histories came to.
struct tally {
  fault::complaints found;
  std::uint64_t entries = 0, crashes = 0, power_cuts = 0, letters = 0, late = 0;
};

class queue_history final : around_requests {
 public:
  /// Whose algorithm.
  enum class algorithm : std::uint8_t { ours, peers };

  queue_history(std::uint64_t seed, std::size_t serial, algorithm whose, tally& to)
      : tally_(to), serial_(serial), whose_(whose), chance_(seed), server_(sky_, chance_), store_(chance_) {
    ++tally_.found.histories;
    choose_settings();
    choose_producers();
    server_.takes_others = true;
    server_.most_requests = 20'000;
    boot();
  }
  queue_history(const queue_history&) = delete;
  queue_history& operator=(const queue_history&) = delete;

  void run() {
    for (unsigned phases = (is_about_late() ? 4 : 1) + static_cast<unsigned>(chance_.below(4)); phases != 0; --phases) {
      choose_weather();
      phase_ends_ = true_time() + ticks{chance_.below(static_cast<std::size_t>(phases_last_.count()))};
      while (true_time() < phase_ends_ && !stuck_) step();
    }
    clear_up();
    while (!stuck_ && (next_producer_ < producers_.size() || store_.counts().waiting != 0)) {
      step();
      judge_patience();
      if (sender_ && store_.counts().waiting != 0) keep_company();
    }
    judge();
  }

 private:
  using client_type = auditor::client<late_transport, auditor::testing::manual_executor>;

  /// What a producer has given to the store.
  struct given {
    entry_kind kind{};
    std::size_t id = 0;
    content what{};
    ticks at{};            // in true time
    bool settled = false;  // the last thing that was said of it
    bool dead = false;
    errc code{};  // of the letter
  };
  struct producer {
    ticks at{};
    entry_kind kind{};
    std::size_t id = 0;
    content what{};
  };
  struct late_request {
    ticks at{};
    auditor::verb method{};
    std::string target, body;
  };

  static constexpr std::size_t company = fault::ids - 1;  // the id of what is added to keep others company

  // ---- what it is about -----------------------------------------------------------------------------------------

  void choose_settings() {
    settings_.window = chance_.of(std::array<std::size_t, 5>{1, 2, 3, 6, 2'000});
    if (is_about_twins()) settings_.window = 2 + chance_.below(2);
    settings_.window_bytes = chance_.of(std::array<std::size_t, 3>{1, 700, 4'000'000});
    settings_.duplicates = chance_.of(std::array{auditor::on_duplicate::update, auditor::on_duplicate::update,
                                                 auditor::on_duplicate::compare, auditor::on_duplicate::ignore});
    settings_.interval = chance_.of(std::array{0ms, 0ms, 2'000ms});
    settings_.longest_wait = chance_.of(std::array{10'000ms, 60'000ms});
    settings_.unknown_record = serial_ % 5 == 0 ? 60min : 20min;
    settings_.suspicion = 30min;
    settings_.late_update = 60s;
    settings_.observer = [this](const auditor::queue_event& event) {
      if (event.what == auditor::queue_event::type::delivered) heard_ += event.entries;
    };
    client_settings_.max_batch = chance_.of(std::array<std::size_t, 4>{1, 2, 5, 500});
    client_settings_.max_body = chance_.of(std::array<std::size_t, 3>{700, 1'500, 1'000'000});
    client_settings_.retry.write_attempts = chance_.of(std::array<std::uint8_t, 4>{1, 2, 3, 5});
    client_settings_.retry.read_attempts = chance_.of(std::array<std::uint8_t, 3>{1, 3, 8});
    client_settings_.attempt = 15s;
    client_settings_.request = 40s;
    client_settings_.read_idle = 10s;
    crash_percent_ = is_about_late() ? is_about_two_adds() ? 15 : 3 : chance_.of(std::array{0u, 0u, 3u, 15u});
    late_percent_ = is_about_late() ? 100 : chance_.of(std::array{0u, 50u, 90u});
    // A wall clock that jumps while no process lives hides how long a late update is to be feared.
    jump_percent_ = !is_about_late() && chance_.percent(10) ? 10 : 0;
    if (jump_percent_ != 0) late_percent_ = 0;
    phases_last_ = is_about_late() ? ticks(40s) : chance_.of(std::array<ticks, 3>{20s, 120s, 400s});
    sky_.warns = chance_.percent(20);
    sky_.names_line = chance_.percent(50);
    sky_.health_forbidden = chance_.percent(20);
    sky_.nobody_cancels = crash_percent_ == 0;
    if (chance_.percent(15)) sky_.refused_ids = draw_ids();
    if (chance_.percent(8)) sky_.broken_ids = draw_ids();
    is_garbling_ = !is_rare() && chance_.percent(15);
    if (chance_.percent(10)) sky_.body_limit = chance_.of(std::array<std::size_t, 2>{900, 2'300});
    if (!is_rare() && chance_.percent(15)) strangers_percent_ = chance_.of(std::array{2u, 10u, 30u});
    if (!is_rare() && chance_.percent(7)) archive_percent_ = chance_.of(std::array{2u, 10u});
    if (strangers_percent_ != 0)
      for (std::size_t id = 0; id < company; ++id)
        if (chance_.percent(strangers_percent_))
          server_.table.insert(id, fault::owner::stranger, chance_.of(fault::contents));
  }
  std::uint32_t draw_ids() { return static_cast<std::uint32_t>(chance_.next() & chance_.next()) & ((1u << company) - 1); }

  // What seldom comes together by itself: several updates of one record, a lost one among them, and a crash; several adds of one id,
  // each with updates.
  bool is_about_late() const { return serial_ % 8 == 6; }
  // An update, and an add behind it that gives another stop time.
  bool is_about_two_adds() const { return serial_ % 16 == 6; }
  bool is_about_twins() const { return serial_ % 8 == 7; }
  bool is_rare() const { return is_about_late() || is_about_twins(); }

  // Groups of entries: an add and what belongs to it, in bursts.
  void choose_producers() {
    if (is_about_two_adds()) {
      producers_ = {{ticks{chance_.below(5'000)}, entry_kind::add, 0, content::open},
                    {ticks{5'000 + chance_.below(20'000)}, entry_kind::update, 0, content::late},
                    {ticks{25'000 + chance_.below(2'000)}, entry_kind::add, 0, content::closed}};
      return;
    }
    const std::size_t different =
        is_rare() ? 1 : 1 + chance_.below(chance_.of(std::array<std::size_t, 5>{1, 1, 3, 4, company}));
    const ticks span = is_about_twins()  ? ticks(1s)
                       : is_about_late() ? ticks(120s)
                                         : chance_.of(std::array<ticks, 3>{1s, 60s, 500s});
    for (std::size_t groups = 1 + chance_.below(5); groups != 0; --groups) {
      const std::size_t id = chance_.below(different);
      ticks at{chance_.below(static_cast<std::size_t>(span.count()))};
      const auto later = [&] {
        return at += ticks{chance_.percent(60) ? 0 : chance_.below(static_cast<std::size_t>(span.count() / 2))};
      };
      const bool is_added = chance_.percent(90);
      const content first =
          is_about_twins() || chance_.percent(60) ? content::open : chance_.of(std::array{content::closed, content::late});
      if (is_added) producers_.push_back({at, entry_kind::add, id, first});
      for (std::size_t more = chance_.below(4); more != 0; --more) {
        const unsigned what = static_cast<unsigned>(chance_.below(10));
        if (what < (is_about_late() ? 10u : 6u))
          producers_.push_back({later(), entry_kind::update, id, chance_.of(std::array{content::closed, content::late})});
        else if (what < (is_about_twins() ? 9u : 8u))
          producers_.push_back({later(), entry_kind::add, id, first});
        else
          producers_.push_back(
              {later(), entry_kind::add, id, is_about_twins() ? content::closed : chance_.of(fault::contents)});
      }
    }
    std::multimap<ticks, producer> by_time;  // in their order, those of one moment too
    for (const producer& each : producers_) by_time.emplace(each.at, each);
    producers_.clear();
    for (const auto& each : by_time) producers_.push_back(each.second);
  }

  void choose_weather() {
    using fault::mishap;
    for (fault::mishap& each : spells_) each = {};
    store_.mend();
    sky_.fault_percent = chance_.of(std::array{0u, 2u, 5u, 15u, 30u, 60u, 85u});
    sky_.busy_percent = chance_.percent(10) ? 60 : 0;
    sky_.garble_percent = is_garbling_ ? 30 : 0;
    sky_.writer_percent = sky_.rival_percent = sky_.closer_percent = strangers_percent_;
    sky_.archive_percent = archive_percent_;
    sky_.foreign = chance_.percent(50) ? fault::never : chance_.below(fault::foreign_answers.size());
    if (is_about_late()) {
      sky_.fault_percent = chance_.of(std::array{0u, 15u});
      spells_[2] = chance_.of(std::array{mishap::none, mishap::lose_request, mishap::terminate});
      store_.read_fails = chance_.of(std::array{0u, 0u, 30u});
      return;
    }
    switch (chance_.below(is_about_twins() ? 4 : 6)) {
      case 0: break;
      case 1:
        spells_.fill(chance_.of(std::array{mishap::refuse, mishap::lose_request, mishap::time_out, mishap::lose_answer}));
        break;
      case 2: spells_.fill(chance_.of(std::array{mishap::foreign_before, mishap::foreign_after})); break;
      case 3:
        spells_.fill(chance_.of(std::array{mishap::starve, mishap::commit_unknown, mishap::terminate, mishap::cut_answer}));
        break;
      case 4:  // one kind of request is not let in
        spells_[chance_.below(spells_.size())] = chance_.of(std::array{mishap::foreign_before, mishap::lose_answer});
        break;
      default:
        store_.append_fails = chance_.of(std::array{0u, 50u});
        store_.settle_fails = chance_.of(std::array{0u, 30u, 100u});
        store_.bury_fails = chance_.of(std::array{0u, 30u, 100u});
        store_.read_fails = chance_.of(std::array{0u, 0u, 30u, 100u});
        break;
    }
  }

  // From here on nothing goes wrong, but with what is wrong for ever.
  void clear_up() {
    server_.calm = true;
    store_.mend();
    clear_at_ = true_time();
    clear_from_ = server_.requests.size();
    if (next_producer_ < producers_.size()) clear_at_ = (std::max)(clear_at_, producers_.back().at);
    if (sender_ && chance_.percent(50)) sender_->resume(now());
  }

  // ---- time, and the process ------------------------------------------------------------------------------------

  ticks now() { return client_->executor().now(); }
  ticks true_time() { return now() - booted_ + off_; }
  auditor::timestamp wall() { return auditor::timestamp(std::chrono::hours(480'000)) + true_time() + wall_off_; }

  void boot() {
    client_.emplace(late_transport(server_, *this), auditor::testing::manual_executor(chance_.next()), client_settings_);
    client_->executor().advance(ticks{chance_.below(5'000'000)});
    booted_ = now();
    server_.clock.follow(client_->executor());
    if (whose_ == algorithm::peers) return;
    heard_ = 0;
    sender_.emplace(access(), settings_, chance_.next());
    sender_->open(now());
    known_ = given_.size();
    missing_since_.clear();
  }

  void end_of_process() {
    ++tally_.crashes;
    ++crashes_;
    off_ = true_time();
    server_.cancelled = false;
    sender_.reset();
    client_.reset();
    if (chance_.percent(30)) {
      ++tally_.power_cuts;
      store_.lose_power();
    }
    off_ += chance_.of(std::array<ticks, 4>{1ms, 500ms, 10s, 90s});
    if (chance_.percent(20)) off_ += ticks{chance_.below(static_cast<std::size_t>(phases_last_.count()))};
    boot();
  }

  // ---- what others do meanwhile ---------------------------------------------------------------------------------

  void catch_up() {
    const ticks time = true_time();
    for (std::size_t i = 0; i < late_.size();) {
      if (late_[i].at > time) {
        ++i;
        continue;
      }
      const late_request done = std::move(late_[i]);
      late_.erase(late_.begin() + static_cast<std::ptrdiff_t>(i));
      ++tally_.late;
      server_.carry_out_late({done.method, done.target, {}, done.body});
    }
    for (; next_producer_ < producers_.size() && producers_[next_producer_].at <= time; ++next_producer_) {
      const producer& each = producers_[next_producer_];
      append(each.kind, each.id, each.what);
    }
  }
  bool append(entry_kind kind, std::size_t id, content what) {
    const std::string& text = fault::record_pool::at(id, what).text;
    const auditor::new_entry entry{kind, wall(), text};
    if (store_.append({&entry, 1})) return false;
    given_.push_back({kind, id, what, true_time()});
    ++tally_.entries;
    return true;
  }
  bool may_fail_alone() const { return sky_.broken_ids != 0 || sky_.body_limit != fault::auditors_body_limit; }
  // What fails alone can only be told from a server that fails by others that it takes meanwhile.
  void keep_company() {
    if (!may_fail_alone() || true_time() < company_at_) return;
    company_at_ = true_time() + 30s;
    for (std::size_t i = 0; i < given_.size(); ++i)
      if (given_[i].id == company && !given_[i].settled && !given_[i].dead) return;
    if (!server_.table.has(company)) {
      append(entry_kind::add, company, content::open);
    } else if (fault::is_open(server_.table[company].what)) {
      append(entry_kind::update, company, content::closed);
    } else {
      server_.table.remove(company);
      append(entry_kind::add, company, content::open);
    }
  }

  void before(const auditor::request_view& request) override {
    catch_up();
    const int kind = request.method == auditor::verb::get ? 0 : request.method == auditor::verb::post ? 1 : 2;
    sky_.spells[0] = {};
    if (spells_[static_cast<std::size_t>(kind)] != fault::mishap::none)
      sky_.spells[0] = {spells_[static_cast<std::size_t>(kind)], 0, fault::never};
    if (server_.calm || !chance_.percent(crash_percent_)) return;
    if (request.method != auditor::verb::get && chance_.percent(50)) come_late(request);
    throw crash();
  }
  void behind(const auditor::request_view& request, bool may_come_late) override {
    judge_request(server_.requests.back());
    if (may_come_late && chance_.percent(late_percent_)) come_late(request);
    if (!server_.calm && chance_.percent(crash_percent_)) throw crash();
  }
  void come_late(const auditor::request_view& request) {
    if (late_percent_ == 0) return;
    late_.push_back({true_time() + ticks{chance_.below(static_cast<std::size_t>(settings_.late_update.count()))},
                     request.method, std::string(request.target), std::string(request.body)});
  }

  // ---- a step ---------------------------------------------------------------------------------------------------

  void step() {
    catch_up();
    if (!server_.calm && chance_.percent(jump_percent_)) {
      jumped_ = true;
      wall_off_ += ticks{static_cast<std::int64_t>(chance_.below(2'000'000'000)) - 1'000'000'000};
    }
    if (++steps_ > 50'000) return stall("steps without end");
    try {
      if (!server_.calm && chance_.percent(is_about_late() ? 25 : crash_percent_)) throw crash();
      if (whose_ == algorithm::ours)
        deliver();
      else
        deliver_as_peers();
    } catch (const crash&) {
      end_of_process();
    }
    if (sender_) judge_settled();
  }
  void wait_until(ticks wake_at) {
    ticks until = wake_at;
    const auto sooner = [&](ticks at) { until = (std::min)(until, now() + (at - true_time())); };
    if (next_producer_ < producers_.size()) sooner(producers_[next_producer_].at);
    if (!server_.calm) sooner(phase_ends_);
    if (server_.calm && may_fail_alone() && store_.counts().waiting != 0)
      sooner((std::max)(company_at_, true_time() + 1ms));
    for (const late_request& each : late_) sooner(each.at);
    if (until == (ticks::max)() && store_.counts().waiting == 0) return;
    if (until == (ticks::max)()) return stall("waits for ever, and entries wait");
    if (until <= now()) {
      if (++idle_ > 20) stall("does not wait, and does nothing");
      return;
    }
    idle_ = 0;
    client_->executor().advance(until - now());
  }

  void deliver() {
    using type = auditor::detail::queue_step::type;
    const auditor::detail::queue_step next = sender_->next(now());
    if (next.what == type::wait) return wait_until(next.wake_at);
    idle_ = 0;
    if (next.records.empty() || next.records.size() > (std::max)(settings_.window, std::size_t{2}))
      complain(gravity::wrong, "more than a window");
    // Before the request is over, or behind it: then what it made of the server is not known when the process ends.
    const bool at_once = server_.requests.size() % 2 == 0;
    if (next.what != type::look && at_once) sender_->meanwhile();
    if (next.what == type::adds) {
      const auditor::bulk_insert_options how{.duplicates = settings_.duplicates, .failed = sender_->failed()};
      const auditor::bulk_summary sum = client_->bulk_insert(next.records, next.outcomes, how);
      if (!at_once) sender_->meanwhile();
      sender_->done(now(), sum);
    } else if (next.what == type::updates) {
      const auditor::bulk_summary sum = client_->bulk_update(next.records, next.outcomes, {.failed = sender_->failed()});
      if (!at_once) sender_->meanwhile();
      sender_->done(now(), sum);
    } else {
      bool shown = false;
      const auto look = [&](const auditor::record_view& stored) {
        shown = true;
        sender_->looked(now(), {}, &stored);
      };
      const auto there = client_->find(next.records[0].record_id, look);
      if (!shown) sender_->looked(now(), there ? auditor::error() : there.error(), nullptr);
    }
    sender_->tell();
    if (heard_ != sender_->delivered()) complain(gravity::wrong, "the observer has not heard of each delivery");
  }

  // What the queue of the others does: any answer ends an entry, and nothing else does.
  void deliver_as_peers() {
    if (store_.read(0, 1, 1, page_) || page_.empty()) return wait_until(page_.empty() ? (ticks::max)() : now() + 1s);
    const auditor::queue_entry& first = page_[0];
    late_transport::stream answer;
    const bool adds = first.kind == entry_kind::add;
    const auto head = client_->transport().open(
        answer, {adds ? auditor::verb::post : auditor::verb::put, "/record", {}, first.json}, auditor::call{});
    if (head)
      settle({&first.number, 1}, {});
    else
      wait_until(now() + 1s);
  }

  // ---- the store, as the sender sees it -------------------------------------------------------------------------

  auditor::detail::store_access access() {
    const auto self = [](void* of) -> queue_history& { return *static_cast<queue_history*>(of); };
    static constexpr auto of = self;
    return {this,
            [](void* h, std::uint64_t after, std::size_t most, std::size_t bytes, std::vector<auditor::queue_entry>& to) {
              return of(h).store_.read(after, most, bytes, to);
            },
            [](void* h, std::span<const std::uint64_t> numbers, auditor::timestamp hold) {
              return of(h).settle(numbers, hold);
            },
            [](void* h, std::span<const auditor::dead_letter> letters) { return of(h).bury(letters); },
            [](void* h, std::uint64_t number) { return auditor::detail::has_letter(of(h).store_, number); },
            [](void* h) { return of(h).store_.counts(); },
            [](void* h) { return of(h).store_.held_until(); },
            [](void* h) { return of(h).wall(); }};
  }
  auditor::error settle(std::span<const std::uint64_t> numbers, auditor::timestamp hold) {
    if (const auditor::error e = store_.settle(numbers, hold)) return e;
    for (const std::uint64_t number : numbers) judge_delivered(number, numbers);
    for (const std::uint64_t number : numbers) given_[number - 1].settled = true, given_[number - 1].dead = false;
    return {};
  }
  auditor::error bury(std::span<const auditor::dead_letter> letters) {
    if (const auditor::error e = store_.bury(letters)) return e;
    for (const auditor::dead_letter& each : letters) {
      ++tally_.letters;
      judge_letter(each);
      given& g = given_[each.entry.number - 1];
      g.dead = true;
      g.settled = false;
      g.code = each.code;
    }
    return {};
  }

  // ---- what must be true ----------------------------------------------------------------------------------------

  bool is_ours_alone(std::size_t id) const {
    return server_.table.strangers(id) == 0 && !server_.table.closed_by_stranger(id) && !server_.table.deleted(id);
  }
  static bool same_but_stop(content a, content b) { return fault::is_ours(a) == fault::is_ours(b); }
  static bool same_stop(content a, content b) {
    return fault::is_open(a) == fault::is_open(b) && fault::is_late(a) == fault::is_late(b);
  }
  template <class Test>
  bool any_given(std::size_t id, entry_kind kind, Test test) const {
    for (std::size_t i = 0; i < given_.size(); ++i)
      if (given_[i].id == id && given_[i].kind == kind && test(given_[i], i + 1)) return true;
    return false;
  }

  // Nothing is sent that nobody gave.
  void judge_request(const fault::seen_request& seen) {
    if (seen.method == auditor::verb::get) return;
    if (seen.method == auditor::verb::put && seen.status == 404)
      for (const std::size_t id : seen.ids) missing_since_.emplace(id, true_time());
    for (const std::size_t id : seen.ids) {
      const bool known = any_given(id, seen.method == auditor::verb::put ? entry_kind::update : entry_kind::add,
                                   [](const given&, std::size_t) { return true; });
      const bool closes =
          seen.method == auditor::verb::put &&
          any_given(id, entry_kind::add, [](const given& g, std::size_t) { return !fault::is_open(g.what); });
      if (!known && !closes) complain(gravity::wrong, "sent, and never accepted", id);
    }
  }

  void judge_delivered(std::uint64_t number, std::span<const std::uint64_t> together) {
    const given& g = given_[number - 1];
    const fault::records_table& table = server_.table;
    if (settings_.duplicates == auditor::on_duplicate::ignore && table.strangers(g.id) != 0) return;
    if (g.kind == entry_kind::add) {
      if (!table.has(g.id) && !table.deleted(g.id)) return complain(gravity::lost, "settled, and not there", g.id, number);
      const bool updated = any_given(g.id, entry_kind::update, [&](const given&, std::size_t n) { return n > number; });
      const bool kept = table.ever(g.id, [&](content each) {
        return same_but_stop(each, g.what) && (fault::is_open(g.what) || same_stop(each, g.what) || updated);
      });
      const bool unseen = settings_.duplicates == auditor::on_duplicate::ignore;
      if (!kept && !unseen) complain(gravity::lost, "settled, and another is stored", g.id, number);
    } else {
      if (table.done(g.id, g.what) || table.done(g.id, other_form(g.what))) return;
      const bool by_others = table.strangers(g.id) != 0 || table.closed_by_stranger(g.id);
      if (by_others && table.ever(g.id, [&](content each) { return same_stop(each, g.what); })) return;
      const bool outdone = any_given(g.id, entry_kind::update, [&](const given& other, std::size_t n) {
        return n > number && (std::find(together.begin(), together.end(), n) != together.end()) &&
               (table.done(g.id, other.what) || table.done(g.id, other_form(other.what)) || by_others);
      });
      if (!outdone) complain(gravity::lost, "an update is settled, and was not done", g.id, number);
    }
  }
  // A folded add of another content has this stop time too.
  static content other_form(content what) { return fault::with_stop_of(content::other, what); }

  void judge_letter(const auditor::dead_letter& letter) {
    const given& g = given_[letter.entry.number - 1];
    const fault::records_table& table = server_.table;
    const std::uint64_t number = letter.entry.number;
    const auto wrong = [&](const char* what) { complain(gravity::wrong, what, g.id, number); };
    switch (letter.code) {
      case errc::invalid_record:
        if (!server_.forbids(g.id) || letter.status != 400) wrong("a dead letter: refused, and it was not");
        return;
      case errc::record_too_large: {
        if (letter.entry.json.size() > sky_.body_limit) return;
        const auto refused =
            std::count_if(server_.requests.begin(), server_.requests.end(), [&](const fault::seen_request& each) {
              return each.is_foreign() && each.status == 413 && each.ids.size() == 1 && each.ids[0] == g.id;
            });
        if (refused < 5) wrong("a dead letter: too large, and it is not");
        return;
      }
      case errc::server_failure:
        if (!server_.breaks_on(g.id)) wrong("a dead letter for a server that failed");
        if (letter.status != 500) wrong("a dead letter with another status");
        return;
      case errc::conflict: {
        if (g.kind != entry_kind::add) return wrong("a conflict of an update");
        const bool conflicts = table.ever(g.id, [&](content each) {
          if (!same_but_stop(each, g.what)) return true;
          if (same_stop(each, g.what) || fault::is_open(g.what)) return false;
          return !fault::is_open(each) || settings_.duplicates == auditor::on_duplicate::compare;
        });
        if (!conflicts) wrong("a conflict with nothing");
        const bool only = !any_given(g.id, entry_kind::add, [&](const given&, std::size_t n) { return n != number; });
        const bool racing = any_given(g.id, entry_kind::update, [&](const given&, std::size_t n) { return n < number; });
        if (only && !racing && table.inserts(g.id) != 0 && table.strangers(g.id) == 0 && !table.deleted(g.id))
          wrong("a conflict with itself");
        return;
      }
      case errc::record_not_found: {
        if (g.kind != entry_kind::update) return wrong("an add that was not found");
        const bool add_failed =
            any_given(g.id, entry_kind::add, [](const given& other, std::size_t) { return other.dead; });
        const given* own = nullptr;
        for (std::size_t i = 0; i + 1 < number; ++i)
          if (given_[i].id == g.id && given_[i].kind == entry_kind::add) own = &given_[i];
        const bool is_there =
            own != nullptr && table.inserts(g.id) != 0 && is_ours_alone(g.id) && !server_.forbids(g.id) &&
            (own->dead ? own->code == errc::conflict && same_but_stop(own->what, table[g.id].what) : own->settled);
        if (is_there) return wrong("a dead letter of an update, and the record is there");
        if (!add_failed && !is_missing_for_long(number)) wrong("a dead letter of an update, before its time");
        return;
      }
      default: return wrong("a dead letter for no reason");
    }
  }

  // Nobody says so to who is cut off.
  bool is_missing_for_long(std::uint64_t number) {
    const given& g = given_[number - 1];
    const auto since = missing_since_.find(g.id);
    if (since == missing_since_.end()) return false;
    const ticks missing = true_time() - since->second;
    if (missing >= settings_.unknown_record) return true;
    const bool is_old = jumped_ || true_time() - g.at >= settings_.unknown_record;
    return number <= known_ && is_old && missing >= (std::min)(settings_.suspicion, settings_.unknown_record);
  }

  void judge_settled() {
    const std::uint64_t first = store_.first_waiting();
    if (first != 0 && sender_->settled_before() > first)
      complain(gravity::wrong, "said to be settled, and waits", fault::ids, first);
    if (first == 0 && sender_->settled_before() > given_.size() + 1)
      complain(gravity::wrong, "said to be settled, and never accepted");
    if (store_.most_read > (std::max)(settings_.window, std::size_t{2}))
      complain(gravity::wrong, "reads more than a window");
    if (std::exchange(store_.settles_twice, false)) complain(gravity::wrong, "settled twice");
  }

  // Once nothing goes wrong, each of the waits may come once more, and those of letters in full.
  void judge_patience() {
    const auto entries = static_cast<std::int64_t>(producers_.size());
    ticks longest = 2 * settings_.probe + (entries + 3) * (settings_.late_update + 2 * settings_.longest_wait);
    longest += settings_.unknown_record + 2 * settings_.longest_wait;
    if (may_fail_alone()) longest += (entries + 1) * (settings_.suspicion + 4 * settings_.longest_wait);
    if (true_time() - clear_at_ > longest) stall("waits too long");
    if (server_.requests.size() - clear_from_ > 1'000 + given_.size() * 500 && !may_fail_alone())
      stall("too many requests");
  }

  void judge() {
    tally_.found.requests += server_.requests.size();
    if (server_.violation != nullptr) complain(gravity::wrong, server_.violation);
    if (stuck_ || whose_ == algorithm::peers) return;
    if (sender_ && sender_->settled_before() != given_.size() + 1 && store_.counts().last_number != 0) {
      sender_->next(now());
      if (sender_->settled_before() != given_.size() + 1)
        complain(gravity::wrong, "all is settled, and it does not say so");
    }
    for (std::size_t id = 0; id < company; ++id) {
      const fault::records_table& table = server_.table;
      if (table.inserts(id) > 1 && !table.deleted(id)) complain(gravity::doubled, "inserted twice", id);
      if (!is_ours_alone(id)) continue;
      const given* last = nullptr;
      bool added = false;
      for (const given& each : given_) {
        if (each.id != id || each.dead) continue;
        added = added || each.kind == entry_kind::add;
        if (each.kind == entry_kind::update) last = &each;
      }
      if (added && !table.has(id)) complain(gravity::lost, "accepted, and not there", id);
      // A dead one may have been done before: a proxy refused it the next time, or the power took what the store had heard.
      const bool done_and_dead = any_given(id, entry_kind::update, [&](const given& g, std::size_t) {
        return g.dead && table.done(id, g.what) && same_stop(g.what, table[id].what);
      });
      if (done_and_dead) continue;
      // A process that ended may have closed it for another add of the same id, and that request may come last. Its add is in conflict now.
      const bool closed_late =
          crashes_ != 0 && late_percent_ != 0 && any_given(id, entry_kind::add, [](const given& g, std::size_t) {
            return g.dead && g.code == errc::conflict && !fault::is_open(g.what);
          });
      if (closed_late) continue;
      if (last != nullptr && table.has(id) && !same_stop(table[id].what, last->what))
        complain(gravity::lost, "another stop time came last", id);
      const auto gave = [&](const given& g, std::size_t) { return same_stop(g.what, table[id].what); };
      if (last == nullptr && table.has(id) && !any_given(id, entry_kind::add, gave) &&
          !any_given(id, entry_kind::update, gave))
        complain(gravity::wrong, "a stop time that nobody gave", id);
    }
  }

  // ---- complaints -----------------------------------------------------------------------------------------------

  void stall(const char* what) {
    if (stuck_) return;
    stuck_ = true;
    complain(gravity::wrong, what);
  }
  void complain(gravity how, const char* what, std::size_t id = fault::ids, std::uint64_t number = 0) {
    if (!tally_.found.add(how, what, serial_) || whose_ == algorithm::peers) return;
    std::printf("history %zu: %s, id %zu, entry %" PRIu64
                ", at %lld ms; window %zu, %s, crashes %u, broken %x refused %x\n",
                serial_, what, id, number, static_cast<long long>(true_time().count()), settings_.window,
                std::string(to_string(settings_.duplicates)).c_str(), crashes_, sky_.broken_ids, sky_.refused_ids);
    for (std::size_t i = 0; i < given_.size() && i < 40; ++i)
      std::printf("    %zu: %s %zu content %d at %lld%s%s\n", i + 1, std::string(to_string(given_[i].kind)).c_str(),
                  given_[i].id, static_cast<int>(given_[i].what), static_cast<long long>(given_[i].at.count()),
                  given_[i].settled ? ", settled" : "", given_[i].dead ? ", dead" : "");
    const std::size_t size = server_.requests.size();
    for (std::size_t i = size > 60 ? size - 60 : 0; i < size; ++i) {
      const fault::seen_request& each = server_.requests[i];
      std::printf("    %s %s", std::string(auditor::to_string(each.method)).c_str(), each.target.c_str());
      for (const std::size_t sent : each.ids) std::printf(" %zu", sent);
      std::printf(": %d%s%s %s at %lld\n", each.status, each.told ? ", told" : "", each.applied ? ", applied" : "",
                  std::string(name_of(each.met)).c_str(), static_cast<long long>(each.began.count()));
    }
  }

  tally& tally_;
  std::size_t serial_;
  algorithm whose_;
  fault::weather sky_;
  fault::random_source chance_;
  fault::model_server server_;
  crashing_store store_;
  auditor::queue_options settings_;
  auditor::options client_settings_;
  std::optional<client_type> client_;
  std::optional<auditor::detail::queue_sender> sender_;

  std::vector<producer> producers_;  // by time
  std::size_t next_producer_ = 0;
  std::vector<given> given_;  // by number, less one
  std::vector<late_request> late_;
  std::array<fault::mishap, 3> spells_{};  // of reads, adds and updates
  std::vector<auditor::queue_entry> page_;

  unsigned crash_percent_ = 0, late_percent_ = 0, jump_percent_ = 0, strangers_percent_ = 0, archive_percent_ = 0;
  std::size_t known_ = 0;                       // to the process from its start
  std::map<std::size_t, ticks> missing_since_;  // by id: the server told this process first that it has no such record
  ticks phases_last_{}, phase_ends_{}, company_at_{}, booted_{}, off_{}, wall_off_{}, clear_at_{};
  std::size_t clear_from_ = 0;
  unsigned crashes_ = 0, steps_ = 0, idle_ = 0;
  std::uint64_t heard_ = 0;  // of deliveries, by the observer of this process
  bool jumped_ = false, stuck_ = false, is_garbling_ = false;
};

}  // namespace queue_test
