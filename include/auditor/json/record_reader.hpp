// Cuts a stream of records - as the server sends them, in chunks cut anywhere - and decodes one after the other.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/json/raw_buffer.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_grammar.hpp>
#include <auditor/json/record_splitter.hpp>
#include <auditor/json/record_storage.hpp>
#include <auditor/model/record_view.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Takes concatenated records (servers since 0.9.0), one array of them (older ones), one on each line, or nothing.
///
/// ```cpp
/// for (std::size_t n; (n = read_some(reader.prepare())) != 0;) {
///   reader.commit(n);
///   while (reader.next() == record_reader::status::item) use(reader.view());
/// }
/// if (auto ended = reader.finish(); !ended) complain(ended.error());
/// ```
/// **Memory**: one buffer of 64 KiB, which grows up to `max_record` and a little when a record is larger than that, and
/// the storage of one record. Nothing else, and nothing at all once both have grown. One that was moved from has none, and
/// begins anew with `restart()`.
class AUDITOR_EXPORT record_reader {
 public:
  /// What `next` came to.
  enum class status : std::uint8_t {
    more,    ///< needs more bytes, or `finish()`
    item,    ///< `view()` is the next record
    failed,  ///< `error()` says why; only `restart()` helps
  };

  /// **Units**: bytes of the longest record.
  explicit record_reader(std::size_t max_record = std::size_t{4} << 20) noexcept
      : max_record_((std::min)(max_record, largest_record)) {}

  /// Forgets everything, as if new; keeps its memory.
  void restart() noexcept {
    begin_ = end_ = 0;
    buffer_offset_ = records_ = 0;
    place_ = place::start;
    cut_ = waiting_ = unreadable_ = false;
    last_id_size_ = 0;
    view_ = record_view();
    error_ = auditor::error();
  }

  /// Where the next bytes go, at least one. To be called when `next()` has said `more`.
  /// **Lifetime**: ends that of `view()`.
  std::span<char> prepare() {
    if (error_) begin_ = end_;
    if (begin_ == end_) move_to_front();
    // A record moves at most once: afterwards it is at the front, and grows there.
    if (buffer_.size() - end_ < least_room && begin_ != 0) move_to_front();
    if (buffer_.size() - end_ < least_room && buffer_.size() < max_record_ + first_size) grow();
    return {buffer_.data() + end_, buffer_.size() - end_};
  }

  /// So many bytes are there now.
  void commit(std::size_t n) noexcept {
    detail::expect(n <= buffer_.size() - end_, "a record_reader was given more bytes than prepare() had room for");
    end_ += n;
  }

  /// Decodes the next record.
  /// **Errors**: those of `decode_record`, with the number of the record and the offset in the whole stream, and
  /// `record_too_large`.
  status next() {
    if (error_) return status::failed;
    if (!waiting_) return at_record() ? decode() : error_ ? status::failed : status::more;
    if (splitter_.find_end(scanned_ + front(), back()) == nullptr) return wait();
    waiting_ = false;
    return decode();
  }

  /// **Lifetime**: until the next `next()`, `prepare()` or `restart()`, or the reader moves.
  const record_view& view() const noexcept { return view_; }

  /// The text of that record. **Lifetime**: as `view()`.
  std::string_view text() const noexcept { return {front() - text_size_, text_size_}; }

  /// Whether the record came with `"components":null`: the server cannot read them. The view has everything else.
  bool unreadable() const noexcept { return unreadable_; }

  /// Why it stopped.
  const auditor::error& error() const noexcept { return error_; }

  /// The stream is over.
  /// **Errors**: `json_syntax` when it ends inside a record or an array.
  result<void> finish() {
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

  /// Records decoded so far.
  std::uint64_t records() const noexcept { return records_; }

  /// Bytes taken so far.
  std::uint64_t bytes() const noexcept { return buffer_offset_ + end_; }

 private:
  static constexpr std::size_t first_size = std::size_t{64} << 10;
  static constexpr std::size_t least_room = std::size_t{16} << 10;
  // So that twice the buffer can still be counted.
  static constexpr std::size_t largest_record = (std::numeric_limits<std::size_t>::max)() / 2 - first_size;

  // What was there last.
  enum class place : std::uint8_t { start, records, array_start, array_record, array_comma, behind_array };

  const char* front() const noexcept { return buffer_.data() + begin_; }
  const char* back() const noexcept { return buffer_.data() + end_; }
  std::string_view rest() const noexcept { return {front(), end_ - begin_}; }

  // Steps over what may be between records. True: a record begins at the front, or what should be one.
  bool at_record() noexcept {
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

  status decode() {
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

  void remember(std::string_view id) noexcept {
    auditor::error shortened;
    if (id.size() > sizeof last_id_) id = shortened.of(id).record_id();
    last_id_size_ = id.size();
    std::memcpy(last_id_, id.data(), id.size());
  }

  // The record at the front goes on in bytes that are not here yet.
  status wait() {
    scanned_ = end_ - begin_;
    if (scanned_ <= max_record_) return status::more;
    // Too large, unless something else is wrong with it first.
    detail::view_sink sink(rest(), storage_, view_);
    detail::record_grammar<detail::view_sink> grammar(rest(), sink);
    grammar.read(front());
    return grammar.fault().incomplete ? fail_too_large(grammar.record_id()) : fail(grammar.fault(), grammar.record_id());
  }

  status fail(const detail::json_fault& fault, std::string_view record_id) noexcept {
    const auto at = static_cast<std::uint64_t>(fault.at - buffer_.data());
    return fail(detail::describe(fault, buffer_offset_ + at, record_id));
  }
  bool fail_here(std::string_view rule) noexcept {
    auditor::error e(errc::json_syntax, rule);
    e.offset = buffer_offset_ + begin_;
    fail(e);
    return false;
  }
  status fail_too_large(std::string_view record_id) noexcept {
    auditor::error e(errc::record_too_large, "record ");
    e.more(records_).more(" of the answer is longer than ").more(std::uint64_t{max_record_}).more(" bytes");
    e.of(record_id).offset = buffer_offset_ + begin_;
    return fail(e);
  }
  status fail(const auditor::error& e) noexcept {
    error_ = e;
    error_.index = records_;
    if (e.record_id().empty() && last_id_size_ != 0)
      error_.more(", after record '").more({last_id_, last_id_size_}).more("'");
    waiting_ = false;
    return status::failed;
  }

  void move_to_front() noexcept {
    if (begin_ == 0) return;
    if (begin_ != end_) std::memmove(buffer_.data(), front(), end_ - begin_);
    buffer_offset_ += begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  void grow() {
    const std::size_t size = buffer_.size();
    detail::raw_buffer grown(size == 0 ? first_size : (std::min)(2 * size, max_record_ + first_size));
    if (end_ != 0) std::memcpy(grown.data(), buffer_.data(), end_);
    buffer_ = std::move(grown);
  }

  std::size_t max_record_;
  detail::raw_buffer buffer_;
  std::size_t begin_ = 0;  // of what is not decoded yet
  std::size_t end_ = 0;
  std::size_t text_size_ = 0;  // of the record that ends at begin_
  std::size_t scanned_ = 0;    // while waiting: how much the splitter has seen
  std::uint64_t buffer_offset_ = 0;
  std::uint64_t records_ = 0;
  place place_ = place::start;
  bool cut_ = false;      // the record at the front was incomplete once
  bool waiting_ = false;  // for the end of the record at the front
  bool unreadable_ = false;
  detail::record_splitter splitter_;
  record_storage storage_;
  record_view view_;
  std::size_t last_id_size_ = 0;
  char last_id_[80]{};
  auditor::error error_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
