// A meter that keeps its readings while the line is down, loses its power, and delivers them afterwards.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/auditor.hpp>
#include <auditor/queue/record_ring.hpp>
#include <auditor/sandbox/sandbox.hpp>
#include <auditor/sandbox/transport.hpp>
#include <auditor/testing/manual_executor.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <iostream>
#include <span>
#include <string_view>

namespace {

// What the board has: a driver of its flash, of which 32 KB are the ring's.
constexpr std::uint32_t page_bytes = 4096, page_count = 8;
std::array<char, page_bytes * page_count> flash;

bool flash_read(std::uint32_t at, char* to, std::size_t size) { return std::memcpy(to, &flash[at], size) != nullptr; }
bool flash_program(std::uint32_t at, const char* from, std::size_t size) {
  return std::memcpy(&flash[at], from, size) != nullptr;
}
bool flash_erase(std::uint32_t page) { return std::memset(&flash[page * page_bytes], 0xFF, page_bytes) != nullptr; }

auditor::flash_pages ring_pages() {
  auditor::flash_pages pages{.page_bytes = page_bytes, .pages = page_count, .unit = 8};
  pages.read = [](std::uint32_t at, std::span<char> to) { return flash_read(at, to.data(), to.size()); };
  pages.program = [](std::uint32_t at, std::span<const char> from) { return flash_program(at, from.data(), from.size()); };
  pages.erase = [](std::uint32_t page) { return flash_erase(page); };
  return pages;
}

bool written_down(std::string_view json, const auditor::error& why) {
  std::cout << auditor::message(why) << '\n' << json << '\n';
  return true;
}

// One run of the device, from reset to reset.
template <class Client>
void run(Client& client, std::string_view id, auditor::timestamp now) {
  static char room[1024];  // of the longest record and its lists
  auditor::record_ring ring(ring_pages(), room);
  std::cout << ring.waiting() << " left from before\n";

  const std::array components{auditor::component_view("energy", 12)};
  auditor::record_view reading(id, now);
  reading.stop_time = now + std::chrono::seconds(60);
  reading.components = components;
  if (const auto kept = ring.add(reading); !kept) std::cout << auditor::message(kept.error()) << '\n';

  const auditor::ring_delivery done = ring.deliver(
      client, [](const auditor::refused_entry& entry, const auditor::error& why) { return written_down(entry.json, why); });
  std::cout << done.delivered << " delivered, " << done.waiting << " wait";
  if (!done) std::cout << ": " << to_string(done.stopped.code);
  std::cout << '\n';
}

}  // namespace

int main() {
  auditor::sandbox server;
  auditor::client client{
      auditor::sandbox_transport{server}, auditor::testing::manual_executor{}, {.retry = {.write_attempts = 1}}};
  const auto noon = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1} + std::chrono::hours(12);

  server.refuse_connections();  // the line is down
  run(client, "meter-1#1", noon);
  server.commit_then_lose();  // it is back, and goes behind the first record
  run(client, "meter-1#2", noon + std::chrono::seconds(60));
  run(client, "meter-1#3", noon + std::chrono::seconds(120));
  std::cout << server.records().size() << " records on the server\n";
}
