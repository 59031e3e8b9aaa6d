// A part that most queries have not: its functions are named where it is made, so that who makes none links nothing of it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/config.hpp>

#include <utility>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// **Memory**: one block of the heap, once `get()` is called.
template <class Part>
class optional_part {
 public:
  optional_part() = default;
  optional_part(const optional_part& other) : held_(other ? other.held_->functions->copy(*other.held_) : nullptr) {}
  optional_part(optional_part&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  optional_part& operator=(optional_part other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~optional_part() {
    if (*this) held_->functions->destroy(held_);
  }

  explicit operator bool() const noexcept { return held_ != nullptr; }
  const Part& operator*() const noexcept { return held_->part; }
  const Part* operator->() const noexcept { return &held_->part; }

  /// Makes it, if there is none yet.
  Part& get() {
    static constexpr life all = {
        [](const held& of) { return new held(of); },
        [](held* last) noexcept { delete last; },
        [](const Part& a, const Part& b) noexcept { return a == b; },
    };
    if (held_ == nullptr) held_ = new held{&all};
    return held_->part;
  }

  friend bool operator==(const optional_part& a, const optional_part& b) noexcept {
    return a && b ? a.held_->functions->equal(*a, *b) : !a && !b;
  }

 private:
  struct life;
  struct held {
    const life* functions;
    Part part{};
  };
  struct life {
    held* (*copy)(const held& of);
    void (*destroy)(held* last) noexcept;
    bool (*equal)(const Part& a, const Part& b) noexcept;
  };

  held* held_ = nullptr;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
