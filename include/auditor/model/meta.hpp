// Meta information of a record: names such as site, group or user, each with a list of values.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text.hpp>
#include <auditor/impl/model/owned_list.hpp>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_MODEL_ABI {

namespace model_detail {
class name_table;
}

/// The values of one name, as a parameter: one text, texts in braces, or any range of them.
///
/// ```cpp
/// r.meta.set("site_id", "site1").set("group", {"a", "b"}).set("user", names);  // std::set<std::string> names
/// ```
/// A null pointer is an empty text, which `validate` refuses. **Memory**: copies, unless it is given a vector of strings.
class AUDITOR_EXPORT meta_values {
 public:
  /// Of a list.
  meta_values(std::vector<std::string> list) noexcept;
  // Not an initializer_list, which g++ 12 cannot compile inside a co_await expression.
  /// Of one or several texts.
  template <model_detail::text_like... Values>
  meta_values(const Values&... values) {
    list_.reserve(sizeof...(Values));
    (list_.emplace_back(model_detail::characters_of(values)), ...);
  }
  /// Of any range of texts.
  template <std::ranges::input_range Range>
    requires(!model_detail::text_like<std::remove_cvref_t<Range>>) &&
            model_detail::text_like<std::remove_cvref_t<std::ranges::range_reference_t<Range>>>
  meta_values(Range&& values) {
    for (auto&& value : values) list_.emplace_back(model_detail::characters_of(value));
  }

  /// The list itself.
  std::vector<std::string> take() && { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

struct meta_view;

/// One name and its values, in the order given.
struct AUDITOR_EXPORT meta_entry {
  std::string name;                 ///< as every name, see `validate`
  std::vector<std::string> values;  ///< at least one

  meta_entry() = default;
  /// Of a name and its values.
  meta_entry(model_detail::owned_text entry_name, meta_values entry_values);
  /// A copy of what a view shows.
  template <std::same_as<meta_view> View>
  explicit meta_entry(const View& of) : name(of.name) {
    model_detail::append_copies(values, of.values);
  }

  friend bool operator==(const meta_entry&, const meta_entry&) = default;
};

/// A small map from name to values that keeps the order of insertion and compares without it: the server sends the
/// names of one record in another order each time (protocol.md fact 3). The order of the values of one name counts.
///
/// ```cpp
/// auditor::meta m{{"site_id", {"site1"}}, {"group", {"a", "b"}}};
/// if (const auto* groups = m.find("group")) use(*groups);
/// for (const auditor::meta_entry& entry : m) use(entry.name, entry.values);
/// ```
/// **Memory**: a vector of entries; above 32 of them also a table of names, so that many are set and found in the time that
/// few would take; not of a record that came from a server, nor behind `entries()`. **Threads**: a value; concurrent const access is fine.
class AUDITOR_EXPORT meta {
 public:
  using const_iterator = std::vector<meta_entry>::const_iterator;

  meta() noexcept;
  /// Of entries; of one name the last.
  meta(std::initializer_list<meta_entry> entries);

  /// A copy.
  meta(const meta& other);
  /// Takes what the other one has.
  meta(meta&&) noexcept;
  meta& operator=(const meta& other);
  // Moved onto itself it stays as it is, as a record does.
  meta& operator=(meta&& other) noexcept;
  ~meta();

  /// Sets the values of a name: behind the others when it is new, else in place of what it had.
  meta& set(model_detail::owned_text name, meta_values values) &;
  meta set(model_detail::owned_text name, meta_values values) &&;
  /// Several values without braces: `set("group", "a", "b")`.
  template <model_detail::text_like... Values>
    requires(sizeof...(Values) > 1)
  meta& set(model_detail::owned_text name, const Values&... values) & {
    return set(std::move(name), meta_values(values...));
  }
  template <model_detail::text_like... Values>
    requires(sizeof...(Values) > 1)
  meta set(model_detail::owned_text name, const Values&... values) && {
    return std::move(set(std::move(name), meta_values(values...)));
  }

  /// The values of a name, or null when it has none. **Lifetime**: until the next change.
  const std::vector<std::string>* find(model_detail::borrowed_text name) const noexcept;

  bool empty() const noexcept { return entries_.empty(); }
  std::size_t size() const noexcept { return entries_.size(); }
  const_iterator begin() const noexcept { return entries_.begin(); }
  const_iterator end() const noexcept { return entries_.end(); }
  /// Its entries, one behind the other. **Lifetime**: until the next change.
  const meta_entry* data() const noexcept { return entries_.data(); }
  /// Entry i in the order of insertion. **Ranges**: i < size().
  const meta_entry& operator[](std::size_t i) const noexcept { return entries_[i]; }
  void clear() noexcept;

  /// The entries themselves, for code that fills them and keeps the names distinct.
  /// **Lifetime**: until the next call of a function that changes them.
  std::vector<meta_entry>& entries() noexcept;

  /// **Memory**: allocates where more than 16 names come in another order.
  friend bool operator==(const meta& a, const meta& b) { return a.is_same(b); }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  static constexpr std::size_t few = 32;  // up to here a name is looked for one by one

  struct names {
    const std::vector<meta_entry>& of;
    std::string_view operator()(std::size_t i) const noexcept { return of[i].name; }
  };

  bool is_same(const meta& other) const;
  bool holds(const meta& other) const;
  std::size_t place_of(std::string_view name) const noexcept;

  std::vector<meta_entry> entries_;
  std::unique_ptr<model_detail::name_table> table_;  // of all entries, once they are more than a few
};

}  // namespace AUDITOR_MODEL_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/model/meta.ipp>
#endif
