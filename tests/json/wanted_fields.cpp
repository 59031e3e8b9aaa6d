// Decoding a part of a record: what is left out is absent, and all of the text is taken and refused as ever.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_reader.hpp>
#include <auditor/json/wanted_fields.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <iterator>
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
using auditor::every_name;
using auditor::record;
using auditor::record_reader;
using auditor::record_storage;
using auditor::record_view;
using auditor::wanted_fields;
using auditor::wanted_names;

namespace {

constexpr std::array<std::string_view, 6> many_names{"nobody", "GPU", "group", "Memory", "é", "2"};

const std::vector<wanted_fields>& all_wishes() {
  static const std::vector<wanted_fields> wishes{
      {},
      {.meta = every_name, .components = every_name, .scores = true},
      {.components = {"CPU"}},
      {.components = {"CPU", "Memory"}, .scores = true},
      {.components = every_name},
      {.meta = "site_id"},
      {.meta = {"group", "a", "b"}, .components = "GPU", .scores = true},
      {.meta = every_name},
      {.meta = many_names, .components = many_names},
      {.scores = true},  // of none
  };
  return wishes;
}

// Meta that goes on over several blocks of 64 bytes, with this at its end.
std::string with_much_meta(std::string_view rest) {
  return R"({"record_id":"job","meta":{"site_id":["site7"],"user_id":["user123"],"group":["atlas-prod","a","b"],"":[""],)"
         R"("voms":["/atlas/Role=production/Capability=NULL/and/a/value/that/fills/more/than/a/block"],"subnode":["wn1.example.org"])" +
         std::string(rest) +
         R"(},"components":[{"name":"CPU","amount":8,"scores":[]}],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":12})";
}

std::vector<std::string> all_texts() {
  std::vector<std::string> texts = documents::all();
  for (const char* rest : {"", R"(,"more":[])", R"(,"more":["\u0041"],"last":["z"])", R"(,"m\u00f6re":["a"])",
                           R"(,"more":["é","b"],"é":["c"])", R"(, "more" : [ "a" ] ,"last":["z"])"})
    texts.push_back(with_much_meta(rest));
  // Two names that differ in nothing but their middle, unwanted components and scores before and behind the others.
  texts.emplace_back(
      R"({"record_id":"parts","meta":{"site_id":["s","t"],"sitt_id":["u"],"group":[]},"components":[)"
      R"({"name":"Disk","amount":12345678901,"scores":[{"name":"s","value":1.5},{"name":"t","value":-2e10}]},)"
      R"({"name":"CPU","amount":8,"scores":[{"name":"HEPSPEC06","value":9.25},{"name":"u","value":0.1}]},)"
      R"({"scores":[{"value":3,"name":"late"}],"amount":1,"name":"Disk"},)"
      R"({"scores":[{"value":3,"name":"late"},{"name":"\u0041","value":4.5}],"amount":2,"name":"Memor\u0079"},)"
      R"({"name":"Memory","amount":7,"scores":[]}],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":12})");
  return texts;
}

bool is_among(const wanted_names& names, const std::string& name) {
  const auto list = names.list();
  return names.is_all() || std::find(list.begin(), list.end(), name) != list.end();
}

record part_of(record whole, const wanted_fields& wanted) {
  std::erase_if(whole.meta.entries(), [&](const auditor::meta_entry& each) { return !is_among(wanted.meta, each.name); });
  std::erase_if(whole.components, [&](const auditor::component& each) { return !is_among(wanted.components, each.name); });
  if (!wanted.scores)
    for (auditor::component& each : whole.components) each.scores.clear();
  return whole;
}

bool is_decoded(const error& e) { return e.code == errc::ok || e.code == errc::unreadable_record; }

bool is_same(const error& a, const error& b) {
  return a.code == b.code && a.offset == b.offset && a.index == b.index && a.words() == b.words() &&
         a.record_id() == b.record_id();
}

// Of the whole record and of each part: the same error, or the part of the same record. From a copy of exactly this size, so that
// a sanitizer sees every byte that is read behind it.
void check_parts(std::string_view text) {
  const std::vector<char> exact(text.begin(), text.end());
  const std::string_view copy(exact.data(), exact.size());
  record whole;
  const error of_whole = decode_record(copy, whole);
  for (const wanted_fields& wanted : all_wishes()) {
    record_storage storage;
    record_view view;
    const error of_part = decode_record(copy, wanted, storage, view);
    INFO(text);
    if (!is_same(of_whole, of_part)) FAIL(of_whole.words() << ", and of a part: " << of_part.words());
    if (is_decoded(of_whole) && auditor::to_record(view) != part_of(whole, wanted)) FAIL("it is another record");
  }
}

// Everything that a reader says about a stream, which comes in two pieces.
struct reading {
  std::vector<record> records;
  std::vector<bool> unreadable;
  error failure;
};
reading read(record_reader& reader, std::string_view text, std::size_t cut) {
  reading seen;
  reader.restart();
  for (std::string_view piece : {text.substr(0, cut), text.substr(cut)}) {
    while (!piece.empty() && !reader.error()) {
      const auto room = reader.prepare();
      const std::size_t n = (std::min)(room.size(), piece.size());
      std::memcpy(room.data(), piece.data(), n);
      reader.commit(n);
      piece.remove_prefix(n);
      while (reader.next() == record_reader::status::item) {
        seen.records.push_back(auditor::to_record(reader.view()));
        seen.unreadable.push_back(reader.unreadable());
      }
    }
  }
  seen.failure = reader.finish().error();
  return seen;
}

std::string with_meta(std::string_view entries) {
  return R"({"record_id":"r","meta":{)" + std::string(entries) +
         R"(},"components":[],"start_time":"2022-08-03T09:47:00Z"})";
}

}  // namespace

TEST_CASE("a part of a record has what is wanted, and its id, its times and its runtime") {
  record_storage storage;
  record_view view;
  const std::string text = all_texts().back();
  REQUIRE_FALSE(decode_record(text, {.meta = "group", .components = {"CPU", "GPU"}}, storage, view));
  CHECK(view.record_id == "parts");
  CHECK(view.runtime == 12);
  CHECK_FALSE(view.stop_time.has_value());
  CHECK(view.start_time == auditor::parse_timestamp("2022-08-03T09:47:00Z").value());
  CHECK(view.meta.size() == 1);
  CHECK(view.meta.find("group").has_value());
  REQUIRE(view.components.size() == 1);
  CHECK(view.components[0].name == "CPU");
  CHECK(view.components[0].amount == 8);
  CHECK(view.components[0].scores.empty());
  REQUIRE_FALSE(decode_record(text, {.components = "CPU", .scores = true}, storage, view));
  REQUIRE(view.components[0].scores.size() == 2);
  CHECK(view.components[0].scores[1].value == 0.1);
  CHECK(view.meta.empty());
}

TEST_CASE("names are given in braces, alone, as an array that is borrowed, or all of them") {
  CHECK(wanted_names().list().empty());
  CHECK(wanted_names("a", std::string("b")).list().size() == 2);
  CHECK(wanted_names(std::vector<std::string_view>(many_names.begin(), many_names.end())).list().size() == 6);
  CHECK(wanted_names(std::span<const std::string_view>(many_names).first(5)).list()[4] == "é");
  CHECK(every_name.is_all());
  CHECK_FALSE(wanted_names("a").is_all());
}

TEST_CASE("of a part there are the same errors as of the whole, and the part of the same record, cut at every byte") {
  for (const std::string& text : all_texts())
    for (std::size_t size = 0; size <= text.size(); ++size) check_parts(text.substr(0, size));
}

TEST_CASE("of damaged records a part is taken and refused as the whole is") {
  const std::vector<std::string> all = all_texts();
  constexpr std::string_view pieces[] = {
      "{",   "}",     "[",      "]",      ",",       ":",    "\"",   "\\",           "\\u0000",        "\\ud800",
      "tru", "1e999", "-",      "0",      "1.5",     "null", "\xC3", "\n",           "\"name\":\"x\"", "\"scores\":[],",
      "\"",  "9.",    "0123.5", "1.5e+1", "1234567", "\xFF", "[]",   "\"amount\":1,"};
  std::mt19937_64 random(2);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  for (int i = 0; i < 20'000; ++i) {
    std::string text = all[below(all.size())];
    for (std::size_t changes = 1 + below(3); changes > 0 && !text.empty(); --changes) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1 + below(4)); break;
        case 2: text.insert(at, pieces[below(std::size(pieces))]); break;
        case 3: text.insert(at, text.substr(below(text.size()), 1 + below(40))); break;
        default: text.erase(at, below(40));
      }
    }
    check_parts(text);
  }
}

TEST_CASE("meta that nobody wants is checked to its end, and so are scores") {
  for (const char* rest : {R"(,"site_id":["twice"])", R"(,"more":["a")", R"(,"more":["a"],)", R"(,"more":[1])",
                           ",\"more\":[\"\xFF\"]", R"(,"more":["a"]]")", R"(,"more":"a")", R"(,"more":["a",])"})
    check_parts(with_much_meta(rest));
  for (const char* last : {R"({"name":"c","value":1.25x})", R"({"name":"c","value":01.5})", R"({"name":"c","value":1.})",
                           R"({"name":"c","value":1.5},)", R"({"name":"c"})", R"({"value":1.5,"name":"c"})",
                           R"({"name":"c","value":1e999})"}) {
    const std::string few = R"({"name":"a","value":1.5},{"name":"b","value":12345.5})";
    for (const std::string& before : {std::string(), few + ",", few + "," + few + "," + few + ","})
      check_parts(R"({"record_id":"r","meta":null,"components":[{"name":"GPU","amount":1,"scores":[)" + before + last +
                  R"(]}],"start_time":"2022-08-03T09:47:00Z","stop_time":null,"runtime":12})");
  }
}

// Each wish with every so manieth cut, and the next one with those behind them.
static void cut_streams(std::size_t step) {
  std::string text;
  for (const std::string& each : all_texts()) text += each;
  for (std::string_view stream : {std::string_view(text), std::string_view(text).substr(0, text.size() - 9)}) {
    record_reader of_whole;
    const reading whole = read(of_whole, stream, 0);
    std::size_t first = 0;
    for (const wanted_fields& wanted : all_wishes()) {
      record_reader of_part;
      of_part.show_only(wanted);
      for (std::size_t cut = first++ % step; cut <= stream.size(); cut += step) {
        const reading part = read(of_part, stream, cut);
        if (!is_same(part.failure, whole.failure) || part.unreadable != whole.unreadable) FAIL("cut at " << cut);
        for (std::size_t i = 0; i < whole.records.size(); ++i)
          if (part.records.at(i) != part_of(whole.records[i], wanted)) FAIL("record " << i << ", cut at " << cut);
      }
    }
  }
}
TEST_CASE("where a stream is cut makes no difference to a part of its records") { cut_streams(all_wishes().size()); }
TEST_CASE("where a stream is cut makes no difference to each part of its records", "[deep]") { cut_streams(1); }

TEST_CASE("a name that comes twice among those that nobody wants is found") {
  std::string many, few;
  for (int i = 0; i < 40; ++i) many += "\"n" + std::to_string(i * 7 % 40) + R"(":["v"],)";
  for (int i = 0; i < 12; ++i) few += "\"n" + std::to_string(i) + R"(":["v"],)";
  for (const std::string& before : {std::string(), few, many})
    for (const char* more : {R"("a":["1"],"a":["2"])", R"("a":["1"],"\u0061":["2"])", R"("\u0061":["1"],"a":["2"])",
                             R"("a":[],"a":[])", R"("b":["1"],"a":["1"] , "a":["2"])", R"("":["1"],"":["2"])",
                             R"("":["1"],"a":["2"])", R"("x":["1"],"y":["2"])"}) {
      check_parts(with_meta(before + more));
      check_parts(with_meta(more + ("," + before) + R"("last":[])"));
    }
}

TEST_CASE("in memory of a fixed size a part fits wherever the whole does, and most often in less") {
  std::size_t less = 0;
  for (const std::string& text : all_texts()) {
    record whole;
    decode_record(text, whole);
    for (std::size_t size = 0; size < 1000; size += 8) {
      alignas(8) static char memory[1000];
      record_view view;
      record_storage for_whole(std::span<char>(memory, size));
      const bool fits = decode_record(text, for_whole, view).code != errc::buffer_full;
      for (const wanted_fields& wanted : all_wishes()) {
        record_storage storage(std::span<char>(memory, size));
        const error e = decode_record(text, wanted, storage, view);
        INFO(text << " in " << size);
        if (e.code == errc::buffer_full) {
          if (fits) FAIL("the whole fits");
          continue;
        }
        if (auditor::to_record(view) != part_of(whole, wanted)) FAIL("another record");
        less += fits ? 0 : 1;
      }
    }
  }
  CHECK(less > 100);
}
