"""Links a program that works in memory of its own, in the small code and in the fast, and reads its symbols: there is no heap, and no abort.

    without_heap.py <compiler> <source folder>
"""
# SPDX-License-Identifier: MIT OR Apache-2.0

import pathlib
import re
import subprocess
import sys
import tempfile

COMPILER, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
FLAGS = ["-std=c++20", "-DNDEBUG", "-fno-exceptions", "-fno-rtti", "-ffunction-sections", "-fdata-sections", f"-I{ROOT}/include", "-Wl,--gc-sections"]
HEAP = re.compile(r"\b(malloc|calloc|realloc|free|abort|raise)\b(?!.*\()|operator (new|delete)|\bstd::__throw")

RECORDS = b'{"record_id":"a","components":[],"start_time":"2022-08-03T09:47:00Z"}' b'{"record_id":"\\u0062","meta":{"x":["' + b"x" * 5000
RECORDS += b'"]},"components":[],"start_time":"2022-08-03T09:47:00Z"}{"record_id":"c","components":[],"start_time":"2022-08-03T09:47:00Z"}'

problems = []
with tempfile.TemporaryDirectory() as folder:
    for tier in ("-Os", "-O2"):
        program = pathlib.Path(folder) / "program"
        subprocess.run([COMPILER, *FLAGS, tier, ROOT / "tests/build/without_heap.cpp", "-o", program], check=True)
        symbols = subprocess.run(["nm", "-C", program], check=True, capture_output=True, text=True).stdout
        problems += [f"{tier}: {line}" for line in symbols.splitlines() if HEAP.search(line)]
        said = subprocess.run([program], input=RECORDS, capture_output=True, check=False)
        if (said.returncode, said.stdout) != (0, b"ac"):
            problems.append(f"{tier}: the program said {said.stdout} and ended with {said.returncode}")
print("\n".join(problems) or "no heap, and it works")
sys.exit(1 if problems else 0)
