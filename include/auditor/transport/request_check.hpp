// What a request must be before a byte of it is sent: the same for every transport of the library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/http/request.hpp>
#include <auditor/transport/text.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

error check_header(const header& field) noexcept;

error check_request(const request_view& request) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#include <auditor/impl/transport/request_check.ipp>
