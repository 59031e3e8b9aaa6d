// Reading a stream of records in pieces cut anywhere.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "documents.hpp"

using auditor::decode_record;
using auditor::errc;
using auditor::error;
using auditor::record;
using auditor::record_reader;

namespace {

// Everything that a reader says about a stream.
struct reading {
  std::vector<record> records;
  std::vector<bool> unreadable;
  error failure;
  std::uint64_t bytes = 0;

  friend bool operator==(const reading& a, const reading& b) {
    return a.records == b.records && a.unreadable == b.unreadable && a.failure.code == b.failure.code &&
           a.failure.offset == b.failure.offset && a.failure.index == b.failure.index &&
           a.failure.words() == b.failure.words() && a.failure.record_id() == b.failure.record_id();
  }
};

class feeder {
 public:
  explicit feeder(record_reader& reader) : reader_(reader) {}

  bool feed(std::string_view piece) {
    while (!piece.empty()) {
      const auto room = reader_.prepare();
      REQUIRE(!room.empty());
      const std::size_t n = (std::min)(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), n);
      reader_.commit(n);
      piece.remove_prefix(n);
      if (!drain()) return false;
    }
    return true;
  }
  reading finish() {
    const auto ended = reader_.finish();
    seen_.failure = ended.error();
    seen_.bytes = reader_.bytes();
    CHECK(reader_.records() == seen_.records.size());
    return seen_;
  }

 private:
  bool drain() {
    for (;;) {
      switch (reader_.next()) {
        case record_reader::status::more: return true;
        case record_reader::status::failed: CHECK(reader_.next() == record_reader::status::failed); return false;
        case record_reader::status::item: break;
      }
      seen_.records.push_back(auditor::to_record(reader_.view()));
      seen_.unreadable.push_back(reader_.unreadable());
    }
  }

  record_reader& reader_;
  reading seen_;
};

reading read(record_reader& reader, std::string_view text, std::size_t piece = ~std::size_t{0}) {
  feeder feed(reader);
  for (std::size_t at = 0; at < text.size(); at += (std::min)(piece, text.size() - at))
    if (!feed.feed(text.substr(at, piece))) break;
  return feed.finish();
}
reading read(std::string_view text, std::size_t piece = ~std::size_t{0}, std::size_t max_record = std::size_t{4} << 20) {
  record_reader reader(max_record);
  return read(reader, text, piece);
}

// Memory of just this size, so that a sanitizer sees what is written beside it.
class workspace {
 public:
  explicit workspace(std::size_t size) : size_(size), memory_(new char[size]) {}
  std::span<char> span() const { return {memory_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> memory_;
};

// A record of meta names without values, of which the last one may come twice.
std::string names(std::size_t count, bool twice) {
  std::string text = R"({"record_id":"names","meta":{)";
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t name = twice && i == count - 1 ? 3 : i * 7919 % count;
    text += (i == 0 ? "\"n" : ",\"n") + std::to_string(name) + "\":[]";
  }
  return text + R"(},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
}

std::string joined(std::string_view before, std::string_view between, std::string_view after) {
  std::string text(before);
  bool first = true;
  for (const std::string& document : documents::all()) {
    if (!first) text += between;
    first = false;
    text += document;
  }
  return text + std::string(after);
}

std::vector<record> all_records() {
  std::vector<record> records;
  for (const std::string& document : documents::all()) {
    record r;
    const error e = decode_record(document, r);
    REQUIRE((e.code == errc::ok || e.code == errc::unreadable_record));
    records.push_back(r);
  }
  return records;
}

const std::string first(documents::minimal);

}  // namespace

TEST_CASE("records come concatenated, on lines or in an array, and all are read") {
  const std::vector<record> expected = all_records();
  for (const std::string& text : {joined("", "", ""), joined("", "\n", "\n"), joined("\r\n", "\r\n\r\n", ""),
                                  joined("[", ",", "]"), joined(" [ ", " , ", " ] \n")}) {
    const reading whole = read(text);
    CHECK(whole.failure.code == errc::ok);
    CHECK(whole.records == expected);
    CHECK(whole.unreadable ==
          std::vector<bool>{false, false, true, false, false, false, false, false, false, false, false, false});
    CHECK(whole.bytes == text.size());
    CHECK(read(text, 1) == whole);
  }
}

TEST_CASE("nothing at all is no records, and so is an empty array") {
  for (const std::string_view text : {"", " ", "\n", "[]", " [\n] "}) {
    const reading empty = read(text, 1);
    CHECK(empty.records.empty());
    CHECK(empty.failure.code == errc::ok);
  }
}

TEST_CASE("where a stream is cut into pieces makes no difference") {
  for (const std::string& document : documents::all())
    for (const std::string& text : {document + first, "[" + document + "," + first + "]"}) {
      const reading whole = read(text);
      CHECK(whole.records.size() == 2);
      CHECK(whole.failure.code == errc::ok);
      for (std::size_t cut = 1; cut < text.size(); ++cut) {
        record_reader reader;
        feeder feed(reader);
        CHECK(feed.feed(std::string_view(text).substr(0, cut)));
        CHECK(feed.feed(std::string_view(text).substr(cut)));
        INFO(text << " cut at " << cut);
        CHECK(feed.finish() == whole);
      }
      for (std::size_t piece = 1; piece < 20; ++piece) CHECK(read(text, piece) == whole);
    }
}

TEST_CASE("a record is handed out as soon as its last byte is there") {
  for (const std::string& document : documents::all()) {
    record_reader reader;
    const std::size_t closing = document.rfind('}');
    for (std::size_t i = 0; i <= closing; ++i) {
      reader.prepare()[0] = document[i];
      reader.commit(1);
      CHECK(reader.next() == (i == closing ? record_reader::status::item : record_reader::status::more));
    }
  }
}

TEST_CASE("a stream that is wrong says at which byte, in which record, or after which one") {
  struct row {
    std::string_view text;  // '@' stands for a record with the id m
    errc code;
    std::string_view words;
    std::size_t offset;  // '@' counts as one
    std::size_t index;
    std::string_view id;
  };
  static constexpr row rows[] = {
      {"null", errc::json_type, "must be an object", 0, 0, ""},
      {"nul", errc::json_syntax, "ends inside a record", 3, 0, ""},
      {"nulx", errc::json_syntax, "unknown word", 0, 0, ""},
      {"7", errc::json_type, "must be an object", 0, 0, ""},
      {"[\"", errc::json_type, "must be an object", 1, 0, ""},
      {"[7]", errc::json_type, "must be an object", 1, 0, ""},
      {"[[@]]", errc::json_type, "must be an object", 1, 0, ""},
      {"<html>", errc::json_syntax, "expected a record", 0, 0, ""},
      {"\xEF\xBB\xBF@", errc::json_syntax, "expected a record", 0, 0, ""},
      {"@,@", errc::json_syntax, "expected a record, after record 'm'", 1, 1, ""},
      {"@]", errc::json_syntax, "expected a record, after record 'm'", 1, 1, ""},
      {"@ x", errc::json_syntax, "expected a record, after record 'm'", 2, 1, ""},
      {"@@[@]", errc::json_type, "must be an object, after record 'm'", 2, 2, ""},
      {"[@ @]", errc::json_syntax, "expected ',' or ']', after record 'm'", 3, 1, ""},
      {"[@,,@]", errc::json_syntax, "expected a record, after record 'm'", 3, 1, ""},
      {"[@,]", errc::json_syntax, "expected a record, after record 'm'", 3, 1, ""},
      {"[,@]", errc::json_syntax, "expected a record", 1, 0, ""},
      {"[@]]", errc::json_syntax, "something follows the array, after record 'm'", 3, 1, ""},
      {"[@] @", errc::json_syntax, "something follows the array, after record 'm'", 4, 1, ""},
      {"[@][@]", errc::json_syntax, "something follows the array, after record 'm'", 3, 1, ""},
      {"[", errc::json_syntax, "ends inside an array", 1, 0, ""},
      {"[@", errc::json_syntax, "ends inside an array, after record 'm'", 2, 1, ""},
      {"[@, ", errc::json_syntax, "ends inside an array, after record 'm'", 4, 1, ""},
      {"@{", errc::json_syntax, "ends inside a record, after record 'm'", 2, 1, ""},
      {"@{\"record_id\":\"n\",", errc::json_syntax, "ends inside a record", 18, 1, "n"},
      {"@@{\"record_id\":\"n\",\"meta\":5}@", errc::json_type, "meta: must be an object or null", 26, 2, "n"},
      {"@{\"record_id\":\"n\"}", errc::json_type, "components: is missing", 17, 1, "n"},
      {"@{]@", errc::json_syntax, "expected a member name in quotes, after record 'm'", 2, 1, ""},
      {"@{\"a\":[}@", errc::json_syntax, "expected a value, after record 'm'", 7, 1, ""},
      {"@{\"a\":[[[}", errc::json_syntax, "expected a value, after record 'm'", 9, 1, ""},
      {"@{\"a\":\"\x01", errc::json_syntax, "control character in a string, after record 'm'", 7, 1, ""},
  };
  for (const row& expected : rows) {
    std::string text;
    std::size_t offset = expected.offset;
    for (std::size_t i = 0; i < expected.text.size(); ++i) {
      if (expected.text[i] != '@') {
        text += expected.text[i];
        continue;
      }
      text += first;
      if (i < expected.offset) offset += first.size() - 1;
    }
    INFO(text);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{1000}}) {
      const reading seen = read(text, piece);
      CHECK(to_string(seen.failure.code) == to_string(expected.code));
      CHECK(seen.failure.words() == expected.words);
      CHECK(seen.failure.offset == offset);
      CHECK(seen.failure.index == expected.index);
      CHECK(seen.failure.record_id() == expected.id);
      CHECK(seen.records.size() == expected.index);
    }
  }
}

TEST_CASE("records larger than the buffer are read, up to the limit and not beyond") {
  for (const std::size_t size : {std::size_t{100}, std::size_t{65'000}, std::size_t{70'000}, std::size_t{300'000}}) {
    std::string large = R"({"record_id":"large","meta":{"a":[")";
    const std::string end = R"("]},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
    large += std::string(size, 'x') + end;
    const std::string text = first + large + first + first;
    const reading whole = read(text, ~std::size_t{0}, large.size());
    CHECK(whole.failure.code == errc::ok);
    REQUIRE(whole.records.size() == 4);
    CHECK(whole.records[1].meta[0].values[0].size() == size);
    for (const std::size_t piece : {std::size_t{1000}, std::size_t{16'384}, std::size_t{65'536}})
      CHECK(read(text, piece, large.size()) == whole);

    for (const std::size_t piece : {std::size_t{1000}, std::size_t{16'384}, std::size_t{1'000'000}}) {
      const reading refused = read(text, piece, large.size() - 1);
      CHECK(refused.failure.code == errc::record_too_large);
      CHECK(refused.failure.words() ==
            "record 1 of the answer takes more than " + std::to_string(large.size() - 1) + " bytes");
      CHECK(refused.failure.index == 1);
      CHECK(refused.failure.record_id() == "large");
      CHECK(refused.failure.offset == first.size());
      CHECK(refused.records.size() == 1);
    }
  }
}

TEST_CASE("an endless record is refused, and so is an endless mistake") {
  record_reader reader(1'000'000);
  std::size_t most = 0;
  feeder feed(reader);
  const std::string start = R"({"record_id":"endless","x":")";
  bool goes_on = feed.feed(start);
  for (int i = 0; i < 2000 && goes_on; ++i) {
    goes_on = feed.feed(std::string(1000, 'x'));
    most = (std::max)(most, static_cast<std::size_t>(reader.bytes()));
  }
  CHECK(!goes_on);
  CHECK(most < 1'000'000 + 1000 + start.size());
  CHECK(feed.finish().failure.code == errc::record_too_large);

  // What is no JSON at all is called so, not too large.
  std::string mistake = "{\"a\":[}";
  mistake += std::string(2'000'000, ' ');
  CHECK(read(mistake, 5000, 1'000'000).failure.words() == "expected a value");
}

TEST_CASE("a huge record in tiny pieces takes time in proportion to its size") {
  std::string huge = R"({"record_id":"huge","meta":{"a":["")";
  while (huge.size() < 4'000'000) huge += R"(,"0123456789 \" {[ é \\")";
  huge += R"(]},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
  const reading seen = read(huge, 16);
  CHECK(seen.failure.code == errc::ok);
  REQUIRE(seen.records.size() == 1);
  CHECK(seen.records[0].meta[0].values.size() == (4'000'000 - 35) / 25 + 2);
}

TEST_CASE("damaged records give the same in one piece, in many, as a view and as a record") {
  const std::vector<std::string> all = documents::all();
  constexpr std::string_view pieces[] = {"{",    "}",   "[",     "]", ",", ":",   "\"",       "\\",   "\\u0000", "\\ud800",
                                         "null", "tru", "1e999", "-", "0", "1.5", "12345678", "\xC3", "\n"};
  std::mt19937_64 random(1);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int i = 0; i < 20'000; ++i) {
    std::string text = all[below(all.size())];
    for (std::size_t changes = below(4); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(4)) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1 + below(4)); break;
        case 2: text.insert(at, pieces[below(std::size(pieces))]); break;
        default: text.resize(at);
      }
    }
    record r;
    auditor::record_storage storage;
    auditor::record_view view;
    const error into_record = decode_record(text, r);
    const error into_view = decode_record(text, storage, view);
    const bool decoded = into_record.code == errc::ok || into_record.code == errc::unreadable_record;
    const bool agree = into_record.code == into_view.code && into_record.offset == into_view.offset &&
                       into_record.words() == into_view.words() && into_record.record_id() == into_view.record_id() &&
                       (!decoded || auditor::to_record(view) == r);
    INFO(text);
    if (!agree) FAIL("view and record differ");
    if (i % 4 != 0) continue;
    const reading whole = read(text);
    if (decoded && (whole.records.size() != 1 || !(whole.records[0] == r))) FAIL("reader and decoder differ");
    if (!(read(text, 1) == whole) || !(read(text, 2 + below(20)) == whole)) FAIL("pieces differ");
  }
}

TEST_CASE("a reader starts again as if new") {
  record_reader reader;
  for (const std::string& text :
       {first + "{\"record_id\":\"half", std::string("[") + first, first + "]", std::string("[]"), first + first}) {
    reader.restart();
    CHECK(reader.records() == 0);
    CHECK(reader.bytes() == 0);
    CHECK(!reader.error());
    feeder feed(reader);
    feed.feed(text);
    CHECK(feed.finish() == read(text));
  }
}

TEST_CASE("a reader, and a storage, that were moved from begin anew") {
  const std::string escaped = R"({"record_id":"\u0041 and some more","components":[],"start_time":"2022-08-03T09:47:00Z"})";
  record_reader reader;
  feeder feed(reader);
  feed.feed(escaped + "{");
  record_reader other = std::move(reader);
  reader.restart();
  feeder again(reader);
  again.feed(escaped);
  CHECK(again.finish() == read(escaped));
  other.restart();
  feeder second(other);
  second.feed(escaped);
  CHECK(second.finish() == read(escaped));

  auditor::record_storage storage;
  auditor::record_view view;
  REQUIRE_FALSE(decode_record(escaped, storage, view));
  const auditor::record_storage to = std::move(storage);
  REQUIRE_FALSE(decode_record(escaped, storage, view));
  CHECK(view.record_id == "A and some more");
}

TEST_CASE("the largest limit of a record is none") {
  record_reader reader(static_cast<std::size_t>(-1));
  feeder feed(reader);
  feed.feed(first);
  CHECK(feed.finish() == read(first));
}

TEST_CASE("a reader that failed takes more bytes, so that a body can be read to its end, and stays failed") {
  record_reader reader;
  feeder feed(reader);
  CHECK(!feed.feed("x"));
  for (int i = 0; i < 100; ++i) {
    const auto room = reader.prepare();
    REQUIRE(!room.empty());
    reader.commit(room.size());
    CHECK(reader.next() == record_reader::status::failed);
  }
  CHECK(reader.error().offset == 0);
  CHECK(reader.finish().error().code == errc::json_syntax);
}

TEST_CASE("the view stands while its record does, in any place of the buffer") {
  // Many records, so that the rest of one moves to the front of the buffer again and again.
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += R"({"record_id":"\u0041)" + std::to_string(i) + R"(","meta":{"site":["s)" + std::to_string(i % 7) +
            R"("]},"components":[{"name":"CPU","amount":)" + std::to_string(i) +
            R"(,"scores":[]}],"start_time":"2022-08-03T09:47:00Z"})";
  for (const std::size_t piece : {std::size_t{333}, std::size_t{4096}, std::size_t{60'000}, text.size()}) {
    const reading seen = read(text, piece);
    CHECK(seen.failure.code == errc::ok);
    REQUIRE(seen.records.size() == 3000);
    bool right = true;
    for (std::size_t i = 0; i < 3000; ++i) {
      const record& r = seen.records[i];
      right = right && r.record_id == "A" + std::to_string(i) && r.components[0].amount == static_cast<std::int64_t>(i) &&
              r.meta[0].values[0] == "s" + std::to_string(i % 7);
    }
    CHECK(right);
  }
}

TEST_CASE("a reader in a workspace reads what one on the heap reads, or says that it is too small") {
  std::vector<std::string> texts = {
      joined("", "\n", "\n"),         joined("[", ",", "]"), first + first + "{]", "[" + first + "]x",
      first + "{\"record_id\":\"cut", names(15, false),      names(40, false),     names(40, true)};
  for (const std::string& document : documents::all()) texts.push_back(document + first);
  for (const std::string& text : texts) {
    const reading whole = read(text);
    std::size_t fitted = 0;
    for (std::size_t size = 0; size < 3000; size += size < 64 ? 1 : 37) {
      const workspace memory(size);
      record_reader reader(memory.span());
      const reading seen = read(reader, text, 1 + size % 300);
      INFO(text << " in " << size);
      if (seen.failure.code != errc::record_too_large) {
        ++fitted;
        if (!(seen == whole)) FAIL("another reading");
        continue;
      }
      CHECK(seen.failure.index == seen.records.size());
      if (seen.records.size() > whole.records.size() ||
          !std::equal(seen.records.begin(), seen.records.end(), whole.records.begin()))
        FAIL("other records");
    }
    CHECK(fitted > 10);
  }
}

TEST_CASE("in a workspace, too, it makes no difference where a stream is cut") {
  for (const std::string& document : documents::all()) {
    const std::string text = document + first;
    const reading whole = read(text);
    const workspace memory(2 * document.size() + 300);
    record_reader reader(memory.span());
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
      reader.restart();
      feeder feed(reader);
      CHECK(feed.feed(std::string_view(text).substr(0, cut)));
      CHECK(feed.feed(std::string_view(text).substr(cut)));
      INFO(text << " cut at " << cut);
      CHECK(feed.finish() == whole);
    }
  }
}

TEST_CASE("damaged records do no harm in a workspace") {
  const std::vector<std::string> all = documents::all();
  std::mt19937_64 random(2);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int i = 0; i < 5'000; ++i) {
    std::string text = all[below(all.size())] + all[below(all.size())];
    for (std::size_t changes = below(4); changes > 0; --changes) text[below(text.size())] = R"({}[]",:\u0 )"[below(11)];
    const reading whole = read(text);
    const workspace memory(below(2000));
    record_reader reader(memory.span());
    const reading seen = read(reader, text, 1 + below(300));
    INFO(text);
    if (seen.failure.code == errc::record_too_large) continue;
    // An id with escapes may have no room: then the error is said to be behind the record before.
    if (seen.failure.code != whole.failure.code || seen.failure.offset != whole.failure.offset ||
        seen.records != whole.records)
      FAIL("another reading");
  }
}

TEST_CASE("a workspace is read into by small pieces, so that lists have room behind the text") {
  const workspace memory(4096);
  record_reader reader(memory.span());
  CHECK(reader.prepare().size() == 256);
  CHECK(reader.prepare().data() == memory.span().data());
}

TEST_CASE("a record too large for its workspace says how much it takes, and with so much it is read") {
  const std::string text(documents::complete);
  constexpr std::size_t lists = sizeof(void*) == 8 ? 176 : 96;  // two names, three values, a component and its score
  const workspace small(text.size() + lists / 2);
  record_reader reader(small.span());
  const reading refused = read(reader, text);
  CHECK(refused.failure.code == errc::record_too_large);
  CHECK(refused.failure.record_id() == "record-1");
  CHECK(refused.failure.words() == "record 0 of the answer takes " + std::to_string(text.size() + lists) +
                                       " bytes with its lists, the workspace has " +
                                       std::to_string(text.size() + lists / 2) + " bytes");

  const workspace tiny(100);
  record_reader tiny_reader(tiny.span());
  const reading cut = read(tiny_reader, text);
  CHECK(cut.failure.record_id() == "record-1");
  CHECK(cut.failure.words() == "record 0 of the answer takes more than 100 bytes");
}

TEST_CASE("a record that is too large can be skipped, by its id, wherever it is cut") {
  const std::string large = R"({"record_id":"\u0041","meta":{"a":[")" + std::string(2000, '}') +
                            R"(","\"]"]},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
  struct row {
    std::string text;
    std::size_t index;  // of the one that is too large
  };
  for (const row& expected : {row{first + large + first, 1}, row{"[" + large + "," + first + "]", 0},
                              row{"[" + first + "," + large + "]", 1}, row{first + "\n" + large, 1}})
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{5000}}) {
      const workspace memory(500);
      record_reader fixed(memory.span()), limited(1000);
      for (record_reader* reader : {&fixed, &limited}) {
        std::vector<std::string> ids, skipped;
        std::string_view left = expected.text;
        for (bool goes_on = true; goes_on;) {
          switch (reader->next()) {
            case record_reader::status::item: ids.emplace_back(reader->view().record_id); continue;
            case record_reader::status::failed:
              CHECK(reader->error().code == errc::record_too_large);
              CHECK(reader->error().index == expected.index);
              skipped.emplace_back(reader->view().record_id);
              CHECK(reader->view().components.empty());
              REQUIRE(reader->skip());
              CHECK(!reader->skip());
              continue;
            case record_reader::status::more: break;
          }
          goes_on = !left.empty();
          const auto room = reader->prepare();
          const std::size_t n = (std::min)({room.size(), left.size(), piece});
          std::memcpy(room.data(), left.data(), n);
          reader->commit(n);
          left.remove_prefix(n);
        }
        INFO(expected.text);
        CHECK(reader->finish().has_value());
        CHECK(ids == std::vector<std::string>(ids.size(), "m"));
        CHECK(skipped == std::vector<std::string>{"A"});
        CHECK(reader->records() == ids.size() + 1);
        CHECK(reader->bytes() == expected.text.size());
      }
    }
}

TEST_CASE("only a record that is too large can be skipped, and a stream that ends inside one is cut") {
  record_reader reader(20);
  feeder feed(reader);
  CHECK(!reader.skip());
  CHECK(!feed.feed(R"({"record_id":"large","x":")"));
  CHECK(reader.skip());
  CHECK(reader.next() == record_reader::status::more);
  CHECK(reader.finish().error().words() == "ends inside a record");
  CHECK(!reader.skip());

  reader.restart();
  feeder again(reader);
  CHECK(!again.feed(R"({"record_id":"large","x":")"));
  reader.prepare();  // the bytes of the record are gone
  CHECK(!reader.skip());
}

TEST_CASE("a reader without a workspace refuses the first byte, and takes all others") {
  record_reader reader{std::span<char>()};
  feeder feed(reader);
  CHECK(!feed.feed(first));
  for (int i = 0; i < 10; ++i) {
    const auto room = reader.prepare();
    REQUIRE(!room.empty());
    std::fill(room.begin(), room.end(), 'x');
    reader.commit(room.size());
    CHECK(reader.next() == record_reader::status::failed);
  }
  CHECK(feed.finish().failure.code == errc::record_too_large);
}

TEST_CASE("a reader takes what is left of a workspace that others use, and gives it back") {
  const workspace memory(2048);
  auditor::detail::memory shared(memory.span());
  char* const before = shared.take(100);
  const std::size_t left = shared.left();
  {
    record_reader reader(shared, 1'000'000);
    CHECK(shared.left() == left);
    for (int i = 0; i < 3; ++i) {
      reader.restart();
      CHECK(shared.left() == left);
      CHECK(reader.prepare().data() > before);
      CHECK(shared.left() == 0);
      CHECK(read(reader, first + first) == read(first + first));
    }
    record_reader other = std::move(reader);
    CHECK(shared.left() == 0);
    other.restart();
    CHECK(shared.left() == left);
    CHECK(read(other, first) == read(first));
  }
  CHECK(shared.left() == left);
}
