// Bodies of operation/read.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/set_error.hpp>
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
inline void is_of_answer(error& why, std::string_view record_id) noexcept {
  why.request = route::get_records;
  why.status = 200;
  if (why.attempts == 0) why.attempts = 1;
  if (why.record_id().empty()) why.of(record_id);
}

// The name of what cuts an answer short; of any other code empty. Of constants: all that to_string knows is half a kilobyte.
inline std::string_view name_of_cut(errc code) noexcept {
  constexpr std::string_view lost = to_string(errc::connection_lost), failed = to_string(errc::server_failure),
                             refused = to_string(errc::connect_failed);
  switch (code) {
    case errc::connection_lost: return lost;
    case errc::server_failure: return failed;
    case errc::connect_failed: return refused;
    default: return {};
  }
}

AUDITOR_DECL read_operation::~read_operation() = default;

AUDITOR_DECL read_operation::read_operation(query&& asked, const call_context& with, const read_options& call, collector to)
    : server_(with.server),
      unreadable_(call.unreadable),
      collector_(to),
      nothing_(with.settings.empty_answer, with.server.has_seen_false_answers),
      questions_(std::move(asked), with.settings.dialect, call.reads),
      last_id_(with.texts),
      target_(with.texts),
      answer_(with.texts, with.settings.max_record, problem_) {
  has_failed_ = !questions_.prepare(problem_) || (questions_.special() != nullptr && !questions_.special()->prepare(*this));
}

AUDITOR_DECL next_action read_operation::start() {
  if (has_failed_) return next_action::done;
  if (questions_.is_for_none()) return finished(completeness::complete);
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
  if (question_ == question::as_asked || question_ == question::limited) questions_.special()->begin(*this);
  return {verb::get, target_.text(), {}, {}};
}

AUDITOR_DECL std::span<char> read_operation::prepare() { return answer_.prepare(); }

AUDITOR_DECL commit_result read_operation::commit(std::size_t n) {
  if (n != 0) answer_.commit(n);
  for (commit_result so_far = commit_result::more;;) {
    switch (answer_.next()) {
      case answer::status::more: return so_far;
      case answer::status::failed: return commit_result::failed;
      case answer::status::foreign: return commit_result::foreign;
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
  judged_ = &judged;
  const next_action next = conclude();
  if (nothing_.saw_false_answers()) server_.has_seen_false_answers = true;
  return next;
}

AUDITOR_DECL result<read_summary> read_operation::take() {
  if (has_failed_) return problem_;
  return summary_;
}

AUDITOR_DECL const record_view& read_operation::view() const noexcept { return answer_.view(); }

AUDITOR_DECL std::string_view read_operation::text() const noexcept { return answer_.text(); }

AUDITOR_DECL error read_operation::fill(record& reused, fill_function how) const {
  error wrong = how(reused, view(), text());
  if (wrong) is_of_answer(wrong, view().record_id);
  return wrong;
}

AUDITOR_DECL void read_operation::stop() noexcept {
  has_failed_ = false;
  summary_.state = completeness::stopped;
}

AUDITOR_DECL void read_operation::is_about(std::string_view id) noexcept {
  if (has_failed_) problem_.of(id);
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
  set_error(problem_, errc::buffer_full, "the query wants ").more(target_.size()).more(" bytes of the workspace");
  has_failed_ = true;
  return next_action::done;
}

AUDITOR_DECL next_action read_operation::again(question from, errc code, const char* why) {
  set_error(problem_, code, why);
  return judged_->last ? give_up() : ask(from, next_action::try_again);
}

AUDITOR_DECL commit_result read_operation::take_record() {
  const record_view& r = answer_.view();
  // Of one that is skipped the id is known, and nothing else.
  const bool wants_times =
      question_ == question::last_row || question_ == question::first_row || question_ == question::neighbour;
  if (answer_.is_too_large() && (!unreadable_ || wants_times)) return commit_result::failed;
  switch (question_) {
    case question::last_id:
      last_id_says_ = last_id_.last_id_came(r.record_id);
      return last_id_.has_room() ? commit_result::more : no_room_for_id();
    case question::last_row: return take_row(range_proof::row::last);
    case question::first_row: return take_row(range_proof::row::first);
    case question::neighbour: return take_row(range_proof::row::neighbour);
    case question::any_match:
    case question::control:
    case question::up_to_limit:
    case question::health: return commit_result::skipped;
    case question::stream:
      switch (last_id_.came(r.record_id)) {
        case last_id_proof::place::seen_before: return commit_result::skipped;
        case last_id_proof::place::impossible:
          answer_.impossible("the same record came twice");
          return commit_result::failed;
        case last_id_proof::place::new_one: break;
      }
      if (!last_id_.has_room()) return no_room_for_id();
      break;
    case question::one_id:
      if (r.record_id == *asked().record_id()) break;
      answer_.impossible("another record came than the one asked for");
      return commit_result::failed;
    case question::limited:
    case question::as_asked: return questions_.special()->take_record(*this, r);
  }
  return show(r);
}

AUDITOR_DECL commit_result read_operation::take_row(range_proof::row which) {
  range_says_ = questions_.range()->came(which, answer_.view());
  return commit_result::more;
}

AUDITOR_DECL commit_result read_operation::show(const record_view& r) {
  if (limit_.counts()) {
    limit_.count();
    return commit_result::skipped;
  }
  if (answer_.unreadable()) {
    if (!unreadable_) {
      set_error(problem_, errc::unreadable_record, "components is null").of(r.record_id).index = received();
      return commit_result::failed;
    }
    ++summary_.unreadable;
    if (collects())
      collector_.add_unreadable(collector_.self, r.record_id);
    else
      unreadable_(r.record_id);
    return commit_result::progress;
  }
  if (questions_.is_superset() && !questions_.special()->holds_for(asked(), r)) return commit_result::progress;
  ++summary_.records;
  if (!collects()) return commit_result::item;
  if (!collector_.add(collector_.self, r, text(), problem_)) {
    codec_failed_ = true;
    is_of_answer(problem_, r.record_id);
    return commit_result::failed;
  }
  // What is kept is progress; what would be thrown away by a repeat is not.
  return question_ == question::stream ? commit_result::progress : commit_result::skipped;
}

AUDITOR_DECL commit_result read_operation::no_room_for_id() {
  const std::string_view id = answer_.view().record_id;
  set_error(problem_, errc::buffer_full, "the workspace has no room for an id of so many bytes: ")
      .more(std::uint64_t{id.size()})
      .of(id);
  return commit_result::failed;
}

AUDITOR_DECL next_action read_operation::conclude() {
  if (judged_->error) return failed();
  if (question_ == question::health) return act(nothing_.healthy(judged_->took));
  const bool came = answer_.came();
  switch (question_) {
    case question::stream: return act(last_id_.stream_ended());  // whole or cut, its ids tell
    case question::limited:
    case question::as_asked:
    case question::up_to_limit: return questions_.special()->conclude(*this);
    case question::one_id:
      if (!came) break;
      nothing_.something_came();
      return finished(completeness::complete);
    default: break;
  }
  // Of what ended inside a record nothing follows, but that there was something.
  if (!answer_.is_whole()) return cut_inside();
  return came ? row_came() : no_row_came();
}

AUDITOR_DECL next_action read_operation::cut_inside() {
  question_ == question::control ? nothing_.control_was_cut() : nothing_.something_came();
  return again(question_, errc::truncated, "the answer ended inside a record");
}

AUDITOR_DECL next_action read_operation::row_came() {
  switch (question_) {
    case question::control:
      return act(nothing_.control_came(judged_->took, judged_->requests == requests_before_control_ + 1));
    case question::last_id: return act(last_id_says_);
    case question::any_match:
      nothing_.something_came();  // the answer before was false
      return start_over();
    case question::last_row: nothing_.something_came(); break;
    default: break;
  }
  return act(range_says_);
}

AUDITOR_DECL next_action read_operation::no_row_came() {
  switch (question_) {
    case question::first_row: return act(range_proof::next::ask);
    case question::neighbour:
      // Perhaps the range has all there is on its side, or the server had no connection to look with.
      if (nothing_.is_starved(judged_->took)) return again(question_, errc::server_busy, starved);
      return act(questions_.range()->no_neighbour());
    case question::last_id:
      if (questions_.range()) {
        nothing_.something_came();  // its neighbour said that there was something in it
        return start_over();
      }
      if (questions_.is_for_whole_table()) break;  // it was the control itself
      if (!nothing_.is_fast(judged_->took)) return ask(question::any_match, next_action::follow_up);
      [[fallthrough]];
    case question::one_id:
    case question::any_match: return act(nothing_.nothing_came(judged_->took, question_ == question::one_id));
    default: break;  // of the whole table
  }
  return act(nothing_.control_empty(judged_->took));
}

AUDITOR_DECL next_action read_operation::act(last_id_proof::next next) {
  switch (next) {
    case last_id_proof::next::stream:
      // What is only counted is a part of the question for a limit: its attempts go on.
      return ask(question::stream, limit_.counts() ? next_action::follow_up : next_action::next_request);
    case last_id_proof::next::proven: return proven();
    case last_id_proof::next::ask_again: return ask(question::last_id, next_action::follow_up);
    case last_id_proof::next::cut:
      nothing_.something_came();
      return again(question::stream, errc::truncated, "the answer ended early");
    case last_id_proof::next::cannot_go_on: break;
  }
  return give_up(errc::truncated, "the record at which the read stopped was deleted meanwhile");
}

AUDITOR_DECL next_action read_operation::act(range_proof::next next) {
  switch (next) {
    case range_proof::next::nothing: return nothing(completeness::complete);
    case range_proof::next::something: return ask(question::last_id, next_action::follow_up);
    case range_proof::next::ask_first: return ask(question::first_row, next_action::follow_up);
    case range_proof::next::ask: return ask(question::neighbour, next_action::follow_up);
    case range_proof::next::start_over: break;
  }
  return start_over();
}

AUDITOR_DECL next_action read_operation::act(nothing_proof::next next) {
  switch (next) {
    case nothing_proof::next::ask_again: return ask(questions_.repeated(), next_in_evidence());
    case nothing_proof::next::ask_control:
      requests_before_control_ = judged_->requests;
      return ask(question::control, next_in_evidence());
    case nothing_proof::next::ask_health: return ask(question::health, next_action::follow_up);
    case nothing_proof::next::nothing_matches: return nothing(none_of_these());
    case nothing_proof::next::table_is_empty:
      if (!server_.has_held_records) return nothing(none_of_these());
      return give_up(errc::server_busy, "nothing comes of the whole table, and there were records in it");
    case nothing_proof::next::ask_later: return again(question_, errc::server_busy, starved);
    case nothing_proof::next::start_over: break;
  }
  return start_over();
}

AUDITOR_DECL next_action read_operation::next_in_evidence() const noexcept {
  return nothing_.is_progress() ? next_action::next_request : next_action::follow_up;
}

AUDITOR_DECL next_action read_operation::start_over(const char* why) {
  return again(questions_.start(), errc::server_busy, why);
}

AUDITOR_DECL next_action read_operation::nothing(completeness state) {
  if (received() != 0) return give_up(errc::truncated, "the records were deleted meanwhile");
  return finished(state);
}

AUDITOR_DECL next_action read_operation::proven() {
  return limit_.counts() ? questions_.special()->counted(*this) : finished(completeness::complete);
}

AUDITOR_DECL next_action read_operation::failed() {
  const errc code = judged_->error.code;
  const std::string_view cut = name_of_cut(code);
  if (!codec_failed_) {  // else nothing is wrong with the answer, whatever the code
    if (question_ == question::health && (code == errc::not_authorised || code == errc::wrong_endpoint))
      return start_over(
          "nothing comes of the whole table, and without health_check that cannot be told from a dead database");
    if (question_ == question::stream && last_id_.is_reached() && !cut.empty()) return proven();
    if (question_ == question::one_id && received() != 0 && (!cut.empty() || code == errc::timed_out))
      return finished(completeness::complete);
  }
  problem_ = judged_->error;
  if (!codec_failed_ && !cut.empty() && received() != 0) {
    problem_.code = errc::truncated;
    problem_.say(cut).more(": ").more(judged_->error.words());
  }
  return give_up();
}

AUDITOR_DECL next_action read_operation::give_up(errc code, const char* why) {
  set_error(problem_, code, why);
  return give_up();
}

AUDITOR_DECL next_action read_operation::give_up() {
  has_failed_ = true;
  const errc code = problem_.code;
  problem_.request = code == errc::server_busy ? route::get_records : kind().to;
  if (problem_.attempts == 0)
    problem_.attempts = static_cast<std::uint8_t>((std::min)(judged_->requests, std::uint64_t{255}));
  if (code == errc::truncated || code == errc::server_busy)
    problem_.more(", after ").more(received()).more(" records and ").more(judged_->requests).more(" requests");
  if (code == errc::truncated || code == errc::timed_out || code == errc::cancelled) problem_.index = received();
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
