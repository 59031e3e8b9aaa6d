// libcurl on the caller's own io_context: the sockets are watched by Asio, and nothing else runs.
#include <auditor/ext/boost_asio.hpp>
#include <auditor/sandbox/http_server.hpp>
#include <auditor/transport/curl_async.hpp>

#include "catch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

using namespace auditor;

namespace {

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

}  // namespace

TEST_CASE("many requests are in flight on an io_context, whichever of its threads goes on with them") {
  constexpr std::size_t records = 200;
  sandbox server;
  sandbox_server http(server);
  for (const int threads : {1, 3}) {
    boost::asio::io_context loop;
    const boost_asio_executor on(loop.get_executor());
    auto asked = async_client_builder().connection_string(http.url()).build(on).value();
    std::size_t stored = 0, seen = 0;
    bool whole = false;
    const std::string name = std::to_string(threads) + '-';
    // On the client's strand: what it counts with is nobody else's.
    for (std::size_t i = 0; i < records; ++i)
      boost::asio::co_spawn(
          on.strand(),
          [&, i]() -> boost::asio::awaitable<void> {
            const auto added = co_await asked.add(record{name + std::to_string(i), start});
            if (!added || ++stored != records) co_return;
            auto all = asked.stream(query{});
            for (record r; co_await all.next(r);) seen += r.record_id.starts_with(name);
            whole = all.finish().value().state == completeness::complete;
          },
          boost::asio::detached);
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back([&loop] { loop.run(); });
    loop.run();
    for (std::thread& each : others) each.join();
    CHECK(stored == records);
    CHECK(seen == records);
    CHECK(whole);
  }
}

TEST_CASE("a server that nobody runs is told by a call on an io_context, too") {
  boost::asio::io_context loop;
  std::uint16_t port = 0;
  {
    sandbox server;
    port = sandbox_server(server).port();
  }
  options once;
  once.retry.write_attempts = 1;
  auto asked = async_client_builder()
                   .address("127.0.0.1", port)
                   .call_settings(once)
                   .build(boost_asio_executor(loop.get_executor()))
                   .value();
  errc code{};
  asked.add(record{"a", start}, {}, [&code](result<receipt> r) { code = r.error().code; });
  loop.run();
  CHECK(code == errc::connect_failed);
}
