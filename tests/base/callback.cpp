// Callables of the caller's, kept by value without a heap.
// SPDX-License-Identifier: MIT OR Apache-2.0
#include <auditor/base/callback.hpp>
#include <auditor/operation/options.hpp>

#include <catch2/catch.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

using namespace auditor;

namespace {

int twice(int n) { return 2 * n; }

struct counter {
  int count = 0;
  int operator()(int by) { return count += by; }
  int add(int by) { return count += by; }
};

template <class Options>
constexpr bool begins_as_call_options = std::is_trivially_destructible_v<Options> && std::is_aggregate_v<Options> &&
                                        std::is_same_v<decltype(Options::timeout), decltype(call_options::timeout)> &&
                                        std::is_same_v<decltype(Options::cancel), decltype(call_options::cancel)> &&
                                        std::is_convertible_v<call_options, Options>;

}  // namespace

TEST_CASE("a callback calls what it was given, and copies do the same") {
  int seen = 0;
  callback<int(int)> adds = [&seen](int n) { return seen += n; };
  const callback<int(int)> copy = adds;
  CHECK(adds(1) == 1);
  CHECK(copy(2) == 3);
  CHECK(callback<int(int)>(twice)(21) == 42);
  CHECK(callback<int(int)>(&twice)(21) == 42);
  CHECK(callback<void(int)>([&seen](long n) { return seen = static_cast<int>(n); }).operator bool());
  static_assert(std::is_trivially_copyable_v<callback<void()>>);
  static_assert(std::is_trivially_destructible_v<callback<void()>>);
}

TEST_CASE("a callback keeps a copy of a function object, and its state between calls") {
  counter mine;
  const callback<int(int)> copied = mine;
  CHECK(copied(5) == 5);
  CHECK(copied(5) == 10);
  CHECK(mine.count == 0);
  const callback<int(int)> referring = [&mine](int by) { return mine.add(by); };
  CHECK(referring(5) == 5);
  CHECK(mine.count == 5);
}

TEST_CASE("a callback is empty by default, of null and of a function that is null") {
  int (*none)(int) = nullptr;
  CHECK_FALSE(callback<int(int)>());
  CHECK_FALSE(callback<int(int)>(nullptr));
  CHECK_FALSE(callback<int(int)>(none));
  CHECK(callback<int(int)>(twice));
}

TEST_CASE("a callback takes only what it can call") {
  static_assert(!std::is_constructible_v<callback<void(std::string_view)>, int>);
  static_assert(!std::is_constructible_v<callback<void(std::string_view)>, void (*)(std::size_t)>);
  static_assert(!std::is_constructible_v<callback<std::string(int)>, void (*)(int)>);
  SUCCEED();
}

TEST_CASE("the options of each operation begin as those of every call, and are made from them") {
  static_assert(begins_as_call_options<add_options>);
  static_assert(begins_as_call_options<bulk_insert_options>);
  static_assert(begins_as_call_options<bulk_update_options>);
  static_assert(begins_as_call_options<read_options>);
  cancel_flag flag;
  const call_options limits{.timeout = ticks{7}, .cancel = &flag};
  const auto same = [&](const auto& made) { return made.timeout == ticks{7} && made.cancel == &flag; };
  CHECK(same(add_options(limits)));
  CHECK(same(bulk_insert_options(limits)));
  CHECK(same(bulk_update_options(limits)));
  CHECK(same(read_options(limits)));
}
