// A stream of records: however it is cut into pieces, and in a workspace, the same records come out and the same error ends it.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "fuzz.hpp"

#include <auditor/json/record_decoder.hpp>
#include <auditor/json/record_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct outcome {
  std::vector<auditor::record> records;
  std::string texts;
  std::uint64_t unreadable = 0;
  auditor::error error;
};

// Fed to its end, in pieces whose sizes come from `next_size`.
template <class Size>
outcome read(auditor::record_reader& reader, std::string_view text, Size next_size) {
  using status = auditor::record_reader::status;
  outcome seen;
  reader.restart();
  for (;;) {
    status at = reader.next();
    for (; at == status::item; at = reader.next()) {
      seen.records.push_back(auditor::to_record(reader.view()));
      seen.texts.append(reader.text()).append("\n");
      seen.unreadable += reader.unreadable() ? 1 : 0;
    }
    if (at == status::failed || text.empty()) break;
    const std::span<char> room = reader.prepare();
    fuzz::require(!room.empty(), "prepare() always has room");
    const std::size_t size = (std::min)({room.size(), text.size(), next_size()});
    std::memcpy(room.data(), text.data(), size);
    reader.commit(size);
    text.remove_prefix(size);
  }
  if (!reader.finish()) seen.error = reader.error();
  return seen;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using fuzz::require;
  fuzz::source from(bytes, size);
  const std::uint8_t kind = from.byte();
  std::uint64_t dice = from.number(2) | 1;
  const std::size_t largest_piece = (std::size_t{1} << (kind & 7)) + (kind >> 6);
  const bool small = (kind & 8) != 0;  // records above the limit: then only what came before the error is the same
  const std::string text = from.rest();

  static auditor::record_reader large_reader, small_reader(200);
  auditor::record_reader& reader = small ? small_reader : large_reader;
  const outcome whole = read(reader, text, [] { return ~std::size_t{0}; });
  const outcome cut = read(reader, text, [&] {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return 1 + (dice >> 33) % largest_piece;
  });

  // In a workspace: the same, or a record that is said to be too large, and what came before it.
  std::vector<char> workspace((dice >> 3) % 3000);
  auditor::record_reader fixed_reader{std::span<char>(workspace)};
  const outcome fixed = read(fixed_reader, text, [&] {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return 1 + (dice >> 33) % largest_piece;
  });
  if (fixed.error.code == auditor::errc::record_too_large) {
    require(fixed.error.index == fixed.records.size(), "the number of a record too large for a workspace", text);
    require(fixed.records.size() <= whole.records.size() || small, "no more records in a workspace", text);
    if (!small)
      require(std::equal(fixed.records.begin(), fixed.records.end(), whole.records.begin()),
              "the same records in a workspace", text);
    while (fixed_reader.skip()) fixed_reader.next();
  } else if (!small) {
    require(fixed.records == whole.records && fixed.texts == whole.texts, "the same records in a workspace", text);
    // Of a record that is wrong in two ways and has no room for its names, the other one may be said.
    require((fixed.error.code == auditor::errc::ok) == (whole.error.code == auditor::errc::ok),
            "an error in a workspace, too", text);
  }

  static auditor::record_reader large_reader_of_part, small_reader_of_part(200);
  static constexpr auditor::wanted_fields wanted{.components = {"CPU"}};
  auditor::record_reader& reader_of_part = small ? small_reader_of_part : large_reader_of_part;
  reader_of_part.show_only(wanted);
  const outcome part = read(reader_of_part, text, [&] {
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return 1 + (dice >> 33) % largest_piece;
  });
  require(part.texts == cut.texts && part.unreadable == cut.unreadable && part.error.index == cut.error.index &&
              (part.error.code == auditor::errc::ok) == (cut.error.code == auditor::errc::ok),
          "parts of the same records", text);
  require(small || (part.error.code == cut.error.code && part.error.offset == cut.error.offset &&
                    part.error.words() == cut.error.words()),
          "the same error of parts", text);

  require(whole.records == cut.records && whole.texts == cut.texts, "the same records", text);
  require(whole.unreadable == cut.unreadable, "as many unreadable ones", text);
  require((whole.error.code == auditor::errc::ok) == (cut.error.code == auditor::errc::ok), "an error in both or in none",
          text);
  require(whole.error.index == cut.error.index, "at the same record", text);
  if (small) return 0;
  require(whole.error.code == cut.error.code && whole.error.offset == cut.error.offset &&
              whole.error.words() == cut.error.words(),
          "the same error", text);

  // Each text is what decodes to its record.
  auditor::record alone;
  std::size_t at = 0;
  for (const auditor::record& each : whole.records) {
    const std::size_t end = whole.texts.find("}\n", at);
    if (std::count(whole.texts.begin(), whole.texts.end(), '\n') != static_cast<std::ptrdiff_t>(whole.records.size()))
      break;
    require(end != std::string::npos, "a record ends in a brace", text);
    const auditor::error e = auditor::decode_record(std::string_view(whole.texts).substr(at, end + 1 - at), alone);
    require(e.code == auditor::errc::ok || e.code == auditor::errc::unreadable_record, "its text decodes", text);
    require(alone == each, "to the same record", text);
    at = end + 2;
  }
  return 0;
}
