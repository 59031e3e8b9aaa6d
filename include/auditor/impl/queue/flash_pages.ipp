// Bodies of queue/flash_pages.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/queue/flash_pages.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL flash_pages ram_pages(std::span<char> memory, std::uint32_t pages) noexcept {
  flash_pages ram;
  ram.pages = pages;
  ram.page_bytes = pages == 0 ? 0 : static_cast<std::uint32_t>(memory.size() / pages) & ~15u;
  ram.read = [from = memory.data()](std::uint32_t at, std::span<char> to) {
    std::memcpy(to.data(), from + at, to.size());
    return true;
  };
  ram.program = [to = memory.data()](std::uint32_t at, std::span<const char> from) {
    std::memcpy(to + at, from.data(), from.size());
    return true;
  };
  ram.erase = [at = memory.data(), size = ram.page_bytes](std::uint32_t page) {
    std::memset(at + std::size_t{page} * size, 0xFF, size);
    return true;
  };
  return ram;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
