// One history: a table, a weather, a client, a call. What all calls have in common; the verdicts are in the other headers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "complaints.hpp"
#include "faulty_transport.hpp"
#include "model_server.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fault {

using auditor::errc;
using auditor::outcome;
using auditor::testing::manual_async_executor;
using auditor::testing::manual_executor;
using blocking_client = auditor::client<faulty_transport, manual_executor>;
using async_transport = auditor::testing::as_async<faulty_transport, manual_async_executor>;
using async_client = auditor::client<async_transport, manual_async_executor>;

class history {
 public:
  /// How many kinds of history there are: the serial number modulo this is the kind.
  static constexpr std::size_t kinds = 16;

  history(std::uint64_t seed, std::size_t serial) : seed_(seed), serial_(serial), chance_(seed), server_(sky_, chance_) {
    ++total.histories;
    choose_weather();
    choose_patience();
    fill_table();
    server_.begin_call();
  }
  history(const history&) = delete;
  history& operator=(const history&) = delete;

 protected:
  ~history() = default;

  /// The call is over, and judged: what is true of every history?
  void end() {
    total.requests += server_.requests.size();
    if (server_.violation != nullptr) complain(gravity::wrong, server_.violation);
    for (std::size_t id = 0; id < ids; ++id)
      if (server_.table.inserts(id) > 1) complain(gravity::doubled, "inserted twice");
  }

  // ---- the client -----------------------------------------------------------------------------------------------

  enum class may_be : std::uint8_t { any, with_workspace, sharing };

  void make_client(may_be kind = may_be::any) {
    settings_.max_batch = chance_.of(std::array<std::size_t, 5>{1, 2, 3, 5, 500});
    settings_.max_body = chance_.of(std::array<std::size_t, 3>{700, 1'500, 1'000'000});
    settings_.share_requests = kind == may_be::sharing;
    if (kind != may_be::sharing && chance_.percent(50)) {
      has_workspace_ = kind == may_be::with_workspace && chance_.percent(50);
      is_cramped_ = has_workspace_ && chance_.percent(30);
      if (has_workspace_) {
        workspace_.resize(is_cramped_ ? chance_.below(3'000) : 100'000);
        blocking_.emplace(faulty_transport(server_), manual_executor(chance_.next()), settings_, workspace_);
      } else {
        blocking_.emplace(faulty_transport(server_), manual_executor(chance_.next()), settings_);
      }
      server_.clock.follow(blocking_->executor());
    } else {
      executor_ = manual_async_executor(loop_, chance_.next());
      async_.emplace(
          async_transport(faulty_transport(server_), executor_,
                          chance_.percent(50) ? auditor::testing::arrival::in_line : auditor::testing::arrival::later),
          executor_, settings_);
      server_.clock.follow(loop_);
    }
  }

  /// The same call through either driver: the asynchronous one on a loop that runs until nothing is left to do.
  template <class Call>
  auto ask(Call call) {
    using said_type = decltype(call(*blocking_));
    if (blocking_) return call(*blocking_);
    std::optional<said_type> said;
    call(*async_, [&](said_type told) {
      if (said) complain(gravity::wrong, "told twice");
      said.emplace(std::move(told));
    });
    loop_.run();
    return told_at_all(said);
  }
  /// Begins a call of the asynchronous client.
  template <class Answer, class Call>
  void begin(std::optional<Answer>& said, Call call) {
    call(*async_, [this, &said](Answer told) {
      if (said) complain(gravity::wrong, "told twice");
      said.emplace(std::move(told));
    });
  }
  template <class Answer>
  Answer told_at_all(std::optional<Answer>& said) {
    if (!said) {
      complain(gravity::wrong, "never told");
      total.print(seed_);
      std::exit(EXIT_FAILURE);
    }
    return *std::move(said);
  }

  auditor::call_options call() {
    auditor::call_options options;
    options.cancel = &server_.flag;
    impatient_ = chance_.percent(8);
    if (impatient_) options.timeout = ticks{1 + chance_.below(3'000)};
    return options;
  }

  // ---- what may be demanded of it -------------------------------------------------------------------------------

  /// Faults that pass, and fewer of them than attempts; or a restart, and the patience that the library comes with: nothing
  /// may be left open.
  bool must_succeed(std::size_t attempts, bool patience_is_default) const noexcept {
    if (!server_.only_passing_faults || server_.cancelled || impatient_) return false;
    if (server_.restart_faults > 0) return patience_is_default && server_.faults == 0;
    return server_.faults < attempts;
  }
  /// A server that says of a record that it exists and does not show it, three times, hides it from us.
  bool must_write() const noexcept {
    return server_.contradictions < 3 && must_succeed(settings_.retry.write_attempts, default_writes_);
  }
  /// What is not Auditor's is repeated as often as a write, when it comes again and again.
  std::size_t read_attempts() const noexcept {
    const std::size_t reads = settings_.retry.read_attempts, writes = settings_.retry.write_attempts;
    return foreign_in_a_row() >= writes ? (std::min)(reads, writes) : reads;
  }
  /// A read of which nothing came in time is the last: the database may still work on it.
  bool must_read() const noexcept {
    return !server_.requests.empty() && !server_.requests.back().silent && must_succeed(read_attempts(), default_reads_);
  }

  /// By the attempts that each request may have, and by the faults that there were: each can cost so many requests more.
  void bound(std::size_t most, std::size_t without_faults, std::size_t each_fault) {
    const std::size_t faults = server_.faults + server_.restart_faults + server_.changes;
    if (server_.requests.size() > most) complain(gravity::wrong, "more requests than attempts");
    if (server_.requests.size() > without_faults + each_fault * faults)
      complain(gravity::wrong, "more requests than faults account for");
  }

  /// Of a call that makes its requests one after the other, and gives none a second chance.
  void judge_repeats() {
    for (std::size_t i = 0; i + 1 < server_.requests.size(); ++i) {
      const seen_request &one = server_.requests[i], &next = server_.requests[i + 1];
      const bool same = one.method == next.method && one.target == next.target;
      if (same && !one.is_health_check() && one.is_foreign() && is_final(one.status))
        complain(gravity::wrong, "repeated what does not pass");
    }
  }

  // ---- complaints -----------------------------------------------------------------------------------------------

  /// What was asked for, in words.
  virtual std::string question() const = 0;

  void complain(gravity how, const char* what, std::size_t id = ids) {
    if (!total.add(how, what, serial_)) return;
    std::printf("history %zu seed %" PRIu64 ": %s", serial_, seed_, what);
    if (id != ids) std::printf(", %s", id_of(id).c_str());
    std::printf("; %s\n  code %s; %s%s%s, attempts %u and %u, batch %zu, requests:\n", question().c_str(),
                std::string(auditor::to_string(code_)).c_str(),
                async_           ? "async"
                : is_cramped_    ? "cramped"
                : has_workspace_ ? "workspace"
                                 : "blocking",
                impatient_ ? ", impatient" : "", server_.cancelled ? ", cancelled" : "", settings_.retry.write_attempts,
                settings_.retry.read_attempts, settings_.max_batch);
    for (std::size_t i = 0; i < server_.requests.size() && i < 40; ++i) print(server_.requests[i]);
  }

  std::uint64_t seed_;
  std::size_t serial_;
  weather sky_;
  random_source chance_;
  model_server server_;
  auditor::options settings_;
  bool default_writes_ = false, default_reads_ = false;  // the attempts and waits that the library comes with
  auditor::testing::manual_loop loop_;
  manual_async_executor executor_{loop_};
  std::optional<blocking_client> blocking_;  // this one or the other
  std::optional<async_client> async_;
  bool impatient_ = false;  // the call has a limit of its own
  std::vector<char> workspace_;
  bool has_workspace_ = false;  // and does not look under `fail`
  bool is_cramped_ = false;     // it may have no room for a look, or for what is set aside
  errc code_{};                 // what the client said last

 private:
  // With nothing between them that costs an attempt for another reason.
  std::size_t foreign_in_a_row() const noexcept {
    std::size_t most = 0, so_far = 0;
    for (const seen_request& each : server_.requests) {
      if (each.status == 0 || says_trouble(each.status))
        so_far = 0;
      else if (each.is_foreign())
        most = (std::max)(most, ++so_far);
    }
    return most;
  }

  // The first histories of each kind are enumerated: which fault, at which request. The others are drawn.
  void choose_weather() {
    constexpr std::size_t faults = all_faults.size(), places = 6, repeats = 40;
    const std::size_t round = serial_ / kinds;
    if (round < 4 * faults * places * repeats)
      plan(all_faults[round / 4 % faults], round / 4 / faults % places);
    else
      draw_weather();
    if (chance_.percent(30)) sky_.writer_percent = chance_.of(std::array<unsigned, 3>{5, 20, 60});
    if (chance_.percent(15)) sky_.rival_percent = chance_.of(std::array<unsigned, 2>{20, 60});
    if (chance_.percent(10)) sky_.closer_percent = chance_.of(std::array<unsigned, 2>{20, 60});
    sky_.warns = chance_.percent(25);
    sky_.names_line = !chance_.percent(25);
    sky_.health_forbidden = chance_.percent(15);
  }
  void plan(mishap what, std::size_t place) {
    sky_.spells[0] = {what, place, 1};
    if (place == 4) {  // two of a kind
      sky_.spells[0].from = chance_.below(2);
      sky_.spells[1] = {what, 2 + chance_.below(3), 1};
    } else if (place == 5) {  // some in a row
      sky_.spells[0] = {what, chance_.below(4), 2 + chance_.below(2)};
    }
  }
  void draw_weather() {
    switch (chance_.below(7)) {
      case 0:
      case 1: sky_.fault_percent = chance_.of(std::array<unsigned, 6>{0, 5, 15, 30, 50, 80}); break;
      case 2:  // more readers than the pool has connections
        if (chance_.percent(50))
          sky_.busy_percent = chance_.of(std::array<unsigned, 2>{60, 90});
        else
          for (spell& each : sky_.spells) each = {mishap::starve, chance_.below(8), 1 + chance_.below(6)};
        sky_.fault_percent = chance_.of(std::array<unsigned, 2>{0, 5});
        break;
      case 3:
        sky_.restart_from = chance_.below(6);
        sky_.restart = ticks{500 + chance_.below(2'500)};
        sky_.restart_behind_proxy = chance_.percent(40);
        break;
      case 4: {  // a proxy that comes to its senses, or does not
        const std::size_t lasts = chance_.percent(60) ? 1 + chance_.below(4) : never;
        sky_.spells[0] = {chance_.percent(70) ? mishap::foreign_before : mishap::foreign_after, chance_.below(4), lasts};
        if (chance_.percent(70)) sky_.foreign = chance_.below(foreign_answers.size());
        break;
      }
      case 5:
        sky_.lookup_percent = chance_.of(std::array<unsigned, 3>{30, 60, 100});
        sky_.lookup_fault = chance_.of(
            std::array{mishap::terminate, mishap::starve, mishap::foreign_before, mishap::cut_answer, mishap::lose_answer});
        sky_.spells[0] = {chance_.of(std::array{mishap::lose_answer, mishap::lose_request, mishap::commit_unknown}),
                          chance_.below(3), 1 + chance_.below(2)};
        break;
      default:
        sky_.fault_percent = chance_.of(std::array<unsigned, 3>{5, 15, 30});
        sky_.spells[0] = {chance_.of(all_faults), chance_.below(6), 1 + chance_.below(5)};
        break;
    }
  }

  // Times that the model's slowest answers do not reach, several of them behind each other, and that pass quickly.
  void choose_patience() {
    settings_.attempt = ticks{40'000};
    settings_.request = ticks{300'000};
    settings_.read_idle = ticks{20'000};
    const std::size_t writes = serial_ / kinds % 4, reads = chance_.below(4);
    default_writes_ = writes == 3;
    default_reads_ = reads == 3;
    if (!default_writes_) settings_.retry.write_attempts = static_cast<std::uint8_t>(writes + 1);
    if (!default_reads_) settings_.retry.read_attempts = static_cast<std::uint8_t>(reads + 1);
  }

  void fill_table() {
    const unsigned full = chance_.of(std::array<unsigned, 5>{0, 10, 30, 60, 100});
    for (std::size_t id = 0; id < ids; ++id)
      if (chance_.percent(full)) server_.table.insert(id, owner::stranger, chance_.of(contents));
  }

  static void print(const seen_request& each) {
    std::printf("    %s %s", std::string(auditor::to_string(each.method)).c_str(), each.target.c_str());
    if (each.method != auditor::verb::get)
      for (const std::size_t sent : each.ids) std::printf(" %zu", sent);
    std::printf(": %d, %zu rows%s%s, at %lld took %lld ms", each.status, each.rows, each.told ? ", told" : "",
                each.falsified ? ", FALSE" : "", static_cast<long long>(each.began.count() % 1'000'000),
                static_cast<long long>(each.took.count()));
    if (each.applied) std::printf(", applied");
    if (each.met != mishap::none) std::printf(" [%s]", std::string(name_of(each.met)).c_str());
    std::printf("\n");
  }
};

}  // namespace fault
