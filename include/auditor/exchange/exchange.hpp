// The state machine that sends, judges, waits and repeats: it decides everything, and moves no byte itself.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/exchange/classify.hpp>
#include <auditor/http/call.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {

/// All that an exchange ever asks of a driver.
enum class step : std::uint8_t {
  open,      ///< send `request()` within `limits()`, let the exchange `hear` the answer, then call `opened`
  read,      ///< read into `room()` within `limits()`, let it `hear` how many, then call `got`
  item,      ///< a record is ready; let the caller see it, then call `resume`
  wait,      ///< wait until `wake_at()`, or until cancelled, then call `woke`
  finished,  ///< the operation has its result
};

class exchange;

namespace detail {

struct reading_functions {
  step (*pass_to_operation)(exchange&, std::size_t bytes);
  step (*resume)(exchange&);
  bool (*gives_up_unanswered)(exchange&);
  step (*try_again)(exchange&);  // only of what was read can an operation want that

  static step pass_on(exchange& of, std::size_t bytes);
  static step go_on(exchange& of);
  static bool gives_up(exchange& of);
  static step begin_again(exchange& of);
};

/// The part of an operation that only those have which read.
struct answer_table {
  std::span<char> (*prepare)(void*);
  commit_result (*commit)(void*, std::size_t);
  const error& (*problem)(void*);
};

/// The operation behind two words: no vtable, no RTTI, and the exchange stays one piece of code for all operations.
struct operation_table {
  next_action (*start)(void*);
  request_kind (*kind)(void*);
  request_view (*begin)(void*);
  next_action (*finish)(void*, const judged_answer&);
  const answer_table* answer;  // null: it does not read
};

template <class Operation>
inline constexpr const answer_table* answers_of = nullptr;
template <reading_operation Operation>
inline constexpr answer_table reading_part_of = {
    [](void* op) { return static_cast<Operation*>(op)->prepare(); },
    [](void* op, std::size_t n) { return static_cast<Operation*>(op)->commit(n); },
    [](void* op) -> const error& { return static_cast<Operation*>(op)->problem(); },
};
template <reading_operation Operation>
inline constexpr const answer_table* answers_of<Operation> = &reading_part_of<Operation>;

template <operation Operation>
inline constexpr operation_table table_of = {
    [](void* op) { return static_cast<Operation*>(op)->start(); },
    [](void* op) { return static_cast<Operation*>(op)->kind(); },
    [](void* op) { return static_cast<Operation*>(op)->begin(); },
    [](void* op, const judged_answer& judged) { return static_cast<Operation*>(op)->finish(judged); },
    answers_of<Operation>,
};

/// An operation, as an exchange drives it.
struct driven {
  void* self;
  const operation_table* table;
  const reading_functions* reading;  // null: it does not read

  template <operation Operation>
  static driven of(Operation& op) noexcept {
    driven one{&op, &table_of<Operation>, nullptr};
    if constexpr (requires { op.table(); })  // another for this very one, or null
      if (const operation_table* const other = op.table(); other != nullptr) one.table = other;
    if constexpr (requires { op.reading(); })  // of one that may read or not
      one.reading = op.reading();
    else if constexpr (reading_operation<Operation>)
      one.reading = &reads_records;
    return one;
  }
};

}  // namespace detail

/// The clock and the randomness of an executor, behind three words.
struct AUDITOR_EXPORT environment {
  void* self = nullptr;                           ///< whose they are
  ticks (*now)(void* self) = nullptr;             ///< its clock
  std::uint64_t (*random)(void* self) = nullptr;  ///< its random bits

  /// Of this executor. **Lifetime**: the executor outlives it.
  template <class Executor>
  static environment of(Executor& executor) noexcept {
    return {&executor, [](void* self) { return static_cast<Executor*>(self)->now(); },
            [](void* self) { return static_cast<Executor*>(self)->random(); }};
  }
};

/// Drives one operation to its end. **Lifetime**: the operation, the options and the cancel flag outlive it; it does not
/// move. **Memory**: no allocation of its own.
class AUDITOR_EXPORT exchange {
 public:
  /// Of this operation, from its beginning.
  template <operation Operation>
  exchange(Operation& op, const options& settings, const call_options& call, const environment& world) noexcept
      : exchange(detail::driven::of(op), settings, call, world) {}
  /// The same of one that is driven already.
  exchange(const detail::driven& op, const options& settings, const call_options& call, const environment& world) noexcept;
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// The first step.
  step start();

  /// What the transport answered: the next call is `opened`. Apart from it, so that a driver's result, and the frame of the
  /// transport that made it, need not be there while the exchange goes on.
  void hear(const result<response_head>& answer) noexcept;
  /// The same before `got`.
  void hear(const result<std::size_t>& bytes) noexcept;

  /// After `step::open`, once its answer was heard.
  step opened();

  /// After `step::read`, once its answer was heard.
  step got();

  /// After `step::item`.
  step resume() { return op_.reading->resume(*this); }

  /// After `step::wait`.
  step woke();

  /// Of a request that waited at `step::open` for company: its attempt, and the limits of that, begin now. `step::open` again, or
  /// what became of the call while it waited.
  step reopen();
  /// Behind `reopen`: the request goes as a part of this one. Of all calls whose requests do, one tells the observer: it is called once
  /// more for that one before the answer is heard.
  void travels_in(const request_view& together, bool tells_observer) noexcept;

  /// **Lifetime**: until the operation's next request.
  const request_view& request() const noexcept { return request_; }
  /// How long the step may take, and the flag that ends it.
  call limits() const noexcept;
  /// Where the bytes of the answer go.
  std::span<char> room() noexcept;
  ticks wake_at() const noexcept { return ticks{began_ + wake_at_}; }
  /// When the call is over, whatever it does.
  ticks ends_at() const noexcept { return ends_[of_call] == never ? (ticks::max)() : ticks{began_ + ends_[of_call]}; }
  const cancel_flag* cancel() const noexcept { return cancel_; }

 private:
  static constexpr std::size_t kept_text = detail::compact ? 256 : 512, kept_tail = 64;
  static constexpr std::size_t incoming = detail::compact ? 64 : 1024;  // the most that is read of a text at once
  static constexpr std::size_t longest_text = std::size_t{64} << 10;    // of an answer that is read for its text
  static constexpr std::size_t largest_record = std::size_t{2}
                                                << 20;  // that the server takes: one that is skipped may be as long
  static constexpr std::size_t many_bytes = std::size_t{64} << 10;  // of one record: it comes on

  // Milliseconds since the exchange began. Not `ticks`, which are compared by reference, and take twice the code on a small
  // processor: there what lasts longer than 24 days has no end.
  using moment = std::conditional_t<detail::compact, std::int32_t, std::int64_t>;
  static constexpr moment never = (std::numeric_limits<moment>::max)();

  // What ends first.
  enum limit : std::uint8_t { of_call, of_request, of_attempt, of_silence };

  friend detail::reading_functions;

  // Begun before a fork(), and this is the child: both would send it.
  bool is_inherited() const noexcept { return detail::has_fork && forks_ != detail::forks.load(std::memory_order_relaxed); }
  std::uint16_t status() const noexcept;
  moment now() const noexcept;
  bool cancelled() const noexcept { return cancel_ != nullptr && *cancel_; }
  // Less than nothing is nothing.
  [[gnu::noinline]] static moment later(moment from, const ticks& by) noexcept {
    if (by.count() >= never - from) return never;
    return by.count() < 0 ? from : from + static_cast<moment>(by.count());
  }
  static moment later(moment from, moment by) noexcept { return by >= never - from ? never : from + by; }
  static moment length(const ticks& of) noexcept { return later(0, of); }

  step proceed(next_action next);

  step open();

  // A write has a budget for the attempt; a read has one for each time that nothing comes, so that the visitor's time is its
  // own. Bytes that make no record are next to nothing.
  void set_limit(moment at);
  void say_whose_time(moment at) noexcept;

  step next_read();

  step pass_to_operation(std::size_t n);
  step go_on_behind_item();
  void went_on(moment at) noexcept;
  void came_on(moment at) noexcept;

  void keep_text(std::size_t n);
  std::size_t kept() const noexcept;
  [[gnu::noinline]] detail::answer_text text() const noexcept {
    const std::size_t tail = (std::min)(text_size_, kept_tail);
    return {{text_.data(), (std::min)(text_size_, kept_text)}, {text_.data() + (kept() - tail), tail}, text_size_};
  }

  // Makes the one error of the exchange anew, in its place: each temporary would be 288 bytes of stack.
  void set_error(errc code) noexcept;

  // The whole answer is there.
  step judged();

  // The transport gave up before the answer was complete, or we do.
  step failed();
  step failed(errc code, const char* words = nullptr);
  // A read of which nothing came: the head of a 200 comes before the query is run. True: it is not asked again.
  bool gives_up_unanswered();

  // Somebody else who answers a read again and again is not waited for as long as a database.
  bool is_last() const;
  static bool is_foreign(errc code) noexcept { return code == errc::not_auditor || code == errc::wrong_endpoint; }

  // One attempt is over: repeat it, or tell the operation.
  step conclude(bool repeat);
  step try_again();
  void name_attempt() noexcept;
  step wait();

  // No further attempt: the limits of the call, or its owner, say so.
  step give_up();

  next_action tell(bool last_attempt);

  // Between two thirds and the whole of the step, not before a Retry-After of so many seconds; false when the limits of the request
  // leave no time.
  bool plan_wait(std::int32_t retry_after);

  // Says that this option leaves no time for the answer's Retry-After. Before the words of the answer: a page would fill the room.
  void say_retry_after(const char* option);

  friend void detail::tell_observer(const exchange& of, bool repeats) noexcept;
  void observe(bool repeats) const noexcept { settings_.observer.tell(*this, repeats); }

  // What is small and often used comes first: the nearer, the shorter the code that gets it.
  request_kind kind_;           // of the present request, as it began
  limit limited_by_ = of_call;  // what `limit_` comes from
  std::uint8_t attempts_ = 0;   // of the present request
  bool lost_ = false;
  bool streams_ = false;
  detail::driven op_;
  const options& settings_;
  const cancel_flag* cancel_;
  unsigned forks_ = detail::has_fork ? detail::forks.load(std::memory_order_relaxed) : 0;
  unsigned failures_ = 0;  // since the last progress
  unsigned foreign_ = 0;   // of them, the last ones in a row that somebody else answered
  std::uint32_t requests_ = 0;
  response_head head_;
  // Of an attempt, whose beginning sets it.
  std::size_t heard_;        // bytes of the last read
  std::size_t quiet_bytes_;  // since a read last came further
  std::size_t idle_bytes_;   // since the last record
  std::size_t text_size_;
  environment world_;
  request_view request_;
  const char* timeout_option_;  // what has set the end of the call
  std::array<moment, 4> ends_;  // of each `limit`
  moment opened_at_ = 0;
  moment limit_, wake_at_;  // of this step
  std::int64_t began_;      // by the executor's clock; start() sets it
  std::uint64_t received_;  // of this attempt
  error error_;             // what is wrong with this attempt, or with the one before the present wait
  // The beginning of a text, its end, and what comes next.
  std::array<char, kept_text + kept_tail + incoming> text_;
};

namespace detail {

inline constexpr reading_functions reads_records = {&reading_functions::pass_on, &reading_functions::go_on,
                                                    &reading_functions::gives_up, &reading_functions::begin_again};

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/exchange/exchange.ipp>
#endif
