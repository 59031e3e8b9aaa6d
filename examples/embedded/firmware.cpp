// The firmware of an energy meter: it measures, and Auditor has each of its records once, whatever happens to the line.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// tools/firmware runs it on an emulated board, breaks the line, and compares what it says here with what Auditor has.
#include "board/board.hpp"
#include "board/devices.hpp"
#include "line/framed_transport.hpp"
#include "meter.hpp"
#include "on_board.hpp"

#include <auditor/client/client.hpp>
#include <auditor/query/query.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

using namespace std::chrono_literals;

namespace {

using client = auditor::client<line::framed_transport<uart_line>, board_executor>;

// Words and numbers to the console.
void say(std::string_view words) { board::write(words); }
void say(std::int64_t number) {
  if (number >= 10) say(number / 10);
  board::write(std::string_view(&"0123456789"[number % 10], 1));
}
void say(auditor::timestamp time) { say(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count()); }
template <class... Parts>
void say_line(const Parts&... parts) {
  (say(parts), ...);
  say("\n");
}

// How it went, for who wants to see that the faults were met.
struct {
  std::int64_t stored = 0, found_stored = 0, stops = 0, again = 0, most_kept = 0;
  std::int64_t not_connected = 0, lost = 0;  // attempts, of which a call makes several
} figures;

void watch(const auditor::attempt_event& attempt) {
  if (attempt.code == auditor::errc::connect_failed) ++figures.not_connected;
  if (attempt.code == auditor::errc::connection_lost || attempt.code == auditor::errc::timed_out) ++figures.lost;
}

bool failed(std::string_view what, const auditor::error& e) {
  say_line("error ", what, " ", to_string(e.code), ": ", e.words());
  return false;
}

energy_meter meter;
kept_loads kept;

// What is due is kept first: whether it can be delivered is another matter. Called while calls wait, too.
void measure() {
  while (meter.is_due(time_on_board())) {
    if (kept.full()) return;  // then this load lasts longer
    if (!kept.empty() && !kept.newest().stop) {
      kept.newest().stop = meter.time();
      say_line("stopped ", load_record(kept.newest()).id(), " ", meter.time());
    }
    if (const std::optional<load> more = meter.take()) {
      kept.keep(*more);
      say_line("began ", load_record(*more).id(), " ", more->start, " ", more->watts);
    }
  }
  figures.most_kept = (std::max)(figures.most_kept, static_cast<std::int64_t>(kept.size()));
}

// What a call does not bring about in this time the next one does. `update`: a record that is there already, as after an answer that was
// lost, is success when it is the same, and gets its stop time when it was still open.
constexpr auditor::add_options adding{.timeout = 4s, .duplicates = auditor::on_duplicate::update};

// Brings a load to Auditor: adds it, and sets its stop time when it has one. False: later.
bool deliver(client& to, load& each) {
  if (!each.is_added) {
    const bool has_stopped = each.stop.has_value();  // it may stop while the call waits
    const load_record record(each);
    const auto added = to.add(record.view(), adding);
    if (!added) return failed(record.id(), added.error());
    ++(added->how == auditor::delivery::stored ? figures.stored : figures.found_stored);
    each.is_added = true;
    each.has_stopped_there = has_stopped;
  }
  if (each.stop && !each.has_stopped_there) {
    const load_record record(each);
    const auto updated = to.update(record.view(), {.timeout = 4s});
    if (!updated) return failed(record.id(), updated.error());
    ++figures.stops;
    each.has_stopped_there = true;
  }
  return true;
}

// A meter that was reset does not know what it had delivered, and adds it again.
bool add_again(client& to, const load& each) {
  const load_record record(each);
  const auto added = to.add(record.view(), adding);
  if (!added) return failed(record.id(), added.error());
  if (added->how == auditor::delivery::stored) say_line("error ", record.id(), " had not been there");
  ++figures.again;
  return true;
}

bool print_all(client& from) {
  for (int attempt = 1; attempt <= 10; ++attempt) {
    say_line("reading");
    const auto ours = auditor::query().with_meta("meter", auditor::contains(load_record::meter));
    const auto read = from.for_each(ours, [](const auditor::record_view& r) {
      say_line("read ", r.record_id, " ", r.stop_time ? *r.stop_time : auditor::timestamp(), " ", r.components[0].amount);
    });
    if (read) return true;
    failed("the query", read.error());
  }
  return false;
}

}  // namespace

int main() {
  board::open_line();
  uart_line uart;
  line::framed_transport through(uart, static_cast<std::uint32_t>(board::random()));
  client auditor_client(through, board_executor(), {.observer = watch});

  for (;;) {
    const auto healthy = auditor_client.health_check({.timeout = 5s});
    if (healthy) break;
    failed("the health check", healthy.error());
  }
  say_line("healthy");

  meter.begin(time_on_board());
  while_waiting = measure;
  while (!meter.has_ended() || !kept.empty()) {
    // In their order, as far as it goes: the newest one has not ended, and stays.
    while (!kept.empty() && deliver(auditor_client, kept.oldest()) && kept.oldest().stop) {
      if (kept.oldest().number % 10 == 0) add_again(auditor_client, kept.oldest());
      kept.drop_oldest();
    }
    rest_on_board();
  }
  const bool has_read = print_all(auditor_client);

  say_line("figures stored ", figures.stored, " found_stored ", figures.found_stored, " stops ", figures.stops, " again ",
           figures.again, " most_kept ", figures.most_kept, " not_connected ", figures.not_connected, " lost ",
           figures.lost, " lost_on_line ", static_cast<std::int64_t>(board::lost_on_line()));
  return has_read ? 0 : 1;
}
