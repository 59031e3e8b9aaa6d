// Type-erased transports: every step of theirs is that of the transport inside.
#include <auditor/ext/future.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>
#include <auditor/transport/any.hpp>

#include "catch.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace auditor;
using testing::arrival;
using testing::reply;
using testing::scripted_transport;

namespace {

const timestamp start{std::chrono::microseconds{1'700'000'000'000'000}};

std::string stored(const std::string& id) {
  return R"({"record_id":")" + id +
         R"(","meta":null,"components":[],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":null})";
}

// A transport that nobody can copy, and that counts what it holds.
class counting_transport {
 public:
  explicit counting_transport(std::shared_ptr<int> opens) : opens_(std::move(opens)) {}
  counting_transport(counting_transport&&) = default;

  struct stream {
    result<std::size_t> read(std::span<char>, const call&) { return std::size_t{0}; }
    std::shared_ptr<int> held;
  };
  result<response_head> open(stream& s, const request_view&, const call&) {
    s.held = opens_;
    ++*opens_;
    return response_head{200};
  }

 private:
  std::shared_ptr<int> opens_;
};

}  // namespace

TEST_CASE("any_transport sends what the transport in it sends, and gives back what it gives") {
  const auto play = [](auto make) {
    scripted_transport wire{reply::fails(errc::connect_failed), reply::with(500, "RECORD_EXISTS"),
                            reply::with(200, stored("z")),
                            reply::with(200, stored("a") + stored("m") + stored("z")).in_chunks_of(11)};
    auto asked = make(wire);
    const auto added = asked.add(record{"a", start});
    const auto all = asked.get();
    CHECK(wire.left() == 0);
    std::string trace = added ? std::string(to_string(added->how)) : message(added.error());
    trace += ' ' + std::to_string(all.value().size());
    for (const auto& each : wire.sent()) trace += '\n' + each.line() + ' ' + each.body;
    return trace;
  };
  const std::string plain = play([](scripted_transport wire) { return client{wire, testing::manual_executor{}}; });
  const std::string erased = play([](scripted_transport wire) {
    return client<any_transport, testing::manual_executor>{any_transport{wire}, testing::manual_executor{}};
  });
  CHECK(erased == plain);
}

TEST_CASE("any_client has one type for every transport") {
  std::vector<any_client> clients;
  const auto opens = std::make_shared<int>(0);
  clients.emplace_back(any_transport{scripted_transport{reply::ok()}});
  clients.emplace_back(any_transport{counting_transport{opens}});
  for (any_client& each : clients) CHECK(each.add(record{"a", start}).has_value());
  CHECK(*opens == 1);
}

TEST_CASE("a stream of any_transport is used again, and released with it") {
  const auto opens = std::make_shared<int>(0);
  any_transport first{counting_transport{opens}};
  {
    any_transport::stream s;
    char room[1];
    CHECK(s.read(room, {}).error().code == errc::invalid_argument);
    CHECK(first.open(s, {.target = "/records"}, {}).has_value());
    any_transport moved{std::move(first)};
    CHECK(moved.open(s, {.target = "/records"}, {}).has_value());
    CHECK(opens.use_count() == 3);  // here, in the transport, in its one stream
    any_transport other{counting_transport{opens}};
    CHECK(other.open(s, {.target = "/records"}, {}).has_value());
    CHECK(opens.use_count() == 4);
  }
  CHECK(*opens == 3);
  CHECK(opens.use_count() == 1);
}

TEST_CASE("any_async_transport completes as the transport in it does") {
  for (const arrival when : {arrival::in_line, arrival::later}) {
    testing::manual_loop loop;
    testing::manual_async_executor on(loop);
    scripted_transport wire{reply::fails(errc::connection_lost), reply::ok(), reply::fails(errc::timed_out)};
    any_async_client<testing::manual_async_executor> asked{
        any_async_transport{testing::as_async<scripted_transport, testing::manual_async_executor>(wire, on, when)}, on};

    auto added = asked.add(record{"a", start}, {}, use_future);
    loop.run();
    CHECK(added.get().value().how == delivery::stored);

    // The driver's cancel reaches a step that hangs.
    auto late = asked.add(record{"b", start}, {.timeout = ticks{300}}, use_future);
    loop.run();
    CHECK(late.get().error().code == errc::timed_out);
    CHECK(wire.sent().size() == 3);
  }
}
