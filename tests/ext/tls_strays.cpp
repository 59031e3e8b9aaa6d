// What comes unasked over TLS, to each transport that speaks it: only the TLS library's own records leave a connection usable.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/executor/io_loop.hpp>
#include <auditor/ext/beast.hpp>
#include <auditor/testing/conformance_server.hpp>
#include <auditor/testing/exchanged.hpp>
#include <auditor/testing/strand.hpp>
#include <auditor/transport/curl.hpp>

#include "catch.hpp"
#include "transport/certificates.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace auditor;
using testing::answer;
using testing::detail::exchanged;

namespace {

namespace net = boost::asio;
using net::ip::tcp;

const loopback::certificates& files() {
  static const loopback::certificates made;
  return made;
}

// One connection; each send is a TLS record of its own.
class tls_connection {
 public:
  tls_connection(tcp::socket socket, net::ssl::context& context) : stream_(std::move(socket), context) {}
  bool shake_hands() {
    stream_.handshake(net::ssl::stream_base::server, failure_);
    return !failure_;
  }
  bool receive() {
    for (std::string text; text.find("\r\n\r\n") == std::string::npos;) {
      char bytes[4096];
      const std::size_t size = stream_.read_some(net::buffer(bytes), failure_);
      if (failure_) return false;
      text.append(bytes, size);
    }
    return true;
  }
  void send(std::string_view bytes) { net::write(stream_, net::buffer(bytes), failure_); }

 private:
  net::ssl::stream<tcp::socket> stream_;
  boost::system::error_code failure_;
};

// Plays a script on each connection, one after the other as well as at the same time.
class tls_script_server {
 public:
  explicit tls_script_server(std::function<void(tls_connection&, int)> play)
      : play_(std::move(play)),
        context_(net::ssl::context::tls_server),
        acceptor_(loop_, {net::ip::address_v4::loopback(), 0}) {
    context_.use_certificate_chain_file(files().path("server.pem"));
    context_.use_private_key_file(files().path("server.key"), net::ssl::context::pem);
    accepting_ = std::thread([this] {
      for (;;) {
        tcp::socket socket(loop_);
        boost::system::error_code failure;
        acceptor_.accept(socket, failure);
        if (failure || over_) return;
        socket.set_option(tcp::no_delay(true));
        threads_.emplace_back([this, number = accepted_++, s = std::move(socket)]() mutable {
          tls_connection c(std::move(s), context_);
          if (c.shake_hands()) play_(c, number);
        });
      }
    });
  }
  // The clients are gone by now.
  ~tls_script_server() {
    over_ = true;
    boost::system::error_code ignored;
    tcp::socket knock(loop_);
    knock.connect(acceptor_.local_endpoint(), ignored);
    accepting_.join();
    for (std::thread& t : threads_) t.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return accepted_; }

 private:
  std::function<void(tls_connection&, int)> play_;
  net::io_context loop_;
  net::ssl::context context_;
  tcp::acceptor acceptor_;
  std::thread accepting_;
  std::vector<std::thread> threads_;
  std::atomic<int> accepted_{0};
  std::atomic<bool> over_{false};
};

using fetching = std::function<exchanged(std::string_view target)>;

// `use(fetch)` over each transport, with a server of its own.
template <class Script, class Use>
void over_each(Script script, Use use) {
  {
    INFO("libcurl");
    tls_script_server server(script);
    auto through = curl_builder().address("localhost", server.port()).with_tls({.ca_file = files().path("ca.pem")}).build();
    REQUIRE(through);
    use(server, [&](std::string_view target) { return testing::detail::fetch(*through, testing::detail::get(target)); });
    through = error(errc::cancelled);  // closes
  }
  {
    INFO("Beast");
    tls_script_server server(script);
    net::io_context loop;
    const auto idle = net::make_work_guard(loop);
    boost_asio_executor on(loop.get_executor());
    const auto make = [&](const std::string&, std::uint16_t port) {
      return beast_transport::create(
                 on, {.url = "https://localhost:" + std::to_string(port), .tls = {.ca_file = files().path("ca.pem")}})
          .value();
    };
    auto turn = [&loop] { loop.run_one_for(std::chrono::milliseconds{10}); };
    testing::detail::strand<boost_asio_executor, decltype(turn)> strand(on, turn);
    testing::detail::make_waiting<decltype(make), boost_asio_executor, decltype(turn)> waiting(make, strand, ticks{5'000});
    auto through = waiting("localhost", server.port());
    use(server, [&](std::string_view target) { return testing::detail::fetch(through, testing::detail::get(target)); });
  }
}

const std::string forged = answer("forged");

}  // namespace

TEST_CASE("over TLS one connection serves request after request, whatever tickets come") {
  over_each(
      [](tls_connection& c, int) {
        while (c.receive()) c.send(answer("own"));
      },
      [](tls_script_server& server, const fetching& fetch) {
        for (int i = 0; i < 20; ++i) CHECK(fetch("/own").body == "own");
        CHECK(server.connections() == 1);
      });
}

TEST_CASE("over TLS too what nobody asked for is not the next answer") {
  struct {
    std::string_view what;
    std::vector<std::string> records;
    bool later;
  } const table[] = {
      {"a record later", {answer("first"), forged}, true},
      {"a record at once", {answer("first") + forged}, false},
      {"a record for each", {answer("first"), forged}, false},
      {"behind a body without bytes", {answer("") + forged}, false},
      {"in the record of the body's end", {answer("first").substr(0, answer("first").size() - 5), "first" + forged}, false},
  };
  for (const auto& each : table) {
    std::atomic<bool> sent{false}, used_again{false};
    const auto play = [&](tls_connection& c, int number) {
      if (!c.receive()) return;
      if (number != 0) return c.send(answer("own"));
      for (const std::string& record : each.records) {
        c.send(record);
        if (each.later) std::this_thread::sleep_for(std::chrono::milliseconds{10});
      }
      sent = true;
      if (c.receive()) used_again = true;
    };
    over_each(play, [&](tls_script_server&, const fetching& fetch) {
      CAPTURE(each.what);
      fetch("/first");
      while (!sent) std::this_thread::sleep_for(std::chrono::milliseconds{1});
      CHECK(fetch("/next").body == "own");
      CHECK(!used_again);
      sent = used_again = false;
    });
  }
}
