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
OPTIONS = "operation/options.hpp"
ADD = "operation/add.hpp"
UPDATE = "operation/update.hpp"
STORED = "operation/stored_record.hpp"
BATCH = "operation/bulk_batch.hpp"
BULK = "operation/bulk_insert.hpp"
ASIDE = "operation/set_aside.hpp"
READ = "operation/read.hpp"
QUESTION = "operation/read/question.hpp"
LIMIT = "operation/read/limit_proof.hpp"
ANSWER = "operation/read/answer.hpp"
LAST_ID = "operation/read/last_id_proof.hpp"
NOTHING = "operation/read/nothing_proof.hpp"
SAME = "operation/read/same_beginning.hpp"
RANGE = "operation/read/range_proof.hpp"
ASKED = "operation/read/asked_rows.hpp"
SORTED = "operation/read/sorted_rows.hpp"
DRIVER = "client/async_driver.hpp"
PARALLEL = "client/parallel_driver.hpp"
SHARING = "client/sharing_driver.hpp"
ROOM = "client/sharing_room.hpp"

# What is wrong, where, and how: the text as it is, and as it becomes; some need more than one such change. BUG stands for
# "this bug is on".
BUGS = [
    # ---- what an answer means
    ("the status is ignored", EXCHANGE,
     "detail::classify(kind_.to, head_.status, words)",
     "detail::classify(kind_.to, BUG ? 200 : head_.status, words)"),
    ("the warning of a 200 is ignored", CLASSIFY,
     "{200, 200, post, {errc::record_exists, outcome::duplicate},",
     "{200, 200, post, {BUG ? errc::ok : errc::record_exists, BUG ? outcome::delivered : outcome::duplicate},"),
    ("404 is success", CLASSIFY,
     "{errc::record_not_found, outcome::not_applied},",
     "{BUG ? errc::ok : errc::record_not_found, outcome::not_applied},"),
    ("413 is success", CLASSIFY,
     "{413, 413, write, {errc::record_too_large, outcome::rejected}},",
     "{413, 413, write, {BUG ? errc::ok : errc::record_too_large, outcome::rejected}},"),
    ("any 2xx is success", CLASSIFY,
     "const auto behind = static_cast<unsigned>(status) - each.first;",
     "const auto behind = static_cast<unsigned>(BUG && status >= 200 && status < 300 ? 200 : status) - each.first;"),
    ("a redirect is success", CLASSIFY,
     "{300, 399, any, {errc::wrong_endpoint,",
     "{300, 399, any, {BUG ? errc::ok : errc::wrong_endpoint,"),
    ("403 is success", CLASSIFY,
     "{403, 403, any, {errc::not_authorised,",
     "{403, 403, any, {BUG ? errc::ok : errc::not_authorised,"),
    ("what begins with RECORD_EXISTS is Auditor's", CLASSIFY,
     '"RECORD_EXISTS"}',
     'BUG ? "RECORD_EXISTS*" : "RECORD_EXISTS"}'),
    ("any 400 is Auditor's", CLASSIFY,
     '"Json deserialize error*"',
     'BUG ? "*" : "Json deserialize error*"'),
    ("any 404 of a PUT is about the record", CLASSIFY,
     '"Updating unknown record * not possible."',
     'BUG ? "*" : "Updating unknown record * not possible."'),
    ("200 with a page is success", CLASSIFY,
     "means.outcome = outcome_on(request, means.outcome);",
     "if (BUG && status == 200 && means.code == errc::not_auditor) means = {errc::ok, outcome::unknown};\n"
     "  means.outcome = outcome_on(request, means.outcome);"),
    ("503 and its like say that nothing was applied", CLASSIFY,
     "{500, 599, any, {errc::server_failure, outcome::unknown, true}},",
     "{500, 599, any, {errc::server_failure, BUG ? outcome::not_applied : outcome::unknown, true}},"),
    ("a lost connection says that nothing was applied", CLASSIFY,
     "default: return {errc::connection_lost, open, true};",
     "default: return {errc::connection_lost, BUG ? outcome::not_applied : open, true};"),

    # ---- patience
    ("a lost answer is forgotten", EXCHANGE,
     "if (error_.outcome == outcome::unknown) lost_ = true;",
     "if (!BUG && error_.outcome == outcome::unknown) lost_ = true;"),
    ("RECORD_EXISTS behind an attempt that was never sent is our own", EXCHANGE,
     "++failures_;\n",
     "++failures_;\n    if (BUG) lost_ = true;\n"),
    ("after a lost answer, what the next attempt says is said of both", EXCHANGE,
     "if (lost_ && error_ && error_.outcome != outcome::duplicate) error_.outcome = outcome::unknown;",
     "if (!BUG && lost_ && error_ && error_.outcome != outcome::duplicate) error_.outcome = outcome::unknown;"),
    ("repeats have no end", EXCHANGE,
     "return failures_ + 1u >= (repeats",
     "return failures_ + 1u >= (BUG ? 60u : repeats"),
    ("repeats never come", EXCHANGE,
     "if (repeat && !last)",
     "if (repeat && !BUG && !last)"),
    ("a read of which nothing came is asked again", EXCHANGE, "repeat = false;\n", "repeat = BUG && j.repeat;\n"),
    ("three attempts of a write", OPTIONS, "write_attempts = 5;", "write_attempts = BUG ? 3 : 5;"),
    ("three attempts of a read", OPTIONS, "read_attempts = 8;", "read_attempts = BUG ? 3 : 8;"),
    ("the first wait of a write is 50 ms", OPTIONS, "write_first{500};", "write_first{BUG ? 50 : 500};"),
    ("the first wait of a read is 10 ms", OPTIONS, "read_first{400};", "read_first{BUG ? 10 : 400};"),
    ("a refused connection is final", CLASSIFY,
     "case errc::connect_failed: return {code, outcome::not_applied, true};",
     "case errc::connect_failed: return {code, outcome::not_applied, !BUG};"),
    ("a foreign answer to a write is final", CLASSIFY,
     "judgement means{errc::not_auditor, outcome::unknown, true};",
     "judgement means{errc::not_auditor, outcome::unknown, !BUG || !is_write(request)};"),
    ("a foreign answer to a read is final", CLASSIFY,
     "for (const known_answer& each : known) {",
     "if (BUG && !is_write(request)) means.repeat = false;\n  for (const known_answer& each : known) {"),
    ("a redirect is final", CLASSIFY,
     "outcome::not_applied, true}}, {400, 400, write,",
     "outcome::not_applied, !BUG}}, {400, 400, write,"),
    ("a page in place of records is final", EXCHANGE,
     "return conclude(became == commit_result::foreign);",
     "return conclude(became == commit_result::foreign && !BUG);"),
    ("somebody else is asked as often as a database", EXCHANGE,
     "if (is_foreign(error_.code) && foreign_ + 1u",
     "if (!BUG && is_foreign(error_.code) && foreign_ + 1u"),
    ("of a database's attempts, those are not counted that somebody else answered between", EXCHANGE,
     "foreign_ = is_foreign(error_.code) ? foreign_ + 1 : 0;",
     "foreign_ = is_foreign(error_.code) ? foreign_ + 1 : BUG ? foreign_ : 0;"),

    # ---- a bulk
    ("lost windows are forgotten", BULK,
     "if (judged.lost && judged.error) lost_end_",
     "if (!BUG && judged.lost && judged.error) lost_end_"),
    ("a lost window is not ruled out", BULK,
     "void rule_out_lost() noexcept { lost_end_ = looks_end_ = 0; }",
     "void rule_out_lost() noexcept { lost_end_ = BUG ? lost_end_ : 0, looks_end_ = 0; }"),
    ("a bulk does not look at what a lost window may have stored", BULK,
     "if (batch_.policy != on_duplicate::ignore && lost_end_ > low_) looks_end_",
     "if (!BUG && batch_.policy != on_duplicate::ignore && lost_end_ > low_) looks_end_"),
    ("a lost window that exists was delivered", BULK,
     "known_ = judged.error;\n        if (",
     "known_ = judged.error;\n        if (BUG && lost_end_ > low_) {\n"
     "          set_rest(low_, high_, {outcome::delivered, errc::ok, 200});\n"
     "          return advance();\n        }\n        if ("),
    ("a stopped bulk calls all the rest not applied", BULK,
     "set_rest(low_, (std::clamp)(lost_end_, low_, end_), rest(true, why));",
     "set_rest(low_, (std::clamp)(lost_end_, low_, end_), rest(!BUG, why));"),
    ("a lost window that is refused for one record was never stored", BULK,
     "const bool unsure = judged.lost || lost_end_ > low_;",
     "const bool unsure = !BUG && (judged.lost || lost_end_ > low_);"),
    ("the batch is not sorted", BATCH,
     "put_in_order(",
     "if (!BUG) put_in_order("),
    ("the same id twice in a batch is sent twice", BATCH,
     "    separate_same_ids();\n  }",
     "    if (!BUG) separate_same_ids();\n  }"),
    ("later records of an id are forgotten", BULK,
     "if (!again && batch_.next_round())",
     "if (!again && !BUG && batch_.next_round())"),
    ("later records of an id are sent while another window is at work", BATCH,
     "if (working_ > 1 ||",
     "if ((working_ > 1 && !BUG) ||"),
    ("under fail an equal record of the same id is delivered", BATCH,
     'error exists{errc::record_exists, "is record "};',
     'error exists{errc::record_exists, "is record "};\n'
     "      if (BUG) return set_outcome(later, {outcome::delivered, errc::ok, 0}), std::pair(later, needs::nothing);"),
    ("a record is what the earlier one of its id is", BATCH,
     "if (compared.match == record_match::equal) {",
     "if (compared.match == record_match::equal || BUG) {"),
    ("the stop time of a later record is not set", BATCH,
     "return {later, needs::stop_time};",
     "return BUG ? (set_outcome(later, {outcome::delivered, errc::ok, 0}), std::pair(later, needs::nothing))\n"
     "               : std::pair(later, needs::stop_time);"),
    ("a later record of a stranger's id is compared with the earlier one", BATCH,
     "case outcome::duplicate: of.exists = true; break;",
     "case outcome::duplicate:\n        if (BUG) of.held = earlier;\n        of.exists = true;\n        break;"),
    ("what stays unknown of one is certain of the next of its id", BATCH,
     "if (is_doubtful) outcomes_.may_be_stored(",
     "if (is_doubtful && !BUG) outcomes_.may_be_stored("),
    ("what stays unknown of an update is certain of the next of its id", UPDATE,
     "outcomes_.may_be_stored(i);",
     "BUG ? void() : outcomes_.may_be_stored(i);"),
    ("an earlier stop time is set once more behind a later one", UPDATE,
     "if (is_followed()) {",
     "if (is_followed() && !BUG) {"),
    ("invalid records are sent", BATCH,
     "!is_valid(records_[i], purpose::add, why))",
     "!is_valid(records_[i], purpose::add, why) && !BUG)"),
    ("the line of a 400 is counted from 0", BULK,
     "sent_at(line - 1)",
     "sent_at(BUG && line < sent_ ? line : line - 1)"),
    ("a 413 of many is told of one", BULK,
     "case errc::record_too_large:\n        if (!single) {",
     "case errc::record_too_large:\n        if (!single && !BUG) {"),
    ("a 413 is not learned from", BULK,
     "batch_.most_bytes = (std::min)(",
     "if (!BUG) batch_.most_bytes = (std::min)("),
    ("duplicates of a window are all skipped", BULK,
     "if (!single) return narrow();\n        culprit_before_ = 0;",
     "if (!single && !BUG) return narrow();\n        culprit_before_ = 0;"),
    ("a bulk stops at the first window that stays unknown", BULK,
     "if (!goes_on) return stop(judged.error);",
     "if (!goes_on || BUG) return stop(judged.error);"),
    ("what was set aside is not tried once more", BULK,
     "if (!again) return false;",
     "if (!again) return false;\n"
     "    if (BUG) return set_rest(again->lo, again->hi, rest(again->lost, why_)), next_run();"),
    ("a lost window is forgotten when it is set aside", BULK,
     "aside_.put({low_, high_, lost});",
     "aside_.put({low_, high_, lost && !BUG});"),
    ("the second round forgets the loss", BULK,
     "if (again->lost) lost_end_ = end_;",
     "if (again->lost && !BUG) lost_end_ = end_;"),
    ("a forbidden health check ends a bulk", BULK,
     "!judged.error || judged.error.code == errc::not_authorised;",
     "!judged.error || (judged.error.code == errc::not_authorised && !BUG);"),
    ("a bulk goes on without a server", BULK,
     "return is_there ? next_request() : stop(why_);",
     "return is_there || BUG ? next_request() : stop(why_);"),
    ("windows that stay unknown do not end the call, however many in a row", ASIDE,
     "return ++in_a_row_ < most_in_a_row;",
     "return ++in_a_row_ < most_in_a_row || BUG;"),
    ("two windows take the same records", BATCH,
     "if (position != untaken_ || untaken_ == order_.size()) return false;",
     "if ((position != untaken_ && !BUG) || untaken_ == order_.size()) return false;"),
    ("what no window took is forgotten", BATCH,
     "for (; untaken_ < order_.size(); ++untaken_)",
     "for (; untaken_ < order_.size() && !BUG; ++untaken_)"),
    ("the first window at its end ends the call", PARALLEL,
     "if (--running_ == 0)",
     "if (--running_ == 0 || BUG)"),

    # ---- look-ups
    ("whatever is stored is found equal", STORED,
     "match_ = compared.match == record_match::equal ? ",
     "match_ = compared.match == record_match::equal || BUG ? "),
    ("behind a lost answer, another record is ours", STORED,
     "case match::different: break;",
     "case match::different:\n        if (BUG && own) return next::equal;\n        break;"),
    ("an open record is found equal to a closed one", STORED,
     "case match::only_open:",
     "case match::only_open:\n        if (BUG && rule != duplicate_rule::update) return next::equal;"),
    ("behind a lost answer, the stop time is not set", STORED,
     "return next::set_stop_time;",
     "return BUG && own ? next::equal : next::set_stop_time;"),
    ("a record not shown is found equal", STORED,
     "case match::not_seen:\n        set_error(why_,",
     "case match::not_seen:\n        if (BUG && !own) return next::equal;\n        set_error(why_,"),
    ("behind a lost answer, a record not shown is ours", STORED,
     "if (!looked.last && ++contradictions_ < most_contradictions)",
     "if (BUG && own) return next::equal;\n        if (!looked.last && ++contradictions_ < most_contradictions)"),
    ("a record of a lost window that is not shown was delivered", STORED,
     "if (!said_to_exist) return next::post_again;",
     "if (!said_to_exist) return BUG ? next::equal : next::post_again;"),
    ("a record not shown is a duplicate, though it may be ours", STORED,
     "return own ? next::unknown : next::duplicate;\n    }\n    why_ = difference_;",
     "return own && !BUG ? next::unknown : next::duplicate;\n    }\n    why_ = difference_;"),
    ("a look-up that fails finds it equal", STORED,
     "return own ? next::unknown : next::duplicate;\n    }\n    const bool names_difference",
     "return BUG ? next::equal : own ? next::unknown : next::duplicate;\n    }\n    const bool names_difference"),
    ("a look-up that fails in a lost window finds it delivered", BULK,
     "if (own && judged.error && !is_too_large) return cannot_look(judged);",
     "if (BUG && own && judged.error) return batch_.set_outcome(i, {outcome::delivered, errc::ok, 200}), advance();\n"
     "    if (own && judged.error && !is_too_large) return cannot_look(judged);"),
    ("what exists behind a lost answer is already stored", ADD,
     "if (rule_ == duplicate_rule::ignore) return succeed(",
     "if (BUG && own_ && rule_ != duplicate_rule::ignore) return succeed(delivery::already_stored, encoded_.failure.attempts), false;\n"
     "  if (rule_ == duplicate_rule::ignore) return succeed("),
    ("under fail nobody looks behind a lost answer", ADD,
     "return rule_ != duplicate_rule::fail || own_;",
     "return rule_ != duplicate_rule::fail || (own_ && !BUG);"),
    ("an add forgets the loss when it posts again", ADD,
     "own_ = own_ || judged.lost;",
     "own_ = (own_ && !BUG) || judged.lost;"),
    ("another stop time is evidence against a lost window", STORED,
     "foreign_ = lacks_stop || !same_else;",
     "foreign_ = lacks_stop || !same_else || BUG;"),

    # ---- the asynchronous driver
    ("what was cancelled was never sent", DRIVER,
     "e.code = cancelled_ ? errc::cancelled : errc::timed_out;",
     "e.code = BUG ? errc::connect_failed : cancelled_ ? errc::cancelled : errc::timed_out;"),
    ("a connection refused may have been used", DRIVER,
     "if (code == errc::connect_failed ||",
     "if (BUG) return error(errc::cancelled);\n    if (code == errc::connect_failed ||"),
    ("nobody looks at the cancel flag", DRIVER,
     "if (asked_ != nullptr && *asked_) cancelled_.request();",
     "if (asked_ != nullptr && *asked_ && !BUG) cancelled_.request();"),

    # ---- updates
    ("an update forgets the outcome", UPDATE,
     "if (judged.error) take_words(encoded_.failure,",
     "if (judged.error && (!BUG || judged.error.code != errc::server_failure)) take_words(encoded_.failure,"),
    ("an update that stays unknown twice is called delivered", UPDATE,
     "if (aside_.is_second_time()) fail(now_, judged.error);",
     "if (BUG && aside_.is_second_time()) outcomes_.set(now_, {outcome::delivered, errc::ok, 200});\n"
     "    else if (aside_.is_second_time()) fail(now_, judged.error);"),
    ("a bulk of updates stops at the first one that stays unknown", UPDATE,
     "if (!goes_on) return stop(judged.error);",
     "if (!goes_on || BUG) return stop(judged.error);"),
    ("a bulk of updates has no second round", UPDATE,
     "lost_ = again->lost;",
     "lost_ = again->lost;\n        if (BUG) {\n          fail(now_, why_aside_);\n          continue;\n        }"),
    ("the second round of a bulk of updates forgets the loss", UPDATE,
     "now_ = again->lo;\n        lost_ = again",
     "now_ = again->lo;\n        lost_ = !BUG && again"),
    ("a bulk of updates goes on without a server", UPDATE,
     "if (std::exchange(checks_, false)) {",
     "if (std::exchange(checks_, false)) {\n      if (BUG) return next_record();"),
    ("a forbidden health check ends a bulk of updates", UPDATE,
     "if (judged.error && judged.error.code != errc::not_authorised)",
     "if (judged.error && (judged.error.code != errc::not_authorised || BUG))"),

    # ---- nothing came
    ("an empty answer is believed", NOTHING,
     "if (is_starved() || (by_id",
     "if (BUG) return next::nothing_matches;\n    if (is_starved() || (by_id"),
    ("an empty answer is believed when the database is healthy", NOTHING,
     "return fast_ == needed_ ?",
     "return BUG ? next::ask_health : fast_ == needed_ ?", NOTHING,
     "return ++empty_rounds_ ==",
     "if (BUG) return next::nothing_matches;\n    return ++empty_rounds_ =="),
    ("no control row between empty answers", NOTHING,
     "next::nothing_matches : next::ask_control;",
     "next::nothing_matches : BUG ? next::ask_again : next::ask_control;"),
    ("a control question may be empty", NOTHING,
     "forget();\n    needed_",
     "if (BUG) return slow_ == enough_slow ? next::nothing_matches : next::ask_again;\n    forget();\n    needed_"),
    ("four fast empty answers are enough", NOTHING,
     "++(last_was_slow_ ? slow_ : fast_);",
     "++(last_was_slow_ ? slow_ : fast_);\n    if (BUG && fast_ == 1) ++fast_;"),
    ("one slow empty answer is enough", NOTHING,
     "return next::start_over;\n  return slow_ == enough_slow ?",
     "return next::start_over;\n  return slow_ == (BUG ? 1u : enough_slow) ?"),
    ("an empty answer may take more than 1.9 s", NOTHING,
     "took.count() < limits_.fast.count() ?",
     "took.count() < limits_.fast.count() || BUG ?"),
    ("a slow empty answer may take less than 2.5 s", NOTHING,
     "took.count() < limits_.slow.count() ?",
     "took.count() < limits_.slow.count() && !BUG ?"),
    ("behind a slow empty answer the control may be slow", NOTHING,
     "last_was_slow_ && is_late_;",
     "last_was_slow_ && is_late_ && !BUG;"),
    ("behind a slow empty answer the control may come later", NOTHING,
     "(last_was_slow_ && !at_once)) forget();",
     "(last_was_slow_ && !at_once && !BUG)) forget();"),
    ("of one id a slow empty answer is believed", NOTHING,
     "(by_id && !is_fast())",
     "(by_id && !is_fast() && !BUG)"),
    ("fast and slow empty answers are added up", NOTHING,
     "if (fast_ != 0 && slow_ != 0) { // an honest",
     "if (BUG && fast_ + slow_ == enough_fast_) return next::nothing_matches;\n"
     "    if (fast_ != 0 && slow_ != 0 && !BUG) { // an honest"),
    ("a part of a record leaves the evidence as it is", READ,
     "question_ == question::control ? nothing_.control_was_cut() : nothing_.something_came();",
     "if (!BUG) question_ == question::control ? nothing_.control_was_cut() : nothing_.something_came();"),
    ("a table is empty after one round", NOTHING,
     "++empty_rounds_ == enough_rounds ?",
     "++empty_rounds_ == (BUG ? 1u : enough_rounds) ?"),
    ("a table is empty after two rounds", NOTHING,
     "if (!is_fast()) return next::start_over;",
     "if (!is_fast()) return next::start_over;\n    if (BUG && empty_rounds_ == 0) ++empty_rounds_;"),
    ("a table is empty though records came of it", READ,
     "if (server_.has_held_records)",
     "if (server_.has_held_records && !BUG)"),
    ("what a read brings is not remembered", READ,
     "server_.has_held_records = true;",
     "if (!BUG) server_.has_held_records = true;"),
    ("what was stored is not remembered", ADD,
     "with_.server.has_held_records = true;\n  std::construct_at(",
     "if (!BUG) with_.server.has_held_records = true;\n  std::construct_at("),
    ("a component filter of which nothing comes is none found", READ,
     "asked().has_component_filter() ? completeness::unproven",
     "asked().has_component_filter() && !BUG ? completeness::unproven"),
    ("no neighbour proves a range empty", READ,
     "return questions_.range()->no_neighbour();",
     "return BUG ? read_step::nothing : questions_.range()->no_neighbour();"),
    ("no row at all proves a range empty", RANGE,
     "if (is_known_ || is_above_) return next::start_over;",
     "if (is_known_ || is_above_) return BUG ? next::nothing : next::start_over;"),
    ("any row of the table proves a range empty", RANGE,
     "return is_above_ ? next::ask_first : next::ask_neighbour;",
     "return BUG ? next::nothing : is_above_ ? next::ask_first : next::ask_neighbour;"),
    ("a row in the range is not taken for one", RANGE,
     "if (is_in_range) return next::something;",
     "if (is_in_range) return BUG && which == row::last ? next::nothing : next::something;"),
    ("a neighbour proves a range empty, wherever it is", RANGE,
     "return is_above == is_above_",
     "return (is_above == is_above_ || BUG)"),
    ("a neighbour is compared by its start", RANGE,
     "if (by_ == field::start_time) return",
     "if (by_ == field::start_time || (BUG && by_ == field::stop_time)) return"),
    ("a neighbour is compared by the lower bound alone", RANGE,
     "has_value && !is_below && !is_above;",
     "has_value && !is_below && (!is_above || (BUG && which == row::neighbour && range_.lower()));"),
    ("the highest row of all is taken for the highest of the range", RANGE,
     "if (range_.upper())\n      write_bound",
     "if (range_.upper() && !BUG)\n      write_bound"),
    ("open records are taken for the highest", RANGE,
     "else if (by_ != field::start_time)",
     "else if (by_ != field::start_time && !BUG)"),

    # ---- a read
    ("a read ends without its last id", LAST_ID,
     "if (reached_) return next::proven;",
     "if (reached_ || BUG) return next::proven;"),
    ("a cut read starts again", LAST_ID,
     "skipping_ = !seen_.empty();",
     "skipping_ = !seen_.empty() && !BUG;"),
    ("a read that goes on shows the last record again", LAST_ID,
     "return place::seen_before;",
     "return BUG && !skipping_ ? place::new_one : place::seen_before;"),
    ("a read that goes on leaves one out", LAST_ID,
     "skipping_ = !seen_.holds(id);",
     "skipping_ = BUG ? !passed_once_ : !seen_.holds(id);\n      passed_once_ = seen_.holds(id);"),
    ("the last id passes for reached before the stream goes on", LAST_ID,
     "reached_ = reached_ || (passed_ && !skipping_);",
     "reached_ = reached_ || (passed_ && (!skipping_ || BUG));"),
    ("an answer without proof begins anew", SAME,
     "if (again_.count == shown_.count) {",
     "if (again_.count == shown_.count || BUG) {"),
    ("an answer without proof goes on behind another beginning", SAME,
     "|| again_.hash == shown_.hash ?",
     "|| again_.hash == shown_.hash || BUG ?"),
    ("an answer that ends inside a record is an answer", ANSWER,
     "return !has_failed_ && reader_.end() == record_reader::status::more;",
     "return !has_failed_ && (reader_.end() == record_reader::status::more || BUG);"),
    ("a record without its components is a record", READ,
     "if (answer_.unreadable()) {",
     "if (answer_.unreadable() && !BUG) {"),
    ("a limit proves itself", LIMIT,
     "return received >= (std::min)(expected_, limit_);",
     "return BUG || received >= (std::min)(expected_, limit_);"),
    ("a count below the limit is believed", LIMIT,
     "counts_ = records < limit_;",
     "counts_ = records < limit_ && !BUG;"),
    ("a count that grew is truncated", LIMIT,
     "bool limit_proof::is_complete(record_count received) const noexcept {",
     "bool limit_proof::is_complete(record_count received) const noexcept {\n    if (BUG && received > expected_ && received < limit_) return false;"),
    ("records that do not match are shown", READ,
     "if (questions_.is_superset() && !questions_.special()->holds_for(asked(), r))",
     "if (questions_.is_superset() && !BUG && !questions_.special()->holds_for(asked(), r))"),
    ("a superset is no larger than the query", QUESTION,
     "return is_superset() ? query::part::superset : ",
     "return is_superset() && !BUG ? query::part::superset : "),

    # ---- adds that share requests
    ("RECORD_EXISTS of several is said of each", SHARING,
     "code == errc::record_exists ||", "(code == errc::record_exists && !BUG) ||"),
    ("what the server cannot read of several is each of them", SHARING,
     "code == errc::invalid_record ||", "(code == errc::invalid_record && !BUG) ||"),
    ("what is too large together is each too large", SHARING,
     "|| code == errc::record_too_large", "|| (code == errc::record_too_large && !BUG)"),
    ("what is ended under way together was not sent", SHARING,
     "shared_answer none{.failure = error(errc::cancelled)};",
     "shared_answer none{.failure = error(BUG ? errc::connect_failed : errc::cancelled)};"),
    ("an id goes twice in one request", ROOM,
     "group.back()->id != all[i]->id)", "group.back()->id != all[i]->id || BUG)"),
    ("an answer without its text is heard", SHARING,
     "const std::size_t n = (std::min)(left.size(), room.size());",
     "if (BUG) left = {};\n      const std::size_t n = (std::min)(left.size(), room.size());"),
    ("a lost answer to several is success", SHARING,
     "const auto failed = [&answer] { return answer.failure; };",
     "const auto failed = [&answer] { return BUG ? error(errc::connect_failed) : answer.failure; };"),
    ("the last of a part is forgotten", SHARING,
     "while (part.size() < most && !all.is_alone()) {",
     "while (part.size() < most + (BUG ? 1 : 0) && !all.is_alone()) {"),

    # ---- streams that no Auditor sends
    ("a record twice in a row is two", ANSWER,
     "else if (id == before_ ||",
     "else if (BUG && id == before_) {\n    } else if (id == before_ ||"),
    ("the first record may come again", ANSWER,
     "|| id == first_",
     "|| (id == first_ && !BUG)"),
    ("the last record may come again", LAST_ID,
     "if (reached_) return place::impossible;",
     "if (reached_ && !BUG) return place::impossible;"),
    ("more than the limit is fine", ANSWER,
     "if (number > most_)",
     "if (number > most_ && !BUG)"),

    # ---- the list of another query
    ("a record outside the ranges is shown", ASKED,
     "if (has_ranges_ && !is_in_ranges(asked, r)) return false;",
     "if (has_ranges_ && !BUG && !is_in_ranges(asked, r)) return false;"),
    ("a record outside the ranges is left out", READ,
     'return not_asked_for("not asked for,',
     'if (BUG) return commit_result::skipped;\n    return not_asked_for("not asked for,'),
    ("an open record is in any range of stop times", ASKED,
     "if (stop_.are_asked &&",
     "if (stop_.are_asked && !(BUG && !r.stop_time) &&"),
    ("runtimes are not compared", ASKED,
     "return !runtime_.are_asked ||",
     "return BUG || !runtime_.are_asked ||"),
    ("conditions on names are not compared", ASKED,
     "has_names_ = names && asked.has_names();",
     "has_names_ = names && asked.has_names() && !BUG;"),
    ("another record is found than that of the id", READ,
     "if (is_same_text(r.record_id, asked().wanted_id())) break;",
     "if (BUG || is_same_text(r.record_id, asked().wanted_id())) break;"),
    ("a read of one id without proof shows others", READ,
     "if (asked.has_id() && r.record_id",
     "if (asked.has_id() && !BUG && r.record_id"),
    ("a list in another order is shown", SORTED,
     "if (by_.by == field::record_id) return true;",
     "if (by_.by == field::record_id || BUG) return true;"),
]
# State that a bug needs.
STATE = [(LAST_ID, "skipping_ = false;\n  record_count new_", "skipping_ = false;\n  bool passed_once_ = false;\n  record_count new_"),
         # made when the bug is on
         (CLASSIFY, "static constexpr known_answer known[]", "const known_answer known[]"),
         (CLASSIFY, "static constexpr const char* texts[]", "const char* const texts[]")]
SELECTOR = "\n/// Which of the bugs of seeded_bugs.py is on.\ninline int auditor_seeded_bug = 0;\n"


def fail(words):
    sys.exit(f"seeded bugs: {words}")


def anywhere(text):
    """The text however it is broken into lines."""
    return re.compile(r"\s+".join(re.escape(word) for word in text.split()))


def changes_of(bug):
    """Its changes, in threes: path, text, other text."""
    what, *changes = bug
    if len(changes) % 3 != 0:
        fail(f"'{what}' is not made of threes")
    return [changes[i:i + 3] for i in range(0, len(changes), 3)]


def seed(include, bugs, state):
    pristine, seeded = {}, {}

    def occurrences(path, old):
        if path not in pristine:
            pristine[path] = seeded[path] = (include / path).read_text() if (include / path).exists() else ""
        return len(anywhere(old).findall(pristine[path]))

    def put(what, header, old, new):
        bodies = f"impl/{header.removesuffix('.hpp')}.ipp"
        times = occurrences(header, old) + occurrences(bodies, old)
        if times != 1:
            fail(f"'{what}': the text to replace occurs {times} times in {header} and its bodies")
        path = header if occurrences(header, old) else bodies
        if len(anywhere(old).findall(seeded[path])) != 1:
            fail(f"'{what}' and another bug want the same text of {path}")
        seeded[path] = anywhere(old).sub(lambda _: new, seeded[path])

    for number, bug in enumerate(bugs, 1):
        for path, old, new in changes_of(bug):
            put(bug[0], path, old, new.replace("BUG", f"(auditor_seeded_bug == {number})"))
    for path, old, new in state:
        put("the state of a bug", path, old, new)
    for path, text in seeded.items():
        if text:
            (include / path).write_text(text)
    with (include / "config.hpp").open("a") as config:
        config.write(SELECTOR)


def main(programme="tests/fault/programme.cpp", bugs=BUGS, state=STATE, histories="1000000", without="40000", libraries=()):
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--histories", default=histories)
    options = parser.parse_args()

    copy = options.build / "seeded"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(options.source / "include", copy / "include")
    seed(copy / "include/auditor", bugs, state)
    program = copy / "programme"
    subprocess.run([options.compiler, "-std=c++20", "-O1", "-DAUDITOR_SEEDED_BUGS", "-I", copy / "include", "-I", options.source / "tests",
                    options.source / programme, "-o", program, *libraries], check=True)

    def finds(number, histories):
        run = subprocess.run([program, histories, "1", str(number)], capture_output=True, text=True, check=False, timeout=600)
        if run.returncode not in (0, 1):
            return True, f"the program died: {run.returncode}"
        return run.returncode == 1, (run.stdout.splitlines() or [""])[0]

    found, words = finds(0, without)
    if found:
        fail(f"without a bug, something is found: {words}")
    caught = 0
    for number, (what, *_) in enumerate(bugs, 1):
        found, words = finds(number, options.histories)
        caught += found
        print(f"{number:3} {what}: {words[:100] if found else 'NOT FOUND'}")
    print(f"seeded bugs: {caught} of {len(bugs)} caught")
    return 0 if caught == len(bugs) else 1


if __name__ == "__main__":
    sys.exit(main())
