// A first program on the generated files: none is included here, because the unit before it has reached them all.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <iostream>

// Of this unit alone: what two units share is the library.
namespace {

bool use_together() {
  auditor::sandbox box;
  auditor::client direct{auditor::sandbox_transport{box}};  // with the default executor
  const auditor::record sent("single", std::chrono::sys_days(std::chrono::year(2024) / 1 / 1));
  if (const auto added = direct.add(sent); !added) {
    std::cerr << added.error() << '\n';
    return false;
  }

  // The same over HTTP, by the blocking and by the asynchronous client of libcurl.
  auditor::sandbox_server server(box);
  auto blocking = auditor::client_builder().address("127.0.0.1", server.port()).build();
  if (!blocking || !blocking->find("single")) return false;
  auditor::io_thread thread;
  auto asynchronous = auditor::async_client_builder().address("127.0.0.1", server.port()).build(thread.get_executor());
  if (!asynchronous) return false;
  const auto found = asynchronous->find("single", {}, auditor::use_future).get();
  return found && *found && **found == sent;
}

}  // namespace
