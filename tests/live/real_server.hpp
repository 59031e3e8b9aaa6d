// What only the real server can be asked to suffer: its processes killed, its database looked into, its settings changed.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "server_under_test.hpp"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace live {

// Where tools/live-auditor keeps the programs that kill and start things; empty: nobody started us that way.
inline const std::string& live_directory() {
  static const std::string directory = environment("AUDITOR_LIVE_DIR");
  return directory;
}

// False, with a word about it, when the server under test is not ours to kill.
inline bool owns_real_server() {
  if (!live_directory().empty()) return true;
  WARN("skipped: needs the real server, run by tools/live-auditor --warning run auditor_live_tests");
  return false;
}

// One of the programs of tools/live-auditor: pg-start, server-kill --warning ...
inline bool run_program(const std::string& program) {
  return std::system((live_directory() + "/" + program + " >/dev/null 2>&1").c_str()) == 0;
}

// The answer of the database as lines of columns with a tab between.
inline std::vector<std::string> ask_database(const std::string& sql) {
  const std::string command =
      live_directory() + "/psql --tuples-only --no-align --field-separator='\t' --command=\"" + sql + "\"";
  std::vector<std::string> lines;
  FILE* const pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string line;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) {
    if (c != '\n') {
      line += static_cast<char>(c);
      continue;
    }
    lines.push_back(std::exchange(line, {}));
  }
  REQUIRE(pclose(pipe) == 0);
  return lines;
}

// A signal for the postmaster and all that serve with it.
inline void signal_database(int signal) {
  std::ifstream file(live_directory() + "/pg/data/postmaster.pid");
  pid_t postmaster = 0;
  if (!(file >> postmaster) || postmaster <= 1) return;
  const std::string process = std::to_string(postmaster);
  std::ifstream list("/proc/" + process + "/task/" + process + "/children");
  std::vector<pid_t> all{postmaster};  // first, or it would start others
  for (pid_t child = 0; list >> child;) all.push_back(child);
  for (const pid_t each : all) kill(each, signal);
}

class stop_watch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

inline int free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  int port = 0;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0)
    port = ntohs(address.sin_port);
  close(listener);
  return port;
}

inline bool listens(int port) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool answered = connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(connection);
  return answered;
}

// A real server with settings of its own, in a directory that the caller keeps. It dies with us.
class own_server {
 public:
  own_server(const std::string& directory, const std::string& database, const std::string& settings)
      : http_port_(free_port()), tls_port_(free_port()) {
    const std::string program = environment("AUDITOR_SERVER");
    const std::string file = directory + "/server-" + std::to_string(http_port_) + ".yaml";
    std::ofstream(file)
        << "application: {addr: [\"127.0.0.1\"], port: " << http_port_ << ", web_workers: 1}\n"
        << "database: {host: \"" << live_directory()
        << "/pg\", port: 5432, username: auditor, password: none, database_name: " << database
        << ", require_ssl: false}\nmetrics: {database: {frequency: 30, metrics: [RecordCount]}}\nlog_level: warn\n"
        << "tls_config: {use_tls: true, https_addr: [\"127.0.0.1\"], https_port: " << tls_port_
        << ", ca_cert_path: " << directory << "/ca.pem, server_key_path: " << directory << "/server.key, " << settings;
    process_ = fork();
    if (process_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (chdir(directory.c_str()) != 0 || std::freopen("server.log", "a", stdout) == nullptr || dup2(1, 2) < 0) _exit(126);
      const char* const no_environment[] = {nullptr};  // the server would take AUDITOR_* for its settings
      execle(program.c_str(), program.c_str(), file.c_str(), nullptr, no_environment);
      _exit(127);
    }
    for (int i = 0; i < 500 && !(started_ = listens(tls_port_)); ++i) std::this_thread::sleep_for(20ms);
  }
  own_server(const own_server&) = delete;
  own_server& operator=(const own_server&) = delete;
  ~own_server() {
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

  bool started() const { return started_; }
  int http_port() const { return http_port_; }
  int tls_port() const { return tls_port_; }

 private:
  int http_port_;
  int tls_port_;
  pid_t process_ = -1;
  bool started_ = false;
};

}  // namespace live
