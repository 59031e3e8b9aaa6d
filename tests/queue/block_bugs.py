#!/usr/bin/env python3
"""Are the histories of blocks worth anything? Puts bugs into a copy of the store, one at a time, and requires that each is found.
SPDX-License-Identifier: MIT OR Apache-2.0

    block_bugs.py --source DIR --build DIR --compiler CXX [--histories N]      with SQLite
"""
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "fault"))
import seeded_bugs

STORE = "queue/sqlite_store.hpp"
FILE = "impl/queue/sqlite/file.hpp"
BLOCKS = "impl/queue/sqlite/blocks.hpp"
SIDE_FILE = "impl/queue/sqlite/side_file.hpp"
ROWS = "impl/queue/sqlite/rows.hpp"
BLOCK = "impl/queue/entry_block.hpp"

BUGS = [
    # ---- what gathers
    ("an end in order leaves behind what gathered", FILE,
     "if (is_open) spill_at_end();", "if (is_open && !BUG) spill_at_end();"),
    ("a number is given twice while a block is on its way", BLOCKS,
     "if (gathered.is_empty()) gathered.clear(counts().last_number + 1);",
     "if (gathered.is_empty()) gathered.clear((BUG ? now.counts : counts()).last_number + 1);", BLOCKS,
     "gathered.clear(leaving.last() + 1);", "gathered.clear(BUG ? now.counts.last_number + 1 : leaving.last() + 1);"),
    ("what was refused is kept", BLOCKS, "if (!are_kept) from.take_back(first);", "if (!are_kept && !BUG) from.take_back(first);"),
    ("what is on its way is not read", FILE,
     "if (each->is_empty()) continue;", "if (each->is_empty() || (BUG && each == &leaving)) continue;"),
    ("what is on its way is not counted", BLOCKS,
     "all.waiting += each->waiting();", "if (!BUG || each == &gathered) all.waiting += each->waiting();"),
    ("what was delivered on its way waits again", STORE,
     "file_->leaving.settle(each);", "if (!BUG) file_->leaving.settle(each);"),
    ("what was delivered before it was written waits again", BLOCKS,
     "if (!from.is_settled(number)) continue;", "if (BUG || !from.is_settled(number)) continue;"),
    ("a dead letter stays among those that gather", STORE,
     "if (const error e = file_->spill(detail::sqlite_sync::later)) return e;",
     "if (!BUG)\n    if (const error e = file_->spill(detail::sqlite_sync::later)) return e;"),
    ("a letter that is sent again has the number of another", STORE,
     "if (const error e = file_->spill(detail::sqlite_sync::before_return)) return e;",
     "if (!BUG)\n    if (const error e = file_->spill(detail::sqlite_sync::before_return)) return e;"),

    # ---- blocks in their file
    ("a block that was not written is noted", BLOCKS,
     "return code == SQLITE_OK && !places.empty() ?", "return (BUG || code == SQLITE_OK) && !places.empty() ?"),
    ("a block lies on another one", BLOCKS,
     "if (!places.empty()) spill_end = next_page", "if (!places.empty() && !BUG) spill_end = next_page"),
    ("a bulk is not written through", BLOCKS,
     "options.level == durability::power_loss ? spill_file.sync() : code;",
     "options.level == durability::power_loss && !BUG ? spill_file.sync() : code;"),
    ("the room of blocks is given to others before it is known that nothing waits there", BLOCKS,
     "int code = options.level == durability::none ?", "int code = BUG || options.level == durability::none ?"),
    ("the file is cut off where something waits", BLOCKS,
     "end = (std::max)(end, next_page(at + size));", "if (!BUG) end = (std::max)(end, next_page(at + size));"),
    ("there is room where something waits", BLOCKS,
     "largest = {end, first_page};", "largest = {BUG ? 0 : end, first_page};"),
    ("room between blocks has no end", BLOCKS,
     "spill_limit = largest.end;", "spill_limit = BUG ? spill_size : largest.end;"),
    ("room ends within a page that has others", BLOCKS,
     "const std::uint64_t first_page = at / page_size * page_size;",
     "const std::uint64_t first_page = BUG ? next_page(at) : at / page_size * page_size;"),
    ("the file grows as long as something waits", BLOCKS,
     "const bool is_between = largest.size() >=", "const bool is_between = !BUG && largest.size() >="),
    ("the list of a block is not written", SIDE_FILE,
     "if (code == SQLITE_OK) code = to.write(list, at + bytes.size());",
     "if (code == SQLITE_OK && !BUG) code = to.write(list, at + bytes.size());"),
    ("a block goes with the first of its entries", BLOCKS,
     "if (code == SQLITE_OK && waiting > place.last)", "if (code == SQLITE_OK && (BUG || waiting > place.last))"),
    ("a block of which nothing waits stays", BLOCKS,
     "waiting = place.first;\n      code = find_waiting(waiting, next);",
     "waiting = BUG ? 0 : place.first;\n      code = BUG ? SQLITE_OK : find_waiting(waiting, next);"),
    ("a part of a block has no bytes", ROWS,
     "if (loaded.has(number)) bytes += loaded.json_size(number);", "if (loaded.has(number) && !BUG) bytes += loaded.json_size(number);"),
    ("a block has the bytes of its heads", ROWS,
     "bytes += place.json_bytes();\n        number", "bytes += BUG ? place.size : place.json_bytes();\n        number"),

    # ---- blocks that are torn
    ("an entry that was changed is whole", BLOCK, "marks_[in_list] == mark_of(number, entry);", "BUG || marks_[in_list] == mark_of(number, entry);"),
    ("a list that was changed is believed", BLOCK, "if (place.mark_with(list) != place.mark) return false;",
     "if (!BUG && place.mark_with(list) != place.mark) return false;"),
    ("changed JSON comes with its end", BLOCK, "json.remove_suffix(1);", "if (!BUG) json.remove_suffix(1);", BLOCK,
     'json = json.substr(0, json.find_last_not_of("} \\t\\r\\n") + 1);',
     'if (!BUG) json = json.substr(0, json.find_last_not_of("} \\t\\r\\n") + 1);'),
]
if __name__ == "__main__":
    sys.exit(seeded_bugs.main("tests/queue/blocks.cpp", BUGS, [], "1500", "300", ["-lsqlite3", "-pthread"]))
