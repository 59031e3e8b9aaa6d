// Who keeps the records of a read, where somebody does.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>

#include <string_view>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Behind pointers: a read that shows each record to its caller has nothing of it.
struct collector {
  bool (*add)(void* self, const record_view& r, std::string_view text, error& why) = nullptr;
  void (*add_unreadable)(void* self, std::string_view id) = nullptr;
  void (*forget)(void* self) noexcept = nullptr;
  void* self = nullptr;
};

/// What a read fills, with an operation of its own: `record_table`.
template <class Into>
concept record_collection = !std::is_const_v<Into> && requires { typename Into::filling_operation; };

// What a codec says of a record that came, as the error of the request that brought it.
inline void is_of_answer(error& why, std::string_view record_id) noexcept {
  why.request = route::get_records;
  why.status = 200;
  if (why.attempts == 0) why.attempts = 1;
  if (why.record_id().empty()) why.of(record_id);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
