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
  optional_part(const optional_part& other)
      : functions_(other.functions_), part_(other ? functions_->copy(*other.part_) : nullptr) {}
  optional_part(optional_part&& other) noexcept
      : functions_(other.functions_), part_(std::exchange(other.part_, nullptr)) {}
  optional_part& operator=(optional_part other) noexcept {
    std::swap(functions_, other.functions_);
    std::swap(part_, other.part_);
    return *this;
  }
  ~optional_part() {
    if (*this) functions_->destroy(part_);
  }

  explicit operator bool() const noexcept { return part_ != nullptr; }
  const Part& operator*() const noexcept { return *part_; }
  const Part* operator->() const noexcept { return part_; }

  /// Makes it, if there is none yet.
  Part& get() {
    static constexpr life all = {
        [](const Part& of) { return new Part(of); },
        [](Part* last) noexcept { delete last; },
        [](const Part& a, const Part& b) noexcept { return a == b; },
    };
    if (part_ == nullptr) part_ = new Part;
    functions_ = &all;
    return *part_;
  }

  friend bool operator==(const optional_part& a, const optional_part& b) noexcept {
    return a && b ? a.functions_->equal(*a.part_, *b.part_) : !a && !b;
  }

 private:
  struct life {
    Part* (*copy)(const Part& of);
    void (*destroy)(Part* last) noexcept;
    bool (*equal)(const Part& a, const Part& b) noexcept;
  };

  const life* functions_ = nullptr;
  Part* part_ = nullptr;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
