// A read that keeps what it gets, and gives it back in the order asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/operation/read.hpp>

#include <string_view>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Fills a record from a view, or by a codec of the caller's own from the text.
template <class Codec>
error fill(record& r, const record_view& view, std::string_view text) {
  if constexpr (std::is_same_v<Codec, builtin_codec>) {
    assign(r, view);
    return {};
  } else {
    return Codec::decode(text, r);
  }
}

/// Constructed before the read that fills it.
struct kept_records {
  record_list kept_;
};

template <class Codec>
class collect_operation : private kept_records, public read_operation {
 public:
  collect_operation(const query& asked, const options& settings, const read_options& call, server_memory& memory)
      : read_operation(asked, settings, call, memory, {&kept_.records, &fill<Codec>}) {}
  collect_operation(const collect_operation&) = delete;
  collect_operation& operator=(const collect_operation&) = delete;

  result<record_list> take() {
    const result<read_summary> read = read_operation::take();
    if (!read) return read.error();
    kept_.summary = *read;
    return std::move(kept_);
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
