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
#include <auditor/queue/record_ring.hpp>

#include <algorithm>
#include <array>
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

// How it went, for who wants to see that the faults were met: attempts, of which a call makes several.
struct {
  std::int64_t stored = 0, found_stored = 0, stops = 0, again = 0, most_kept = 0, not_connected = 0, lost = 0;
} figures;

void watch(const auditor::attempt_event& attempt) {
  using auditor::errc, auditor::route;
  if (attempt.code == errc::ok && attempt.request == route::post_record) ++figures.stored;
  if (attempt.code == errc::ok && attempt.request == route::put_record) ++figures.stops;
  if (attempt.code == errc::record_exists) ++figures.found_stored;
  if (attempt.code == errc::connect_failed) ++figures.not_connected;
  if (attempt.code == errc::connection_lost || attempt.code == errc::timed_out) ++figures.lost;
}

bool failed(std::string_view what, const auditor::error& e) {
  say_line("error ", what, " ", to_string(e.code), ": ", e.words());
  return false;
}

energy_meter meter;
std::optional<load> running;  // the load that lasts

// What Auditor does not have yet, the oldest first. Pages of flash in its place would survive a reset (docs/store-and-forward.md).
auditor::record_ring& kept() {
  static std::array<char, 16'384> pages;
  static std::array<char, 1'024> room;  // of one record
  static auditor::record_ring ring(auditor::ram_pages(pages), room);
  return ring;
}

void keep(std::string_view what, const auditor::result<void>& is_kept) {
  if (!is_kept) failed(what, is_kept.error());
}

// What is due is kept first: whether it can be delivered is another matter. Called while calls wait, too.
void measure() {
  while (meter.is_due(time_on_board())) {
    if (kept().free_bytes() < 2'048) return;  // then this load lasts longer
    if (running) {
      running->stop = meter.time();
      const load_record stopped(*running);
      keep("the stop", kept().update(stopped.view()));
      say_line("stopped ", stopped.id(), " ", meter.time());
    }
    running = meter.take();
    if (!running) continue;
    const load_record began(*running);
    keep("the load", kept().add(began.view()));
    say_line("began ", began.id(), " ", running->start, " ", running->watts);
    if (running->number % 10 == 0) {  // as a meter that was reset, and does not know what it has delivered
      keep("the load, again", kept().add(began.view()));
      ++figures.again;
    }
  }
  figures.most_kept = (std::max)(figures.most_kept, static_cast<std::int64_t>(kept().waiting()));
}

// What stays refused would be a mistake of this program: it stays in the ring.
bool is_taken_care_of(const auditor::refused_entry&, const auditor::error& why) { return failed("refused", why); }

bool print_all(client& from) {
  for (int attempt = 1; attempt <= 10; ++attempt) {
    say_line("reading");
    static constexpr auditor::meta_condition of_this_meter[] = {{"meter", load_record::meter}};
    const auto ours = auditor::query().with_meta(of_this_meter);
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
  static std::array<char, 4'096> workspace;  // of one record of 1.5 KB and what is known of it: there is no heap
  client auditor_client(through, board_executor(), {.observer = watch}, workspace);

  for (;;) {
    const auto healthy = auditor_client.health_check({.timeout = 5s});
    if (healthy) break;
    failed("the health check", healthy.error());
  }
  say_line("healthy");

  meter.begin(time_on_board());
  while_waiting = measure;
  // In their order, as far as it goes. What a call does not bring about in this time the next one does, with the same record.
  while (!meter.has_ended() || kept().waiting() != 0) {
    const auditor::ring_delivery done = kept().deliver(auditor_client, is_taken_care_of, {.timeout = 4s});
    if (!done) failed(done.stopped.record_id(), done.stopped);
    rest_on_board();
  }
  const bool has_read = print_all(auditor_client);

  say_line("figures stored ", figures.stored, " found_stored ", figures.found_stored, " stops ", figures.stops, " again ",
           figures.again, " most_kept ", figures.most_kept, " not_connected ", figures.not_connected, " lost ",
           figures.lost, " lost_on_line ", static_cast<std::int64_t>(board::lost_on_line()));
  return has_read ? 0 : 1;
}
