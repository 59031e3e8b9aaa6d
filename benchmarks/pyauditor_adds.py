# The same as adds.cpp by pyauditor's asynchronous client: the records of one run, for tools/benchmark-adds.
# SPDX-License-Identifier: MIT OR Apache-2.0
#
#   pyauditor_adds.py HOST PORT IN_FLIGHT COUNT PREFIX   prints COUNT, the seconds and the seconds of CPU

import asyncio
import datetime
import os
import sys
import time

from pyauditor import AuditorClientBuilder, Component, Meta, Record, Score

START = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)
STOP = START + datetime.timedelta(hours=3)
USER = "%2FDC=org%2FDC=example%2FOU=Organic Units%2FOU=Users%2FCN=atlas-pilot-0001%2FCN=Robot: production"


def record_called(name):
    meta = Meta().insert("site_id", ["site-1.example.org"]).insert("user_id", [USER])
    return (
        Record(name, START)
        .with_meta(meta)
        .with_component(Component("Cores", 8).with_score(Score("HEPSPEC06", 9.2)))
        .with_component(Component("Memory", 16000).with_score(Score("MemoryFactor", 1.5)))
        .with_stop_time(STOP)
    )


async def work_off(client, prefix, numbers):
    for number in numbers:  # one iterator for all: each takes the next
        # An exception ends the program. pyauditor takes most answers 500 for success: only counting the records tells.
        await client.add(record_called(f"{prefix}-{number:08}"))


async def main(host, port, in_flight, count, prefix):
    client = AuditorClientBuilder().address(host, int(port)).timeout(30).build()
    numbers = iter(range(int(count)))
    cpu, start = time.process_time(), time.monotonic()
    await asyncio.gather(*(work_off(client, prefix, numbers) for _ in range(int(in_flight))))
    print(count, f"{time.monotonic() - start:.6f} {time.process_time() - cpu:.6f}")


asyncio.run(main(*sys.argv[1:]))
sys.stdout.flush()
os._exit(0)  # pyauditor's own threads now and then abort the program while the interpreter ends
