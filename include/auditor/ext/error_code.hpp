// `std::error_code` for those whose code speaks it: `if (code == auditor::errc::record_exists)`.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/message.hpp>

#include <string>
#include <system_error>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

class error_category_type : public std::error_category {
 public:
  const char* name() const noexcept override { return "auditor"; }
  std::string message(int code) const override { return std::string(what_happened(error(static_cast<errc>(code)))); }
  std::error_condition default_error_condition(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_argument:
      case errc::invalid_record:
      case errc::invalid_query: return std::errc::invalid_argument;
      case errc::busy: return std::errc::device_or_resource_busy;
      case errc::connection_lost: return std::errc::connection_reset;
      case errc::timed_out: return std::errc::timed_out;
      case errc::cancelled: return std::errc::operation_canceled;
      case errc::not_authorised: return std::errc::permission_denied;
      default: return {code, *this};
    }
  }
};

}  // namespace model_detail

/// The category of the codes, "auditor". Some of them equal a `std::errc`: `timed_out`, `cancelled` (operation_canceled),
/// `busy`, `connection_lost`, `not_authorised` (permission_denied), and all of `invalid_*`. **Threads**: safe.
inline const std::error_category& error_category() noexcept {
  static const model_detail::error_category_type category;
  return category;
}

/// `throw std::system_error(e.code)`, `if (code == std::errc::timed_out)`.
/// What happened, without the rest of an `error`: which record, whether it may be stored, the server's words.
inline std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), error_category()}; }

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

template <>
struct std::is_error_code_enum<auditor::errc> : std::true_type {};
