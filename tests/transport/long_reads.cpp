// Answers of many chunks: a read takes all that is there, not a chunk at a time.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include "fetch.hpp"
#include "scripted_server.hpp"

#include <auditor/ext/beast.hpp>
#include <auditor/transport/curl_async.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace auditor;
using namespace loopback;

namespace {

// What each read of one answer brings, of a transport that blocks or that a loop moves on.
struct by_blocking_curl {
  explicit by_blocking_curl(std::uint16_t port) : transport(connect_to(port)) {}
  bool open() { return transport.open(stream, get(), {}).has_value(); }
  std::size_t read(std::span<char> into) { return stream.read(into, {}).value(); }

  curl_transport transport;
  curl_transport::stream stream;
};

template <class Flavour>
struct by_completions {
  bool open() {
    std::optional<bool> opened;
    flavour().transport.async_open(flavour().stream, get(),
                                   {[](void* self, result<response_head>&& head) noexcept {
                                      *static_cast<std::optional<bool>*>(self) = head.has_value();
                                    },
                                    &opened});
    while (!opened) flavour().turn();
    return *opened;
  }
  std::size_t read(std::span<char> into) {
    std::optional<result<std::size_t>> bytes;
    flavour().stream.async_read(into, {[](void* self, result<std::size_t>&& got) noexcept {
                                         *static_cast<std::optional<result<std::size_t>>*>(self) = std::move(got);
                                       },
                                       &bytes});
    while (!bytes) flavour().turn();
    return bytes->value();
  }
  Flavour& flavour() { return static_cast<Flavour&>(*this); }
};

struct by_curl_on_a_loop : by_completions<by_curl_on_a_loop> {
  explicit by_curl_on_a_loop(std::uint16_t port)
      : transport(detail::curl_session::create(curl_builder().address("127.0.0.1", port).settings().value()).value(),
                  loop.get_executor()) {}
  void turn() { loop.run_once(ticks{100}); }

  io_loop loop;
  curl_async_transport<io_loop::executor> transport;
  curl_async_transport<io_loop::executor>::stream stream;
};

struct by_beast : by_completions<by_beast> {
  explicit by_beast(std::uint16_t port)
      : transport(beast_transport::create(on, {.url = "http://127.0.0.1:" + std::to_string(port)}).value()) {}
  void turn() { loop.run_one_for(std::chrono::milliseconds{100}); }

  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{loop.get_executor()};
  boost_asio_executor on{loop.get_executor()};
  beast_transport transport;
  beast_transport::stream stream;
};

}  // namespace

TEMPLATE_TEST_CASE("a read takes all the chunks that are there, as far as it has room", "", by_blocking_curl,
                   by_curl_on_a_loop, by_beast) {
  std::string sent(chunked_head), body;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string record(60, static_cast<char>('a' + i % 26));
    sent += chunk(record);
    body += record;
  }
  sent += last_chunk;
  // One segment: it is all there with the head.
  scripted_server server(always(sent));

  for (const std::size_t room : {std::size_t{64 * 1024}, body.size(), std::size_t{1'000}, std::size_t{61}}) {
    CAPTURE(room);
    TestType asked(server.port());
    REQUIRE(asked.open());
    std::vector<char> into(room);
    std::string came;
    while (came.size() < body.size()) {
      const std::size_t bytes = asked.read(into);
      REQUIRE(bytes == (std::min)(room, body.size() - came.size()));
      came.append(into.data(), bytes);
    }
    CHECK(came == body);
    CHECK(asked.read(into) == 0);
  }
}
