// Bodies of json/record_reader.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/describe.hpp>
#include <auditor/impl/json/record_grammar.hpp>
#include <auditor/impl/json/selecting_sink.hpp>
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
    : record_reader(detail::memory::heap(), max_record) {}

AUDITOR_DECL record_reader::record_reader(std::span<char> workspace) noexcept
    : decode_(&decode_all), max_record_(largest_record), buffer_(workspace), storage_(std::span<char>()) {}

AUDITOR_DECL record_reader::record_reader(detail::memory& in, std::size_t max_record) noexcept
    : decode_(&decode_all), max_record_((std::min)(max_record, largest_record)), buffer_(in), storage_(in) {}

AUDITOR_DECL void record_reader::show_only(const wanted_fields& wanted) noexcept {
  wanted_ = &wanted;
  decode_ = &decode_wanted;
}

AUDITOR_DECL void record_reader::restart() noexcept {
  begin_ = end_ = 0;
  buffer_offset_ = records_ = 0;
  place_ = place::start;
  cut_ = waiting_ = skipping_ = unreadable_ = false;
  last_id_size_ = 0;
  ::new (&view_) record_view;
  forget_error();
  if (buffer_.is_fixed()) buffer_.give_back();
}

AUDITOR_DECL std::span<char> record_reader::prepare() {
  if (error_) begin_ = end_;
  const bool is_fixed = buffer_.is_fixed();
  if (is_fixed) buffer_.take_all();
  // A record moves at most once: afterwards it is at the front, and grows there.
  move_to_front();
  const std::size_t most = max_record_ + first_size, size = buffer_.size();
  std::size_t left = size - end_;
  if (is_fixed) {
    if (left == 0) {  // there is no workspace: the bytes go where they are of no use
      view_.record_id = {};
      if (!error_) fail_too_large(0);
      return last_id_;
    }
    left = std::clamp(left / 8, std::size_t{1}, largest_piece);
  } else if (left < least_room && size < most) {
    buffer_.grow(end_, size == 0 ? first_size : (std::min)(2 * size, most));
    left = buffer_.size() - end_;
  }
  return {buffer_.data() + end_, left};
}

AUDITOR_DECL void record_reader::commit(std::size_t n) noexcept {
  detail::expect(error_ || n <= buffer_.size() - end_, "a record_reader was given more bytes than prepare() had room for");
  if (error_)
    buffer_offset_ += n;
  else
    end_ += n;
}

AUDITOR_DECL record_reader::status record_reader::next() {
  if (error_) return status::failed;
  if (skipping_ && !skip_rest()) return status::more;
  if (waiting_) {
    if (splitter_.find_end(scanned_ + front(), back()) == nullptr) {
      wait();
      return is_full() ? decode(rest::is_too_much) : status::more;
    }
    waiting_ = false;
  } else if (!at_record()) {
    return error_ ? status::failed : status::more;
  }
  const status came = decode(rest::may_come);
  return came == status::more && is_full() ? decode(rest::is_too_much) : came;
}

AUDITOR_DECL bool record_reader::skip() noexcept {
  if (error_.code != errc::record_too_large || begin_ == end_) return false;
  forget_error();
  skipping_ = true;
  splitter_.restart();
  count_record();
  return true;
}

AUDITOR_DECL bool record_reader::skip_rest() noexcept {
  const char* const behind = splitter_.find_end(front(), back());
  begin_ = behind != nullptr ? static_cast<std::size_t>(behind - buffer_.data()) : end_;
  skipping_ = behind == nullptr;
  return !skipping_;
}

AUDITOR_DECL std::string_view record_reader::text() const noexcept { return {front() - text_size_, text_size_}; }

AUDITOR_DECL result<void> record_reader::finish() {
  switch (end()) {
    case status::more: return {};
    case status::item: return errc::invalid_argument;  // asked before next() said `more`
    case status::failed: break;
  }
  return error_;
}

AUDITOR_DECL record_reader::status record_reader::end() noexcept {
  if (error_) return status::failed;
  if (skipping_ && !skip_rest())
    fail_here("ends inside a record");
  else if (at_record() && decode(rest::will_not_come) == status::item)
    return status::item;
  else if (!error_ && place_ > place::behind_array)
    fail_here("ends inside an array");
  return error_ ? status::failed : status::more;
}

AUDITOR_DECL std::string_view record_reader::unread() const noexcept { return {front(), end_ - begin_}; }

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

AUDITOR_DECL record_reader::status record_reader::decode_all(record_reader& self, rest of_it) {
  return self.decode_by<detail::view_sink>(of_it);
}

AUDITOR_DECL record_reader::status record_reader::decode_wanted(record_reader& self, rest of_it) {
  return self.decode_by<detail::selecting_sink>(of_it, *self.wanted_);
}

template <class Sink, class... Wanted>
inline record_reader::status record_reader::decode_by(rest of_it, const Wanted&... wanted) {
  for (;;) {
    const char* const text = front();
    if (buffer_.is_fixed()) storage_.move_to({buffer_.data() + end_, buffer_.size() - end_});
    Sink sink(storage_, view_, wanted...);
    detail::record_grammar<Sink> grammar(unread(), sink);
    const char* const behind = grammar.read(text);
    const bool is_cut = behind == nullptr && grammar.fault().incomplete && of_it != rest::will_not_come;
    // The lists did not fit: once more with room for them, in a workspace with what the records before this one took.
    if (!sink.is_whole() && (sink.make_room() || move_to_front())) [[unlikely]]
      continue;
    if (behind == nullptr && !is_cut) {  // wrong, whatever may still come
      detail::describe(error_, grammar.fault(), view_.record_id);
      return failed(static_cast<std::size_t>(grammar.fault().at - buffer_.data()));
    }
    const std::size_t size = is_cut ? 0 : static_cast<std::size_t>(behind - text);
    // Too large: with its lists, by itself, or what is here of it.
    if (!sink.is_whole() || size > max_record_ || (is_cut && of_it == rest::is_too_much)) [[unlikely]]
      return fail_too_large(sink.is_whole() || is_cut ? 0 : size + sink.wanted());
    if (is_cut) {
      if (*text != '{') return status::more;  // a word cut short, four bytes at most
      // Most records that are cut are whole with the next bytes: to try again costs less than to look for the end.
      if (cut_) {
        splitter_.restart();
        splitter_.find_end(text, back());
        waiting_ = true;
      }
      cut_ = true;
      return wait();
    }
    begin_ += size;
    text_size_ = size;
    unreadable_ = grammar.unreadable();
    count_record();
    remember(view_.record_id);
    return status::item;
  }
}

AUDITOR_DECL void record_reader::count_record() noexcept {
  ++records_;
  cut_ = false;
  place_ = place_ <= place::records ? place::records : place::array_record;
}

AUDITOR_DECL void record_reader::remember(std::string_view id) noexcept {
  const bool is_long = id.size() > sizeof last_id_;
  if (is_long) [[unlikely]]
    id = error_.of(id).record_id();  // its ends; there is no error
  last_id_size_ = id.size();
  std::memcpy(last_id_, id.data(), id.size());
  if (is_long) [[unlikely]]
    error_.record[0] = '\0';
}

AUDITOR_DECL record_reader::status record_reader::wait() noexcept {
  scanned_ = end_ - begin_;
  return status::more;
}

AUDITOR_DECL bool record_reader::is_full() const noexcept {
  const std::size_t size = end_ - begin_;
  return size > max_record_ || (buffer_.is_fixed() && size > buffer_.size() - buffer_.size() / room_for_id);
}

AUDITOR_DECL bool record_reader::fail_here(const char* rule) noexcept {
  error_.code = errc::json_syntax;
  error_.more(rule);
  failed(begin_);
  return false;
}

AUDITOR_DECL record_reader::status record_reader::fail_too_large(std::size_t wanted) noexcept {
  const bool is_limited = end_ - begin_ > max_record_;
  error_.code = errc::record_too_large;
  error_.more("record ").more(records_).more(" of the answer takes ");
  if (wanted != 0)
    error_.more(std::uint64_t{wanted}).more(" bytes with its lists, the workspace has ");
  else
    error_.more("more than ");
  error_.more(std::uint64_t{is_limited ? max_record_ : buffer_.size()}).more(" bytes");
  const std::string_view record_id = view_.record_id;
  error_.of(record_id);
  ::new (&view_) record_view;
  view_.record_id = record_id;
  unreadable_ = false;
  text_size_ = 0;
  return failed(begin_);
}

AUDITOR_DECL record_reader::status record_reader::failed(std::size_t at) noexcept {
  error_.offset = buffer_offset_ + at;
  error_.index = records_;
  if (error_.record[0] == '\0' && last_id_size_ != 0)
    error_.more(", after record '").more({last_id_, last_id_size_}).more("'");
  waiting_ = false;
  return status::failed;
}

AUDITOR_DECL bool record_reader::move_to_front() noexcept {
  if (begin_ == 0) return false;
  if constexpr (detail::compact) {  // memmove would come along for this alone
    for (std::size_t i = begin_; i < end_; ++i) buffer_.data()[i - begin_] = buffer_.data()[i];
  } else if (begin_ != end_) {
    std::memmove(buffer_.data(), front(), end_ - begin_);
  }
  buffer_offset_ += begin_;
  end_ -= begin_;
  begin_ = 0;
  return true;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
