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
namespace detail {

inline std::string without_question_mark(const text_buffer& of) {
  return std::string(of.empty() ? std::string_view() : of.text().substr(1));
}

}  // namespace detail

AUDITOR_DECL constexpr detail::query_checks query::of_texts = {&goes_with_array, &is_text_valid, &filters_components};

AUDITOR_DECL query query::raw(detail::owned_text whole) {
  query q;
  q.checks_ = &of_texts;
  q.special_ = detail::special_reads::named();
  detail::query_text& kept = q.text_.get();
  kept.read = &detail::read_raw_query;
  std::string text = std::move(whole).take();
  if (!text.empty() && text.front() == '?') text.erase(0, 1);
  if (result<detail::raw_query> read = detail::read_raw_query(text)) {
    kept.filters = std::move(read->filters);
    kept.record_id = std::move(read->record_id);
    kept.component = read->component;
    q.order_ = read->sort_by;
    q.has_limit_ = read->limit.has_value();
    q.limit_ = read->limit.value_or(0);
  } else {
    kept.filters = std::move(text);  // read again, and refused, by is_valid()
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
  if (!is_first && kept.text != wanted) kept.wrong = "record_id: no record has two ids; ask for them one by one";
  kept.text = std::move(wanted);
  return *this;
}

AUDITOR_DECL query query::with_record_id(detail::owned_text id) && { return std::move(with_record_id(std::move(id))); }

AUDITOR_DECL query& query::sort_by(auditor::order by) & noexcept {
  order_ = by;
  special_ = detail::special_reads::named();
  return *this;
}

AUDITOR_DECL query query::sort_by(auditor::order by) && noexcept { return std::move(sort_by(by)); }

AUDITOR_DECL std::optional<std::string_view> query::record_id() const& noexcept {
  return has_id() ? std::optional<std::string_view>(wanted_id()) : std::nullopt;
}

AUDITOR_DECL std::string_view query::wanted_id() const noexcept {
  const std::string_view id = own_id();
  return id.data() == nullptr && text_ && text_->record_id ? std::string_view(*text_->record_id) : id;
}

AUDITOR_DECL std::optional<std::string> query::record_id() && {
  const std::optional<std::string_view> id = std::as_const(*this).record_id();
  return id ? std::optional<std::string>(*id) : std::nullopt;
}

AUDITOR_DECL result<void> query::validate() const {
  error why;
  is_valid(meta_dialect::list, why);
  return why;
}

AUDITOR_DECL result<std::string> query::filters(meta_dialect dialect) const {
  if (error why; !is_valid(dialect, why)) return why;
  return filters_as_text(dialect);
}

AUDITOR_DECL result<std::string> query::encode(meta_dialect dialect) const {
  if (error why; !is_valid(dialect, why)) return why;
  detail::memory heap;
  detail::text_buffer text(heap);
  write_whole(text, dialect);
  return detail::without_question_mark(text);
}

AUDITOR_DECL std::string query::filters_as_text(meta_dialect dialect) const {
  detail::memory heap;
  detail::text_buffer text(heap);
  write(text, part::filters, dialect);
  return detail::without_question_mark(text);
}

AUDITOR_DECL char query::write(detail::text_buffer& to, part which, meta_dialect dialect) const {
  detail::query_writer pairs(to, '?');
  if (text_) pairs.pairs(text_->filters);
  if (const std::string_view id = own_id(); id.data() != nullptr) pairs.key("record_id").value(id);
  for (std::size_t i = 0; i < 2 * ranges_.size(); ++i)
    if (const detail::condition c = ranges_[i / 2].written(i % 2)) pairs.bound(detail::ranged_fields[i / 2], c.op, c.value);
  if (which != part::superset) {
    if (named_) named_->use->write(*named_, pairs, dialect);
    if (use_borrowed_ != nullptr) use_borrowed_->write(borrowed_meta_, pairs, dialect);
  }
  return pairs.separator();
}

AUDITOR_DECL void query::write_whole(detail::text_buffer& to, meta_dialect dialect) const {
  detail::query_writer pairs(to, write(to, part::filters, dialect));
  if (order_) pairs.key("sort_by").in_brackets(order_->descends ? "desc" : "asc").value(to_string(order_->by));
  if (has_limit_) pairs.key("limit").value(static_cast<std::int64_t>(limit_));
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
  return (!named_ || named_->use->hold_for(*named_, r)) && detail::borrowed_conditions::hold_for(borrowed_meta_, r);
}

AUDITOR_DECL bool query::equals(const query& other) const noexcept {
  return text_ == other.text_ && id_ == other.id_ && borrowed_id_ == other.borrowed_id_ && ranges_ == other.ranges_ &&
         named_ == other.named_ && borrowed_meta_.data() == other.borrowed_meta_.data() &&
         borrowed_meta_.size() == other.borrowed_meta_.size() && moved_from_ == other.moved_from_ &&
         order_ == other.order_ && has_limit_ == other.has_limit_ && limit_ == other.limit_;
}

AUDITOR_DECL int query::only_ranges(part which, field& last) const noexcept {
  if (is_from_text() || has_id() || (has_names() && which != part::superset)) return -1;
  int found = 0;
  for (std::size_t i = 0; i < ranges_.size(); ++i) {
    if (ranges_[i].empty()) continue;
    last = static_cast<field>(i);
    ++found;
  }
  return found;
}

AUDITOR_DECL std::optional<field> query::only_range_of(part which) const noexcept {
  field only{};
  return only_ranges(which, only) == 1 ? std::optional<field>(only) : std::nullopt;
}

AUDITOR_DECL bool query::is_valid(meta_dialect dialect, error& why) const {
  using detail::refuse;
  if (moved_from_) return refuse(why, "query: was moved from");
  if (id_ && id_->wrong != nullptr) return refuse(why, id_->wrong);
  if (const std::string_view id = own_id(); id.data() != nullptr)
    if (const detail::broken_rule broken = detail::check_name(id)) return refuse(why, "record_id", broken);
  for (std::size_t i = 0; i < ranges_.size(); ++i)
    if (!ranges_[i].is_valid(detail::ranged_fields[i].name, {}, why)) return false;
  if (named_ && !named_->use->are_valid(*named_, dialect, why)) return false;
  if (use_borrowed_ != nullptr) {
    if (!use_borrowed_->are_valid(borrowed_meta_, dialect, why)) return false;
    if (checks_ != nullptr && !checks_->goes_with_array(*this, why)) return false;
  }
  if (limit_ == limit_out_of_range) {
    if constexpr (detail::special_reads::are_named)
      return special_->refuse_limit(why);
    else
      return detail::refuse_limit(why);
  }
  return checks_ == nullptr || checks_->is_text_valid(*this, dialect, why);
}

AUDITOR_DECL bool query::goes_with_array(const query& of, error& why) {
  if (!of.text_ && (!of.named_ || of.named_->meta.empty())) return true;
  return detail::refuse(why, "meta: conditions of an array stand beside no other conditions on meta, and no text");
}

AUDITOR_DECL bool query::filters_components(const query& of) noexcept {
  return (of.text_ && of.text_->component) || (of.named_ && !of.named_->components.empty());
}

AUDITOR_DECL bool query::is_text_valid(const query& of, meta_dialect dialect, error& why) {
  const std::string text = of.filters_as_text(dialect);
  if (text.size() > longest_query) {
    detail::refuse(why, "query: must have at most ");
    why.more(std::uint64_t{longest_query}).more(" bytes, has ").more(std::uint64_t{text.size()});
  } else if (of.is_from_text()) {  // whether what was added goes together with the text, the whole shows
    if (const auto whole = of.text_->read(text, dialect); !whole) why = whole.error();
  }
  return !why;
}

AUDITOR_DECL detail::named_filters& query::named() {
  checks_ = &of_texts;
  return named_.get();
}

}  // namespace AUDITOR_ABI
}  // namespace auditor
