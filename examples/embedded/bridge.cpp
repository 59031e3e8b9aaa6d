// The host at the end of a device's line: takes its requests in frames and sends them to Auditor over HTTP.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   bridge LINE URL      LINE: a terminal device such as /dev/ttyUSB0, or a port of loopback to listen at, for an emulator
#include "line/bridge.hpp"

#include <auditor/ext/ostream.hpp>
#include <auditor/transport/curl.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace {

// 115,200 baud, eight bits, and no byte means anything to the terminal.
int open_terminal(const char* path) {
  const int fd = open(path, O_RDWR | O_NOCTTY);
  termios settings{};
  if (fd < 0 || tcgetattr(fd, &settings) != 0) return -1;
  cfmakeraw(&settings);
  cfsetspeed(&settings, B115200);
  return tcsetattr(fd, TCSANOW, &settings) == 0 ? fd : -1;
}

int listen_at(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool well = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 1) == 0;
  return well ? fd : -1;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// What has come is answered. False: the line has ended.
template <class Bridge>
bool serve(int fd, Bridge& bridge) {
  char some[4096];
  const ssize_t n = read(fd, some, sizeof some);
  return n > 0 && write_all(fd, bridge.take({some, static_cast<std::size_t>(n)}));
}

// A new connection takes the place of the one before, whose end may never be told; an answer is waited for, and goes at once.
void take_over(int& line, int listener) {
  if (line >= 0) close(line);
  line = accept(listener, nullptr, nullptr);
  const int on = 1;
  setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: bridge LINE URL\n";
    return 2;
  }
  auto http = auditor::curl_builder().connection_string(arguments[2]).build();
  if (!http) {
    std::cerr << "bridge: " << http.error() << '\n';
    return 2;
  }
  signal(SIGPIPE, SIG_IGN);
  line::bridge bridge(std::move(*http));

  const std::string where = arguments[1];
  const bool is_port = where.find_first_not_of("0123456789") == std::string::npos;
  const int listener = is_port ? listen_at(static_cast<std::uint16_t>(std::atoi(where.c_str()))) : -1;
  int line = is_port ? -1 : open_terminal(where.c_str());
  if (listener < 0 && line < 0) {
    std::cerr << "bridge: cannot open " << where << '\n';
    return 1;
  }
  // The bridge outlives connections: a cut line that comes back finds what it was about.
  while (listener >= 0 || line >= 0) {
    pollfd ready[] = {{line, POLLIN, 0}, {listener, POLLIN, 0}};
    if (poll(ready, 2, -1) < 0) return 1;
    if (ready[1].revents != 0) {
      take_over(line, listener);
    } else if (ready[0].revents != 0 && !serve(line, bridge)) {
      close(line);
      line = -1;
    }
  }
  return 1;
}
