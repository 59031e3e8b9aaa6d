"""Links programs that make a call or two, and reads their symbols: what nobody named is not in them.

    pay_for_what_is_named.py <compiler> <source folder>
"""
# SPDX-License-Identifier: MIT OR Apache-2.0

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COMPILER, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
FLAGS = ["-std=c++20", "-O1", "-DNDEBUG", "-DAUDITOR_COMPACT=1", "-ffunction-sections", "-fdata-sections", f"-I{ROOT}/include"]
BOARD = f"""#include "{ROOT}/examples/embedded/board/board.hpp"
#include <cstdio>
namespace board {{
void write(std::string_view text) {{ std::fwrite(text.data(), 1, text.size(), stdout); }}
std::size_t read(std::span<char>) {{ return 0; }}
std::uint32_t milliseconds() {{ static std::uint32_t n = 0; return n++; }}
}}
"""

# program: the macros of tests/size/program.cpp
PROGRAMS = {
    "health_check": ["HEALTH"],
    "add": ["HEALTH", "ADD"],
    "compare": ["HEALTH", "COMPARE"],
    "update": ["HEALTH", "UPDATE"],
    "bulk_insert": ["HEALTH", "BULK"],
    "find": ["HEALTH", "FIND"],
    "find_record": ["HEALTH", "FIND_RECORD"],
    "for_each": ["HEALTH", "QUERY"],
    "get": ["HEALTH", "GET"],
    "get_by_text": ["HEALTH", "GET_BY_TEXT"],
}

# part: what its symbols look like, and a program that has them: a pattern that nothing matches would say nothing.
PARTS = {
    "encoder": (r"\brecord_validator::|\bwrite_component\b|\bencode_record\b", "add"),
    "double_writer": (r"\bwrite_double\b|\bshortest_decimal\b", "add"),
    "decoder": (r"\brecord_reader::|\brecord_grammar<", "for_each"),
    "query_encoder": (r"\bquery::(write|encode|filters)\b|\bquery_writer::", "for_each"),
    "comparison": (r"\bdifference_finder::|\bstored_record::(compare|judge)\b", "compare"),
    "look_up": (r"\bdetail::looks_up\b", "compare"),
    "update": (r"\bupdate_operation\b", "update"),
    "bulk": (r"\bbulk_(batch|window|insert_operation|update_operation)\b", "bulk_insert"),
    "read": (r"\bread_operation\b|\bfor_each_operation\b|\blast_id_proof\b", "for_each"),
    "answer_of_records": (r"\breading_functions::pass_on\b", "for_each"),
    "find": (r"\bfind_operation\b", "find_record"),
    "collection": (r"\bcollect_operation\b", "get"),
    "limit": (r"\bspecial_reads::|\bsame_beginning::|\bborrowed_conditions::hold", "get_by_text"),
    "query_text": (r"\b(read_raw_query|raw_query_reader)\b", "get_by_text"),
}

# program: what must not be in it. What is there and should not be stands behind `not_yet`: once it is gone, the test wants the word gone.
ABSENT = {
    "health_check": "encoder double_writer decoder query_encoder comparison look_up update bulk answer_of_records read find collection query_text limit",
    "add": "update query_encoder bulk read find collection query_text limit decoder comparison look_up",
    "compare": "query_encoder bulk read find collection query_text limit",
    "update": "decoder query_encoder comparison look_up bulk answer_of_records read find collection query_text limit",
    "bulk_insert": "decoder query_encoder comparison look_up update read find collection query_text limit",
    "find": "comparison look_up update bulk find collection query_text limit encoder double_writer",
    "find_record": "comparison look_up update bulk query_text limit encoder double_writer",
    "for_each": "encoder double_writer comparison look_up update bulk find collection query_text limit",
    "get": "encoder double_writer comparison look_up update bulk find query_text limit",
}


def link(name, folder):
    program = folder / name
    macros = [f"-D{each}" for each in PROGRAMS[name]]
    subprocess.run([COMPILER, *FLAGS, *macros, "-Wl,--gc-sections", ROOT / "tests/size/program.cpp", folder / "board.cpp", "-o", program], check=True)
    return subprocess.run(["nm", "-C", "--defined-only", program], check=True, capture_output=True, text=True).stdout


with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
    place = pathlib.Path(temporary)
    (place / "board.cpp").write_text(BOARD, encoding="utf-8")
    symbols = dict(zip(PROGRAMS, pool.map(lambda name: link(name, place), PROGRAMS)))

problems, asked, waiting = [], 0, 0
for part, (pattern, program) in PARTS.items():
    if not re.search(pattern, symbols[program]):
        problems.append(f"{part}: {program} has no symbol like {pattern}, so that this says nothing of the others: how is it called now?")
for program, parts in ABSENT.items():
    for part in parts.split():
        asked += 1
        expected_to_fail, name = part.startswith("not_yet:"), part.removeprefix("not_yet:")
        waiting += expected_to_fail
        found = re.search(f".*(?:{PARTS[name][0]}).*", symbols[program])
        if found and not expected_to_fail:
            problems.append(f"{program} has {name}, which it never named: {found[0][:200]}")
        elif not found and expected_to_fail:
            problems.append(f"{program} has no {name} any more: take `not_yet:` away from it here")

print("\n".join(problems) or f"{len(symbols)} programs, {asked} parts that must not be in them, {waiting} of which still are")
sys.exit(1 if problems else 0)
