// POST /records for a batch of any size: an adaptive window over the sorted batch, and an outcome for each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_encoder.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_batch.hpp>
#include <auditor/operation/lost_windows.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/stored_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The number of the record that a 400 names: the body has one record a line. 0: the text names none.
inline std::size_t line_of(std::string_view text) noexcept {
  constexpr std::string_view mark = " at line ";
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return 0;
  std::size_t line = 0;
  for (std::size_t i = at + mark.size(); i < text.size() && text[i] >= '0' && text[i] <= '9' && line < 1'000'000; ++i)
    line = line * 10 + static_cast<std::size_t>(text[i] - '0');
  return line;
}

/// Takes positions of the batch, one run of them after the other, and settles each before it takes more. It grows while
/// all goes well and narrows down to the record that the server refuses. Windows of one batch share no record, so that what
/// one of them learns from a lost answer says nothing about the others.
template <class Codec>
class bulk_window {
 public:
  /// `width`: records of the first request, at most.
  bulk_window(bulk_batch& batch, const options& settings, std::size_t width)
      : batch_(batch), settings_(settings), width_((std::clamp)(width, std::size_t{1}, batch.most_records)) {}
  bulk_window(const bulk_window&) = delete;
  bulk_window& operator=(const bulk_window&) = delete;

  after start() { return next_request(); }
  route what() const {
    if (phase_ == phase::look) return route::get_records;
    if (phase_ == phase::put) return route::put_record;
    return as_array() ? route::post_records : route::post_record;
  }
  patience how() const { return patience::write; }
  request_view begin() {
    if (phase_ == phase::look) return stored_->begin();
    if (phase_ == phase::put) return {verb::put, "/record", json_headers, body_};
    if (!as_array()) return {verb::post, "/record", json_headers, std::string_view(body_).substr(1, body_.size() - 2)};
    return {verb::post, "/records", json_headers, body_};
  }
  std::span<char> prepare() { return stored_->prepare(); }
  fed commit(std::size_t n) { return stored_->commit(n); }
  const error& problem() const { return stored_->problem(); }

  after finish(const verdict& judged) {
    switch (phase_) {
      case phase::post:
        if (judged.error.attempts > 0) batch_.sent();
        return posted(judged);
      case phase::look: return looked(judged);
      case phase::put: return put(judged);
    }
    return after::done;
  }
  /// There is no result but the batch's.
  void take() const noexcept {}

 private:
  enum class phase : std::uint8_t { post, look, put };

  // ---- what to send -------------------------------------------------------------------------------------------

  after next_request() {
    for (;;) {
      while (low_ < end_ && batch_.is_settled(batch_.index_at(low_))) ++low_;
      lost_.close(low_, [this](const lost_windows::window& over) { settle_lost(over); });
      if (batch_.stopped()) return leave(batch_.why_stopped());
      if (low_ == end_) low_ = end_ = batch_.untaken();
      if (low_ == batch_.size()) return after::done;
      if (low_ + width_ >= culprit_before_ && culprit_before_ > low_)
        width_ = (std::max)((culprit_before_ - low_) / 2, std::size_t{1});
      if (encode()) {
        phase_ = phase::post;
        return after::next_request;
      }
    }
  }

  // `width_` records at most, within the bytes, not past the innermost lost window, nor into what another window took.
  bool encode() {
    body_.assign(1, '[');
    sent_.clear();
    for (high_ = low_; sent_.size() < width_ && covers(high_); ++high_) {
      const std::uint32_t i = batch_.index_at(high_);
      if (batch_.is_settled(i)) continue;
      const std::size_t before = body_.size();
      if (!sent_.empty()) body_ += ",\n";
      error e = Codec::encode(batch_.record_of(i), body_);
      const std::size_t size = body_.size() + 1;
      if (e.code == errc::ok && sent_.empty() && size - 2 > largest_body) e = too_large(size - 2);
      if (e.code != errc::ok) {
        body_.resize(before);
        batch_.reject(i, e);
      } else if (!sent_.empty() && size > batch_.most_bytes) {
        body_.resize(before);
        break;
      } else {
        sent_.push_back(i);
      }
    }
    body_ += ']';
    return !sent_.empty();
  }
  bool covers(std::size_t position) noexcept {
    if (position >= lost_.end()) return false;
    if (position < end_) return true;
    const bool taken = batch_.take_next(position);
    if (taken) ++end_;
    return taken;
  }

  // A record that fills the server's limit has no room for the brackets: it goes alone, to the route for one.
  bool as_array() const noexcept { return body_.size() <= largest_body; }

  // ---- what became of it --------------------------------------------------------------------------------------

  after posted(const verdict& judged) {
    const bool single = sent_.size() == 1;
    if (judged.lost && judged.error) lost_.lose(low_, high_);
    switch (judged.error.code) {
      case errc::ok:
        lost_.refute();
        for (const std::uint32_t i : sent_) batch_.settle(i, {outcome::delivered, errc::ok, 200});
        if (sent_.size() == width_) width_ = (std::min)(width_ * 2, batch_.most_records);
        return advance();
      case errc::record_exists:
        if (!single) return narrow();
        culprit_before_ = 0;  // found
        return exists(judged);
      case errc::invalid_record: return refused(judged);
      case errc::record_too_large:
        if (!single) {
          batch_.most_bytes = (std::min)(batch_.most_bytes, body_.size() / 2);
          return next_request();
        }
        refuse(sent_.front(), judged);
        lost_.doubt();  // it may be somebody else who finds it too large
        return advance();
      default: return stop(judged.error);
    }
  }

  after narrow() {
    width_ = sent_.size() / 2;
    culprit_before_ = high_;
    return next_request();
  }
  after advance() {
    low_ = high_;
    batch_.report_progress();
    return next_request();
  }

  // A 400 of Auditor's parser: its line names the culprit.
  after refused(const verdict& judged) {
    std::size_t line = line_of(judged.tail);
    if (line == 0) line = line_of(judged.body);
    if (sent_.size() > 1 && (line == 0 || line > sent_.size())) return narrow();
    refuse(sent_.size() == 1 ? sent_.front() : sent_[line - 1], judged);
    culprit_before_ = 0;  // found
    lost_.refute();       // no window with a record that the server cannot read was ever stored
    batch_.report_progress();
    return next_request();
  }

  // Never stored, unless it was part of an attempt whose answer was lost: then nothing is certain.
  void refuse(std::uint32_t i, const verdict& judged) {
    const bool unsure = judged.lost || lost_.may_hold(low_);
    batch_.fail(i, {unsure ? outcome::unknown : outcome::rejected, judged.error.code, judged.error.status}, judged.error);
  }

  after exists(const verdict& judged) {
    if (batch_.policy == on_duplicate::compare || batch_.policy == on_duplicate::update) {
      if (!stored_) stored_.emplace(settings_.max_record);
      stored_->look_for(batch_.record_of(sent_.front()));
      duplicate_ = judged.error;
      phase_ = phase::look;
      return after::next_request;
    }
    settle_duplicate(judged.error.status);
    return advance();
  }

  after looked(const verdict& judged) {
    const std::uint32_t i = sent_.front();
    const bool seen = !judged.error;
    if (seen && stored_->is_foreign()) lost_.refute();
    switch (seen ? stored_->found() : stored_record::match::not_seen) {
      case stored_record::match::equal: batch_.settle(i, {outcome::delivered, errc::ok, duplicate_.status}); break;
      case stored_record::match::only_open:
        if (batch_.policy == on_duplicate::update) {
          body_.clear();
          if (const error e = Codec::encode(batch_.record_of(i), body_); e.code == errc::ok) {
            phase_ = phase::put;
            return after::next_request;
          }
        }
        [[fallthrough]];
      case stored_record::match::different: {
        error conflict = duplicate_;
        conflict.code = errc::conflict;
        conflict.say(stored_->difference().words());
        batch_.fail(i, {outcome::duplicate, errc::conflict, duplicate_.status}, conflict);
        break;
      }
      case stored_record::match::not_seen: settle_duplicate(duplicate_.status); break;
    }
    return advance();
  }

  after put(const verdict& judged) {
    const std::uint32_t i = sent_.front();
    if (!judged.error) {
      batch_.settle(i, {outcome::delivered, errc::ok, 200});
      return advance();
    }
    const errc code = judged.error.code;
    if (code == errc::record_not_found || code == errc::invalid_record || code == errc::record_too_large) {
      batch_.fail(i, {judged.error.result, code, judged.error.status}, judged.error);
      return advance();
    }
    batch_.settle(i, {judged.error.result, code, judged.error.status});
    return stop(judged.error);
  }

  // Success under `ignore`; else a failure whose words are written at the end: it may still turn out to be ours.
  void settle_duplicate(std::uint16_t status) {
    batch_.settle(sent_.front(),
                  {outcome::duplicate, batch_.policy == on_duplicate::ignore ? errc::ok : errc::record_exists, status});
  }
  bool is_duplicate(std::size_t i) const noexcept {
    return batch_[i].result == outcome::duplicate && batch_[i].code != errc::conflict;
  }

  // A lost window is over. Never refuted, all its records exist: it was stored after all.
  void settle_lost(const lost_windows::window& over) {
    if (over.refuted) return;
    for (std::size_t p = over.lo; p < over.hi; ++p) {
      const std::uint32_t i = batch_.index_at(p);
      if (!is_duplicate(i)) continue;
      if (over.doubtful)
        batch_.settle(i, {outcome::unknown, errc::record_exists, batch_[i].status});
      else
        batch_.settle(i, {outcome::delivered, errc::ok, batch_[i].status});
    }
  }

  after stop(const error& why) {
    if (why.result == outcome::unknown && phase_ == phase::post) lost_.lose(low_, high_);
    batch_.stop(why, sent_.front());
    return leave(why);
  }

  // Nothing more is sent: what was not settled is unknown where it was part of a lost window, else not applied.
  after leave(const error& why) {
    for (std::size_t p = lost_.begin_or(low_); p < end_; ++p) {
      const std::uint32_t i = batch_.index_at(p);
      if (!batch_.is_settled(i))
        batch_.settle(i, {lost_.holds(p) ? outcome::unknown : outcome::not_applied, why.code, why.status});
      else if (is_duplicate(i) && lost_.may_hold(p))
        batch_.settle(i, {outcome::unknown, why.code, batch_[i].status});
    }
    batch_.report_progress();
    return after::done;
  }

  bulk_batch& batch_;
  const options& settings_;
  std::size_t width_;               // records of the next request
  std::size_t culprit_before_ = 0;  // the end of the last request that was refused for one of its records; 0: none is known
  std::size_t low_ = 0, high_ = 0;  // the positions that the present request covers
  std::size_t end_ = 0;             // of the positions taken
  std::vector<std::uint32_t> sent_;  // the records of the present request, as on its lines
  lost_windows lost_;
  std::string body_;
  phase phase_ = phase::post;
  std::optional<stored_record> stored_;
  error duplicate_;
};

/// The batch and its first window: enough for a driver that sends one request at a time. One that can send several gives
/// each of the other windows a driver too, and takes the result when all of them are done.
template <class Codec>
class bulk_insert_operation {
 public:
  using part = bulk_window<Codec>;

  bulk_insert_operation(view_list<record_view> records, const options& settings, const call_options& call,
                        std::size_t in_flight = 1)
      : batch_(records, settings, call),
        settings_(settings),
        parts_((std::clamp)(in_flight, std::size_t{1}, (std::max)(batch_.size(), std::size_t{1}))),
        first_(batch_, settings, share()) {}

  /// How many windows there are, the first among them.
  std::size_t parts() const noexcept { return parts_; }
  part another_part() { return {batch_, settings_, share()}; }

  after start() { return first_.start(); }
  route what() const { return first_.what(); }
  patience how() const { return first_.how(); }
  request_view begin() { return first_.begin(); }
  std::span<char> prepare() { return first_.prepare(); }
  fed commit(std::size_t n) { return first_.commit(n); }
  const error& problem() const { return first_.problem(); }
  after finish(const verdict& judged) { return first_.finish(judged); }
  bulk_report take() { return batch_.take(); }

 private:
  // So that a small batch gives all of them something to do.
  std::size_t share() const noexcept { return (batch_.size() + parts_ - 1) / parts_; }

  bulk_batch batch_;
  const options& settings_;
  std::size_t parts_;
  part first_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
