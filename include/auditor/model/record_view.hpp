// A record that borrows: from an owning record, from the caller's own arrays, from a decoded text. No heap.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

namespace model_detail {

template <class From, class T>
concept viewable_as = std::constructible_from<T, const From&> || (std::same_as<T, std::string_view> && text_like<From>);

template <class T, class From>
constexpr T view_as(const From& from) {
  if constexpr (std::same_as<T, std::string_view>)
    return characters_of(from);
  else
    return T(from);
}

}  // namespace model_detail

/// A borrowed random-access list whose elements are made on demand: a pointer, a count, and how to view element i.
///
/// ```cpp
/// const std::array values{"a", "b"};
/// auditor::view_list<std::string_view> list = values;
/// for (const std::string_view value : list) use(value);
/// ```
/// **Lifetime**: as long as what it was made from. **Memory**: three words, no heap.
template <class T>
class AUDITOR_EXPORT view_list {
 public:
  /// Makes element i of what the list is over.
  using element = T (*)(const void* data, std::size_t i);

  class iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using reference = T;
    iterator() = default;
    /// At element i.
    iterator(const view_list* list, std::size_t i) noexcept : list_(*list), i_(i) {}
    T operator*() const { return list_[i_]; }
    iterator& operator++() noexcept {
      ++i_;
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator old = *this;
      ++i_;
      return old;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.i_ == b.i_; }

   private:
    view_list list_;
    std::size_t i_ = 0;
  };

  view_list() = default;
  /// Over anything: `at(data, i)` makes an element.
  constexpr view_list(const void* data, std::size_t size, element at) noexcept : data_(data), size_(size), at_(at) {}

  /// Over any contiguous container of things that a `T` can be made of. **Lifetime**: it must outlive the list.
  template <class Range>
    requires(!std::same_as<Range, view_list>) && std::ranges::contiguous_range<const Range> &&
            model_detail::viewable_as<std::ranges::range_value_t<Range>, T>
  constexpr view_list(const Range& range) noexcept : view_list(over(std::ranges::data(range), std::ranges::size(range))) {}
  /// Does not compile: the error says why.
  template <class Range>
    requires(!std::same_as<Range, view_list>) && std::ranges::contiguous_range<const Range> &&
            model_detail::viewable_as<std::ranges::range_value_t<Range>, T> && (!std::ranges::borrowed_range<const Range>)
  view_list(const Range&&) noexcept {
    static_assert(!std::same_as<Range, Range>,
                  "keep the container in a variable that outlives the view, which borrows from it");
  }

  /// Over so many things from `first` on, of which a `T` can be made. **Lifetime**: they must outlive the list.
  template <class Thing>
  static constexpr view_list over(const Thing* first, std::size_t size) noexcept {
    return {first, size,
            [](const void* data, std::size_t i) { return model_detail::view_as<T>(static_cast<const Thing*>(data)[i]); }};
  }

  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  T operator[](std::size_t i) const { return at_(data_, i); }

  /// Of the meta of a record: the values of a name, or none. `if (const auto sites = r.meta.find("site_id"))`
  auto find(model_detail::borrowed_text name) const
    requires requires(T entry) { entry.values; }
  {
    for (const T& entry : *this)
      if (entry.name == std::string_view(name)) return std::optional(entry.values);
    return std::optional<decltype(T::values)>();
  }

  iterator begin() const noexcept { return {this, 0}; }
  iterator end() const noexcept { return {this, size_}; }

 private:
  const void* data_ = nullptr;
  std::size_t size_ = 0;
  element at_ = nullptr;
};

/// A `score` by reference. **Lifetime**: of what it was made from.
struct AUDITOR_EXPORT score_view {
  std::string_view name;  ///< of the score
  double value = 0;       ///< finite, not negative

  score_view() = default;
  /// Of a name, which is borrowed, and a value.
  constexpr score_view(model_detail::borrowed_text score_name, double score_value) noexcept
      : name(score_name), value(score_value) {}
  /// Of an owning one, which outlives it.
  score_view(const score& s) noexcept : name(s.name), value(s.value) {}
};

/// A `component` by reference. **Lifetime**: of what it was made from, the list of scores too.
struct AUDITOR_EXPORT component_view {
  std::string_view name;         ///< of the component
  std::int64_t amount = 0;       ///< not negative
  view_list<score_view> scores;  ///< what rates it

  component_view() = default;
  /// Of a name and an amount, and its scores, which are borrowed.
  constexpr component_view(model_detail::borrowed_text component_name, std::int64_t how_much,
                           view_list<score_view> list = {}) noexcept
      : name(component_name), amount(how_much), scores(list) {}
  /// The same of an unsigned number: `validate` refuses one beyond 2^63-1.
  template <std::unsigned_integral Amount>
  constexpr component_view(model_detail::borrowed_text component_name, Amount how_much,
                           view_list<score_view> list = {}) noexcept
      : component_view(component_name, model_detail::amount_of(how_much), list) {}
  template <std::floating_point Amount>
  component_view(model_detail::borrowed_text component_name, Amount how_much, view_list<score_view> list = {}) = delete;
  /// Of an owning one, which outlives it.
  component_view(const component& c) noexcept
      : name(c.name), amount(c.amount), scores(view_list<score_view>::over(c.scores.data(), c.scores.size())) {}
};

/// One meta name and its values by reference. **Lifetime**: of what it was made from, the list of values too.
struct AUDITOR_EXPORT meta_view {
  std::string_view name;               ///< of the entry
  view_list<std::string_view> values;  ///< at least one

  meta_view() = default;
  /// Of a name and its values, which are borrowed.
  constexpr meta_view(model_detail::borrowed_text meta_name, view_list<std::string_view> list) noexcept
      : name(meta_name), values(list) {}
  /// Of an owning one, which outlives it.
  meta_view(const meta_entry& entry) noexcept
      : name(entry.name), values(view_list<std::string_view>::over(entry.values.data(), entry.values.size())) {}
};

/// A record by reference: what every sending call and the encoder take, and what a visitor gets.
///
/// ```cpp
/// const std::array sites{"site1"};
/// const std::array meta{auditor::meta_view("site_id", sites)};
/// const std::array components{auditor::component_view("CPU", 8)};
/// auditor::record_view r("record-1", start);
/// r.meta = meta;
/// r.components = components;
/// client.add(r);  // nothing was copied, nothing was allocated
/// ```
/// Unlike a record it may hold a meta name twice; `validate` refuses that.
/// **Lifetime**: of what it was made from; in a visitor, until the visitor returns. `to_record` keeps one.
struct AUDITOR_EXPORT record_view {
  std::string_view record_id;              ///< as those of `record`
  view_list<meta_view> meta;               ///< in any order, each name once
  view_list<component_view> components;    ///< in this order
  timestamp start_time = unset_timestamp;  ///< has to be set
  std::optional<timestamp> stop_time;      ///< none: it is still running
  std::optional<std::int64_t> runtime;     ///< whole seconds, from the server; nobody sends it

  record_view() = default;
  /// Of an id, which is borrowed, and a start.
  template <class Duration>
  record_view(model_detail::borrowed_text id, std::chrono::sys_time<Duration> start) noexcept
      : record_id(id), start_time(start) {}
  /// Does not compile: the error says what to write.
  template <class Time>
    requires(!model_detail::sys_time<Time>)
  record_view(model_detail::borrowed_text, const Time&) noexcept {
    model_detail::explain_time<Time>();
  }
  /// Of an owning one, which outlives it.
  record_view(const record& r) noexcept
      : record_id(r.record_id),
        meta(view_list<meta_view>::over(r.meta.data(), r.meta.size())),
        components(view_list<component_view>::over(r.components.data(), r.components.size())),
        start_time(r.start_time),
        stop_time(r.stop_time),
        runtime(r.runtime) {}

  /// The first component of this name, if there is one.
  std::optional<component_view> find_component(model_detail::borrowed_text name) const {
    for (const component_view each : components)
      if (each.name == std::string_view(name)) return each;
    return std::nullopt;
  }
};

/// Copies a view into a record and reuses the memory that the record has: of many records alike only the first allocates.
/// `from` must not borrow from `to`.
void assign(record& to, const record_view& from);

/// An owning copy, such as a visitor makes of what it wants to keep. **Memory**: allocates.
record to_record(const record_view& from);

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/record_view.ipp>
#endif
