// Bodies of operation/add.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/json/record_writer.hpp>
#include <auditor/operation/add.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL void too_large(std::size_t bytes, error& why) noexcept {
  does_not_fit(bytes, largest_body, why, " bytes, the server takes ");
  why.code = errc::record_too_large;
  why.outcome = outcome::rejected;
}

AUDITOR_DECL encoded_record::encoded_record(const unencoded_record& from, purpose of) : body(from.texts) {
  if (!is_valid(from.record, of, failure)) return;
  append_record(from.record, from.encode, body, failure);
  if (!failure && body.size() > largest_body) too_large(body.size(), failure);
  failure.of(from.record.record_id);
}

/// As `from`, but of the record that `to` is of.
inline void take_words(error& to, const error& from) noexcept {
  static_assert(offsetof(error, text) + sizeof to.text == sizeof(error));  // what is behind the record
  std::memcpy(static_cast<void*>(&to), &from, offsetof(error, record));
  std::memcpy(to.text, from.text, sizeof to.text);
}

inline const look_up_functions* look_up_of(const on_duplicate& policy, const call_context& with) noexcept {
  return policy == on_duplicate::fail ? with.settles_lost : policy.look_up();
}

AUDITOR_DECL add_operation::~add_operation() = default;

AUDITOR_DECL add_operation::add_operation(encoded_record&& encoded, const call_context& with, const add_options& call)
    : with_(with),
      rule_(call.duplicates.rule()),
      encoded_(std::move(encoded)),
      stored_(look_up_of(call.duplicates, with), with.texts) {}

AUDITOR_DECL add_operation::add_operation(const unencoded_record& r, const call_context& with, const add_options& call)
    : with_(with), rule_(call.duplicates.rule()), encoded_(r, of), stored_(look_up_of(call.duplicates, with), with.texts) {}

AUDITOR_DECL request_view add_operation::begin() { return {verb::post, record_path, json_headers, encoded_.body.text()}; }

AUDITOR_DECL next_action add_operation::finish(const judged_answer& judged) {
  if (posted(judged)) encoded_.failure.more("; an earlier attempt may have stored it: on_duplicate::compare tells");
  return next_action::done;
}

AUDITOR_DECL result<receipt> add_operation::take() {
  if (encoded_.failure) return encoded_.failure;
  return receipt_;
}

// True: only a look at what is stored could tell.
AUDITOR_DECL bool add_operation::posted(const judged_answer& judged) {
  own_ = own_ || judged.lost;
  if (!judged.error) return succeed(delivery::stored, judged.error.attempts), false;
  fail(judged.error);
  if (own_) encoded_.failure.outcome = outcome::unknown;
  if (encoded_.failure.code != errc::record_exists) return false;
  with_.server.has_held_records = true;
  // To a first attempt it is an answer; behind a lost one it is a reason to look.
  if (rule_ == duplicate_rule::ignore) return succeed(delivery::ignored, encoded_.failure.attempts), false;
  return rule_ != duplicate_rule::fail || own_;
}

AUDITOR_DECL next_action add_operation::succeed(delivery how, std::uint8_t attempts) {
  with_.server.has_held_records = true;
  std::construct_at(&encoded_.failure);
  receipt_ = {how, attempts};
  return next_action::done;
}

AUDITOR_DECL next_action add_operation::fail(const error& e) {
  take_words(encoded_.failure, e);
  return next_action::done;
}

// ---- with a look ------------------------------------------------------------------------------------------------------

AUDITOR_DECL request_kind add_operation::kind_with_look() const {
  const route to = phase_ == phase::post   ? route::post_record
                   : phase_ == phase::look ? route::get_records
                                           : route::put_record;
  return {to, repeat_rule::write};
}

AUDITOR_DECL request_view add_operation::begin_with_look() {
  if (phase_ == phase::look) return stored_.begin();
  request_view request = begin();
  if (phase_ == phase::put) request.method = verb::put;
  return request;
}

AUDITOR_DECL std::span<char> add_operation::prepare_look() { return stored_.prepare(); }

AUDITOR_DECL commit_result add_operation::commit_look(std::size_t n) { return stored_.commit(n); }

AUDITOR_DECL const error& add_operation::problem_of_look() const { return stored_.why(); }

AUDITOR_DECL next_action add_operation::finish_with_look(const judged_answer& judged) {
  switch (phase_) {
    case phase::post: return posted(judged) ? look() : next_action::done;
    case phase::look: return looked(judged);
    case phase::put: break;
  }
  return judged.error ? fail(judged.error) : succeed(delivery::stop_time_set, judged.error.attempts);
}

AUDITOR_DECL next_action add_operation::look() {
  // Only its content tells whose the stored one is. Ours is read back from the body: the caller's may be gone.
  if (!stored_.look_for_body(with_.settings.max_record, encoded_.body.text(), encoded_.failure)) return next_action::done;
  phase_ = phase::look;
  return next_action::next_request;
}

AUDITOR_DECL next_action add_operation::looked(const judged_answer& judged) {
  const stored_record::next next = stored_.judge(judged, rule_, own_);
  switch (next) {
    case stored_record::next::equal:
      return succeed(own_ ? delivery::already_stored : delivery::equal, encoded_.failure.attempts);
    case stored_record::next::set_stop_time: phase_ = phase::put; return next_action::next_request;
    case stored_record::next::post_again: phase_ = phase::post; return next_action::try_again;
    case stored_record::next::conflict:
    case stored_record::next::duplicate:
    case stored_record::next::unknown: break;
  }
  stored_.explain(encoded_.failure, next);
  return next_action::done;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
