#!/usr/bin/env python3
"""Counts with strace the system calls of reads and of adds, against a small server of its own; for tools/count-calls.

What comes is there before the client looks, or not before it waits, so that the counts are those of the client and not of how busy
the machine is.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0
import re
import subprocess
import sys
import tempfile

from bars import PARTS, measured
from small_server import server

RECORDS = 100_000
ADDS = 2_000
COUNTED = ("recvfrom", "recvmsg", "poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_ctl", "setsockopt")
WHOLE = 1 << 30


def calls_of(command):
    with tempfile.NamedTemporaryFile("r") as counts:
        subprocess.run(["strace", "-f", "-c", "-o", counts.name, *command], check=True, stdout=subprocess.DEVNULL)
        found = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", counts.read(), re.MULTILINE)
    return {name: int(count) for count, name in found if name in COUNTED}


class table:
    """Of each bar the worst value counts."""

    def __init__(self):
        self.worst = {}

    def row(self, what, counts, value, name=None):
        bar = PARTS["live"].get(name)
        if bar and value >= self.worst.get(name, (0,))[0]:
            self.worst[name] = value, counts
        print(f"  {what:<18}{value:>6.2f}  {f'at most {bar.limit:g}' if bar else '':<14}{'' if bar is None or bar.is_met(value) else 'MISSED  '}"
              + self.words(counts), flush=True)

    @staticmethod
    def words(counts):
        return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))

    def is_met(self):
        for name, (value, counts) in self.worst.items():
            measured("live", name, value, self.words(counts))
        return all(PARTS["live"][name].is_met(value) for name, (value, _) in self.worst.items())


def main():
    folder = sys.argv[1]
    bars = table()
    for words, piece, pause in ("faster than it is read", WHOLE, 0), ("slower, 20 KB at a time", 20_000, 0.001):
        print(f"{RECORDS} records from a server that sends {words}: system calls, to curl's own")
        with server(RECORDS, piece, pause) as http:
            curl = calls_of(["curl", "--silent", "--globoff", "--output", "/dev/null", f"{http.url}/records?sort_by[asc]=record_id"])
            bars.row("curl", curl, 1)
            for way, program in (("blocking", ["reads", http.url, "blocking"]), ("asynchronous", ["reads", http.url, "asynchronous"]),
                                 ("Beast", ["reads_on_beast", http.url])):
                counts = calls_of([f"{folder}/benchmark_{program[0]}", *program[1:]])
                bars.row(way, counts, sum(counts.values()) / sum(curl.values()), f"calls-{way.lower()}")
    print(f"{ADDS} adds: epoll_ctl for each connection, when it is made")
    with server(1) as http:
        for in_flight in 8, 64:
            counts = calls_of([f"{folder}/benchmark_adds", http.url, "callbacks", str(in_flight), str(ADDS), "a"])
            bars.row(f"{in_flight} in flight", counts, counts.get("epoll_ctl", 0) / in_flight, "calls-adds")
    return 0 if bars.is_met() else 1


if __name__ == "__main__":
    sys.exit(main())
