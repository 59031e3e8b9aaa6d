// Bodies of base/percent.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/percent.hpp>
#include <auditor/impl/base/percent_encode.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

AUDITOR_DECL void append_percent_encoded(std::string& to, std::string_view raw) { model_detail::percent_encode(to, raw); }

AUDITOR_DECL void append_query_key(std::string& to, std::string_view key) { model_detail::percent_encode_key(to, key); }

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
