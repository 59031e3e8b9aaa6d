// Two calls at once under Asio: with as_error_code, && ends with the first failure, and the whole error is at hand.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   asio_both URL

#include <auditor/auditor.hpp>
#include <auditor/ext/boost_asio.hpp>
#include <auditor/transport/curl_async.hpp>

#include <boost/asio.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <utility>

namespace {

namespace asio = boost::asio;
using client = auditor::curl_async_client<auditor::boost_asio_executor>;

asio::awaitable<void> add_both(client& to, const auditor::record& one, const auditor::record& other) {
  using namespace asio::experimental::awaitable_operators;
  using auditor::as_error_code;
  auditor::error why_one, why_other;
  auto both = to.add(one, {}, as_error_code(why_one)) && to.add(other, {}, as_error_code(why_other));
  try {
    const auto [first, second] = co_await std::move(both);
    std::cout << to_string(first.how) << ", " << to_string(second.how) << '\n';
  } catch (const std::exception&) {
    // One failed, and the other was ended: unless it has an outcome of its own, its record may be stored.
    const bool it_was_one = why_one && why_one.code != auditor::errc::cancelled;
    std::cout << (it_was_one ? why_one : why_other) << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  asio::io_context loop;
  auto made =
      auditor::async_client_builder().connection_string(argv[1]).build(auditor::boost_asio_executor{loop.get_executor()});
  if (!made) {
    std::cerr << made.error() << '\n';
    return 1;
  }
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  const auditor::record first{"job-1", start}, second{"job-2", start}, third{"job-3", start};
  asio::co_spawn(made->get_executor(), add_both(*made, first, second), asio::detached);
  loop.run();
  loop.restart();
  asio::co_spawn(made->get_executor(), add_both(*made, third, first), asio::detached);
  loop.run();
}
