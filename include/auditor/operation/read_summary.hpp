// What a read says of itself when it is over: how many records, and how certain it is that these are all.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// How certain it is that a read saw every record that it asked for.
enum class completeness : std::uint8_t {
  complete,  ///< proven: by the record that comes last, by the neighbour of an empty range, or by their number
  none_found,  ///< nothing came, repeatedly, beside rows of the same table; or none ever came of it, beside a healthy database
  unproven,  ///< `proof::none`; or nothing came of a component filter, on which the server's SQL may fail
  stopped,   ///< the visitor wanted no more
};

constexpr std::string_view to_string(completeness state) noexcept {
  switch (state) {
    case completeness::complete: return "complete";
    case completeness::none_found: return "none_found";
    case completeness::unproven: return "unproven";
    case completeness::stopped: return "stopped";
  }
  return "?";
}

/// What `for_each` and a stream give back at the end of a read.
///
/// ```cpp
/// if (read->state != auditor::completeness::complete) std::cerr << read->records << " records, " << to_string(read->state);
/// ```
struct AUDITOR_EXPORT read_summary {
  std::uint64_t records = 0;                    ///< handed out
  completeness state = completeness::unproven;  ///< how certain it is that these are all
  std::uint64_t unreadable = 0;                 ///< reported to read_options::unreadable instead
};

/// The records of a collected read, and how certain it is that they are all. A range of records.
///
/// ```cpp
/// const auto jobs = client.get();
/// if (jobs)
///   for (const auditor::record& job : *jobs) charge(job);
/// ```
/// **Lifetime**: a value like any; iterators and references are those of its vector. **Memory**: about
/// 1.1 KB a record of 4 meta entries and 3 components with a score (480 bytes of JSON), 0.4 KB one of 1 and 1.
class AUDITOR_EXPORT record_list {
 public:
  std::vector<record> records;  ///< in the query's order, or the server's
  read_summary summary;         ///< how certain it is that they are all

  record_list() noexcept;
  record_list(const record_list&) = default;
  /// Takes what the other one has.
  record_list(record_list&&) noexcept;
  record_list& operator=(const record_list&) = default;
  // Moved onto itself it stays as it is, as a record does.
  record_list& operator=(record_list&& other) noexcept;
  ~record_list();

  std::size_t size() const noexcept { return records.size(); }
  bool empty() const noexcept { return records.empty(); }
  auto begin() noexcept { return records.begin(); }
  auto end() noexcept { return records.end(); }
  auto begin() const noexcept { return records.begin(); }
  auto end() const noexcept { return records.end(); }
  record& operator[](std::size_t i) & noexcept { return records[i]; }
  const record& operator[](std::size_t i) const& noexcept { return records[i]; }
  record operator[](std::size_t i) && noexcept { return std::move(records[i]); }
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read_summary.ipp>
#endif
