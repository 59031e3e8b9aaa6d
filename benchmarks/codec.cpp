// How fast records are decoded and encoded, beside nlohmann/json: what counts are the ratios within one run.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   codec [--records=N] [--shuffle] [Google Benchmark's options]
//   codec --count=reused|view|projection|encode ... [--records=N]     that alone, once, for tools/count-instructions

#include <auditor/ext/record_table.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/json/record_reader.hpp>

#include "by_nlohmann.hpp"
#include "generated_records.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <map>
#include <new>
#include <string>
#include <string_view>
#include <vector>

namespace {

using auditor::record;
using auditor::record_view;
using benchmarks::nlohmann_decode;
using benchmarks::nlohmann_encode;

benchmarks::generated input;
std::vector<record> decoded;

void check(const auditor::error& e) {
  if (!e) return;
  std::fprintf(stderr, "%s\n", auditor::message(e).c_str());
  std::exit(1);
}

// --- one pass over all records each ---

void nlohmann_decode_all() {
  for (const std::string_view text : input.records) benchmark::DoNotOptimize(nlohmann_decode(text));
}
void nlohmann_collect() {
  std::vector<record> all;
  for (const std::string_view text : input.records) all.push_back(nlohmann_decode(text));
  benchmark::DoNotOptimize(all);
}
void nlohmann_encode_all() {
  for (const record& r : decoded) benchmark::DoNotOptimize(nlohmann_encode(r));
}
void decode_fresh() {
  for (const std::string_view text : input.records) {
    record r;
    check(auditor::decode_record(text, r));
    benchmark::DoNotOptimize(r);
  }
}
void decode_reused() {
  static record r;
  for (const std::string_view text : input.records) {
    check(auditor::decode_record(text, r));
    benchmark::DoNotOptimize(r);
  }
}
void decode_view() {
  static auditor::record_storage storage;
  record_view view;
  for (const std::string_view text : input.records) {
    check(auditor::decode_record(text, storage, view));
    benchmark::DoNotOptimize(view);
  }
}
// Id, times and one component: what most sums are made of.
void decode_projection() {
  static auditor::record_storage storage;
  static constexpr auditor::wanted_fields wanted{.components = {"Cores"}};
  record_view view;
  for (const std::string_view text : input.records) {
    check(auditor::decode_record(text, wanted, storage, view));
    benchmark::DoNotOptimize(view);
  }
}
void read_stream(std::size_t chunk) {
  static auditor::record_reader reader;
  reader.restart();
  for (std::size_t at = 0; at < input.text.size();) {
    const auto room = reader.prepare();
    const std::size_t n = std::min({chunk, room.size(), input.text.size() - at});
    std::memcpy(room.data(), input.text.data() + at, n);
    reader.commit(n);
    at += n;
    while (reader.next() == auditor::record_reader::status::item) benchmark::DoNotOptimize(reader.view());
  }
  if (auto ended = reader.finish(); !ended) check(ended.error());
}
// All of them at once, as a read that collects has them: from views.
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
// What a list of such records allocates, in this order, and nothing else: no way to collect takes less time than this and the view.
void allocations_alone() {
  constexpr std::size_t sizes[] = {20,
                                   5 * sizeof(auditor::meta_entry),
                                   32,
                                   32,
                                   32,
                                   39,
                                   32,
                                   32,
                                   31,
                                   3 * sizeof(auditor::component),
                                   2 * sizeof(auditor::score)};
  struct allocated {
    std::vector<void*> each;
    ~allocated() {
      for (void* const p : each) ::operator delete(p);
    }
  } all;
  all.each.reserve(std::size(sizes) * input.records.size());
  for (std::size_t i = 0; i < input.records.size(); ++i)
    for (const std::size_t size : sizes) all.each.push_back(::operator new(size));
  benchmark::DoNotOptimize(all);
}
void collect_table() {
  collect<auditor::record_table>([](auto& all, const record_view& r) { all.push_back(r); });
}
void encode() {
  static std::string body;
  for (const record& r : decoded) {
    body.clear();
    check(auditor::encode_record(r, body));
    benchmark::DoNotOptimize(body);
  }
}

// Collects what each benchmark took, so that ratios of medians can be printed at the end.
class ratio_reporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration)
        times_[run.run_name.function_name].push_back(run.cpu_accumulated_time / static_cast<double>(run.iterations));
  }
  void ratio(const char* ours, const char* theirs) {
    std::printf("%-28s %7.1f ns a record, %6.1f times %s\n", ours, nanoseconds(ours),
                nanoseconds(theirs) / nanoseconds(ours), theirs);
  }

 private:
  double nanoseconds(const char* name) {
    std::vector<double>& all = times_[name];
    if (all.empty()) return 0;
    std::sort(all.begin(), all.end());
    return all[all.size() / 2] * 1e9 / static_cast<double>(input.records.size());
  }
  std::map<std::string, std::vector<double>> times_;
};

}  // namespace

int main(int argc, char** argv) {
  std::size_t count = 200'000;
  auto order = benchmarks::order::as_written;
  std::string only;
  std::vector<char*> arguments;
  for (char** a = argv; a != argv + argc; ++a) {
    const std::string_view text = *a;
    if (text.substr(0, 10) == "--records=")
      count = std::strtoull(*a + 10, nullptr, 10);
    else if (text == "--shuffle")
      order = benchmarks::order::shuffled;
    else if (text.substr(0, 8) == "--count=")
      only = text.substr(8);
    else
      arguments.push_back(*a);
  }
  static char interleaved[] = "--benchmark_enable_random_interleaving=true";
  static char repetitions[] = "--benchmark_repetitions=5";
  arguments.insert(arguments.begin() + 1, {interleaved, repetitions});

  input = benchmarks::generate_records(count, order);
  decoded.resize(input.records.size());
  for (std::size_t i = 0; i < decoded.size(); ++i) check(auditor::decode_record(input.records[i], decoded[i]));

  const std::map<std::string, std::function<void()>> passes = {
      {"nlohmann_decode", nlohmann_decode_all},
      {"nlohmann_collect", nlohmann_collect},
      {"nlohmann_encode", nlohmann_encode_all},
      {"fresh", decode_fresh},
      {"reused", decode_reused},
      {"view", decode_view},
      {"projection", decode_projection},
      {"stream_whole", [] { read_stream(~std::size_t{0}); }},
      {"stream_16K", [] { read_stream(16'384); }},
      {"stream_540", [] { read_stream(540); }},
      {"collect_list", collect_list},
      {"collect_table", collect_table},
      {"allocations_alone", allocations_alone},
      {"encode", encode},
  };
  if (!only.empty()) {
    if (only != "nothing") passes.at(only)();
    return 0;
  }
  for (const auto& [name, pass] : passes)
    benchmark::RegisterBenchmark(name.c_str(), [run = pass](benchmark::State& state) {
      for (auto _ : state) run();
    })->Unit(benchmark::kMillisecond);
  int left = static_cast<int>(arguments.size());
  benchmark::Initialize(&left, arguments.data());
  ratio_reporter reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::printf("\n%zu bytes a record\n", input.text.size() / input.records.size());
  for (const char* decode : {"fresh", "reused", "view", "projection", "stream_whole", "stream_16K", "stream_540",
                             "collect_list", "collect_table"})
    reporter.ratio(decode, "nlohmann_decode");
  reporter.ratio("projection", "view");
  reporter.ratio("collect_table", "collect_list");
  reporter.ratio("encode", "nlohmann_encode");
}
