// What may go wrong between a client and its server, and how often: drawn from a seed, one draw for each request.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace chaos {

using ticks = std::chrono::milliseconds;

enum class fault : std::uint8_t {
  none,
  refuse,        // the connection goes, and for a moment nobody listens
  close_unsent,  // nothing was forwarded
  reset_unsent,
  lose_answer,  // forwarded, and then the connection goes
  reset_answer,
  cut_answer,  // at any byte, its head included
  delay_answer,
  stray_behind,   // a second whole answer in the same segment
  stray_between,  // a second whole answer while the connection idles between two calls
  foreign_instead,
  foreign_after,  // an answer that is not Auditor's, and the request was served all the same
  // Reads alone.
  nothing,       // 200 and no record, at once
  nothing_late,  // the same after the time that the server waits for a connection to its database
  early_end,     // a clean end between two records
  torn_end,      // a clean end within a record
};
inline constexpr std::size_t fault_kinds = 16;

constexpr std::string_view to_string(fault kind) {
  constexpr std::string_view names[fault_kinds] = {"none",         "refused",       "closed unsent",   "reset unsent",
                                                   "answer lost",  "answer reset",  "answer cut",      "delayed",
                                                   "stray behind", "stray between", "foreign instead", "foreign after",
                                                   "nothing",      "nothing, late", "early end",       "torn end"};
  return names[static_cast<std::size_t>(kind)];
}

// Answers that a proxy, a portal or a load balancer gives. Framed, so that the connection may be kept.
// Who redirects, or wants to know first who we are, has not forwarded the request (protocol, section 5).
inline const std::string& foreign_answer(std::uint64_t choice, bool forwarded = false) {
  static const auto all = [] {
    constexpr std::string_view page = "<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>";
    const auto answer = [](std::string_view status_and_fields, std::string_view type, std::string_view body) {
      std::string text = "HTTP/1.1 ";
      text.append(status_and_fields).append("\r\n");
      if (!type.empty()) text.append("Content-Type: ").append(type).append("\r\n");
      return text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    };
    return std::array{
        answer("201 Created", "", ""),
        answer("202 Accepted", "text/html", page),
        std::string("HTTP/1.1 204 No Content\r\n\r\n"),
        answer("200 OK", "text/html", page),
        answer("200 OK", "application/json", R"({"status":"ok"})"),
        answer("500 Internal Server Error", "text/html", page),
        answer("502 Bad Gateway", "text/html", page),
        answer("503 Service Unavailable", "text/html", page),
        answer("503 Service Unavailable\r\nRetry-After: 1", "", ""),
        answer("504 Gateway Timeout", "text/html", page),
        answer("408 Request Timeout", "", ""),
        answer("429 Too Many Requests\r\nRetry-After: 0", "text/html", page),
        answer("301 Moved Permanently\r\nLocation: https://elsewhere.invalid/", "text/html", page),
        answer("302 Found\r\nLocation: https://login.invalid/", "text/html", page),
        answer("307 Temporary Redirect\r\nLocation: http://127.0.0.1:9/", "", ""),
        answer("407 Proxy Authentication Required", "text/html", page),
    };
  }();
  constexpr std::size_t never_forwarded = 4;
  return all[choice % (forwarded ? all.size() - never_forwarded : all.size())];
}

// What happens to one request.
struct fate {
  fault kind = fault::none;
  std::uint64_t choice = 0;  // which foreign answer, where the cut is
  bool closes = false;       // after an answer that would let the connection live
};

struct weather {
  std::uint64_t seed = 1;
  double rate = 0.3;
  // Foreign answers come in phases, and between them all is well.
  bool flaps = false;
  ticks fair_most{1'500}, foul_most{800};

  // The fate of a proxy's n-th request, `age` after its start.
  fate of(std::uint64_t n, bool reads, ticks age) const {
    std::seed_seq mixed{seed, seed >> 32, n};
    std::mt19937_64 random(mixed);
    fate f{fault::none, random(), random() % 2 == 0};
    if (flaps) {
      f.choice = 0;
      if (is_foul(age, f.choice)) f.kind = random() % 2 == 0 ? fault::foreign_instead : fault::foreign_after;
      return f;
    }
    if (std::uniform_real_distribution(0.0, 1.0)(random) >= rate) return f;
    //  none, refuse, close, reset, lose, reset, cut, delay, strays, foreign, then those of reads
    static constexpr std::array<double, fault_kinds> to_writes{0, 6, 6, 8, 9, 9, 8, 4, 4, 4, 21, 21, 0, 0, 0, 0};
    static constexpr std::array<double, fault_kinds> to_reads{0, 5, 5, 5, 5, 5, 10, 5, 3, 3, 15, 15, 6, 3, 8, 7};
    const auto& weights = reads ? to_reads : to_writes;
    f.kind = static_cast<fault>(std::discrete_distribution<int>(weights.begin(), weights.end())(random));
    return f;
  }

 private:
  // Fair and foul phases in turn, each of its own length; a foul one has one answer.
  bool is_foul(ticks age, std::uint64_t& answer) const {
    std::mt19937_64 random(seed);
    for (ticks at{0};;) {
      const auto length = [&random](ticks most) {
        return std::uniform_int_distribution<ticks::rep>(most.count() / 5, most.count())(random);
      };
      if ((at += ticks(length(fair_most))) > age) return false;
      answer = random();
      if ((at += ticks(length(foul_most))) > age) return true;
    }
  }
};

}  // namespace chaos
