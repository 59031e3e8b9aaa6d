// An error as a sentence for people: what happened, to which record, what to do, and whether it may have been stored.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>

#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

constexpr std::string_view what_happened(const error& e) noexcept {
  switch (e.code) {
    case errc::ok: return "no error";
    case errc::invalid_argument: return "invalid argument";
    case errc::invalid_record: return "invalid record";
    case errc::invalid_query: return "invalid query";
    case errc::buffer_full: return "buffer too small";
    case errc::busy: return e.words().starts_with("the ") ? "busy" : "the transport is busy with another request";
    case errc::connect_failed: return "cannot connect";
    case errc::connection_lost: return "the connection was lost before the answer was complete";
    case errc::storage_failed: return "storage failed";
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
    case errc::unreadable_record:
      return e.request == route::none ? "no components to read" : "the server cannot read this record's components";
    case errc::truncated: return "the answer is not complete";
  }
  return "?";
}

}  // namespace model_detail

/// The error as one line: `record 'slurm-4711': already exists (POST /record, HTTP 500: RECORD_EXISTS); use update() ...`.
/// Of a write it ends in whether the record may have been stored; of a bulk that ended early, it speaks of one record.
/// **Memory**: allocates; never called on the path of success.
std::string message(const error& e);

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/message.ipp>
#endif
