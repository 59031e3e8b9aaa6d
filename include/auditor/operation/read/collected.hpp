// What a collected read has got so far, and how it is given back: in the order that the caller asked for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/model/record.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read/collector.hpp>
#include <auditor/query/query.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class collected {
 public:
  explicit collected(fill_function fill) noexcept : fill_(fill) {}
  collected(const collected&) = delete;
  collected& operator=(const collected&) = delete;
  ~collected();

  /// **Lifetime**: of this one.
  collector as_collector() noexcept;

  void tell_unreadable(const unreadable_callback& hears) const;

  /// Came in the order of ids, proven; wanted in another, and up to a limit.
  void arrange(const query& asked);

  std::vector<record> records;

 private:
  bool add(const record_view& r, std::string_view text, error& why);
  // Told at the end: a repeat would tell it twice.
  void add_unreadable(std::string_view id);
  // The answer comes once more, from its beginning.
  void forget() noexcept;
  void sort(const order& by);

  fill_function fill_;
  std::vector<std::string> unreadable_ids_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/read/collected.ipp>
#endif
