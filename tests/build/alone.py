"""Writes the units that compile each header alone, and as few as show it.

    alone.py <include> <folder> <header>...    writes <folder>/<header>.cpp for each, unless it is as it would be

A unit includes its header twice. On its way the compiler reads others, and some of them it reads just as it would alone: when
everything before them is what they include themselves. What they forget is missing there, too. A unit whose header is read so in
another's says nothing but in which.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0

import functools
import pathlib
import re
import sys

include, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
headers = sys.argv[3:]


@functools.cache
def includes(name):
    """What stands before the first line of code, and what stands behind it, as the bodies of a header do. Conditions are taken to hold."""
    first, behind, code = [], [], False
    for line in (include / name).read_text(encoding="utf-8").splitlines():
        if found := re.match(r'\s*#\s*include\s*[<"](.+)[>"]', line):
            (behind if code or found[1].endswith(".ipp") else first).append(found[1])
        elif line.strip() and not line.lstrip().startswith(("#", "//")):
            code = True
    return first, behind


def before(header):
    """For each file of ours that a unit of this header reads: what has been read before its first line of code."""
    begun, done, found = set(), set(), {}

    def read(name):
        if name in begun:
            return
        begun.add(name)
        if (include / name).exists():
            first, behind = includes(name)
            for each in first:
                read(each)
            found[name] = frozenset(done)
            done.add(name)
            for each in behind:
                read(each)
        done.add(name)

    read(header)
    return found


read_by = {header: before(header) for header in headers}


def as_alone(header, unit):
    """Is this header, with the bodies that belong to it, read in that unit as in its own?"""
    own, there = read_by[header], read_by[unit]
    return all(name in there and there[name] <= own[name] for name in (header, *includes(header)[1]) if name in own)


shows = {unit: {header for header in headers if as_alone(header, unit)} for unit in headers}
left, shown_by = set(headers), {}
while left:
    unit = max(headers, key=lambda each: len(shows[each] & left))
    shown_by |= dict.fromkeys(shows[unit] & left, unit)
    left -= shows[unit]

for header in headers:
    line = f"#include <{header}>\n"
    text = 2 * line if header in shown_by.values() else f"// <{header}> is compiled as alone by the unit of <{shown_by[header]}>.\n"
    path = folder / f"{header}.cpp"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
