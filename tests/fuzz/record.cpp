// The JSON of one record: all decoders agree about any text, those of a part too, and what decodes survives encoding and decoding again.
// SPDX-License-Identifier: MIT OR Apache-2.0

#include "fuzz.hpp"

#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_storage.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/model/validate.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace {

bool is_among(const auditor::wanted_names& names, std::string_view name) {
  const auto list = names.list();
  return names.is_all() || std::find(list.begin(), list.end(), name) != list.end();
}

// Whatever of a record is wanted: the same error as of all of it, or its part.
void check_part(std::string_view text, const auditor::wanted_fields& wanted, const auditor::error& of_whole,
                const auditor::record& whole) {
  static auditor::record_storage storage;
  auditor::record_view view;
  const auditor::error e = auditor::decode_record(text, wanted, storage, view);
  fuzz::require(e.code == of_whole.code && e.offset == of_whole.offset && e.words() == of_whole.words() &&
                    e.record_id() == of_whole.record_id(),
                "a part is taken and refused as the whole", text);
  if (e.code != auditor::errc::ok && e.code != auditor::errc::unreadable_record) return;
  auditor::record part = whole;
  std::erase_if(part.meta.entries(), [&](const auto& each) { return !is_among(wanted.meta, each.name); });
  std::erase_if(part.components, [&](const auto& each) { return !is_among(wanted.components, each.name); });
  if (!wanted.scores)
    for (auditor::component& each : part.components) each.scores.clear();
  fuzz::require(auditor::to_record(view) == part, "a part of the same record", text);
}

void check_parts(std::string_view text, const auditor::error& e, const auditor::record& r) {
  check_part(text, {}, e, r);
  check_part(text, {.components = {"CPU", "Memory"}, .scores = true}, e, r);
  check_part(text, {.meta = {"site_id", "a"}, .components = {"GPU"}}, e, r);
  check_part(text, {.meta = auditor::every_name}, e, r);
  if (r.meta.empty() || r.components.empty()) return;
  check_part(text, {.meta = r.meta[0].name, .components = r.components.back().name, .scores = true}, e, r);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using fuzz::require;
  const std::string_view text = fuzz::as_text(bytes, size);

  // Kept from input to input: what an earlier record left behind must not shine through.
  static auditor::record reused;
  static auditor::record_storage storage;

  const auditor::error e = auditor::decode_record(text, reused);
  auditor::record_view view;
  const auditor::error again = auditor::decode_record(text, storage, view);
  require(e.code == again.code && e.offset == again.offset && e.words() == again.words(), "both decoders say the same",
          text);
  require(e.offset <= size, "the offset lies in the text", text);
  check_parts(text, e, reused);
  if (e.code != auditor::errc::ok && e.code != auditor::errc::unreadable_record) return 0;
  require(auditor::to_record(view) == reused, "both decoders read the same record", text);
  static_cast<void>(auditor::validate(view));

  std::string written;
  require(auditor::encode_record(view, written).code == auditor::errc::ok, "what was decoded can be encoded", text);
  require(auditor::encoded_size(view) == written.size(), "encoded_size is exact", text);
  std::vector<char> fixed(written.size());
  std::size_t used = 0;
  require(auditor::encode_record(view, std::span<char>(fixed), used).code == auditor::errc::ok && used == fixed.size() &&
              std::string_view(fixed.data(), used) == written,
          "a buffer of the exact size is enough", written);
  if (!fixed.empty())
    require(auditor::encode_record(view, std::span<char>(fixed).first(fixed.size() - 1), used).code ==
                auditor::errc::buffer_full,
            "one byte less is not", written);

  auditor::record back;
  require(auditor::decode_record(written, back).code == auditor::errc::ok, "what was encoded decodes", written);
  auditor::record wanted = reused;
  wanted.runtime.reset();  // the server's to say
  require(back == wanted, "the same record comes back", written);
  require(auditor::difference(back, view).code == auditor::errc::ok, "and differs in nothing", written);
  std::string twice;
  require(auditor::encode_record(back, twice).code == auditor::errc::ok && twice == written, "in the same bytes", written);
  return 0;
}
