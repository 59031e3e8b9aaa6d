// nlohmann/json for every model type - `nlohmann::json j = record;` - and a record codec made of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/impl/json/record_writer.hpp>
#include <auditor/impl/json/scanner.hpp>
#include <auditor/impl/json/text_writer.hpp>
#include <auditor/json/record_encoder.hpp>
#include <auditor/model/record.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#if !AUDITOR_EXCEPTIONS
#error "auditor/ext/nlohmann_json.hpp needs exceptions: nlohmann/json reports with them"
#endif

#include <nlohmann/json.hpp>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// nlohmann::json, nlohmann::ordered_json, and others of the family.
template <class Json>
concept nlohmann_value = requires {
  typename Json::object_t;
  typename Json::type_error;
  Json::object();
};

// Reads model types from a parsed value, as strictly as the library's own codec: required members, types, integers.
// Unknown members are skipped. A path such as `components[0].scores[1].value` is written only on failure.
template <class Json>
class nlohmann_reader {
 public:
  const error& fault() const noexcept { return fault_; }

  // A record without readable components is read with none of them; `unreadable()` tells.
  bool read(const Json& j, record& to) {
    const auto path = [](error&) {};
    if (!is_object(j, path) || !string(j, "record_id", to.record_id, path)) return false;
    fault_.of(to.record_id);
    to.meta.clear();
    if (const Json* const meta = find(j, "meta"); meta != nullptr && !read(*meta, to.meta)) return false;
    if (!components(j, to.components)) return false;
    const Json* const start = required(j, "start_time", path);
    if (start == nullptr || !time(*start, "start_time", to.start_time)) return false;
    to.stop_time.reset();
    if (const Json* const stop = find(j, "stop_time"); stop != nullptr && !stop->is_null())
      if (!time(*stop, "stop_time", to.stop_time.emplace())) return false;
    to.runtime.reset();
    if (const Json* const runtime = find(j, "runtime"); runtime != nullptr && !runtime->is_null())
      if (!integer(*runtime, "runtime", to.runtime.emplace(), path)) return false;
    return true;
  }
  bool unreadable() const noexcept { return unreadable_; }

  bool read(const Json& j, meta& to) {
    to.clear();
    if (j.is_null()) return true;
    const auto path = [](error& e) { e.more("meta"); };
    if (!j.is_object()) return reject(path, "", "must be an object or null");
    for (const auto& item : j.items()) {
      const std::string& name = item.key();
      const Json& values = item.value();
      const auto in_entry = [&](error& e) { e.more("meta.").more(std::string_view(name).substr(0, 64)); };
      if (!values.is_array()) return reject(in_entry, "", "must be an array of strings");
      meta_entry& entry = to.entries().emplace_back();
      entry.name = name;
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (!values[i].is_string())
          return reject([&](error& e) { in_entry(e), e.more("[").more(std::uint64_t{i}).more("]"); }, "",
                        "must be a string");
        entry.values.push_back(values[i].template get_ref<const typename Json::string_t&>());
      }
    }
    return true;
  }

  template <class Path>
  bool read(const Json& j, component& to, const Path& path) {
    if (!is_object(j, path) || !string(j, "name", to.name, path)) return false;
    const Json* const amount = required(j, "amount", path);
    if (amount == nullptr || !integer(*amount, "amount", to.amount, path)) return false;
    const Json* const scores = required(j, "scores", path);
    if (scores == nullptr) return false;
    if (!scores->is_array()) return reject(path, "scores", "must be an array");
    to.scores.resize(scores->size());
    for (std::size_t i = 0; i < to.scores.size(); ++i) {
      const auto in_score = [&](error& e) { separate(path, "scores", e), e.more("[").more(std::uint64_t{i}).more("]"); };
      if (!read((*scores)[i], to.scores[i], in_score)) return false;
    }
    return true;
  }

  template <class Path>
  bool read(const Json& j, score& to, const Path& path) {
    if (!is_object(j, path) || !string(j, "name", to.name, path)) return false;
    const Json* const value = required(j, "value", path);
    if (value == nullptr) return false;
    if (!value->is_number()) return reject(path, "value", "must be a number");
    to.value = value->template get<double>();
    return true;
  }

  bool time(const Json& j, std::string_view member, timestamp& to) {
    const auto path = [](error&) {};
    if (!j.is_string()) return reject(path, member, "must be a string");
    const std::string_view text = j.template get_ref<const typename Json::string_t&>();
    if (text.size() > longest_time) return reject(path, member, "must be a time of RFC 3339");
    const timestamp_fault wrong = read_timestamp(text, to);
    return wrong.words == nullptr || reject(path, member, wrong.words);
  }

 private:
  static constexpr std::size_t longest_time = 64;  // as for the library's own codec

  static const Json* find(const Json& object, const char* member) {
    const auto found = object.find(member);
    return found == object.end() ? nullptr : &*found;
  }

  template <class Path>
  const Json* required(const Json& object, const char* member, const Path& path) {
    const Json* const found = find(object, member);
    if (found == nullptr) reject(path, member, "is missing");
    return found;
  }

  template <class Path>
  bool is_object(const Json& j, const Path& path) {
    return j.is_object() || reject(path, "", "must be an object");
  }

  template <class Path>
  bool string(const Json& object, const char* member, std::string& to, const Path& path) {
    const Json* const found = required(object, member, path);
    if (found == nullptr) return false;
    if (!found->is_string()) return reject(path, member, "must be a string");
    to = found->template get_ref<const typename Json::string_t&>();
    return true;
  }

  template <class Path>
  bool integer(const Json& j, const char* member, std::int64_t& to, const Path& path) {
    if (!j.is_number_integer()) return reject(path, member, "must be an integer");
    constexpr auto most = static_cast<std::uint64_t>((std::numeric_limits<std::int64_t>::max)());
    if (j.is_number_unsigned() && j.template get<std::uint64_t>() > most)
      return reject(path, member, "must fit in 64 bits");
    to = j.template get<std::int64_t>();
    return true;
  }

  bool components(const Json& j, std::vector<component>& to) {
    const auto path = [](error&) {};
    const Json* const list = required(j, "components", path);
    if (list == nullptr) return false;
    unreadable_ = list->is_null();
    if (!unreadable_ && !list->is_array()) return reject(path, "components", "must be an array");
    to.resize(list->size());
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto in_component = [i](error& e) { e.more("components[").more(std::uint64_t{i}).more("]"); };
      if (!read((*list)[i], to[i], in_component)) return false;
    }
    return true;
  }

  template <class Path>
  static void separate(const Path& path, std::string_view member, error& e) {
    path(e);
    if (!member.empty()) e.more(e.words().empty() ? "" : ".").more(member);
  }

  template <class Path>
  bool reject(const Path& path, std::string_view member, const char* rule) {
    fault_.code = errc::json_type;
    separate(path, member, fault_);
    fault_.more(fault_.words().empty() ? "" : ": ").more(rule);
    return false;
  }

  error fault_;
  bool unreadable_ = false;
};

// As nlohmann/json says it: `[json.exception.type_error.302] components[0].amount: must be an integer`.
template <class Json>
[[noreturn]] void throw_type_error(const error& e, const Json& j) {
  throw Json::type_error::create(302, std::string(e.words()), &j);
}

inline std::string rfc_3339(timestamp moment) { return auditor::to_string(moment); }

}  // namespace detail

/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const score_view& from) {
  j = Json::object();
  j["name"] = from.name;
  j["value"] = from.value;
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const score& from) {
  to_json(j, score_view(from));
}

/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const component_view& from) {
  j = Json::object();
  j["name"] = from.name;
  j["amount"] = from.amount;
  Json& scores = j["scores"] = Json::array();
  for (const score_view s : from.scores) scores.push_back(s);
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const component& from) {
  to_json(j, component_view(from));
}

/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const view_list<meta_view>& from) {
  j = Json::object();
  for (const meta_view entry : from) {
    Json& values = j[std::string(entry.name)] = Json::array();
    for (const std::string_view value : entry.values) values.push_back(value);
  }
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const meta& from) {
  to_json(j, view_list<meta_view>(from));
}

/// A record in the members and the order of the wire (`nlohmann::ordered_json` keeps the order, `nlohmann::json` sorts).
/// No meta and no stop time are null; `runtime` is there when the record has one.
template <detail::nlohmann_value Json>
void to_json(Json& j, const record_view& from) {
  j = Json::object();
  j["record_id"] = from.record_id;
  j["meta"] = nullptr;
  if (!from.meta.empty()) to_json(j["meta"], from.meta);
  Json& components = j["components"] = Json::array();
  for (const component_view c : from.components) components.push_back(c);
  j["start_time"] = detail::rfc_3339(from.start_time);
  j["stop_time"] = nullptr;
  if (from.stop_time) j["stop_time"] = detail::rfc_3339(*from.stop_time);
  if (from.runtime) j["runtime"] = *from.runtime;
}
/// As the wire has it.
template <detail::nlohmann_value Json>
void to_json(Json& j, const record& from) {
  to_json(j, record_view(from));
}

/// A time is its RFC 3339 text. Times of `<chrono>` stay as the program has them.
template <detail::nlohmann_value Json>
void to_json(Json& j, timestamp from) {
  j = detail::rfc_3339(from);
}

/// The reverse, as strict as the library's own codec.
/// **Errors**: `type_error` 302 with the field: a member is missing, or of another type, or a time is none.
template <detail::nlohmann_value Json>
void from_json(const Json& j, score& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to, [](error&) {})) detail::throw_type_error(reader.fault(), j);
}
/// As the wire has it. **Errors**: as of a record.
template <detail::nlohmann_value Json>
void from_json(const Json& j, component& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to, [](error&) {})) detail::throw_type_error(reader.fault(), j);
}
/// As the wire has it. **Errors**: as of a record.
template <detail::nlohmann_value Json>
void from_json(const Json& j, meta& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to)) detail::throw_type_error(reader.fault(), j);
}
/// As the wire has it. **Errors**: as of a record.
template <detail::nlohmann_value Json>
void from_json(const Json& j, timestamp& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.time(j, "", to)) detail::throw_type_error(reader.fault(), j);
}
/// The same; a record with `"components":null`, which the server could not read, is an error too.
template <detail::nlohmann_value Json>
void from_json(const Json& j, record& to) {
  detail::nlohmann_reader<Json> reader;
  if (!reader.read(j, to)) detail::throw_type_error(reader.fault(), j);
  if (reader.unreadable()) detail::throw_type_error(error(errc::unreadable_record, "components: null"), j);
}

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

inline error nlohmann_decode(std::string_view text, record& r) {
  error e;
  // nlohmann/json skips a byte order mark and stops at a zero; JSON has neither.
  if (text.substr(0, 3) == "\xEF\xBB\xBF") return error(errc::json_syntax, "byte order mark");
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    e = error(errc::json_syntax, "zero byte");
    e.offset = zero;
    return e;
  }
  try {
    nlohmann_watch watch;
    const nlohmann::json j = nlohmann::json::parse(text, std::ref(watch));
    if (watch.fault()) return watch.fault();
    nlohmann_reader<nlohmann::json> reader;
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

inline error nlohmann_encode(const record_view& from, std::string& out) {
  // nlohmann/json writes null for what is not finite.
  for (const component_view c : from.components)
    for (const score_view s : c.scores)
      if (!detail::is_finite(s.value)) return find_unwritable(from);
  try {
    nlohmann::ordered_json j = from;
    j.erase("runtime");
    out += j.dump();
    return {};
  } catch (const nlohmann::ordered_json::exception&) {
    return find_unwritable(from);
  }
}

}  // namespace detail

/// A record codec of nlohmann/json instead of the library's own: many times slower, and the judge of its tests.
///
/// Both take and refuse the same texts, but this one refuses duplicates among unknown members too, and numbers beyond
/// the largest double in them. Both read the same, but the sign of a score that is written `-0`.
struct AUDITOR_EXPORT nlohmann_codec {
  /// Decodes exactly one record, with white space around it at most.
  /// **Errors**: `json_syntax`, `json_type`, `unreadable_record` as the library's own codec; the offset for syntax alone.
  static error decode(std::string_view text, record& r) { return detail::nlohmann_decode(text, r); }

  /// Appends a record in the bytes of the library's own codec, but for a rare last digit of a score of 17 digits.
  /// **Errors**: `invalid_record` for invalid UTF-8, NaN and infinity; `out` is then as before.
  static error encode(const record_view& from, std::string& out) { return detail::nlohmann_encode(from, out); }
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
