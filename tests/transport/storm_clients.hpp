// The clients of the storms: they hardly wait, and send small bulks.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl_async.hpp>

#include <cstdint>

namespace auditor::storms {

inline options impatient() {
  options all;
  all.retry.write_first = all.retry.read_first = ticks{1};
  all.retry.most = ticks{10};
  all.max_batch = 4;
  return all;
}
inline options sharing() {
  options all = impatient();
  all.share_requests = true;
  all.max_batch = 20;
  return all;
}
template <class Executor>
curl_async_client<Executor> curl_client_of(std::uint16_t port, Executor on, const options& settings = impatient()) {
  return async_client_builder().address("127.0.0.1", port).call_settings(settings).build(on).value();
}

}  // namespace auditor::storms
