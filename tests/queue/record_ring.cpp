// What a ring says to who fills it, empties it, and opens it again.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/queue/record_ring.hpp>

#include <array>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "../catch.hpp"
#include "answering.hpp"

using auditor::errc;
using auditor::record;
using auditor::record_ring;
using auditor::ring_delivery;
using ring_test::answering;
using ring_test::client_of;
using std::chrono::hours;

namespace {

constexpr auditor::timestamp start(hours(24 * 20'000));

record reading(const std::string& id) { return record{id, start}.with_component(auditor::component{"energy", 12}); }

struct memory {
  std::array<char, 4096> bytes{};
  std::array<char, 512> room{};
  auditor::flash_pages pages() { return auditor::ram_pages(bytes); }
};

// CRC-32.
std::uint32_t crc(std::string_view bytes) {
  std::uint32_t rest = ~0u;
  for (const char each : bytes) {
    rest ^= static_cast<unsigned char>(each);
    for (int bit = 0; bit < 8; ++bit) rest = (rest & 1) != 0 ? (rest >> 1) ^ 0xEDB88320u : rest >> 1;
  }
  return ~rest;
}

// Keeps what is refused.
struct book {
  std::vector<std::string> json, words, ids;
  bool takes = true;
  bool operator()(const auditor::refused_entry& entry, const auditor::error& why) {
    json.emplace_back(entry.json);
    words.emplace_back(why.words());
    ids.emplace_back(why.record_id());
    return takes;
  }
};

}  // namespace

TEST_CASE("what was kept is delivered in order, after a reset too") {
  memory all;
  answering server;
  auto client = client_of(server);
  {
    record_ring ring(all.pages(), all.room);
    REQUIRE_FALSE(ring.problem());
    CHECK(ring.waiting() == 0);
    REQUIRE(ring.add(reading("a")));
    REQUIRE(ring.add(reading("b")));
    REQUIRE(ring.update(reading("a").with_stop_time(start + hours(1))));
  }
  record_ring ring(all.pages(), all.room);
  CHECK(ring.waiting() == 3);
  const ring_delivery done = ring.deliver(client, nullptr);
  CHECK(done);
  CHECK(done.delivered == 3);
  CHECK(done.waiting == 0);
  REQUIRE(server.stored.size() == 3);
  CHECK(server.stored[1].id == "b");
  CHECK(server.table.at("a").stop_time == start + hours(1));
  CHECK_FALSE(server.table.at("b").stop_time);
  CHECK(record_ring(all.pages(), all.room).waiting() == 0);
}

TEST_CASE("a line that is down keeps what waits") {
  memory all;
  answering server;
  record_ring ring(all.pages(), all.room);
  for (const char* id : {"a", "b", "c"}) REQUIRE(ring.add(reading(id)));
  auto client = client_of(server);
  int left = 1;
  server.down = [&left] { return --left < 0; };
  const ring_delivery first = ring.deliver(client, nullptr);
  CHECK_FALSE(first);
  CHECK(first.stopped.code == errc::connect_failed);
  CHECK(first.delivered == 1);
  CHECK(first.waiting == 2);
  left = 100;
  CHECK(ring.deliver(client, nullptr).delivered == 2);
  CHECK(server.stored.size() == 3);
}

TEST_CASE("a full ring gives up nothing and says which record it did not take") {
  memory all;
  answering server;
  record_ring ring(all.pages(), all.room);
  const std::size_t room = ring.free_bytes();
  std::size_t kept = 0;
  auditor::result<void> last;
  while ((last = ring.add(reading("m" + std::to_string(kept))))) {
    ++kept;
    REQUIRE(kept < 100);
  }
  CHECK(last.error().code == errc::buffer_full);
  CHECK(last.error().outcome == auditor::outcome::not_applied);
  CHECK(last.error().record_id() == "m" + std::to_string(kept));
  CHECK(message(last.error()).find("deliver what waits") != std::string::npos);
  CHECK(ring.free_bytes() < room / 4);
  auto client = client_of(server);
  CHECK(ring.deliver(client, nullptr).delivered == kept);
  CHECK(server.stored.size() == kept);
  CHECK(ring.free_bytes() > room / 2);
  CHECK(ring.add(reading("one more")));
}

TEST_CASE("what cannot be kept is refused by name") {
  memory all;
  record_ring ring(all.pages(), all.room);
  const record longest = reading("large").with_meta("note", std::string(250, 'x'), std::string(250, 'y'));
  const auto large = ring.add(longest);
  REQUIRE_FALSE(large);
  CHECK(large.error().code == errc::record_too_large);
  CHECK(large.error().outcome == auditor::outcome::rejected);
  CHECK(large.error().record_id() == "large");
  CHECK(large.error().words() == "the ring has room for 512 bytes of a record, with its lists for 512; this has " +
                                     std::to_string(encoded_size(longest)));
  CHECK(ring.add(reading("")).error().code == errc::invalid_record);
  CHECK(ring.update(reading("open")).error().code == errc::invalid_record);
  CHECK(ring.waiting() == 0);
}

TEST_CASE("what the server refuses for ever is told and the others arrive") {
  memory all;
  answering server;
  server.table.emplace("taken", reading("taken").with_component(auditor::component{"other", 1}));
  record_ring ring(all.pages(), all.room);
  for (const char* id : {"poison", "taken", "good"}) REQUIRE(ring.add(reading(id)));
  REQUIRE(ring.update(reading("poison").with_stop_time(start + hours(1))));
  auto client = client_of(server);
  const ring_delivery stops = ring.deliver(client, nullptr);
  CHECK(stops.stopped.code == errc::invalid_record);
  CHECK(stops.waiting == 4);

  book refuses;
  refuses.takes = false;
  CHECK(ring.deliver(client, std::ref(refuses)).waiting == 4);
  CHECK(refuses.ids == std::vector<std::string>{"poison"});

  book takes;
  const ring_delivery done = ring.deliver(client, std::ref(takes));
  CHECK(done);
  CHECK(done.refused == 3);
  CHECK(done.delivered == 1);
  CHECK(takes.ids == std::vector<std::string>{"poison", "taken", "poison"});
  record again;
  REQUIRE_FALSE(auditor::decode_record(takes.json[1], again));
  CHECK(again == reading("taken"));
}

TEST_CASE("an answer that was lost is no second record") {
  memory all;
  answering server;
  {
    record_ring ring(all.pages(), all.room);
    REQUIRE(ring.add(reading("a")));
    server.lost = [] { return true; };
    auto client = client_of(server, 1);
    CHECK(ring.deliver(client, nullptr).stopped.outcome == auditor::outcome::unknown);
  }
  server.lost = nullptr;
  record_ring ring(all.pages(), all.room);
  auto client = client_of(server);
  CHECK(ring.deliver(client, nullptr).delivered == 1);
  CHECK(server.stored.size() == 1);
}

TEST_CASE("a record that the server has open gets its stop time") {
  memory all;
  answering server;
  server.table.emplace("a", reading("a"));
  record_ring ring(all.pages(), all.room);
  REQUIRE(ring.add(reading("a").with_stop_time(start + hours(2))));
  auto client = client_of(server);
  CHECK(ring.deliver(client, nullptr).delivered == 1);
  CHECK(server.table.at("a").stop_time == start + hours(2));
}

TEST_CASE("records are taken while others are sent and not by the callback") {
  memory all;
  answering server;
  record_ring ring(all.pages(), all.room);
  REQUIRE(ring.add(reading("a")));
  REQUIRE(ring.add(reading("poison")));
  auto client = client_of(server);
  int more = 2;
  server.working = [&] {
    if (more-- > 0) CHECK(ring.add(reading("meanwhile" + std::to_string(more))));
    CHECK(ring.deliver(client, nullptr).stopped.code == errc::busy);
  };
  errc told{};
  const ring_delivery done = ring.deliver(client, [&](const auditor::refused_entry&, const auditor::error&) {
    told = ring.add(reading("b")).error().code;
    return true;
  });
  CHECK(told == errc::busy);
  CHECK(done.delivered == 3);
  CHECK(done.waiting == 0);
}

TEST_CASE("memory that changes is told with what is left of the entry") {
  memory all;
  answering server;
  {
    record_ring ring(all.pages(), all.room);
    for (const char* id : {"a", "b", "c"}) REQUIRE(ring.add(reading(id)));
  }
  const auto found = std::search(all.bytes.begin(), all.bytes.end(), std::begin("\"b\""), std::end("\"b\"") - 1);
  REQUIRE(found != all.bytes.end());
  SECTION("in the record") { found[1] = 'B'; }
  SECTION("in what stands before it") { *(found - 20) ^= 1; }
  record_ring ring(all.pages(), all.room);
  auto client = client_of(server);
  book told;
  const ring_delivery done = ring.deliver(client, std::ref(told));
  CHECK(done);
  CHECK(done.delivered == 2);
  REQUIRE(told.words.size() == 1);
  CHECK(told.words[0].find("memory of the ring") != std::string::npos);
  CHECK(server.table.contains("a"));
  CHECK(server.table.contains("c"));
}

TEST_CASE("the numbers of entries go round") {
  memory all;
  answering server;
  auto client = client_of(server);
  // As if so many had been delivered: the first page holds one, and says that it was.
  {
    record_ring ring(all.pages(), all.room);
    REQUIRE(ring.add(reading("first")));
    REQUIRE(ring.deliver(client, nullptr));
  }
  std::uint32_t head[4];
  std::memcpy(head, all.bytes.data() + 16, sizeof head);
  head[1] = 0xFFFF'FFFD;
  head[3] = crc({reinterpret_cast<const char*>(head), 12});
  std::memcpy(all.bytes.data() + 16, head, sizeof head);
  for (int i = 0; i < 40; ++i) {
    record_ring ring(all.pages(), all.room);
    REQUIRE(ring.waiting() == 0);
    for (const char* part : {"a", "b", "c"}) REQUIRE(ring.add(reading(std::to_string(i) + part)));
    record_ring again(all.pages(), all.room);
    REQUIRE(again.waiting() == 3);
    REQUIRE(again.deliver(client, nullptr).delivered == 3);
  }
  CHECK(server.stored.size() == 121);
}

TEST_CASE("pages that make no sense and memory that does not answer are named") {
  memory all;
  const auto problem_of = [&](auto change) {
    auditor::flash_pages pages = all.pages();
    change(pages);
    record_ring ring(pages, all.room);
    CHECK(ring.add(reading("a")).error().code == ring.problem().code);
    answering server;
    auto client = client_of(server);
    CHECK(ring.deliver(client, nullptr).stopped.code == ring.problem().code);
    CHECK(ring.free_bytes() == 0);
    return std::string(to_string(ring.problem().code)) + ": " + std::string(ring.problem().words());
  };
  CHECK(problem_of([](auto& p) { p.unit = 3; }) == "invalid_argument: flash_pages::unit: must be 1, 2, 4, 8, 16 or 32");
  CHECK(problem_of([](auto& p) { p.pages = 1; }) == "invalid_argument: flash_pages::pages: must be 2 at least");
  CHECK(problem_of([](auto& p) { p.read = nullptr; }) == "invalid_argument: flash_pages: a function is missing");
  CHECK(problem_of([](auto& p) { p.page_bytes = 32; }).starts_with("invalid_argument: flash_pages::page_bytes"));
  CHECK(problem_of([](auto& p) { p.page_bytes = 1000; }).starts_with("invalid_argument: flash_pages::page_bytes"));
  CHECK(problem_of([](auto& p) {
          p.read = [](std::uint32_t, std::span<char>) { return false; };
        }).starts_with("storage_failed: "));

  auditor::flash_pages pages = all.pages();
  pages.program = [](std::uint32_t, std::span<const char>) { return false; };
  record_ring ring(pages, all.room);
  REQUIRE_FALSE(ring.problem());
  CHECK(ring.add(reading("a")).error().code == errc::storage_failed);
  CHECK(ring.waiting() == 0);
}

TEST_CASE("a page that can no longer be erased is left out") {
  memory all;
  auditor::flash_pages pages = all.pages();
  pages.erase = [erase = &all](std::uint32_t page) {
    if (page == 2) return false;
    std::memset(erase->bytes.data() + page * 1024, 0xFF, 1024);
    return true;
  };
  answering server;
  auto client = client_of(server);
  for (int i = 0; i < 60; ++i) {
    record_ring ring(pages, all.room);
    REQUIRE(ring.add(reading("m" + std::to_string(i))));
    REQUIRE(ring.add(reading("n" + std::to_string(i))));
    REQUIRE(ring.deliver(client, nullptr).delivered == 2);
  }
  CHECK(server.stored.size() == 120);
}
