// Bodies of sandbox/table.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/table.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

AUDITOR_DECL bool is_poison(std::string_view text) noexcept { return text.find('\0') != std::string_view::npos; }

AUDITOR_DECL bool is_poison(const sent_record& r) {
  const auto bad = [](const std::string& text) { return is_poison(text); };
  if (bad(r.record_id)) return true;
  if (r.meta)
    for (const auto& [name, values] : *r.meta)
      if (bad(name) || std::any_of(values.begin(), values.end(), bad)) return true;
  for (const sent_component& c : r.components) {
    if (bad(c.name)) return true;
    for (const sent_score& s : c.scores)
      if (bad(s.name)) return true;
  }
  return false;
}

AUDITOR_DECL std::size_t compressed_size(std::string_view text) noexcept {
  std::size_t items = 0, bytes = 0;
  for (std::size_t i = 0; i < text.size(); ++items) {
    std::size_t longest = 0;
    for (std::size_t back = 1; back <= i && back < 4096; ++back) {
      std::size_t n = 0;
      while (n < 273 && i + n < text.size() && text[i + n] == text[i - back + n]) ++n;
      longest = (std::max)(longest, n);
    }
    bytes += longest < 3 ? 1 : longest < 18 ? 2 : 3;
    i += longest < 3 ? 1 : longest;
  }
  return bytes + (items + 7) / 8;
}

AUDITOR_DECL bool is_too_long_for_index(std::string_view id) noexcept {
  constexpr std::size_t most = 2704, head = 8 + 4;
  const auto fits = [](std::size_t size) { return (head + size + 7) / 8 * 8 <= most; };
  if (fits(id.size())) return false;
  const std::size_t compressed = compressed_size(id);
  return compressed > id.size() / 4 * 3 || !fits(compressed + 4);  // less than a quarter saved: left as it is
}

AUDITOR_DECL void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr char digits[] = "0123456789abcdef";
          out += "\\u00";
          out += digits[c >> 4];
          out += digits[c & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

AUDITOR_DECL std::optional<std::string> print_components(const row& r) {
  std::string out = "[";
  for (const sent_component& c : r.components) {
    out += out.size() > 1 ? ",{\"name\":" : "{\"name\":";
    write_string(out, c.name);
    out += ",\"amount\":" + std::to_string(c.amount) + ",\"scores\":[";
    for (const sent_score& s : c.scores) {
      const auto value = read_back(s.value);
      if (!value) return std::nullopt;
      out += &s == c.scores.data() ? "{\"name\":" : ",{\"name\":";
      write_string(out, s.name);
      out += ",\"value\":" + print_json(*value) + "}";
    }
    out += "]}";
  }
  return out + "]";
}

AUDITOR_DECL std::string print_row(const row& r, std::uint64_t shuffle) {
  std::string out = "{\"record_id\":";
  write_string(out, r.record_id);
  out += ",\"meta\":";
  if (r.meta) {
    std::vector<const sent_meta::value_type*> entries;
    for (const auto& entry : *r.meta) entries.push_back(&entry);
    for (std::size_t i = entries.size(); i > 1; --i) {
      shuffle = shuffle * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u;
      std::swap(entries[i - 1], entries[(shuffle >> 33) % i]);
    }
    out += '{';
    for (const auto* entry : entries) {
      if (out.back() != '{') out += ',';
      write_string(out, entry->first);
      out += ":[";
      for (const std::string& value : entry->second) {
        if (&value != entry->second.data()) out += ',';
        write_string(out, value);
      }
      out += ']';
    }
    out += '}';
  } else {
    out += "null";
  }
  out += ",\"components\":" + print_components(r).value_or("null");
  out += ",\"start_time\":\"" + print_time(r.start_time) + "\",\"stop_time\":";
  out += r.stop_time ? "\"" + print_time(*r.stop_time) + "\"" : "null";
  out += ",\"runtime\":" + (r.runtime ? std::to_string(*r.runtime) : "null");
  return out + "}";
}

AUDITOR_DECL record to_record(const row& r) {
  const auto time = [](stored_time t) { return timestamp(std::chrono::microseconds(t)); };
  record out;
  out.record_id = r.record_id;
  if (r.meta)
    for (const auto& [name, values] : *r.meta) out.meta.set(name, values);
  for (const sent_component& c : r.components) {
    component to(c.name, c.amount);
    for (const sent_score& s : c.scores) to.with_score(s.name, s.value);
    out.components.push_back(std::move(to));
  }
  out.start_time = time(r.start_time);
  if (r.stop_time) out.stop_time = time(*r.stop_time);
  out.runtime = r.runtime;
  return out;
}

AUDITOR_DECL row_ref table::find(const std::string& id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : found->second;
}

AUDITOR_DECL void table::put(row r) {
  r.serial = ++serial_;
  std::string id = r.record_id;
  rows_.insert_or_assign(std::move(id), std::make_shared<const row>(std::move(r)));
}

AUDITOR_DECL std::size_t table::erase_stopped_before(stored_time t) {
  return std::erase_if(rows_, [t](const auto& entry) { return entry.second->stop_time && *entry.second->stop_time < t; });
}

AUDITOR_DECL std::vector<row_ref> table::all() const {
  std::vector<row_ref> rows;
  rows.reserve(rows_.size());
  for (const auto& [id, r] : rows_) rows.push_back(r);
  return rows;
}

AUDITOR_DECL std::vector<row_ref> table::select(const filters& f) const {
  std::vector<row_ref> rows;
  condition where(f);
  if (!where.is_possible()) return rows;
  const bool by_id = f.sort_by == sort_column::record_id;
  // In the order of the ids a limit is an early end, unless a later row could still make the query fail.
  const bool stops = by_id && f.limit && f.component.empty();
  const auto most = stops ? static_cast<std::uint64_t>(*f.limit) : std::numeric_limits<std::uint64_t>::max();
  const auto take = [&](const row_ref& r) {
    if (where.holds(*r)) rows.push_back(r);
  };
  if (f.record_id) {
    if (const row_ref r = find(*f.record_id)) take(r);
  } else if (by_id && f.descending) {
    for (auto i = rows_.rbegin(); i != rows_.rend() && rows.size() < most; ++i) take(i->second);
  } else {
    for (auto i = rows_.begin(); i != rows_.end() && rows.size() < most; ++i) take(i->second);
  }
  if (where.has_failed()) return {};
  sort(rows, f);
  if (f.limit && static_cast<std::uint64_t>(*f.limit) < rows.size()) rows.resize(static_cast<std::size_t>(*f.limit));
  return rows;
}

AUDITOR_DECL bool table::order::operator()(const std::string& a, const std::string& b) const {
  if (before && before(a, b)) return true;
  if (before && before(b, a)) return false;
  return a < b;
}

AUDITOR_DECL table::condition::condition(const filters& f) : f_(f) {
  if (f.record_id && is_poison(*f.record_id)) possible_ = false;
  const auto poison = [](const std::string& value) { return is_poison(value); };
  for (const auto& [name, filter] : f.meta)
    if ((is_poison(name) && !(filter.contains.empty() && filter.lacks.empty())) ||
        std::any_of(filter.contains.begin(), filter.contains.end(), poison) ||
        std::any_of(filter.lacks.begin(), filter.lacks.end(), poison))
      possible_ = false;
  for (const auto& [name, filter] : f.component)
    if (is_poison(name) && !filter.is_dropped() && !filter.is_empty()) possible_ = false;
  start_ = to_stored_range(f.start_time);
  stop_ = to_stored_range(f.stop_time);
}

AUDITOR_DECL bool table::condition::holds(const row& r) {
  if (f_.record_id && *f_.record_id != r.record_id) return false;
  if (start_ && !start_->accepts(r.start_time)) return false;
  if (stop_ && !(r.stop_time && stop_->accepts(*r.stop_time))) return false;
  if (f_.runtime && !f_.runtime->is_dropped() && !f_.runtime->is_empty() && !(r.runtime && f_.runtime->accepts(*r.runtime)))
    return false;
  for (const auto& [name, filter] : f_.meta)
    if (!holds(name, filter, r)) return false;
  // Last, as PostgreSQL puts the dearest conditions: the cast fails only for rows that passed all others.
  for (const auto& [name, filter] : f_.component)
    if (!filter.is_dropped() && !filter.is_empty() && !holds(name, filter, r)) return false;
  return true;
}

AUDITOR_DECL std::optional<range_filter<stored_time>> table::condition::to_stored_range(
    const std::optional<range_filter<moment>>& from) {
  if (!from || from->is_dropped()) return std::nullopt;
  range_filter<stored_time> to;
  const auto convert = [this](const std::optional<moment>& bound, std::optional<stored_time>& result) {
    if (!bound) return;
    result = to_stored(*bound);
    if (!result) possible_ = false;
  };
  convert(from->gt, to.gt);
  convert(from->lt, to.lt);
  convert(from->gte, to.gte);
  convert(from->lte, to.lte);
  if (to.is_empty()) return std::nullopt;
  return to;
}

AUDITOR_DECL bool table::condition::holds(const std::string& name, const meta_filter& filter, const row& r) {
  if (filter.contains.empty() && filter.lacks.empty()) return true;
  if (!r.meta) return false;
  const auto entry = r.meta->find(name);
  if (entry == r.meta->end()) return false;
  const auto has = [&entry](const std::string& value) {
    return std::find(entry->second.begin(), entry->second.end(), value) != entry->second.end();
  };
  return std::all_of(filter.contains.begin(), filter.contains.end(), has) &&
         std::none_of(filter.lacks.begin(), filter.lacks.end(), has);
}

AUDITOR_DECL bool table::condition::holds(const std::string& name, const range_filter<std::int64_t>& filter, const row& r) {
  if (r.components.empty() || r.components.front().name != name) return false;
  constexpr std::int64_t most = 2'147'483'647;
  if (r.components.front().amount > most) failed_ = true;
  return !failed_ && filter.accepts(r.components.front().amount);
}

AUDITOR_DECL void table::sort(std::vector<row_ref>& rows, const filters& f) {
  struct place {
    std::optional<std::int64_t> key;
    std::size_t index;
  };
  const auto by = [&rows, &f](const auto& key) {
    std::vector<place> places;
    places.reserve(rows.size());
    for (const row_ref& r : rows) places.push_back({key(*r), places.size()});
    std::sort(places.begin(), places.end(), [&f](const place& a, const place& b) {
      if (a.key == b.key) return a.index < b.index;
      const place& low = f.descending ? b : a;
      const place& high = f.descending ? a : b;
      return low.key && (!high.key || *low.key < *high.key);
    });
    std::vector<row_ref> sorted;
    sorted.reserve(rows.size());
    for (const place& p : places) sorted.push_back(std::move(rows[p.index]));
    rows = std::move(sorted);
  };
  switch (f.sort_by) {
    case sort_column::start_time: return by([](const row& r) { return std::optional(r.start_time); });
    case sort_column::stop_time: return by([](const row& r) { return r.stop_time; });
    case sort_column::runtime: return by([](const row& r) { return r.runtime; });
    case sort_column::record_id: return;  // the order they came in
  }
}

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor
