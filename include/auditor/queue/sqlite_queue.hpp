// A queue over libcurl and a file, in one expression: what most collectors want. Link with libcurl and SQLite.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/io_loop.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/queue/queued_client.hpp>
#include <auditor/queue/sqlite_store.hpp>
#include <auditor/transport/curl/client_builder.hpp>
#include <auditor/transport/curl_async.hpp>

#include <memory>
#include <span>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// An asynchronous client with a loop of its own, whose calls wait for their end: a blocking one, with several requests of a bulk under way at once.
class waiting_client {
 public:
  using client_type = curl_async_client<io_loop::executor>;

  waiting_client(std::unique_ptr<io_thread> loop, curl_session_ptr session, const options& calls)
      : loop_(std::move(loop)),
        client_(std::make_unique<client_type>(
            curl_async_transport<io_loop::executor>(std::move(session), loop_->get_executor()), loop_->get_executor(),
            calls)) {}

  result<void> health_check(const call_options& call = {}) { return client_->health_check(call, use_future).get(); }
  bulk_summary bulk_insert(const queued_records& records, std::span<record_outcome> outcomes,
                           const bulk_insert_options& call) {
    return client_->bulk_insert(records, outcomes, call, use_future).get();
  }
  bulk_summary bulk_update(std::span<const record_view> records, std::span<record_outcome> outcomes,
                           const bulk_update_options& call) {
    return client_->bulk_update(records, outcomes, call, use_future).get();
  }
  template <class Visitor>
  auto find(borrowed_text id, Visitor& visit, const call_options& call) {
    return client_->find(id, visit, call, use_future).get();
  }

 private:
  std::unique_ptr<io_thread> loop_;  // outlives the client
  std::unique_ptr<client_type> client_;
};

}  // namespace detail

/// What `client_builder::build_queued` builds.
using sqlite_queue = queued_client<detail::waiting_client, sqlite_store>;

/// What `client_builder::build_queued` finds where this header is there. **Errors**: those of it.
template <class BuildWith>
result<sqlite_queue> build_queue_in_file(const BuildWith& build_with, detail::borrowed_text path,
                                         const queue_options& settings, const sqlite_store_options& of_file) {
  if (const error e = check(settings)) return e;
  auto loop = std::make_unique<io_thread>();
  if (const error e = loop->problem()) return e;
  auto client = build_with([&loop](detail::curl_session_ptr session, options calls) {
    calls.retry.write_attempts = 1;  // the queue repeats, and says meanwhile why
    return detail::waiting_client(std::move(loop), std::move(session), calls);
  });
  if (!client) return client.error();
  auto store = sqlite_store::open(path, of_file);
  if (!store) return store.error();
  return sqlite_queue(*std::move(client), *std::move(store), settings);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
