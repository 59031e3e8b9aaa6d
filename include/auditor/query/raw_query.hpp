// A ready query string, read as the server reads it, far enough to find order and limit and to refuse what it would drop.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/query/meta_filter.hpp>
#include <auditor/query/order.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct raw_query {
  std::string filters;  // the pairs as they came, without order and limit
  std::optional<order> sort_by;
  std::optional<std::uint64_t> limit;
  std::optional<std::string> record_id;
  bool component = false;  // a condition on one is among them
};

result<raw_query> read_raw_query(std::string_view text, meta_dialect dialect = meta_dialect::list);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/raw_query.ipp>
#endif
