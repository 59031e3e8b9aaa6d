// PUT /record: sets the stop time of a record that is stored.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/batch.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>

#include <cstddef>
#include <string>
#include <utility>

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
  explicit update_operation(encoded_record encoded)
      : body_(std::move(encoded.body)), named_(encoded.named), failure_(encoded.failure) {}

  after start() const { return failure_ ? after::done : after::next_request; }
  route what() const { return route::put_record; }
  patience how() const { return patience::write; }
  request_view begin() { return {verb::put, "/record", json_headers, body_}; }
  after finish(const verdict& judged) {
    failure_ = judged.error;
    if (failure_) failure_.of(named_.record_id());
    return after::done;
  }
  result<void> take() {
    if (failure_) return failure_;
    return {};
  }

 private:
  std::string body_;
  error named_, failure_;
};

/// One PUT a record, in the caller's order: there is no route for many. Goes on behind a record that the server refuses,
/// stops at what would refuse the next one too.
template <class Codec>
class bulk_update_operation : public no_reply {
 public:
  bulk_update_operation(view_list<record_view> records, const call_options& call)
      : records_(records), progress_(call.progress), report_(records.size()) {}

  after start() { return next_record(); }
  route what() const { return route::put_record; }
  patience how() const { return patience::write; }
  request_view begin() { return {verb::put, "/record", json_headers, body_}; }

  after finish(const verdict& judged) {
    if (judged.error.attempts > 0) report_.sent();
    const bool about_this_record = judged.error.code == errc::record_not_found ||
                                   judged.error.code == errc::invalid_record || judged.error.code == errc::record_too_large;
    if (!judged.error) {
      report_.settle(next_, {outcome::delivered, errc::ok, 200});
    } else {
      fail(judged.error);
      if (!about_this_record) return stop(judged.error);
    }
    ++next_;
    return next_record();
  }

  bulk_report take() {
    report_.finish();
    return std::move(report_);
  }

 private:
  after next_record() {
    for (; next_ < records_.size(); ++next_) {
      report_progress();
      encoded_record encoded = encode_update<Codec>(records_[next_]);
      body_ = std::move(encoded.body);
      if (!encoded.failure) return after::next_request;
      fail(encoded.failure);
    }
    report_progress();
    return after::done;
  }

  void fail(error words) {
    report_.settle(next_, {words.result, words.code, words.status});
    words.index = next_;
    words.of(records_[next_].record_id);
    report_.keep(words);
  }

  after stop(const error& why) {
    for (std::size_t i = next_ + 1; i < records_.size(); ++i)
      report_.settle(i, {outcome::not_applied, why.code, why.status});
    next_ = records_.size();
    report_progress();
    return after::done;
  }

  void report_progress() const {
    if (progress_.report != nullptr) progress_.report(progress_.self, next_, records_.size());
  }

  view_list<record_view> records_;
  progress_callback progress_;
  std::size_t next_ = 0;
  std::string body_;
  bulk_report report_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
