// Division in steps of a byte, and of a bit.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/impl/base/divide.hpp>

#include <cstdint>
#include <limits>

#include "catch.hpp"

TEST_CASE("division in steps is division") {
  const std::uint64_t most = (std::numeric_limits<std::uint64_t>::max)();
  for (const std::uint32_t by : {1u, 7u, 10u, 86'400u, 1'000'000u, (1u << 24) - 1})
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{by} - 1, std::uint64_t{by}, most / by * by - 1, most / by * by, most}) {
      std::uint64_t quotient = number;
      CHECK(auditor::model_detail::divide_in_steps(quotient, by) == number % by);
      CHECK(quotient == number / by);
    }
}

TEST_CASE("a remainder in steps is that of any division") {
  const std::uint64_t most = (std::numeric_limits<std::uint64_t>::max)(), largest = std::uint64_t{1} << 63;
  for (const std::uint64_t by :
       {std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{167}, std::uint64_t{6'667}, largest / 3, largest - 1, largest})
    for (const std::uint64_t number :
         {std::uint64_t{0}, by - 1, by, by + 1, most / by * by - 1, most / by * by, most / 3, most})
      CHECK(auditor::model_detail::remainder_in_steps(number, by) == number % by);
}
