// Bodies of model/score.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/score.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

AUDITOR_DECL score::score(model_detail::owned_text score_name, double score_value)
    : name(std::move(score_name).take()), value(score_value) {}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
