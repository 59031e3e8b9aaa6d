// Bodies of operation/stored_record.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/percent_encode.hpp>
#include <auditor/impl/base/same_text.hpp>
#include <auditor/impl/base/set_error.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/operation/stored_record.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL stored_record::~stored_record() {
  if (lists_.data() != nullptr) memory_.give_back(lists_.data(), lists_.size());
}

AUDITOR_DECL bool stored_record::look_for(const record_view& ours) {
  ours_ = ours;
  return ask();
}

AUDITOR_DECL bool stored_record::ask() {
  target_.assign("/records?record_id=");
  model_detail::percent_encode(target_, ours_.record_id);
  if (!target_.is_whole()) set_error(why_, errc::buffer_full, no_room_for_look);
  return target_.is_whole();
}

AUDITOR_DECL bool stored_record::look_for(std::string_view body) {
  if (ours_.record_id.empty()) {  // else it is the same as before
    if (memory_.is_workspace()) {
      const std::size_t room = (std::min)(memory_.left() / 2, 2 * body.size());  // the other half is the answer's
      lists_ = {memory_.take(room), room};
      storage_.move_to(lists_);
    }
    decode_record(body, storage_, ours_, why_);
    if (why_) {
      ours_.record_id = {};
      return false;
    }
  }
  return ask();
}

AUDITOR_DECL request_view stored_record::begin() {
  answer_.restart(1);
  match_ = match::not_seen;
  foreign_ = false;
  return {verb::get, target_.text(), fresh_headers, {}};
}

AUDITOR_DECL std::span<char> stored_record::prepare() { return answer_.prepare(); }

AUDITOR_DECL commit_result stored_record::commit(std::size_t n) {
  answer_.commit(n);
  for (;;) {
    switch (answer_.next()) {
      case answer::status::more: return commit_result::more;
      case answer::status::too_large:
      case answer::status::failed: return commit_result::failed;
      case answer::status::foreign: return commit_result::foreign;
      case answer::status::item: compare(answer_.view()); break;
    }
  }
}

AUDITOR_DECL stored_record::next stored_record::judge(const judged_answer& looked, duplicate_rule rule, bool own,
                                                      bool said_to_exist) noexcept {
  if (looked.error) {
    match_ = match::not_seen;
    why_ = looked.error;
    return own ? next::unknown : next::duplicate;
  }
  const bool names_difference = rule == duplicate_rule::compare || rule == duplicate_rule::update;
  switch (match_) {
    case match::equal: return next::equal;
    case match::only_open:
      if (rule == duplicate_rule::update) return next::set_stop_time;
      break;
    case match::different: break;
    case match::not_seen:
      set_error(why_, errc::record_exists, "the server says that it exists, and does not show it");
      why_.outcome = own ? outcome::unknown : outcome::duplicate;
      if (!said_to_exist) return next::post_again;
      if (!looked.last && ++contradictions_ < most_contradictions) return next::post_again;
      return own ? next::unknown : next::duplicate;
  }
  why_ = difference_;
  return names_difference ? next::conflict : next::duplicate;
}

// The name of what ends a request without words of its own. Of constants: all that `name_of` knows is half a kilobyte.
inline const char* name_of_end(errc code) noexcept {
  struct named {
    errc code;
    const char* name;
    constexpr named(errc of) noexcept : code(of), name(model_detail::name_of(of)) {}
  };
  static constexpr named ends[] = {errc::cancelled,      errc::connect_failed, errc::connection_lost, errc::tls_failed,
                                   errc::not_authorised, errc::server_failure, errc::wrong_endpoint,  errc::not_auditor};
  for (const named& each : ends)
    if (each.code == code) return each.name;
  return "the look failed";
}

AUDITOR_DECL void stored_record::explain(error& known, next says) const noexcept {
  if (says == next::conflict) {
    known.code = errc::conflict;
    known.outcome = outcome::duplicate;
    known.say(why_.words());
    return;
  }
  known.outcome = says == next::unknown ? outcome::unknown : outcome::duplicate;
  known.more(says == next::unknown       ? "; an earlier attempt may have stored it: "
             : match_ == match::not_seen ? "; not compared: "
                                         : "; ");
  known.more(why_.words().empty() ? name_of_end(why_.code) : why_.text);
  const bool is_the_callers = why_.code == errc::cancelled || why_.code == errc::timed_out;
  if (says == next::unknown && is_the_callers) known.code = why_.code;
}

AUDITOR_DECL void stored_record::compare(const record_view& stored) {
  if (answer_.unreadable() || !is_same_text(stored.record_id, ours_.record_id)) return;
  const record_comparison compared = compare_records(ours_, stored);
  difference_ = compared.difference;
  const bool lacks_stop = ours_.stop_time && !stored.stop_time;
  const bool same_else = compared.match != record_match::different;
  match_ = compared.match == record_match::equal ? match::equal
           : lacks_stop && same_else             ? match::only_open
                                                 : match::different;
  foreign_ = lacks_stop || !same_else;
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
