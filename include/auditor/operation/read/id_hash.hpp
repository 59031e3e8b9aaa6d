// Tells ids apart without keeping them: a hash of 64 bits, which takes one id or many.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// For what may be wrong once in 10^19 ids, and then to the safe side: an honest answer is an error.
class id_hash {
 public:
  void add(std::string_view id) noexcept;
  std::uint64_t value() const noexcept { return value_; }
  friend bool operator==(id_hash a, id_hash b) noexcept { return a.value_ == b.value_; }

 private:
  void mix(std::uint64_t value) noexcept;

  std::uint64_t value_ =
      0;  // as FNV-1a, from 0 and with the length behind; of eight characters at once where that is faster
};

inline id_hash hash_of(std::string_view id) noexcept {
  id_hash hash;
  hash.add(id);
  return hash;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/id_hash.ipp>
#endif
