#!/usr/bin/env python3
"""Writes single_include/: each entry header of include/ as one file, for those who copy headers instead of using a package.

auditor/auditor.hpp holds the core, and each header that it names is a file of one line, which includes it. Every other file holds what it
alone needs and includes the others; what two of them need and neither can take from the other stands in both, behind a guard. Without arguments the files are written; with --check it only says, by exit code 1,
that those in the tree are stale.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0

import collections
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
INCLUDE = ROOT / "include"
TARGET = ROOT / "single_include"
CORE = "auditor/auditor.hpp"
SOURCES = "auditor/src*.hpp"  # each sets a macro and includes an entry
ENTRIES = (
    "auditor/executor/*.hpp",
    "auditor/queue/*.hpp",
    "auditor/transport/*.hpp",
    "auditor/sandbox/sandbox.hpp",
    "auditor/sandbox/transport.hpp",
    "auditor/sandbox/http_server.hpp",
    "auditor/ext/*.hpp",
    "auditor/testing/*.hpp",
)
# Not worth a file: what they hold stands in each that needs it.
NO_ENTRIES = {
    "auditor/requirements.hpp",
    "auditor/executor/bodies.hpp",
    "auditor/executor/process.hpp",
    "auditor/executor/ready_sockets.hpp",
    "auditor/executor/steady.hpp",
    "auditor/queue/bodies.hpp",
    "auditor/queue/flash_pages.hpp",
    "auditor/transport/answer_head.hpp",
    "auditor/transport/retry_after.hpp",
    "auditor/transport/endpoint.hpp",
    "auditor/transport/request_check.hpp",
    "auditor/transport/sentences.hpp",
    "auditor/transport/settings.hpp",
    "auditor/transport/text.hpp",
    "auditor/transport/tls_words.hpp",
    "auditor/ext/beast_options.hpp",
    "auditor/ext/printed.hpp",
    "auditor/testing/bodies.hpp",
}
# A file for those who write a transport; nobody who copies another file has to take it along.
PIECES = {"auditor/transport/chunk_reader.hpp"}
WIDTH = 124

OWN_INCLUDE = re.compile(r"#\s*include\s*<(auditor/[^>]+\.(?:hpp|ipp|inc))>")
FOREIGN_INCLUDE = re.compile(r"#\s*include\s*([<\"].*[>\"])")
STANDARD = re.compile(r"<[a-z_]+>")
BODIES = re.compile(r"#\s*if (AUDITOR_\w*BODIES)$")  # around the include of a header's bodies, at its end
USABLE = "#ifdef AUDITOR_FROM_INCLUDE"  # what an umbrella and config.hpp ask: a generated file asks once, at its beginning

Line = collections.namedtuple("Line", "text include")  # include: what an unconditional #include names, else None


def entries():
    core = (INCLUDE / CORE).read_text(encoding="utf-8")
    optional = {path.relative_to(INCLUDE).as_posix() for pattern in ENTRIES for path in INCLUDE.glob(pattern)}
    return (optional | set(OWN_INCLUDE.findall(core))) - NO_ENTRIES


def read(name):
    """A header in order: the names of its own includes, and its other lines."""
    items, conditions, bodies = [], [], None
    if name.endswith(".ipp"):
        header = name.replace("/impl/", "/").replace(".ipp", ".hpp")
        bodies = re.search(r"^#if AUDITOR_\w*BODIES$", (INCLUDE / header).read_text(encoding="utf-8"), re.MULTILINE)
    if bodies:
        items.append(Line(bodies[0], None))
    for number, text in enumerate((INCLUDE / name).read_text(encoding="utf-8").splitlines(), 1):
        directive = text.strip()
        own, foreign = OWN_INCLUDE.match(directive), FOREIGN_INCLUDE.match(directive)
        if re.match(r"#\s*if", directive):
            dropped = directive.startswith((USABLE, USABLE.replace("ifdef", "ifndef"))) or BODIES.match(directive)
            conditions.append(None if dropped else text)
        elif re.match(r"#\s*endif", directive):
            dropped = conditions.pop() is None
        else:
            dropped = bool(re.match(r"#\s*pragma once|// SPDX-License-Identifier:|#\s*include <auditor/see_the_error_above>", directive))
        conditional = [each for each in conditions if each is not None]
        if own and own[1].endswith(".inc"):
            items += read(own[1])
        elif own:
            if conditional == ["#ifndef _WIN32"] and own[1] in entries():
                items.append(Line(f'#include "{os.path.relpath(own[1], os.path.dirname(name))}"', None))
                continue
            if conditional:
                sys.exit(f"{name}:{number}: an own header that is included under a condition cannot be expanded once for all")
            items.append(own[1])
        elif not dropped:
            items.append(Line(text, foreign[1] if foreign and not conditional else None))
    if bodies:
        items.append(Line("#endif", None))
    return items


class Headers:
    """What each header holds, and what it reaches."""

    def __init__(self):
        self.items = {}

    def of(self, name):
        if name not in self.items:
            self.items[name] = read(name)
        return self.items[name]

    def order(self, name, seen=None):
        """The headers that this one reaches, each behind those that it needs and before its bodies."""
        seen = [] if seen is None else seen
        own = [item for item in self.of(name) if isinstance(item, str)]
        for item in own:
            if item not in seen and not item.endswith(".ipp"):
                self.order(item, seen)
        if name not in seen:
            seen.append(name)
        for item in own:
            if item not in seen and item.endswith(".ipp"):
                self.order(item, seen)
        return seen


def squeeze(lines):
    """The text without the empty lines that the removed ones leave behind."""
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def rule(title):
    return f"// ---- {title} ".ljust(WIDTH, "-")


def macro(kind, name):
    return f"AUDITOR_{kind}_" + re.sub(r"\W", "_", name.removeprefix("auditor/").removesuffix(".hpp")).upper()


def version():
    text = (INCLUDE / "auditor/version.hpp").read_text(encoding="utf-8")
    return ".".join(re.search(rf"AUDITOR_VERSION_{part} (\d+)", text)[1] for part in ("MAJOR", "MINOR", "PATCH"))


class File:
    """One generated file, and which headers are in it."""

    def __init__(self, headers, entry, others):
        self.headers, self.entry = headers, entry
        order = headers.order(entry)
        reached = [other for other in others if other in order and other != entry]
        self.includes = [other for other in reached if not any(other in headers.order(third) for third in reached if third != other)]
        if entry != CORE:
            self.includes = self.includes or [CORE]
        held = {name for other in {CORE, *reached} if entry != CORE for name in headers.order(other)}
        self.parts = [name for name in order if name not in held]

    def text(self, guarded):
        licence = (ROOT / "LICENSE-MIT").read_text(encoding="utf-8").splitlines()
        purpose = (INCLUDE / self.entry).read_text(encoding="utf-8").splitlines()[0]
        says = [f"// auditor-cpp {version()}, generated by tools/amalgamate.py from include/{self.entry}: change the headers there, not this file."]
        upwards = [f'#include "{os.path.relpath(each, os.path.dirname(self.entry))}"' for each in self.includes]
        if not self.parts:
            return "\n".join([purpose, "// SPDX-License-Identifier: MIT OR Apache-2.0", "//", *says, "#pragma once", "", *upwards, ""])

        includes, parts, seen = set(), [], set()
        for name in self.parts:
            stays = name in guarded  # with its includes, which are not needed where the guard leaves it out
            lines = []
            for item in self.headers.of(name):
                if isinstance(item, str):
                    continue
                if item.include and STANDARD.fullmatch(item.include) and not stays:
                    includes.add(item.include)
                elif not (item.include and item.include in seen):
                    lines.append(item.text)
                    if item.include and not stays:
                        seen.add(item.include)
            part = squeeze(lines)
            if name in guarded:
                part = f"#ifndef {macro('PART', name)}\n#define {macro('PART', name)}\n{part}\n#endif"
            parts.append((name, part))

        text = [
            purpose,
            "// SPDX-License-Identifier: MIT OR Apache-2.0",
            "//",
            *says,
            "//",
            "// You may use it under the Apache License, Version 2.0 (https://www.apache.org/licenses/LICENSE-2.0), or under this one:",
            "//",
            *(f"// {line}".rstrip() for line in licence),
            "#pragma once",
            # Two copies of one file are no reason to fail.
            f"#ifndef {macro('SINGLE', self.entry)}",
            f"#define {macro('SINGLE', self.entry)}",
            "",
        ]
        if self.entry == CORE:
            (first, words), *parts = parts
            swapped = re.sub(r"AUDITOR_FROM_(SINGLE_)?INCLUDE", lambda m: f"AUDITOR_FROM_{'' if m[1] else 'SINGLE_'}INCLUDE", words)
            text += [rule(first), swapped, ""]
        text += [*upwards, "#ifdef AUDITOR_FROM_SINGLE_INCLUDE  // else it has been said what is wrong"]
        text += ["", *(f"#include {name}" for name in sorted(includes))] if includes else []
        for name, part in parts:
            text += ["", rule(name), part]
        return "\n".join([*text, "", "#endif", "#endif", ""])


def source(path):
    """The unit of the bodies: the same with either folder, but for how it includes."""
    name = path.relative_to(INCLUDE).as_posix()
    says = f"//\n// auditor-cpp {version()}, generated by tools/amalgamate.py from include/{name}: change that one.\n#pragma once"
    text = path.read_text(encoding="utf-8").replace("#pragma once", says, 1)
    return name, re.sub(r"#include <auditor/([^>]+)>", r'#include "\1"', text)


def amalgamate():
    """{path below single_include: text}"""
    headers = Headers()
    names = sorted(entries())
    pieces = PIECES | set(headers.order(CORE))
    others = [CORE, *(entry for entry in names if entry not in pieces)]
    files = [File(headers, CORE, []), *(File(headers, entry, others) for entry in names)]
    count = collections.Counter(name for file in files for name in file.parts)
    texts = {file.entry: file.text({name for name, times in count.items() if times > 1}) for file in files}
    return texts | dict(source(path) for path in INCLUDE.glob(SOURCES))


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    wanted = amalgamate()
    there = {path.relative_to(TARGET).as_posix(): path for path in TARGET.rglob("*") if path.is_file()}
    stale = [name for name, text in wanted.items() if name not in there or there[name].read_text(encoding="utf-8") != text]
    left = sorted(set(there) - set(wanted))
    if sys.argv[1:] == ["--check"]:
        if stale or left:
            sys.exit(f"single_include is stale ({', '.join(stale + left)}): run tools/amalgamate.py and commit it")
        return
    for name in left:
        there[name].unlink()
    for name in stale:
        path = TARGET / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[name], encoding="utf-8")


if __name__ == "__main__":
    main()
