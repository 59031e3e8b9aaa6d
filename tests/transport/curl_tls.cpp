// TLS of the reference transport: what is accepted, who refuses whom, and that bad files are errors of build().
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "certificates.hpp"
#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/base/message.hpp>
#include <auditor/transport/curl/builder.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

using auditor::curl_builder;
using auditor::errc;
using auditor::outcome;
using auditor::tls_options;
using namespace loopback;

namespace {

const certificates& files() {
  static const certificates made;
  return made;
}

fetched fetch_from(const tls_server& server, const tls_options& options, std::string_view host = "localhost") {
  REQUIRE(server.port() != 0);
  auto transport = curl_builder().address(host, server.port()).with_tls(options).build();
  INFO(message(transport.error()));
  REQUIRE(transport);
  return fetch(*transport, get("/answer"));
}

bool says(const fetched& got, std::string_view words) { return got.error.words().find(words) != std::string_view::npos; }

constexpr std::string_view plain = "-cert server.pem -key server.key ";
constexpr std::string_view demanding = "-cert server.pem -key server.key -CAfile ca.pem -Verify 1 -verify_return_error ";

tls_options trusting() { return {.ca_file = files().path("ca.pem")}; }
tls_options as(std::string_view name, std::string_view key = "client.key") {
  return {.ca_file = files().path("ca.pem"), .client_certificate = files().path(name), .client_key = files().path(key)};
}

}  // namespace

TEST_CASE("the test's own authority can be made") { REQUIRE(files().made()); }

TEST_CASE("a server of the given authority is trusted, by file or by directory") {
  const tls_server server(files(), std::string(plain));
  const fetched by_file = fetch_from(server, trusting());
  INFO(by_file.error.words());
  CHECK(by_file.body == "hi");
  CHECK(fetch_from(server, {.ca_directory = files().path("authorities")}).body == "hi");
  CHECK(fetch_from(server, {.ca_file = files().path("other-ca.pem"), .ca_directory = files().path("authorities")}).body ==
        "hi");
}

TEST_CASE("a server of another authority, of another name or out of date is refused before anything is sent") {
  const tls_server server(files(), std::string(plain));
  const tls_server expired(files(), "-cert expired.pem -key server.key");
  for (const fetched& got : {fetch_from(server, {.ca_file = files().path("other-ca.pem")}), fetch_from(server, {}),
                             fetch_from(server, trusting(), "127.0.0.1"), fetch_from(expired, trusting())}) {
    CAPTURE(got.error.words());
    CHECK(got.error.code == errc::tls_failed);
    CHECK(got.error.outcome == outcome::not_applied);
    CHECK(got.error.native == CURLE_PEER_FAILED_VERIFICATION);
    CHECK(says(got, "we refused the server's certificate"));
  }
  CHECK(says(fetch_from(expired, trusting()), "expired"));
}

TEST_CASE("the authorities given take the place of the system's") {
  // The system's file and directory are where libcurl was built to look; here they would trust the server.
  const tls_server server(files(), std::string(plain));
  auditor::detail::curl_settings settings = curl_builder()
                                                .address("localhost", server.port())
                                                .with_tls({.ca_file = files().path("other-ca.pem")})
                                                .settings()
                                                .value();
  auditor::detail::curl_easy easy(curl_easy_init());
  curl_easy_setopt(easy.get(), CURLOPT_CAPATH, files().path("authorities").c_str());
  const std::string url = settings.server.url() + "/answer";
  REQUIRE(auditor::detail::configure(easy.get(), settings) == CURLE_OK);
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  CHECK(curl_easy_perform(easy.get()) == CURLE_PEER_FAILED_VERIFICATION);
}

TEST_CASE("our certificate is shown to a server that demands one") {
  for (const std::string_view version : {"-tls1_2", "-tls1_3"}) {
    const tls_server server(files(), std::string(demanding) + std::string(version));
    CAPTURE(version);
    CHECK(fetch_from(server, as("client.pem")).body == "hi");
    CHECK(fetch_from(server, as("both.pem", "both.pem")).body == "hi");
    tls_options one_file = as("both.pem");
    one_file.client_key.clear();
    CHECK(fetch_from(server, one_file).body == "hi");
    for (const std::string_view key : {"encrypted.key", "encrypted-pkcs8.key"}) {
      tls_options encrypted = as("client.pem", key);
      encrypted.key_password = "secret";
      CHECK(fetch_from(server, encrypted).body == "hi");
    }
  }
}

TEST_CASE("a server that refuses us, for our certificate or for having none, is said to have refused") {
  for (const std::string_view version : {"-tls1_2", "-tls1_3"}) {
    const tls_server server(files(), std::string(demanding) + std::string(version));
    for (const fetched& got : {fetch_from(server, as("stranger.pem")), fetch_from(server, as("own-expired.pem")),
                               fetch_from(server, trusting())}) {
      CAPTURE(version, got.error.words());
      CHECK(!got.opened);
      CHECK(got.error.code == errc::tls_failed);
      CHECK(got.error.outcome == outcome::not_applied);
      CHECK(says(got, "the server refused"));
    }
  }
}

TEST_CASE("a revoked certificate of the server is refused by whoever has the list") {
  const tls_server server(files(), std::string(plain));
  tls_options with_list = trusting();
  with_list.crl_file = files().path("nothing.crl");
  const fetched fine = fetch_from(server, with_list);
  INFO(fine.error.words());
  CHECK(fine.body == "hi");
  with_list.crl_file = files().path("revoked.crl");
  const fetched revoked = fetch_from(server, with_list);
  CAPTURE(revoked.error.words());
  CHECK(revoked.error.code == errc::tls_failed);
  CHECK(says(revoked, "we refused the server's certificate"));
  CHECK(says(revoked, "revoked"));
}

TEST_CASE("through a tunnel the server is still asked for by its name, and must prove it") {
  const tls_server server(files(), std::string(plain));
  const auto through = [&server](std::string_view name) {
    auto transport = curl_builder().address(name, 8443).with_tls(trusting()).connect_to("127.0.0.1", server.port()).build();
    return fetch(transport.value(), get("/answer"));
  };
  CHECK(through("localhost").body == "hi");
  CHECK(through("auditor.example").error.code == errc::tls_failed);
}

TEST_CASE("a server that closes after the handshake, without a word, may be one that demands a certificate") {
  // Nothing can be proven then: the outcome is unknown.
  auditor::detail::curl_evidence seen{.sent = true, .fresh = true, .tls = true, .words = "Connection reset by peer"};
  const auditor::error silent = auditor::detail::curl_failure(CURLE_RECV_ERROR, seen);
  CHECK(silent.code == errc::connection_lost);
  CHECK(silent.outcome == outcome::unknown);
  CHECK(silent.words().find("client certificate") != std::string_view::npos);

  // On a kept connection, or after a byte of an answer, an alert proves nothing either.
  seen.words = "tlsv13 alert certificate required";
  CHECK(auditor::detail::curl_failure(CURLE_RECV_ERROR, seen).code == errc::tls_failed);
  seen.fresh = false;
  CHECK(auditor::detail::curl_failure(CURLE_RECV_ERROR, seen).code == errc::connection_lost);
  seen.fresh = seen.answered = true;
  CHECK(auditor::detail::curl_failure(CURLE_RECV_ERROR, seen).code == errc::connection_lost);
}

TEST_CASE("TLS 1.1 is not spoken, even where the TLS library would") {
  const tls_server old(files(), std::string(plain) + "-tls1_1 -cipher DEFAULT@SECLEVEL=0");
  const auto settings = curl_builder().address("localhost", old.port()).with_tls(trusting()).settings().value();
  const std::string url = settings.server.url() + "/";
  const std::string authority = files().path("ca.pem");
  const auto handshake = [&](bool configured) {
    const auditor::detail::curl_easy easy(curl_easy_init());
    curl_easy_setopt(easy.get(), CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_0));
    curl_easy_setopt(easy.get(), CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
    curl_easy_setopt(easy.get(), CURLOPT_CAINFO, authority.c_str());
    if (configured) REQUIRE(auditor::detail::configure(easy.get(), settings) == CURLE_OK);
    curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
    return curl_easy_perform(easy.get());
  };
  CHECK(handshake(false) == CURLE_OK);
  CHECK(handshake(true) == CURLE_SSL_CONNECT_ERROR);
}

TEST_CASE("plain HTTP on the TLS port, and a server that speaks only TLS 1.1, are told apart") {
  scripted_server answers_anything([](connection& c) {
    c.receive_something();
    c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  });
  auto transport = curl_builder().address("127.0.0.1", answers_anything.port()).with_tls().build();
  const fetched no_tls = fetch(transport.value(), post("{}"));
  CAPTURE(no_tls.error.words());
  CHECK(no_tls.error.code == errc::tls_failed);
  CHECK(no_tls.error.outcome == outcome::not_applied);
  CHECK(says(no_tls, "the server speaks no TLS on this port"));

  const tls_server old(files(), std::string(plain) + "-tls1_1 -cipher DEFAULT@SECLEVEL=0");
  const fetched too_old = fetch_from(old, trusting());
  CAPTURE(too_old.error.words());
  CHECK(too_old.error.code == errc::tls_failed);
  CHECK(too_old.error.outcome == outcome::not_applied);
  CHECK(too_old.error.words().size() > 20);
}

TEST_CASE("plain HTTP to a TLS port is no success, and asks about https") {
  const tls_server server(files(), std::string(plain));
  auto transport = curl_builder().address("localhost", server.port()).build();
  const fetched got = fetch(transport.value(), get("/answer"));
  CHECK(!got.complete());
  CHECK(got.error.code == errc::connection_lost);
  CHECK(says(got, "does this port want https?"));
}

TEST_CASE("whoever answers nothing, or an alert, is asked about https, and whoever began to speak HTTP is not") {
  using namespace std::string_view_literals;
  const std::pair<std::string_view, bool> table[] = {
      {"", true},
      {"\x15\x03\x03\0\2\2\x32"sv, true},
      {"HTTP/1.1 200 OK\r\n", false},
  };
  for (const auto& [bytes, asks] : table) {
    scripted_server server([sent = bytes](connection& c) {
      c.receive();
      if (!sent.empty()) c.send(sent);
    });
    auto transport = curl_builder().address("127.0.0.1", server.port()).build();
    const fetched got = fetch(transport.value(), post("{}"));
    CAPTURE(got.error.words());
    CHECK(got.error.code == errc::connection_lost);
    CHECK(got.error.outcome == outcome::unknown);
    CHECK(says(got, "https?") == asks);
  }
}

TEST_CASE("TLS files that cannot be used are errors of build") {
  struct mistake {
    tls_options options;
    std::string_view setting;
  };
  const auto in = [](std::string_view name) { return files().path(name); };
  tls_options wrong_password = as("client.pem", "encrypted.key");
  wrong_password.key_password = "wrong";
  const std::vector<mistake> mistakes = {
      {{.ca_file = in("none.pem")}, "with_tls ca_file"},
      {{.ca_file = in("empty.pem")}, "with_tls ca_file"},
      {{.ca_file = in("garbage.pem")}, "with_tls ca_file"},
      {{.ca_file = in("server.key")}, "with_tls ca_file"},
      {{.ca_file = in("authorities")}, "with_tls ca_file"},
      {{.ca_directory = in("none")}, "with_tls ca_directory"},
      {{.ca_directory = in("ca.pem")}, "with_tls ca_directory"},
      {as("none.pem"), "with_tls client_certificate"},
      {as("garbage.pem"), "with_tls client_certificate"},
      {as("client.pem", "none.pem"), "with_tls client_key"},
      {as("client.pem", "garbage.pem"), "with_tls client_key"},
      {as("client.pem", "server.key"), "with_tls client_key"},
      {as("client.pem", "encrypted.key"), "with_tls client_key"},
      {as("client.pem", ""), "with_tls client_key"},
      {as("client.pem", "rsa.key"), "with_tls client_key"},
      {as("client.pem", "encrypted-pkcs8.key"), "with_tls client_key"},
      {{.ca_file = in("ca.pem"), .crl_file = in("none.pem")}, "with_tls crl_file"},
      {{.ca_file = in("ca.pem"), .crl_file = in("ca.pem")}, "with_tls crl_file"},
      {{.ca_file = in("ca.pem"), .crl_file = in("garbage.pem")}, "with_tls crl_file"},
      {as("client.pem", "client.pem"), "with_tls client_key"},
      {wrong_password, "with_tls client_key"},
      {{.client_key = in("client.key")}, "with_tls"},
      {{.key_password = "secret"}, "with_tls"},
  };
  for (const mistake& m : mistakes) {
    const auto built = curl_builder().address("localhost", 8443).with_tls(m.options).build();
    CAPTURE(m.setting, m.options.ca_file, m.options.client_certificate, m.options.client_key, built.error().words());
    CHECK(built.error().code == errc::invalid_argument);
    CHECK(built.error().words().starts_with(std::string(m.setting) + ": "));
    CHECK(message(built.error()).find("secret") == std::string::npos);
  }
  CHECK(curl_builder().with_tls(as("client.pem")).build());
  CHECK(curl_builder().with_tls(as("stranger.pem")).build());
}
