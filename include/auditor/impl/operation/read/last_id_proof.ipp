// Bodies of operation/read/last_id_proof.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/read/last_id_proof.hpp>

#include <cstddef>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL last_id_proof::last_id_proof(memory& in) : last_(in), seen_(in) {
  if (!in.is_workspace()) return;
  const std::size_t room = in.left() / 16;
  last_.reserve(room);
  seen_.reserve(room);
}

AUDITOR_DECL void last_id_proof::restart() noexcept {
  last_.clear();
  seen_.clear();
  new_ = 0;
  asked_again_ = reached_ = passed_ = skipping_ = false;
}

AUDITOR_DECL last_id_proof::next last_id_proof::last_id_came(std::string_view id) {
  last_.assign(id);
  if (!asked_again_) return next::stream;
  return last_.holds(seen_.text()) ? next::proven : next::cut;
}

AUDITOR_DECL void last_id_proof::begin_stream() noexcept {
  skipping_ = !seen_.empty();
  passed_ = false;
}

AUDITOR_DECL last_id_proof::place last_id_proof::came(std::string_view id, id_hash hash) {
  const bool is_last = last_.holds(id);
  if (skipping_) {
    skipping_ = !seen_.holds(id);
    passed_ = passed_ || is_last;
    reached_ = reached_ || (passed_ && !skipping_);
    return place::seen_before;
  }
  if (is_last) {
    if (reached_) return place::impossible;  // nothing comes again behind the end
    reached_ = true;
  }
  if (new_ != 0 && hash == milestone_) return place::impossible;  // round and round, over several answers
  ++new_;
  if ((new_ & (new_ - 1)) == 0) milestone_ = hash;
  seen_.assign(id);
  return place::new_one;
}

AUDITOR_DECL last_id_proof::next last_id_proof::stream_ended() noexcept {
  if (reached_) return next::proven;
  if (passed_) return next::cannot_go_on;
  asked_again_ = true;
  return next::ask_last_id;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
