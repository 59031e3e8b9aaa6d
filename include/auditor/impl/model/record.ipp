// Bodies of model/record.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>

#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

AUDITOR_DECL record::record() noexcept = default;

AUDITOR_DECL record::record(record&&) noexcept = default;

AUDITOR_DECL record::~record() = default;

AUDITOR_DECL record& record::operator=(record&& other) noexcept {
  if (this == &other) return *this;
  record_id = std::move(other.record_id);
  meta = std::move(other.meta);
  components = std::move(other.components);
  start_time = other.start_time;
  stop_time = other.stop_time;
  runtime = other.runtime;
  return *this;
}

AUDITOR_DECL record& record::with_component(component c) & {
  if (components.empty()) components.reserve(2);  // most have several: one alone would soon be moved
  components.push_back(std::move(c));
  return *this;
}

AUDITOR_DECL record record::with_component(component c) && { return std::move(with_component(std::move(c))); }

AUDITOR_DECL record& record::with_meta(auditor::meta m) & {
  meta = std::move(m);
  return *this;
}

AUDITOR_DECL record record::with_meta(auditor::meta m) && { return std::move(with_meta(std::move(m))); }

AUDITOR_DECL record& record::with_meta(model_detail::owned_text name, meta_values values) & {
  meta.set(std::move(name), std::move(values));
  return *this;
}

AUDITOR_DECL record record::with_meta(model_detail::owned_text name, meta_values values) && {
  return std::move(with_meta(std::move(name), std::move(values)));
}

AUDITOR_DECL const component* record::find_component(model_detail::borrowed_text name) const noexcept {
  for (const component& each : components)
    if (each.name == std::string_view(name)) return &each;
  return nullptr;
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
