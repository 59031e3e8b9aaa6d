// Bodies of queue/queue_sender.hpp.
// SPDX-License-Identifier: MIT OR Apache-2.0
#pragma once

#include <auditor/executor/steady.hpp>
#include <auditor/json/record_codec.hpp>
#include <auditor/json/record_decoder.hpp>
#include <auditor/model/difference.hpp>
#include <auditor/model/validate.hpp>
#include <auditor/queue/queue_sender.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace auditor {
inline namespace AUDITOR_ABI {

namespace detail {

struct queue_length {
  ticks queue_options::* length;
  const char* rule;
};
inline constexpr queue_length queue_lengths[] = {
    {&queue_options::interval, "queue_options::interval: must not be negative"},
    {&queue_options::first_wait, "queue_options::first_wait: must not be negative"},
    {&queue_options::longest_wait, "queue_options::longest_wait: must not be negative"},
    {&queue_options::probe, "queue_options::probe: must not be negative"},
    {&queue_options::unknown_record, "queue_options::unknown_record: must not be negative"},
    {&queue_options::suspicion, "queue_options::suspicion: must not be negative"},
    {&queue_options::late_update, "queue_options::late_update: must not be negative"}};

AUDITOR_DECL queue_options in_reach(queue_options all) noexcept {
  for (const queue_length& each : queue_lengths) all.*each.length = in_reach(all.*each.length);
  return all;
}

}  // namespace detail

AUDITOR_DECL error check(const queue_options& all) noexcept {
  const auto wrong = [](std::string_view words) { return error(errc::invalid_argument, words); };
  if (all.max_entries == 0) return wrong("queue_options::max_entries: must be 1 at least");
  if (all.max_bytes == 0) return wrong("queue_options::max_bytes: must be 1 at least");
  if (all.window == 0) return wrong("queue_options::window: must be 1 at least");
  if (all.in_flight == 0) return wrong("queue_options::in_flight: must be 1 at least");
  if (all.duplicates == on_duplicate::fail)
    return wrong("queue_options::duplicates: an entry may be sent twice, so fail is none: update, compare or ignore");
  for (const detail::queue_length& each : detail::queue_lengths)
    if (all.*each.length < ticks::zero()) return wrong(each.rule);
  return {};
}

namespace detail {

AUDITOR_DECL queue_sender::queue_sender(const store_access& store, const queue_options& settings, std::uint64_t seed)
    : store_(store), settings_(settings), window_((std::max)(settings.window, std::size_t{2})), random_(seed) {
  lanes_[0].kind = entry_kind::add;
  lanes_[1].kind = entry_kind::update;
  for (lane& each : lanes_) each.width = window_;
}

AUDITOR_DECL queue_sender::~queue_sender() = default;

AUDITOR_DECL void queue_sender::open(ticks now) {
  known_at_open_ = store_.counts(store_.self).last_number;
  opened_at_ = now;
  // Another process may have sent an update just before it ended, whose answer it did not wait for.
  const timestamp held = store_.held_until(store_.self), wall = store_.wall(store_.self);
  const auto left = std::chrono::ceil<ticks>(held - wall);
  if (held != timestamp{}) late_.hold_all(now + std::clamp(left, ticks::zero(), settings_.late_update));
}

// ---- what is next -----------------------------------------------------------------------------------------------------

AUDITOR_DECL queue_step queue_sender::next(ticks now, bool hurries) {
  if (!conflicts_.empty()) {
    views_.assign(1, conflicts_.front()->view);
    return {queue_step::type::look, {}, {views_}, {}};
  }
  queue_step waiting{queue_step::type::wait, (ticks::max)(), {}, {}};
  bool is_well = settled_.size() + dead_.size() <= most_aside || save();
  if (!is_well) {
    waiting.wake_at = now + settings_.first_wait;
    return waiting;
  }
  // Adds first: how far the updates may be read depends on them.
  for (lane& each : lanes_) is_well = fetch_due(each, now) && fill(each, now) && is_well;
  const bool is_time = now >= next_delivery_at_ || hurries;
  if (!is_time) waiting.wake_at = next_delivery_at_;
  for (int i = 0; i < 2 && is_time; ++i) {
    lane& each = lanes_[updates_next_ ? 1 - i : i];
    if (now >= each.wait_until && choose(each, now)) {
      updates_next_ = each.kind == entry_kind::add;
      outcomes_.assign(views_.size(), record_outcome{});
      words_.clear();
      return {each.kind == entry_kind::add ? queue_step::type::adds : queue_step::type::updates,
              {},
              {views_, {are_valid_, texts_, &encode_into_body}},
              outcomes_};
    }
    waiting.wake_at = (std::min)(waiting.wake_at, wake(each));
  }
  swept_.clear();
  spare_.clear();
  is_well = save() && is_well;
  if (!is_well) waiting.wake_at = (std::min)(waiting.wake_at, now + settings_.first_wait);
  return waiting;
}

AUDITOR_DECL void queue_sender::meanwhile() {
  keep_memory();
  save();
  const lane& adds = lanes_[0];
  if (!ahead_.empty() || adds.set_aside.size() >= most_aside) return;
  if (read(adds.place, window_, ahead_)) ahead_.clear();  // who wants them finds out why
  for (const auto& each : ahead_) each->read();
}

// The next entries of a lane. False: the store cannot be read just now.
AUDITOR_DECL bool queue_sender::fill(lane& of, ticks now) {
  const bool adds = of.kind == entry_kind::add;
  while (of.window.size() <= window_ / 2 && of.set_aside.size() < most_aside) {
    const std::uint64_t end = adds ? (std::numeric_limits<std::uint64_t>::max)() : end_of_updates();
    if (of.place + 1 >= end) return true;
    // The adds were read as far as that, and every update there that goes by itself was seen.
    if (!adds && of.place >= last_apart_) {
      of.place = end - 1;
      return true;
    }
    // Asked before it reads: what is accepted meanwhile may not be passed over.
    const std::uint64_t last = adds ? store_.counts(store_.self).last_number : 0;
    std::vector<std::unique_ptr<item>> came;
    if (const error e = read_next(of, window_ - of.window.size(), came)) {
      note({queue_event::type::store_failed, of.kind, 0, e, settings_.first_wait});
      last_ = e;
      return false;
    }
    if (came.empty() && adds) {
      of.place = (std::max)(of.place, last);
      return true;
    }
    bool goes_on = !came.empty();
    for (auto& each : came) {
      goes_on = each->entry.number < end;
      if (!goes_on) break;
      of.place = each->entry.number;
      take_in(of, std::move(each), now);
    }
    if (!goes_on) of.place = end - 1;
  }
  return true;
}

// An update comes behind every add that was accepted before it.
AUDITOR_DECL std::uint64_t queue_sender::end_of_updates() const noexcept {
  const lane& adds = lanes_[0];
  std::uint64_t end = adds.place + 1;
  for (const auto& each : adds.window)
    if (each->tries == 0) end = (std::min)(end, each->entry.number);  // the others hold up nobody but those of their id
  return end;
}

// Of the adds what was read ahead, or else from the store.
AUDITOR_DECL error queue_sender::read_next(const lane& of, std::size_t most, std::vector<std::unique_ptr<item>>& to) {
  if (of.kind != entry_kind::add || ahead_.empty()) return read(of.place, most, to);
  const auto until = ahead_.begin() + static_cast<std::ptrdiff_t>((std::min)(most, ahead_.size()));
  to.assign(std::make_move_iterator(ahead_.begin()), std::make_move_iterator(until));
  ahead_.erase(ahead_.begin(), until);
  return {};
}

AUDITOR_DECL error queue_sender::read(std::uint64_t after, std::size_t most, std::vector<std::unique_ptr<item>>& to) {
  if (const error e = store_.read(store_.self, after, most, settings_.window_bytes, page_)) return e;
  for (queue_entry& each : page_) to.push_back(make_item(each));
  return {};
}

// Of what is delivered and freed again and again the allocator would make more work than of all else here.
AUDITOR_DECL void queue_sender::keep_memory() {
  constexpr std::size_t most_bytes = 4'096;  // of JSON: what was longer is seldom
  for (auto& each : swept_)
    if (spare_.size() < window_ && each->entry.json.capacity() <= most_bytes) spare_.push_back(std::move(each));
  swept_.clear();
}

// With the memory of one that is done with, if there is any; the string goes to the store, for what it reads next.
AUDITOR_DECL std::unique_ptr<queue_sender::item> queue_sender::make_item(queue_entry& of) {
  if (spare_.empty()) return std::make_unique<item>(std::move(of));
  std::unique_ptr<item> one = std::move(spare_.back());
  spare_.pop_back();
  std::swap(one->entry, of);
  *one = item(std::move(one->entry), std::move(one->lists));
  return one;
}

AUDITOR_DECL error queue_sender::item::read() {
  if (is_read) return {};
  const error e = decode_record(entry.json, lists, view);
  is_read = !e;
  if (is_read) {
    id = hash_of(view.record_id).value();
    check();
    return e;
  }
  // It was a record when it was accepted.
  error damaged(e.code, "entry ");
  damaged.more(entry.number).more(entry.json.empty() ? " is not in the store any more" : " is not as it was accepted: ");
  if (!entry.json.empty()) damaged.more(e.words());
  damaged.outcome = e.outcome;
  return damaged;
}

// Whether what was accepted is valid still; why it is not says the bulk.
AUDITOR_DECL void queue_sender::item::check() {
  error why;
  is_valid = entry.kind == entry_kind::add && detail::is_valid(view, purpose::add, why);
}

AUDITOR_DECL void queue_sender::take_in(lane& of, std::unique_ptr<item> one, ticks now) {
  if (one->entry.kind != of.kind) {
    if (of.kind == entry_kind::add) fold(*one);
    return;
  }
  if (of.kind == entry_kind::update && is_over(one->entry.number)) return;
  one->fresh = one->entry.number > known_at_open_;
  if (const error e = one->read()) return bury(*one, e, now);
  if (of.kind == entry_kind::add) fear_another(*one, now);
  if (is_behind_aside(of, *one) || (of.kind == entry_kind::update && is_behind_add(*one)))
    return put_aside_until(*one, now + settings_.first_wait);
  if (is_add_dead(*one)) return bury(*one, add_is_dead(*one), now);
  if (of.kind == entry_kind::add || !one->fresh) return of.window.push_back(std::move(one));
  // What nobody has sent yet says no more than the last one of its id.
  const auto same =
      std::find_if(of.window.rbegin(), of.window.rend(), [&](const auto& each) { return each->id == one->id; });
  if (same != of.window.rend() && (*same)->fresh && (*same)->view.record_id == one->view.record_id) {
    one->replaced = std::move((*same)->replaced);
    one->replaced.push_back((*same)->entry.number);
    *same = std::move(one);
    return;
  }
  of.window.push_back(std::move(one));
}

// With the add of its record, which the store has not heard yet.
AUDITOR_DECL bool queue_sender::is_over(std::uint64_t update) const noexcept {
  return std::find(settled_.begin(), settled_.end(), update) != settled_.end() || is_to_be_buried(update);
}

// A dead letter, which the store has not heard of yet.
AUDITOR_DECL bool queue_sender::is_to_be_buried(std::uint64_t number) const noexcept {
  return std::any_of(dead_.begin(), dead_.end(), [=](const dead_letter& each) { return each.entry.number == number; });
}

AUDITOR_DECL void queue_sender::lane::keep(std::uint64_t number, const aside& what) {
  if (set_aside.insert_or_assign(number, what).second) ++ids_aside[what.id];
}

AUDITOR_DECL std::map<std::uint64_t, queue_sender::aside>::iterator queue_sender::lane::take_out(
    std::map<std::uint64_t, aside>::iterator at) {
  const auto id = ids_aside.find(at->second.id);
  if (--id->second == 0) ids_aside.erase(id);
  return set_aside.erase(at);
}

AUDITOR_DECL bool queue_sender::is_behind_aside(const lane& in, const item& one) noexcept {
  return in.ids_aside.contains(one.id) && std::any_of(in.set_aside.begin(), in.set_aside.end(), [&](const auto& each) {
           return each.first < one.entry.number && each.second.id == one.id;
         });
}

AUDITOR_DECL bool queue_sender::is_behind_add(const item& update) const noexcept {
  const lane& adds = lanes_[0];
  return is_behind_aside(adds, update) || std::any_of(adds.window.begin(), adds.window.end(), [&](const auto& each) {
           return each->entry.number < update.entry.number && each->id == update.id;
         });
}

// An update of a record that is in the window too, and that nobody can have sent: one request does for both.
AUDITOR_DECL void queue_sender::fold(item& update) {
  const lane& updates = lanes_[1];
  const std::uint64_t number = update.entry.number;
  if (updates.place >= last_apart_) apart_.clear();
  if (update.read()) {
    last_apart_ = (std::max)(last_apart_, number);
    return;
  }
  const record_view& view = update.view;
  const std::uint64_t id = update.id;
  item* last = nullptr;
  std::size_t adds = 0;
  for (const auto& each : lanes_[0].window)
    if (each->id == id) last = each.get(), ++adds;
  // An earlier update of the same id would come behind it.
  const bool is_first =
      apart_.size() < most_aside && !apart_.contains(id) && !updates.ids_aside.contains(id) &&
      std::none_of(updates.window.begin(), updates.window.end(), [&](const auto& each) { return each->id == id; });
  const bool can_be = adds == 1 && last->fresh && last->view.record_id == view.record_id &&
                      (!last->view.stop_time || last->update != 0) && view.stop_time &&
                      *view.stop_time >= last->view.start_time;
  if (number <= known_at_open_ || !is_first || !can_be) {
    keep_apart(id, number);
    return;
  }
  if (last->update != 0) last->replaced.push_back(last->update);
  last->update = number;
  last->view.stop_time = view.stop_time;
  last->check();
}

// This update goes by itself, and so does what comes behind it.
AUDITOR_DECL void queue_sender::keep_apart(std::uint64_t id, std::uint64_t number) {
  if (apart_.size() < most_aside) apart_.insert(id);
  last_apart_ = (std::max)(last_apart_, number);
}

// As they were accepted, one behind the other.
AUDITOR_DECL void queue_sender::unfold(item& of) {
  keep_apart(of.id, of.update);
  of.fresh = false;
  of.update = 0;
  of.replaced.clear();
  of.view.stop_time.reset();
  of.check();
}

AUDITOR_DECL bool queue_sender::fetch_due(lane& of, ticks now) {
  std::unordered_set<std::uint64_t> busy;
  std::unordered_map<std::uint64_t, std::uint64_t> adds;  // that an update waits for: by id, the number of the first
  if (of.kind == entry_kind::update && !of.set_aside.empty()) {
    for (const auto& each : lanes_[0].set_aside) adds.emplace(each.second.id, each.first);
    for (const auto& each : lanes_[0].window)
      if (const auto [known, is_new] = adds.emplace(each->id, each->entry.number); !is_new)
        known->second = (std::min)(known->second, each->entry.number);
  }
  of.next_due = (ticks::max)();
  // Half of the window is for those that come for the first time.
  for (auto at = of.set_aside.begin(); at != of.set_aside.end() && of.window.size() < window_ / 2;) {
    const auto [number, what] = *at;
    if (busy.empty())
      for (const auto& each : of.window) busy.insert(each->id);
    // The first of an id is the next one.
    const bool first = busy.insert(what.id).second;
    if (!first || what.due > now) {
      if (first) of.next_due = (std::min)(of.next_due, what.due);
      ++at;
      continue;
    }
    if (const auto add = adds.find(what.id); add != adds.end() && add->second < number) {
      at++->second.due = now + settings_.first_wait;
      of.next_due = (std::min)(of.next_due, now + settings_.first_wait);
      continue;
    }
    if (const error e = store_.read(store_.self, number - 1, 1, settings_.window_bytes, page_)) {
      last_ = e;
      return false;
    }
    at = of.take_out(at);
    if (page_.empty() || page_[0].number != number) {
      of.next_due = now;  // the next one of this id is the first
      continue;
    }
    auto one = make_item(page_[0]);
    one->id = what.id;
    one->missing_since = what.missing_since;
    one->suspicion = what.suspicion;
    one->tries = what.tries;
    error why = one->read();
    if (!why && is_add_dead(*one)) why = add_is_dead(*one);
    if (why) {
      of.next_due = now;
      bury(*one, why, now);
    } else {
      of.window.push_back(std::move(one));
    }
  }
  return true;
}

// Whether the last add of its id that was accepted before it is a dead letter, which nobody has sent again or discarded.
AUDITOR_DECL bool queue_sender::is_add_dead(const item& update) {
  const auto dead = dead_adds_.find(update.id);
  if (update.entry.kind != entry_kind::update || dead == dead_adds_.end() || dead->second >= update.entry.number)
    return false;
  if (is_to_be_buried(dead->second) || store_.has_letter(store_.self, dead->second)) return true;
  dead_adds_.erase(dead);
  return false;
}

AUDITOR_DECL error queue_sender::add_is_dead(const item& update) {
  error why(errc::record_not_found, "the record that it updates is a dead letter");
  return why.of(update.view.record_id);
}

AUDITOR_DECL bool queue_sender::choose(lane& of, ticks now) {
  sent_.clear();
  views_.clear();
  texts_.clear();
  are_valid_ = true;
  late_.forget(now);
  std::unordered_set<std::uint64_t> ids;
  const std::size_t most = of.paused ? 1 : of.width;
  const bool adds = of.kind == entry_kind::add;
  for (const auto& each : of.window) {
    if (views_.size() == most) break;
    // The server answers for all adds of a request at once: what may be at fault goes alone.
    if (adds && !views_.empty() && (each->suspicion.is_suspect || sent_.front()->suspicion.is_suspect)) break;
    if (of.kind == entry_kind::update) {
      if (late_.holds_all(now)) break;
      if (!ids.insert(each->id).second || late_.holds(each->id)) continue;
    }
    sent_.push_back(each.get());
    views_.push_back(each->view);
    texts_.push_back(each->update != 0 ? std::string_view() : std::string_view(each->entry.json));
    are_valid_ = are_valid_ && each->is_valid;
  }
  sending_ = &of;
  return !views_.empty();
}

// When there may be something to do that waits now.
AUDITOR_DECL ticks queue_sender::wake(const lane& of) const noexcept {
  ticks at = (ticks::max)();
  if (!of.window.empty()) {
    at = of.wait_until;
    if (of.kind == entry_kind::update) at = late_.next(at);
  }
  return (std::max)((std::min)(at, of.next_due), of.wait_until);
}

// ---- what became of it --------------------------------------------------------------------------------------------------

AUDITOR_DECL failure_callback queue_sender::failed() noexcept {
  return [this](const error& e) { words_.insert_or_assign(e.index, e); };
}

AUDITOR_DECL void queue_sender::done(ticks now, const bulk_summary& sum) {
  lane& of = *sending_;
  if (of.kind == entry_kind::update || !sent_.front()->suspicion.is_suspect) next_delivery_at_ = now + settings_.interval;
  if (sum.has_lost_answers()) {
    for (const item* each : sent_)
      if (each->view.stop_time) late_.hold(each->id, now + settings_.late_update);
    hold_until_ = store_.wall(store_.self) + settings_.late_update;
  }
  const bool others_well = sum.delivered() + sum.duplicates() != 0;
  const std::uint64_t before = delivered_ + buried_;
  std::unordered_set<std::uint64_t> open;
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    const auto said = words_.find(i);
    error words = said != words_.end() ? said->second : error(outcomes_[i].code);
    words.status = outcomes_[i].status;
    // What is not decided holds up what came later of its id.
    if (open.contains(sent_[i]->id)) {
      sent_[i]->fresh = false;
      continue;
    }
    judge(*sent_[i], outcomes_[i], words, others_well, now);
    if (!sent_[i]->gone || of.set_aside.contains(sent_[i]->entry.number)) open.insert(sent_[i]->id);
  }
  const bool is_aside = sent_.size() == 1 && sent_.front()->gone;  // with a wait of its own
  if (conflicts_.empty()) sweep(of);
  const std::uint64_t progress = delivered_ + buried_ - before;
  note_delivered(of.kind);
  const error why = sum.error();
  // A `record_exists` is left where what is stored could not be looked at: for a moment, or - when that goes on - because it is not allowed.
  constexpr unsigned looks_before_pause = 3;
  const bool shut_out = why.code == errc::not_authorised || why.code == errc::wrong_endpoint ||
                        why.code == errc::tls_failed ||
                        (why.code == errc::record_exists && progress == 0 && of.failures >= looks_before_pause);
  const bool is_about_record = why.code == errc::conflict || why.code == errc::record_not_found;
  if (!sum && !is_about_record && (progress == 0 || shut_out)) {
    fail(of, why, shut_out, now);
    // That it cannot be looked at may be its own fault: the others need not wait for that.
    if (is_aside && why.code == errc::record_exists) of.wait_until = {};
    return;
  }
  go_on(of);
  if (progress == 0) last_ = why;
}

AUDITOR_DECL void queue_sender::judge(item& of, const record_outcome& how, const error& words, bool others_well,
                                      ticks now) {
  const bool was_fresh = std::exchange(of.fresh, false);
  if (how.code == errc::ok) {
    // Under `ignore` the stored one may be another's: then the stop time is still to be set.
    if (of.update != 0 && how.outcome != outcome::delivered) unfold(of);
    return settle(of, now);
  }
  const bool not_here = how.code == errc::record_not_found && of.entry.kind == entry_kind::update;
  // Auditor takes what is as large as this may be.
  const bool is_proxys_limit = how.status == 413;
  if (how.outcome == outcome::not_applied && !not_here) {
    of.fresh = was_fresh;
    return;
  }
  if (of.update != 0) return unfold(of);
  if (how.code == errc::conflict) {
    conflicts_.push_back(&of);
  } else if (not_here) {
    wait_for_record(of, words, now);
  } else if (how.outcome == outcome::rejected && !is_proxys_limit) {
    // A line that garbles what is sent makes the server refuse what is well: it is asked again.
    constexpr unsigned refusals_before_death = 3;
    if (how.status == 0 || ++of.suspicion.refusals == refusals_before_death)
      bury(of, words, now);
    else
      put_aside(of, now);
  } else if (of.entry.kind == entry_kind::update || sent_.size() == 1 || is_proxys_limit) {
    doubt(of, how, words, others_well, now);
  } else if (others_well) {
    of.suspicion.is_suspect = true;
    put_aside(of, now);
  }
}

// The server does not have the record of this update: it may come yet, and after a while it never will.
AUDITOR_DECL void queue_sender::wait_for_record(item& update, const error& words, ticks now) {
  // Who could not reach the server could not learn that it lacks a record. When another process learned that is not known: then it was accepted
  // long ago, by the wall clock, which may be set, and is missing for a while.
  update.missing_since = (std::min)(update.missing_since, now);
  ticks age = now - update.missing_since;
  if (update.entry.number <= known_at_open_ && age >= (std::min)(settings_.suspicion, settings_.unknown_record))
    age = (std::max)(age, std::chrono::floor<ticks>(store_.wall(store_.self) - update.entry.accepted));
  if (age <= settings_.unknown_record && !is_add_dead(update)) return put_aside(update, now);
  lane& updates = lanes_[1];
  if (updates.ids_aside.contains(update.id))  // those behind it wait for the same record
    for (auto& [number, what] : updates.set_aside)
      if (what.id == update.id) what.missing_since = (std::min)(what.missing_since, update.missing_since);
  bury(update, words, now);
}

// It failed alone: out of the way of the others. That it is at fault, and not the server, shows when they are delivered meanwhile, again
// and again.
AUDITOR_DECL void queue_sender::doubt(item& of, const record_outcome& how, const error& words, bool others_well,
                                      ticks now) {
  const std::uint64_t others = lane_of(of.entry.kind).delivered;
  suspicion& its = of.suspicion;
  if (!its.is_alone) its.since = now;
  if (others_well || (its.is_alone && others != its.others)) ++its.failures;
  its.is_suspect = its.is_alone = true;
  its.others = others;
  const bool may_be_its_fault = how.code == errc::server_failure || how.code == errc::record_too_large;
  if (its.failures >= 5 && now - its.since >= settings_.suspicion && may_be_its_fault)
    bury(of, words, now);
  else
    put_aside(of, now);
}

AUDITOR_DECL void queue_sender::looked(ticks now, const error& why, const record_view* stored) {
  item& of = *conflicts_.front();
  conflicts_.erase(conflicts_.begin());
  lane& in = lane_of(of.entry.kind);
  if (why) {
    fail(in, why, why.code == errc::not_authorised, now);
  } else if (stored != nullptr) {
    const record_comparison found = compare_records(of.view, *stored);
    const bool is_same = found.match == record_match::all_but_stop_time;
    // A stop time that came behind it is no conflict: an update of it, or somebody else's.
    bool is_updated = false;
    if (is_same && of.view.stop_time && !find_update(of, is_updated)) {
      put_aside(of, now);
    } else if (found.match == record_match::equal || (is_same && (!of.view.stop_time || is_updated))) {
      settle(of, now);
    } else {
      error words = found.difference;
      bury(of, words.of(of.view.record_id), now);
      if (is_same) dead_adds_.erase(of.id);  // the record itself is there, and may be updated
    }
  } else {
    put_aside(of, now);
  }
  if (conflicts_.empty()) sweep(in);
  note_delivered(in.kind);
}

// Whether an update of this record waits that may have been sent already. False: the store cannot be read just now.
AUDITOR_DECL bool queue_sender::find_update(const item& of, bool& found) {
  found = false;
  for (std::uint64_t after = of.entry.number; after < known_at_open_ && !found;) {
    if (const error e = store_.read(store_.self, after, window_, settings_.window_bytes, page_)) {
      last_ = e;
      return false;
    }
    if (page_.empty()) break;
    for (const queue_entry& each : page_) {
      record_storage lists;
      record_view view;
      found = found || (each.kind == entry_kind::update && each.number <= known_at_open_ &&
                        !decode_record(each.json, lists, view) && view.record_id == of.view.record_id);
      after = each.number;
    }
  }
  return true;
}

AUDITOR_DECL void queue_sender::settle(item& of, ticks now) {
  fear_another(of, now);
  if (of.entry.kind == entry_kind::add) dead_adds_.erase(of.id);
  settled_.push_back(of.entry.number);
  delivered_ += 1 + of.replaced.size() + (of.update != 0 ? 1 : 0);
  if (of.update != 0) settled_.push_back(of.update);
  settled_.insert(settled_.end(), of.replaced.begin(), of.replaced.end());
  ++lane_of(of.entry.kind).delivered;
  of.gone = true;
}

// Who had the store before may have sent it as well, just before the end.
AUDITOR_DECL void queue_sender::fear_another(const item& of, ticks now) {
  const ticks until = opened_at_ + settings_.late_update;
  if (!of.view.stop_time || of.entry.number > known_at_open_ || now >= until) return;
  late_.hold(of.id, until);
  if (std::exchange(feared_at_, now) != now)
    hold_until_ = (std::max)(hold_until_, store_.wall(store_.self) + (until - now));
}

AUDITOR_DECL void queue_sender::bury(item& of, const error& why, ticks now) {
  const store_counts counts = store_.counts(store_.self);
  std::uint64_t bytes = counts.dead_bytes + of.entry.json.size();
  for (const dead_letter& each : dead_) bytes += each.entry.json.size();
  if (bytes > settings_.max_dead_bytes) {
    last_ = why;
    return put_aside(of, now);
  }
  if (of.entry.kind == entry_kind::add && dead_adds_.size() < most_aside) dead_adds_[of.id] = of.entry.number;
  error words = why;
  if (words.record_id().empty()) words.of(of.view.record_id);
  note({queue_event::type::dead, of.entry.kind, 1, words, {}, of.entry.number});
  dead_.push_back({std::move(of.entry), store_.wall(store_.self), why.code, why.status, std::string(why.words())});
  ++buried_;
  of.gone = true;
}

AUDITOR_DECL void queue_sender::put_aside(item& of, ticks now) {
  put_aside_until(of, now + jitter(settings_.first_wait, ++of.tries));
}

AUDITOR_DECL void queue_sender::put_aside_until(item& of, ticks due) {
  lane& in = lane_of(of.entry.kind);
  in.keep(of.entry.number, aside{of.id, of.entry.accepted, due, of.missing_since, of.suspicion, of.tries});
  for (const std::uint64_t number : of.replaced) in.keep(number, aside{of.id, of.entry.accepted, due, of.missing_since});
  of.gone = true;
}

AUDITOR_DECL void queue_sender::sweep(lane& of) {
  // What was accepted later of an id stays behind what was set aside of it.
  for (const auto& each : of.window)
    if (!each->gone && is_behind_aside(of, *each)) {
      if (each->update != 0) unfold(*each);
      put_aside_until(*each, {});
    }
  // They are freed while the next delivery is under way: here the server would wait for it.
  for (auto& each : of.window)
    if (each->gone) swept_.push_back(std::move(each));
  std::erase_if(of.window, [](const auto& each) { return each == nullptr; });
}

// False: what is settled or dead is not yet so in the store.
AUDITOR_DECL bool queue_sender::save() {
  error e;
  if (!dead_.empty()) {
    e = store_.bury(store_.self, dead_);
    if (!e) dead_.clear();
  }
  if (!e && !settled_.empty()) {
    e = store_.settle(store_.self, settled_, hold_until_);
    if (!e) settled_.clear();
  }
  if (!e) return true;
  last_ = e;
  note({queue_event::type::store_failed, {}, settled_.size() + dead_.size(), e, settings_.first_wait});
  return false;
}

AUDITOR_DECL void queue_sender::fail(lane& of, const error& why, bool shut_out, ticks now) {
  if (why.code == errc::cancelled) return;  // by the end of the queue
  last_ = why;
  const ticks wait = shut_out ? settings_.probe - settings_.probe / 5 + jitter(settings_.probe / 5 * 2, 0)
                              : jitter(settings_.first_wait, of.failures);
  ++of.failures;
  of.width = (std::max)(sent_.size() / 2, std::size_t{1});
  const bool is_known = std::exchange(of.paused, shut_out) && why.code == errc::record_exists;
  of.wait_until = now + wait;
  if (!is_known)
    note({shut_out ? queue_event::type::paused : queue_event::type::failed, of.kind, of.window.size(), why, wait});
}

AUDITOR_DECL void queue_sender::go_on(lane& of) {
  if (std::exchange(of.paused, false)) note({queue_event::type::resumed, of.kind, 0, {}, {}});
  of.failures = 0;
  of.width = of.width > window_ / 2 ? window_ : 2 * of.width;
  of.wait_until = {};
  last_ = {};
}

AUDITOR_DECL bool queue_sender::is_news(ticks now) const noexcept {
  const lane& adds = lanes_[0];
  return now >= adds.wait_until ||
         std::none_of(adds.window.begin(), adds.window.end(), [](const auto& each) { return each->tries == 0; });
}

AUDITOR_DECL void queue_sender::resume(ticks now) noexcept {
  for (lane& each : lanes_) {
    each.wait_until = now;
    for (auto& [number, what] : each.set_aside) what.due = now;
  }
}

// ---- numbers ----------------------------------------------------------------------------------------------------------

AUDITOR_DECL std::uint64_t queue_sender::lowest(const lane& of) noexcept {
  std::uint64_t number = of.place + 1;
  for (const auto& each : of.window) {
    number = (std::min)(number, each->entry.number);
    for (const std::uint64_t replaced : each->replaced) number = (std::min)(number, replaced);
  }
  if (!of.set_aside.empty()) number = (std::min)(number, of.set_aside.begin()->first);
  return number;
}

AUDITOR_DECL std::uint64_t queue_sender::settled_before() const noexcept {
  std::uint64_t number = (std::min)(lowest(lanes_[0]), lowest(lanes_[1]));
  for (const std::uint64_t each : settled_) number = (std::min)(number, each);
  for (const dead_letter& each : dead_) number = (std::min)(number, each.entry.number);
  return number;
}

AUDITOR_DECL timestamp queue_sender::oldest() const noexcept {
  timestamp first{};
  const auto look_at = [&first](timestamp accepted) {
    if (first == timestamp{} || accepted < first) first = accepted;
  };
  for (const lane& of : lanes_) {
    for (const auto& each : of.window) look_at(each->entry.accepted);
    if (!of.set_aside.empty()) look_at(of.set_aside.begin()->second.accepted);  // the lowest number
  }
  return first;
}

// Up to the whole of the step, drawn at random.
AUDITOR_DECL ticks queue_sender::jitter(ticks first, unsigned doublings) {
  std::int64_t step = (std::min)(first, settings_.longest_wait).count();
  if (first > settings_.longest_wait) step = first.count();  // of a probe
  for (unsigned i = 0; i < doublings && step < settings_.longest_wait.count(); ++i)
    step = (std::min)(2 * step, std::int64_t{settings_.longest_wait.count()});
  return ticks{static_cast<std::int64_t>(next_random(random_) % (static_cast<std::uint64_t>(step) + 1))};
}

// What came since this was said last.
AUDITOR_DECL void queue_sender::note_delivered(entry_kind kind) {
  const std::uint64_t came = delivered_ - std::exchange(delivered_noted_, delivered_);
  if (came != 0) note({queue_event::type::delivered, kind, came, {}, {}});
}

AUDITOR_DECL void queue_sender::note(const queue_event& event) {
  if (settings_.observer) events_.push_back(event);
}

AUDITOR_DECL void queue_sender::tell() {
  // Of a letter that the store has not heard of it is told when it has.
  std::vector<queue_event> later;
  for (const queue_event& each : std::exchange(events_, {})) {
    if (each.what == queue_event::type::dead && is_to_be_buried(each.number))
      later.push_back(each);
    else
      settings_.observer(each);
  }
  events_.insert(events_.begin(), later.begin(), later.end());
}

}  // namespace detail
}  // namespace AUDITOR_ABI
}  // namespace auditor
