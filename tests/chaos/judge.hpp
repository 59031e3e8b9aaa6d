// The table afterwards, beside what the client had said: nothing may be lost, doubled, short or better than known.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/message.hpp>
#include <auditor/client/client.hpp>
#include <auditor/model/difference.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chaos {

using auditor::errc;
using auditor::on_duplicate;
using auditor::outcome;
using auditor::record;

// A record that somebody wanted stored, what the table held before, and what the client said of it.
struct claim {
  std::string call;  // "add under compare", "bulk under fail", "update"
  on_duplicate policy = on_duplicate::fail;
  record ours;
  std::optional<record> before;  // a stranger's
  bool bulk = false;
  auditor::outcome outcome = auditor::outcome::not_applied;
  errc code{};
  std::string words;  // the receipt, or the error
};

// A read, and what is wrong with its answer.
struct observation {
  std::string call;
  bool failed = false;
  std::size_t missing = 0, twice = 0, strange = 0;
  std::string words;
};

struct figures {
  std::size_t writes = 0, writes_open = 0;    // single ones; "open": unknown or not applied
  std::size_t records = 0, records_open = 0;  // of bulks
  std::size_t reads = 0, reads_failed = 0;
  std::size_t lost = 0, doubled = 0, short_reads = 0, better = 0;

  figures& operator+=(const figures& o) {
    writes += o.writes, writes_open += o.writes_open, records += o.records, records_open += o.records_open;
    reads += o.reads, reads_failed += o.reads_failed;
    lost += o.lost, doubled += o.doubled, short_reads += o.short_reads, better += o.better;
    return *this;
  }
  friend figures operator-(figures a, const figures& o) {
    a.writes -= o.writes, a.writes_open -= o.writes_open, a.records -= o.records, a.records_open -= o.records_open;
    a.reads -= o.reads, a.reads_failed -= o.reads_failed;
    a.lost -= o.lost, a.doubled -= o.doubled, a.short_reads -= o.short_reads, a.better -= o.better;
    return a;
  }
  std::size_t wrong() const { return lost + doubled + short_reads + better; }
};

// How often the same thing was wrong, and the first time in words.
struct complaint {
  std::size_t times = 0;
  std::string first;
};

class judge {
 public:
  // The records of the table, by id; more than one of an id is what must never be.
  explicit judge(std::vector<record> table) {
    for (record& r : table)
      if (!table_.emplace(r.record_id, r).second) complain(total_.doubled, "doubled", r.record_id, "in the table");
  }

  // Whose claims and observations the next ones are.
  void turn_to(std::string flavour) { flavour_ = std::move(flavour); }

  void look_at(const claim& c) {
    (c.bulk ? total_.records : total_.writes) += 1;
    if (c.code != errc::ok && (c.outcome == outcome::unknown || c.outcome == outcome::not_applied) &&
        c.code != errc::record_not_found) {
      (c.bulk ? total_.records_open : total_.writes_open) += 1;
      ++reasons_[(c.bulk ? "bulk: " : "write: ") + std::string(to_string(c.outcome)) + ", " +
                 std::string(to_string(c.code))];
    }
    const auto found = table_.find(c.ours.record_id);
    const record* const held = found == table_.end() ? nullptr : &found->second;
    const bool as_wanted = held != nullptr && !auditor::difference(c.ours, *held);
    const bool untouched = held == nullptr ? !c.before : c.before && !auditor::difference(*c.before, *held);

    if (c.code == errc::record_not_found) {
      if (c.before) complain(c, total_.better, "it is there");
    } else if (c.before && c.words == "stored") {
      complain(c, total_.better, "a stranger's");
    } else if (c.code == errc::ok && c.outcome == outcome::duplicate && c.policy == on_duplicate::ignore) {
      if (held == nullptr) complain(c, total_.lost, "lost");
    } else if (c.code == errc::ok) {
      const bool stop_time_missing = held != nullptr && (c.policy == on_duplicate::update || c.call == "update") &&
                                     auditor::compare_records(c.ours, *held).match != auditor::record_match::different;
      if (held == nullptr || (!as_wanted && stop_time_missing))
        complain(c, total_.lost, "lost");
      else if (!as_wanted)
        complain(c, total_.better, "a stranger's");
    } else {
      switch (c.outcome) {
        case outcome::unknown: break;
        case outcome::not_applied:
          if (!untouched) complain(c, total_.better, "applied");
          break;
        case outcome::duplicate:
          if (!c.before)
            complain(c, total_.better, held != nullptr ? "our own" : "nobody's");
          else if (c.code == errc::conflict && as_wanted)
            complain(c, total_.better, "no conflict");
          else if (c.code == errc::conflict && c.policy == on_duplicate::update && !c.before->stop_time &&
                   auditor::compare_records(c.ours, *c.before).match != auditor::record_match::different)
            complain(c, total_.better, "only open");
          break;
        case outcome::rejected:
        case outcome::delivered: complain(c, total_.better, "nobody could say so"); break;
      }
    }
  }

  void look_at(const observation& o) {
    ++total_.reads;
    if (o.failed) {
      ++total_.reads_failed;
      ++reasons_["read: " + o.call + ", " + o.words];
    }
    if (o.missing != 0) complain(total_.short_reads, "short", o.call, std::to_string(o.missing) + " missing: " + o.words);
    if (o.twice != 0) complain(total_.doubled, "shown twice", o.call, std::to_string(o.twice) + ": " + o.words);
    if (o.strange != 0) complain(total_.better, "not asked for", o.call, std::to_string(o.strange) + ": " + o.words);
  }

  const figures& total() const { return total_; }
  // What was wrong, by kind.
  const std::map<std::string, complaint>& complaints() const { return complaints_; }
  // How often each reason why something stayed open.
  const std::map<std::string, std::size_t>& reasons() const { return reasons_; }

 private:
  void complain(const claim& c, std::size_t& count, std::string_view what) {
    complain(count, what, c.call + (c.before ? ", known before" : ""), c.words + "; '" + c.ours.record_id + "'");
  }
  void complain(std::size_t& count, std::string_view what, const std::string& call, const std::string& words) {
    auto& [times, first] = complaints_[std::string(what) + ": " + call];
    if (++times == 1) first = flavour_ + ": " + words;
    ++count;
  }

  std::map<std::string, record, std::less<>> table_;
  std::map<std::string, std::size_t> reasons_;
  std::map<std::string, complaint> complaints_;
  figures total_;
  std::string flavour_;
};

}  // namespace chaos
