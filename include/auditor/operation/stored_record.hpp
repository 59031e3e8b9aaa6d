// The server knows an id already: looks at the record it holds, and says what that makes of ours.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/model/difference.hpp>
#include <auditor/operation/operation.hpp>
#include <auditor/operation/options.hpp>
#include <auditor/operation/read/answer.hpp>
#include <auditor/query/query.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

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

  explicit stored_record(std::size_t max_record) : answer_(max_record) {}

  /// **Lifetime**: `ours` until the look-up is over.
  void look_for(const record_view& ours) {
    if (ours.record_id != id_) {
      id_.assign(ours.record_id);
      contradictions_ = 0;
    }
    ours_ = ours;
    target_.assign("/records?");
    if (const auto text = query{}.with_record_id(id_).encode(meta_dialect::list)) target_ += *text;
  }

  request_view begin() {
    answer_.restart(1);
    match_ = match::not_seen;
    foreign_ = false;
    return {verb::get, target_, {}, {}};
  }
  std::span<char> prepare() { return answer_.prepare(); }
  commit_result commit(std::size_t n) {
    answer_.commit(n);
    for (;;) {
      switch (answer_.next()) {
        case answer::status::more: return commit_result::more;
        case answer::status::failed: return commit_result::failed;
        case answer::status::foreign: return commit_result::foreign;
        case answer::status::item: compare(answer_.view()); break;
      }
    }
  }
  const error& problem() const { return answer_.problem(); }

  /// The look-up is over. `said_to_exist`: the server said so of this very record, so that not to see it is a contradiction.
  next judge(const judged_answer& looked, on_duplicate policy, bool own, bool said_to_exist = true) noexcept {
    if (looked.error) {
      match_ = match::not_seen;
      why_ = looked.error;
      return own ? next::unknown : next::duplicate;
    }
    const bool names_difference = policy == on_duplicate::compare || policy == on_duplicate::update;
    switch (match_) {
      case match::equal: return next::equal;
      case match::only_open:
        if (policy == on_duplicate::update) return next::set_stop_time;
        break;
      case match::different: break;
      case match::not_seen:
        why_ = error{errc::record_exists, "the server says that this record exists, and does not show it"};
        why_.outcome = own ? outcome::unknown : outcome::duplicate;
        if (!said_to_exist) return next::post_again;
        if (!looked.last && ++contradictions_ < most_contradictions) return next::post_again;
        return own ? next::unknown : next::duplicate;
    }
    why_ = difference_;
    return names_difference ? next::conflict : next::duplicate;
  }

  /// Why the look-up does not say `equal`.
  const error& why() const noexcept { return why_; }
  /// The same behind the words of a `RECORD_EXISTS`.
  error& explain(error& known, outcome result) const noexcept {
    known.outcome = result;
    known.more(result == outcome::unknown  ? "; an earlier attempt of this call may have stored it: "
               : match_ == match::not_seen ? "; not compared: "
                                           : "; ");
    return known.more(why_.words().empty() ? to_string(why_.code) : why_.words());
  }
  /// Certainly not stored by us: it differs in more than a stop time, which others may have set since.
  bool is_foreign() const noexcept { return foreign_; }

 private:
  enum class match : std::uint8_t { not_seen, equal, only_open, different };
  static constexpr unsigned most_contradictions = 3;

  void compare(const record_view& stored) {
    if (answer_.unreadable() || stored.record_id != ours_.record_id) return;
    const record_comparison compared = compare_records(ours_, stored);
    difference_ = compared.difference;
    const bool lacks_stop = ours_.stop_time && !stored.stop_time;
    const bool same_else = compared.match != record_match::different;
    match_ = compared.match == record_match::equal ? match::equal
             : lacks_stop && same_else             ? match::only_open
                                                   : match::different;
    foreign_ = lacks_stop || !same_else;
  }

  answer answer_;
  record_view ours_;
  std::string id_, target_;
  match match_ = match::not_seen;
  bool foreign_ = false;
  unsigned contradictions_ = 0;  // about the present id
  error difference_, why_;
};

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
