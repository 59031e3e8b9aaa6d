// Goes on in an answer of no particular order: asked again, it must begin as it did before.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/id_hash.hpp>
#include <auditor/operation/read/record_count.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The order of the server leaves records of one time in any order, so that a cut answer cannot be skipped up to an id. But
/// the same question mostly has the same answer: when it begins with as many records as were shown, in the same order, what
/// follows is new. Kept as a count and a hash of their ids.
class same_beginning {
 public:
  enum class place : std::uint8_t {
    new_one,
    seen_before,
    another,  // the answer does not begin as the one before did
  };

  /// The question is asked, or asked again.
  void restart() noexcept;
  place came(std::string_view id) noexcept;
  /// Did the answer come as far as the one before?
  bool is_over() const noexcept { return again_.count == shown_.count; }

 private:
  struct beginning {
    record_count count = 0;
    id_hash hash;

    void add(std::string_view id) noexcept;
  };

  beginning shown_, again_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/same_beginning.ipp>
#endif
