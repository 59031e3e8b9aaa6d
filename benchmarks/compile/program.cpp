// Adds a record and reads those of a day over libcurl, with the library. Compiled by tools/bench-compile.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/transport/curl.hpp>

#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;

int main() {
  auto client = auditor::client_builder().address("localhost", 8000).timeout(10s).build();
  if (!client) return 1;
  auditor::record job("job-1", std::chrono::sys_days(std::chrono::year(2024) / 3 / 1));
  job.with_meta("site", {"site-1"}).with_component(auditor::component("Cores", 8).with_score("HEPSPEC06", 9.2));
  if (const auto added = client->add(job); !added) {
    std::puts(message(added.error()).c_str());
    return 1;
  }
  const auto records = client->advanced_query(
      auditor::query().with_start_time(auditor::gte(std::chrono::sys_days(std::chrono::year(2024) / 3 / 1))));
  if (!records) {
    std::puts(message(records.error()).c_str());
    return 1;
  }
  for (const auditor::record& r : *records) std::puts(r.record_id.c_str());
}
