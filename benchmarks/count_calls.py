#!/usr/bin/env python3
"""Counts with strace the system calls of reads and of adds, against a small server of its own; for tools/count-calls.

What comes is there before the client looks, or not before it waits, so that the counts are those of the client and not of how busy
the machine is.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0
import json
import re
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

RECORDS = 100_000
ADDS = 2_000
COUNTED = ("recvfrom", "recvmsg", "poll", "ppoll", "epoll_wait", "epoll_pwait", "epoll_ctl", "setsockopt")
MOST_OF_CURL = 1.2


def record(number):
    return json.dumps({
        "record_id": f"htcondor-{number:08d}",
        "meta": {"site_id": [f"site{number % 12}"], "user_id": [f"user{number % 400}"], "group_id": ["atlas-prod"],
                 "voms": ["/atlas/Role=production/Capability=NULL"], "subnode": [f"wn{number % 400:03d}.example.org"]},
        "components": [{"name": "Cores", "amount": 8, "scores": [{"name": "hepscore23", "value": 14.25}]},
                       {"name": "TotalCPU", "amount": number, "scores": []}],
        "start_time": "2024-01-01T00:00:00Z", "stop_time": "2024-01-01T03:00:00Z", "runtime": 10800,
    }, separators=(",", ":")).encode()


def chunk(text):
    return b"%x\r\n%s\r\n" % (len(text), text)


LAST = record(RECORDS - 1)
ALL = b"".join(chunk(record(number)) for number in range(RECORDS))
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
STORED = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        while request := self.rfile.readline():
            length = 0
            while (field := self.rfile.readline()).strip():
                name, _, value = field.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            self.rfile.read(length)
            try:
                self.answer(request)
            except OSError:
                return

    def answer(self, request):
        if request.startswith(b"POST"):
            time.sleep(0.002)
            self.request.sendall(STORED)
        elif b"limit=1" in request:
            self.request.sendall(CHUNKED + chunk(LAST) + b"0\r\n\r\n")
        else:
            self.request.sendall(CHUNKED)
            for at in range(0, len(ALL), self.server.piece):
                self.request.sendall(ALL[at:at + self.server.piece])
                time.sleep(self.server.pause)
            self.request.sendall(b"0\r\n\r\n")


class server(socketserver.ThreadingTCPServer):
    """Sends a long answer in pieces of so many bytes, with a pause behind each."""
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, piece, pause):
        super().__init__(("127.0.0.1", 0), connection)
        self.piece, self.pause = piece, pause
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def calls_of(command):
    with tempfile.NamedTemporaryFile("r") as counts:
        subprocess.run(["strace", "-f", "-c", "-o", counts.name, *command], check=True, stdout=subprocess.DEVNULL)
        found = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", counts.read(), re.MULTILINE)
    return {name: int(count) for count, name in found if name in COUNTED}


class table:
    def __init__(self):
        self.missed = False

    def row(self, what, counts, value, most=None):
        bar = "" if most is None else f"at most {most:.2f}"
        missed = most is not None and value > most
        self.missed = self.missed or missed
        print(f"  {what:<18}{value:>6.2f}  {bar:<14}{'MISSED  ' if missed else ''}"
              + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())), flush=True)


def main():
    folder = sys.argv[1]
    bars = table()
    for words, piece, pause in ("faster than it is read", len(ALL), 0), ("slower, 20 KB at a time", 20_000, 0.001):
        print(f"{RECORDS} records from a server that sends {words}: system calls, to curl's own")
        with server(piece, pause) as http:
            curl = calls_of(["curl", "--silent", "--globoff", "--output", "/dev/null", f"{http.url}/records?sort_by[asc]=record_id"])
            bars.row("curl", curl, 1)
            for way, program in (("blocking", ["reads", http.url, "blocking"]), ("asynchronous", ["reads", http.url, "asynchronous"]),
                                 ("Beast", ["reads_on_beast", http.url])):
                counts = calls_of([f"{folder}/benchmark_{program[0]}", *program[1:]])
                bars.row(way, counts, sum(counts.values()) / sum(curl.values()), MOST_OF_CURL)
    print(f"{ADDS} adds: epoll_ctl an add")
    with server(len(ALL), 0) as http:
        for in_flight in 8, 64:
            counts = calls_of([f"{folder}/benchmark_adds", http.url, "callbacks", str(in_flight), str(ADDS), "a"])
            # A few for each connection, when it is made.
            bars.row(f"{in_flight} in flight", counts, counts.get("epoll_ctl", 0) / ADDS, 10 * in_flight / ADDS)
    return 1 if bars.missed else 0


sys.exit(main())
