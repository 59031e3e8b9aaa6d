// The sandbox over HTTP: connections, chunks, faults on the wire, compressed bodies, start and stop.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "exchanges.hpp"

#include <auditor/sandbox/http_server.hpp>

#include "catch.hpp"

#include <boost/asio.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace net = boost::asio;

class connection {
 public:
  explicit connection(std::uint16_t port) { socket_.connect({net::ip::address_v4::loopback(), port}); }

  void send(const std::string& text) { net::write(socket_, net::buffer(text)); }

  // Everything up to and with `end`; what came when the other side closes first.
  std::string read_until(const std::string& end) {
    boost::system::error_code closed;
    const std::size_t n = net::read_until(socket_, net::dynamic_buffer(unread_), end, closed);
    std::string text = closed ? std::exchange(unread_, {}) : unread_.substr(0, n);
    if (!closed) unread_.erase(0, n);
    return text;
  }
  std::string read_all() {
    boost::system::error_code closed;
    net::read(socket_, net::dynamic_buffer(unread_), closed);
    return std::exchange(unread_, {});
  }

 private:
  net::io_context context_;
  net::ip::tcp::socket socket_{context_};
  std::string unread_;
};

std::string get(const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

std::string post(const std::string& body, const std::string& more = "") {
  return "POST /record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n" + more + "\r\n" + body;
}

std::string add_body(const std::string& id) {
  return R"({"record_id":")" + id + R"(","components":[],"start_time":"2022-08-03T09:47:00Z"})";
}

}  // namespace

TEST_CASE("one connection serves many requests, sent one after the other or at once") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  connection c(http.port());
  for (int i = 0; i < 3; ++i) {
    c.send(post(add_body("r" + std::to_string(i))));
    CHECK(c.read_until("\r\n\r\n").substr(0, 15) == "HTTP/1.1 200 OK");
  }
  c.send(get("/health_check") + get("/records?limit=2"));
  CHECK(c.read_until("\r\n\r\n").find("content-length: 0") != std::string::npos);
  CHECK(exchanges::parse_message(c.read_until("0\r\n\r\n")).chunks.size() == 2);
  c.send(get("/health_check", "Connection: close\r\n"));
  CHECK(c.read_all().find("connection: close") != std::string::npos);
  CHECK(server.requests() == 6);
}

TEST_CASE("the target reaches the sandbox as it was sent") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  std::string seen;
  server.watch([&seen](const auditor::sandbox_request& r) { seen = r.target; });
  const std::string target = "/record/a%2Fb%23..%5B?x[%32nd][c][0]=%20+\"|";
  connection c(http.port());
  c.send(get(target));
  CHECK_FALSE(c.read_until("\r\n\r\n").empty());
  CHECK(seen == target);
}

TEST_CASE("a list that is larger than any buffer arrives whole, in one chunk per record") {
  auditor::sandbox server;
  for (int i = 0; i < 2000; ++i)
    server.store(auditor::record{"r" + std::to_string(i), std::chrono::sys_days{}}.with_meta("pad", std::string(500, 'x')));
  auditor::sandbox_server http(server);
  connection c(http.port());
  c.send(get("/records", "Connection: close\r\n"));
  const auto answer = exchanges::parse_message(c.read_all());
  CHECK(answer.chunks.size() == 2000);
  CHECK(exchanges::values_of(answer.chunks.back()).size() == 1);
}

TEST_CASE("a cut list ends with its last chunk, a lost one without, and a lost answer with nothing at all") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  for (const char* id : {"a", "b", "c"}) server.store({id, std::chrono::sys_days{}});

  server.cut_streams(2);
  connection cut(http.port());
  cut.send(get("/records"));
  CHECK(exchanges::parse_message(cut.read_until("0\r\n\r\n")).chunks.size() == 2);

  server.lose_streams(2);
  connection lost(http.port());
  lost.send(get("/records"));
  const std::string text = lost.read_all();
  CHECK(text.find("\"b\"") != std::string::npos);
  CHECK(text.substr(text.size() - 3) == "}\r\n");

  server.commit_then_lose();
  connection unanswered(http.port());
  unanswered.send(post(add_body("d")));
  CHECK(unanswered.read_all().empty());
  CHECK(server.find("d"));
}

TEST_CASE("over HTTP a request waits for a connection, and a query for its time-out, by the clock of the wall") {
  using namespace std::chrono_literals;
  using clock = std::chrono::steady_clock;
  auditor::sandbox_options options;
  options.connection_wait = 150ms;
  auditor::sandbox server(options);
  auditor::sandbox_server http(server);
  server.store({"a", std::chrono::sys_days{}});
  const auto ask = [&http](const std::string& target, std::chrono::milliseconds at_least) {
    connection c(http.port());
    const auto start = clock::now();
    c.send(get(target, "Connection: close\r\n"));
    const auto answer = exchanges::parse_message(c.read_all());
    CHECK(clock::now() - start >= at_least);
    return answer;
  };
  server.hold_connections();
  CHECK(ask("/health_check", 150ms).status() == 500);
  CHECK(ask("/records", 150ms).chunks.empty());
  connection waits(http.port());
  waits.send(get("/records"));
  server.heal();
  CHECK(exchanges::parse_message(waits.read_until("0\r\n\r\n")).chunks.size() == 1);

  server.time_out_scans(80ms, 1);
  server.store({"b", std::chrono::sys_days{}});
  CHECK(ask("/records", 80ms).chunks.size() == 1);
  server.time_out_locks(60ms);
  CHECK(ask("/record/a", 60ms).status() == 500);

  // The head of a list does not wait, and a client that leaves meanwhile harms nobody.
  server.time_out_locks(10min);
  {
    connection c(http.port());
    c.send(get("/records"));
    CHECK(c.read_until("\r\n\r\n").substr(0, 15) == "HTTP/1.1 200 OK");
  }
  server.heal();
  CHECK(ask("/records", 0ms).chunks.size() == 2);
}

TEST_CASE("scripted answers come as they were written") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  server.answer_next(503, "<html>busy</html>", {{"Content-Type", "text/html"}, {"Retry-After", "5"}});
  server.answer_next(204);
  connection c(http.port());
  c.send(get("/records"));
  const auto busy = exchanges::parse_message(c.read_until("</html>"));
  CHECK(busy.start == "HTTP/1.1 503 Service Unavailable");
  CHECK(busy.header("retry-after") == "5");
  CHECK(busy.header("content-type") == "text/html");
  c.send(get("/records", "Connection: close\r\n"));
  CHECK(c.read_all().find("content-length") == std::string::npos);
}

TEST_CASE("bodies above the limit are refused in the server's words, whether their length is declared or not") {
  auditor::sandbox server({false, 100, {}});
  auditor::sandbox_server http(server);
  const std::string body = add_body(std::string(60, 'x'));
  connection declared(http.port());
  declared.send(post(body));
  const auto known = exchanges::parse_message(declared.read_all());
  CHECK(known.status() == 413);
  CHECK(known.body ==
        "JSON payload (" + std::to_string(body.size()) + " bytes) is larger than allowed (limit: 100 bytes).");
  CHECK(known.header("connection") == "close");

  connection chunked(http.port());
  chunked.send(
      "POST /record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: "
      "close\r\n\r\n"
      "40\r\n" +
      body.substr(0, 64) + "\r\n" + "3c\r\n" + body.substr(64, 60) + "\r\n0\r\n\r\n");
  const auto unknown = exchanges::parse_message(chunked.read_all());
  CHECK(unknown.status() == 413);
  CHECK(unknown.body == "JSON payload has exceeded limit (100 bytes).");
}

TEST_CASE("what is no HTTP gets 400, and a head without end 431") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  connection nonsense(http.port());
  nonsense.send("hello\r\n\r\n");
  CHECK(nonsense.read_all().substr(0, 24) == "HTTP/1.1 400 Bad Request");
  connection endless(http.port());
  endless.send(get("/records?record_id=" + std::string(200'000, 'y')));
  CHECK(endless.read_until("\r\n").substr(0, 12) == "HTTP/1.1 431");
  CHECK(server.requests() == 0);
}

TEST_CASE("stopping a server closes its connections, frees its port and leaves the sandbox alone") {
  auditor::sandbox server;
  std::uint16_t port = 0;
  auto http = std::make_unique<auditor::sandbox_server>(server);
  port = http->port();
  CHECK(http->url() == "http://127.0.0.1:" + std::to_string(port));
  connection idle(port), busy(port);
  busy.send(post(add_body("a")));
  CHECK_FALSE(busy.read_until("\r\n\r\n").empty());
  http->stop();
  http->stop();
  CHECK(idle.read_all().empty());
  CHECK(busy.read_all().empty());
  http.reset();

  auditor::sandbox_server again(server, port);
  CHECK(again.port() == port);
  connection c(port);
  c.send(get("/record/a", "Connection: close\r\n"));
  CHECK(exchanges::parse_message(c.read_all()).status() == 200);
  CHECK_THROWS(auditor::sandbox_server(server, port));
}

TEST_CASE("many clients at once are served") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&http, t] {
      connection c(http.port());
      for (int i = 0; i < 20; ++i) {
        c.send(post(add_body(std::to_string(t) + "-" + std::to_string(i))));
        c.read_until("\r\n\r\n");
      }
    });
  for (auto& thread : threads) thread.join();
  CHECK(server.size() == 160);
}

TEST_CASE("gzip is unpacked up to the limit, and what is none is refused in the server's words") {
  // `{}` as gzip writes it, with and without a file name in the header.
  const std::string head("\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03", 10),
      data("\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00", 12);
  const std::string named = std::string("\x1f\x8b\x08\x08\x00\x00\x00\x00\x02\x03", 10) + std::string("x.json\0", 7);
  std::string problem;
  using auditor::detail::sandboxed::gunzip;
  CHECK(gunzip(head + data, 100, problem) == "{}");
  CHECK(gunzip(named + data, 100, problem) == "{}");
  CHECK(gunzip(head + data, 1, problem) == "{}");
  CHECK(gunzip(head + data, 0, problem) == "{");
  CHECK(problem.empty());
  CHECK(gunzip("{}", 100, problem).empty());
  CHECK(problem ==
        "payload reached EOF before completing: Some(Custom { kind: InvalidInput, error: \"invalid gzip header\" })");
  gunzip(head + "\xff\xff\xff", 100, problem);
  CHECK(problem.find("corrupt deflate stream") != std::string::npos);
}
