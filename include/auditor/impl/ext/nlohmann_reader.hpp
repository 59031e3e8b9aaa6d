// Reads model types from a parsed value of nlohmann/json, and says where it is wrong.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/timestamp.hpp>
#include <auditor/model/record.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

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

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
