// How fast records are decoded and encoded beside simdjson, rapidjson, yyjson and glaze, those that are here; for tools/bench-codec.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   codec_peers [--records=N] [Google Benchmark's options]
//   codec_peers --cold=list|table [--records=N]   collects them once, into memory that nobody had before; prints the seconds of CPU of
//                                                 decoding and collecting, and the bytes that a record took
//
// Each peer fills the same records: what is told apart is the reading of JSON. Times are read and written by our own functions for all.

#include <auditor/ext/record_table.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>

#include "generated_records.hpp"
#include "one_read.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>

#if __has_include(<simdjson.h>)
#include <simdjson.h>
#define WITH_SIMDJSON 1
#endif
#if __has_include(<rapidjson/document.h>) && !defined(__clang__)  // which refuses rapidjson 1.1
#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#define WITH_RAPIDJSON 1
#endif
#if __has_include(<yyjson.h>)
#include "by_yyjson.hpp"
#define WITH_YYJSON 1
#endif
#ifdef WITH_GLAZE  // only some of its versions compile
#include <glaze/glaze.hpp>
#endif

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What glaze sees: a member for each field, times as texts.
namespace wire {
struct score {
  std::string name;
  double value = 0;
};
struct component {
  std::string name;
  std::int64_t amount = 0;
  std::vector<score> scores;
};
struct record {
  std::string record_id;
  std::map<std::string, std::vector<std::string>> meta;
  std::vector<component> components;
  std::string start_time;
  std::optional<std::string> stop_time;
  std::optional<std::int64_t> runtime;
};
}  // namespace wire

namespace {

using auditor::record;
using auditor::record_view;

benchmarks::generated input;
std::vector<record> decoded;

void check(bool is_well, const char* words) {
  if (is_well) return;
  std::fprintf(stderr, "%s\n", words);
  std::exit(1);
}
void check(const auditor::error& e) { check(!e, auditor::message(e).c_str()); }

// A list that is filled again, with the memory of what it had.
template <class T>
class refill {
 public:
  explicit refill(std::vector<T>& list) : list_(list) {}
  ~refill() { list_.resize(count_); }
  refill(const refill&) = delete;
  refill& operator=(const refill&) = delete;
  T& next() {
    if (count_ == list_.size()) list_.emplace_back();
    return list_[count_++];
  }

 private:
  std::vector<T>& list_;
  std::size_t count_ = 0;
};

auditor::timestamp time_of(std::string_view text) { return auditor::parse_timestamp(text).value(); }

// ---- Ours ----

void reused() {
  static record r;
  for (const std::string_view text : input.records) {
    check(auditor::decode_record(text, r));
    benchmark::DoNotOptimize(r);
  }
}
template <class Collection, class Add>
void collect(const Add& add) {
  static auditor::record_storage storage;
  Collection all;
  record_view view;
  for (const std::string_view text : input.records) {
    check(auditor::decode_record(text, storage, view));
    add(all, view);
  }
  benchmark::DoNotOptimize(all);
}
void collect_list() {
  collect<std::vector<record>>([](auto& all, const record_view& r) { all.push_back(to_record(r)); });
}
void encode() {
  static std::string body;
  for (const record& r : decoded) {
    body.clear();
    check(auditor::encode_record(r, body));
    benchmark::DoNotOptimize(body);
  }
}

// ---- simdjson, On-Demand: fields in the order in which the server sends them, the fastest way ----

#ifdef WITH_SIMDJSON
void fill(simdjson::ondemand::object json, record& r) {
  using simdjson::ondemand::object;
  r.record_id.assign(std::string_view(json.find_field("record_id")));
  {
    refill entries(r.meta.entries());
    for (auto field : object(json.find_field("meta"))) {
      auditor::meta_entry& entry = entries.next();
      entry.name.assign(std::string_view(field.unescaped_key()));
      refill values(entry.values);
      for (auto value : field.value().get_array()) values.next().assign(std::string_view(value));
    }
  }
  {
    refill components(r.components);
    for (auto each : json.find_field("components").get_array()) {
      object part = each.get_object();
      auditor::component& c = components.next();
      c.name.assign(std::string_view(part.find_field("name")));
      c.amount = std::int64_t(part.find_field("amount"));
      refill scores(c.scores);
      for (auto one : part.find_field("scores").get_array()) {
        object score = one.get_object();
        auditor::score& s = scores.next();
        s.name.assign(std::string_view(score.find_field("name")));
        s.value = double(score.find_field("value"));
      }
    }
  }
  r.start_time = time_of(std::string_view(json.find_field("start_time")));
  auto stop = json.find_field("stop_time");
  r.stop_time = stop.is_null() ? std::nullopt : std::optional(time_of(std::string_view(stop)));
  auto runtime = json.find_field("runtime");
  r.runtime = runtime.is_null() ? std::nullopt : std::optional(std::int64_t(runtime));
}
void simdjson_reused() {
  static simdjson::ondemand::parser parser;
  static record r;
  for (const std::string_view text : input.records) {
    // What follows is the next record, and behind the last one the room that main() leaves.
    const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
    simdjson::ondemand::document json = parser.iterate(padded);
    fill(json.get_object(), r);
    benchmark::DoNotOptimize(r);
  }
}
#endif

// ---- rapidjson: a document in situ, its memory kept ----

#ifdef WITH_RAPIDJSON
std::string_view text_of(const rapidjson::Value& json) { return {json.GetString(), json.GetStringLength()}; }
void rapidjson_reused() {
  static std::vector<char> memory(1 << 16);
  static std::string copy;
  static record r;
  for (const std::string_view text : input.records) {
    rapidjson::MemoryPoolAllocator<> pool(memory.data(), memory.size());
    rapidjson::Document json(&pool);
    copy.assign(text);
    json.ParseInsitu(copy.data());
    check(!json.HasParseError(), "rapidjson: not read");
    r.record_id.assign(text_of(json["record_id"]));
    refill entries(r.meta.entries());
    for (const auto& field : json["meta"].GetObject()) {
      auditor::meta_entry& entry = entries.next();
      entry.name.assign(text_of(field.name));
      refill values(entry.values);
      for (const auto& value : field.value.GetArray()) values.next().assign(text_of(value));
    }
    refill components(r.components);
    for (const auto& part : json["components"].GetArray()) {
      auditor::component& c = components.next();
      c.name.assign(text_of(part["name"]));
      c.amount = part["amount"].GetInt64();
      refill scores(c.scores);
      for (const auto& score : part["scores"].GetArray()) {
        auditor::score& s = scores.next();
        s.name.assign(text_of(score["name"]));
        s.value = score["value"].GetDouble();
      }
    }
    r.start_time = time_of(text_of(json["start_time"]));
    const auto &stop = json["stop_time"], &runtime = json["runtime"];
    r.stop_time = stop.IsNull() ? std::nullopt : std::optional(time_of(text_of(stop)));
    r.runtime = runtime.IsNull() ? std::nullopt : std::optional<std::int64_t>(runtime.GetInt64());
    benchmark::DoNotOptimize(r);
  }
}
void rapidjson_encode() {
  static rapidjson::StringBuffer body;
  const auto string = [](auto& writer, std::string_view text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  };
  for (const record& r : decoded) {
    body.Clear();
    rapidjson::Writer<rapidjson::StringBuffer> writer(body);
    writer.StartObject();
    writer.Key("record_id"), string(writer, r.record_id);
    writer.Key("meta"), writer.StartObject();
    for (const auto& entry : r.meta) {
      string(writer, entry.name), writer.StartArray();
      for (const std::string& value : entry.values) string(writer, value);
      writer.EndArray();
    }
    writer.EndObject();
    writer.Key("components"), writer.StartArray();
    for (const auto& c : r.components) {
      writer.StartObject();
      writer.Key("name"), string(writer, c.name);
      writer.Key("amount"), writer.Int64(c.amount);
      writer.Key("scores"), writer.StartArray();
      for (const auto& s : c.scores) {
        writer.StartObject();
        writer.Key("name"), string(writer, s.name);
        writer.Key("value"), writer.Double(s.value);
        writer.EndObject();
      }
      writer.EndArray();
      writer.EndObject();
    }
    writer.EndArray();
    writer.Key("start_time"), string(writer, auditor::to_string(r.start_time));
    writer.Key("stop_time");
    r.stop_time ? string(writer, auditor::to_string(*r.stop_time)) : void(writer.Null());
    writer.EndObject();
    benchmark::DoNotOptimize(body.GetString());
  }
}
#endif

// ---- yyjson: a document whose memory is kept, into a list of new records ----

#ifdef WITH_YYJSON
void yyjson_collect() {
  static std::vector<char> memory(1 << 18);
  std::vector<record> all;
  for (const std::string_view text : input.records) {
    yyjson_alc pool;
    yyjson_alc_pool_init(&pool, memory.data(), memory.size());
    yyjson_doc* const json =
        yyjson_read_opts(const_cast<char*>(text.data()), text.size(), YYJSON_READ_NOFLAG, &pool, nullptr);
    check(json != nullptr, "yyjson: not read");
    all.push_back(benchmarks::record_of(yyjson_doc_get_root(json)));
  }
  benchmark::DoNotOptimize(all);
}
#endif

// ---- glaze, by reflection: times stay texts ----

#ifdef WITH_GLAZE
wire::record glaze_decoded(std::string_view text) {
  wire::record r;
  check(!glz::read_json(r, text), "glaze: not read");
  return r;
}
void glaze_reused() {
  static wire::record r;
  for (const std::string_view text : input.records) {
    r.meta.clear(), r.stop_time.reset(), r.runtime.reset();
    check(!glz::read_json(r, text), "glaze: not read");
    benchmark::DoNotOptimize(r);
  }
}
void glaze_encode() {
  static std::vector<wire::record> all;
  static std::string body;
  if (all.empty())
    for (const std::string_view text : input.records) all.push_back(glaze_decoded(text));
  for (const wire::record& r : all) {
    check(!glz::write_json(r, body), "glaze: not written");
    benchmark::DoNotOptimize(body);
  }
}
#endif

const std::map<std::string, void (*)()> passes = {
    {"reused", reused},
    {"collect_list", collect_list},
    {"encode", encode},
#ifdef WITH_SIMDJSON
    {"simdjson, reused", simdjson_reused},
#endif
#ifdef WITH_RAPIDJSON
    {"rapidjson, reused", rapidjson_reused},
    {"rapidjson, encode", rapidjson_encode},
#endif
#ifdef WITH_YYJSON
    {"yyjson, collect", yyjson_collect},
#endif
#ifdef WITH_GLAZE
    {"glaze, reused", glaze_reused},
    {"glaze, encode", glaze_encode},
#endif
};

// ---- Once, cold ----

// Memory that was used and is free goes back to the system; what is there now is the peak from which it grows.
long begin_cold() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << 5;
  return peak_of_memory();
}
// Asked before they go: who collects records uses them first.
template <class Collection, class Add>
void collect_cold(const Add& add) {
  auditor::record_storage storage;
  const long before = begin_cold();
  const std::clock_t start = std::clock();
  Collection all;
  record_view view;
  for (const std::string_view text : input.records) {
    check(auditor::decode_record(text, storage, view));
    add(all, view);
  }
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  const double taken = static_cast<double>(peak_of_memory() - before) * 1024 / static_cast<double>(input.records.size());
  std::printf("%.6f %.1f\n", seconds, taken);
}

void say_versions() {
#ifdef WITH_SIMDJSON
  benchmark::AddCustomContext("simdjson", std::to_string(simdjson::SIMDJSON_VERSION_MAJOR) + "." +
                                              std::to_string(simdjson::SIMDJSON_VERSION_MINOR));
#endif
#ifdef WITH_RAPIDJSON
  benchmark::AddCustomContext("rapidjson", RAPIDJSON_VERSION_STRING);
#endif
#ifdef WITH_YYJSON
  benchmark::AddCustomContext("yyjson", YYJSON_VERSION_STRING);
#endif
}

int run_cold(std::string_view what) {
  if (what == "list")
    collect_cold<std::vector<record>>([](auto& all, const record_view& r) { all.push_back(to_record(r)); });
  else
    collect_cold<auditor::record_table>([](auto& all, const record_view& r) { all.push_back(r); });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 200'000;
  std::string_view cold;
  std::vector<char*> arguments;
  for (char** a = argv; a != argv + argc; ++a) {
    const std::string_view text = *a;
    if (text.starts_with("--records="))
      count = std::strtoull(*a + 10, nullptr, 10);
    else if (text.starts_with("--cold="))
      cold = text.substr(7);
    else
      arguments.push_back(*a);
  }
  input = benchmarks::generate_records(count, benchmarks::order::as_written);
  if (!cold.empty()) return run_cold(cold);
  const std::size_t size = input.text.size();
  input.text.append(4096, ' ');  // room behind the last record; the views may have moved
  std::size_t at = 0;
  for (std::string_view& each : input.records)
    each = std::string_view(input.text).substr(std::exchange(at, at + each.size()), each.size());
  check(at == size, "the records are not the text");
  decoded.resize(count);
  for (std::size_t i = 0; i < count; ++i) check(auditor::decode_record(input.records[i], decoded[i]));

  for (const auto& [name, pass] : passes)
    benchmark::RegisterBenchmark(name.c_str(), [run = pass](benchmark::State& state) {
      for (auto _ : state) run();
    })->Unit(benchmark::kMillisecond);
  say_versions();
  int left = static_cast<int>(arguments.size());
  benchmark::Initialize(&left, arguments.data());
  benchmark::RunSpecifiedBenchmarks();
}
