// Reused memory that a decoded record_view points into.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/raw_buffer.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
class view_sink;
}

/// The lists of one decoded record, flat, and the strings of its text that had escapes. Everything else a view borrows
/// from the text itself.
///
/// **Lifetime**: views die with the next decoding into the same storage, and when the storage moves.
/// **Memory**: keeps its capacity; once it has seen the largest record, decoding does not allocate.
class AUDITOR_EXPORT record_storage {
 public:
  record_storage() = default;

 private:
  friend class detail::view_sink;

  struct meta_slot {
    std::string_view name;
    std::size_t first;
    std::size_t count;
  };
  struct component_slot {
    std::string_view name;
    std::int64_t amount;
    std::size_t first;
    std::size_t count;
  };

  static meta_view meta_at(const void* self, std::size_t i);
  static component_view component_at(const void* self, std::size_t i);

  void clear() noexcept;

  std::vector<meta_slot> metas_;
  std::vector<std::string_view> values_;
  std::vector<component_slot> components_;
  std::vector<score_view> scores_;
  detail::raw_buffer plain_;  // strings without their escapes
  std::size_t plain_used_ = 0;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_storage.ipp>
#endif
