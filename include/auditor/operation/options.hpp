// Everything that may be set about calls: plain data, read by the operations and the exchange.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/callback.hpp>
#include <auditor/base/error.hpp>
#include <auditor/http/call.hpp>
#include <auditor/operation/on_duplicate.hpp>
#include <auditor/operation/proof.hpp>
#include <auditor/query/query.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// How often a request is tried, and how long the waits between are: the i-th takes between two thirds and the
/// whole of `min(first * 2^i, most)`, drawn at random. By default the five attempts of a write stretch over 5 to 7.5 s, which
/// is what the restart of a server takes, and the eight of a read over 30 to 45 s: a database takes longer. An answer that is not
/// Auditor's is repeated as often as a write, in a read too.
struct AUDITOR_EXPORT retry_policy {
  std::uint8_t write_attempts = 5;  ///< 1: never repeat
  std::uint8_t read_attempts = 8;   ///< attempts without progress; each record handed out starts the count anew
  ticks write_first{500};           ///< the first wait, of a write
  ticks read_first{400};            ///< the first wait, of a read
  ticks most{20'000};               ///< the longest wait
};

/// When an empty answer is evidence that nothing matches, and not that the server had no database connection to spare: it
/// waits 2 s for one and then answers with nothing (protocol, section 7.4). For servers that were built to wait otherwise.
struct AUDITOR_EXPORT empty_answer_limits {
  ticks fast{1'900};   ///< an answer that came sooner did not wait for a connection
  ticks slow{2'500};   ///< one that took this long worked; what took between the two is no evidence
  ticks control{250};  ///< behind a slow one, how soon the row of a control question must come
};

/// One request that is over: for logs and metrics. No payload, no id, no secret.
struct AUDITOR_EXPORT attempt_event {
  route request{};                   ///< of the request
  std::uint8_t attempt = 0;          ///< 1 for the first
  errc code{};                       ///< `truncated`: this answer shows that the read so far is short
  auditor::outcome outcome{};        ///< of a write: what is known of it by now
  std::uint16_t status = 0;          ///< of the answer; 0: there was none
  bool repeats = false;              ///< this request, or a truncated read, goes on after `wait`
  ticks wait{};                      ///< until the next attempt, if there is one
  ticks duration{};                  ///< from the first byte of the request to the last of the answer
  std::uint64_t bytes_sent = 0;      ///< of the request's body
  std::uint64_t bytes_received = 0;  ///< of the answer's body
};

class exchange;
namespace detail {
void tell_observer(const exchange& of, bool repeats) noexcept;
}  // namespace detail

/// Sees each request of a client: a callback that takes a `const attempt_event&`. **Threads**: called by the thread that makes the
/// call. What it throws ends the program.
class AUDITOR_EXPORT attempt_observer : public callback<void(const attempt_event&)> {
  using function = callback<void(const attempt_event&)>;

 public:
  /// None.
  constexpr attempt_observer() noexcept = default;
  /// As that of a callback.
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, attempt_observer> && std::constructible_from<function, Function>)
  attempt_observer(Function&& f) noexcept : function(std::forward<Function>(f)), tell_(&detail::tell_observer) {}

  /// For the exchange. The events are made of it where there is an observer, and only a program that has one links how.
  void tell(const exchange& of, bool repeats) const noexcept {
    if (tell_ != nullptr) tell_(of, repeats);
  }

 private:
  void (*tell_)(const exchange& of, bool repeats) noexcept = nullptr;
};

/// What a client keeps to in all its calls.
struct AUDITOR_EXPORT options {
  ticks attempt{30'000};  ///< the longest that one attempt at a write may take
  /// The longest that one request may take with its repeats: a write, and each question that one record answers, such as
  /// that of `find`; a read of more may go on. Also the longest Retry-After obeyed.
  ticks request{90'000};
  /// The longest wait for the next bytes of a read: queries of 40 s are normal. When not even the first came, the read ends:
  /// the database may still be at work, and asking again would only give it more.
  ticks read_idle{60'000};
  optional_ticks call_timeout{};       ///< the `timeout` of each call that has none of its own; unset: no limit
  retry_policy retry{};                ///< how often, and with which waits
  empty_answer_limits empty_answer{};  ///< when nothing is evidence of nothing
  std::size_t max_body = 1'000'000;    ///< **Units**: bytes of one bulk request; the server takes 2,097,152, an nginx 1 MiB
  std::size_t max_batch = 500;         ///< records of one bulk request; 500 measured fastest
  std::size_t max_record = std::size_t{4} << 20;  ///< **Units**: bytes of one record of an answer
  std::optional<std::uint64_t> max_answer{};      ///< **Units**: bytes of one answer; unset: no limit
  meta_dialect dialect = meta_dialect::list;      ///< `scalar` for servers before 0.10
  /// Of an asynchronous client: adds that are made while a request with others is under way wait for its end, and go together, at
  /// most `max_batch` of them and `max_body` bytes. There is no timer: with nothing under way an add goes alone, at once.
  ///
  /// Each is what it is alone: outcome, policy, repeats, time limit, cancellation and receipt are its own, and a record that is
  /// refused or known takes nothing from those it went with. Of two of one id the second waits for the first.
  /// **Errors**: those of `add`; their `request` may be `route::post_records`. What is ended while it waits is `not_applied`.
  /// **Memory**: the JSON of each record once more while it is under way. **Lifetime**: as without. docs/asynchronous-use.md
  bool share_requests = false;
  attempt_observer observer{};  ///< sees each request
};

/// Says which setting makes no sense. **Errors**: `invalid_argument`, naming it.
error check(const options& all) noexcept;

/// Told how many records of a bulk have their final outcome, of how many. What it throws passes through a blocking call, and
/// ends the program in an asynchronous one.
using progress_callback = callback<void(std::size_t done, std::size_t of)>;

/// Told of each record of a bulk that fails, as it is found, with the words for it: `index` and the id say which. What ended the call
/// comes last, once. An outcome that more is learned of later is right in the report, or in the outcomes of the caller's. What
/// it throws is as of `progress`.
using failure_callback = callback<void(const error&)>;

/// Told the id of each record that the server sends without its components, because it cannot read them. What it throws
/// passes through a blocking call, and ends the program in an asynchronous one.
using unreadable_callback = callback<void(std::string_view record_id)>;

// The options of the operations begin with the same two members and are aggregates without a base: that of C++20 could not be
// designated, `{.timeout = 10s, .duplicates = on_duplicate::ignore}`. Each is trivially destructible, so that braced options
// work inside a coroutine (g++ 12).

struct add_options;
struct bulk_insert_options;
struct bulk_update_options;
struct read_options;

/// What every call obeys, and all that some obey. Converts to the options of each operation.
struct AUDITOR_EXPORT call_options {
  /// The longest that the whole call may take, its repeats and proofs included; unset: `options::call_timeout`. Zero or less is
  /// over already: nothing is sent. `ticks::max()` is no limit.
  optional_ticks timeout{};
  const cancel_flag* cancel = nullptr;  ///< ends the call within 250 ms; **lifetime**: that of the call

  /// With the defaults of the rest.
  operator add_options() const noexcept;
  /// With the defaults of the rest.
  operator bulk_insert_options() const noexcept;
  /// With the defaults of the rest.
  operator bulk_update_options() const noexcept;
  /// With the defaults of the rest.
  operator read_options() const noexcept;
};

/// Of `add`.
struct AUDITOR_EXPORT add_options {
  optional_ticks timeout{};                      ///< as call_options::timeout
  const cancel_flag* cancel = nullptr;           ///< as call_options::cancel
  on_duplicate duplicates = on_duplicate::fail;  ///< what a known id means
};

/// Of `bulk_insert`.
struct AUDITOR_EXPORT bulk_insert_options {
  optional_ticks timeout{};                      ///< as call_options::timeout
  const cancel_flag* cancel = nullptr;           ///< as call_options::cancel
  on_duplicate duplicates = on_duplicate::fail;  ///< what a known id means
  std::size_t in_flight = 1;                     ///< requests under way at once; a blocking client sends one at a time
  progress_callback progress{};                  ///< how far it is
  failure_callback failed{};                     ///< which fail, and why
};

/// Of `bulk_update`.
struct AUDITOR_EXPORT bulk_update_options {
  optional_ticks timeout{};             ///< as call_options::timeout
  const cancel_flag* cancel = nullptr;  ///< as call_options::cancel
  progress_callback progress{};         ///< how far it is
  failure_callback failed{};            ///< which fail, and why
};

/// Of `get`, `get_started_since`, `get_stopped_since`, `advanced_query`, `for_each` and `stream`.
struct AUDITOR_EXPORT read_options {
  optional_ticks timeout{};             ///< as call_options::timeout
  const cancel_flag* cancel = nullptr;  ///< as call_options::cancel
  proof reads = proof::complete;        ///< what it has to prove
  unreadable_callback
      unreadable{};  ///< set: records that are unreadable, or too large, are reported here, and the read goes on; unset: it fails
};

namespace detail {

template <class Options>
call_options limits_of(const Options& of) noexcept {
  static_assert(std::is_trivially_destructible_v<Options>);
  return {of.timeout, of.cancel};
}
// NOLINTNEXTLINE(bugprone-return-const-ref-from-parameter): what they are limits of outlives the call
inline const call_options& limits_of(const call_options& all) noexcept { return all; }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/options.ipp>
#endif
