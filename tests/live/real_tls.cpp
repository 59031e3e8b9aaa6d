// Mutual TLS and roles of the real server, with an authority of our own: who refused whom, and what is not taken for an
// answer. SPDX-License-Identifier: MIT OR Apache-2.0
#include "real_server.hpp"

#include "transport/certificates.hpp"

#include <auditor/transport/curl/builder.hpp>

using namespace live;
using auditor::errc;
using auditor::outcome;
using auditor::route;

namespace {

// What loopback::certificates has, and certificates of version 3, which alone the server takes, with names for its roles.
class authority {
 public:
  authority() {
    const std::string script = "cd " + files_.directory() +
                               " && { set -e; for name in client writer reader limited nobody; do\n"
                               "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout $name.key -out "
                               "$name.csr -subj /CN=$name -addext "
                               "subjectAltName=DNS:$name\n"
                               "openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -set_serial 10 -copy_extensions "
                               "copy -days 2 -out $name.pem; done\n"
                               "openssl x509 -req -in client.csr -CA ca.pem -CAkey ca.key -set_serial 11 -copy_extensions "
                               "copy -days -1 -out client-expired.pem\n"
                               "openssl x509 -req -in client.csr -CA other-ca.pem -CAkey other-ca.key -set_serial 12 "
                               "-copy_extensions copy -days 2 -out stranger.pem\n"
                               "} >/dev/null 2>&1";
    made_ = files_.made() && std::system(script.c_str()) == 0;
    std::ofstream(files_.path("model.conf"))
        << "[request_definition]\nr = sub, obj, act\n\n[policy_definition]\np = sub, obj, act\n\n"
           "[role_definition]\ng = _, _\n\n[policy_effect]\ne = some(where (p.eft == allow))\n\n"
           "[matchers]\nm = g(r.sub, p.sub) && keyMatch(r.obj, p.obj) && r.act == p.act\n";
  }
  bool made() const { return made_; }
  const loopback::certificates& files() const { return files_; }
  const std::string& directory() const { return files_.directory(); }

  auditor::tls_options as(const std::string& name, const std::string& key, const std::string& trusted = "ca.pem") const {
    return {.ca_file = files_.path(trusted),
            .client_certificate = files_.path(name + ".pem"),
            .client_key = files_.path(key + ".key")};
  }
  auditor::tls_options as(const std::string& name) const { return as(name, name); }

 private:
  loopback::certificates files_;
  bool made_ = false;
};

const authority& own_authority() {
  static const authority made;
  return made;
}

auditor::curl_client connect_to(int port, const auditor::tls_options& tls, bool http2 = false,
                                std::string_view host = "localhost") {
  auditor::options settings;  // a refusal is a refusal: no need to hear it three times
  settings.retry.write_attempts = 1;
  settings.retry.read_attempts = 1;
  auto transport = auditor::curl_builder().address(host, port).with_tls(tls).http2(http2).build();
  INFO(message(transport.error()));
  REQUIRE(transport);
  return {std::move(transport).value(), settings};
}

// Every operation fails in the same way, and none may have stored anything.
template <class Expect>
void expect_refusals(auditor::curl_client& client, const Expect& expect) {
  const records mine;
  const std::vector<auditor::record> batch{mine.closed(mine.id("one"))};
  expect(client.health_check().error());
  expect(client.add(batch[0]).error());
  expect(client.update(batch[0]).error());
  expect(client.bulk_insert(batch).error());
  expect(client.get().error());
  expect(client.find(batch[0].record_id).error());
}

bool says(const auditor::error& e, std::string_view words) { return e.words().find(words) != std::string_view::npos; }

// A database of nobody else, with the server's table.
std::string new_database() {
  static int count = 0;
  std::string name = run_name() + std::to_string(++count);
  std::erase(name, '-');
  ask_database("create database " + name);
  const std::string connect = "\\\\connect " + name + "\\n";
  const std::string table =
      "create table auditor_accounting (id integer generated always as identity, record_id text not null unique, meta "
      "jsonb, "
      "components jsonb, start_time timestamptz not null, stop_time timestamptz, runtime bigint, updated_at timestamptz "
      "not null)";
  REQUIRE(std::system(
              ("printf '" + connect + table + ";\\n' | " + live_directory() + "/psql --quiet >/dev/null").c_str()) == 0);
  return name;
}

const std::string server_certificate = "server_cert_path: server.pem}\n";

}  // namespace

TEST_CASE("every operation over mutual TLS, by HTTP/1.1 and by HTTP/2", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  const own_server server(own_authority().directory(), "server", server_certificate);
  REQUIRE(server.started());
  for (const bool http2 : {false, true}) {
    CAPTURE(http2);
    auto client = connect_to(server.tls_port(), own_authority().as("client"), http2);
    const records mine;
    const auto health = client.health_check();
    CAPTURE(message(health.error()));
    CHECK(health);
    auto one = mine.open(mine.id("one"));
    CHECK(client.add(one));
    CHECK(client.add(one).error().code == errc::record_exists);
    CHECK(client.add(one, {.duplicates = auditor::on_duplicate::compare}));
    one.with_stop_time(noon + 1h);
    CHECK(client.update(one));
    CHECK(stored_differently(client, one) == "");
    CHECK(client.bulk_insert(mine.many(1200)).delivered() == 1200);
    const auto visited = client.for_each(mine.all(), [](const auditor::record_view&) {});
    CHECK(visited.value().records == 1201);
    CHECK(visited.value().state == auditor::completeness::complete);
    CHECK(client.find(mine.id("two")).value() == std::nullopt);
    CHECK(client.advanced_query("nonsense=1").error().code == errc::invalid_query);
  }
}

TEST_CASE("the real server refuses a client without a certificate, with a foreign one or with one out of date", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  const own_server server(own_authority().directory(), "server", server_certificate);
  REQUIRE(server.started());
  const auditor::tls_options refused[] = {{.ca_file = own_authority().files().path("ca.pem")},
                                          own_authority().as("stranger", "client"),
                                          own_authority().as("client-expired", "client")};
  for (const bool http2 : {false, true})
    for (const auditor::tls_options& tls : refused) {
      CAPTURE(http2, tls.client_certificate);
      auto client = connect_to(server.tls_port(), tls, http2);
      expect_refusals(client, [](const auditor::error& e) {
        CAPTURE(message(e));
        // The server's word about the certificate may be lost with the connection: it closes at once.
        const bool silent = e.code == errc::connection_lost;
        CHECK((silent || e.code == errc::tls_failed));
        if (!silent) CHECK(e.outcome == outcome::not_applied);
        CHECK((says(e, "the server refused our certificate") || says(e, "client certificate?")));
      });
    }
}

TEST_CASE("we refuse a server of another authority, of another name or with a certificate out of date", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  const own_server server(own_authority().directory(), "server", server_certificate);
  const own_server expired(own_authority().directory(), "server", "server_cert_path: expired.pem}\n");
  REQUIRE(server.started());
  REQUIRE(expired.started());
  struct row {
    std::string_view what;
    int port;
    auditor::tls_options tls;
    std::string_view host;
    std::string_view words;
  };
  const row rows[] = {
      {"another authority", server.tls_port(), own_authority().as("client", "client", "other-ca.pem"), "localhost", ""},
      {"the system's authorities", server.tls_port(), {}, "localhost", ""},
      {"another name", server.tls_port(), own_authority().as("client"), "127.0.0.1", "127.0.0.1"},
      {"out of date", expired.tls_port(), own_authority().as("client"), "localhost", "expired"},
  };
  for (const bool http2 : {false, true})
    for (const row& now : rows) {
      CAPTURE(now.what, http2);
      auto client = connect_to(now.port, now.tls, http2, now.host);
      expect_refusals(client, [&now](const auditor::error& e) {
        CAPTURE(message(e));
        CHECK(e.code == errc::tls_failed);
        CHECK(e.outcome == outcome::not_applied);
        CHECK(says(e, "we refused the server's certificate"));
        CHECK(says(e, now.words));
      });
    }
}

TEST_CASE("HTTP on a TLS port and TLS on an HTTP port are not taken for an answer", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  const own_server server(own_authority().directory(), "server", server_certificate);
  REQUIRE(server.started());
  auditor::options settings;
  settings.retry.write_attempts = settings.retry.read_attempts = 1;
  auto plain = connect("http://localhost:" + std::to_string(server.tls_port()), settings);
  expect_refusals(plain, [](const auditor::error& e) {
    CAPTURE(message(e));
    CHECK((e.code == errc::connection_lost || e.code == errc::not_auditor || e.code == errc::connect_failed));
    CHECK(!e.words().empty());
  });
  auto secret = connect_to(server.http_port(), own_authority().as("client"));
  expect_refusals(secret, [](const auditor::error& e) {
    CAPTURE(message(e));
    CHECK(e.code == errc::tls_failed);
    CHECK(e.outcome == outcome::not_applied);
    CHECK(says(e, "the server speaks no TLS on this port"));
  });
}

TEST_CASE("a server that speaks TLS 1.1 at most is refused", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  const loopback::tls_server old(own_authority().files(),
                                 "-cert server.pem -key server.key -tls1_1 -cipher DEFAULT@SECLEVEL=0");
  if (old.port() == 0) {
    WARN("skipped: the openssl of this system has no TLS 1.1");
    return;
  }
  auto client = connect_to(old.port(), own_authority().as("client"));
  expect_refusals(client, [](const auditor::error& e) {
    CAPTURE(message(e));
    CHECK(e.code == errc::tls_failed);
    CHECK(e.outcome == outcome::not_applied);
    CHECK((says(e, "the server speaks no TLS version from 1.2 on") || says(e, "the server refused the handshake")));
  });
}

TEST_CASE("roles: a writer may not read, a reader may not write, and neither may ask for its health", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  // RBAC is in force only when duplicates are ignored, whatever enforce_rbac says.
  const own_server server(own_authority().directory(), new_database(),
                          server_certificate +
                              "ignore_record_exists_error: true\n"
                              "rbac_config: {enforce_rbac: true, write_access_cn: [writer], read_access_cn: [reader]}\n");
  REQUIRE(server.started());
  const auto forbidden = [](const auditor::error& e, route which, bool had_no_answer = false) {
    CAPTURE(message(e));
    CHECK(e.code == errc::not_authorised);
    CHECK(e.outcome == (had_no_answer ? outcome::unknown : outcome::not_applied));
    CHECK(e.request == which);
    CHECK(e.status == 403);
    CHECK(says(e, "Insufficient permissions"));
    CHECK(message(e).find(to_string(which)) != std::string::npos);
  };
  // Over HTTP/2 the server may cut the stream of a refused POST instead of answering it: the first, and answer its repeat, or all.
  const auto forbidden_write = [&forbidden](const auditor::error& e, route which, bool http2) {
    if (!http2 || e.status == 403) return forbidden(e, which, http2 && e.outcome == outcome::unknown);
    CAPTURE(message(e));
    CHECK(e.code == errc::connection_lost);
    CHECK(e.outcome == outcome::unknown);
  };

  for (const bool http2 : {false, true}) {
    CAPTURE(http2);
    auto writer = connect_to(server.tls_port(), own_authority().as("writer"), http2);
    auto reader = connect_to(server.tls_port(), own_authority().as("reader"), http2);
    const records mine;
    const auto r = mine.open(mine.id("one"));
    const std::vector<auditor::record> batch{mine.closed(mine.id("two")), mine.closed(mine.id("three"))};

    if (!http2) {  // the table is empty, and nothing proves that it is
      const auto nothing = reader.advanced_query(mine.all());
      CAPTURE(message(nothing.error()));
      CHECK(nothing.error().code == errc::server_busy);
    }

    forbidden_write(reader.add(r).error(), route::post_record, http2);
    forbidden_write(reader.update(batch[0]).error(), route::put_record, http2);
    const auto refused = reader.bulk_insert(batch);
    CHECK(refused.delivered() == 0);
    CHECK(refused.failures() == 2);
    forbidden_write(refused.error(), route::post_records, http2);
    forbidden(reader.health_check().error(), route::health_check);

    CHECK(writer.add(r));
    CHECK(writer.bulk_insert(batch));
    CHECK(writer.add(r).error().code == errc::record_exists);
    CHECK(writer.update(mine.closed(mine.id("one"))));
    forbidden(writer.health_check().error(), route::health_check);
    forbidden(writer.get().error(), route::get_records);
    forbidden(writer.find(r.record_id).error(), route::get_records);
    const auto compared = writer.add(r, {.duplicates = auditor::on_duplicate::compare});
    CAPTURE(message(compared.error()));
    CHECK(compared.error().code == errc::record_exists);
    CHECK(compared.error().outcome == outcome::duplicate);

    CHECK(stored_differently(reader, mine.closed(mine.id("one"))) == "");
    CHECK(reader.advanced_query(mine.all()).value().summary.state == auditor::completeness::complete);
    CHECK(reader.find(r.record_id).value().has_value());
    // Empty, beside a table that is not: one of its records shows that the database works.
    CHECK(reader.find(mine.id("four")).value() == std::nullopt);
    const auto nothing = reader.advanced_query(mine.all().with_record_id(mine.id("four")));
    CAPTURE(message(nothing.error()));
    CHECK(nothing.value().summary.state == auditor::completeness::none_found);

    auto nobody = connect_to(server.tls_port(), own_authority().as("nobody"), http2);
    forbidden(nobody.get().error(), route::get_records);
    forbidden_write(nobody.add(r).error(), route::post_record, http2);
    // The clear port knows no roles.
    auto clear = connect("http://localhost:" + std::to_string(server.http_port()));
    CHECK(clear.health_check());
  }
}

TEST_CASE("a reader's share: what lies outside it is forbidden, with the server's words", "[real]") {
  if (!owns_real_server()) return;
  REQUIRE(own_authority().made());
  const own_server server(
      own_authority().directory(), new_database(),
      server_certificate +
          "ignore_record_exists_error: true\n"
          "rbac_config: {enforce_rbac: true, write_access_cn: [writer], data_access_rules: [{reader_cn: "
          "limited, meta_info: {share: [ours]}}]}\n");
  REQUIRE(server.started());
  auto writer = connect_to(server.tls_port(), own_authority().as("writer"));
  auto reader = connect_to(server.tls_port(), own_authority().as("limited"));
  const records mine;
  REQUIRE(writer.add(mine.closed(mine.id("ours")).with_meta("share", "ours")));
  REQUIRE(writer.add(mine.closed(mine.id("theirs")).with_meta("share", "theirs")));
  CHECK(ids_of(reader.get().value()) == std::vector<std::string>{mine.id("ours")});
  CHECK(ids_of(reader.advanced_query(auditor::query{}.with_meta("share", auditor::contains("ours"))).value()) ==
        std::vector<std::string>{mine.id("ours")});
  CHECK(reader.find(mine.id("theirs")).value() == std::nullopt);
  const auto outside = reader.advanced_query(auditor::query{}.with_meta("share", auditor::contains("theirs")));
  CAPTURE(message(outside.error()));
  CHECK(outside.error().code == errc::not_authorised);
  CHECK(outside.error().status == 403);
  CHECK(says(outside.error(), "Access denied by RBAC policy"));
}
