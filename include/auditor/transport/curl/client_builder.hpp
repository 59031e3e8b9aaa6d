// A blocking client over libcurl in one expression, with the settings of the connection and of the client.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/transport/curl/builder.hpp>

#include <algorithm>
#include <memory>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The settings of a client over libcurl: those of the connection, and those of the calls.
template <class Builder>
class AUDITOR_EXPORT basic_client_builder : public basic_curl_builder<Builder> {
 public:
  /// The longest that one attempt at a write may take. Default: 30 s. Reads have no total limit: see options::read_idle.
  Builder& timeout(ticks longest) & {
    options_.attempt = longest;
    options_.request = (std::max)(options_.request, longest);
    return static_cast<Builder&>(*this);
  }
  Builder timeout(ticks longest) && { return std::move(timeout(longest)); }
  /// Everything that may be set about the client's calls; replaces `timeout`.
  Builder& call_settings(const options& all) & {
    options_ = all;
    return static_cast<Builder&>(*this);
  }
  Builder call_settings(const options& all) && { return std::move(call_settings(all)); }

 protected:
  /// `make(session, options)` with everything checked.
  template <class Make>
  auto build_with(Make make) const -> result<std::invoke_result_t<Make, detail::curl_session_ptr, const options&>> {
    if (const error e = check(options_)) return e;
    auto checked = this->settings();
    if (!checked) return checked.error();
    auto session = detail::curl_session::create(*std::move(checked));
    if (!session) return session.error();
    return make(*std::move(session), options_);
  }

 private:
  options options_;
};

/// The client that most programs want.
using curl_client = client<curl_transport>;

/// `auto client = auditor::client_builder().address("localhost", 8000).timeout(10s).build();`
class AUDITOR_EXPORT client_builder : public basic_client_builder<client_builder> {
 public:
  /// **Errors**: `invalid_argument`, saying which setting is wrong and what to do. Nothing is connected yet.
  result<curl_client> build() const {
    return build_with([](detail::curl_session_ptr session, const options& calls) {
      return curl_client(curl_transport(std::move(session)), calls);
    });
  }
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
