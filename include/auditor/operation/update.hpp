// PUT /record: sets the stop time of a record that is stored.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/validate.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_outcomes.hpp>
#include <auditor/operation/call_context.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/set_aside.hpp>

#include <cstddef>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Only the stop time is changed; the server ignores the rest. Repeatable, so that a lost answer is simply asked again.
class update_operation {
 public:
  static constexpr purpose of = purpose::update;

  explicit update_operation(encoded_record&& encoded) : encoded_(std::move(encoded)) {}
  explicit update_operation(const unencoded_record& r) : encoded_(r, of) {}

  next_action start() const { return encoded_.failure ? next_action::done : next_action::next_request; }
  request_kind kind() const;
  request_view begin();
  next_action finish(const judged_answer& judged);
  result<void> take();

 private:
  encoded_record encoded_;
};

/// One PUT a record, in the caller's order, several of one id too: there is no route for many. Goes on behind a record that
/// the server refuses, and behind one that stays unknown while there is a server; stops at what would refuse the next one.
class bulk_update_operation {
 public:
  bulk_update_operation(view_list<record_view> records, const outcome_room& to, encode_function encode,
                        const call_context& with, const bulk_update_options& call);
  bulk_update_operation(const bulk_update_operation&) = delete;
  bulk_update_operation& operator=(const bulk_update_operation&) = delete;
  ~bulk_update_operation();

  next_action start();
  request_kind kind() const;
  request_view begin();
  next_action finish(const judged_answer& judged);

  /// There is no result but the outcomes.
  void take();

 private:
  next_action next_record();

  static bool may_be_done(outcome result) noexcept { return result == outcome::delivered || result == outcome::unknown; }
  // Another stop time of the same record was set since, or may have been: the order is the caller's.
  bool is_followed() const;

  // Whether an update was done, nobody knows: then nobody knows it of a later one that is the same.
  void spread_unknown();

  // What an attempt says that was answered is not said of one that was lost.
  void fail(std::size_t i, const error& words);

  next_action stop(const error& why);

  const encode_function encode_;
  view_list<record_view> records_;
  memory& texts_;
  std::size_t next_ = 0, now_ = 0;  // the first that was not tried yet, and the one that is
  bool lost_ = false;               // an attempt at the present one may have been applied
  bool checks_ = false;             // whether there is a server, after one that stays unknown
  set_aside aside_;
  error why_aside_;
  text_buffer body_;
  bulk_outcomes outcomes_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/update.ipp>
#endif
