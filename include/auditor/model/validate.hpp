// What is wrong with a record, and where: every sending call asks here first, so that bad input never reaches the network.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record_view.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The largest score. The server stores larger ones, and then nobody can read the record again.
/// **Source**: protocol, fact 17.
inline constexpr double largest_score = 1e300;

/// Checks a record by all rules of the server that can be checked here; the first one that is broken is reported.
///
/// Names (the id, meta names and values, components, scores) as `validate_name` says, which keeps an id far below the
/// 2,000 bytes that the server's index can hold; meta names distinct; amounts not negative; scores finite, not negative,
/// at most `largest_score`; the start is set, times lie between `earliest_timestamp` and `latest_timestamp`, the stop not
/// before the start.
/// The size of the encoded record is the encoder's to check.
/// **Errors**: `invalid_record`, outcome `rejected`, of this id: `components[0].scores[1].value: is not a number`.
/// **Memory**: none, but for records of more than 16 meta names; in the compact tier none at all.
result<void> validate(const record_view& r);

/// Checks a record that shall set the stop time of a stored one: as `validate`, and the stop time must be there.
result<void> validate_update(const record_view& r);

namespace detail {

enum class purpose : std::uint8_t { add, update };

/// The same for whoever has an error already: `why`, as it begins, says why not.
bool is_valid(const record_view& r, purpose of, error& why);

}  // namespace detail

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/validate.ipp>
#endif
