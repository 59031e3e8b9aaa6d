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
  for (const detail::meta_filter& filter : meta_) {
    write(to, filter.name, "c", filter.contained, dialect);
    write(to, filter.name, "dnc", filter.not_contained, dialect);
  }
  for (const component_filter& filter : components_)
    to.conditions("component", &filter.name, filter.amount, detail::number_kind::count);
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
  if (is_from_text() || record_id_ || !meta_.empty() || !components_.empty()) return std::nullopt;
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

AUDITOR_DECL bool query::holds_for(const record_view& r) const noexcept {
  for (const detail::meta_filter& filter : meta_)
    if (!filter.holds_for(r.meta)) return false;
  for (const component_filter& filter : components_)
    if (r.components.empty() || r.components[0].name != filter.name || !filter.amount.holds(r.components[0].amount))
      return false;
  return true;
}

AUDITOR_DECL detail::meta_filter& query::meta_filter_of(std::string name) {
  for (detail::meta_filter& known : meta_)
    if (known.name == name) return known;
  meta_.emplace_back().name = std::move(name);
  return meta_.back();
}

AUDITOR_DECL detail::range& query::amount_of(std::string name) {
  for (component_filter& known : components_)
    if (known.name == name) return known.amount;
  components_.emplace_back().name = std::move(name);
  return components_.back().amount;
}

AUDITOR_DECL void query::write(detail::query_writer& to, std::string_view name, std::string_view op,
                               const std::vector<std::string>& values, meta_dialect dialect) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    to.key("meta").name_in_brackets(name).in_brackets(op);
    if (dialect == meta_dialect::list) to.number_in_brackets(i);
    to.value(values[i]);
  }
}

AUDITOR_DECL result<void> query::check(meta_dialect dialect) const {
  using detail::number_kind;
  if (is_for_two_ids_) return detail::invalid_query("record_id: no record has two ids; ask for them one by one");
  if (record_id_)
    if (const result<void> right = validate_name("record_id", *record_id_, errc::invalid_query); !right) return right;
  if (const result<void> right = check(start_time_, "start_time", {}, number_kind::moment); !right) return right;
  if (const result<void> right = check(stop_time_, "stop_time", {}, number_kind::moment); !right) return right;
  if (const result<void> right = check(runtime_, "runtime", {}, number_kind::count); !right) return right;
  for (const detail::meta_filter& filter : meta_)
    if (const result<void> right = check(filter, dialect); !right) return right;
  for (const component_filter& filter : components_) {
    if (const result<void> right = validate_name("component name", filter.name, errc::invalid_query); !right) return right;
    if (const result<void> right = check(filter.amount, "component", filter.name, number_kind::count); !right) return right;
  }
  if (components_.size() > 1) return detail::two_components(components_[0].name, components_[1].name);
  if (limit_ == limit_out_of_range) return detail::invalid_query("limit: must be 0 .. 9223372036854775807");
  return {};
}

AUDITOR_DECL result<void> query::check(const detail::range& on, std::string_view parameter, std::string_view name,
                                       detail::number_kind kind) {
  if (on.equals_two_values) return detail::invalid_parameter(parameter, name).more(": equals two values, and nothing does");
  if (on.equal && (on.lower || on.upper))
    return detail::invalid_parameter(parameter, name).more(": equals stands alone, without another bound");
  error wrong;
  on.for_each([&](const detail::condition& c) {
    if (c.in_range || wrong) return;
    wrong = detail::invalid_parameter(parameter, name);
    wrong.more("[").more(operator_name(c.op));
    wrong.more(kind == detail::number_kind::moment ? "]: must be within -4713-12-31 .. +262142-12-31"
                                                   : "]: must be a whole number, 0 .. 9223372036854775807");
  });
  return wrong;
}

AUDITOR_DECL result<void> query::check(const detail::meta_filter& filter, meta_dialect dialect) {
  if (const result<void> right = validate_name("meta name", filter.name, errc::invalid_query); !right) return right;
  const auto refuse = [&filter](std::string_view rule) {
    return detail::invalid_parameter("meta", filter.name).more(": ").more(rule);
  };
  if (filter.empty_list) return refuse("needs at least one value: an empty list is no condition");
  if (dialect == meta_dialect::scalar && (filter.contained.size() > 1 || filter.not_contained.size() > 1))
    return refuse("servers before 0.10 take one value of each operator");
  for (const std::vector<std::string>* values : {&filter.contained, &filter.not_contained})
    for (const std::string& value : *values)
      if (const detail::name_fault fault = detail::check_name(value); fault != detail::name_fault::none) {
        error e = refuse("a value");
        detail::explain_name_fault(e, fault, value);
        return e;
      }
  return {};
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
