// The record of one id: there, or not there on evidence.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/operation/collect.hpp>
#include <auditor/operation/for_each.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// The record of one id, or none. Always proven: that nothing came once says nothing.
class find_operation : public collect_operation {
 public:
  find_operation(std::string id, fill_function filler, const call_context& with);

  result<std::optional<record>> take();

 protected:
  std::string id_;
};

/// The record of one id, or an error.
class single_record_operation : public find_operation {
 public:
  using find_operation::find_operation;

  result<record> take();
};

/// The id of a call that is over before the caller's text may be.
class borrowed_id {
 public:
  borrowed_id(std::string_view id, memory&) noexcept : id_(id) {}
  std::string_view id() const noexcept { return id_; }

 private:
  std::string_view id_;
};

/// ... and of one that may outlive it: a copy.
class kept_id {
 public:
  kept_id(std::string_view id, memory& in) : copy_(in) { copy_.assign(id); }
  std::string_view id() const noexcept { return copy_.text(); }

 private:
  text_buffer copy_;
};

/// The record of one id, shown to a visitor, or none.
template <class Id, record_visitor Visitor>
class visit_one_operation : private Id, public for_each_operation<Visitor> {
 public:
  visit_one_operation(Id&& id, const call_context& with, Visitor&& visitor)
      : Id(std::move(id)), for_each_operation<Visitor>(query::for_id(this->id()), with, {}, std::move(visitor)) {}

  result<read_summary> take() {
    this->is_about(this->id());
    return for_each_operation<Visitor>::take();
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/find.ipp>
#endif
