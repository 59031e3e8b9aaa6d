// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/query/query.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "catch.hpp"

using namespace std::chrono_literals;
using auditor::equals;
using auditor::gt;
using auditor::gte;
using auditor::lt;
using auditor::lte;
using auditor::query;

namespace {

// What the members assert, in words of their own: tests/must_not_compile has these.
namespace detail = auditor::detail;
template <class... Bounds>
concept start_time_takes = (detail::compares_a_time<Bounds> && ...) && !(detail::equality<Bounds> || ...) &&
                           detail::conditions_the_server_keeps<Bounds...>;
template <class... Bounds>
concept runtime_takes = (detail::compares_seconds<Bounds> && ...) && detail::conditions_the_server_keeps<Bounds...>;
template <class... Bounds>
concept component_takes = (detail::compares_an_amount<Bounds> && ...) && detail::conditions_the_server_keeps<Bounds...>;
template <class... Conditions>
concept meta_takes = (detail::condition_on_meta<Conditions> && ...) && detail::at_least_one_condition<Conditions...>;

using seconds_time = std::chrono::sys_seconds;
using fine_time = std::chrono::sys_time<std::chrono::nanoseconds>;

static_assert(start_time_takes<gt<seconds_time>> && start_time_takes<lte<seconds_time>, gte<fine_time>>);
static_assert(start_time_takes<gt<std::chrono::sys_days>, lt<std::chrono::system_clock::time_point>>);
static_assert(!start_time_takes<> && !start_time_takes<seconds_time> && !start_time_takes<gt<int>>);
static_assert(!start_time_takes<gt<seconds_time>, gte<seconds_time>> && !start_time_takes<gt<seconds_time>, gt<fine_time>>);
static_assert(!start_time_takes<lt<seconds_time>, lte<seconds_time>> &&
              !start_time_takes<gt<seconds_time>, lt<seconds_time>, lte<seconds_time>>);
static_assert(!start_time_takes<equals<seconds_time>> && !start_time_takes<gt<std::chrono::local_seconds>>);
static_assert(!start_time_takes<gt<std::chrono::steady_clock::time_point>> && !start_time_takes<gt<const char*>>);

static_assert(runtime_takes<equals<int>> && runtime_takes<gt<unsigned long>, lte<short>>);
static_assert(runtime_takes<gte<std::chrono::hours>, lt<std::chrono::milliseconds>>);
static_assert(!runtime_takes<> && !runtime_takes<int> && !runtime_takes<gt<double>> && !runtime_takes<gt<bool>>);
static_assert(!runtime_takes<gt<int>, gte<int>> && !runtime_takes<equals<int>, gt<int>> &&
              !runtime_takes<gt<seconds_time>>);
static_assert(!runtime_takes<equals<int>, equals<int>> && !runtime_takes<gt<char>>);

static_assert(component_takes<equals<int>> && component_takes<gte<int>, lt<long long>>);
static_assert(!component_takes<> && !component_takes<gt<int>, gte<int>> && !component_takes<gt<std::chrono::hours>>);

static_assert(meta_takes<auditor::contains> && meta_takes<auditor::does_not_contain, auditor::contains>);
static_assert(!meta_takes<> && !meta_takes<const char*> && !meta_takes<std::string> && !meta_takes<equals<int>>);

std::string encoded(const query& q) {
  const auto text = q.encode();
  return text ? *text : "error: " + std::string(text.error().words());
}

std::int64_t value_of(const query& q) {
  const std::string text = encoded(q);
  return std::stoll(text.substr(text.find('=') + 1));
}

}  // namespace

TEST_CASE("bounds between two microseconds keep the same records") {
  const fine_time t = seconds_time(1672531200s) + 1500ns;
  CHECK(encoded(query{}.with_start_time(gte(t))) == "start_time[gte]=2023-01-01T00:00:00.000002Z");
  CHECK(encoded(query{}.with_start_time(gt(t))) == "start_time[gt]=2023-01-01T00:00:00.000001Z");
  CHECK(encoded(query{}.with_start_time(lt(t))) == "start_time[lt]=2023-01-01T00:00:00.000002Z");
  CHECK(encoded(query{}.with_start_time(lte(t))) == "start_time[lte]=2023-01-01T00:00:00.000001Z");
  const fine_time before_1970(-1500ns);
  CHECK(encoded(query{}.with_stop_time(gte(before_1970))) == "stop_time[gte]=1969-12-31T23:59:59.999999Z");
  CHECK(encoded(query{}.with_stop_time(gt(before_1970))) == "stop_time[gt]=1969-12-31T23:59:59.999998Z");
  const std::chrono::sys_time<std::chrono::duration<double>> half(std::chrono::duration<double>(0.5));
  CHECK(encoded(query{}.with_stop_time(gt(half))) == "stop_time[gt]=1970-01-01T00:00:00.500Z");
}

TEST_CASE("runtime bounds between two seconds match as the exact bound would") {
  for (std::int64_t tenths = 0; tenths <= 40; ++tenths) {
    const std::chrono::duration<std::int64_t, std::deci> exact(tenths);
    const std::int64_t gt_value = value_of(query{}.with_runtime(gt(exact)));
    const std::int64_t gte_value = value_of(query{}.with_runtime(gte(exact)));
    const std::int64_t lt_value = value_of(query{}.with_runtime(lt(exact)));
    const std::int64_t lte_value = value_of(query{}.with_runtime(lte(exact)));
    for (std::int64_t runtime = 0; runtime <= 5; ++runtime) {
      INFO(tenths << " tenths, runtime " << runtime);
      CHECK((runtime > gt_value) == (std::chrono::seconds(runtime) > exact));
      CHECK((runtime >= gte_value) == (std::chrono::seconds(runtime) >= exact));
      CHECK((runtime < lt_value) == (std::chrono::seconds(runtime) < exact));
      CHECK((runtime <= lte_value) == (std::chrono::seconds(runtime) <= exact));
    }
  }
  CHECK(encoded(query{}.with_runtime(gte(2h))) == "runtime[gte]=7200");
  CHECK(encoded(query{}.with_runtime(equals(1500ms))).starts_with("error: runtime[equals]: must be a whole number"));
}

TEST_CASE("times of any unit are accepted, and those that the server cannot store refused") {
  using years = std::chrono::duration<std::int64_t, std::chrono::years::period>;
  using thirds = std::chrono::duration<std::int64_t, std::ratio<1, 3>>;
  const std::int64_t most = (std::numeric_limits<std::int64_t>::max)();
  CHECK(encoded(query{}.with_start_time(gte(std::chrono::sys_days(std::chrono::year(2023) / 2 / 1)))) ==
        "start_time[gte]=2023-02-01T00:00:00Z");
  CHECK(encoded(query{}.with_start_time(gt(std::chrono::sys_time<thirds>(thirds(4))))) ==
        "start_time[gt]=1970-01-01T00:00:01.333333Z");
  CHECK(encoded(query{}.with_start_time(lt(auditor::latest_timestamp))) ==
        "start_time[lt]=%2B262142-12-31T23:59:59.999999Z");
  CHECK(encoded(query{}.with_start_time(gte(auditor::earliest_timestamp))) == "start_time[gte]=-4713-12-31T00:00:00Z");

  const std::string rule = "]: must lie in -4713-12-31 .. +262142-12-31";
  CHECK(encoded(query{}.with_start_time(lt(auditor::latest_timestamp + 1us))) == "error: start_time[lt" + rule);
  CHECK(encoded(query{}.with_start_time(gt(auditor::earliest_timestamp - 1us))) == "error: start_time[gt" + rule);
  CHECK(encoded(query{}.with_stop_time(gt((auditor::timestamp::max)()))) == "error: stop_time[gt" + rule);
  CHECK(encoded(query{}.with_stop_time(gt((auditor::timestamp::min)()))) == "error: stop_time[gt" + rule);
  CHECK(encoded(query{}.with_start_time(lt(std::chrono::sys_time<years>(years(most))))) == "error: start_time[lt" + rule);
  CHECK(encoded(query{}.with_start_time(lt((std::chrono::sys_time<thirds>::max)()))) == "error: start_time[lt" + rule);
  CHECK(encoded(query{}.with_start_time(lt(seconds_time(std::chrono::seconds(most))))) == "error: start_time[lt" + rule);
  using inexact = std::chrono::duration<double>;
  for (const double odd : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1e300})
    CHECK(encoded(query{}.with_start_time(lt(std::chrono::sys_time<inexact>(inexact(odd))))) ==
          "error: start_time[lt" + rule);
}

TEST_CASE("numbers outside 0 .. 2^63-1 are refused and named") {
  const std::string rule = "must be a whole number, 0 .. 9223372036854775807";
  CHECK(encoded(query{}.with_runtime(gt(-1))) == "error: runtime[gt]: " + rule);
  CHECK(encoded(query{}.with_runtime(gt(-1ms))) == "error: runtime[gt]: " + rule);
  CHECK(encoded(query{}.with_runtime(gte(-1ms))) == "runtime[gte]=0");
  CHECK(encoded(query{}.with_runtime(lt(std::uint64_t{1} << 63))) == "error: runtime[lt]: " + rule);
  CHECK(encoded(query{}.with_runtime(lt((std::numeric_limits<std::int64_t>::max)()))) == "runtime[lt]=9223372036854775807");
  CHECK(encoded(query{}.with_component("CPU", lte(-8))) == "error: component[CPU][lte]: " + rule);
  CHECK(encoded(query{}.with_component("CPU", lte(std::int64_t{1} << 40))) == "component[CPU][lte]=1099511627776");
  CHECK(encoded(query{}.limit(-1)) == "error: limit: must be 0 .. 9223372036854775807");
  CHECK(encoded(query{}.limit(~std::uint64_t{0})) == "error: limit: must be 0 .. 9223372036854775807");
  CHECK(encoded(query{}.limit((std::numeric_limits<std::int64_t>::max)())) == "limit=9223372036854775807");
  CHECK(encoded(query{}.limit(0)) == "limit=0");
}
