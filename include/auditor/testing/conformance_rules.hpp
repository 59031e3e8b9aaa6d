// The rules that a blocking transport keeps, and an asynchronous one behind a wait, each against a server of its own.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/http/transport.hpp>
#include <auditor/testing/conformance_server.hpp>
#include <auditor/testing/exchanged.hpp>
#include <auditor/testing/finding.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing::detail {

template <class Make>
class conformance_rules {
 public:
  conformance_rules(Make& make, const conformance_settings& settings) : make_(make), settings_(settings) {}

  std::vector<finding> run() {
    std::vector<finding> all;
    for (const rule& each : rules()) {
      if (each.name.find(settings_.only) == std::string_view::npos) continue;
      if (each.needs_streams && !settings_.streams) {
        all.push_back({each.name, standing::skipped, "the transport holds each answer whole"});
        continue;
      }
      if (each.blocking_only && asynchronous) {
        all.push_back({each.name, standing::skipped, "the transport is asynchronous"});
        continue;
      }
      if (settings_.begins) settings_.begins(each.name);
      std::string happened = (this->*each.check)();
      if constexpr (asynchronous) happened += make_.complaints();
      all.push_back({each.name, happened.empty() ? standing::kept : standing::broken, std::move(happened)});
    }
    return all;
  }

  static std::vector<std::string_view> names() {
    std::vector<std::string_view> all;
    for (const rule& each : rules()) all.push_back(each.name);
    return all;
  }

 private:
  static constexpr bool asynchronous = requires(Make& make) { make.complaints(); };
  static constexpr std::string_view host = "127.0.0.1";

  struct rule {
    std::string_view name;
    std::string (conformance_rules::*check)();
    bool needs_streams;
    bool blocking_only;
  };

  auto transport_to(std::uint16_t port) { return make_(std::string(host), port); }

  std::string request_arrives() {
    std::mutex mutex;
    std::string arrived;
    conformance_server server([&](server_connection& c) {
      for (std::string text; !(text = c.receive()).empty();) {
        {
          const std::lock_guard lock(mutex);
          arrived = text;
        }
        if (!c.send(answer("ok"))) return;
      }
    });
    auto through = transport_to(server.port());
    const std::string large = numbered(300'000);
    const header odd[] = {{"Content-Type", "application/json"}, {"X-Odd", "a=\"b\"; c, d"}};
    const request_view requests[] = {
        {.method = verb::get, .target = "/record/a%2Fb%20c/..%2f?x[gte]=1&y=%5B%5D&z", .headers = {}, .body = {}},
        {.method = verb::get, .target = "/a/../b/./c//d?e=/../f", .headers = std::span(odd).last(1), .body = {}},
        {.method = verb::post, .target = "/record", .headers = odd, .body = std::string_view("\0\r\n\r\n\xFF{}", 8)},
        {.method = verb::post, .target = "/records", .headers = odd, .body = large},
        {.method = verb::post, .target = "/empty", .headers = odd, .body = {}},
        {.method = verb::put, .target = "/record", .headers = odd, .body = "{\"record_id\":\"a\"}"},
    };
    for (const request_view& request : requests) {
      const exchanged got = fetch(through, request);
      const std::string asked = std::string(to_string(request.method)).append(" ").append(request.target);
      if (!got.complete() || got.body != "ok") return asked + ": " + got.told();
      const std::lock_guard lock(mutex);
      if (!arrived.starts_with(asked + " HTTP/1.1\r\n"))
        return asked + " arrived as " + arrived.substr(0, arrived.find('\r'));
      const std::string server_name = std::string(host) + ":" + std::to_string(server.port());
      if (field_of(arrived, "host") != server_name)
        return asked + ": wrong Host: " + std::string(field_of(arrived, "host"));
      for (const header& field : request.headers)
        if (field_of(arrived, field.name) != field.value)
          return asked + ": the header " + std::string(field.name) + " differs";
      const std::string_view length = field_of(arrived, "content-length");
      if (request.method != verb::get && length != std::to_string(request.body.size()))
        return asked + ": wrong Content-Length: " + std::string(length);
      if (!field_of(arrived, "transfer-encoding").empty()) return asked + ": sent with a transfer encoding";
      const std::string_view body = std::string_view(arrived).substr(arrived.find("\r\n\r\n") + 4);
      if (body != request.body) return asked + ": the body differs";
    }
    if (server.requests() != std::size(requests)) return std::to_string(server.requests()) + " requests for 6 calls";
    return {};
  }

  std::string answer_arrives() {
    const std::string large = numbered(1'000'000);
    const struct {
      std::string_view what;
      std::string bytes;
      int status;
      std::string_view body;
    } answers[] = {
        {"Content-Length", answer(large), 200, large},
        {"chunks", std::string(chunked_head) + chunk(large) + chunk("x") + std::string(last_chunk), 200, ""},
        {"Content-Length: 0", answer(""), 200, ""},
        {"no chunks but the last", std::string(chunked_head) + std::string(last_chunk), 200, ""},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""},
        {"lower-case names", "HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello", 200, "hello"},
        {"no reason phrase", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\na", 200, "a"},
        {"a chunk extension and a trailer",
         "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n", 200, "abc"},
        {"interim answers before it",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" + answer("late"), 200, "late"},
    };
    for (const auto& each : answers) {
      conformance_server server(always(each.bytes));
      auto through = transport_to(server.port());
      const std::string chunked = large + "x";
      const std::string_view body = each.what == "chunks" ? std::string_view(chunked) : each.body;
      for (int again = 0; again < 2; ++again) {
        const exchanged got = fetch(through, get("/records"));
        if (!got.complete() || got.head.status != each.status || got.body != body || !got.misuse.empty())
          return std::string(each.what) + ": " + got.told();
      }
    }
    return {};
  }

  std::string small_pieces() {
    const std::string body = numbered(10'000);
    conformance_server server([&](server_connection& c) {
      if (c.receive().empty() || !c.send(chunked_head)) return;
      for (const char& each : body)
        if (!c.send(chunk({&each, 1}))) return;
      c.send(last_chunk);
      c.wait_for_close(settings_.longest_wait);
    });
    auto through = transport_to(server.port());
    const exchanged got = fetch(through, get("/records"));
    return got.complete() && got.body == body ? "" : got.told();
  }

  std::string small_reads() {
    const std::string body = numbered(5'000);
    conformance_server server(always(answer(body)));
    auto through = transport_to(server.port());
    const exchanged got = fetch(through, get("/records"), unhurried, 1);
    return got.complete() && got.misuse.empty() && got.body == body ? "" : got.told();
  }

  // What the systems of both ends hold of a connection is not known, and grows with what has passed: these are far above it.
  std::string large_body() {
    struct {
      std::size_t at, most;
    } const pauses[] = {{1'000'000, 24'000'000},
                        {settings_.large / 2, (std::max)(settings_.large * 2 / 5, std::size_t{24'000'000})}};
    const std::string block = numbered(64'000);
    std::atomic<std::size_t> sent{0};
    conformance_server server([&](server_connection& c) {
      c.hold_little();
      if (c.receive().empty() || !c.send(chunked_head)) return;
      const std::string packed = chunk(block);
      for (std::size_t left = settings_.large / block.size(); left != 0 && c.send(packed); --left) sent += block.size();
      c.send(last_chunk);
      c.wait_for_close(settings_.longest_wait);
    });
    auto through = transport_to(server.port());
    typename decltype(through)::stream s{};
    if (const auto head = through.open(s, get("/records"), unhurried); !head) return "open: " + named(head.error());
    std::vector<char> into(48'000);
    std::size_t seen = 0, paused = 0;
    for (;;) {
      const auto bytes = s.read(into, unhurried);
      if (!bytes) return "after " + std::to_string(seen) + " bytes: " + named(bytes.error());
      if (*bytes == 0) break;
      for (std::size_t at = 0; at < *bytes;) {
        const std::size_t from = (seen + at) % block.size(), n = (std::min)(*bytes - at, block.size() - from);
        if (std::memcmp(into.data() + at, block.data() + from, n) != 0) return "wrong bytes near " + std::to_string(seen);
        at += n;
      }
      seen += *bytes;
      if (paused == std::size(pauses) || seen < pauses[paused].at) continue;
      wait_until_still(through, sent);
      if (sent - (std::min)(seen, sent.load()) > pauses[paused].most)
        return "the reader took " + std::to_string(seen) + " bytes and the transport " + std::to_string(sent);
      ++paused;
    }
    const std::size_t whole = settings_.large / block.size() * block.size();
    return seen == whole ? "" : std::to_string(seen) + " bytes instead of " + std::to_string(whole);
  }

  // Returns when the server has not moved for a while; an asynchronous transport may work meanwhile.
  template <class Transport>
  static void wait_until_still(Transport& through, const std::atomic<std::size_t>& moves) {
    constexpr std::chrono::milliseconds step{20};
    std::size_t before = moves;
    for (int still = 0; still < 10; ++still) {
      if constexpr (requires { through.rest(step); })
        through.rest(step);
      else
        std::this_thread::sleep_for(step);
      if (moves != before) still = 0;
      before = moves;
    }
  }

  std::string early_end() {
    const std::string start(chunked_head);
    const std::string large = numbered(100'000);
    const struct {
      std::string_view what;
      std::string bytes;
    } answers[] = {
        {"no answer", ""},
        {"within the status line", "HTTP/1.1 20"},
        {"within the head", "HTTP/1.1 200 OK\r\nContent-Le"},
        {"before the end of the head", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"},
        {"no last chunk", start + chunk("abc")},
        {"within a chunk", start + "5\r\nabc"},
        {"within the size of a chunk", start + "10"},
        {"behind a chunk", start + "3\r\nabc"},
        {"within the last chunk", start + chunk("abc") + "0\r\n"},
        {"no chunk", start},
        {"short of Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n" + large},
        {"nothing of Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"},
    };
    for (const bool reset : {false, true})
      for (const auto& each : answers) {
        conformance_server server([&](server_connection& c) {
          if (c.receive().empty() || !c.send(each.bytes)) return;
          if (reset) c.reset();
        });
        auto through = transport_to(server.port());
        const exchanged got = fetch(through, get("/records"));
        if (got.failed.code != errc::connection_lost || (got.opened && !large.starts_with(got.body) && got.body != "abc"))
          return std::string(each.what) + (reset ? ", then a reset: " : ", then closed: ") + got.told();
        if (server.requests() != 1) return std::string(each.what) + ": the request was sent more than once";
      }
    return {};
  }

  std::string unframed() {
    conformance_server server([](server_connection& c) {
      if (!c.receive().empty()) c.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[]");
    });
    auto through = transport_to(server.port());
    const exchanged got = fetch(through, get("/records"));
    return got.failed.code == errc::connection_lost ? "" : got.told();
  }

  // What a server says unasked, as a proxy that answered twice does: taken for the next answer it would be a record that is
  // called stored and is nowhere.
  static constexpr std::string_view forged = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";

  std::string surplus() {
    const struct {
      std::string_view what, answer, body;
    } answers[] = {
        {"more than Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst", "first"},
        {"behind the last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n", "first"},
        {"behind Content-Length: 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
        {"behind a 204", "HTTP/1.1 204 No Content\r\n\r\n", ""},
    };
    for (const auto& each : answers)
      // Also only a part of it: the rest would come when nobody expects it.
      for (const std::size_t size : {forged.size(), std::size_t{1}}) {
        std::atomic<bool> used_again{false};
        conformance_server server([&](server_connection& c) {
          if (c.receive().empty()) return;
          if (c.number != 0) return static_cast<void>(c.send(answer("second")));
          if (c.send(std::string(each.answer).append(forged.substr(0, size))) && !c.receive().empty()) used_again = true;
        });
        auto through = transport_to(server.port());
        const exchanged first = fetch(through, get("/first"));
        if (first.complete() && first.body != each.body) return std::string(each.what) + ": " + first.told();
        const exchanged second = fetch(through, get("/second"));
        if (second.body == "forged") return std::string(each.what) + ": the next request got the surplus for its answer";
        if (used_again) return std::string(each.what) + ": the connection was used again";
        if (second.failed.code != errc::connection_lost && second.body != "second")
          return std::string(each.what) + ", the next request: " + second.told();
      }
    return {};
  }

  // Nothing that comes before a request is sent can be its answer. (Of what comes after that nobody can tell.)
  std::string stray() {
    const std::string large = numbered(200'000);  // more than a stream takes unread, so that each has a connection
    for (const std::string_view bytes : {forged, forged.substr(0, 1), std::string_view("\r\n")})
      for (const std::size_t streams : {std::size_t{1}, std::size_t{3}}) {
        std::atomic<bool> go{false}, used_again{false};
        std::atomic<std::size_t> kept{0}, finished{0};
        conformance_server server([&](server_connection& c) {
          while (!go) {
            if (c.is_quiet_for(ticks{1})) continue;
            if (!c.receive().empty() && c.send(answer(large))) continue;
            ++finished;
            return;
          }
          if (c.number < kept) {
            c.send(bytes);
            ++finished;
            if (!c.receive().empty()) used_again = true;
            return;
          }
          while (!c.receive().empty() && c.send(answer("own"))) continue;
        });
        auto through = transport_to(server.port());
        {
          std::vector<typename decltype(through)::stream> all(streams);
          std::size_t open = 0;
          while (open < streams && through.open(all[open], get("/first"), unhurried)) ++open;
          for (std::size_t i = 0; i < open; ++i) {
            exchanged got;
            read_all(all[i], got, unhurried, 4096);
            if (got.body != large) return "the first exchange: " + got.told();
          }
        }
        kept = server.connections();
        go = true;
        while (finished < kept) std::this_thread::sleep_for(ticks{1});
        for (std::size_t i = 0; i < streams; ++i) {
          const exchanged next = fetch(through, post("/next", "{}"));
          if (next.body == forged.substr(forged.size() - 6)) return "a request got a stray for its answer";
          if (used_again) return "the connection was used again";
          if (next.failed.code != errc::connection_lost && next.body != "own") return next.told();
        }
      }
    return {};
  }

  // One that reads the same in two ways is read the other way by whoever sits between.
  std::string ambiguous() {
    const struct {
      std::string_view what, start, rest;
    } answers[] = {
        {"Content-Length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nTransfer-Encoding: chunked\r\n",
         "3\r\nabc\r\n0\r\n\r\n"},
        {"chunks and Content-Length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 13\r\n",
         "3\r\nabc\r\n0\r\n\r\n"},
        {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n", "abcd"},
        {"a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +3\r\n", "abc"},
        {"gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"},
        {"gzip before chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
         "3\r\nabc\r\n0\r\n\r\n"},
        {"Content-Encoding", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n", "abc"},
        {"a folded line", "HTTP/1.1 200 OK\r\nX: a\r\n Content-Length: 9\r\nContent-Length: 3\r\n", "abc"},
        {"HTTP/2 in clear", "HTTP/2 200\r\n", "abc"},
    };
    for (const auto& each : answers) {
      conformance_server server([&](server_connection& c) {
        if (!c.receive().empty()) c.send(std::string(each.start).append("\r\n").append(each.rest));
      });
      auto through = transport_to(server.port());
      const exchanged got = fetch(through, get("/records"));
      if (got.failed.code != errc::connection_lost) return std::string(each.what) + ": " + got.told();
    }
    return {};
  }

  // What is no body may not grow for ever either, in memory or in time.
  std::string endless() {
    const std::string ok = "HTTP/1.1 200 OK\r\n", chunks(chunked_head), end = chunk("abc") + "0\r\n";
    const struct {
      std::string_view what;
      std::string start;
      std::string_view again;
    } answers[] = {
        {"a reason", "HTTP/1.1 200 ", "x"},
        {"the name of a field", ok, "x"},
        {"the value of a field", ok + "X: ", "x"},
        {"fields", ok, "X: y\r\n"},
        {"interim answers", "", "HTTP/1.1 102 Processing\r\n\r\n"},
        {"the size of a chunk", chunks, "0"},
        {"a chunk extension", chunks + "3;a=", "x"},
        {"a trailer", chunks + end + "X: ", "x"},
        {"trailers", chunks + end, "X: y\r\n"},
    };
    constexpr std::size_t most = 24'000'000;  // far above what the systems of both ends hold back
    for (const auto& each : answers) {
      std::string block;
      while (block.size() < 60'000) block.append(each.again);
      std::atomic<std::size_t> sent{0};
      conformance_server server([&](server_connection& c) {
        c.hold_little();
        if (c.receive().empty() || !c.send(each.start)) return;
        while (sent < most && c.send(block)) sent += block.size();
      });
      auto through = transport_to(server.port());
      const exchanged got = fetch(through, get("/records"));
      if (got.failed.code != errc::connection_lost || sent >= most)
        return std::string(each.what) + ": " + std::to_string(sent) + " bytes were taken, " + got.told();
    }
    return {};
  }

  std::string statuses() {
    const std::string body = R"({"message":")" + numbered(20'000) + R"("})";
    for (const char* status :
         {"200 OK", "201 Created", "400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found",
          "405 Method Not Allowed", "408 Request Timeout", "413 Payload Too Large", "429 Too Many Requests",
          "500 Internal Server Error", "503 Service Unavailable", "599 Odd"}) {
      conformance_server server(always(answer(body, status)));
      auto through = transport_to(server.port());
      const exchanged got = fetch(through, post("/record", "{}"));
      if (!got.complete() || std::to_string(got.head.status) != std::string(status, 3) || got.body != body)
        return std::string(status) + ": " + got.told();
      if (server.requests() != 1) return std::string(status) + ": the request was sent more than once";
    }
    return {};
  }

  std::string redirects() {
    for (const char* status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
      conformance_server server([status](server_connection& c) {
        for (std::string text; !(text = c.receive()).empty();)
          if (!c.send(target_of(text) == "/there" ? answer("there") : answer("here", status, "Location: /there\r\n")))
            return;
      });
      auto through = transport_to(server.port());
      for (const request_view& request : {get("/here"), post("/here", "{}")}) {
        const exchanged got = fetch(through, request);
        if (got.body != "here" || std::to_string(got.head.status) != std::string(status, 3))
          return std::string(status) + ": " + got.told();
      }
      if (server.requests() != 2) return std::string(status) + ": followed";
    }
    return {};
  }

  std::string retry_after() {
    const struct {
      std::string_view field;
      std::int32_t seconds;
    } table[] = {{"Retry-After: 7\r\n", 7},     {"retry-after:120\r\n", 120}, {"Retry-After: 0\r\n", 0}, {"", -1},
                 {"Retry-After: soon\r\n", -1}, {"Retry-After: -3\r\n", -1}};
    for (const auto& each : table) {
      conformance_server server(always(answer("busy", "503 Service Unavailable", each.field)));
      auto through = transport_to(server.port());
      const exchanged got = fetch(through, get("/records"));
      if (!got.opened || got.head.retry_after != each.seconds)
        return std::string(each.field) + " read as " + std::to_string(got.head.retry_after);
    }
    return {};
  }

  std::string refused() {
    const closed_port nobody(closed_port::way::refuses);
    auto through = transport_to(nobody.port());
    const exchanged got = fetch(through, post("/record", "{}"));
    return !got.opened && got.failed.code == errc::connect_failed ? "" : got.told();
  }

  // Silent within the head or within the body, then asked by `interrupt` to let go.
  template <class Interrupt>
  std::string silence(std::initializer_list<std::string_view> beginnings, errc expected, const call& limits,
                      Interrupt interrupt) {
    for (const std::string_view beginning : beginnings) {
      conformance_server server([&](server_connection& c) {
        if (c.receive().empty() || !c.send(beginning)) return;
        interrupt();
        c.wait_for_close(settings_.longest_wait);
      });
      auto through = transport_to(server.port());
      const exchanged got = fetch(through, get("/records"), limits);
      const std::string where = beginning.empty() ? "before the head: " : std::string(beginning) + ": ";
      if (got.failed.code != expected) return where + got.told();
      if (server.requests() != 1) return where + std::to_string(server.requests()) + " requests instead of 1";
    }
    return {};
  }

  static constexpr std::string_view some_head = "HTTP/1.1 200 OK\r\nX-Slow";
  static constexpr std::string_view some_body = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";

  std::string deadline() {
    return silence({"", some_head, some_body}, errc::timed_out, {.timeout = ticks{200}, .cancelled = nullptr}, [] {});
  }
  std::string cancelled_in_the_head() {
    cancel_flag flag;
    return silence({""}, errc::cancelled, {.timeout = settings_.longest_wait * 2, .cancelled = &flag},
                   [&flag] { flag.request(); });
  }
  std::string cancelled_in_the_body() {
    cancel_flag flag;
    return silence({some_body}, errc::cancelled, {.timeout = settings_.longest_wait * 2, .cancelled = &flag},
                   [&flag] { flag.request(); });
  }
  std::string no_connection() {
    const closed_port nobody(closed_port::way::silent);
    auto through = transport_to(nobody.port());
    const auto began = clock::now();
    const exchanged got = fetch(through, get("/records"), {.timeout = ticks{200}, .cancelled = nullptr});
    if (got.opened || (got.failed.code != errc::connect_failed && got.failed.code != errc::timed_out)) return got.told();
    if (clock::now() - began > settings_.longest_wait)
      return "it took longer than " + std::to_string(settings_.longest_wait.count()) + " ms";
    return {};
  }
  std::string cancelled_before() {
    conformance_server server(always(answer("too late")));
    auto through = transport_to(server.port());
    cancel_flag flag;
    flag.request();
    const exchanged got = fetch(through, get("/records"), {.timeout = settings_.longest_wait * 2, .cancelled = &flag});
    const bool is_told = got.failed.code == errc::cancelled || got.failed.code == errc::connect_failed;
    if (!is_told) return got.told() + ", instead of cancelled, or connect_failed";
    return server.requests() == 0 ? "" : "the request was sent";
  }

  std::string sent_once() {
    for (const bool kept : {false, true})
      for (const bool reset : {false, true}) {
        // Of a kept connection the second request is lost, and a third one, on whatever connection, is one too many.
        std::atomic<std::size_t> served{0};
        conformance_server server([&](server_connection& c) {
          while (!c.receive().empty()) {
            const std::size_t which = served++;
            if (which == (kept ? 1u : 0u)) return reset ? c.reset() : c.finish();
            if (!c.send(answer("fine"))) return;
          }
        });
        auto through = transport_to(server.port());
        if (kept)
          if (const exchanged first = fetch(through, get("/health_check")); !first.complete()) return first.told();
        const exchanged got = fetch(through, post("/record", "{}"));
        const std::string where = kept ? "on a kept connection: " : "on a new connection: ";
        if (got.failed.code != errc::connection_lost) return where + got.told();
        if (served != (kept ? 2u : 1u)) return where + "sent more than once";
      }
    return {};
  }

  // Gone while nobody looked: a new connection, or an error, but never two requests.
  std::string idle_connection_closed() {
    conformance_server server([&](server_connection& c) {
      if (!c.receive().empty()) c.send(answer("fine"));
    });
    auto through = transport_to(server.port());
    for (std::size_t i = 1; i <= 3; ++i) {
      const exchanged got = fetch(through, post("/record", "{}"));
      if (got.complete() ? got.body != "fine" : got.failed.code != errc::connection_lost) return got.told();
      server.wait_until_closed(server.connections());
      if (server.requests() > i) return std::to_string(server.requests()) + " requests for " + std::to_string(i) + " calls";
    }
    return {};
  }

  static conformance_server::script by_target(const std::string& large) {
    return [large](server_connection& c) {
      for (std::string text; !(text = c.receive()).empty();)
        if (!c.send(answer(target_of(text).starts_with("/large") ? large : std::string(target_of(text))))) return;
    };
  }

  std::string abandoned() {
    conformance_server server(by_target(numbered(8'000'000)));
    auto through = transport_to(server.port());
    for (int i = 0; i < 5; ++i) {
      {
        typename decltype(through)::stream s{};
        if (const auto head = through.open(s, get("/large"), unhurried); !head) return "open: " + named(head.error());
        char some[100];
        if (const auto bytes = s.read(some, unhurried); i % 2 == 0 && !bytes) return "read: " + named(bytes.error());
      }
      const exchanged got = fetch(through, get("/small"));
      if (!got.complete() || got.body != "/small") return "the next exchange: " + got.told();
    }
    return {};
  }

  std::string replaced() {
    conformance_server server(by_target(numbered(8'000'000)));
    auto through = transport_to(server.port());
    typename decltype(through)::stream s{};
    for (int i = 0; i < 5; ++i) {
      if (const auto head = through.open(s, get("/large"), unhurried); !head) return "open: " + named(head.error());
      char some[100];
      if (i % 2 == 0)
        if (const auto bytes = s.read(some, unhurried); !bytes) return "read: " + named(bytes.error());
      const exchanged got = fetch(through, s, get("/small"));
      if (!got.complete() || got.body != "/small") return "the second open: " + got.told();
    }
    return {};
  }

  std::string two_streams() {
    const std::string a = numbered(3'000'000), b(a.rbegin(), a.rend());
    conformance_server server([&](server_connection& c) {
      for (std::string text; !(text = c.receive()).empty();)
        if (!c.send(answer(target_of(text) == "/a" ? a : b, target_of(text) == "/a" ? "200 OK" : "500 Odd"))) return;
    });
    auto through = transport_to(server.port());
    typename decltype(through)::stream first{}, second{};
    exchanged one, other;
    if (const auto head = through.open(first, get("/a"), unhurried); !head || head->status != 200)
      return "the first is not opened";
    read_all(first, one, unhurried, 1000, 10'000);
    const auto head = through.open(second, get("/b"), unhurried);
    if (!head && head.error().code == errc::busy) {
      read_all(first, one, unhurried, 40'000);
      return one.complete() && one.body == a ? "" : "after busy, the first stream: " + named(one.failed);
    }
    if (!head || head->status != 500) return "the second is not opened: " + named(head.error());
    // In turn, then the second to its end while nobody reads the first.
    for (std::size_t n = 20'000; n < 1'000'000 && one.complete() && other.complete(); n += 50'000) {
      read_all(second, other, unhurried, 7'000, n);
      read_all(first, one, unhurried, 9'000, n);
    }
    read_all(second, other, unhurried, 50'000);
    read_all(first, one, unhurried, 50'000);
    if (!one.complete() || one.body != a)
      return "the first stream: " + std::to_string(one.body.size()) + " bytes, " + named(one.failed);
    if (!other.complete() || other.body != b)
      return "the second stream: " + std::to_string(other.body.size()) + " bytes, " + named(other.failed);
    return {};
  }

  std::string nonsense() {
    for (const std::string_view bytes :
         {"SSH-2.0-OpenSSH_9.2\r\n", "\r\n\r\n\r\n", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"}) {
      conformance_server server([&](server_connection& c) {
        if (!c.receive().empty()) c.send(bytes);
      });
      auto through = transport_to(server.port());
      const exchanged got = fetch(through, get("/records"));
      if (got.complete()) return std::string(bytes) + ": " + got.told();
    }
    return {};
  }

  using self = conformance_rules;
  // What a child inherits are descriptors of the parent's connections: two that read from one get each other's answers.
  std::string forked() {
    conformance_server server([](server_connection& c) { always(answer(std::to_string(c.number)))(c); });
    auto through = transport_to(server.port());
    const exchanged before = fetch(through, get("/before"), unhurried);
    if (!before.complete()) return "before the fork: " + before.told();
    const pid_t child = fork();
    if (child < 0) return {};
    if (child == 0) {
      alarm(30);
      const exchanged own = fetch(through, get("/child"), unhurried);
      _exit(!own.complete() ? 1 : own.body == before.body ? 2 : 0);
    }
    int status = -1;
    waitpid(child, &status, 0);
    const exchanged after = fetch(through, get("/after"), unhurried);
    if (!after.complete()) return "the parent, after the child: " + after.told();
    if (!WIFEXITED(status)) return "the child did not come to its end";
    if (WEXITSTATUS(status) == 1) return "the child got no answer";
    return WEXITSTATUS(status) == 2 ? "the child used the connection of its parent" : "";
  }

  static std::vector<rule> rules() {
    return {
        {"method, target, headers and body of a request arrive exactly", &self::request_arrives, false, false},
        {"status and body of an answer arrive exactly, however it is framed", &self::answer_arrives, false, false},
        {"a body may come in chunks of one byte", &self::small_pieces, false, false},
        {"a reader may have room for one byte", &self::small_reads, false, false},
        {"a slow reader of a large body holds the server back", &self::large_body, true, false},
        {"an answer that ends early is connection_lost and never complete", &self::early_end, false, false},
        {"an answer whose end cannot be told is connection_lost", &self::unframed, false, false},
        {"bytes behind an answer are not the next answer", &self::surplus, false, false},
        {"what comes on a kept connection unasked is not the next answer", &self::stray, false, false},
        {"an answer that can be read in two ways is connection_lost", &self::ambiguous, false, false},
        {"an answer without an end in its head or its framing is connection_lost", &self::endless, false, false},
        {"an answer of any status is delivered with its body", &self::statuses, false, false},
        {"redirects are not followed", &self::redirects, false, false},
        {"Retry-After is passed on", &self::retry_after, false, false},
        {"what is no HTTP is an error", &self::nonsense, false, false},
        {"a refused connection is connect_failed", &self::refused, false, false},
        {"silence past the deadline is timed_out", &self::deadline, false, false},
        {"a connection that does not come about ends at the deadline", &self::no_connection, false, false},
        {"a call that is cancelled before it begins sends nothing", &self::cancelled_before, false, true},
        {"a call can be cancelled while it waits for the head", &self::cancelled_in_the_head, false, false},
        {"a call can be cancelled within the body", &self::cancelled_in_the_body, false, false},
        {"a request is sent once when its connection breaks", &self::sent_once, false, false},
        {"a kept connection that was closed meanwhile costs no second request", &self::idle_connection_closed, false,
         false},
        {"after a fork parent and child use no connection of each other", &self::forked, false, true},
        {"a stream may be abandoned within its body", &self::abandoned, false, false},
        {"an open on an open stream abandons what it had", &self::replaced, false, false},
        {"two streams do not mix, and neither waits for the other's reader", &self::two_streams, false, false},
    };
  }

  Make& make_;
  const conformance_settings& settings_;
};

}  // namespace testing::detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
