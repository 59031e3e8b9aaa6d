// GET of one id, to compare what the server holds with what we wanted to store: the second half of a duplicate policy.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_reader.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/query/query.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class stored_record {
 public:
  enum class match : std::uint8_t {
    not_seen,  // nothing came: gone, hidden by RBAC, or a database that failed
    equal,
    only_open,  // equal in all but the stop time, which the stored one does not have
    different,  // and `difference()` says where
  };

  explicit stored_record(std::size_t max_record) : reader_(max_record) {}

  /// **Lifetime**: `ours` until the look-up is over.
  void look_for(const record_view& ours) {
    ours_ = ours;
    target_.assign("/records?");
    if (const auto text = query{}.with_record_id(std::string(ours.record_id)).encode(meta_dialect::list)) target_ += *text;
  }

  request_view begin() {
    reader_.restart();
    match_ = match::not_seen;
    foreign_ = false;
    return {verb::get, target_, {}, {}};
  }
  std::span<char> prepare() { return reader_.prepare(); }
  fed commit(std::size_t n) {
    reader_.commit(n);
    for (;;) {
      switch (reader_.next()) {
        case record_reader::status::more: return fed::more;
        case record_reader::status::failed: return fed::failed;
        case record_reader::status::item: compare(reader_.view()); break;
      }
    }
  }
  const error& problem() const { return reader_.error(); }

  match found() const noexcept { return match_; }
  const error& difference() const noexcept { return difference_; }
  /// Certainly not stored by us: it differs in more than a stop time, which others may have set since.
  bool is_foreign() const noexcept { return foreign_; }

 private:
  void compare(const record_view& stored) {
    if (reader_.unreadable() || stored.record_id != ours_.record_id) return;
    difference_ = auditor::difference(ours_, stored);
    const bool lacks_stop = ours_.stop_time && !stored.stop_time;
    const bool same_else = !difference_but_stop_time(ours_, stored);
    match_ = difference_.code == errc::ok ? match::equal : lacks_stop && same_else ? match::only_open : match::different;
    foreign_ = lacks_stop || !same_else;
  }

  record_reader reader_;
  record_view ours_;
  std::string target_;
  match match_ = match::not_seen;
  bool foreign_ = false;
  error difference_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
