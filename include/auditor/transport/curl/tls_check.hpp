// Whether TLS files can be used, asked of libcurl itself: no handshake with anybody, no network, no TLS library's headers.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/session.hpp>

#include <curl/curl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#if !defined(_WIN32)
#include <sys/socket.h>
#include <unistd.h>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

inline error check_readable(std::string_view setting, const std::string& path) {
  errno = 0;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  bool readable = false;
  if (file != nullptr) {
    // Without a buffer, so that no part of a key stays behind in memory.
    std::setvbuf(file, nullptr, _IONBF, 0);
    readable = std::fgetc(file) != EOF;
    if (!readable && errno == 0) errno = EINVAL;
    std::fclose(file);
  }
  if (readable) return {};
  return bad_setting(setting, "give a file that can be read (")
      .more(errno == EINVAL ? "it is empty" : std::strerror(errno))
      .more("): ")
      .more(path);
}

#if !defined(_WIN32)
// libcurl loads the files, and tries the key against the certificate, just before it says hello. Here it says hello to a
// socket of our own on which a refusal is waiting: any other failure than that refusal is about the files.
class tls_rehearsal {
 public:
  tls_rehearsal() noexcept {
    constexpr unsigned char handshake_failure[] = {21, 3, 3, 0, 2, 2, 40};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends_) != 0) return;
    if (write(ends_[1], handshake_failure, sizeof handshake_failure) < 0 || shutdown(ends_[1], SHUT_WR) != 0)
      ready_ = false;
    else
      ready_ = true;
  }
  tls_rehearsal(const tls_rehearsal&) = delete;
  tls_rehearsal& operator=(const tls_rehearsal&) = delete;
  ~tls_rehearsal() {
    for (const int end : ends_)
      if (end >= 0) ::close(end);
  }

  error run(const curl_settings& settings) {
    curl_easy easy(curl_easy_init());
    if (easy == nullptr || !ready_) return {};
    char words[CURL_ERROR_SIZE]{};
    configure(easy.get(), settings);
    curl_options(easy.get())
        .set(CURLOPT_URL, "https://127.0.0.1/")
        .set(CURLOPT_PROXY, "")
        .set(CURLOPT_UNIX_SOCKET_PATH, static_cast<const char*>(nullptr))
        .set(CURLOPT_CONNECT_ONLY, 1L)
        .set(CURLOPT_CONNECTTIMEOUT_MS, 1000L)
        .set(CURLOPT_ERRORBUFFER, &words[0])
        .set(CURLOPT_OPENSOCKETFUNCTION, &on_socket)
        .set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this))
        .set(CURLOPT_SOCKOPTFUNCTION, &on_connect);
    const CURLcode code = curl_easy_perform(easy.get());
    if (code != CURLE_SSL_CERTPROBLEM && code != CURLE_SSL_CACERT_BADFILE && code != CURLE_SSL_CIPHER) return {};
    error e = bad_setting("with_tls", words[0] != '\0' ? words : curl_easy_strerror(code));
    e.native = static_cast<std::int32_t>(code);
    return e;
  }

 private:
  static curl_socket_t on_socket(void* self, curlsocktype, curl_sockaddr*) noexcept {
    int& end = static_cast<tls_rehearsal*>(self)->ends_[0];
    return end < 0 ? CURL_SOCKET_BAD : std::exchange(end, -1);
  }
  static int on_connect(void*, curl_socket_t, curlsocktype) noexcept { return CURL_SOCKOPT_ALREADY_CONNECTED; }

  int ends_[2] = {-1, -1};
  bool ready_ = false;
};
#endif

inline error check_tls(const curl_settings& settings) {
  const tls_options& tls = settings.tls;
  if (tls.client_certificate.empty() && !(tls.client_key.empty() && tls.key_password.empty()))
    return bad_setting("with_tls", "client_key and key_password need a client_certificate");
  std::error_code ignored;
  if (!tls.ca_directory.empty() && !std::filesystem::is_directory(tls.ca_directory, ignored))
    return bad_setting("with_tls ca_directory", "give a directory that can be read: ").more(tls.ca_directory);
  const auto check = [](std::string_view setting, const std::string& path) {
    return path.empty() ? error{} : check_readable(setting, path);
  };
  if (const error e = check("with_tls ca_file", tls.ca_file)) return e;
  if (const error e = check("with_tls client_certificate", tls.client_certificate)) return e;
  if (const error e = check("with_tls client_key", tls.client_key)) return e;
#if !defined(_WIN32)
  if (initialise_curl() == CURLE_OK) return tls_rehearsal().run(settings);
#endif
  return {};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
