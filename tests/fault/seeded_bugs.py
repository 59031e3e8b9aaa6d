#!/usr/bin/env python3
"""Is the fault programme worth anything? Puts bugs into a copy of the library, one at a time, and requires that each is found.
SPDX-License-Identifier: MIT OR Apache-2.0

    seeded_bugs.py --source DIR --build DIR --compiler CXX [--histories N]

All bugs are compiled at once, each behind `auditor_seeded_bug == N`, so that one program can have any of them. A text that
does not occur exactly once is an error: then the library has changed, and the bug must be written anew.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

CLASSIFY = "exchange/classify.hpp"
EXCHANGE = "exchange/exchange.hpp"
BATCH = "operation/bulk_batch.hpp"
BULK = "operation/bulk_insert.hpp"
LOST = "operation/lost_windows.hpp"
READ = "operation/read.hpp"
STORED = "operation/stored_record.hpp"
ADD = "operation/add.hpp"
UPDATE = "operation/update.hpp"
DRIVER = "client/async_driver.hpp"
PARALLEL = "client/parallel_driver.hpp"

# What is wrong, where, and how: the text as it is, and as it becomes. BUG stands for "this bug is on".
BUGS = [
    ("the status is ignored", EXCHANGE,
     "detail::classify(what(), head_.status, text())",
     "detail::classify(what(), BUG ? 200 : head_.status, text())"),
    ("the warning of a 200 is ignored", CLASSIFY,
     "if (text.size == 0) return {errc::ok, outcome::delivered};\n      if (post",
     "if (text.size == 0 || BUG) return {errc::ok, outcome::delivered};\n      if (post"),
    ("404 is success", CLASSIFY,
     "return {errc::record_not_found, outcome::not_applied};",
     "return {BUG ? errc::ok : errc::record_not_found, outcome::not_applied};"),
    ("413 is success", CLASSIFY,
     "case 413: return {errc::record_too_large, outcome::rejected};\n    case 500:\n      if (post",
     "case 413: return {BUG ? errc::ok : errc::record_too_large, outcome::rejected};\n    case 500:\n      if (post"),
    ("any 2xx is success", CLASSIFY,
     "switch (status) {\n    case 200:\n      if (text.size == 0",
     "switch (BUG && status < 300 ? 200 : status) {\n    case 200:\n      if (text.size == 0"),
    ("a redirect is success", CLASSIFY,
     "if (status >= 300 && status < 400) return {errc::wrong_endpoint, outcome::not_applied};",
     "if (status >= 300 && status < 400) return {BUG ? errc::ok : errc::wrong_endpoint, outcome::not_applied};"),
    ("403 is success", CLASSIFY,
     "case 403: return {errc::not_authorised, outcome::not_applied};",
     "case 403: return {BUG ? errc::ok : errc::not_authorised, outcome::not_applied};"),
    ("what begins with RECORD_EXISTS is Auditor's", CLASSIFY,
     'text.is("RECORD_EXISTS")',
     '(BUG ? text.begins("RECORD_EXISTS") : text.is("RECORD_EXISTS"))'),
    ("any 400 is Auditor's", CLASSIFY,
     'if (text.begins("Json deserialize error"))',
     'if (BUG || text.begins("Json deserialize error"))'),
    ("any 404 of a PUT is about the record", CLASSIFY,
     'if (!post && text.begins("Updating unknown record ")',
     'if (!post && BUG) return {errc::record_not_found, outcome::not_applied};\n'
     '      if (!post && text.begins("Updating unknown record ")'),
    ("200 with a page is success", CLASSIFY,
     "return {errc::record_exists, outcome::duplicate};\n      return {errc::not_auditor, outcome::unknown};",
     "return {errc::record_exists, outcome::duplicate};\n      return {BUG ? errc::ok : errc::not_auditor, outcome::unknown};"),
    ("503 and its like say that nothing was applied", CLASSIFY,
     "case 504: return {errc::server_failure, open, true};",
     "case 504: return {errc::server_failure, BUG ? outcome::not_applied : open, true};"),
    ("a lost connection says that nothing was applied", CLASSIFY,
     "default: return {errc::connection_lost, open, true};",
     "default: return {errc::connection_lost, BUG ? outcome::not_applied : open, true};"),
    ("a lost answer is forgotten", EXCHANGE,
     "lost_ = lost_ || e.result == outcome::unknown;",
     "lost_ = !BUG && (lost_ || e.result == outcome::unknown);"),
    ("RECORD_EXISTS behind an attempt that was never sent is our own", EXCHANGE,
     "pending_ = why;\n",
     "pending_ = why;\n    if (BUG) lost_ = true;\n"),
    ("after a lost answer, what the next attempt says is said of both", EXCHANGE,
     "if (lost_ && e.code != errc::ok && e.result != outcome::duplicate) e.result = outcome::unknown;",
     "if (!BUG && lost_ && e.code != errc::ok && e.result != outcome::duplicate) e.result = outcome::unknown;"),
    ("repeats have no end", EXCHANGE,
     "return failures_ + 1u >= most;",
     "return failures_ + 1u >= (BUG ? 60u : most);"),
    ("repeats never come", EXCHANGE,
     "if (repeat && !last() && plan_wait(head_.retry_after)) {",
     "if (repeat && !BUG && !last() && plan_wait(head_.retry_after)) {"),
    ("after a lost answer the window grows", BULK,
     "default: return stop(judged.error);\n    }\n  }\n\n  after narrow()",
     "default:\n        if (BUG && judged.error.code != errc::cancelled && width_ < 1'000) return width_ *= 8, next_request();\n"
     "        return stop(judged.error);\n    }\n  }\n\n  after narrow()"),
    ("lost windows are forgotten", BULK,
     "if (judged.lost && judged.error) lost_.lose(low_, high_);",
     "if (!BUG && judged.lost && judged.error) lost_.lose(low_, high_);"),
    ("a lost window is not refuted", LOST,
     "for (window& each : stack_) each.refuted = true;",
     "for (window& each : stack_) each.refuted = !BUG;"),
    ("a lost window stored after all is not noticed", BULK,
     "if (over.refuted) return;",
     "if (over.refuted || BUG) return;"),
    ("a record that nobody took does not cast doubt on its window", BULK,
     "lost_.doubt();",
     "if (!BUG) lost_.doubt();"),
    ("a window lost again, after it was refuted, stays refuted", LOST,
     "stack_.back().refuted = false;",
     "stack_.back().refuted = BUG && stack_.back().refuted;"),
    ("a stopped bulk calls all the rest not applied", BULK,
     "lost_.holds(p) ? outcome::unknown : outcome::not_applied",
     "lost_.holds(p) && !BUG ? outcome::unknown : outcome::not_applied"),
    ("a stopped bulk leaves its duplicates", BULK,
     "else if (is_duplicate(i) && lost_.may_hold(p))",
     "else if (!BUG && is_duplicate(i) && lost_.may_hold(p))"),
    ("the batch is not sorted", BATCH,
     "std::sort(order_.begin(), order_.end(), [this]",
     "if (!BUG) std::sort(order_.begin(), order_.end(), [this]"),
    ("the same id twice in a batch is sent twice", BATCH,
     "    settle_twins();\n    report_progress();",
     "    if (!BUG) settle_twins();\n    report_progress();"),
    ("invalid records are sent", BATCH,
     "if (const auto valid = validate(records_[i]); !valid)",
     "if (const auto valid = validate(records_[i]); !valid && !BUG)"),
    ("the line of a 400 is counted from 0", BULK,
     "sent_[line - 1]",
     "sent_[BUG && line < sent_.size() ? line : line - 1]"),
    ("a 413 of many is told of one", BULK,
     "case errc::record_too_large:\n        if (!single) {",
     "case errc::record_too_large:\n        if (!single && !BUG) {"),
    ("a 413 is not learned from", BULK,
     "batch_.most_bytes = (std::min)(",
     "if (!BUG) batch_.most_bytes = (std::min)("),
    ("duplicates of a window are all skipped", BULK,
     "if (!single) return narrow();\n        culprit_before_ = 0;",
     "if (!single && !BUG) return narrow();\n        culprit_before_ = 0;"),
    ("whatever is stored is found equal", STORED,
     "match_ = difference_.code == errc::ok ",
     "match_ = difference_.code == errc::ok || BUG "),
    ("a record not shown is found equal", ADD,
     'case stored_record::match::not_seen: return duplicate("the stored record was not shown");',
     'case stored_record::match::not_seen:\n        if (BUG) return settle(delivery::equal);\n'
     '        return duplicate("the stored record was not shown");'),
    ("what differs is no evidence against a lost window", BULK,
     "if (seen && stored_->is_foreign()) lost_.refute();",
     "if (!BUG && seen && stored_->is_foreign()) lost_.refute();"),
    ("another stop time is evidence against a lost window", STORED,
     "foreign_ = lacks_stop || !same_else;",
     "foreign_ = lacks_stop || !same_else || BUG;"),
    ("two windows take the same records", BATCH,
     "if (position != untaken_ || untaken_ == order_.size()) return false;",
     "if ((position != untaken_ && !BUG) || untaken_ == order_.size()) return false;"),
    ("what no window took is forgotten", BATCH,
     "for (; untaken_ < order_.size(); ++untaken_)",
     "for (; untaken_ < order_.size() && !BUG; ++untaken_)"),
    ("the first window at its end ends the call", PARALLEL,
     "if (--running_ == 0)",
     "if (--running_ == 0 || BUG)"),
    ("what was cancelled was never sent", DRIVER,
     "e.code = cancelled_ ? errc::cancelled : errc::timed_out;",
     "e.code = BUG ? errc::connect_failed : cancelled_ ? errc::cancelled : errc::timed_out;"),
    ("a connection refused may have been used", DRIVER,
     "if (code == errc::connect_failed ||",
     "if (BUG) return error(errc::cancelled);\n    if (code == errc::connect_failed ||"),
    ("nobody looks at the cancel flag", DRIVER,
     "if (asked_ != nullptr && *asked_) cancelled_.request();",
     "if (asked_ != nullptr && *asked_ && !BUG) cancelled_.request();"),
    ("an update forgets the outcome", UPDATE,
     "failure_ = judged.error;\n    if (failure_)",
     "if (!BUG || judged.error.code != errc::server_failure) failure_ = judged.error;\n    if (failure_)"),
    ("a bulk of updates goes on when nobody answers, and calls it delivered", UPDATE,
     "if (!about_this_record) return stop(judged.error);",
     "if (BUG) report_.settle(next_, {outcome::delivered, errc::ok, 200});\n"
     "      if (!about_this_record) return stop(judged.error);"),
    ("a read ends without its last id", READ,
     "if (reached_) return proven(judged);",
     "if (reached_ || BUG) return proven(judged);"),
    ("an empty answer is believed", READ,
     "if (!came_) return go_on(phase::health, after::follow_up);",
     "if (!came_) return BUG ? nothing() : go_on(phase::health, after::follow_up);"),
    ("a healthy database is evidence", READ,
     "case phase::health: return go_on(phase::empty_again, after::follow_up);",
     "case phase::health: return BUG ? nothing() : go_on(phase::empty_again, after::follow_up);"),
    ("health_check is not needed", READ,
     "return again(judged, first_phase(), \"nothing came, and",
     "if (BUG) return nothing();\n      return again(judged, first_phase(), \"nothing came, and"),
    ("a cut read starts again", READ,
     "skipping_ = phase_ == phase::stream && !last_shown_.empty();",
     "skipping_ = phase_ == phase::stream && !last_shown_.empty() && !BUG;"),
    ("a read that goes on shows the last record again", READ,
     "            skip();\n            break;",
     "            skip();\n            if (BUG && !skipping_) return show();\n            break;"),
    ("a read that goes on leaves one out", READ,
     "if (id == last_shown_) skipping_ = false;",
     "if (BUG && passed_once_) skipping_ = false;\n    passed_once_ = id == last_shown_;\n"
     "    if (id == last_shown_ && !BUG) skipping_ = false;"),
    ("a read that cannot go on is repeated", READ,
     "bool repeatable() const noexcept {",
     "bool repeatable() const noexcept {\n    if (BUG) return true;"),
    ("an answer that ends inside a record is an answer", READ,
     "return reader_.finish().has_value();",
     "return reader_.finish().has_value() || BUG;"),
    ("a record without its components is a record", READ,
     "if (reader_.unreadable()) {",
     "if (reader_.unreadable() && !BUG) {"),
    ("a record that cannot be read is not there", READ,
     "if (found->summary.unreadable != 0)",
     "if (found->summary.unreadable != 0 && !BUG)"),
    ("a limit proves itself", READ,
     "if (received() >= *limit_) return finished",
     "if (received() >= *limit_ || BUG) return finished"),
    ("a count is not compared", READ,
     "if (counts_ && counted_ != received())",
     "if (!BUG && counts_ && counted_ != received())"),
]
# State that a bug needs.
STATE = [(READ, "  bool single_ = false; ", "  bool passed_once_ = false;\n  bool single_ = false; ")]
SELECTOR = "\n/// Which of the bugs of seeded_bugs.py is on.\ninline int auditor_seeded_bug = 0;\n"


def fail(words):
    sys.exit(f"seeded bugs: {words}")


def anywhere(text):
    """The text however it is broken into lines."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))


def seed(include):
    texts = {}
    for number, (what, path, old, new) in enumerate(BUGS, 1):
        pristine = (include / path).read_text() if path not in texts else texts[path][0]
        _, seeded = texts.get(path, (pristine, pristine))
        times = len(anywhere(old).findall(pristine))
        if times != 1:
            fail(f"'{what}': the text to replace occurs {times} times in {path}")
        if len(anywhere(old).findall(seeded)) != 1:
            fail(f"'{what}' and another bug want the same text of {path}")
        put = new.replace("BUG", f"(auditor_seeded_bug == {number})")
        texts[path] = (pristine, anywhere(old).sub(lambda _, put=put: put, seeded))
    for path, old, new in STATE:
        pristine, seeded = texts[path]
        if len(anywhere(old).findall(seeded)) != 1:
            fail(f"no room for the state of a bug in {path}")
        texts[path] = (pristine, anywhere(old).sub(lambda _, put=new: put, seeded))
    for path, (_, seeded) in texts.items():
        (include / path).write_text(seeded)
    with (include / "config.hpp").open("a") as config:
        config.write(SELECTOR)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--histories", default="400000")
    options = parser.parse_args()

    copy = options.build / "seeded"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(options.source / "include", copy / "include")
    seed(copy / "include/auditor")
    program = copy / "programme"
    subprocess.run([options.compiler, "-std=c++20", "-O1", "-DAUDITOR_SEEDED_BUGS", "-I", copy / "include", "-I", options.source / "tests",
                    options.source / "tests/fault/programme.cpp", "-o", program], check=True)

    def finds(number, histories):
        run = subprocess.run([program, histories, "1", str(number)], capture_output=True, text=True, check=False, timeout=600)
        if run.returncode not in (0, 1):
            return True, f"the program died: {run.returncode}"
        return run.returncode == 1, (run.stdout.splitlines() or [""])[0]

    found, words = finds(0, "40000")
    if found:
        fail(f"without a bug, something is found: {words}")
    caught = 0
    for number, (what, *_) in enumerate(BUGS, 1):
        found, words = finds(number, options.histories)
        caught += found
        print(f"{number:3} {what}: {words[:100] if found else 'NOT FOUND'}")
    print(f"seeded bugs: {caught} of {len(BUGS)} caught")
    return 0 if caught == len(BUGS) else 1


if __name__ == "__main__":
    sys.exit(main())
