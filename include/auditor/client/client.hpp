// The client: every operation of Auditor over a transport of your choice.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/drive.hpp>
#include <auditor/client/explain.hpp>
#include <auditor/client/record_stream.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/operation/add.hpp>
#include <auditor/operation/bulk_insert.hpp>
#include <auditor/operation/health_check.hpp>
#include <auditor/operation/read.hpp>
#include <auditor/operation/update.hpp>

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Talks to one Auditor. Each call sends what it must, repeats what may be repeated, and returns a value or an error that
/// says what became of the record.
///
/// ```cpp
/// auto transport = auditor::curl_builder{}.address("localhost", 8000).build();
/// auditor::client client{std::move(transport).value()};
/// if (auto added = client.add(record); !added) std::cerr << auditor::message(added.error()) << '\n';
/// ```
/// Every sending call validates first: a bad record or query is an error before anything is sent.
///
/// **Threads**: one call at a time; calls from inside a visitor are fine when the transport has several streams.
/// **Lifetime**: longer than each call and stream.
template <class Transport, class Executor = this_thread, record_codec Codec = builtin_codec>
class AUDITOR_EXPORT client {
  static_assert(explain<Transport, Executor>());

 public:
  using stream_type = record_stream<Transport, Executor, Codec>;

  explicit client(Transport through, Executor executor = {}, const options& settings = {})
      : transport_(std::move(through)), executor_(std::move(executor)), settings_(settings) {}
  client(Transport through, const options& settings) : client(std::move(through), Executor{}, settings) {}

  /// Asks whether Auditor and its database work: true when they do.
  /// **Errors**: `connect_failed` or `server_failure`: down; `not_authorised`: reachable, but RBAC does not let us ask;
  /// `wrong_endpoint`, `not_auditor`: something else answers there. Never repeated: it is about this moment.
  result<void> health_check(const call_options& call = {}) {
    detail::health_check_operation op;
    return run(op, call);
  }

  /// Stores one record. `call_options::duplicates` says what happens when its id is known.
  /// **Errors**: `invalid_record`, `record_exists`, `conflict`, and those of every call. `error::result` says whether it may
  /// have been stored. An id makes it repeatable: after a lost answer the same bytes are sent again, and `RECORD_EXISTS`
  /// then means `delivery::already_stored`.
  result<receipt> add(const record_view& r, const call_options& call = {}) {
    detail::add_operation<Codec> op(r, settings_, call);
    return run(op, call);
  }

  /// Sets the stop time of a stored record; nothing else of it changes.
  /// **Errors**: `invalid_record` without a stop time, `record_not_found`, and those of every call.
  result<void> update(const record_view& r, const call_options& call = {}) {
    detail::update_operation<Codec> op(r);
    return run(op, call);
  }

  /// Stores any number of records, several to a request, and says of each what became of it. True when all is well.
  /// Invalid records are rejected here, and the others go on. **Memory**: one request body, and 8 bytes a record.
  /// **Lifetime**: the range stays until the call returns.
  template <record_range Range>
  bulk_report bulk_insert(const Range& records, const call_options& call = {}) {
    detail::bulk_insert_operation<Codec> op(detail::as_batch(records), settings_, call);
    return run(op, call);
  }

  /// Sets the stop times of any number of stored records, and says of each what became of it.
  template <record_range Range>
  bulk_report bulk_update(const Range& records, const call_options& call = {}) {
    detail::bulk_update_operation<Codec> op(detail::as_batch(records), call);
    return run(op, call);
  }

  /// All records. For large tables see `for_each`.
  /// **Errors**: `truncated` when the answer could not be proven complete, and those of every call. **Memory**: about 1 KB a
  /// record.
  result<record_list> get(const call_options& call = {}) { return advanced_query(query{}, call); }

  /// All records that started at this time or later.
  template <class Duration>
  result<record_list> get_started_since(std::chrono::sys_time<Duration> since, const call_options& call = {}) {
    return advanced_query(query{}.with_start_time(gte(since)), call);
  }

  /// All records that stopped at this time or later; none that are still open.
  template <class Duration>
  result<record_list> get_stopped_since(std::chrono::sys_time<Duration> since, const call_options& call = {}) {
    return advanced_query(query{}.with_stop_time(gte(since)), call);
  }

  /// All records that a query asks for, in its order; without one by stop time, open records last.
  /// **Errors**: `invalid_query`, `unreadable_record`, `truncated`, and those of every call.
  result<record_list> advanced_query(const query& asked, const call_options& call = {}) {
    detail::collect_operation<Codec> op(asked, settings_, call);
    return run(op, call);
  }
  /// The same from the text of a query: `start_time[gte]=2024-01-01T00:00:00Z`, percent-encoded.
  result<record_list> advanced_query(std::string_view raw, const call_options& call = {}) {
    return advanced_query(query::raw(std::string(raw)), call);
  }

  /// The record of this id, if the server has it.
  result<std::optional<record>> find(std::string_view id, const call_options& call = {}) {
    auto found = advanced_query(query{}.with_record_id(std::string(id)), call);
    if (!found) {
      error e = found.error();
      return e.of(id);
    }
    if (found->empty()) return std::optional<record>();
    return std::optional<record>(std::move(found->records.front()));
  }

  /// The record of this id. **Errors**: `record_not_found`, and those of every call.
  result<record> get_single_record(std::string_view id, const call_options& call = {}) {
    auto found = find(id, call);
    if (!found) return found.error();
    if (*found) return std::move(**found);
    error e(errc::record_not_found);
    e.request = route::get_records;
    e.attempts = 1;
    return e.of(id);
  }

  /// Shows each record that a query asks for to a visitor, in the order of ids, in constant memory. The visitor takes a
  /// `const record_view&`, which dies when it returns; when it returns a bool, false ends the read.
  /// **Errors**: as `advanced_query`; what was shown was shown once.
  template <std::invocable<const record_view&> Visitor>
  result<read_summary> for_each(const query& asked, Visitor&& visit, const call_options& call = {}) {
    static_assert(std::same_as<Codec, builtin_codec>, "views need the built-in codec; use stream()");
    detail::read_operation op(asked, settings_, call);
    detail::blocking_driver<Transport, Executor> driver(transport_, executor_, op, settings_, call);
    while (driver.next()) {
      if constexpr (std::convertible_to<std::invoke_result_t<Visitor, const record_view&>, bool>) {
        if (!visit(op.view())) {
          op.stop();
          break;
        }
      } else {
        visit(op.view());
      }
    }
    return op.take();
  }

  /// The same as a loop of yours. **Lifetime**: the client outlives the stream.
  stream_type stream(const query& asked, const call_options& call = {}) {
    return stream_type(transport_, executor_, asked, settings_, call);
  }

  Transport& transport() noexcept { return transport_; }
  Executor& executor() noexcept { return executor_; }
  const options& settings() const noexcept { return settings_; }

 private:
  template <class Operation>
  auto run(Operation& op, const call_options& call) {
    detail::blocking_driver<Transport, Executor> driver(transport_, executor_, op, settings_, call);
    while (driver.next()) continue;
    return op.take();
  }

  Transport transport_;
  Executor executor_;
  options settings_;
};

template <class Transport>
client(Transport) -> client<Transport>;
template <class Transport>
client(Transport, options) -> client<Transport>;
template <class Transport, class Executor>
client(Transport, Executor, options) -> client<Transport, Executor>;

}  // namespace AUDITOR_ABI
}  // namespace auditor
