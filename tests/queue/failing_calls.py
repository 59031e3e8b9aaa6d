#!/usr/bin/env python3
"""Each call of the system fails under a durable queue, once and from then on: what was acknowledged is there, once, and nothing else.
SPDX-License-Identifier: MIT OR Apache-2.0

    failing_calls.py PROGRAM [--every N] [--calls NAME[,NAME]]      with strace; exit 77 without it

Of each kind of call the first one fails, then the second, and so on until there is none left; with --every only each Nth.
"""
import argparse
import collections
import pathlib
import shutil
import subprocess
import sys
import tempfile

# A name of several calls: the same one, as one system or another calls it.
FAILURES = [
    ("pwrite64", "ENOSPC"), ("pwrite64", "EIO"), ("pread64", "EIO"), ("?fsync", "EIO"), ("?fdatasync", "EIO"),
    ("?openat,?open", "EMFILE"), ("?openat,?open", "EACCES"), ("ftruncate", "EIO"), ("fallocate", "ENOSPC"), ("fcntl", "ENOLCK"),
    ("flock", "ENOLCK"), ("mmap", "ENOMEM"), ("?unlink,?unlinkat", "EACCES"), ("?fstat,?newfstatat,?statx,?stat", "EIO"),
    ("?lstat,?stat,?newfstatat,?statx", "ENOENT"), ("?fchmod", "EPERM"), ("?fchown", "EPERM"), ("?lseek", "EIO"), ("?access,?faccessat", "EACCES"),
    ("close", "EIO"),
]


def lines_of(command, folder, stdin=subprocess.DEVNULL):
    done = subprocess.run(command, cwd=folder, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    return done.returncode, done.stdout.splitlines(), done.stderr


def can_trace(folder):
    if shutil.which("strace") is None:
        return "strace is not installed"
    code, _, words = lines_of(["strace", "-o", "trace", "-e", "inject=getppid:error=EIO:when=1", "true"], folder)
    return "" if code == 0 else "strace may not trace here: " + words.strip()


def judge(said, found):
    """What is wrong, or nothing."""
    serials = collections.defaultdict(lambda: collections.defaultdict(str))  # of each entry what became of what was tried
    for line in said:
        words = line.split()
        if words[0] == "try":
            serials[words[2]][words[1]] = "tried"
        elif words[0] in "asb" and len(words) == 2:
            serials[words[1]][words[0]] = "done"
    there = collections.Counter(line for line in found if line[0] in "wd")
    wrong = [line for line in found if line.startswith("x")]
    wrong += [f"{line} is there {count} times" for line, count in there.items() if count > 1]
    wrong += [f"{line} was never offered" for line in there if line.split()[1] not in serials]
    for serial, steps in serials.items():
        waits, dead = f"w {serial}" in there, f"d {serial}" in there
        if waits and dead:
            wrong.append(f"{serial} waits and is dead")
        if steps["a"] == "done" and not steps["s"] and not steps["b"] and not waits:
            wrong.append(f"{serial} was accepted, and is lost")
        if steps["b"] == "tried" and not steps["s"] and not waits and not dead:
            wrong.append(f"{serial} was to be buried, and is lost")
        if steps["b"] == "done" and not dead:
            wrong.append(f"{serial} was buried, and is not dead")
        if steps["s"] == "done" and waits:
            wrong.append(f"{serial} was settled, and waits")
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--calls", default="")
    settings = parser.parse_args()
    program = str(settings.program.resolve())
    runs, bad = 0, 0
    with tempfile.TemporaryDirectory(prefix="auditor-failing-calls-") as name:
        folder = pathlib.Path(name)
        if reason := can_trace(folder):
            print(f"skipped: {reason}")
            return 77
        code, said, words = lines_of([program, "write", "q"], folder)
        whole = [line for line in said if line[0] == "a"]
        if code != 0 or len(whole) != 33 or any(line[0] == "x" for line in said):
            print("it fails without a failure:", code, *said, words, sep="\n")
            return 1
        for calls, error in FAILURES:
            if settings.calls and calls.replace("?", "").split(",")[0] not in settings.calls.split(","):
                continue
            for end in ("", "+"):
                of_these, refused, number = 0, 0, 1
                while True:
                    for each in folder.iterdir():
                        each.unlink()
                    injection = f"inject={calls}:error={error}:when={number}{end}"
                    code, said, words = lines_of(["strace", "-f", "-o", "trace", "-e", injection, program, "write", "q"], folder)
                    if "(INJECTED)" not in (folder / "trace").read_text(errors="replace"):
                        break
                    (folder / "trace").unlink()
                    # A program that did not even begin has said nothing; one that ended otherwise than it was to has crashed.
                    wrong = [f"ended with {code}: {words}"] if code != 0 and said else []
                    how, found, more = lines_of([program, "read", "q"], folder)
                    if how != 0:
                        wrong.append(f"an entry is another: {more}")
                    wrong += judge(said, found)
                    of_these += 1
                    refused += any(line[0] == "x" for line in said)
                    if wrong:
                        bad += 1
                        if bad <= 20:
                            print(f"{injection}:", *wrong[:8], *[line for line in said if line[0] == "x"][:3], sep="\n  ")
                    number += settings.every
                runs += of_these
                print(f"{calls.replace('?', '')} {error}{' from then on' if end else ''}: {of_these} failed, of which {refused} were told", flush=True)
    print(f"failing calls: {runs} runs, wrong={bad}")
    return 1 if bad or runs == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
