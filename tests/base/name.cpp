// Names: the rules of the server, with the field and the byte in the words of the error.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/name.hpp>

#include <string>
#include <string_view>

#include "catch.hpp"

using auditor::errc;
using auditor::outcome;
using auditor::validate_name;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

std::string words(std::string_view name) { return std::string(validate_name("site", name).error().words()); }

}  // namespace

TEST_CASE("a name of the server's rules passes") {
  for (const std::string& name :
       {std::string("a"), std::string("slurm-4711"), std::string("schedd#123.0#1690000000"), std::string(" a "),
        std::string("a\tb\n\x01\x7F"), std::string("\xC3\xA9"), std::string("\xEF\xBB\xBF"), std::string("\xE2\x80\x8B"),
        std::string("\xF0\x9F\x98\x80"), std::string("\xEF\xBF\xBF"), std::string("\"\\/()<>{}"), std::string(256, 'x'),
        repeated("\xF0\x9F\x98\x80", 256), "\xC2\xA0" + std::string(255, 'x')}) {
    INFO(name);
    CHECK(validate_name("site", name));
  }
}

TEST_CASE("a name that the server refuses is refused here, with the rule") {
  CHECK(words("") == "site: must not be empty");
  CHECK(words(" ") == "site: must not be blank");
  CHECK(words("\t\r\n") == "site: must not be blank");
  CHECK(words("\xE3\x80\x80\xC2\x85") == "site: must not be blank");
  CHECK(words("ab\xFF") == "site: is not UTF-8 at byte 2");
  CHECK(words("abcdefghijklmnop\xED\xA0\x80") == "site: is not UTF-8 at byte 16");
  CHECK(words("\xC3") == "site: is not UTF-8 at byte 0");
  CHECK(words(std::string_view("\0", 1)) == "site: holds U+0000 at byte 0");
  CHECK(words(std::string_view("abcdefghij\0k", 12)) == "site: holds U+0000 at byte 10");
  CHECK(words(std::string(257, 'x')) == "site: has more than 256 characters: 257");
  CHECK(words(repeated("\xC3\xA9", 300)) == "site: has more than 256 characters: 300");
}

TEST_CASE("a zero or an invalid byte is found at every place of a word") {
  for (std::size_t size = 1; size < 40; ++size) {
    for (std::size_t i = 0; i < size; ++i) {
      std::string name(size, 'a');
      name[i] = '\0';
      if (words(name) != "site: holds U+0000 at byte " + std::to_string(i)) FAIL(size << ' ' << i);
      name[i] = '\xFF';
      if (words(name) != "site: is not UTF-8 at byte " + std::to_string(i)) FAIL(size << ' ' << i);
      for (const char fine : {'\x01', '\x7F'}) {
        name[i] = fine;
        if (size > 1 && !validate_name("site", name)) FAIL(size << ' ' << i);
      }
    }
  }
}

TEST_CASE("a name's error is a rejection with the code that was asked for") {
  CHECK(validate_name("site", "").error().code == errc::invalid_argument);
  CHECK(validate_name("site", "", errc::invalid_query).error().code == errc::invalid_query);
  CHECK(validate_name("site", "").error().outcome == outcome::rejected);
}
