// A service under Asio that takes jobs over TCP: it answers "accepted" once a job is in the file, and no handler waits for the disk. A line is
// the name of a job, or "health". It ends at SIGTERM, as a service manager wants it. Here it is its own first user.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   queued_service URL

#include <auditor/auditor.hpp>
#include <auditor/ext/boost_asio.hpp>
#include <auditor/queue/sqlite_queue.hpp>
#include <auditor/transport/curl_async.hpp>

#include <boost/asio.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <tuple>
#include <unistd.h>
#include <utility>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using namespace std::chrono_literals;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t longest_line = 1'000;

class service {
 public:
  service(asio::io_context& loop, auditor::sqlite_queue& queue,
          auditor::curl_async_client<auditor::boost_asio_executor>& reader)
      : queue_(queue), reader_(reader), acceptor_(loop, {asio::ip::address_v4::loopback(), 0}) {
    asio::co_spawn(loop, accept(), asio::detached);
  }

  tcp::endpoint address() const { return acceptor_.local_endpoint(); }
  void stop() { acceptor_.close(); }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto [closed, user] = co_await acceptor_.async_accept(no_throw);
      if (closed) co_return;
      asio::co_spawn(acceptor_.get_executor(), serve(std::move(user)), asio::detached);
    }
  }

  asio::awaitable<void> serve(tcp::socket user) {
    for (std::string text;;) {
      const auto [gone, size] =
          co_await asio::async_read_until(user, asio::dynamic_buffer(text, longest_line), '\n', no_throw);
      if (gone) co_return;
      const std::string answer = co_await answer_to(text.substr(0, size - 1)) + '\n';
      text.erase(0, size);
      const auto [broken, sent] = co_await asio::async_write(user, asio::buffer(answer), no_throw);
      if (broken) co_return;
    }
  }

  asio::awaitable<std::string> answer_to(std::string line) {
    if (line == "health") co_return (co_await reader_.health_check()) ? "Auditor is there" : "Auditor is away";
    // The queue waits for the disk: on threads of their own, of which those that come together share one commit.
    co_return co_await asio::co_spawn(disk_, keep(std::move(line)), asio::use_awaitable);
  }

  asio::awaitable<std::string> keep(std::string name) {
    const auditor::record job{name, std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
    const auto accepted = queue_.add(job);
    co_return accepted ? "accepted " + name : std::string(auditor::message(accepted.error()));
  }

  auditor::sqlite_queue& queue_;
  auditor::curl_async_client<auditor::boost_asio_executor>& reader_;
  tcp::acceptor acceptor_;
  asio::thread_pool disk_{8};
};

asio::awaitable<void> use(tcp::endpoint address) {
  tcp::socket to(co_await asio::this_coro::executor);
  co_await to.async_connect(address, asio::use_awaitable);
  co_await asio::async_write(to, asio::buffer(std::string_view("health\njob-1\njob-2\n\njob-3\n")), asio::use_awaitable);
  std::string text;
  for (int answers = 0; answers < 5; ++answers) {
    const std::size_t length = co_await asio::async_read_until(to, asio::dynamic_buffer(text), '\n', asio::use_awaitable);
    std::cout << text.substr(0, length);
    text.erase(0, length);
  }
  std::raise(SIGTERM);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const auto folder = std::filesystem::temp_directory_path() / ("auditor-service-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  auto queue = auditor::client_builder().connection_string(argv[1]).build_queued((folder / "queue").string());
  if (!queue) {
    std::cerr << auditor::message(queue.error()) << '\n';
    return 1;
  }
  asio::io_context loop;
  auto reader =
      auditor::async_client_builder().connection_string(argv[1]).build(auditor::boost_asio_executor{loop.get_executor()});
  if (!reader) {
    std::cerr << auditor::message(reader.error()) << '\n';
    return 1;
  }
  service one(loop, *queue, *reader);
  asio::signal_set signals(loop, SIGINT, SIGTERM);
  signals.async_wait([&one](boost::system::error_code, int) { one.stop(); });  // who is connected is served until it leaves
  asio::co_spawn(loop, use(one.address()), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  loop.run();
  const auditor::queue_rest rest = queue->close(10s);  // what is left is delivered by the next life
  std::cout << rest.waiting << " wait\n";
  std::filesystem::remove_all(folder);
}
