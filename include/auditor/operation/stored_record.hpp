// The server knows an id already: looks at the record it holds, and says what that makes of ours.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/base/text_buffer.hpp>
#include <auditor/json/record_storage.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/read/answer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

/// What the caller wants of a record whose id is known: see `on_duplicate`.
enum class duplicate_rule : std::uint8_t { fail, ignore, compare, update };

inline constexpr const char* no_room_for_look = "the workspace has no room for the look";

/// `RECORD_EXISTS` says that there is a record of this id, not whose. When an earlier attempt of ours may be what the server
/// knows (`own`), only its content tells (protocol, section 5): a look-up that shows nothing, or fails, decides nothing.
class stored_record {
 public:
  enum class next : std::uint8_t {
    equal,          // it holds ours, or one just like it
    set_stop_time,  // it holds ours without its stop time, and the policy wants it set
    duplicate,      // it holds another one
    conflict,       // ... and the policy wants to know where they differ: `difference()`
    post_again,     // it showed none: a contradiction
    unknown,        // no more than that some attempt of ours may have been stored
  };

  /// `contradictions`: how often the server has said that this record exists, and not shown it.
  stored_record(memory& in, std::size_t max_record, unsigned& contradictions)
      : target_(in), answer_(in, max_record, why_), memory_(in), storage_(in), contradictions_(contradictions) {}
  stored_record(const stored_record&) = delete;
  stored_record& operator=(const stored_record&) = delete;
  ~stored_record();

  /// **Lifetime**: `ours` until the look-up is over. False: `why()` says `buffer_full`, the workspace has no room for it.
  bool look_for(const record_view& ours);
  /// The same of a record that is only there as a body. What is wrong with it `why()` says too, for a codec that is not ours.
  bool look_for(std::string_view body);

  request_view begin();
  std::span<char> prepare();
  commit_result commit(std::size_t n);

  /// The look-up is over. `said_to_exist`: the server said so of this very record, so that not to see it is a contradiction.
  next judge(const judged_answer& looked, duplicate_rule rule, bool own, bool said_to_exist = true) noexcept;

  /// Why there is no look-up, why it failed, or why it does not say `equal`.
  const error& why() const noexcept { return why_; }
  /// The same behind the words of a `RECORD_EXISTS`, or in their place.
  void explain(error& known, next says) const noexcept;
  /// Certainly not stored by us: it differs in more than a stop time, which others may have set since.
  bool is_foreign() const noexcept { return foreign_; }

 private:
  enum class match : std::uint8_t { not_seen, equal, only_open, different };
  static constexpr unsigned most_contradictions = 3;

  // For `ours_`.
  bool ask();
  void compare(const record_view& stored);

  text_buffer target_;
  answer answer_;  // behind it in a workspace
  record_view ours_;
  memory& memory_;
  std::span<char> lists_;   // of a workspace, for the storage
  record_storage storage_;  // of `ours_`, where it was a body
  match match_ = match::not_seen;
  bool foreign_ = false;
  unsigned& contradictions_;
  error difference_, why_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor

#if AUDITOR_BODIES
#include <auditor/impl/operation/stored_record.ipp>
#endif
