// A client that is made in one module and used in another: both have what the library keeps for a process.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "scripted_server.hpp"

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
