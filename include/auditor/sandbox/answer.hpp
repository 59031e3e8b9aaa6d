// What the sandbox is asked and what it answers, free of any transport.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/table.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

/// One request, as it came over the wire. **Lifetime**: what it refers to stays until `handle` returns.
struct AUDITOR_EXPORT sandbox_request {
  std::string_view method;             ///< GET, POST or PUT
  std::string_view target = {};        ///< path and query as sent, not decoded
  std::string_view content_type = {};  ///< of the body
  std::string_view body = {};          ///< as it came
  bool length_known = true;            ///< false for a chunked or a compressed body: a 413 then has other words
  std::uint64_t unread_length = 0;     ///< **Units**: bytes that were announced and have not been read
  std::string_view unreadable_body =
      {};  ///< why the body could not be decompressed, in the server's words; empty: it could
};

/// The body of an answer, pulled piece by piece. A list of records is one piece per record, made when it is asked for.
class AUDITOR_EXPORT sandbox_body {
 public:
  sandbox_body() = default;
  /// A text.
  explicit sandbox_body(std::string text) : text_(std::move(text)) {}
  /// Rows of the table, each made into text when it is asked for.
  sandbox_body(std::vector<detail::sandboxed::row_ref> rows, std::uint64_t shuffle);

  /// The next piece, never empty; nothing at the end - look at `is_lost` then.
  std::optional<std::string> next();

  /// All that is left, in one string.
  std::string text();

  /// Records are missing at the end, because `cut_streams` or `lose_streams` is on.
  bool is_cut() const noexcept { return cut_; }
  /// The connection dies where the pieces end.
  bool is_lost() const noexcept { return lost_; }

  /// Ends behind so many records: as if whole, or broken off.
  void shorten(std::size_t records, bool lost);

  /// Keeps a database connection until all is given but what the server sends ahead of its client.
  void keep(std::shared_ptr<void> connection);

 private:
  static constexpr std::size_t sent_ahead = 100;

  std::shared_ptr<void> connection_;
  std::string text_;
  std::vector<detail::sandboxed::row_ref> rows_;
  std::size_t given_ = 0;
  std::uint64_t shuffle_ = 0;
  bool cut_ = false;
  bool lost_ = false;
};

/// Names and values of headers.
using sandbox_headers = std::vector<std::pair<std::string, std::string>>;

/// What the sandbox answers, and whether that arrives.
struct AUDITOR_EXPORT sandbox_response {
  /// What happens to the answer on its way.
  enum class fate : std::uint8_t {
    arrives,
    refused,  ///< the connection was never made: the sandbox did not get the request
    lost,     ///< the request was sent, no byte of an answer came
  };

  int status = 200;                   ///< of HTTP
  sandbox_headers headers = {};       ///< Content-Type among them, when there is one; no Content-Length, no Date
  sandbox_body body = {};             ///< text, or rows that are made into it
  bool is_streamed = false;           ///< sent in chunks; otherwise with a Content-Length
  fate what_happens = fate::arrives;  ///< whether anybody gets it
  /// How long the database lets wait: a list pauses before its end, everything else before it begins. `handle` does not
  /// wait, the transports do.
  std::chrono::milliseconds pause{0};

  /// The value of a header, or empty. **Lifetime**: that of this.
  std::string_view header(std::string_view name) const noexcept;
};

/// One line of the audit log: a change that the database kept.
struct AUDITOR_EXPORT sandbox_change {
  /// What was done.
  enum class what : std::uint8_t { insert, update };

  what kind = what::insert;            ///< which of them
  std::string record_id;               ///< of the record
  std::uint64_t request = 0;           ///< the number of the request that did it, from 1
  std::optional<timestamp> stop_time;  ///< that it has since

  friend bool operator==(const sandbox_change&, const sandbox_change&) = default;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/answer.ipp>
#endif
