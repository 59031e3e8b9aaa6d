// Bodies of operation/read.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/same_text.hpp>
#include <auditor/impl/base/set_error.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/operation/read.hpp>
#include <auditor/query/refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The name of what cuts an answer short; of any other code null. Of constants: all that to_string knows is half a kilobyte.
inline const char* name_of_cut(errc code) noexcept {
  constexpr const char *lost = model_detail::name_of(errc::connection_lost),
                       *failed = model_detail::name_of(errc::server_failure),
                       *refused = model_detail::name_of(errc::connect_failed);
  switch (code) {
    case errc::connection_lost: return lost;
    case errc::server_failure: return failed;
    case errc::connect_failed: return refused;
    default: return nullptr;
  }
}

AUDITOR_DECL read_operation::~read_operation() = default;

AUDITOR_DECL read_operation::read_operation(query&& asked, const call_context& with, const read_options& call,
                                            const collector* to)
    : server_(with.server),
      last_id_(with.texts),
      nothing_(with.settings.empty_answer, with.server.has_seen_false_answers),
      collector_(to),
      unreadable_(call.unreadable),
      questions_(std::move(asked), with.settings.dialect, call.reads),
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
  return {verb::get, target_.text(), fresh_headers, {}};
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
    if (next >= commit_result::item) return next;  // or what came is wrong
    if (next != commit_result::more)
      so_far = next == commit_result::progress || so_far == commit_result::progress ? commit_result::progress
                                                                                    : commit_result::skipped;
  }
}

AUDITOR_DECL next_action read_operation::finish(const judged_answer& judged) {
  judged_ = &judged;
  nothing_.answered(judged.took);
  const bool is_special =
      question_ == question::limited || question_ == question::as_asked || question_ == question::up_to_limit;
  const next_action next = judged.error ? failed() : is_special ? questions_.special()->conclude(*this) : act(conclude());
  if (nothing_.saw_false_answers()) server_.has_seen_false_answers = true;
  return next;
}

AUDITOR_DECL result<read_summary> read_operation::take() {
  if (has_failed_) return problem_;
  return read_summary{shown_, state_, unreadable_shown_};
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
  state_ = completeness::stopped;
}

AUDITOR_DECL void read_operation::is_about(std::string_view id) noexcept {
  if (has_failed_) problem_.of(id);
}

AUDITOR_DECL void read_operation::show_only(const wanted_fields& wanted) noexcept {
  answer_.show_only(wanted);
  questions_.ignore_names();
  if (!has_failed_ && questions_.is_superset())
    has_failed_ = !refuse(
        problem_, "proof::superset: needs the fields that its conditions are on, and cannot show a part of a record");
}

AUDITOR_DECL const query& read_operation::asked() const noexcept { return questions_.asked(); }

AUDITOR_DECL next_action read_operation::ask(question next, next_action how) {
  question_ = next;
  answer_.restart();  // its memory is behind the target
  questions_.write_target(next, target_);
  if (!target_.is_whole()) {
    no_room("the query wants ", target_.size());
    has_failed_ = true;
    return next_action::done;
  }
  const bool is_further = next > furthest_ && next <= question::limited;  // than ever: the attempts start anew
  if (is_further) furthest_ = next;
  return is_further && how == next_action::follow_up ? next_action::next_request : how;
}

AUDITOR_DECL next_action read_operation::again(question from, errc code, const char* why) {
  set_error(problem_, code, why);
  return judged_->last ? give_up() : ask(from, next_action::try_again);
}

AUDITOR_CALLED_ONCE AUDITOR_DECL commit_result read_operation::take_record() {
  const record_view& r = answer_.view();
  const bool is_asked_for = question_ != question::control && question_ != question::last_row &&
                            question_ != question::first_row && question_ != question::neighbour;
  if (is_asked_for && answer_.is_too_large()) {
    if (!unreadable_) return commit_result::failed;
  } else if (is_asked_for && !questions_.may_have(r, !answer_.unreadable())) {
    return not_asked_for("not asked for, so that another query was answered");
  }
  switch (question_) {
    case question::last_id:
      row_says_ = last_id_.last_id_came(r.record_id);
      return last_id_.has_room() ? commit_result::more : no_room_for_id();
    case question::last_row: return take_row(range_proof::row::last);
    case question::first_row: return take_row(range_proof::row::first);
    case question::neighbour: return take_row(range_proof::row::neighbour);
    case question::any_match:
    case question::control:
    case question::up_to_limit:
    case question::health: return commit_result::skipped;
    case question::stream:
      switch (last_id_.came(r.record_id, answer_.hash())) {
        case last_id_proof::place::seen_before: return commit_result::skipped;
        case last_id_proof::place::impossible:
          answer_.impossible("the same record came twice");
          return commit_result::failed;
        case last_id_proof::place::new_one: break;
      }
      if (!last_id_.has_room()) return no_room_for_id();
      break;
    case question::one_id:
      if (is_same_text(r.record_id, asked().wanted_id())) break;
      return not_asked_for("another record came than asked for");
    case question::limited:
    case question::as_asked: return questions_.special()->take_record(*this, r);
  }
  return show(r);
}

AUDITOR_DECL commit_result read_operation::take_row(range_proof::row which) {
  // Of one that is too large the id is known, and nothing else.
  is_beside_too_large_ = answer_.is_too_large() && which == range_proof::row::neighbour;
  if (is_beside_too_large_) {
    if (!unreadable_) return commit_result::failed;
    row_says_ = read_step::something;
    return commit_result::more;
  }
  row_says_ = questions_.range()->came(which, answer_.view(), !answer_.is_too_large());
  return commit_result::more;
}

AUDITOR_DECL commit_result read_operation::not_asked_for(const char* why) {
  const bool is_first = answer_.records() == 1;
  answer_.impossible(why);
  return is_first ? commit_result::foreign : commit_result::failed;
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
    ++unreadable_shown_;
    if (collects())
      collector_->add_unreadable(collector_->self, r.record_id);
    else
      unreadable_(r.record_id);
    return commit_result::progress;
  }
  if (questions_.is_superset() && !questions_.special()->holds_for(asked(), r)) return commit_result::progress;
  ++shown_;
  if (!collects()) return commit_result::item;
  if (!collector_->add(collector_->self, r, text(), problem_)) {
    codec_failed_ = true;
    return commit_result::failed;
  }
  // What is kept is progress; what would be thrown away by a repeat is not.
  return question_ == question::stream ? commit_result::progress : commit_result::skipped;
}

AUDITOR_DECL error& read_operation::no_room(const char* what, std::size_t bytes) {
  return set_error(problem_, errc::buffer_full, what).more(std::uint64_t{bytes}).more(" bytes of the workspace");
}

AUDITOR_DECL commit_result read_operation::no_room_for_id() {
  const std::string_view id = answer_.view().record_id;
  no_room("the id wants ", id.size()).of(id);
  return commit_result::failed;
}

AUDITOR_CALLED_ONCE AUDITOR_DECL read_step read_operation::conclude() {
  if (question_ == question::health) return nothing_.healthy();
  if (question_ == question::stream) return last_id_.stream_ended();  // whole or cut, its ids tell
  const bool came = answer_.came();
  if (question_ == question::one_id && came) {
    nothing_.something_came();
    return read_step::complete;
  }
  // Of what ended inside a record nothing follows, but that there was something.
  if (!answer_.is_whole()) {
    question_ == question::control ? nothing_.control_was_cut() : nothing_.something_came();
    return read_step::cut_inside;
  }
  return came ? row_came() : no_row_came();
}

AUDITOR_CALLED_ONCE AUDITOR_DECL read_step read_operation::row_came() {
  switch (question_) {
    case question::control: return nothing_.control_came(requests() == requests_before_control_ + 1);
    case question::any_match:
      nothing_.something_came();  // the answer before was false
      return read_step::start_over;
    case question::last_row: nothing_.something_came(); break;
    default: break;
  }
  return row_says_;
}

AUDITOR_CALLED_ONCE AUDITOR_DECL read_step read_operation::no_row_came() {
  switch (question_) {
    case question::first_row: return read_step::ask_neighbour;
    case question::neighbour:
      // Perhaps the range has all there is on its side, or the server had no connection to look with.
      if (nothing_.is_starved()) return read_step::ask_later;
      return questions_.range()->no_neighbour();
    case question::last_id:
      if (questions_.range()) {
        if (is_beside_too_large_) return read_step::cannot_tell;
        nothing_.something_came();  // its neighbour said that there was something in it
        return read_step::start_over;
      }
      if (questions_.is_for_whole_table()) break;  // it was the control itself
      if (!nothing_.is_fast()) return read_step::ask_any_match;
      [[fallthrough]];
    case question::one_id:
    case question::any_match: return nothing_.nothing_came(question_ == question::one_id);
    default: break;  // of the whole table
  }
  return nothing_.control_empty();
}

AUDITOR_DECL next_action read_operation::act(read_step next) {
  question to_ask = question::last_id;
  next_action how = next_action::follow_up;
  switch (next) {
    case read_step::something:
    case read_step::ask_last_id: break;
    case read_step::ask_first: to_ask = question::first_row; break;
    case read_step::ask_neighbour: to_ask = question::neighbour; break;
    case read_step::ask_any_match: to_ask = question::any_match; break;
    case read_step::ask_health: to_ask = question::health; break;
    case read_step::stream:
      // What is only counted is a part of the question for a limit: its attempts go on.
      if (!limit_.counts()) how = next_action::next_request;
      to_ask = question::stream;
      break;
    case read_step::ask_again:
      to_ask = questions_.repeated();
      how = next_in_evidence();
      break;
    case read_step::ask_control:
      requests_before_control_ = requests();
      to_ask = question::control;
      how = next_in_evidence();
      break;
    case read_step::proven: return proven();
    case read_step::complete: return finished(completeness::complete);
    case read_step::nothing: return nothing(completeness::complete);
    case read_step::table_is_empty:
      if (server_.has_held_records) return give_up(errc::server_busy, "nothing comes of a table that had records");
      [[fallthrough]];
    case read_step::nothing_matches: return nothing(none_of_these());
    case read_step::cannot_go_on: return give_up(errc::truncated, "the record where the read stopped was deleted");
    case read_step::cannot_tell: return give_up(errc::record_too_large, "the record next to an empty range cannot be read");
    case read_step::cut:
      nothing_.something_came();
      return again(question::stream, errc::truncated, "the answer ended early");
    case read_step::cut_inside: return again(question_, errc::truncated, "the answer ended inside a record");
    case read_step::ask_later: return again(question_, errc::server_busy, starved);
    case read_step::start_over: return start_over();
  }
  return ask(to_ask, how);
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

AUDITOR_CALLED_ONCE AUDITOR_DECL next_action read_operation::failed() {
  const errc code = judged_->error.code;
  const char* const cut = name_of_cut(code);
  if (!codec_failed_) {  // else nothing is wrong with the answer, whatever the code
    if (question_ == question::health && (code == errc::not_authorised || code == errc::wrong_endpoint))
      return start_over("nothing comes, and without health_check that proves nothing");
    if (question_ == question::stream && last_id_.is_reached() && cut != nullptr) return proven();
    if (question_ == question::one_id && received() != 0 && (cut != nullptr || code == errc::timed_out))
      return finished(completeness::complete);
  }
  problem_ = judged_->error;
  if (!codec_failed_ && cut != nullptr && received() != 0) {
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
  if (problem_.attempts == 0) problem_.attempts = static_cast<std::uint8_t>((std::min)(requests(), record_count{255}));
  if (code == errc::truncated || code == errc::server_busy)
    problem_.more(", after ")
        .more(std::uint64_t{received()})
        .more(" records and ")
        .more(std::uint64_t{requests()})
        .more(" requests");
  if (code == errc::truncated || code == errc::timed_out || code == errc::cancelled) problem_.index = received();
  return next_action::done;
}

AUDITOR_DECL next_action read_operation::finished(completeness state) {
  if (state_ != completeness::stopped) state_ = state;
  return next_action::done;
}

AUDITOR_DECL bool read_operation::is_arranged() const noexcept {
  return questions_.first() == question::as_asked || question_ == question::limited;
}

AUDITOR_DECL completeness read_operation::none_of_these() const noexcept {
  return !questions_.is_superset() && asked().has_component_filter() ? completeness::unproven : completeness::none_found;
}

AUDITOR_DECL void read_operation::forget_collected() noexcept {
  shown_ = unreadable_shown_ = 0;
  state_ = completeness::unproven;
  collector_->forget(collector_->self);
}

// ---- special_reads ----------------------------------------------------------------------------------------------------

AUDITOR_DECL constexpr special_reads special_reads::all = {&detail::refuse_limit, &prepare_read, &holds, &write,
                                                           &begin_again,          &take,         &end,   &ask_limited};

AUDITOR_DECL bool special_reads::prepare_read(read_operation& of) {
  questions& ask = of.questions_;
  error& why = of.problem_;
  const query& asked = ask.asked();
  const auto limit = asked.limit();
  if (limit) ask.limit_ = static_cast<record_count>((std::min)(*limit, std::uint64_t{any_number}));
  if (ask.reads_ == proof_rule::none) {
    ask.first_ = question::as_asked;
    return true;
  }
  const bool by_id = !asked.order() || asked.order() == ascending(field::record_id);
  if (!by_id && !of.collects() && (!limit || ask.is_superset()))
    return refuse(
        why, "sort_by: a streamed read is proven in the order of ids only; collect it, limit it, or ask for proof::none");
  if (ask.is_superset() && asked.is_from_text())
    return refuse(why, "proof::superset: needs a query made of filters, not of a text");
  if (ask.is_superset() && limit && !of.collects())
    return refuse(why, "proof::superset: a streamed read has no limit; collect it, or stop it yourself");
  if (limit && !ask.is_superset() && !asked.has_id()) ask.first_ = question::up_to_limit;
  return true;
}

AUDITOR_DECL bool special_reads::holds(const query& asked, const record_view& r) noexcept { return asked.holds_for(r); }

AUDITOR_DECL void special_reads::write(const questions& of, question to_ask, text_buffer& to) {
  if (to_ask != question::up_to_limit) return of.asked_.write_whole(to, of.dialect_);
  query_writer more(to, of.asked_.write(to, of.proven(), of.dialect_));
  more.sorted(false, "record_id");
  more.key("limit").value(static_cast<std::int64_t>(*of.asked_.limit()));
}

AUDITOR_DECL void special_reads::begin_again(read_operation& of) noexcept {
  of.sorted_.begin(of.asked().order().value_or(ascending(field::stop_time)));
  of.beginning_.restart();
  if (of.collects()) of.forget_collected();
}

AUDITOR_DECL commit_result special_reads::take(read_operation& of, const record_view& r) {
  const query& asked = of.asked();
  if (asked.has_id() && r.record_id != asked.wanted_id()) return of.not_asked_for("another record came than asked for");
  if (!of.answer_.is_too_large() && !of.sorted_.goes_on_with(r)) return of.not_asked_for("not in the order asked for");
  if (of.collects()) return of.show(r);
  switch (of.beginning_.came(r.record_id)) {
    case same_beginning::place::seen_before: return commit_result::skipped;
    case same_beginning::place::another:
      set_error(of.problem_, errc::truncated, "asked again, the records came in another order");
      return commit_result::failed;
    case same_beginning::place::new_one: break;
  }
  return of.show(r);
}

AUDITOR_DECL next_action special_reads::end(read_operation& of) {
  if (of.question_ == question::limited) {
    if (of.limit_.is_complete(of.received())) return of.finished(completeness::complete);
    if (of.collects()) of.forget_collected();
    return of.again(question::up_to_limit, errc::truncated, "fewer records came than match");
  }
  if (!of.answer_.is_whole()) {
    of.nothing_.something_came();
    return of.act(read_step::cut_inside);
  }
  if (of.question_ == question::as_asked) {
    if (!of.beginning_.is_over()) return of.again(of.question_, errc::truncated, "fewer records came than before");
    return of.finished(completeness::unproven);
  }
  if (!of.limit_.came(of.answer_.records(), of.questions_.limit_)) return ask_limited(of);
  of.last_id_.restart();  // a proof of its own, each time
  return of.ask(of.questions_.first_of_proof(), next_action::follow_up);
}

AUDITOR_DECL next_action special_reads::ask_limited(read_operation& of) {
  of.limit_.counted();
  return of.ask(question::limited, next_action::follow_up);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
