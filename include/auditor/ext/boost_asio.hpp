// Calls under Boost.Asio: an executor on its loops, and its completion tokens. For standalone Asio: ext/asio.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

// A program that lives in an io_context keeps it, and gives its clients an executor on it:
//
//   boost::asio::io_context loop;
//   auditor::boost_asio_executor on(loop.get_executor());
//   auto client = auditor::async_client_builder().address("localhost", 8000).build(on).value();  // transport/curl_async.hpp
//   client.add(record, {}, [](auditor::result<auditor::receipt> added) { /* on the client's strand */ });
//   loop.run();
//
// The example of ext/asio.hpp, with boost::asio for asio, shows co_await. `ext/beast.hpp` has a transport without libcurl.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#ifndef _WIN32
#include <fcntl.h>
#include <unistd.h>
#endif

#define AUDITOR_ASIO boost::asio
#define AUDITOR_ASIO_EXECUTOR boost_asio_executor
#ifdef BOOST_ASIO_HAS_CO_AWAIT
#define AUDITOR_ASIO_AWAITS
#endif
#include <auditor/ext/asio/executor.inc>
#undef AUDITOR_ASIO_AWAITS
#undef AUDITOR_ASIO_EXECUTOR
#undef AUDITOR_ASIO
