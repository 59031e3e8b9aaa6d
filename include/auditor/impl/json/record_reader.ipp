// Bodies of json/record_reader.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/describe.hpp>
#include <auditor/impl/json/record_grammar.hpp>
#include <auditor/impl/json/view_sink.hpp>
#include <auditor/json/record_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL record_reader::record_reader(std::size_t max_record) noexcept
    : max_record_((std::min)(max_record, largest_record)) {}

AUDITOR_DECL void record_reader::restart() noexcept {
  begin_ = end_ = 0;
  buffer_offset_ = records_ = 0;
  place_ = place::start;
  cut_ = waiting_ = unreadable_ = false;
  last_id_size_ = 0;
  view_ = record_view();
  error_ = auditor::error();
}

AUDITOR_DECL std::span<char> record_reader::prepare() {
  if (error_) begin_ = end_;
  if (begin_ == end_) move_to_front();
  // A record moves at most once: afterwards it is at the front, and grows there.
  if (buffer_.size() - end_ < least_room && begin_ != 0) move_to_front();
  if (buffer_.size() - end_ < least_room && buffer_.size() < max_record_ + first_size) grow();
  return {buffer_.data() + end_, buffer_.size() - end_};
}

AUDITOR_DECL void record_reader::commit(std::size_t n) noexcept {
  detail::expect(n <= buffer_.size() - end_, "a record_reader was given more bytes than prepare() had room for");
  end_ += n;
}

AUDITOR_DECL record_reader::status record_reader::next() {
  if (error_) return status::failed;
  if (!waiting_) return at_record() ? decode() : error_ ? status::failed : status::more;
  if (splitter_.find_end(scanned_ + front(), back()) == nullptr) return wait();
  waiting_ = false;
  return decode();
}

AUDITOR_DECL std::string_view record_reader::text() const noexcept { return {front() - text_size_, text_size_}; }

AUDITOR_DECL result<void> record_reader::finish() {
  if (error_) return error_;
  if (at_record()) {
    view_ = record_view();
    detail::view_sink sink(rest(), storage_, view_);
    detail::record_grammar<detail::view_sink> grammar(rest(), sink);
    if (grammar.read(front()) != nullptr) return errc::invalid_argument;  // asked before next() said `more`
    fail(grammar.fault(), grammar.record_id());
  } else if (!error_ && place_ != place::start && place_ != place::records && place_ != place::behind_array) {
    fail_here("ends inside an array");
  }
  if (error_) return error_;
  return {};
}

AUDITOR_DECL std::string_view record_reader::rest() const noexcept { return {front(), end_ - begin_}; }

AUDITOR_DECL bool record_reader::at_record() noexcept {
  for (; begin_ != end_; ++begin_) {
    const char c = *front();
    if (detail::is_json_space(c)) continue;
    switch (place_) {
      case place::start:
        if (c != '[') return true;
        place_ = place::array_start;
        break;
      case place::records:
      case place::array_comma: return true;
      case place::array_start:
        if (c != ']') return true;
        place_ = place::behind_array;
        break;
      case place::array_record:
        if (c != ',' && c != ']') return fail_here("expected ',' or ']'");
        place_ = c == ',' ? place::array_comma : place::behind_array;
        break;
      case place::behind_array: return fail_here("something follows the array");
    }
  }
  return false;
}

AUDITOR_DECL record_reader::status record_reader::decode() {
  const std::string_view text = rest();
  detail::view_sink sink(text, storage_, view_);
  detail::record_grammar<detail::view_sink> grammar(text, sink);
  const char* const behind = grammar.read(text.data());
  if (behind == nullptr) {
    if (!grammar.fault().incomplete) return fail(grammar.fault(), grammar.record_id());
    if (*text.data() != '{') return status::more;  // a word cut short, four bytes at most
    // Most records that are cut are whole with the next bytes: to try again costs less than to look for the end.
    if (!cut_) {
      cut_ = true;
      return wait();
    }
    splitter_.restart();
    splitter_.find_end(text.data(), back());
    waiting_ = true;
    return wait();
  }
  const auto size = static_cast<std::size_t>(behind - text.data());
  if (size > max_record_) return fail_too_large(grammar.record_id());
  begin_ += size;
  cut_ = false;
  text_size_ = size;
  ++records_;
  unreadable_ = grammar.unreadable();
  place_ = place_ == place::start || place_ == place::records ? place::records : place::array_record;
  remember(view_.record_id);
  return status::item;
}

AUDITOR_DECL void record_reader::remember(std::string_view id) noexcept {
  auditor::error shortened;
  if (id.size() > sizeof last_id_) id = shortened.of(id).record_id();
  last_id_size_ = id.size();
  std::memcpy(last_id_, id.data(), id.size());
}

AUDITOR_DECL record_reader::status record_reader::wait() {
  scanned_ = end_ - begin_;
  if (scanned_ <= max_record_) return status::more;
  // Too large, unless something else is wrong with it first.
  detail::view_sink sink(rest(), storage_, view_);
  detail::record_grammar<detail::view_sink> grammar(rest(), sink);
  grammar.read(front());
  return grammar.fault().incomplete ? fail_too_large(grammar.record_id()) : fail(grammar.fault(), grammar.record_id());
}

AUDITOR_DECL record_reader::status record_reader::fail(const detail::json_fault& fault,
                                                       std::string_view record_id) noexcept {
  const auto at = static_cast<std::uint64_t>(fault.at - buffer_.data());
  return fail(detail::describe(fault, buffer_offset_ + at, record_id));
}

AUDITOR_DECL bool record_reader::fail_here(std::string_view rule) noexcept {
  auditor::error e(errc::json_syntax, rule);
  e.offset = buffer_offset_ + begin_;
  fail(e);
  return false;
}

AUDITOR_DECL record_reader::status record_reader::fail_too_large(std::string_view record_id) noexcept {
  auditor::error e(errc::record_too_large, "record ");
  e.more(records_).more(" of the answer is longer than ").more(std::uint64_t{max_record_}).more(" bytes");
  e.of(record_id).offset = buffer_offset_ + begin_;
  return fail(e);
}

AUDITOR_DECL record_reader::status record_reader::fail(const auditor::error& e) noexcept {
  error_ = e;
  error_.index = records_;
  if (e.record_id().empty() && last_id_size_ != 0)
    error_.more(", after record '").more({last_id_, last_id_size_}).more("'");
  waiting_ = false;
  return status::failed;
}

AUDITOR_DECL void record_reader::move_to_front() noexcept {
  if (begin_ == 0) return;
  if (begin_ != end_) std::memmove(buffer_.data(), front(), end_ - begin_);
  buffer_offset_ += begin_;
  end_ -= begin_;
  begin_ = 0;
}

AUDITOR_DECL void record_reader::grow() {
  const std::size_t size = buffer_.size();
  detail::raw_buffer grown(size == 0 ? first_size : (std::min)(2 * size, max_record_ + first_size));
  if (end_ != 0) std::memcpy(grown.data(), buffer_.data(), end_);
  buffer_ = std::move(grown);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
