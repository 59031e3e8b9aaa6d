// A value or an error, never both: what every operation of the library returns. A strict subset of std::expected<T, error>.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/error.hpp>
#include <auditor/base/panic.hpp>

#include <concepts>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <version>
#ifdef __cpp_lib_expected
#include <expected>
#endif
#if AUDITOR_EXCEPTIONS
#include <exception>
#include <string>
#endif

namespace auditor {
inline namespace AUDITOR_ABI {

#if AUDITOR_EXCEPTIONS
/// Thrown by `result<T>::value()` alone; the rest of the library does not throw.
class AUDITOR_EXPORT failure : public std::exception {
 public:
  /// Copies the error.
  explicit failure(const auditor::error& e);
  /// The sentence of `message(error())`.
  const char* what() const noexcept override { return what_.c_str(); }
  /// The error that `value()` met. **Lifetime**: that of this.
  const auditor::error& error() const noexcept { return error_; }

 private:
  auditor::error error_;
  std::string what_;
};
#endif

namespace detail {
[[noreturn]] void fail([[maybe_unused]] const error& e);
inline constexpr std::string_view no_error_is_ok = "a result was made of errc::ok, which is no error";
// Before `*` and `->`. Looked at in debug builds alone.
void expect_value([[maybe_unused]] bool has_value, [[maybe_unused]] const error& e) noexcept;
struct look_at_the_result_first_then_loop_over_its_value;
}  // namespace detail

/// A `T`, or the error that stood in its way.
///
/// ```cpp
/// if (auto found = client.get_single_record("record-1"))
///   use(*found);
/// else
///   log(message(found.error()));
///
/// auto record = client.get_single_record("record-1").value();  // throws auditor::failure
/// ```
/// It has to be looked at before `*` and `->`: a debug build stops where it was not.
/// `operator bool` is true for a value; it is missing on `result<bool>`, where it would not mean what it says.
/// **Errors**: `value()` of an error throws `auditor::failure`; without exceptions it ends the program.
/// **Lifetime**: what is taken from a temporary result is a value of its own; std::expected gives references, and they
/// dangle. `->` of a temporary does not compile, unless it is plain data: keep the result in a variable, or take its `value()`.
template <class T>
class [[nodiscard]] AUDITOR_EXPORT result {
 public:
  using value_type = T;
  using error_type = auditor::error;

  /// A value.
  result(T value) : value_(std::move(value)), has_value_(true) {}
  /// An error. **Ranges**: its code is not `ok`.
  result(const auditor::error& e) noexcept : error_(e) { detail::expect(e.code != errc::ok, detail::no_error_is_ok); }
  /// An error of this code. **Ranges**: not `ok`.
  result(errc code) noexcept : error_(code) { detail::expect(code != errc::ok, detail::no_error_is_ok); }

#ifdef __cpp_lib_expected
  /// From and to what C++23 has for the same, as it is: `std::expected<record, auditor::error> one = client.get_single_record("x");`
  template <std::same_as<std::expected<T, auditor::error>> Expected>  // what would only become one is a T
  result(Expected other) : result(other ? result(*std::move(other)) : result(other.error())) {}
  operator std::expected<T, auditor::error>() const&
    requires std::is_copy_constructible_v<T>
  {
    if (!has_value()) return std::unexpected(error_);
    return value_;
  }
  operator std::expected<T, auditor::error>() && {
    if (!has_value()) return std::unexpected(error_);
    return std::move(value_);
  }
#endif

  /// A copy; there is none of a `T` that has none.
  result(const result& other)
    requires std::is_copy_constructible_v<T>
      : error_(other.error_) {
    if (other.has_value_) make(other.value_);
  }
  /// Takes the value or the error of the other one.
  result(result&& other) noexcept(std::is_nothrow_move_constructible_v<T>) : error_(other.error_) {
    if (other.has_value_) make(std::move(other.value_));
  }
  result& operator=(const result& other)
    requires std::is_copy_constructible_v<T> && std::is_copy_assignable_v<T> && std::is_move_assignable_v<T>
  {
    return *this = result(other);
  }
  // Moved onto itself it stays as it is, whatever a T does then.
  result& operator=(result&& other) noexcept(std::is_nothrow_move_constructible_v<T> &&
                                             std::is_nothrow_move_assignable_v<T>)
    requires std::is_move_assignable_v<T>
  {
    if (this == &other) return *this;
    if (has_value_ && other.has_value_) {  // the other may be within this one's value, and gone behind this
      value_ = std::move(other.value_);
      return *this;
    }
    const auditor::error theirs = other.error_;
    const bool comes = other.has_value_;
    destroy();
    if (comes) make(std::move(other.value_));
    error_ = theirs;
    return *this;
  }
  ~result() { destroy(); }

  /// Whether it is a value. There for `result<bool>` too.
  bool has_value() const noexcept { return has_value_; }
  /// True for a value.
  explicit operator bool() const noexcept
    requires(!std::same_as<T, bool>)
  {
    return has_value();
  }

  /// The value. There has to be one.
  T& operator*() & noexcept { return *checked(); }
  const T& operator*() const& noexcept { return *checked(); }
  // By value: `for (const record& r : *client.get())` must not outlive what it loops over.
  T operator*() && noexcept(std::is_nothrow_move_constructible_v<T>) { return std::move(*checked()); }
  T* operator->() & noexcept { return checked(); }
  const T* operator->() const& noexcept { return checked(); }
  // Nor may `for (const record& r : client.get()->records)`. What is plain data may be looked at: `client.add(r)->how`.
  T* operator->() && requires(!std::is_trivially_copyable_v<T>) = delete;
  const T* operator->() const&&
    requires(!std::is_trivially_copyable_v<T>)
  = delete;

  // The loop is over the value, not the result; the type is what the compiler says.
  detail::look_at_the_result_first_then_loop_over_its_value begin() const = delete;
  detail::look_at_the_result_first_then_loop_over_its_value end() const = delete;

  /// The error; its code is `errc::ok` when there is a value.
  const auditor::error& error() const& noexcept { return error_; }
  /// The same of a temporary: a value of its own.
  auditor::error error() && noexcept { return error_; }

  /// The value, or what **Errors** says.
  T& value() & { return has_value() ? value_ : (detail::fail(error_), value_); }
  /// The same.
  const T& value() const& { return has_value() ? value_ : (detail::fail(error_), value_); }
  T value() && { return has_value() ? std::move(value_) : (detail::fail(error_), std::move(value_)); }

  /// The value, or another one in its place.
  template <class U>
  T value_or(U&& other) const& {
    return has_value() ? value_ : static_cast<T>(std::forward<U>(other));
  }
  template <class U>
  T value_or(U&& other) && {
    return has_value() ? std::move(value_) : static_cast<T>(std::forward<U>(other));
  }

  /// `f(value)`, which returns a result; an error is passed on.
  template <class F>
  auto and_then(F&& f) && -> std::invoke_result_t<F, T&&> {
    if (has_value()) return std::forward<F>(f)(std::move(value_));
    return error_;
  }
  /// A result of `f(value)`; an error is passed on.
  template <class F>
  auto transform(F&& f) && -> result<std::invoke_result_t<F, T&&>> {
    if (!has_value()) return error_;
    if constexpr (std::is_void_v<std::invoke_result_t<F, T&&>>) {
      std::forward<F>(f)(std::move(value_));
      return {};
    } else {
      return std::forward<F>(f)(std::move(value_));
    }
  }
  /// `f(error)`, which returns a result of the same type; a value is passed on.
  template <class F>
  auto or_else(F&& f) && -> result {
    if (has_value()) return std::move(*this);
    return std::forward<F>(f)(error_);
  }

 private:
  T* checked() noexcept {
    detail::expect_value(has_value(), error_);
    return std::addressof(value_);
  }
  const T* checked() const noexcept {
    detail::expect_value(has_value(), error_);
    return std::addressof(value_);
  }

  template <class From>
  void make(From&& from) {
    ::new (static_cast<void*>(std::addressof(value_))) T(std::forward<From>(from));
    has_value_ = true;
  }
  void destroy() noexcept {
    if (std::exchange(has_value_, false)) value_.~T();
  }

  // As std::optional has it, of which each T would cost a compiler six times as much.
  union {
    T value_;
  };
  bool has_value_ = false;
  auditor::error error_;
};

/// Success, or the error that stood in its way: `if (auto right = validate(r); !right) log(message(right.error()));`
template <>
class [[nodiscard]] AUDITOR_EXPORT result<void> {
 public:
  using value_type = void;
  using error_type = auditor::error;

  result() noexcept {}  // `= default` would fill it with zeros first
  /// As those of `result<T>`.
  result(const auditor::error& e) noexcept : error_(e) {}
  /// As those of `result<T>`.
  result(errc code) noexcept : error_(code) {}
#ifdef __cpp_lib_expected
  result(const std::expected<void, auditor::error>& other) noexcept : error_(other ? auditor::error() : other.error()) {
    detail::expect(other || error_.code != errc::ok, detail::no_error_is_ok);
  }
  operator std::expected<void, auditor::error>() const {
    if (!has_value()) return std::unexpected(error_);
    return {};
  }
#endif

  /// Whether it is a value.
  bool has_value() const noexcept { return error_.code == errc::ok; }
  /// The same.
  explicit operator bool() const noexcept { return has_value(); }
  /// The error; code `ok` where there is none.
  const auditor::error& error() const& noexcept { return error_; }
  /// The same of a temporary: a value of its own.
  auditor::error error() && noexcept { return error_; }
  /// Nothing, or the end as of `result<T>`: an exception `failure`.
  void value() const;
  /// Looked at before, as that of `result<T>`.
  void operator*() const noexcept;

  /// As that of `result<T>`; `f()`.
  template <class F>
  auto and_then(F&& f) const -> std::invoke_result_t<F> {
    if (has_value()) return std::forward<F>(f)();
    return error_;
  }
  /// As that of `result<T>`; `f()`.
  template <class F>
  auto transform(F&& f) const -> result<std::invoke_result_t<F>> {
    if (!has_value()) return error_;
    if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
      std::forward<F>(f)();
      return {};
    } else {
      return std::forward<F>(f)();
    }
  }
  /// As that of `result<T>`.
  template <class F>
  auto or_else(F&& f) const -> result {
    if (has_value()) return *this;
    return std::forward<F>(f)(error_);
  }

 private:
  auditor::error error_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/base/result.ipp>
#endif
