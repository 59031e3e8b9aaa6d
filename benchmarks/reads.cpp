// What reading every record costs the client over curl, blocking or asynchronous, for tools/bench-live and tools/count-calls.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   reads URL blocking|asynchronous   shows every record to a visitor that does nothing; prints their number, the seconds,
//                                     the seconds of CPU and the peak of memory in KB
//   reads URL fill COUNT              stores COUNT records

#include <auditor/auditor.hpp>
#include <auditor/executor/io_loop.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl_async.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "generated_records.hpp"
#include "one_read.hpp"

namespace {

void count(const auditor::record_view& /*seen*/) {}

outcome read_blocking(const char* url) {
  auto client = built(auditor::client_builder().connection_string(url).build());
  return client.for_each(auditor::query{}, count);
}

outcome read_asynchronously(const char* url) {
  auditor::io_loop loop;
  auto client = built(auditor::async_client_builder().connection_string(url).build(loop.get_executor()));
  outcome read = auditor::errc::cancelled;
  client.for_each(auditor::query{}, count, {}, [&](const outcome& ended) {
    read = ended;
    loop.stop();
  });
  loop.run();
  return read;
}

int fill(const char* url, std::size_t wanted) {
  constexpr std::size_t in_a_bulk = 500;
  auto client = built(auditor::client_builder().connection_string(url).build());
  const auto made = benchmarks::generate_records(wanted, benchmarks::order::as_written);
  std::vector<auditor::record> some;
  for (std::size_t i = 0; i < wanted; ++i) {
    if (const auto wrong = decode_record(made.records[i], some.emplace_back())) {
      std::fprintf(stderr, "%s\n", message(wrong).c_str());
      return 1;
    }
    if (some.size() != in_a_bulk && i + 1 != wanted) continue;
    if (const auto added = client.bulk_insert(some); !added) {
      std::fprintf(stderr, "%s\n", message(added.error()).c_str());
      return 1;
    }
    some.clear();
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view way = argc > 2 ? argv[2] : "";
  if (argc == 3 && way == "blocking") return measure(&read_blocking, argv[1]);
  if (argc == 3 && way == "asynchronous") return measure(&read_asynchronously, argv[1]);
  if (argc == 4 && way == "fill") return fill(argv[1], std::strtoull(argv[3], nullptr, 10));
  std::fprintf(stderr, "usage: reads URL blocking|asynchronous\n       reads URL fill COUNT\n");
  return 2;
}
