// Bodies of operation/update.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/update.hpp>

#include <cstddef>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL request_kind update_operation::kind() const { return {route::put_record, repeat_rule::write}; }

AUDITOR_DECL request_view update_operation::begin() { return {verb::put, record_path, json_headers, encoded_.body.text()}; }

AUDITOR_DECL next_action update_operation::finish(const judged_answer& judged) {
  if (judged.error) take_words(encoded_.failure, judged.error);
  return next_action::done;
}

AUDITOR_DECL result<void> update_operation::take() {
  return encoded_.failure;  // of code ok: it went well
}

AUDITOR_DECL bulk_update_operation::~bulk_update_operation() = default;

AUDITOR_DECL bulk_update_operation::bulk_update_operation(view_list<record_view> records, const outcome_room& to,
                                                          encode_function encode, const call_context& with,
                                                          const bulk_update_options& call)
    : encode_(encode),
      records_(records),
      texts_(with.texts),
      aside_(with.texts),
      body_(with.texts),
      outcomes_(to, records, call.progress, call.failed) {}

AUDITOR_DECL next_action bulk_update_operation::start() { return outcomes_.ended() ? next_action::done : next_record(); }

AUDITOR_DECL request_kind bulk_update_operation::kind() const {
  return {checks_ ? route::health_check : route::put_record, repeat_rule::write};
}

AUDITOR_DECL request_view bulk_update_operation::begin() {
  if (checks_) return {verb::get, health_path, fresh_headers, {}};
  return {verb::put, record_path, json_headers, body_.text()};
}

AUDITOR_DECL next_action bulk_update_operation::finish(const judged_answer& judged) {
  if (std::exchange(checks_, false)) {  // behind one that stays unknown: is there a server at all?
    if (judged.error && judged.error.code != errc::not_authorised) return stop(why_aside_);
    return next_record();
  }
  if (judged.error.attempts > 0) outcomes_.sent();
  if (judged.lost || judged.error.outcome == outcome::unknown) outcomes_.lost();
  const errc code = judged.error.code;
  if (code == errc::ok) {
    aside_.went_well();
    outcomes_.set(now_, {outcome::delivered, errc::ok, 200});
    return next_record();
  }
  // About this record alone: the next may be fine.
  if (code == errc::record_not_found || code == errc::invalid_record || code == errc::record_too_large) {
    aside_.went_well();
    fail(now_, judged.error);
    return next_record();
  }
  if (set_aside::stops_all(judged.error)) {
    fail(now_, judged.error);
    return stop(judged.error);
  }
  // It stays unknown, or was not applied: once more at the end, and the others first, while there is a server.
  lost_ = lost_ || judged.lost || judged.error.outcome == outcome::unknown;
  body_ = text_buffer(texts_);
  const bool goes_on = aside_.put({now_, now_ + 1, lost_});
  if (aside_.is_second_time()) fail(now_, judged.error);
  why_aside_ = judged.error;
  why_aside_.outcome = outcome::not_applied;
  if (!goes_on) return stop(judged.error);
  if (aside_.is_second_time()) return next_record();
  checks_ = true;
  return next_action::next_request;
}

AUDITOR_DECL void bulk_update_operation::take() {
  if (!outcomes_.ended()) spread_unknown();
  outcomes_.finish();
}

AUDITOR_DECL next_action bulk_update_operation::next_record() {
  for (;;) {
    outcomes_.report_progress();
    if (next_ < records_.size()) {
      now_ = next_++;
      lost_ = false;
    } else {
      const set_aside::part* const again = aside_.take();
      if (again == nullptr) return next_action::done;
      now_ = again->lo;
      lost_ = again->lost;
      if (is_followed()) {
        fail(now_, why_aside_);
        continue;
      }
    }
    body_ = text_buffer(texts_);  // first: the next one takes its place
    encoded_record encoded({records_[now_], encode_, texts_}, purpose::update);
    body_ = std::move(encoded.body);
    if (!encoded.failure) return next_action::next_request;
    fail(now_, encoded.failure);
  }
}

AUDITOR_DECL bool bulk_update_operation::is_followed() const {
  const record_view now = records_[now_];
  for (std::size_t i = now_ + 1; i < records_.size(); ++i)
    if (may_be_done(outcomes_[i].outcome) && records_[i].record_id == now.record_id &&
        records_[i].stop_time != now.stop_time)
      return true;
  return false;
}

AUDITOR_DECL void bulk_update_operation::spread_unknown() {
  for (std::size_t earlier = 0; earlier < outcomes_.size(); ++earlier) {
    if (outcomes_[earlier].outcome != outcome::unknown) continue;
    for (std::size_t i = earlier + 1; i < outcomes_.size(); ++i)
      if (records_[i].record_id == records_[earlier].record_id && records_[i].stop_time == records_[earlier].stop_time)
        outcomes_.may_be_stored(i);
  }
}

AUDITOR_DECL void bulk_update_operation::fail(std::size_t i, const error& words) {
  outcomes_.fail(i, {lost_ ? outcome::unknown : words.outcome, words.code, words.status}, words);
}

AUDITOR_DECL next_action bulk_update_operation::stop(const error& why) {
  const bool lost = lost_;
  for (const set_aside::part& part : aside_) {
    lost_ = part.lost;
    fail(part.lo, why_aside_);
  }
  lost_ = lost;
  if (!outcomes_.has(now_)) fail(now_, why_aside_);  // there was no room to set it aside
  for (; next_ < records_.size(); ++next_) outcomes_.set(next_, {outcome::not_applied, why.code, why.status});
  outcomes_.report_progress();
  return next_action::done;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
