// Bodies of base/text.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text.hpp>

#include <string>
#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

AUDITOR_DECL owned_text::owned_text(std::string text) noexcept : characters_(std::move(text)) {}

}  // namespace model_detail

AUDITOR_DECL setting_text::setting_text(std::string characters) noexcept : std::string(std::move(characters)) {}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
