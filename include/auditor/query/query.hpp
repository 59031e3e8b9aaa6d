// Which records are asked for, in which order and how many: what the server silently drops cannot be said here.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/base/result.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/bounds.hpp>
#include <auditor/query/meta_filter.hpp>
#include <auditor/query/order.hpp>
#include <auditor/query/range.hpp>
#include <auditor/query/raw_query.hpp>
#include <auditor/query/refusal.hpp>
#include <auditor/query/writer.hpp>

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

/// The most bytes of a query's filters. The server refuses a request line above 65,534 bytes; the rest is for the base
/// path, the sort order and the limit. A proxy may take less: nginx takes 8 KiB unless told otherwise.
inline constexpr std::size_t longest_query = 60'000;

/// A query: conditions that must all hold, an order and a limit. Empty, it asks for all records.
///
/// ```cpp
/// auto q = auditor::query{}
///     .with_start_time(auditor::gte(first), auditor::lt(last))
///     .with_meta("site_id", auditor::contains("site1"))
///     .with_component("CPU", auditor::gte(8))
///     .sort_by(auditor::ascending(auditor::field::start_time))
///     .limit(100);
/// ```
/// Building one never fails; `validate()` says what is wrong with it, and every reading call asks it first. Conditions
/// add up over several calls; only the same bound of the same field, the id, the order and the limit replace what was
/// there. Everything goes in unencoded.
///
/// **Threads**: a value; concurrent const access is fine. **Memory**: owns its strings.
/// **Source**: protocol, section 4.
class AUDITOR_EXPORT query {
 public:
  query() = default;
  query(const query&) = default;
  query(query&&) = default;
  // Copies from a temporary, too: strings and vectors that are moved onto themselves are empty, and conditions are not
  // to vanish.
  query& operator=(const query&) = default;

  /// A query from its text, for those who have one: `start_time[gte]=2024-01-01T00:00:00Z&limit=10`, percent-encoded, a
  /// leading '?' is allowed. It is sent as it is, in either dialect. `validate()` refuses what the server would silently
  /// drop, and what could not be sent; mistakes that the server reports itself are left to it. More conditions, an order
  /// and a limit may be added.
  static query raw(detail::owned_text whole) {
    query q;
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

  /// The one record of this id, if there is one (and all else holds).
  query& with_record_id(detail::owned_text id) & {
    std::string wanted = std::move(id).take();
    is_for_two_ids_ = is_for_two_ids_ || (record_id_ && *record_id_ != wanted);
    record_id_ = std::move(wanted);
    return *this;
  }
  query with_record_id(detail::owned_text id) && { return std::move(with_record_id(std::move(id))); }

  /// One lower and/or one upper bound: `gte(t0), lt(t1)`. Bounds finer than a microsecond, which is what the server
  /// stores, are rounded such that the same records match. Said again, both must hold: the tighter bound counts. **Ranges**: `earliest_timestamp` .. `latest_timestamp`.
  template <class... Bounds>
  query& with_start_time(Bounds... bounds) & {
    if constexpr (detail::explain_times<Bounds...>())
      (start_time_.set(detail::time_condition(Bounds::op, bounds.value)), ...);
    return *this;
  }
  template <class... Bounds>
  query with_start_time(Bounds... bounds) && {
    return std::move(with_start_time(bounds...));
  }

  /// The same for the stop time. Records without one are never found, whatever the bounds.
  template <class... Bounds>
  query& with_stop_time(Bounds... bounds) & {
    if constexpr (detail::explain_times<Bounds...>())
      (stop_time_.set(detail::time_condition(Bounds::op, bounds.value)), ...);
    return *this;
  }
  template <class... Bounds>
  query with_stop_time(Bounds... bounds) && {
    return std::move(with_stop_time(bounds...));
  }

  /// One lower and/or one upper bound, or `equals`. Records without a stop time have no runtime and are never found.
  /// **Units**: whole seconds, or any std::chrono duration. **Ranges**: 0 .. 2^63-1.
  template <class... Bounds>
  query& with_runtime(Bounds... bounds) & {
    if constexpr (detail::explain_seconds<Bounds...>())
      (runtime_.set(detail::number_condition(Bounds::op, bounds.value)), ...);
    return *this;
  }
  template <class... Bounds>
  query with_runtime(Bounds... bounds) && {
    return std::move(with_runtime(bounds...));
  }

  /// Conditions on the values of one name: `contains("a"), does_not_contain("b", "c")`.
  template <class... Conditions>
  query& with_meta(detail::owned_text name, Conditions... conditions) & {
    if constexpr (detail::explain_meta<Conditions...>()) {
      detail::meta_filter& filter = meta_filter_of(std::move(name).take());
      (filter.add(std::move(conditions)), ...);
    }
    return *this;
  }
  template <class... Conditions>
  query with_meta(detail::owned_text name, Conditions... conditions) && {
    return std::move(with_meta(std::move(name), std::move(conditions)...));
  }

  /// The amount of one component: one lower and/or one upper bound, or `equals`.
  ///
  /// The server looks at the **first** component of each record only, so that a record that lists this one second is not
  /// found, and a query for two components finds nothing: `validate()` refuses it. An amount above 2^31-1 as the first
  /// amount of any record in the table makes the server answer with nothing at all. **Ranges**: 0 .. 2^63-1.
  template <class... Bounds>
  query& with_component(detail::owned_text name, Bounds... bounds) & {
    if constexpr (detail::explain_amounts<Bounds...>()) {
      detail::range& amount = amount_of(std::move(name).take());
      (amount.set(detail::number_condition(Bounds::op, bounds.value)), ...);
    }
    return *this;
  }
  template <class... Bounds>
  query with_component(detail::owned_text name, Bounds... bounds) && {
    return std::move(with_component(std::move(name), bounds...));
  }

  /// By one field: `ascending(field::stop_time)`. Without one the server sorts by stop time, ascending.
  query& sort_by(auditor::order by) & noexcept {
    order_ = by;
    return *this;
  }
  query sort_by(auditor::order by) && noexcept { return std::move(sort_by(by)); }

  /// At most this many records, the first ones of the order; 0: none. **Ranges**: 0 .. 2^63-1.
  template <detail::whole_number Number>
  query& limit(Number most) & noexcept {
    const detail::condition c = detail::number_condition(detail::comparison::lte, most);
    limit_ = c.in_range ? static_cast<std::uint64_t>(c.value) : limit_out_of_range;
    return *this;
  }
  template <detail::whole_number Number>
  query limit(Number most) && noexcept {
    return std::move(limit(most));
  }

  /// The limit, if there is one.
  std::optional<std::uint64_t> limit() const noexcept { return limit_; }
  /// The order, if there is one.
  std::optional<auditor::order> order() const noexcept { return order_; }
  /// Whether it has an order.
  bool is_sorted() const noexcept { return order_.has_value(); }
  /// The id asked for, unencoded.
  const std::optional<std::string>& record_id() const& noexcept { return record_id_ ? record_id_ : record_id_in_raw_; }
  std::optional<std::string> record_id() && noexcept { return record_id(); }

  /// Says what is wrong with the query, for a server of the current dialect.
  /// **Errors**: `invalid_query`, with the field and the rule. **Memory**: allocates.
  result<void> validate() const {
    const result<std::string> text = filters();
    return text ? result<void>() : result<void>(text.error());
  }

  /// All conditions as text, without order and limit, and without '?'; empty: all records.
  /// **Errors**: `invalid_query`.
  result<std::string> filters(meta_dialect dialect = meta_dialect::list) const {
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
      if (const auto whole = detail::read_raw_query(to.text(), dialect); !whole) return whole.error();
    return std::move(to).take();
  }

  /// The whole query as text, without '?'; empty: all records in the server's order.
  /// **Errors**: `invalid_query`.
  result<std::string> encode(meta_dialect dialect = meta_dialect::list) const {
    result<std::string> conditions = filters(dialect);
    if (!conditions) return conditions;
    detail::query_writer to(*std::move(conditions));
    if (order_) to.key("sort_by").in_brackets(order_->descends ? "desc" : "asc").value(to_string(order_->by));
    if (limit_) to.key("limit").value(*limit_);
    return std::move(to).take();
  }

  /// Whether both ask the same in the same words; conditions on several names in another order are other words.
  friend bool operator==(const query&, const query&) = default;

  // ---- for the reading operations ----------------------------------------------------------------------------------

  /// Is there a condition on a component? The server's SQL fails on some of them, and then it answers with nothing.
  bool has_component_filter() const noexcept { return component_in_raw_ || !components_.empty(); }
  /// Whether it is `raw`.
  bool is_from_text() const noexcept { return !raw_filters_.empty(); }

  /// The field that has all the conditions of this query, if there is one.
  std::optional<field> only_range_of() const noexcept {
    if (is_from_text() || record_id_ || !meta_.empty() || !components_.empty()) return std::nullopt;
    std::optional<field> only;
    for (const field by : {field::start_time, field::stop_time, field::runtime}) {
      if (range_of(by).empty()) continue;
      if (only) return std::nullopt;
      only = by;
    }
    return only;
  }
  /// The conditions on a time or on the runtime.
  const detail::range& range_of(field by) const noexcept {
    return by == field::start_time ? start_time_ : by == field::stop_time ? stop_time_ : runtime_;
  }

  /// The same without conditions on meta and components, order and limit: all that this one can find is among what it finds.
  query superset() const {
    query wider;
    wider.record_id_ = record_id_;
    wider.start_time_ = start_time_;
    wider.stop_time_ = stop_time_;
    wider.runtime_ = runtime_;
    return wider;
  }

  /// Whether the conditions on meta and components hold, as the server means them: of the components, the first one counts.
  /// **Memory**: none. Not for a query from a text, which is only read as far as it must be.
  bool holds_for(const record_view& r) const noexcept {
    return std::all_of(meta_.begin(), meta_.end(),
                       [&r](const detail::meta_filter& filter) { return filter.holds_for(r.meta); }) &&
           std::all_of(components_.begin(), components_.end(), [&r](const component_filter& filter) {
             return !r.components.empty() && r.components[0].name == filter.name &&
                    filter.amount.holds(r.components[0].amount);
           });
  }

 private:
  struct component_filter {
    std::string name;
    detail::range amount;

    friend bool operator==(const component_filter&, const component_filter&) = default;
  };

  static constexpr std::uint64_t limit_out_of_range = ~std::uint64_t{0};

  detail::meta_filter& meta_filter_of(std::string name) {
    for (detail::meta_filter& known : meta_)
      if (known.name == name) return known;
    meta_.emplace_back().name = std::move(name);
    return meta_.back();
  }

  detail::range& amount_of(std::string name) {
    for (component_filter& known : components_)
      if (known.name == name) return known.amount;
    components_.emplace_back().name = std::move(name);
    return components_.back().amount;
  }

  static void write(detail::query_writer& to, std::string_view name, std::string_view op,
                    const std::vector<std::string>& values, meta_dialect dialect) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      to.key("meta").name_in_brackets(name).in_brackets(op);
      if (dialect == meta_dialect::list) to.number_in_brackets(i);
      to.value(values[i]);
    }
  }

  // The first thing that is wrong.
  result<void> check(meta_dialect dialect) const {
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
      if (const result<void> right = validate_name("component name", filter.name, errc::invalid_query); !right)
        return right;
      if (const result<void> right = check(filter.amount, "component", filter.name, number_kind::count); !right)
        return right;
    }
    if (components_.size() > 1) return detail::two_components(components_[0].name, components_[1].name);
    if (limit_ == limit_out_of_range) return detail::invalid_query("limit: must be 0 .. 9223372036854775807");
    return {};
  }

  static result<void> check(const detail::range& on, std::string_view parameter, std::string_view name,
                            detail::number_kind kind) {
    if (on.equals_two_values)
      return detail::invalid_parameter(parameter, name).more(": equals two values, and nothing does");
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

  static result<void> check(const detail::meta_filter& filter, meta_dialect dialect) {
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

  std::string raw_filters_;
  std::optional<std::string> record_id_in_raw_;
  bool component_in_raw_ = false;
  std::optional<std::string> record_id_;
  bool is_for_two_ids_ = false;
  detail::range start_time_;
  detail::range stop_time_;
  detail::range runtime_;
  std::vector<detail::meta_filter> meta_;
  std::vector<component_filter> components_;
  std::optional<auditor::order> order_;
  std::optional<std::uint64_t> limit_;
};

}  // namespace AUDITOR_ABI
}  // namespace auditor
