// What the server takes from a query string, with its words for what it refuses. Sandbox alone.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/query_string.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

template <class T>
struct range_filter {
  std::optional<T> gt, lt, gte, lte, equals;

  /// Two bounds on one side, and the server drops the whole filter.
  bool is_dropped() const noexcept { return (gt && gte) || (lt && lte); }
  bool accepts(const T& value) const {
    return !(gt && !(*gt < value)) && !(gte && value < *gte) && !(lt && !(value < *lt)) && !(lte && *lte < value) &&
           !(equals && value != *equals);
  }
  bool is_empty() const noexcept { return !gt && !lt && !gte && !lte && !equals; }
};

struct meta_filter {
  std::vector<std::string> contains;
  std::vector<std::string> lacks;
};

enum class sort_column { start_time, stop_time, runtime, record_id };

struct filters {
  std::optional<std::string> record_id;
  std::optional<range_filter<moment>> start_time;
  std::optional<range_filter<moment>> stop_time;
  std::optional<range_filter<std::int64_t>> runtime;
  std::map<std::string, meta_filter> meta;
  std::map<std::string, range_filter<std::int64_t>> component;
  sort_column sort_by = sort_column::stop_time;
  bool descending = false;
  std::optional<std::int64_t> limit;
};

/// Turns the tree of a query into filters; throws a `query_complaint`.
class filter_reader {
 public:
  filters read(std::string_view query);

 private:
  using form = query_level::form;
  using tree = std::map<std::string, query_level>;

  // `name=` is as good as nothing.
  static bool is_absent(const query_level& level) noexcept;

  static std::string one_of(const std::string& what, std::string_view name, const std::string_view* options,
                            std::size_t count);

  template <std::size_t Size, class Read>
  static void read_struct(tree& members, const std::array<std::string_view, Size>& fields, bool only_known,
                          const Read& read);
  static void refuse_broken(const query_level& level);
  // What nobody asked for is read all the same.
  static void ignore(const query_level& level);
  static tree members_of(const query_level& level);
  [[noreturn]] static void refuse_type(const query_level& level, std::string_view expected);
  static std::string read_name(const query_level& level);
  static std::int64_t read_amount(const query_level& level);
  static moment read_time(const query_level& level);

  template <class T>
  static range_filter<T> read_range(const query_level& level);
  static meta_filter read_meta(const query_level& level);

  template <class Read>
  static void read_map(const query_level& level, const Read& read);
  static void read_sort(const query_level& level, filters& f);
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/filters.ipp>
#endif
