// POST /record, and what the caller wants done when the id is known already.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/operation/call_context.hpp>
#include <auditor/operation/look_up.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/receipt.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {

/// The server's limit for one body, and so for one record. **Units**: bytes.
inline constexpr std::size_t largest_body = 2'097'152;

namespace detail {

void too_large(std::size_t bytes, error& why) noexcept;

/// What an operation sends, and how it becomes a body: for the moment in which the call is made.
struct unencoded_record {
  const record_view& record;
  encode_function encode;
  memory& texts;
};

/// A record validated and written as a body, or why not. Nothing of the record is needed afterwards.
struct encoded_record {
  text_buffer body;
  error failure;  // of code ok: holds the id, for errors to come

  encoded_record(const unencoded_record& from, purpose of);
};

/// A POST, and behind it only what its answer makes necessary:
///
/// - success: stored, by this attempt or - ids make it repeatable - by a lost one before it;
/// - `RECORD_EXISTS` to a first attempt is an answer, which `fail` and `ignore` take as it is; behind a lost attempt, or under
///   `compare` and `update`, it is a reason to look at what is stored, where this call can;
/// - the look shows our record, or one like it; or that it lacks our stop time, which `update` sets by a PUT; or another
///   record; or, against the word of the server, none: then the POST is sent again.
class add_operation {
 public:
  static constexpr purpose of = purpose::add;

  add_operation(encoded_record&& encoded, const call_context& with, const add_options& call);
  add_operation(const unencoded_record& r, const call_context& with, const add_options& call);
  add_operation(const add_operation&) = delete;
  add_operation& operator=(const add_operation&) = delete;
  ~add_operation();

  next_action start() const { return encoded_.failure ? next_action::done : next_action::next_request; }
  request_kind kind() const { return {route::post_record, repeat_rule::write}; }
  request_view begin();
  const reading_functions* reading() const noexcept { return stored_.reading(); }
  next_action finish(const judged_answer& judged);

  /// In place of those, where the policy looks at what is stored; null: it does not.
  const operation_table* table() const noexcept { return stored_.of_add(); }
  request_kind kind_with_look() const;
  request_view begin_with_look();
  std::span<char> prepare_look();
  commit_result commit_look(std::size_t n);
  const error& problem_of_look() const;
  next_action finish_with_look(const judged_answer& judged);

  result<receipt> take();

  // For those that send the record together with others: not while it looks at what is stored, or sets a stop time.
  bool is_posting() const noexcept { return phase_ == phase::post; }
  std::string_view body() const noexcept { return encoded_.body.text(); }
  /// As errors show it: ids that differ here differ.
  std::string_view id() const noexcept { return encoded_.failure.record_id(); }

 private:
  enum class phase : std::uint8_t { post, look, put };

  bool posted(const judged_answer& judged);
  next_action look();
  next_action looked(const judged_answer& judged);
  next_action succeed(delivery how, std::uint8_t attempts);
  next_action fail(const error& e);

  const call_context with_;
  duplicate_rule rule_;
  phase phase_ = phase::post;
  bool own_ = false;        // an attempt of ours may be what the server knows
  encoded_record encoded_;  // its failure, until there is one, holds the id; while we look, it is `RECORD_EXISTS`
  look_up stored_;          // behind the body, as in a workspace
  receipt receipt_;
};
static_assert(operation<add_operation>);

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/add.ipp>
#endif
