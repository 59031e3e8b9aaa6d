// The transport on Boost.Beast: the conformance suite, the sandbox over HTTP, and TLS.
#include <auditor/ext/beast.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/testing/conformance.hpp>

#include "catch.hpp"
#include "transport/certificates.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

using namespace auditor;

namespace {

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

// A request over TLS, on a loop of its own.
struct answer {
  explicit operator bool() const { return error.code == errc::ok; }
  std::string body;
  auditor::error error;
};

class fetching {
 public:
  explicit fetching(beast_options options)
      : on_(loop_.get_executor()), transport_(beast_transport::create(on_, std::move(options)).value()) {}

  answer run(const request_view& request = {.target = "/answer"}) {
    transport_.async_open(stream_, request, {&fetching::opened, this});
    loop_.run();
    return std::move(answer_);
  }

 private:
  static void opened(void* self, result<response_head>&& head) noexcept {
    auto& one = *static_cast<fetching*>(self);
    if (!head)
      one.answer_.error = head.error();
    else
      one.stream_.async_read(one.room_, {&fetching::got, self});
  }
  static void got(void* self, result<std::size_t>&& bytes) noexcept {
    auto& one = *static_cast<fetching*>(self);
    if (!bytes)
      one.answer_.error = bytes.error();
    else if (*bytes != 0) {
      one.answer_.body.append(one.room_, *bytes);
      one.stream_.async_read(one.room_, {&fetching::got, self});
    }
  }

  boost::asio::io_context loop_;
  boost_asio_executor on_;
  beast_transport transport_;
  beast_transport::stream stream_;
  answer answer_;
  char room_[64];
};

const loopback::certificates& files() {
  static const loopback::certificates made;
  return made;
}
answer fetch(const loopback::tls_server& server, tls_options tls, std::string_view host = "localhost") {
  return fetching({.url = "https://" + std::string(host) + ':' + std::to_string(server.port()), .tls = std::move(tls)})
      .run();
}
tls_options trusting() { return {.ca_file = files().path("ca.pem")}; }
tls_options as(std::string_view name, std::string_view key = "client.key", std::string password = {}) {
  return {.ca_file = files().path("ca.pem"),
          .client_certificate = files().path(name),
          .client_key = files().path(key),
          .key_password = std::move(password)};
}

}  // namespace

TEST_CASE("the Beast transport conforms", "[conformance]") {
  boost::asio::io_context loop;
  const auto idle = boost::asio::make_work_guard(loop);
  const boost_asio_executor on(loop.get_executor());
  const auto make = [&on](const std::string& host, std::uint16_t port) {
    return beast_transport::create(on, {.url = "http://" + host + ':' + std::to_string(port)}).value();
  };
  const auto all = testing::conformance(make, on, [&loop] { loop.run_one_for(std::chrono::milliseconds{10}); },
                                        {.exchanges_at_once = 100});
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
}

TEST_CASE("a client over Beast stores records and reads them back") {
  constexpr std::size_t records = 100;
  sandbox server;
  sandbox_server http(server);
  boost::asio::io_context loop;
  const boost_asio_executor on(loop.get_executor());
  beast_client asked(beast_transport::create(on, {.url = http.url()}).value(), on);
  std::size_t stored = 0, seen = 0;
  bool whole = false;
  for (std::size_t i = 0; i < records; ++i)
    boost::asio::co_spawn(
        loop,
        [&, i]() -> boost::asio::awaitable<void> {
          const auto added = co_await asked.add(record{"r" + std::to_string(i), start});
          if (!added || ++stored != records) co_return;
          auto all = asked.stream(query{});
          for (record r; co_await all.next(r);) ++seen;
          whole = all.finish().value().state == completeness::complete;
        },
        boost::asio::detached);
  loop.run();
  CHECK(stored == records);
  CHECK(seen == records);
  CHECK(whole);
}

TEST_CASE("over Beast a server of the given authority is trusted, by file or by directory") {
  REQUIRE(files().made());
  const loopback::tls_server server(files(), "-cert server.pem -key server.key");
  CHECK(fetch(server, trusting()).body == "hi");
  CHECK(fetch(server, {.ca_directory = files().path("authorities")}).body == "hi");
}

TEST_CASE("over Beast a server of another authority, of another name or out of date is refused before anything is sent") {
  const loopback::tls_server server(files(), "-cert server.pem -key server.key");
  const loopback::tls_server expired(files(), "-cert expired.pem -key server.key");
  for (const answer& got : {fetch(server, {.ca_file = files().path("other-ca.pem")}), fetch(server, {}),
                            fetch(server, trusting(), "127.0.0.1"), fetch(expired, trusting())}) {
    CAPTURE(message(got.error));
    CHECK(got.error.code == errc::tls_failed);
    CHECK(got.error.words().find("certificate verify failed") != std::string_view::npos);
  }
}

TEST_CASE("over Beast a server that demands our certificate gets it, and turns down another one or none") {
  const loopback::tls_server server(files(),
                                    "-cert server.pem -key server.key -CAfile ca.pem -Verify 1 -verify_return_error");
  CHECK(fetch(server, as("client.pem")).body == "hi");
  CHECK(fetch(server, as("client.pem", "encrypted.key", "secret")).body == "hi");
  // With TLS 1.3 the alert may lose its race against the reset of the connection.
  for (const answer& got : {fetch(server, as("stranger.pem")), fetch(server, trusting())}) {
    CAPTURE(message(got.error));
    CHECK((got.error.code == errc::tls_failed || got.error.code == errc::connection_lost));
  }
}

TEST_CASE("over Beast a revoked certificate of the server is refused, and a tunnel does not change who must answer") {
  const loopback::tls_server server(files(), "-cert server.pem -key server.key");
  tls_options with_list = trusting();
  with_list.crl_file = files().path("nothing.crl");
  CHECK(fetch(server, with_list).body == "hi");
  with_list.crl_file = files().path("revoked.crl");
  CHECK(fetch(server, with_list).error.code == errc::tls_failed);
  const std::string there = "127.0.0.1:" + std::to_string(server.port());
  CHECK(fetching({.url = "https://localhost:1", .tls = trusting(), .connect_to = there}).run().body == "hi");
  CHECK(fetching({.url = "https://auditor.example:1", .tls = trusting(), .connect_to = there}).run().error.code ==
        errc::tls_failed);
}

TEST_CASE("over Beast TLS 1.1 is not spoken, and no TLS is not taken for it") {
  const loopback::tls_server old(files(), "-cert server.pem -key server.key -tls1_1 -cipher ALL:@SECLEVEL=0");
  CHECK(fetch(old, trusting()).error.code == errc::tls_failed);
}

TEST_CASE("over Beast plain HTTP to a TLS port asks about https, and a server that began to speak HTTP is not asked") {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, bool> table[] = {
      {"", true},
      {"\x15\x03\x03\0\2\2\x32"sv, true},
      {"\x15\x03\x03\0\2\2\n"sv, true},
      {"HTTP/1.1 200 OK\r\n", false},
  };
  for (const auto& [bytes, asks] : table) {
    testing::conformance_server server([sent = bytes](testing::server_connection& c) {
      c.receive();
      if (!sent.empty()) c.send(sent);
    });
    const answer got = fetching({.url = "http://127.0.0.1:" + std::to_string(server.port())}).run();
    CAPTURE(message(got.error));
    CHECK(got.error.code == errc::connection_lost);
    CHECK((got.error.words().find("does this port want https?") != std::string_view::npos) == asks);
  }
  const loopback::tls_server real(files(), "-cert server.pem -key server.key");
  const answer refused = fetching({.url = "http://127.0.0.1:" + std::to_string(real.port())}).run();
  CHECK(refused.error.words().find("does this port want https?") != std::string_view::npos);
}

TEST_CASE("over Beast a request that would change its own framing is refused before anything is sent") {
  testing::conformance_server server(testing::always(testing::answer("")));
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  for (const header& field :
       {header{"X-Value", "a\r\nEvil: 1"}, header{"X Y", "1"}, header{"", "1"}, header{"Host", "elsewhere"},
        header{"content-LENGTH", "7"}, header{"Transfer-Encoding", "chunked"}}) {
    CAPTURE(field.name);
    const answer got =
        fetching({.url = url}).run({.method = verb::post, .target = "/record", .headers = {&field, 1}, .body = "{}"});
    CHECK(got.error.code == errc::invalid_argument);
  }
  for (const std::string_view target : {"", "records", "/a b", "/a\r\nEvil: 1", "/a#b", "/\xC3\xA9"})
    CHECK(fetching({.url = url}).run({.target = target}).error.code == errc::invalid_argument);
  CHECK(fetching({.url = url}).run({.target = "/", .body = "x"}).error.code == errc::invalid_argument);
  CHECK(server.connections() == 0);
}

TEST_CASE("over Beast a connection may take as long as ticks can say") {
  testing::conformance_server server(testing::always(testing::answer("x")));
  for (const ticks longest : {ticks::max(), ticks{std::chrono::hours{24 * 365 * 300}}})
    CHECK(fetching({.url = "http://localhost:" + std::to_string(server.port()), .connect_timeout = longest}).run().body ==
          "x");
}

TEST_CASE("wrong settings of Beast are errors before anything is connected") {
  boost::asio::io_context loop;
  const boost_asio_executor on(loop.get_executor());
  const std::string url = "https://localhost:8443";
  const std::pair<beast_options, std::string_view> table[] = {
      {{.url = "localhost:8000"}, "url"},
      {{.url = "http://localhost:8000", .tls = {.ca_file = files().path("missing.pem")}}, "tls: "},
      {{.url = "http://localhost:8000", .tls = {.client_key = files().path("client.key")}}, "tls: "},
      {{.url = "http://localhost:8000", .tls = {.key_password = "secret"}}, "tls: "},
      {{.url = url, .tls = {.ca_file = files().path("garbage.pem")}}, "tls ca_file"},
      {{.url = url, .tls = {.ca_file = files().path("missing.pem")}}, "tls ca_file"},
      {{.url = url, .tls = as("garbage.pem")}, "tls client_certificate"},
      {{.url = url, .tls = as("client.pem", "server.key")}, "tls client_key"},
      {{.url = url, .tls = as("client.pem", "encrypted.key", "wrong")}, "tls client_key"},
      {{.url = url, .tls = as("client.pem", "encrypted.key")}, "tls client_key"},
      {{.url = url, .tls = {.client_key = files().path("client.key")}}, "tls"},
      {{.url = url, .tls = {.crl_file = files().path("garbage.pem")}}, "tls crl_file"},
      {{.url = url, .connect_to = "localhost"}, "connect_to"},
      {{.url = url, .max_connections = 0}, "max_connections"},
      {{.url = url, .connect_timeout = ticks{0}}, "connect_timeout"},
      {{.url = url, .user_agent = "a\r\nb"}, "user_agent"},
  };
  for (const auto& [options, setting] : table) {
    const auto made = beast_transport::create(on, options);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::invalid_argument);
    CHECK(std::string_view(made.error().words()).substr(0, setting.size()) == setting);
  }
}
