// Bodies of operation/bulk_insert.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/record_writer.hpp>
#include <auditor/operation/bulk_insert.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL std::size_t line_of(std::string_view text) noexcept {
  constexpr std::string_view mark = " at line ";
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return 0;
  std::size_t line = 0;
  for (std::size_t i = at + mark.size(); i < text.size() && text[i] >= '0' && text[i] <= '9' && line < 1'000'000; ++i)
    line = line * 10 + static_cast<std::size_t>(text[i] - '0');
  return line;
}

AUDITOR_DECL bulk_window::~bulk_window() = default;

AUDITOR_DECL bulk_window::bulk_window(bulk_batch& batch, encode_function encoder, const call_context& with,
                                      std::size_t width)
    : batch_(batch),
      encode_(encoder),
      with_(with),
      width_((std::clamp)(width, std::size_t{1}, batch.most_records)),
      body_(with.texts),
      stored_(batch.policy == on_duplicate::fail ? with.settles_lost : batch.policy.look_up(), with.texts),
      aside_(with.texts) {
  batch_.begin();
}

AUDITOR_DECL next_action bulk_window::start() { return next_request(); }

AUDITOR_DECL request_kind bulk_window::kind() const { return {destination(), repeat_rule::write}; }

AUDITOR_DECL request_view bulk_window::begin() {
  switch (phase_) {
    case phase::look: return stored_.begin();
    case phase::put: return {verb::put, record_path, json_headers, body_.text()};
    case phase::health: return {verb::get, health_path, fresh_headers, {}};
    case phase::post: break;
  }
  if (!as_array()) return {verb::post, record_path, json_headers, {body_.text().data() + 1, body_.size() - 2}};
  return {verb::post, records_path, json_headers, body_.text()};
}

AUDITOR_DECL std::span<char> bulk_window::prepare() { return stored_.prepare(); }

AUDITOR_DECL commit_result bulk_window::commit(std::size_t n) { return stored_.commit(n); }

AUDITOR_DECL const error& bulk_window::problem() const { return stored_.is_there() ? stored_.why() : why_; }

AUDITOR_DECL next_action bulk_window::finish(const judged_answer& judged) {
  switch (phase_) {
    case phase::post:
      if (judged.error.attempts > 0) batch_.sent();
      return posted(judged);
    case phase::look: return looked(judged);
    case phase::put: return put(judged);
    case phase::health: return checked(judged);
  }
  return next_action::done;
}

AUDITOR_DECL next_action bulk_window::next_request() {
  forget_body();
  forget_look();
  for (;;) {
    while (low_ < end_ && batch_.has_outcome(batch_.index_at(low_))) ++low_;
    if (batch_.stopped()) return leave(batch_.why_stopped());
    if (low_ == end_ && !next_run()) return next_action::done;
    if (batch_.needs_only_stop_time(low_)) return put_stop_time();
    if (low_ < looks_end_) return said_to_exist_ = false, cover_first(), look();
    if (low_ + width_ >= culprit_before_ && culprit_before_ > low_)
      width_ = (std::max)((culprit_before_ - low_) / 2, std::size_t{1});
    if (encode(width_)) return send(phase::post);
  }
}

AUDITOR_DECL bool bulk_window::next_run() {
  rule_out_lost();
  low_ = end_ = batch_.untaken();
  if (low_ != batch_.size()) return true;
  const set_aside::part* const again = aside_.take();
  if (!again && batch_.next_round()) {
    aside_.next_round();
    return true;
  }
  if (!again) return false;
  low_ = again->lo;
  end_ = again->hi;
  width_ = end_ - low_;
  culprit_before_ = 0;
  if (again->lost) lost_end_ = end_;
  return true;
}

AUDITOR_DECL bool bulk_window::encode(std::size_t width) {
  sent_ = 0;
  for (high_ = low_; sent_ < width && covers(high_); ++high_) {
    const std::uint32_t i = batch_.index_at(high_);
    if (batch_.has_outcome(i)) continue;
    const std::size_t before = body_.size();
    if (sent_ == 0)
      body_.assign("[");
    else
      body_.append(",\n");
    error e;
    if (const std::string_view text = batch_.text_of(i, encode_); !text.empty())
      body_.append(text);
    else
      encode_(batch_.record_of(i), body_, e);
    body_.push_back(']');  // has to fit too
    const std::size_t size = body_.size();
    const bool is_full = !body_.is_whole();
    if (!e && is_full) does_not_fit(size, body_.longest(), e);
    if (!e && sent_ == 0 && size - 2 > largest_body) too_large(size - 2, e);
    const bool is_for_the_next = sent_ != 0 && (is_full || (!e && size > batch_.most_bytes));
    if (!e && !is_for_the_next)
      body_.cut(size - 1);
    else if (sent_ != 0)
      body_.cut(before);
    if (is_for_the_next) break;
    if (e)
      cannot_encode(i, e, e.code == errc::buffer_full ? outcome::not_applied : outcome::rejected);
    else if (sent_++ == 0) {
      first_ = i;
      if (!with_.texts.is_workspace()) body_.reserve_for((std::min)(width, batch_.size() - low_), batch_.most_bytes + size);
    }
  }
  body_.push_back(']');
  return sent_ != 0;
}

AUDITOR_DECL bool bulk_window::covers(std::size_t position) noexcept {
  if (batch_.needs_only_stop_time(position)) return false;
  if (lost_end_ > low_ && position >= lost_end_) return false;
  if (position < end_) return true;
  const bool taken = batch_.take_next(position);
  if (taken) ++end_;
  return taken;
}

AUDITOR_DECL route bulk_window::destination() const noexcept {
  switch (phase_) {
    case phase::look: return route::get_records;
    case phase::put: return route::put_record;
    case phase::health: return route::health_check;
    case phase::post: break;
  }
  return as_array() ? route::post_records : route::post_record;
}

AUDITOR_DECL std::uint32_t bulk_window::sent_at(std::size_t line) const noexcept {
  std::size_t p = low_;
  for (;; ++p)
    if (!batch_.has_outcome(batch_.index_at(p)) && line-- == 0) return batch_.index_at(p);
}

AUDITOR_DECL void bulk_window::cover_first() noexcept {
  sent_ = 1;
  first_ = batch_.index_at(low_);
  high_ = low_ + 1;
}

AUDITOR_DECL void bulk_window::cover_lost() noexcept { high_ = (std::clamp)(looks_end_, high_, end_); }

AUDITOR_DECL void bulk_window::forget_body() {
  if (with_.texts.is_workspace()) body_ = text_buffer(with_.texts);
}

AUDITOR_DECL void bulk_window::forget_look() {
  if (with_.texts.is_workspace()) stored_.release();
}

AUDITOR_DECL next_action bulk_window::posted(const judged_answer& judged) {
  const bool single = sent_ == 1;
  if (judged.lost && judged.error) lost_end_ = (std::max)(lost_end_, high_);
  if (!judged.error || !fails(judged.error.code)) aside_.went_well();
  switch (judged.error.code) {
    case errc::ok:
      rule_out_lost();  // they were missing until now
      with_.server.has_held_records = true;
      set_rest(low_, high_, {outcome::delivered, errc::ok, 200});
      if (sent_ == width_) width_ = (std::min)(width_ * 2, batch_.most_records);
      return advance();
    case errc::record_exists:
      with_.server.has_held_records = true;
      known_ = judged.error;
      if (batch_.policy != on_duplicate::ignore && lost_end_ > low_) looks_end_ = lost_end_;
      if (looks_end_ > low_ && !single) return next_request();
      if (!single) return narrow();
      culprit_before_ = 0;  // found
      return exists();
    case errc::invalid_record: return refused(judged);
    case errc::record_too_large:
      if (!single) {  // of all together, by a limit of the server or of a proxy
        batch_.most_bytes = (std::min)(batch_.most_bytes, body_.size() / 2);
        return next_request();
      }
      refuse(first_, judged);
      return advance();
    default: return failed(judged);
  }
}

AUDITOR_DECL bool bulk_window::fails(errc code) noexcept {
  return code != errc::record_exists && code != errc::invalid_record && code != errc::record_too_large;
}

AUDITOR_DECL next_action bulk_window::narrow() {
  width_ = sent_ / 2;
  culprit_before_ = high_;
  return next_request();
}

AUDITOR_DECL next_action bulk_window::advance() {
  low_ = high_;
  batch_.report_progress();
  return next_request();
}

AUDITOR_DECL next_action bulk_window::refused(const judged_answer& judged) {
  std::size_t line = line_of(judged.tail);
  if (line == 0) line = line_of(judged.body);
  // A codec of somebody else's may have written more lines than records.
  const std::string_view body = body_.text();
  const auto lines = static_cast<std::size_t>(std::count(body.begin(), body.end(), '\n')) + 1;
  if (sent_ > 1 && (line == 0 || line > sent_ || lines != sent_)) return narrow();
  refuse(sent_ == 1 ? first_ : sent_at(line - 1), judged);
  culprit_before_ = 0;  // found
  rule_out_lost();      // no window with a record that the server cannot read was ever stored
  batch_.report_progress();
  return next_request();
}

AUDITOR_DECL void bulk_window::refuse(std::uint32_t i, const judged_answer& judged) {
  const bool unsure = judged.lost || lost_end_ > low_;
  batch_.fail(i, {unsure ? outcome::unknown : judged.error.outcome, judged.error.code, judged.error.status}, judged.error);
}

AUDITOR_DECL next_action bulk_window::exists() {
  const std::uint32_t i = first_;
  if (batch_.policy == on_duplicate::compare || batch_.policy == on_duplicate::update || looks_end_ > low_) {
    said_to_exist_ = true;
    return look();
  }
  if (batch_.policy == on_duplicate::ignore)
    batch_.set_outcome(i, {outcome::duplicate, errc::ok, known_.status});
  else
    batch_.fail(i, {outcome::duplicate, errc::record_exists, known_.status}, known_);
  return advance();
}

AUDITOR_DECL next_action bulk_window::look() {
  error known = known_;
  if (!stored_) return do_not_look(known.more("; an earlier attempt may have stored it: on_duplicate::compare tells"));
  forget_body();
  if (!stored_.make(with_.settings.max_record) || !stored_.look_for(batch_.record_of(first_)))
    return do_not_look(known.more("; not compared: ").more(no_room_for_look));
  return send(phase::look);
}

AUDITOR_DECL next_action bulk_window::looked(const judged_answer& judged) {
  const std::uint32_t i = first_;
  const bool own = lost_end_ > low_;
  const errc code = judged.error.code;
  const bool is_too_large = code == errc::record_too_large || code == errc::buffer_full;  // the next one may fit
  if (own && judged.error && !is_too_large) return cannot_look(judged);
  aside_.went_well();
  const stored_record::next next = stored_.judge(judged, batch_.policy.rule(), own, said_to_exist_);
  if (!judged.error && stored_.is_foreign()) rule_out_lost();
  switch (next) {
    case stored_record::next::equal: batch_.set_outcome(i, {outcome::delivered, errc::ok, known_.status}); break;
    case stored_record::next::set_stop_time: return put();
    case stored_record::next::post_again:
      why_ = stored_.why();  // for `problem()`, when there is no look any more
      forget_look();
      if (!encode(1)) return advance();
      phase_ = phase::post;
      return said_to_exist_ ? next_action::try_again : next_action::next_request;
    case stored_record::next::conflict:
    case stored_record::next::duplicate:
    case stored_record::next::unknown: set_known(i, next); break;
  }
  return advance();
}

AUDITOR_DECL void bulk_window::set_known(std::uint32_t i, stored_record::next says) {
  error words = known_;
  stored_.explain(words, says);
  batch_.fail(i, {words.outcome, words.code, known_.status}, words);
}

AUDITOR_DECL next_action bulk_window::cannot_look(const judged_answer& judged) {
  const bool never = judged.error.code == errc::not_authorised || judged.error.code == errc::wrong_endpoint;
  if (!never || !set_aside::stops_all(judged.error)) return failed(judged);
  set_known(first_, stored_.judge(judged, batch_.policy.rule(), true, said_to_exist_));
  cover_lost();
  set_rest(low_, high_, {outcome::unknown, known_.code, known_.status});
  return advance();
}

AUDITOR_DECL next_action bulk_window::do_not_look(const error& why) {
  const bool own = lost_end_ > low_;
  const outcome result = own ? outcome::unknown : outcome::duplicate;
  batch_.fail(first_, {result, why.code, why.status}, why);
  if (own) cover_lost();
  set_rest(low_, high_, {result, why.code, why.status});
  return advance();
}

AUDITOR_DECL next_action bulk_window::put_stop_time() {
  if (low_ == end_ && batch_.take_next(low_)) ++end_;
  cover_first();
  return put();
}

AUDITOR_DECL next_action bulk_window::put() {
  forget_body();
  forget_look();
  body_.clear();
  error e;
  append_record(batch_.record_of(first_), encode_, body_, e);
  if (!e) return send(phase::put);
  cannot_encode(first_, e, outcome::not_applied);  // it was encoded before
  return advance();
}

AUDITOR_DECL void bulk_window::cannot_encode(std::uint32_t i, const error& why, outcome result) {
  batch_.fail(i, {lost_end_ > low_ ? outcome::unknown : result, why.code, why.status}, why);
}

AUDITOR_DECL next_action bulk_window::put(const judged_answer& judged) {
  if (judged.lost || judged.error.outcome == outcome::unknown) batch_.lost();
  const errc code = judged.error.code;
  if (fails(code) && code != errc::ok && code != errc::record_not_found) return failed(judged);
  aside_.went_well();
  if (code == errc::ok)
    batch_.set_outcome(first_, {outcome::delivered, errc::ok, 200});
  else
    refuse(first_, judged);
  return advance();
}

AUDITOR_DECL next_action bulk_window::failed(const judged_answer& judged) {
  if (judged.error.outcome == outcome::unknown || judged.lost) lost_end_ = (std::max)(lost_end_, high_);
  if (set_aside::stops_all(judged.error)) return stop(judged.error);
  const bool lost = lost_end_ > low_;
  forget_body();
  forget_look();
  const bool goes_on = aside_.put({low_, high_, lost});
  if (aside_.is_second_time()) {
    batch_.fail(first_, {lost ? outcome::unknown : outcome::not_applied, judged.error.code, judged.error.status},
                judged.error);
    set_rest(low_, high_, rest(lost, judged.error));
  }
  if (!goes_on) return stop(judged.error);
  why_ = judged.error;
  low_ = high_;
  if (culprit_before_ <= low_) culprit_before_ = 0;
  return aside_.is_second_time() ? next_request() : send(phase::health);
}

AUDITOR_DECL next_action bulk_window::checked(const judged_answer& judged) {
  const bool is_there = !judged.error || judged.error.code == errc::not_authorised;
  return is_there ? next_request() : stop(why_);
}

AUDITOR_DECL next_action bulk_window::stop(const error& why) {
  batch_.stop(why, first_);
  return leave(why);
}

AUDITOR_DECL next_action bulk_window::leave(const error& why) {
  for (const set_aside::part& part : aside_) set_rest(part.lo, part.hi, rest(part.lost, why));
  set_rest(low_, (std::clamp)(lost_end_, low_, end_), rest(true, why));
  set_rest(low_, end_, rest(false, why));
  batch_.report_progress();
  return next_action::done;
}

AUDITOR_DECL void bulk_window::set_rest(std::size_t lo, std::size_t hi, const record_outcome& how) noexcept {
  for (std::size_t p = lo; p < hi; ++p)
    if (const std::uint32_t i = batch_.index_at(p); !batch_.has_outcome(i)) batch_.set_outcome(i, how);
}

AUDITOR_DECL record_outcome bulk_window::rest(bool lost, const error& why) noexcept {
  return {lost ? outcome::unknown : outcome::not_applied, why.code, why.status};
}

AUDITOR_DECL bulk_insert_operation::~bulk_insert_operation() = default;

AUDITOR_DECL bulk_insert_operation::bulk_insert_operation(view_list<record_view> records, const outcome_room& to,
                                                          encode_function encoder, const call_context& with,
                                                          const bulk_insert_options& call)
    : batch_(records, to, with, call),
      encode_(encoder),
      with_(with),
      parts_((std::clamp)(call.in_flight, std::size_t{1}, (std::max)(batch_.size(), std::size_t{1}))),
      first_(batch_, encoder, with, share()) {}

AUDITOR_DECL bulk_insert_operation::part bulk_insert_operation::another_part() { return {batch_, encode_, with_, share()}; }

AUDITOR_DECL next_action bulk_insert_operation::start() {
  batch_.report_progress();  // of those that need no request
  return first_.start();
}

AUDITOR_DECL next_action bulk_insert_operation::finish(const judged_answer& judged) { return first_.finish(judged); }

AUDITOR_DECL std::size_t bulk_insert_operation::share() const noexcept { return (batch_.size() + parts_ - 1) / parts_; }

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
