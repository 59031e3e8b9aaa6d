// What the fuzz targets share: an input taken apart into choices, and a check that ends the program.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// One target a program: libFuzzer calls it, or replay.cpp does.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace fuzz {

/// Also where NDEBUG is defined. The text is printed with it: what was decided about which piece of the input.
inline void require(bool held, std::string_view claim, std::string_view text = {}) {
  if (held) return;
  std::fprintf(stderr, "does not hold: %.*s\n%.*s\n", static_cast<int>(claim.size()), claim.data(),
               static_cast<int>(text.size()), text.data());
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* bytes, std::size_t size) {
  return size == 0 ? std::string_view() : std::string_view(reinterpret_cast<const char*>(bytes), size);
}

/// Takes choices from an input, which never ends: behind its last byte come zeros.
class source {
 public:
  source(const std::uint8_t* bytes, std::size_t size) : bytes_(bytes), left_(size) {}

  bool empty() const { return left_ == 0; }
  std::uint8_t byte() {
    if (left_ == 0) return 0;
    --left_;
    return *bytes_++;
  }
  bool yes() { return (byte() & 1) != 0; }
  std::size_t below(std::size_t end) { return byte() % end; }
  std::uint64_t number(unsigned width) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < width; ++i) value = value << 8 | byte();
    return value;
  }
  /// A length in one byte, then so many bytes.
  std::string text() {
    const std::size_t size = (std::min)(std::size_t{byte()}, left_);
    std::string taken(as_text(bytes_, size));
    bytes_ += size;
    left_ -= size;
    return taken;
  }
  std::string rest() {
    std::string taken(as_text(bytes_, left_));
    bytes_ += left_;
    left_ = 0;
    return taken;
  }

 private:
  const std::uint8_t* bytes_;
  std::size_t left_;
};

}  // namespace fuzz
