// The meaning of an answer, row by row of the table in the protocol, section 5.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/exchange/classify.hpp>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

namespace {

using namespace auditor;

struct meaning {
  errc code;
  auditor::outcome outcome;
  bool repeat;
};

constexpr meaning done{errc::ok, outcome::delivered, false};
constexpr meaning known{errc::record_exists, outcome::duplicate, false};
constexpr meaning refused{errc::invalid_record, outcome::rejected, false};
constexpr meaning strange{errc::not_auditor, outcome::unknown, true};
constexpr meaning broken{errc::not_auditor, outcome::unknown, false};  // our request, says somebody
constexpr meaning busy{errc::server_failure, outcome::unknown, true};
constexpr meaning too_large{errc::record_too_large, outcome::rejected, false};
constexpr meaning forbidden{errc::not_authorised, outcome::not_applied, false};
constexpr meaning elsewhere{errc::wrong_endpoint, outcome::not_applied, false};
constexpr meaning redirected{errc::wrong_endpoint, outcome::not_applied, true};
constexpr meaning missing{errc::record_not_found, outcome::not_applied, false};
constexpr meaning down{errc::server_failure, outcome::not_applied, true};
constexpr meaning odd{errc::not_auditor, outcome::not_applied, true};
constexpr meaning unread{errc::not_auditor, outcome::not_applied, false};
constexpr meaning wrong_query{errc::invalid_query, outcome::rejected, false};

struct row {
  int status;
  std::string_view text;
  meaning post, put, get, health;
};

constexpr std::string_view json_fault = "Json deserialize error: missing field `components` at line 1 column 59";
constexpr std::string_view unknown_record = "Updating unknown record job#1 not possible.";
constexpr std::string_view no_route = "The requested resource was not found. 404 Not Found";
constexpr std::string_view page = "<html>404</html>";

const row rows[] = {
    {200, "", done, done, done, done},
    {200, "{\"warning\":\"Record already exists, but\"}", known, strange, done, odd},
    {200, "{\"ok\":true}", strange, strange, done, odd},
    {200, page, strange, strange, done, odd},
    {201, "", strange, strange, odd, odd},
    {202, "", strange, strange, odd, odd},
    {204, "", strange, strange, odd, odd},
    {206, "", strange, strange, odd, odd},
    {301, "", redirected, redirected, redirected, redirected},
    {302, page, redirected, redirected, redirected, redirected},
    {304, "", redirected, redirected, redirected, redirected},
    {308, "", redirected, redirected, redirected, redirected},
    {400, json_fault, refused, refused, unread, unread},
    {400, "{\"error\":\"Parsing 'x' failed.\"}", broken, broken, wrong_query, unread},
    {400, "Content type error", broken, broken, unread, unread},
    {400, "", broken, broken, unread, unread},
    {400, page, broken, broken, unread, unread},
    {401, "", forbidden, forbidden, forbidden, forbidden},
    {403, "Insufficient permissions", forbidden, forbidden, forbidden, forbidden},
    {403, "Access denied by RBAC policy", forbidden, forbidden, forbidden, forbidden},
    {403, page, forbidden, forbidden, forbidden, forbidden},
    {404, unknown_record, elsewhere, missing, elsewhere, elsewhere},
    {404, no_route, elsewhere, elsewhere, elsewhere, elsewhere},
    {404, "Updating unknown record", elsewhere, elsewhere, elsewhere, elsewhere},
    {404, page, elsewhere, elsewhere, elsewhere, elsewhere},
    {405, "", elsewhere, elsewhere, elsewhere, elsewhere},
    {407, page, redirected, redirected, redirected, redirected},
    {408, "", busy, busy, down, down},
    {409, page, strange, strange, odd, odd},
    {411, "", elsewhere, elsewhere, elsewhere, elsewhere},
    {413, "JSON payload", too_large, too_large, odd, odd},
    {413, page, too_large, too_large, odd, odd},
    {414, "", strange, strange, wrong_query, odd},
    {415, "", elsewhere, elsewhere, elsewhere, elsewhere},
    {425, "", busy, busy, down, down},
    {429, "", busy, busy, down, down},
    {431, "", strange, strange, wrong_query, odd},
    {500, "RECORD_EXISTS", known, busy, down, down},
    {500, "RECORD_EXISTS\n", busy, busy, down, down},
    {500, "UNEXPECTED_ERROR", busy, busy, down, down},
    {500, "", busy, busy, down, down},
    {500, page, busy, busy, down, down},
    {501, "", elsewhere, elsewhere, elsewhere, elsewhere},
    {502, page, busy, busy, down, down},
    {503, "", busy, busy, down, down},
    {504, "", busy, busy, down, down},
    {505, "", elsewhere, elsewhere, elsewhere, elsewhere},
    {507, "", busy, busy, down, down},
    {599, "", busy, busy, down, down},
    {600, "", strange, strange, odd, odd},
    {0, "", strange, strange, odd, odd},
    {-1, "", strange, strange, odd, odd},
};

void check(route request, const row& each, const meaning& right) {
  INFO(to_string(request) << ", " << each.status << " '" << each.text << "'");
  const detail::answer_text text{
      each.text, each.text.substr(each.text.size() - (std::min)(each.text.size(), std::size_t{64})), each.text.size()};
  const detail::judgement said = detail::classify(request, each.status, text);
  CHECK(to_string(said.code) == to_string(right.code));
  CHECK(to_string(said.outcome) == to_string(right.outcome));
  CHECK(said.repeat == right.repeat);
}

TEST_CASE("every row of the protocol's table of answers means what it says, on every route") {
  for (const row& each : rows) {
    check(route::post_record, each, each.post);
    check(route::post_records, each, each.post);
    check(route::put_record, each, each.put);
    check(route::get_records, each, each.get);
    check(route::health_check, each, each.health);
  }
}

TEST_CASE("a status that the table does not name means what its hundred does") {
  const auto is_named = [](int status) {
    return std::any_of(std::begin(rows), std::end(rows), [&](const row& each) { return each.status == status; });
  };
  for (int status = 0; status < 1000; ++status) {
    if (is_named(status)) continue;
    const bool is_redirect = status / 100 == 3, is_failure = status / 100 == 5;
    const meaning& write = is_redirect ? redirected : is_failure ? busy : strange;
    const meaning& read = is_redirect ? redirected : is_failure ? down : odd;
    for (const std::string_view text : {std::string_view(), json_fault, unknown_record, page})
      for (const route request :
           {route::post_record, route::post_records, route::put_record, route::get_records, route::health_check})
        check(request, row{status, text, write, write, read, read}, detail::is_write(request) ? write : read);
  }
}

TEST_CASE("a text is a pattern's when it begins and ends so, and without a star when it is the same") {
  const auto is = [](std::string_view text, const char* pattern) {
    return detail::answer_text{text, text, text.size()}.is(pattern);
  };
  for (const std::string_view text : {std::string_view(), page}) CHECK(is(text, "*"));
  CHECK(is("", ""));
  CHECK_FALSE(is(" ", ""));
  CHECK(is("RECORD_EXISTS", "RECORD_EXISTS"));
  CHECK_FALSE(is("RECORD_EXIST", "RECORD_EXISTS"));
  CHECK_FALSE(is("RECORD_EXISTS.", "RECORD_EXISTS"));
  for (const std::string_view text : {"a-b", "a-and more-b", "a--b"}) CHECK(is(text, "a-*-b"));
  for (const std::string_view text : {"", "a", "a-", "a-b ", " a-b", "b-a", "-b"}) CHECK_FALSE(is(text, "a-*-b"));
  const std::string long_text = "a-" + std::string(100'000, 'x') + "-b";
  const std::string_view all = long_text;
  CHECK(detail::answer_text{all.substr(0, 512), all.substr(all.size() - 64), all.size()}.is("a-*-b"));
}

TEST_CASE("RECORD_EXISTS is Auditor's word only when nothing else is said") {
  const std::string long_text = "RECORD_EXISTS" + std::string(100'000, ' ');
  const detail::answer_text cut{std::string_view(long_text).substr(0, 13), "", long_text.size()};
  CHECK(detail::classify(route::post_record, 500, cut).code == errc::server_failure);
}

TEST_CASE("a failure of the transport means what the protocol's table says") {
  struct failure {
    errc code, said;
    outcome write, read;
    bool repeat;
  };
  const failure failures[] = {
      {errc::connect_failed, errc::connect_failed, outcome::not_applied, outcome::not_applied, true},
      {errc::tls_failed, errc::tls_failed, outcome::not_applied, outcome::not_applied, false},
      {errc::busy, errc::busy, outcome::not_applied, outcome::not_applied, false},
      {errc::connection_lost, errc::connection_lost, outcome::unknown, outcome::not_applied, true},
      {errc::timed_out, errc::timed_out, outcome::unknown, outcome::not_applied, true},
      {errc::cancelled, errc::cancelled, outcome::unknown, outcome::not_applied, false},
      // Not a transport's words: all that is certain is that something failed.
      {errc::ok, errc::connection_lost, outcome::unknown, outcome::not_applied, true},
      {errc::record_exists, errc::connection_lost, outcome::unknown, outcome::not_applied, true},
      {errc::record_not_found, errc::connection_lost, outcome::unknown, outcome::not_applied, true},
  };
  for (const failure& each : failures) {
    INFO(to_string(each.code));
    for (const route request :
         {route::post_record, route::post_records, route::put_record, route::get_records, route::health_check}) {
      const bool write = request != route::get_records && request != route::health_check;
      const detail::judgement said = detail::classify_failure(request, each.code);
      CHECK(said.code == each.said);
      CHECK(said.outcome == (write ? each.write : each.read));
      CHECK(said.repeat == each.repeat);
    }
  }
}

}  // namespace
