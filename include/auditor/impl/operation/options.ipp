// Bodies of operation/options.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/operation/options.hpp>

#include <cstdint>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

AUDITOR_DECL error check(const options& all) noexcept {
  const auto refuse = [](std::string_view words) { return error(errc::invalid_argument, words); };
  if (all.attempt <= ticks::zero()) return refuse("options::attempt: must be at least 1 ms");
  if (all.request < all.attempt) return refuse("options::request: must not be shorter than one attempt");
  if (all.read_idle <= ticks::zero()) return refuse("options::read_idle: must be at least 1 ms");
  if (all.call_timeout && *all.call_timeout <= ticks::zero()) return refuse("options::call_timeout: must be at least 1 ms");
  if (all.max_answer == std::uint64_t{0}) return refuse("options::max_answer: must be at least 1");
  if (all.retry.write_attempts == 0) return refuse("options::retry.write_attempts: must be at least 1");
  if (all.retry.read_attempts == 0) return refuse("options::retry.read_attempts: must be at least 1");
  if (all.retry.write_first < ticks::zero() || all.retry.read_first < ticks::zero() || all.retry.most < ticks::zero())
    return refuse("options::retry: waits must not be negative");
  if (all.empty_answer.fast <= ticks::zero() || all.empty_answer.slow < all.empty_answer.fast)
    return refuse("options::empty_answer: slow must not be shorter than fast, and fast at least 1 ms");
  if (all.max_batch == 0) return refuse("options::max_batch: must be at least 1");
  if (all.max_body == 0) return refuse("options::max_body: must be at least 1");
  if (all.max_record == 0) return refuse("options::max_record: must be at least 1");
  return {};
}

AUDITOR_DECL call_options::operator add_options() const noexcept { return {timeout, cancel}; }

AUDITOR_DECL call_options::operator bulk_insert_options() const noexcept { return {timeout, cancel}; }

AUDITOR_DECL call_options::operator bulk_update_options() const noexcept { return {timeout, cancel}; }

AUDITOR_DECL call_options::operator read_options() const noexcept { return {timeout, cancel}; }

}  // namespace AUDITOR_ABI
}  // namespace auditor
