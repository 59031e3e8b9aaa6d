// Bodies of exchange/exchange.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/exchange/exchange.hpp>
#include <auditor/impl/base/divide.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

namespace detail {

AUDITOR_DECL step reading_functions::pass_on(exchange& of, std::size_t bytes) { return of.pass_to_operation(bytes); }

AUDITOR_DECL step reading_functions::go_on(exchange& of) { return of.go_on_behind_item(); }

AUDITOR_DECL bool reading_functions::gives_up(exchange& of) { return of.gives_up_unanswered(); }

AUDITOR_DECL step reading_functions::begin_again(exchange& of) { return of.try_again(); }

}  // namespace detail

AUDITOR_DECL exchange::exchange(const detail::driven& op, const options& settings, const call_options& call,
                                const environment& world) noexcept
    : op_(op),
      settings_(settings),
      cancel_(call.cancel),
      world_(world),
      timeout_option_(call.timeout ? "call_options::timeout" : "options::call_timeout") {
  const optional_ticks& timeout = call.timeout ? call.timeout : settings.call_timeout;
  ends_[of_call] = timeout ? length(*timeout) : never;
  ends_[of_request] = ends_[of_attempt] = ends_[of_silence] = never;
}

AUDITOR_DECL step exchange::start() {
  began_ = world_.now(world_.self).count();
  return proceed(op_.table->start(op_.self));
}

AUDITOR_DECL void exchange::hear(const result<response_head>& answer) noexcept {
  if (answer)
    head_ = *answer;
  else
    error_ = answer.error();
}

AUDITOR_DECL void exchange::hear(const result<std::size_t>& bytes) noexcept {
  if (bytes)
    heard_ = *bytes;
  else
    error_ = bytes.error();
}

AUDITOR_DECL step exchange::opened() {
  if (error_) return failed();
  streams_ = kind_.to == route::get_records && head_.status == 200;
  const moment at = now();
  went_on(at);
  if (!streams_) ends_[of_attempt] = (std::min)(ends_[of_attempt], later(at, settings_.attempt));  // a text is short
  return next_read();
}

AUDITOR_DECL step exchange::got() {
  if (error_) return failed();
  if (heard_ != 0) {  // else the answer is complete, and wins over a cancellation
    received_ += heard_;
    if (settings_.max_answer && received_ > *settings_.max_answer)
      return failed(errc::not_auditor, "options::max_answer is passed");
    if (streams_) return op_.reading->pass_to_operation(*this, heard_);
    keep_text(heard_);
    if (text_size_ <= longest_text) return next_read();
  }
  return judged();
}

AUDITOR_DECL step exchange::go_on_behind_item() {
  failures_ = foreign_ = 0;  // progress: a record was handed out
  if (cancelled()) return failed(errc::cancelled);
  quiet_bytes_ = idle_bytes_ = 0;
  // To ask the clock for each record is a twentieth of what a read costs: only where there is a limit.
  if (ends_[of_call] != never || ends_[of_request] != never) {
    const moment at = now();
    if (at >= ends_[of_call]) return failed(errc::timed_out);
    if (ends_[of_request] != never) ends_[of_request] = later(at, settings_.request);  // the visitor's time is its own
  }
  return pass_to_operation(0);
}

AUDITOR_DECL step exchange::woke() {
  const bool stops = cancelled();
  if (stops) error_.code = errc::cancelled;
  if (stops || now() >= (std::min)(ends_[of_call], ends_[of_request])) return give_up();
  return open();
}

AUDITOR_DECL step exchange::reopen() {
  --requests_;
  if (--attempts_ == 0) ends_[of_request] = never;
  const moment at = now();
  if (cancelled() || at >= ends_[of_call] || at < ends_[of_request]) return open();
  set_error(errc::timed_out);
  limited_by_ = of_request;
  say_whose_time(at);
  return give_up();
}

AUDITOR_DECL void exchange::travels_in(const request_view& together, bool tells_observer) noexcept {
  kind_.to = route::post_records;
  request_ = together;
  if (!tells_observer) request_.target = {};  // as none has that goes out
}

[[gnu::noinline]] AUDITOR_DECL call exchange::limits() const noexcept {
  return {limit_ == never ? (ticks::max)() : ticks{limit_}, cancel_};
}

AUDITOR_DECL std::span<char> exchange::room() noexcept {
  return streams_ ? op_.table->answer->prepare(op_.self) : std::span<char>(text_.data() + kept(), incoming);
}

AUDITOR_DECL std::uint16_t exchange::status() const noexcept {
  return static_cast<std::uint16_t>(std::clamp(head_.status, 0, 65535));
}

AUDITOR_DECL exchange::moment exchange::now() const noexcept {
  return static_cast<moment>((std::min)(world_.now(world_.self).count() - began_, std::int64_t{never - 1}));
}

AUDITOR_DECL step exchange::proceed(next_action next) {
  switch (next) {
    case next_action::done: return step::finished;
    case next_action::next_request:
      failures_ = foreign_ = 0;
      attempts_ = 0;
      ends_[of_request] = never;
      break;
    case next_action::follow_up:
      if (kind_.repeats != repeat_rule::write) ends_[of_request] = never;  // each question of a read has its own time
      break;
    case next_action::try_again:
      detail::expect(false, "an operation wants to try again behind its last attempt");
      return step::finished;
  }
  lost_ = false;
  return open();
}

AUDITOR_DECL step exchange::open() {
  kind_ = op_.table->kind(op_.self);
  head_ = {};
  text_size_ = 0;
  received_ = 0;
  streams_ = false;
  set_error(errc::ok);
  const moment at = now();
  if (is_inherited()) {
    error_.code = errc::invalid_argument;
    error_.say("this call is the parent's, and goes on there");
    error_.outcome = outcome::unknown;
  } else if (cancelled()) {
    error_.code = errc::cancelled;
  } else if (at >= ends_[of_call]) {
    error_.code = errc::timed_out;
    say_whose_time(at);
  }
  if (error_) return give_up();
  request_ = op_.table->begin(op_.self);
  if (kind_.repeats == repeat_rule::read)
    ends_[of_request] = never;
  else if (ends_[of_request] == never)
    ends_[of_request] = later(at, settings_.request);
  ++requests_;
  opened_at_ = at;
  went_on(at);
  ends_[of_attempt] = kind_.is_read() ? never : later(at, settings_.attempt);
  if (attempts_ < 255) ++attempts_;
  set_limit(at);
  return step::open;
}

AUDITOR_DECL void exchange::set_limit(moment at) {
  limited_by_ = of_call;
  for (unsigned each = of_request; each <= of_silence; ++each)
    if (ends_[each] < ends_[limited_by_]) limited_by_ = static_cast<limit>(each);
  const moment end = ends_[limited_by_];
  limit_ = end == never ? end : (std::max)(end - at, moment{0});
}

AUDITOR_DECL void exchange::say_whose_time(moment at) noexcept {
  const char* option = timeout_option_;
  switch (at >= ends_[of_call] ? of_call : limited_by_) {
    case of_call: break;
    case of_request: option = "options::request"; break;
    case of_attempt: option = "options::attempt"; break;
    case of_silence: option = "options::read_idle"; break;
  }
  error_.say(option).more(" is over");
}

AUDITOR_DECL step exchange::next_read() {
  if (kind_.is_read() && cancelled()) return failed(errc::cancelled);
  const moment at = now();
  set_limit(at);
  if (limit_ == 0) return failed(errc::timed_out);
  return step::read;
}

AUDITOR_DECL step exchange::pass_to_operation(std::size_t n) {
  quiet_bytes_ += n;
  idle_bytes_ += n;
  const commit_result became = op_.table->answer->commit(op_.self, n);
  switch (became) {
    case commit_result::item: return step::item;
    case commit_result::progress: failures_ = foreign_ = 0; [[fallthrough]];
    case commit_result::skipped: went_on(now()); return next_read();
    case commit_result::more:
      // A record of that size its reader would have refused.
      if (idle_bytes_ > many_bytes && idle_bytes_ - many_bytes > (std::max)(settings_.max_record, largest_record))
        return failed(errc::not_auditor, "the answer has no end, and no record in it");
      // A visitor had its time, which is no silence; or this is a large record.
      if (n == 0 || quiet_bytes_ >= many_bytes) came_on(now());
      return next_read();
    case commit_result::failed:
    case commit_result::foreign: break;
  }
  error_ = op_.table->answer->problem(op_.self);
  return conclude(became == commit_result::foreign);
}

AUDITOR_DECL void exchange::went_on(moment at) noexcept {
  came_on(at);
  idle_bytes_ = 0;
}

AUDITOR_DECL void exchange::came_on(moment at) noexcept {
  ends_[of_silence] = kind_.is_read() ? later(at, settings_.read_idle) : never;
  quiet_bytes_ = 0;
}

AUDITOR_DECL void exchange::keep_text(std::size_t n) {
  const std::size_t held = kept() + n;
  text_size_ += n;
  if (held <= kept_text + kept_tail) return;
  for (std::size_t i = kept_text; i < kept_text + kept_tail; ++i) text_[i] = text_[i + (held - kept_text - kept_tail)];
}

AUDITOR_DECL std::size_t exchange::kept() const noexcept { return (std::min)(text_size_, kept_text + kept_tail); }

AUDITOR_DECL void exchange::set_error(errc code) noexcept { std::construct_at(&error_, code); }

AUDITOR_CALLED_ONCE AUDITOR_DECL step exchange::judged() {
  const detail::answer_text words = text();
  const detail::judgement j = detail::classify(kind_.to, head_.status, words);
  set_error(j.code);
  if (error_) error_.say(words.head);
  error_.outcome = j.outcome;
  return conclude(j.repeat);
}

AUDITOR_DECL step exchange::failed(errc code, const char* words) {
  set_error(code);
  error_.say(words);
  return failed();
}

AUDITOR_DECL step exchange::failed() {
  const detail::judgement j = detail::classify_failure(kind_.to, error_.code);
  const bool stops = cancelled();
  error_.code = stops ? errc::cancelled : j.code;
  bool repeat = j.repeat && !stops;
  if (error_.code == errc::timed_out) {
    say_whose_time(now());
    if (op_.reading != nullptr && op_.reading->gives_up_unanswered(*this)) repeat = false;
  }
  const bool sent = head_.status != 0;  // whatever a transport calls a failure behind the head
  error_.outcome = sent && detail::is_write(kind_.to) ? outcome::unknown : j.outcome;
  return conclude(repeat);
}

AUDITOR_DECL bool exchange::gives_up_unanswered() {
  if (!kind_.is_read() || received_ != 0 || (head_.status != 0 && !streams_)) return false;
  error_.more("; the database may still work on it");
  return true;
}

AUDITOR_DECL bool exchange::is_last() const {
  if (is_inherited()) return true;
  const retry_policy& retry = settings_.retry;
  const repeat_rule repeats = op_.table->kind(op_.self).repeats;  // what came of an answer may have changed it
  if (repeats == repeat_rule::never) return true;
  if (is_foreign(error_.code) && foreign_ + 1u >= retry.write_attempts) return true;
  return failures_ + 1u >= (repeats == repeat_rule::write ? retry.write_attempts : retry.read_attempts);
}

AUDITOR_DECL step exchange::conclude(bool repeat) {
  name_attempt();
  const bool last = is_last();
  if (repeat && !last) {
    if (plan_wait(head_.retry_after)) {
      observe(true);
      if (error_.outcome == outcome::unknown) lost_ = true;
      return wait();
    }
  }
  // An answer at last, or no attempt left: the operation says what follows from it.
  const next_action next = tell(last);
  if (next == next_action::try_again) {
    detail::expect(!last, "an operation wants to try again behind its last attempt");
    return op_.reading->try_again(*this);
  }
  observe(false);
  return proceed(next);
}

// What an operation wants to try again, because of what was in the answer, costs an attempt and a wait like any failure.
AUDITOR_DECL step exchange::try_again() {
  error_ = op_.table->answer->problem(op_.self);
  name_attempt();
  const bool repeats = plan_wait(0);
  observe(repeats);
  return repeats ? wait() : proceed(tell(true));
}

AUDITOR_DECL void exchange::name_attempt() noexcept {
  error_.request = kind_.to;
  error_.attempts = attempts_;
  if (error_) error_.status = status();
}

AUDITOR_DECL step exchange::wait() {
  ++failures_;
  foreign_ = is_foreign(error_.code) ? foreign_ + 1 : 0;
  return step::wait;
}

AUDITOR_DECL step exchange::give_up() {
  name_attempt();
  return proceed(tell(true));
}

AUDITOR_DECL next_action exchange::tell(bool last_attempt) {
  // Once an answer was lost, "not applied" and "rejected" are said of this attempt only.
  if (lost_ && error_ && error_.outcome != outcome::duplicate) error_.outcome = outcome::unknown;
  const detail::answer_text words = text();
  const moment at = now();
  return op_.table->finish(op_.self,
                           {error_, words.head, words.tail, lost_, last_attempt || cancelled() || at >= ends_[of_call],
                            ticks{at - opened_at_}, requests_});
}

AUDITOR_DECL bool exchange::plan_wait(std::int32_t retry_after) {
  const retry_policy& retry = settings_.retry;
  const moment longest = length(retry.most);
  moment pause = (std::min)(length(kind_.repeats == repeat_rule::write ? retry.write_first : retry.read_first), longest);
  for (unsigned i = 0; i < failures_; ++i) pause += (std::min)(pause, longest - pause);
  using natural = std::make_unsigned_t<moment>;
  pause -= static_cast<moment>(static_cast<natural>(world_.random(world_.self)) % (static_cast<natural>(pause) / 3 + 1));
  const moment asked = std::clamp(moment{retry_after}, moment{0}, never / 1'000) * 1'000;
  wake_at_ = later(now(), (std::max)(pause, asked));
  const bool is_in_request = asked <= length(settings_.request) && wake_at_ < ends_[of_request];
  if (is_in_request && wake_at_ < ends_[of_call]) return true;
  if (asked > pause) say_retry_after(is_in_request ? timeout_option_ : "options::request");
  return false;
}

AUDITOR_CALLED_ONCE AUDITOR_DECL void exchange::say_retry_after(const char* option) {
  char answer[sizeof error_.text];
  std::memcpy(answer, error_.text, sizeof answer);
  error_.say(option).more(" ends before Retry-After (").more(static_cast<std::uint64_t>(head_.retry_after)).more(" s)");
  if (answer[0] != '\0') error_.more("; ").more(answer);
}

AUDITOR_DECL void detail::tell_observer(const exchange& of, bool repeats) noexcept {
  const attempt_observer& observer = of.settings_.observer;
  if (!observer || of.request_.target.empty()) return;
  const exchange::moment at = of.now();
  observer({of.error_.request, of.attempts_, of.error_.code, of.error_.outcome, of.status(), repeats,
            ticks{repeats ? of.wake_at_ - at : 0}, ticks{at - of.opened_at_}, of.request_.body.size(), of.received_});
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
