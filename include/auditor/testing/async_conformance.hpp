// The rules about completions, which only an asynchronous transport can break.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/testing/conformance_rules.hpp>
#include <auditor/testing/strand.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace testing::detail {

template <class Make, class Executor, class Turn>
class completion_rules {
 public:
  using transport_type = std::invoke_result_t<Make&, const std::string&, std::uint16_t>;
  using stream = typename transport_type::stream;

  completion_rules(Make& make, strand<Executor, Turn>& on, const conformance_settings& settings)
      : make_(make), on_(on), settings_(settings) {}

  std::vector<finding> run() {
    const struct {
      std::string_view name;
      std::string (completion_rules::*check)();
    } rules[] = {
        {"a cancel without a step under way does nothing", &completion_rules::idle_cancel},
        {"a cancel ends every step soon, with one completion", &completion_rules::cancelled},
        {"no completion comes after the stream was destroyed", &completion_rules::destroyed},
        {"a stream may be destroyed by its own completion", &completion_rules::destroyed_inside},
        {"the next exchange may begin in a completion", &completion_rules::chained},
        {"hundreds of exchanges at once each get their own answer", &completion_rules::crowd},
        {"hundreds of exchanges may be cancelled and abandoned at once", &completion_rules::storm},
    };
    std::vector<finding> all;
    for (const auto& each : rules) {
      if (each.name.find(settings_.only) == std::string_view::npos) continue;
      if (settings_.begins) settings_.begins(each.name);
      std::string happened = (this->*each.check)();
      all.push_back({each.name, happened.empty() ? standing::kept : standing::broken, std::move(happened)});
    }
    return all;
  }

 private:
  // An exchange that goes from completion to completion, and may be told to end early.
  struct walker {
    enum class habit : std::uint8_t { to_the_end, cancels_after_open, goes_after_open, goes_after_read };

    walker(transport_type& t, strand<Executor, Turn>& runs, std::string where, habit h = habit::to_the_end)
        : through(t), on(runs), target(std::move(where)), how(h) {}

    void open() {
      body.clear();
      failed = {};
      request = get(target);
      if (s == nullptr) s = std::make_unique<stream>();
      pending = 'o';
      through.async_open(*s, request, {&walker::opened, this});
    }
    void read() {
      pending = 'r';
      s->async_read(room, {&walker::got, this});
    }
    bool expected(char step) {
      const bool fits = pending == step && s != nullptr;
      if (!fits) ++surplus;
      pending = ' ';
      return fits;
    }
    static void opened(void* self, result<response_head>&& answer) noexcept {
      auto& w = *static_cast<walker*>(self);
      if (!w.expected('o')) return;
      if (!answer) return w.end(answer.error());
      if (w.how == habit::goes_after_open) {
        w.s.reset();
        return w.end({});
      }
      w.read();
      if (w.how == habit::cancels_after_open && w.s != nullptr) w.s->cancel();
    }
    static void got(void* self, result<std::size_t>&& bytes) noexcept {
      auto& w = *static_cast<walker*>(self);
      if (!w.expected('r')) return;
      if (!bytes) return w.end(bytes.error());
      w.body.append(w.room.data(), *bytes);
      if (w.how == habit::goes_after_read) w.s.reset();
      if (*bytes == 0 || w.s == nullptr) return w.end({});
      w.read();
    }
    void end(const error& e) {
      failed = e;
      if (e.code == errc::ok && --rounds > 0) return open();
      ended = true;
      on.news();
    }
    // Its own answer, whole; or nothing, from a transport with one channel.
    bool content() const {
      return failed.code == errc::busy || (failed.code == errc::ok && (s == nullptr || body == target));
    }

    transport_type& through;
    strand<Executor, Turn>& on;
    std::string target;
    habit how;
    int rounds = 1;
    std::unique_ptr<stream> s;
    request_view request;
    std::array<char, 512> room{};
    std::string body;
    error failed;
    char pending = ' ';
    std::atomic<int> surplus{0};
    std::atomic<bool> ended{false};
  };
  using habit = typename walker::habit;

  bool ends(const walker& w) {
    return on_.wait([&w] { return w.ended.load(); }, settings_.longest_wait);
  }
  // Long enough for a completion too many to come.
  int surplus(const walker& w) {
    on_.rest(ticks{30});
    int n = 0;
    on_.run([&] { n = w.surplus; });
    return n;
  }

  std::string idle_cancel() {
    conformance_server server(always(answer("/a")));
    transport_type through = make_("127.0.0.1", server.port());
    walker w(through, on_, "/a");
    on_.run([&] {
      w.s = std::make_unique<stream>();
      w.s->cancel();
      w.open();
    });
    std::string happened = ends(w) ? "" : "no end";
    on_.run([&] {
      w.s->cancel();
      if (happened.empty() && !w.content()) happened = "after a cancel: " + named(w.failed);
      w.ended = false;
      w.open();
    });
    if (happened.empty() && (!ends(w) || !w.content())) happened = "after an exchange and a cancel: " + named(w.failed);
    if (surplus(w) != 0) happened += " a completion of its own";
    on_.run([&] { w.s.reset(); });
    return happened;
  }

  // The phases of an exchange that does not go on by itself.
  enum class phase : std::uint8_t { at_once, connecting, head, body };
  static constexpr phase phases[] = {phase::at_once, phase::connecting, phase::head, phase::body};
  static std::string name(phase p) {
    switch (p) {
      case phase::at_once: return "at once: ";
      case phase::connecting: return "while it connects: ";
      case phase::head: return "before the head: ";
      case phase::body: return "within the body: ";
    }
    return "";
  }

  template <class Act, class After>
  std::string in_each_phase(Act act, After after) {
    for (const phase p : phases) {
      std::atomic<bool> there{false}, go_on{false};
      conformance_server server([&](server_connection& c) {
        if (c.receive().empty()) return;
        if (p == phase::body) c.send(std::string(chunked_head) + chunk("/a"));
        there = true;
        on_.news();
        const auto end = clock::now() + settings_.longest_wait;
        while (!go_on && clock::now() < end) c.wait_for_close(ticks{10});
        if (p != phase::body) c.send(chunked_head);
        c.send(std::string(chunk("late")) + std::string(last_chunk));
        c.wait_for_close(settings_.longest_wait);
      });
      const closed_port nobody(closed_port::way::silent);
      transport_type through = make_("127.0.0.1", p == phase::connecting ? nobody.port() : server.port());
      walker w(through, on_, "/a");
      on_.run([&] {
        w.open();
        if (p == phase::at_once) there = act(w);
      });
      if (p == phase::connecting) on_.rest(ticks{30});
      if (p == phase::head || p == phase::body)
        if (!on_.wait([&] { return there.load(); }, settings_.longest_wait)) return name(p) + "the request did not arrive";
      if (p == phase::body) {
        std::atomic<bool> reading{false};
        const auto look = [&] { on_.run([&] { reading = w.body == "/a"; }); };
        for (look(); !reading && !w.ended; look()) on_.rest(ticks{5});
      }
      if (p != phase::at_once) on_.run([&] { act(w); });
      go_on = true;
      std::string happened = after(w);
      if (surplus(w) != 0) happened += "a completion too many";
      on_.run([&] { w.s.reset(); });
      if (!happened.empty()) return name(p) + happened;
    }
    return {};
  }

  std::string cancelled() {
    const auto cancel_twice = [](walker& w) {
      w.s->cancel();
      w.s->cancel();
      return true;
    };
    return in_each_phase(cancel_twice, [this](walker& w) -> std::string {
      return on_.wait([&w] { return w.ended.load(); }, settings_.longest_wait / 2) ? "" : "no completion soon; ";
    });
  }
  std::string destroyed() {
    const auto destroy = [](walker& w) {
      w.s.reset();
      return true;
    };
    // One that came before it was destroyed is no offence.
    return in_each_phase(destroy, [this](walker& w) -> std::string {
      return on_.wait([&w] { return w.surplus != 0; }, ticks{100}) ? "a completion; " : "";
    });
  }

  std::string destroyed_inside() {
    conformance_server server(always(answer("/a")));
    transport_type through = make_("127.0.0.1", server.port());
    for (const habit how : {habit::goes_after_open, habit::goes_after_read}) {
      walker w(through, on_, "/a", how);
      on_.run([&] { w.open(); });
      const bool ended = ends(w);
      const int more = surplus(w);
      on_.run([&] { w.s.reset(); });
      if (!ended || w.failed.code != errc::ok) return "not delivered: " + named(w.failed);
      if (more != 0) return "a completion after it";
    }
    return {};
  }

  std::string chained() {
    conformance_server server(always(answer("/a")));
    transport_type through = make_("127.0.0.1", server.port());
    walker w(through, on_, "/a");
    w.rounds = 50;
    on_.run([&] { w.open(); });
    const bool ended = ends(w);
    const int more = surplus(w);
    on_.run([&] { w.s.reset(); });
    if (!ended) return "no end";
    if (more != 0) return "a completion too many";
    return w.content() ? "" : named(w.failed) + ", body " + w.body;
  }

  std::string crowd() {
    return many([](int) { return habit::to_the_end; });
  }
  std::string storm() {
    return many([](int i) { return static_cast<habit>(i % 4); });
  }
  template <class Habits>
  std::string many(Habits how) {
    conformance_server server([](server_connection& c) {
      for (std::string text; !(text = c.receive()).empty();)
        if (!c.send(answer(target_of(text)))) return;
    });
    transport_type through = make_("127.0.0.1", server.port());
    std::deque<walker> walkers;
    for (int i = 0; i < settings_.exchanges_at_once; ++i)
      walkers.emplace_back(through, on_, "/number/" + std::to_string(i), how(i));
    on_.run([&] {
      for (walker& w : walkers) w.open();
    });
    const auto all = [&] {
      return std::all_of(walkers.begin(), walkers.end(), [](const walker& w) { return w.ended.load(); });
    };
    std::string happened;
    if (!on_.wait(all, settings_.longest_wait * 4)) happened = "not all came to an end";
    on_.rest(ticks{30});
    on_.run([&] {
      for (walker& w : walkers) {
        if (w.surplus != 0) happened = "a completion too many";
        const bool may_fail = w.how == habit::cancels_after_open;
        if (w.ended && !w.content() && !(may_fail && w.failed.code != errc::ok))
          happened = w.target + ": " + named(w.failed) + ", body '" + w.body.substr(0, 40) + "'";
        w.s.reset();
      }
    });
    const auto exchanged = [](const walker& w) { return w.failed.code == errc::ok; };
    if (happened.empty() && std::none_of(walkers.begin(), walkers.end(), exchanged)) happened = "none was answered";
    if (happened.empty() && server.requests() > walkers.size()) happened = "more requests than exchanges";
    return happened;
  }

  Make& make_;
  strand<Executor, Turn>& on_;
  const conformance_settings& settings_;
};

}  // namespace testing::detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
