// A blocking client over libcurl in one expression, with the settings of the connection and of the client.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/client/client.hpp>
#include <auditor/executor/this_thread.hpp>
#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/builder.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {

struct queue_options;
struct sqlite_store_options;

namespace detail {

/// What was said to a builder about the calls of its client.
struct call_choices {
  /// The options of the client, checked. **Errors**: `invalid_argument`.
  error read(options& calls) const;

  options all;
  std::optional<ticks> timeout, call_timeout;
};

}  // namespace detail

/// The settings of a client over libcurl: those of the connection, and those of the calls. Each call of the client can still
/// say something else (`call_options`).
template <class Builder>
class AUDITOR_EXPORT basic_client_builder : public basic_curl_builder<Builder> {
 public:
  /// The longest that each wait for the server may take: one attempt at a write (default: 30 s), and the next bytes of a read
  /// (default: 60 s), which may go on as long as some come. Of the whole call: `call_timeout`. **Units**: any of
  /// `<chrono>` that is not finer than milliseconds: `10s`. A number alone does not compile.
  Builder& timeout(ticks longest) & {
    calls_.timeout = longest;
    return static_cast<Builder&>(*this);
  }
  Builder timeout(ticks longest) && { return std::move(timeout(longest)); }
  /// Does not compile: the error says what to write.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  Builder& timeout(Number) {
    static_assert(!std::is_arithmetic_v<Number>, "give the unit: timeout(std::chrono::seconds(10)), or 10s");
    return static_cast<Builder&>(*this);
  }
  /// The longest that each whole call may take, its repeats and proofs included (default: no limit), where the call says
  /// nothing else (`call_options::timeout`). **Units**: as `timeout`.
  Builder& call_timeout(ticks longest) & {
    calls_.call_timeout = longest;
    return static_cast<Builder&>(*this);
  }
  Builder call_timeout(ticks longest) && { return std::move(call_timeout(longest)); }
  /// Does not compile: the error says what to write.
  template <class Number>
    requires std::is_arithmetic_v<Number>
  Builder& call_timeout(Number) {
    static_assert(!std::is_arithmetic_v<Number>, "give the unit: call_timeout(std::chrono::seconds(10)), or 10s");
    return static_cast<Builder&>(*this);
  }
  /// Everything that may be set about the client's calls. `timeout` and `call_timeout`, set before or after, go before what it
  /// says of them.
  Builder& call_settings(const options& all) & {
    calls_.all = all;
    return static_cast<Builder&>(*this);
  }
  Builder call_settings(const options& all) && { return std::move(call_settings(all)); }

 protected:
  /// `make(session, options)` with everything checked.
  template <class Make>
  auto build_with(Make make) const -> result<std::invoke_result_t<Make, detail::curl_session_ptr, const options&>> {
    options calls;
    if (const error e = calls_.read(calls)) return e;
    auto session = this->chosen().session();
    if (!session) return session.error();
    return make(*std::move(session), calls);
  }

 private:
  detail::call_choices calls_;
};

/// The client that most programs want: blocking, over libcurl, on the calling thread.
using curl_client = client<curl_transport>;

/// A blocking client in one expression.
///
/// ```cpp
/// auto client = auditor::client_builder()
///                   .connection_string("https://auditor.example:8443")
///                   .with_tls({.ca_file = ca, .client_certificate = cert, .client_key = key})
///                   .timeout(10s)
///                   .build();
/// if (!client) return fail(message(client.error()));  // says which setting is wrong, and what to give
/// client->add(record);
/// ```
/// **Threads**: a client is for one thread at a time; make one for each, they share nothing.
class AUDITOR_EXPORT client_builder : public basic_client_builder<client_builder> {
 public:
  /// **Errors**: `invalid_argument`, saying which setting is wrong and what to do. Nothing is connected yet.
  result<curl_client> build() const;

  /// A queue in this file, in front of a client that sends several requests at once, and each once: the queue repeats. A `result<sqlite_queue>`. Include
  /// `auditor/queue/sqlite_queue.hpp`, and link with SQLite too.
  ///
  /// ```cpp
  /// auto queue = auditor::client_builder().address("auditor.site", 8000).build_queued("/var/spool/collector/queue");
  /// if (!queue) return fail(message(queue.error()));
  /// queue->add(record);  // kept once this returns, and delivered when the server is there
  /// ```
  /// **Errors**: those of `build`, of `check(settings)`, and of `sqlite_store::open`; `invalid_argument` where no file
  /// descriptor is left.
  template <class Settings = queue_options, class OfFile = sqlite_store_options>
  auto build_queued(detail::borrowed_text path) const {
    static_assert(requires { sizeof(Settings) + sizeof(OfFile); }, "include <auditor/queue/sqlite_queue.hpp>");
    return build_queued(path, Settings(), OfFile());
  }
  /// The same with settings of the queue.
  template <class Settings = queue_options, class OfFile = sqlite_store_options>
  auto build_queued(detail::borrowed_text path, const Settings& settings) const {
    return build_queued(path, settings, OfFile());
  }
  /// The same with settings of the queue and of its file.
  template <class Settings = queue_options, class OfFile = sqlite_store_options>
  auto build_queued(detail::borrowed_text path, const Settings& settings, const OfFile& of_file) const {
    const auto with = [this](auto make) { return this->build_with(std::move(make)); };
    return build_queue_in_file(with, path, settings, of_file);
  }
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/client_builder.ipp>
#endif
