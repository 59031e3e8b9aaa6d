"""What the library has to reach, each in one place; and the tables of what it reached.

What measures prints, among its text, lines of four cells with tabs between them: "bar", the name of one here, the value, and what stood beside
it in the same run. `not_measured` in place of the value: and why.
"""
# SPDX-License-Identifier: MIT OR Apache-2.0
import dataclasses

NOT_MEASURED = "not measured"


@dataclasses.dataclass(frozen=True)
class Bar:
    row: str  # of the short table: bars of one row stand together
    what: str
    limit: float
    unit: str = ""
    is_most: bool = True

    def is_met(self, value):
        return value <= self.limit if self.is_most else value >= self.limit

    def figure(self, value):
        return f"{value:,.0f}{self.unit}" if abs(value) >= 100 else f"{value:.3g}{self.unit}"

    def wanted(self):
        return f"{'≤' if self.is_most else '≥'} {self.figure(self.limit)}"


def least(*cells):
    return Bar(*cells, is_most=False)


DECODE, COLLECT, ENCODE, WORK = "Decoding", "Collecting", "Encoding", "Instructions and allocations a record"
READ, ADD, BULK, SHARED, CALLS = "Reading all records", "Adds", "Bulks of 500", "Adds that share requests", "System calls"
COMPILE, BOARD, QUEUE = "Compiling", "A board's program, Cortex-M4", "The durable queue"

PARTS = {
    "codec": {
        "reused": least(DECODE, "a record decoded into one that is kept, to nlohmann/json", 25, " x"),
        "view": least(DECODE, "a record decoded into a view, to nlohmann/json", 32, " x"),
        "reused-simdjson": least(DECODE, "into one that is kept, to simdjson's On-Demand into the same", 1.4, " x"),
        "chunks": least(DECODE, "in pieces of 16 KiB, to the whole at once", 0.75, " x"),
        "projection": Bar(DECODE, "time of a projection to that of a view", 0.75),
        "collect": least(COLLECT, "a list of records, to nlohmann/json, in a heap that is kept", 13, " x"),
        "collect-cold": least(COLLECT, "the same in a heap that is given back each time", 6.5, " x"),
        "collect-yyjson": least(COLLECT, "a list of records, to yyjson into the same", 1.1, " x"),
        "table-cpu": Bar(COLLECT, "CPU of a table to that of a list, cold", 0.45),
        "table-bytes": Bar(COLLECT, "memory of a record in a table", 320, " B"),
        "list-bytes": Bar(COLLECT, "memory of a record in a list", 1100, " B"),
        "encode": least(ENCODE, "to nlohmann/json", 22, " x"),
        "encode-glaze": least(ENCODE, "to glaze", 2.2, " x"),
        "instructions-reused": Bar(WORK, "decoded into one that is kept", 3600),
        "instructions-view": Bar(WORK, "decoded into a view", 2400),
        "instructions-projection": Bar(WORK, "a projection", 1800),
        "instructions-encode": Bar(WORK, "encoded", 3000),
        "allocations-reused": Bar(WORK, "allocations of one that is kept", 0),
        "allocations-view": Bar(WORK, "allocations of a view", 0),
        "allocations-projection": Bar(WORK, "allocations of a projection", 0),
        "allocations-collect": Bar(WORK, "allocations of one in a list", 11),
        "allocations-encode": Bar(WORK, "allocations of encoding", 0),
        "allocations-stream": Bar(WORK, "allocations of one in a stream", 0),
    },
    "live": {
        "read-cpu-curl": Bar(READ, "CPU to that of curl to nowhere", 1.35),
        "read-wall-curl": Bar(READ, "time to that of curl to nowhere", 1.03),
        "read-cpu-pyauditor": Bar(READ, "CPU to pyauditor's", 1 / 20),
        "read-cpu-rust": Bar(READ, "CPU to the Rust client's", 1 / 25),
        "read-asynchronous": Bar(READ, "CPU of the asynchronous client to the blocking one's", 1.15),
        "read-beast": Bar(READ, "CPU over Beast to the blocking one's", 1.15),
        "read-peak": Bar(READ, "peak of memory", 13, " MB"),
        "read-peak-long": Bar(READ, "peak of memory, ten times as many over loopback", 13, " MB"),
        "add-cpu-rust": Bar(ADD, "one by one, CPU to the Rust client's", 0.6),
        "add-cpu-pyauditor": Bar(ADD, "one by one, CPU to pyauditor's", 1 / 3),
        "add-rate-8": least(ADD, "adds/s to wrk's, 8 in flight", 0.9),
        "add-rate-64": least(ADD, "adds/s to wrk's, 64 in flight", 0.9),
        "add-cpu-8": Bar(ADD, "CPU to pyauditor's, 8 in flight", 1 / 3),
        "add-cpu-64": Bar(ADD, "CPU to pyauditor's, 64 in flight", 1 / 3),
        "bulk-cpu-rust": Bar(BULK, "CPU to the Rust client's", 1 / 5),
        "bulk-in-flight": Bar(BULK, "time with 4 in flight to that of one at a time", 0.8),
        "share-rate-64": least(SHARED, "adds/s to wrk's, 64 in flight", 4, " x"),
        "share-rate-512": least(SHARED, "adds/s to wrk's, 512 in flight", 6, " x"),
        "share-cpu-64": Bar(SHARED, "CPU to our own without sharing, 64 in flight", 1 / 3),
        "share-cpu-512": Bar(SHARED, "CPU to our own without sharing, 512 in flight", 1 / 3),
        "share-latency": Bar(SHARED, "time of an add to our own without sharing, 1 in flight", 1.05),
        "calls-blocking": Bar(CALLS, "of a blocking read to curl's", 1.2),
        "calls-asynchronous": Bar(CALLS, "of an asynchronous read to curl's", 1.2),
        "calls-beast": Bar(CALLS, "of a read over Beast to curl's", 1.2),
        "calls-adds": Bar(CALLS, "epoll_ctl for each connection of adds, 8 or 64 in flight", 10),
    },
    "compile": {
        "core": Bar(COMPILE, "the core, to the standard headers it includes", 2.1),
        "core-compiled": Bar(COMPILE, "the core, compiled form, to the same", 1.4),
        "program": Bar(COMPILE, "a program over libcurl, to the same by hand", 1.5),
        "program-compiled": Bar(COMPILE, "a program, compiled form, to the same by hand", 0.5),
        "call-add": Bar(COMPILE, "one more call of add, to the standard headers", 0.15),
        "call-bulk_insert": Bar(COMPILE, "one more call of bulk_insert, to the standard headers", 0.15),
    },
    "size": {
        "object-add": Bar(BOARD, "object, health_check and add", 10_240, " B"),
        "image-add": Bar(BOARD, "image, the same", 12_288, " B"),
        "object-add-m0+": Bar(BOARD, "object on a Cortex-M0+, the same", 10_752, " B"),
        "image-add-m0+": Bar(BOARD, "image on a Cortex-M0+, the same", 13_312, " B"),
        "image-all": Bar(BOARD, "image, with update, find, for_each and a query as well", 28_672, " B"),
        "image-compare": Bar(BOARD, "image, and with compare", 32_768, " B"),
        "heap": Bar(BOARD, "of malloc, new, abort, raise in these images", 0),
        "memory-add": Bar(BOARD, "stack and workspace of an add of 1 KB", 3891, " B"),
        "memory-for_each": Bar(BOARD, "stack and workspace of for_each, records of 2 KB", 8192, " B"),
    },
    "queue": {
        "power_loss": least(QUEUE, "accepts, power_loss, 16 producers, to SQLite in such transactions", 0.8),
        "none-1": least(QUEUE, "accepts, none, 1 producer, to encode_record alone", 0.6),
        "none-16": least(QUEUE, "accepts, none, 16 producers, to encode_record alone", 0.6),
        "none-bulks": least(QUEUE, "accepts, none, bulks of 1,000, to encode_record alone", 0.6),
        "drain-sandbox": least(QUEUE, "delivers to a sandbox, to a plain bulk_insert", 0.9),
        "drain-server": least(QUEUE, "delivers to the real server, to a plain bulk_insert", 0.9),
        "held-memory": Bar(QUEUE, "memory with entries waiting, above that of an empty one", 32, " MB"),
        "held-open": Bar(QUEUE, "time to open with them to that of an empty one", 1.5),
    },
}


def measured(part, name, value, beside=""):
    """The line that says so."""
    assert name in PARTS[part], name
    print(f"bar\t{name}\t{value:.6g}\t{beside}", flush=True)


def not_measured(part, name, why):
    assert name in PARTS[part], name
    print(f"bar\t{name}\t{NOT_MEASURED}\t{why}", flush=True)


# ---- Tables of results: part -> {"when", "revision", "seconds", "load", "bars": name -> (value, beside)} ----


def _rows(results):
    """Of each bar: the part, the bar, its value or None, and what stood beside, or why it was not measured."""
    for part, of in results.items():
        for name, bar in PARTS[part].items():
            value, beside = of["bars"].get(name, (NOT_MEASURED, "the run did not come so far"))
            yield part, bar, None if value == NOT_MEASURED else float(value), beside


def _verdict(bar, value):
    return "-" if value is None else "pass" if bar.is_met(value) else "SHORT"


def plain_table(results):
    text = []
    for part, bar, value, beside in _rows(results):
        figure = NOT_MEASURED if value is None else bar.figure(value)
        text.append(f"{part:<8}{f'{bar.row}: {bar.what}':<92}{figure:>13}  {bar.wanted():<11}{_verdict(bar, value):<6}  {beside}".rstrip())
    counts = [_verdict(bar, value) for _, bar, value, _ in _rows(results)]
    loads = [f"{part}: {of['seconds']} s, load {of['load']}" for part, of in results.items()]
    return "\n".join([*text, "", *loads, f"{counts.count('pass')} pass, {counts.count('SHORT')} short, {counts.count('-')} not measured"]) + "\n"


def whole_table(results):
    """Of a page: a table for each part."""
    text = []
    for part, of in results.items():
        text += [f"`tools/bench {part}`: {of['when']}, revision {of['revision']}, {of['seconds']} s, load {of['load']}", "",
                 "| | value | bar | | in the same run |", "|---|---|---|---|---|"]
        for _, bar, value, beside in _rows({part: of}):
            figure = NOT_MEASURED if value is None else bar.figure(value)
            verdict = _verdict(bar, value).replace("SHORT", "**short**")
            text.append(f"| {bar.row}: {bar.what} | {figure} | {bar.wanted()} | {verdict} | {beside} |")
        text.append("")
    return "\n".join(text)


def short_table(results):
    """Of the README: a line for each row."""
    lines = {}
    for _, bar, value, _ in _rows(results):
        figure = NOT_MEASURED if value is None else bar.figure(value)
        if value is not None and not bar.is_met(value):
            figure = f"**{figure}**"
        lines.setdefault(bar.row, []).append(f"{bar.what} {figure} ({bar.wanted()})")
    return "| | value (bar) |\n|---|---|\n" + "".join(f"| {row} | {'<br>'.join(cells)} |\n" for row, cells in lines.items())
