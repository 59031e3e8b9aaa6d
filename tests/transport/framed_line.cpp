// The transport and the bridge of examples/embedded over a pair of sockets: its frames, the contract of transports, and what a bad line does.
#include "../../examples/embedded/line/bridge.hpp"
#include "../../examples/embedded/line/framed_transport.hpp"

#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/conformance.hpp>
#include <auditor/transport/curl.hpp>

#include "catch.hpp"
#include "fetch.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace auditor;

namespace {

std::string encoded(line::kind what, std::uint32_t exchange, std::uint16_t step, std::string_view payload) {
  std::string bytes;
  line::frame_writer out([&bytes](std::string_view some) { return bytes += some, true; }, what, exchange, step);
  out.add(payload);
  out.finish();
  return bytes;
}

struct heard_frame {
  line::kind what;
  std::uint32_t exchange;
  std::uint16_t step;
  std::string payload;
  bool operator==(const heard_frame&) const = default;
};
std::vector<heard_frame> heard(std::string_view bytes) {
  std::vector<heard_frame> all;
  line::frame_reader reader;
  for (const char each : bytes)
    if (reader.take(each)) {
      const line::frame f = reader.get();
      all.push_back({f.what, f.exchange, f.step, std::string(f.payload)});
    }
  return all;
}

// A line as a descriptor.
struct socket_line {
  std::size_t read(std::span<char> into, ticks longest) const {
    pollfd waiting{fd, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(longest.count())) <= 0) return 0;
    const ssize_t n = ::read(fd, into.data(), into.size());
    return n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  bool write(std::string_view bytes) const {
    return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  static ticks now() { return std::chrono::duration_cast<ticks>(std::chrono::steady_clock::now().time_since_epoch()); }
  int fd = -1;
};

// A device's end of a line, and a bridge with a thread at the other.
class over_a_line {
  struct rig {
    explicit rig(curl_transport http) : bridge(std::move(http)) {
      REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
      device.fd = ends[0];
      thread = std::thread([this] {
        char some[4096];
        for (ssize_t n; (n = ::read(ends[1], some, sizeof some)) > 0;) {
          const std::string back = bridge.take({some, static_cast<std::size_t>(n)});
          if (send(ends[1], back.data(), back.size(), MSG_NOSIGNAL) < 0) return;
        }
      });
    }
    ~rig() {
      shutdown(ends[0], SHUT_RDWR);
      thread.join();
      close(ends[0]);
      close(ends[1]);
    }
    int ends[2]{};
    socket_line device;
    line::bridge<curl_transport> bridge;
    // A busy machine falls silent, too.
    line::framed_transport<socket_line> transport{device, 1, {.repeat = ticks{250}, .silence = ticks{20'000}}};
    std::thread thread;
  };

 public:
  using stream = line::framed_transport<socket_line>::stream;

  over_a_line(const std::string& host, std::uint16_t port)
      : rig_(std::make_unique<rig>(curl_builder().address(host, port).build().value())) {}
  result<response_head> open(stream& s, const request_view& request, const call& limits) {
    return rig_->transport.open(s, request, limits);
  }

 private:
  std::unique_ptr<rig> rig_;
};

// A line and a bridge without threads and waiting: what is sent is answered at once, or what `weather` makes of it, and the time goes on by itself.
class quick_line {
 public:
  explicit quick_line(sandbox_transport through) : bridge(std::move(through)) {}

  std::size_t read(std::span<char> into, ticks longest) {
    if (coming_.empty()) time_ += longest;
    const std::size_t n = (std::min)(into.size(), coming_.size());
    coming_.copy(into.data(), n);
    coming_.erase(0, n);
    return n;
  }
  bool write(std::string_view bytes) {
    going_ += bytes;
    // A whole frame: from mark to mark.
    if (going_.size() < 2 || going_.back() != line::slip::mark) return true;
    const std::string sent = std::exchange(going_, {});
    ++frames;
    coming_ += to_device(frames, bridge.take(to_bridge(frames, sent)));
    return true;
  }
  ticks now() const { return time_; }

  using weather = std::string (*)(int frame, std::string bytes);
  static std::string fair(int, std::string bytes) { return bytes; }
  weather to_bridge = fair, to_device = fair;
  int frames = 0;
  line::bridge<sandbox_transport> bridge;

 private:
  std::string going_, coming_;
  ticks time_{};
};

}  // namespace

TEST_CASE("a frame of any bytes arrives as it was sent", "[line]") {
  for (const std::string_view payload :
       {std::string_view(""), std::string_view("hello"), std::string_view("\xC0\xDB\xDC\xDD\0\xC0", 6)})
    CHECK(heard(encoded(line::kind::body, 0xC0DB1234, 0xDBC0, payload)) ==
          std::vector<heard_frame>{{line::kind::body, 0xC0DB1234, 0xDBC0, std::string(payload)}});
  const std::string longest(line::most_payload, '\xC0');
  CHECK(heard(encoded(line::kind::body, 1, 2, longest)).at(0).payload == longest);
  CHECK(heard(encoded(line::kind::body, 1, 2, longest + "x")).empty());
}

TEST_CASE("the checksum is that of IEEE 802.3", "[line]") {
  line::checksum check;
  check.add("123456789");
  CHECK(check.value() == 0xCBF43926);
}

TEST_CASE("a frame with a byte that is cut, lost, turned or too many costs itself alone", "[line]") {
  const std::string first = encoded(line::kind::more, 7, 1, "\xC0 first \xDB"),
                    second = encoded(line::kind::last, 7, 2, "second");
  const heard_frame one{line::kind::more, 7, 1, "\xC0 first \xDB"}, other{line::kind::last, 7, 2, "second"};
  for (std::size_t at = 0; at < first.size(); ++at) {
    CAPTURE(at);
    std::string turned = first, lost = first, doubled = first;
    turned[at] = static_cast<char>(turned[at] ^ 0x10);
    lost.erase(at, 1);
    doubled.insert(at, 1, first[at]);
    for (const std::string& damaged : {first.substr(0, at), first.substr(at), turned, lost, doubled}) {
      const auto all = heard(damaged + second);
      REQUIRE_FALSE(all.empty());
      CHECK(all.back() == other);
      for (const heard_frame& each : all) CHECK((each == one || each == other));
    }
  }
}

TEST_CASE("a transport over a line keeps the contract", "[line][conformance]") {
  // A line has one channel, whoever holds its descriptor: a child that goes on with it is what no program does.
  testing::conformance_settings settings;
  settings.large = 6'000'000;  // what the bridge holds of it is looked at below: a line is slow
  if (loopback::sanitized) settings.longest_wait = ticks{20'000};
  const auto make = [](const std::string& host, std::uint16_t port) { return over_a_line(host, port); };
  auto all = testing::conformance(make, settings);
  std::erase_if(all, [](const testing::finding& each) { return each.rule.starts_with("after a fork"); });
  INFO(testing::report(all));
  CHECK(testing::conforms(all));
}

TEST_CASE("a request is handled once, whatever frame of its exchange is lost, cut, turned or doubled", "[line]") {
  using weather = quick_line::weather;
  static int bad;
  const struct {
    std::string_view what;
    weather change;
  } kinds[] = {
      {"lost", [](int frame, std::string bytes) { return frame == bad ? std::string() : bytes; }},
      {"cut", [](int frame, std::string bytes) { return frame == bad ? bytes.substr(0, bytes.size() / 2) : bytes; }},
      {"turned",
       [](int frame, std::string bytes) {
         if (frame == bad && !bytes.empty()) bytes[bytes.size() / 2] ^= 0x01;
         return bytes;
       }},
      {"doubled", [](int frame, std::string bytes) { return frame == bad ? bytes + bytes : bytes; }},
  };
  const std::string body =
      R"({"record_id":"a","components":[{"name":"CPU","amount":1,"scores":[]}],"start_time":"2024-01-01T00:00:00Z","meta":{"a":[")" +
      std::string(200, 'x') + R"(","b"],"c":[")" + std::string(200, 'y') + R"("]}})";
  for (const auto& each : kinds)
    for (const bool forth : {true, false})
      for (bad = 1; bad <= 8; ++bad) {
        INFO(each.what << (forth ? " to the bridge" : " to the device") << ", frame " << bad);
        sandbox server;
        quick_line through{sandbox_transport(server)};
        (forth ? through.to_bridge : through.to_device) = each.change;
        line::framed_transport<quick_line> transport(through, 1);
        const header json[] = {{"Content-Type", "application/json"}};
        line::framed_transport<quick_line>::stream s;
        const auto head = transport.open(s, {verb::post, "/record", json, body}, {});
        REQUIRE(head);
        CHECK(head->status == 200);
        char into[100];
        CHECK(s.read(into, {}).value() == 0);
        CHECK(server.size() == 1);
        CHECK(server.requests() == 1);
      }
}

TEST_CASE("where nobody answers the hello it is connect_failed, and behind it connection_lost", "[line]") {
  for (const int silent_from : {1, 2, 3}) {
    static int from;
    from = silent_from;
    sandbox server;
    quick_line through{sandbox_transport(server)};
    through.to_device = [](int frame, std::string bytes) { return frame >= from ? std::string() : bytes; };
    line::framed_transport<quick_line> transport(through, 1);
    line::framed_transport<quick_line>::stream s;
    const auto head = transport.open(s, {verb::get, "/health_check"}, {});
    REQUIRE_FALSE(head);
    CHECK(head.error().code == (silent_from == 1 ? errc::connect_failed : errc::connection_lost));
  }
}

TEST_CASE("a bridge that was started anew does not say that nothing was sent", "[line]") {
  sandbox server;
  line::bridge<sandbox_transport> fresh{sandbox_transport(server)};
  const auto told = heard(fresh.take(encoded(line::kind::last, 5, 2, "GET /health_check\n\n")));
  REQUIRE(told.size() == 1);
  CHECK(told[0].what == line::kind::failed);
  CHECK(told[0].payload[0] == static_cast<char>(line::failure::lost));
  CHECK(server.requests() == 0);
}

namespace {
// Its body has no end.
struct endless_transport {
  struct stream {
    result<std::size_t> read(std::span<char> into, const call&) {
      *given += into.size();
      return into.size();
    }
    std::atomic<std::size_t>* given = nullptr;
  };
  result<response_head> open(stream& s, const request_view&, const call&) {
    s.given = given;
    return response_head{200};
  }
  std::atomic<std::size_t>* given;
};
}  // namespace

TEST_CASE("a bridge reads no further than the device asks", "[line]") {
  std::atomic<std::size_t> given{0};
  line::bridge<endless_transport> held{endless_transport{&given}};
  std::uint16_t step = 0;
  const auto ask = [&](line::kind what, std::string_view payload) {
    return heard(held.take(encoded(what, 5, ++step, payload))).at(0);
  };
  REQUIRE(ask(line::kind::hello, "").what == line::kind::taken);
  REQUIRE(ask(line::kind::last, "GET /records\n\n").what == line::kind::taken);
  REQUIRE(ask(line::kind::next, "").what == line::kind::head);
  for (std::size_t taken = 0; taken < 100'000;) {
    const heard_frame got = ask(line::kind::next, "");
    REQUIRE(got.what == line::kind::body);
    taken += got.payload.size();
    REQUIRE(given < taken + 16'384);
  }
}
