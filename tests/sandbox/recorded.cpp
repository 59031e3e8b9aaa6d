// The sandbox answers every recorded request as the real server did: asked directly, and over HTTP byte for byte.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "exchanges.hpp"

#include <auditor/sandbox/http_server.hpp>

#include "catch.hpp"

#include <boost/asio.hpp>

#include <string>
#include <vector>

namespace {

std::vector<exchanges::exchange> recorded() { return exchanges::load(AUDITOR_TESTS "/wire/exchanges.jsonl"); }

bool is_warning_case(const std::string& name) { return name.rfind("warning-", 0) == 0; }

std::string ask(std::uint16_t port, const std::string& raw) {
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  socket.connect({boost::asio::ip::address_v4::loopback(), port});
  boost::asio::write(socket, boost::asio::buffer(raw));
  socket.shutdown(boost::asio::ip::tcp::socket::shutdown_send);
  std::string answer;
  boost::system::error_code end;
  boost::asio::read(socket, boost::asio::dynamic_buffer(answer), end);
  return answer;
}

void compare(const exchanges::exchange& e, int status, const std::string& content_type, const std::string& body) {
  INFO(e.name << ": " << e.request.start << "\n" << e.request.body.substr(0, 600));
  CHECK(status == e.response.status());
  CHECK(content_type == e.response.header("content-type"));
  if (!exchanges::same_body(body, e.response.body)) CHECK(body == e.response.body);
}

}  // namespace

TEST_CASE("the sandbox answers every recorded request as the real server did") {
  auditor::sandbox server, warning_server{{true, 2'097'152, {}}};
  const auto adds = exchanges::unrecorded_adds();
  std::size_t compared = 0;
  for (const auto& e : recorded()) {
    for (const auto& add : adds)
      if (add.before == e.name) REQUIRE(server.handle("POST", "/record", "application/json", add.body).status == 200);
    // Compression and a HEAD without a body are the business of the HTTP server.
    if (e.request.header("content-encoding") == "gzip" || e.request.method() == "HEAD") continue;
    auditor::sandbox& asked = is_warning_case(e.name) ? warning_server : server;
    auto answer = asked.handle(e.request.method(), e.request.target(), e.request.header("content-type"), e.request.body);
    compare(e, answer.status, std::string(answer.header("Content-Type")), answer.body.text());
    ++compared;
  }
  CHECK(compared == 184);
}

TEST_CASE("over HTTP the sandbox answers every recorded request as the real server did, headers and chunks included") {
  auditor::sandbox server, warning_server{{true, 2'097'152, {}}};
  auditor::sandbox_server http(server), warning_http(warning_server);
  const auto adds = exchanges::unrecorded_adds();
  for (const auto& e : recorded()) {
    for (const auto& add : adds)
      if (add.before == e.name) REQUIRE(server.handle("POST", "/record", "application/json", add.body).status == 200);
    const auto answer =
        exchanges::parse_message(ask(is_warning_case(e.name) ? warning_http.port() : http.port(), e.raw_request));
    compare(e, answer.status(), answer.header("content-type"), answer.body);
    INFO(e.name);
    CHECK(answer.start == e.response.start);
    CHECK(answer.chunks.size() == e.response.chunks.size());
    for (const char* name : {"content-length", "transfer-encoding", "connection", "allow"})
      CHECK(answer.header(name) == e.response.header(name));
  }
}
