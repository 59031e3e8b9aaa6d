// Bodies of ext/nlohmann_json.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/ext/nlohmann_json.hpp>
#include <auditor/impl/json/record_writer.hpp>
#include <auditor/impl/json/scanner.hpp>

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// Sees what a parsed value no longer shows: duplicates, of which it keeps the last, and how deep it was nested.
class nlohmann_watch {
 public:
  bool operator()(int, nlohmann::json::parse_event_t event, const nlohmann::json& parsed) {
    using parse_event = nlohmann::json::parse_event_t;
    if (event == parse_event::object_start || event == parse_event::array_start) {
      open_.emplace_back();
      if (open_.size() > json_depth_limit) fault_ = error(errc::json_type, "nested more than 32 deep");
    } else if (event == parse_event::object_end || event == parse_event::array_end) {
      open_.pop_back();
    } else if (event == parse_event::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!open_.back().insert(name).second) fault_ = error(errc::json_type, name).more(": is there twice");
    }
    return true;
  }
  const error& fault() const noexcept { return fault_; }

 private:
  std::vector<std::set<std::string>> open_;  // the members of each open object; none for an array
  error fault_;
};

}  // namespace detail

inline error nlohmann_codec::decode(std::string_view text, record& r) {
  error e;
  // nlohmann/json skips a byte order mark and stops at a zero; JSON has neither.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return error(errc::json_syntax, "byte order mark");
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    e = error(errc::json_syntax, "zero byte");
    e.offset = zero;
    return e;
  }
  try {
    detail::nlohmann_watch watch;
    const nlohmann::json j = nlohmann::json::parse(text, std::ref(watch));
    if (watch.fault()) return watch.fault();
    detail::nlohmann_reader<nlohmann::json> reader;
    if (!reader.read(j, r)) return reader.fault();
    return reader.unreadable() ? error(errc::unreadable_record, "components: null").of(r.record_id) : error();
  } catch (const nlohmann::json::parse_error& thrown) {
    e = error(errc::json_syntax, thrown.what());
    e.offset = thrown.byte == 0 ? 0 : thrown.byte - 1;
  } catch (const nlohmann::json::exception& thrown) {
    e = error(errc::json_type, thrown.what());  // a number beyond the largest double
  }
  return e;
}

inline error nlohmann_codec::encode(const record_view& from, std::string& out) {
  // nlohmann/json writes null for what is not finite.
  for (const component_view c : from.components)
    for (const score_view s : c.scores)
      if (!detail::is_finite(s.value)) return detail::find_unwritable(from);
  try {
    nlohmann::ordered_json j = from;
    j.erase("runtime");
    out += j.dump();
    return {};
  } catch (const nlohmann::ordered_json::exception&) {
    return detail::find_unwritable(from);
  }
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
