// The sink of `record_grammar` that makes a view of a record.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/distinct_names.hpp>
#include <auditor/impl/json/record_grammar.hpp>
#include <auditor/json/record_storage.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

class view_sink {
 public:
  view_sink(std::string_view text, record_storage& storage, record_view& view) noexcept
      : text_size_(text.size()), storage_(storage), view_(view) {
    storage_.clear();
    view_ = record_view();
  }

  std::string_view record_id(json_string id) { return view_.record_id = plain(id); }

  [[gnu::always_inline]] void meta_name(json_string name) {
    storage_.metas_.push_back({plain(name), storage_.values_.size(), 0});
  }
  [[gnu::always_inline]] void meta_value(json_string value) { storage_.values_.push_back(plain(value)); }
  void end_meta_entry() noexcept {
    record_storage::meta_slot& slot = storage_.metas_.back();
    slot.count = storage_.values_.size() - slot.first;
  }
  std::size_t end_meta() {
    const std::vector<record_storage::meta_slot>& entries = storage_.metas_;
    return first_duplicate(entries.size(), [&entries](std::size_t i) { return entries[i].name; });
  }

  void begin_component() noexcept { first_score_ = storage_.scores_.size(); }
  [[gnu::always_inline]] void score(json_string name, double value) { storage_.scores_.emplace_back(plain(name), value); }
  [[gnu::always_inline]] void end_component(json_string name, std::int64_t amount) {
    storage_.components_.push_back({plain(name), amount, first_score_, storage_.scores_.size() - first_score_});
  }

  void end(const record_frame& frame) noexcept {
    view_.meta = {&storage_, storage_.metas_.size(), &record_storage::meta_at};
    view_.components = {&storage_, storage_.components_.size(), &record_storage::component_at};
    view_.start_time = frame.start_time;
    view_.stop_time = frame.stop_time;
    view_.runtime = frame.runtime;
  }

 private:
  std::string_view plain(json_string s) { return s.escaped ? unescaped(s) : s.raw(); }

  // The first escape of a record makes room for all that the text can hold, so that nothing ever moves.
  [[gnu::cold]] std::string_view unescaped(json_string s) {
    if (storage_.plain_used_ == 0 && storage_.plain_.size() < text_size_) storage_.plain_ = raw_buffer(text_size_);
    char* const to = storage_.plain_.data() + storage_.plain_used_;
    const auto size = static_cast<std::size_t>(unescape(s, to) - to);
    storage_.plain_used_ += s.size;
    return {to, size};
  }

  std::size_t text_size_;
  record_storage& storage_;
  record_view& view_;
  std::size_t first_score_ = 0;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
