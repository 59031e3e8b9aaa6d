// A sandbox over HTTP on loopback, for programs in any language and for the transports that a test is about.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/gzip.hpp>
#include <auditor/sandbox/sandbox.hpp>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// One connection: reads a request, answers it, reads the next, until the client leaves or is silent for 5 seconds.
class http_session : public std::enable_shared_from_this<http_session> {
 public:
  http_session(boost::asio::ip::tcp::socket socket, sandbox& server)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), server_(server) {
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  }

  void read_head() {
    constexpr std::uint32_t head_limit = 131'072;
    constexpr std::uint64_t patience_limit = 256 * 1024 * 1024;
    parser_.emplace();
    parser_->header_limit(head_limit);
    parser_->body_limit(patience_limit);
    timer_.expires_after(std::chrono::seconds(5));
    reading_head_ = true;
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& stopped) {
      if (stopped || !self->reading_head_) return;
      self->timed_out_ = true;
      boost::system::error_code ignored;
      self->socket_.cancel(ignored);
    });
    boost::beast::http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](const boost::system::error_code& failure, std::size_t) { self->on_head(failure); });
  }

  void close() {
    boost::system::error_code ignored;
    timer_.cancel();
    socket_.close(ignored);
  }

 private:
  using request = boost::beast::http::request<boost::beast::http::string_body>;
  using field = boost::beast::http::field;
  using clock = std::chrono::steady_clock;

  // The library's own view type differs from one version to the next.
  template <class View>
  static std::string_view to_view(const View& text) noexcept {
    return {text.data(), text.size()};
  }

  void on_head(const boost::system::error_code& failure) {
    namespace http = boost::beast::http;
    reading_head_ = false;
    timer_.cancel();
    if (!failure) return on_good_head();
    if (timed_out_ && (parser_->got_some() || buffer_.size() > 0)) return refuse(408);
    if (failure == http::error::header_limit || failure == http::error::buffer_overflow) return refuse(431);
    const http::error end = http::error::end_of_stream;
    const bool malformed = failure.category() == make_error_code(end).category() && failure != end;
    if (malformed && failure != http::error::partial_message) return refuse(400);
    close();
  }

  void on_good_head() {
    if (boost::beast::iequals(parser_->get()[field::expect], "100-continue")) {
      out_ = "HTTP/1.1 100 Continue\r\n\r\n";
      return send([](http_session& self) { self.read_body(); });
    }
    read_body();
  }

  void read_body() {
    boost::beast::http::async_read(socket_, buffer_, *parser_,
                                   [self = shared_from_this()](const boost::system::error_code& failure, std::size_t) {
                                     if (failure) return self->close();
                                     self->starved_at_ = clock::now() + self->server_.connection_wait();
                                     self->wait_for_connection();
                                   });
  }

  void wait_for_connection() {
    const request& asked = parser_->get();
    if (clock::now() < starved_at_ && server_.must_wait({to_view(asked.method_string()), to_view(asked.target())}))
      return after(std::chrono::milliseconds(10), [](http_session& self) { self.wait_for_connection(); });
    answer();
  }

  void answer() {
    const request& asked = parser_->get();
    sandbox_request r{to_view(asked.method_string()), to_view(asked.target()), to_view(asked[field::content_type]),
                      asked.body()};
    r.length_known = !asked.chunked();
    std::string unpacked, problem;
    if (boost::beast::iequals(asked[field::content_encoding], "gzip")) {
      unpacked = gunzip(asked.body(), server_.body_limit(), problem);
      r.body = unpacked;
      r.length_known = false;
      r.unreadable_body = problem;
    }
    sandbox_response given = server_.handle(r);
    if (given.what_happens != sandbox_response::fate::arrives) return close();

    keep_alive_ = asked.keep_alive() && given.header("Connection") != "close";
    out_ = print_head(given.status);
    if (given.is_streamed) {
      out_ += "transfer-encoding: chunked\r\n";
      finish_head(given);
      body_ = std::move(given.body);
      pause_ = given.pause;
      return send_pieces();
    }
    const std::string text = given.body.text();
    if (given.status != 204 && given.status != 304) out_ += "content-length: " + std::to_string(text.size()) + "\r\n";
    finish_head(given);
    if (to_view(asked.method_string()) != "HEAD") out_ += text;
    const auto send_all = [](http_session& self) { self.send([](http_session& me) { me.next(); }); };
    if (given.pause == given.pause.zero()) return send_all(*this);
    after(given.pause, send_all);
  }

  // A whole record is a chunk; several chunks go out at once.
  void send_pieces() {
    constexpr std::size_t enough = 64 * 1024;
    while (out_.size() < enough) {
      const auto piece = body_.next();
      if (!piece) {
        if (body_.is_lost()) return send([](http_session& self) { self.close(); });
        if (pause_ > pause_.zero())
          return send([](http_session& self) {
            self.after(std::exchange(self.pause_, self.pause_.zero()), [](http_session& me) { me.send_pieces(); });
          });
        out_ += "0\r\n\r\n";
        return send([](http_session& self) { self.next(); });
      }
      char size[2 * sizeof(std::size_t)];
      const auto end = std::to_chars(size, size + sizeof size, piece->size(), 16).ptr;
      out_.append(size, end).append("\r\n").append(*piece).append("\r\n");
    }
    send([](http_session& self) { self.send_pieces(); });
  }

  template <class Then>
  void after(std::chrono::milliseconds pause, Then then) {
    timer_.expires_after(pause);
    timer_.async_wait([self = shared_from_this(), then](const boost::system::error_code& stopped) {
      if (!stopped) then(*self);
    });
  }

  template <class Then>
  void send(Then then) {
    boost::asio::async_write(socket_, boost::asio::buffer(out_),
                             [self = shared_from_this(), then](const boost::system::error_code& failure, std::size_t) {
                               if (failure) return self->close();
                               self->out_.clear();
                               then(*self);
                             });
  }

  void next() {
    if (keep_alive_) return read_head();
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    timer_.expires_after(std::chrono::seconds(2));
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& stopped) {
      if (!stopped) self->close();
    });
    drain();
  }

  // Closing on unread bytes would reset the connection, and the answer might be lost with it.
  void drain() {
    buffer_.clear();
    socket_.async_read_some(buffer_.prepare(64 * 1024),
                            [self = shared_from_this()](const boost::system::error_code& failure, std::size_t) {
                              if (failure) return self->close();
                              self->drain();
                            });
  }

  void refuse(int status) {
    keep_alive_ = false;
    out_ = print_head(status) + "content-length: 0\r\n";
    finish_head({});
    send([](http_session& self) { self.next(); });
  }

  static std::string print_head(int status) {
    const auto reason =
        boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(status)));
    return "HTTP/1.1 " + std::to_string(status) + " " + std::string(to_view(reason)) + "\r\n";
  }

  void finish_head(const sandbox_response& given) {
    for (const auto& [name, value] : given.headers)
      if (name != "Connection") out_.append(name).append(": ").append(value).append("\r\n");
    if (!keep_alive_) out_ += "connection: close\r\n";
    out_ += "date: " + print_date(std::time(nullptr)) + "\r\n\r\n";
  }

  static std::string print_date(std::int64_t now) {
    static constexpr const char* days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string iso = print_time(now * 1'000'000);  // 2022-08-03T09:47:00Z
    const auto month = static_cast<std::size_t>((iso[5] - '0') * 10 + iso[6] - '1');
    return std::string(days[static_cast<std::size_t>(now / seconds_a_day % 7)]) + ", " + iso.substr(8, 2) + " " +
           months[month] + " " + iso.substr(0, 4) + " " + iso.substr(11, 8) + " GMT";
  }

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  sandbox& server_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  std::string out_;
  sandbox_body body_;
  std::chrono::milliseconds pause_{0};
  clock::time_point starved_at_;
  bool keep_alive_ = true;
  bool reading_head_ = false;
  bool timed_out_ = false;
};

}  // namespace detail::sandboxed

/// Serves a sandbox on 127.0.0.1 from a thread of its own, from construction to `stop()` or destruction.
///
/// The server's habits included: a request waits for a database connection, and a query for its time-out; keep-alive ends
/// after 5 silent seconds, lists of records come in one chunk per record, lost answers are closed connections, a cut list
/// ends with a clean last chunk. Request targets are taken as they come, not decoded. No TLS, no HTTP/2.
///
/// ```cpp
/// auditor::sandbox server;
/// auditor::sandbox_server http(server);
/// run_my_program(http.url());   // http://127.0.0.1:40123
/// ```
/// **Errors**: the constructor throws `boost::system::system_error` when it cannot listen (the port is taken).
/// **Lifetime**: the sandbox outlives the server. **Threads**: `port`, `url` and `stop` from any thread.
class AUDITOR_EXPORT sandbox_server {
 public:
  explicit sandbox_server(sandbox& server, std::uint16_t port = 0)
      : server_(server),
        acceptor_(context_, {boost::asio::ip::address_v4::loopback(), port}),
        port_(acceptor_.local_endpoint().port()) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  // NOLINTNEXTLINE(bugprone-exception-escape): nothing can go wrong when a timer is cancelled
  ~sandbox_server() { stop(); }
  sandbox_server(const sandbox_server&) = delete;
  sandbox_server& operator=(const sandbox_server&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Closes all connections, whatever they are doing, and waits for the thread. The port is free afterwards.
  void stop() {
    const std::lock_guard lock(stopping_);
    context_.stop();
    if (thread_.joinable()) thread_.join();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& known : sessions_)
      if (const auto session = known.lock()) session->close();
    sessions_.clear();
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& failure, boost::asio::ip::tcp::socket socket) {
      if (failure == boost::asio::error::operation_aborted) return;
      if (!failure) {
        const auto session = std::make_shared<detail::sandboxed::http_session>(std::move(socket), server_);
        std::erase_if(sessions_, [](const auto& known) { return known.expired(); });
        sessions_.push_back(session);
        session->read_head();
      }
      accept();
    });
  }

  sandbox& server_;
  boost::asio::io_context context_{1};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::vector<std::weak_ptr<detail::sandboxed::http_session>> sessions_;  // the thread's, until it has ended
  std::mutex stopping_;
  std::thread thread_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
