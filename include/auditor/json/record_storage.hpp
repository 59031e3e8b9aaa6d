// Reused memory that a decoded record_view points into.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/json/raw_buffer.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
class stored_record;
class view_sink;
}  // namespace detail

/// The lists of one decoded record, and the strings of its text that had escapes. Everything else a view borrows from the text
/// itself.
///
/// ```cpp
/// alignas(8) std::array<char, 1024> memory;
/// auditor::record_storage storage(memory);  // without it: on the heap, and grows
/// ```
/// **Lifetime**: views die with the next decoding into the same storage, and with the storage.
/// **Memory**: keeps its capacity; once it has seen the largest record, decoding does not allocate. Over memory of a fixed size it
/// never does: 32 bytes for a meta name, 40 for a component, 24 for a score and 16 for a meta value (on processors of 32 bits 16, 24,
/// 16 and 8), and the length of each string that has escapes.
class AUDITOR_EXPORT record_storage {
 public:
  /// On the heap.
  record_storage() noexcept : pool_(detail::memory::heap()) {}
  /// Over memory that does not grow: what does not fit is `buffer_full`. **Lifetime**: of the memory, longer than this.
  explicit record_storage(std::span<char> fixed) noexcept : pool_(std::span<char>()) { move_to(fixed); }
  /// For the calls of a client: in its memory, where that grows.
  explicit record_storage(detail::memory& in) noexcept : pool_(in) {}

 private:
  friend class detail::stored_record;
  friend class detail::view_sink;
  friend class record_reader;

  struct meta_slot {
    std::string_view name;
    const std::string_view* values;  // behind the first of them: the others are before it
    std::size_t count;
  };
  struct component_slot {
    std::string_view name;
    std::int64_t amount;
    const score_view* scores;
    std::size_t count;
  };
  static constexpr std::size_t first_size = 2048;
  static constexpr std::size_t unit = alignof(component_slot);

  template <class T>
  static T before(const void* behind, std::size_t i) {
    return *(static_cast<const T*>(behind) - 1 - i);
  }
  static meta_view meta_at(const void* list, std::size_t i);
  static component_view component_at(const void* list, std::size_t i);

  // The pool lies here now. What is beside whole units is of no use.
  void move_to(std::span<char> fixed) noexcept;
  // For so much, of which this is for strings without their escapes. False: it is fixed, and that is more than all of it.
  bool make_room(std::size_t wanted, std::size_t plain);

  static constexpr std::size_t whole_units(std::size_t size) noexcept { return (size + (unit - 1)) / unit * unit; }

  detail::raw_buffer pool_;  // names from its front, values and scores towards it, then strings without escapes
  std::size_t plain_ = 0;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_storage.ipp>
#endif
