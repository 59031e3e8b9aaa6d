// An Auditor inside your program: same routes, same rules, same words as the real server (0.11.2), for tests and demos.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/answer.hpp>
#include <auditor/sandbox/bodies.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The settings of the server, and of its database.
struct AUDITOR_EXPORT sandbox_options {
  /// The server's own setting: duplicates are answered with 200 and a warning.
  bool ignore_record_exists_error = false;

  /// **Units**: bytes of a JSON body, after decompression.
  std::size_t body_limit = 2'097'152;

  /// The order of `sort_by[...]=record_id`: the collation of the database. Empty: by bytes. Ids it calls equal are
  /// ordered by bytes.
  std::function<bool(std::string_view, std::string_view)> id_before = {};

  /// The server's pool: how many database connections it has, and how long a request waits for a free one. One is in use
  /// while a long list is on its way, and while `hold_connections` says so.
  std::size_t connections = 10;
  std::chrono::milliseconds connection_wait{2'000};  ///< how long a request waits for a free one
};

/// An Auditor in memory. Ask it through `sandbox_transport` (no sockets) or `sandbox_server` (HTTP on loopback), or call
/// `handle` yourself.
///
/// ```cpp
/// auditor::sandbox server;
/// auditor::client client{auditor::sandbox_transport{server}};
/// server.commit_then_lose();
/// client.add(record);                         // the first answer is lost, the repeat succeeds
/// REQUIRE(server.records().size() == 1);
/// ```
///
/// It differs from the server where a test would not want it: through `sandbox_transport` no time passes, unless
/// `pass_time` says how; equal rows come in the order of their ids. docs/sandbox.md lists all that differs.
///
/// **Threads**: every function may be called from any thread.
class AUDITOR_EXPORT sandbox {
 public:
  /// For the faults below: each time, until `times` is given as 0.
  static constexpr int always = -1;

  /// An empty table.
  sandbox() : sandbox(sandbox_options{}) {}
  /// The same with settings.
  explicit sandbox(sandbox_options options);

  /// Answers one request.
  sandbox_response handle(const sandbox_request& request);
  /// What the sandbox answers to a request of this method, target and body.
  sandbox_response handle(detail::borrowed_text method, detail::borrowed_text target,
                          detail::borrowed_text content_type = "", detail::borrowed_text body = "");

  /// As its options say.
  std::size_t body_limit() const noexcept { return options_.body_limit; }

  // ---- time ----------------------------------------------------------------------------------------------------------

  /// How time passes where a request through `sandbox_transport` waits, for a connection or a time-out; else none does.
  /// (`sandbox_server` waits by the clock of the wall.)
  ///
  /// ```cpp
  /// auditor::client client{auditor::sandbox_transport{server}, auditor::testing::manual_executor{}};
  /// server.pass_time([&](std::chrono::milliseconds time) { client.executor().advance(time); });
  /// ```
  void pass_time(std::function<void(std::chrono::milliseconds)> how);
  /// For transports: lets this time pass.
  void wait(std::chrono::milliseconds time);
  /// For transports: whether a request has to wait for a database connection now. They ask until one is free or
  /// `connection_wait` is over, then call `handle`, which waits for nothing. (The server refuses what makes no sense
  /// without waiting.)
  bool must_wait(const sandbox_request& request) const;
  /// As its options say.
  std::chrono::milliseconds connection_wait() const noexcept { return options_.connection_wait; }

  /// For transports: whether the answer waits for the body, of which `request` need not have anything yet. It does for a
  /// write that could be one.
  bool reads_body(const sandbox_request& request) const;
  /// For transports: whether a request without a body asks the database before its answer begins.
  static bool asks_database(const sandbox_request& request);

  // ---- what it holds -------------------------------------------------------------------------------------------------

  /// All records, in the order of their ids.
  std::vector<record> records() const;
  /// The record of this id, as it is stored.
  std::optional<record> find(detail::borrowed_text id) const;
  std::size_t size() const;

  /// Puts a record straight into the database, past the server and its rules and its log; replaces one of the same id.
  /// A missing runtime is worked out.
  void store(const record& r);

  /// What the archiver does: deletes all records that stopped before a time, and says how many. Open records stay.
  std::size_t archive(timestamp before);

  /// Every insert and update that the database kept, in order.
  std::vector<sandbox_change> log() const;

  /// How many requests came, in all or for one route; `route::none` stands for all other routes together.
  std::size_t requests() const;
  /// Of this route alone.
  std::size_t requests(route which) const;

  // ---- faults --------------------------------------------------------------------------------------------------------

  /// The database is gone: after `connection_wait` writes and the health check get 500, and GET /records gets 200 and
  /// nothing, as from the server.
  void database_down(bool down = true);
  /// Queries that the sandbox does not see hold so many database connections. When none is left the server answers as if
  /// the database were gone, to each request that gets none within `connection_wait`: what load is enough for.
  void hold_connections(std::size_t count = SIZE_MAX);

  /// The database connections of the next queries die under them, with a clean end: GET /records gives 200 and so many
  /// records at most, writes fail with 500 and are not done. The health check stays healthy.
  void terminate_backends(int times = 1, std::size_t after_records = 0);
  /// Somebody holds a lock on the table, and the database gives up waiting for it after this time: then GET /records has
  /// given 200 and nothing, and writes fail with 500. The health check stays healthy.
  void time_out_locks(std::chrono::milliseconds after, int times = always);
  /// Scans of the table take longer than the database allows: after this time GET /records has given 200 and so many
  /// records at most. What an index answers stays quick: one id, or the first records in the order of ids. So do writes
  /// and the health check.
  void time_out_scans(std::chrono::milliseconds after, std::size_t after_records = 0, int times = always);
  /// The server may not read the table any more, as after `revoke select` with `grant select (id, record_id, start_time)`,
  /// which writes need (without that they fail as well): GET /records gives 200 and nothing, at once; writes and the
  /// health check work.
  void revoke_select(bool revoked = true);

  /// GET /records ends after so many records as if it were complete: what the server does when its database dies in
  /// mid-answer. Answers of no more records do not count.
  void cut_streams(std::size_t after_records, int times = 1);
  /// GET /records breaks off after so many records, and the connection with it.
  void lose_streams(std::size_t after_records, int times = 1);

  /// The next writes (POST and PUT) are done, and their answers lost.
  void commit_then_lose(int times = 1);
  /// The next requests are lost before the server saw them whole: nothing happens.
  void lose_requests(int times = 1);
  /// The next connections are refused. Over HTTP nobody can count connections that were never made: there it is for 100 ms
  /// times `times`, and kept connections that are idle are closed.
  void refuse_connections(int times = 1);

  /// The next requests get this answer, whatever they ask: a proxy's page, a redirect, a 503. Calls queue up.
  void answer_next(int status, detail::owned_text body = "", sandbox_headers headers = {}, int times = 1);

  /// Refuses routes as RBAC does: 403 `Insufficient permissions`. One call per route.
  void deny(route which, bool denied = true);
  /// The share of a reader under RBAC: names of meta and the values that may be read. Asking for another value gets 403
  /// `Access denied by RBAC policy`; a query that asks for none gets the records that hold *all* values of the share.
  void restrict_meta(std::map<std::string, std::vector<std::string>> share);

  /// Called with each request before it is answered, without a lock: to change something between two requests.
  void watch(std::function<void(const sandbox_request&)> watcher);

  /// Ends all faults. Records, log and counts stay.
  void heal();

  /// For servers: called with what `refuse_connections` gets, and with 0 when that is over, as long as somebody owns it.
  using gate = std::function<void(int)>;
  /// See `gate`.
  void add_gate(const std::shared_ptr<gate>& added);

 private:
  void forget_faults();
  void tell_gates(int refused);

  struct stream_fault {
    std::size_t after_records = 0;
    int times = 0;
  };
  struct time_out {
    std::chrono::milliseconds after{0};
    stream_fault what;
  };
  /// Why a query fails in the database, after which time and how many records.
  struct query_failure {
    std::string_view words;
    std::chrono::milliseconds after{0};
    std::size_t records = 0;
  };
  struct scripted_answer {
    int status;
    std::string body;
    sandbox_headers headers;
    int times;
  };

  static constexpr std::size_t routes = 6;
  static bool spend(int& times) noexcept;
  bool is_starved() const noexcept;
  std::shared_ptr<void> take_connection();

  enum class query_kind : std::uint8_t { write, quick_read, scan };

  std::optional<query_failure> fail(query_kind kind);
  static sandbox_response paused(sandbox_response r, std::chrono::milliseconds pause);
  static std::string path_of(const sandbox_request& request);
  static bool is_one_record(std::string_view path);
  static std::string id_of(std::string_view path);
  static bool is_write(route which) noexcept;
  sandbox_response answer(const sandbox_request& request);
  sandbox_response serve(const sandbox_request& request, route which, const std::string& path, std::string_view query);

  // ---- writing -------------------------------------------------------------------------------------------------------

  sandbox_response write(const sandbox_request& request, route which);

  // All or nothing.
  sandbox_response add(std::vector<detail::sandboxed::sent_record> batch, std::string_view warning);
  sandbox_response update(const detail::sandboxed::sent_record& r);
  void note(sandbox_change::what kind, const detail::sandboxed::row& r);

  // ---- reading -------------------------------------------------------------------------------------------------------

  sandbox_response list(std::string_view query);

  // Like the server: a query with a filter on meta is only checked, one without gets all values of the share.
  bool keep_to_share(detail::sandboxed::filters& wanted) const;
  sandbox_response find_one(const std::string& id);
  std::string metrics() const;

  mutable std::mutex mutex_;
  const sandbox_options options_;
  detail::sandboxed::table table_;
  std::vector<sandbox_change> log_;
  std::size_t requests_ = 0;
  std::array<std::size_t, routes> requests_by_route_{};
  std::uint64_t shuffle_ = 0;
  std::function<void(const sandbox_request&)> watcher_;
  std::function<void(std::chrono::milliseconds)> pass_time_;
  const std::shared_ptr<std::atomic<std::size_t>> in_use_ = std::make_shared<std::atomic<std::size_t>>(0);

  bool database_down_ = false;
  bool revoked_ = false;
  std::size_t held_ = 0;
  stream_fault cut_;
  stream_fault lose_;
  stream_fault terminated_;
  time_out locked_;
  time_out slow_;
  int lost_after_ = 0;
  int lost_before_ = 0;
  int refused_ = 0;
  std::vector<std::weak_ptr<gate>> gates_;
  std::deque<scripted_answer> scripted_;
  std::array<bool, routes> denied_{};
  std::map<std::string, std::vector<std::string>> share_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/sandbox.ipp>
#endif
