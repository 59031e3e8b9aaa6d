// The memory of a record_ring: pages of flash behind three functions of yours, or a piece of RAM.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/callback.hpp>
#include <auditor/queue/bodies.hpp>

#include <cstdint>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Pages that are erased one at a time, and then programmed once. Addresses count bytes from the first page.
///
/// ```cpp
/// auditor::flash_pages pages{.page_bytes = 4096, .pages = 8, .unit = 8};
/// pages.read = [](std::uint32_t at, std::span<char> to) { return board_read(ring_base + at, to.data(), to.size()); };
/// pages.program = [](std::uint32_t at, std::span<const char> from) { return board_program(ring_base + at, from.data(), from.size()); };
/// pages.erase = [](std::uint32_t page) { return board_erase(ring_base + page * 4096); };
/// ```
/// Each function says whether it worked, and returns when it is done: what is still in a write buffer is lost with the power.
/// Where an erase clears less than a record needs, a page is several of them, erased in any order.
struct AUDITOR_EXPORT flash_pages {
  std::uint32_t page_bytes = 0;  ///< what one erase clears, to bytes of 0xFF; a record fits into one page
  std::uint32_t pages = 0;       ///< 2 and more
  std::uint32_t unit = 1;        ///< the least that is programmed at once: 1, 2, 4, 8, 16 or 32 bytes
  /// Any address and length. False when the memory does not answer; what it answers and cannot correct is bytes as any others, not all of them 0xFF.
  callback<bool(std::uint32_t at, std::span<char> to)> read{};
  /// Whole units, at the address of one. Never one that does not read as erased.
  callback<bool(std::uint32_t at, std::span<const char> from)> program{};
  /// This page, from 0.
  callback<bool(std::uint32_t page)> erase{};
};

/// RAM as pages, so many of the same size, which is a multiple of 16: what does not survive a reset there, does not in the ring. Any content is fine to begin with.
///
/// ```cpp
/// static char memory[16'384];
/// auditor::record_ring ring(auditor::ram_pages(memory), room);
/// ```
/// **Lifetime**: the memory outlives the ring.
flash_pages ram_pages(std::span<char> memory, std::uint32_t pages = 4) noexcept;

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_QUEUE_BODIES
#include <auditor/impl/queue/flash_pages.ipp>
#endif
