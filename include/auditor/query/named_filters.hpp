// The conditions of a query on meta and components: a program whose queries have none links nothing of what they need.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/meta_filter.hpp>
#include <auditor/query/range.hpp>

#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class query_writer;

struct component_filter {
  std::string name;
  range amount;

  friend bool operator==(const component_filter&, const component_filter&) = default;
};

/// Each with a name beside.
struct named_filters {
  std::vector<meta_filter> meta;
  std::vector<component_filter> components;

  meta_filter& meta_of(std::string name);
  range& amount_of(std::string name);

  result<void> check(meta_dialect dialect) const;
  void write(query_writer& to, meta_dialect dialect) const;
  bool hold_for(const record_view& r) const noexcept;

  friend bool operator==(const named_filters&, const named_filters&) = default;
};

/// None, until `get()` is called: only there are the functions named that go with them.
class optional_named_filters {
 public:
  optional_named_filters() = default;
  optional_named_filters(const optional_named_filters& other)
      : functions_(other.functions_), filters_(other ? functions_->copy(*other.filters_) : nullptr) {}
  optional_named_filters(optional_named_filters&& other) noexcept
      : functions_(other.functions_), filters_(std::exchange(other.filters_, nullptr)) {}
  optional_named_filters& operator=(optional_named_filters other) noexcept {
    std::swap(functions_, other.functions_);
    std::swap(filters_, other.filters_);
    return *this;
  }
  ~optional_named_filters() {
    if (*this) functions_->destroy(filters_);
  }

  explicit operator bool() const noexcept { return filters_ != nullptr; }
  named_filters& get();

  bool on_components() const noexcept { return *this && !filters_->components.empty(); }
  result<void> check(meta_dialect dialect) const { return *this ? functions_->check(*filters_, dialect) : result<void>(); }
  void write(query_writer& to, meta_dialect dialect) const {
    if (*this) functions_->write(*filters_, to, dialect);
  }
  bool hold_for(const record_view& r) const noexcept { return !*this || functions_->hold_for(*filters_, r); }

  friend bool operator==(const optional_named_filters& a, const optional_named_filters& b) noexcept {
    return a && b ? a.functions_->equal(*a.filters_, *b.filters_) : !a && !b;
  }

 private:
  struct functions {
    named_filters* (*copy)(const named_filters& of);
    void (*destroy)(named_filters* last) noexcept;
    bool (*equal)(const named_filters& a, const named_filters& b) noexcept;
    result<void> (*check)(const named_filters& of, meta_dialect dialect);
    void (*write)(const named_filters& of, query_writer& to, meta_dialect dialect);
    bool (*hold_for)(const named_filters& of, const record_view& r) noexcept;
  };

  const functions* functions_ = nullptr;
  named_filters* filters_ = nullptr;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/named_filters.ipp>
#endif
