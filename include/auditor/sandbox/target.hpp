// The target of a request as the server's HTTP library takes it: what it refuses, and which part is path and query. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

bool is_alphanumeric(char c) noexcept;
bool is_one_of(char c, std::string_view characters) noexcept;

/// How long a scheme is, without its `://`; 0: there is none.
std::size_t size_of_scheme(std::string_view target) noexcept;

/// Where the authority (`user@host:port`) ends; nothing when it is none.
std::optional<std::size_t> end_of_authority(std::string_view text) noexcept;

/// Path and query of a target, without a fragment; nothing when the server refuses it. A target that names a server has
/// another form, `http://host/path`; one that only does, `host:port`, has no path.
std::optional<std::string_view> to_path_and_query(std::string_view target) noexcept;

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/target.ipp>
#endif
