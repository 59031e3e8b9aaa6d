// Bodies of model/component.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/component.hpp>

#include <cstdint>
#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

AUDITOR_DECL component::component(model_detail::owned_text component_name, std::int64_t how_much)
    : name(std::move(component_name).take()), amount(how_much) {}

AUDITOR_DECL component::component() noexcept = default;

AUDITOR_DECL component::component(component&&) noexcept = default;

AUDITOR_DECL component::~component() = default;

AUDITOR_DECL component& component::operator=(component&& other) noexcept {
  if (this == &other) return *this;
  name = std::move(other.name);
  amount = other.amount;
  scores = std::move(other.scores);
  return *this;
}

AUDITOR_DECL component& component::with_score(model_detail::owned_text score_name, double value) & {
  scores.emplace_back(std::move(score_name), value);
  return *this;
}

AUDITOR_DECL component component::with_score(model_detail::owned_text score_name, double value) && {
  return std::move(with_score(std::move(score_name), value));
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
