// Calls under standalone Asio. The tests are those of boost_asio.cpp.
// Asio 1.22 knows coroutines of GCC only, unless it is told.
#ifndef ASIO_HAS_CO_AWAIT
#define ASIO_HAS_CO_AWAIT 1
#endif

#include <auditor/ext/asio.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/scripted_transport.hpp>
#include <auditor/transport/curl/async_transport.hpp>

#include "catch.hpp"

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/experimental/deferred.hpp>
#include <asio/io_context.hpp>
#include <asio/multiple_exceptions.hpp>
#include <asio/this_coro.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {
#define AUDITOR_ASIO asio
#define AUDITOR_ASIO_ERROR_CODE asio::error_code
#define AUDITOR_ASIO_SYSTEM_ERROR asio::system_error
#define AUDITOR_ASIO_EXECUTOR asio_executor
#define AUDITOR_ASIO_DEFERRED asio::experimental::deferred
#define AUDITOR_ASIO_TESTS asio_tests
#define AUDITOR_ASIO_NAME "asio"
#include "ext/asio_tokens.inc"
}  // namespace
