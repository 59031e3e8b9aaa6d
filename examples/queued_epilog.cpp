// The epilog of a batch system: it may not wait for Auditor, nor lose what it knows. It puts one record into a file, and ends; a service
// delivers what the files of all nodes hold.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// queued_epilog [URL]

#include <auditor/auditor.hpp>
#include <auditor/queue/enqueue.hpp>
#include <auditor/queue/sqlite_queue.hpp>
#include <auditor/transport/curl.hpp>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <string>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

const auto noon = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + 12h;

// What runs at the end of each job.
bool epilog(const std::string& file, const std::string& id) {
  auto store = auditor::sqlite_store::open(file);
  for (int i = 0; !store && store.error().code == auditor::errc::busy && i < 100; ++i) {
    usleep(10'000);  // another job of this node ends just now, or the service is at work
    store = auditor::sqlite_store::open(file);
  }
  if (!store) {
    std::cerr << auditor::message(store.error()) << '\n';
    return false;
  }
  const auto job = auditor::record{id, noon}.with_component(auditor::component{"CPU", 8}).with_stop_time(noon + 3h);
  const auto kept = auditor::enqueue(*store, auditor::entry_kind::add, job);
  if (!kept) std::cerr << auditor::message(kept.error()) << '\n';
  return kept.has_value();
}

// What runs every minute.
bool deliver(const std::string& file, const std::string& url) {
  auto queue = auditor::client_builder().connection_string(url).build_queued(file);
  if (!queue) return false;
  queue->flush(50s);
  const auditor::queue_rest rest = queue->close(5s);
  std::cout << queue->metrics().delivered << " delivered, " << rest.waiting << " wait, " << rest.dead << " never will\n";
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const auto folder = std::filesystem::temp_directory_path() / ("auditor-example-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string file = folder / "node17";
  const bool kept = epilog(file, "slurm-4711") && epilog(file, "slurm-4712");
  std::cout << (kept ? "kept\n" : "lost\n");
  const bool done = deliver(file, argc > 1 ? argv[1] : "http://localhost:8000");
  std::filesystem::remove_all(folder);
  return kept && done ? 0 : 1;
}
