// Bodies of exchange/classify.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/exchange/classify.hpp>

#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bool answer_text::begins(std::string_view with) const noexcept { return head.starts_with(with); }

inline judgement classify_write(route request, int status, const answer_text& text) noexcept {
  const bool post = request != route::put_record;
  switch (status) {
    case 200:
      if (text.size == 0) return {errc::ok, outcome::delivered};
      if (post && text.begins("{\"warning\":")) return {errc::record_exists, outcome::duplicate};
      return {errc::not_auditor, outcome::unknown, true};
    case 400:
      if (text.begins("Json deserialize error")) return {errc::invalid_record, outcome::rejected};
      return {errc::not_auditor, outcome::unknown};
    case 404:
      if (!post && text.begins("Updating unknown record ") && text.tail.ends_with(" not possible."))
        return {errc::record_not_found, outcome::not_applied};
      return {errc::wrong_endpoint, outcome::not_applied};
    case 413: return {errc::record_too_large, outcome::rejected};
    case 500:
      if (post && text.is("RECORD_EXISTS")) return {errc::record_exists, outcome::duplicate};
      return {errc::server_failure, outcome::unknown, true};
    default: return {errc::not_auditor, outcome::unknown, true};
  }
}

inline judgement classify_read(int status, const answer_text& text) noexcept {
  switch (status) {
    case 200: return {errc::ok, outcome::delivered};
    case 400:
      if (text.begins("{\"error\":")) return {errc::invalid_query, outcome::rejected};
      return {errc::not_auditor, outcome::not_applied};
    case 414:
    case 431: return {errc::invalid_query, outcome::rejected};
    case 500: return {errc::server_failure, outcome::not_applied, true};
    default: return {errc::not_auditor, outcome::not_applied, true};
  }
}

AUDITOR_DECL judgement classify(route request, int status, const answer_text& text) noexcept {
  const outcome open = is_write(request) ? outcome::unknown : outcome::not_applied;
  switch (status) {
    case 401:
    case 403: return {errc::not_authorised, outcome::not_applied};
    case 405:
    case 411:
    case 415:
    case 501:
    case 505: return {errc::wrong_endpoint, outcome::not_applied};
    case 408:
    case 425:
    case 429:
    case 502:
    case 503:
    case 504: return {errc::server_failure, open, true};
    default: break;
  }
  if (status == 407 || (status >= 300 && status < 400)) return {errc::wrong_endpoint, outcome::not_applied, true};
  if (status > 500 && status < 600) return {errc::server_failure, open, true};
  if (is_write(request)) return classify_write(request, status, text);
  if (status == 404) return {errc::wrong_endpoint, outcome::not_applied};
  if (request == route::get_records) return classify_read(status, text);
  if (status == 200 && text.size == 0) return {errc::ok, outcome::delivered};
  if (status == 500) return {errc::server_failure, outcome::not_applied, true};
  return {errc::not_auditor, outcome::not_applied, status != 400};
}

AUDITOR_DECL judgement classify_failure(route request, errc code) noexcept {
  const outcome open = is_write(request) ? outcome::unknown : outcome::not_applied;
  switch (code) {
    case errc::connect_failed: return {code, outcome::not_applied, true};
    case errc::tls_failed:
    case errc::busy:
    case errc::invalid_argument:
    case errc::buffer_full: return {code, outcome::not_applied};
    case errc::cancelled:
    case errc::not_auditor: return {code, open};  // an answer larger than options::max_answer
    case errc::timed_out: return {code, open, true};
    // Whatever else a transport says: Auditor's words are not its to say, and no failure is a success.
    default: return {errc::connection_lost, open, true};
  }
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
