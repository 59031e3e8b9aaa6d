// What a program has only so much of: connections, descriptors, and threads that take signals.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "certificates.hpp"
#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/ext/beast.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/transport/curl_async.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

using namespace auditor;
using namespace loopback;

namespace {

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

std::size_t open_descriptors() {
  std::size_t count = 0;
  for (int number = 0; number < 4096; ++number) count += ::fcntl(number, F_GETFD) >= 0;
  return count;
}

// Sockets of connections, of the client's and of a server's in this program: the answer comes before either is closed.
std::size_t open_connections() {
  std::size_t count = 0;
  for (int number = 0; number < 4096; ++number) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    int listens = 0;
    socklen_t size = sizeof listens;
    if (::getsockname(number, reinterpret_cast<sockaddr*>(&address), &length) == 0 && address.ss_family == AF_INET)
      count += ::getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && !listens;
  }
  return count;
}

// Lowers the limit to what is open now and a few more, and puts it back. It waits for what is being closed, which would be
// free again under the limit.
class few_descriptors {
 public:
  explicit few_descriptors(int more) {
    for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         open_connections() > 0 && std::chrono::steady_clock::now() < until;)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    REQUIRE(open_connections() == 0);
    getrlimit(RLIMIT_NOFILE, &before_);
    // A new one gets the lowest free number: the limit counts numbers.
    int next = ::fcntl(0, F_DUPFD, 0);
    std::vector<int> filled;
    for (int i = 0; i < more; ++i) filled.push_back(std::exchange(next, ::fcntl(0, F_DUPFD, 0)));
    rlimit lower = before_;
    lower.rlim_cur = static_cast<rlim_t>(next);
    for (const int number : filled) ::close(number);
    ::close(next);
    setrlimit(RLIMIT_NOFILE, &lower);
  }
  few_descriptors(const few_descriptors&) = delete;
  few_descriptors& operator=(const few_descriptors&) = delete;
  ~few_descriptors() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// A client with at most so many connections, on a loop of its own thread.
struct over_curl {
  over_curl(std::uint16_t port, std::size_t most)
      : asked(
            async_client_builder().address("127.0.0.1", port).max_connections(most).build(thread.get_executor()).value()) {}
  io_thread thread;
  curl_async_client<io_loop::executor> asked;
};
template <class Client>
struct on_asio {
  template <class Make>
  explicit on_asio(Make make) : asked(make(boost_asio_executor(loop.get_executor()))), runs([this] { loop.run(); }) {}
  ~on_asio() {
    work.reset();
    runs.join();
  }
  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
  Client asked;
  std::thread runs;
};
struct over_curl_on_asio : on_asio<curl_async_client<boost_asio_executor>> {
  over_curl_on_asio(std::uint16_t port, std::size_t most)
      : on_asio([=](auto on) {
          return async_client_builder().address("127.0.0.1", port).max_connections(most).build(on).value();
        }) {}
};
struct over_beast : on_asio<beast_client> {
  over_beast(std::uint16_t port, std::size_t most)
      : on_asio([=](auto on) {
          const std::string url = "http://127.0.0.1:" + std::to_string(port);
          return beast_client(beast_transport::create(on, {.url = url, .max_connections = most}).value(), on);
        }) {}
};

std::string id_in(const std::string& request) {
  const std::size_t at = request.find("record_id\":\"") + 12;
  return request.substr(at, request.find('"', at) - at);
}

}  // namespace

TEMPLATE_TEST_CASE("of many calls at once only so many have a connection, and the others wait in their order", "",
                   over_curl, over_beast) {
  constexpr int calls = 300;
  std::mutex mutex;
  std::vector<std::string> order;
  scripted_server server([&](connection& c) {
    for (std::string request; !(request = c.receive()).empty();) {
      {
        const std::lock_guard lock(mutex);
        order.push_back(id_in(request));
      }
      c.send(answer(""));
    }
  });
  TestType flavour(server.port(), 1);
  std::vector<std::future<result<receipt>>> all;
  for (int i = 0; i < calls; ++i)
    all.push_back(flavour.asked.add(record{std::to_string(i), start}, {}, auditor::use_future));
  for (auto& each : all) CHECK(each.get().has_value());
  CHECK(server.connections() == 1);
  REQUIRE(order.size() == calls);
  for (int i = 0; i < calls; ++i) CHECK(order[static_cast<std::size_t>(i)] == std::to_string(i));
}

TEMPLATE_TEST_CASE("who waits for a connection is ended by the limit of the call and by its flag, and leaves the row", "",
                   over_curl, over_beast) {
  std::atomic<bool> go{false};
  scripted_server server([&go](connection& c) {
    while (!c.receive().empty()) {
      go.wait(false);
      c.send(answer(""));
    }
  });
  TestType flavour(server.port(), 1);
  auto& asked = flavour.asked;
  auto first = asked.add(record{"first", start}, {}, auditor::use_future);
  cancel_flag flag;
  auto late = asked.add(record{"late", start}, {.timeout = ticks{100}}, auditor::use_future);
  auto cancelled = asked.add(record{"cancelled", start}, {.cancel = &flag}, auditor::use_future);
  auto patient = asked.add(record{"patient", start}, {}, auditor::use_future);
  const error over = late.get().error();
  CAPTURE(message(over));
  CHECK((over.code == errc::connect_failed || over.code == errc::timed_out));
  CHECK(over.outcome == outcome::not_applied);
  CHECK(message(over).find("max_connections") != std::string::npos);
  flag.request();
  CHECK(cancelled.get().error().code == errc::cancelled);
  go = true;
  go.notify_all();
  CHECK(first.get().has_value());
  CHECK(patient.get().has_value());
  CHECK(server.requests() == 2);
}

TEST_CASE("a blocking client says busy where it would wait for itself") {
  scripted_server server(always(answer(std::string(200'000, 'x'))));
  auto transport = curl_builder().address("127.0.0.1", server.port()).max_connections(1).build().value();
  {
    curl_transport::stream stream;
    REQUIRE(transport.open(stream, get(), {}));
    const fetched second = fetch(transport);
    CHECK(second.error.code == errc::busy);
    CHECK(second.error.words().find("max_connections") != std::string_view::npos);
  }
  CHECK(fetch(transport).complete());
}

TEMPLATE_TEST_CASE("without descriptors a call says so, and advises what helps", "", over_curl, over_beast) {
  scripted_server server(always(answer("", "200 OK", "Connection: close\r\n")));
  TestType flavour(server.port(), 100);
  REQUIRE(flavour.asked.health_check({}, auditor::use_future).get().has_value());  // Asio throws when it begins without
  error failed;
  {
    const few_descriptors none(0);
    failed = flavour.asked.health_check({}, auditor::use_future).get().error();
  }
  CAPTURE(message(failed));
  CHECK(failed.code == errc::connect_failed);
  CHECK(message(failed).find("no file descriptor was left") != std::string::npos);
  CHECK(message(failed).find("ulimit") != std::string::npos);
  CHECK(message(failed).find("check that Auditor runs") == std::string::npos);
  CHECK(flavour.asked.health_check({}, auditor::use_future).get().has_value());
}

TEST_CASE("running out of descriptors in the middle of a handshake, or for a unix socket, is said too") {
  const certificates files;
  const tls_server server(files, "-cert server.pem -key server.key");
  const std::string address = "127.0.0.1:" + std::to_string(server.port());
  const auto check = [](const error& failed, int left) {
    CAPTURE(message(failed), left);
    CHECK(failed.code == errc::connect_failed);
    CHECK(message(failed).find("no file descriptor was left") != std::string::npos);
    CHECK(message(failed).find("ulimit") != std::string::npos);
  };
  for (const tls_options& trusted :
       {tls_options{.ca_file = files.path("ca.pem")}, tls_options{.ca_directory = files.path("authorities")}}) {
    auto blocking = curl_builder().address("127.0.0.1", server.port()).with_tls(trusted).build().value();
    on_asio<beast_client> over([&](auto on) {
      return beast_client(beast_transport::create(on, {.url = "https://" + address, .tls = trusted}).value(), on);
    });
    // Asio throws when it begins without. The certificate is for another name.
    CHECK(over.asked.health_check({}, auditor::use_future).get().error().code == errc::tls_failed);
    for (const int left : {0, 1}) {  // with one there is a socket, and no file of authorities
      error by_curl, by_beast;
      {
        const few_descriptors few(left);
        by_curl = fetch(blocking).error;
        by_beast = over.asked.health_check({}, auditor::use_future).get().error();
      }
      check(by_curl, left);
      check(by_beast, left);
    }
  }
  auto local = curl_builder().unix_socket("/run/auditor.sock").build().value();
  fetched got;
  {
    const few_descriptors none(0);
    got = fetch(local);
  }
  check(got.error, 0);
  CHECK(got.error.words().find("unix socket /run/auditor.sock") != std::string_view::npos);
  CHECK(got.error.words().find("127.0.0.1") == std::string_view::npos);
}

TEST_CASE("an io_thread without descriptors does not start, and a client on it cannot be built") {
  const auto build = [](io_thread& on) { return async_client_builder().build(on.get_executor()); };
  std::optional<io_thread> broken;
  {
    const few_descriptors one(1);
    broken.emplace();
  }
  CHECK(broken->problem().code == errc::invalid_argument);
  const auto built = build(*broken);
  REQUIRE(!built);
  CHECK(message(built.error()).find("file descriptor") != std::string::npos);
  broken->loop().run();  // returns
  io_thread sound;
  CHECK(!sound.problem());
  CHECK(build(sound));
}

TEMPLATE_TEST_CASE("kept connections are closed when the server closes them, and at 3 s of silence", "", over_curl,
                   over_curl_on_asio, over_beast) {
  for (const bool server_closes : {true, false}) {
    CAPTURE(server_closes);
    scripted_server server([server_closes](connection& c) {
      for (bool once = true; once || !server_closes; once = false)
        if (c.receive().empty() || !c.send(answer(""))) return;
    });
    const std::size_t before = open_descriptors();
    TestType flavour(server.port(), 50);
    std::vector<std::future<result<receipt>>> all;
    for (int i = 0; i < 50; ++i)
      all.push_back(flavour.asked.add(record{std::to_string(i), start}, {}, auditor::use_future));
    for (auto& each : all) CHECK(each.get().has_value());
    const stopwatch since;
    server.wait_until_closed(server.connections());
    if (!server_closes) CHECK(since.milliseconds() > 2'500);
    while (open_descriptors() > before + 8 && since.milliseconds() < 20'000)
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    CHECK(open_descriptors() <= before + 8);  // the loop's, libcurl's
  }
}

TEMPLATE_TEST_CASE("kept connections do not keep an io_context running", "", curl_async_client<boost_asio_executor>,
                   beast_client) {
  scripted_server server(always(answer("")));
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  boost::asio::io_context loop;
  const boost_asio_executor on(loop.get_executor());
  auto asked = [&] {
    if constexpr (std::is_same_v<TestType, beast_client>)
      return beast_client(beast_transport::create(on, {.url = url}).value(), on);
    else
      return async_client_builder().connection_string(url).build(on).value();
  }();
  // The third waits until after the look at the kept ones: that look is no work, and none is lost by it.
  for (const int pause : {0, 0, 1'200}) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause});
    const stopwatch since;
    bool stored = false;
    asked.add(record{"a", start}, {}, [&stored](result<receipt> r) { stored = r.has_value(); });
    loop.restart();
    loop.run();
    CHECK(stored);
    CHECK(since.milliseconds() < 900);
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("the thread of an io_thread takes no signals, and the one that makes it keeps its own") {
  sigset_t mine, now;
  pthread_sigmask(SIG_SETMASK, nullptr, &mine);
  io_thread thread;
  pthread_sigmask(SIG_SETMASK, nullptr, &now);
  std::promise<sigset_t> told;
  io_loop::executor on = thread.get_executor();
  io_loop::executor::wakeup there(
      on,
      [](void* self) noexcept {
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        static_cast<std::promise<sigset_t>*>(self)->set_value(blocked);
      },
      &told);
  there.post();
  const sigset_t theirs = told.get_future().get();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGALRM}) {
    CHECK(sigismember(&theirs, signal) == 1);
    CHECK(sigismember(&now, signal) == sigismember(&mine, signal));
  }
}
