// Bodies of query/special_reads.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/impl/base/set_error.hpp>
#include <auditor/impl/query/writer.hpp>
#include <auditor/operation/read.hpp>
#include <auditor/query/refusal.hpp>
#include <auditor/query/special_reads.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace auditor {
inline namespace AUDITOR_ABI {
namespace detail {

AUDITOR_DECL constexpr special_reads special_reads::all = {&detail::refuse_limit, &prepare_read, &holds, &write,
                                                           &begin_again,          &take,         &end,   &ask_limited};

AUDITOR_DECL bool special_reads::prepare_read(read_operation& of) {
  questions& ask = of.questions_;
  error& why = of.problem_;
  const query& asked = ask.asked();
  const auto limit = asked.limit();
  if (limit) ask.limit_ = static_cast<record_count>((std::min)(*limit, std::uint64_t{any_number}));
  if (ask.reads_ == proof_rule::none) {
    ask.first_ = question::as_asked;
    return true;
  }
  const bool by_id = !asked.order() || asked.order() == ascending(field::record_id);
  if (!by_id && !of.collects() && (!limit || ask.is_superset()))
    return refuse(
        why, "sort_by: a streamed read is proven in the order of ids only; collect it, limit it, or ask for proof::none");
  if (ask.is_superset() && asked.is_from_text())
    return refuse(why, "proof::superset: needs a query made of filters, not of a text");
  if (ask.is_superset() && limit && !of.collects())
    return refuse(why, "proof::superset: a streamed read has no limit; collect it, or stop it yourself");
  if (limit && !ask.is_superset() && !asked.has_id()) ask.first_ = question::up_to_limit;
  return true;
}

AUDITOR_DECL bool special_reads::holds(const query& asked, const record_view& r) noexcept { return asked.holds_for(r); }

AUDITOR_DECL void special_reads::write(const questions& of, question to_ask, text_buffer& to) {
  if (to_ask != question::up_to_limit) return of.asked_.write_whole(to, of.dialect_);
  query_writer more(to, of.asked_.write(to, of.proven(), of.dialect_));
  more.sorted(false, "record_id");
  more.key("limit").value(static_cast<std::int64_t>(*of.asked_.limit()));
}

AUDITOR_DECL void special_reads::begin_again(read_operation& of) noexcept {
  of.beginning_.restart();
  if (of.collects()) of.forget_collected();
}

AUDITOR_DECL commit_result special_reads::take(read_operation& of, const record_view& r) {
  if (of.collects()) return of.show(r);
  switch (of.beginning_.came(r.record_id)) {
    case same_beginning::place::seen_before: return commit_result::skipped;
    case same_beginning::place::another:
      set_error(of.problem_, errc::truncated, "asked again, the records came in another order");
      return commit_result::failed;
    case same_beginning::place::new_one: break;
  }
  return of.show(r);
}

AUDITOR_DECL next_action special_reads::end(read_operation& of) {
  if (of.question_ == question::limited) {
    if (of.limit_.is_complete(of.received())) return of.finished(completeness::complete);
    if (of.collects()) of.forget_collected();
    return of.again(question::up_to_limit, errc::truncated, "fewer records came than match");
  }
  if (!of.answer_.is_whole()) {
    of.nothing_.something_came();
    return of.act(read_step::cut_inside);
  }
  if (of.question_ == question::as_asked) {
    if (!of.beginning_.is_over()) return of.again(of.question_, errc::truncated, "fewer records came than before");
    return of.finished(completeness::unproven);
  }
  if (!of.limit_.came(of.answer_.records(), of.questions_.limit_)) return ask_limited(of);
  of.last_id_.restart();  // a proof of its own, each time
  return of.ask(of.questions_.first_of_proof(), next_action::follow_up);
}

AUDITOR_DECL next_action special_reads::ask_limited(read_operation& of) {
  of.limit_.counted();
  return of.ask(question::limited, next_action::follow_up);
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
