// The port of the sandbox over HTTP: it accepts connections, and refuses them for a while.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/sandbox/http_session.hpp>

#include <boost/asio.hpp>

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

/// The listening socket and its connections. Everything but `stop` and `refuse` runs in the thread that runs `run`.
class http_listener {
 public:
  http_listener(sandbox& server, std::uint16_t port) : server_(server), acceptor_(context_), timer_(context_) {
    bind(port);
    port_ = acceptor_.local_endpoint().port();
    acceptor_.listen();
    accept();
  }

  std::uint16_t port() const noexcept { return port_; }
  void run() { context_.run(); }
  void stop() { context_.stop(); }

  /// When nothing runs any more.
  void close() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& known : sessions_)
      if (const auto session = known.lock()) session->close();
    sessions_.clear();
  }

  /// From any thread; is so when it returns.
  void refuse(int times) {
    if (context_.get_executor().running_in_this_thread()) return refuse_here(times);
    const auto done = std::make_shared<std::promise<void>>();
    boost::asio::post(context_, [this, done, times] {
      refuse_here(times);
      done->set_value();
    });
    const auto waiting = done->get_future();
    while (!context_.stopped() && waiting.wait_for(std::chrono::milliseconds(10)) != std::future_status::ready) {
    }
  }

 private:
  void bind(std::uint16_t port) {
    const boost::asio::ip::tcp::endpoint here(boost::asio::ip::address_v4::loopback(), port);
    acceptor_.open(here.protocol());
    acceptor_.set_option(boost::asio::socket_base::reuse_address(true));
    acceptor_.bind(here);
  }

  void accept() {
    is_listening_ = true;
    acceptor_.async_accept([this](const boost::system::error_code& failure, boost::asio::ip::tcp::socket socket) {
      if (failure == boost::asio::error::operation_aborted) return;
      if (!is_listening_) return;  // it came just before connections were refused
      if (!failure) {
        const auto session = std::make_shared<http_session>(std::move(socket), server_);
        std::erase_if(sessions_, [](const auto& known) { return known.expired(); });
        sessions_.push_back(session);
        session->start();
      }
      accept();
    });
  }

  // The port stays ours: a socket that is bound to it and does not listen refuses.
  void refuse_here(int times) {
    timer_.cancel();
    if (times == 0) {
      if (is_listening_) return;
      acceptor_.listen();
      return accept();
    }
    if (is_listening_) {
      acceptor_.close();
      bind(port_);
      is_listening_ = false;
    }
    for (const auto& known : sessions_)
      if (const auto session = known.lock()) session->close_idle();
    if (times < 0) return;
    timer_.expires_after(times * std::chrono::milliseconds(100));
    timer_.async_wait([this](const boost::system::error_code& stopped) {
      if (!stopped) server_.refuse_connections(0);
    });
  }

  sandbox& server_;
  boost::asio::io_context context_{1};
  // Without a listening socket there may be nothing to do for a while.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer timer_;
  std::uint16_t port_ = 0;
  bool is_listening_ = false;
  std::vector<std::weak_ptr<http_session>> sessions_;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
