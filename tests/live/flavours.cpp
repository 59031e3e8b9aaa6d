// One scenario through every way of making a call - blocking, type-erased, futures, callbacks, coroutines, both Asios,
// Beast - against the same server: what a call comes to must not depend on how it is waited for.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "flavours.hpp"
#include "server_under_test.hpp"

#include <auditor/base/message.hpp>
#include <auditor/model/difference.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

using namespace live;
using auditor::on_duplicate;
using auditor::result;

namespace {

// ---- the scenario ----------------------------------------------------------------------------------------------------

std::string words(const result<void>& done) { return done ? "done" : message(done.error()); }
std::string words(const result<auditor::receipt>& added) {
  return added ? std::string(to_string(added->how)) : message(added.error());
}
std::string words(const auditor::read_summary& summary) {
  return std::to_string(summary.records) + ' ' + std::string(to_string(summary.state));
}
std::string words(const result<auditor::read_summary>& seen) { return seen ? words(*seen) : message(seen.error()); }
std::string words(const result<auditor::record_list>& found) {
  return found ? words(found->summary) : message(found.error());
}
std::string words(const auditor::bulk_report& report) {
  std::string text = std::to_string(report.delivered()) + " delivered";
  for (std::size_t i = 0; i < report.size(); ++i)
    if (report[i].code != auditor::errc::ok || report[i].outcome != auditor::outcome::delivered)
      text.append("; ")
          .append(std::to_string(i))
          .append(" ")
          .append(to_string(report[i].outcome))
          .append(" ")
          .append(to_string(report[i].code));
  return text;
}

// What was said, line by line; the name of the test's own records is "*".
template <class Flavour>
std::vector<std::string> scenario(Flavour& f) {
  const records mine;
  std::vector<std::string> lines;
  const auto say = [&](std::string_view what, std::string text) {
    for (std::size_t at; (at = text.find(mine.name())) != std::string::npos;) text.replace(at, mine.name().size(), "*");
    lines.push_back(std::string(what) + ": " + text);
  };

  say("health", words(f.wait([](auto& c, auto... how) { return c.health_check({}, std::move(how)...); })));

  // ---- single writes
  const auto add = [&](const auditor::record& r, on_duplicate policy = on_duplicate::fail) {
    return words(f.wait([&](auto& c, auto... how) { return c.add(r, {.duplicates = policy}, std::move(how)...); }));
  };
  const auto update = [&](const auditor::record& r) {
    return words(f.wait([&](auto& c, auto... how) { return c.update(r, {}, std::move(how)...); }));
  };
  const auto open = mine.open(mine.id("one")), closed = mine.closed(mine.id("one"));
  auto other = open;
  other.components[0].amount = 9;
  say("add", add(open));
  say("add again", add(open));
  say("ignore", add(other, on_duplicate::ignore));
  say("compare, equal", add(open, on_duplicate::compare));
  say("compare, different", add(other, on_duplicate::compare));
  say("update policy, different", add(other, on_duplicate::update));
  say("update policy", add(closed, on_duplicate::update));
  say("update policy again", add(closed, on_duplicate::update));
  say("add, invalid", add(mine.open(mine.id("two")).with_meta("", "no name")));
  say("update", update(mine.closed(mine.id("one"), 2h)));
  say("update, unknown", update(mine.closed(mine.id("none"))));
  say("update, invalid", update(open));

  // ---- single reads
  const auto find = [&](const std::string& id) {
    return f.wait([&](auto& c, auto... how) { return c.find(id, {}, std::move(how)...); });
  };
  const auto get = [&](const std::string& id) {
    return f.wait([&](auto& c, auto... how) { return c.get_single_record(id, {}, std::move(how)...); });
  };
  for (const std::string odd : {"a#b", "a/b", "a%2Fb", "a+b", "\xC3\xA9"}) {
    const auto r = mine.closed(mine.id(odd));
    say("add " + odd, add(r));
    const auto found = find(r.record_id);
    say("find " + odd, !found ? message(found.error()) : !*found ? "nothing" : message(difference(r, **found)));
    const auto got = get(r.record_id);
    say("get " + odd, !got ? message(got.error()) : message(difference(r, *got)));
  }
  const auto none = find(mine.id("none"));
  say("find none", none ? none->has_value() ? "a record" : "nothing" : message(none.error()));
  say("get none", message(get(mine.id("none")).error()));

  // ---- bulks
  auto batch = mine.many(1'200);
  const std::vector<auditor::record> known{batch[7], batch[8], batch[1'100]};
  batch[300].components[0].amount = -1;  // invalid
  batch[501] = batch[500];               // the same id
  batch[601] = batch[600];               // a false one
  batch[601].components[0].amount = 1;
  const auto insert = [&](const std::vector<auditor::record>& all) {
    return words(f.wait([&](auto& c, auto... how) { return c.bulk_insert(all, {.in_flight = 3}, std::move(how)...); }));
  };
  say("bulk_insert, known", insert(known));
  say("bulk_insert", insert(batch));
  std::vector<auditor::record> changes;
  for (std::size_t i = 0; i < 50; ++i) changes.push_back(mine.closed(mine.id(i), 5h));
  changes[20] = mine.closed(mine.id("none"));
  changes[30] = open;
  say("bulk_update", words(f.wait([&](auto& c, auto... how) { return c.bulk_update(changes, {}, std::move(how)...); })));

  // ---- reads of many
  const auto query = [&](const auditor::query& asked) {
    return f.wait([&](auto& c, auto... how) { return c.advanced_query(asked, {}, std::move(how)...); });
  };
  say("all", words(query(mine.all())));
  say("some", words(query(mine.all().with_runtime(auditor::equals(5h)))));
  say("nothing", words(query(mine.all().with_runtime(auditor::equals(6h)))));
  const auto last =
      query(mine.all().with_runtime(auditor::equals(5h)).sort_by(auditor::descending(auditor::field::record_id)).limit(2));
  say("sorted", words(last) + (last && last->size() == 2 ? ' ' + (*last)[0].record_id + ' ' + (*last)[1].record_id : ""));
  const auto refused = f.wait([](auto& c, auto... how) {
    return c.advanced_query("runtime[gte]=many", auditor::read_options{}, std::move(how)...);
  });
  say("refused", words(refused));

  // Other tests have records of these years, too.
  const auto epoch = noon + std::chrono::years{150};
  say("add", add(mine.open(mine.id("before"), epoch - 1us)));
  say("add", add(mine.open(mine.id("then"), epoch)));
  say("add", add(mine.closed(mine.id("after"), 1h, epoch + 1h)));
  const auditor::read_options lenient{.unreadable = [](std::string_view) {}};
  const auto since = f.wait([&](auto& c, auto... how) { return c.get_started_since(epoch, lenient, std::move(how)...); });
  std::string ids = since ? std::string(to_string(since->summary.state)) : message(since.error());
  if (since)
    for (const auditor::record& r : *since)
      if (r.record_id.starts_with(mine.name() + '-')) ids.append(" ").append(r.record_id);
  say("started since", ids);

  for (const auto most : {std::size_t{2'000}, std::size_t{3}}) {
    std::size_t seen = 0;
    const auto summary = f.wait([&](auto& c, auto... how) {
      return c.for_each(
          mine.all(), [&seen, most](const auditor::record_view&) { return ++seen < most; }, {}, std::move(how)...);
    });
    say("for_each", words(summary) + ", " + std::to_string(seen) + " seen");
  }
  for (const auto most : {std::size_t{2'000}, std::size_t{3}}) {
    using stream_type = typename decltype(f.client)::stream_type;
    std::unique_ptr<stream_type> all;
    f.on_strand([&] { all.reset(new stream_type(f.client.stream(mine.all()))); });
    std::vector<std::string> streamed;
    const auto next = [&](auditor::record& r) {
      return f.wait_on_strand([&](auto&, auto... how) { return all->next(r, std::move(how)...); });
    };
    for (auditor::record r; streamed.size() < most && next(r);) streamed.push_back(r.record_id);
    std::optional<result<auditor::read_summary>> end;
    f.on_strand([&] {
      end = all->finish();
      all.reset();
    });
    std::sort(streamed.begin(), streamed.end());
    const bool twice = std::adjacent_find(streamed.begin(), streamed.end()) != streamed.end();
    say("stream", words(*end) + ", " + std::to_string(streamed.size()) + (twice ? " seen, some twice" : " seen"));
  }
  return lines;
}

// The real server says the same.
constexpr std::string_view expected[] = {
    "health: done",
    "add: stored",
    "add again: record '*-one': already exists (POST /record, HTTP 500: RECORD_EXISTS); use update() to set its stop time, "
    "or another duplicate policy; the stored one is unchanged",
    "ignore: ignored",
    "compare, equal: equal",
    "compare, different: record '*-one': exists with other content (POST /record, HTTP 500: components[0].amount: 9 here, "
    "8 stored); compare the two; the stored one is unchanged",
    "update policy, different: record '*-one': exists with other content (POST /record, HTTP 500: components[0].amount: 9 "
    "here, 8 stored); compare the two; the stored one is unchanged",
    "update policy: stop time set",
    "update policy again: equal",
    "add, invalid: record '*-two': invalid record (meta name: must not be empty); correct it; nothing was sent",
    "update: done",
    "update, unknown: record '*-none': does not exist (PUT /record, HTTP 404: Updating unknown record *-none not "
    "possible.); add it first; its stop time was not stored",
    "update, invalid: record '*-one': invalid record (stop_time: an update needs one); correct it; nothing was sent",
    "add a#b: stored",
    "find a#b: no error",
    "get a#b: no error",
    "add a/b: stored",
    "find a/b: no error",
    "get a/b: no error",
    "add a%2Fb: stored",
    "find a%2Fb: no error",
    "get a%2Fb: no error",
    "add a+b: stored",
    "find a+b: no error",
    "get a+b: no error",
    "add \xC3\xA9: stored",
    "find \xC3\xA9: no error",
    "get \xC3\xA9: no error",
    "find none: nothing",
    "get none: record '*-none': does not exist (GET /records)",
    "bulk_insert, known: 3 delivered",
    "bulk_insert: 1194 delivered; 7 duplicate record_exists; 8 duplicate record_exists; 300 rejected invalid_record; 501 "
    "duplicate record_exists; 601 duplicate record_exists; 1100 duplicate record_exists",
    "bulk_update: 48 delivered; 20 not_applied record_not_found; 30 rejected invalid_record",
    "all: 1203 complete",
    "some: 48 complete",
    "nothing: 0 none_found",
    "sorted: 2 complete *-000049 *-000048",
    "refused: invalid query (GET /records, HTTP 400: {\"error\":\"invalid digit found in string\"}); correct it",
    "add: stored",
    "add: stored",
    "add: stored",
    "started since: complete *-after *-then",
    "for_each: 1206 complete, 1206 seen",
    "for_each: 3 stopped, 3 seen",
    "stream: 1206 complete, 1206 seen",
    "stream: 3 stopped, 3 seen",
};

}  // namespace

TEMPLATE_LIST_TEST_CASE("a scenario goes the same way in every flavour", "[flavours]", flavours::all) {
  TestType flavour(servers::under_test().url(), auditor::options{});
  const std::vector<std::string> lines = scenario(flavour);
  REQUIRE(lines.size() == std::size(expected));
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(lines[i] == expected[i]);
}
