// The client: every operation of Auditor over a transport of your choice.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/message.hpp>
#include <auditor/client/blocking_driver.hpp>
#include <auditor/client/client_state.hpp>
#include <auditor/client/drain.hpp>
#include <auditor/client/executor_type.hpp>
#include <auditor/client/explain.hpp>
#include <auditor/client/pending.hpp>
#include <auditor/client/record_stream.hpp>
#include <auditor/exchange/adds_with_look.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_call.hpp>
#include <auditor/operation/bulk_insert.hpp>
#include <auditor/operation/collect.hpp>
#include <auditor/operation/find.hpp>
#include <auditor/operation/for_each.hpp>
#include <auditor/operation/health_check.hpp>
#include <auditor/operation/update.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

namespace detail {

/// Of a call of a blocking client: it returns its result, and is delivered in no other way.
struct no_token {};

template <class Executor>
struct token_type_of {
  using type = no_token;
};
template <async_executor Executor>
struct token_type_of<Executor> {
  using type = default_token_t<Executor>;
};

// Mistakes that are so likely that they have a sentence of their own.
template <class Transport>
Transport no_transport();
template <class Given>
concept is_a_policy = std::same_as<std::remove_cvref_t<Given>, on_duplicate>;

}  // namespace detail

/// Talks to one Auditor. Each call sends what it must, repeats what may be repeated, and returns a value or an error that
/// says what became of the record.
///
/// ```cpp
/// auto transport = auditor::curl_builder{}.address("localhost", 8000).build();
/// auditor::client client{std::move(transport).value()};
/// if (auto added = client.add(record); !added) std::cerr << auditor::message(added.error()) << '\n';
/// ```
/// **Errors** that every call may answer with, beside its own:
/// - before anything is sent: `invalid_argument`, `cancelled`, `timed_out`, `busy` (the blocking transport is at work for another
///   call), `connect_failed` (no such host, refused, no descriptor or connection left), `tls_failed`;
/// - behind that: `connection_lost`, `timed_out`, `cancelled`, `server_failure` (an error page, a database that does not answer);
/// - from what is no Auditor, or does not let us in: `not_auditor`, `wrong_endpoint`, `not_authorised`.
///
/// What may pass is repeated, as `options::retry` says, before it is told. `error::outcome` says of a write whether it was done:
/// only `unknown` leaves that open, and `message(error)` says all of it in a sentence. What each means: docs/errors.md.
///
/// What is wrong with a record or a query is an error before anything is sent.
///
/// **Threads**: with a blocking executor one thread at a time, and calls from inside a visitor are fine when the transport
/// has several streams. With an asynchronous one any number of calls is under way at once, begun from any thread; what is
/// said to be on the strand is called there.
/// **Exceptions**: what a callback of yours throws - a visitor, `progress`, `unreadable` - passes through a blocking call,
/// as `std::bad_alloc` does: what the call had begun is dropped, and the client is as good as before. In an asynchronous
/// call there is nobody to throw to, and all of them are alike: an exception from a callback, a handler or a coroutine ends
/// the program (`std::terminate`); Asio's handlers throw out of `run()`, as ever.
/// **Lifetime**: longer than each call and stream; it does not move while there are any. To end with calls under way, `drain`,
/// or destroy each `pending` and stream on the strand first. A debug build ends the program when this is broken.
///
/// The last parameter of each call, `how`, is for asynchronous clients: the token that says how the result is delivered -
/// awaited (`use_pending`, and by default), as a future (`use_future`), to a callable that takes it, or as Asio's tokens have it.
template <class Transport, class Executor = this_thread, record_codec Codec = builtin_codec>
class AUDITOR_EXPORT client {
  static_assert(explain<Transport, Executor>());

 public:
  /// What `stream` gives back: a `record_stream` or an `async_record_stream`.
  using stream_type = detail::stream_of<Transport, Executor, Codec>;
  /// How a call is delivered when nobody says: `use_pending`, or the executor's own.
  using token = typename detail::token_type_of<Executor>::type;
  /// What the calls run on: `Executor`, or what it wraps (of Asio: the strand).
  using executor_type = detail::executor_type_of<Executor>;

  /// Over a transport and an executor of your own. The builders of the transports (`curl_builder`, `client_builder`,
  /// `beast_builder` ...) make the usual ones.
  /// **Errors**: none here; settings that make no sense are found by `check(settings)`, as the builders do.
  explicit client(Transport through, Executor executor = Executor{}, const options& settings = {})
      : state_{std::move(through), std::move(executor), settings, {}, &detail::looks_up} {}
  /// The same with an executor of its own.
  client(Transport through, const options& settings) : client(std::move(through), Executor{}, settings) {}
  /// Without heap: what the calls keep is in this workspace. One call at a time, and what has no room in it is `buffer_full`,
  /// which names the record and says how many bytes it wanted; nothing of it was sent.
  ///
  /// ```cpp
  /// static std::array<char, 4096> workspace;
  /// auditor::client client(uart_transport(), board_executor(), auditor::options{}, workspace);
  /// ```
  /// For `health_check`, `add`, `update`, `for_each`, `find` with a visitor, `stream` into a `record_view`, and the bulks with
  /// outcomes of the caller's; what gives records or a report has them on the heap. A record is `add`ed with a workspace of
  /// its JSON, where that is aligned as a `std::max_align_t` (else up to 15 bytes more); a read wants twice that of its longest record. `on_duplicate::fail` does not look at what is stored.
  /// **Lifetime**: the workspace outlives the client. **Memory**: none beside.
  client(Transport through, Executor executor, const options& settings, std::span<char> workspace)
    requires(!async_executor<Executor>)
      : state_{std::move(through), std::move(executor), settings, detail::memory(workspace), nullptr} {}
  /// Does not compile: the error says what to write.
  template <detail::is_a_text Url, class... More>
    requires(!detail::is_a_text<Transport>)
  explicit client(const Url&, More&&...) : client(detail::no_transport<Transport>()) {
    static_assert(!detail::is_a_text<Url>,
                  "a client takes a transport, not a URL: use client_builder().connection_string(url).build()");
  }

  /// Asks whether Auditor and its database work: `result<void>`, a value when they do.
  ///
  /// ```cpp
  /// if (auto healthy = client.health_check(); !healthy) log(message(healthy.error()));
  /// ```
  /// **Errors**: `connect_failed` or `server_failure`: down; `not_authorised`: reachable, but RBAC does not let us ask;
  /// `wrong_endpoint`, `not_auditor`: something else answers there. Never repeated: it is about this moment.
  template <class Token = token>
  [[nodiscard]] auto health_check(const call_options& call = {}, Token&& how = {}) {
    return run([] { return detail::health_check_operation(); }, call, std::forward<Token>(how));
  }

  /// Stores one record: `result<receipt>`, whose `how` says whether it is new or was there already.
  /// `add_options::duplicates` says what happens when its id is known.
  ///
  /// ```cpp
  /// client.add(record, {.timeout = 30s, .duplicates = auditor::on_duplicate::compare});
  /// ```
  /// **Errors**: `invalid_record`, `record_too_large`; `record_exists` or, under `compare` and `update`, `conflict`, which names the
  /// field that differs; and those of every call. An id makes it repeatable: after a lost answer the same bytes are sent again,
  /// and what then meets `RECORD_EXISTS` is looked up and compared (`delivery::already_stored`), which a role without the right to
  /// read cannot: `unknown`. Then send the same record again, with `compare`.
  /// **Lifetime**: the record is not needed once this returns, in no flavour. **Memory**: its JSON.
  template <class Token = token>
  [[nodiscard]] auto add(const record_view& r, const add_options& call = {}, Token&& how = {}) {
    return send<detail::add_operation>(r, call, std::forward<Token>(how), state_.lend(), call);
  }
  /// Does not compile, and says how to name the option.
  template <detail::is_a_policy Policy, class... More>
  void add(const record_view&, Policy, More&&...) {
    static_assert(!detail::is_a_policy<Policy>, "name the option: add(record, {.duplicates = on_duplicate::ignore})");
  }

  /// Sets the stop time of a stored record; nothing else of it changes: `result<void>`. May be sent as often as one likes.
  ///
  /// ```cpp
  /// client.update(job.with_stop_time(std::chrono::system_clock::now()));
  /// ```
  /// **Errors**: `invalid_record` without a stop time, or with one before its start; `record_not_found`, and those of every call.
  /// **Lifetime**: as `add`.
  template <class Token = token>
  [[nodiscard]] auto update(const record_view& r, const call_options& call = {}, Token&& how = {}) {
    return send<detail::update_operation>(r, call, std::forward<Token>(how));
  }

  /// Stores any number of records, several to a request, and says of each what became of it: `bulk_report`, true when all
  /// is well. Invalid records are rejected here, and the others go on. With an asynchronous executor
  /// `bulk_insert_options::in_flight` requests are under way at once, none with a record of another.
  ///
  /// ```cpp
  /// const auditor::bulk_report report = client.bulk_insert(records);
  /// for (std::size_t i = 0; i < report.size(); ++i)
  ///   if (report[i].code != auditor::errc::ok) keep_for_later(records[i], report[i].outcome);
  /// ```
  /// Several records of one id mean what so many calls of `add` would, in the order of the range, under every policy: with
  /// `update`, an open record and behind it the same with its stop time are both delivered; with `fail`, the second is a
  /// duplicate. They are sent behind all others.
  /// Takes any range; what makes its records, as `jobs | std::views::transform(to_record)`, is gone through once.
  ///
  /// **Errors**: in the report, of each record: those of `add`. What would refuse every record (no right to, no server, cancelled)
  /// ends the call: the rest is `not_applied`, or `unknown` where a request was under way.
  /// **Memory**: one body for each request under way, and 8 bytes a record; a view of each for a range that is not
  /// contiguous, and the records that a range makes. **Lifetime**: the range stays until the call is over; an asynchronous
  /// call with a temporary one does not compile.
  template <class Range, class Token = token>
  [[nodiscard]] auto bulk_insert(Range&& records, bulk_insert_options call = {}, Token&& how = {}) {
    if constexpr (check_range<Range>()) {
      if constexpr (!async_executor<Executor>) call.in_flight = 1;
      return run(
          [this, call, kept = detail::kept_report(records)]() mutable {
            return detail::bulk_call<detail::bulk_insert_operation, detail::kept_report>(std::move(kept), encode,
                                                                                         state_.lend(), call);
          },
          call, std::forward<Token>(how));
    }
  }
  /// The same with records in braces: `client.bulk_insert({one, another})`. Of a blocking client.
  [[nodiscard]] auto bulk_insert(std::initializer_list<record_view> records, const bulk_insert_options& call = {})
    requires(!async_executor<Executor>)
  {
    return bulk_insert(std::span(records), call);
  }
  /// The same without heap: what became of each record goes into outcomes of yours, one for each, and the rest is a `bulk_summary`. The
  /// words of each failure go to `bulk_insert_options::failed`.
  ///
  /// ```cpp
  /// std::array<auditor::record_outcome, 8> outcomes;
  /// const auto show = [](const auditor::error& e) { board::write(e.words()); };
  /// if (!client.bulk_insert(std::span(samples).first(n), outcomes, {.failed = show})) keep_for_later(samples, outcomes);
  /// ```
  /// **Ranges**: records or views of them in a row, as in a vector, an array or a span.
  /// **Errors**: as above; `invalid_argument` for all of them, where there are fewer outcomes than records. Of a client with a
  /// workspace, `buffer_full`: for all records, where it has no room for their order, and for one that has no room alone; the
  /// others are sent, as many to a request as fit.
  /// **Memory**: of the workspace or the heap, a body and 4 bytes a record. **Lifetime**: the outcomes stay as the range does.
  template <class Range, std::convertible_to<std::span<record_outcome>> Outcomes, class Token = token>
  [[nodiscard]] auto bulk_insert(Range&& records, Outcomes&& outcomes, bulk_insert_options call = {}, Token&& how = {}) {
    if constexpr (check_row<Range>()) {
      if constexpr (!async_executor<Executor>) call.in_flight = 1;
      return run(
          [this, call, kept = detail::kept_summary(records, outcomes)]() mutable {
            return detail::bulk_call<detail::bulk_insert_operation, detail::kept_summary>(std::move(kept), encode,
                                                                                          state_.lend(), call);
          },
          call, std::forward<Token>(how));
    }
  }
  /// The same with records in braces.
  template <std::convertible_to<std::span<record_outcome>> Outcomes>
    requires(!async_executor<Executor>)
  [[nodiscard]] auto bulk_insert(std::initializer_list<record_view> records, Outcomes&& outcomes,
                                 const bulk_insert_options& call = {}) {
    return bulk_insert(std::span(records), outcomes, call);
  }
  /// Does not compile, and says how to name the option.
  template <class Range, detail::is_a_policy Policy, class... More>
  void bulk_insert(Range&&, Policy, More&&...) {
    static_assert(!detail::is_a_policy<Policy>,
                  "name the option: bulk_insert(records, {.duplicates = on_duplicate::ignore})");
  }

  /// Sets the stop times of any number of stored records, in the order of the range, and says of each what became of it:
  /// `bulk_report`. One request a record: the server has no route for many. Of several of one id the last one stays.
  /// **Errors**: in the report, of each record: those of `update`. **Memory**, **Lifetime**: as `bulk_insert`.
  template <class Range, class Token = token>
  [[nodiscard]] auto bulk_update(Range&& records, const bulk_update_options& call = {}, Token&& how = {}) {
    if constexpr (check_range<Range>())
      return run(
          [this, call, kept = detail::kept_report(records)]() mutable {
            return detail::bulk_call<detail::bulk_update_operation, detail::kept_report>(std::move(kept), encode,
                                                                                         state_.lend(), call);
          },
          call, std::forward<Token>(how));
  }
  /// The same for records in braces.
  [[nodiscard]] auto bulk_update(std::initializer_list<record_view> records, const bulk_update_options& call = {})
    requires(!async_executor<Executor>)
  {
    return bulk_update(std::span(records), call);
  }
  /// The same without heap, with outcomes of yours: as that of `bulk_insert`.
  template <class Range, std::convertible_to<std::span<record_outcome>> Outcomes, class Token = token>
  [[nodiscard]] auto bulk_update(Range&& records, Outcomes&& outcomes, const bulk_update_options& call = {},
                                 Token&& how = {}) {
    if constexpr (check_row<Range>())
      return run(
          [this, call, kept = detail::kept_summary(records, outcomes)]() mutable {
            return detail::bulk_call<detail::bulk_update_operation, detail::kept_summary>(std::move(kept), encode,
                                                                                          state_.lend(), call);
          },
          call, std::forward<Token>(how));
  }
  /// The same for records in braces.
  template <std::convertible_to<std::span<record_outcome>> Outcomes>
    requires(!async_executor<Executor>)
  [[nodiscard]] auto bulk_update(std::initializer_list<record_view> records, Outcomes&& outcomes,
                                 const bulk_update_options& call = {}) {
    return bulk_update(std::span(records), outcomes, call);
  }

  /// All records: `result<record_list>`. For large tables see `for_each`.
  /// **Errors**: as `advanced_query`. **Memory**: as `record_list` says.
  template <class Token = token>
  [[nodiscard]] auto get(const read_options& call = {}, Token&& how = {}) {
    return advanced_query(query{}, call, std::forward<Token>(how));
  }

  /// All records that started at this time or later.
  /// **Errors**, **Memory**: as `get`.
  template <class Duration, class Token = token>
  [[nodiscard]] auto get_started_since(std::chrono::sys_time<Duration> since, const read_options& call = {},
                                       Token&& how = {}) {
    return advanced_query(query{}.with_start_time(gte(since)), call, std::forward<Token>(how));
  }
  /// Does not compile: the error says what to write.
  template <class Time, class... More>
    requires(!detail::sys_time<Time>)
  void get_started_since(const Time&, const read_options& = {}, More&&...) {
    detail::explain_time<Time>();
  }

  /// All records that stopped at this time or later; none that are still open.
  /// **Errors**, **Memory**: as `get`.
  template <class Duration, class Token = token>
  [[nodiscard]] auto get_stopped_since(std::chrono::sys_time<Duration> since, const read_options& call = {},
                                       Token&& how = {}) {
    return advanced_query(query{}.with_stop_time(gte(since)), call, std::forward<Token>(how));
  }
  /// Does not compile: the error says what to write.
  template <class Time, class... More>
    requires(!detail::sys_time<Time>)
  void get_stopped_since(const Time&, const read_options& = {}, More&&...) {
    detail::explain_time<Time>();
  }

  /// All records that a query asks for, in its order; without one by stop time, open records last: `result<record_list>`.
  /// Its `summary.state` says how certain it is that none is missing.
  ///
  /// ```cpp
  /// using namespace auditor;
  /// auto jobs = client.advanced_query(query{}.with_meta("site", contains("site_a")).with_stop_time(gte(yesterday)));
  /// if (jobs)
  ///   for (const record& job : *jobs) charge(job);
  /// ```
  /// **Errors**: `invalid_query`; `unreadable_record`, unless `read_options::unreadable` hears of it; `truncated`, when the answer
  /// could not be proven complete in `retry_policy::read_attempts`; `server_busy`, when nothing came and that proves
  /// nothing; and those of every call. **Memory**: as `record_list` says.
  template <class Token = token>
  [[nodiscard]] auto advanced_query(query asked, const read_options& call = {}, Token&& how = {}) {
    return run(
        [this](query& wanted, const read_options& with) {
          return detail::collect_operation(std::move(wanted), fill, state_.lend(), with);
        },
        call, std::forward<Token>(how), std::move(asked), call);
  }
  /// The same into a `record_table`, behind what it holds, in a sixth of the memory: `result<read_summary>`. After an error the table is as it
  /// was.
  ///
  /// ```cpp
  /// auditor::record_table jobs;  // of auditor/ext/record_table.hpp
  /// const auto read = client.advanced_query(auditor::query{}, jobs);
  /// ```
  /// **Lifetime**: the table outlives the call, and nobody else touches it meanwhile.
  template <detail::record_collection Into, class Token = token>
  [[nodiscard]] auto advanced_query(query asked, Into& to, const read_options& call = {}, Token&& how = {}) {
    static_assert(std::same_as<Codec, builtin_codec>, "a table is filled from views, which need the built-in codec");
    return run(
        [this, &to](query& wanted, const read_options& with) {
          return typename Into::filling_operation(std::move(wanted), to, state_.lend(), with);
        },
        call, std::forward<Token>(how), std::move(asked), call);
  }
  /// The same from the text of a query: `start_time[gte]=2024-01-01T00:00:00Z`, percent-encoded.
  template <class Token = token>
  [[nodiscard]] auto advanced_query(detail::borrowed_text raw, const read_options& call = {}, Token&& how = {}) {
    return advanced_query(query::raw(raw), call, std::forward<Token>(how));
  }

  /// The record of this id, if the server has it: `result<std::optional<record>>`. None: not there, on evidence; nine small
  /// requests, where one that is there costs one.
  ///
  /// ```cpp
  /// auto found = client.find("slurm-4711");
  /// if (found && *found) std::cout << (*found)->start_time << '\n';
  /// ```
  /// **Errors**: `server_busy`, when nothing came and that proves nothing; `unreadable_record`, and those of every call.
  template <class Token = token>
  [[nodiscard]] auto find(detail::borrowed_text id, const call_options& call = {}, Token&& how = {}) {
    return run([this, id = std::string(std::string_view(id))] { return detail::find_operation(id, fill, state_.lend()); },
               call, std::forward<Token>(how));
  }

  /// The same, shown to a visitor: `result<read_summary>`, whose `records` is 1 where it is there, else 0. The visitor takes a
  /// `const record_view&`, which dies when it returns.
  ///
  /// ```cpp
  /// auto found = client.find("slurm-4711", [](const auditor::record_view& r) { print(r.start_time); });
  /// ```
  /// **Errors**: as `find`. **Memory**: that of the record's text.
  template <class Visitor, class Token = token>
    requires record_visitor<Visitor>
  [[nodiscard]] auto find(detail::borrowed_text id, Visitor visit, const call_options& call = {}, Token&& how = {}) {
    using kept_id = std::conditional_t<async_executor<Executor>, detail::kept_id, detail::borrowed_id>;
    return run(
        [this](kept_id& wanted, Visitor& shown) {
          return detail::visit_one_operation<kept_id, Visitor>(std::move(wanted), state_.lend(), std::move(shown));
        },
        call, std::forward<Token>(how), kept_id(id, state_.texts), std::move(visit));
  }

  /// The record of this id: `result<record>`. **Errors**: `record_not_found`, on the evidence of `find`, and those of `find`.
  template <class Token = token>
  [[nodiscard]] auto get_single_record(detail::borrowed_text id, const call_options& call = {}, Token&& how = {}) {
    return run(
        [this, id = std::string(std::string_view(id))] { return detail::single_record_operation(id, fill, state_.lend()); },
        call, std::forward<Token>(how));
  }

  /// Shows each record that a query asks for to a visitor, in constant memory: `result<read_summary>`. In the order of ids;
  /// with a limit, in the query's or the server's.
  ///
  /// ```cpp
  /// std::int64_t cores = 0;
  /// auto read = client.for_each(auditor::query{}, [&](const auditor::record_view& r) { cores += r.components[0].amount; });
  /// if (!read) std::cerr << message(read.error());  // then the sum is of a part
  /// ```
  /// The visitor takes a `const record_view&`, which dies when it returns, and returns nothing, or a bool: false ends the
  /// read. Exactly a bool, so that a sum which happens to be 0 does not.
  /// **Errors**: as `advanced_query`; what was shown was shown once. **Threads**: the visitor runs where the call does; what
  /// it throws passes through a blocking call alone.
  template <class Visitor, class Token = token>
  [[nodiscard]] auto for_each(query asked, Visitor visit, const read_options& call = {}, Token&& how = {}) {
    static_assert(std::same_as<Codec, builtin_codec>, "views need the built-in codec; use stream()");
    static_assert(std::invocable<Visitor&, const record_view&>, "the visitor takes a const auditor::record_view&");
    static_assert(
        record_visitor<Visitor>,
        "the visitor returns nothing, or exactly a bool: false ends the read (give a sum no way out: { total += x; })");
    return run(
        [this](query& wanted, Visitor& shown, const read_options& with) {
          return detail::for_each_operation<Visitor>(std::move(wanted), state_.lend(), with, std::move(shown));
        },
        call, std::forward<Token>(how), std::move(asked), std::move(visit), call);
  }

  /// The same as a loop of yours, which ends in `finish()`: only that tells the end from an error. Who leaves the loop by
  /// `break` need not ask.
  ///
  /// ```cpp
  /// auto records = client.stream(auditor::query{});
  /// auditor::record r;
  /// while (records.next(r)) charge(r);
  /// if (auto read = records.finish(); !read) std::cerr << message(read.error());
  /// ```
  /// **Errors**: as `for_each`, from `finish()`. **Lifetime**: the client outlives the stream. **Memory**: constant.
  stream_type stream(query asked, const read_options& call = {}) { return stream_type(state_, std::move(asked), call); }

  /// Waits until no call is under way, for at most so long; then ends those that are, and waits until each has told its result:
  /// `bool`, true when all came to their own end. Calls begun meanwhile are waited for too. Afterwards the client may go.
  /// ```cpp
  /// if (!client.drain(10s, auditor::use_future).get()) log("some records were not sent in time");
  /// ```
  /// A stream counts while somebody waits for its next record.
  template <class Token = token>
  [[nodiscard]] auto drain(ticks longest, Token&& how = {})
    requires async_executor<Executor>
  {
    if constexpr (std::same_as<std::remove_cvref_t<Token>, use_pending_t>)
      return pending_drain<Executor>(state_.running, state_.executor, longest);
    else
      return detail::deliver(state_.executor, detail::drain_initiation<Executor>(state_.running, state_.executor, longest),
                             std::forward<Token>(how));
  }

  /// The transport. **Threads**: as of a call of its own.
  Transport& transport() noexcept { return state_.transport; }
  /// The executor.
  Executor& executor() noexcept { return state_.executor; }
  executor_type get_executor() const noexcept { return detail::executor_of(state_.executor); }
  /// What it was built with.
  const options& settings() const noexcept { return state_.settings; }

 private:
  template <class Range>
  static constexpr bool check_range() {
    static_assert(record_range<Range>, "the range holds auditor::record, record_view or what converts to it");
    static_assert(detail::range_outlives_the_call<Range, Executor>,
                  "an asynchronous call reads its range while it is under way: keep the range in a variable");
    return record_range<Range>;
  }
  template <class Range>
  static constexpr bool check_row() {
    constexpr bool is_row = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range>;
    static_assert(is_row,
                  "outcomes of yours are for records in a row: a vector, an array or a span of record or record_view");
    return check_range<Range>() && is_row;
  }

  static constexpr detail::encode_function encode = detail::encode_of<Codec>;
  static constexpr detail::fill_function fill = detail::fill_of<Codec>;

  // One record, which an asynchronous call encodes before it returns, and a blocking one where its operation has it.
  template <class Operation, class Options, class Token, class... More>
  auto send(const record_view& r, const Options& call, Token&& how, const More&... more) {
    const detail::unencoded_record record{r, encode, state_.texts};
    if constexpr (async_executor<Executor>) {
      return run([encoded = detail::encoded_record(record, Operation::of),
                  more...]() mutable { return Operation(std::move(encoded), more...); },
                 call, std::forward<Token>(how));
    } else {
      return run([&] { return Operation(record, more...); }, call, std::forward<Token>(how));
    }
  }

  // `make` has an operation made of the rest, which an asynchronous call keeps until it begins, and a blocking one uses where it is.
  template <class Make, class Options, class Token, class... Kept>
  auto run(Make make, const Options& call, [[maybe_unused]] Token&& how, Kept&&... kept) {
    static_assert(
        async_executor<Executor> || std::same_as<std::remove_cvref_t<Token>, detail::no_token>,
        "a blocking client returns its result and takes no token: leave it out, or build the client on an executor");
    const call_options& limits = detail::limits_of(call);
    if constexpr (async_executor<Executor>) {
      return detail::launch(
          state_, limits,
          [make = std::move(make), ... kept = std::remove_cvref_t<Kept>(std::forward<Kept>(kept))]() mutable {
            return make(kept...);
          },
          std::forward<Token>(how));
    } else {
      auto op = make(kept...);
      bool (*show)(void*) = nullptr;
      if constexpr (requires { op.visit(); }) show = [](void* self) { return static_cast<decltype(op)*>(self)->visit(); };
      detail::drive(state_, detail::driven::of(detail::exchanged(op)), limits, &op, show);
      return op.take();
    }
  }

  detail::client_state<Transport, Executor> state_;
};

template <class Transport>
client(Transport) -> client<Transport>;
template <class Transport>
client(Transport, options) -> client<Transport>;
template <class Transport, class Executor>
client(Transport, Executor, options) -> client<Transport, Executor>;
template <class Transport, class Executor>
client(Transport, Executor, options, std::span<char>) -> client<Transport, Executor>;

}  // namespace AUDITOR_ABI
}  // namespace auditor
