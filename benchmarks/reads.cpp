// What reading every record costs the client over curl, blocking or asynchronous, for tools/benchmark-reads and tools/count-calls.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
//   reads URL blocking|asynchronous   shows every record to a visitor that does nothing; prints their number, the seconds,
//                                     the seconds of CPU and the peak of memory in KB
//   reads URL fill COUNT              stores COUNT records

#include <auditor/auditor.hpp>
#include <auditor/executor/io_loop.hpp>
#include <auditor/transport/curl.hpp>
#include <auditor/transport/curl_async.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
  for (std::size_t stored = 0; stored < wanted;) {
    std::vector<auditor::record> some;
    for (; some.size() < in_a_bulk && stored < wanted; ++stored) {
      char id[32];
      std::snprintf(id, sizeof id, "htcondor-%08zu", stored);
      some.push_back(
          auditor::record{id, start + std::chrono::seconds{stored}}
              .with_meta("site_id", "site" + std::to_string(stored % 12))
              .with_meta("user_id", "user" + std::to_string(stored % 400))
              .with_meta("group_id", "atlas-prod")
              .with_meta("voms", "/atlas/Role=production/Capability=NULL")
              .with_component(auditor::component{"Cores", 8}.with_score("HEPSPEC06", 9.2).with_score("hepscore23", 8.5))
              .with_component(auditor::component{"Memory", 16'000})
              .with_component(auditor::component{"TotalCPU", static_cast<std::int64_t>(stored)})
              .with_stop_time(start + std::chrono::hours{3} + std::chrono::seconds{stored}));
    }
    if (const auto added = client.bulk_insert(some); !added) {
      std::fprintf(stderr, "%s\n", message(added.error()).c_str());
      return 1;
    }
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
