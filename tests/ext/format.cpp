// std::format and {fmt} print what a stream prints.
// SPDX-License-Identifier: MIT OR Apache-2.0
#if __has_include(<fmt/format.h>)
#define FMT_HEADER_ONLY 1
#endif
#include <auditor/ext/fmt.hpp>
#include <auditor/ext/format.hpp>
#include <auditor/ext/ostream.hpp>

#include <sstream>
#include <string>

#include "catch.hpp"

namespace {

template <class T>
std::string streamed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

template <class T>
void is_printed_alike(const T& value) {
  const std::string text = streamed(value);
  CHECK_FALSE(text.empty());
#ifdef __cpp_lib_format
  CHECK(std::format("{}", value) == text);
  CHECK(std::format("{:>300}|", value) == std::string(300 - text.size(), ' ') + text + '|');
#endif
#if __has_include(<fmt/format.h>)
  CHECK(fmt::format("{}", value) == text);
  CHECK(fmt::format("{:>300}|", value) == std::string(300 - text.size(), ' ') + text + '|');
#endif
}

}  // namespace

TEST_CASE("std::format and fmt print errors, codes, outcomes, times and records as a stream does") {
  is_printed_alike(auditor::errc::record_exists);
  is_printed_alike(auditor::outcome::unknown);
  is_printed_alike(auditor::completeness::none_found);
  is_printed_alike(auditor::delivery::already_stored);
  is_printed_alike(auditor::on_duplicate::compare);
  is_printed_alike(auditor::route::post_records);
  is_printed_alike(auditor::error(auditor::errc::timed_out, "after 5 s").of("record-1"));
  is_printed_alike(auditor::timestamp());
  auditor::record r = auditor::record("a", auditor::timestamp()).with_meta("site", "x").with_component({"CPU", 8});
  is_printed_alike(r);
  is_printed_alike(auditor::record_view(r));
  is_printed_alike(r.start_time);
  is_printed_alike(r.meta);
  is_printed_alike(r.components[0]);
  is_printed_alike(auditor::component_view(r.components[0]));
  is_printed_alike(auditor::query{}.with_runtime(auditor::gte(60)));
  r.record_id = "\xFF";
  is_printed_alike(r);
}
