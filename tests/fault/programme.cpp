// The fault programme: every operation through every kind of failure, judged by a model that knows what the server holds.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   programme [histories] [seed] [bug]     exit 0: nothing lost, doubled or reported wrongly
//
// With a bug (a build with AUDITOR_SEEDED_BUGS, made by seeded_bugs.py) the roles change: something has to be found.
#include "model_server.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

using namespace fault;
using auditor::errc;
using auditor::on_duplicate;
using auditor::outcome;
using auditor::testing::manual_async_executor;
using auditor::testing::manual_executor;
using blocking_client = auditor::client<faulty_transport, manual_executor>;
using async_transport = auditor::testing::as_async<faulty_transport, manual_async_executor>;
using async_client = auditor::client<async_transport, manual_async_executor>;

struct figures {
  std::uint64_t histories = 0, requests = 0, lost = 0, doubled = 0, wrong = 0, undecidable = 0;
  std::uint64_t complaints() const noexcept { return lost + doubled + wrong; }
};
figures total;

// One history: a table, a weather, a call, and the verdict of the model on what the client says.
class history {
 public:
  history(std::uint64_t seed, std::size_t serial) : seed_(seed), serial_(serial), chance_(seed), server_(sky_, chance_) {}

  void run() {
    ++total.histories;
    choose_weather();
    settings_.retry.write_attempts = static_cast<std::uint8_t>(1 + serial_ / 13 % 3);
    settings_.retry.read_attempts = chance_.of(std::array<std::uint8_t, 4>{1, 2, 3, 8});
    fill_table();
    for (std::size_t id = 0; id < ids; ++id) server_.was_there[id] = server_.table[id].whose != owner::nobody;
    before_ = server_.table;
    switch (serial_ % 13) {
      case 0:
      case 1: add(); break;
      case 2: update(); break;
      case 3:
      case 4:
      case 5:
      case 6:
      case 7: bulk_insert(); break;
      case 8: bulk_update(); break;
      case 9: health(); break;
      case 10:
      case 11: read(); break;
      default: read_one(); break;
    }
    server_.returned = true;
    total.requests += server_.requests.size();
    if (server_.violation != nullptr) complain(total.wrong, server_.violation);
    for (std::size_t id = 0; id < ids; ++id)
      if (server_.inserts[id] > 1) complain(total.doubled, "inserted twice");
  }

 private:
  // ---- what the world is like -----------------------------------------------------------------------------------

  // The first histories of each operation are enumerated: which fault, at which request. The others are drawn.
  void choose_weather() {
    constexpr std::size_t kinds = all_faults.size(), places = 5, repeats = 40;
    const std::size_t round = serial_ / 13;
    if (round < 3 * kinds * places * repeats) {
      sky_.planned_count = 1 + round / 3 / kinds % places;
      sky_.planned.fill(mishap::none);
      if (sky_.planned_count <= 4) sky_.planned[sky_.planned_count - 1] = all_faults[round / 3 % kinds];
      if (sky_.planned_count > 4) {  // two of a kind
        sky_.planned_count = 4;
        sky_.planned[chance_.below(2)] = sky_.planned[2 + chance_.below(2)] = all_faults[round / 3 % kinds];
      }
    } else {
      sky_.fault_percent = chance_.of(std::array<unsigned, 6>{0, 5, 15, 30, 50, 80});
    }
    if (chance_.percent(30)) sky_.writer_percent = chance_.of(std::array<unsigned, 3>{5, 20, 60});
    sky_.warns = chance_.percent(25);
    sky_.names_line = !chance_.percent(25);
    sky_.health_forbidden = chance_.percent(15);
    if (chance_.percent(30))
      sky_.refused_ids = static_cast<std::uint32_t>(chance_.next() & chance_.next() & chance_.next());
    if (chance_.percent(25)) sky_.body_limit = chance_.of(std::array<std::size_t, 3>{500, 900, 2'600});
    if (chance_.percent(8)) sky_.down_for = 1 + chance_.below(4);
  }

  void fill_table() {
    const unsigned full = chance_.of(std::array<unsigned, 5>{0, 10, 30, 60, 100});
    for (std::size_t id = 0; id < ids; ++id)
      if (chance_.percent(full)) server_.table[id] = {owner::stranger, static_cast<content>(chance_.below(3))};
  }

  void make_client() {
    settings_.max_batch = chance_.of(std::array<std::size_t, 5>{1, 2, 3, 5, 500});
    settings_.max_body = chance_.of(std::array<std::size_t, 3>{700, 1'500, 1'000'000});
    if (chance_.percent(50)) {
      blocking_.emplace(faulty_transport(server_), manual_executor(chance_.next()), settings_);
    } else {
      executor_ = manual_async_executor(loop_, chance_.next());
      async_.emplace(
          async_transport(faulty_transport(server_), executor_,
                          chance_.percent(50) ? auditor::testing::arrival::in_line : auditor::testing::arrival::later),
          executor_, settings_);
    }
  }
  // The same call through either driver: the asynchronous one on a loop that runs until nothing is left to do.
  template <class Call>
  auto ask(Call call) {
    using answer = decltype(call(*blocking_));
    if (blocking_) return call(*blocking_);
    std::optional<answer> said;
    call(*async_, [&](answer told) {
      if (said) complain(total.wrong, "told twice");
      said.emplace(std::move(told));
    });
    loop_.run();
    return told_at_all(said);
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
  template <class Answer>
  Answer told_at_all(std::optional<Answer>& said) {
    if (!said) {
      complain(total.wrong, "never told");
      std::exit(EXIT_FAILURE);
    }
    return *std::move(said);
  }

  auditor::call_options call() {
    auditor::call_options options;
    options.cancel = &server_.flag;
    impatient_ = chance_.percent(8);
    if (impatient_) options.timeout = auditor::ticks{1 + chance_.below(3'000)};
    return options;
  }
  on_duplicate draw_policy() {
    return chance_.of(std::array{on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update});
  }

  // Faults that pass, and fewer of them than attempts: nothing may be left open.
  bool must_succeed(std::size_t attempts) const noexcept {
    return server_.only_passing_faults && !server_.cancelled && !impatient_ && server_.faults < attempts;
  }

  void complain(std::uint64_t& kind, const char* what, std::size_t id = ids) {
    ++kind;
    if (total.complaints() > 20) return;
    std::printf("history %zu seed %" PRIu64 ": %s", serial_, seed_, what);
    if (id != ids) std::printf(", %s", id_of(id).c_str());
    std::printf("; %s, policy %d, %u attempts, batch %zu, requests:", async_ ? "async" : "blocking",
                static_cast<int>(policy_), settings_.retry.write_attempts, settings_.max_batch);
    for (const seen_request& each : server_.requests) {
      std::printf(" %s", each.method == auditor::verb::get   ? each.target.c_str()
                         : each.method == auditor::verb::put ? "PUT"
                                                             : "POST");
      for (const std::size_t sent : each.ids) std::printf(" %zu", sent);
      std::printf(each.told      ? each.clean ? " ok;" : " no;"
                  : each.applied ? " done+lost;"
                  : each.certain ? " refused;"
                                 : " lost;");
    }
    std::printf("\n");
  }

  // ---- writes ---------------------------------------------------------------------------------------------------

  // Records of strangers that nobody can tell from ours (protocol, section 5): all records of an attempt whose answer was
  // lost exist, none of them by a later attempt that was answered. Only comparing settles it.
  bool undecidable(std::size_t id) const {
    for (std::size_t r = 0; r < server_.requests.size(); ++r) {
      const seen_request& lost = server_.requests[r];
      if (lost.certain || lost.method != auditor::verb::post) continue;
      bool holds = false, refuted = false;
      for (const std::size_t member : lost.ids) {
        holds = holds || member == id;
        refuted = refuted || server_.table[member].whose == owner::nobody ||
                  (server_.table[member].what == content::other && was_shown(member));  // none of ours is like that
        for (std::size_t later = r + 1; later < server_.requests.size(); ++later) {
          const seen_request& clean = server_.requests[later];
          if (clean.method != auditor::verb::post || !clean.clean) continue;
          for (const std::size_t stored : clean.ids) refuted = refuted || stored == member;
        }
      }
      if (holds && !refuted) return true;
    }
    return false;
  }
  // Did the client look at the stored record, and was it shown?
  bool was_asked_for(std::size_t id) const { return looked(id, false); }
  bool was_shown(std::size_t id) const { return looked(id, true); }
  bool looked(std::size_t id, bool in_full) const {
    const std::string wanted = "record_id=job%23" + id_of(id).substr(4);
    for (const seen_request& each : server_.requests)
      if ((each.told || !in_full) && each.target.find(wanted) != std::string::npos) return true;
    return false;
  }

  // Is what the client says about one record true?
  void judge(std::size_t id, content ours, outcome said, errc code, bool succeeded) {
    const held& now = server_.table[id];
    const bool own = server_.inserts[id] > 0;
    switch (said) {
      case outcome::delivered:
        if (now.whose == owner::nobody) return complain(total.lost, "delivered, and not there", id);
        if (own && now.what == ours) return;
        if (was_asked_for(id) && now.what == ours) return;  // compared, or given its stop time
        if (was_shown(id)) return complain(total.lost, "delivered, and the stored one differs", id);
        if (undecidable(id)) return void(++total.undecidable);
        return complain(total.lost, "delivered, and a stranger's", id);
      case outcome::duplicate:
        if (now.whose == owner::nobody) return complain(total.wrong, "a duplicate of nothing", id);
        if (own) return complain(total.wrong, "a duplicate, and our own", id);
        if (code == errc::conflict && now.what == ours) return complain(total.wrong, "a conflict without a difference", id);
        if (code != errc::conflict && code != errc::record_exists && code != errc::ok)
          return complain(total.wrong, "a duplicate for no reason", id);
        if (succeeded != (policy_ == on_duplicate::ignore) && code != errc::conflict)
          return complain(total.wrong, "a duplicate against the policy", id);
        return;
      case outcome::rejected:
      case outcome::not_applied:
        if (own || server_.puts[id] > 0)
          complain(total.wrong, said == outcome::rejected ? "rejected, and done" : "not applied, and done", id);
        if (code == errc::ok) complain(total.wrong, "a failure without a code", id);
        break;
      case outcome::unknown:
        if (!server_.unsure[id]) complain(total.wrong, "unknown, and no answer was lost", id);
        if (code == errc::ok) complain(total.wrong, "unknown without a code", id);
        break;
    }
    if (said == outcome::rejected && !server_.forbids(id) && sky_.body_limit > 2'000'000 && server_.only_passing_faults)
      complain(total.wrong, "rejected for no reason", id);
    if ((said == outcome::not_applied || said == outcome::unknown) && must_succeed(settings_.retry.write_attempts) &&
        code != errc::record_not_found && !server_.forbids(id) && sky_.body_limit > 2'000'000)
      complain(total.wrong, "given up with attempts left", id);
  }

  void bound(std::size_t requests) {
    if (server_.requests.size() > requests) complain(total.wrong, "too many requests");
  }

  content draw_ours() { return chance_.percent(75) ? content::closed : content::open; }

  void add() {
    policy_ = draw_policy();
    const std::size_t id = chance_.below(ids);
    const content ours = draw_ours();
    make_client();
    auditor::call_options options = call();
    options.duplicates = policy_;
    const auto added =
        ask([&](auto& client, auto... token) { return client.add(record_pool::at(id, ours).value, options, token...); });
    bound(3u * settings_.retry.write_attempts);
    if (!added) {
      const auditor::error& e = added.error();
      if (e.record_id() != id_of(id)) complain(total.wrong, "an error about another record");
      if (e.result == outcome::delivered) complain(total.wrong, "a failure that was delivered");
      return judge(id, ours, e.result, e.code, false);
    }
    using auditor::delivery;
    switch (added->how) {
      case delivery::stored:
        if (server_.inserts[id] == 0) complain(total.lost, "stored, and not there", id);
        break;
      case delivery::already_stored: judge(id, ours, outcome::delivered, errc::ok, true); break;
      case delivery::ignored: judge(id, ours, outcome::duplicate, errc::ok, true); break;
      case delivery::equal:
        if (server_.inserts[id] > 0) complain(total.wrong, "found equal, and our own", id);
        [[fallthrough]];
      case delivery::stop_time_set:
        if (server_.table[id].what != ours || server_.table[id].whose == owner::nobody)
          complain(total.lost, "equal, and it is not", id);
        break;
    }
  }

  void update() {
    const std::size_t id = chance_.below(ids);
    if (chance_.percent(20)) sky_.archive_percent = 30;
    make_client();
    const auto updated = ask([&, options = call()](auto& client, auto... token) {
      return client.update(record_pool::at(id, content::closed).value, options, token...);
    });
    bound(settings_.retry.write_attempts);
    judge_update(id, updated ? outcome::delivered : updated.error().result, updated.error().code);
    if (!updated && updated.error().record_id() != id_of(id)) complain(total.wrong, "an error about another record");
  }

  void judge_update(std::size_t id, outcome said, errc code) {
    if (said == outcome::delivered || code == errc::ok) {
      if (server_.puts[id] == 0) complain(total.lost, "updated, and it was not", id);
      return;
    }
    if (said == outcome::duplicate) return complain(total.wrong, "an update of a duplicate", id);
    if (code == errc::record_not_found && server_.puts[id] > 0 && said != outcome::unknown)
      complain(total.wrong, "not found, and updated", id);
    if (code == errc::record_not_found && before_[id].whose != owner::nobody && !server_.deleted[id])
      complain(total.wrong, "not found, and there", id);
    judge(id, content::closed, said, code, false);
  }

  void bulk_insert() {
    policy_ = draw_policy();
    const std::size_t size = chance_.below(13);
    std::vector<auditor::record> batch;
    struct entry {
      std::size_t id;
      content what;
      bool valid;
    };
    std::vector<entry> entries;
    for (std::size_t i = 0; i < size; ++i) {
      entry each{chance_.below(ids), draw_ours(), !chance_.percent(4)};
      if (i == 0 && sky_.body_limit < 2'000'000 && chance_.percent(40)) each.id = fat_id;
      batch.push_back(record_pool::at(each.id, each.what).value);
      if (!each.valid) batch.back().components.front().amount = -1;
      entries.push_back(each);
    }
    make_client();
    auditor::call_options options = call();
    options.duplicates = policy_;
    options.in_flight = chance_.of(std::array<std::size_t, 4>{1, 2, 3, 8});
    server_.several = options.in_flight > 1;
    options.progress = {[](void* self, std::size_t settled, std::size_t of) {
                          auto& seen = *static_cast<history*>(self);
                          if (settled > of || settled < seen.settled_) seen.complain(total.wrong, "progress goes back");
                          seen.settled_ = settled;
                        },
                        this};
    const auditor::bulk_report report =
        ask([&](auto& client, auto... token) { return client.bulk_insert(batch, options, token...); });
    bound((4 * size + 12) * settings_.retry.write_attempts);
    if (report.size() != size) return complain(total.wrong, "a report of another size");
    if (settled_ != size) complain(total.wrong, "progress without an end");
    std::size_t failures = 0;
    std::array<std::size_t, ids> first;
    first.fill(SIZE_MAX);
    for (std::size_t i = 0; i < size; ++i) {
      const entry& each = entries[i];
      const auditor::settled& said = report[i];
      if (said.code != errc::ok) ++failures;
      if (!each.valid) {
        if (said.result != outcome::rejected || said.code != errc::invalid_record || said.status != 0)
          complain(total.wrong, "an invalid record not rejected");
      } else if (first[each.id] == SIZE_MAX) {
        first[each.id] = i;
        judge(each.id, each.what, said.result, said.code, said.code == errc::ok);
      } else if (each.what == entries[first[each.id]].what) {
        if (said != report[first[each.id]]) complain(total.wrong, "a twin with an outcome of its own", each.id);
      } else if (said.code != errc::conflict || said.result != outcome::rejected) {
        complain(total.wrong, "a different twin that is no conflict", each.id);
      }
    }
    if (failures != report.failures() || bool(report) != (failures == 0)) complain(total.wrong, "failures counted wrongly");
    if ((report.error().code != errc::ok) != (failures != 0)) complain(total.wrong, "failures without an error");
    for (const auditor::error& e : report.errors()) {
      if (e.index >= size) complain(total.wrong, "an error about no record");
      if (e.index < size && e.record_id() != batch[e.index].record_id)
        complain(total.wrong, "an error about another record");
    }
  }

  void bulk_update() {
    const std::size_t size = chance_.below(8);
    std::vector<auditor::record> batch;
    std::array<bool, ids> used{};
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t id = chance_.below(ids);
      if (std::exchange(used[id], true)) continue;
      wanted.push_back(id);
      batch.push_back(record_pool::at(id, chance_.percent(90) ? content::closed : content::open).value);
    }
    make_client();
    const auditor::bulk_report report =
        ask([&, options = call()](auto& client, auto... token) { return client.bulk_update(batch, options, token...); });
    bound(batch.size() * settings_.retry.write_attempts);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!batch[i].stop_time) {
        const bool open_rejected = report[i].result == outcome::rejected || report[i].result == outcome::not_applied;
        if (!open_rejected) complain(total.wrong, "an update without a stop time");
      } else {
        judge_update(wanted[i], report[i].result, report[i].code);
      }
    }
  }

  void health() {
    make_client();
    const auto healthy =
        ask([options = call()](auto& client, auto... token) { return client.health_check(options, token...); });
    bound(1);
    const bool fine = !server_.requests.empty() && server_.requests.front().clean && !sky_.health_forbidden;
    if (fine != healthy.has_value()) complain(total.wrong, "health reported wrongly");
  }

  // ---- reads ----------------------------------------------------------------------------------------------------

  struct shown {
    std::vector<std::size_t> order;
    std::array<unsigned, ids> times{};
    bool wrong_content = false, in_order = true;
  };
  shown shown_;

  void show(const auditor::record& r) { show_view(auditor::record_view(r)); }
  void show_view(const auditor::record_view& r) {
    const std::size_t id = number_of(r.record_id);
    if (id == ids) {
      shown_.wrong_content = true;
      return;
    }
    bool known = false;
    for (const content each : {content::closed, content::open, content::other})
      known = known || !auditor::difference(auditor::record_view(record_pool::at(id, each).value), r);
    if (!known) shown_.wrong_content = true;
    note(id);
  }
  void note(std::size_t id) {
    if (!shown_.order.empty() && shown_.order.back() >= id) shown_.in_order = false;
    shown_.order.push_back(id);
    if (++shown_.times[id] > 1) complain(total.doubled, "shown twice", id);
  }
  static std::size_t number_of(std::string_view id) {
    if (id.size() != 6 || !id.starts_with("job#")) return ids;
    return static_cast<std::size_t>((id[4] - '0') * 10 + (id[5] - '0'));
  }
  bool matches(std::size_t id) const noexcept { return !even_only_ || id % 2 == 0; }
  bool throughout(std::size_t id) const noexcept { return matches(id) && server_.was_there[id] && !server_.deleted[id]; }

  void read() {
    if (chance_.percent(20)) sky_.archive_percent = chance_.of(std::array<unsigned, 2>{10, 40});
    if (chance_.percent(20)) sky_.unreadable_ids = static_cast<std::uint32_t>(chance_.next() & chance_.next());
    even_only_ = chance_.percent(30);
    auditor::query asked;
    if (even_only_) asked.with_meta("site", auditor::contains("even"));
    std::optional<std::size_t> limit;
    if (chance_.percent(20)) asked.limit(limit.emplace(chance_.below(10)));
    const bool collects = chance_.percent(40);
    const bool own_order = chance_.percent(20);
    if (own_order) asked.sort_by(auditor::ascending(auditor::field::start_time));
    auditor::call_options options = call();
    const bool proves = !chance_.percent(15);
    if (!proves) options.reads = auditor::proof::none;
    const bool reports_unreadable = chance_.percent(70);
    if (reports_unreadable)
      options.unreadable = {[](void* self, std::string_view id) { static_cast<history*>(self)->note_unreadable(id); },
                            this};
    make_client();
    auditor::result<auditor::read_summary> ended = errc::cancelled;
    const std::size_t stops_at = chance_.percent(10) ? 1 + chance_.below(4) : SIZE_MAX;
    bool stopped = false;
    if (collects) {
      auto got = ask([&](auto& client, auto... token) { return client.advanced_query(asked, options, token...); });
      if (got) {
        ended = got->summary;
        if (got->size() != got->summary.records) complain(total.wrong, "another number of records than it says");
        for (const auditor::record& r : *got) show(r);
      } else {
        ended = got.error();
      }
    } else if (chance_.percent(50)) {
      const auto visit = [&](const auditor::record_view& r) {
        show_view(r);
        stopped = shown_.order.size() >= stops_at;
        return !stopped;
      };
      ended = ask([&](auto& client, auto... token) { return client.for_each(asked, visit, options, token...); });
    } else {
      const auto pull = [&](auto& client) {
        auto records = client.stream(asked, options);
        auditor::record r;
        while (!stopped && next(r, records)) {
          show(r);
          stopped = shown_.order.size() >= stops_at;
        }
        return records.finish();
      };
      ended = blocking_ ? pull(*blocking_) : pull(*async_);
    }
    bound((ids + 6) * settings_.retry.read_attempts + 12);
    judge_read(ended, limit, proves, stopped, own_order && !collects && !limit && proves, reports_unreadable, collects,
               own_order);
  }

  void note_unreadable(std::string_view id) {
    const std::size_t number = number_of(id);
    if (number == ids || !server_.hides(number)) return complain(total.wrong, "called unreadable, and it is not");
    if (!collecting_unreadable_[number]) ++unreadable_;
    if (std::exchange(collecting_unreadable_[number], true)) ++unreadable_twice_;
  }

  void judge_read(const auditor::result<auditor::read_summary>& ended, std::optional<std::size_t> limit, bool proves,
                  bool stopped, bool refused_here, bool reports_unreadable, bool collects, bool own_order) {
    using auditor::completeness;
    if (shown_.wrong_content) complain(total.wrong, "a record that nobody stored");
    for (std::size_t id = 0; id < ids; ++id) {
      if (shown_.times[id] > 0 && (!matches(id) || (!server_.was_there[id] && server_.strangers[id] == 0)))
        complain(total.wrong, "a record that was not asked for", id);
    }
    if (!collects && !limit && proves && !shown_.in_order) complain(total.wrong, "not in the order of ids");
    const bool hidden = any([this](std::size_t id) {
      return matches(id) && server_.hides(id) && (server_.was_there[id] || server_.strangers[id] > 0);
    });
    if (!ended) {
      const auditor::error& e = ended.error();
      if (refused_here) return;
      if (e.code == errc::unreadable_record && !reports_unreadable && hidden) return;
      if (e.code == errc::cancelled && server_.cancelled) return;
      if (stopped) complain(total.wrong, "a stopped read that fails");
      if (server_.changed) return;
      const bool patient = collects || (!limit && proves);  // what cannot go on where it stopped is not repeated
      const bool tells = !sky_.health_forbidden || any([this](std::size_t id) { return throughout(id); });
      if (patient && tells && must_succeed(settings_.retry.read_attempts) && !count_twice_emptied())
        complain(total.wrong, "a read given up with attempts left");
      if (server_.faults == 0 && tells) complain(total.wrong, "a read that fails without a fault");
      return;
    }
    if (refused_here) return complain(total.wrong, "a proof that is none");
    if (ended->records != shown_.order.size()) complain(total.wrong, "another number of records than it says");
    switch (ended->state) {
      case completeness::complete:
        if (!proves && limit != std::size_t{0}) complain(total.wrong, "proven, and not asked to");
        if (unreadable_twice_ != 0 && !collects) complain(total.doubled, "called unreadable twice");
        if (!limit || shown_.order.size() + unreadable_ < *limit)
          for (std::size_t id = 0; id < ids; ++id)
            if (throughout(id) && shown_.times[id] == 0 && !collecting_unreadable_[id]) {
              // The limit's proof is a number; others may have made it come true.
              if (limit && server_.changed)
                ++total.undecidable;
              else
                complain(total.lost, "complete, and one is missing", id);
            }
        if (limit && ended->records + ended->unreadable > *limit) complain(total.wrong, "more than the limit");
        if (collects && own_order && !limit && !shown_.in_order) complain(total.wrong, "not in the order asked for");
        break;
      case completeness::none_found:
        if (!shown_.order.empty()) complain(total.wrong, "none found, and some shown");
        for (std::size_t id = 0; id < ids; ++id)
          if (throughout(id) && !count_twice_emptied()) complain(total.lost, "none found, and one is there", id);
        break;
      case completeness::unproven:
        if (proves) complain(total.wrong, "unproven, and a proof was asked for");
        if (server_.requests.back().inside) complain(total.wrong, "ends inside a record, and says nothing of it");
        break;
      case completeness::stopped:
        if (!stopped) complain(total.wrong, "stopped by nobody");
        break;
    }
    if (ended->state != completeness::unproven && server_.cancelled && !stopped && ended->state != completeness::complete)
      complain(total.wrong, "a cancelled read that ends well");
  }
  // Nothing, a healthy database, and nothing again: a server that says so cannot be told from an empty one.
  bool count_twice_emptied() {
    unsigned emptied = 0;
    for (const seen_request& each : server_.requests) emptied += each.emptied;
    if (emptied < 2) return false;
    ++total.undecidable;
    return true;
  }
  template <class Test>
  static bool any(Test test) {
    for (std::size_t id = 0; id < ids; ++id)
      if (test(id)) return true;
    return false;
  }

  void read_one() {
    if (chance_.percent(15)) sky_.archive_percent = 20;
    if (chance_.percent(15)) sky_.unreadable_ids = static_cast<std::uint32_t>(chance_.next() & chance_.next());
    const std::size_t id = chance_.below(ids);
    auditor::call_options options = call();
    if (chance_.percent(50)) options.unreadable = {[](void*, std::string_view) {}, nullptr};
    make_client();
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
      if (!found && found.error().record_id() != id_of(id)) complain(total.wrong, "an error about another record");
    }
    bound(4u * settings_.retry.read_attempts + 4);
    const bool there = server_.was_there[id] && !server_.deleted[id];
    const bool ever = server_.was_there[id] || server_.strangers[id] > 0;
    if (shown_.wrong_content || (!shown_.order.empty() && shown_.order.front() != id))
      complain(total.wrong, "found another record");
    if (code == errc::ok && !ever) complain(total.wrong, "found, and never there", id);
    if (code == errc::record_not_found && there && !count_twice_emptied()) complain(total.lost, "not found, and there", id);
    if (code == errc::unreadable_record && !(server_.hides(id) && ever))
      complain(total.wrong, "called unreadable, and it is not", id);
    if (code != errc::ok && code != errc::record_not_found && code != errc::unreadable_record &&
        (there || !sky_.health_forbidden) && !server_.changed && must_succeed(settings_.retry.read_attempts) &&
        !count_twice_emptied())
      complain(total.wrong, "a look-up given up with attempts left", id);
  }

  std::uint64_t seed_;
  std::size_t serial_;
  weather sky_;
  random_source chance_;
  model_server server_;
  auditor::options settings_;
  auditor::testing::manual_loop loop_;
  manual_async_executor executor_{loop_};
  std::optional<blocking_client> blocking_;  // this one or the other
  std::optional<async_client> async_;
  on_duplicate policy_ = on_duplicate::fail;
  std::array<held, ids> before_{};
  std::size_t settled_ = 0;
  bool even_only_ = false;
  bool impatient_ = false;  // the call has a limit of its own
  std::array<bool, ids> collecting_unreadable_{};
  std::size_t unreadable_ = 0, unreadable_twice_ = 0;
};

std::uint64_t number(const char* text, std::uint64_t otherwise) {
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

int main(int count, char** words) {
  const auto word = [&](int i) { return i < count ? words[i] : nullptr; };
  const std::uint64_t histories = number(word(1), 1'000'000), seed = number(word(2), 20'261'124);
  const std::uint64_t only = number(word(4), SIZE_MAX);
#ifdef AUDITOR_SEEDED_BUGS
  auditor_seeded_bug = static_cast<int>(number(word(3), 0));
#endif
  for (std::uint64_t i = 0; i < histories; ++i) {
    if (only != SIZE_MAX && i != only) continue;
    history(seed * 1'000'003 + i, static_cast<std::size_t>(i)).run();
#ifdef AUDITOR_SEEDED_BUGS
    if (auditor_seeded_bug != 0 && total.complaints() != 0) break;
#endif
  }
  std::printf("fault programme: seed=%" PRIu64 " histories=%" PRIu64 " requests=%" PRIu64 " lost=%" PRIu64
              " doubled=%" PRIu64 " wrong=%" PRIu64 " undecidable=%" PRIu64 "\n",
              seed, total.histories, total.requests, total.lost, total.doubled, total.wrong, total.undecidable);
  return total.complaints() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
