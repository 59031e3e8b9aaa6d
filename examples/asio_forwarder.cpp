// A server on Asio that takes records as lines over TCP and forwards them to Auditor, all on one io_context.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   asio_forwarder URL [PORT]
//
// A line is `id start-time`; the answer to it is a line, too. Without a port it talks to itself, to show how that looks.

#include <auditor/auditor.hpp>
#include <auditor/ext/boost_asio.hpp>
#include <auditor/transport/curl_async.hpp>

#include <boost/asio.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using client = auditor::curl_async_client<auditor::boost_asio_executor>;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

// One sender: its next line is read when the last one is answered, so that it cannot be faster than Auditor.
asio::awaitable<void> serve(tcp::socket socket, client& forward) {
  constexpr std::size_t longest_line = 1'000;
  for (std::string text;;) {
    const auto [failure, size] =
        co_await asio::async_read_until(socket, asio::dynamic_buffer(text, longest_line), '\n', no_throw);
    if (failure) co_return;
    const std::string_view line = std::string_view(text).substr(0, size - 1);
    const std::size_t space = (std::min)(line.find(' '), line.size());
    const auto start = auditor::parse_timestamp(line.substr((std::min)(space + 1, line.size())));

    std::string reply;
    if (!start) {
      reply = "a line is: id start-time\n";
    } else {
      const auto added = co_await forward.add(
          auditor::record{std::string(line.substr(0, space)), *start}.with_meta("source", {"forwarder"}));
      reply = added ? std::string(to_string(added->how)) + '\n' : message(added.error()) + '\n';
    }
    text.erase(0, size);
    const auto [broken, sent] = co_await asio::async_write(socket, asio::buffer(reply), no_throw);
    if (broken) co_return;
  }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, client& forward) {
  for (;;) {
    auto [failure, socket] = co_await acceptor.async_accept(no_throw);
    if (failure) co_return;
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket), forward), asio::detached);
  }
}

// A sender, and at its end the end of the program.
asio::awaitable<void> demonstrate(tcp::acceptor& acceptor) {
  tcp::socket socket(acceptor.get_executor());
  co_await socket.async_connect(acceptor.local_endpoint(), asio::use_awaitable);
  std::string text;
  for (const std::string line : {"job-1 2024-01-01T00:00:00Z\n", "job-2 2024-01-01T01:00:00Z\n", "job-3 yesterday\n"}) {
    co_await asio::async_write(socket, asio::buffer(line), asio::use_awaitable);
    const std::size_t size = co_await asio::async_read_until(socket, asio::dynamic_buffer(text), '\n', asio::use_awaitable);
    std::cout << line << "  " << text.substr(0, size);
    text.erase(0, size);
  }
  acceptor.close();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) return 2;
  asio::io_context loop(1);
  auto built =
      auditor::async_client_builder().connection_string(argv[1]).build(auditor::boost_asio_executor(loop.get_executor()));
  if (!built) {
    std::cerr << message(built.error()) << '\n';
    return 1;
  }
  const auto port = static_cast<asio::ip::port_type>(argc == 3 ? std::atoi(argv[2]) : 0);
  tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), port});
  asio::co_spawn(loop, listen(acceptor, *built), asio::detached);
  if (argc == 2) asio::co_spawn(loop, demonstrate(acceptor), asio::detached);
  loop.run();
}
