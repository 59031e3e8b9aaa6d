// Bodies of model/meta.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/model/meta.hpp>

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

AUDITOR_DECL meta_values::meta_values(std::vector<std::string> list) noexcept : list_(std::move(list)) {}

AUDITOR_DECL meta_entry::meta_entry(model_detail::owned_text entry_name, meta_values entry_values)
    : name(std::move(entry_name).take()), values(std::move(entry_values).take()) {}

AUDITOR_DECL meta::meta() noexcept = default;

AUDITOR_DECL meta::meta(meta&&) noexcept = default;

AUDITOR_DECL meta::~meta() = default;

AUDITOR_DECL meta::meta(std::initializer_list<meta_entry> entries) {
  for (const meta_entry& entry : entries) set(entry.name, entry.values);
}

AUDITOR_DECL meta::meta(const meta& other)
    : entries_(other.entries_),
      table_(other.table_ ? std::make_unique<model_detail::name_table>(*other.table_) : nullptr) {}

AUDITOR_DECL meta& meta::operator=(const meta& other) {
  if (this != &other) *this = meta(other);
  return *this;
}

AUDITOR_DECL meta& meta::operator=(meta&& other) noexcept {
  if (this == &other) return *this;
  entries_ = std::move(other.entries_);
  table_ = std::move(other.table_);
  return *this;
}

AUDITOR_DECL meta& meta::set(model_detail::owned_text name, meta_values values) & {
  meta_entry added(std::move(name), std::move(values));
  if (entries_.empty()) entries_.reserve(2);  // most have several: one alone would soon be moved
  if (const std::size_t at = place_of(added.name); at != none)
    entries_[at].values = std::move(added.values);
  else
    entries_.push_back(std::move(added));
  if (entries_.size() > few) {
    if (!table_) table_ = std::make_unique<model_detail::name_table>();
    table_->add_up_to(entries_.size(), names{entries_});
  }
  return *this;
}

AUDITOR_DECL meta meta::set(model_detail::owned_text name, meta_values values) && {
  return std::move(set(std::move(name), std::move(values)));
}

AUDITOR_DECL const std::vector<std::string>* meta::find(model_detail::borrowed_text name) const noexcept {
  const std::size_t at = place_of(name);
  return at == none ? nullptr : &entries_[at].values;
}

AUDITOR_DECL void meta::clear() noexcept { entries().clear(); }

AUDITOR_DECL std::vector<meta_entry>& meta::entries() noexcept {
  table_.reset();
  return entries_;
}

AUDITOR_DECL bool meta::is_same(const meta& other) const {
  if (size() != other.size()) return false;
  // In another order both ways: behind `entries()` a name may be there twice.
  return entries_ == other.entries_ || (holds(other) && other.holds(*this));
}

AUDITOR_DECL bool meta::holds(const meta& other) const {
  model_detail::name_index index(size(), names{entries_});
  for (std::size_t i = 0; i < other.size(); ++i) {
    const std::size_t at = index.find(other[i].name, i);
    if (at == index.none || entries_[at].values != other[i].values) return false;
  }
  return true;
}

AUDITOR_DECL std::size_t meta::place_of(std::string_view name) const noexcept {
  if (table_ && table_->size() == entries_.size()) return table_->find(name, names{entries_});
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].name == name) return i;
  return none;
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
