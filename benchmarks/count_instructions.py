#!/usr/bin/env python3
"""Counts with valgrind the instructions and the allocations that a record takes; for tools/count-instructions.

One line for each: `codec <what> <instructions|allocations> <a record> bar <at most> recorded <in the file> <pass|MISSED|GREW>`.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0
import concurrent.futures
import pathlib
import re
import subprocess
import sys

from bars import PARTS, measured

RECORDS = 2_000
SLACK = 0.03
RECORDED = pathlib.Path(__file__).resolve().parent / "instructions.txt"

# what: the pass of codec.cpp. Those with a bar have it in bars.py; all have what is recorded.
PASSES = {"reused": "reused", "view": "view", "projection": "projection", "collect": "collect_list", "encode": "encode", "stream": "stream_16K"}
COUNTED = {
    "instructions": (["--tool=callgrind", "--callgrind-out-file=/dev/null"], r"Collected : (\d+)"),
    "allocations": (["--tool=memcheck", "--leak-check=no"], r"total heap usage: ([\d,]+) allocs"),
}


def counted(program, kind, run):
    options, said = COUNTED[kind]
    done = subprocess.run(["valgrind", *options, program, f"--count={run}", f"--records={RECORDS}"], capture_output=True, text=True)
    found = re.search(said, done.stderr)
    if done.returncode != 0 or not found:
        sys.exit(f"count-instructions: valgrind has not counted {run}:\n{done.stderr}")
    return int(found[1].replace(",", ""))


def measure(program):
    """All of them, to one digit behind the point: what is allocated once is no part of a record."""
    runs = {(kind, what): run for kind in COUNTED for what, run in {"nothing": "nothing", **PASSES}.items()}
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        counts = dict(zip(runs, pool.map(lambda each: counted(program, each[0], runs[each]), runs)))
    return {(what, kind): round((counts[kind, what] - counts[kind, "nothing"]) / RECORDS, 1) for what in PASSES for kind in COUNTED}


def main():
    program, compiler, *mode = sys.argv[1:]
    version = subprocess.run([compiler, "-dumpfullversion"], capture_output=True, text=True).stdout.strip()
    measured_by = f"{pathlib.Path(compiler).name} {version}"
    values = measure(program)
    if mode == ["--write"]:
        lines = [f"{what} {kind} {value}\n" for (what, kind), value in values.items()]
        RECORDED.write_text(f"# A record, by {measured_by} -O3; written by tools/count-instructions --write\n" + "".join(lines))
    text = RECORDED.read_text()
    recorded = {tuple(key): float(value) for *key, value in map(str.split, text.splitlines()[1:])}
    is_comparable = f"by {measured_by} " in text
    if not is_comparable:
        print(f"{RECORDED.name} was not written with {measured_by}: only the bars count")
    wrong = 0
    for (what, kind), value in values.items():
        name = f"{kind}-{what}"
        bar = PARTS["codec"].get(name)
        said = "pass"
        if bar and not bar.is_met(value):
            said = "MISSED"
        elif is_comparable and value > recorded[what, kind] * (1 + SLACK) + 0.05:
            said = "GREW"
        wrong += said != "pass"
        print(f"codec {what:<11}{kind:<13}{value:>8.1f}  bar {f'{bar.limit:g}' if bar else '-':>5}  recorded {recorded[what, kind]:>8.1f}  {said}")
        if bar:
            measured("codec", name, value)
    return 1 if wrong and mode == ["--check"] else 0


sys.exit(main())
