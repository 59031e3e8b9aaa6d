// The flavours of a call over ext/beast.hpp: callbacks and coroutines. Not built where Boost is too old.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "live/on_this_thread.hpp"

#include <auditor/ext/beast.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace flavours {

struct on_beast {
  on_beast(const std::string& url, const auditor::options& settings)
      : client(auditor::beast_transport::create(executor, {.url = url}).value(), executor, settings) {}
  boost::asio::io_context loop;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> stays = boost::asio::make_work_guard(loop);
  auditor::boost_asio_executor executor{loop.get_executor()};
  auditor::beast_client client;
};
struct beast_callbacks : on_beast, on_this_thread<beast_callbacks> {
  static constexpr std::string_view name = "Beast callbacks";
  using on_beast::on_beast;
  template <class Start>
  auto wait(Start start) {
    std::optional<answer_of<Start, decltype(client)>> answer;
    start(client, [&answer](auto got) { answer.emplace(std::move(got)); });
    while (!answer) loop.run_one();
    return *std::move(answer);
  }
};
struct beast_coroutines : on_beast, on_this_thread<beast_coroutines> {
  static constexpr std::string_view name = "Beast coroutines";
  using on_beast::on_beast;
  template <class Start>
  auto wait(Start start) {
    std::optional<answer_of<Start, decltype(client)>> answer;
    co_spawn(
        loop,
        [&]() -> boost::asio::awaitable<void> {
          auto got = co_await start(client, boost::asio::use_awaitable);
          answer.emplace(std::move(got));
        },
        boost::asio::detached);
    while (!answer) loop.run_one();
    return *std::move(answer);
  }
};

}  // namespace flavours
