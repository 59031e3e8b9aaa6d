// The tutorial of pyauditor, section by section, in C++: records, a client, writes, reads, times, queries, bulk, streams.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// tutorial URL          for example: tutorial http://127.0.0.1:8000

#include <auditor/auditor.hpp>
#include <auditor/ext/time_zone.hpp>
#include <auditor/transport/curl.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

void section(std::string_view title) { std::cout << "\n== " << title << '\n'; }

void print(const auditor::record& r) {
  std::cout << "  " << r.record_id << "  " << auditor::to_string(r.start_time) << " - "
            << (r.stop_time ? auditor::to_string(*r.stop_time) : "open") << '\n';
}

// The tutorial has no use for going on after an error: value() throws, main() prints.
void tutorial(std::string_view url) {
  section("Creating a record");
  // A component is a resource with an amount; a score rates it. Meta information says whom the record belongs to.
  const auto start = std::chrono::sys_days{2022y / std::chrono::August / 8} + 14h + 50min;
  const auto cpu = auditor::component{"CPU", 10}.with_score("HEPSPEC06", 9.2);
  auditor::record record = auditor::record{"record-1", start}
                               .with_component(cpu)
                               .with_component(auditor::component{"Memory", 16'000})
                               .with_meta("site_id", "site1")
                               .with_meta("group_id", "group_1", "group_2");
  print(record);
  // Bad input is an error that names the field, and nothing is sent.
  const auto bad = auditor::record{"record-0", start}.with_component(auditor::component{"CPU", -1});
  std::cout << message(validate(bad).error()) << '\n';

  section("Connecting to Auditor");
  // Connects on the first call, not here: what build() refuses is a wrong setting.
  auditor::curl_client client = auditor::client_builder().connection_string(url).timeout(10s).build().value();

  section("Checking the health");
  if (auto healthy = client.health_check(); !healthy) {
    std::cout << message(healthy.error()) << '\n';
    return;
  }
  std::cout << "Auditor is up, and so is its database\n";

  section("Pushing records to Auditor");
  std::cout << to_string(client.add(record).value().how) << '\n';
  // Its id names a record for ever: the same one again is an error, unless a policy says what it means.
  if (auto again = client.add(record); !again) std::cout << message(again.error()) << '\n';
  std::cout << "compared: " << to_string(client.add(record, {.duplicates = auditor::on_duplicate::compare}).value().how)
            << '\n';

  section("Updating a record");
  // A record whose job still runs has no stop time. It is set when the job has ended.
  record.with_stop_time(start + 90min);
  client.update(record).value();
  // pyauditor's tutorial adds the record a second time instead, which Auditor refuses. This policy makes it work:
  auditor::record other{"record-2", start + 1h};
  client.add(other).value();
  other.with_stop_time(start + 3h);
  std::cout << to_string(client.add(other, {.duplicates = auditor::on_duplicate::update}).value().how) << '\n';
  client.add(auditor::record{"record-3", start + 2h}.with_meta("site_id", "site2")).value();
  // Updating what is not there is an error too.
  const auto missing = auditor::record{"record-4", start}.with_stop_time(start + 1h);
  std::cout << message(client.update(missing).error()) << '\n';

  section("Receiving all records");
  const auto all = client.get().value();
  for (const auditor::record& r : all) print(r);
  // Auditor ends a broken answer as it ends a whole one. This client asks until it can tell them apart.
  std::cout << "  " << to_string(all.summary.state) << '\n';

  section("Receiving records started or stopped since a time");
  for (const auditor::record& r : client.get_started_since(start + 1h).value()) print(r);
  std::cout << "  --\n";
  for (const auditor::record& r : client.get_stopped_since(start + 2h).value()) print(r);

  section("Receiving one record");
  print(client.get_single_record("record-1").value());
  std::cout << "  record-4 is " << (client.find("record-4").value() ? "there" : "not there") << '\n';

  section("Times");
  // Auditor keeps UTC, and so does this library. Local times are converted by the name of their zone.
  const auto noon = std::chrono::local_days{2022y / std::chrono::August / 8} + 12h;
  std::cout << "noon in Berlin: " << auditor::to_string(auditor::to_utc(noon, "Europe/Berlin").value()) << '\n';
  std::cout << "start in Tokyo: " << auditor::to_local_string(record.start_time, "Asia/Tokyo").value() << '\n';
  // Twice a year an hour is missing or comes twice: an error, or your choice.
  const auto missing_hour = std::chrono::local_days{2022y / std::chrono::March / 27} + 2h + 30min;
  std::cout << auditor::to_utc(missing_hour, "Europe/Berlin").error().words() << '\n';
  const auto double_hour = std::chrono::local_days{2022y / std::chrono::October / 30} + 2h + 30min;
  std::cout << auditor::to_utc(double_hour, "Europe/Berlin").error().words() << '\n';
  std::cout << "the earlier one: "
            << auditor::to_string(auditor::to_utc(double_hour, "Europe/Berlin", auditor::on_ambiguous::earliest).value())
            << '\n';

  section("Advanced queries");
  const auto query = auditor::query{}
                         .with_start_time(auditor::gte(start), auditor::lt(start + 24h))
                         .with_meta("site_id", auditor::contains("site1"))
                         .with_component("CPU", auditor::gte(8))
                         .sort_by(auditor::descending(auditor::field::start_time));
  for (const auditor::record& r : client.advanced_query(query).value()) print(r);
  std::cout << "  the same as text:\n";
  for (const auditor::record& r : client.advanced_query("meta[site_id][c][0]=site1&component[CPU][gte]=8").value())
    print(r);

  section("Many records at once");
  std::vector<auditor::record> batch;
  for (int i = 0; i < 1000; ++i) batch.emplace_back("bulk-" + std::to_string(i), start + i * 1min);
  batch.push_back(record);           // known already
  batch.emplace_back("   ", start);  // no id
  const auto report = client.bulk_insert(batch);
  std::cout << "delivered " << report.delivered() << ", duplicates " << report.duplicates() << ", rejected "
            << report.rejected() << '\n';
  std::vector<auditor::record> kept;  // of each record what became of it: these are sent again
  for (std::size_t i = 0; i < report.size(); ++i)
    if (report[i].outcome == auditor::outcome::unknown || report[i].outcome == auditor::outcome::not_applied)
      kept.push_back(batch[i]);
  std::cout << "to be sent again: " << kept.size() << "; the words of the first failures:\n";
  for (const auditor::error& e : report.errors()) std::cout << "  [" << e.index << "] " << message(e) << '\n';

  section("Streaming");
  // One record in memory at a time, however many come.
  std::uint64_t seconds = 0;
  const auto seen = client.for_each(auditor::query{}, [&seconds](const auditor::record_view& r) {
    if (r.runtime) seconds += static_cast<std::uint64_t>(*r.runtime);
  });
  std::cout << seen.value().records << " records, " << seconds << " seconds of runtime, " << to_string(seen->state) << '\n';
  // The same as a loop of yours.
  auto records = client.stream(auditor::query{}.with_meta("site_id", auditor::contains("site2")));
  for (auditor::record r; records.next(r);) print(r);
  std::cout << "  " << to_string(records.finish().value().state) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tutorial URL\n";
    return EXIT_FAILURE;
  }
  try {
    tutorial(argv[1]);
    return EXIT_SUCCESS;
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return EXIT_FAILURE;
  }
}
