// Bodies of base/message.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/message.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

/// About a record to be stored. A request for records is, too, when its outcome is one that only a write has and a record is
/// named: a bulk looks at what is stored.
constexpr bool is_about_a_write(const error& e) noexcept {
  if (e.request == route::post_record || e.request == route::post_records || e.request == route::put_record) return true;
  return (e.outcome == outcome::unknown || e.outcome == outcome::duplicate) && !e.record_id().empty();
}

/// Whether the same request can have another answer. What the record, the caller's rights or the address forbid stays so.
constexpr bool may_be_sent_again(errc code) noexcept {
  switch (code) {
    case errc::invalid_argument:
    case errc::invalid_record:
    case errc::record_too_large:
    case errc::buffer_full:
    case errc::tls_failed:
    case errc::not_authorised:
    case errc::wrong_endpoint:
    case errc::record_not_found: return false;
    default: return true;
  }
}

/// Whether the record may have been stored; empty for a read.
constexpr std::string_view what_became_of_it(const error& e) noexcept {
  if (!is_about_a_write(e)) return "";
  const bool is_update = e.request == route::put_record;
  switch (e.outcome) {
    case outcome::delivered: break;
    case outcome::duplicate: return "the stored one is unchanged";
    case outcome::rejected:
    case outcome::not_applied:
      if (is_update) return "its stop time was not stored";
      return e.record_id().empty() ? "nothing was stored" : "it was not stored";
    case outcome::unknown:
      if (may_be_sent_again(e.code))
        return is_update ? "its stop time may have been stored: send the same again"
                         : "it may have been stored: send the same again, with on_duplicate::compare";
      return is_update ? "an earlier attempt may have stored its stop time" : "an earlier attempt may have been stored";
  }
  return "";
}

constexpr std::string_view what_to_do(const error& e) noexcept {
  const bool is_write = is_about_a_write(e);
  if (is_write && e.outcome == outcome::unknown && may_be_sent_again(e.code)) return "";
  switch (e.code) {
    case errc::record_too_large:
      if (e.words().find("the workspace") != std::string_view::npos) return "make the workspace larger";
      if (!is_write && e.outcome != outcome::rejected) return "raise max_record of the options, or of the reader";
      if (e.status == 413 && !e.words().starts_with("JSON payload"))
        return "the limit is not Auditor's: raise that of the proxy before it";
      [[fallthrough]];
    case errc::invalid_record:
    case errc::invalid_query:
    case errc::invalid_argument: return e.attempts == 0 ? "correct it; nothing was sent" : "correct it";
    case errc::buffer_full:
      return e.words().starts_with("the ring") ? "deliver what waits, or give it more memory"
                                               : "give the client a larger workspace";
    case errc::busy:
      return e.words().starts_with("the queue") ? "end that process, or use another file" : "wait for the other request";
    case errc::storage_failed:
      return e.words().starts_with("the queue") ? "look at the file and its disk" : "look at the memory and its driver";
    case errc::connect_failed:
      if (e.words().starts_with(no_descriptors)) return "raise the limit (ulimit -n) or lower max_connections";
      if (e.words().starts_with(no_free_connection)) return "raise max_connections or the time-outs";
      return "check that Auditor runs at this address";
    case errc::tls_failed: return "check certificates and host name";
    case errc::timed_out:
      if (e.words().starts_with("options::") || e.words().starts_with("call_options::"))
        return e.attempts == 0 ? "raise it" : "try again later, or raise it";
      [[fallthrough]];
    case errc::connection_lost:
    case errc::server_failure:
    case errc::server_busy: return "try again later";
    case errc::cancelled: return e.attempts == 0 ? "nothing was sent" : "";
    case errc::record_exists:
      // Not compared for want of room.
      if (e.words().find("the workspace") != std::string_view::npos ||
          e.words().find("its storage") != std::string_view::npos)
        return "give the client a larger workspace";
      return e.request == route::put_record ? "" : "use update() to set its stop time, or another duplicate policy";
    case errc::conflict: return "compare the two";
    case errc::record_not_found: return is_write ? "add it first" : "";
    case errc::not_authorised: return "ask for a role that allows this route";
    case errc::wrong_endpoint:
      if (e.status == 407) return "give the proxy the credentials it asks for, or go around it";
      [[fallthrough]];
    case errc::not_auditor:
      if (e.words().find("asked for") != std::string_view::npos)
        return "look for a cache or a proxy that answers with another list";
      return "check address, port and base path";
    case errc::json_syntax:
    case errc::json_type:
      return e.request == route::none ? "correct the text" : "the server or something before it sent what Auditor does not";
    case errc::unreadable_record: return e.request == route::none ? "give them a value" : "correct it in the database";
    case errc::truncated: return "read again";
    case errc::ok: break;
  }
  return "";
}

}  // namespace model_detail

AUDITOR_DECL std::string message(const error& e) {
  std::string line;
  const auto append = [&line](std::string_view part) { line.append(part.data(), part.size()); };
  if (!e.record_id().empty()) {
    append("record '");
    append(e.record_id());
    append("': ");
  }
  append(model_detail::what_happened(e));
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
  for (const std::string_view part : {model_detail::what_to_do(e), model_detail::what_became_of_it(e)})
    if (!part.empty()) {
      append("; ");
      append(part);
    }
  return line;
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
