// What the conformance suite says: of each rule whether it is kept, and if not, what happened.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/callback.hpp>
#include <auditor/base/error.hpp>
#include <auditor/http/call.hpp>
#include <auditor/testing/bodies.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// `skipped`: the rule cannot be asked of this transport; `finding::happened` says why.
enum class standing : std::uint8_t { kept, broken, skipped };

/// One rule of the contract, and what became of it.
struct AUDITOR_EXPORT finding {
  std::string_view rule;  ///< a sentence, such as "a request is sent at most once"
  standing what{};        ///< what became of it
  std::string happened;   ///< what was seen instead, or why it was skipped
};

/// What a transport does not claim, and how long the suite waits. While a rule is being mended:
/// `conformance(make, {.only = "at most once"})`.
struct AUDITOR_EXPORT conformance_settings {
  /// False for a transport that holds each answer whole, as `function_transport` does.
  bool streams = true;
  /// The longest that a server keeps silent before it gives up. What a time-out or a cancellation ends must end earlier.
  ticks longest_wait{5'000};
  /// For asynchronous transports.
  int exchanges_at_once = 300;
  /// Runs the rules whose names contain this; all, when empty.
  std::string_view only{};
  /// Is told each rule before it is tried. Of a transport that waits for ever, the last one told is the rule that it breaks:
  /// `{.begins = [](std::string_view rule) { std::cerr << rule << '\n'; }}`.
  callback<void(std::string_view rule)> begins{};
  /// Bytes of the large body. The systems of both ends may hold 24 MB of it: below 50 MB, what a transport takes before it is read goes unnoticed.
  std::size_t large = 130'000'000;
};

/// No rule is broken.
bool conforms(const std::vector<finding>& all) noexcept;

/// A line for each rule that is broken or skipped; empty when all were kept.
std::string report(const std::vector<finding>& all);

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_TESTING_BODIES
#include <auditor/impl/testing/finding.ipp>
#endif
