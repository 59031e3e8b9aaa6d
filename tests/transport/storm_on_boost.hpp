// Where the calls of a storm run: an io_context of Boost with one or several threads. Not built where Boost is too old.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "storm_clients.hpp"

#include <auditor/ext/beast.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/packaged_task.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor::storms {

inline beast_client make_client(std::uint16_t port, const boost_asio_executor& on, const options& settings,
                                std::type_identity<beast_client>) {
  return beast_client(beast_transport::create(on, {.url = "http://127.0.0.1:" + std::to_string(port)}).value(), on,
                      settings);
}
using curl_on_asio = curl_async_client<boost_asio_executor>;
inline curl_on_asio make_client(std::uint16_t port, const boost_asio_executor& on, const options& settings,
                                std::type_identity<curl_on_asio>) {
  return curl_client_of(port, on, settings);
}

template <class Client, int Threads, bool Shares = false>
class io_context_of {
 public:
  explicit io_context_of(std::uint16_t port)
      : client(make_client(port, on_, Shares ? sharing() : impatient(), std::type_identity<Client>{})) {
    for (int i = 0; i < Threads; ++i) threads_.emplace_back([this] { loop_.run(); });
  }
  io_context_of(const io_context_of&) = delete;
  io_context_of& operator=(const io_context_of&) = delete;
  ~io_context_of() {
    loop_.stop();
    for (std::thread& each : threads_) each.join();
  }
  template <class Work>
  void on_strand(Work work) {
    boost::asio::post(on_.strand(), std::packaged_task<void()>(std::move(work))).get();
  }
  void run_until(const std::atomic<bool>& over) { over.wait(false); }

 private:
  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays_ = boost::asio::make_work_guard(loop_);
  boost_asio_executor on_{loop_.get_executor()};
  std::vector<std::thread> threads_;

 public:
  Client client;
};

using curl_on_asio_thread = io_context_of<curl_on_asio, 1>;
using curl_on_asio_threads = io_context_of<curl_on_asio, 3>;
using beast_on_thread = io_context_of<beast_client, 1>;
using beast_on_threads = io_context_of<beast_client, 3>;
using sharing_beast_on_threads = io_context_of<beast_client, 3, true>;

}  // namespace auditor::storms
