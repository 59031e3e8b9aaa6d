// A blocking client over libcurl in one expression, with the settings of the connection and of the client.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/transport/curl/builder.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The client that most programs want.
using curl_client = client<curl_transport>;

/// `auto client = auditor::client_builder().address("localhost", 8000).timeout(10s).build();`
class AUDITOR_EXPORT client_builder : public basic_curl_builder<client_builder> {
 public:
  /// The longest that one attempt at a write may take. Default: 30 s. Reads have no total limit: see options::read_idle.
  client_builder& timeout(ticks longest) {
    options_.attempt = longest;
    return *this;
  }
  /// Everything else that may be set about the client's calls; replaces `timeout`.
  client_builder& settings(const options& all) {
    options_ = all;
    return *this;
  }
  using basic_curl_builder<client_builder>::settings;

  /// **Errors**: `invalid_argument`, saying which setting is wrong and what to do. Nothing is connected yet.
  result<curl_client> build() const {
    if (const error e = check(options_)) return e;
    auto checked = settings();
    if (!checked) return checked.error();
    auto session = detail::curl_session::create(*std::move(checked));
    if (!session) return session.error();
    return curl_client(curl_transport(*std::move(session)), options_);
  }

 private:
  options options_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
