// Calls under standalone Asio: an executor on its loops, and its completion tokens. For Boost.Asio: ext/boost_asio.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

// A program that lives in an io_context keeps it, and gives its clients an executor on it:
//
//   asio::io_context loop;
//   auditor::asio_executor on(loop.get_executor());
//   auto client = auditor::async_client_builder().address("localhost", 8000).build(on).value();  // transport/curl_async.hpp
//   asio::co_spawn(client.get_executor(), [&]() -> asio::awaitable<void> {
//     const auto added = co_await client.add(record);  // result<receipt>: the error is in it, nothing throws
//     if (!added) std::cerr << message(added.error()) << '\n';
//   }, asio::detached);
//   loop.run();
//
// `asio_executor` (ext/asio/executor.inc) says what holds of tokens, cancellation, threads and lifetimes; `as_error_code`
// (ext/asio/as_error_code.hpp) makes Asio's combinators see a failed call.

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/cancellation_type.hpp>
#include <asio/dispatch.hpp>
#include <asio/error.hpp>
#include <asio/execution/outstanding_work.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/basic_stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/use_awaitable.hpp>
#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

#define AUDITOR_ASIO asio
#define AUDITOR_ASIO_EXECUTOR asio_executor
#ifdef ASIO_HAS_CO_AWAIT
#define AUDITOR_ASIO_AWAITS
#endif
#include <auditor/ext/asio/executor.inc>
#undef AUDITOR_ASIO_AWAITS
#undef AUDITOR_ASIO_EXECUTOR
#undef AUDITOR_ASIO
