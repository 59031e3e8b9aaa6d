// Which fields of a record somebody wants to see: all others are checked and left out.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// Some names, or every name: `{"CPU", "Memory"}`, an array of yours, `every_name`. **Lifetime**: of the texts, and of the array, longer
/// than the call that is given them. **Memory**: no heap.
class AUDITOR_EXPORT wanted_names {
 public:
  /// In braces; of more keep an array.
  static constexpr std::size_t most_in_braces = 4;

  /// None.
  constexpr wanted_names() noexcept = default;
  /// These.
  template <model_detail::text_like... Names>
    requires(sizeof...(Names) != 0)
  constexpr wanted_names(const Names&... names) noexcept
      : few_{model_detail::characters_of(names)...}, count_(sizeof...(Names)) {
    static_assert(sizeof...(Names) <= most_in_braces, "of so many names keep an array of std::string_view");
  }
  /// Those of an array, a span or a vector of `std::string_view`, which is borrowed.
  template <class Array>
    requires(std::convertible_to<const Array&, std::span<const std::string_view>> && !model_detail::text_like<Array>)
  constexpr wanted_names(const Array& borrowed) noexcept : many_(borrowed) {}

  /// Every name.
  static constexpr wanted_names all() noexcept {
    wanted_names names;
    names.all_ = true;
    return names;
  }

  /// Whether it is every name.
  constexpr bool is_all() const noexcept { return all_; }
  /// Those there are, in their order.
  constexpr std::span<const std::string_view> list() const noexcept {
    return count_ != 0 ? std::span<const std::string_view>(few_.data(), count_) : many_;
  }

 private:
  std::array<std::string_view, most_in_braces> few_{};
  std::size_t count_ = 0;
  std::span<const std::string_view> many_;
  bool all_ = false;
};

/// For `wanted_fields`.
inline constexpr wanted_names every_name = wanted_names::all();

/// What of a record a visitor wants to see, beside its id, its times and its runtime, which are always there.
///
/// ```cpp
/// client.for_each(auditor::query{}, auditor::only({.components = {"CPU"}}, visit));
/// ```
/// A view of such a record has nothing else: what was not named is absent, whether the record has it or not; what was named is
/// absent only where the record has none. All of the text is checked all the same, with the same errors.
struct AUDITOR_EXPORT wanted_fields {
  wanted_names meta{};        ///< the entries of these names, with all their values
  wanted_names components{};  ///< the components of these names
  bool scores = false;        ///< ... with their scores
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
