// Bodies of operation/add.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_decoder.hpp>
#include <auditor/operation/add.hpp>

#include <cstddef>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL error too_large(std::size_t bytes) noexcept {
  error e{errc::record_too_large, "the server takes at most 2,097,152 bytes, this has "};
  e.outcome = outcome::rejected;
  e.more(bytes);
  return e;
}

AUDITOR_DECL encoded_record encoded_record::of(const record_view& r, encode_function encode, memory& texts) {
  encoded_record encoded{text_buffer(texts), {}, {}};
  encoded.named.of(r.record_id);
  if (const auto valid = validate(r); !valid) {
    encoded.failure = valid.error();
    return encoded;
  }
  error& e = encoded.failure = append_record(r, encode, encoded.body);
  if (e.code == errc::ok && encoded.body.size() > largest_body) e = too_large(encoded.body.size()).of(r.record_id);
  return encoded;
}

AUDITOR_DECL add_operation::~add_operation() = default;

AUDITOR_DECL add_operation::add_operation(encoded_record encoded, const options& settings, const add_options& call,
                                          server_memory& memory)
    : memory_(memory),
      policy_(call.duplicates),
      body_(std::move(encoded.body)),
      stored_(settings.max_record),
      named_(encoded.named),
      failure_(encoded.failure) {}

AUDITOR_DECL request_kind add_operation::kind() const {
  const route to = phase_ == phase::post   ? route::post_record
                   : phase_ == phase::look ? route::get_records
                                           : route::put_record;
  return {to, repeat_rule::write};
}

AUDITOR_DECL request_view add_operation::begin() {
  if (phase_ == phase::look) return stored_.begin();
  return {phase_ == phase::post ? verb::post : verb::put, "/record", json_headers, body_.text()};
}

AUDITOR_DECL std::span<char> add_operation::prepare() { return stored_.prepare(); }

AUDITOR_DECL commit_result add_operation::commit(std::size_t n) { return stored_.commit(n); }

AUDITOR_DECL const error& add_operation::problem() const {
  return phase_ == phase::look ? stored_.problem() : stored_.why();
}

AUDITOR_DECL next_action add_operation::finish(const judged_answer& judged) {
  switch (phase_) {
    case phase::post: return posted(judged);
    case phase::look: return looked(judged);
    case phase::put: break;
  }
  return judged.error ? fail(judged.error) : succeed(delivery::stop_time_set, judged.error.attempts);
}

AUDITOR_DECL result<receipt> add_operation::take() {
  if (failure_) return failure_;
  return receipt_;
}

AUDITOR_DECL next_action add_operation::posted(const judged_answer& judged) {
  own_ = own_ || judged.lost;
  if (!judged.error) return succeed(delivery::stored, judged.error.attempts);
  if (judged.error.code != errc::record_exists) return fail(judged.error, own_);
  known_ = judged.error;
  memory_.has_held_records = true;
  // To a first attempt it is an answer; behind a lost one it is a reason to look.
  if (policy_ == on_duplicate::ignore) return succeed(delivery::ignored, known_.attempts);
  if (policy_ == on_duplicate::fail && !own_) return fail(known_);
  // Only its content tells whose the stored one is. Ours is read back from the body: the caller's may be gone.
  record_view ours;
  if (const error e = decode_record(body_.text(), ours_, ours))
    return fail(known_.more("; not compared: ").more(e.words()), own_);
  stored_.look_for(ours);
  phase_ = phase::look;
  return next_action::next_request;
}

AUDITOR_DECL next_action add_operation::looked(const judged_answer& judged) {
  switch (stored_.judge(judged, policy_, own_)) {
    case stored_record::next::equal: return succeed(own_ ? delivery::already_stored : delivery::equal, known_.attempts);
    case stored_record::next::set_stop_time: phase_ = phase::put; return next_action::next_request;
    case stored_record::next::post_again: phase_ = phase::post; return next_action::try_again;
    case stored_record::next::conflict: known_.code = errc::conflict; return fail(known_.say(stored_.why().words()));
    case stored_record::next::duplicate: return fail(stored_.explain(known_, outcome::duplicate));
    case stored_record::next::unknown: break;
  }
  // The look failed: whether the stored one is ours stays open.
  stored_.explain(known_, outcome::unknown);
  const errc why = stored_.why().code;
  if (why == errc::cancelled || why == errc::timed_out) known_.code = why;  // the caller's own word
  return fail(known_);
}

AUDITOR_DECL next_action add_operation::succeed(delivery how, std::uint8_t attempts) {
  memory_.has_held_records = true;
  failure_ = {};
  receipt_ = {how, attempts};
  return next_action::done;
}

AUDITOR_DECL next_action add_operation::fail(const error& e, bool may_be_stored) {
  failure_ = e;
  if (may_be_stored) failure_.outcome = outcome::unknown;
  failure_.of(named_.record_id());
  return next_action::done;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
