// A queue over libcurl and a file, in one expression: what most collectors want. Link with libcurl and SQLite.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/queue/queued_client.hpp>
#include <auditor/queue/sqlite_store.hpp>
#include <auditor/transport/curl/client_builder.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// What `client_builder::build_queued` builds.
using sqlite_queue = queued_client<curl_client, sqlite_store>;

/// What `client_builder::build_queued` finds where this header is there. **Errors**: those of it.
inline result<sqlite_queue> build_queue_in_file(const client_builder& builder, detail::borrowed_text path,
                                                const queue_options& settings = {}) {
  if (const error e = check(settings)) return e;
  auto client = builder.build();
  if (!client) return client.error();
  auto store = sqlite_store::open(path);
  if (!store) return store.error();
  return sqlite_queue(*std::move(client), *std::move(store), settings);
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
