"""Compiles mistakes: each file here compiles as it is, and fails with AUDITOR_MUST_NOT_COMPILE, in the words that it announces.

They are announced by a line `// expect: <regular expression>`, for any line that the compiler prints, or `// expect first: `, for
its first error. All files together are two units, one of the controls and one of the mistakes, because the headers cost most of
the time. A file whose words are not found there is compiled by itself: what the compiler says of it alone is what counts.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0

import os
import pathlib
import re
import shlex
import subprocess
import sys

COMPILER, INCLUDE, FLAGS = sys.argv[1], sys.argv[2], shlex.split(" ".join(sys.argv[3:]))
FILES = sorted(pathlib.Path(__file__).resolve().parent.glob("*.cpp"))
TEXTS = {file: file.read_text(encoding="utf-8") for file in FILES}
ENGLISH = os.environ | {"LC_ALL": "C"}

# All errors, and without the lines of the source, which would match an expectation all by themselves.
version = subprocess.run([COMPILER, "--version"], check=True, capture_output=True, text=True).stdout
SAY = ["-fno-caret-diagnostics", "-ferror-limit=0"] if "clang" in version else ["-fno-diagnostics-show-caret", "-fmax-errors=0"]
COMPILE = [COMPILER, *FLAGS, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *SAY, f"-I{INCLUDE}", "-x", "c++", "-"]


def words(code, mistakes):
    """What the compiler says of this code, or None: it compiles."""
    defined = ["-DAUDITOR_MUST_NOT_COMPILE"] if mistakes else []
    run = subprocess.run(COMPILE + defined, input=code, capture_output=True, text=True, env=ENGLISH)
    return run.stdout + run.stderr if run.returncode else None


def alone(file):
    return f'#include "{file}"\n'


def together():
    """All files, each in a namespace. The headers come first, so that those that a file includes are there already."""
    headers = sorted({line for text in TEXTS.values() for line in re.findall(r"^#include <[^>]*>", text, re.MULTILINE)})
    spaces = [f"namespace file_{n} {{\n{alone(file)}}}\n" for n, file in enumerate(FILES)]
    return "\n".join(headers) + "\n" + "".join(spaces)


def by_file(said):
    """The lines of the errors that are surely of one file: they name it, at their own place or where a template is needed, and no other."""
    errors, before = [], []
    for line in said.splitlines():
        before.append(line)
        if re.search(r": (fatal )?error: ", line):
            errors.append(before)  # with what comes before it, as "In instantiation of"
        elif re.search(r": note: ", line) and errors:
            errors[-1] += before
        else:
            continue
        before = []
    lines = {file: [] for file in FILES}
    for error in errors:
        named = [file for file in FILES if any(line.startswith(f"{file}:") for line in error)]
        if len(named) == 1:
            lines[named[0]] += error
    return lines


def announced(file):
    found = re.search(r"^// expect( first)?: (.+)$", TEXTS[file], re.MULTILINE)
    return (bool(found[1]), found[2]) if found else (False, None)


def as_announced(file, lines):
    first, pattern = announced(file)
    if first:
        lines = [line for line in lines if "error: " in line][:1]
    return any(re.search(pattern, line) for line in lines)


def fault_of_mistake(file):
    said = words(alone(file), True)
    if said is None:
        return "the mistake compiles"
    if as_announced(file, said.splitlines()):
        return None
    return f"the mistake does not compile, but not in the words `{announced(file)[1]}`:\n{said}"


faults = [f"{file.name}: has no line `// expect: <regular expression>`" for file in FILES if not announced(file)[1]]
if not FILES or faults:
    sys.exit("\n".join(faults) or "there are no files")

if (said := words(together(), False)) is not None:
    blamed = [file for file, lines in by_file(said).items() if lines] or FILES
    faults = [f"{file.name}: the control does not compile:\n{of_file}" for file in blamed if (of_file := words(alone(file), False))]
    sys.exit("\n".join(faults) or f"each control compiles by itself, but not all of them in one unit:\n{said}")

errors = by_file(words(together(), True) or "")
unclear = [file for file in FILES if not as_announced(file, errors[file])]
faults = [f"{file.name}: {fault}" for file in unclear if (fault := fault_of_mistake(file))]
if faults:
    sys.exit("\n".join(faults))
print(f"{len(FILES)} mistakes, all as announced; compiled by themselves: {', '.join(file.name for file in unclear) or 'none'}")
