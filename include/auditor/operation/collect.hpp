// A read that keeps what it gets, and gives it back in the order asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/operation/read.hpp>
#include <auditor/operation/read/collected.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Constructed before the read that fills it.
struct kept_records {
  collected kept_;
  collector collector_ = kept_.as_collector();
};

class collect_operation : private kept_records, public read_operation {
 public:
  collect_operation(query&& asked, fill_function filler, const call_context& with, const read_options& call);
  collect_operation(const collect_operation&) = delete;
  collect_operation& operator=(const collect_operation&) = delete;
  ~collect_operation();

  result<record_list> take();
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/collect.ipp>
#endif
