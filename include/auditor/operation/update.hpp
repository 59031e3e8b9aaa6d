// PUT /record: sets the stop time of a record that is stored.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/progress.hpp>
#include <auditor/operation/set_aside.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

template <class Codec>
encoded_record encode_update(const record_view& r) {
  encoded_record encoded = encoded_record::of<Codec>(r);
  if (const auto valid = validate_update(r); !valid) encoded.failure = valid.error();
  return encoded;
}

/// Only the stop time is changed; the server ignores the rest. Repeatable, so that a lost answer is simply asked again.
class update_operation : public no_reply {
 public:
  explicit update_operation(encoded_record encoded);

  next_action start() const { return failure_ ? next_action::done : next_action::next_request; }
  request_kind kind() const;
  request_view begin();
  next_action finish(const judged_answer& judged);
  result<void> take();

 private:
  std::string body_;
  error named_, failure_;
};

/// One PUT a record, in the caller's order, several of one id too: there is no route for many. Goes on behind a record that
/// the server refuses, and behind one that stays unknown while there is a server; stops at what would refuse the next one.
template <class Codec>
class bulk_update_operation : public no_reply {
 public:
  bulk_update_operation(record_batch records, const bulk_update_options& call)
      : kept_(std::move(records)), records_(kept_.list()), progress_(call.progress), report_(records_.size()) {}
  bulk_update_operation(const bulk_update_operation&) = delete;
  bulk_update_operation& operator=(const bulk_update_operation&) = delete;

  next_action start() { return next_record(); }
  request_kind kind() const { return {checks_ ? route::health_check : route::put_record, repeat_rule::write}; }
  request_view begin() {
    if (checks_) return {verb::get, "/health_check", {}, {}};
    return {verb::put, "/record", json_headers, body_};
  }

  next_action finish(const judged_answer& judged) {
    if (std::exchange(checks_, false)) {  // behind one that stays unknown: is there a server at all?
      if (judged.error && judged.error.code != errc::not_authorised) return stop(why_aside_);
      return next_record();
    }
    if (judged.error.attempts > 0) report_.sent();
    const errc code = judged.error.code;
    if (code == errc::ok) {
      aside_.went_well();
      set_outcome(now_, {outcome::delivered, errc::ok, 200});
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
    const bool goes_on = aside_.put({now_, now_ + 1, lost_});
    if (aside_.is_second_time()) fail(now_, judged.error);
    why_aside_ = judged.error;
    why_aside_.outcome = outcome::not_applied;
    if (!goes_on) return stop(judged.error);
    if (aside_.is_second_time()) return next_record();
    checks_ = true;
    return next_action::next_request;
  }

  bulk_report take() {
    spread_unknown();
    report_.finish();
    return std::move(report_);
  }

 private:
  next_action next_record() {
    for (;;) {
      report_progress();
      if (next_ < records_.size()) {
        now_ = next_++;
        lost_ = false;
      } else {
        const std::optional<set_aside::part> again = aside_.take();
        if (!again) return next_action::done;
        now_ = again->lo;
        lost_ = again->lost;
        if (is_followed()) {
          fail(now_, why_aside_);
          continue;
        }
      }
      encoded_record encoded = encode_update<Codec>(records_[now_]);
      body_ = std::move(encoded.body);
      if (!encoded.failure) return next_action::next_request;
      fail(now_, encoded.failure);
    }
  }

  static bool may_be_done(outcome result) noexcept { return result == outcome::delivered || result == outcome::unknown; }
  // Another stop time of the same record was set since, or may have been: the order is the caller's.
  bool is_followed() const {
    const record_view now = records_[now_];
    for (std::size_t i = now_ + 1; i < records_.size(); ++i)
      if (may_be_done(report_[i].outcome) && records_[i].record_id == now.record_id &&
          records_[i].stop_time != now.stop_time)
        return true;
    return false;
  }

  // Whether an update was done, nobody knows: then nobody knows it of a later one that is the same.
  void spread_unknown() {
    std::vector<std::size_t> doubtful;
    for (std::size_t i = 0; i < report_.size(); ++i)
      if (report_[i].outcome == outcome::unknown) doubtful.push_back(i);
    for (const std::size_t earlier : doubtful)
      for (std::size_t i = earlier + 1; i < report_.size(); ++i)
        if (records_[i].record_id == records_[earlier].record_id && records_[i].stop_time == records_[earlier].stop_time)
          report_.may_be_stored(i);
  }

  void set_outcome(std::size_t i, const auditor::record_outcome& how) {
    ++decided_;
    report_.set_outcome(i, how);
  }
  // What an attempt says that was answered is not said of one that was lost.
  void fail(std::size_t i, error words) {
    if (lost_) words.outcome = outcome::unknown;
    set_outcome(i, {words.outcome, words.code, words.status});
    words.index = i;
    words.of(records_[i].record_id);
    report_.keep(words);
  }

  next_action stop(const error& why) {
    for (const set_aside::part& part : aside_.waiting()) {
      lost_ = part.lost;
      fail(part.lo, why_aside_);
    }
    for (; next_ < records_.size(); ++next_) set_outcome(next_, {outcome::not_applied, why.code, why.status});
    report_progress();
    return next_action::done;
  }

  void report_progress() { progress_.tell(decided_, records_.size()); }

  record_batch kept_;
  view_list<record_view> records_;
  told_progress progress_;
  std::size_t next_ = 0, now_ = 0;  // the first that was not tried yet, and the one that is
  std::size_t decided_ = 0;
  bool lost_ = false;    // an attempt at the present one may have been applied
  bool checks_ = false;  // whether there is a server, after one that stays unknown
  set_aside aside_;
  error why_aside_;
  std::string body_;
  bulk_report report_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/update.ipp>
#endif
