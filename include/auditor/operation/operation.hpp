// What an operation is: requests out, bytes in, a result at the end. No sockets, no clock, no waiting.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/http/call.hpp>
#include <auditor/http/request.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// How often a request of an operation is repeated, and what limits it.
enum class repeat_rule : std::uint8_t {
  never,     ///< a question about this moment
  write,     ///< as retry_policy::write_attempts, within options::attempt and options::request
  read,      ///< as retry_policy::read_attempts, for as long as it goes on
  question,  ///< as read, of one record at most: within options::request as well
};

/// One request of an operation, as the exchange has to know it. Aligned so that g++ returns it in one move.
struct alignas(2) AUDITOR_EXPORT request_kind {
  route to{};             ///< where it goes
  repeat_rule repeats{};  ///< when it may be sent again

  /// Its answer may be long and slow: only its silence is limited.
  bool is_read() const noexcept { return to == route::get_records && repeats != repeat_rule::write; }
};

/// What an operation wants after one of its requests is over.
enum class next_action : std::uint8_t {
  done,
  next_request,  ///< another request; its attempts start anew
  follow_up,     ///< another request that belongs to the one before: attempts keep counting
  try_again,  ///< the same goal once more, after a wait: costs an attempt, `problem()` says why. Not when `judged_answer::last`
};

/// What became of the bytes that an operation was given.
enum class commit_result : std::uint8_t {
  more,      ///< wants more bytes
  skipped,   ///< ... and a record went by that an earlier attempt had shown already
  progress,  ///< ... and a record went by that none had
  item,      ///< a record is ready for the caller; `commit(0)` goes on behind it
  failed,    ///< the bytes are not what they should be; `problem()` says why
  foreign,   ///< ... from the first one on: somebody else answered, and may not the next time
};

/// How the exchange judged one request, its repeats included.
struct AUDITOR_EXPORT judged_answer {
  const auditor::error& error;  ///< code ok: the answer means success. **Lifetime**: the call of `finish`
  std::string_view body;        ///< the first 512 bytes (compact: 256) of an answer that was not a read's 200
  std::string_view tail;        ///< and its last bytes, where a 400 names its line
  bool lost = false;            ///< an earlier attempt at this request may have been applied: its answer was lost
  bool last = false;            ///< no attempt is left: `next_action::try_again` is not possible
  ticks took{};                 ///< from the beginning of the last attempt to the end of its answer
  std::uint32_t requests = 0;   ///< sent by this call so far, repeats included
};

/// One call of the client, as a state that the exchange drives:
///
/// - `start` - before anything is sent: `done` if there is nothing to send (an error, an empty batch), or `next_request`;
/// - `kind` - what the present request is;
/// - `begin` - once per attempt: what to send; forgets what is half-decoded. **Lifetime** of the request: until `finish`;
/// - `finish` - the present request is over; what next?
/// - `take` - the result, once.
template <class Operation>
concept operation = requires(Operation& op, const judged_answer& judged) {
  { op.start() } -> std::same_as<next_action>;
  { op.kind() } -> std::same_as<request_kind>;
  { op.begin() } -> std::same_as<request_view>;
  { op.finish(judged) } -> std::same_as<next_action>;
  op.take();
};

/// One that asks for records:
///
/// - `prepare`, `commit` - the body of a 200 goes straight into the operation's buffer;
/// - `problem` - after `commit_result::failed`, `commit_result::foreign` and `next_action::try_again`.
template <class Operation>
concept reading_operation = operation<Operation> && requires(Operation& op, std::size_t n) {
  { op.prepare() } -> std::same_as<std::span<char>>;
  { op.commit(n) } -> std::same_as<commit_result>;
  { op.problem() } -> std::same_as<const error&>;
};

/// What a client has learned of its server, over all its calls. **Threads**: used where the calls are.
struct AUDITOR_EXPORT server_memory {
  bool has_held_records = false;        ///< some record came from there, or was stored there
  bool has_seen_false_answers = false;  ///< it answered with nothing where there was something: connections are terminated
};

namespace detail {

inline constexpr std::string_view record_path = "/record", records_path = "/records", health_path = "/health_check";

inline constexpr header json_header[] = {{"Content-Type", "application/json"}};
inline constexpr std::span<const header> json_headers = json_header;
// Of every GET. What a cache kept of a list ends with the same record as the list of today, and would look as complete.
inline constexpr header fresh_header[] = {{"Cache-Control", "no-cache"}};
inline constexpr std::span<const header> fresh_headers = fresh_header;

// What an exchange does with an answer of records. Behind a pointer, so that a program whose operations do not read links none of it.
struct reading_functions;
extern const reading_functions reads_records;

// The operation of an add that may look at what is stored. Likewise.
struct operation_table;
extern const operation_table adds_with_look;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
