// The program of a board that makes the calls that its macros name: tools/bench-size says what they cost, tests/build what they bring along.
// SPDX-License-Identifier: MIT OR Apache-2.0
#if defined(NO_LIBRARY)

#include "../../examples/embedded/board/board.hpp"

int main() {
  board::write("no library\n");
  return static_cast<int>(board::milliseconds() % 2);
}

#else

#include "line.hpp"

#include <array>
#include <chrono>

#if defined(RING)
#include <auditor/queue/record_ring.hpp>
#endif

namespace {

using namespace std::string_view_literals;

// A record as a board has one: names in flash, values in arrays.
struct sample {
  std::array<auditor::score_view, 1> scores{{{"HEPSPEC06"sv, 9.2}}};
  std::array<auditor::component_view, 1> components{{{"energy"sv, 12, scores}}};
  std::array<std::string_view, 1> site{"here"sv};
  std::array<auditor::meta_view, 1> meta{{{"site"sv, site}}};

  auditor::record_view view() const {
    auditor::record_view r("meter-1"sv, auditor::timestamp(std::chrono::milliseconds(board::milliseconds())));
    r.stop_time = r.start_time + std::chrono::seconds(60);
    r.components = components;
    r.meta = meta;
    return r;
  }
};

[[maybe_unused]] constexpr auditor::meta_condition here[] = {{"site"sv, "here"sv}};

[[maybe_unused]] void print(const auditor::record_view& r) { board::write(r.record_id); }

}  // namespace

int main() {
#if defined(HEAP)
  auditor::client<line_transport, board_executor> client{line_transport()};
#else
  static std::array<char, 4096> workspace;
  auditor::client client(line_transport(), board_executor(), auditor::options(), workspace);
#endif
  [[maybe_unused]] const sample meter;
  int failed = 0;
  [[maybe_unused]] const auto judge = [&failed](const auto& result) {
    if (!result) ++failed;
  };

#if defined(HEALTH)
  judge(client.health_check());
#endif
#if defined(ADD)
  judge(client.add(meter.view()));
#endif
#if defined(COMPARE)
  judge(client.add(meter.view(), {.duplicates = auditor::on_duplicate::compare}));
#endif
#if defined(ADD_UPDATE)
  judge(client.add(meter.view(), {.duplicates = auditor::on_duplicate::update}));
#endif
#if defined(UPDATE)
  judge(client.update(meter.view()));
#endif
#if defined(BULK)
  const std::array both = {meter.view(), meter.view()};
  std::array<auditor::record_outcome, 2> outcomes;
  judge(client.bulk_insert(both, outcomes));
#endif
#if defined(BULK_UPDATE)
  const std::array all = {meter.view(), meter.view()};
  std::array<auditor::record_outcome, 2> updated;
  judge(client.bulk_update(all, updated));
#endif
#if defined(FIND)
  judge(client.find("meter-1"sv, print));
#endif
#if defined(FIND_RECORD)
  if (const auto found = client.find("meter-1"); found && *found) board::write((*found)->record_id);
#endif
#if defined(FOR_EACH)
  judge(client.for_each(auditor::query(), print));
#endif
#if defined(QUERY)
  judge(client.for_each(auditor::query().with_start_time(auditor::gte(auditor::timestamp())).with_meta(here), print));
#endif
#if defined(STREAM)
  {
    auto all_of_them = client.stream(auditor::query());
    auditor::record_view r;
    while (all_of_them.next(r)) board::write(r.record_id);
    judge(all_of_them.finish());
  }
#endif
#if defined(GET)
  judge(client.get());
#endif
#if defined(RING)
  {
    static char memory[4096], room[1024];
    auditor::record_ring ring(auditor::ram_pages(memory), room);
    judge(ring.add(meter.view()));
    judge(ring.update(meter.view()));
    judge(ring.deliver(client, nullptr));
  }
#endif
#if defined(VALUE)
  client.health_check().value();
#endif
#if defined(GET_BY_TEXT)
  judge(client.advanced_query("record_id=meter-1"));
#endif
  return failed;
}

#endif
