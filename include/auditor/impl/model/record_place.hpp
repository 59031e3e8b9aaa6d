// A place in a record, such as `components[0].scores[1]`: written only once something is wrong there.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/model/record_view.hpp>

#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

struct record_place {
  enum class part : std::uint8_t { record, meta, value, component, score };

  part in = part::record;
  std::size_t outer = 0, inner = 0;  // of meta and its values, or components and their scores

  // Of a meta name so many bytes.
  void write(error& to, const record_view& of, std::size_t longest_name) const noexcept;

 private:
  static void number(error& to, const char* list, std::size_t i) noexcept {
    to.more(list).more(std::uint64_t{i}).more("]");
  }
};

inline void record_place::write(error& to, const record_view& of, std::size_t longest_name) const noexcept {
  if (in == part::meta || in == part::value)
    to.more("meta[\"").more(of.meta[outer].name, longest_name).more("\"]");
  else if (in != part::record)
    number(to, "components[", outer);
  if (in == part::value || in == part::score) number(to, in == part::value ? "[" : ".scores[", inner);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
