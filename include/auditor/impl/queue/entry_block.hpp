// Entries one behind the other, as `durability::none` gathers them in memory and writes them to a file in pieces; and the checksums of a store in a file.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/json/word.hpp>
#include <auditor/queue/store.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline void append_word(std::string& to, std::uint64_t word) {
  std::array<char, 8> bytes;
  store_word(word, bytes.data());
  to.append(bytes.data(), bytes.size());
}

// A checksum that tells every change within eight bytes, and others but for one in 2^64. Not against those who mean it.
class sqlite_mark {
 public:
  void add(std::uint64_t eight) noexcept { mark_ = mixed(mark_, eight); }
  void add(std::string_view bytes) noexcept {
    add(bytes.size());
    // Four at a time, none of which waits for another.
    if (bytes.size() >= 32) {
      std::array<std::uint64_t, 4> lanes{mark_, ~mark_, mark_ ^ 0x5555, mark_ ^ 0xAAAA};
      for (; bytes.size() >= 32; bytes.remove_prefix(32))
        for (std::size_t i = 0; i < 4; ++i) lanes[i] = mixed(lanes[i], load_word(bytes.data() + 8 * i));
      for (const std::uint64_t each : lanes) add(each);
    }
    for (; bytes.size() >= 8; bytes.remove_prefix(8)) add(load_word(bytes.data()));
    if (!bytes.empty()) add(load_part(bytes.data(), bytes.size()));
  }
  std::int64_t get() const noexcept { return static_cast<std::int64_t>(mark_); }

 private:
  static std::uint64_t mixed(std::uint64_t mark, std::uint64_t eight) noexcept {
    mark = (mark ^ eight) * 0x9FB2'1C65'1E98'DF25u;
    return mark ^ mark >> 32;
  }

  std::uint64_t mark_ = 0x4175'6469'746F'7221u;
};

// `total`: of a row of entries, what was ever appended up to it; else 0.
inline std::int64_t mark_of_entry(std::int64_t number, std::int64_t kind, std::int64_t accepted, std::uint64_t total,
                                  std::string_view json) noexcept {
  sqlite_mark mark;
  mark.add(static_cast<std::uint64_t>(number));
  mark.add(static_cast<std::uint64_t>(kind));
  mark.add(static_cast<std::uint64_t>(accepted));
  mark.add(total);
  mark.add(json);
  return mark.get();
}

// Sets an entry to what was kept of it. Changed JSON comes without its end, so that nobody takes it for whole.
inline void take_entry(std::uint64_t number, std::int64_t kind, std::int64_t accepted, std::string_view json, bool is_whole,
                       queue_entry& to) {
  to.number = number;
  to.kind = kind == static_cast<std::int64_t>(entry_kind::update) ? entry_kind::update : entry_kind::add;
  to.accepted = timestamp(std::chrono::microseconds(accepted));
  if (!is_whole && !json.empty()) {
    json.remove_suffix(1);
    json = json.substr(0, json.find_last_not_of("} \t\r\n") + 1);
  }
  to.json = json;
}

// Entries of which each takes the memory of one that was there before, as long as there are such.
struct queue_page {
  std::vector<queue_entry>& all;
  std::size_t count = 0;
  queue_entry& next() {
    if (count == all.size()) all.emplace_back();
    return all[count++];
  }
};

// Where a file has the entries of some numbers: their bytes, and behind those a list of where each one ends, with its checksum.
struct block_place {
  static constexpr std::uint64_t head = 16;     // of an entry: when it was accepted, and its kind
  static constexpr std::uint64_t in_list = 16;  // of it in the list
  static constexpr std::uint64_t nowhere = ~std::uint64_t{0};

  std::uint64_t first = nowhere, last = nowhere;  // numbers
  std::uint64_t at = 0, size = 0;                 // bytes
  std::int64_t mark = 0;

  bool has(std::uint64_t number) const noexcept { return first <= number && number <= last; }
  std::uint64_t count() const noexcept { return last - first + 1; }
  std::uint64_t json_bytes() const noexcept { return size - count() * (head + in_list); }
  bool is_plausible() const noexcept { return first != 0 && first <= last && count() <= size / (head + in_list); }
  std::int64_t mark_with(std::string_view list) const noexcept {
    sqlite_mark all;
    for (const std::uint64_t each : {first, last, at, size}) all.add(each);
    all.add(list);
    return all.get();
  }
};

// Entries with the numbers from the first one on.
class entry_block {
 public:
  bool is_empty() const noexcept { return ends_.empty(); }
  std::uint64_t first() const noexcept { return first_; }
  std::uint64_t last() const noexcept { return first_ + ends_.size() - 1; }
  bool has(std::uint64_t number) const noexcept { return number >= first_ && number - first_ < ends_.size(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::uint64_t size_with_list() const noexcept { return bytes_.size() + ends_.size() * block_place::in_list; }
  std::uint64_t json_size(std::uint64_t number) const noexcept { return end(number) - begin(number) - block_place::head; }
  // False: it is not as it was written.
  bool take(std::uint64_t number, queue_entry& to) const {
    const parts entry = parts_of(number);
    const std::size_t in_list = static_cast<std::size_t>(number - first_);
    const bool is_whole = marks_.empty() || marks_[in_list] == mark_of(number, entry);
    take_entry(number, entry.kind, entry.accepted, entry.json, is_whole, to);
    return is_whole;
  }

  void clear(std::uint64_t first) noexcept {
    first_ = first;
    bytes_.clear();
    ends_.clear();
    marks_.clear();
  }
  // What adds so much throws nothing then.
  void reserve(std::size_t entries, std::size_t bytes) {
    if (bytes_.capacity() - bytes_.size() < bytes) bytes_.reserve(bytes_.size() + (std::max)(bytes_.size(), bytes));
    if (ends_.capacity() - ends_.size() < entries) ends_.reserve(ends_.size() + (std::max)(ends_.size(), entries));
  }
  void add(const new_entry& entry) {
    std::array<char, block_place::head> head;
    store_word(static_cast<std::uint64_t>(entry.accepted.time_since_epoch().count()), head.data());
    store_word(static_cast<std::uint64_t>(entry.kind), head.data() + 8);
    bytes_.append(head.data(), head.size());
    bytes_.append(entry.json);
    ends_.push_back(bytes_.size());
  }
  void drop_behind(std::uint64_t number) noexcept {
    ends_.resize(static_cast<std::size_t>(number - first_));
    bytes_.resize(ends_.empty() ? 0 : static_cast<std::size_t>(ends_.back()));
  }

  // From this number on as many as make no more than so many bytes, but one at least.
  std::uint64_t end_of_piece(std::uint64_t number, std::size_t most) const noexcept {
    const std::uint64_t from = begin(number);
    while (number < last() && end(number + 1) - from <= most) ++number;
    return number;
  }
  std::string_view bytes(std::uint64_t from, std::uint64_t to) const noexcept {
    return std::string_view(bytes_).substr(begin(from), end(to) - begin(from));
  }
  std::string list(std::uint64_t from, std::uint64_t to) const {
    std::string all;
    all.reserve(static_cast<std::size_t>((to - from + 1) * block_place::in_list));
    for (std::uint64_t each = from; each <= to; ++each) {
      append_word(all, end(each) - begin(from));
      append_word(all, mark_of(each, parts_of(each)));
    }
    return all;
  }
  // For what is read next, as it was.
  std::string take_memory() noexcept { return std::move(bytes_); }
  // What a file has at this place. False: that is not what was written there, and nothing is known of it.
  bool assign(const block_place& place, std::string&& all) {
    clear(place.first);
    const std::string_view list = std::string_view(all).substr(place.size - block_place::in_list * place.count());
    if (place.mark_with(list) != place.mark) return false;
    ends_.resize(static_cast<std::size_t>(place.count()));
    marks_.resize(ends_.size());
    for (std::size_t i = 0; i < ends_.size(); ++i) {
      ends_[i] = load_word(list.data() + block_place::in_list * i);
      marks_[i] = load_word(list.data() + block_place::in_list * i + 8);
    }
    bytes_ = std::move(all);
    return true;
  }

 private:
  struct parts {
    std::int64_t accepted, kind;
    std::string_view json;
  };
  parts parts_of(std::uint64_t number) const noexcept {
    const char* const from = bytes_.data() + begin(number);
    return {static_cast<std::int64_t>(load_word(from)),
            static_cast<std::int64_t>(load_word(from + 8)),
            {from + block_place::head, static_cast<std::size_t>(json_size(number))}};
  }
  static std::uint64_t mark_of(std::uint64_t number, const parts& of) noexcept {
    return static_cast<std::uint64_t>(mark_of_entry(static_cast<std::int64_t>(number), of.kind, of.accepted, 0, of.json));
  }
  std::size_t begin(std::uint64_t number) const noexcept { return number == first_ ? 0 : end(number - 1); }
  std::size_t end(std::uint64_t number) const noexcept {
    return static_cast<std::size_t>(ends_[static_cast<std::size_t>(number - first_)]);
  }

  std::uint64_t first_ = 1;
  std::string bytes_;
  std::vector<std::uint64_t> ends_;
  std::vector<std::uint64_t> marks_;  // of one that was read
};

// Those that no file has yet, with what was delivered of them.
class gathered_entries : public entry_block {
 public:
  std::uint64_t waiting() const noexcept { return waiting_; }
  std::uint64_t waiting_bytes() const noexcept { return waiting_bytes_; }
  bool is_settled(std::uint64_t number) const noexcept { return settled_[static_cast<std::size_t>(number - first())]; }

  void clear(std::uint64_t first) noexcept {
    entry_block::clear(first);
    settled_.clear();
    waiting_ = waiting_bytes_ = 0;
  }
  void reserve(std::size_t entries, std::size_t bytes) {
    entry_block::reserve(entries, bytes);
    if (settled_.capacity() - settled_.size() < entries)
      settled_.reserve(settled_.size() + (std::max)(settled_.size(), entries));
  }
  void add(const new_entry& entry) {
    entry_block::add(entry);
    settled_.push_back(false);
    ++waiting_;
    waiting_bytes_ += entry.json.size();
  }
  void settle(std::uint64_t number) noexcept {
    if (!has(number) || is_settled(number)) return;
    settled_[static_cast<std::size_t>(number - first())] = true;
    --waiting_;
    waiting_bytes_ -= json_size(number);
  }
  // Those from this number on were never added.
  void take_back(std::uint64_t number) noexcept {
    for (std::uint64_t each = number; has(each); ++each) settle(each);
    drop_behind(number);
    settled_.resize(static_cast<std::size_t>(number - first()));
  }

 private:
  std::vector<bool> settled_;
  std::uint64_t waiting_ = 0, waiting_bytes_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
