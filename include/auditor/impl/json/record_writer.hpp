// Writes the parts of a record, into whatever takes them.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/impl/json/text_writer.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

// The targets of `text_writer`. All write through a small window, because tokens are written with a few bytes to spare.
class text_window {
 public:
  char* begin() noexcept { return text_; }
  char* end() noexcept { return text_ + sizeof text_; }

 private:
  char text_[1024];
};

class string_target : public text_window {
 public:
  explicit string_target(std::string& to) noexcept : to_(to) {}
  bool take(std::size_t written) {
    to_.append(begin(), written);
    return true;
  }

 private:
  std::string& to_;
};

class fixed_target : public text_window {
 public:
  explicit fixed_target(std::span<char> to) noexcept : to_(to) {}
  bool take(std::size_t written) noexcept {
    if (written > to_.size() - size_) return false;
    if (written != 0) std::memcpy(to_.data() + size_, begin(), written);
    size_ += written;
    return true;
  }
  std::size_t size() const noexcept { return size_; }

 private:
  std::span<char> to_;
  std::size_t size_ = 0;
};

class counting_target : public text_window {
 public:
  bool take(std::size_t written) noexcept {
    size_ += written;
    return true;
  }
  std::size_t size() const noexcept { return size_; }

 private:
  std::size_t size_ = 0;
};

template <class Target>
void write_meta(text_writer<Target>& out, const view_list<meta_view>& from) {
  out.literal("{");
  for (std::size_t i = 0; i < from.size(); ++i) {
    const meta_view entry = from[i];
    if (i == 0)
      out.literal("\"");
    else
      out.literal(",\"");
    out.text(entry.name);
    out.literal("\":[");
    for (std::size_t k = 0; k < entry.values.size(); ++k) {
      if (k == 0)
        out.literal("\"");
      else
        out.literal(",\"");
      out.text(entry.values[k]);
      out.literal("\"");
    }
    out.literal("]");
  }
  out.literal("}");
}

template <class Target>
void write_component(text_writer<Target>& out, const component_view& from) {
  out.literal("{\"name\":\"");
  out.text(from.name);
  out.literal("\",\"amount\":");
  out.integer(from.amount);
  out.literal(",\"scores\":[");
  for (std::size_t k = 0; k < from.scores.size(); ++k) {
    const score_view score = from.scores[k];
    if (k == 0)
      out.literal("{\"name\":\"");
    else
      out.literal(",{\"name\":\"");
    out.text(score.name);
    out.literal("\",\"value\":");
    out.number(score.value);
    out.literal("}");
  }
  out.literal("]}");
}

template <class Target>
errc encode(const record_view& from, Target& target) {
  text_writer<Target> out(target);
  out.literal("{\"record_id\":\"");
  out.text(from.record_id);
  if (from.meta.empty()) {
    out.literal("\",\"meta\":null");
  } else {
    out.literal("\",\"meta\":");
    write_meta(out, from.meta);
  }
  out.literal(",\"components\":[");
  for (std::size_t i = 0; i < from.components.size(); ++i) {
    if (i != 0) out.literal(",");
    write_component(out, from.components[i]);
  }
  out.literal("],\"start_time\":\"");
  out.time(from.start_time);
  if (from.stop_time) {
    out.literal("\",\"stop_time\":\"");
    out.time(*from.stop_time);
    out.literal("\"}");
  } else {
    out.literal("\",\"stop_time\":null}");
  }
  return out.finish();
}

// Which value of a record JSON has no way to write.
inline error find_unwritable(const record_view& from) {
  error e = error(errc::invalid_record).of(from.record_id);
  const auto wrong = [](std::string_view text) { return !is_utf8(text); };
  constexpr std::string_view not_utf8 = ": must be valid UTF-8";
  if (wrong(from.record_id)) return e.more("record_id").more(not_utf8);
  for (std::size_t i = 0; i < from.meta.size(); ++i) {
    const meta_view entry = from.meta[i];
    if (wrong(entry.name)) return e.more("meta: name ").more(std::uint64_t{i}).more(not_utf8);
    for (std::size_t k = 0; k < entry.values.size(); ++k)
      if (wrong(entry.values[k]))
        return e.more("meta.").more(entry.name.substr(0, 64)).more("[").more(std::uint64_t{k}).more("]").more(not_utf8);
  }
  for (std::size_t i = 0; i < from.components.size(); ++i) {
    const component_view component = from.components[i];
    e.say("components[").more(std::uint64_t{i}).more("]");
    if (wrong(component.name)) return e.more(".name").more(not_utf8);
    for (std::size_t k = 0; k < component.scores.size(); ++k) {
      const score_view score = component.scores[k];
      if (is_finite(score.value) && !wrong(score.name)) continue;
      e.more(".scores[").more(std::uint64_t{k}).more("]");
      return wrong(score.name) ? e.more(".name").more(not_utf8) : e.more(".value: must be finite");
    }
  }
  return e;
}

inline error encode_failed(errc code, const record_view& from) {
  if (code == errc::invalid_record) return find_unwritable(from);
  return error(code, "the encoded record does not fit").of(from.record_id);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
