// The rows that a query brings: of an honest database, of one that fails in SQL, and of a server that is none.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include "ledger.hpp"
#include "selection.hpp"
#include "weather.hpp"

#include <auditor/query/order.hpp>

#include <algorithm>
#include <cstddef>
#include <vector>

namespace fault {

class query_rows {
 public:
  /// `request`: its number. `last_told`: kept from one query of a history to the next.
  query_rows(const records_table& table, const weather& sky, const selection& asked, std::size_t request, bool is_control,
             bool calm, std::size_t& last_told)
      : table_(table), sky_(sky), last_told_(last_told) {
    choose(asked);
    if (asked.scans() && !table.is_empty()) takes_ = sky.scan;
    if (calm) return;
    const std::size_t honest = rows_.size();
    if (sky.database != trouble::none) suffer(asked, request);
    falsified_ = rows_.size() != honest;
    if (sky.stream != hostility::none) add_hostile(asked, is_control);
  }

  const std::vector<std::size_t>& rows() const noexcept { return rows_; }
  /// Beside what every answer takes.
  ticks takes() const noexcept { return takes_; }
  /// The failure of a database that nobody can see in the answer has made it shorter.
  bool falsified() const noexcept { return falsified_; }
  /// So many rows are what an Auditor sends; `never`: all.
  std::size_t hostile_from() const noexcept { return hostile_from_; }

 private:
  // The ids of an honest answer, in its order.
  void choose(const selection& asked) {
    rows_.clear();
    for (std::size_t id = 0; id < ids; ++id)
      if (table_.has(id) && asked.matches(id, table_[id].what)) rows_.push_back(id);
    const auditor::order by = order_of(asked);
    std::sort(rows_.begin(), rows_.end(), [this, &by](std::size_t a, std::size_t b) { return is_before(by.by, a, b); });
    if (by.descends) std::reverse(rows_.begin(), rows_.end());
    if (asked.limit && rows_.size() > *asked.limit) rows_.resize(*asked.limit);
  }

  static auditor::order order_of(const selection& asked) {
    return asked.sorted.value_or(auditor::ascending(auditor::field::stop_time));
  }
  // Ascending; what has no value comes last. The ids and the start times are in the order of the numbers.
  bool is_before(auditor::field by, std::size_t a, std::size_t b) const {
    if (by == auditor::field::record_id || by == auditor::field::start_time) return a < b;
    const auto key = [this, by](std::size_t id) {
      const known_record& known = record_pool::at(id, table_[id].what);
      return by == auditor::field::stop_time ? known.stop : known.runtime;
    };
    const auto x = key(a), y = key(b);
    return x && y ? *x < *y : x && !y;
  }

  // What comes from a database that fails in SQL.
  void suffer(const selection& asked, std::size_t request) {
    if (request < sky_.trouble_from || request - sky_.trouble_from >= sky_.trouble_length) return;
    switch (sky_.database) {
      case trouble::none: break;
      case trouble::revoked: rows_.clear(); break;
      case trouble::locked:
        rows_.clear();
        takes_ += sky_.trouble_takes;
        break;
      case trouble::statement_timeout: {
        const bool streams = !asked.only && !asked.limit && asked.sorted && asked.sorted->by == auditor::field::record_id;
        if (!asked.scans() && !streams) break;
        takes_ += sky_.trouble_takes;
        rows_.resize(asked.scans() ? 0 : (std::min)(rows_.size(), std::size_t{4}));
        break;
      }
      case trouble::poisoned: {
        if (!asked.amount.asked() || !table_.has(sky_.poisoned_id)) break;
        const bool by_index = asked.sorted && asked.sorted->by == auditor::field::record_id;
        const std::size_t poison = sky_.poisoned_id;
        const auto met = std::find_if(rows_.begin(), rows_.end(), [&](std::size_t id) {
          return !by_index || (asked.sorted->descends ? id <= poison : id >= poison);
        });
        // An index scan that has all it was asked for before it comes to the row does not fail.
        if (met != rows_.end()) rows_.erase(met, rows_.end());
        break;
      }
    }
  }

  void add_hostile(const selection& asked, bool is_control) {
    const bool asks_last_id =
        asked.limit == std::size_t{1} && asked.sorted == auditor::descending(auditor::field::record_id);
    const std::size_t rows = rows_.size();
    const bool streams = rows >= 2 && !asked.limit && !asks_last_id;
    switch (sky_.stream) {
      case hostility::none: break;
      case hostility::repeats:
        if (rows == 0 || (asked.limit && *asked.limit <= rows)) break;
        hostile_from_ = sky_.hostile_at % rows + 1;
        rows_.insert(rows_.begin() + static_cast<std::ptrdiff_t>(hostile_from_), rows_[hostile_from_ - 1]);
        break;
      case hostility::first_again:
        if (!streams) break;
        hostile_from_ = rows;
        rows_.push_back(rows_.front());
        break;
      case hostility::last_again:
        // One that came in between is behind the last one; and then comes the last one again.
        if (asks_last_id && !is_control) {
          choose_second_to_last(asked);
        } else if (streams && asked.sorted == auditor::ascending(auditor::field::record_id)) {
          const auto last = std::find(rows_.begin(), rows_.end(), last_told_);
          if (last == rows_.end() || last + 1 == rows_.end()) break;
          hostile_from_ = rows;
          rows_.push_back(last_told_);
        }
        break;
      case hostility::too_many: {
        if (!asked.limit || *asked.limit == 0 || is_control || (*asked.limit == 1 && !asks_last_id)) break;
        selection more = asked;
        ++*more.limit;
        choose(more);
        if (rows_.size() > *asked.limit) hostile_from_ = *asked.limit;
        break;
      }
      case hostility::unfiltered: {
        if (asks_neighbour(asked)) break;
        selection more;
        more.limit = asked.limit;
        more.sorted = asked.sorted;
        choose(more);
        hostile_from_if([&](std::size_t i) { return !could_match(asked, rows_[i]); });
        break;
      }
      case hostility::other_order: {
        const auditor::order by = order_of(asked);
        // In which order the ids are, only the database knows.
        if (by.by == auditor::field::record_id || asks_neighbour(asked)) break;
        selection other = asked;
        other.sorted = auditor::order{by.by, !by.descends};
        choose(other);
        hostile_from_if([&](std::size_t i) {
          return i != 0 &&
                 (by.descends ? is_before(by.by, rows_[i - 1], rows_[i]) : is_before(by.by, rows_[i], rows_[i - 1]));
        });
        break;
      }
    }
  }

  // The row nearest to a range, whose answer is judged by the row that came.
  static bool asks_neighbour(const selection& asked) {
    return asked.limit == std::size_t{1} && asked.sorted && asked.sorted->by != auditor::field::record_id;
  }
  // As far as the row shows it: one that the server cannot read is not whole.
  bool could_match(selection asked, std::size_t id) const {
    if ((sky_.unreadable_ids >> id & 1) != 0) {
      asked.amount = {};
      asked.even_only = false;
    }
    return asked.matches(id, table_[id].what);
  }
  template <class Test>
  void hostile_from_if(Test is_wrong) {
    for (std::size_t i = 0; i < rows_.size() && hostile_from_ == never; ++i)
      if (is_wrong(i)) hostile_from_ = i;
  }

  void choose_second_to_last(selection asked) {
    asked.limit = 2;
    choose(asked);
    if (rows_.size() == 2) rows_.erase(rows_.begin());
    last_told_ = rows_.empty() ? ids : rows_.front();
  }

  const records_table& table_;
  const weather& sky_;
  std::size_t& last_told_;
  std::vector<std::size_t> rows_;
  ticks takes_{};
  std::size_t hostile_from_ = never;
  bool falsified_ = false;
};

}  // namespace fault
