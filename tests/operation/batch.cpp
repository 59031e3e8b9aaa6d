// What may be given to a bulk: any range, whether it holds its records or makes them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "catch.hpp"

#include <auditor/auditor.hpp>
#include <auditor/testing/as_async.hpp>
#include <auditor/testing/manual_executor.hpp>
#include <auditor/testing/manual_loop.hpp>
#include <auditor/testing/scripted_transport.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <deque>
#include <iterator>
#include <list>
#include <ranges>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace auditor;
using testing::manual_executor;
using testing::reply;
using testing::scripted_transport;
using client_type = client<scripted_transport, manual_executor>;

const timestamp start{std::chrono::hours{450'000}};

// Longer than a string keeps in itself: what is dead is seen by the sanitizer.
record numbered(int i) {
  return record{"a job whose name is kept on the heap " + std::to_string(i), start}.with_stop_time(start);
}
std::string body_of(const std::vector<record>& records) {
  std::string body = "[";
  for (const record& each : records) {
    if (body.size() > 1) body += ",\n";
    REQUIRE_FALSE(encode_record(each, body));
  }
  return body + "]";
}
const std::vector<record> three = {numbered(1), numbered(2), numbered(3)};

/// A type of somebody else's.
struct job {
  std::string id;
  operator record_view() const {
    record_view view{id, start};
    view.stop_time = start;
    return view;
  }
};

template <class Range>
void takes(const char* what, Range&& records, const std::vector<record>& expected = three) {
  INFO(what);
  scripted_transport wire{reply::ok()};
  client_type c(wire, manual_executor(), options{});
  CHECK(c.bulk_insert(std::forward<Range>(records)).delivered() == expected.size());
  CHECK(wire.sent().at(0).body == body_of(expected));
}

}  // namespace

TEST_CASE("a bulk takes every range of records") {
  const std::vector<record> last_two = {three[1], three[2]};
  const std::vector<int> numbers = {3, 1, 2};
  takes("a vector", three);
  takes("a temporary", std::vector<record>(three));
  takes("a span", std::span(three));
  takes("an array", std::array{three[0], three[1], three[2]});
  takes("a list", std::list<record>(three.begin(), three.end()));
  takes("a deque", std::deque<record>(three.begin(), three.end()));
  takes("another order", three | std::views::reverse);
  takes("a part", three | std::views::drop(1), last_two);
  takes("a part of a temporary", std::vector<record>(three) | std::views::drop(1), last_two);
  takes("views", std::vector<record_view>(three.begin(), three.end()));
  takes("views that are made", three | std::views::transform([](const record& r) { return record_view(r); }));
  record one;
  takes("one record that is filled again and again", numbers | std::views::transform([&one](int i) -> const record& {
                                                       one = numbered(i);
                                                       return one;
                                                     }));
  takes("another type", std::vector<job>{{three[0].record_id}, {three[1].record_id}, {three[2].record_id}});
}

TEST_CASE("a bulk takes a range that makes its records, and goes through it once") {
  int made = 0;
  const auto make = [&made](int i) {
    ++made;
    return numbered(i);
  };
  const std::vector<int> numbers = {3, 1, 2};
  takes("made", numbers | std::views::transform(make));
  CHECK(made == 3);
  takes("made of some", std::views::iota(0, 9) | std::views::filter([](int i) { return i % 3 == 1; }) |
                            std::views::transform([&](int i) { return make(i / 3 + 1); }));
  takes("made of another type", numbers | std::views::transform([](int i) { return job{numbered(i).record_id}; }));
  auto variable = numbers | std::views::transform(make);
  takes("in a variable", variable);

  std::vector<record> given = three;
  takes("given away", std::ranges::subrange(std::move_iterator(given.begin()), std::move_iterator(given.end())));
}

TEST_CASE("a bulk takes records in braces, and a single one") {
  scripted_transport wire{reply::ok(), reply::ok(), reply::ok(), reply::ok()};
  client_type c(wire, manual_executor(), options{});
  const record one = three[0], another = three[1];
  CHECK(c.bulk_insert({one, another}).delivered() == 2);
  CHECK(wire.sent().back().body == body_of({one, another}));
  CHECK(c.bulk_insert({one}, {.duplicates = on_duplicate::compare}).delivered() == 1);
  CHECK(c.bulk_insert({numbered(8), record_view("x", start)}).delivered() == 2);
  CHECK(c.bulk_update({one}).delivered() == 1);
  CHECK(c.bulk_insert({}).size() == 0);
}

TEST_CASE("an asynchronous bulk needs no longer than the call what a range makes") {
  testing::manual_loop loop;
  testing::manual_async_executor executor(loop, 1);
  using transport = testing::as_async<scripted_transport, testing::manual_async_executor>;
  scripted_transport wire{reply::ok(), reply::ok(), reply::ok()};
  client<transport, testing::manual_async_executor> c(transport(wire, executor, testing::arrival::later), executor);
  std::size_t delivered = 0;
  const auto add_up = [&delivered](const bulk_report& report) { delivered += report.delivered(); };
  const std::vector<int> numbers = {1, 2, 3};
  {
    auto made = numbers | std::views::transform(numbered);
    c.bulk_insert(made, {}, add_up);
  }
  c.bulk_insert(std::span(three), {}, add_up);
  c.bulk_insert(three, {}, add_up);
  loop.run();
  CHECK(delivered == 9);
}
