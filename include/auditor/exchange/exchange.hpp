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
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// All that an exchange ever asks of a driver.
enum class step : std::uint8_t {
  open,      ///< send `request()` within `limits()`, then call `opened`
  read,      ///< read into `room()` within `limits()`, then call `got`
  item,      ///< a record is ready; let the caller see it, then call `resume`
  wait,      ///< wait until `wake_at()`, or until cancelled, then call `woke`
  finished,  ///< the operation has its result
};

namespace detail {

/// The operation behind two words: no vtable, no RTTI, and the exchange stays one piece of code for all operations.
struct operation_table {
  next_action (*start)(void*);
  request_kind (*kind)(void*);
  request_view (*begin)(void*);
  std::span<char> (*prepare)(void*);
  commit_result (*commit)(void*, std::size_t);
  const error& (*problem)(void*);
  next_action (*finish)(void*, const judged_answer&);
};

template <operation Operation>
inline constexpr operation_table table_of = {
    [](void* op) { return static_cast<Operation*>(op)->start(); },
    [](void* op) { return static_cast<Operation*>(op)->kind(); },
    [](void* op) { return static_cast<Operation*>(op)->begin(); },
    [](void* op) { return static_cast<Operation*>(op)->prepare(); },
    [](void* op, std::size_t n) { return static_cast<Operation*>(op)->commit(n); },
    [](void* op) -> const error& { return static_cast<Operation*>(op)->problem(); },
    [](void* op, const judged_answer& judged) { return static_cast<Operation*>(op)->finish(judged); },
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
      : op_(&op),
        table_(&detail::table_of<Operation>),
        settings_(settings),
        cancel_(call.cancel),
        timeout_(call.timeout ? call.timeout : settings.call_timeout),
        timeout_option_(call.timeout ? "call_options::timeout" : "options::call_timeout"),
        world_(world) {}
  exchange(const exchange&) = delete;
  exchange& operator=(const exchange&) = delete;

  /// The first step.
  step start() {
    if (timeout_) call_ends_ = later(now(), (std::max)(*timeout_, ticks::zero()));  // less than nothing is over, too
    return proceed(table_->start(op_));
  }

  /// After `step::open`.
  step opened(const result<response_head>& answer) {
    if (!answer) return failed(answer.error());
    head_ = *answer;
    streams_ = kind().to == route::get_records && head_.status == 200;
    went_on(now());
    if (!streams_) attempt_ends_ = (std::min)(attempt_ends_, later(now(), settings_.attempt));  // a text is short
    return next_read();
  }

  /// After `step::read`.
  step got(const result<std::size_t>& bytes) {
    if (!bytes) return failed(bytes.error());
    if (*bytes == 0) return judged();  // a complete answer wins over a cancellation
    received_ += *bytes;
    if (settings_.max_answer && received_ > *settings_.max_answer) {
      return failed(error{errc::not_auditor, "the answer is larger than options::max_answer"});
    }
    if (streams_) return pass_to_operation(*bytes);
    keep_text(*bytes);
    if (text_size_ > longest_text) return judged();
    return next_read();
  }

  /// After `step::item`.
  step resume() {
    failures_ = foreign_ = 0;  // progress: a record was handed out
    if (cancelled()) return failed(errc::cancelled);
    const ticks at = now();
    if (call_ends_ != (ticks::max)() && at >= call_ends_) return failed(errc::timed_out);
    went_on(at);
    if (request_ends_ != (ticks::max)()) request_ends_ = later(at, settings_.request);  // the visitor's time is its own
    return pass_to_operation(0);
  }

  /// After `step::wait`.
  step woke() {
    if (cancelled()) pending_.code = errc::cancelled;
    if (cancelled() || now() >= (std::min)(call_ends_, request_ends_)) return give_up(pending_);
    return open();
  }

  /// **Lifetime**: until the operation's next request.
  const request_view& request() const noexcept { return request_; }
  /// How long the step may take, and the flag that ends it.
  call limits() const noexcept { return {limit_, cancel_}; }
  /// Where the bytes of the answer go.
  std::span<char> room() noexcept {
    return streams_ ? table_->prepare(op_) : std::span<char>(incoming_.data(), incoming_.size());
  }
  ticks wake_at() const noexcept { return wake_at_; }
  const cancel_flag* cancel() const noexcept { return cancel_; }

 private:
  static constexpr std::size_t kept_text = 512, kept_tail = 64;
  static constexpr std::size_t longest_text = std::size_t{64} << 10;  // of an answer that is read for its text
  static constexpr std::size_t many_bytes = std::size_t{64} << 10;    // of one record: it comes on

  request_kind kind() const { return table_->kind(op_); }
  // Begun before a fork(), and this is the child: both would send it.
  bool is_inherited() const noexcept { return forks_ != detail::forks.load(std::memory_order_relaxed); }
  std::uint16_t status() const noexcept { return static_cast<std::uint16_t>(std::clamp(head_.status, 0, 65535)); }
  ticks now() const { return world_.now(world_.self); }
  bool cancelled() const noexcept { return cancel_ != nullptr && *cancel_; }
  static ticks later(ticks from, ticks by) noexcept { return by > (ticks::max)() - from ? (ticks::max)() : from + by; }

  step proceed(next_action next) {
    switch (next) {
      case next_action::done: return step::finished;
      case next_action::next_request:
        failures_ = foreign_ = 0;
        attempts_ = 0;
        request_ends_ = (ticks::max)();
        break;
      case next_action::follow_up:
        if (kind().repeats != repeat_rule::write)
          request_ends_ = (ticks::max)();  // each question of a read has its own time
        break;
      case next_action::try_again:
        detail::expect(false, "an operation wants to try again behind its last attempt");
        return step::finished;
    }
    lost_ = false;
    return open();
  }

  step open() {
    if (is_inherited()) {
      error e{errc::invalid_argument, "this call is the parent's, and goes on there"};
      e.request = kind().to;
      e.attempts = attempts_;
      e.outcome = outcome::unknown;
      return give_up(e);
    }
    const ticks at = now();
    if (cancelled() || at >= call_ends_) {
      error e{cancelled() ? errc::cancelled : errc::timed_out};
      if (!cancelled()) say_whose_time(e, at);
      e.request = kind().to;
      e.attempts = attempts_;
      return give_up(e);
    }
    request_ = table_->begin(op_);
    if (kind().repeats == repeat_rule::read)
      request_ends_ = (ticks::max)();
    else if (request_ends_ == (ticks::max)())
      request_ends_ = later(at, settings_.request);
    ++requests_;
    opened_at_ = at;
    went_on(at);
    attempt_ends_ = kind().is_read() ? (ticks::max)() : later(at, settings_.attempt);
    if (attempts_ < 255) ++attempts_;
    head_ = {};
    text_size_ = 0;
    received_ = 0;
    streams_ = false;
    set_limit(at);
    return step::open;
  }

  // A write has a budget for the attempt; a read has one for each time that nothing comes, so that the visitor's time is its
  // own. Bytes that make no record are next to nothing.
  void set_limit(ticks at) {
    ticks end = call_ends_;
    limited_by_ = {timeout_option_, timeout_.value_or(ticks{})};
    const auto earlier = [&](ticks other, std::string_view option, ticks length) {
      if (other >= end) return;
      end = other;
      limited_by_ = {option, length};
    };
    earlier(request_ends_, "options::request", settings_.request);
    earlier(attempt_ends_, "options::attempt", settings_.attempt);
    if (kind().is_read()) earlier(later(went_on_at_, settings_.read_idle), "options::read_idle", settings_.read_idle);
    limit_ = end == (ticks::max)() ? end : (std::max)(end - at, ticks::zero());
  }
  void say_whose_time(error& e, ticks at) const noexcept {
    const time_limit by = at >= call_ends_ ? time_limit{timeout_option_, timeout_.value_or(ticks{})} : limited_by_;
    const auto length = static_cast<std::uint64_t>((std::max)(by.length, ticks::zero()).count());
    e.say(by.option).more(" (").more(length).more(" ms) is over");
  }

  step next_read() {
    if (kind().is_read() && cancelled()) return failed(errc::cancelled);
    const ticks at = now();
    set_limit(at);
    if (limit_ == ticks::zero()) return failed(errc::timed_out);
    return step::read;
  }

  step pass_to_operation(std::size_t n) {
    quiet_bytes_ += n;
    idle_bytes_ += n;
    const commit_result became = table_->commit(op_, n);
    switch (became) {
      case commit_result::item: return step::item;
      case commit_result::progress: failures_ = foreign_ = 0; [[fallthrough]];
      case commit_result::skipped: went_on(now()); return next_read();
      case commit_result::more:
        // A record of that size its reader would have refused.
        if (idle_bytes_ > many_bytes && idle_bytes_ - many_bytes > settings_.max_record)
          return failed(error{errc::not_auditor, "the answer has no end, and no record in it"});
        if (quiet_bytes_ >= many_bytes) {  // of a large record
          went_on_at_ = now();
          quiet_bytes_ = 0;
        }
        return next_read();
      case commit_result::failed:
      case commit_result::foreign: break;
    }
    error e = table_->problem(op_);
    e.status = status();
    return conclude(e, became == commit_result::foreign);
  }
  void went_on(ticks at) noexcept {
    went_on_at_ = at;
    quiet_bytes_ = idle_bytes_ = 0;
  }

  void keep_text(std::size_t n) {
    const std::size_t head_room = text_size_ < kept_text ? kept_text - text_size_ : 0;
    std::memcpy(text_.data() + (std::min)(text_size_, kept_text), incoming_.data(), (std::min)(n, head_room));
    const std::size_t added = (std::min)(n, kept_tail);
    const std::size_t stays = (std::min)(tail_size(), kept_tail - added);
    std::memmove(tail_.data(), tail_.data() + (tail_size() - stays), stays);
    std::memcpy(tail_.data() + stays, incoming_.data() + (n - added), added);
    text_size_ += n;
  }
  std::size_t tail_size() const noexcept { return (std::min)(text_size_, kept_tail); }
  detail::answer_text text() const noexcept {
    return {{text_.data(), (std::min)(text_size_, kept_text)}, {tail_.data(), tail_size()}, text_size_};
  }

  // The whole answer is there.
  step judged() {
    const detail::judgement j = detail::classify(kind().to, head_.status, text());
    error e;
    if (j.code != errc::ok) {
      e = error{j.code, text().head};
      e.status = status();
    }
    e.outcome = j.outcome;
    return conclude(e, j.repeat);
  }

  // The transport gave up before the answer was complete.
  step failed(const error& from_transport) {
    error e = from_transport;
    const detail::judgement j = detail::classify_failure(kind().to, e.code);
    e.code = cancelled() ? errc::cancelled : j.code;
    bool repeat = j.repeat && !cancelled();
    if (e.code == errc::timed_out) {
      say_whose_time(e, now());
      if (is_unanswered()) {
        e.more("; the database may still work on it, and is not asked again");
        repeat = false;
      }
    }
    const bool sent = head_.status != 0;  // whatever a transport calls a failure behind the head
    e.outcome = sent && detail::is_write(kind().to) ? outcome::unknown : j.outcome;
    e.status = status();
    return conclude(e, repeat);
  }
  // A read of which nothing came: the head of a 200 comes before the query is run.
  bool is_unanswered() const { return kind().is_read() && received_ == 0 && (head_.status == 0 || streams_); }

  // Somebody else who answers a read again and again is not waited for as long as a database.
  bool last(errc code) const {
    if (is_inherited()) return true;
    const retry_policy& retry = settings_.retry;
    switch (kind().repeats) {
      case repeat_rule::never: break;
      case repeat_rule::write: return failures_ + 1u >= retry.write_attempts;
      case repeat_rule::question:
      case repeat_rule::read:
        if (is_foreign(code) && foreign_ + 1u >= retry.write_attempts) return true;
        return failures_ + 1u >= retry.read_attempts;
    }
    return true;
  }
  static bool is_foreign(errc code) noexcept { return code == errc::not_auditor || code == errc::wrong_endpoint; }

  // One attempt is over: repeat it, or tell the operation.
  step conclude(error& e, bool repeat) {
    e.request = kind().to;
    e.attempts = attempts_;
    if (repeat && !last(e.code) && plan_wait(head_.retry_after)) {
      observe(e, true);
      lost_ = lost_ || e.outcome == outcome::unknown;
      return wait_for(e);
    }
    // Or there is an attempt left, and no time for it.
    const bool had_no_time = repeat && !last(e.code);
    if (had_no_time) say_retry_after(e);
    // An answer at last, or no attempt left: the operation says what follows from it. What it wants to try again, because of
    // what was in the answer, costs an attempt and a wait like any failure.
    const next_action next = tell(e, last(e.code));
    if (next == next_action::try_again) {
      detail::expect(!last(e.code), "an operation wants to try again behind its last attempt");
      error why = table_->problem(op_);
      why.request = e.request;
      why.status = status();
      why.attempts = attempts_;
      const bool repeats = plan_wait(-1);
      observe(why, repeats);
      return repeats ? wait_for(why) : proceed(tell(why, true));
    }
    observe(e, false);
    return proceed(next);
  }
  step wait_for(const error& why) {
    pending_ = why;
    ++failures_;
    foreign_ = is_foreign(why.code) ? foreign_ + 1 : 0;
    return step::wait;
  }

  // No further attempt: the limits of the call, or its owner, say so.
  step give_up(error& e) { return proceed(tell(e, true)); }

  next_action tell(error& e, bool last_attempt) {
    // Once an answer was lost, "not applied" and "rejected" are said of this attempt only.
    if (lost_ && e.code != errc::ok && e.outcome != outcome::duplicate) e.outcome = outcome::unknown;
    const detail::answer_text words = text();
    const bool heard = head_.status != 0 && !streams_;
    const ticks at = now();
    return table_->finish(op_, {e, heard ? words.head : std::string_view(), heard ? words.tail : std::string_view(), lost_,
                                last_attempt || cancelled() || at >= call_ends_, at - opened_at_, requests_});
  }

  // Between two thirds and the whole of the step, not before Retry-After; false when the limits of the request leave no time.
  bool plan_wait(std::int32_t retry_after) {
    ticks most = kind().repeats == repeat_rule::write ? settings_.retry.write_first : settings_.retry.read_first;
    for (unsigned i = 0; i < failures_ && most < settings_.retry.most; ++i) most *= 2;
    most = (std::clamp)(most, ticks::zero(), settings_.retry.most);
    const ticks jitter = most / 3;
    ticks pause =
        most -
        ticks{static_cast<std::int64_t>(world_.random(world_.self) % (static_cast<std::uint64_t>(jitter.count()) + 1))};
    if (retry_after >= 0) {
      const ticks asked = std::chrono::seconds{retry_after};
      if (asked > settings_.request) return false;
      pause = (std::max)(pause, asked);
    }
    wake_at_ = later(now(), pause);
    return wake_at_ < call_ends_ && wake_at_ < request_ends_;
  }

  // The limits of the request leave no time, and the answer's Retry-After may be why. Before the words of the answer: a page
  // would fill the room.
  void say_retry_after(error& e) const {
    const ticks asked = std::chrono::seconds{(std::max)(head_.retry_after, 0)};
    if (asked == ticks::zero()) return;
    const error answer = e;
    const ticks then = later(now(), asked);
    const bool is_of_the_request = asked > settings_.request || then >= request_ends_;
    if (!is_of_the_request && then < call_ends_) return;
    e.say("Retry-After asks for ").more(static_cast<std::uint64_t>(head_.retry_after)).more(" s, and ");
    e.more(is_of_the_request ? "options::request" : timeout_option_).more(" ends before");
    if (!answer.words().empty()) e.more("; ").more(answer.words());
  }

  void observe(const error& e, bool repeats) const noexcept {
    if (!settings_.observer) return;
    const ticks at = now();
    settings_.observer({e.request, attempts_, e.code, e.outcome, status(), repeats, repeats ? wake_at_ - at : ticks::zero(),
                        at - opened_at_, request_.body.size(), received_});
  }

  void* op_;
  const detail::operation_table* table_;
  const options& settings_;
  const cancel_flag* cancel_;
  std::optional<ticks> timeout_;     // of the whole call
  std::string_view timeout_option_;  // what has set it
  environment world_;
  unsigned forks_ = detail::forks.load(std::memory_order_relaxed);

  request_view request_;
  response_head head_;
  error pending_;  // why the present wait is
  ticks call_ends_{(ticks::max)()}, request_ends_{(ticks::max)()}, attempt_ends_{(ticks::max)()};
  ticks opened_at_{}, limit_{}, wake_at_{};
  struct time_limit {
    std::string_view option;
    ticks length{};
  } limited_by_;        // what `limit_` comes from
  ticks went_on_at_{};  // when a read last came further
  std::uint64_t received_ = 0;
  std::uint64_t requests_ = 0;
  std::size_t quiet_bytes_ = 0;  // since then
  std::size_t idle_bytes_ = 0;   // since the last record
  std::size_t text_size_ = 0;
  unsigned failures_ = 0;      // since the last progress
  unsigned foreign_ = 0;       // of them, the last ones in a row that somebody else answered
  std::uint8_t attempts_ = 0;  // of the present request
  bool lost_ = false;
  bool streams_ = false;
  std::array<char, kept_text> text_{};
  std::array<char, kept_tail> tail_{};
  std::array<char, 1024> incoming_{};
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
