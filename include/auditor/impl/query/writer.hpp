// The one place where a query becomes text: `key[name][op]=value` pairs, percent-encoded, joined by '&'.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/percent.hpp>
#include <auditor/base/timestamp.hpp>
#include <auditor/impl/base/divide.hpp>
#include <auditor/query/range.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class query_writer {
 public:
  query_writer() = default;
  explicit query_writer(std::string begun) : text_(std::move(begun)) {}

  // A new pair.
  query_writer& key(std::string_view parameter) {
    if (!text_.empty()) text_ += '&';
    text_ += parameter;
    return *this;
  }
  // The brackets of the grammar stay literal, the server wants them so; what is between them does not.
  query_writer& in_brackets(std::string_view word) {
    text_ += '[';
    text_ += word;
    text_ += ']';
    return *this;
  }
  query_writer& name_in_brackets(std::string_view name) {
    text_ += '[';
    append_query_key(text_, name);
    text_ += ']';
    return *this;
  }
  query_writer& number_in_brackets(std::uint64_t number) {
    text_ += '[';
    append_number(number);
    text_ += ']';
    return *this;
  }

  void value(std::string_view raw) {
    text_ += '=';
    append_percent_encoded(text_, raw);
  }
  template <whole_number T>
  void value(T number) {
    text_ += '=';
    append_number(number);
  }
  void value(timestamp moment) {
    char written[timestamp_capacity];
    const std::string_view time(written, write_timestamp(moment, written));
    text_ += '=';
    for (const char c : time) c == '+' ? append_percent_byte(text_, c) : text_.push_back(c);  // a bare '+' is a space
  }

  // All conditions on one field; a component has a name beside.
  void conditions(std::string_view parameter, const std::string* name, const range& on, number_kind kind) {
    on.for_each([&](const condition& c) {
      key(parameter);
      if (name != nullptr) name_in_brackets(*name);
      in_brackets(operator_name(c.op));
      if (kind == number_kind::moment)
        value(timestamp(std::chrono::microseconds(c.value)));
      else
        value(c.value);
    });
  }

  const std::string& text() const noexcept { return text_; }
  std::string take() && { return std::move(text_); }

 private:
  template <whole_number T>
  void append_number(T number) {
    char digits[21];
    char* const end = digits + sizeof digits;
    const bool negative = number < 0;
    const auto bits = static_cast<std::uint64_t>(number);
    char* first = write_digits_before(end, negative ? 0 - bits : bits);
    if (negative) *--first = '-';
    text_.append(first, static_cast<std::size_t>(end - first));
  }

  std::string text_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
