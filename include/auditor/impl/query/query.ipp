// Bodies of query/query.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/name.hpp>
#include <auditor/base/text_buffer.hpp>
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
  q.check_text_ = &query::check_text;
  detail::query_text& kept = q.text_.get();
  kept.read = &detail::read_raw_query;
  std::string text = std::move(whole).take();
  if (!text.empty() && text.front() == '?') text.erase(0, 1);
  if (result<detail::raw_query> read = detail::read_raw_query(text)) {
    kept.filters = std::move(read->filters);
    kept.record_id = std::move(read->record_id);
    kept.component = read->component;
    q.order_ = read->sort_by;
    q.limit_ = read->limit;
  } else {
    kept.filters = std::move(text);  // read again, and refused, by check()
  }
  return q;
}

AUDITOR_DECL query query::for_id(std::string_view borrowed) noexcept {
  query q;
  q.borrowed_id_ = borrowed.data() != nullptr ? borrowed : std::string_view("");
  return q;
}

AUDITOR_DECL query& query::with_record_id(detail::owned_text id) & {
  std::string wanted = std::move(id).take();
  const bool is_first = !id_;
  detail::wanted_id& kept = id_.get();
  kept.is_for_two = kept.is_for_two || (!is_first && kept.text != wanted);
  kept.text = std::move(wanted);
  return *this;
}

AUDITOR_DECL query query::with_record_id(detail::owned_text id) && { return std::move(with_record_id(std::move(id))); }

AUDITOR_DECL query& query::sort_by(auditor::order by) & noexcept {
  order_ = by;
  return *this;
}

AUDITOR_DECL query query::sort_by(auditor::order by) && noexcept { return std::move(sort_by(by)); }

AUDITOR_DECL std::optional<std::string_view> query::record_id() const& noexcept {
  if (id_) return id_->text;
  if (borrowed_id_.data() != nullptr) return borrowed_id_;
  if (text_ && text_->record_id) return *text_->record_id;
  return std::nullopt;
}

AUDITOR_DECL std::optional<std::string> query::record_id() && {
  const std::optional<std::string_view> id = std::as_const(*this).record_id();
  return id ? std::optional<std::string>(*id) : std::nullopt;
}

AUDITOR_DECL result<void> query::validate() const {
  if (const error wrong = check(meta_dialect::list)) return wrong;
  return {};
}

AUDITOR_DECL result<std::string> query::filters(meta_dialect dialect) const {
  if (const error wrong = check(dialect)) return wrong;
  return as_text(part::filters, dialect);
}

AUDITOR_DECL result<std::string> query::encode(meta_dialect dialect) const {
  if (const error wrong = check(dialect)) return wrong;
  return as_text(part::everything, dialect);
}

AUDITOR_DECL std::string query::as_text(part which, meta_dialect dialect) const {
  detail::memory heap;
  detail::text_buffer text(heap);
  write(text, which, dialect);
  return std::string(text.empty() ? std::string_view() : text.text().substr(1));
}

AUDITOR_DECL void query::write(detail::text_buffer& to, part which, meta_dialect dialect) const {
  using detail::number_kind;
  detail::query_writer pairs(to, '?');
  if (text_) pairs.pairs(text_->filters);
  if (const auto id = id_ ? std::string_view(id_->text) : borrowed_id_; id.data() != nullptr)
    pairs.key("record_id").value(id);
  pairs.conditions("start_time", {}, start_time_, number_kind::moment);
  pairs.conditions("stop_time", {}, stop_time_, number_kind::moment);
  pairs.conditions("runtime", {}, runtime_, number_kind::count);
  if (which != part::superset) {
    if (named_) named_->use->write(*named_, pairs, dialect);
    if (use_borrowed_ != nullptr) use_borrowed_->write(borrowed_meta_, pairs, dialect);
  }
  if (which != part::everything) return;
  if (order_) pairs.key("sort_by").in_brackets(order_->descends ? "desc" : "asc").value(to_string(order_->by));
  if (limit_) pairs.key("limit").value(static_cast<std::int64_t>(*limit_));
}

AUDITOR_DECL query& query::with_meta(std::span<const meta_condition> borrowed) & noexcept {
  borrowed_meta_ = borrowed;
  use_borrowed_ = borrowed.empty() ? nullptr : &detail::borrowed_conditions::all;
  return *this;
}

AUDITOR_DECL query query::with_meta(std::span<const meta_condition> borrowed) && noexcept {
  return std::move(with_meta(borrowed));
}

AUDITOR_DECL bool query::holds_for(const record_view& r) const noexcept {
  return (!named_ || named_->use->hold_for(*named_, r)) &&
         (use_borrowed_ == nullptr || use_borrowed_->hold_for(borrowed_meta_, r));
}

AUDITOR_DECL bool query::equals(const query& other) const noexcept {
  return text_ == other.text_ && id_ == other.id_ && borrowed_id_ == other.borrowed_id_ && start_time_ == other.start_time_ &&
         stop_time_ == other.stop_time_ && runtime_ == other.runtime_ && named_ == other.named_ &&
         borrowed_meta_.data() == other.borrowed_meta_.data() && borrowed_meta_.size() == other.borrowed_meta_.size() &&
         moved_from_ == other.moved_from_ && order_ == other.order_ && limit_ == other.limit_;
}

AUDITOR_DECL bool query::has_filters(part which) const noexcept {
  const bool on_times = !start_time_.empty() || !stop_time_.empty() || !runtime_.empty();
  return on_times || record_id() || is_from_text() || (has_names() && which != part::superset);
}

AUDITOR_DECL std::optional<field> query::only_range_of(part which) const noexcept {
  if (is_from_text() || record_id() || (has_names() && which != part::superset)) return std::nullopt;
  std::optional<field> only;
  for (const field by : {field::start_time, field::stop_time, field::runtime}) {
    if (range_of(by).empty()) continue;
    if (only) return std::nullopt;
    only = by;
  }
  return only;
}

AUDITOR_DECL error query::check(meta_dialect dialect) const {
  using detail::number_kind;
  if (moved_from_) return detail::invalid_query("query: was moved from, and has lost conditions; assign another one to it");
  if (id_ && id_->is_for_two) return detail::invalid_query("record_id: no record has two ids; ask for them one by one");
  if (const auto id = id_ ? std::string_view(id_->text) : borrowed_id_; id.data() != nullptr)
    if (const result<void> right = validate_name("record_id", id, errc::invalid_query); !right) return right.error();
  if (const result<void> right = start_time_.check("start_time", {}, number_kind::moment); !right) return right.error();
  if (const result<void> right = stop_time_.check("stop_time", {}, number_kind::moment); !right) return right.error();
  if (const result<void> right = runtime_.check("runtime", {}, number_kind::count); !right) return right.error();
  if (named_)
    if (const result<void> right = named_->use->check(*named_, dialect); !right) return right.error();
  if (use_borrowed_ != nullptr) {
    if (const result<void> right = use_borrowed_->check(borrowed_meta_, dialect); !right) return right.error();
    if (text_ || (named_ && !named_->meta.empty()))
      return detail::invalid_query("meta: conditions of an array stand beside no other conditions on meta, and no text");
  }
  if (limit_ == limit_out_of_range) return detail::invalid_query("limit: must be 0 .. 9223372036854775807");
  return check_text_ != nullptr ? check_text_(*this, dialect) : error();
}

AUDITOR_DECL error query::check_text(const query& of, meta_dialect dialect) {
  const std::string text = of.as_text(part::filters, dialect);
  if (text.size() > longest_query) {
    error e = detail::invalid_query("query: must have at most ");
    return e.more(std::uint64_t{longest_query}).more(" bytes, has ").more(std::uint64_t{text.size()});
  }
  // Whether what was added goes together with the text, the whole shows.
  if (of.is_from_text())
    if (const auto whole = of.text_->read(text, dialect); !whole) return whole.error();
  return {};
}

AUDITOR_DECL detail::named_filters& query::named() {
  check_text_ = &query::check_text;
  return named_.get();
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
