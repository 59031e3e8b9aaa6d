"""Compiles what cannot work: the compiler must say one sentence of ours, and nothing that follows from it."""
# SPDX-License-Identifier: MIT OR Apache-2.0

import os
import pathlib
import subprocess
import sys

COMPILER, ROOT = sys.argv[1], pathlib.Path(sys.argv[2])
INCLUDE, SINGLE = ROOT / "include", ROOT / "single_include"

CPP20 = "auditor-cpp needs C++20"
BOTH = "both folders of auditor-cpp"
THREADS = "auditor::this_thread needs threads"
FORM = "-DAUDITOR_SEPARATE_COMPILATION"
NO_FORM = "compile every unit of the program with -DAUDITOR_SEPARATE_COMPILATION"
TOO_LATE = "include it before every other header of auditor"
TOO_LATE_LOOP = "include it before every other header of io_loop"
TOO_LATE_SANDBOX = "include it before every other header of the sandbox"
TOO_LATE_TESTING = "include it before every other header of testing/"
TOO_LATE_CURL = "include it before every other header of the curl transports"
WINDOWS = "io_loop.hpp needs epoll or poll(2)"
STOPPED = "auditor/see_the_error_above"  # behind the sentence of an inner header the compiler is stopped

CORE = "auditor/auditor.hpp"
CURL = "auditor/transport/curl.hpp"
ANY = "auditor/transport/any.hpp"
SRC = "auditor/src.hpp"
SRC_CURL = "auditor/src_curl.hpp"
SRC_LOOP = "auditor/src_io_loop.hpp"
SRC_SANDBOX = "auditor/src_sandbox.hpp"
SRC_TESTING = "auditor/src_testing.hpp"
SANDBOX = "auditor/sandbox/sandbox.hpp"
SCRIPTED = "auditor/testing/scripted_transport.hpp"
LOOP = "auditor/executor/io_loop.hpp"

CLIENT = """
struct server {
  struct stream {
    auditor::result<std::size_t> read(std::span<char>, const auditor::call&) { return std::size_t{0}; }
  };
  auditor::result<auditor::response_head> open(stream&, const auditor::request_view&, const auditor::call&) { return auditor::response_head{}; }
};
auditor::client one{server{}};
"""

# what it is, flags, headers, text, the sentence (None: it compiles), how often the compiler is stopped behind it
CASES = [
    *((f"C++17, {folder.name}/{header}", ["-std=c++17"], [folder / header], "", CPP20, 0) for folder in (INCLUDE, SINGLE) for header in (CORE, CURL)),
    ("C++17, two headers", ["-std=c++17"], [INCLUDE / CORE, INCLUDE / CURL], "", CPP20, 0),
    ("C++17, an inner header", ["-std=c++17"], [INCLUDE / ANY], "", CPP20, 1),
    ("C++17, two generated files", ["-std=c++17"], [SINGLE / ANY, SINGLE / CURL], "", CPP20, 0),
    ("include/ first", [], [INCLUDE / CORE, SINGLE / CORE], "", BOTH, 0),
    ("single_include/ first", [], [SINGLE / CORE, INCLUDE / CORE], "", BOTH, 0),
    ("include/ and a generated optional file", [], [INCLUDE / CORE, SINGLE / ANY, SINGLE / CORE], "", BOTH, 0),
    ("single_include/ and an inner header", [], [SINGLE / CORE, INCLUDE / ANY], "", BOTH, 1),
    *((f"no threads, nobody asks, {folder.name}", ["-DAUDITOR_THREADS=0"], [folder / CORE], "", None, 0) for folder in (INCLUDE, SINGLE)),
    *((f"no threads, {folder.name}", ["-DAUDITOR_THREADS=0"], [folder / CORE], CLIENT, THREADS, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies, {folder.name}", [FORM], [folder / SRC], "", None, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies of all in one unit, {folder.name}", [FORM], [folder / SRC, folder / SRC_LOOP, folder / SRC_CURL, folder / SRC_SANDBOX, folder / SRC_TESTING], "", None, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies of io_loop behind those of curl, {folder.name}", [FORM], [folder / SRC_CURL, folder / SRC_LOOP], "", TOO_LATE_LOOP, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies of the core behind those of curl, {folder.name}", [FORM], [folder / SRC_CURL, folder / SRC], "", TOO_LATE, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies of curl behind their headers, {folder.name}", [FORM], [folder / CURL, folder / SRC_CURL], "", TOO_LATE_CURL, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies of the sandbox behind its headers, {folder.name}", [FORM], [folder / SANDBOX, folder / SRC_SANDBOX], "", TOO_LATE_SANDBOX, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies of testing behind its headers, {folder.name}", [FORM], [folder / SCRIPTED, folder / SRC_TESTING], "", TOO_LATE_TESTING, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies in a header-only program, {folder.name}", [], [folder / SRC], "", NO_FORM, 0) for folder in (INCLUDE, SINGLE)),
    *((f"bodies behind their headers, {folder.name}", [FORM], [folder / CORE, folder / SRC], "", TOO_LATE, 0) for folder in (INCLUDE, SINGLE)),
    ("io_loop on Windows", ["-D_WIN32"], [INCLUDE / LOOP], "", WINDOWS, 1),
    ("threads", [], [SINGLE / CORE], CLIENT, None, 0),
]

wrong = 0
for what, flags, headers, text, sentence, stops in CASES:
    folders = [f"-I{INCLUDE}"] if any(INCLUDE in header.parents for header in headers) else []
    command = [COMPILER, "-std=c++20", *flags, "-fsyntax-only", "-x", "c++", *folders, "-"]
    code = "".join(f'#include "{header}"\n' for header in headers) + text
    run = subprocess.run(command, input=code, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"})
    errors = [line for line in run.stderr.splitlines() if "error: " in line]
    stopped = [line for line in errors if STOPPED in line]
    said = [line for line in errors if line not in stopped]
    as_wanted = len(said) == 1 and sentence in said[0] if sentence else not said
    if not as_wanted or len(stopped) != stops:
        wrong += 1
        print(f"{what}: wanted {sentence!r}, and got\n  " + "\n  ".join(errors[:5] or ["nothing"]))
print(f"{len(CASES)} builds, {wrong} wrong")
sys.exit(wrong != 0)
