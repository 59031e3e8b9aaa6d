// POST /records for a batch of any size: an adaptive window over the sorted batch, and an outcome for each record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_encoder.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/batch.hpp>
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
#include <utility>
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

/// Why sorted: two bulks that insert overlapping ids in different order deadlock in the database (protocol, fact 12).
template <class Codec>
class bulk_insert_operation {
 public:
  bulk_insert_operation(view_list<record_view> records, const options& settings, const call_options& call)
      : records_(records),
        settings_(settings),
        policy_(call.duplicates),
        progress_(call.progress),
        most_bytes_((std::clamp)(settings.max_body, std::size_t{1}, largest_body)),
        width_((std::max)(settings.max_batch, std::size_t{1})),
        report_(records.size()) {
    prepare_batch();
    report_progress();
  }

  after start() { return next_window(); }
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
        if (judged.error.attempts > 0) report_.sent();
        return posted(judged);
      case phase::look: return looked(judged);
      case phase::put: return put(judged);
    }
    return after::done;
  }

  bulk_report take() {
    end();
    return std::move(report_);
  }

 private:
  enum class phase : std::uint8_t { post, look, put };

  // ---- before anything is sent --------------------------------------------------------------------------------

  void prepare_batch() {
    order_.reserve(records_.size());
    for (std::size_t i = 0; i < records_.size(); ++i) {
      if (const auto valid = validate(records_[i]); !valid)
        reject(i, valid.error());
      else
        order_.push_back(static_cast<std::uint32_t>(i));
    }
    std::sort(order_.begin(), order_.end(), [this](std::uint32_t a, std::uint32_t b) {
      const int by_id = records_[a].record_id.compare(records_[b].record_id);
      return by_id != 0 ? by_id < 0 : a < b;
    });
    settle_twins();
  }

  // The server refuses a batch that holds an id twice.
  void settle_twins() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const bool twin = kept > 0 && records_[order_[kept - 1]].record_id == records_[order_[i]].record_id;
      if (!twin) {
        order_[kept++] = order_[i];
        continue;
      }
      const std::uint32_t first = order_[kept - 1];
      error e = difference(records_[order_[i]], records_[first]);
      if (e.code == errc::ok) {
        twins_.push_back({order_[i], first});
        continue;
      }
      error conflict{errc::conflict, "differs from record "};
      conflict.more(first).more(" of the batch: ").more(e.words());
      reject(order_[i], conflict);
    }
    order_.resize(kept);
  }

  // ---- windows ------------------------------------------------------------------------------------------------

  std::uint32_t index_at(std::size_t position) const noexcept { return order_[position]; }
  bool is_settled(std::size_t i) const noexcept { return report_[i] != settled{}; }

  // Writes the next window's body: `width_` records at most, within the bytes, not past the innermost lost window.
  after next_window() {
    for (;;) {
      lost_.close(low_, [this](const lost_windows::window& over) { settle_lost(over); });
      while (low_ < order_.size() && is_settled(index_at(low_))) ++low_;
      if (low_ >= order_.size()) {
        lost_.close(low_, [this](const lost_windows::window& over) { settle_lost(over); });
        return after::done;
      }
      if (lost_.end() <= low_) continue;
      if (low_ + width_ >= culprit_before_ && culprit_before_ > low_)
        width_ = (std::max)((culprit_before_ - low_) / 2, std::size_t{1});
      if (encode_window()) {
        phase_ = phase::post;
        return after::next_request;
      }
    }
  }

  bool encode_window() {
    body_.assign(1, '[');
    window_.clear();
    const std::size_t end = (std::min)(order_.size(), lost_.end());
    for (high_ = low_; high_ < end && window_.size() < width_; ++high_) {
      const std::uint32_t i = index_at(high_);
      if (is_settled(i)) continue;
      const std::size_t before = body_.size();
      if (!window_.empty()) body_ += ",\n";
      error e = Codec::encode(records_[i], body_);
      const std::size_t size = body_.size() + 1;
      if (e.code == errc::ok && window_.empty() && size - 2 > largest_body) e = too_large(size - 2);
      if (e.code != errc::ok) {
        body_.resize(before);
        reject(i, e);
      } else if (!window_.empty() && size > most_bytes_) {
        body_.resize(before);
        break;
      } else {
        window_.push_back(i);
      }
    }
    body_ += ']';
    return !window_.empty();
  }

  // A record that fills the server's limit has no room for the brackets: it goes alone, to the route for one.
  bool as_array() const noexcept { return body_.size() <= largest_body; }

  after posted(const verdict& judged) {
    const bool single = window_.size() == 1;
    if (judged.lost && judged.error) lost_.lose(low_, high_);
    switch (judged.error.code) {
      case errc::ok:
        lost_.refute();
        for (const std::uint32_t i : window_) settle(i, {outcome::delivered, errc::ok, 200});
        if (window_.size() == width_) width_ = (std::min)(width_ * 2, (std::max)(settings_.max_batch, std::size_t{1}));
        return advance();
      case errc::record_exists:
        if (!single) return narrow();
        culprit_before_ = 0;  // found
        return exists(judged);
      case errc::invalid_record: return refused(judged);
      case errc::record_too_large:
        if (!single) {
          most_bytes_ = body_.size() / 2;
          return next_window();
        }
        refuse(window_.front(), judged);
        lost_.doubt();  // it may be somebody else who finds it too large
        return advance();
      default: return stop(judged.error);
    }
  }

  after narrow() {
    width_ = window_.size() / 2;
    culprit_before_ = high_;
    return next_window();
  }
  after advance() {
    low_ = high_;
    report_progress();
    return next_window();
  }

  // A 400 of Auditor's parser: its line names the culprit.
  after refused(const verdict& judged) {
    std::size_t line = line_of(judged.tail);
    if (line == 0) line = line_of(judged.body);
    if (window_.size() > 1 && (line == 0 || line > window_.size())) return narrow();
    refuse(window_.size() == 1 ? window_.front() : window_[line - 1], judged);
    culprit_before_ = 0;  // found
    lost_.refute();       // no window with a record that the server cannot read was ever stored
    report_progress();
    return next_window();
  }

  // Never stored, unless it was part of an attempt whose answer was lost: then nothing is certain.
  void refuse(std::uint32_t i, const verdict& judged) {
    const bool unsure = judged.lost || lost_.may_hold(low_);
    fail(i, {unsure ? outcome::unknown : outcome::rejected, judged.error.code, judged.error.status}, judged.error);
  }

  after exists(const verdict& judged) {
    if (policy_ == on_duplicate::compare || policy_ == on_duplicate::update) {
      if (!stored_) stored_.emplace(settings_.max_record);
      stored_->look_for(records_[window_.front()]);
      duplicate_ = judged.error;
      phase_ = phase::look;
      return after::next_request;
    }
    settle_duplicate(judged.error.status);
    return advance();
  }

  after looked(const verdict& judged) {
    const std::uint32_t i = window_.front();
    const bool seen = !judged.error;
    switch (seen ? stored_->found() : stored_record::match::not_seen) {
      case stored_record::match::equal: settle(i, {outcome::delivered, errc::ok, duplicate_.status}); break;
      case stored_record::match::only_open:
        if (policy_ == on_duplicate::update) {
          body_.clear();
          if (const error e = Codec::encode(records_[i], body_); e.code == errc::ok) {
            phase_ = phase::put;
            return after::next_request;
          }
        }
        [[fallthrough]];
      case stored_record::match::different: {
        error conflict = duplicate_;
        conflict.code = errc::conflict;
        conflict.say(stored_->difference().words());
        fail(i, {outcome::duplicate, errc::conflict, duplicate_.status}, conflict);
        break;
      }
      case stored_record::match::not_seen: settle_duplicate(duplicate_.status); break;
    }
    return advance();
  }

  after put(const verdict& judged) {
    const std::uint32_t i = window_.front();
    if (!judged.error) {
      settle(i, {outcome::delivered, errc::ok, 200});
      return advance();
    }
    const errc code = judged.error.code;
    if (code == errc::record_not_found || code == errc::invalid_record || code == errc::record_too_large) {
      fail(i, {judged.error.result, code, judged.error.status}, judged.error);
      return advance();
    }
    settle(i, {judged.error.result, code, judged.error.status});
    return stop(judged.error);
  }

  // ---- outcomes -----------------------------------------------------------------------------------------------

  void settle(std::size_t i, const settled& how) {
    report_.settle(i, how);
    ++settled_;
  }
  void fail(std::size_t i, const settled& how, error words) {
    settle(i, how);
    words.result = how.result;
    words.index = i;
    words.of(records_[i].record_id);
    report_.keep(words);
  }
  void reject(std::size_t i, const error& why) { fail(i, {outcome::rejected, why.code, why.status}, why); }

  // Success under `ignore`; else a failure whose words are written at the end: it may still turn out to be ours.
  void settle_duplicate(std::uint16_t status) {
    settle(window_.front(), {outcome::duplicate, policy_ == on_duplicate::ignore ? errc::ok : errc::record_exists, status});
  }

  bool is_duplicate(std::size_t i) const noexcept {
    return report_[i].result == outcome::duplicate && report_[i].code != errc::conflict;
  }

  // A lost window is over. Never refuted, all its records exist: it was stored after all.
  void settle_lost(const lost_windows::window& over) {
    if (over.refuted) return;
    for (std::size_t p = over.lo; p < over.hi; ++p) {
      const std::uint32_t i = index_at(p);
      if (!is_duplicate(i)) continue;
      if (over.doubtful)
        report_.settle(i, {outcome::unknown, errc::record_exists, report_[i].status});
      else
        report_.settle(i, {outcome::delivered, errc::ok, report_[i].status});
    }
  }

  // Nothing more is sent: what was not settled is unknown where it was part of a lost window, else not applied.
  after stop(const error& why) {
    stopped_ = why;
    stopped_.index = window_.front();
    stopped_.of(records_[window_.front()].record_id);
    if (why.result == outcome::unknown && phase_ == phase::post) lost_.lose(low_, high_);
    for (std::size_t p = 0; p < order_.size(); ++p) {
      const std::uint32_t i = index_at(p);
      if (!is_settled(i))
        settle(i, {lost_.holds(p) ? outcome::unknown : outcome::not_applied, why.code, why.status});
      else if (is_duplicate(i) && lost_.may_hold(p))
        report_.settle(i, {outcome::unknown, why.code, report_[i].status});
    }
    report_progress();
    return after::done;
  }

  void end() {
    for (const auto& [twin, first] : twins_) settle(twin, report_[first]);
    report_progress();
    if (stopped_.code != errc::ok) report_.keep_first(stopped_);
    for (std::size_t i = 0; i < report_.size() && report_.errors().size() < bulk_report::most_errors; ++i) {
      if (report_[i].code != errc::record_exists) continue;
      error e{errc::record_exists, "RECORD_EXISTS"};
      e.result = report_[i].result;
      e.request = route::post_records;
      e.status = report_[i].status;
      e.attempts = 1;
      e.index = i;
      e.of(records_[i].record_id);
      report_.keep(e);
    }
    report_.finish();
  }

  void report_progress() const {
    if (progress_.report != nullptr) progress_.report(progress_.self, settled_, records_.size());
  }

  view_list<record_view> records_;
  const options& settings_;
  on_duplicate policy_;
  progress_callback progress_;
  std::size_t most_bytes_;
  std::size_t width_;               // records of the next window
  std::size_t culprit_before_ = 0;  // the end of the last window that was refused for one of its records; 0: none is known
  std::vector<std::uint32_t> order_;  // the records to send, sorted by id; a position is an index into this
  std::vector<std::pair<std::uint32_t, std::uint32_t>> twins_;
  std::vector<std::uint32_t> window_;  // the records of the present request, as on its lines
  std::size_t low_ = 0, high_ = 0;     // the positions it covers
  lost_windows lost_;
  std::string body_;
  phase phase_ = phase::post;
  std::optional<stored_record> stored_;
  error duplicate_, stopped_;
  std::size_t settled_ = 0;
  bulk_report report_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
