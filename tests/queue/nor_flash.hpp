// Flash as it is when the power goes: programs only clear bits, once between two erases, and what is under way is left as any mixture.
// What fails without a power cut, and says so, may have done nothing, all, or a part of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "../fault/random_source.hpp"

#include <auditor/queue/flash_pages.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

namespace ring_test {

struct power_cut {};

/// What no driver would do.
struct broken_rule {
  const char* words;
};

class nor_flash {
 public:
  static constexpr std::uint64_t never = (std::numeric_limits<std::uint64_t>::max)();

  nor_flash(std::uint32_t pages, std::uint32_t page_bytes, std::uint32_t unit, std::uint64_t seed)
      : erased(pages),
        pages_(pages),
        page_bytes_(page_bytes),
        unit_(unit),
        chance_(seed),
        bytes_(std::size_t{pages} * page_bytes),
        used_(bytes_.size() / unit, true),
        unstable_(pages) {
    for (char& each : bytes_) each = static_cast<char>(chance_.next());  // as it was delivered
  }

  /// The power goes while this byte is written; an erase takes as many as its page has units.
  std::uint64_t bytes_until_cut = never;
  std::uint64_t written = 0;
  /// The call after so many others fails.
  std::uint64_t reads_until_failure = never, programs_until_failure = never, erases_until_failure = never;
  std::uint64_t failures = 0, programs = 0;  // so far; programs that worked and that did not
  std::vector<unsigned> erased;              // how often, of each page

  /// What is in the memory, to be changed as time does.
  char& at(std::size_t i) { return bytes_[i]; }
  std::size_t size() const { return bytes_.size(); }

  auditor::flash_pages pages() {
    auditor::flash_pages all{.page_bytes = page_bytes_, .pages = pages_, .unit = unit_};
    all.read = [this](std::uint32_t at, std::span<char> to) { return read(at, to); };
    all.program = [this](std::uint32_t at, std::span<const char> from) { return program(at, from); };
    all.erase = [this](std::uint32_t page) { return erase(page); };
    return all;
  }

 private:
  bool read(std::uint32_t at, std::span<char> to) {
    if (at + to.size() > bytes_.size()) throw broken_rule{"a read behind the end"};
    if (fails(reads_until_failure)) {
      for (char& each : to) each = static_cast<char>(chance_.next());
      return false;
    }
    std::memcpy(to.data(), bytes_.data() + at, to.size());
    if (unstable_[at / page_bytes_])
      for (char& each : to)
        if (chance_.percent(2)) each = static_cast<char>(each ^ (1 << chance_.below(8)));
    return true;
  }

  bool fails(std::uint64_t& calls) {
    if (calls == never || calls-- != 0) return false;
    calls = never;
    ++failures;
    return true;
  }

  // Whether the power goes within the next so many bytes, and at which of them.
  bool is_cut(std::size_t size, std::size_t& at) {
    written += size;
    if (bytes_until_cut == never) return false;
    if (bytes_until_cut >= size) {
      bytes_until_cut -= size;
      return false;
    }
    at = static_cast<std::size_t>(bytes_until_cut);
    bytes_until_cut = never;
    return true;
  }

  bool program(std::uint32_t at, std::span<const char> from) {
    if (at % unit_ != 0 || from.size() % unit_ != 0) throw broken_rule{"no whole units"};
    if (at + from.size() > bytes_.size()) throw broken_rule{"a program behind the end"};
    for (std::size_t i = at / unit_; i < (at + from.size()) / unit_; ++i)
      if (used_[i]) throw broken_rule{"a unit is programmed twice"};
    ++programs;
    std::size_t cut = from.size();
    const bool dies = is_cut(from.size(), cut), failed = !dies && fails(programs_until_failure);
    if (failed && chance_.percent(30)) return false;
    if (failed && chance_.percent(70)) cut = chance_.below(from.size());
    // Some drivers write one unit behind the other, some a whole page at once.
    const bool at_once = cut != from.size() && chance_.percent(30);
    for (std::size_t i = 0; i < from.size(); i += unit_) {
      const bool whole = !at_once && i + unit_ <= cut, half = at_once || (!whole && i <= cut);
      if (!whole && !half) break;
      for (std::size_t k = i; k < i + unit_; ++k) {
        const char mask = whole ? '\0' : static_cast<char>(mixture());
        bytes_[at + k] = static_cast<char>(bytes_[at + k] & (from[k] | mask));
        if (bytes_[at + k] != '\xFF') used_[(at + k) / unit_] = true;
      }
      if (whole) used_[(at + i) / unit_] = true;
    }
    if (dies) throw power_cut{};
    return !failed;
  }

  bool erase(std::uint32_t page) {
    if (page >= pages_) throw broken_rule{"no such page"};
    const std::span<char> all(bytes_.data() + std::size_t{page} * page_bytes_, page_bytes_);
    std::size_t cut = 0;
    const bool dies = is_cut(page_bytes_ / unit_, cut), failed = !dies && fails(erases_until_failure);
    ++erased[page];
    if (dies || failed) {
      const auto how = chance_.below(5);
      const std::size_t some = chance_.below(all.size());
      for (std::size_t i = 0; i < all.size(); ++i) {
        if (how == 0) break;  // nothing has happened yet
        if (how == 1) all[i] = static_cast<char>(chance_.next());
        if (how == 2) all[i] = static_cast<char>(all[i] | static_cast<char>(mixture() & mixture() & mixture()));
        if (how == 3 && i < some) all[i] = '\xFF';
        if (how == 4 && chance_.percent(3)) all[i] = '\xFF';  // so that whole marks go, and the rest stays
      }
      unstable_[page] = chance_.percent(30);
    } else {
      std::memset(all.data(), 0xFF, all.size());
      unstable_[page] = false;
    }
    for (std::size_t i = 0; i < page_bytes_ / unit_; ++i)
      used_[std::size_t{page} * page_bytes_ / unit_ + i] = dies || failed;
    if (dies) throw power_cut{};
    return !failed;
  }

  std::uint64_t mixture() {
    const auto how = chance_.below(4);
    return how == 0 ? 0 : how == 1 ? 0xFF : chance_.next();
  }

  std::uint32_t pages_, page_bytes_, unit_;
  fault::random_source chance_;
  std::vector<char> bytes_;
  std::vector<bool> used_;      // units that must not be programmed before the next erase
  std::vector<bool> unstable_;  // pages that an erase left in between: they read differently each time
};

}  // namespace ring_test
