// A stream whose end nobody asks about: a failure ends the program, with a sentence.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"
#include "last_words.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <stdexcept>
#include <string>

namespace {

using namespace auditor;
using testing::manual_async_executor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;

const reply forbidden = reply::with(403, "Insufficient permissions");
const reply empty = reply::with(200);

enum class owner { asks, does_not, throws, began_while_an_exception_passes };

void read_as(owner who, auto records, auto next) {
  record r;
  while (next(records, r)) continue;
  if (who == owner::asks) (void)records.finish();
  if (who == owner::throws) throw std::runtime_error("something else");
}

// A destructor that reads while an exception passes through.
template <class Read>
struct reads_on_its_way_out {
  ~reads_on_its_way_out() { read(); }
  Read read;
};

void run(owner who, auto read) {
  try {
    if (who == owner::began_while_an_exception_passes) {
      const reads_on_its_way_out last{read};
      throw std::runtime_error("something else");
    }
    read();
  } catch (const std::runtime_error&) {
  }
}

void blocking(owner who, const reply& answer) {
  options unproven;
  client c{scripted_transport{answer}, manual_executor{}, unproven};
  run(who, [&] {
    read_as(who, c.stream(query{}, {.reads = proof::none}), [](auto& records, record& r) { return records.next(r); });
  });
}

void asynchronous(owner who, const reply& answer) {
  testing::manual_loop loop;
  using transport = testing::as_async<scripted_transport, manual_async_executor>;
  manual_async_executor executor(loop);
  client<transport, manual_async_executor> c(transport(scripted_transport{answer}, executor, testing::arrival::later),
                                             executor, options{});
  run(who, [&] {
    read_as(who, c.stream(query{}, {.reads = proof::none}), [&](auto& records, record& r) {
      bool more = true;
      records.next(r, [&](bool there) { more = there; });
      loop.run();
      return more;
    });
  });
}

TEST_CASE("a failed read that nobody asks about ends the program in every build, with a sentence") {
  const std::string failed = "a read failed, and nobody asked finish(): not authorised";
  const std::string ended = AUDITOR_ASSERT ? "a stream came to its end, and nobody asked finish()" : "";
  struct row {
    owner who;
    reply answer;
    std::string words;
  };
  const row rows[] = {{owner::does_not, forbidden, failed},
                      {owner::began_while_an_exception_passes, forbidden, failed},
                      {owner::asks, forbidden, ""},
                      {owner::throws, forbidden, ""},
                      {owner::does_not, empty, ended},
                      {owner::asks, empty, ""},
                      {owner::throws, empty, ""}};
  for (const row& each : rows) {
    INFO(static_cast<int>(each.who) << " " << each.words);
    for (const auto read : {&blocking, &asynchronous}) {
      const std::string words = last_words([&] { read(each.who, each.answer); });
      CHECK(words.substr(0, each.words.size()) == each.words);
      CHECK(words.empty() == each.words.empty());
    }
  }
}

TEST_CASE("the panic hook is the last one that was set") {
  const panic_hook first = set_panic_hook([](std::string_view) noexcept {});
  CHECK(first != nullptr);
  CHECK(set_panic_hook(nullptr) != first);
  CHECK(set_panic_hook(first) == first);
}

#if AUDITOR_ASSERT
TEST_CASE("a debug build says which rule was broken") {
  CHECK(last_words([] { (void)*result<int>(errc::busy); }) ==
        "a result was dereferenced that has no value: " + message(error(errc::busy)));
  CHECK(last_words([] { (void)result<int>(errc::ok); }) == "a result was made of errc::ok, which is no error");
}
#endif

}  // namespace
