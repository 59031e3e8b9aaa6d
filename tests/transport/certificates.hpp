// An authority of the test's own with what it signed, and TLS servers that show it: made by the `openssl` command.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>

namespace loopback {

// A directory with ca.pem, server.pem (for localhost), expired.pem, client.pem, own-expired.pem and what belongs to them;
// other-ca.pem and stranger.pem are another authority's. revoked.crl revokes server.pem, nothing.crl nothing. `answer` is what a tls_server sends for GET /answer.
class certificates {
 public:
  certificates() {
    char pattern[] = "/tmp/auditor-tls-XXXXXX";
    if (mkdtemp(pattern) == nullptr) std::abort();
    directory_ = pattern;
    std::ofstream(path("answer"), std::ios::binary) << "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    // One shell for all: each start of the command costs more than a key.
    made_ = shell(
        "set -e; key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'; host='-addext "
        "subjectAltName=DNS:localhost'\n"
        "openssl req -x509 $key -keyout ca.key -out ca.pem -subj '/CN=test authority' -days 2\n"
        "openssl req -x509 $key -keyout other-ca.key -out other-ca.pem -subj '/CN=other authority' -days 2\n"
        "openssl req $key -keyout server.key -out server.csr -subj /CN=localhost $host\n"
        "openssl req $key -keyout client.key -out client.csr -subj /CN=client\n"
        "sign() { openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -set_serial $5 -copy_extensions copy -days $4 -out "
        "$3.pem; }\n"
        "sign server ca server 2 1; sign server ca expired -1 2\n"
        "sign client ca client 2 3; sign client other-ca stranger 2 4\n"
        "sign client ca own-expired -1 5; openssl genrsa -out rsa.key 2048\n"
        "openssl pkcs8 -topk8 -v2 aes128 -passout pass:secret -in client.key -out encrypted-pkcs8.key\n"
        "printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\ncrlnumber=number\\ndefault_md=sha256\\n' > ca.cnf\n"
        ": > index; echo 01 > number; lists='openssl ca -config ca.cnf -keyfile ca.key -cert ca.pem -crldays 2'\n"
        "$lists -gencrl -out nothing.crl; $lists -revoke server.pem; $lists -gencrl -out revoked.crl\n"
        "openssl ec -in client.key -aes128 -passout pass:secret -out encrypted.key\n"
        "cat client.pem client.key > both.pem; echo garbage > garbage.pem; : > empty.pem\n"
        "mkdir authorities; cp ca.pem authorities; openssl rehash authorities");
  }
  certificates(const certificates&) = delete;
  certificates& operator=(const certificates&) = delete;
  ~certificates() { shell("rm -rf \"$PWD\""); }

  bool made() const { return made_; }
  std::string path(std::string_view name) const { return directory_ + "/" + std::string(name); }
  const std::string& directory() const { return directory_; }

 private:
  bool shell(const std::string& script) const {
    const std::string whole = "cd " + directory_ + " && { " + script + "\n} >/dev/null 2>&1";
    return std::system(whole.c_str()) == 0;
  }

  std::string directory_;
  bool made_ = false;
};

// `openssl s_server` with these arguments, on a free port.
class tls_server {
 public:
  tls_server(const certificates& files, const std::string& arguments) {
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0) std::abort();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output[1], 1);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    std::string script = "cd " + files.directory() + " && exec openssl s_server -accept 127.0.0.1:0 -HTTP " + arguments;
    std::string shell = "sh";
    std::string command = "-c";
    char* words[] = {shell.data(), command.data(), script.data(), nullptr};
    if (posix_spawnp(&process_, "sh", &actions, nullptr, words, environ) != 0) std::abort();
    posix_spawn_file_actions_destroy(&actions);
    ::close(output[1]);
    output_ = output[0];
    std::string text;
    char byte = 0;
    while (::read(output_, &byte, 1) == 1) {
      if (byte != '\n') {
        text += byte;
        continue;
      }
      if (text.starts_with("ACCEPT ")) {
        port_ = std::atoi(text.c_str() + text.rfind(':') + 1);
        return;
      }
      text.clear();
    }
  }
  tls_server(const tls_server&) = delete;
  tls_server& operator=(const tls_server&) = delete;
  ~tls_server() {
    ::kill(process_, SIGTERM);
    ::waitpid(process_, nullptr, 0);
    ::close(output_);
  }

  int port() const { return port_; }

 private:
  pid_t process_ = -1;
  int output_ = -1;
  int port_ = 0;
};

}  // namespace loopback
