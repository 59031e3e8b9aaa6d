// Cuts a stream of records - as the server sends them, in chunks cut anywhere - and decodes one after the other.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/json/raw_buffer.hpp>
#include <auditor/json/record_splitter.hpp>
#include <auditor/json/record_storage.hpp>
#include <auditor/json/wanted_fields.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
struct json_fault;
class answer;
}  // namespace detail

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
/// begins anew with `restart()`. One in a workspace never allocates: there a record has to fit with its lists, as they are told in
/// `record_storage`.
class AUDITOR_EXPORT record_reader {
 public:
  /// What `next` came to.
  enum class status : std::uint8_t {
    more,    ///< needs more bytes, or `finish()`
    item,    ///< `view()` is the next record
    failed,  ///< `error()` says why; only `restart()` helps, or `skip()`
  };

  /// On the heap. **Units**: bytes of the longest record.
  explicit record_reader(std::size_t max_record = std::size_t{4} << 20) noexcept;
  /// In memory that does not grow, which text and lists share. What does not fit is `record_too_large`: see `skip()`.
  /// **Lifetime**: of the workspace, longer than this. One that was moved from has none.
  explicit record_reader(std::span<char> workspace) noexcept;
  /// On the heap, or in what is left of a workspace, from `prepare()` to `restart()`.
  /// **Lifetime**: of the memory, longer than this.
  record_reader(detail::memory& in, std::size_t max_record) noexcept;

  /// From the next record on the view has these fields alone. **Lifetime**: of the fields, longer than this.
  void show_only(const wanted_fields& wanted) noexcept;

  /// Forgets everything, as if new; keeps its memory, and what fields it shows.
  void restart() noexcept;

  /// Where the next bytes go, at least one; in a workspace 256 at most. To be called when `next()` has said `more`.
  /// **Lifetime**: ends that of `view()`.
  std::span<char> prepare();

  /// So many bytes are there now.
  void commit(std::size_t n) noexcept;

  /// Decodes the next record.
  /// **Errors**: those of `decode_record`, with the number of the record and the offset in the whole stream, and
  /// `record_too_large`.
  status next();

  /// **Lifetime**: until the next `next()`, `prepare()` or `restart()`, or the reader moves.
  const record_view& view() const noexcept { return view_; }

  /// After `record_too_large`, and before the next `prepare()`: goes on behind that record, which counts as one that came. Until then
  /// `view()` has its id, if that was read, and nothing else. False: there is no such record.
  ///
  /// ```cpp
  /// if (reader.next() == record_reader::status::failed) {
  ///   const std::string id(reader.view().record_id);
  ///   if (!reader.skip()) return complain(reader.error());
  ///   too_large.push_back(id);
  /// }
  /// ```
  bool skip() noexcept;

  /// The text of that record. **Lifetime**: as `view()`.
  std::string_view text() const noexcept;

  /// Whether the record came with `"components":null`: the server cannot read them. The view has everything else.
  bool unreadable() const noexcept { return unreadable_; }

  /// Why it stopped.
  const auditor::error& error() const noexcept { return error_; }

  /// The stream is over.
  /// **Errors**: `json_syntax` when it ends inside a record or an array.
  result<void> finish();

  /// Records so far, those that were skipped too.
  std::uint64_t records() const noexcept { return records_; }

  /// Bytes taken so far.
  std::uint64_t bytes() const noexcept { return buffer_offset_ + end_; }

 private:
  friend class detail::answer;

  static constexpr std::size_t first_size = std::size_t{64} << 10;
  static constexpr std::size_t least_room = std::size_t{16} << 10;
  // Of a workspace: what is read too early has no room for lists.
  static constexpr std::size_t largest_piece = 256;
  static constexpr std::size_t room_for_id =
      16;  // a part of it that no text fills, where the id of a record too large may need it
  // So that twice the buffer can still be counted.
  static constexpr std::size_t largest_record = (std::numeric_limits<std::size_t>::max)() / 2 - first_size;

  // What was there last. The order counts: up to `records` no array was there, behind `behind_array` all are inside of one.
  enum class place : std::uint8_t { start, records, behind_array, array_start, array_record, array_comma };

  const char* front() const noexcept { return buffer_.data() + begin_; }
  const char* back() const noexcept { return buffer_.data() + end_; }
  std::string_view unread() const noexcept;

  // Steps over what may be between records. True: a record begins at the front, or what should be one.
  bool at_record() noexcept;

  // `more`: and nothing is wrong with that.
  status end() noexcept;

  // Of the record at the front, where it is cut: what of it is not here yet.
  enum class rest : std::uint8_t { may_come, is_too_much, will_not_come };
  status decode(rest of_it) { return decode_(*this, of_it); }
  static status decode_all(record_reader& self, rest of_it);
  static status decode_wanted(record_reader& self, rest of_it);
  template <class Sink, class... Wanted>
  status decode_by(rest of_it, const Wanted&... wanted);

  void remember(std::string_view id) noexcept;
  // One more record is behind the reader, decoded or skipped.
  void count_record() noexcept;

  // The record at the front goes on in bytes that are not here yet.
  status wait() noexcept;
  // So much is here that the record at the front is too large, unless it ends in it.
  bool is_full() const noexcept;
  // Of the record that is skipped. True: its end was there.
  bool skip_rest() noexcept;

  bool fail_here(const char* rule) noexcept;
  // Of the record whose id the view has.
  status fail_too_large(std::size_t wanted) noexcept;
  status failed(std::size_t at) noexcept;
  void forget_error() noexcept { ::new (&error_) auditor::error(); }  // without another one on the stack

  bool move_to_front() noexcept;

  status (*decode_)(record_reader& self, rest of_it);  // behind a pointer: only who wants few fields has the code for them
  const wanted_fields* wanted_ = nullptr;
  std::size_t max_record_;
  detail::raw_buffer buffer_;
  std::size_t begin_ = 0;  // of what is not decoded yet
  std::size_t end_ = 0;
  std::size_t text_size_ = 0;  // of the record that ends at begin_
  std::size_t scanned_ = 0;    // while waiting: how much the splitter has seen
  std::uint64_t buffer_offset_ = 0;
  std::uint64_t records_ = 0;
  place place_ = place::start;
  // Of the record at the front: tried once, and incomplete; tried twice, and now the splitter looks for its end before it is tried again,
  // or a large one in small pieces would be decoded over and over; to be skipped, and the splitter looks for its end.
  bool cut_ = false;
  bool waiting_ = false;
  bool skipping_ = false;
  bool unreadable_ = false;
  detail::record_splitter splitter_;
  record_storage storage_;
  record_view view_;
  std::size_t last_id_size_ = 0;
  char last_id_
      [80]{};  // the id of the last record, or both its ends; what comes without a workspace is put here and forgotten
  auditor::error error_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_reader.ipp>
#endif
