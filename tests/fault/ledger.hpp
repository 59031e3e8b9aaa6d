// What the model writes down: the table and its past, and every request with what became of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "known_records.hpp"
#include "weather.hpp"

#include <auditor/http/request.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fault {

enum class owner : std::uint8_t { nobody, client, stranger };

struct held {
  owner whose{};
  content what{};
};

/// The table, and what has happened to each id since the call began.
class records_table {
 public:
  const held& operator[](std::size_t id) const noexcept { return rows_[id].now; }
  bool has(std::size_t id) const noexcept { return rows_[id].now.whose != owner::nobody; }

  bool is_empty() const noexcept {
    return std::all_of(rows_.begin(), rows_.end(), [](const row& each) { return each.now.whose == owner::nobody; });
  }

  void begin_call() {
    for (row& each : rows_) {
      const held now = each.now;
      each = {};
      each.now = each.before = now;
      if (now.whose != owner::nobody) each.versions = bit(now.what);
    }
  }

  void insert(std::size_t id, owner whose, content what) {
    row& r = rows_[id];
    r.now = {whose, what};
    r.versions |= bit(what);
    if (whose == owner::client) r.done |= bit(what);
    ++(whose == owner::client ? r.inserts : r.strangers);
  }
  void put(std::size_t id, content what) {
    row& r = rows_[id];
    r.now.what = with_stop_of(r.now.what, what);
    r.versions |= bit(r.now.what);
    r.done |= bit(what);
    ++r.puts;
  }
  void close_by_stranger(std::size_t id) {
    row& r = rows_[id];
    r.now.what = closed_form(r.now.what);
    r.versions |= bit(r.now.what);
    r.closed_by_stranger = true;
  }
  void remove(std::size_t id) {
    rows_[id].now = {};
    rows_[id].deleted = true;
  }

  const held& before(std::size_t id) const noexcept { return rows_[id].before; }
  bool was_there(std::size_t id) const noexcept { return rows_[id].before.whose != owner::nobody; }
  unsigned inserts(std::size_t id) const noexcept { return rows_[id].inserts; }  // by the client
  unsigned strangers(std::size_t id) const noexcept { return rows_[id].strangers; }
  unsigned puts(std::size_t id) const noexcept { return rows_[id].puts; }
  /// Did the client store this content, or set its stop time?
  bool done(std::size_t id, content what) const noexcept { return (rows_[id].done & bit(what)) != 0; }
  bool deleted(std::size_t id) const noexcept { return rows_[id].deleted; }
  bool closed_by_stranger(std::size_t id) const noexcept { return rows_[id].closed_by_stranger; }

  /// Did any content that it had during the call pass the test? Did all of them, without a gap?
  template <class Test>
  bool ever(std::size_t id, Test test) const {
    return std::any_of(contents.begin(), contents.end(),
                       [&](content what) { return (rows_[id].versions & bit(what)) != 0 && test(what); });
  }
  template <class Test>
  bool throughout(std::size_t id, Test test) const {
    return was_there(id) && !deleted(id) && !ever(id, [&](content what) { return !test(what); });
  }

 private:
  static constexpr std::uint8_t bit(content what) noexcept {
    return static_cast<std::uint8_t>(1u << static_cast<unsigned>(what));
  }
  struct row {
    held now, before;
    unsigned inserts = 0, puts = 0, strangers = 0;
    bool deleted = false, closed_by_stranger = false;
    std::uint8_t versions = 0, done = 0;
  };
  std::array<row, ids> rows_{};
};

/// The question whose answer shows that the database works (protocol, section 7.4).
inline constexpr std::string_view control_row = "/records?sort_by[desc]=record_id&limit=1";

/// What one request was, and what became of it.
struct seen_request {
  auditor::verb method{};
  std::string target;
  std::vector<std::size_t> ids;  // of a write; of a look-up
  mishap met{};
  bool applied = false;    // the server did what it asked for
  bool told = false;       // ... and the client got the server's own answer in full
  bool clean = false;      // ... which was success
  bool certain = false;    // ... or another one that says that nothing was done
  bool inside = false;     // a read that ended inside a record, with a clean end
  bool silent = false;     // a read of which nothing came, nor a word that it was over
  bool falsified = false;  // a read that had more to say, and came to a clean end
  std::size_t rows = 0;    // records of which the client got every byte
  ticks began{}, took{};   // until the last byte that the client got
  int status = 0;

  bool is_control() const noexcept { return target == control_row; }
  bool is_health_check() const noexcept { return target == "/health_check"; }
  bool is_foreign() const noexcept { return met == mishap::foreign_before || met == mishap::foreign_after; }
  bool filters_by_component() const noexcept { return target.find("component[") != std::string::npos; }
  bool is_look_up() const noexcept { return method == auditor::verb::get && !ids.empty(); }
  bool looks_up(std::size_t id) const noexcept { return is_look_up() && ids.front() == id; }
};

}  // namespace fault
