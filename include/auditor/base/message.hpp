// An error as a sentence for people: what happened, to which record, and what to do.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

constexpr std::string_view what_happened(const error& e) noexcept {
  switch (e.code) {
    case errc::ok: return "no error";
    case errc::invalid_argument: return "invalid argument";
    case errc::invalid_record: return "invalid record";
    case errc::invalid_query: return "invalid query";
    case errc::buffer_full: return "buffer too small";
    case errc::busy: return "the transport is busy with another request";
    case errc::connect_failed: return "cannot connect";
    case errc::connection_lost: return "the connection was lost before the answer was complete";
    case errc::tls_failed: return "TLS failed";
    case errc::timed_out: return "timed out";
    case errc::cancelled: return "cancelled";
    case errc::record_exists: return "already exists";
    case errc::conflict: return "exists with other content";
    case errc::record_not_found: return "does not exist";
    case errc::not_authorised: return "not authorised";
    case errc::server_failure: return "the server failed";
    case errc::server_busy: return "the server was too busy to tell";
    case errc::wrong_endpoint: return "this endpoint does not answer as Auditor does";
    case errc::not_auditor: return "the answer is not Auditor's";
    case errc::json_syntax: return "malformed JSON";
    case errc::json_type: return "unexpected JSON";
    case errc::record_too_large: return "record too large";
    case errc::unreadable_record: return "the server cannot read this record's components";
    case errc::truncated: return "the answer is not complete";
  }
  return "?";
}

constexpr std::string_view what_to_do(const error& e) noexcept {
  const bool write = e.request == route::post_record || e.request == route::post_records || e.request == route::put_record;
  if (write && e.outcome == outcome::unknown)
    return e.request == route::put_record ? "it may have been done: send the same again"
                                          : "it may have been stored: send the same again, with on_duplicate::compare";
  switch (e.code) {
    case errc::invalid_record:
    case errc::invalid_query:
    case errc::invalid_argument:
    case errc::record_too_large: return e.attempts == 0 ? "correct it; nothing was sent" : "correct it";
    case errc::buffer_full: return "give the client a larger workspace";
    case errc::busy: return "wait for the other request";
    case errc::connect_failed:
      if (e.words().starts_with(no_descriptors))
        return write ? "raise the limit (ulimit -n) or lower max_connections; nothing was stored"
                     : "raise the limit (ulimit -n) or lower max_connections";
      if (e.words().starts_with(no_free_connection))
        return write ? "raise max_connections or the time-outs; nothing was stored"
                     : "raise max_connections or the time-outs";
      return write ? "check that Auditor runs at this address; nothing was stored"
                   : "check that Auditor runs at this address";
    case errc::tls_failed: return "check certificates and host name";
    case errc::connection_lost:
    case errc::timed_out:
    case errc::server_failure:
    case errc::server_busy: return "try again later";
    case errc::cancelled: return e.attempts == 0 ? "nothing was sent" : "";
    case errc::record_exists: return "use update() to set its stop time, or another duplicate policy";
    case errc::conflict: return "compare the two; the stored one is unchanged";
    case errc::record_not_found: return "add it first";
    case errc::not_authorised: return "ask for a role that allows this route";
    case errc::wrong_endpoint:
    case errc::not_auditor: return "check address, port and base path";
    case errc::json_syntax:
    case errc::json_type: return "the server or something before it sent what Auditor does not";
    case errc::unreadable_record: return "correct it in the database";
    case errc::truncated: return "read again";
    case errc::ok: break;
  }
  return "";
}

}  // namespace detail

/// The error as one line: `record 'slurm-4711': already exists (POST /record, HTTP 500: RECORD_EXISTS); use update() ...`.
/// **Memory**: allocates; never called on the path of success.
inline std::string message(const error& e) {
  std::string line;
  const auto append = [&line](std::string_view part) { line.append(part.data(), part.size()); };
  if (!e.record_id().empty()) {
    append("record '");
    append(e.record_id());
    append("': ");
  }
  append(detail::what_happened(e));
  std::string where;
  const auto add = [&where](std::string_view part, std::string_view text) {
    where.append(where.empty() ? std::string_view(" (") : part);
    where.append(text.data(), text.size());
  };
  if (e.request != route::none) add(", ", to_string(e.request));
  if (e.status != 0) add(", ", "HTTP " + std::to_string(e.status));
  if (e.attempts > 1) add(", ", std::to_string(e.attempts) + " attempts");
  if (!e.words().empty()) add(": ", e.words());
  if (!where.empty()) line += where + ")";
  if (const std::string_view advice = detail::what_to_do(e); !advice.empty()) {
    append("; ");
    append(advice);
  }
  return line;
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
