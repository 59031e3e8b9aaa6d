// Finds the end of an object that comes in pieces: braces, brackets and strings, nothing else, each byte looked at once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Whether what lies between the braces is JSON, the decoder says; it sees the record as soon as its end is here.
class record_splitter {
 public:
  void restart() noexcept;

  // Takes the next piece of the object; the first begins with its brace. Returns what follows the closing brace, or null
  // when that is yet to come.
  const char* find_end(const char* p, const char* end) noexcept;

 private:
  // True when the object closes. Sets `escaped_` when the next character does not count.
  bool step(char c) noexcept;

  std::uint32_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/json/record_splitter.ipp>
#endif
