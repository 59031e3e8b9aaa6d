# The same as adds.cpp, reads.cpp and queue.cpp by pyauditor's asynchronous client and its queue, for the tools that measure.
# SPDX-License-Identifier: MIT OR Apache-2.0
#
#   pyauditor_client.py URL adds IN_FLIGHT COUNT PREFIX   stores COUNT records, called PREFIX-00000000 and so on
#   pyauditor_client.py URL bulks COUNT PREFIX            the same in bulks of 500
#   pyauditor_client.py URL read                          reads every record
#   pyauditor_client.py URL queued FILE PRODUCERS COUNT PREFIX   puts them into its queue, and waits until all are delivered
# Each prints the number of records, the seconds, the seconds of CPU and the peak of memory in KB; `queued` those of accepting, and the
# seconds of delivering.

import asyncio
import datetime
import os
import re
import sqlite3
import sys
import time

from pyauditor import AuditorClientBuilder, Component, Meta, Record, Score

START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
STOP = START + datetime.timedelta(hours=3)
USER = "%2FDC=org%2FDC=example%2FOU=Organic Units%2FOU=Users%2FCN=atlas-pilot-0001%2FCN=Robot: production"
IN_A_BULK = 500


def record_called(name):
    meta = Meta().insert("site_id", ["site-1.example.org"]).insert("user_id", [USER])
    return (
        Record(name, START)
        .with_meta(meta)
        .with_component(Component("Cores", 8).with_score(Score("HEPSPEC06", 9.2)))
        .with_component(Component("Memory", 16000).with_score(Score("MemoryFactor", 1.5)))
        .with_stop_time(STOP)
    )


def builder(url, timeout=30):
    host, port = url.removeprefix("http://").split(":")
    return AuditorClientBuilder().address(host, int(port)).timeout(timeout)


def peak_of_memory():
    with open("/proc/self/status", encoding="utf-8") as about:
        return int(re.search(r"VmHWM:\s*(\d+)", about.read())[1])


class Measured:
    def __enter__(self):
        self.cpu, self.start = time.process_time(), time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds, self.used = time.monotonic() - self.start, time.process_time() - self.cpu

    def say(self, count, *more):
        print(count, f"{self.seconds:.6f} {self.used:.6f}", peak_of_memory(), *more)


async def work_off(client, prefix, numbers):
    for number in numbers:  # one iterator for all: each takes the next
        # An exception ends the program. pyauditor takes most answers 500 for success: only counting the records tells.
        await client.add(record_called(f"{prefix}-{number:08}"))


async def adds(url, in_flight, count, prefix):
    client = builder(url).build()
    numbers = iter(range(int(count)))
    with Measured() as cost:
        await asyncio.gather(*(work_off(client, prefix, numbers) for _ in range(int(in_flight))))
    cost.say(count)


async def bulks(url, count, prefix):
    client = builder(url).build()
    with Measured() as cost:
        for first in range(0, int(count), IN_A_BULK):
            numbers = range(first, min(first + IN_A_BULK, int(count)))
            await client.bulk_insert([record_called(f"{prefix}-{number:08}") for number in numbers])
    cost.say(count)


async def read(url):
    client = builder(url, timeout=600).build()
    with Measured() as cost:
        found = await client.get()
    cost.say(len(found))


async def queued(url, file, producers, count, prefix):
    nobody = await builder("http://127.0.0.1:9").database_path(file).send_interval(3600).build_queued()
    numbers = iter(range(int(count)))
    with Measured() as accepting:
        await asyncio.gather(*(work_off(nobody, prefix, numbers) for _ in range(int(producers))))
    await nobody.stop()
    # It sends at once when it is made.
    client = await builder(url).database_path(file).send_interval(3600).build_queued()
    start = time.monotonic()
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as queue:
        while queue.execute("select count(*) from inserts").fetchone()[0] != 0:
            await asyncio.sleep(0.02)
    accepting.say(count, f"{time.monotonic() - start:.6f}")
    await client.stop()


WAYS = {"adds": adds, "bulks": bulks, "read": read, "queued": queued}
asyncio.run(WAYS[sys.argv[2]](sys.argv[1], *sys.argv[3:]))
sys.stdout.flush()
os._exit(0)  # pyauditor's own threads now and then abort the program while the interpreter ends
