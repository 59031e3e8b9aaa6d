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

  // Who has been closed meanwhile is asked all the same: what it answered before can still be read.
  void send(const std::string& text) {
    boost::system::error_code ignored;
    net::write(socket_, net::buffer(text), ignored);
  }

  void say_no_more() {
    boost::system::error_code ignored;
    socket_.shutdown(net::ip::tcp::socket::shutdown_send, ignored);
  }

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
  const std::string target = "/record/a%2Fb%23..%5B?x[%32nd][c][0]=%20+'|";
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

TEST_CASE("a packed body is unpacked, and what is none is refused in the server's words") {
  using namespace std::string_literals;
  using unpacker = auditor::detail::sandboxed::body_unpacker;
  // `{}` as gzip writes it, with and without a file name in the head, with its checksum and its length behind it.
  const std::string head = "\x1f\x8b\x08\0\0\0\0\0\x02\x03"s, data = "\xab\xae\x05\0"s, end = "\x43\xbf\xa6\xa3\x02\0\0\0"s;
  const std::string named = "\x1f\x8b\x08\x08\0\0\0\0\x02\x03x.json\0"s, zlib = "\x78\x9c\xab\xae\x05\0\x01\x75\0\xf9"s;
  const std::string checked = "\x1f\x8b\x08\x02\0\0\0\0\x02\x03\xa4\x7c"s,
                    mischecked = "\x1f\x8b\x08\x02\0\0\0\0\x02\x03zz"s;
  const auto custom = [](const std::string& why) {
    return "payload reached EOF before completing: Some(Custom { kind: InvalidInput, error: \"" + why + "\" })";
  };
  const std::string header = custom("invalid gzip header"), deflate = custom("corrupt deflate stream"),
                    checksum = custom("corrupt gzip stream does not have a matching checksum");
  const std::string more =
      "payload reached EOF before completing: Some(Error { kind: WriteZero, message: \"failed to write whole buffer\" })";
  const struct {
    std::string encoding;
    std::string packed;
    std::string content;
    std::string problem;
  } cases[] = {
      {"gzip", head + data + end, "{}", ""},
      {"GZIP", named + data + end, "{}", ""},
      {"deflate", zlib, "{}", ""},
      {"gzip", head + data + end + "x", "", more},
      {"deflate", zlib + "x", "", more},
      {"gzip", head + data + "\x44\xbf\xa6\xa3\x02\0\0\0"s, "", checksum},
      {"gzip", head + data + "\x43\xbf\xa6\xa3\x03\0\0\0"s, "", checksum},
      {"gzip", head + data + end.substr(1), "", checksum},
      {"gzip", head + data.substr(0, 2), "", checksum},
      {"gzip", mischecked + data + end, "", checksum},
      {"gzip", "", "", checksum},
      {"gzip", "{}", "", checksum},
      {"gzip", "0123456789", "", header},
      {"gzip", "\x1f\x8b\x08\x20\0\0\0\0\x02\x03"s + data + end, "", header},
      {"gzip", head + "\xff\xff\xff", "", deflate},
      {"deflate", "\x78\x9c\xab\xae\x05\0\x01\x75\0\xf8"s, "", deflate},
      {"deflate", data, "", deflate},
      {"deflate", "", "", ""},
  };
  for (const auto& c : cases) {
    INFO(c.encoding << " of " << c.packed.size() << " bytes");
    // At once, and byte by byte.
    for (const std::size_t piece : {c.packed.size() + 1, std::size_t{1}}) {
      unpacker u(*unpacker::to_format(c.encoding));
      std::string content;
      for (std::size_t i = 0; i < c.packed.size(); i += piece) u.read(std::string_view(c.packed).substr(i, piece), content);
      u.finish();
      CHECK(u.problem() == c.problem);
      if (c.problem.empty()) CHECK(content == c.content);
    }
  }
  for (const char* plain : {"identity", "", "gzip, deflate", "x-gzip"}) CHECK_FALSE(unpacker::to_format(plain));

  auditor::sandbox server;
  auditor::sandbox_server http(server);
  connection c(http.port());
  const std::string packed = head + data + end;
  c.send(
      "POST /record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: " +
      std::to_string(packed.size()) + "\r\nConnection: close\r\n\r\n" + packed);
  CHECK(exchanges::parse_message(c.read_all()).body ==
        "Json deserialize error: missing field `record_id` at line 1 column 2");
}

namespace {

// The first line of what comes, whether it announces an end, and whether another request is answered behind it.
std::string what_happens(std::uint16_t port, const std::string& request) {
  connection c(port);
  c.send(request);
  std::string all = c.read_until("\r\n\r\n");
  if (all.starts_with("HTTP/1.1 100")) all = c.read_until("\r\n\r\n");
  std::string result = all.substr(0, all.find("\r\n"));
  for (const char* kind : {"close", "keep-alive", "upgrade"})
    if (all.find(std::string("connection: ") + kind) != std::string::npos) result += std::string(", ") + kind;
  c.send(get("/nothing", "Connection: close\r\n"));
  c.say_no_more();
  if (c.read_all().find("HTTP/1.1 404 Not Found\r\n") == std::string::npos) result += ", ended";
  return result;
}

}  // namespace

TEST_CASE("heads are taken and refused, and connections kept and ended, as by the server") {
  const std::string line = "GET /health_check HTTP/1.1\r\n", host = "Host: x\r\n", end = "\r\n",
                    type = "Content-Type: application/json\r\n";
  const std::string ok = "HTTP/1.1 200 OK", bad = "HTTP/1.1 400 Bad Request, close, ended";
  const std::string post = "POST /record HTTP/1.1\r\n" + host + type;
  std::string many;
  for (int i = 0; i < 95; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  const struct {
    std::string request;
    std::string answer;
  } cases[] = {
      {line + host + end, ok},
      {"\r\n\n" + line + host + end, ok},
      {"GET /health_check HTTP/1.1\nHost: x\n\n", ok},
      {line + end, bad},
      {line + host + host + end, bad},
      {line + "Host : x\r\n" + end, bad},
      {line + host + " folded\r\n" + end, bad},
      {line + host + "X: a\x01\r\n" + end, bad},
      {line + host + many + end, ok},
      {line + host + many + "X: y\r\n" + end, "HTTP/1.1 431 Request Header Fields Too Large, close, ended"},
      {"GET http://x/health_check HTTP/1.1\r\n" + host + end, ok},
      {"GET http:///health_check HTTP/1.1\r\n" + host + end, bad},
      {"GET x/health_check HTTP/1.1\r\n" + host + end, bad},
      {"GET /` HTTP/1.1\r\n" + host + end, bad},
      {"GET /health_check HTTP/1.2\r\n" + host + end, bad},
      {"G#T /health_check HTTP/1.1\r\n" + host + end, bad},
      {"GET /health_check HTTP/1.0\r\n" + end, "HTTP/1.0 200 OK, ended"},
      {"GET /health_check HTTP/1.0\r\nConnection: keep-alive\r\n" + end, "HTTP/1.0 200 OK, keep-alive"},
      {line + host + "Connection: x, close\r\n" + end, ok},
      {line + host + "Connection: Close\r\n" + end, ok + ", close, ended"},
      {line + host + "Connection: upgrade\r\n" + end, ok + ", upgrade, ended"},
      {post + "Transfer-Encoding: gzip\r\n" + end, bad},
      {post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n" + end, bad},
      {post + "Content-Length: 2\r\nContent-Length: 2\r\n" + end, bad},
      {post + "Content-Length: +2\r\n" + end, bad},
      {"POST /record HTTP/1.0\r\n" + type + "Transfer-Encoding: chunked\r\n" + end, bad},
      {"POST /record HTTP/1.0\r\n" + type + end, bad},
      // Nobody waits for these bodies.
      {post + "Content-Length: 3000000\r\n" + end, "HTTP/1.1 413 Payload Too Large, close, ended"},
      {post + "Expect: 100-continue\r\nContent-Length: 3000000\r\n" + end, "HTTP/1.1 413 Payload Too Large, close, ended"},
      {"POST /nothing HTTP/1.1\r\n" + host + "Content-Length: 10\r\n" + end, "HTTP/1.1 404 Not Found, close, ended"},
      {"PATCH /record HTTP/1.1\r\n" + host + "Content-Length: 2\r\n" + end + "{}",
       "HTTP/1.1 405 Method Not Allowed, close, ended"},
      {"POST /record HTTP/1.1\r\n" + host + "Content-Length: 2\r\n" + end + "{}", "HTTP/1.1 400 Bad Request, close, ended"},
      {"POST /nothing HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n" + end + "2\r\n{}\r\n0\r\n\r\n",
       "HTTP/1.1 404 Not Found"},
      {line + host + "Content-Length: 2\r\n" + end + "{}", ok},
      // Chunks.
      {post + "Transfer-Encoding: chunked\r\n" + end + "2 \t;x=\"y\"\r\n{}\r\n0\r\nX: y\r\n\r\n",
       "HTTP/1.1 400 Bad Request"},
      {post + "Transfer-Encoding: chunked\r\n" + end + "2\r\n{}x\r\n0\r\n\r\n", "HTTP/1.1 400 Bad Request, ended"},
      {post + "Transfer-Encoding: chunked\r\n" + end + "2\n{}\r\n0\r\n\r\n", "HTTP/1.1 400 Bad Request, ended"},
      {line + host + "Transfer-Encoding: chunked\r\n" + end + "x\r\n", ", ended"},
  };
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  for (const auto& c : cases) {
    INFO(c.request);
    CHECK(what_happens(http.port(), c.request) == c.answer);
  }
}

TEST_CASE("a body that breaks off or is no chunk is told in the server's words") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  connection c(http.port());
  c.send("POST /record HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n");
  CHECK(exchanges::parse_message(c.read_all()).body ==
        "Error that occur during reading payload: payload reached EOF before completing: None");
}

TEST_CASE("a refused connection is refused, also where one was kept, until it is over") {
  auditor::sandbox server;
  auditor::sandbox_server http(server);
  const auto answers = [&http] {
    net::io_context context;
    net::ip::tcp::socket socket(context);
    boost::system::error_code failure;
    socket.connect({net::ip::address_v4::loopback(), http.port()}, failure);
    CHECK((!failure || failure == net::error::connection_refused));
    return !failure;
  };
  connection kept(http.port());
  kept.send(get("/health_check"));
  CHECK_FALSE(kept.read_until("\r\n\r\n").empty());
  server.refuse_connections(auditor::sandbox::always);
  CHECK_FALSE(answers());
  CHECK(kept.read_all().empty());
  server.refuse_connections(auditor::sandbox::always);
  CHECK_FALSE(answers());
  server.heal();
  CHECK(answers());
  server.refuse_connections(1);
  CHECK_FALSE(answers());
  while (!answers()) std::this_thread::yield();
  connection c(http.port());
  c.send(get("/health_check"));
  CHECK(c.read_until("\r\n\r\n").substr(0, 15) == "HTTP/1.1 200 OK");
  // Also from the thread that answers.
  server.watch([&server](const auditor::sandbox_request&) { server.refuse_connections(auditor::sandbox::always); });
  c.send(get("/health_check"));
  CHECK(c.read_all().empty());
  CHECK_FALSE(answers());
}
