// The io_loop's own sockets and its bell, without a client; built for epoll and for poll(2).
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/executor/io_loop.hpp>
#include "catch.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

using auditor::io_loop;
using auditor::ticks;

namespace {

class connection {
 public:
  connection() {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    ours_ = ends[0];
    theirs_ = ends[1];
  }
  connection(connection&& other) noexcept
      : ours_(std::exchange(other.ours_, -1)), theirs_(std::exchange(other.theirs_, -1)) {}
  connection& operator=(connection&&) = delete;
  ~connection() {
    if (ours_ >= 0) close(ours_);
    hang_up();
  }
  int socket() const { return ours_; }
  void send() const { REQUIRE(write(theirs_, "x", 1) == 1); }
  void receive() const {
    char byte;
    REQUIRE(read(ours_, &byte, 1) == 1);
  }
  void hang_up() {
    if (theirs_ >= 0) close(std::exchange(theirs_, -1));
  }

 private:
  int ours_, theirs_;
};

struct ear {
  ear(io_loop& loop, int fd) { watch.emplace(loop.get_executor(), fd, &ear::heard, this); }
  static void heard(void* self, int, bool readable, bool writable) noexcept {
    auto& one = *static_cast<ear*>(self);
    ++one.calls;
    one.last = {readable, writable};
    if (one.deafens != nullptr) one.deafens->watch.reset();
  }
  std::size_t calls = 0;
  std::pair<bool, bool> last{false, false};
  ear* deafens = nullptr;
  std::optional<io_loop::watch> watch;
};

constexpr ticks no_wait{0};

}  // namespace

TEST_CASE("a watch is told what it wants, again and again as long as it is so") {
  io_loop loop;
  connection one;
  ear hears(loop, one.socket());

  hears.watch->want(true, false);
  loop.run_once(no_wait);
  CHECK(hears.calls == 0);
  one.send();
  loop.run_once(no_wait);
  loop.run_once(no_wait);
  CHECK(hears.calls == 2);
  CHECK(hears.last == std::pair(true, false));

  hears.watch->want(false, true);
  loop.run_once(no_wait);
  CHECK(hears.calls == 3);
  CHECK(hears.last == std::pair(false, true));

  hears.watch->want(true, true);
  loop.run_once(no_wait);
  CHECK(hears.last == std::pair(true, true));

  one.receive();
  hears.watch->want(true, false);
  loop.run_once(no_wait);
  CHECK(hears.calls == 4);
}

TEST_CASE("a connection that breaks may be read and written, but whoever wants nothing does not hear of it") {
  io_loop loop;
  connection one;
  ear hears(loop, one.socket());
  one.hang_up();
  loop.run_once(no_wait);
  CHECK(hears.calls == 0);
  hears.watch->want(true, false);
  loop.run_once(no_wait);
  CHECK(hears.calls == 1);
  CHECK(hears.last == std::pair(true, true));
  hears.watch->want(false, false);
  loop.run_once(no_wait);
  CHECK(hears.calls == 1);
}

TEST_CASE("a watch that rests hears of nothing, wakes the loop once at most, and hears again when it wants") {
  io_loop loop;
  for (const bool something_comes : {false, true}) {
    for (const bool wants_the_same : {false, true}) {
      CAPTURE(something_comes, wants_the_same);
      connection c;
      ear one(loop, c.socket());
      one.watch->want(true, false);
      one.watch->rest();
      if (something_comes) {
        c.send();
        loop.run_once(ticks{1'000});
        const auto before = auditor::detail::steady::now();
        loop.run_once(ticks{50});
        CHECK(auditor::detail::steady::now() - before >= ticks{49});
      }
      CHECK(one.calls == 0);
      one.watch->want(wants_the_same, !wants_the_same);
      if (!something_comes) c.send();
      loop.run_once(ticks{10'000});
      CHECK(one.calls == 1);
      CHECK(one.last == std::pair{wants_the_same, !wants_the_same});
    }
  }
}

TEST_CASE("a socket that is closed while its watch rests leaves its number to the next") {
  io_loop loop;
  std::optional<connection> first(std::in_place);
  const int number = first->socket();
  ear rests(loop, number);
  rests.watch->want(true, false);
  rests.watch->rest();
  first.reset();
  const connection second;
  REQUIRE(second.socket() == number);
  ear wants(loop, number);
  wants.watch->want(true, false);
  rests.watch.reset();
  second.send();
  loop.run_once(ticks{10'000});
  CHECK(wants.calls == 1);
  CHECK(rests.calls == 0);
}

TEST_CASE("what its owner closes while it is wanted is forgotten") {
  io_loop loop;
  std::optional<connection> gone(std::in_place);
  connection stays;
  ear lost(loop, gone->socket()), hears(loop, stays.socket());
  lost.watch->want(true, true);
  hears.watch->want(true, false);
  stays.send();
  gone.reset();
  loop.run_once(no_wait);
  CHECK(lost.calls == 0);
  CHECK(hears.calls == 1);
}

TEST_CASE("a watch that goes late takes nothing from the next socket of the same number") {
  io_loop loop;
  std::optional<connection> first(std::in_place);
  ear late(loop, first->socket());
  late.watch->want(true, false);
  const int number = first->socket();
  first.reset();

  connection next;
  const int again = dup2(next.socket(), number);
  REQUIRE(again == number);
  next.send();
  ear hears(loop, number);
  hears.watch->want(true, false);
  SECTION("by its end") { late.watch.reset(); }
  SECTION("because it wants nothing any more") { late.watch->want(false, false); }
  loop.run_once(no_wait);
  CHECK(late.calls == 0);
  CHECK(hears.calls == 1);
  if (number != next.socket()) close(number);
}

TEST_CASE(
    "a socket that was closed, and that a child process still has, neither wakes the loop nor speaks for the next one") {
  io_loop loop;
  std::optional<connection> closed(std::in_place);
  connection next;
  ear hears(loop, closed->socket());
  hears.watch->want(true, false);
  closed->send();
  // What a child inherits is one more descriptor of the same socket.
  const int number = closed->socket(), childs = dup(number);
  REQUIRE(childs >= 0);
  bool is_again = false;
  SECTION("its watch is gone") {
    closed.reset();
    hears.watch.reset();
  }
  SECTION("its watch wants nothing any more") {
    closed.reset();
    hears.watch->want(false, false);
  }
  SECTION("its watch wants another socket of the same number") {
    is_again = dup2(next.socket(), number) == number;
    REQUIRE(is_again);
    hears.watch->want(true, false);
  }

  bool is_due = false;
  const auto ring = [](void* due) noexcept { *static_cast<bool*>(due) = true; };
  io_loop::wakeup wakes(loop.get_executor(), ring, &is_due);
  wakes.wake_at(loop.get_executor().now() + ticks{30});
  std::size_t turns = 0;
  while (!is_due) {
    loop.run_once(ticks{60'000});
    ++turns;
  }
  CHECK(turns < 10);
  CHECK(hears.calls == 0);
  next.send();
  loop.run_once(no_wait);
  CHECK(hears.calls == (is_again ? 1 : 0));
  close(childs);
}

TEST_CASE("within its call a watch may end itself, and another that is ready too") {
  io_loop loop;
  connection one, other;
  one.send();
  other.send();
  ear first(loop, one.socket()), second(loop, other.socket());
  first.watch->want(true, false);
  second.watch->want(true, false);
  SECTION("itself") {
    first.deafens = &first;
    second.deafens = &second;
    loop.run_once(no_wait);
    loop.run_once(no_wait);
    CHECK(first.calls == 1);
    CHECK(second.calls == 1);
  }
  SECTION("the other") {
    first.deafens = &second;
    second.deafens = &first;
    loop.run_once(no_wait);
    CHECK(first.calls + second.calls == 1);
  }
}

TEST_CASE("of many sockets that are always ready none hides another") {
  io_loop loop;
  std::vector<connection> connections(150);
  std::vector<std::unique_ptr<ear>> ears;
  for (const connection& each : connections) {
    each.send();
    ears.push_back(std::make_unique<ear>(loop, each.socket()));
    ears.back()->watch->want(true, false);
  }
  for (int i = 0; i != 4; ++i) loop.run_once(no_wait);
  std::size_t unheard = 0;
  for (const auto& each : ears) unheard += each->calls == 0 ? 1 : 0;
  CHECK(unheard == 0);
}

TEST_CASE("a sleeping loop wakes up to stop, for another thread and for a signal handler") {
  static io_loop* sleeps = nullptr;
  io_loop loop;
  sleeps = &loop;
  SECTION("a thread") {
    std::thread other([&loop] { loop.stop(); });
    loop.run();
    other.join();
  }
  SECTION("a handler") {
    struct sigaction mine{}, before{};
    mine.sa_handler = [](int) { sleeps->stop(); };
    REQUIRE(sigaction(SIGUSR1, &mine, &before) == 0);
    std::thread other([runs = pthread_self()] { pthread_kill(runs, SIGUSR1); });
    loop.run();
    other.join();
    sigaction(SIGUSR1, &before, nullptr);
  }
  SUCCEED("it came back");
}

TEST_CASE("work from another thread wakes a sleeping loop, each time") {
  auditor::io_thread thread;
  REQUIRE_FALSE(thread.problem());
  int done = 0;
  for (int i = 0; i != 100; ++i) thread.loop().sync([&done] { ++done; });
  CHECK(done == 100);
}

TEST_CASE("less than no time to wait is none") {
  auditor::io_loop loop;
  alarm(60);  // so that one that hangs fails
  loop.run_once(auditor::ticks{-1});
  alarm(0);
  SUCCEED("it came back");
}
