// Bodies of exchange/exchange.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/exchange/exchange.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL step exchange::start() {
  if (timeout_) call_ends_ = later(now(), (std::max)(*timeout_, ticks::zero()));  // less than nothing is over, too
  return proceed(table_->start(op_));
}

AUDITOR_DECL step exchange::opened(const result<response_head>& answer) {
  if (!answer) return failed(answer.error());
  head_ = *answer;
  streams_ = kind().to == route::get_records && head_.status == 200;
  went_on(now());
  if (!streams_) attempt_ends_ = (std::min)(attempt_ends_, later(now(), settings_.attempt));  // a text is short
  return next_read();
}

AUDITOR_DECL step exchange::got(const result<std::size_t>& bytes) {
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

AUDITOR_DECL step exchange::resume() {
  failures_ = foreign_ = 0;  // progress: a record was handed out
  if (cancelled()) return failed(errc::cancelled);
  const ticks at = now();
  if (call_ends_ != (ticks::max)() && at >= call_ends_) return failed(errc::timed_out);
  went_on(at);
  if (request_ends_ != (ticks::max)()) request_ends_ = later(at, settings_.request);  // the visitor's time is its own
  return pass_to_operation(0);
}

AUDITOR_DECL step exchange::woke() {
  if (cancelled()) pending_.code = errc::cancelled;
  if (cancelled() || now() >= (std::min)(call_ends_, request_ends_)) return give_up(pending_);
  return open();
}

AUDITOR_DECL call exchange::limits() const noexcept { return {limit_, cancel_}; }

AUDITOR_DECL std::span<char> exchange::room() noexcept {
  return streams_ ? table_->prepare(op_) : std::span<char>(incoming_.data(), incoming_.size());
}

AUDITOR_DECL request_kind exchange::kind() const { return table_->kind(op_); }

AUDITOR_DECL bool exchange::is_inherited() const noexcept {
  return forks_ != detail::forks.load(std::memory_order_relaxed);
}

AUDITOR_DECL std::uint16_t exchange::status() const noexcept {
  return static_cast<std::uint16_t>(std::clamp(head_.status, 0, 65535));
}

AUDITOR_DECL ticks exchange::now() const { return world_.now(world_.self); }

AUDITOR_DECL ticks exchange::later(ticks from, ticks by) noexcept {
  return by > (ticks::max)() - from ? (ticks::max)() : from + by;
}

AUDITOR_DECL step exchange::proceed(next_action next) {
  switch (next) {
    case next_action::done: return step::finished;
    case next_action::next_request:
      failures_ = foreign_ = 0;
      attempts_ = 0;
      request_ends_ = (ticks::max)();
      break;
    case next_action::follow_up:
      if (kind().repeats != repeat_rule::write) request_ends_ = (ticks::max)();  // each question of a read has its own time
      break;
    case next_action::try_again:
      detail::expect(false, "an operation wants to try again behind its last attempt");
      return step::finished;
  }
  lost_ = false;
  return open();
}

AUDITOR_DECL step exchange::open() {
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

AUDITOR_DECL void exchange::set_limit(ticks at) {
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

AUDITOR_DECL void exchange::say_whose_time(error& e, ticks at) const noexcept {
  const time_limit by = at >= call_ends_ ? time_limit{timeout_option_, timeout_.value_or(ticks{})} : limited_by_;
  const auto length = static_cast<std::uint64_t>((std::max)(by.length, ticks::zero()).count());
  e.say(by.option).more(" (").more(length).more(" ms) is over");
}

AUDITOR_DECL step exchange::next_read() {
  if (kind().is_read() && cancelled()) return failed(errc::cancelled);
  const ticks at = now();
  set_limit(at);
  if (limit_ == ticks::zero()) return failed(errc::timed_out);
  return step::read;
}

AUDITOR_DECL step exchange::pass_to_operation(std::size_t n) {
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

AUDITOR_DECL void exchange::went_on(ticks at) noexcept {
  went_on_at_ = at;
  quiet_bytes_ = idle_bytes_ = 0;
}

AUDITOR_DECL void exchange::keep_text(std::size_t n) {
  const std::size_t head_room = text_size_ < kept_text ? kept_text - text_size_ : 0;
  std::memcpy(text_.data() + (std::min)(text_size_, kept_text), incoming_.data(), (std::min)(n, head_room));
  const std::size_t added = (std::min)(n, kept_tail);
  const std::size_t stays = (std::min)(tail_size(), kept_tail - added);
  std::memmove(tail_.data(), tail_.data() + (tail_size() - stays), stays);
  std::memcpy(tail_.data() + stays, incoming_.data() + (n - added), added);
  text_size_ += n;
}

AUDITOR_DECL std::size_t exchange::tail_size() const noexcept { return (std::min)(text_size_, kept_tail); }

AUDITOR_DECL detail::answer_text exchange::text() const noexcept {
  return {{text_.data(), (std::min)(text_size_, kept_text)}, {tail_.data(), tail_size()}, text_size_};
}

AUDITOR_DECL step exchange::judged() {
  const detail::judgement j = detail::classify(kind().to, head_.status, text());
  error e;
  if (j.code != errc::ok) {
    e = error{j.code, text().head};
    e.status = status();
  }
  e.outcome = j.outcome;
  return conclude(e, j.repeat);
}

AUDITOR_DECL step exchange::failed(const error& from_transport) {
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

AUDITOR_DECL bool exchange::is_unanswered() const {
  return kind().is_read() && received_ == 0 && (head_.status == 0 || streams_);
}

AUDITOR_DECL bool exchange::last(errc code) const {
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

AUDITOR_DECL step exchange::conclude(error& e, bool repeat) {
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

AUDITOR_DECL step exchange::wait_for(const error& why) {
  pending_ = why;
  ++failures_;
  foreign_ = is_foreign(why.code) ? foreign_ + 1 : 0;
  return step::wait;
}

AUDITOR_DECL step exchange::give_up(error& e) { return proceed(tell(e, true)); }

AUDITOR_DECL next_action exchange::tell(error& e, bool last_attempt) {
  // Once an answer was lost, "not applied" and "rejected" are said of this attempt only.
  if (lost_ && e.code != errc::ok && e.outcome != outcome::duplicate) e.outcome = outcome::unknown;
  const detail::answer_text words = text();
  const bool heard = head_.status != 0 && !streams_;
  const ticks at = now();
  return table_->finish(op_, {e, heard ? words.head : std::string_view(), heard ? words.tail : std::string_view(), lost_,
                              last_attempt || cancelled() || at >= call_ends_, at - opened_at_, requests_});
}

AUDITOR_DECL bool exchange::plan_wait(std::int32_t retry_after) {
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

AUDITOR_DECL void exchange::say_retry_after(error& e) const {
  const ticks asked = std::chrono::seconds{(std::max)(head_.retry_after, std::int32_t{0})};
  if (asked == ticks::zero()) return;
  const error answer = e;
  const ticks then = later(now(), asked);
  const bool is_of_the_request = asked > settings_.request || then >= request_ends_;
  if (!is_of_the_request && then < call_ends_) return;
  e.say("Retry-After asks for ").more(static_cast<std::uint64_t>(head_.retry_after)).more(" s, and ");
  e.more(is_of_the_request ? "options::request" : timeout_option_).more(" ends before");
  if (!answer.words().empty()) e.more("; ").more(answer.words());
}

AUDITOR_DECL void exchange::observe(const error& e, bool repeats) const noexcept {
  if (!settings_.observer) return;
  const ticks at = now();
  settings_.observer({e.request, attempts_, e.code, e.outcome, status(), repeats, repeats ? wake_at_ - at : ticks::zero(),
                      at - opened_at_, request_.body.size(), received_});
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
