"""A small server that answers reads with as many records as wanted, and adds with success: for measurements in which the real one would be in the way."""
# SPDX-License-Identifier: MIT OR Apache-2.0
import json
import socketserver
import threading
import time

AT_ONCE = 10_000  # records of which the text is made together
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
STORED = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"

# All of one length, so that the number is all that differs.
RECORD = json.dumps({
    "record_id": "htcondor-%010d",
    "meta": {"site_id": ["site7"], "user_id": ["user123"], "group_id": ["atlas-prod"], "voms": ["/atlas/Role=production/Capability=NULL"],
             "subnode": ["wn123.example.org"]},
    "components": [{"name": "Cores", "amount": 8, "scores": [{"name": "hepscore23", "value": 14.25}]},
                   {"name": "TotalCPU", "amount": 1234567, "scores": []}],
    "start_time": "2024-01-01T00:00:00Z", "stop_time": "2024-01-01T03:00:00Z", "runtime": 10800,
}, separators=(",", ":")).encode()
CHUNK = b"%x\r\n%s\r\n" % (len(RECORD % 0), RECORD)


def chunks(first, last):
    return b"".join([CHUNK % number for number in range(first, last)])


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
            self.request.sendall(CHUNKED + chunks(self.server.records - 1, self.server.records) + b"0\r\n\r\n")
        else:
            self.request.sendall(CHUNKED)
            for piece in self.server.pieces():
                self.request.sendall(piece)
                time.sleep(self.server.pause)
            self.request.sendall(b"0\r\n\r\n")


class server(socketserver.ThreadingTCPServer):
    """Sends a long answer in pieces of so many bytes, with a pause behind each; without a size as they are made."""
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, records, size=None, pause=0):
        super().__init__(("127.0.0.1", 0), connection)
        self.records, self.size, self.pause = records, size, pause
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.ready = chunks(0, records) if size else None  # nothing is made while a piece is waited for

    def pieces(self):
        if self.ready is None:
            return (chunks(at, min(at + AT_ONCE, self.records)) for at in range(0, self.records, AT_ONCE))
        return (self.ready[at:at + self.size] for at in range(0, len(self.ready), self.size))

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
