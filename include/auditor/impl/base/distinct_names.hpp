// The names of an object: do all differ, and where is this one? Fast for the few that records have, never quadratic for many.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>
#include <auditor/impl/base/same_text.hpp>
#include <auditor/impl/base/sorted_numbers.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

inline constexpr std::size_t no_duplicate = static_cast<std::size_t>(-1);
inline constexpr std::size_t few_names = 16;

// Does name a come before name b? Of equal ones the smaller number does.
template <class Name>
auto order_of_names(const Name& name) noexcept {
  return [&name](std::uint32_t a, std::uint32_t b) {
    const int compared = std::string_view(name(a)).compare(name(b));
    return compared != 0 ? compared < 0 : a < b;
  };
}

// Their numbers in that order. `name(i)` is name i of `count`.
template <class Name>
std::vector<std::uint32_t> sorted_names(std::size_t count, const Name& name) {
  const auto before = order_of_names(name);
  std::vector<std::uint32_t> numbers = all_numbers(count);
  sort_numbers(numbers, number_order::by(before));
  return numbers;
}

// The number of the first name that was there before, or `no_duplicate`. `order`: the numbers in the order of the names.
template <class Name>
std::size_t first_duplicate_in_order(const std::uint32_t* order, std::size_t count, const Name& name) {
  std::size_t first = no_duplicate;
  for (std::size_t i = 1; i < count; ++i)
    if (name(order[i - 1]) == name(order[i])) first = (std::min)(first, std::size_t{order[i]});
  return first;
}

// Looks names up. `name(i)` is name i of `count`, all distinct, and stays what it is until the last look-up.
// **Memory**: allocates above 16 names, when the first of them is not where it was likely to be; a small one never does.
template <class Name, bool is_small = false>
class name_index {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  name_index(std::size_t count, Name name) : count_(count), name_(name) {}

  std::size_t find(std::string_view wanted, std::size_t likely) {
    if (likely < count_ && is_same(name_(likely), wanted)) return likely;
    if constexpr (!is_small)
      if (count_ > few_names) return find_sorted(wanted);
    for (std::size_t i = 0; i < count_; ++i)
      if (is_same(name_(i), wanted)) return i;
    return none;
  }

 private:
  struct no_order {};

  static bool is_same(std::string_view a, std::string_view b) noexcept {
    return is_small ? detail::is_same_text(a, b) : a == b;
  }

  std::size_t find_sorted(std::string_view wanted) {
    if (order_.empty()) order_ = sorted_names(count_, name_);
    std::size_t low = 0;
    for (std::size_t high = count_; low < high;) {
      const std::size_t middle = low + (high - low) / 2;
      if (std::string_view(name_(order_[middle])) < wanted)
        low = middle + 1;
      else
        high = middle;
    }
    return low < count_ && name_(order_[low]) == wanted ? order_[low] : none;
  }

  std::size_t count_;
  Name name_;
  std::conditional_t<is_small, no_order, std::vector<std::uint32_t>> order_;
};

template <bool is_small, class Name>
name_index<Name, is_small> index_of_names(std::size_t count, Name name) {
  return {count, name};
}

// Where names are that are added one after the other: a table of hashes, for lists that have become long.
// **Memory**: 8 to 32 bytes a name.
class name_table {
 public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  // How many names it knows, from the first on.
  std::size_t size() const noexcept { return size_; }

  // Adds those of the names 0 .. count - 1 that it does not know yet.
  template <class Name>
  void add_up_to(std::size_t count, const Name& name) {
    if (slots_.size() < 2 * count) {
      slots_.assign(std::bit_ceil(4 * count), 0);
      size_ = 0;
    }
    for (; size_ < count; ++size_) *slot_of(name(size_), name) = static_cast<std::uint32_t>(size_ + 1);
  }

  template <class Name>
  std::size_t find(std::string_view wanted, const Name& name) const noexcept {
    return std::size_t{*slot_of(wanted, name)} - 1;
  }

 private:
  // The slot that has this name, or the empty one where it would be.
  template <class Name>
  const std::uint32_t* slot_of(std::string_view wanted, const Name& name) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = std::hash<std::string_view>()(wanted) & mask;
    while (slots_[at] != 0 && name(slots_[at] - 1) != wanted) at = (at + 1) & mask;
    return &slots_[at];
  }
  template <class Name>
  std::uint32_t* slot_of(std::string_view wanted, const Name& name) noexcept {
    return const_cast<std::uint32_t*>(std::as_const(*this).slot_of(wanted, name));
  }

  std::vector<std::uint32_t> slots_;  // the number of a name and one, or 0; a power of two of them, at most half in use
  std::size_t size_ = 0;
};

// Names that differ in this one bit differ; most do.
constexpr std::uint64_t bit_of_name(std::string_view text) noexcept {
  if (text.empty()) return 1;
  const unsigned mixed = static_cast<unsigned char>(text.front()) * 5u + static_cast<unsigned char>(text.back()) * 3u +
                         static_cast<unsigned>(text.size());
  return std::uint64_t{1} << (mixed & 63u);
}

// The number of the first name that was there before, or `no_duplicate`. `name(i)` is name i of
// `count`, of which there are few.
template <class Name>
std::size_t first_duplicate_of_few(std::size_t count, const Name& name) {
  std::uint64_t known = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view text = name(i);
    const std::uint64_t bit = bit_of_name(text);
    if ((known & bit) != 0)
      for (std::size_t k = 0; k < i; ++k)
        if (name(k) == text) return i;
    known |= bit;
  }
  return no_duplicate;
}

}  // namespace model_detail
}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

// The same without memory, and without much code: a table of the names of one block after the other, in which all behind them are
// looked up.
[[gnu::noinline]] inline std::size_t first_duplicate_by_blocks(std::size_t count, const void* of,
                                                               std::string_view (*name)(const void* of, std::size_t i)) {
  constexpr std::size_t names = 64, most_slots = 128;
  std::size_t end = count;  // a name here or behind it is the first no more
  for (std::size_t block = 0; block < end; block += names) {
    std::uint8_t table[most_slots] = {};  // the number of a name in its block and one, or 0
    for (std::size_t i = block; i < end; ++i) {
      const std::string_view text = name(of, i);
      unsigned slot = 0;  // the one behind the last is the first
      for (const char c : text) slot = 31 * slot + static_cast<unsigned char>(c);
      while (table[slot %= most_slots] != 0 && !is_same_text(name(of, block + table[slot] - 1), text)) ++slot;
      if (table[slot] != 0)
        end = i;
      else if (i - block < names)
        table[slot] = static_cast<std::uint8_t>(i - block + 1);
    }
  }
  return end == count ? no_duplicate : end;
}

inline constexpr std::size_t too_much_alike = no_duplicate - 1;

// The same in 2 * `count` places, all of them 0, which become the number of a name and one. `too_much_alike`: that of many names of one
// hash, such as somebody may make on purpose, would take too long.
template <class Name>
std::size_t first_duplicate_by_hash(std::uint32_t* places, std::size_t count, const Name& name) {
  std::size_t tries = 8 * count;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view text = name(i);
    const std::uint64_t hash = static_cast<std::uint32_t>(std::hash<std::string_view>()(text));
    std::size_t at = static_cast<std::size_t>(hash * (2 * std::uint64_t{count}) >> 32);
    for (; places[at] != 0; at = at + 1 == 2 * count ? 0 : at + 1) {
      if (name(places[at] - 1) == text) return i;
      if (--tries == 0) return too_much_alike;
    }
    places[at] = static_cast<std::uint32_t>(i + 1);
  }
  return no_duplicate;
}

// The number of the first name that was there before, or `no_duplicate`. `name(i)` is name i of `count`.
// **Memory**: allocates above 16 names; in the compact tier none.
template <class Name>
std::size_t first_duplicate(std::size_t count, const Name& name) {
  if constexpr (compact)
    return first_duplicate_by_blocks(
        count, &name, [](const void* of, std::size_t i) -> std::string_view { return (*static_cast<const Name*>(of))(i); });
  if (count <= few_names) return first_duplicate_of_few(count, name);
  std::vector<std::uint32_t> places(2 * count);
  if (const std::size_t found = first_duplicate_by_hash(places.data(), count, name); found != too_much_alike) return found;
  return first_duplicate_in_order(sorted_names(count, name).data(), count, name);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
