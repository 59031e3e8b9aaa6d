// Every way of making a call - blocking, type-erased, futures, callbacks, coroutines, both Asios, Beast -, waited for alike.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "live/on_this_thread.hpp"
#include "task.hpp"

#ifdef AUDITOR_OWN_BUILD_HAS_BEAST
#include "live/asio_flavours.hpp"
#include "live/beast_flavours.hpp"
#endif

#include <auditor/ext/future.hpp>
#include <auditor/transport/any.hpp>
#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl_async.hpp>

#include <cstddef>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace flavours {

inline auditor::curl_transport curl_to(const std::string& url) {
  return auditor::curl_builder().connection_string(url).build().value();
}
template <class Executor>
auto curl_client_on(const Executor& executor, const std::string& url, const auditor::options& settings) {
  return auditor::async_client_builder().connection_string(url).call_settings(settings).build(executor).value();
}

template <class Client>
struct waits {
  template <class Start>
  auto wait(Start start) {
    return start(client);
  }
  template <class Start>
  auto wait_on_strand(Start start) {
    return start(client);
  }
  template <class Work>
  void on_strand(Work work) {
    work();
  }
  Client client;
};
struct blocking : waits<auditor::curl_client> {
  static constexpr std::string_view name = "blocking";
  blocking(const std::string& url, const auditor::options& settings) : waits{{curl_to(url), settings}} {}
};
struct type_erased : waits<auditor::any_client> {
  static constexpr std::string_view name = "type-erased";
  type_erased(const std::string& url, const auditor::options& settings)
      : waits{{auditor::any_transport{curl_to(url)}, settings}} {}
};

// Calls are made here, and go on on another thread.
struct futures {
  static constexpr std::string_view name = "futures";
  futures(const std::string& url, const auditor::options& settings)
      : client(curl_client_on(thread.get_executor(), url, settings)) {}
  template <class Start>
  auto wait(Start start) {
    return start(client, auditor::use_future).get();
  }
  template <class Start>
  auto wait_on_strand(Start start) {
    std::optional<decltype(start(client, auditor::use_future))> answer;
    on_strand([&] { answer = start(client, auditor::use_future); });
    return answer->get();
  }
  template <class Work>
  void on_strand(Work work) {
    client.executor().sync(work);
  }
  auditor::io_thread thread;
  auditor::curl_async_client<auditor::io_loop::executor> client;
};
struct callbacks : futures {
  static constexpr std::string_view name = "callbacks";
  using futures::futures;
  template <class Start>
  auto wait(Start start) {
    std::promise<answer_of<Start, decltype(client)>> promise;
    auto answer = promise.get_future();
    start(client, [promise = std::move(promise)](auto got) mutable { promise.set_value(std::move(got)); });
    return answer.get();
  }
};

// Its adds travel together where a program makes several at once.
struct sharing : futures {
  static constexpr std::string_view name = "sharing";
  static constexpr std::size_t at_once = 24;
  sharing(const std::string& url, auditor::options settings)
      : futures(url, (settings.share_requests = true, std::move(settings))) {}
};

struct coroutines : on_this_thread<coroutines> {
  static constexpr std::string_view name = "coroutines";
  coroutines(const std::string& url, const auditor::options& settings)
      : client(curl_client_on(loop.get_executor(), url, settings)) {}
  template <class Start>
  auto wait(Start start) {
    std::optional<answer_of<Start, decltype(client)>> answer;
    const task waiting = [](auto& c, auto& starts, auto& into) -> task {
      auto got = co_await starts(c, auditor::use_pending);
      into.emplace(std::move(got));
    }(client, start, answer);
    while (!answer) loop.run_once(auditor::ticks{1'000});
    return *std::move(answer);
  }
  auditor::io_loop loop;
  auditor::curl_async_client<auditor::io_loop::executor> client;
};
#ifdef AUDITOR_OWN_BUILD_HAS_BEAST
using all = std::tuple<blocking, type_erased, futures, callbacks, sharing, coroutines, curl_on_asio, beast_callbacks,
                       beast_coroutines>;
#else
using all = std::tuple<blocking, type_erased, futures, callbacks, sharing, coroutines>;
#endif

}  // namespace flavours
