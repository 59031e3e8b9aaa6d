// GET /records, proven complete: asks for the last id, streams in the order of ids, goes on where a cut stream stopped.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_reader.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read_summary.hpp>
#include <auditor/query/query.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
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

/// Fills a record from a view, or by a codec of the caller's own from the text.
template <class Codec>
error fill(record& r, const record_view& view, std::string_view text) {
  if constexpr (std::is_same_v<Codec, builtin_codec>) {
    assign(r, view);
    return {};
  } else {
    return Codec::decode(text, r);
  }
}

/// The server sends 200 before it runs the query and ends a broken answer cleanly (protocol, fact 4), so that only its
/// content can prove it complete (section 7). The order of ids is total, and the database sends a prefix of it or all:
/// once the id that comes last has gone by, everything has.
class read_operation {
 public:
  read_operation(const query& asked, const options& settings, const call_options& call, collector collected = {})
      : reader_(settings.max_record),
        unreadable_(call.unreadable),
        collected_(collected),
        order_(asked.order()),
        limit_(asked.limit()) {
    result<std::string> filters = asked.filters(settings.dialect);
    result<std::string> whole = asked.encode(settings.dialect);
    if (!filters || !whole) {
      failure_ = filters ? whole.error() : filters.error();
      return;
    }
    filters_ = std::move(*filters);
    const bool by_id = !order_ || *order_ == ascending(field::record_id);
    if (call.reads == proof::none) {
      phase_ = phase::as_asked;
      own_request_ = std::move(*whole);
    } else if (limit_) {
      phase_ = phase::limited;
      own_request_ = std::move(*whole);
    } else if (asked.record_id()) {
      phase_ = phase::one_id;
      wanted_ = *asked.record_id();
    } else if (!by_id && !collects()) {
      failure_ = error{
          errc::invalid_query,
          "sort_by: a streamed read is proven in the order of ids only; collect it, limit it, or ask for proof::none"};
    }
    if (failure_) failure_.result = outcome::rejected;
  }

  after start() {
    if (failure_) return after::done;
    if (limit_ && *limit_ == 0) return finished(completeness::complete);
    set_target();
    return after::next_request;
  }
  route what() const { return phase_ == phase::health ? route::health_check : route::get_records; }
  patience how() const { return repeatable() ? patience::read : patience::once; }

  request_view begin() {
    reader_.restart();
    came_ = false;
    passed_ = false;
    skipping_ = phase_ == phase::stream && !last_shown_.empty();
    if (phase_ == phase::as_asked || phase_ == phase::limited) {
      summary_ = {};
      if (collects()) collected_.records->clear();
    }
    return {verb::get, target_, {}, {}};
  }

  std::span<char> prepare() { return reader_.prepare(); }

  fed commit(std::size_t n) {
    if (n != 0) reader_.commit(n);
    for (;;) {
      switch (reader_.next()) {
        case record_reader::status::more: return fed::more;
        case record_reader::status::failed: return malformed();
        case record_reader::status::item: break;
      }
      const bool first = !came_;
      came_ = true;
      switch (phase_) {
        case phase::last_id:
          if (first) last_id_.assign(reader_.view().record_id);
          break;
        case phase::empty_again:
        case phase::alive: return fed::enough;
        case phase::health: break;
        case phase::stream:
          if (skipping_) {
            skip();
            break;
          }
          [[fallthrough]];
        default:
          if (const fed next = show(); next != fed::more) return next;
      }
    }
  }

  const error& problem() const { return problem_; }

  after finish(const verdict& judged) {
    if (judged.error) return failed(judged);
    const bool whole = phase_ == phase::health || came_to_an_end();
    switch (phase_) {
      case phase::last_id:
        if (!whole) return again(judged, phase::last_id);
        if (!came_) return go_on(phase::health, after::follow_up);
        if (!rechecks_) return go_on(phase::stream, counts_ ? after::follow_up : after::next_request);
        if (last_id_ == last_shown_) return proven(judged);
        return again(judged, phase::stream);
      case phase::stream:
        if (reached_) return proven(judged);
        if (passed_) return truncated("the record at which the read stopped was deleted meanwhile");
        rechecks_ = true;
        return go_on(phase::last_id, after::follow_up);
      case phase::health: return go_on(phase::empty_again, after::follow_up);
      case phase::alive:
        if (came_) return go_on(phase::empty_again, after::follow_up);
        return again(judged, phase::health, "nothing came, and nothing shows that the database works");
      case phase::empty_again:
        if (came_ || !whole) return again(judged, first_phase());
        return nothing();
      case phase::one_id:
        if (came_ && whole) return finished(completeness::complete);
        return whole ? go_on(phase::health, after::follow_up) : again(judged, phase::one_id);
      case phase::as_asked:
        if (whole) return finished(completeness::unproven);
        return repeatable() ? again(judged, phase::as_asked) : truncated("the answer ends inside a record");
      case phase::limited:
        if (received() >= *limit_) return finished(completeness::complete);
        if (!whole) return repeatable() ? again(judged, phase::limited) : truncated("the answer ends inside a record");
        counts_ = true;
        return go_on(phase::last_id, after::follow_up);
    }
    return after::done;
  }

  /// The record that is ready for the caller. **Lifetime**: until the next commit.
  const record_view& view() const noexcept { return reader_.view(); }
  /// Its text, for a codec of the caller's own.
  std::string_view text() const noexcept { return reader_.text(); }

  /// The visitor wants no more: whatever comes next, the read is over.
  void stop() noexcept { summary_.state = completeness::stopped; }

  result<read_summary> take() {
    if (failure_ && summary_.state != completeness::stopped) return failure_;
    if (collects() && phase_ != phase::as_asked && !limit_) sort_as_asked();
    return summary_;
  }

 private:
  enum class phase : std::uint8_t {
    last_id,      // which id comes last?
    stream,       // all, in the order of ids
    one_id,       // a query for one id: its record is its own proof
    health,       // nothing came: does the database work?
    alive,        // ... asked of the table, where health_check is not allowed
    empty_again,  // it does: nothing again?
    limited,      // the caller's limit, in the server's own order or the caller's
    as_asked,     // without proof
  };

  // A request whose records were shown and that cannot go on where it stopped is not sent twice.
  bool repeatable() const noexcept {
    if (phase_ == phase::one_id) return received() == 0;
    return (phase_ != phase::as_asked && phase_ != phase::limited) || collects() || received() == 0;
  }
  bool collects() const noexcept { return collected_.records != nullptr; }
  std::uint64_t received() const noexcept { return summary_.records + summary_.unreadable; }
  phase first_phase() const noexcept { return single_ ? phase::one_id : phase::last_id; }

  void set_target() {
    if (phase_ == phase::one_id) single_ = true;
    const std::string_view more = phase_ == phase::last_id  ? "sort_by[desc]=record_id&limit=1"
                                  : phase_ == phase::stream ? "sort_by[asc]=record_id"
                                  : phase_ == phase::alive  ? "sort_by[desc]=record_id&limit=1"
                                                            : "";
    const std::string_view conditions = phase_ == phase::alive                                  ? std::string_view()
                                        : phase_ == phase::as_asked || phase_ == phase::limited ? own_request_
                                                                                                : filters_;
    if (phase_ == phase::health) {
      target_ = "/health_check";
      return;
    }
    target_ = "/records";
    auto add = [this, separator = '?'](std::string_view part) mutable {
      if (part.empty()) return;
      target_ += std::exchange(separator, '&');
      target_ += part;
    };
    add(conditions);
    add(more);
  }

  after go_on(phase next, after how = after::next_request) {
    phase_ = next;
    set_target();
    return how;
  }
  after again(const verdict& judged, phase next, std::string_view why = "the answer ended early") {
    if (judged.last) return truncated(why);
    return go_on(next, after::try_again);
  }

  bool came_to_an_end() {
    if (phase_ == phase::empty_again && came_) return true;  // the rest was not read
    if (phase_ == phase::alive && came_) return true;
    return reader_.finish().has_value();
  }

  // Looks for the record that was shown last, when a cut stream is asked for anew.
  void skip() {
    const std::string_view id = reader_.view().record_id;
    if (id == last_shown_) skipping_ = false;
    if (id != last_id_) return;
    if (skipping_)
      passed_ = true;
    else
      reached_ = true;
  }

  fed show() {
    const record_view& r = reader_.view();
    if (phase_ == phase::stream) {
      last_shown_.assign(r.record_id);
      if (r.record_id == last_id_) reached_ = true;
    }
    if (single_ && r.record_id != wanted_) {
      problem_ = error{errc::not_auditor, "another record came than the one asked for"};
      problem_.of(r.record_id);
      return fed::failed;
    }
    if (counts_) {
      ++counted_;
      return fed::more;
    }
    if (reader_.unreadable()) {
      if (unreadable_.report == nullptr) {
        problem_ = error{errc::unreadable_record, "components is null"};
        problem_.index = received();
        problem_.of(r.record_id);
        return fed::failed;
      }
      ++summary_.unreadable;
      unreadable_.report(unreadable_.self, r.record_id);
      return fed::more;
    }
    ++summary_.records;
    if (!collects()) return fed::item;
    record& kept = collected_.records->emplace_back();
    if (problem_ = collected_.fill(kept, r, text()); problem_) return fed::failed;
    // What is kept is progress; what would be thrown away by a repeat is not.
    return phase_ == phase::stream ? fed::item : fed::more;
  }

  fed malformed() {
    problem_ = reader_.error();
    constexpr std::uint64_t first_bytes = 16;
    if (problem_.code == errc::json_syntax && reader_.records() == 0 && problem_.offset < first_bytes)
      problem_.code = errc::not_auditor;
    return fed::failed;
  }

  after failed(const verdict& judged) {
    const errc code = judged.error.code;
    if (phase_ == phase::one_id && received() != 0) return finished(completeness::complete);
    if (phase_ == phase::health && (code == errc::not_authorised || code == errc::wrong_endpoint)) {
      if (!filters_.empty()) return go_on(phase::alive, after::follow_up);
      return again(judged, first_phase(),
                   "nothing came, and without health_check that cannot be told from a dead database");
    }
    const bool cut = code == errc::connection_lost || code == errc::server_failure || code == errc::connect_failed;
    if (phase_ == phase::stream && reached_ && cut) return proven(judged);  // what was yet to come was stored meanwhile
    failure_ = judged.error;
    if (cut && received() != 0) {
      failure_.code = errc::truncated;
      failure_.say(to_string(code)).more(": ").more(judged.error.words());
    }
    if (failure_.code == errc::truncated || code == errc::timed_out || code == errc::cancelled) failure_.index = received();
    return after::done;
  }

  after truncated(std::string_view why) {
    failure_ = error{errc::truncated, why};
    failure_.request = route::get_records;
    failure_.index = received();
    if (received() != 0) failure_.more(", after ").more(received()).more(" records");
    return after::done;
  }

  after proven(const verdict& judged) {
    if (counts_ && counted_ != received()) return miscounted(judged);
    return finished(completeness::complete);
  }
  // Fewer records than the limit came, and others match: the answer was cut, or the table changed.
  after miscounted(const verdict& judged) {
    constexpr std::string_view why = "the limit was not reached, and more records match than came";
    if (!collects() && received() != 0) return truncated(why);
    counts_ = reached_ = rechecks_ = false;
    counted_ = 0;
    last_shown_.clear();
    return again(judged, phase::limited, why);
  }
  after nothing() {
    if (received() != 0) return truncated("the records were deleted meanwhile");
    return finished(completeness::none_found);
  }
  after finished(completeness state) {
    if (summary_.state != completeness::stopped) summary_.state = state;
    return after::done;
  }

  // Proven in the order of ids, given back in the order asked for; without one, in the server's: open records last.
  void sort_as_asked() {
    const order by = order_.value_or(ascending(field::stop_time));
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

  record_reader reader_;
  unreadable_callback unreadable_;
  collector collected_;
  std::optional<auditor::order> order_;
  std::optional<std::uint64_t> limit_;
  std::string filters_, own_request_, target_;
  std::string wanted_;      // the id that a query for one id names
  std::string last_id_;     // what comes last, by the server's word
  std::string last_shown_;  // how far the stream got
  phase phase_ = phase::last_id;
  bool single_ = false;    // a query for one id
  bool rechecks_ = false;  // the last id is asked for because a stream did not reach it
  bool counts_ = false;    // the records were shown; now they are counted without the limit
  bool came_ = false;      // of this request: some record
  bool reached_ = false, passed_ = false, skipping_ = false;
  std::uint64_t counted_ = 0;
  error failure_, problem_;
  read_summary summary_;
};
static_assert(operation<read_operation>);

/// A read that keeps what it got.
struct kept_records {
  record_list kept_;
};
template <class Codec>
class collect_operation : private kept_records, public read_operation {
 public:
  collect_operation(const query& asked, const options& settings, const call_options& call)
      : read_operation(asked, settings, call, {&kept_.records, &fill<Codec>}) {}
  collect_operation(const collect_operation&) = delete;
  collect_operation& operator=(const collect_operation&) = delete;

  result<record_list> take() {
    const result<read_summary> read = read_operation::take();
    if (!read) return read.error();
    kept_.summary = *read;
    return std::move(kept_);
  }
};

/// The record of one id, or none.
template <class Codec>
class find_operation : public collect_operation<Codec> {
 public:
  find_operation(std::string id, const options& settings, const call_options& call)
      : collect_operation<Codec>(query{}.with_record_id(id), settings, call), id_(std::move(id)) {}

  result<std::optional<record>> take() {
    result<record_list> found = collect_operation<Codec>::take();
    if (!found) {
      error e = found.error();
      return e.of(id_);
    }
    if (found->summary.unreadable != 0) return unreadable();  // it is there, whoever was told
    if (found->empty()) return std::optional<record>();
    return std::optional<record>(std::move(found->records.front()));
  }

 protected:
  std::string id_;

 private:
  error unreadable() const {
    error e{errc::unreadable_record, "components is null"};
    e.request = route::get_records;
    e.status = 200;
    e.attempts = 1;
    return e.of(id_);
  }
};

/// The record of one id, or an error.
template <class Codec>
class single_record_operation : public find_operation<Codec> {
 public:
  using find_operation<Codec>::find_operation;

  result<record> take() {
    result<std::optional<record>> found = find_operation<Codec>::take();
    if (!found) return found.error();
    if (*found) return *std::move(*found);
    error e(errc::record_not_found);
    e.request = route::get_records;
    e.attempts = 1;
    return e.of(this->id_);
  }
};

/// A read that shows each record to a visitor.
template <class Visitor>
class for_each_operation : public read_operation {
 public:
  for_each_operation(const query& asked, const options& settings, const call_options& call, Visitor visitor)
      : read_operation(asked, settings, call), visitor_(std::move(visitor)) {}

  /// False: the visitor wants no more.
  bool visit() {
    if constexpr (std::is_convertible_v<std::invoke_result_t<Visitor&, const record_view&>, bool>) {
      if (visitor_(view())) return true;
      stop();
      return false;
    } else {
      visitor_(view());
      return true;
    }
  }

 private:
  Visitor visitor_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
