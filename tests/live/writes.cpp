// Single writes: add under every policy, update, and what never reaches the server.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include "server_under_test.hpp"

#include <auditor/json/record_encoder.hpp>

#include <cmath>
#include <limits>

using namespace live;
using auditor::delivery;
using auditor::errc;
using auditor::on_duplicate;
using auditor::outcome;

TEST_CASE("a record that is added comes back as it was sent") {
  auto client = connect();
  const records mine;
  for (const auditor::record& r :
       {mine.open(mine.id("open")), mine.closed(mine.id("closed"), 90min), auditor::record{mine.id("bare"), noon},
        mine.closed(mine.id("no time at all"), 0s), mine.closed(mine.id("micro"), 1h, noon + 123456us),
        mine.closed(mine.id("milli"), 1h, noon + 120ms)}) {
    const auto added = client.add(r);
    CAPTURE(r.record_id, message(added.error()));
    REQUIRE(added);
    CHECK(added->how == delivery::stored);
    CHECK(added->attempts == 1);
    CHECK(stored_differently(client, r).empty());
  }
}

TEST_CASE("a known id is an error that names the record, and changes nothing") {
  auto client = connect();
  const records mine;
  const auto first = mine.open(mine.id("one"));
  REQUIRE(client.add(first));
  for (const auditor::record& again : {first, mine.closed(first.record_id)}) {
    const auto added = client.add(again);
    REQUIRE(!added);
    CHECK(added.error().code == errc::record_exists);
    CHECK(added.error().outcome == outcome::duplicate);
    CHECK(added.error().status == 500);
    CHECK(added.error().attempts == 1);
    CHECK(added.error().request == auditor::route::post_record);
    CHECK(message(added.error()).find("RECORD_EXISTS") != std::string::npos);
    CHECK(stored_differently(client, first).empty());
  }
}

TEST_CASE("the duplicate policies of add") {
  auto client = connect();
  const records mine;
  const auto open = mine.open(mine.id("open"));
  const auto closed = mine.closed(mine.id("closed"), 1h);
  auto other_open = open, closes_open = open, closes_other = open, longer = closed;
  other_open.components[0].amount = 9;
  closes_open.with_stop_time(noon + 2h);
  closes_other = other_open;
  closes_other.with_stop_time(noon + 2h);
  longer.with_stop_time(noon + 3h);
  REQUIRE(client.add(open));
  REQUIRE(client.add(closed));

  struct step {
    std::string_view what;
    const auditor::record& sent;
    on_duplicate policy;
    std::optional<delivery> how;  // none: a conflict
    const auditor::record& stored;
  };
  const step steps[] = {
      {"ignore, equal", open, on_duplicate::ignore, delivery::ignored, open},
      {"ignore, different", other_open, on_duplicate::ignore, delivery::ignored, open},
      {"compare, equal", open, on_duplicate::compare, delivery::equal, open},
      {"compare, closed and equal", closed, on_duplicate::compare, delivery::equal, closed},
      {"compare, different", other_open, on_duplicate::compare, std::nullopt, open},
      {"compare, would close", closes_open, on_duplicate::compare, std::nullopt, open},
      {"update, open and equal", open, on_duplicate::update, delivery::equal, open},
      {"update, different", closes_other, on_duplicate::update, std::nullopt, open},
      {"update, another stop time", longer, on_duplicate::update, std::nullopt, closed},
      {"update", closes_open, on_duplicate::update, delivery::stop_time_set, closes_open},
      {"update, repeated", closes_open, on_duplicate::update, delivery::equal, closes_open},
      {"update, open again", open, on_duplicate::update, std::nullopt, closes_open},
  };
  for (const step& now : steps) {
    const auto added = client.add(now.sent, {.duplicates = now.policy});
    CAPTURE(now.what, message(added.error()));
    CHECK(added.has_value() == now.how.has_value());
    if (now.how && added) CHECK(added->how == *now.how);
    if (!now.how) CHECK(added.error().code == errc::conflict);
    if (!now.how) CHECK(added.error().record_id() == now.sent.record_id);
    CHECK(stored_differently(client, now.stored).empty());
  }
}

TEST_CASE("under every policy an unknown id is stored") {
  auto client = connect();
  const records mine;
  std::size_t number = 0;
  for (const on_duplicate policy :
       {on_duplicate::fail, on_duplicate::ignore, on_duplicate::compare, on_duplicate::update}) {
    const auto added = client.add(mine.closed(mine.id(++number)), {.duplicates = policy});
    REQUIRE(added);
    CHECK(added->how == delivery::stored);
  }
}

TEST_CASE("a server that ignores duplicates does not hide them from us") {
  if (!has_warning_server()) return;
  auto client = connect(servers::under_test().warning_url());
  const records mine;
  const auto open = mine.open(mine.id("one"));
  auto other = open, closes = open;
  other.components[0].amount = 9;
  closes.with_stop_time(noon + 1h);
  REQUIRE(client.add(open));

  const auto failed = client.add(open);
  CHECK(failed.error().code == errc::record_exists);
  CHECK(failed.error().outcome == outcome::duplicate);
  CHECK(failed.error().status == 200);
  CHECK(client.add(other, {.duplicates = on_duplicate::ignore}).value().how == delivery::ignored);
  CHECK(client.add(open, {.duplicates = on_duplicate::compare}).value().how == delivery::equal);
  CHECK(client.add(other, {.duplicates = on_duplicate::compare}).error().code == errc::conflict);
  CHECK(client.add(closes, {.duplicates = on_duplicate::update}).value().how == delivery::stop_time_set);
  CHECK(stored_differently(client, closes).empty());
}

TEST_CASE("update sets the stop time and nothing else, as often as one likes") {
  auto client = connect();
  const records mine;
  auto stored = mine.open(mine.id("one"));
  REQUIRE(client.add(stored));
  auto changed = stored;
  changed.components = {auditor::component{"Disk", 3}};
  changed.with_meta("site", "elsewhere");
  for (const auto runtime : {1h, 1h, 2h, 0h}) {
    changed.with_stop_time(noon + runtime);
    stored.with_stop_time(noon + runtime);
    const auto updated = client.update(changed);
    CAPTURE(message(updated.error()));
    REQUIRE(updated);
    CHECK(stored_differently(client, stored).empty());
  }
}

TEST_CASE("update of an unknown id says so, and one without a stop time is not sent") {
  auto client = connect();
  const records mine;
  for (const std::string_view odd : {"gone", "a#b", "a/b", "%2F", "\"quoted\" \\ \xC3\xA9", "a\nb"}) {
    const auto unknown = client.update(mine.closed(mine.id(odd)));
    CAPTURE(odd, message(unknown.error()));
    CHECK(unknown.error().code == errc::record_not_found);
    CHECK(unknown.error().outcome == outcome::not_applied);
    CHECK(unknown.error().status == 404);
  }
  const auto open = client.update(mine.open(mine.id("open")));
  CHECK(open.error().code == errc::invalid_record);
  CHECK(open.error().attempts == 0);
}

TEST_CASE("a record that the server would refuse, or could never give back, is not sent") {
  auto client = connect();
  const records mine;
  const auto good = mine.closed(mine.id("bad"));
  const auto with_score = [&good](double value) {
    auto r = good;
    r.components[0].scores[0].value = value;
    return r;
  };
  std::vector<std::pair<std::string_view, auditor::record>> bad;
  bad.emplace_back("record_id", mine.closed(""));
  bad.emplace_back("record_id", mine.closed(" \t\n"));
  bad.emplace_back("record_id", mine.closed(std::string("a\0b", 3)));
  bad.emplace_back("record_id", mine.closed("\xC3"));
  bad.emplace_back("record_id", mine.closed(std::string(257, 'x')));
  bad.emplace_back("meta", mine.closed(good.record_id).with_meta("", "value"));
  bad.emplace_back("meta", mine.closed(good.record_id).with_meta("name", "fine", " "));
  bad.emplace_back("components[2].name", mine.closed(good.record_id).with_component(auditor::component{"\xE2\x80\x83", 1}));
  bad.emplace_back("components[2].amount", mine.closed(good.record_id).with_component(auditor::component{"CPU", -1}));
  bad.emplace_back("components[0].scores[0].value", with_score(-1));
  bad.emplace_back("components[0].scores[0].value", with_score(std::nan("")));
  bad.emplace_back("components[0].scores[0].value", with_score(std::numeric_limits<double>::infinity()));
  bad.emplace_back("components[0].scores[0].value", with_score(1.1e300));
  bad.emplace_back("stop_time", mine.closed(good.record_id, -1s));
  bad.emplace_back("start_time", mine.open(good.record_id, auditor::earliest_timestamp - 1us));
  bad.emplace_back("start_time", mine.open(good.record_id, auditor::latest_timestamp + 1us));
  for (const auto& [field, r] : bad) {
    const auto added = client.add(r);
    CAPTURE(field, message(added.error()));
    CHECK(added.error().code == errc::invalid_record);
    CHECK(added.error().outcome == outcome::rejected);
    CHECK(added.error().attempts == 0);
    CHECK(added.error().words().starts_with(field));
  }
  CHECK(client.find(good.record_id).value() == std::nullopt);
}

TEST_CASE("a record of all bytes that the server takes is stored, one more is not sent") {
  auto client = connect();
  const records mine;
  constexpr std::size_t most = 2'097'152;
  auto r = mine.closed(mine.id("large"));
  const auto size = [&r] {
    std::string text;
    auditor::encode_record(r, text);
    return text.size();
  };
  std::vector<std::string> values;
  for (std::size_t used = size(); used + 300 < most; used += 259) values.push_back(std::string(256, 'v'));
  r.with_meta("filler", values);
  values.push_back("");
  while (size() < most) {
    values.back() += 'w';
    r.with_meta("filler", values);
  }
  REQUIRE(size() == most);
  const auto added = client.add(r);
  CAPTURE(message(added.error()));
  CHECK(added);
  CHECK(stored_differently(client, r).empty());

  values.back() += 'w';
  r.record_id.back() = '+';
  r.with_meta("filler", values);
  const auto larger = client.add(r);
  CHECK(larger.error().code == errc::record_too_large);
  CHECK(larger.error().outcome == outcome::rejected);
  CHECK(larger.error().attempts == 0);
}
