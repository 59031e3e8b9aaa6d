// Bodies of operation/read.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// What a codec says of a record that came, as the error of the request that brought it.
inline error of_answer(error why, std::string_view record_id) noexcept {
  why.request = route::get_records;
  why.status = 200;
  if (why.attempts == 0) why.attempts = 1;
  return why.record_id().empty() ? why.of(record_id) : why;
}

AUDITOR_DECL read_operation::~read_operation() = default;

AUDITOR_DECL read_operation::read_operation(query asked, const call_context& with, const read_options& call, collector to)
    : unreadable_(call.unreadable),
      collector_(to),
      server_(with.server),
      questions_(std::move(asked), with.settings.dialect, call.reads),
      last_id_(with.texts),
      target_(with.texts),
      answer_(with.texts, with.settings.max_record),
      limit_(questions_.asked().limit().value_or(answer::no_limit)),
      nothing_(with.settings.empty_answer, with.server.has_seen_false_answers),
      failure_(questions_.prepare(collects())) {}

AUDITOR_DECL next_action read_operation::start() {
  if (failure_) return next_action::done;
  if (asked().limit() == std::uint64_t{0}) return finished(completeness::complete);
  return ask(questions_.first(), next_action::next_request);
}

AUDITOR_DECL request_kind read_operation::kind() const {
  if (question_ == question::health) return {route::health_check, repeat_rule::question};
  // A record that came for its id is the whole answer: what is wrong behind it is not worth a repeat.
  if (question_ == question::one_id && received() != 0) return {route::get_records, repeat_rule::never};
  const bool is_small = questions_.most_records(question_) == 1;
  return {route::get_records, is_small ? repeat_rule::question : repeat_rule::read};
}

AUDITOR_DECL request_view read_operation::begin() {
  answer_.restart(questions_.most_records(question_));
  if (question_ == question::stream) last_id_.begin_stream();
  if (question_ == question::as_asked || question_ == question::limited) {
    beginning_.restart();
    if (collects()) forget_collected();
  }
  return {verb::get, target_.text(), {}, {}};
}

AUDITOR_DECL std::span<char> read_operation::prepare() { return answer_.prepare(); }

AUDITOR_DECL commit_result read_operation::commit(std::size_t n) {
  if (n != 0) answer_.commit(n);
  for (commit_result so_far = commit_result::more;;) {
    switch (answer_.next()) {
      case answer::status::more: return so_far;
      case answer::status::failed: return fail_with(answer_.problem());
      case answer::status::foreign: problem_ = answer_.problem(); return commit_result::foreign;
      case answer::status::too_large:
      case answer::status::item: break;
    }
    server_.has_held_records = true;
    const commit_result next = take_record();
    if (next == commit_result::item || next == commit_result::failed) return next;
    if (next != commit_result::more)
      so_far = next == commit_result::progress || so_far == commit_result::progress ? commit_result::progress
                                                                                    : commit_result::skipped;
  }
}

AUDITOR_DECL next_action read_operation::finish(const judged_answer& judged) {
  const next_action next = conclude(judged);
  if (nothing_.saw_false_answers()) server_.has_seen_false_answers = true;
  return next;
}

AUDITOR_DECL result<read_summary> read_operation::take() {
  if (failure_) return failure_;
  return summary_;
}

AUDITOR_DECL const record_view& read_operation::view() const noexcept { return answer_.view(); }

AUDITOR_DECL std::string_view read_operation::text() const noexcept { return answer_.text(); }

AUDITOR_DECL error read_operation::fill(record& reused, fill_function how) const {
  const error wrong = how(reused, view(), text());
  return wrong ? of_answer(wrong, view().record_id) : wrong;
}

AUDITOR_DECL void read_operation::stop() noexcept {
  failure_ = {};
  summary_.state = completeness::stopped;
}

AUDITOR_DECL const query& read_operation::asked() const noexcept { return questions_.asked(); }

AUDITOR_DECL next_action read_operation::ask(question next, next_action how) {
  question_ = next;
  if (next > furthest_ && next <= question::limited) {  // further than ever: the attempts start anew
    furthest_ = next;
    if (how == next_action::follow_up) how = next_action::next_request;
  }
  answer_.restart();  // its memory is behind the target
  questions_.write_target(next, target_);
  if (target_.is_whole()) return how;
  failure_ = error{errc::buffer_full, "the query wants "};
  failure_.more(target_.size()).more(" bytes of the workspace");
  return next_action::done;
}

AUDITOR_DECL next_action read_operation::again(const judged_answer& judged, question from, errc code,
                                               std::string_view why) {
  problem_ = error{code, why};
  if (!judged.last) return ask(from, next_action::try_again);
  return give_up(problem_, judged);
}

AUDITOR_DECL commit_result read_operation::take_record() {
  const record_view& r = answer_.view();
  // Of one that is skipped the id is known, and nothing else.
  const bool wants_times = question_ == question::last_row || question_ == question::first_row || question_ == question::neighbour;
  if (answer_.is_too_large() && (!unreadable_ || wants_times)) return fail_with(answer_.problem());
  switch (question_) {
    case question::last_id:
      last_id_says_ = last_id_.last_id_came(r.record_id);
      return last_id_.has_room() ? commit_result::more : no_room_for_id();
    case question::last_row: range_says_ = questions_.range()->last_came(r); return commit_result::more;
    case question::first_row: range_says_ = questions_.range()->first_came(r); return commit_result::more;
    case question::neighbour: range_says_ = questions_.range()->neighbour_came(r); return commit_result::more;
    case question::any_match:
    case question::control:
    case question::up_to_limit:
    case question::health: return commit_result::skipped;
    case question::stream:
      switch (last_id_.came(r.record_id)) {
        case last_id_proof::place::seen_before: return commit_result::skipped;
        case last_id_proof::place::impossible:
          answer_.impossible("the same record came twice");
          return fail_with(answer_.problem());
        case last_id_proof::place::new_one: break;
      }
      if (!last_id_.has_room()) return no_room_for_id();
      break;
    case question::one_id:
      if (r.record_id == *asked().record_id()) break;
      answer_.impossible("another record came than the one asked for");
      return fail_with(answer_.problem());
    case question::limited:
    case question::as_asked:
      if (collects()) break;
      switch (beginning_.came(r.record_id)) {
        case same_beginning::place::seen_before: return commit_result::skipped;
        case same_beginning::place::another:
          return fail_with({errc::truncated, "asked again, the records came in another order"});
        case same_beginning::place::new_one: break;
      }
      break;
  }
  return show(r);
}

AUDITOR_DECL commit_result read_operation::show(const record_view& r) {
  if (limit_.counts()) {
    limit_.count();
    return commit_result::skipped;
  }
  if (answer_.unreadable()) {
    if (!unreadable_) {
      problem_ = error{errc::unreadable_record, "components is null"};
      problem_.index = received();
      return fail_with(problem_.of(r.record_id));
    }
    ++summary_.unreadable;
    if (collects())
      collector_.add_unreadable(collector_.self, r.record_id);
    else
      unreadable_(r.record_id);
    return commit_result::progress;
  }
  if (questions_.is_superset() && !asked().holds_for(r)) return commit_result::progress;
  ++summary_.records;
  if (!collects()) return commit_result::item;
  if (const error wrong = collector_.add(collector_.self, r, text())) {
    codec_failed_ = true;
    return fail_with(of_answer(wrong, r.record_id));
  }
  // What is kept is progress; what would be thrown away by a repeat is not.
  return question_ == question::stream ? commit_result::progress : commit_result::skipped;
}

AUDITOR_DECL commit_result read_operation::no_room_for_id() {
  problem_ = error{errc::buffer_full, "the workspace has no room for an id of so many bytes: "};
  return fail_with(problem_.more(std::uint64_t{answer_.view().record_id.size()}).of(answer_.view().record_id));
}

AUDITOR_DECL commit_result read_operation::fail_with(const error& why) {
  problem_ = why;
  return commit_result::failed;
}

AUDITOR_DECL next_action read_operation::conclude(const judged_answer& judged) {
  if (judged.error) return failed(judged);
  if (question_ == question::health) return act(nothing_.healthy(judged.took), judged);
  const bool came = answer_.came();
  switch (question_) {
    case question::stream: return act(last_id_.stream_ended(), judged);  // whole or cut, its ids tell
    case question::limited: return limited(judged);
    case question::one_id:
      if (!came) break;
      nothing_.something_came();
      return finished(completeness::complete);
    default: break;
  }
  // Of what ended inside a record nothing follows, but that there was something.
  if (!answer_.is_whole()) {
    question_ == question::control ? nothing_.control_was_cut() : nothing_.something_came();
    return again(judged, question_, errc::truncated, "the answer ended inside a record");
  }
  switch (question_) {
    case question::as_asked:
      if (!beginning_.is_over()) return again(judged, question_, errc::truncated, "fewer records came than before");
      return finished(completeness::unproven);
    case question::one_id: return act(nothing_.nothing_came(judged.took, true), judged);
    case question::up_to_limit:
      if (!limit_.came(answer_.records())) return ask(question::limited, next_action::follow_up);
      last_id_.restart();  // a proof of its own, each time
      return ask(questions_.first_of_proof(), next_action::follow_up);
    case question::last_row:
      if (!came) return act(nothing_.control_empty(judged.took), judged);  // of the whole table
      nothing_.something_came();
      return act(range_says_, judged);
    case question::first_row: return act(came ? range_says_ : range_proof::next::ask, judged);
    case question::neighbour:
      // No neighbour: perhaps the range has all there is on its side, or the server had no connection to look with.
      if (!came && nothing_.is_starved(judged.took)) return again(judged, question_, errc::server_busy, starved);
      return act(came ? range_says_ : questions_.range()->no_neighbour(), judged);
    case question::last_id: return came ? act(last_id_says_, judged) : no_last_id(judged);
    case question::any_match:
      if (!came) return act(nothing_.nothing_came(judged.took, false), judged);
      nothing_.something_came();  // the answer before was false
      return start_over(judged);
    case question::control:
      if (!came) return act(nothing_.control_empty(judged.took), judged);
      return act(nothing_.control_came(judged.took, judged.requests == requests_before_control_ + 1), judged);
    default: return next_action::done;
  }
}

AUDITOR_DECL next_action read_operation::act(last_id_proof::next next, const judged_answer& judged) {
  switch (next) {
    case last_id_proof::next::stream:
      // What is only counted is a part of the question for a limit: its attempts go on.
      return ask(question::stream, limit_.counts() ? next_action::follow_up : next_action::next_request);
    case last_id_proof::next::proven: return proven();
    case last_id_proof::next::ask_again: return ask(question::last_id, next_action::follow_up);
    case last_id_proof::next::cut:
      nothing_.something_came();
      return again(judged, question::stream, errc::truncated, "the answer ended early");
    case last_id_proof::next::cannot_go_on: break;
  }
  return give_up({errc::truncated, "the record at which the read stopped was deleted meanwhile"}, judged);
}

AUDITOR_DECL next_action read_operation::act(range_proof::next next, const judged_answer& judged) {
  switch (next) {
    case range_proof::next::nothing: return nothing(completeness::complete, judged);
    case range_proof::next::something: return ask(question::last_id, next_action::follow_up);
    case range_proof::next::ask_first: return ask(question::first_row, next_action::follow_up);
    case range_proof::next::ask: return ask(question::neighbour, next_action::follow_up);
    case range_proof::next::start_over: break;
  }
  return start_over(judged);
}

AUDITOR_DECL next_action read_operation::act(nothing_proof::next next, const judged_answer& judged) {
  switch (next) {
    case nothing_proof::next::ask_again: return ask(questions_.repeated(), next_in_evidence());
    case nothing_proof::next::ask_control:
      requests_before_control_ = judged.requests;
      return ask(question::control, next_in_evidence());
    case nothing_proof::next::ask_health: return ask(question::health, next_action::follow_up);
    case nothing_proof::next::nothing_matches: return nothing(none_of_these(), judged);
    case nothing_proof::next::table_is_empty:
      if (!server_.has_held_records) return nothing(none_of_these(), judged);
      return give_up({errc::server_busy, "nothing comes of the whole table, and there were records in it"}, judged);
    case nothing_proof::next::ask_later: return again(judged, question_, errc::server_busy, starved);
    case nothing_proof::next::start_over: break;
  }
  return start_over(judged);
}

AUDITOR_DECL next_action read_operation::next_in_evidence() const noexcept {
  return nothing_.is_progress() ? next_action::next_request : next_action::follow_up;
}

AUDITOR_DECL next_action read_operation::no_last_id(const judged_answer& judged) {
  if (questions_.range()) {
    nothing_.something_came();  // its neighbour said that there was something in it
    return start_over(judged);
  }
  if (questions_.is_for_whole_table())
    return act(nothing_.control_empty(judged.took), judged);  // it was the control itself
  if (!nothing_.is_fast(judged.took)) return ask(question::any_match, next_action::follow_up);
  return act(nothing_.nothing_came(judged.took, false), judged);
}

AUDITOR_DECL next_action read_operation::start_over(const judged_answer& judged, std::string_view why) {
  return again(judged, questions_.start(), errc::server_busy, why);
}

AUDITOR_DECL next_action read_operation::nothing(completeness state, const judged_answer& judged) {
  if (received() != 0) return give_up({errc::truncated, "the records were deleted meanwhile"}, judged);
  return finished(state);
}

AUDITOR_DECL next_action read_operation::proven() {
  if (!limit_.counts()) return finished(completeness::complete);
  limit_.counted();
  return ask(question::limited, next_action::follow_up);
}

AUDITOR_DECL next_action read_operation::limited(const judged_answer& judged) {
  if (limit_.is_complete(received())) return finished(completeness::complete);
  if (collects()) forget_collected();
  return again(judged, question::up_to_limit, errc::truncated, "fewer records came than match");
}

AUDITOR_DECL next_action read_operation::failed(const judged_answer& judged) {
  if (codec_failed_) return give_up(judged.error, judged);  // whatever its code, nothing is wrong with the answer
  const errc code = judged.error.code;
  if (question_ == question::health && (code == errc::not_authorised || code == errc::wrong_endpoint))
    return start_over(
        judged, "nothing comes of the whole table, and without health_check that cannot be told from a dead database");
  const bool cut = code == errc::connection_lost || code == errc::server_failure || code == errc::connect_failed;
  if (question_ == question::stream && last_id_.is_reached() && cut) return proven();
  if (question_ == question::one_id && received() != 0 && (cut || code == errc::timed_out))
    return finished(completeness::complete);
  error why = judged.error;
  if (cut && received() != 0) {
    why.code = errc::truncated;
    why.say(to_string(code)).more(": ").more(judged.error.words());
  }
  return give_up(why, judged);
}

AUDITOR_DECL next_action read_operation::give_up(error why, const judged_answer& judged) {
  failure_ = why;
  failure_.request = why.code == errc::server_busy ? route::get_records : kind().to;
  if (failure_.attempts == 0)
    failure_.attempts = static_cast<std::uint8_t>((std::min)(judged.requests, std::uint64_t{255}));
  if (why.code == errc::truncated || why.code == errc::server_busy) {
    failure_.more(", after ").more(received()).more(" records and ").more(judged.requests).more(" requests");
  }
  if (why.code == errc::truncated || why.code == errc::timed_out || why.code == errc::cancelled)
    failure_.index = received();
  return next_action::done;
}

AUDITOR_DECL next_action read_operation::finished(completeness state) {
  if (summary_.state != completeness::stopped) summary_.state = state;
  return next_action::done;
}

AUDITOR_DECL bool read_operation::is_arranged() const noexcept {
  return questions_.first() == question::as_asked || question_ == question::limited;
}

AUDITOR_DECL completeness read_operation::none_of_these() const noexcept {
  return !questions_.is_superset() && asked().has_component_filter() ? completeness::unproven : completeness::none_found;
}

AUDITOR_DECL void read_operation::forget_collected() noexcept {
  summary_ = {};
  collector_.forget(collector_.self);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
