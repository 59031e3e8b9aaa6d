// A collector that keeps its records in a file while Auditor is away, ends, and delivers them in its next life.
// SPDX-License-Identifier: MIT OR Apache-2.0
//
// queued_collector [URL]

#include <auditor/auditor.hpp>
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

auditor::record job(int number) {
  return auditor::record{"slurm-" + std::to_string(number), noon}.with_component(auditor::component{"CPU", 8});
}

// One life of the collector, from start to end.
int run(const std::string& url, const std::string& file, int first) {
  auditor::queue_options settings;
  settings.first_wait = 100ms;
  auto queue = auditor::client_builder().connection_string(url).build_queued(file, settings);
  if (!queue) {  // a setting is wrong, or the file belongs to another process
    std::cerr << auditor::message(queue.error()) << '\n';
    return 1;
  }
  std::cout << queue->metrics().waiting << " left from before\n";
  for (int i = first; i < first + 3; ++i)
    if (const auto accepted = queue->add(job(i)); !accepted) std::cerr << auditor::message(accepted.error()) << '\n';
  if (const auto accepted = queue->update(job(first).with_stop_time(noon + 3h)); !accepted)
    std::cerr << auditor::message(accepted.error()) << '\n';

  const bool all = queue->flush(3s);
  const auditor::queue_rest rest = queue->close(1s);
  std::cout << (all ? "all delivered" : "not all delivered") << ", " << rest.waiting << " wait";
  if (rest.why) std::cout << ": " << to_string(rest.why.code);
  std::cout << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto folder = std::filesystem::temp_directory_path() / ("auditor-example-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  const std::string file = folder / "queue", url = argc > 1 ? argv[1] : "http://localhost:8000";

  int code = run("http://127.0.0.1:9", file, 1);  // nobody is there
  if (code == 0) code = run(url, file, 11);
  std::filesystem::remove_all(folder);
  return code;
}
