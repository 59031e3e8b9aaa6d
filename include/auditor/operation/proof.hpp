// What a read has to prove: proofs that a small program links only where it names them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/query/special_reads.hpp>

#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

enum class proof_rule : std::uint8_t { complete, none, superset };

}  // namespace detail

/// Whether a read proves that it is complete (protocol, section 7). One of its constants; to be compared, not to be switched
/// over: a constant brings along what it needs.
///
/// ```cpp
/// client.for_each(asked, show, {.reads = auditor::proof::none});
/// ```
class AUDITOR_EXPORT proof {
 public:
  static const proof complete;  ///< the whole answer or an error; records come in the order of their ids
  static const proof none;      ///< what the server sends, in its own order or the query's; the summary says `unproven`
  /// As `complete`, but meta and component filters are applied here, to all records of the query's time and runtime ranges:
  /// decides what nothing on the wire can, such as a component filter of which nothing comes. More comes over the wire. Not
  /// for a query from a text; a streamed one has no limit and no order of its own.
  static const proof superset;

  /// Is it `complete`.
  constexpr proof() noexcept = default;

  friend constexpr bool operator==(const proof& a, const proof& b) noexcept { return a.rule_ == b.rule_; }

  /// For the operations: what it says.
  constexpr detail::proof_rule rule() const noexcept { return rule_; }
  /// For the operations: what it brings along.
  constexpr const detail::special_reads* special() const noexcept { return special_; }

 private:
  constexpr explicit proof(detail::proof_rule rule) noexcept : rule_(rule), special_(detail::special_reads::named()) {}

  detail::proof_rule rule_ = detail::proof_rule::complete;
  const detail::special_reads* special_ = nullptr;
};

inline constexpr proof proof::complete{};
inline constexpr proof proof::none{detail::proof_rule::none};
inline constexpr proof proof::superset{detail::proof_rule::superset};

}  // namespace AUDITOR_ABI
}  // namespace auditor
