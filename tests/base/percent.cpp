// Percent encoding: only what the server reads back unharmed stays as it is.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/percent.hpp>

#include <string>
#include <string_view>

#include "catch.hpp"

namespace {

std::string encoded(std::string_view raw) {
  std::string text;
  auditor::append_percent_encoded(text, raw);
  return text;
}

std::string key(std::string_view raw) {
  std::string text;
  auditor::append_query_key(text, raw);
  return text;
}

}  // namespace

TEST_CASE("letters, digits and four signs stay, every other byte is encoded") {
  constexpr std::string_view plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";
  CHECK(encoded(plain) == plain);
  constexpr char digits[] = "0123456789ABCDEF";
  for (int c = 0; c < 256; ++c) {
    const char raw = static_cast<char>(c);
    const std::string expected =
        plain.find(raw) != std::string_view::npos ? std::string(1, raw) : std::string{'%', digits[c / 16], digits[c % 16]};
    CHECK(encoded({&raw, 1}) == expected);
  }
}

TEST_CASE("ids that break other clients are encoded") {
  CHECK(encoded("a#b") == "a%23b");
  CHECK(encoded("a/b") == "a%2Fb");
  CHECK(encoded("a%2Fb") == "a%252Fb");
  CHECK(encoded("a+b c") == "a%2Bb%20c");
  CHECK(encoded("\xC3\xA9") == "%C3%A9");
  CHECK(encoded("..") == "..");
  CHECK(encoded("") == "");
  CHECK(encoded(std::string_view("\0~", 2)) == "%00%7E");
}

TEST_CASE("encoding appends") {
  std::string text = "meta[";
  auditor::append_percent_encoded(text, "a b");
  CHECK(text == "meta[a%20b");
}

TEST_CASE("a key that begins with a digit has that digit encoded, and no other") {
  CHECK(key("2nd") == "%32nd");
  CHECK(key("22") == "%322");
  CHECK(key("0") == "%30");
  CHECK(key("a2") == "a2");
  CHECK(key("[2]") == "%5B2%5D");
  CHECK(key("") == "");
}
