// What went wrong, to which record, whether it may have been stored, and what to do: one flat type for the whole library.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/utf8.hpp>
#include <auditor/impl/base/divide.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <type_traits>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

/// The kinds of failure, by who is to blame. What became of the record is another question: see `outcome`.
enum class errc : std::uint8_t {
  ok,  ///< no error
  // The caller; nothing was sent.
  invalid_argument,  ///< a setting, a time or a text that is none; the words begin with its name
  invalid_record,    ///< `validate` refuses it, or the server does
  invalid_query,     ///< a condition that contradicts itself, or that the server would drop or refuse
  buffer_full,       ///< a fixed buffer (the client's workspace, an encoder's target) is too small
  busy,              ///< the transport has one channel, and it is in use; or another process has the file of a queue
  storage_failed,  ///< the memory of a ring, or the file of a queue, could not be read or written, or did not keep an entry
  // The transport.
  connect_failed,   ///< nothing was sent: name look-up, refused, unreachable
  connection_lost,  ///< after the first byte was sent: what the server did is unknown
  tls_failed,       ///< nothing was sent: a certificate was refused, ours or theirs, or no version of TLS is common
  timed_out,        ///< the words name the option that says how long
  cancelled,        ///< by the caller
  // Auditor's word.
  record_exists,     ///< the id is known
  conflict,          ///< the id is known with other content
  record_not_found,  ///< an update of an id that is not known
  not_authorised,    ///< 401 or 403: the role of our certificate may not do this
  server_failure,    ///< an error of the server's, or of its database
  server_busy,  ///< nothing came, as from a server without a free database connection: whether anything matches is unknown
  // Somebody else's word.
  wrong_endpoint,  ///< a server that does not have this route, or redirects
  not_auditor,     ///< an answer that no Auditor gives
  // The reply.
  json_syntax,        ///< no JSON, or cut off
  json_type,          ///< JSON, but no record
  record_too_large,   ///< larger than the server or a proxy takes, or, in an answer, than `options::max_record`
  unreadable_record,  ///< the server holds the record but cannot read its components (`"components":null`)
  truncated,          ///< the answer could not be proven complete
};

/// What became of the record, or records, that a call was about: what a program that must lose nothing decides by.
enum class outcome : std::uint8_t {
  delivered,    ///< stored
  duplicate,    ///< the server had a record of this id already; what it holds is unchanged
  rejected,     ///< certainly not stored, and never will be as it is
  not_applied,  ///< certainly not stored; may work later
  unknown,      ///< may have been stored
};

namespace model_detail {

// How a transport begins its words when the connection failed for want of something here: message() advises accordingly.
inline constexpr std::string_view no_free_connection = "none of the max_connections was free";
inline constexpr std::string_view no_descriptors = "no file descriptor was left";

}  // namespace model_detail

/// The request that an error is about.
enum class route : std::uint8_t { none, health_check, post_record, post_records, put_record, get_records };

/// An error by value: 288 bytes, no heap. The texts are cut to fit and made printable, so they may be logged as they are.
///
/// ```cpp
/// if (const auto added = client.add(r); !added) {
///   log(auditor::message(added.error()));                                     // a sentence for people
///   if (added.error().outcome == auditor::outcome::unknown) send_again(r);    // a decision for programs
/// }
/// ```
/// True when there is one: the code of a default one is `ok`. **Threads**: a value.
struct AUDITOR_EXPORT error {
  errc code{};                                               ///< what happened
  auditor::outcome outcome = auditor::outcome::not_applied;  ///< what became of the record
  route request{};                                           ///< the route of the request that failed, if one was made
  std::uint8_t attempts = 0;  ///< requests sent for this, repeats included; 0: nothing was sent
  std::uint16_t status = 0;   ///< HTTP status; 0: no answer
  std::int32_t native = 0;    ///< the transport's own code (curl: CURLcode)
  std::uint64_t index = 0;    ///< which record of a batch or a stream, from 0
  std::uint64_t offset = 0;   ///< byte of a JSON text, for json_* codes
  char record[80];            ///< the record's id, or empty; of one of 80 bytes and more its ends
  char text[176];             ///< the field and the rule, the server's words, or the transport's

  // What is behind the end of a text is nothing: to fill it each time with zeros takes longer than many a call that succeeds.
  constexpr error() noexcept {
    record[0] = text[0] = '\0';
    if (!std::is_constant_evaluated()) return;
    for (char& each : record) each = '\0';
    for (char& each : text) each = '\0';
  }
  /// Of this code, without words. **Ranges**: not `ok`.
  constexpr error(errc c) noexcept : error() { code = c; }
  /// The same with words, which are copied as far as they fit.
  constexpr error(errc c, std::string_view words) noexcept : error(c) { say(words); }
  /// The same for a library that has no words for it and gives a null pointer.
  constexpr error(errc c, const char* words) noexcept : error(c) { say(words); }

  /// Whether it is one.
  explicit constexpr operator bool() const noexcept { return code != errc::ok; }

  /// The record that it is about, or empty; of a long id the ends, see `of`. **Lifetime**: that of the error.
  constexpr std::string_view record_id() const noexcept { return {record, length(record, sizeof record)}; }
  /// The text. **Lifetime**: that of the error.
  constexpr std::string_view words() const noexcept { return {text, length(text, sizeof text)}; }

  /// Names the record. Of an id that is too long both ends are kept, and between them the mark of the whole: ids that differ only in their
  /// middle, or only at their end, can be told apart.
  constexpr error& of(std::string_view id) noexcept {
    const char* const end = id.data() + id.size();
    if (id.size() < sizeof record) {
      print(id.data(), end, record, sizeof record);
      return *this;
    }
    const char* head = id.data() + end_of_id;
    const char* tail = end - end_of_id;
    while (head != id.data() && continues(*head)) --head;
    while (tail != end && continues(*tail)) ++tail;
    print(id.data(), head, record, sizeof record);
    char* to = record + record_id().size();
    std::uint32_t hash = 2'166'136'261u;  // FNV-1a
    for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619u;
    for (int dots = 0; dots < 6; ++dots) {
      *to++ = '.';
      if (dots == 2)
        for (int i = 0; i < 8; ++i, hash <<= 4) *to++ = model_detail::hex_character(hash >> 28);
    }
    print(tail, end, to, static_cast<std::size_t>(record + sizeof record - to));
    return *this;
  }
  /// The same; a null pointer is an empty id.
  constexpr error& of(const char* id) noexcept { return of(id == nullptr ? std::string_view() : id); }
  /// Replaces the text.
  constexpr error& say(std::string_view words) noexcept {
    print(words, text, sizeof text);
    return *this;
  }
  /// The same; a null pointer is an empty text.
  constexpr error& say(const char* words) noexcept {
    text[0] = '\0';
    return more(words);
  }
  /// Appends to the text. A null pointer is an empty one.
  constexpr error& more(const char* words) noexcept {
    return add(words, words == nullptr ? 0 : length(words, sizeof text), sizeof text);
  }
  /// The same.
  constexpr error& more(std::string_view words) noexcept { return add(words.data(), words.size(), sizeof text); }
  /// The same of at most so many bytes; what is longer ends in "...".
  constexpr error& more(std::string_view words, std::size_t most) noexcept { return add(words.data(), words.size(), most); }
  /// The same with a number.
  constexpr error& more(std::uint64_t number) noexcept {
    char digits[20];
    char* const end = digits + sizeof digits;
    const char* const first = model_detail::write_digits_before(end, number);
    return add(first, static_cast<std::size_t>(end - first), sizeof text);
  }

 private:
  constexpr error& add(const char* words, std::size_t size, std::size_t most) noexcept {
    const std::size_t used = length(text, sizeof text), left = sizeof text - used;
    print(words, words + size, text + used, most < left ? most + 1 : left);
    return *this;
  }
  static constexpr std::size_t end_of_id = 32;

  // Not the first byte of a UTF-8 sequence.
  static constexpr bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u; }
  static constexpr std::size_t length(const char* text, std::size_t most) noexcept {
    std::size_t n = 0;
    while (n < most && text[n] != '\0') ++n;
    return n;
  }
  // What a text does to the log or terminal that shows it becomes '?', so that a hostile server cannot forge lines or turn them
  // round: control characters, line and paragraph separators, marks of direction, and what is no UTF-8. A cut ends in "..."
  // and never inside a character.
  static constexpr void print(std::string_view words, char* to, std::size_t size) noexcept {
    print(words.data(), words.data() + words.size(), to, size);
  }
  static constexpr void print(const char* from, const char* end, char* to, std::size_t size) noexcept {
    if (size == 0) return;
    const std::size_t most = size - 1;
    std::size_t used = 0, fits = 0;  // `fits`: the longest beginning behind which there is room for the dots
    while (from != end) {
      const model_detail::utf8_character c = model_detail::utf8_at(from, static_cast<std::size_t>(end - from));
      const bool is_shown = model_detail::is_printable(c.code_point);
      const std::size_t length = c.length != 0 ? c.length : 1, needed = is_shown ? length : 1;
      const char* const shown = is_shown ? from : "?";
      if (used + needed > most) {
        for (used = fits; used < most && used < fits + 3; ++used) to[used] = '.';
        break;
      }
      for (std::size_t i = 0; i < needed; ++i) to[used++] = shown[i];
      from += length;
      if (used + 3 <= most) fits = used;
    }
    to[used] = '\0';
  }
};

namespace model_detail {

// For `error::more`: of a pointer a switch becomes a small table.
constexpr const char* name_of(errc code) noexcept {
  switch (code) {
    case errc::ok: return "ok";
    case errc::invalid_argument: return "invalid_argument";
    case errc::invalid_record: return "invalid_record";
    case errc::invalid_query: return "invalid_query";
    case errc::buffer_full: return "buffer_full";
    case errc::busy: return "busy";
    case errc::storage_failed: return "storage_failed";
    case errc::connect_failed: return "connect_failed";
    case errc::connection_lost: return "connection_lost";
    case errc::tls_failed: return "tls_failed";
    case errc::timed_out: return "timed_out";
    case errc::cancelled: return "cancelled";
    case errc::record_exists: return "record_exists";
    case errc::conflict: return "conflict";
    case errc::record_not_found: return "record_not_found";
    case errc::not_authorised: return "not_authorised";
    case errc::server_failure: return "server_failure";
    case errc::server_busy: return "server_busy";
    case errc::wrong_endpoint: return "wrong_endpoint";
    case errc::not_auditor: return "not_auditor";
    case errc::json_syntax: return "json_syntax";
    case errc::json_type: return "json_type";
    case errc::record_too_large: return "record_too_large";
    case errc::unreadable_record: return "unreadable_record";
    case errc::truncated: return "truncated";
  }
  return "?";
}

}  // namespace model_detail

/// The name of the code, as it is written here: "record_exists".
constexpr std::string_view to_string(errc code) noexcept { return model_detail::name_of(code); }

constexpr std::string_view to_string(outcome result) noexcept {
  switch (result) {
    case outcome::delivered: return "delivered";
    case outcome::duplicate: return "duplicate";
    case outcome::rejected: return "rejected";
    case outcome::not_applied: return "not_applied";
    case outcome::unknown: return "unknown";
  }
  return "?";
}

/// Method and path, "POST /record"; empty for none.
constexpr std::string_view to_string(route request) noexcept {
  switch (request) {
    case route::none: return "";
    case route::health_check: return "GET /health_check";
    case route::post_record: return "POST /record";
    case route::post_records: return "POST /records";
    case route::put_record: return "PUT /record";
    case route::get_records: return "GET /records";
  }
  return "?";
}

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor
