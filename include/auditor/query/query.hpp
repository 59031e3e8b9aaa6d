// Which records are asked for, in which order and how many: what the server silently drops cannot be said here.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/result.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/query/bounds.hpp>
#include <auditor/query/meta_condition.hpp>
#include <auditor/query/named_filters.hpp>
#include <auditor/query/optional_part.hpp>
#include <auditor/query/order.hpp>
#include <auditor/query/range.hpp>
#include <auditor/query/special_reads.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {
struct raw_query;
class text_buffer;

/// The query from a text.
struct query_text {
  std::string filters;
  std::optional<std::string> record_id;
  bool component = false;
  // What reads it again: a program without one has nothing of its reader, some 10 KB.
  result<raw_query> (*read)(std::string_view text, meta_dialect dialect) = nullptr;

  friend bool operator==(const query_text&, const query_text&) = default;
};

/// The id that a query asks for.
struct wanted_id {
  std::string text;
  const char* wrong = nullptr;  // null: nothing is

  friend bool operator==(const wanted_id&, const wanted_id&) = default;
};

/// Of a query with a text or names, which may be too long, and may contradict each other.
struct query_checks {
  bool (*goes_with_array)(const query& of, error& why);
  bool (*is_text_valid)(const query& of, meta_dialect dialect, error& why);
  bool (*has_component_filter)(const query& of) noexcept;
};

/// What a query has that is copied as it is.
struct query_values {
  std::string_view borrowed_id_;
  std::span<const meta_condition> borrowed_meta_;
  const borrowed_conditions::functions* use_borrowed_ = nullptr;  // null: there are none
  const special_reads* special_ = nullptr;
  std::array<range, std::size(ranged_fields)> ranges_;
  std::uint64_t limit_ = 0;
  const query_checks* checks_ = nullptr;
  bool has_limit_ = false;
  std::optional<order> order_;
};

/// Whether its owner was moved from.
class moved_from {
 public:
  moved_from() = default;
  moved_from(const moved_from&) = default;
  moved_from(moved_from&& other) noexcept : is_(std::exchange(other.is_, true)) {}
  moved_from& operator=(const moved_from&) = default;

  explicit operator bool() const noexcept { return is_; }

  friend bool operator==(const moved_from&, const moved_from&) = default;

 private:
  bool is_ = false;
};

/// What it has that owns memory, and whether it still does.
struct query_parts {
  optional_part<query_text> text_;
  optional_part<wanted_id> id_;
  optional_part<named_filters> named_;
  moved_from moved_from_;
};
}  // namespace detail

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
/// there. Everything goes in unencoded. One that was moved from has lost conditions, and is refused until it is assigned to.
///
/// **Threads**: a value; concurrent const access is fine. **Memory**: owns its strings.
/// **Source**: protocol, section 4.
class AUDITOR_EXPORT query : detail::query_parts, detail::query_values {
 public:
  /// For all records.
  query() noexcept {}
  query(const query&) = default;
  query(query&&) = default;
  // Copies from a temporary, too: strings and vectors that are moved onto themselves are empty, and conditions are not
  // to vanish.
  query& operator=(const query&) = default;

  /// A query from its text, for those who have one: `start_time[gte]=2024-01-01T00:00:00Z&limit=10`, percent-encoded, a
  /// leading '?' is allowed. It is sent as it is, in either dialect. `validate()` refuses what the server would silently
  /// drop, and what could not be sent; mistakes that the server reports itself are left to it. More conditions, an order
  /// and a limit may be added.
  static query raw(detail::owned_text whole);

  /// The one record of this id, if there is one (and all else holds).
  query& with_record_id(detail::owned_text id) &;
  query with_record_id(detail::owned_text id) &&;

  /// One lower and/or one upper bound: `gte(t0), lt(t1)`. Bounds finer than a microsecond, which is what the server
  /// stores, are rounded such that the same records match. Said again, both must hold: the tighter bound counts. **Ranges**: `earliest_timestamp` .. `latest_timestamp`.
  template <class... Bounds>
  query& with_start_time(Bounds... bounds) & {
    if constexpr (detail::explain_times<Bounds...>())
      (conditions_on(field::start_time).set_bound(detail::time_condition(Bounds::op, bounds.value)), ...);
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
      (conditions_on(field::stop_time).set_bound(detail::time_condition(Bounds::op, bounds.value)), ...);
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
      (conditions_on(field::runtime).set(detail::number_condition(Bounds::op, bounds.value)), ...);
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
      detail::meta_filter& filter = named().meta_of(std::move(name).take());
      (filter.add(std::move(conditions)), ...);
    }
    return *this;
  }
  template <class... Conditions>
  query with_meta(detail::owned_text name, Conditions... conditions) && {
    return std::move(with_meta(std::move(name), std::move(conditions)...));
  }

  /// Conditions that an array of the caller's holds, beside all others; said again, it replaces the array. **Lifetime**: the array
  /// outlives the query and its copies. **Memory**: none.
  query& with_meta(std::span<const meta_condition> borrowed) & noexcept;
  query with_meta(std::span<const meta_condition> borrowed) && noexcept;

  /// The amount of one component: one lower and/or one upper bound, or `equals`.
  ///
  /// The server looks at the **first** component of each record only, so that a record that lists this one second is not
  /// found, and a query for two components finds nothing: `validate()` refuses it. An amount above 2^31-1 as the first
  /// amount of any record in the table makes the server answer with nothing at all. **Ranges**: 0 .. 2^63-1.
  template <class... Bounds>
  query& with_component(detail::owned_text name, Bounds... bounds) & {
    if constexpr (detail::explain_amounts<Bounds...>()) {
      detail::range& amount = named().amount_of(std::move(name).take());
      (amount.set(detail::number_condition(Bounds::op, bounds.value)), ...);
    }
    return *this;
  }
  template <class... Bounds>
  query with_component(detail::owned_text name, Bounds... bounds) && {
    return std::move(with_component(std::move(name), bounds...));
  }

  /// By one field: `ascending(field::stop_time)`. Without one the server sorts by stop time, ascending.
  query& sort_by(auditor::order by) & noexcept;
  query sort_by(auditor::order by) && noexcept;

  /// At most this many records, the first ones of the order; 0: none. **Ranges**: 0 .. 2^63-1.
  template <detail::whole_number Number>
  query& limit(Number most) & noexcept {
    const detail::condition c = detail::number_condition(detail::comparison::lte, most);
    limit_ = c.in_range() ? static_cast<std::uint64_t>(c.value) : limit_out_of_range;
    has_limit_ = true;
    special_ = detail::special_reads::named();
    return *this;
  }
  template <detail::whole_number Number>
  query limit(Number most) && noexcept {
    return std::move(limit(most));
  }

  /// The limit, if there is one.
  std::optional<std::uint64_t> limit() const noexcept {
    return has_limit_ ? std::optional<std::uint64_t>(limit_) : std::nullopt;
  }
  /// The order, if there is one.
  std::optional<auditor::order> order() const noexcept { return order_; }
  /// Whether it has an order.
  bool is_sorted() const noexcept { return order_.has_value(); }
  /// The id asked for, unencoded. **Lifetime**: the query's.
  std::optional<std::string_view> record_id() const& noexcept;
  std::optional<std::string> record_id() &&;

  /// Says what is wrong with the query, for a server of the current dialect.
  /// **Errors**: `invalid_query`, with the field and the rule.
  result<void> validate() const;

  /// All conditions as text, without order and limit, and without '?'; empty: all records.
  /// **Errors**: `invalid_query`.
  result<std::string> filters(meta_dialect dialect = meta_dialect::list) const;

  /// The whole query as text, without '?'; empty: all records in the server's order.
  /// **Errors**: `invalid_query`.
  result<std::string> encode(meta_dialect dialect = meta_dialect::list) const;

  /// Whether both ask the same in the same words; conditions on several names in another order are other words.
  friend bool operator==(const query& a, const query& b) noexcept { return a.equals(b); }

  // ---- for the reading operations ----------------------------------------------------------------------------------

  /// Is there a condition on a component? The server's SQL fails on some of them, and then it answers with nothing.
  bool has_component_filter() const noexcept { return checks_ != nullptr && checks_->has_component_filter(*this); }
  /// Is there one on meta or a component?
  bool has_names() const noexcept { return named_ || use_borrowed_ != nullptr; }
  /// Whether it is `raw`.
  bool is_from_text() const noexcept { return text_ && !text_->filters.empty(); }

  /// As `record_id`; of none the data are null.
  std::string_view wanted_id() const noexcept;
  /// Whether there is one.
  bool has_id() const noexcept { return id_ || borrowed_id_.data() != nullptr || (text_ && text_->record_id); }

  /// For the one record of this id. **Lifetime**: the id's. **Memory**: none.
  static query for_id(std::string_view borrowed) noexcept;

  /// Which of its conditions are written.
  enum class part : std::uint8_t {
    filters,   ///< all
    superset,  ///< those that are not on meta and components: what they find has among it all that this query can find
  };
  /// Writes it behind what is there: a question mark before the first pair. Of one that `is_valid`.
  /// Returns what comes before the next pair.
  char write(detail::text_buffer& to, part which, meta_dialect dialect) const;
  /// All of it, with order and limit.
  void write_whole(detail::text_buffer& to, meta_dialect dialect) const;
  /// False: `why` says the first thing that is wrong. **Memory**: none; but for one from a text, its copies.
  bool is_valid(meta_dialect dialect, error& why) const;
  /// How many fields have a range, if those are all the conditions, of these; else -1. Sets `last` to the last of the fields.
  int only_ranges(part which, field& last) const noexcept;

  /// The field that has all the conditions of this query, if there is one.
  std::optional<field> only_range_of(part which = part::filters) const noexcept;
  /// The conditions on a time or on the runtime.
  const detail::range& range_of(field by) const noexcept { return ranges_[static_cast<std::size_t>(by)]; }

  /// Whether the conditions on meta and components hold, as the server means them: of the components, the first one counts.
  /// **Memory**: none. Not for a query from a text, which is only read as far as it must be.
  bool holds_for(const record_view& r) const noexcept;

  /// What its limit or its order brings along.
  const detail::special_reads* special() const noexcept { return special_; }

 private:
  static constexpr std::uint64_t limit_out_of_range = ~std::uint64_t{0};

  bool equals(const query& other) const noexcept;
  detail::range& conditions_on(field by) noexcept { return ranges_[static_cast<std::size_t>(by)]; }
  std::string_view own_id() const noexcept { return id_ ? std::string_view(id_->text) : borrowed_id_; }
  std::string filters_as_text(meta_dialect dialect) const;
  static const detail::query_checks of_texts;
  static bool goes_with_array(const query& of, error& why);
  static bool filters_components(const query& of) noexcept;
  static bool is_text_valid(const query& of, meta_dialect dialect, error& why);
  detail::named_filters& named();
};

}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/query/query.ipp>
#endif
