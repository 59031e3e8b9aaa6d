// Uses something of every floor, so that the compiler emits the library's inline functions in each unit that includes this.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/auditor.hpp>

#include <chrono>
#include <string>

static std::string use_library() {
  const auditor::timestamp start{std::chrono::microseconds(1)};
  const auditor::record record = auditor::record("id", start)
                                     .with_component(auditor::component("CPU", 1).with_score("HEPSPEC06", 9.2))
                                     .with_meta("site", "here");
  auditor::error failed(auditor::errc::record_exists, "RECORD_EXISTS");
  failed.of(auditor::to_record(record).record_id);
  const auditor::result<int> failure = failed;
  return auditor::message(failure.error());
}
