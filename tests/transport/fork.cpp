// What was made before a fork(): parent and children go on with it, none reads what is another's, and none hangs.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "certificates.hpp"
#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/ext/beast.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/transport/curl_async.hpp>

#include <boost/asio/io_context.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace auditor;
using namespace loopback;

namespace {

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

// Runs `work` in a child, which ends with what that returns; the destructor and `status` wait for it.
class child {
 public:
  template <class Work>
  explicit child(Work work) : id_(fork()) {
    if (id_ == 0) {
      alarm(60);  // so that one that hangs fails
      _exit(work());
    }
  }
  child(child&& from) noexcept : id_(std::exchange(from.id_, -1)) {}
  ~child() { status(); }
  int status() {
    int how = -1;
    if (id_ > 0) waitpid(std::exchange(id_, -1), &how, 0);
    return how;
  }

 private:
  pid_t id_;
};

// A client of each flavour that goes on after a fork, with one way to add a record.
struct blocking {
  explicit blocking(const std::string& url) : asked(client_builder().connection_string(url).build().value()) {}
  bool add(const std::string& id) { return asked.add(record{id, start}).has_value(); }
  void forked() {}
  curl_client asked;
};

template <class Client>
struct on_asio {
  template <class Make>
  explicit on_asio(Make make) : asked(make(boost_asio_executor(loop.get_executor()))) {}
  bool add(const std::string& id) {
    bool stored = false;
    asked.add(record{id, start}, {}, [&stored](result<receipt> r) { stored = r.has_value(); });
    loop.restart();
    loop.run();
    return stored;
  }
  void forked() { loop.notify_fork(boost::asio::io_context::fork_child); }
  boost::asio::io_context loop;
  Client asked;
};
struct curl_on_asio : on_asio<curl_async_client<boost_asio_executor>> {
  explicit curl_on_asio(const std::string& url)
      : on_asio([&url](auto on) { return async_client_builder().connection_string(url).build(on).value(); }) {}
};
struct beast : on_asio<beast_client> {
  explicit beast(const std::string& url)
      : on_asio([&url](auto on) { return beast_client(beast_transport::create(on, {.url = url}).value(), on); }) {}
};

template <class Flavour>
int add_many(Flavour& flavour, const std::string& prefix, int count) {
  int failed = 0;
  for (int i = 0; i < count; ++i) failed += !flavour.add(prefix + std::to_string(i));
  return failed == 0 ? 0 : 1;
}

}  // namespace

TEMPLATE_TEST_CASE("after a fork parent and children work at once, and each record is stored once", "", blocking,
                   curl_on_asio, beast) {
  constexpr int each = sanitized ? 100 : 1000;
  sandbox store;
  sandbox_server http(store);
  TestType flavour(http.url());
  REQUIRE(add_many(flavour, "before-", 3) == 0);  // so that there is a kept connection
  std::vector<child> children;
  for (const std::string name : {"first-", "second-", "third-"})
    children.emplace_back([&] {
      flavour.forked();
      return add_many(flavour, name, each);
    });
  CHECK(add_many(flavour, "parent-", each) == 0);
  for (child& one : children) CHECK(one.status() == 0);

  std::map<std::string, int> seen;
  auto asked = client_builder().connection_string(http.url()).build().value();
  CHECK(asked.for_each(query{}, [&seen](const record_view& r) { ++seen[std::string(r.record_id)]; }).has_value());
  CHECK(seen.size() == 3u + 4u * each);
  for (const std::string name : {"first-", "second-", "third-", "parent-"})
    for (int i = 0; i < each; ++i) CHECK(seen[name + std::to_string(i)] == 1);
}

TEMPLATE_TEST_CASE("after a fork a child makes a connection of its own, and the parent keeps its own", "", blocking,
                   curl_on_asio, beast) {
  scripted_server server(always(answer("")));
  TestType flavour("http://127.0.0.1:" + std::to_string(server.port()));
  REQUIRE(flavour.add("a"));
  CHECK(server.connections() == 1);
  child other([&] {
    flavour.forked();
    return flavour.add("b") && flavour.add("c") ? 0 : 1;
  });
  CHECK(other.status() == 0);
  CHECK(server.connections() == 2);
  CHECK(flavour.add("d"));
  CHECK(server.connections() == 2);
}

TEST_CASE("a child lets go of an inherited TLS connection without a word, and the parent goes on with it") {
  const certificates files;
  const tls_server server(files, "-cert server.pem -key server.key");
  // s_server serves one connection, and closes after each answer: this one is in the middle of it.
  std::ofstream(files.path("answer"), std::ios::binary) << "HTTP/1.1 200 OK\r\nContent-Length: 400000\r\n\r\n"
                                                        << std::string(400'000, 'x');
  auto transport =
      curl_builder().address("localhost", server.port()).with_tls({.ca_file = files.path("ca.pem")}).build().value();
  curl_transport::stream stream;
  REQUIRE(transport.open(stream, get("/answer"), {}));
  child other([&] {
    fetched inherited;
    read_all(stream, inherited);
    const bool refused = inherited.error.code == errc::connection_lost && inherited.body.empty();
    {
      const auto gone = std::move(transport);
    }
    return refused ? 0 : 1;
  });
  CHECK(other.status() == 0);
  fetched got;
  read_all(stream, got);
  CHECK(got.complete());
  CHECK(got.body.size() == 400'000);
}

TEST_CASE("in a child the calls of an io_thread or an io_loop fail at once and say why, and nothing hangs") {
  sandbox store;
  sandbox_server http(store);
  auto thread = std::make_unique<io_thread>();
  auto loop = std::make_unique<io_loop>();
  const auto client_on = [&http](io_loop::executor on) {
    return std::optional(async_client_builder().connection_string(http.url()).build(on).value());
  };
  auto on_thread = client_on(thread->get_executor()), on_loop = client_on(loop->get_executor());
  REQUIRE(on_thread->add(record{"a", start}, {}, use_future).get().has_value());
  // In the child nobody ends this call, and no destructor waits for it.
  std::atomic<bool> answered{false};
  scripted_server silent([&answered](connection& c) {
    c.receive();
    answered.wait(false);
    c.send(answer(""));
  });
  auto waiting =
      std::optional(async_client_builder().address("127.0.0.1", silent.port()).build(thread->get_executor()).value());
  auto pending_answer = waiting->add(record{"e", start}, {}, use_future);
  child other([&] {
    for (auto* asked : {&on_thread, &on_loop}) {
      const auto added = (*asked)->add(record{"b", start}, {}, use_future).get();
      const std::vector<record> batch{record{"c", start}, record{"d", start}};
      const auto report = (*asked)->bulk_insert(batch, {.in_flight = 2}, use_future).get();
      const auto found = (*asked)->find("a", {}, use_future).get();
      if (added || report.delivered() != 0 || found) return 1;
      if (added.error().words().find("fork()") == std::string_view::npos || added.error().attempts > 1) return 2;
      if (added.error().outcome != outcome::not_applied) return 3;
    }
    if (async_client_builder().connection_string(http.url()).build(thread->get_executor())) return 4;
    on_thread.reset();
    on_loop.reset();
    waiting.reset();
    thread.reset();
    loop->run();
    loop.reset();
    return 0;
  });
  CHECK(other.status() == 0);
  answered = true;
  answered.notify_all();
  CHECK(pending_answer.get().has_value());
  CHECK(on_thread->find("a", {}, use_future).get().value().has_value());
  CHECK(on_thread->get({}, use_future).get().value().size() == 1);
}
