// The builder of the reference transport: what it makes of its settings, and that every mistake is an error of build().
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"
#include "moved_onto_itself.hpp"

#include <auditor/transport/curl/builder.hpp>
#include <auditor/transport/curl/client_builder.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using auditor::curl_builder;
using auditor::errc;
using auditor::ticks;
using namespace std::string_view_literals;

namespace {

std::string url_of(const curl_builder& builder) {
  const auto settings = builder.settings();
  return settings ? settings->server.url() : std::string("error: ").append(settings.error().words());
}

// The error names the setting first, and says something after it.
void check_refused(const curl_builder& builder, std::string_view setting) {
  const auto built = builder.build();
  CAPTURE(setting, built.error().words());
  CHECK(built.error().code == errc::invalid_argument);
  CHECK(built.error().attempts == 0);
  CHECK(built.error().words().starts_with(std::string(setting) + ": "));
  CHECK(built.error().words().size() > setting.size() + 20);
}

}  // namespace

TEST_CASE("without settings the builder means the address that the other clients mean") {
  CHECK(url_of(curl_builder()) == "http://127.0.0.1:8080");
  CHECK(curl_builder().build());
}

TEST_CASE("address takes names and IP addresses of both kinds, and with_tls makes it HTTPS") {
  CHECK(url_of(curl_builder().address("localhost", 8000)) == "http://localhost:8000");
  CHECK(url_of(curl_builder().address("auditor-1.example.org", 1)) == "http://auditor-1.example.org:1");
  CHECK(url_of(curl_builder().address("192.0.2.1", 65535)) == "http://192.0.2.1:65535");
  CHECK(url_of(curl_builder().address("::1", 8000)) == "http://[::1]:8000");
  CHECK(url_of(curl_builder().address("[::1]", 8000)) == "http://[::1]:8000");
  CHECK(url_of(curl_builder().address("2001:db8::192.0.2.1", 8000)) == "http://[2001:db8::192.0.2.1]:8000");
  CHECK(url_of(curl_builder().address("fe80::1%eth0", 8000)) == "http://[fe80::1%25eth0]:8000");
  CHECK(url_of(curl_builder().address("[fe80::1%eth0.5]", 8000)) == "http://[fe80::1%25eth0.5]:8000");
  CHECK(url_of(curl_builder().address(std::string(63, 'a') + ".example", 8000)).starts_with("http://aaa"));
  CHECK(url_of(curl_builder().address("localhost", 8443).with_tls()) == "https://localhost:8443");
  CHECK(url_of(curl_builder().with_tls().address("localhost", 8443)) == "https://localhost:8443");
}

TEST_CASE("a connection string keeps its base path and gets its scheme's port") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"http://localhost:8000", "http://localhost:8000"},
      {"http://localhost:8000/", "http://localhost:8000"},
      {"HTTP://localhost:8000", "http://localhost:8000"},
      {"http://localhost", "http://localhost:80"},
      {"https://localhost", "https://localhost:443"},
      {"https://host:8443/base/path", "https://host:8443/base/path"},
      {"https://host:8443/base/path///", "https://host:8443/base/path"},
      {"https://host:8443/b%20ase/../path", "https://host:8443/b%20ase/../path"},
      {"https://host/base", "https://host:443/base"},
      {"http://[::1]:8000/base", "http://[::1]:8000/base"},
      {"http://[::1]", "http://[::1]:80"},
      {"http://[fe80::1%25eth0]:8000/base", "http://[fe80::1%25eth0]:8000/base"},
      {"http://[fe80::1%eth0]:8000", "http://[fe80::1%25eth0]:8000"},
      {"http://host:08000", "http://host:8000"},
  };
  for (const auto& [text, url] : rows) {
    CAPTURE(text);
    CHECK(url_of(curl_builder().connection_string(text)) == url);
  }
}

TEST_CASE("of address and connection_string the last one counts") {
  CHECK(url_of(curl_builder().address("a", 1).connection_string("http://b:2")) == "http://b:2");
  CHECK(url_of(curl_builder().connection_string("http://b:2").address("a", 1)) == "http://a:1");
}

TEST_CASE("a wrong address is an error of build") {
  for (const std::int64_t port :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{65536}, (std::numeric_limits<std::int64_t>::max)()})
    check_refused(curl_builder().address("localhost", port), "address");
  for (const std::string_view host : {""sv,
                                      " "sv,
                                      "local host"sv,
                                      "http://localhost"sv,
                                      "localhost/path"sv,
                                      "localhost:8000"sv,
                                      "user@host"sv,
                                      "host\r\n"sv,
                                      "host\0"sv,
                                      "a?b"sv,
                                      "a#b"sv,
                                      "[localhost]"sv,
                                      "[::1"sv,
                                      "::1]"sv,
                                      ":::"sv,
                                      "1:2"sv,
                                      "fe80::1%"sv,
                                      "fe80::1%a b"sv,
                                      "fe80::1%longer-than-names-are"sv,
                                      "host%eth0"sv,
                                      "h\xC3\xB6st"sv,
                                      "a%41"sv,
                                      "12345::1"sv,
                                      "[]"sv})
    check_refused(curl_builder().address(host, 8000), "address");
}

TEST_CASE("a host longer than any name is an error of build") {
  const std::string label(63, 'a');
  const std::string whole = label + '.' + label + '.' + label + '.' + label.substr(2);
  CHECK(curl_builder().address(whole, 8000).build());
  CHECK(curl_builder().address(whole + '.', 8000).build());
  for (const std::string& host : {whole + 'a', label + 'a', "a." + label + "a.b", std::string(300, 'a')}) {
    check_refused(curl_builder().address(host, 8000), "address");
    check_refused(curl_builder().connection_string("http://" + host), "connection_string");
  }
}

TEST_CASE("a wrong connection string is an error of build") {
  for (const std::string_view text : {""sv,
                                      "localhost"sv,
                                      "localhost:8000"sv,
                                      "ftp://host"sv,
                                      "file:///etc/passwd"sv,
                                      "http:/host"sv,
                                      "http//host"sv,
                                      "http://"sv,
                                      "http://:8000"sv,
                                      "http:///path"sv,
                                      "http://host:"sv,
                                      "http://host:0"sv,
                                      "http://host:65536"sv,
                                      "http://host:99999999999999999999"sv,
                                      "http://host:80x"sv,
                                      "http://host:-1"sv,
                                      "http://host:80:80"sv,
                                      "http://::1"sv,
                                      "http://::1:8000"sv,
                                      "http://[::1"sv,
                                      "http://[::1]8000"sv,
                                      "http://[localhost]:80"sv,
                                      "http://[]:80"sv,
                                      "http://user@host"sv,
                                      "http://user:word@host"sv,
                                      "http://@host"sv,
                                      "http://host?query"sv,
                                      "http://host/a?b=c"sv,
                                      "http://host#part"sv,
                                      "http://host/%zz"sv,
                                      "http://host/a%"sv,
                                      "http://host/a%4"sv,
                                      "http://[fe80::1%25]"sv,
                                      "http://host/a b"sv,
                                      "http://host/a\r\nEvil: 1"sv,
                                      "http://host\\@evil"sv,
                                      "http://host/\0"sv,
                                      " http://host"sv,
                                      "http://h\xC3\xB6st"sv,
                                      "http://ho_%st"sv})
    check_refused(curl_builder().connection_string(text), "connection_string");
}

TEST_CASE("an IPv6 address that libcurl cannot read is an error of build too") {
  for (const std::string_view text : {"http://[12345::1]:80", "http://[1:2:3]:80", "http://[::1::2]:80"}) {
    const auto built = curl_builder().connection_string(text).build();
    CAPTURE(text, built.error().words());
    CHECK(built.error().code == errc::invalid_argument);
  }
}

TEST_CASE("a password in a connection string is not repeated in the error") {
  const auto built = curl_builder().connection_string("http://user:canary@host:8000").build();
  CHECK(message(built.error()).find("canary") == std::string::npos);
}

TEST_CASE("TLS settings and plain HTTP exclude each other") {
  check_refused(curl_builder().connection_string("http://localhost:8000").with_tls(), "with_tls");
  check_refused(curl_builder().http2(), "http2");
  CHECK(curl_builder().with_tls().http2().build());
  CHECK(curl_builder().connection_string("https://localhost:8443").build());
  CHECK(curl_builder().connection_string("https://localhost:8443").http2().build());
}

TEST_CASE("other settings that cannot be meant are errors of build") {
  check_refused(curl_builder().connect_timeout(ticks(0)), "connect_timeout");
  check_refused(curl_builder().connect_timeout(ticks(-1)), "connect_timeout");
  CHECK(curl_builder().connect_timeout(ticks(1)).build());
  CHECK(curl_builder().connect_timeout(ticks::max()).build());
  for (const std::string_view name : {""sv, "me\r\nEvil: 1"sv, "me\n"sv, "me\0"sv})
    check_refused(curl_builder().user_agent(name), "user_agent");
  for (const std::string_view path : {""sv, "/run/a\nb"sv, "/run/\0"sv})
    check_refused(curl_builder().unix_socket(path), "unix_socket");
  check_refused(curl_builder().unix_socket(std::string(108, 'x')), "unix_socket");
  CHECK(curl_builder().unix_socket(std::string(107, 'x')).build());
  for (const std::string_view url :
       {""sv, "proxy:3128"sv, "ftp://proxy"sv, "http://"sv, "http://proxy\r\n"sv, "http://a:99999"sv, "http:// "sv,
        "http://["sv, "http://a:b:c"sv, "socks5h://a:99999"sv})
    check_refused(curl_builder().proxy(url), "proxy");
  CHECK(curl_builder().proxy("http://proxy:3128").build());
  CHECK(curl_builder().proxy("socks5h://proxy:1080").build());
  CHECK(curl_builder().proxy("socks4a://[::1]").build());
  CHECK(curl_builder().proxy("HTTP://proxy:3128").build());
  check_refused(curl_builder().proxy("http://proxy:3128").unix_socket("/run/socket"), "proxy");
  for (const std::string_view host : {""sv, "a/b"sv, "a:1"sv})
    check_refused(curl_builder().connect_to(host, 80), "connect_to");
  check_refused(curl_builder().connect_to("a", 0), "connect_to");
  check_refused(curl_builder().connect_to("a", 1).unix_socket("/run/socket"), "connect_to");
  check_refused(curl_builder().connect_to("a", 1).proxy("http://proxy:3128"), "connect_to");
  CHECK(curl_builder().connect_to("::1", 80).settings().value().connect_to == "::[::1]:80");
  check_refused(curl_builder().max_connections(0), "max_connections");
  check_refused(curl_builder().with_tls({.ca_file = "a\nb"}), "with_tls");
  check_refused(curl_builder().with_tls({
                    .key_password = std::string("a\0b", 3),
                }),
                "with_tls");
}

TEST_CASE("an unset variable of the environment is an empty setting, which is refused or none") {
  const char* const unset = nullptr;
  check_refused(curl_builder().address(unset, 8000), "address");
  check_refused(curl_builder().address(nullptr, 8000), "address");
  check_refused(curl_builder().connection_string(unset), "connection_string");
  check_refused(curl_builder().connect_to(unset, 8000), "connect_to");
  check_refused(curl_builder().unix_socket(unset), "unix_socket");
  check_refused(curl_builder().user_agent(unset), "user_agent");
  check_refused(curl_builder().proxy(unset), "proxy");
  check_refused(curl_builder().address("localhost", 8000).with_tls({.client_certificate = unset, .client_key = "key.pem"}),
                "with_tls");
  CHECK(curl_builder().address("localhost", 8000).with_tls({.ca_file = unset, .client_key = nullptr}).build());
  CHECK(url_of(curl_builder().address(u8"localhost", 8000)) == "http://localhost:8000");
}

TEST_CASE("a builder can be kept, copied and built from again") {
  curl_builder builder;
  builder.address("localhost", 8000);
  const curl_builder copy = builder.user_agent("someone/1.0");
  builder.address("", 0);
  CHECK(copy.build());
  CHECK(copy.build());
  CHECK(copy.settings().value().user_agent == "someone/1.0");
  CHECK(!builder.build());
}

TEST_CASE("the time-out of a client bounds each wait of a request, of a read too") {
  const auto calls_of = [](const auditor::client_builder& builder) { return builder.build().value().settings(); };
  const auditor::options brief = calls_of(auditor::client_builder().timeout(ticks{1'000}));
  CHECK(brief.attempt == ticks{1'000});
  CHECK(brief.read_idle == ticks{1'000});
  CHECK(brief.request == ticks{90'000});
  CHECK(calls_of(auditor::client_builder().timeout(ticks{100'000})).request == ticks{100'000});
  CHECK(calls_of(auditor::client_builder().timeout(ticks{1'000}).call_settings({})).attempt == ticks{1'000});
  CHECK(calls_of(auditor::client_builder().call_settings({}).timeout(ticks{1'000})).attempt == ticks{1'000});
  CHECK(calls_of(auditor::client_builder().call_timeout(ticks{7'000})).call_timeout == ticks{7'000});
  CHECK(auditor::client_builder().call_timeout(ticks{0}).build().error().code == errc::invalid_argument);
  for (const ticks wrong : {ticks{0}, ticks{-1}}) {
    const auto refused = auditor::client_builder().timeout(wrong).build();
    CHECK(refused.error().code == auditor::errc::invalid_argument);
    CHECK(refused.error().words().starts_with("timeout: "));
  }
}

TEST_CASE("a builder keeps its settings in a chain that is assigned to it, and when it is moved onto itself") {
  const std::string name(100, 'n'), base = "/" + std::string(100, 'b');
  STATIC_REQUIRE(std::is_same_v<decltype(curl_builder().user_agent("")), curl_builder>);
  STATIC_REQUIRE(std::is_same_v<decltype(auditor::client_builder().timeout(ticks{1})), auditor::client_builder>);

  curl_builder builder;
  builder = std::move(builder).connection_string("http://localhost:8000" + base);
  builder = std::move(builder).user_agent(name);
  builder = std::move(builder).proxy("http://proxy:3128");
  builder = moved_onto_itself(std::move(builder));
  CHECK(url_of(builder) == "http://localhost:8000" + base);
  CHECK(builder.settings().value().user_agent == name);
  CHECK(builder.settings().value().proxy == "http://proxy:3128");

  auto&& client = auditor::client_builder().connection_string("http://localhost:8000" + base).timeout(ticks{1'234});
  client = moved_onto_itself(std::move(client));
  client = std::move(client).connect_timeout(ticks{5});
  CHECK(client.settings().value().server.url() == "http://localhost:8000" + base);
  CHECK(client.settings().value().connect_timeout == ticks{5});
  CHECK(client.build().value().settings().attempt == ticks{1'234});
}
