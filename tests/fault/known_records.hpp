// The records that exist in this world: few ids, six contents each, and every form in which they cross the wire.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_encoder.hpp>
#include <auditor/model/record.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fault {

/// `open` is `closed` without its stop time, `late` is `closed` with a later one; the others have another amount, which only
/// strangers store.
enum class content : std::uint8_t { closed, open, late, other, open_other, late_other };
constexpr std::array contents = {content::closed, content::open,       content::late,
                                 content::other,  content::open_other, content::late_other};

constexpr bool is_open(content what) noexcept { return what == content::open || what == content::open_other; }
constexpr bool is_late(content what) noexcept { return what == content::late || what == content::late_other; }
/// One of those that the client is given.
constexpr bool is_ours(content what) noexcept { return what <= content::late; }
/// What a PUT makes of it, which has the stop time of another.
constexpr content with_stop_of(content what, content other) noexcept {
  if (is_ours(what)) return is_late(other) ? content::late : content::closed;
  return is_late(other) ? content::late_other : content::other;
}
constexpr content closed_form(content what) noexcept { return is_open(what) ? with_stop_of(what, content::closed) : what; }

constexpr std::size_t ids = 16;
constexpr std::size_t fat_id = 13;  // its record has 2 KB

struct known_record {
  auditor::record value;
  std::string text;     // as the client writes it
  std::string answer;   // as the server sends it
  std::string without;  // ... when it cannot read the components
  // The columns that a query compares and sorts by, as whole numbers. **Units**: microseconds, seconds.
  std::int64_t start = 0, amount = 0;
  std::optional<std::int64_t> stop, runtime;
};

inline std::string id_of(std::size_t i) {
  return std::string("job#") + static_cast<char>('0' + i / 10) + static_cast<char>('0' + i % 10);
}
/// `ids`: not one of ours.
inline std::size_t number_of(std::string_view id) noexcept {
  if (id.size() != 6 || !id.starts_with("job#")) return ids;
  const auto digit = [id](std::size_t i) { return static_cast<std::size_t>(id[i] - '0'); };
  return digit(4) * 10 + digit(5);
}

inline auditor::timestamp start_of(std::size_t id) {
  return auditor::timestamp{std::chrono::hours{450'000 + 24 * static_cast<int>(id)}};
}
/// In another order than the ids, and with no two alike.
inline auditor::timestamp stop_of(std::size_t id, bool late) {
  return auditor::timestamp{std::chrono::hours{451'000}} + std::chrono::minutes{(id * 7) % ids} +
         std::chrono::seconds{late ? 30 : 0};
}

class record_pool {
 public:
  static const known_record& at(std::size_t id, content what) {
    static const record_pool pool;
    return pool.records_[id][static_cast<std::size_t>(what)];
  }

 private:
  record_pool() {
    for (std::size_t id = 0; id < ids; ++id)
      for (const content what : contents) records_[id][static_cast<std::size_t>(what)] = make(id, what);
  }

  static known_record make(std::size_t id, content what) {
    known_record known;
    known.amount = is_ours(what) ? 4 : 99;
    auditor::record& r = known.value = auditor::record{id_of(id), start_of(id)};
    r.with_component(auditor::component{"CPU", known.amount}.with_score("HEPSPEC06", 9.25))
        .with_meta("site", id % 2 == 0 ? "even" : "odd");
    if (id == fat_id) r.with_meta("fat", std::vector<std::string>(20, std::string(100, 'f')));
    if (!is_open(what)) r.with_stop_time(stop_of(id, is_late(what)));
    known.start = start_of(id).time_since_epoch().count();
    if (!is_open(what)) {
      known.stop = stop_of(id, is_late(what)).time_since_epoch().count();
      known.runtime = (*known.stop - known.start) / 1'000'000;
    }
    auditor::encode_record(r, known.text);
    known.answer = known.text.substr(0, known.text.size() - 1) +
                   ",\"runtime\":" + (known.runtime ? std::to_string(*known.runtime) : "null") + "}";
    const std::size_t from = known.answer.find("\"components\":") + 13, to = known.answer.find(",\"start_time\"");
    known.without = known.answer.substr(0, from) + "null" + known.answer.substr(to);
    return known;
  }

  std::array<std::array<known_record, contents.size()>, ids> records_;
};

}  // namespace fault
