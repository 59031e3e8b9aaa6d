// What a caller may hand over as a text: strings of every kind, `u8` ones too, and a null pointer, which is an empty one.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {
namespace model_detail {

template <class T>
concept null_text = std::same_as<T, std::nullptr_t>;
template <class T>
concept plain_text = std::convertible_to<const T&, std::string_view> && !null_text<T>;

#ifdef __cpp_char8_t
template <class T>
concept utf8_text = std::convertible_to<const T&, std::u8string_view> && !plain_text<T> && !null_text<T>;
#else
template <class T>
concept utf8_text = false;
#endif

template <class T>
concept text_like = plain_text<T> || utf8_text<T> || null_text<T>;

// The characters of any of them. A null pointer is an empty text: that of a `getenv` that found nothing, which the checks of
// names refuse like any other empty one.
template <text_like T>
constexpr std::string_view characters_of(const T& text) noexcept {
  if constexpr (std::is_pointer_v<T>)
    if (text == nullptr) return {};
  if constexpr (null_text<T>) {
    return {};
  } else if constexpr (plain_text<T>) {
    return text;
  } else {
#ifdef __cpp_char8_t
    const std::u8string_view characters = text;
    return {reinterpret_cast<const char*>(characters.data()), characters.size()};
#endif
  }
}

// A parameter that is only looked at. **Lifetime**: of what was handed over.
class borrowed_text {
 public:
  template <text_like T>
  constexpr borrowed_text(const T& text) noexcept : characters_(characters_of(text)) {}

  constexpr operator std::string_view() const noexcept { return characters_; }

 private:
  std::string_view characters_;
};

// A parameter that is kept: of a string that is moved in, nothing is copied.
class owned_text {
 public:
  owned_text(std::string text) noexcept;
  template <text_like T>
    requires(!std::same_as<T, std::string>)
  owned_text(const T& text) : characters_(characters_of(text)) {}

  std::string take() && noexcept { return std::move(characters_); }

 private:
  std::string characters_;
};

}  // namespace model_detail

/// A text that is a member of settings: a `std::string` that takes strings of every kind, and a null pointer, which leaves it empty:
/// `{.ca_file = std::getenv("CA_FILE")}`.
class AUDITOR_EXPORT setting_text : public std::string {
 public:
  setting_text() = default;
  /// Of a string, which it keeps.
  setting_text(std::string characters) noexcept;
  /// Of any text; a null pointer is an empty one.
  template <model_detail::text_like T>
    requires(!std::same_as<T, std::string> && !std::derived_from<T, setting_text>)
  setting_text(const T& characters) : std::string(model_detail::characters_of(characters)) {}
  /// Of what becomes a string, as a `std::filesystem::path` does.
  template <class T>
    requires(std::convertible_to<const T&, std::string> && !model_detail::text_like<T> &&
             !std::derived_from<T, setting_text>)
  setting_text(const T& other) : std::string(other) {}
};

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/text.ipp>
#endif
