"""What the headers promise and a compiler does not check: the floors, the include lists, the words that the core does without."""
# SPDX-License-Identifier: MIT OR Apache-2.0

import pathlib
import re
import sys

INCLUDE = pathlib.Path(sys.argv[1])
UMBRELLA = "auditor/auditor.hpp"
# Optional by their place, and in the umbrella because no first program does without.
WITH_UMBRELLA = {"auditor/executor/this_thread.hpp", "auditor/ext/ostream.hpp", "auditor/transport/function.hpp"}

# A header includes only its own floor and those below it.
FLOORS = ("base", "model", "json", "query", "http", "operation", "exchange", "client")

ABOVE = {UMBRELLA: len(FLOORS) + 1, "auditor/src.hpp": len(FLOORS) + 2}
ABOVE |= {f"auditor/src_{part}.hpp": None for part in ("io_loop", "queue", "curl", "sandbox", "testing")}

# Large to compile, absent where the core must fit, or both.
FORBIDDEN_HEADERS = set(
    "any cmath condition_variable deque filesystem format forward_list fstream functional future iomanip ios iostream list locale map mutex "
    "numbers print queue random regex set sstream stack thread unordered_map unordered_set valarray".split()
)

FORBIDDEN_WORDS = {
    "throws": r"\bthrow\b",
    "catches": r"\b(try|catch)\b",
    "uses at(), which throws": r"(\.|->)at\(",
    "uses a conversion that throws": r"\bsto(i|l|ll|ul|ull|f|d|ld)\(",
    "uses std::function": r"\bstd::function\b",
    "uses RTTI": r"\b(dynamic_cast|typeid)\b",
    "uses __COUNTER__": r"\b__COUNTER__\b",
}
ALLOWED = {
    ("auditor/impl/base/result.ipp", "throws"),  # value(), where exceptions are on
    ("auditor/ext/time_zone.hpp", "defines the macro USE_OS_TZDB"),  # date's own switch, which has to agree with its library
}

problems = []


def floor(name):
    """0 for version and config, then 1 for base and so on; above all for the umbrella and its bodies; None for the optional headers."""
    if name in ABOVE:
        return ABOVE[name]
    parts = name.replace("/impl/", "/").split("/")
    if len(parts) == 2:
        return 0
    return FLOORS.index(parts[1]) + 1 if parts[1] in FLOORS else None


def without_comments(text):
    """The code alone: string and character literals emptied, comments removed."""
    token = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\''
    return re.sub(token, lambda match: '""' if match[0][0] in "\"'" else " ", text, flags=re.DOTALL)


def check(name, text):
    def problem(words):
        if (name, words) not in ALLOWED:
            problems.append(f"{name}: {words}")

    lines = text.splitlines()
    if not re.match(r"// \S.*[.?!]$", lines[0]):
        problem("the first line does not say in a sentence what the header is for")
    if lines[1:3] != ["// SPDX-License-Identifier: MIT OR Apache-2.0", "#pragma once"]:
        problem("the second and third line are not the licence and #pragma once")

    code = without_comments(text)
    for macro in re.findall(r"^\s*#\s*define\s+(\w+)", code, re.MULTILINE):
        if not macro.startswith("AUDITOR_"):
            problem(f"defines the macro {macro}")

    mine = floor(name)
    if mine is None:
        return
    for included in re.findall(r"^\s*#\s*include\s*[<\"]([^>\"]*)", text, re.MULTILINE):
        if included.startswith("auditor/"):
            theirs = floor(included)
            if theirs is None and not (name == UMBRELLA and included in WITH_UMBRELLA):
                problem(f"is of the core and includes the optional <{included}>")
            elif theirs is not None and theirs > mine:
                problem(f"includes <{included}> of a higher floor")
        elif not re.fullmatch(r"[a-z_]+", included):
            problem(f"includes <{included}>, which is not of the C++ standard library")
        elif included in FORBIDDEN_HEADERS:
            problem(f"includes <{included}>, which the core does without")
    for words, pattern in FORBIDDEN_WORDS.items():
        if re.search(pattern, code):
            problem(words)


def reached(name, seen):
    if name not in seen and name in texts:
        seen.add(name)
        for included in re.findall(r"#include <(auditor/[^>]*)>", texts[name]):
            reached(included, seen)
    return seen


def types(text):
    """The names of the types that a header declares: those in the namespace detail, and those of the users."""
    spaces, depth, ours, public = [], 0, set(), set()
    for line in without_comments(text).splitlines():
        opened = re.match(r"(?:inline )?namespace ([\w:]+) \{", line)
        found = re.match(r"(?:struct|class|enum class|using)\s+(?:AUDITOR_EXPORT\s+)?(\w+)\b(?!::)", line)
        if opened:
            spaces.append(opened[1])
        elif found and depth == len(spaces) and spaces[-1:] in (["detail"], ["AUDITOR_ABI"]):
            (ours if spaces[-1] == "detail" else public).add(found[1])
        depth += line.count("{") - line.count("}")
        del spaces[max(depth, 0) :]
    return ours, public


texts = {path.relative_to(INCLUDE).as_posix(): path.read_text(encoding="utf-8") for path in sorted(INCLUDE.rglob("*.?pp"))}
for header, content in texts.items():
    check(header, content)
declared = {header: types(content) for header, content in texts.items()}
public = set().union(*(names for _, names in declared.values()))
for header, (inner, _) in declared.items():
    for hiding in sorted(inner & public):
        problems.append(f"{header}: its own {hiding} hides that of the users in other headers, if it comes before them")
core = {name for name in texts if floor(name) is not None}
for missing in sorted(core - reached(UMBRELLA, set()) - {"auditor/src.hpp"}):
    problems.append(f"{missing}: is of the core, and {UMBRELLA} does not include it")

print("\n".join(problems) or f"{len(texts)} headers, {len(core)} of them the core: nothing to complain about")
sys.exit(1 if problems or not core else 0)
