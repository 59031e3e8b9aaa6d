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

TEST_CASE("one call of the memory that fails loses nothing that was accepted") {
  // The n-th read or program of each of three calls fails; what says no is not there, but for the last word of an add.
  enum class place { first_add, second_add, deliver };
  for (const bool is_read : {true, false})
    for (const place where : {place::first_add, place::second_add, place::deliver})
      for (int n = 0; n < 120; ++n) {
        memory all;
        auditor::flash_pages pages = all.pages();
        struct {
          auditor::flash_pages whole;
          int reads = -1, programs = -1;
        } fails{all.pages()};
        pages.read = [&fails](std::uint32_t at, std::span<char> to) {
          return fails.reads-- != 0 && fails.whole.read(at, to);
        };
        pages.program = [&fails](std::uint32_t at, std::span<const char> from) {
          return fails.programs-- != 0 && fails.whole.program(at, from);
        };
        answering server;
        auto client = client_of(server);
        record_ring ring(pages, all.room);
        const auto failing = [&](place now, auto call) {
          (is_read ? fails.reads : fails.programs) = now == where ? n : -1;
          auto result = call();
          fails.reads = fails.programs = -1;
          return result;
        };
        std::size_t accepted = 0;
        accepted += ring.add(reading("a")).has_value();
        const bool first = failing(place::first_add, [&] { return ring.add(reading("b")).has_value(); });
        const bool second = failing(place::second_add, [&] { return ring.add(reading("c")).has_value(); });
        accepted += first + second;
        CAPTURE(is_read, static_cast<int>(where), n);
        const ring_delivery done = failing(place::deliver, [&] { return ring.deliver(client, nullptr); });
        CHECK(done.waiting == ring.waiting());
        CHECK(done.waiting <= 3);
        CHECK((!done || done.waiting == 0));
        CHECK(ring.add(reading("d")));
        CHECK(ring.deliver(client, nullptr));
        CHECK(ring.waiting() == 0);
        record_ring again(pages, all.room);
        CHECK(again.deliver(client, nullptr));
        CHECK(server.table.contains("a"));
        CHECK((!first || server.table.contains("b")));
        CHECK((!second || server.table.contains("c")));
        CHECK(server.table.contains("d"));
        CHECK(server.stored.size() >= accepted + 1);
      }
}

TEST_CASE("a page whose first bytes cannot be programmed does not forget what is settled") {
  memory all;
  auditor::flash_pages pages = all.pages();
  struct {
    auditor::flash_pages whole;
    std::uint32_t bad = 0;  // heads in the second page
  } fails{all.pages()};
  pages.program = [&fails](std::uint32_t at, std::span<const char> from) {
    if (at >= 1024 && at < 2048 && from.size() == 16 && fails.bad != 0) return --fails.bad, false;
    return fails.whole.program(at, from);
  };
  answering server;
  auto client = client_of(server);
  record_ring ring(pages, all.room);
  std::size_t accepted = 0, failed = 0;
  fails.bad = 100;
  for (int i = 0; i < 60; ++i) {
    const auto kept = ring.add(reading("m" + std::to_string(i)));
    accepted += kept.has_value();
    failed += !kept;
    if (failed == 50) fails.bad = 0;
    CHECK(ring.deliver(client, nullptr));
  }
  CHECK(failed > 40);
  record_ring again(pages, all.room);
  REQUIRE(again.add(reading("last")));
  CHECK(record_ring(pages, all.room).deliver(client, nullptr).delivered == 1);
  CHECK(server.stored.size() == accepted + 1);
}

TEST_CASE("a workspace of the client that is too small is named, and a large one is enough for a look") {
  std::array<char, 16384> bytes{};
  std::array<char, 3000> room{};
  record large = reading("large");
  for (int i = 0; i < 12; ++i)
    large = std::move(large).with_component(auditor::component("c" + std::to_string(i), i).with_score("s", 1.5));
  answering server;
  const auto stopped_with = [&](std::size_t size) {
    std::vector<char> workspace(size);
    ring_test::client_of_model client(auditor::function_transport(ring_test::transport_to{&server}), ring_test::no_time(),
                                      {}, workspace);
    record_ring ring(auditor::ram_pages(bytes), room);
    return ring.deliver(client, nullptr).stopped;
  };
  REQUIRE(record_ring(auditor::ram_pages(bytes), room).add(large));
  const std::size_t size = encoded_size(large);
  CHECK(message(stopped_with(300)) ==
        "record 'large': buffer too small (takes " + std::to_string(size) +
            " bytes, there is room for 300 in the workspace of the client); give the client a larger workspace");
  server.table.emplace("large", large);
  for (std::size_t small = size + 4; small < 3 * size; small += 64) {
    const auditor::error why = stopped_with(small);
    CHECK(why.code == errc::record_exists);
    CHECK(message(why).find("give the client a larger workspace") != std::string::npos);
  }
  CHECK(stopped_with(6 * size + 1500).code == errc::ok);
  CHECK(record_ring(auditor::ram_pages(bytes), room).waiting() == 0);
}
