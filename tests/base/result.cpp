// error, result and message: the texts are cut and cleaned, a result holds one of two, and the sentence says what to do.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/error.hpp>
#include <auditor/base/message.hpp>
#include <auditor/base/name.hpp>
#include <auditor/base/result.hpp>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "catch.hpp"

using auditor::errc;
using auditor::error;
using auditor::outcome;
using auditor::result;
using auditor::route;

TEST_CASE("an error is false only when its code is ok") {
  CHECK_FALSE(error{});
  CHECK_FALSE(error{errc::ok});
  CHECK(error{errc::busy});
  CHECK(error{errc::truncated});
}

TEST_CASE("an error keeps a record id and words that fit as they are") {
  error e(errc::record_exists, "RECORD_EXISTS");
  e.of("slurm-4711");
  CHECK(e.record_id() == "slurm-4711");
  CHECK(e.words() == "RECORD_EXISTS");
  const std::string longest(sizeof e.text - 1, 'x');
  CHECK(e.say(longest).words() == longest);
}

TEST_CASE("an error cuts a text that does not fit and shows the cut by three dots") {
  error e;
  e.say(std::string(5000, 'w'));
  CHECK(e.words() == std::string(sizeof e.text - 4, 'w') + "...");
}

TEST_CASE("an error keeps both ends of a long record id, and tells long ids apart") {
  const auto id_of = [](const std::string& id) { return std::string(error(errc::conflict).of(id).record_id()); };
  const std::string longest(sizeof error::record - 1, 'r');
  CHECK(id_of(longest) == longest);
  const std::string head = "site-of-the-batch-system-number-", tail = "-task-4711-of-the-array-job-0815";
  for (const std::size_t middle : {std::size_t{16}, std::size_t{17}, std::size_t{200}, std::size_t{960}}) {
    const std::string cut = id_of(head + std::string(middle, 'm') + tail);
    CHECK(cut.substr(0, 35) == head + "...");
    CHECK(cut.substr(43) == "..." + tail);
  }
  std::set<std::string> seen;
  std::string id(256, '0');
  for (const unsigned place : {0u, 31u, 32u, 100u, 128u, 223u, 224u, 255u}) {
    std::string other = id;
    other[place] = '1';
    seen.insert(id_of(other));
  }
  CHECK(seen.size() == 8);
  // Never inside a UTF-8 sequence.
  for (std::size_t before = 0; before < 3; ++before) {
    std::string text(before, 'a');
    while (text.size() < 400) text += "\xE2\x82\xAC";
    CHECK(auditor::validate_name("id", id_of(text)));
  }
  CHECK(id_of(std::string(400, '\x80')).size() == 14);
}

TEST_CASE("an error never cuts inside a UTF-8 sequence") {
  constexpr std::string_view sign = "\xE2\x82\xAC";
  for (std::size_t before = 0; before < 4; ++before) {
    std::string text(before, 'a');
    while (text.size() < 400) text += sign;
    error e;
    const std::string_view kept = e.say(text).words();
    REQUIRE(kept.size() >= 3);
    REQUIRE(kept.substr(kept.size() - 3) == "...");
    const std::string_view whole = kept.substr(0, kept.size() - 3);
    CHECK((whole.size() - before) % sign.size() == 0);
    CHECK(text.compare(0, whole.size(), whole) == 0);
  }
}

TEST_CASE("an error makes control characters visible, so that nobody forges log lines") {
  error e;
  e.say(std::string_view("a\nb\r\x1B[31m\x7F\0c", 12));
  CHECK(e.words() == "a?b??[31m??c");
}

TEST_CASE("an error shows nothing that turns a line round, breaks it, or is no text") {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"a\xC2\x80"
       "b\xC2\x85"
       "c\xC2\x9B"
       "31m\xC2\x9F",
       "a?b?c?31m?"},  // C1
      {"a\xE2\x80\xA8"
       "b\xE2\x80\xA9"
       "c",
       "a?b?c"},  // separators
      {"\xE2\x80\xAE"
       "a\xE2\x80\xAA\xE2\x80\xAC\xE2\x81\xA6\xE2\x81\xA9\xE2\x80\x8E\xE2\x80\x8F\xD8\x9C",
       "?a???????"},
      {"a\xFF\xC3 \xED\xA0\x80\xF5", "a?? ????"},  // no UTF-8
      {"a\xE2\x82", "a??"},
      {"\xC2\xA0\xC3\xA9\xE2\x82\xAC\xE2\x80\xA7\xE2\x80\xAF\xF0\x9F\x98\x80",
       "\xC2\xA0\xC3\xA9\xE2\x82\xAC\xE2\x80\xA7\xE2\x80\xAF\xF0\x9F\x98\x80"},
  };
  for (const auto& [text, shown] : rows) {
    error e(errc::server_failure, text);
    CHECK(e.words() == shown);
    CHECK(e.of(text).record_id() == shown);
    CHECK(auditor::message(e).find(shown) != std::string::npos);
  }
}

TEST_CASE("what a program ran out of is advised on, and not the server's address") {
  error e(errc::connect_failed, auditor::detail::no_descriptors);
  e.more(": Couldn't connect to server");
  CHECK(auditor::message(e).find("ulimit -n") != std::string::npos);
  e.say(auditor::detail::no_free_connection);
  CHECK(auditor::message(e).find("raise max_connections") != std::string::npos);
  e.request = route::post_record;
  CHECK(auditor::message(e).find("nothing was stored") != std::string::npos);
  CHECK(auditor::message(e).find("check that Auditor runs") == std::string::npos);
}

TEST_CASE("words are appended in order, numbers included, up to the last byte") {
  error e(errc::json_syntax, "at byte ");
  e.more(std::uint64_t{0}).more(" of ").more(std::uint64_t{18446744073709551615u});
  CHECK(e.words() == "at byte 0 of 18446744073709551615");

  e.say("");
  for (int i = 0; i < 1000; ++i) e.more("ab");
  CHECK(e.words().size() < sizeof e.text);
  CHECK(e.words().substr(0, 4) == "abab");
  CHECK(e.text[sizeof e.text - 1] == '\0');
}

TEST_CASE("an error is flat: it may be copied bytewise, and its texts live inside it") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<error>);
  CHECK(sizeof(error) <= 288);
  error copy;
  {
    error original(errc::conflict, "other");
    std::memcpy(static_cast<void*>(&copy), &original, sizeof copy);
  }
  CHECK(copy.code == errc::conflict);
  CHECK(copy.words() == "other");
}

TEST_CASE("every code, outcome and route has a name of its own") {
  const auto all_differ = [](auto last, auto name) {
    using enumeration = decltype(last);
    for (int i = 0; i <= static_cast<int>(last); ++i) {
      CHECK(name(static_cast<enumeration>(i)) != "?");
      for (int k = 0; k < i; ++k) CHECK(name(static_cast<enumeration>(i)) != name(static_cast<enumeration>(k)));
    }
  };
  all_differ(errc::truncated, [](errc code) { return auditor::to_string(code); });
  all_differ(outcome::unknown, [](outcome what) { return auditor::to_string(what); });
  all_differ(route::get_records, [](route what) { return auditor::to_string(what); });
}

TEST_CASE("a message names record, request, status, words and what to do") {
  error e(errc::record_exists, "RECORD_EXISTS");
  e.of("slurm-4711");
  e.request = route::post_record;
  e.outcome = outcome::duplicate;
  e.status = 500;
  e.attempts = 1;
  CHECK(
      auditor::message(e) ==
      "record 'slurm-4711': already exists (POST /record, HTTP 500: RECORD_EXISTS); use update() to set its stop time, or "
      "another duplicate policy; the stored one is unchanged");
}

TEST_CASE("a message has no empty parts") {
  struct row {
    errc code;
    std::uint8_t attempts;
    const char* begins;
  };
  for (const row& r :
       {row{errc::busy, 0, "the transport is busy with another request; wait"},
        row{errc::connect_failed, 3, "cannot connect (3 attempts); check that"}, row{errc::ok, 0, "no error"}}) {
    error e(r.code);
    e.attempts = r.attempts;
    const std::string line = auditor::message(e);
    CHECK(line.substr(0, std::strlen(r.begins)) == r.begins);
    CHECK(line.find("()") == std::string::npos);
    CHECK(line.find("''") == std::string::npos);
  }
}

TEST_CASE("a lost write is told to be sent again, a lost read is not said to be stored") {
  error e(errc::connection_lost);
  e.outcome = outcome::unknown;
  e.request = route::post_record;
  CHECK(auditor::message(e).find("may have been stored") != std::string::npos);
  e.request = route::get_records;
  CHECK(auditor::message(e).find("stored") == std::string::npos);
  CHECK(auditor::message(e).find("try again later") != std::string::npos);
}

TEST_CASE(
    "a message about a write ends in what became of the record, whatever failed, and one about a read never speaks of "
    "that") {
  const auto ends_in = [](std::string_view line, std::string_view end) {
    INFO(line);
    CHECK(line.size() > end.size());
    CHECK(line.substr(line.size() - (std::min)(end.size(), line.size())) == end);
  };
  for (int i = 1; i <= static_cast<int>(errc::truncated); ++i) {
    error e(static_cast<errc>(i));
    e.attempts = 1;
    for (const route read : {route::get_records, route::health_check}) {
      e.request = read;
      for (const outcome result : {outcome::not_applied, outcome::rejected}) {
        e.outcome = result;
        CHECK(auditor::message(e).find("store") == std::string::npos);
        CHECK(auditor::message(e).find("add it") == std::string::npos);
      }
    }
    e.of("a");
    for (const route write : {route::post_record, route::post_records, route::put_record}) {
      e.request = write;
      const bool put = write == route::put_record;
      for (const outcome result : {outcome::not_applied, outcome::rejected}) {
        e.outcome = result;
        ends_in(auditor::message(e), put ? "; its stop time was not stored" : "; it was not stored");
      }
      e.outcome = outcome::duplicate;
      ends_in(auditor::message(e), "; the stored one is unchanged");
      e.outcome = outcome::unknown;
      CHECK(auditor::message(e).find("may have ") != std::string::npos);
      CHECK((auditor::message(e).find("on_duplicate") == std::string::npos || !put));
    }
    e.request = route::get_records;  // a bulk looks at a record of which an attempt was lost
    CHECK(auditor::message(e).find("may have ") != std::string::npos);
  }
}

TEST_CASE("nobody is advised to do what cannot help, and nobody is blamed who had no part") {
  struct row {
    errc code;
    route request;
    outcome result;
    std::uint16_t status;
    std::string_view words, says, not_says;
  };
  const row rows[] = {
      {errc::record_too_large, route::post_record, outcome::rejected, 413, "<html>413</html>", "the proxy", "correct it"},
      {errc::record_too_large, route::post_record, outcome::rejected, 413, "JSON payload (9 bytes) is ...", "correct it",
       "proxy"},
      {errc::record_too_large, route::get_records, outcome::not_applied, 200, "", "raise max_record", "correct it"},
      {errc::wrong_endpoint, route::post_record, outcome::not_applied, 407, "", "proxy the credentials", "base path"},
      {errc::wrong_endpoint, route::post_record, outcome::not_applied, 404, "", "base path", "proxy"},
      {errc::not_authorised, route::post_record, outcome::unknown, 403, "", "may have been stored", "send the same again"},
      {errc::invalid_record, route::put_record, outcome::unknown, 400, "", "may have stored its stop time", "again"},
      {errc::record_exists, route::put_record, outcome::duplicate, 500, "", "unchanged", "update()"},
      {errc::record_not_found, route::put_record, outcome::not_applied, 404, "", "add it first", "again"},
      {errc::record_not_found, route::get_records, outcome::not_applied, 0, "", "does not exist", ";"},
      {errc::json_syntax, route::none, outcome::not_applied, 0, "", "correct the text", "server"},
      {errc::json_type, route::none, outcome::not_applied, 0, "", "correct the text", "server"},
      {errc::json_syntax, route::get_records, outcome::not_applied, 200, "", "the server", "correct"},
      {errc::unreadable_record, route::none, outcome::not_applied, 0, "", "no components", "server"},
      {errc::unreadable_record, route::get_records, outcome::not_applied, 200, "", "the server cannot read", "give"},
      {errc::conflict, route::none, outcome::not_applied, 0, "", "compare the two", "stored"},
  };
  for (const row& each : rows) {
    error e(each.code, each.words);
    e.request = each.request;
    e.outcome = each.result;
    e.status = each.status;
    e.attempts = each.request == route::none ? 0 : 1;
    const std::string line = auditor::message(e);
    INFO(line);
    CHECK(line.find(each.says) != std::string::npos);
    CHECK(line.find(each.not_says) == std::string::npos);
  }
}

TEST_CASE("every failure says what happened in words of its own") {
  std::string before;
  for (int i = 1; i <= static_cast<int>(errc::truncated); ++i) {
    const std::string line = auditor::message(error(static_cast<errc>(i)));
    CHECK(line.find('?') == std::string::npos);
    CHECK(line != before);
    before = line;
  }
}

TEST_CASE("a result holds a value or an error") {
  const result<int> seven = 7;
  CHECK(seven);
  CHECK(seven.has_value());
  CHECK(*seven == 7);
  CHECK(seven.error().code == errc::ok);

  const result<int> none = errc::timed_out;
  CHECK_FALSE(none);
  CHECK(none.error().code == errc::timed_out);

  const result<std::string> text = std::string("abc");
  CHECK(text->size() == 3);
}

TEST_CASE("a yes or no answer cannot be mistaken for success") {
  STATIC_REQUIRE_FALSE(std::is_constructible_v<bool, result<bool>>);
  STATIC_REQUIRE(std::is_constructible_v<bool, result<int>>);
  STATIC_REQUIRE(std::is_constructible_v<bool, result<void>>);
  const result<bool> no = false;
  CHECK(no.has_value());
  CHECK_FALSE(*no);
}

TEST_CASE("value() of an error throws a failure that carries the error and says it") {
  const result<int> none = error(errc::not_authorised, "403");
  try {
    static_cast<void>(none.value());
    FAIL("value() returned");
  } catch (const auditor::failure& f) {
    CHECK(f.error().code == errc::not_authorised);
    CHECK(std::string(f.what()) == auditor::message(none.error()));
  }
  CHECK_THROWS_AS(result<void>(errc::cancelled).value(), auditor::failure);
  CHECK_NOTHROW(result<void>().value());
  CHECK(result<int>(3).value() == 3);
}

TEST_CASE("a result of something that only moves gives it up once") {
  result<std::unique_ptr<int>> owner = std::make_unique<int>(5);
  const std::unique_ptr<int> taken = *std::move(owner);
  REQUIRE(taken);
  CHECK(*taken == 5);
  CHECK(*result<std::unique_ptr<int>>(std::make_unique<int>(6)).value() == 6);
}

TEST_CASE("value_or gives the value, or what it was given") {
  CHECK(result<int>(1).value_or(2) == 1);
  CHECK(result<int>(errc::busy).value_or(2) == 2);
  const result<std::string> text = errc::busy;
  CHECK(text.value_or("other") == "other");
}

TEST_CASE("and_then, transform and or_else pass on what they are not about") {
  const auto half = [](int n) -> result<int> {
    if (n % 2 != 0) return errc::invalid_argument;
    return n / 2;
  };
  CHECK(*result<int>(8).and_then(half).and_then(half) == 2);
  CHECK(result<int>(6).and_then(half).and_then(half).error().code == errc::invalid_argument);
  CHECK(result<int>(errc::busy).and_then(half).error().code == errc::busy);

  CHECK(*result<int>(8).transform([](int n) { return std::to_string(n); }) == "8");
  CHECK(result<int>(errc::busy).transform([](int n) { return n; }).error().code == errc::busy);
  int seen = 0;
  CHECK(result<int>(8).transform([&seen](int n) { seen = n; }).has_value());
  CHECK(seen == 8);

  const auto zero = [](const error&) -> result<int> { return 0; };
  CHECK(*result<int>(errc::busy).or_else(zero) == 0);
  CHECK(*result<int>(8).or_else(zero) == 8);
}

TEST_CASE("a result of nothing chains as one of something does") {
  const result<void> good;
  const result<void> bad = errc::busy;
  CHECK(good);
  CHECK_FALSE(bad);
  CHECK(*good.and_then([]() -> result<int> { return 1; }) == 1);
  CHECK(bad.and_then([]() -> result<int> { return 1; }).error().code == errc::busy);
  CHECK(*good.transform([] { return 2; }) == 2);
  CHECK(bad.transform([] { return 2; }).error().code == errc::busy);
  CHECK(bad.transform([] {}).error().code == errc::busy);
  CHECK(good.transform([] {}));
  CHECK(bad.or_else([](const error&) -> result<void> { return {}; }));
  CHECK(good.or_else([](const error& e) -> result<void> { return e; }));
}

#ifdef __cpp_lib_expected
TEST_CASE("a result becomes a std::expected and comes back, with its value or its error") {
  const error busy(errc::busy, "words");
  const result<std::string> value = std::string("v"), failed = busy;
  std::expected<std::string, error> there = value;
  CHECK(there.value() == "v");
  CHECK(result<std::string>(there).value() == "v");
  there = failed;
  REQUIRE_FALSE(there);
  CHECK(there.error().words() == "words");
  CHECK(result<std::string>(there).error().words() == "words");
  CHECK(result<std::string>(there).error().code == errc::busy);

  const std::expected<void, error> done = result<void>(), not_done = result<void>(busy);
  CHECK(done);
  CHECK(result<void>(done));
  REQUIRE_FALSE(not_done);
  CHECK(result<void>(not_done).error().words() == "words");

  std::expected<std::unique_ptr<int>, error> moved = result<std::unique_ptr<int>>(std::make_unique<int>(5));
  CHECK(**moved == 5);
  CHECK(**result<std::unique_ptr<int>>(std::move(moved)) == 5);
}
#endif

namespace {
struct node {
  int value = 0;
  std::unique_ptr<result<node>> next;
};
struct moves_or_throws {
  moves_or_throws() = default;
  moves_or_throws(moves_or_throws&&) noexcept(false) {}
};
}  // namespace

TEST_CASE("a result may be given what is within its own value") {
  result<node> list = node{1, std::make_unique<result<node>>(node{2, nullptr})};
  list = std::move(*list->next);
  CHECK(list->value == 2);
  list->next = std::make_unique<result<node>>(errc::busy);
  list = std::move(*list->next);
  CHECK(list.error().code == errc::busy);
  list = node{3, nullptr};
  CHECK(list->value == 3);
  CHECK_FALSE(list.error());
}

TEST_CASE("a result throws where its value does, and copies and converts as its value does") {
  CHECK_FALSE(noexcept(*std::declval<result<moves_or_throws>>()));
  CHECK(noexcept(*std::declval<result<std::string>>()));
  CHECK_FALSE(std::is_nothrow_move_constructible_v<result<moves_or_throws>>);
  CHECK_FALSE(std::is_copy_constructible_v<result<std::unique_ptr<int>>>);
  CHECK_FALSE(std::is_copy_assignable_v<result<std::unique_ptr<int>>>);
  CHECK(std::is_nothrow_move_assignable_v<result<std::unique_ptr<int>>>);
}
