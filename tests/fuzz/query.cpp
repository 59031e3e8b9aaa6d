// Queries: whatever they are built of, the server would take the text, drop nothing of it, and find each condition again.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "../query/server_grammar.hpp"
#include "fuzz.hpp"

#include <auditor/query/query.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auditor::meta_dialect;
using fuzz::require;

// What a request line cannot hold, and what ends a URL's query.
void is_clean(std::string_view text) {
  for (const char c : text)
    require(c > ' ' && c < '\x7F' && c != '#' && c != '"' && c != '<' && c != '>',
            "no byte that a request line cannot hold", text);
}

// Whatever a query's text is, taken back as a text it is the same query.
void survives_as_text(const auditor::query& asked, meta_dialect dialect) {
  const auto text = asked.encode(dialect);
  const auto filters = asked.filters(dialect);
  require(text.has_value() == filters.has_value(), "encode() fails where filters() does");
  require(filters.has_value() || filters.error().code == auditor::errc::invalid_query, "an error is invalid_query");
  if (!text) return;
  is_clean(*text);
  require(text->starts_with(*filters), "order and limit stand behind the filters", *text);
  if (dialect == meta_dialect::list) require(!server::read(*text).dropped, "the server drops nothing", *text);

  const auditor::query again = auditor::query::raw(*text);
  const auto text_again = again.encode(dialect);
  require(text_again.has_value() && *text_again == *text, "as a text it is the same query", *text);
  require(again.limit() == asked.limit() && again.order() == asked.order() && again.record_id() == asked.record_id(),
          "order, limit and id are found in the text", *text);
}

auditor::timestamp moment(fuzz::source& from) {
  if (from.yes()) return auditor::timestamp(std::chrono::microseconds(static_cast<std::int64_t>(from.number(8))));
  return auditor::timestamp(std::chrono::microseconds(static_cast<std::int64_t>(from.number(7))));  // until year 4253
}

template <class Set>
void bounds(fuzz::source& from, std::int64_t value, Set set) {
  switch (from.below(4)) {
    case 0: set(auditor::gt(value)); break;
    case 1: set(auditor::gte(value)); break;
    case 2: set(auditor::lt(value)); break;
    case 3: set(auditor::lte(value)); break;
  }
}

void build(fuzz::source& from) {
  auditor::query q = from.yes() ? auditor::query{} : auditor::query::raw(from.text());
  while (!from.empty()) {
    switch (from.below(11)) {
      case 0: q.with_record_id(from.text()); break;
      case 1: q.with_start_time(auditor::gte(moment(from))); break;
      case 2: q.with_start_time(auditor::gt(moment(from)), auditor::lte(moment(from))); break;
      case 3: q.with_stop_time(auditor::lt(moment(from))); break;
      case 4: bounds(from, static_cast<std::int64_t>(from.number(8)), [&](auto bound) { q.with_runtime(bound); }); break;
      case 5: q.with_runtime(auditor::equals(from.number(1))); break;
      case 6: q.with_meta(from.text(), auditor::contains(std::vector<std::string>(from.below(3), from.text()))); break;
      case 7: q.with_meta(from.text(), auditor::does_not_contain(from.text())); break;
      case 8: {
        const std::string name = from.text();
        bounds(from, static_cast<std::int64_t>(from.number(4)), [&](auto bound) { q.with_component(name, bound); });
        break;
      }
      case 9: q.sort_by({static_cast<auditor::field>(from.below(4)), from.yes()}); break;
      case 10: q.limit(static_cast<std::int64_t>(from.number(8))); break;
    }
  }
  survives_as_text(q, meta_dialect::list);
  survives_as_text(q, meta_dialect::scalar);
}

// A name and a value in every place that takes one: the server reads exactly them.
void is_understood(fuzz::source& from) {
  const std::string name = from.text(), value = from.text();
  const auto first = auditor::timestamp(std::chrono::seconds(from.number(4)));
  const auto q = auditor::query{}
                     .with_record_id(value)
                     .with_start_time(auditor::gte(first))
                     .with_meta(name, auditor::contains(value), auditor::does_not_contain(name))
                     .with_component(name, auditor::equals(7))
                     .sort_by(auditor::descending(auditor::field::runtime))
                     .limit(3);
  const auto text = q.encode();
  if (!text) return;
  const server::understood seen = server::read(*text);
  require(!seen.refused && !seen.dropped && !seen.fails, "the server takes what a builder wrote", *text);
  require(seen.conditions.count("record_id = " + value) == 1, "the id", *text);
  require(seen.conditions.count("meta " + name + " c " + value) == 1, "the value that must be there", *text);
  require(seen.conditions.count("meta " + name + " dnc " + name) == 1, "the value that must not", *text);
  require(seen.conditions.count("amount of " + name + " equals 7") == 1, "the component", *text);
  require(seen.conditions.count("start_time gte " + std::to_string(first.time_since_epoch().count())) == 1, "the time",
          *text);
  require(seen.conditions.count("order desc runtime") == 1 && seen.conditions.count("limit 3") == 1, "order and limit",
          *text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  fuzz::source from(bytes, size);
  switch (from.below(3)) {
    case 0: {
      const auditor::query q = auditor::query::raw(from.rest());
      survives_as_text(q, meta_dialect::list);
      survives_as_text(q, meta_dialect::scalar);
      break;
    }
    case 1: build(from); break;
    case 2: is_understood(from); break;
  }
  return 0;
}
