// What the reference transport sends, and what it makes of answers: whole, cut, malformed, oversized.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/transport/curl/builder.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using auditor::errc;
using auditor::outcome;
using namespace loopback;

namespace {

// The request as the server saw it.
std::string sent(const auditor::request_view& request, std::string_view base_path = "") {
  std::string seen;
  scripted_server server([&seen](connection& c) {
    seen = c.receive();
    c.send(answer(""));
  });
  auto transport = auditor::curl_builder()
                       .connection_string("http://127.0.0.1:" + std::to_string(server.port()) + std::string(base_path))
                       .build();
  const fetched got = fetch(transport.value(), request);
  server.wait_until_closed(1);
  REQUIRE(got.complete());
  return seen;
}

bool has_line(const std::string& request, std::string_view line) {
  return request.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

fetched after(std::string bytes, std::size_t room = 4096) {
  scripted_server server([&bytes](connection& c) {
    c.receive();
    c.send(bytes);
  });
  auto transport = connect_to(server.port());
  return fetch(transport, get(), {}, room);
}

}  // namespace

TEST_CASE("a GET goes out with the fields it needs and no others") {
  const std::string request = sent(get("/records?limit=1"));
  CHECK(request.starts_with("GET /records?limit=1 HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK(has_line(request, "User-Agent: auditor-cpp/0.1.0"));
  CHECK(request.find("Content-") == std::string::npos);
  CHECK(request.find("Expect") == std::string::npos);
  CHECK(request.find("Accept-Encoding") == std::string::npos);
  CHECK(request.find("Cookie") == std::string::npos);
}

TEST_CASE("POST and PUT carry their body with a Content-Length, however large or empty it is") {
  for (const auto method : {auditor::verb::post, auditor::verb::put}) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{3'000'000}}) {
      const std::string body(size, 'x');
      const auditor::header fields[] = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
      const std::string request = sent({.method = method, .target = "/record", .headers = fields, .body = body});
      CAPTURE(size, request.substr(0, 300));
      CHECK(request.starts_with(std::string(to_string(method)) + " /record HTTP/1.1\r\n"));
      CHECK(has_line(request, "Content-Length: " + std::to_string(size)));
      CHECK(has_line(request, "Content-Type: application/json"));
      CHECK(has_line(request, "X-Empty:"));
      CHECK(request.find("Expect") == std::string::npos);
      CHECK(request.find("Transfer-Encoding") == std::string::npos);
      CHECK(request.ends_with("\r\n\r\n" + body));
    }
  }
}

TEST_CASE("a body without a Content-Type is not called a form") {
  CHECK(sent(post("{}")).find("Content-Type") == std::string::npos);
}

TEST_CASE("the target reaches the server as it is, behind the base path") {
  for (const std::string_view target : {"/record/..", "/record/a%2Fb", "/record/a%23b", "/record//", "/record/./x/../y",
                                        "/records?meta[a][c][0]=%C3%A9&limit=1", "/records?", "/record/a%2fb?x=/../"}) {
    CAPTURE(target);
    CHECK(sent(get(target)).starts_with("GET " + std::string(target) + " HTTP/1.1\r\n"));
    CHECK(sent(get(target), "/base/path/").starts_with("GET /base/path" + std::string(target) + " HTTP/1.1\r\n"));
  }
}

TEST_CASE("a request that would change its own framing is refused before anything is sent") {
  scripted_server server(always(answer("")));
  auto transport = connect_to(server.port());
  const auto refused = [&transport](const auditor::request_view& request) {
    const fetched got = fetch(transport, request);
    return got.error.code == errc::invalid_argument && !got.opened;
  };
  const auto with = [](const auditor::header& field) {
    return auditor::request_view{.method = auditor::verb::post, .target = "/record", .headers = {&field, 1}, .body = "{}"};
  };
  using namespace std::string_view_literals;
  CHECK(refused(with({"X-Value", "a\r\nEvil: 1"})));
  CHECK(refused(with({"X-Value", "a\0b"sv})));
  CHECK(refused(with({"X\r\nEvil", "1"})));
  CHECK(refused(with({"X Y", "1"})));
  CHECK(refused(with({"", "1"})));
  CHECK(refused(with({"Host", "elsewhere"})));
  CHECK(refused(with({"content-LENGTH", "7"})));
  CHECK(refused(with({"Transfer-Encoding", "chunked"})));
  for (const auto target : {""sv, "records"sv, "/a b"sv, "/a\r\nEvil: 1"sv, "/a#b"sv, "/\xC3\xA9"sv, "/a\0b"sv})
    CHECK(refused(get(target)));
  CHECK(refused({.method = auditor::verb::get, .target = "/", .headers = {}, .body = "x"}));
  CHECK(server.connections() == 0);
}

TEST_CASE("answers of any status come back with their body") {
  for (const std::string_view status :
       {"200 OK", "400 Bad Request", "404 Not Found", "500 Internal Server Error", "299 ?"}) {
    const fetched got = after(answer("RECORD_EXISTS", status));
    CHECK(got.complete());
    CHECK(std::to_string(got.head.status) == status.substr(0, 3));
    CHECK(got.body == "RECORD_EXISTS");
  }
}

TEST_CASE("an answer is the same in however small pieces it comes and is read") {
  std::string bytes(chunked_head);
  std::string body;
  for (int i = 0; i < 200; ++i) {
    bytes += chunk(std::string(1, static_cast<char>('a' + i % 26)));
    body += static_cast<char>('a' + i % 26);
  }
  bytes += last_chunk;
  for (const std::size_t room : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{4096}}) {
    const fetched whole = after(bytes, room);
    CHECK(whole.complete());
    CHECK(whole.body == body);
    scripted_server server([&bytes](connection& c) {
      c.receive();
      for (const char& byte : bytes) c.send({&byte, 1});
    });
    auto transport = connect_to(server.port());
    const fetched dripped = fetch(transport, get(), {}, room);
    CHECK(dripped.complete());
    CHECK(dripped.body == body);
  }
}

TEST_CASE("an answer cut at any byte is connection_lost, and its outcome unknown") {
  const std::vector<std::string> answers = {
      answer("RECORD_EXISTS", "500 Internal Server Error"),
      std::string(chunked_head) + chunk("{\"record_id\":\"a\"}") + chunk("{}") + std::string(last_chunk),
      "HTTP/1.1 100 Continue\r\n\r\n" + answer("x"),
      answer(""),
  };
  for (const std::string& bytes : answers) {
    for (const bool orderly : {true, false}) {
      scripted_server server([&](connection& c) {
        c.receive();
        c.send(std::string_view(bytes).substr(0, c.number));
        if (!orderly) c.reset();
      });
      auto transport = connect_to(server.port());
      for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        CAPTURE(bytes, cut, orderly);
        const fetched got = fetch(transport, get());
        CHECK(got.error.code == errc::connection_lost);
        CHECK(got.error.outcome == outcome::unknown);
        CHECK(got.error.native != 0);
        CHECK(!got.error.words().empty());
      }
      const fetched last = fetch(transport, get());
      CAPTURE(bytes, orderly, last.error.words());
      if (orderly) CHECK(last.complete());
    }
  }
}

TEST_CASE("interim answers are passed over") {
  const fetched got = after("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n" +
                            answer("late", "503 Service Unavailable"));
  CHECK(got.complete());
  CHECK(got.head.status == 503);
  CHECK(got.head.retry_after == -1);
  CHECK(got.body == "late");
}

TEST_CASE("redirects are not followed") {
  scripted_server elsewhere(always(answer("wrong")));
  const std::string to = "Location: http://127.0.0.1:" + std::to_string(elsewhere.port()) + "/\r\n";
  for (const std::string_view status : {"301 M", "302 M", "303 M", "307 M", "308 M"}) {
    const fetched got = after(answer("moved", status, to));
    CHECK(got.complete());
    CHECK(got.head.status / 100 == 3);
    CHECK(got.body == "moved");
  }
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("Retry-After comes with the head, by the server's own clock") {
  const auto hint = [](std::string_view fields) { return after(answer("", "503 ?", fields)).head.retry_after; };
  CHECK(hint("Retry-After: 7\r\n") == 7);
  CHECK(hint("retry-after:   7  \r\n") == 7);
  CHECK(hint("Retry-After: Sun, 06 Nov 1994 08:50:07 GMT\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n") == 30);
  CHECK(hint("Retry-After: soon\r\n") == -1);
  CHECK(hint("") == -1);
}

TEST_CASE("answers that could be understood in two ways, or are no HTTP/1.1, are refused with words") {
  struct refused {
    std::string bytes;
    std::string_view words;
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  std::string fields;
  for (int i = 0; i < 101; ++i) fields += "X-Field: 1\r\n";
  std::string interim;
  for (int i = 0; i < 3000; ++i) interim += "HTTP/1.1 102 Processing\r\n\r\n";
  const std::vector<refused> answers = {
      {"hello there\r\n\r\n", "HTTP/0.9"},
      {ok + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", "compressed"},
      {ok + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
       "both Content-Length and chunks"},
      {ok + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
       "both Content-Length and chunks"},
      {ok + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "two Content-Lengths"},
      {ok + "Content-Length: 3, 3\r\n\r\nabc", "not a number"},
      {ok + "Content-Length: -3\r\n\r\nabc", "Content-Length"},
      {ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "transfer encoding"},
      {ok + "X-Field: a\r\n folded\r\nContent-Length: 0\r\n\r\n", "folded"},
      {ok + fields + "Content-Length: 0\r\n\r\n", "100 fields"},
      {ok + "X-Field: " + std::string(66'000, 'x') + "\r\nContent-Length: 0\r\n\r\n", "64 KiB"},
      {ok + "X-Field: " + std::string(500'000, 'x') + "\r\nContent-Length: 0\r\n\r\n", "64 KiB"},
      {"HTTP/1.1 200 " + std::string(500'000, 'x'), "64 KiB"},
      {"HTTP/2 200\r\n\r\nabc", "not HTTP/1.1"},
      {ok + "no field\r\nContent-Length: 0\r\n\r\n", ""},
      {interim + answer(""), "64 KiB"},
      {ok + "\r\nbody until the end", "its end cannot be told"},
      {"HTTP/1.0 200 OK\r\n\r\n", "its end cannot be told"},
      {std::string(chunked_head) + "zz\r\nabc\r\n0\r\n\r\n", "size of a chunk"},
      {std::string(chunked_head) + "ffffffffffffffffff\r\nabc", "size of a chunk"},
      {std::string(chunked_head) + "3\r\nabcd\r\n0\r\n\r\n", "longer than its size"},
      {std::string(chunked_head) + "3;" + std::string(5'000, 'x') + "\r\nabc\r\n0\r\n\r\n", "2 KiB"},
      {std::string(chunked_head) + "0\r\nX: " + std::string(5'000, 'x') + "\r\n\r\n", "2 KiB"},
      {std::string(chunked_head) + "0\r\n" + fields + "\r\n", "100 fields"},
  };
  for (const refused& a : answers) {
    const fetched got = after(a.bytes);
    CAPTURE(a.bytes.substr(0, 120), got.error.words());
    CHECK(got.error.code == errc::connection_lost);
    CHECK(got.error.outcome == outcome::unknown);
    CHECK(got.error.words().find(a.words) != std::string_view::npos);
  }
}

TEST_CASE("an answer that ends with its connection is complete only for those who ask for it") {
  scripted_server server([](connection& c) {
    c.receive();
    c.send("HTTP/1.0 200 OK\r\n\r\nall of it");
  });
  auto transport = auditor::curl_builder().address("127.0.0.1", server.port()).allow_unframed_bodies().build();
  const fetched got = fetch(transport.value());
  CHECK(got.complete());
  CHECK(got.body == "all of it");
}

TEST_CASE("trailers are no part of the body and cannot be endless") {
  const std::string start = std::string(chunked_head) + chunk("abc") + "0\r\n";
  CHECK(after(start + "Retry-After: 3\r\n\r\n").body == "abc");
  std::string trailers;
  for (int i = 0; i < 200; ++i) trailers += "X-Field: 1\r\n";
  CHECK(after(start + trailers + "\r\n").error.code == errc::connection_lost);
}

TEST_CASE("bytes beyond the answer never become the next answer") {
  scripted_server server([](connection& c) {
    c.receive();
    c.send(answer("first") + answer("smuggled"));
    while (!c.receive().empty()) c.send(answer("second"));
  });
  auto transport = connect_to(server.port());
  CHECK(fetch(transport).body == "first");
  const fetched next = fetch(transport);
  CHECK(next.body != "smuggled");
}

TEST_CASE("a refusal that comes before the whole request was sent is read, and nothing of the request is touched after") {
  auto body = std::make_unique<std::string>(8'000'000, 'x');
  scripted_server server([](connection& c) {
    c.receive_head();
    c.send(answer("too large", "413 Payload Too Large"));
    c.wait_for_close();
  });
  auto transport = connect_to(server.port());
  auditor::curl_transport::stream stream;
  const auto head = transport.open(stream, post(*body), {});
  body.reset();
  REQUIRE(head);
  CHECK(head->status == 413);
  fetched got;
  read_all(stream, got);
  CHECK(got.complete());
  CHECK(got.body == "too large");
}

TEST_CASE("a success that comes before the whole request was sent is none") {
  const std::string body(8'000'000, 'x');
  scripted_server server([](connection& c) {
    c.receive_head();
    c.send(answer(""));
    c.wait_for_close();
  });
  auto transport = connect_to(server.port());
  const fetched got = fetch(transport, post(body));
  CHECK(!got.opened);
  CHECK(got.error.code == errc::connection_lost);
  CHECK(got.error.outcome == outcome::unknown);
}

TEST_CASE("nobody listening is connect_failed, and nothing was sent") {
  std::uint16_t port = 0;
  {
    scripted_server server(always(""));
    port = server.port();
  }
  auto transport = connect_to(port);
  const fetched got = fetch(transport, post("{}"));
  CHECK(got.error.code == errc::connect_failed);
  CHECK(got.error.outcome == outcome::not_applied);
  CHECK(got.error.native == CURLE_COULDNT_CONNECT);
  CHECK(got.error.words().find("127.0.0.1") != std::string_view::npos);
}

TEST_CASE("a stream that was never opened, and no room, are errors of the caller") {
  auditor::curl_transport::stream stream;
  char byte = 0;
  CHECK(stream.read({&byte, 1}, {}).error().code == errc::invalid_argument);
  CHECK(stream.read({}, {}).error().code == errc::invalid_argument);
}
