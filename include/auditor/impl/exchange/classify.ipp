// Bodies of exchange/classify.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/exchange/classify.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL bool answer_text::is(const char* pattern) const noexcept {
  std::size_t n = 0;
  for (; pattern[n] != '\0' && pattern[n] != '*'; ++n)
    if (n == head.size() || head[n] != pattern[n]) return false;
  if (pattern[n] == '\0') return n == size;
  const char* end = pattern + ++n;
  while (*end != '\0') ++end;
  std::size_t left = tail.size();
  while (end != pattern + n)
    if (left == 0 || tail[--left] != *--end) return false;
  return true;
}

// What tells answers of one status apart, as a pattern.
enum class known_text : std::uint8_t { anything, nothing, warning, error, not_deserialized, unknown_record, record_exists };

// In one word, for there are many of them.
struct known_answer {
  std::uint32_t first : 10, routes : 6;  // a status; routes as bits
  std::uint32_t code : 5, text : 3;
  std::uint32_t what : 3, repeat : 1, is_hundred : 1;  // the status and the 99 behind it

  // Of one status, or of all that begin with the same digit. `unknown` says what is true of a write.
  constexpr known_answer(std::uint32_t from, std::uint32_t to, std::uint32_t of, const judgement& means,
                         known_text words = known_text::anything) noexcept
      : first(from & 0x3FFu),
        routes(of & 0x3Fu),
        code(static_cast<std::uint32_t>(means.code) & 0x1Fu),
        text(static_cast<std::uint32_t>(words) & 7u),
        what(static_cast<std::uint32_t>(means.outcome) & 7u),
        repeat(means.repeat ? 1u : 0u),
        is_hundred(to != from ? 1u : 0u) {}
  static constexpr std::uint32_t only(route request) noexcept { return 1u << static_cast<unsigned>(request); }
};

// Nothing can have been done by a read.
constexpr outcome outcome_on(route request, outcome of_a_write) noexcept {
  return of_a_write == outcome::unknown && !is_write(request) ? outcome::not_applied : of_a_write;
}

AUDITOR_CALLED_ONCE AUDITOR_DECL judgement classify(route request, int status, const answer_text& text) noexcept {
  constexpr std::uint32_t post = known_answer::only(route::post_record) | known_answer::only(route::post_records);
  constexpr std::uint32_t put = known_answer::only(route::put_record), write = post | put;
  constexpr std::uint32_t get = known_answer::only(route::get_records), any = 0x3F;
  // In the order of `known_text`.
  static constexpr const char* texts[] = {"*",
                                          "",
                                          "{\"warning\":*",
                                          "{\"error\":*",
                                          "Json deserialize error*",
                                          "Updating unknown record * not possible.",
                                          "RECORD_EXISTS"};
  // The first that fits.
  static constexpr known_answer known[] = {
      {200, 200, any, {errc::ok, outcome::delivered}, known_text::nothing},
      {200, 200, get, {errc::ok, outcome::delivered}},
      {200, 200, post, {errc::record_exists, outcome::duplicate}, known_text::warning},
      {300, 399, any, {errc::wrong_endpoint, outcome::not_applied, true}},
      {400, 400, write, {errc::invalid_record, outcome::rejected}, known_text::not_deserialized},
      {400, 400, get, {errc::invalid_query, outcome::rejected}, known_text::error},
      {400, 400, any, {errc::not_auditor, outcome::unknown}},
      {401, 401, any, {errc::not_authorised, outcome::not_applied}},
      {403, 403, any, {errc::not_authorised, outcome::not_applied}},
      {404, 404, put, {errc::record_not_found, outcome::not_applied}, known_text::unknown_record},
      {404, 404, any, {errc::wrong_endpoint, outcome::not_applied}},
      {405, 405, any, {errc::wrong_endpoint, outcome::not_applied}},
      {407, 407, any, {errc::wrong_endpoint, outcome::not_applied, true}},
      {408, 408, any, {errc::server_failure, outcome::unknown, true}},
      {411, 411, any, {errc::wrong_endpoint, outcome::not_applied}},
      {413, 413, write, {errc::record_too_large, outcome::rejected}},
      {414, 414, get, {errc::invalid_query, outcome::rejected}},
      {415, 415, any, {errc::wrong_endpoint, outcome::not_applied}},
      {425, 425, any, {errc::server_failure, outcome::unknown, true}},
      {429, 429, any, {errc::server_failure, outcome::unknown, true}},
      {431, 431, get, {errc::invalid_query, outcome::rejected}},
      {500, 500, post, {errc::record_exists, outcome::duplicate}, known_text::record_exists},
      {501, 501, any, {errc::wrong_endpoint, outcome::not_applied}},
      {505, 505, any, {errc::wrong_endpoint, outcome::not_applied}},
      {500, 599, any, {errc::server_failure, outcome::unknown, true}},
  };
  judgement means{errc::not_auditor, outcome::unknown, true};  // whoever answered in Auditor's place may go away
  for (const known_answer& each : known) {
    const auto behind = static_cast<unsigned>(status) - each.first;
    if (behind > (each.is_hundred != 0 ? 99u : 0u)) continue;
    if ((each.routes & known_answer::only(request)) == 0 || !text.is(texts[each.text])) continue;
    means = {static_cast<errc>(each.code), static_cast<outcome>(each.what), each.repeat != 0};
    break;
  }
  means.outcome = outcome_on(request, means.outcome);
  return means;
}

AUDITOR_DECL judgement classify_failure(route request, errc code) noexcept {
  const outcome open = outcome_on(request, outcome::unknown);
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
