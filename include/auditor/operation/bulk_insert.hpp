// POST /records for a batch of any size: an adaptive window over the sorted batch, and an outcome for each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_batch.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/set_aside.hpp>
#include <auditor/operation/stored_record.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The number of the record that a 400 names: the body has one record a line. 0: the text names none.
std::size_t line_of(std::string_view text) noexcept;

/// Takes positions of the batch, one run of them after the other, and finds the outcome of each before it takes more. It grows while
/// all goes well and narrows down to the record that the server refuses. Windows of one batch share no record, so that what
/// one of them learns from a lost answer says nothing about the others.
///
/// A bulk is one transaction. When the answer to one is lost and its repeat meets `RECORD_EXISTS`, then either the lost one
/// was stored, with all its records, or somebody else has some of them: each record is looked at, until one shows that the
/// lost one was *not* stored (it is missing, or certainly a stranger's).
template <class Codec>
class bulk_window {
 public:
  /// `width`: records of the first request, at most.
  bulk_window(bulk_batch& batch, const options& settings, server_memory& memory, std::size_t width)
      : batch_(batch),
        memory_(memory),
        width_((std::clamp)(width, std::size_t{1}, batch.most_records)),
        stored_(settings.max_record) {
    batch_.begin();
  }
  bulk_window(const bulk_window&) = delete;
  bulk_window& operator=(const bulk_window&) = delete;

  next_action start() { return next_request(); }
  request_kind kind() const { return {destination(), repeat_rule::write}; }
  request_view begin() {
    switch (phase_) {
      case phase::look: return stored_.begin();
      case phase::put: return {verb::put, "/record", json_headers, body_};
      case phase::health: return {verb::get, "/health_check", {}, {}};
      case phase::post: break;
    }
    if (!as_array()) return {verb::post, "/record", json_headers, std::string_view(body_).substr(1, body_.size() - 2)};
    return {verb::post, "/records", json_headers, body_};
  }
  std::span<char> prepare() { return stored_.prepare(); }
  commit_result commit(std::size_t n) { return stored_.commit(n); }
  const error& problem() const { return phase_ == phase::look ? stored_.problem() : stored_.why(); }

  next_action finish(const judged_answer& judged) {
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
  /// There is no result but the batch's.
  void take() const noexcept {}

 private:
  enum class phase : std::uint8_t { post, look, put, health };

  // ---- what to send -------------------------------------------------------------------------------------------

  next_action next_request() {
    for (;;) {
      while (low_ < end_ && batch_.has_outcome(batch_.index_at(low_))) ++low_;
      if (batch_.stopped()) return leave(batch_.why_stopped());
      if (low_ == end_ && !next_run()) return next_action::done;
      if (batch_.needs_only_stop_time(low_)) return put_stop_time();
      if (low_ < looks_end_) return look();
      if (low_ + width_ >= culprit_before_ && culprit_before_ > low_)
        width_ = (std::max)((culprit_before_ - low_) / 2, std::size_t{1});
      if (encode(width_)) return send(phase::post);
    }
  }
  next_action send(phase next) {
    phase_ = next;
    return next_action::next_request;
  }

  // The first positions that nobody took; at the end of them, what was set aside; and then, for the last window, the
  // next records of ids that came several times.
  bool next_run() {
    rule_out_lost();
    low_ = end_ = batch_.untaken();
    if (low_ != batch_.size()) return true;
    const std::optional<set_aside::part> again = aside_.take();
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

  // `width` records at most, within the bytes, not past the end of a lost attempt, nor into what another window took.
  bool encode(std::size_t width) {
    body_.assign(1, '[');
    sent_.clear();
    for (high_ = low_; sent_.size() < width && covers(high_); ++high_) {
      const std::uint32_t i = batch_.index_at(high_);
      if (batch_.has_outcome(i)) continue;
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
    if (batch_.needs_only_stop_time(position)) return false;
    if (lost_end_ > low_ && position >= lost_end_) return false;
    if (position < end_) return true;
    const bool taken = batch_.take_next(position);
    if (taken) ++end_;
    return taken;
  }

  route destination() const noexcept {
    switch (phase_) {
      case phase::look: return route::get_records;
      case phase::put: return route::put_record;
      case phase::health: return route::health_check;
      case phase::post: break;
    }
    return as_array() ? route::post_records : route::post_record;
  }
  // A record that fills the server's limit has no room for the brackets: it goes alone, to the route for one.
  bool as_array() const noexcept { return body_.size() <= largest_body; }

  // ---- what became of it --------------------------------------------------------------------------------------

  next_action posted(const judged_answer& judged) {
    const bool single = sent_.size() == 1;
    if (judged.lost && judged.error) lost_end_ = (std::max)(lost_end_, high_);
    if (!judged.error || !fails(judged.error.code)) aside_.went_well();
    switch (judged.error.code) {
      case errc::ok:
        rule_out_lost();  // they were missing until now
        memory_.has_held_records = true;
        for (const std::uint32_t i : sent_) batch_.set_outcome(i, {outcome::delivered, errc::ok, 200});
        if (sent_.size() == width_) width_ = (std::min)(width_ * 2, batch_.most_records);
        return advance();
      case errc::record_exists:
        memory_.has_held_records = true;
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
        refuse(sent_.front(), judged);
        return advance();
      default: return failed(judged);
    }
  }
  static bool fails(errc code) noexcept {
    return code != errc::record_exists && code != errc::invalid_record && code != errc::record_too_large;
  }

  next_action narrow() {
    width_ = sent_.size() / 2;
    culprit_before_ = high_;
    return next_request();
  }
  next_action advance() {
    low_ = high_;
    batch_.report_progress();
    return next_request();
  }
  // No attempt whose answer was lost was stored: some record of each was missing, or is a stranger's.
  void rule_out_lost() noexcept { lost_end_ = looks_end_ = 0; }

  // A 400 of Auditor's parser: its line names the culprit.
  next_action refused(const judged_answer& judged) {
    std::size_t line = line_of(judged.tail);
    if (line == 0) line = line_of(judged.body);
    if (sent_.size() > 1 && (line == 0 || line > sent_.size())) return narrow();
    refuse(sent_.size() == 1 ? sent_.front() : sent_[line - 1], judged);
    culprit_before_ = 0;  // found
    rule_out_lost();      // no window with a record that the server cannot read was ever stored
    batch_.report_progress();
    return next_request();
  }

  // As the answer says, unless it was part of an attempt whose answer was lost: then nothing is certain.
  void refuse(std::uint32_t i, const judged_answer& judged) {
    const bool unsure = judged.lost || lost_end_ > low_;
    batch_.fail(i, {unsure ? outcome::unknown : judged.error.outcome, judged.error.code, judged.error.status},
                judged.error);
  }

  // ---- records that are known -----------------------------------------------------------------------------------

  // This record, by the word of the server.
  next_action exists() {
    const std::uint32_t i = sent_.front();
    if (batch_.policy == on_duplicate::compare || batch_.policy == on_duplicate::update || looks_end_ > low_) {
      const next_action next = look();
      said_to_exist_ = true;
      return next;
    }
    if (batch_.policy == on_duplicate::ignore)
      batch_.set_outcome(i, {outcome::duplicate, errc::ok, known_.status});
    else
      batch_.fail(i, {outcome::duplicate, errc::record_exists, known_.status}, known_);
    return advance();
  }

  // At the first record of the window, alone.
  next_action look() {
    sent_.assign(1, batch_.index_at(low_));
    high_ = low_ + 1;
    said_to_exist_ = false;
    stored_.look_for(batch_.record_of(sent_.front()));
    return send(phase::look);
  }

  next_action looked(const judged_answer& judged) {
    const std::uint32_t i = sent_.front();
    const bool own = lost_end_ > low_;
    if (own && judged.error) return cannot_look(judged);
    aside_.went_well();
    const stored_record::next next = stored_.judge(judged, batch_.policy, own, said_to_exist_);
    if (!judged.error && stored_.is_foreign()) rule_out_lost();
    switch (next) {
      case stored_record::next::equal: batch_.set_outcome(i, {outcome::delivered, errc::ok, known_.status}); break;
      case stored_record::next::set_stop_time: return put();
      case stored_record::next::conflict: set_known(i, errc::conflict, outcome::duplicate); break;
      case stored_record::next::duplicate: set_known(i, errc::record_exists, outcome::duplicate); break;
      case stored_record::next::post_again:
        if (!encode(1)) return advance();
        phase_ = phase::post;
        return said_to_exist_ ? next_action::try_again : next_action::next_request;
      case stored_record::next::unknown: set_known(i, errc::record_exists, outcome::unknown); break;
    }
    return advance();
  }
  void set_known(std::uint32_t i, errc code, outcome result) {
    error words = known_;
    words.code = code;
    if (code == errc::conflict)
      words.say(stored_.why().words());
    else
      stored_.explain(words, result);
    batch_.fail(i, {result, code, known_.status}, words);
  }
  // Who may not read cannot tell for any record of the lost attempt whose it is.
  next_action cannot_look(const judged_answer& judged) {
    const bool never = judged.error.code == errc::not_authorised || judged.error.code == errc::wrong_endpoint;
    if (!never || !set_aside::stops_all(judged.error)) return failed(judged);
    stored_.judge(judged, batch_.policy, true, said_to_exist_);
    set_known(sent_.front(), errc::record_exists, outcome::unknown);
    high_ = looks_end_;
    set_rest(low_, high_, true, known_);
    return advance();
  }

  // At the first record of the window, of whose id an earlier record is stored.
  next_action put_stop_time() {
    if (low_ == end_ && batch_.take_next(low_)) ++end_;
    sent_.assign(1, batch_.index_at(low_));
    high_ = low_ + 1;
    return put();
  }
  next_action put() {
    body_.clear();
    const error e = Codec::encode(batch_.record_of(sent_.front()), body_);
    if (e.code == errc::ok) return send(phase::put);
    batch_.reject(sent_.front(), e);
    return advance();
  }
  next_action put(const judged_answer& judged) {
    const errc code = judged.error.code;
    if (fails(code) && code != errc::ok && code != errc::record_not_found) return failed(judged);
    aside_.went_well();
    if (code == errc::ok)
      batch_.set_outcome(sent_.front(), {outcome::delivered, errc::ok, 200});
    else
      refuse(sent_.front(), judged);
    return advance();
  }

  // ---- what fails -----------------------------------------------------------------------------------------------

  // No attempt is left for this window. The others go on while there is a server.
  next_action failed(const judged_answer& judged) {
    if (judged.error.outcome == outcome::unknown || judged.lost) lost_end_ = (std::max)(lost_end_, high_);
    if (set_aside::stops_all(judged.error)) return stop(judged.error);
    const bool lost = lost_end_ > low_;
    const bool goes_on = aside_.put({low_, high_, lost});
    if (aside_.is_second_time()) {
      batch_.fail(sent_.front(), {lost ? outcome::unknown : outcome::not_applied, judged.error.code, judged.error.status},
                  judged.error);
      set_rest(low_, high_, lost, judged.error);
    }
    if (!goes_on) return stop(judged.error);
    why_aside_ = judged.error;
    low_ = high_;
    if (culprit_before_ <= low_) culprit_before_ = 0;
    return aside_.is_second_time() ? next_request() : send(phase::health);
  }
  next_action checked(const judged_answer& judged) {
    const bool is_there = !judged.error || judged.error.code == errc::not_authorised;
    return is_there ? next_request() : stop(why_aside_);
  }

  next_action stop(const error& why) {
    batch_.stop(why, sent_.front());
    return leave(why);
  }

  // Nothing more is sent: what has no outcome yet is unknown where it was part of a lost attempt, else not applied.
  next_action leave(const error& why) {
    for (const set_aside::part& part : aside_.waiting()) set_rest(part.lo, part.hi, part.lost, why);
    set_rest(low_, (std::clamp)(lost_end_, low_, end_), true, why);
    set_rest(low_, end_, false, why);
    batch_.report_progress();
    return next_action::done;
  }
  void set_rest(std::size_t lo, std::size_t hi, bool lost, const error& why) {
    for (std::size_t p = lo; p < hi; ++p)
      if (const std::uint32_t i = batch_.index_at(p); !batch_.has_outcome(i))
        batch_.set_outcome(i, {lost ? outcome::unknown : outcome::not_applied, why.code, why.status});
  }

  bulk_batch& batch_;
  server_memory& memory_;
  std::size_t width_;               // records of the next request
  std::size_t culprit_before_ = 0;  // the end of the last request that was refused for one of its records; 0: none is known
  std::size_t low_ = 0, high_ = 0;  // the positions that the present request covers
  std::size_t end_ = 0;             // of the positions taken
  std::size_t lost_end_ = 0;        // up to here, an attempt may have been stored whose answer was lost
  std::size_t looks_end_ = 0;       // up to here, each record is looked at
  std::vector<std::uint32_t> sent_;  // the records of the present request, as on its lines
  std::string body_;
  phase phase_ = phase::post;
  stored_record stored_;
  set_aside aside_;
  bool said_to_exist_ = false;  // the record that is looked at, and not only one of its window
  error known_, why_aside_;
};

/// The batch and its first window: enough for a driver that sends one request at a time. One that can send several gives
/// each of the other windows a driver too, and takes the result when all of them are done.
template <class Codec>
class bulk_insert_operation {
 public:
  using part = bulk_window<Codec>;

  bulk_insert_operation(record_batch records, const options& settings, const bulk_insert_options& call,
                        server_memory& memory)
      : records_(std::move(records)),
        batch_(records_.list(), settings, call),
        settings_(settings),
        memory_(memory),
        parts_((std::clamp)(call.in_flight, std::size_t{1}, (std::max)(batch_.size(), std::size_t{1}))),
        first_(batch_, settings, memory, share()) {}

  /// How many windows there are, the first among them.
  std::size_t parts() const noexcept { return parts_; }
  part another_part() { return {batch_, settings_, memory_, share()}; }

  next_action start() {
    batch_.report_progress();  // of those that need no request
    return first_.start();
  }
  request_kind kind() const { return first_.kind(); }
  request_view begin() { return first_.begin(); }
  std::span<char> prepare() { return first_.prepare(); }
  commit_result commit(std::size_t n) { return first_.commit(n); }
  const error& problem() const { return first_.problem(); }
  next_action finish(const judged_answer& judged) { return first_.finish(judged); }
  bulk_report take() { return batch_.take(); }

 private:
  // So that a small batch gives all of them something to do.
  std::size_t share() const noexcept { return (batch_.size() + parts_ - 1) / parts_; }

  record_batch records_;
  bulk_batch batch_;
  const options& settings_;
  server_memory& memory_;
  std::size_t parts_;
  part first_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/bulk_insert.ipp>
#endif
