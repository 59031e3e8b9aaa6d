// What docs/reading-and-proofs.md, bulk-and-duplicates.md and testing-your-program.md quote, as one program on the sandbox.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include <auditor/auditor.hpp>
#include <auditor/ext/record_table.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using sandbox_client = auditor::client<auditor::sandbox_transport, auditor::testing::manual_executor>;

const auto start = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};

auditor::record job(std::string id) { return auditor::record{std::move(id), start}.with_meta("site_id", "site1"); }

// Shows whether the sum of a day may be charged.
void charge(sandbox_client& client, auditor::timestamp day) {
  const auto jobs =
      client.advanced_query(auditor::query{}.with_stop_time(auditor::gte(day), auditor::lt(day + std::chrono::days{1})));
  if (!jobs) {
    std::cout << "not now: " << jobs.error() << '\n';
    return;
  }
  switch (jobs->summary.state) {
    case auditor::completeness::complete:    // proven: these are all
    case auditor::completeness::none_found:  // nothing is there, on evidence
      std::cout << jobs->size() << " jobs to charge\n";
      break;
    default:  // unproven or stopped: not without having asked for it
      std::cout << "these may not be all\n";
  }
}

void read(sandbox_client& client, auditor::sandbox& server) {
  charge(client, start);
  charge(client, start + std::chrono::days{7});

  // All of them in a fifth of the memory of a list, filtered and sorted where they are.
  auditor::record_table table;
  if (const auto read = client.advanced_query(auditor::query{}, table); !read) std::cout << read.error() << '\n';
  auditor::record_rows longest = table.rows();
  longest.keep_if([](const auditor::record_view& r) { return r.stop_time.has_value(); });
  longest.sort_by(descending(auditor::field::runtime));
  for (const auditor::record_view r : longest) std::cout << r.record_id << ' ' << *r.runtime << " s\n";

  // One record in memory at a time, as a call of yours for each ...
  std::map<std::string, std::int64_t> cores;  // of each site
  const auto shown = client.for_each(auditor::query{}, [&cores](const auditor::record_view& r) {
    const auto cpu = r.find_component("CPU");
    const auto sites = r.meta.find("site_id");  // its values, or nothing: no such name
    if (cpu && sites)
      for (const std::string_view site : *sites) cores[std::string(site)] += cpu->amount;
  });
  if (!shown) std::cout << shown.error() << '\n';  // then the sums are of a part
  for (const auto& [site, sum] : cores) std::cout << sum << " cores at " << site << '\n';

  // ... or of each record only what it is about, which is faster: id and times, and these.
  double points = 0;
  const auto rated = [&points](const auditor::record_view& r) {
    const auto cpu = r.find_component("CPU");  // none: the record has none, since it was asked for
    if (cpu && !cpu->scores.empty()) points += static_cast<double>(cpu->amount) * cpu->scores[0].value;
  };
  const auto part = client.for_each(auditor::query{}, auditor::only({.components = {"CPU"}, .scores = true}, rated));
  if (part) std::cout << points << " points\n";

  // ... or as a loop of yours.
  auto records = client.stream(auditor::query{}.with_meta("site_id", auditor::contains("site1")));
  for (auditor::record r; records.next(r);) std::cout << r.record_id << ' ';
  const auto seen = records.finish();  // an end and an error look alike to the loop
  std::cout << (seen ? std::string(to_string(seen->state)) : message(seen.error())) << '\n';

  // A filter on components that finds nothing proves nothing, unless more is read.
  const auto gpus = auditor::query{}.with_component("GPU", auditor::gte(1));
  std::cout << to_string(client.advanced_query(gpus).value().summary.state) << ", then ";
  std::cout << to_string(client.advanced_query(gpus, {.reads = auditor::proof::superset}).value().summary.state) << '\n';

  // What the server stores and can never read again: past this library, which refuses it.
  server.handle(
      "POST", "/record", "application/json",
      R"({"record_id": "damaged", "start_time": "2024-01-01T00:00:00Z", "components": [{"name": "CPU", "amount": 1,
                    "scores": [{"name": "HEPSPEC06", "value": 1.7976931348623155e308}]}]})");
  std::cout << to_string(client.get().error().code) << '\n';
  std::vector<std::string> damaged;
  const auto readable = client.get({.unreadable = [&damaged](std::string_view id) { damaged.emplace_back(id); }});
  std::cout << readable.value().size() << " records, and " << damaged.size() << " that cannot be read\n";
}

// Sends what is kept, and keeps what is to be sent again. What nobody can store as it is goes to `odd`.
template <class Client>
void send(Client& client, std::vector<auditor::record>& kept, std::vector<auditor::record>& odd) {
  const auditor::bulk_report report = client.bulk_insert(kept, {.duplicates = auditor::on_duplicate::compare});
  std::vector<auditor::record> again;
  for (std::size_t i = 0; i < report.size(); ++i) {
    if (report[i].code == auditor::errc::ok) continue;  // stored, now or before
    const auto become = report[i].outcome;
    const bool later = become == auditor::outcome::unknown || become == auditor::outcome::not_applied;
    (later ? again : odd).push_back(std::move(kept[i]));
  }
  for (const auditor::error& e : report.errors()) std::cout << "  " << e << '\n';
  kept = std::move(again);
}

void write(sandbox_client& client, auditor::sandbox& server) {
  // The start of a job and its end, in one batch: the record is stored, and then its stop time set.
  const auditor::record begun = job("job-3");
  const auditor::record ended = job("job-3").with_stop_time(start + 2h);
  const auto both = client.bulk_insert({begun, ended}, {.duplicates = auditor::on_duplicate::update});
  std::cout << both.delivered() << " delivered\n";

  std::vector<auditor::record> odd, kept = {job("job-4"), job(" "), job("job-5")};
  server.database_down();
  send(client, kept, odd);
  std::cout << kept.size() << " kept\n";
  server.heal();
  send(client, kept, odd);
  std::cout << kept.size() << " kept, " << odd.size() << " odd\n";
}

// A test of `send`: the answers are written beforehand, and the waits between attempts take no time.
void test_send() {
  using auditor::testing::reply;
  auditor::testing::scripted_transport wire{
      reply::with(503),                                  // sent again
      reply::fails(auditor::errc::connection_lost),      // may have been stored; sent again
      reply::with(400, "Json deserialize error: nope"),  // a word about the first attempt it is not
  };
  auditor::client client(wire, auditor::testing::manual_executor(), {});
  std::vector<auditor::record> odd, kept = {job("job-6")};
  send(client, kept, odd);
  std::cout << wire.sent().size() << " times " << wire.sent()[0].line() << ", " << kept.size() << " kept\n";
}

}  // namespace

int main() {
  auditor::sandbox server;
  sandbox_client client{auditor::sandbox_transport{server}, auditor::testing::manual_executor{}};
  server.store(
      job("job-1").with_stop_time(start + 1h).with_component(auditor::component{"CPU", 8}.with_score("HEPSPEC06", 9.5)));
  server.store(job("job-2"));
  write(client, server);
  read(client, server);
  test_send();
}
