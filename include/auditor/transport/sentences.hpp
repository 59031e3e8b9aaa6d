// What the transports of the library say of the same thing, in the same words.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline constexpr std::string_view nothing_sent_yet = "no connection yet, nothing was sent";
inline constexpr std::string_view never_had_a_turn = " until then, nothing was sent";  // behind no_free_connection
inline constexpr std::string_view answered_too_early = "the server answered before it had the whole request";
inline constexpr std::string_view answer_without_end =
    "the answer has neither Content-Length nor chunks: its end cannot be told from a broken connection";
inline constexpr std::string_view answer_of_the_parent = "this answer is for another process: fork() came between";
inline constexpr std::string_view no_async_read = "async_read needs an open stream and room for at least one byte";

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
