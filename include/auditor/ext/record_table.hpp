// Many records in little memory: columns of their ids and times, and what else they say in rows that hold each text once.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/sorted_numbers.hpp>
#include <auditor/impl/json/word.hpp>
#include <auditor/impl/operation/read/row_order.hpp>
#include <auditor/model/record_view.hpp>
#include <auditor/operation/read.hpp>
#include <auditor/operation/read/collector.hpp>
#include <auditor/operation/read/id_hash.hpp>
#include <auditor/query/order.hpp>

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

class record_table;
namespace detail {

class table_operation;
struct kept_table;

// Of a row, each of them once.
union table_word {
  const void* pointer;
  std::int64_t amount;
  double score;
};

// Memory that stays where it is: in pieces, each twice as large as the one before it, up to a limit.
class table_memory {
 public:
  table_word* take(std::size_t words) {
    if (words > left_) {
      const std::size_t size = (std::max)(words, next_size_);
      pieces_.reserve(pieces_.size() + 1);
      pieces_.push_back(std::make_unique_for_overwrite<table_word[]>(size));
      next_ = pieces_.back().get();
      left_ = size;
      bytes_ += size * sizeof(table_word);
      next_size_ = (std::min)(2 * next_size_, largest);
    }
    left_ -= words;
    return std::exchange(next_, next_ + words);
  }
  // One of them, and so many in a row. Nobody destroys them.
  template <class T>
  const T* keep(const T& made) {
    return ::new (take<T>(1)) T(made);
  }
  template <class T>
  T* keep_list(std::size_t size) {
    T* const list = take<T>(size);
    for (std::size_t i = 0; i < size; ++i) ::new (static_cast<void*>(list + i)) T();
    return list;
  }
  std::string_view keep(std::string_view text) {
    if (text.empty()) return {};
    char* const to = take<char>(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  std::size_t bytes() const noexcept { return bytes_; }

  static constexpr std::size_t words_of(std::size_t bytes) noexcept {
    return (bytes + sizeof(table_word) - 1) / sizeof(table_word);
  }

 private:
  template <class T>
  T* take(std::size_t count) {
    static_assert(alignof(T) <= alignof(table_word) && std::is_trivially_destructible_v<T>);
    return reinterpret_cast<T*>(take(words_of(count * sizeof(T))));  // NOLINT(bugprone-sizeof-expression): of pointers, too
  }

  static constexpr std::size_t first = 512, largest = std::size_t{1} << 17;  // words

  std::vector<std::unique_ptr<table_word[]>> pieces_;
  table_word* next_ = nullptr;
  std::size_t left_ = 0, next_size_ = first, bytes_ = 0;
};

// Texts are short, and most of them are what the row before has: so by eight characters at once, without a call.
inline bool is_same_short(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (b.size() != size) return false;
  if (size < 8) return size == 0 || load_part(a.data(), size) == load_part(b.data(), size);
  for (std::size_t at = 0; at < size - 8; at += 8)
    if (load_word(a.data() + at) != load_word(b.data() + at)) return false;
  return load_word(a.data() + size - 8) == load_word(b.data() + size - 8);
}

// Kept once, for all records that have the same: a name; one name of meta with its values; how the components of a record are called.
struct table_name {
  std::uint64_t hash;
  std::string_view text;

  bool is(std::string_view wanted) const noexcept { return is_same_short(text, wanted); }
};
struct table_meta {
  std::uint64_t hash;
  std::string_view name;
  std::span<const std::string_view> values;

  bool is(const meta_view& wanted) const noexcept {
    if (!is_same_short(name, wanted.name) || values.size() != wanted.values.size()) return false;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!is_same_short(values[i], wanted.values[i])) return false;
    return true;
  }
};
struct table_component {
  std::string_view name;
  std::size_t first_score = 0, scores = 0;  // of those of the record
};
struct table_shape {
  std::uint64_t hash;
  std::size_t metas;
  std::span<const table_component> components;
  std::span<const table_name* const> score_names;

  bool is(const record_view& wanted) const noexcept {
    if (metas != wanted.meta.size() || components.size() != wanted.components.size()) return false;
    for (std::size_t i = 0; i < components.size(); ++i) {
      const component_view c = wanted.components[i];
      const table_component& own = components[i];
      if (own.scores != c.scores.size() || !is_same_short(own.name, c.name)) return false;
      for (std::size_t k = 0; k < own.scores; ++k)
        if (!score_names[own.first_score + k]->is(c.scores[k].name)) return false;
    }
    return true;
  }
};

// What each of them is found by.
inline std::uint64_t table_hash(std::string_view text) noexcept { return hash_of(text).value(); }
inline std::uint64_t table_hash(const meta_view& m) noexcept {
  id_hash hash = hash_of(m.name);
  for (std::size_t i = 0; i < m.values.size(); ++i) hash.add(m.values[i]);
  return hash.value();
}
inline std::uint64_t table_hash(const record_view& r) noexcept {
  id_hash hash;
  for (std::size_t i = 0; i < r.components.size(); ++i) {
    const component_view c = r.components[i];
    hash.add(c.name);
    for (std::size_t k = 0; k < c.scores.size(); ++k) hash.add(c.scores[k].name);
  }
  return hash.value() + r.meta.size();
}

// Where they are, by their hashes. They stay there.
template <class T>
class table_index {
 public:
  // Null: it has none that is the same.
  template <class Wanted>
  const T* find(std::uint64_t hash, const Wanted& wanted) const noexcept {
    if (slots_.empty()) return nullptr;
    std::size_t at = first_slot(hash);
    while (slots_[at] != nullptr && (slots_[at]->hash != hash || !slots_[at]->is(wanted))) at = next_slot(at);
    return slots_[at];
  }
  // For one more.
  void make_room() {
    if (slots_.size() >= 2 * (count_ + 1)) return;
    std::vector<const T*> before((std::max)(2 * slots_.size(), std::size_t{16}));
    before.swap(slots_);
    for (const T* each : before)
      if (each != nullptr) put(each);
  }
  const T* add(const T* kept) noexcept {
    ++count_;
    return put(kept);
  }
  std::size_t bytes() const noexcept { return slots_.capacity() * sizeof(const T*); }

 private:
  // So that all bits of a hash count, of which those of short texts differ in few.
  std::size_t first_slot(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>((hash * 0x9E3779B97F4A7C15u) >> 32) & (slots_.size() - 1);
  }
  std::size_t next_slot(std::size_t at) const noexcept { return (at + 1) & (slots_.size() - 1); }
  const T* put(const T* kept) noexcept {
    std::size_t at = first_slot(kept->hash);
    while (slots_[at] != nullptr) at = next_slot(at);
    return slots_[at] = kept;
  }

  std::vector<const T*> slots_;  // a power of two of them, at most half in use; the others are null
  std::size_t count_ = 0;
};

}  // namespace detail

/// Some of the rows of a `record_table`, in an order of their own. Nothing is copied but their numbers.
///
/// ```cpp
/// auditor::record_rows late = table.rows();
/// late.keep_if([&](const auditor::record_view& r) { return r.stop_time > deadline; });
/// late.sort_by(descending(auditor::field::runtime));
/// for (const auditor::record_view r : late) report(r);
/// ```
/// A range of `record_view`s, which any call that takes one takes. **Lifetime**: the table outlives it; rows that it gets later are not among them.
/// **Memory**: 4 bytes a row.
class AUDITOR_EXPORT record_rows {
 public:
  class iterator;

  std::size_t size() const noexcept { return numbers_.size(); }
  bool empty() const noexcept { return numbers_.empty(); }
  /// **Lifetime**: of the table.
  record_view operator[](std::size_t i) const noexcept;
  iterator begin() const noexcept;
  iterator end() const noexcept;
  /// Their numbers in the table, and in its columns.
  std::span<const std::uint32_t> numbers() const noexcept { return numbers_; }

  /// Keeps those of which this is true. What it throws leaves all as they were, as in `sort`.
  template <std::predicate<const record_view&> Predicate>
  record_rows& keep_if(Predicate&& is_wanted) {
    std::vector<std::uint32_t> kept;
    for (const std::uint32_t number : numbers_)
      if (is_wanted(at(number))) kept.push_back(number);
    numbers_ = std::move(kept);
    return *this;
  }
  /// By a field, those alike by their ids; ids by their bytes. Open records as `order` says.
  record_rows& sort_by(order by);
  /// So that `before(a, b)` of two `record_view`s is true of none behind another; those alike stay in their order.
  template <std::predicate<const record_view&, const record_view&> Before>
  record_rows& sort(Before&& before) {
    const auto is_before = [&](std::uint32_t a, std::uint32_t b) {  // of two places
      const record_view one = at(numbers_[a]), other = at(numbers_[b]);
      return before(one, other) || (a < b && !before(other, one));
    };
    std::vector<std::uint32_t> sorted = detail::sorted_numbers(size(), detail::number_order::by(is_before));
    for (std::uint32_t& each : sorted) each = numbers_[each];
    numbers_ = std::move(sorted);
    return *this;
  }

 private:
  friend class record_table;
  explicit record_rows(const record_table& of);
  record_view at(std::uint32_t number) const noexcept;

  const record_table* table_;
  std::vector<std::uint32_t> numbers_;
};

/// Records in about a sixth of the memory of a `vector<record>`: 180 bytes one of 5 meta entries and 3 components with two scores, where that
/// takes 1,072. Ids, times and runtimes are columns, each contiguous; names, meta values and what components are called are kept once.
///
/// ```cpp
/// #include <auditor/ext/record_table.hpp>
/// auditor::record_table table;
/// const auto read = client.advanced_query(auditor::query{}.with_start_time(gte(monday)), table);
/// if (!read) return complain(read.error());  // then the table is as it was
/// const std::vector<std::int64_t> cores = table.amounts("Cores");
/// for (std::size_t i = 0; i < table.size(); ++i) bill(table.ids()[i], cores[i] * table.runtimes()[i]);
/// ```
/// A range of `record_view`s, which any call that takes one takes. **Lifetime**: views and the texts in them are good until `clear`, or the
/// end of the table; the spans of columns until a record is added. **Threads**: as a vector. **Errors**: what a vector throws when there
/// is no memory; then the table is as it was. More than 2^32-1 rows are `std::length_error`.
class AUDITOR_EXPORT record_table {
 public:
  using iterator = record_rows::iterator;
  /// For `client::advanced_query`.
  using filling_operation = detail::table_operation;

  /// In `runtimes()`: the record has none.
  static constexpr std::int64_t no_runtime = (std::numeric_limits<std::int64_t>::min)();

  record_table() = default;
  /// Takes what the other one has, which is empty then.
  record_table(record_table&& other) noexcept { swap(other); }
  record_table& operator=(record_table&& other) noexcept {
    record_table taken(std::move(other));
    swap(taken);
    return *this;
  }
  ~record_table() = default;

  std::size_t size() const noexcept { return ids_.size(); }
  bool empty() const noexcept { return ids_.empty(); }
  record_view operator[](std::size_t i) const noexcept {
    record_view r;
    r.record_id = ids_[i];
    r.start_time = starts_[i];
    if (stops_[i] != unset_timestamp) r.stop_time = stops_[i];
    if (runtimes_[i] != no_runtime) r.runtime = runtimes_[i];
    const detail::table_word* const row = rows_[i];
    const detail::table_shape& shape = shape_of(row);
    r.meta = {row + 1, shape.metas, [](const void* first, std::size_t k) {
                const auto& kept = *pointer<detail::table_meta>(static_cast<const detail::table_word*>(first)[k]);
                return meta_view(kept.name, kept.values);
              }};
    r.components = {row, shape.components.size(), component_at};
    return r;
  }
  iterator begin() const noexcept;
  iterator end() const noexcept;
  /// All of them, to be sorted and filtered.
  record_rows rows() const { return record_rows(*this); }

  /// Row by row: the ids.
  std::span<const std::string_view> ids() const noexcept { return ids_; }
  /// The same of their starts.
  std::span<const timestamp> start_times() const noexcept { return starts_; }
  /// Their ends. `unset_timestamp`: it is still running.
  std::span<const timestamp> stop_times() const noexcept { return stops_; }
  /// **Units**: seconds. `no_runtime`: the record has none.
  std::span<const std::int64_t> runtimes() const noexcept { return runtimes_; }
  /// Row by row: the amount of the first component of this name, or this where there is none. **Memory**: 8 bytes a row.
  std::vector<std::int64_t> amounts(detail::borrowed_text component, std::int64_t otherwise = 0) const {
    const std::string_view name = component;
    std::vector<std::int64_t> column(size(), otherwise);
    const detail::table_shape* last = nullptr;
    std::size_t at = 0;
    for (std::size_t i = 0; i < size(); ++i) {
      const detail::table_shape& shape = shape_of(rows_[i]);
      if (&shape != last) {
        at = 0;
        while (at < shape.components.size() && shape.components[at].name != name) ++at;
        last = &shape;
      }
      if (at < shape.components.size()) column[i] = amount(rows_[i], shape, at);
    }
    return column;
  }

  /// Copies a record to the end. It may be one of this table. A stop time of `unset_timestamp`, and a runtime of `no_runtime`, are none.
  void push_back(const record_view& r);
  /// Of that many rows; the columns then do not move before.
  void reserve(std::size_t rows) {
    for_columns([rows](auto& column) { column.reserve(rows); });
  }
  /// Drops all records, and gives the memory back.
  void clear() noexcept { *this = record_table(); }
  /// Each takes what the other one has; views stay good.
  void swap(record_table& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(names_, other.names_);
    std::swap(metas_, other.metas_);
    std::swap(shapes_, other.shapes_);
    std::swap(ids_, other.ids_);
    std::swap(starts_, other.starts_);
    std::swap(stops_, other.stops_);
    std::swap(runtimes_, other.runtimes_);
    std::swap(rows_, other.rows_);
  }
  /// **Units**: bytes that it holds, near enough: rows, columns and what is kept once.
  std::size_t memory() const noexcept {
    constexpr std::size_t row =
        sizeof(std::string_view) + 2 * sizeof(timestamp) + sizeof(std::int64_t) + sizeof(const detail::table_word*);
    return memory_.bytes() + ids_.capacity() * row + names_.bytes() + metas_.bytes() + shapes_.bytes();
  }

 private:
  friend class detail::table_operation;
  friend struct detail::kept_table;

  // A row: its shape, one kept meta for each entry, an amount for each component, the name and the value of each score, and the id.
  template <class T>
  static const T* pointer(const detail::table_word& word) noexcept {
    return static_cast<const T*>(word.pointer);
  }
  static const detail::table_shape& shape_of(const detail::table_word* row) noexcept {
    return *pointer<detail::table_shape>(row[0]);
  }
  static std::int64_t amount(const detail::table_word* row, const detail::table_shape& shape,
                             std::size_t component) noexcept {
    return row[1 + shape.metas + component].amount;
  }
  static component_view component_at(const void* first, std::size_t i) {
    const auto* const row = static_cast<const detail::table_word*>(first);
    const detail::table_shape& shape = shape_of(row);
    const detail::table_component& kept = shape.components[i];
    const detail::table_word* const scores = row + 1 + shape.metas + shape.components.size();
    return {kept.name, amount(row, shape, i),
            view_list<score_view>(scores + 2 * kept.first_score, kept.scores, [](const void* of, std::size_t k) {
              const auto* const score = static_cast<const detail::table_word*>(of) + 2 * k;
              return score_view(pointer<detail::table_name>(score[0])->text, score[1].score);
            })};
  }

  const detail::table_name* name(std::string_view wanted) {
    const std::uint64_t hash = detail::table_hash(wanted);
    if (const detail::table_name* const known = names_.find(hash, wanted)) return known;
    names_.make_room();
    return names_.add(memory_.keep(detail::table_name{hash, memory_.keep(wanted)}));
  }
  // `likely`: that of the row before, or null.
  const detail::table_meta* meta(const meta_view& wanted, const detail::table_meta* likely) {
    if (likely != nullptr && likely->is(wanted)) return likely;
    const std::uint64_t hash = detail::table_hash(wanted);
    if (const detail::table_meta* const known = metas_.find(hash, wanted)) return known;
    const std::string_view its_name = name(wanted.name)->text;
    const std::size_t count = wanted.values.size();
    auto* const values = memory_.keep_list<std::string_view>(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = memory_.keep(wanted.values[i]);
    metas_.make_room();
    return metas_.add(memory_.keep(detail::table_meta{hash, its_name, {values, count}}));
  }
  const detail::table_shape* shape(const record_view& wanted) {
    if (!rows_.empty() && shape_of(rows_.back()).is(wanted)) return &shape_of(rows_.back());
    const std::uint64_t hash = detail::table_hash(wanted);
    if (const detail::table_shape* const known = shapes_.find(hash, wanted)) return known;
    const std::size_t count = wanted.components.size();
    std::size_t scores = 0;
    for (std::size_t i = 0; i < count; ++i) scores += wanted.components[i].scores.size();
    auto* const components = memory_.keep_list<detail::table_component>(count);
    auto* const score_names = memory_.keep_list<const detail::table_name*>(scores);
    std::size_t first = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const component_view c = wanted.components[i];
      components[i] = {name(c.name)->text, first, c.scores.size()};
      for (std::size_t k = 0; k < c.scores.size(); ++k) score_names[first++] = name(c.scores[k].name);
    }
    shapes_.make_room();
    return shapes_.add(
        memory_.keep(detail::table_shape{hash, wanted.meta.size(), {components, count}, {score_names, scores}}));
  }
  // In this order; where one has no room those behind it may have none.
  template <class Act>
  void for_columns(const Act& act) {
    act(ids_);
    act(starts_);
    act(stops_);
    act(runtimes_);
    act(rows_);
  }
  void drop_behind(std::size_t rows) noexcept {
    for_columns([rows](auto& column) { column.resize(rows); });
  }
  // The rows from this one on, as an Auditor would send them.
  void arrange(std::size_t first, const order& by);
  auto keys_from(std::size_t first) const noexcept {
    struct keys {
      std::string_view record_id;
      timestamp start_time;
      std::optional<timestamp> stop_time;
      std::optional<std::int64_t> runtime;
    };
    return [this, first](std::uint32_t number) {
      const std::size_t i = first + number;
      keys of{ids_[i], starts_[i], {}, {}};
      if (stops_[i] != unset_timestamp) of.stop_time = stops_[i];
      if (runtimes_[i] != no_runtime) of.runtime = runtimes_[i];
      return of;
    };
  }
  friend class record_rows;

  detail::table_memory memory_;
  detail::table_index<detail::table_name> names_;
  detail::table_index<detail::table_meta> metas_;
  detail::table_index<detail::table_shape> shapes_;
  std::vector<std::string_view> ids_;
  std::vector<timestamp> starts_, stops_;
  std::vector<std::int64_t> runtimes_;
  std::vector<const detail::table_word*> rows_;
};

/// Goes through the rows of a table, or some of them.
class record_rows::iterator {
 public:
  using iterator_concept = std::random_access_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = record_view;
  using difference_type = std::ptrdiff_t;
  using reference = record_view;

  iterator() = default;
  record_view operator*() const noexcept { return (*this)[0]; }
  record_view operator[](difference_type n) const noexcept {
    const auto i = static_cast<std::size_t>(at_ + n);
    return (*table_)[numbers_ != nullptr ? numbers_[i] : i];
  }
  iterator& operator++() noexcept { return *this += 1; }
  iterator& operator--() noexcept { return *this -= 1; }
  iterator operator++(int) noexcept {
    const iterator old = *this;
    ++at_;
    return old;
  }
  iterator operator--(int) noexcept {
    const iterator old = *this;
    --at_;
    return old;
  }
  iterator& operator+=(difference_type n) noexcept {
    at_ += n;
    return *this;
  }
  iterator& operator-=(difference_type n) noexcept { return *this += -n; }
  friend iterator operator+(iterator i, difference_type n) noexcept { return i += n; }
  friend iterator operator+(difference_type n, iterator i) noexcept { return i += n; }
  friend iterator operator-(iterator i, difference_type n) noexcept { return i -= n; }
  friend difference_type operator-(const iterator& a, const iterator& b) noexcept { return a.at_ - b.at_; }
  friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }
  friend auto operator<=>(const iterator& a, const iterator& b) noexcept { return a.at_ <=> b.at_; }

 private:
  friend class record_rows;
  friend class record_table;
  iterator(const record_table* of, const std::uint32_t* numbers, std::size_t at) noexcept
      : table_(of), numbers_(numbers), at_(static_cast<difference_type>(at)) {}

  const record_table* table_ = nullptr;
  const std::uint32_t* numbers_ = nullptr;  // null: all rows
  difference_type at_ = 0;
};

inline record_rows::record_rows(const record_table& of) : table_(&of), numbers_(of.size()) {
  for (std::size_t i = 0; i < numbers_.size(); ++i) numbers_[i] = static_cast<std::uint32_t>(i);
}
inline record_view record_rows::at(std::uint32_t number) const noexcept { return (*table_)[number]; }
inline record_view record_rows::operator[](std::size_t i) const noexcept { return at(numbers_[i]); }
inline record_rows::iterator record_rows::begin() const noexcept { return {table_, numbers_.data(), 0}; }
inline record_rows::iterator record_rows::end() const noexcept { return {table_, numbers_.data(), numbers_.size()}; }
inline record_rows& record_rows::sort_by(order by) {
  const auto keys = table_->keys_from(0);
  const detail::row_order before(by, keys);
  detail::put_in_order(numbers_, detail::number_order::by(before));
  return *this;
}

inline record_table::iterator record_table::begin() const noexcept { return {this, nullptr, 0}; }
inline record_table::iterator record_table::end() const noexcept { return {this, nullptr, size()}; }

inline void record_table::push_back(const record_view& r) {
  const detail::table_shape* const its = shape(r);
  const detail::table_word* const before = rows_.empty() ? nullptr : rows_.back();
  const std::size_t metas_before = before != nullptr ? shape_of(before).metas : 0;
  const std::size_t fixed = 1 + its->metas + its->components.size() + 2 * its->score_names.size();
  constexpr std::size_t most_rows = (std::numeric_limits<std::uint32_t>::max)();
  if (size() == most_rows) ids_.reserve(ids_.max_size() + 1);  // std::length_error, in every build
  if (rows_.size() == rows_.capacity()) reserve((std::min)(2 * size() + 16, most_rows));
  detail::table_word* const row = memory_.take(fixed + detail::table_memory::words_of(r.record_id.size()));
  detail::table_word* to = row;
  (to++)->pointer = its;
  for (std::size_t i = 0; i < its->metas; ++i)
    (to++)->pointer = meta(r.meta[i], i < metas_before ? pointer<detail::table_meta>(before[1 + i]) : nullptr);
  detail::table_word* score = to + its->components.size();
  for (const detail::table_component& its_component : its->components) {
    const component_view c = r.components[static_cast<std::size_t>(&its_component - its->components.data())];
    (to++)->amount = c.amount;
    for (std::size_t k = 0; k < its_component.scores; ++k) {
      (score++)->pointer = its->score_names[its_component.first_score + k];
      (score++)->score = c.scores[k].value;
    }
  }
  to = score;
  std::string_view id;
  if (!r.record_id.empty()) {
    std::memcpy(to, r.record_id.data(), r.record_id.size());
    id = {reinterpret_cast<const char*>(to), r.record_id.size()};
  }
  // There is room in all columns: nothing throws from here on.
  ids_.push_back(id);
  starts_.push_back(r.start_time);
  stops_.push_back(r.stop_time.value_or(unset_timestamp));
  runtimes_.push_back(r.runtime.value_or(no_runtime));
  rows_.push_back(row);
}

inline void record_table::arrange(std::size_t first, const order& by) {
  std::vector<std::uint32_t> numbers;
  if (by.by == field::record_id) {
    if (!by.descends) return;
    numbers.resize(size() - first);  // they came in the order of the database's collation
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::uint32_t>(numbers.size() - 1 - i);
  } else {
    const auto keys = keys_from(first);
    const detail::row_order before(by, keys);
    numbers = detail::sorted_numbers(size() - first, detail::number_order::by(before));
  }
  for_columns([first, &numbers](auto& column) {
    const std::vector old(column.begin() + static_cast<std::ptrdiff_t>(first), column.end());
    for (std::size_t i = 0; i < old.size(); ++i) column[first + i] = old[numbers[i]];
  });
}

namespace detail {

// Constructed before the read that fills it.
struct kept_table {
  static constexpr std::size_t not_begun = static_cast<std::size_t>(-1);

  record_table& table_;
  std::size_t first_ = not_begun;  // of this read: behind what is there when the first record comes
  std::vector<std::string> unreadable_ids_;
  collector collector_;

  void drop() noexcept {
    if (first_ != not_begun) table_.drop_behind(first_);
    first_ = not_begun;
  }
};

// A read into a table: it is added behind what is there, or nothing is.
class table_operation : private kept_table, public read_operation {
 public:
  table_operation(query&& asked, record_table& to, const call_context& with, const read_options& call)
      : kept_table{to, not_begun, {}, into(this)},
        read_operation(std::move(asked), with, call, &(kept_table::collector_)) {}
  table_operation(const table_operation&) = delete;
  table_operation& operator=(const table_operation&) = delete;
  ~table_operation() { drop(); }

  result<read_summary> take() {
    const result<read_summary> read = read_operation::take();
    if (!read) {
      drop();
      return read.error();
    }
    for (const std::string& id : unreadable_ids_) unreadable()(id);
    const std::size_t first = (std::min)(first_, table_.size());
    if (!is_arranged()) {
      table_.arrange(first, asked().order().value_or(ascending(field::stop_time)));  // as `advanced_query` gives a list
      if (asked().limit() && table_.size() - first > *asked().limit()) table_.drop_behind(first + *asked().limit());
    }
    first_ = not_begun;  // from here on they are the table's
    read_summary said = *read;
    said.records = table_.size() - first;
    return said;
  }

 private:
  static collector into(kept_table* self) noexcept {
    return {[](void* of, const record_view& r, std::string_view, error&) {
              auto& kept = *static_cast<kept_table*>(of);
              if (kept.first_ == not_begun) kept.first_ = kept.table_.size();
              kept.table_.push_back(r);
              return true;
            },
            [](void* of, std::string_view id) { static_cast<kept_table*>(of)->unreadable_ids_.emplace_back(id); },
            [](void* of) noexcept {
              auto& kept = *static_cast<kept_table*>(of);
              kept.drop();
              kept.unreadable_ids_.clear();
            },
            self};
  }
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
