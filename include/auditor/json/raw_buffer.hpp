// Bytes that are not initialised, and their number: what was moved from has none, and does not believe that it has.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class raw_buffer {
 public:
  raw_buffer() = default;
  explicit raw_buffer(std::size_t size);
  raw_buffer(raw_buffer&& other) noexcept;
  raw_buffer& operator=(raw_buffer&& other) noexcept;
  ~raw_buffer();

  char* data() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return size_; }

 private:
  char* bytes_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/raw_buffer.ipp>
#endif
