// Exceptions of the caller's callbacks: they pass through a blocking call, and the client stays what it was.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"
#include "last_words.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_async_executor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;

struct thrown {};

const timestamp start{std::chrono::hours{450'000}};
const std::vector<record> batch = {record{"a", start}.with_stop_time(start), record{"b", start}.with_stop_time(start)};

std::string text_of(const std::string& id, bool readable = true) {
  return R"({"record_id":")" + id + R"(","meta":null,"components":)" + (readable ? "[]" : "null") +
         R"(,"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":null})";
}

template <class Options>
Options with_progress() {
  Options call;
  call.progress = [](std::size_t, std::size_t) { throw thrown{}; };
  return call;
}
read_options with_unreadable(proof reads = proof::none) {
  read_options call;
  call.reads = reads;
  call.unreadable = [](std::string_view) { throw thrown{}; };
  return call;
}
void throwing_visitor(const record_view&) { throw thrown{}; }

// `token` is nothing for a blocking client.
template <class Client, class... Token>
void call_back(Client& c, int which, Token... token) {
  switch (which) {
    case 0: (void)c.for_each(query{}, throwing_visitor, {.reads = proof::none}, token...); break;
    case 1: (void)c.for_each(query{}, throwing_visitor, with_unreadable(), token...); break;
    case 2: (void)c.advanced_query(query{}, with_unreadable(), token...); break;
    case 3: (void)c.bulk_insert(batch, with_progress<bulk_insert_options>(), token...); break;
    case 4: (void)c.bulk_update(batch, with_progress<bulk_update_options>(), token...); break;
  }
}
std::vector<reply> answers_to(int which) {
  switch (which) {
    case 0: return {reply::with(200, text_of("a") + text_of("b")).in_chunks_of(7)};
    case 1:
    case 2: return {reply::with(200, text_of("a", false) + text_of("b"))};
    default: return {reply::ok(), reply::ok(), reply::ok()};
  }
}

TEST_CASE("what a callback throws passes through a blocking call, and the next call is as good as ever") {
  for (int which = 0; which < 5; ++which) {
    INFO("callback " << which);
    scripted_transport wire;
    client c{wire, manual_executor{}, options{}};
    for (int again = 0; again < 2; ++again) {
      const auto answers = answers_to(which);
      for (const reply& each : answers) wire.expect(each);
      CHECK_THROWS_AS(call_back(c, which), thrown);
      while (wire.left() != 0) CHECK(c.health_check());
      wire.expect(reply::with(200, text_of("z")));
      CHECK(c.find("z").value()->record_id == "z");
    }
  }
}

TEST_CASE("what a callback throws in an asynchronous call ends the program, whichever it is") {
  for (int which = 0; which < 6; ++which) {
    INFO("callback " << which);
    const std::string words = last_words([which] {
      testing::manual_loop loop;
      scripted_transport wire;
      for (const reply& each : answers_to(which)) wire.expect(each);
      manual_async_executor on(loop);
      using transport = testing::as_async<scripted_transport, manual_async_executor>;
      client<transport, manual_async_executor> c(transport(wire, on, testing::arrival::later), on, options{});
      try {
        if (which == 5)
          c.add(batch[0], {}, [](const result<receipt>&) { throw thrown{}; });
        else
          call_back(c, which, [](auto&&) {});
        loop.run();
      } catch (const thrown&) {
      }
    });
    CHECK(words == "ended by signal 6");
  }
}

// A codec whose memory runs out.
struct forgetful_codec {
  static inline int left = 0;
  static error encode(const record_view& r, std::string& to) { return builtin_codec::encode(r, to); }
  static error decode(std::string_view text, record& r) {
    if (left-- == 0) throw std::bad_alloc();
    return builtin_codec::decode(text, r);
  }
};

TEST_CASE("a stream whose memory runs out gives the same record again") {
  scripted_transport wire{reply::with(200, text_of("a") + text_of("b"))};
  client<scripted_transport, manual_executor, forgetful_codec> c(wire, manual_executor{}, options{});
  auto records = c.stream(query{}, {.reads = proof::none});
  record r;
  std::string seen;
  forgetful_codec::left = 1;
  CHECK(records.next(r));
  CHECK_THROWS_AS(records.next(r), std::bad_alloc);
  forgetful_codec::left = 9;
  CHECK(records.next(r));
  CHECK(r.record_id == "b");
  CHECK_FALSE(records.next(r));
  CHECK(records.finish().value().records == 2);
}

}  // namespace
