// Bodies of query/query.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/query/query.hpp>
#include <auditor/query/raw_query.hpp>
#include <auditor/query/refusal.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL query query::raw(detail::owned_text whole) {
  query q;
  q.raw_reader_ = {&detail::read_raw_query};
  std::string text = std::move(whole).take();
  if (!text.empty() && text.front() == '?') text.erase(0, 1);
  if (result<detail::raw_query> read = detail::read_raw_query(text)) {
    q.raw_filters_ = std::move(read->filters);
    q.record_id_in_raw_ = std::move(read->record_id);
    q.component_in_raw_ = read->component;
    q.order_ = read->sort_by;
    q.limit_ = read->limit;
  } else {
    q.raw_filters_ = std::move(text);  // read again, and refused, by filters()
  }
  return q;
}

AUDITOR_DECL query& query::with_record_id(detail::owned_text id) & {
  std::string wanted = std::move(id).take();
  is_for_two_ids_ = is_for_two_ids_ || (record_id_ && *record_id_ != wanted);
  record_id_ = std::move(wanted);
  return *this;
}

AUDITOR_DECL query query::with_record_id(detail::owned_text id) && { return std::move(with_record_id(std::move(id))); }

AUDITOR_DECL query& query::sort_by(auditor::order by) & noexcept {
  order_ = by;
  return *this;
}

AUDITOR_DECL query query::sort_by(auditor::order by) && noexcept { return std::move(sort_by(by)); }

AUDITOR_DECL std::optional<std::string> query::record_id() && noexcept { return record_id(); }

AUDITOR_DECL result<void> query::validate() const {
  const result<std::string> text = filters();
  return text ? result<void>() : result<void>(text.error());
}

AUDITOR_DECL result<std::string> query::filters(meta_dialect dialect) const {
  if (const result<void> right = check(dialect); !right) return right.error();
  detail::query_writer to(raw_filters_);
  if (record_id_) to.key("record_id").value(*record_id_);
  to.conditions("start_time", nullptr, start_time_, detail::number_kind::moment);
  to.conditions("stop_time", nullptr, stop_time_, detail::number_kind::moment);
  to.conditions("runtime", nullptr, runtime_, detail::number_kind::count);
  named_.write(to, dialect);
  if (to.text().size() > longest_query) {
    error e = detail::invalid_query("query: must have at most ");
    return e.more(std::uint64_t{longest_query}).more(" bytes, has ").more(std::uint64_t{to.text().size()});
  }
  // Whether what was added goes together with the text, the whole shows.
  if (!raw_filters_.empty())
    if (const auto whole = raw_reader_.read(to.text(), dialect); !whole) return whole.error();
  return std::move(to).take();
}

AUDITOR_DECL result<std::string> query::encode(meta_dialect dialect) const {
  result<std::string> conditions = filters(dialect);
  if (!conditions) return conditions;
  detail::query_writer to(*std::move(conditions));
  if (order_) to.key("sort_by").in_brackets(order_->descends ? "desc" : "asc").value(to_string(order_->by));
  if (limit_) to.key("limit").value(*limit_);
  return std::move(to).take();
}

AUDITOR_DECL std::optional<field> query::only_range_of() const noexcept {
  if (is_from_text() || record_id_ || named_) return std::nullopt;
  std::optional<field> only;
  for (const field by : {field::start_time, field::stop_time, field::runtime}) {
    if (range_of(by).empty()) continue;
    if (only) return std::nullopt;
    only = by;
  }
  return only;
}

AUDITOR_DECL query query::superset() const {
  query wider;
  wider.record_id_ = record_id_;
  wider.start_time_ = start_time_;
  wider.stop_time_ = stop_time_;
  wider.runtime_ = runtime_;
  return wider;
}

AUDITOR_DECL result<void> query::check(meta_dialect dialect) const {
  using detail::number_kind;
  if (moved_from_) return detail::invalid_query("query: was moved from, and has lost conditions; assign another one to it");
  if (is_for_two_ids_) return detail::invalid_query("record_id: no record has two ids; ask for them one by one");
  if (record_id_)
    if (const result<void> right = validate_name("record_id", *record_id_, errc::invalid_query); !right) return right;
  if (const result<void> right = start_time_.check("start_time", {}, number_kind::moment); !right) return right;
  if (const result<void> right = stop_time_.check("stop_time", {}, number_kind::moment); !right) return right;
  if (const result<void> right = runtime_.check("runtime", {}, number_kind::count); !right) return right;
  if (const result<void> right = named_.check(dialect); !right) return right;
  if (limit_ == limit_out_of_range) return detail::invalid_query("limit: must be 0 .. 9223372036854775807");
  return {};
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
