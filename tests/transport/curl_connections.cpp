// Connections of the reference transport: kept, never used for a hidden second send, shared by streams, held back.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/transport/curl/builder.hpp>
#include <auditor/transport/curl/open_sockets.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using auditor::errc;
using auditor::outcome;
using namespace loopback;

namespace {

constexpr std::size_t million = 1'000'000;

// A datagram socket at 127.0.0.N.
class datagrams {
 public:
  explicit datagrams(unsigned char host, int port = 0) : number_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(0x7F000000U | host);
    address_.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::bind(number_, generic(), size_) == 0);
    REQUIRE(::getsockname(number_, generic(), &size_) == 0);
  }
  datagrams(const datagrams&) = delete;
  datagrams& operator=(const datagrams&) = delete;
  ~datagrams() { ::close(number_); }
  int number() const { return number_; }
  int port() const { return ntohs(address_.sin_port); }
  void send_itself_one() { REQUIRE(::sendto(number_, "x", 1, 0, generic(), size_) == 1); }

 private:
  sockaddr* generic() {
    void* const any = &address_;
    return static_cast<sockaddr*>(any);
  }
  int number_;
  sockaddr_in address_{};
  socklen_t size_ = sizeof address_;
};

}  // namespace

TEST_CASE("one connection serves request after request") {
  scripted_server server(always(answer("x")));
  auto transport = connect_to(server.port());
  for (int i = 0; i < 20; ++i) CHECK(fetch(transport, i % 2 == 0 ? get() : post("{}")).body == "x");
  CHECK(server.connections() == 1);
}

TEST_CASE("a transport may be moved, and goes on with the connection it has") {
  scripted_server server(always(answer("x")));
  auto first = connect_to(server.port());
  CHECK(fetch(first).complete());
  auto second = std::move(first);
  CHECK(fetch(second).complete());
  CHECK(server.connections() == 1);
}

TEST_CASE("a request on a kept connection that dies before the answer is lost, not sent again") {
  for (const bool orderly : {true, false}) {
    std::atomic<int> requests{0};
    scripted_server server([&](connection& c) {
      c.receive();
      ++requests;
      c.send(answer("first"));
      if (c.receive().empty()) return;
      ++requests;
      if (!orderly) c.reset();
    });
    auto transport = connect_to(server.port());
    for (int round = 1; round <= 10; ++round) {
      REQUIRE(fetch(transport, post("{}")).complete());
      const fetched lost = fetch(transport, post("{}"));
      CAPTURE(orderly, round, lost.error.words());
      CHECK(lost.error.code == errc::connection_lost);
      CHECK(lost.error.outcome == outcome::unknown);
      CHECK(requests == 2 * round);
      CHECK(server.connections() == static_cast<std::size_t>(round));
    }
  }
}

TEST_CASE("a request is not sent again over another kept connection either") {
  const std::string large(200'000, 'x');  // more than a stream takes unread, so that both connections are busy
  std::atomic<int> requests{0};
  scripted_server server([&](connection& c) {
    c.receive();
    ++requests;
    c.send(answer(large));
    if (!c.receive().empty()) ++requests;
  });
  auto transport = connect_to(server.port());
  {
    auditor::curl_transport::stream streams[2];
    for (auto& stream : streams) REQUIRE(transport.open(stream, get(), {}));
    for (auto& stream : streams) {
      fetched got;
      read_all(stream, got);
      REQUIRE(got.body == large);
    }
  }
  REQUIRE(server.connections() == 2);
  const fetched lost = fetch(transport, post("{}"));
  CAPTURE(lost.error.words());
  CHECK(lost.error.code == errc::connection_lost);
  CHECK(lost.error.outcome == outcome::unknown);
  CHECK(lost.error.words().find("not sent again") != std::string_view::npos);
  CHECK(requests == 3);
  CHECK(server.connections() == 2);
}

TEST_CASE("a connection that the server closed after its answer is replaced, and the request goes out once") {
  std::atomic<int> requests{0};
  scripted_server server([&](connection& c) {
    if (c.receive().empty()) return;
    ++requests;
    c.send(answer("x"));
  });
  auto transport = connect_to(server.port());
  for (std::size_t i = 1; i <= 10; ++i) {
    const fetched got = fetch(transport, post("{}"));
    CHECK(got.complete());
    server.wait_until_closed(i);
  }
  CHECK(requests == 10);
}

TEST_CASE("a stray answer between two requests is taken for none, and each request goes out once") {
  char directory[] = "/tmp/auditor-test-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/socket";
  for (const bool over_unix : {false, true}) {
    CAPTURE(over_unix);
    std::atomic<std::size_t> stored{0}, strays{0};
    const scripted_server::script play = [&](connection& c) {
      if (c.receive().empty()) return;
      ++stored;
      c.send(answer("mine"));
      c.is_quiet_for(std::chrono::milliseconds{10});
      c.send(answer(""));
      ++strays;
      while (!c.receive().empty()) ++stored;  // and no answer: what the client gets now is not one
    };
    const auto server = over_unix ? std::make_unique<scripted_server>(path, play) : std::make_unique<scripted_server>(play);
    auto builder = auditor::curl_builder().address("127.0.0.1", over_unix ? 8000 : server->port());
    auto transport = over_unix ? builder.unix_socket(path).build() : builder.build();
    for (std::size_t i = 1; i <= 20; ++i) {
      CHECK(fetch(transport.value(), post("{}")).body == "mine");
      CHECK(stored == i);
      while (strays < i) std::this_thread::yield();
    }
    std::remove(path.c_str());
  }
  std::remove(directory);
}

TEST_CASE("a socket that libcurl closed before it had connected is forgotten, and nothing is asked of its next owner") {
  auditor::detail::open_sockets sockets;
  const datagrams ours(1);
  const char one = 0, other = 0;
  for (const bool in_a_race : {false, true}) {
    CAPTURE(in_a_race);
    const int closed = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockets.add(closed, in_a_race ? &one : &other, false);
    sockets.add(ours.number(), &one, false);
    ::close(closed);
    datagrams next_owner(2, ours.port());
    REQUIRE(next_owner.number() == closed);
    next_owner.send_itself_one();

    sockets.connected(&one, ours.port());
    CHECK(sockets.is_quiet(ours.port()));
    CHECK_FALSE(sockets.is_quiet(ours.port() == 1 ? 2 : 1));  // not known
    sockets.forget_unconnected(&other);
    CHECK(sockets.count() == 1);
  }
  datagrams loud(1);
  sockets.add(loud.number(), &one, false);
  sockets.connected(&one, loud.port());
  CHECK(sockets.is_quiet(loud.port()));
  loud.send_itself_one();
  CHECK_FALSE(sockets.is_quiet(loud.port()));
}

TEST_CASE("Connection: close is obeyed") {
  scripted_server server(always(answer("x", "200 OK", "Connection: close\r\n")));
  auto transport = connect_to(server.port());
  CHECK(fetch(transport).complete());
  CHECK(fetch(transport).complete());
  CHECK(server.connections() == 2);
}

TEST_CASE("a stream that is left in the middle of its body closes its connection, and the transport goes on") {
  std::atomic<bool> closed{false};
  scripted_server server([&closed](connection& c) {
    c.receive();
    if (c.number > 0) {
      c.send(answer("next"));
      return;
    }
    c.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    const std::string block(65536, 'x');
    while (c.send(block)) continue;
    closed = true;
  });
  auto transport = connect_to(server.port());
  {
    auditor::curl_transport::stream stream;
    REQUIRE(transport.open(stream, get(), {}));
    char bytes[10];
    REQUIRE(stream.read(bytes, {}));
  }
  server.wait_until_closed(1);
  CHECK(closed);
  CHECK(fetch(transport).body == "next");
}

TEST_CASE("an open on a stream that is open abandons what it had") {
  scripted_server server([](connection& c) {
    c.receive();
    c.send(c.number == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc" : answer("second"));
    c.wait_for_close();
  });
  auto transport = connect_to(server.port());
  auditor::curl_transport::stream stream;
  REQUIRE(transport.open(stream, get(), {}));
  REQUIRE(transport.open(stream, get(), {}));
  fetched got;
  read_all(stream, got);
  CHECK(got.complete());
  CHECK(got.body == "second");
}

TEST_CASE("many streams of one transport are read in turns, each with its own body") {
  constexpr std::size_t count = 10, pieces = 4'000;  // more than is taken from a connection before it is read
  scripted_server server([](connection& c) {
    while (!c.receive().empty()) {
      std::string bytes(chunked_head);
      for (std::size_t i = 0; i < pieces; ++i) bytes += chunk(std::string(50, static_cast<char>('a' + c.number % 26)));
      c.send(bytes.append(last_chunk));
    }
  });
  auto transport = connect_to(server.port());
  auditor::curl_transport::stream streams[count];
  std::string bodies[count];
  for (auto& stream : streams) REQUIRE(transport.open(stream, get(), {}));
  CHECK(server.connections() == count);
  for (std::size_t open = count; open != 0;) {
    open = count;
    for (std::size_t i = 0; i < count; ++i) {
      char bytes[333];
      if (bodies[i].size() == 50 * pieces) {
        --open;
        continue;
      }
      const auto size = streams[i].read(bytes, {});
      REQUIRE(size);
      REQUIRE(*size > 0);
      bodies[i].append(bytes, *size);
    }
  }
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(bodies[i].find_first_not_of(bodies[i][0]) == std::string::npos);
    char byte[1];
    CHECK(streams[i].read(byte, {}).value() == 0);
  }
}

TEST_CASE("a visitor may call the server while a stream is open") {
  scripted_server server([](connection& c) {
    for (std::string request; !(request = c.receive()).empty();) {
      if (request.starts_with("POST")) {
        c.send(answer("stored"));
        continue;
      }
      std::string bytes(chunked_head);
      for (int i = 0; i < 500; ++i) bytes += chunk(std::string(533, 'r'));
      c.send(bytes.append(last_chunk));
    }
  });
  auto transport = connect_to(server.port());
  auditor::curl_transport::stream stream;
  REQUIRE(transport.open(stream, get(), {}));
  std::size_t received = 0;
  for (char bytes[1000];;) {
    const auto size = stream.read(bytes, {});
    REQUIRE(size);
    if (*size == 0) break;
    received += *size;
    REQUIRE(fetch(transport, post("{}")).body == "stored");
  }
  CHECK(received == 500 * 533);
  CHECK(server.connections() == 2);
}

TEST_CASE("a slow reader holds the server back and costs no memory") {
  constexpr std::size_t size = 64 * million;
  std::atomic<std::size_t> offered{0};
  scripted_server server([&offered](connection& c) {
    if (c.receive().starts_with("POST")) {
      do c.send(answer(""));
      while (!c.receive().empty());
      return;
    }
    c.send(chunked_head);
    std::string block;
    while (block.size() < 100'000) block += chunk(std::string(500, 'x'));
    const std::size_t payload = block.size() / chunk(std::string(500, 'x')).size() * 500;
    while (offered < size && c.send(block)) offered += payload;
    c.send(last_chunk);
  });
  auto transport = connect_to(server.port());
  auditor::curl_transport::stream stream;
  REQUIRE(transport.open(stream, get(), {}));
  std::vector<char> bytes(4096);
  std::size_t received = stream.read(bytes, {}).value();
  const std::size_t before = resident();

  // While the reader does other things over the same transport, its stream only fills the sockets' buffers.
  for (int i = 0; i < 500; ++i) REQUIRE(fetch(transport, post("{}")).complete());
  CHECK(offered < size / 2);

  std::size_t peak = 0;
  for (std::size_t reads = 0;; ++reads) {
    const auto got = stream.read(bytes, {});
    REQUIRE(got);
    if (*got == 0) break;
    received += *got;
    if (reads % 256 == 0) peak = std::max(peak, resident());
  }
  CHECK(received == offered);
  CHECK(received >= size);
  INFO("resident before: " << before << ", at most: " << peak);
  if (!sanitized) CHECK(peak < before + 8 * million);
}

TEST_CASE("a unix socket takes the place of the address") {
  char directory[] = "/tmp/auditor-test-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/socket";
  {
    std::string seen;
    scripted_server server(path, [&seen](connection& c) {
      seen = c.receive();
      c.send(answer("through the socket"));
    });
    auto transport = auditor::curl_builder().address("auditor.example", 8000).unix_socket(path).build();
    CHECK(fetch(transport.value(), get("/health_check")).body == "through the socket");
    server.wait_until_closed(1);
    CHECK(seen.find("\r\nHost: auditor.example:8000\r\n") != std::string::npos);
  }
  auto nobody = auditor::curl_builder().unix_socket(path + "-none").build();
  const fetched none = fetch(nobody.value());
  CHECK(none.error.code == errc::connect_failed);
  CHECK(none.error.words() == "unix socket " + path + "-none: No such file or directory");
  std::remove(path.c_str());
  std::remove(directory);
}

TEST_CASE("a server is reached by an IPv6 address with its zone, which it does not hear of") {
  // ::1 needs none, but takes one.
  const int probe = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  auto* const name = static_cast<sockaddr*>(static_cast<void*>(&address));
  socklen_t size = sizeof address;
  if (probe < 0 || bind(probe, name, size) != 0 || listen(probe, 1) != 0) return;  // a machine without IPv6
  getsockname(probe, name, &size);
  std::string heard;
  std::thread server([&] {
    const int accepted = accept(probe, nullptr, nullptr);
    char bytes[1000];
    const auto got = recv(accepted, bytes, sizeof bytes, 0);
    if (got > 0) heard.assign(bytes, static_cast<std::size_t>(got));
    const std::string said = answer("x");
    send(accepted, said.data(), said.size(), MSG_NOSIGNAL);
    close(accepted);
  });
  const int port = ntohs(address.sin6_port);
  auto transport = auditor::curl_builder().address("::1%lo", port).build();
  const fetched got = fetch(transport.value());
  shutdown(probe, SHUT_RDWR);
  server.join();
  close(probe);
  CAPTURE(got.error.words());
  CHECK(got.body == "x");
  CHECK(heard.find("\r\nHost: [::1]:" + std::to_string(port) + "\r\n") != std::string::npos);
}

TEST_CASE("a proxy is used only when asked for") {
  scripted_server proxy(always(answer("from the proxy")));
  scripted_server server(always(answer("direct")));
  const std::string url = "http://127.0.0.1:" + std::to_string(proxy.port());
  setenv("http_proxy", url.c_str(), 1);
  setenv("all_proxy", url.c_str(), 1);
  auto direct = connect_to(server.port());
  CHECK(fetch(direct).body == "direct");
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  setenv("no_proxy", "*", 1);
  auto through = auditor::curl_builder().address("127.0.0.1", server.port()).proxy(url).build();
  CHECK(fetch(through.value()).body == "from the proxy");
  unsetenv("no_proxy");
}
