// GET /records, proven: asks what it takes to know that no record is missing, and shows each record once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read/answer.hpp>
#include <auditor/operation/read/last_id_proof.hpp>
#include <auditor/operation/read/nothing_proof.hpp>
#include <auditor/operation/read/range_proof.hpp>
#include <auditor/operation/read/same_beginning.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/query/query.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// Where a collected read keeps its records, and how it copies one: from the view, or by a codec of the caller's own.
struct collector {
  std::vector<record>* records = nullptr;  // null: each record is shown to the caller instead
  error (*fill)(record& r, const record_view& view, std::string_view text) = nullptr;
};

/// A read is a row of questions, each one request. What proves what, the classes in read/ say; here is the order in which
/// they are asked:
///
/// - a query for one id: `one_id`; its record is its own proof;
/// - a range of times or runtimes alone: `last_row`, and perhaps `first_row`, which show where to look for its `neighbour`, whether
///   anything is in it; then as any other;
/// - any other: `last_id`, then `stream`, and again where it was cut;
/// - with a limit: how many there are up to it (`up_to_limit`, or counted by the proof above), then `limited`;
/// - where nothing came: the question again, `control`, and perhaps `health`, until it is to be believed.
class read_operation {
 public:
  read_operation(const query& asked, const options& settings, const call_options& call, server_memory& memory,
                 collector collected = {})
      : answer_(settings.max_record),
        unreadable_(call.unreadable),
        collected_(collected),
        memory_(memory),
        asked_(asked),
        nothing_(settings.empty_answer, memory.has_seen_false_answers),
        is_superset_(call.reads == proof::superset) {
    failure_ = choose(settings.dialect, call.reads);
    if (failure_) failure_.outcome = outcome::rejected;
  }

  after start() {
    if (failure_) return after::done;
    if (asked_.limit() == std::uint64_t{0}) return finished(completeness::complete);
    return ask(first_, after::next_request);
  }
  route what() const { return question_ == question::health ? route::health_check : route::get_records; }
  // A record that came for its id is the whole answer.
  patience how() const {
    if (question_ == question::one_id && received() != 0) return patience::once;
    return is_small() ? patience::question : patience::read;
  }

  request_view begin() {
    switch (question_) {
      case question::one_id:
      case question::last_id:
      case question::last_row:
      case question::first_row:
      case question::neighbour:
      case question::any_match:
      case question::control: answer_.restart(1); break;
      case question::limited:
      case question::up_to_limit: answer_.restart(*asked_.limit()); break;
      case question::as_asked: answer_.restart(asked_.limit().value_or(answer::no_limit)); break;
      case question::stream:
        answer_.restart();
        last_id_.begin_stream();
        break;
      case question::health: answer_.restart(); break;
    }
    if (question_ == question::as_asked || question_ == question::limited) {
      beginning_.restart();
      if (collects()) forget_collected();
    }
    return {verb::get, target_, {}, {}};
  }

  std::span<char> prepare() { return answer_.prepare(); }

  fed commit(std::size_t n) {
    if (n != 0) answer_.commit(n);
    for (fed so_far = fed::more;;) {
      switch (answer_.next()) {
        case answer::status::more: return so_far;
        case answer::status::failed: return fail_with(answer_.problem());
        case answer::status::foreign: problem_ = answer_.problem(); return fed::foreign;
        case answer::status::item: break;
      }
      memory_.has_held_records = true;
      const fed next = take_record();
      if (next == fed::item || next == fed::failed) return next;
      if (next != fed::more) so_far = next == fed::progress || so_far == fed::progress ? fed::progress : fed::skipped;
    }
  }

  const error& problem() const { return problem_; }

  after finish(const verdict& judged) {
    const after next = conclude(judged);
    if (nothing_.saw_false_answers()) memory_.has_seen_false_answers = true;
    return next;
  }

  result<read_summary> take() {
    if (failure_) return failure_;
    if (collects()) give_collected();
    return summary_;
  }

  /// The record to show, after `fed::item`. **Lifetime**: until the next `commit`.
  const record_view& view() const noexcept { return answer_.view(); }
  std::string_view text() const noexcept { return answer_.text(); }
  /// The caller wants no more.
  void stop() noexcept {
    failure_ = {};
    summary_.state = completeness::stopped;
  }

 private:
  // Up to `limited` in the order in which they are asked.
  enum class question : std::uint8_t {
    one_id,       // the record of the id that the query names
    up_to_limit,  // as many of those that match as the caller's limit allows, in the order of ids
    last_row,     // that of the last id of the table
    first_row,    // that of the first
    neighbour,    // the row nearest to the range of the query, on one side
    last_id,      // the record that matches and comes last in the order of ids
    stream,       // all that match, in the order of ids
    limited,      // what the caller asked for, with its limit, in its order
    as_asked,     // the same without proof
    any_match,    // any record that matches: a plain scan, where the order of ids may take the database longer
    control,      // any row of the table, behind an answer of nothing
    health,       // does the database work?
  };

  // ---- what to ask --------------------------------------------------------------------------------------------------

  error choose(meta_dialect dialect, proof reads) {
    result<std::string> whole = asked_.encode(dialect);
    if (!whole) return whole.error();
    own_request_ = *std::move(whole);
    if (reads == proof::none) {
      first_ = question::as_asked;
      return {};
    }
    const bool by_id = !asked_.order() || asked_.order() == ascending(field::record_id);
    if (!by_id && !collects() && (!asked_.limit() || is_superset_))
      return {errc::invalid_query,
              "sort_by: a streamed read is proven in the order of ids only; collect it, limit it, or ask for proof::none"};
    if (is_superset_ && asked_.is_from_text())
      return {errc::invalid_query, "proof::superset: needs a query made of filters, not of a text"};
    if (is_superset_ && asked_.limit() && !collects())
      return {errc::invalid_query, "proof::superset: a streamed read has no limit; collect it, or stop it yourself"};
    const query proven = is_superset_ ? asked_.superset() : asked_;
    result<std::string> filters = proven.filters(dialect);
    if (!filters) return filters.error();
    filters_ = *std::move(filters);
    if (const auto by = proven.only_range_of()) range_.emplace(*by, proven.range_of(*by));
    first_ = asked_.record_id()                ? question::one_id
             : asked_.limit() && !is_superset_ ? question::up_to_limit
                                               : first_of_proof();
    return {};
  }
  question first_of_proof() const noexcept { return range_ ? question::last_row : question::last_id; }

  after ask(question next, after how) {
    question_ = next;
    if (next > furthest_ && next <= question::limited) {  // further than ever: the attempts start anew
      furthest_ = next;
      if (how == after::follow_up) how = after::next_request;
    }
    if (next == question::health) {
      target_ = "/health_check";
      return how;
    }
    target_ = "/records";
    auto add = [this, separator = '?'](std::string_view part) mutable {
      if (part.empty()) return;
      target_ += std::exchange(separator, '&');
      target_ += part;
    };
    switch (next) {
      case question::one_id: add(filters_); break;
      case question::last_id:
        add(filters_);
        add("sort_by[desc]=record_id&limit=1");
        break;
      case question::stream:
        add(filters_);
        add("sort_by[asc]=record_id");
        break;
      case question::up_to_limit:
        add(filters_);
        add("sort_by[asc]=record_id&limit=" + std::to_string(*asked_.limit()));
        break;
      case question::limited:
      case question::as_asked: add(own_request_); break;
      case question::neighbour: add(range_->neighbour_question()); break;
      case question::any_match:
        add(filters_);
        add("limit=1");
        break;
      case question::last_row:
      case question::control: add("sort_by[desc]=record_id&limit=1"); break;
      case question::first_row: add("sort_by[asc]=record_id&limit=1"); break;
      case question::health: break;
    }
    return how;
  }

  // The same goal once more, after a wait; without an attempt left the read has failed.
  after again(const verdict& judged, question from, errc code, std::string_view why) {
    problem_ = error{code, why};
    if (!judged.last) return ask(from, after::try_again);
    return give_up(problem_, judged);
  }

  // ---- what came ----------------------------------------------------------------------------------------------------

  // fed::more: of no consequence for the count of attempts.
  fed take_record() {
    const record_view& r = answer_.view();
    switch (question_) {
      case question::last_id: last_id_says_ = last_id_.last_id_came(r.record_id); return fed::more;
      case question::last_row: range_says_ = range_->last_came(r); return fed::more;
      case question::first_row: range_says_ = range_->first_came(r); return fed::more;
      case question::neighbour: range_says_ = range_->neighbour_came(r); return fed::more;
      case question::any_match:
      case question::control:
      case question::up_to_limit:
      case question::health: return fed::skipped;
      case question::stream:
        switch (last_id_.came(r.record_id)) {
          case last_id_proof::place::seen_before: return fed::skipped;
          case last_id_proof::place::impossible:
            answer_.impossible("the same record came twice");
            return fail_with(answer_.problem());
          case last_id_proof::place::new_one: break;
        }
        break;
      case question::one_id:
        if (r.record_id == *asked_.record_id()) break;
        answer_.impossible("another record came than the one asked for");
        return fail_with(answer_.problem());
      case question::limited:
      case question::as_asked:
        if (collects()) break;
        switch (beginning_.came(r.record_id)) {
          case same_beginning::place::seen_before: return fed::skipped;
          case same_beginning::place::another:
            return fail_with({errc::truncated, "asked again, the records came in another order"});
          case same_beginning::place::new_one: break;
        }
        break;
    }
    return show(r);
  }

  fed show(const record_view& r) {
    if (counts_) {
      ++expected_;
      return fed::skipped;
    }
    if (answer_.unreadable()) {
      if (unreadable_.report == nullptr) {
        problem_ = error{errc::unreadable_record, "components is null"};
        problem_.index = received();
        return fail_with(problem_.of(r.record_id));
      }
      ++summary_.unreadable;
      if (collects())
        unreadable_ids_.emplace_back(r.record_id);  // told at the end: a repeat would tell it twice
      else
        unreadable_.report(unreadable_.self, r.record_id);
      return fed::progress;
    }
    if (is_superset_ && !asked_.holds_for(r)) return fed::progress;
    ++summary_.records;
    if (!collects()) return fed::item;
    record& kept = collected_.records->emplace_back();
    if (const error wrong = collected_.fill(kept, r, text())) return fail_with(wrong);
    // What is kept is progress; what would be thrown away by a repeat is not.
    return question_ == question::stream ? fed::progress : fed::skipped;
  }

  fed fail_with(const error& why) {
    problem_ = why;
    return fed::failed;
  }

  // ---- what it means ------------------------------------------------------------------------------------------------

  after conclude(const verdict& judged) {
    if (judged.error) return failed(judged);
    if (question_ == question::health) return act(nothing_.healthy(judged.took), judged);
    const bool came = answer_.came();
    switch (question_) {
      case question::stream: return act(last_id_.stream_ended(), judged);
      case question::limited: return limited(judged);
      case question::one_id:
        if (!came) break;
        nothing_.something_came();
        return finished(completeness::complete);
      default: break;
    }
    if (!answer_.is_whole()) {
      nothing_.something_came();
      return again(judged, question_, errc::truncated, "the answer ended inside a record");
    }
    switch (question_) {
      case question::as_asked:
        if (!beginning_.is_over()) return again(judged, question_, errc::truncated, "fewer records came than before");
        return finished(completeness::unproven);
      case question::one_id: return act(nothing_.nothing_came(judged.took, true), judged);
      case question::up_to_limit:
        expected_ = answer_.records();
        counts_ = expected_ < *asked_.limit();
        if (!counts_) return ask(question::limited, after::follow_up);
        expected_ = 0;
        last_id_ = {};
        return ask(first_of_proof(), after::follow_up);
      case question::last_row:
        if (!came) return act(nothing_.control_empty(judged.took), judged);
        nothing_.something_came();
        return act(range_says_, judged);
      case question::first_row: return act(came ? range_says_ : range_proof::next::ask, judged);
      case question::neighbour:
        if (!came && nothing_.is_starved(judged.took)) return again(judged, question_, errc::server_busy, starved);
        return act(came ? range_says_ : range_->no_neighbour(), judged);
      case question::last_id: return came ? act(last_id_says_, judged) : no_last_id(judged);
      case question::any_match:
        if (!came) return act(nothing_.nothing_came(judged.took, false), judged);
        nothing_.something_came();
        return start_over(judged);
      case question::control:
        if (!came) return act(nothing_.control_empty(judged.took), judged);
        return act(nothing_.control_came(judged.took, judged.requests == requests_before_control_ + 1), judged);
      default: return after::done;
    }
  }

  after act(last_id_proof::next next, const verdict& judged) {
    switch (next) {
      case last_id_proof::next::stream: return ask(question::stream, counts_ ? after::follow_up : after::next_request);
      case last_id_proof::next::proven: return proven();
      case last_id_proof::next::ask_again: return ask(question::last_id, after::follow_up);
      case last_id_proof::next::cut:
        nothing_.something_came();
        return again(judged, question::stream, errc::truncated, "the answer ended early");
      case last_id_proof::next::cannot_go_on: break;
    }
    return give_up({errc::truncated, "the record at which the read stopped was deleted meanwhile"}, judged);
  }

  after act(range_proof::next next, const verdict& judged) {
    switch (next) {
      case range_proof::next::nothing: return nothing(completeness::complete, judged);
      case range_proof::next::something: return ask(question::last_id, after::follow_up);
      case range_proof::next::ask_first: return ask(question::first_row, after::follow_up);
      case range_proof::next::ask: return ask(question::neighbour, after::follow_up);
      case range_proof::next::start_over: break;
    }
    return start_over(judged);
  }

  after act(nothing_proof::next next, const verdict& judged) {
    switch (next) {
      case nothing_proof::next::ask_again:
        return ask(asked_.record_id() ? question::one_id : question::any_match, next_in_evidence());
      case nothing_proof::next::ask_control:
        requests_before_control_ = judged.requests;
        return ask(question::control, next_in_evidence());
      case nothing_proof::next::ask_health: return ask(question::health, after::follow_up);
      case nothing_proof::next::nothing_matches: return nothing(none_of_these(), judged);
      case nothing_proof::next::table_is_empty:
        if (!memory_.has_held_records) return nothing(none_of_these(), judged);
        return give_up({errc::server_busy, "nothing comes of the whole table, and there were records in it"}, judged);
      case nothing_proof::next::ask_later: return again(judged, question_, errc::server_busy, starved);
      case nothing_proof::next::start_over: break;
    }
    return start_over(judged);
  }

  after next_in_evidence() const noexcept { return nothing_.is_progress() ? after::next_request : after::follow_up; }

  after no_last_id(const verdict& judged) {
    if (range_) {
      nothing_.something_came();  // there was something in it
      return start_over(judged);
    }
    if (filters_.empty()) return act(nothing_.control_empty(judged.took), judged);  // it was the control itself
    if (!nothing_.is_fast(judged.took)) return ask(question::any_match, after::follow_up);
    return act(nothing_.nothing_came(judged.took, false), judged);
  }

  static constexpr std::string_view starved = "nothing came, as from a server without a free database connection";

  after start_over(const verdict& judged, std::string_view why = starved) {
    return again(judged, asked_.record_id() ? question::one_id : first_of_proof(), errc::server_busy, why);
  }

  after nothing(completeness state, const verdict& judged) {
    if (received() != 0) return give_up({errc::truncated, "the records were deleted meanwhile"}, judged);
    return finished(state);
  }

  after proven() {
    if (!counts_) return finished(completeness::complete);
    counts_ = false;
    return ask(question::limited, after::follow_up);
  }

  // As many as were there before, or as the caller wants, prove themselves: more may have been stored since.
  after limited(const verdict& judged) {
    if (received() >= (std::min)(expected_, *asked_.limit())) return finished(completeness::complete);
    if (collects()) forget_collected();
    return again(judged, question::up_to_limit, errc::truncated, "fewer records came than match");
  }

  after failed(const verdict& judged) {
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

  after give_up(error why, const verdict& judged) {
    failure_ = why;
    failure_.request = why.code == errc::server_busy ? route::get_records : what();
    if (failure_.attempts == 0)
      failure_.attempts = static_cast<std::uint8_t>((std::min)(judged.requests, std::uint64_t{255}));
    if (why.code == errc::truncated || why.code == errc::server_busy) {
      failure_.more(", after ").more(received()).more(" records and ").more(judged.requests).more(" requests");
    }
    if (why.code == errc::truncated || why.code == errc::timed_out || why.code == errc::cancelled)
      failure_.index = received();
    return after::done;
  }

  after finished(completeness state) {
    if (summary_.state != completeness::stopped) summary_.state = state;
    return after::done;
  }

  // ---- what is given back -------------------------------------------------------------------------------------------

  void give_collected() {
    for (const std::string& id : unreadable_ids_) unreadable_.report(unreadable_.self, id);
    if (first_ == question::as_asked || question_ == question::limited) return;  // in the order in which they came
    sort_as_asked();
    if (asked_.limit() && collected_.records->size() > *asked_.limit()) {
      collected_.records->resize(static_cast<std::size_t>(*asked_.limit()));
      summary_.records = collected_.records->size();
    }
  }

  // Proven in the order of ids, given back in the order asked for; without one, in the server's: open records last.
  void sort_as_asked() {
    const order by = asked_.order().value_or(ascending(field::stop_time));
    if (by.by == field::record_id) {
      if (by.descends) std::reverse(collected_.records->begin(), collected_.records->end());
      return;
    }
    const auto sort = [this, &by](auto key) {
      std::sort(collected_.records->begin(), collected_.records->end(), [&key, &by](const record& a, const record& b) {
        const auto x = key(a), y = key(b);
        if (x == y) return a.record_id < b.record_id;
        if (!x || !y) return by.descends ? !x && y : x && !y;
        return by.descends ? *y < *x : *x < *y;
      });
    };
    switch (by.by) {
      case field::start_time: sort([](const record& r) { return std::optional<timestamp>(r.start_time); }); break;
      case field::stop_time: sort([](const record& r) { return r.stop_time; }); break;
      case field::runtime: sort([](const record& r) { return r.runtime; }); break;
      case field::record_id: break;
    }
  }

  // One record comes at most, though the database may have to look at all.
  bool is_small() const noexcept {
    switch (question_) {
      case question::stream: return false;
      case question::up_to_limit:
      case question::limited:
      case question::as_asked: return asked_.limit() == std::uint64_t{1};
      default: return true;
    }
  }
  bool collects() const noexcept { return collected_.records != nullptr; }
  // A condition on a component may have failed in SQL (fact 8), each time.
  completeness none_of_these() const noexcept {
    return !is_superset_ && asked_.has_component_filter() ? completeness::unproven : completeness::none_found;
  }
  std::uint64_t received() const noexcept { return summary_.records + summary_.unreadable; }

  void forget_collected() noexcept {
    summary_ = {};
    collected_.records->clear();
    unreadable_ids_.clear();
  }

  answer answer_;
  unreadable_callback unreadable_;
  collector collected_;
  server_memory& memory_;
  query asked_;
  std::string filters_, own_request_, target_;
  same_beginning beginning_;
  last_id_proof last_id_;
  nothing_proof nothing_;
  std::optional<range_proof> range_;
  std::vector<std::string> unreadable_ids_;
  error failure_, problem_;
  read_summary summary_;
  std::uint64_t requests_before_control_ = 0;
  std::uint64_t expected_ = 0;  // so many match, or more
  question first_ = question::last_id, question_ = question::last_id, furthest_ = question::one_id;
  last_id_proof::next last_id_says_{};
  range_proof::next range_says_{};
  bool is_superset_;
  bool counts_ = false;  // the proof counts what matches, and shows nothing
};
static_assert(operation<read_operation>);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
