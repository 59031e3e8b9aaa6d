// Times: what parses is written in one form, which parses to the same moment; and any moment can be written and read.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "fuzz.hpp"

#include <auditor/base/timestamp.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace {

void goes_round(auditor::timestamp moment) {
  char written[auditor::timestamp_capacity];
  const std::string_view text(written, auditor::write_timestamp(moment, written));
  fuzz::require(text.size() <= auditor::timestamp_capacity, "no longer than its capacity", text);
  const auto back = auditor::parse_timestamp(text);
  fuzz::require(back.has_value() && *back == moment, "what is written parses to the same moment", text);

  auditor::timestamp general;
  fuzz::require(auditor::detail::timestamp_reader(text).read(general).words == nullptr && general == moment,
                "by the general reader too", text);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text = fuzz::as_text(bytes, size);
  const auto parsed = auditor::parse_timestamp(text);
  auditor::timestamp general;
  const auditor::detail::timestamp_fault fault = auditor::detail::timestamp_reader(text).read(general);
  fuzz::require(parsed.has_value() == (fault.words == nullptr),
                "the fast reader takes nothing that the general one refuses", text);
  if (parsed) {
    fuzz::require(*parsed == general, "both read the same moment", text);
    goes_round(*parsed);
  } else {
    fuzz::require(parsed.error().offset <= size, "the offset lies in the text", text);
  }

  std::int64_t count = 0;
  if (size != 0) std::memcpy(&count, bytes, (std::min)(size, sizeof count));
  goes_round(auditor::timestamp(std::chrono::microseconds(count)));
  return 0;
}
