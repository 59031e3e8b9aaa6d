// How records of one read are counted.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Where code is to be small, of one word: a processor of 32 bits reads no 4,000,000,000 records.
using record_count = std::conditional_t<compact, std::size_t, std::uint64_t>;
inline constexpr record_count any_number = (std::numeric_limits<record_count>::max)();

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
