// Time-outs and cancellation of the reference transport, in every phase: name look-up, connection, head, body.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/transport/curl.hpp>

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstring>
#include <latch>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

using auditor::call;
using auditor::cancel_flag;
using auditor::errc;
using auditor::outcome;
using auditor::ticks;
using namespace loopback;

namespace {

// A name server that does not answer: look-ups of one name wait until the test opens the gate.
class slow_look_up {
 public:
  void wait() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    --waiting_;
    changed_.notify_all();
  }
  void until_somebody_waits() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return waiting_ != 0; });
  }
  void close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  // Returns when all have gone.
  void open() {
    std::unique_lock lock(mutex_);
    open_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return waiting_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int waiting_ = 0;
  bool open_ = true;
};
slow_look_up look_up;

// Connects to a socket whose queue is full, so that the kernel lets further connections wait.
class full_queue {
 public:
  full_queue() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* name = static_cast<sockaddr*>(static_cast<void*>(&address));
    socklen_t size = sizeof address;
    ready_ =
        ::bind(listener_, name, size) == 0 && ::listen(listener_, 0) == 0 && ::getsockname(listener_, name, &size) == 0;
    port_ = ntohs(address.sin_port);
    for (int& waiting : waiting_) {
      waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(::connect(waiting, name, size));
    }
  }
  full_queue(const full_queue&) = delete;
  full_queue& operator=(const full_queue&) = delete;
  ~full_queue() {
    for (const int waiting : waiting_) ::close(waiting);
    ::close(listener_);
  }
  std::uint16_t port() const { return port_; }
  bool ready() const { return ready_; }

 private:
  int listener_ = -1;
  int waiting_[4]{};
  std::uint16_t port_ = 0;
  bool ready_ = false;
};

// What the library promises of a cancelled call, and what tells a time-out of 50 ms from none on a busy machine.
constexpr std::int64_t soon = sanitized ? 30'000 : 250;
constexpr std::int64_t at_last = sanitized ? 30'000 : 2'000;

// Milliseconds, of three tries at most: a machine with other work may be late once, who does not listen is late each time.
template <class Try>
std::int64_t quickest(Try once) {
  std::int64_t best = once();
  for (int more = 0; more < 2 && best >= soon; ++more) best = (std::min)(best, once());
  return best;
}

}  // namespace

extern "C" int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** found) {
  if (name != nullptr && std::strcmp(name, "slow.test") == 0) {
    look_up.wait();
    return EAI_NONAME;
  }
  using function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  void* next = dlsym(RTLD_NEXT, "getaddrinfo");
  function real = nullptr;
  std::memcpy(&real, &next, sizeof real);
  return real(name, service, hints, found);
}

TEST_CASE("a time-out while the name is looked up is connect_failed, and does not wait for the name server") {
  look_up.close();
  {
    auto transport = auditor::curl_builder().address("slow.test", 8000).build();
    const stopwatch watch;
    const fetched got = fetch(transport.value(), get(), {.timeout = ticks(50)});
    CHECK(watch.milliseconds() >= 50);
    CHECK(watch.milliseconds() < at_last);
    CHECK(got.error.code == errc::connect_failed);
    CHECK(got.error.outcome == outcome::not_applied);
    CHECK(got.error.words().find("timed out") != std::string_view::npos);
  }
  {
    auto transport = auditor::curl_builder().address("slow.test", 8000).connect_timeout(ticks(50)).build();
    const stopwatch watch;
    const fetched got = fetch(transport.value());
    CHECK(watch.milliseconds() < at_last);
    CHECK(got.error.code == errc::connect_failed);
    CHECK(got.error.words().find("timed out") != std::string_view::npos);
  }
  look_up.open();
}

TEST_CASE("cancellation is heard while the name is looked up") {
  CHECK(quickest([] {
          look_up.close();
          auto transport = auditor::curl_builder().address("slow.test", 8000).build();
          cancel_flag flag;
          const stopwatch watch;
          std::int64_t requested = 0;
          std::thread canceller([&] {
            look_up.until_somebody_waits();
            requested = watch.milliseconds();
            flag.request();
          });
          const fetched got = fetch(transport.value(), get(), {.timeout = ticks::max(), .cancelled = &flag});
          const std::int64_t heard = watch.milliseconds();
          canceller.join();
          CHECK(got.error.code == errc::connect_failed);  // nothing was sent: the call is `cancelled` all the same
          CHECK(got.error.outcome == outcome::not_applied);
          look_up.open();
          return heard - requested;
        }) < soon);
}

TEST_CASE("a name that does not exist is connect_failed") {
  auto transport = auditor::curl_builder().address("slow.test", 8000).build();
  const fetched got = fetch(transport.value());
  CHECK(got.error.code == errc::connect_failed);
  CHECK(got.error.native == CURLE_COULDNT_RESOLVE_HOST);
  CHECK(got.error.words().find("slow.test") != std::string_view::npos);
}

TEST_CASE("a time-out while connecting is connect_failed, by the call's limit or the connection's") {
  const full_queue queue;
  REQUIRE(queue.ready());
  {
    auto transport = connect_to(queue.port());
    const stopwatch watch;
    const fetched got = fetch(transport, post("{}"), {.timeout = ticks(50)});
    CHECK(watch.milliseconds() >= 50);
    CHECK(watch.milliseconds() < at_last);
    CHECK(got.error.code == errc::connect_failed);
    CHECK(got.error.outcome == outcome::not_applied);
    CHECK(got.error.words().find("timed out") != std::string_view::npos);
  }
  auto transport = auditor::curl_builder().address("127.0.0.1", queue.port()).connect_timeout(ticks(50)).build();
  const stopwatch watch;
  const fetched got = fetch(transport.value(), post("{}"));
  CHECK(watch.milliseconds() < at_last);
  CHECK(got.error.code == errc::connect_failed);
  CHECK(got.error.native == CURLE_OPERATION_TIMEDOUT);
  CHECK(got.error.words().find("timed out") != std::string_view::npos);
}

TEST_CASE("cancellation is heard while connecting") {
  const full_queue queue;
  REQUIRE(queue.ready());
  auto transport = connect_to(queue.port());
  CHECK(quickest([&transport] {
          cancel_flag flag;
          std::atomic<std::int64_t> requested{0};
          const stopwatch watch;
          std::thread canceller([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(30));  // by then the other thread waits
            requested = watch.milliseconds();
            flag.request();
          });
          const fetched got = fetch(transport, post("{}"), {.timeout = ticks::max(), .cancelled = &flag});
          const std::int64_t heard = watch.milliseconds();
          canceller.join();
          CHECK(got.error.code == errc::connect_failed);  // nothing was sent: the call is `cancelled` all the same
          CHECK(got.error.outcome == outcome::not_applied);
          return heard - requested;
        }) < soon);
}

TEST_CASE("an add that is cancelled while connecting was not stored, and says so") {
  const full_queue queue;
  REQUIRE(queue.ready());
  auto client = auditor::client_builder().address("127.0.0.1", queue.port()).build();
  REQUIRE(client);
  cancel_flag flag;
  std::thread canceller([&flag] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // by then the other thread waits
    flag.request();
  });
  const auto added = client->add(auditor::record("r", std::chrono::system_clock::now()), {.cancel = &flag});
  canceller.join();
  REQUIRE(!added);
  CHECK(added.error().code == errc::cancelled);
  CHECK(added.error().outcome == outcome::not_applied);
  CHECK(auditor::message(added.error()).find("may have been stored") == std::string::npos);
}

TEST_CASE("a time-out after the request was sent is timed_out, and its outcome unknown") {
  scripted_server server([](connection& c) {
    const std::string request = c.receive();
    if (request.starts_with("GET")) c.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    c.wait_for_close();
  });
  auto transport = connect_to(server.port());
  const stopwatch watch;
  const fetched no_head = fetch(transport, post("{}"), {.timeout = ticks(50)});
  CHECK(watch.milliseconds() >= 50);
  CHECK(watch.milliseconds() < at_last);
  CHECK(no_head.error.code == errc::timed_out);
  CHECK(no_head.error.outcome == outcome::unknown);
  CHECK(no_head.error.words().find("no answer yet") != std::string_view::npos);

  const fetched no_body = fetch(transport, get(), {.timeout = ticks(50)});
  CHECK(no_body.opened);
  CHECK(no_body.body == "abc");
  CHECK(no_body.error.code == errc::timed_out);
  CHECK(no_body.error.words().find("body") != std::string_view::npos);
}

TEST_CASE("a time-out while the server does not take the request is timed_out") {
  std::latch given_up(1);
  scripted_server server([&given_up](connection& c) {
    c.receive_something();
    // Without reading on: the body fills the sockets' buffers, and then the client waits.
    given_up.wait();
  });
  auto transport = connect_to(server.port());
  const std::string body(64'000'000, 'x');
  const stopwatch watch;
  const fetched got = fetch(transport, post(body), {.timeout = ticks(100)});
  given_up.count_down();
  CHECK(watch.milliseconds() < at_last);
  CHECK(got.error.code == errc::timed_out);
  CHECK(got.error.outcome == outcome::unknown);
}

TEST_CASE("a budget that is used up sends nothing") {
  scripted_server server(always(answer("")));
  auto transport = connect_to(server.port());
  for (const ticks none : {ticks(0), ticks(-1), ticks::min()}) {
    const fetched got = fetch(transport, post("{}"), {.timeout = none});
    CHECK(got.error.code == errc::connect_failed);
    CHECK(got.error.outcome == outcome::not_applied);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("the largest budgets do not wrap around") {
  scripted_server server(always(answer("x")));
  auto transport = connect_to(server.port());
  for (const ticks large : {ticks::max(), ticks::max() - ticks(1), ticks::max() / 2, ticks(std::chrono::years(200))})
    CHECK(fetch(transport, get(), {.timeout = large}).body == "x");
}

TEST_CASE("each read has the whole of its limit, so that a slow stream is no time-out") {
  scripted_server server([](connection& c) {
    c.receive();
    c.send(chunked_head);
    for (int i = 0; i < 8; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      c.send(chunk("x"));
    }
    c.send(last_chunk);
  });
  auto transport = connect_to(server.port());
  const fetched got = fetch(transport, get(), {.timeout = ticks(300)});
  CHECK(got.complete());
  CHECK(got.body == "xxxxxxxx");
}

TEST_CASE("cancellation is heard in every phase of a request") {
  struct phase {
    std::string_view name;
    std::string_view answered;  // before the server falls silent
    auditor::outcome outcome;
  };
  for (const phase& p :
       {phase{"before the head", "", outcome::unknown}, phase{"in the head", "HTTP/1.1 200 O", outcome::unknown},
        phase{"in the body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", outcome::unknown},
        phase{"in a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", outcome::unknown}}) {
    CAPTURE(p.name);
    CHECK(quickest([&p] {
            cancel_flag flag;
            std::atomic<std::int64_t> requested{0};
            const stopwatch watch;
            scripted_server server([&](connection& c) {
              c.receive();
              c.send(p.answered);
              requested = watch.milliseconds();
              flag.request();
              c.wait_for_close();
            });
            auto transport = connect_to(server.port());
            const fetched got = fetch(transport, post("{}"), {.timeout = ticks::max(), .cancelled = &flag});
            const std::int64_t heard = watch.milliseconds();
            CAPTURE(got.error.words());
            CHECK(got.error.code == errc::cancelled);
            CHECK(got.error.outcome == p.outcome);
            const fetched next = fetch(transport, get(), {.timeout = ticks::max(), .cancelled = &flag});
            CHECK(next.error.outcome == outcome::not_applied);
            CHECK(server.connections() == 1);
            return heard - requested;
          }) < soon);
  }
}

TEST_CASE("cancellation is heard during the TLS handshake, before anything was sent") {
  CHECK(quickest([] {
          cancel_flag flag;
          std::atomic<std::int64_t> requested{0};
          const stopwatch watch;
          scripted_server server([&](connection& c) {
            c.receive_something();
            requested = watch.milliseconds();
            flag.request();
            c.wait_for_close();
          });
          auto transport = auditor::curl_builder().address("127.0.0.1", server.port()).with_tls().build();
          const fetched got = fetch(transport.value(), post("{}"), {.timeout = ticks::max(), .cancelled = &flag});
          const std::int64_t heard = watch.milliseconds();
          CHECK(got.error.code == errc::connect_failed);  // nothing was sent: the call is `cancelled` all the same
          CHECK(got.error.outcome == outcome::not_applied);
          return heard - requested;
        }) < soon);
}

TEST_CASE("an answer that is already there wins against a deadline that passes while it is fetched") {
  scripted_server server(always(answer("x")));
  auto transport = connect_to(server.port());
  REQUIRE(fetch(transport).complete());
  auditor::curl_transport::stream stream;
  REQUIRE(transport.open(stream, get(), {}));
  char bytes[8];
  CHECK(stream.read(bytes, {.timeout = ticks(0)}).value() == 1);
}
