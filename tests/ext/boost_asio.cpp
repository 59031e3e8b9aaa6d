// Calls under Boost.Asio. The tests are those of asio.cpp.
#include <auditor/ext/boost_asio.hpp>
#include <auditor/ext/future.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/scripted_transport.hpp>
#include <auditor/transport/curl/async_transport.hpp>

#include "catch.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>

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
#define AUDITOR_ASIO boost::asio
#define AUDITOR_ASIO_ERROR_CODE boost::system::error_code
#define AUDITOR_ASIO_SYSTEM_ERROR boost::system::system_error
#define AUDITOR_ASIO_EXECUTOR boost_asio_executor
#define AUDITOR_ASIO_DEFERRED boost::asio::deferred
#define AUDITOR_ASIO_TESTS boost_asio_tests
#define AUDITOR_ASIO_NAME "boost asio"
#include "ext/asio_tokens.inc"
}  // namespace
