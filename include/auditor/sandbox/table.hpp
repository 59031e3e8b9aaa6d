// The database of the sandbox: one table with a unique id, and the server's queries over it.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/record.hpp>
#include <auditor/sandbox/bodies.hpp>
#include <auditor/sandbox/filters.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail::sandboxed {

struct row {
  std::uint64_t serial = 0;
  std::string record_id;
  std::optional<sent_meta> meta;
  std::vector<sent_component> components;
  stored_time start_time = 0;
  std::optional<stored_time> stop_time;
  std::optional<std::int64_t> runtime;
};

/// Rows never change once they are in the table: an update puts another in its place, so that an answer that is under way
/// keeps what it saw when it began, as in PostgreSQL.
using row_ref = std::shared_ptr<const row>;

/// What PostgreSQL refuses although the server did not.
bool is_poison(std::string_view text) noexcept;

bool is_poison(const sent_record& r);

/// About how long PostgreSQL's compression makes a text: a greedy search of repeats in the last 4 KiB.
std::size_t compressed_size(std::string_view text) noexcept;

/// Whether an entry of the id's index would pass PostgreSQL's limit of 2,704 bytes.
bool is_too_long_for_index(std::string_view id) noexcept;

/// A string as the server writes it.
void write_string(std::string& out, std::string_view text);

/// The components as JSON; nothing when the server cannot read them any more.
std::optional<std::string> print_components(const row& r);

/// A record as the server sends it. The order of meta is another for each `shuffle`.
std::string print_row(const row& r, std::uint64_t shuffle);

record to_record(const row& r);

class table {
 public:
  using id_order = std::function<bool(std::string_view, std::string_view)>;

  explicit table(id_order before = {}) : rows_(order{std::move(before)}) {}

  bool contains(const std::string& id) const { return rows_.find(id) != rows_.end(); }
  std::size_t size() const noexcept { return rows_.size(); }

  row_ref find(const std::string& id) const;
  void put(row r);
  std::size_t erase_stopped_before(stored_time t);
  void clear() { rows_.clear(); }

  std::vector<row_ref> all() const;

  /// The rows of a query in its order; none when PostgreSQL fails at it, as the server then ends its answer.
  std::vector<row_ref> select(const filters& f) const;

 private:
  struct order {
    id_order before;
    bool operator()(const std::string& a, const std::string& b) const;
  };

  class condition {
   public:
    explicit condition(const filters& f);

    /// False when PostgreSQL cannot take the query's own values.
    bool is_possible() const noexcept { return possible_; }
    bool has_failed() const noexcept { return failed_; }

    bool holds(const row& r);

   private:
    std::optional<range_filter<stored_time>> to_stored_range(const std::optional<range_filter<moment>>& from);
    static bool holds(const std::string& name, const meta_filter& filter, const row& r);

    // The first component alone, its amount as a four-byte integer.
    bool holds(const std::string& name, const range_filter<std::int64_t>& filter, const row& r);

    const filters& f_;
    std::optional<range_filter<stored_time>> start_;
    std::optional<range_filter<stored_time>> stop_;
    bool possible_ = true;
    bool failed_ = false;
  };

  // Nulls are the largest; equal rows stay in the order of their ids.
  static void sort(std::vector<row_ref>& rows, const filters& f);

  std::map<std::string, row_ref, order> rows_;
  std::uint64_t serial_ = 0;
};

}  // namespace detail::sandboxed
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_SANDBOX_BODIES
#include <auditor/impl/sandbox/table.ipp>
#endif
