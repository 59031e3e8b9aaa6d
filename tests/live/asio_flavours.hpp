// The flavour of a call on standalone Asio. Not built where Boost is too old: its Asio and this one then have the same include guards.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

// Asio 1.22 knows coroutines of GCC only, unless it is told.
#ifndef ASIO_HAS_CO_AWAIT
#define ASIO_HAS_CO_AWAIT 1
#endif

#include "live/on_this_thread.hpp"

#include <auditor/ext/asio.hpp>
#include <auditor/transport/curl_async.hpp>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace flavours {

struct curl_on_asio : on_this_thread<curl_on_asio> {
  static constexpr std::string_view name = "curl on Asio";
  curl_on_asio(const std::string& url, const auditor::options& settings)
      : client(auditor::async_client_builder()
                   .connection_string(url)
                   .call_settings(settings)
                   .build(auditor::asio_executor(loop.get_executor()))
                   .value()) {}
  template <class Start>
  auto wait(Start start) {
    std::optional<answer_of<Start, decltype(client)>> answer;
    co_spawn(
        loop,
        [&]() -> asio::awaitable<void> {
          auto got = co_await start(client, asio::use_awaitable);
          answer.emplace(std::move(got));
        },
        asio::detached);
    while (!answer) loop.run_one();
    return *std::move(answer);
  }
  asio::io_context loop;
  asio::executor_work_guard<asio::io_context::executor_type> stays = asio::make_work_guard(loop);
  auditor::curl_async_client<auditor::asio_executor> client;
};

}  // namespace flavours
