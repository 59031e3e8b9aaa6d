// How fast records are decoded and encoded that differ from the usual ones, beside nlohmann/json, yyjson and simdjson, those that are here.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   codec_kinds [--kilobytes=N of each kind] [--rounds=N] [KIND...]     prints a table: ns of CPU for each 100 bytes, the least of the rounds
//
// A way is a column; each peer reads members in any order, into the same records.

#include <auditor/ext/record_table.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>

#include "by_nlohmann.hpp"
#include "generated_records.hpp"

#include <nlohmann/json.hpp>

#if __has_include(<simdjson.h>)
#include <simdjson.h>
#define WITH_SIMDJSON 1
#endif
#if __has_include(<yyjson.h>)
#include "by_yyjson.hpp"
#define WITH_YYJSON 1
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auditor::record;
using auditor::record_view;
using nlohmann::ordered_json;

void check(bool is_well, const char* words) {
  if (is_well) return;
  std::fprintf(stderr, "%s\n", words);
  std::exit(1);
}
void check(const auditor::error& e) { check(!e, auditor::message(e).c_str()); }
template <class T>
void use(const T& made) {
  asm volatile("" : : "r"(&made) : "memory");
}

// ---- The kinds: each makes the text of a record from that of a usual one ----

std::string times(std::size_t count, std::string_view part) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += part;
  return all;
}
ordered_json parsed(std::string_view usual) { return ordered_json::parse(usual); }
ordered_json with_values(std::string_view usual, const std::string& value) {
  ordered_json r = parsed(usual);
  for (auto& values : r["meta"]) values = {value, value};
  return r;
}
// All numbers of scores are written so.
std::string with_number(std::string_view usual, const char* number) {
  ordered_json r = parsed(usual);
  for (auto& score : r["components"][0]["scores"]) score["value"] = "#";
  std::string text = r.dump();
  for (std::size_t at = 0; (at = text.find("\"#\"")) != std::string::npos;) text.replace(at, 3, number);
  return text;
}

const std::vector<std::pair<std::string, std::function<std::string(std::string_view)>>> kinds = {
    {"usual", [](std::string_view usual) { return std::string(usual); }},
    {"other keys",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       r["meta"] = {{"queue", {"long"}}, {"project", {"atlas", "belle"}}, {"none", ordered_json::array()}, {"a", {"b"}}};
       r["components"][1]["name"] = "GPU";
       return r.dump();
     }},
    {"short",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       r["record_id"] = "a";
       r["meta"] = r["stop_time"] = r["runtime"] = nullptr;
       r["components"] = ordered_json::array();
       return r.dump();
     }},
    {"no scores",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       for (auto& part : r["components"]) part["scores"] = ordered_json::array();
       return r.dump();
     }},
    {"alphabetical", [](std::string_view usual) { return nlohmann::json::parse(usual).dump(); }},
    {"reversed",
     [](std::string_view usual) {
       const auto reversed = [](const ordered_json& of) {
         ordered_json to;
         for (auto each = of.rbegin(); each != of.rend(); ++each) to[each.key()] = each.value();
         return to;
       };
       ordered_json r = parsed(usual);
       for (auto& part : r["components"]) {
         for (auto& score : part["scores"]) score = reversed(score);
         part = reversed(part);
       }
       return reversed(r).dump();
     }},
    {"indented", [](std::string_view usual) { return parsed(usual).dump(2); }},
    {"spaced",  // as Python's json.dumps writes it
     [](std::string_view usual) {
       std::string text;
       for (const char c : usual) {
         text += c;
         if (c == ',' || (c == ':' && text.ends_with("\":"))) text += ' ';
       }
       return text;
     }},
    {"unknown members",
     [](std::string_view usual) {
       const ordered_json r = parsed(usual);
       ordered_json to;
       for (const auto& [name, value] : r.items()) to["x_" + name] = value, to[name] = value;
       return to.dump();
     }},
    {"unicode",
     [](std::string_view usual) {
       return with_values(usual, "Universit\u00e4t, \u65e5\u672c\u8a9e \U0001F600 caf\u00e9").dump();
     }},
    {"escaped unicode",
     [](std::string_view usual) { return with_values(usual, "\u65e5\u672c\u8a9e\u00e9 \U0001F600").dump(-1, ' ', true); }},
    {"escapes", [](std::string_view usual) { return with_values(usual, "C:\\jobs\\\"a\"\n\tend of it").dump(); }},
    {"exponents", [](std::string_view usual) { return with_number(usual, "1.0E+1"); }},
    {"17 digits", [](std::string_view usual) { return with_number(usual, "10.123456789012345"); }},
    {"integers", [](std::string_view usual) { return with_number(usual, "12"); }},
    {"200 components",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       const ordered_json part = r["components"][0];
       for (int i = 0; i < 200; ++i) r["components"].push_back(part);
       return r.dump();
     }},
    {"3,000 names",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       std::string meta = "{";
       for (int i = 0; i < 3000; ++i) meta += (i == 0 ? "\"name " : ",\"name ") + std::to_string(i) + "\":[\"value\"]";
       r["meta"] = ordered_json::parse(meta + "}");
       return r.dump();
     }},
    {"3,000 values",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       for (int i = 0; i < 3000; ++i) r["meta"]["site_id"].push_back("a value of some length, " + std::to_string(i));
       return r.dump();
     }},
    {"one of 100 kB",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       r["meta"]["site_id"] = {times(10'000, "some text ")};
       return r.dump();
     }},
    {"unicode of 100 kB",
     [](std::string_view usual) {
       ordered_json r = parsed(usual);
       r["meta"]["site_id"] = {times(5'000, "caf\u00e9 \u65e5\u672c\u8a9e ")};
       return r.dump();
     }},
};

// ---- The ways ----

struct texts {
  std::string all;
  std::vector<std::string_view> each;  // with room behind the last one
  std::vector<record> decoded;
};

template <class Each>
void decode_views(const texts& from, const Each& use_it) {
  static auditor::record_storage storage;
  record_view view;
  for (const std::string_view text : from.each) {
    check(auditor::decode_record(text, storage, view));
    use_it(view);
  }
}

#ifdef WITH_YYJSON
record yyjson_decode(std::string_view text) {
  yyjson_doc* const json = yyjson_read(text.data(), text.size(), YYJSON_READ_NOFLAG);
  check(json != nullptr, "yyjson: not read");
  record r = benchmarks::record_of(yyjson_doc_get_root(json));
  yyjson_doc_free(json);
  return r;
}
#endif

#ifdef WITH_SIMDJSON
record simdjson_decode(simdjson::ondemand::parser& parser, std::string_view text) {
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document document = parser.iterate(padded);
  record r;
  for (auto field : document.get_object()) {
    const std::string_view name = field.unescaped_key();
    simdjson::ondemand::value value = field.value();
    if (value.is_null()) continue;
    if (name == "record_id") {
      r.record_id.assign(std::string_view(value));
    } else if (name == "meta") {
      for (auto entry : value.get_object()) {
        auditor::meta_entry& to = r.meta.entries().emplace_back();
        to.name.assign(std::string_view(entry.unescaped_key()));
        for (auto each : entry.value().get_array()) to.values.emplace_back(std::string_view(each));
      }
    } else if (name == "components") {
      for (auto each : value.get_array()) {
        auditor::component& c = r.components.emplace_back();
        for (auto member : each.get_object()) {
          const std::string_view of = member.unescaped_key();
          if (of == "name") c.name.assign(std::string_view(member.value()));
          if (of == "amount") c.amount = std::int64_t(member.value());
          if (of != "scores") continue;
          for (auto score : member.value().get_array()) {
            auditor::score& s = c.scores.emplace_back();
            for (auto part : score.get_object()) {
              const std::string_view which = part.unescaped_key();
              if (which == "name") s.name.assign(std::string_view(part.value()));
              if (which == "value") s.value = double(part.value());
            }
          }
        }
      }
    } else if (name == "start_time") {
      r.start_time = auditor::parse_timestamp(std::string_view(value)).value();
    } else if (name == "stop_time") {
      r.stop_time = auditor::parse_timestamp(std::string_view(value)).value();
    } else if (name == "runtime") {
      r.runtime = std::int64_t(value);
    }
  }
  return r;
}
#endif

const std::vector<std::pair<const char*, void (*)(const texts&)>> ways = {
    {"view", [](const texts& from) { decode_views(from, [](const record_view& r) { use(r); }); }},
    {"part",
     [](const texts& from) {
       static auditor::record_storage storage;
       static constexpr auditor::wanted_fields wanted{.components = {"Cores"}};
       record_view view;
       for (const std::string_view text : from.each) {
         check(auditor::decode_record(text, wanted, storage, view));
         use(view);
       }
     }},
    {"reused",
     [](const texts& from) {
       static record r;
       for (const std::string_view text : from.each) {
         check(auditor::decode_record(text, r));
         use(r);
       }
     }},
    {"fresh",
     [](const texts& from) {
       for (const std::string_view text : from.each) {
         record r;
         check(auditor::decode_record(text, r));
         use(r);
       }
     }},
    {"copied", [](const texts& from) { decode_views(from, [](const record_view& r) { use(to_record(r)); }); }},
    {"table",
     [](const texts& from) {
       auditor::record_table all;
       decode_views(from, [&all](const record_view& r) { all.push_back(r); });
       use(all);
     }},
#ifdef WITH_SIMDJSON
    {"simdjson",
     [](const texts& from) {
       static simdjson::ondemand::parser parser;
       for (const std::string_view text : from.each) use(simdjson_decode(parser, text));
     }},
#endif
#ifdef WITH_YYJSON
    {"yyjson",
     [](const texts& from) {
       for (const std::string_view text : from.each) use(yyjson_decode(text));
     }},
#endif
    {"nlohmann",
     [](const texts& from) {
       for (const std::string_view text : from.each) use(benchmarks::nlohmann_decode(text));
     }},
    {"encode",
     [](const texts& from) {
       static std::string body;
       for (const record& r : from.decoded) {
         body.clear();
         check(auditor::encode_record(r, body));
         use(body);
       }
     }},
    {"... nlohmann",
     [](const texts& from) {
       for (const record& r : from.decoded) use(benchmarks::nlohmann_encode(r));
     }},
};

texts texts_of(const std::function<std::string(std::string_view)>& kind, std::size_t bytes) {
  const auto usual = benchmarks::generate_records(1'000, benchmarks::order::as_written);
  texts made;
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; made.all.size() < bytes; ++i) {
    made.all += kind(usual.records[i % usual.records.size()]);
    ends.push_back(made.all.size());
  }
  made.all.append(4096, ' ');
  std::size_t begin = 0;
  for (const std::size_t end : ends)
    made.each.push_back(std::string_view(made.all).substr(std::exchange(begin, end), end - begin));
  for (const std::string_view text : made.each) {
    check(auditor::decode_record(text, made.decoded.emplace_back()));
#ifdef WITH_YYJSON
    check(yyjson_decode(text) == made.decoded.back(), "yyjson reads another record");
#endif
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t bytes = 1'000'000;
  int rounds = 7;
  std::vector<std::string_view> only;
  for (char** a = argv + 1; a != argv + argc; ++a) {
    const std::string_view text = *a;
    if (text.starts_with("--kilobytes="))
      bytes = 1000 * std::strtoull(*a + 12, nullptr, 10);
    else if (text.starts_with("--rounds="))
      rounds = std::atoi(*a + 9);
    else
      only.push_back(text);
  }
  std::printf("%-18s%8s", "ns of 100 bytes", "bytes");
  for (const auto& way : ways) std::printf("%*s", way.first[0] == '.' ? 13 : 9, way.first);
  std::puts("");
  for (const auto& [name, kind] : kinds) {
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    const texts from = texts_of(kind, bytes);
    const std::size_t size = from.all.size() - 4096;
    std::vector<double> least(ways.size(), 1e300);
    for (int round = 0; round < rounds; ++round)
      for (std::size_t i = 0; i < ways.size(); ++i) {
        const std::clock_t start = std::clock();
        ways[i].second(from);
        least[i] = std::min(least[i], static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
      }
    std::printf("%-18s%8zu", name.c_str(), size / from.each.size());
    for (std::size_t i = 0; i < ways.size(); ++i)
      std::printf("%*.1f", ways[i].first[0] == '.' ? 13 : 9, least[i] * 1e11 / static_cast<double>(size));
    std::puts("");
    std::fflush(stdout);
  }
}
