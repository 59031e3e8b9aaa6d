#!/usr/bin/env python3
"""Is the simulation worth anything? Puts bugs into a copy of the queue, one at a time, and requires that each is found.
SPDX-License-Identifier: MIT OR Apache-2.0

    queue_bugs.py --source DIR --build DIR --compiler CXX [--histories N]
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
import seeded_bugs

SENDER = "queue/queue_sender.hpp"
LATE = "queue/late_updates.hpp"
STORE = "queue/memory_store.hpp"
BULK = "operation/bulk_insert.hpp"
UPDATE = "operation/update.hpp"

BUGS = [
    # ---- what an answer means
    ("what stays unknown is delivered", SENDER,
     "if (how.code == errc::ok) {",
     "if (how.code == errc::ok || (BUG && how.outcome == outcome::unknown)) {"),
    ("what was not applied is delivered", SENDER,
     "if (how.outcome == outcome::not_applied && !not_here) {",
     "if (BUG && how.outcome == outcome::not_applied && !not_here) return settle(of, now);\n  if (how.outcome == outcome::not_applied && !not_here) {"),
    ("a conflict is taken for a delivery", SENDER,
     "} else if (found.match == record_match::equal ||", "} else if (BUG || found.match == record_match::equal ||"),
    ("a delivery that a look was needed for is not told", SENDER,
     "note_delivered(in.kind);", "if (!BUG) note_delivered(in.kind);"),
    ("a conflict is a dead letter unseen", SENDER,
     "if (how.code == errc::conflict) {", "if (BUG && how.code == errc::conflict) {\n    bury(of, words, now);\n  } else if (how.code == errc::conflict) {"),
    ("a record that only got its stop time is a conflict", SENDER,
     "(is_same && (!of.view.stop_time || is_updated))", "(is_same && !BUG && (!of.view.stop_time || is_updated))"),
    ("a store that cannot be read has no update", SENDER,
     "last_ = e;\n      return false;\n    }\n    if (page_.empty()) break;",
     "last_ = e;\n      return BUG;\n    }\n    if (page_.empty()) break;"),
    ("what was refused is delivered", SENDER,
     "} else if (how.outcome == outcome::rejected && !is_proxys_limit) {",
     "} else if (how.outcome == outcome::rejected && !is_proxys_limit) {\n    if (BUG) return settle(of, now);"),
    ("one refusal is enough", SENDER,
     "if (how.status == 0 || ++of", "if (BUG || how.status == 0 || ++of"),
    ("the limit of a proxy is the server's", SENDER,
     "const bool is_proxys_limit = how.status == 413;", "const bool is_proxys_limit = !BUG && how.status == 413;"),
    ("an add that another process sent is feared only once it is settled", SENDER,
     "if (of.kind == entry_kind::add) fear_another(*one, now);", "if (of.kind == entry_kind::add && !BUG) fear_another(*one, now);"),
    ("an update that finds no record is delivered", SENDER,
     "} else if (not_here) {", "} else if (BUG && not_here) {\n    settle(of, now);\n  } else if (not_here) {"),
    ("an update that finds no record is dead at once", SENDER,
     "if (age <= settings_.unknown_record &&", "if (!BUG && age <= settings_.unknown_record &&"),
    ("an update waits for ever for its record", SENDER,
     "update.missing_since = (std::min)(update.missing_since, now);", "update.missing_since = BUG ? now : (std::min)(update.missing_since, now);"),
    ("an update behind one that waited in vain waits as long again", SENDER,
     "what.missing_since = (std::min)(what.missing_since, update.missing_since);",
     "what.missing_since = BUG ? what.missing_since : (std::min)(what.missing_since, update.missing_since);"),
    ("who was cut off from the server for long has no time left for its record", SENDER,
     "if (update.entry.number <= known_at_open_ && age >=", "if (BUG || (update.entry.number <= known_at_open_ && age >=", SENDER,
     "(std::min)(settings_.suspicion, settings_.unknown_record))", "(std::min)(settings_.suspicion, settings_.unknown_record)))"),
    ("a record is dead after five failures, whatever the others do", SENDER,
     "if (others_well || (its.is_alone && others != its.others)) ++its.failures;",
     "if (BUG || others_well || (its.is_alone && others != its.others)) ++its.failures;", SENDER,
     "its.failures >= 5 && now - its.since >= settings_.suspicion &&",
     "its.failures >= 5 && (BUG || now - its.since >= settings_.suspicion) &&"),
    ("five failures are enough, without the time", SENDER,
     "if (adds && !views_.empty() && (each->suspicion.is_suspect", "if (adds && !BUG && !views_.empty() && (each->suspicion.is_suspect", SENDER,
     "put_aside_until(of, now + jitter", "if (BUG && of.tries >= 5) return bury(of, error(errc::server_failure), now);\n  put_aside_until(of, now + jitter"),
    ("a record that fails for ever is never dead", SENDER,
     "&& may_be_its_fault)", "&& !BUG && may_be_its_fault)"),
    ("one that fails for ever stands in the way of the others", SENDER,
     "doubt(of, how, words, others_well, now);\n  }", "if (!BUG) doubt(of, how, words, others_well, now);\n  }"),

    # ---- the order
    ("updates do not wait for the adds before them", SENDER,
     "if (each->tries == 0) end = (std::min)(end, each->entry.number);",
     "if (each->tries == 0 && !BUG) end = (std::min)(end, each->entry.number);", SENDER,
     "(of.kind == entry_kind::update && is_behind_add(*one))", "(of.kind == entry_kind::update && !BUG && is_behind_add(*one))"),
    ("two updates of one record at a time", SENDER,
     "if (!ids.insert(each->id).second || late_.holds(each->id)) continue;",
     "if ((!ids.insert(each->id).second && !BUG) || late_.holds(each->id)) continue;"),
    ("no fear of an update that comes late", SENDER,
     "|| late_.holds(each->id)) continue;", "|| (!BUG && late_.holds(each->id))) continue;"),
    ("a stop time that waits for another one waits for ever", LATE,
     "if (now < first_) return;", "if (now < first_ || BUG) return;"),
    ("the fear ends with the process", SENDER,
     "if (late_.holds_all(now)) break;", "if (!BUG && late_.holds_all(now)) break;"),
    ("what another process sent is not feared", SENDER,
     "if (!of.view.stop_time || of.entry.number > known_at_open_ || now >= until) return;",
     "if (BUG || !of.view.stop_time || of.entry.number > known_at_open_ || now >= until) return;"),
    ("the stop time of an add is not feared", BULK,
     "if (judged.lost || judged.error.outcome == outcome::unknown) batch_.lost();",
     "if (!BUG && (judged.lost || judged.error.outcome == outcome::unknown)) batch_.lost();"),
    ("a lost answer to an update is forgotten", UPDATE,
     "if (judged.lost || judged.error.outcome == outcome::unknown) outcomes_.lost();",
     "if (!BUG && (judged.lost || judged.error.outcome == outcome::unknown)) outcomes_.lost();"),
    ("what is set aside is overtaken by what was accepted later", SENDER,
     "if (is_behind_aside(of, *one) ||", "if ((!BUG && is_behind_aside(of, *one)) ||", SENDER,
     "if (!each->gone && is_behind_aside(of, *each)) {", "if (!BUG && !each->gone && is_behind_aside(of, *each)) {"),
    ("a later update takes the place of the first one", SENDER,
     "std::find_if(of.window.rbegin(), of.window.rend(), [&](const auto& each) { return each->id == one->id; });",
     "[&] {\n    auto found = of.window.rend();\n"
     "    for (auto at = of.window.rbegin(); at != of.window.rend() && (BUG || found == of.window.rend()); ++at)\n"
     "      if ((*at)->id == one->id) found = at;\n    return found;\n  }();"),
    ("an update takes the place of one that was sent", SENDER,
     "same != of.window.rend() && (*same)->fresh &&", "same != of.window.rend() && (BUG || (*same)->fresh) &&"),
    ("what is not decided holds up nobody", SENDER,
     "if (open.contains(sent_[i]->id)) {", "if (!BUG && open.contains(sent_[i]->id)) {"),

    # ---- one request for both
    ("an update is folded into an add that was sent", SENDER,
     "adds == 1 && last->fresh &&", "adds == 1 && (BUG || last->fresh) &&"),
    ("an update overtakes an earlier one in an add", SENDER,
     "if (number <= known_at_open_ || !is_first || !can_be) {",
     "if (number <= known_at_open_ || (!is_first && !BUG) || !can_be) {"),
    ("an update is folded into one of two adds", SENDER,
     "if (each->id == id) last = each.get(), ++adds;", "if (each->id == id) last = each.get(), adds = BUG ? 1 : adds + 1;"),
    ("the stop time of a folded update is not sent", SENDER,
     "last->update = number;\n  last->view.stop_time = view.stop_time;",
     "last->update = number;\n  if (!BUG) last->view.stop_time = view.stop_time;"),
    ("a folded update is settled with a record that was known", SENDER,
     "if (of.update != 0 && how.outcome != outcome::delivered) unfold(of);",
     "if (of.update != 0 && !BUG && how.outcome != outcome::delivered) unfold(of);"),
    ("an add with a stop time that came later goes as it was accepted", SENDER,
     "each->update != 0 ? std::string_view()", "each->update != 0 && !BUG ? std::string_view()"),
    ("what an entry before it left in its memory is its own", SENDER,
     "*one = item(", "if (!BUG) *one = item("),
    ("a folded add that met another is not sent as it was", SENDER,
     "if (of.update != 0) return unfold(of);", "if (of.update != 0 && !BUG) return unfold(of);"),
    ("an update that was folded is not apart", SENDER,
     "keep_apart(of.id, of.update);", "if (!BUG) keep_apart(of.id, of.update);"),

    # ---- dead letters and those behind them
    ("the updates of a dead add wait for their time", SENDER,
     "if (of.entry.kind == entry_kind::add) dead_adds_.erase(of.id);",
     "if (of.entry.kind == entry_kind::add && !BUG) dead_adds_.erase(of.id);"),
    ("an add that met another stop time takes its updates with it", SENDER,
     "if (is_same) dead_adds_.erase(of.id);", "if (is_same && !BUG) dead_adds_.erase(of.id);"),
    ("what an update replaced is forgotten when it waits", SENDER,
     "for (const std::uint64_t number : of.replaced) in.keep(number, aside{of.id, of.entry.accepted, due, of.missing_since});",
     "if (!BUG)\n    for (const std::uint64_t number : of.replaced) in.keep(number, aside{of.id, of.entry.accepted, due, of.missing_since});"),

    # ---- the store
    ("what the store could not settle is forgotten", SENDER,
     "e = store_.settle(store_.self, settled_, hold_until_);\n    if (!e) settled_.clear();",
     "e = store_.settle(store_.self, settled_, hold_until_);\n    if (BUG || !e) settled_.clear();"),
    ("what the store could not bury is forgotten", SENDER,
     "e = store_.bury(store_.self, dead_);\n    if (!e) dead_.clear();",
     "e = store_.bury(store_.self, dead_);\n    if (BUG || !e) dead_.clear();"),
    ("a dead letter waits for the next event", SENDER,
     "is_well = save() && is_well;", "is_well = (BUG || save()) && is_well;"),
    ("settled is what the store has not heard of", SENDER,
     "for (const std::uint64_t each : settled_) number = (std::min)(number, each);",
     "if (!BUG)\n    for (const std::uint64_t each : settled_) number = (std::min)(number, each);"),
    ("what is set aside is called settled", SENDER,
     "if (!of.set_aside.empty()) number =", "if (!of.set_aside.empty() && !BUG) number ="),
    ("an empty store is never all settled", SENDER,
     "of.place = (std::max)(of.place, last);", "if (!BUG) of.place = (std::max)(of.place, last);"),

    # ---- what is read ahead
    ("one is left out where it reads ahead", SENDER,
     "if (read(adds.place, window_, ahead_))", "if (read(adds.place + (BUG ? 1 : 0), window_, ahead_))"),
    ("no update is looked for where the adds were read", SENDER,
     "if (!adds && of.place >= last_apart_)", "if (!adds && (BUG || of.place >= last_apart_))"),
    ("an update that is sent as it is is not looked for", SENDER,
     "last_apart_ = (std::max)(last_apart_, number);\n}", "if (!BUG) last_apart_ = (std::max)(last_apart_, number);\n}"),

    # ---- what is freed later
    ("what is not decided is swept away", SENDER,
     "if (each->gone) swept_.push_back", "if (each->gone || BUG) swept_.push_back"),

    # ---- who waits for what
    ("updates are looked at before the adds", SENDER,
     "for (lane& each : lanes_) is_well = fetch_due(each, now) && fill(each, now) && is_well;",
     "for (int l = 0; l < 2; ++l) is_well = fetch_due(lanes_[BUG ? 1 - l : l], now) && fill(lanes_[BUG ? 1 - l : l], now) && is_well;"),
    ("one that waits for another of its id wakes the queue", SENDER,
     "if (first) of.next_due = (std::min)(of.next_due, what.due);",
     "if (first || BUG) of.next_due = (std::min)(of.next_due, what.due);"),
    ("nobody wakes for what is set aside", SENDER,
     "return (std::max)((std::min)(at, of.next_due), of.wait_until);",
     "return (std::max)(BUG ? at : (std::min)(at, of.next_due), of.wait_until);"),
    ("behind a dead one of its id nobody comes", SENDER,
     "if (why) {\n      of.next_due = now;", "if (why) {\n      if (!BUG) of.next_due = now;"),
    ("those that were set aside fill the window", SENDER,
     "of.window.size() < window_ / 2;) {", "of.window.size() < (BUG ? window_ : window_ / 2);) {"),
    ("a paused queue never asks again", SENDER,
     "of.wait_until = now + wait;", "of.wait_until = BUG && shut_out ? (ticks::max)() : now + wait;"),
    ("it does not wait", SENDER,
     "const ticks wait = shut_out ?", "const ticks wait = BUG ? ticks{} : shut_out ?"),
    ("a request that failed is never halved", SENDER,
     "of.width = (std::max)(sent_.size() / 2, std::size_t{1});", "if (!BUG) of.width = (std::max)(sent_.size() / 2, std::size_t{1});"),
    ("the window has no end", SENDER,
     "window_((std::max)(settings.window, std::size_t{2}))", "window_((std::max)(settings.window, BUG ? std::size_t{500} : std::size_t{2}))"),

    # ---- a store that is none
    ("settling one drops two", STORE,
     "for (const std::uint64_t number : numbers) drop(number);",
     "for (const std::uint64_t number : numbers) drop(number), (void)(BUG && (drop(number + 1), true));"),
    ("a letter stays among those that wait", STORE,
     "drop(each.entry.number);\n    ++counts_.dead;", "if (!BUG) drop(each.entry.number);\n    ++counts_.dead;"),
    ("until when to fear is not kept", STORE,
     "held_until_ = (std::max)(held_until_, hold_until);", "if (!BUG) held_until_ = (std::max)(held_until_, hold_until);"),
]
if __name__ == "__main__":
    sys.exit(seeded_bugs.main("tests/queue/simulation.cpp", BUGS, [], "120000", "10000"))
