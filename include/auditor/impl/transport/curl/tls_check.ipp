// Bodies of transport/curl/tls_check.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/tls_check.hpp>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

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

// Whether a PEM file has a part of this kind. GnuTLS takes a file of authorities without any, and does not tell whether the
// certificate or the key was at fault.
inline bool holds_pem(const std::string& path, std::string_view kind) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (mentions(line, "-----BEGIN ") && mentions(line, kind)) return true;
  return false;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if !defined(_WIN32)
namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// libcurl loads the files, and tries the key against the certificate, just before it says hello. Here it says hello to a
// socket of our own on the loopback: either the hello arrives, or libcurl tells what is wrong with the files.
class tls_rehearsal {
 public:
  tls_rehearsal() noexcept {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* name = static_cast<sockaddr*>(static_cast<void*>(&address));
    socklen_t size = sizeof address;
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    if (listener_ < 0 || bind(listener_, name, size) != 0 || listen(listener_, 1) != 0) return;
    if (getsockname(listener_, name, &size) == 0) port_ = ntohs(address.sin_port);
  }
  tls_rehearsal(const tls_rehearsal&) = delete;
  tls_rehearsal& operator=(const tls_rehearsal&) = delete;
  ~tls_rehearsal() {
    if (listener_ >= 0) ::close(listener_);
    if (accepted_ >= 0) ::close(accepted_);
  }

  // Where there is no loopback, the first connection will tell.
  error run(const curl_settings& settings) {
    const std::unique_ptr<CURLM, curl_multi_release> multi(curl_multi_init());
    const curl_easy easy(curl_easy_init());
    if (multi == nullptr || easy == nullptr || port_ == 0) return {};
    char words[CURL_ERROR_SIZE]{};
    const std::string url = "https://127.0.0.1:" + std::to_string(port_);
    configure(easy.get(), settings);
    curl_options(easy.get())
        .set(CURLOPT_URL, url)
        .set(CURLOPT_PROXY, "")
        .set(CURLOPT_UNIX_SOCKET_PATH, static_cast<const char*>(nullptr))
        .set(CURLOPT_CONNECTTIMEOUT_MS, 2000L)
        .set(CURLOPT_ERRORBUFFER, &words[0]);
    if (curl_multi_add_handle(multi.get(), easy.get()) != CURLM_OK) return {};
    const CURLcode code = until_hello(multi.get());
    curl_multi_remove_handle(multi.get(), easy.get());
    const std::string_view says = words[0] != '\0' ? words : curl_easy_strerror(code);
    error e;
    const bool by_gnutls = mentions(says, "error reading X.509");
    if (code == CURLE_SSL_CACERT_BADFILE && settings.tls.ca_file.empty())
      e = bad_setting("with_tls",
                      "this system's list of authorities cannot be read: install ca-certificates, or give a ca_file: ");
    else if (code == CURLE_SSL_CACERT_BADFILE)
      e = bad_setting("with_tls ca_file", "give a file of certificates in PEM: ");
    else if (code == CURLE_SSL_CRL_BADFILE)
      e = bad_setting("with_tls crl_file", "give a file of revocation lists in PEM: ");
    else if (by_gnutls ||
             (code == CURLE_SSL_CERTPROBLEM && (mentions(says, "private key") || mentions(says, "Private key"))))
      e = bad_setting("with_tls client_key",
                      "give the certificate's own key in PEM, and key_password if it is encrypted: ");
    else if (code == CURLE_SSL_CERTPROBLEM)
      e = bad_setting("with_tls client_certificate", "give a certificate in PEM: ");
    else
      return {};
    e.native = static_cast<std::int32_t>(code);
    return e.more(says);
  }

 private:
  CURLcode until_hello(CURLM* multi) noexcept {
    for (int running = 1; running != 0;) {
      if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_OK;
      curl_waitfd ours{};
      ours.fd = accepted_ >= 0 ? accepted_ : listener_;
      ours.events = CURL_WAIT_POLLIN;
      if (running != 0) curl_multi_poll(multi, &ours, 1, 100, nullptr);
      if (ours.revents == 0) continue;
      if (accepted_ >= 0) return CURLE_OK;
      accepted_ = accept(listener_, nullptr, nullptr);
    }
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    return message != nullptr ? message->data.result : CURLE_OK;
  }

  int listener_ = -1;
  int accepted_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL error check_tls(const curl_settings& settings) {
  const tls_options& tls = settings.tls;
  if (const error e = check_own_certificate(tls, "with_tls")) return e;
  std::error_code ignored;
  if (!tls.ca_directory.empty() && !std::filesystem::is_directory(std::filesystem::path(tls.ca_directory.c_str()), ignored))
    return bad_setting("with_tls ca_directory", "give a directory that can be read: ").more(tls.ca_directory);
  const auto check = [](std::string_view setting, const std::string& path) {
    return path.empty() ? error{} : check_readable(setting, path);
  };
  if (const error e = check("with_tls ca_file", tls.ca_file)) return e;
  if (const error e = check("with_tls crl_file", tls.crl_file)) return e;
  if (const error e = check("with_tls client_certificate", tls.client_certificate)) return e;
  if (const error e = check("with_tls client_key", tls.client_key)) return e;
  if (uses_gnutls()) {
    if (!tls.ca_file.empty() && !holds_pem(tls.ca_file, "CERTIFICATE-----"))
      return bad_setting("with_tls ca_file", "give a file of certificates in PEM: ").more(tls.ca_file);
    if (!tls.crl_file.empty() && !holds_pem(tls.crl_file, "X509 CRL-----"))
      return bad_setting("with_tls crl_file", "give a file of revocation lists in PEM: ").more(tls.crl_file);
    if (!tls.client_certificate.empty() && !holds_pem(tls.client_certificate, "CERTIFICATE-----"))
      return bad_setting("with_tls client_certificate", "give a certificate in PEM: ").more(tls.client_certificate);
  }
#if !defined(_WIN32)
  if (initialise_curl() == CURLE_OK) return tls_rehearsal().run(settings);
#endif
  return {};
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
