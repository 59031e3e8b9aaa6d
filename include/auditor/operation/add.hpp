// POST /record, and what the caller wants done when the id is known already.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/receipt.hpp>
#include <auditor/operation/stored_record.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The server's limit for one body, and so for one record. **Units**: bytes.
inline constexpr std::size_t largest_body = 2'097'152;

namespace detail {

inline error too_large(std::size_t bytes) noexcept {
  error e{errc::record_too_large, "the server takes at most 2,097,152 bytes, this has "};
  e.outcome = outcome::rejected;
  e.more(bytes);
  return e;
}

/// A record validated and written as a body, or why not. Nothing of the record is needed afterwards.
struct encoded_record {
  std::string body;
  error failure;
  error named;  // holds the id, for errors to come

  template <class Codec>
  static encoded_record of(const record_view& r) {
    encoded_record encoded;
    encoded.named.of(r.record_id);
    if (const auto valid = validate(r); !valid) {
      encoded.failure = valid.error();
      return encoded;
    }
    error& e = encoded.failure = Codec::encode(r, encoded.body);
    if (e.code == errc::ok && encoded.body.size() > largest_body) e = too_large(encoded.body.size());
    if (e.code != errc::ok) {
      e.outcome = outcome::rejected;
      e.of(r.record_id);
    }
    return encoded;
  }
};

/// A POST, and behind it only what its answer makes necessary:
///
/// - success: stored, by this attempt or - ids make it repeatable - by a lost one before it;
/// - `RECORD_EXISTS` to a first attempt is an answer, which `fail` and `ignore` take as it is; behind a lost attempt, or under
///   `compare` and `update`, it is a reason to look at what is stored;
/// - the look shows our record, or one like it; or that it lacks our stop time, which `update` sets by a PUT; or another
///   record; or, against the word of the server, none: then the POST is sent again.
class add_operation {
 public:
  add_operation(encoded_record encoded, const options& settings, const add_options& call, server_memory& memory)
      : memory_(memory),
        policy_(call.duplicates),
        body_(std::move(encoded.body)),
        stored_(settings.max_record),
        named_(encoded.named),
        failure_(encoded.failure) {}

  next_action start() const { return failure_ ? next_action::done : next_action::next_request; }
  request_kind kind() const {
    const route to = phase_ == phase::post   ? route::post_record
                     : phase_ == phase::look ? route::get_records
                                             : route::put_record;
    return {to, repeat_rule::write};
  }
  request_view begin() {
    if (phase_ == phase::look) return stored_.begin();
    return {phase_ == phase::post ? verb::post : verb::put, "/record", json_headers, body_};
  }
  std::span<char> prepare() { return stored_.prepare(); }
  commit_result commit(std::size_t n) { return stored_.commit(n); }
  const error& problem() const { return phase_ == phase::look ? stored_.problem() : stored_.why(); }

  next_action finish(const judged_answer& judged) {
    switch (phase_) {
      case phase::post: return posted(judged);
      case phase::look: return looked(judged);
      case phase::put: break;
    }
    return judged.error ? fail(judged.error) : succeed(delivery::stop_time_set, judged.error.attempts);
  }

  result<receipt> take() {
    if (failure_) return failure_;
    return receipt_;
  }

 private:
  enum class phase : std::uint8_t { post, look, put };

  next_action posted(const judged_answer& judged) {
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
    if (const error e = decode_record(body_, ours_, ours))
      return fail(known_.more("; not compared: ").more(e.words()), own_);
    stored_.look_for(ours);
    phase_ = phase::look;
    return next_action::next_request;
  }

  next_action looked(const judged_answer& judged) {
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

  next_action succeed(delivery how, std::uint8_t attempts) {
    memory_.has_held_records = true;
    failure_ = {};
    receipt_ = {how, attempts};
    return next_action::done;
  }
  next_action fail(const error& e, bool may_be_stored = false) {
    failure_ = e;
    if (may_be_stored) failure_.outcome = outcome::unknown;
    failure_.of(named_.record_id());
    return next_action::done;
  }

  server_memory& memory_;
  on_duplicate policy_;
  phase phase_ = phase::post;
  bool own_ = false;  // an attempt of ours may be what the server knows
  std::string body_;
  stored_record stored_;
  record_storage ours_;
  error named_, known_, failure_;
  receipt receipt_;
};
static_assert(operation<add_operation>);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
