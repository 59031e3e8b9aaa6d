#!/usr/bin/env python3
"""Are the power cuts worth anything? Puts bugs into a copy of the ring, one at a time, and requires that each is found.
SPDX-License-Identifier: MIT OR Apache-2.0

    ring_bugs.py --source DIR --build DIR --compiler CXX [--histories CUTS]
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
import seeded_bugs

RING = "queue/record_ring.hpp"

BUGS = [
    # ---- keeping
    ("an entry is called complete before its JSON is there", RING,
     "const bool written = program(e.page, e.at, {unit, head_}) &&",
     "const bool written = program(e.page, e.at, {unit, head_}) && (!BUG || set(e.page, marks_of(e))) &&",
     RING, "|| !set(e.page, marks_of(e)))", "|| (!BUG && !set(e.page, marks_of(e))))"),
    ("an entry that was never completed counts", RING,
     "if (!settled && is_complete(next)) return true;",
     "if (!settled && (BUG || is_complete(next))) return true;"),
    ("a number is given twice", RING,
     "end_ = {e.page, seen.end, e.number + 1};", "end_ = {e.page, seen.end, e.number + (BUG ? 0 : 1)};"),
    ("nothing is kept of an update but that of an add", RING,
     "static_cast<std::uint32_t>(what) << 24 | length", "static_cast<std::uint32_t>(BUG ? kind::add : what) << 24 | length"),
    ("an older record gives way when the ring is full", RING,
     "if (waiting_ != 0 && page == oldest_.page) return false;",
     "if (waiting_ != 0 && page == oldest_.page && !BUG) return false;"),

    # ---- opening
    ("what a power cut left is written over", RING,
     "if (run != 0) written = at + head_;", "if (run != 0 && !BUG) written = at + head_;"),
    ("the next number is that of the last entry in the last page, not of the youngest", RING,
     "if (any && detail::ring_before(e.number, end_.number)) continue;",
     "if (any && !BUG && detail::ring_before(e.number, end_.number)) continue;"),
    ("numbers do not go round", RING,
     "return static_cast<std::int32_t>(a - b) < 0;", "return BUG ? (a & 63) < (b & 63) : static_cast<std::int32_t>(a - b) < 0;"),
    ("a mark says it of its own entry alone, and the first without one is the oldest", RING,
     "if (is_settled(e)) settled_before(e.number + 1);",
     "if (is_settled(e) && (!BUG || !any_settled || settled == e.number)) settled_before(e.number + 1);"),
    ("the reading begins with the first page, not with the oldest", RING,
     "oldest_ = {after(end_.page), first_entry(), settled};",
     "oldest_ = {BUG ? 0 : after(end_.page), first_entry(), settled};"),

    # ---- erasing
    ("a page is erased and no other says that all in it is settled", RING,
     "if (!note_what_is_settled()) storage_failed_ = true;", "if (!BUG && !note_what_is_settled()) storage_failed_ = true;"),
    ("a note is believed of a page that lost its first entry", RING,
     "(at == e.at || is_erased(page, at + head_, head_))", "(BUG || at == e.at || is_erased(page, at + head_, head_))"),
    ("notes are not read", RING,
     "&& has_note(page)) settled_before(e.number);", "&& !BUG && has_note(page)) settled_before(e.number);"),
    ("a page is used again before it is told what it lost", RING,
     "(seek(oldest_, e) ? e.number : end_.number) != oldest_.number ||",
     "((seek(oldest_, e) ? e.number : end_.number) != oldest_.number && !BUG) ||"),
    ("a page is used again without being erased", RING,
     "if (pages_.erase(page)) {", "if (BUG || pages_.erase(page)) {"),

    # ---- reads and programs that fail
    ("what cannot be read is stepped over", RING,
     "if (storage_failed_ || from.page == end_.page) return false;", "if ((storage_failed_ && !BUG) || from.page == end_.page) return false;"),
    ("a mark that cannot be read is not set", RING,
     "if (storage_failed_) return false;\n      if (next.number", "if (storage_failed_ && !BUG) return false;\n      if (next.number"),
    ("an entry that could not be read when it was written is not there", RING,
     "while (find(e, end.page, end.at)) end", "while (!BUG && find(e, end.page, end.at)) end"),
    ("what a failed add left is not looked for", RING,
     "if (!in_doubt_) return true;", "if (!in_doubt_ || (BUG && waiting_ != 0)) return true;"),
    ("the end is believed that could not be read", RING,
     "if (!storage_failed_) end_ = end;", "if (!storage_failed_ || BUG) end_ = end;"),
    ("a page that cannot be read is empty", RING,
     "}\n    if (storage_failed_) return false;", "}\n    if (storage_failed_ && !BUG) return false;"),
    ("a first head that failed leaves no gap", RING,
     "end.at == first_entry() ? end.at", "!BUG && end.at == first_entry() ? end.at"),
    ("a delivery that cannot read is at its end", RING,
     "if (storage_failed_) {\n      done.stopped", "if (storage_failed_ && !BUG) {\n      done.stopped"),

    # ---- delivering
    ("an entry is settled before it is sent", RING,
     "why = send(record, shown.is_update);", "if (BUG) set(e.page, marks_of(e) + mark_);\n      why = send(record, shown.is_update);"),
    ("what was sent is not marked", RING,
     "? set(e.page, mark) :", "? BUG || set(e.page, mark) :"),
    ("one bit that fails sets a mark", RING,
     "return zeros(page, at, mark_) > 1;", "return zeros(page, at, mark_) > (BUG ? 0 : 1);"),
    ("the JSON is not checked", RING,
     "if (detail::ring_crc(shown.json) != e.crc) {", "if (!BUG && detail::ring_crc(shown.json) != e.crc) {"),
    ("a record that was lost is not told", RING,
     "if (tell(refused, {}, lost)) {", "if (BUG || tell(refused, {}, lost)) {"),
    ("a lost answer is a delivery", RING,
     "if (why && !refused_for_ever(why)) return why;",
     "if (BUG && why.code == errc::connection_lost) why = {};\n      if (why && !refused_for_ever(why)) return why;"),
    ("what could not be compared is refused", RING,
     "why.code == errc::conflict ||", "(BUG && why.code == errc::record_exists) || why.code == errc::conflict ||"),
    ("a refused record blocks the ring", RING,
     "return why.outcome == outcome::rejected ||", "return (!BUG && why.outcome == outcome::rejected) ||"),
    ("one that is refused is dropped untold", RING,
     "} else if (tell(refused, shown, why)) {", "} else if (BUG || tell(refused, shown, why)) {"),
    ("what is told is what was added last", RING,
     "if (why && !read(e.page, e.at + head_, text))", "if (why && !BUG && !read(e.page, e.at + head_, text))"),
    ("a record that is known is no delivery of ours", RING,
     "{call.timeout, call.cancel, on_duplicate::update}", "{call.timeout, call.cancel, BUG ? on_duplicate::fail : on_duplicate::update}"),
]
if __name__ == "__main__":
    sys.exit(seeded_bugs.main("tests/queue/power_cuts.cpp", BUGS, [], "100000", "20000"))
