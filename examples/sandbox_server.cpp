// An Auditor to play with: serves an empty sandbox over HTTP on loopback until it is stopped.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   sandbox_server [--port N] [--seconds N] [--warning-mode] [--database-down]
//
// Its first line is its address, http://127.0.0.1:PORT. It ends after --seconds (600), at Ctrl-C or at SIGTERM.
#include <auditor/sandbox/http_server.hpp>

#include <boost/asio.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <optional>
#include <string_view>
#include <system_error>

namespace {

struct settings {
  std::uint16_t port = 0;
  std::uint32_t seconds = 600;
  bool warning_mode = false;
  bool database_down = false;
};

template <class Number>
bool to_number(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

std::optional<settings> read_arguments(int count, char** arguments) {
  settings s;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    const std::string_view value = i + 1 < count ? arguments[i + 1] : "";
    if (name == "--warning-mode")
      s.warning_mode = true;
    else if (name == "--database-down")
      s.database_down = true;
    else if (name == "--port" && to_number(value, s.port))
      ++i;
    else if (name == "--seconds" && to_number(value, s.seconds))
      ++i;
    else
      return std::nullopt;
  }
  return s;
}

}  // namespace

int main(int count, char** arguments) {
  const auto wanted = read_arguments(count, arguments);
  if (!wanted) {
    std::cerr << "usage: sandbox_server [--port N] [--seconds N] [--warning-mode] [--database-down]\n";
    return 2;
  }
  try {
    auditor::sandbox_options options;
    options.ignore_record_exists_error = wanted->warning_mode;
    auditor::sandbox server(std::move(options));
    server.database_down(wanted->database_down);
    const auditor::sandbox_server http(server, wanted->port);

    // Before the address is printed: whoever reads it may stop us at once.
    boost::asio::io_context waiting;
    boost::asio::signal_set signals(waiting, SIGINT, SIGTERM);
    boost::asio::steady_timer limit(waiting, std::chrono::seconds(wanted->seconds));
    signals.async_wait([&](const boost::system::error_code&, int) { waiting.stop(); });
    limit.async_wait([&](const boost::system::error_code&) { waiting.stop(); });
    std::cout << http.url() << std::endl;
    waiting.run();
    return 0;
  } catch (const boost::system::system_error& failure) {
    std::cerr << "sandbox_server: cannot listen on 127.0.0.1:" << wanted->port << ": " << failure.code().message() << "\n";
    return 1;
  }
}
