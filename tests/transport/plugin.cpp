// A client that is made in one module and used in another: both have what the library keeps for a process.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "scripted_server.hpp"

#include <auditor/sandbox/transport.hpp>
#include <auditor/transport/any.hpp>
#include <auditor/transport/curl.hpp>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>

using namespace loopback;

TEST_CASE("a client that a plugin uses begins with connections of its own in a child, too") {
  void* const plugin = dlopen(AUDITOR_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(plugin != nullptr);
  const auto add = reinterpret_cast<bool (*)(auditor::curl_client&, const char*)>(dlsym(plugin, "add_by_plugin"));
  REQUIRE(add != nullptr);
  scripted_server server(always(answer("")));
  auto client = auditor::client_builder().address("127.0.0.1", server.port()).build().value();
  CHECK(add(client, "before"));
  CHECK(server.connections() == 1);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(add(client, "child") ? 0 : 1);
  }
  int how = -1;
  REQUIRE(waitpid(child, &how, 0) == child);
  CHECK(how == 0);
  CHECK(server.connections() == 2);
  CHECK(add(client, "parent"));
  CHECK(server.connections() == 2);
}

TEST_CASE("a call that a plugin makes of whatever client it is given is not repeated in a child") {
  void* const plugin = dlopen(AUDITOR_ANY_PLUGIN, RTLD_NOW | RTLD_LOCAL);
  REQUIRE(plugin != nullptr);
  const auto add = reinterpret_cast<bool (*)(auditor::any_client&, const char*)>(dlsym(plugin, "add_by_any_plugin"));
  REQUIRE(add != nullptr);
  auditor::sandbox server;  // in a child it is another one
  server.commit_then_lose();
  pid_t child = -1;
  auditor::options settings;
  settings.observer = [&child](const auditor::attempt_event&) {
    if (child < 0) child = fork();
  };
  auditor::any_client client{auditor::any_transport{auditor::sandbox_transport{server}}, settings};
  const bool is_added = add(client, "lost");
  if (child == 0) _exit(!is_added && server.requests() == 1 ? 0 : 1);
  CHECK(is_added);
  int how = -1;
  REQUIRE(waitpid(child, &how, 0) == child);
  CHECK(how == 0);
}
