// What may go wrong: with one request, with a server, with a database; and how much of it a history gets.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/call.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace fault {

using auditor::ticks;

/// What happens to one request.
enum class mishap : std::uint8_t {
  none,
  refuse,          // nothing was sent
  lose_request,    // the connection dies before the server saw it
  lose_answer,     // applied; the answer never comes
  cut_answer,      // applied; the answer breaks off at some byte
  time_out,        // applied or not; nobody knows
  foreign_before,  // somebody else answers, and the server never saw it
  foreign_after,   // the server did it, and somebody else answers
  starve,          // no connection to the database within 2 s: 500 for writes; for reads 200, and nothing
  terminate,       // the database ends the session: 500 for writes; a read ends early, with a clean end, at once
  commit_unknown,  // 500, though it was stored
  cancel_request,  // cancelled while it is sent, before the server saw it
  cancel_answer,   // ... after
  restart,         // nobody there, or a proxy that says so (not drawn: a time, not a request)
};
constexpr std::array all_faults = {mishap::refuse,         mishap::lose_request,   mishap::lose_answer,
                                   mishap::cut_answer,     mishap::time_out,       mishap::foreign_before,
                                   mishap::foreign_after,  mishap::starve,         mishap::terminate,
                                   mishap::commit_unknown, mishap::cancel_request, mishap::cancel_answer};

constexpr std::string_view name_of(mishap what) noexcept {
  constexpr std::array<std::string_view, all_faults.size() + 2> names = {
      "",        "refused",    "request lost",   "answer lost",     "cut",       "timed out", "foreign", "foreign",
      "starved", "terminated", "commit unknown", "cancelled early", "cancelled", "restart"};
  return names[static_cast<std::size_t>(what)];
}

/// Will asking again help, in the words of the protocol, section 5? Of a foreign answer it depends on the answer.
constexpr bool passes(mishap what) noexcept { return what != mishap::cancel_request && what != mishap::cancel_answer; }

struct foreign_answer {
  int status;
  std::string_view body;
  bool certain;  // says that nothing was applied
  bool passes;   // asking again may help
};
inline constexpr std::string_view page = "<html><body>Something else</body></html>";
inline constexpr std::array foreign_answers = {
    foreign_answer{200, page, false, true},
    foreign_answer{200, "{\"status\":\"ok\"}", false, true},
    foreign_answer{201, "", false, true},
    foreign_answer{202, "", false, true},
    foreign_answer{204, "", false, true},
    foreign_answer{206, "", false, true},
    foreign_answer{301, "", true, true},
    foreign_answer{302, page, true, true},
    foreign_answer{307, "", true, true},
    foreign_answer{400, page, false, false},
    foreign_answer{400, "", false, false},
    foreign_answer{401, "", true, false},
    foreign_answer{403, "Insufficient permissions", true, false},
    foreign_answer{403, page, true, false},
    foreign_answer{404, page, true, false},
    foreign_answer{404, "The requested resource was not found. 404 Not Found", true, false},
    foreign_answer{405, "", true, false},
    foreign_answer{407, page, true, true},
    foreign_answer{408, "", false, true},
    foreign_answer{409, page, false, true},
    foreign_answer{411, "", true, false},
    foreign_answer{413, page, true, false},
    foreign_answer{415, "", true, false},
    foreign_answer{418, page, false, true},
    foreign_answer{425, "", false, true},
    foreign_answer{429, "", false, true},
    foreign_answer{500, page, false, true},
    foreign_answer{500, "RECORD_EXISTS\n", false, true},
    foreign_answer{501, "", true, false},
    foreign_answer{502, page, false, true},
    foreign_answer{503, "", false, true},
    foreign_answer{504, page, false, true},
    foreign_answer{505, "", true, false},
};
/// Of those, what a server in trouble says too: the exchange has as many attempts for it as for anything that is lost.
constexpr bool says_trouble(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

/// A word that stays what it is, whoever says it: asking again is of no use. (413 is one to a write only.)
constexpr bool is_final(int status) noexcept {
  return status == 400 || status == 401 || status == 403 || status == 404 || status == 405 || status == 411 ||
         status == 415 || status == 501 || status == 505;
}

/// What the database does to a query, every time: nobody can see it in the answer.
enum class trouble : std::uint8_t {
  none,
  revoked,            // SELECT: every read of the table is empty
  locked,             // the table: the same, after the lock's time-out
  statement_timeout,  // whatever reads the whole table is empty, or ends early
  poisoned,           // one amount above 2^31-1: a component filter ends there
};

/// What a stream of records does that no Auditor does.
enum class hostility : std::uint8_t {
  none,
  repeats,      // a record twice in a row
  first_again,  // the first one once more behind the end
  last_again,   // the last one once more, behind another that came after it
  too_many,     // one more than the limit
  unfiltered,   // the list of another query: without the conditions
  other_order,  // ... in the opposite order
};

constexpr std::size_t never = (std::numeric_limits<std::size_t>::max)();

/// Some requests in a row that meet the same.
struct spell {
  mishap what = mishap::none;
  std::size_t from = never, length = 0;

  bool holds(std::size_t request) const noexcept { return request >= from && request - from < length; }
};

constexpr std::size_t auditors_body_limit = 2'097'152;  // bytes

/// What a history does to the client.
struct weather {
  std::array<spell, 2> spells{};
  unsigned fault_percent = 0;
  unsigned lookup_percent = 0;  // of the look-ups of one id fail
  mishap lookup_fault = mishap::none;
  std::size_t foreign = never;  // the same foreign answer every time; `never`: another one each time
  unsigned garble_percent = 0;  // of the writes do not arrive as they were sent, and the server refuses them
  unsigned busy_percent = 0;    // of the requests wait for a connection to the database, half of them in vain

  std::size_t restart_from = never;  // the request at which a restart begins
  ticks restart{};
  bool restart_behind_proxy = false;  // it says 502

  trouble database = trouble::none;
  std::size_t trouble_from = 0, trouble_length = never;  // in requests
  ticks trouble_takes{};
  std::size_t poisoned_id = 0;
  hostility stream = hostility::none;
  std::size_t hostile_at = 0;
  ticks scan{};  // that an honest query takes when there is no index for it

  unsigned writer_percent = 0;   // a second writer stores a record before a request
  unsigned rival_percent = 0;    // ... one that this request is about
  unsigned closer_percent = 0;   // ... sets the stop time of one
  unsigned archive_percent = 0;  // a record is deleted before a request
  bool warns = false;            // ignore_record_exists_error
  bool names_line = true;        // a 400 says which line
  bool health_forbidden = false;
  std::size_t body_limit = auditors_body_limit;
  std::uint32_t refused_ids = 0;  // bits: records that its parser refuses
  std::uint32_t broken_ids = 0;   // bits: records that its database refuses: 500, for ever
  bool nobody_cancels = false;
  std::uint32_t unreadable_ids = 0;  // bits: records that it sends without components
};

}  // namespace fault
