// Compares a record of ours with the one that the server holds: equal, or the first difference in words.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

/// Equal but for what the server's JSON parser loses: within 4 units in the last place (protocol, fact 16).
bool same_score(double a, double b) noexcept;

/// How much of two records is the same.
enum class record_match : std::uint8_t {
  equal,
  all_but_stop_time,  ///< as of a record that was stored open and is to be closed
  different,
};

/// What `compare_records` found.
struct AUDITOR_EXPORT record_comparison {
  record_match match = record_match::equal;  ///< whether they are the same record
  error difference;  ///< code ok when equal, else `conflict` and the first field that differs, with both values
};

}  // namespace AUDITOR_MODEL_ABI
inline namespace AUDITOR_ABI {
namespace detail {

class number_text {
 public:
  explicit number_text(std::int64_t value) noexcept;
  explicit number_text(const double& value) noexcept;
  explicit number_text(const std::optional<timestamp>& value) noexcept;
  number_text(const number_text&) = delete;
  number_text& operator=(const number_text&) = delete;

  operator const std::string_view&() const noexcept { return text_; }

 private:
  void finish(const char* end) noexcept { text_ = {digits_, static_cast<std::size_t>(end - digits_)}; }

  std::string_view text_;
  char digits_[40];
  static_assert(sizeof(digits_) >= timestamp_capacity);
};

}  // namespace detail

/// Compares two records of one id in one pass: ours, and the one that a server holds.
///
/// ```cpp
/// const auto found = auditor::compare_records(ours, stored);
/// if (found.match == auditor::record_match::different) log(found.difference.words());
/// ```
/// The id is not compared. Meta names compare in any order, components in theirs, times to the
/// microsecond, scores as `same_score`; the runtime, which the server computes, does not count.
/// **Memory**: allocates where more than 16 meta names come in another order.
record_comparison compare_records(const record_view& ours, const record_view& stored);

/// The first difference of two records of one id, as `compare_records` finds it: code ok when there is none, else
/// `conflict` and the field with both values: `components[0].amount: 8 here, 4 stored`.
error difference(const record_view& ours, const record_view& stored);

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/difference.ipp>
#endif
