// An easy handle, and everything about it that stays the same from request to request.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/transport/curl/bodies.hpp>
#include <auditor/transport/curl/settings.hpp>

#include <curl/curl.h>

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>

#if LIBCURL_VERSION_NUM < 0x075800
#error "auditor's transport needs libcurl 7.88 or later"
#endif

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct curl_easy_release {
  void operator()(CURL* easy) const noexcept;
};
using curl_easy = std::unique_ptr<CURL, curl_easy_release>;

struct curl_url_release {
  void operator()(CURLU* url) const noexcept;
};
using parsed_url = std::unique_ptr<CURLU, curl_url_release>;

struct curl_list_release {
  void operator()(curl_slist* list) const noexcept;
};
using curl_list = std::unique_ptr<curl_slist, curl_list_release>;

// Sets options of exactly the types that the variadic curl_easy_setopt reads, and keeps the first failure.
class curl_options {
 public:
  explicit curl_options(CURL* easy) noexcept : easy_(easy) {}

  template <class Value>
    requires std::same_as<Value, long> || std::same_as<Value, curl_off_t> || std::is_pointer_v<Value>
  curl_options& set(CURLoption option, Value value) noexcept {
    if (code_ == CURLE_OK) code_ = (curl_easy_setopt)(easy_, option, value);
    return *this;
  }
  curl_options& set(CURLoption option, const std::string& value) noexcept;
  curl_options& set_or_null(CURLoption option, const std::string& value) noexcept;

  CURLcode code() const noexcept { return code_; }

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

bool uses_gnutls() noexcept;

CURLcode configure(CURL* easy, const curl_settings& settings) noexcept;

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_CURL_BODIES
#include <auditor/impl/transport/curl/easy.ipp>
#endif
