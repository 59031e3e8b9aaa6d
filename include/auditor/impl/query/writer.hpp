// The one place where a query becomes text: `key[name][op]=value` pairs, percent-encoded, joined by '&'.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/percent_encode.hpp>
#include <auditor/impl/base/write_number.hpp>
#include <auditor/query/range.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class query_writer {
 public:
  explicit query_writer(text_buffer& to) noexcept : text_(to) {}
  /// Behind what stands there, with this character before the first pair.
  query_writer(text_buffer& to, char first) noexcept : text_(to), separator_(first) {}

  /// What comes before the next pair.
  char separator() const noexcept { return separator_; }

  // A new pair.
  query_writer& key(std::string_view parameter) {
    pairs(parameter);
    return *this;
  }
  query_writer& key(const char* parameter) {
    pairs(parameter);
    return *this;
  }
  /// Pairs as they are; of none nothing is written.
  void pairs(std::string_view ready) {
    if (ready.empty()) return;
    separate();
    text_.append(ready);
  }
  // A literal: less code where it stands.
  void pairs(const char* ready) {
    separate();
    text_.append_words(ready);
  }
  // The brackets of the grammar stay literal, the server wants them so; what is between them does not.
  query_writer& in_brackets(const char* word) {
    text_.push_back('[');
    text_.append_words(word);
    text_.push_back(']');
    return *this;
  }
  query_writer& name_in_brackets(std::string_view name) {
    text_.push_back('[');
    model_detail::percent_encode_key(text_, name);
    text_.push_back(']');
    return *this;
  }
  query_writer& number_in_brackets(std::uint64_t number) {
    text_.push_back('[');
    append_number(static_cast<std::int64_t>(number));
    text_.push_back(']');
    return *this;
  }

  void value(std::string_view raw) {
    text_.push_back('=');
    model_detail::percent_encode(text_, raw);
  }
  void value(std::int64_t number) {
    text_.push_back('=');
    append_number(number);
  }
  void value(timestamp moment) {
    char written[timestamp_capacity];
    std::string_view time(written, write_timestamp(moment, written));
    text_.push_back('=');
    if (time.front() == '+') {  // of a long year, and nowhere else; a bare one is a space
      text_.append_words("%2B");
      time.remove_prefix(1);
    }
    text_.append(time);
  }

  /// What one compares with: `[gte]=8`.
  void compared(comparison op, std::int64_t with, number_kind kind) {
    in_brackets(operator_name(op));
    if (kind == number_kind::moment)
      value(timestamp(std::chrono::microseconds(with)));
    else
      value(with);
  }

  /// The order.
  void sorted(bool descends, const char* by) {
    pairs(descends ? "sort_by[desc]=" : "sort_by[asc]=");
    text_.append_words(by);
  }
  /// A pair of a field that has a range.
  void bound(const ranged_field& by, comparison op, std::int64_t with) { key(by.name).compared(op, with, by.kind); }

 private:
  void separate() {
    if (const char c = std::exchange(separator_, '&'); c != '\0') text_.push_back(c);
  }
  void append_number(std::int64_t number) {
    char digits[24];
    text_.append({digits, static_cast<std::size_t>(write_integer(number, digits) - digits)});
  }

  text_buffer& text_;
  char separator_ = '\0';
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
