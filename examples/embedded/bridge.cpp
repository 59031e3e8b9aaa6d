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

// Until the line ends.
template <class Bridge>
void serve(int fd, Bridge& bridge) {
  char some[4096];
  for (ssize_t n; (n = read(fd, some, sizeof some)) > 0;)
    if (!write_all(fd, bridge.take({some, static_cast<std::size_t>(n)}))) return;
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

  const std::string line = arguments[1];
  const bool is_port = line.find_first_not_of("0123456789") == std::string::npos;
  const int end = is_port ? listen_at(static_cast<std::uint16_t>(std::atoi(line.c_str()))) : open_terminal(line.c_str());
  if (end < 0) {
    std::cerr << "bridge: cannot open " << line << '\n';
    return 1;
  }
  if (!is_port) {
    serve(end, bridge);
    return 1;
  }
  // A cut line that comes back finds what it was about: the bridge outlives its connections.
  for (int fd; (fd = accept(end, nullptr, nullptr)) >= 0; close(fd)) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // an answer is waited for
    serve(fd, bridge);
  }
  return 1;
}
