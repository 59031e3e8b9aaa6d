// One suite that the author of a transport runs over it, blocking or asynchronous, to learn which rules it breaks. POSIX.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/testing/async_conformance.hpp>
#include <auditor/testing/conformance_rules.hpp>
#include <auditor/testing/sample_rules.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing {

/// Runs every rule over blocking transports that `make(const std::string& host, std::uint16_t port)` returns, one for each
/// rule, against servers on loopback that do what is in no specification.
///
/// ```cpp
/// const auto findings = auditor::testing::conformance([](const std::string& host, std::uint16_t port) {
///   return my_transport(host, port);
/// });
/// std::cout << auditor::testing::report(findings);
/// return auditor::testing::conforms(findings) ? 0 : 1;
/// ```
/// A transport that hangs where the suite has no hold on it hangs the suite: `conformance_settings::begins` says in which rule. **Threads**: the transport is used on the
/// calling thread only; the servers have threads of their own. **Memory**: a few MB, beside the transport's own.
template <class Make>
  requires transport<std::invoke_result_t<Make&, const std::string&, std::uint16_t>>
std::vector<finding> conformance(Make make, const conformance_settings& settings = {}) {
  std::vector<finding> all = detail::conformance_rules<Make>(make, settings).run();
  if (settings.only.empty())
    all.push_back({"every step completes once, and none after its stream", standing::skipped, "the transport is blocking"});
  return all;
}

/// The same for asynchronous transports on an executor: all rules of the blocking ones, and those about completions.
///
/// `turn` runs the executor's loop on this thread for about 10 ms at most and returns earlier when something happened:
/// `[&] { loop.run_once(auditor::ticks{10}); }`. Leave it out when the loop has a thread of its own.
template <class Make, async_executor Executor, class Turn = on_its_own_thread>
  requires async_transport<std::invoke_result_t<Make&, const std::string&, std::uint16_t>>
std::vector<finding> conformance(Make make, Executor executor, Turn turn = {}, const conformance_settings& settings = {}) {
  detail::strand<Executor, Turn> strand(executor, turn);
  detail::make_waiting<Make, Executor, Turn> waiting(make, strand, settings.longest_wait);
  std::vector<finding> all = detail::conformance_rules<decltype(waiting)>(waiting, settings).run();
  for (finding& each : detail::completion_rules<Make, Executor, Turn>(make, strand, settings).run())
    all.push_back(std::move(each));
  return all;
}

/// For blocking transports without sockets: what can be asked of one that answers `sample` with the same body each time.
/// The rules that need a server are listed as skipped.
template <transport Transport>
std::vector<finding> conformance_without_server(Transport& asked, const request_view& sample) {
  std::vector<finding> all = detail::sample_rules<Transport>(asked, sample).run();
  for (const std::string_view rule : detail::conformance_rules<detail::make_nothing>::names())
    all.push_back({rule, standing::skipped, "the transport has no sockets"});
  return all;
}

}  // namespace testing
}  // namespace AUDITOR_ABI
}  // namespace auditor
