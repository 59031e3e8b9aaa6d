// The rules that can be asked of a transport without sockets, by way of one request that it always answers alike.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/conformance_rules.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing::detail {

// Only for the names of the rules.
struct make_nothing {
  struct nothing {
    struct stream {
      result<std::size_t> read(std::span<char>, const call&) { return errc::connect_failed; }
    };
    result<response_head> open(stream&, const request_view&, const call&) { return errc::connect_failed; }
  };
  nothing operator()(const std::string&, std::uint16_t) const { return {}; }
};

template <class Transport>
class sample_rules {
 public:
  sample_rules(Transport& asked, const request_view& sample) : asked_(asked), sample_(sample) {}

  std::vector<finding> run() {
    whole_ = fetch(asked_, sample_);
    std::vector<finding> all;
    const auto add = [&all](std::string_view rule, std::string happened) {
      all.push_back({rule, happened.empty() ? standing::kept : standing::broken, std::move(happened)});
    };
    add("the sample is answered with a body", whole_.complete() && !whole_.body.empty() ? "" : whole_.told());
    add("a reader may have room for any number of bytes", any_room());
    add("a stream may be abandoned within its body", abandoned());
    add("an open on an open stream abandons what it had", replaced());
    add("two streams do not mix, or the second one is busy", two_streams());
    return all;
  }

 private:
  std::string compare(const exchanged& got) const {
    const bool same =
        got.complete() && got.misuse.empty() && got.head.status == whole_.head.status && got.body == whole_.body;
    return same ? "" : got.told() + " instead of " + whole_.told();
  }
  std::string any_room() {
    for (const std::size_t room : {1u, 2u, 7u, 100'000u})
      if (std::string bad = compare(fetch(asked_, sample_, unhurried, room)); !bad.empty()) return bad;
    return {};
  }
  std::string abandoned() {
    for (int i = 0; i < 3; ++i) {
      typename Transport::stream s{};
      if (const auto head = asked_.open(s, sample_, unhurried); !head) return "open: " + named(head.error());
      exchanged some;
      read_all(s, some, unhurried, 1, static_cast<std::size_t>(i));
    }
    return compare(fetch(asked_, sample_));
  }
  std::string replaced() {
    typename Transport::stream s{};
    if (const auto head = asked_.open(s, sample_, unhurried); !head) return "open: " + named(head.error());
    exchanged some;
    read_all(s, some, unhurried, 1, 2);
    return compare(fetch(asked_, s, sample_));
  }
  std::string two_streams() {
    typename Transport::stream first{}, second{};
    const auto one = asked_.open(first, sample_, unhurried), other = asked_.open(second, sample_, unhurried);
    if (!one) return "open: " + named(one.error());
    exchanged a, b;
    a.opened = b.opened = true;
    a.head = *one;
    if (!other && other.error().code == errc::busy) {
      read_all(first, a, unhurried, 100);
      return compare(a);
    }
    if (!other) return "the second open: " + named(other.error());
    b.head = *other;
    read_all(first, a, unhurried, 3, whole_.body.size() / 2);
    read_all(second, b, unhurried, 5);
    read_all(first, a, unhurried, 7);
    const std::string bad = compare(a);
    return bad.empty() ? compare(b) : bad;
  }

  Transport& asked_;
  const request_view& sample_;
  exchanged whole_;
};

}  // namespace testing::detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
