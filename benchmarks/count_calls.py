#!/usr/bin/env python3
"""Counts with strace the system calls of reads and of adds, against a small server of its own; for tools/count-calls.

Everything that a client asks for is there before it asks again, and each answer to an add comes a moment after its request, so
that the counts are those of the client and not of how busy the machine is.
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
            self.request.sendall(ALL)
            self.request.sendall(b"0\r\n\r\n")


class server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 100


def calls_of(command):
    with tempfile.NamedTemporaryFile("r") as counts:
        subprocess.run(["strace", "-f", "-c", "-o", counts.name, *command], check=True, stdout=subprocess.DEVNULL)
        found = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", counts.read(), re.MULTILINE)
    return {name: int(count) for count, name in found if name in COUNTED}


def main():
    folder = sys.argv[1]
    with server(("127.0.0.1", 0), connection) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{http.server_address[1]}"
        curl = calls_of(["curl", "--silent", "--globoff", "--output", "/dev/null", f"{url}/records?sort_by[asc]=record_id"])
        reads = {
            "blocking": [f"{folder}/benchmark_reads", url, "blocking"],
            "asynchronous": [f"{folder}/benchmark_reads", url, "asynchronous"],
            "Beast": [f"{folder}/benchmark_reads_on_beast", url],
        }
        missed = []

        def report(what, counts, of, most, good):
            print(f"{what:<28}{of:>8.2f}   {'at most ' + format(most, '.2f'):<14}{'' if good else 'MISSED  '}"
                  + ", ".join(f"{name} {count}" for name, count in sorted(counts.items())))
            if not good:
                missed.append(what)

        print(f"system calls of a read of {RECORDS} records, to curl's own; of {ADDS} adds, epoll_ctl an add")
        print(f"{'curl':<28}{1:>8.2f}   {'':<14}" + ", ".join(f"{name} {count}" for name, count in sorted(curl.items())))
        for way, command in reads.items():
            counts = calls_of(command)
            ratio = sum(counts.values()) / sum(curl.values())
            report(way, counts, ratio, MOST_OF_CURL, ratio <= MOST_OF_CURL)
        for in_flight in (8, 64):
            counts = calls_of([f"{folder}/benchmark_adds", url, "callbacks", str(in_flight), str(ADDS), "a"])
            # Of a connection, when it is made; of an add, none.
            most = 10 * in_flight / ADDS
            an_add = counts.get("epoll_ctl", 0) / ADDS
            report(f"adds, {in_flight} in flight", counts, an_add, most, an_add <= most)
        http.shutdown()
    return 1 if missed else 0


sys.exit(main())
