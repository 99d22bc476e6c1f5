"""Many readers of event streams in one process of their own.

`stream_readers.c` is what they are, compiled when it is needed. Where there is no C compiler, or no
epoll, this module is run instead: it does the same, looks at the sockets every 2 ms, and needs ten
times the CPU time. The servers' figures are the same with both, as long as the readers have a core
to themselves.
"""

import atexit
import json
import math
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_suffix(".c")
NAP = 0.002  # seconds between two looks at the sockets
LINE = re.compile(rb'id: (\d+)|data: "([\d.]*)')


@cache
def command() -> list[str]:
    """What runs the readers."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler and sys.platform == "linux":
        folder = tempfile.mkdtemp(prefix="chatkit-readers-")
        atexit.register(shutil.rmtree, folder)
        program = Path(folder, "readers")
        done = subprocess.run([compiler, "-O2", "-o", program, SOURCE], capture_output=True)
        if done.returncode == 0:
            return [str(program)]
    return [sys.executable, __file__]


class Readers:
    """A process that reads these paths, `together` or in turn."""

    def __init__(self, port: int, paths: Sequence[str], *, together: bool = True) -> None:
        self._process = subprocess.Popen(
            command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        mode = "together" if together else "in turn"
        self._tell("\n".join([f"{port} {len(paths)} {mode}", *paths]))
        if together:
            assert self._hear() == "open\n"

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the readers have ended"
        return line

    def leave(self) -> None:
        """Close the streams, whatever is still to come."""
        self._tell("leave")

    def result(self) -> Any:
        """What has come, when all streams are at their end."""
        found = json.loads(self._hear())
        self.close()
        return found

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


# The process, where there is no C compiler.


class Stream:
    """One stream, read by its lines."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.in_body = self.ended = False
        self.last = self.bytes = self.events = self.lost = self.duplicated = 0
        self.late: list[float] = []  # seconds
        self._rest = b""

    def ask(self, port: int) -> None:
        self.line = socket.create_connection(("127.0.0.1", port))
        self.asked = time.monotonic()
        self.line.sendall(f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        self.line.setblocking(False)

    def take(self) -> None:
        data = self.line.recv(1 << 20)
        now = time.monotonic()
        assert data, "a stream ended before its end"
        data = self._rest + data
        if not self.in_body:
            head, end, data = data.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"[: len(head)]), head
            self.in_body = bool(end)
            if not end:
                self._rest = head
                return
        lines = data.split(b"\n")
        self._rest = lines.pop()
        self.bytes += len(data) - len(self._rest)
        for line in lines:
            self.take_line(line.rstrip(b"\r"), now)

    def take_line(self, line: bytes, now: float) -> None:
        self.ended = self.ended or line == b"0"
        found = LINE.match(line)
        if found is None:
            return
        if found[1]:
            number = int(found[1])
            self.duplicated += number <= self.last
            self.lost += max(0, number - self.last - 1)
            self.last = max(number, self.last)
            return
        if not self.events:
            self.first = now - self.asked
        self.events += 1
        if found[2]:
            self.late.append(now - float(found[2]))


def read(port: int, streams: list[Stream], together: bool) -> None:
    told = threading.Event()
    threading.Thread(target=lambda: sys.stdin.readline() and told.set(), daemon=True).start()
    waiting, reading = streams[::-1], selectors.DefaultSelector()
    is_open = False
    while (waiting or reading.get_map()) and not told.is_set():
        while waiting and len(reading.get_map()) < (len(streams) if together else 1):
            stream = waiting.pop()
            stream.ask(port)
            reading.register(stream.line, selectors.EVENT_READ, stream)
        if together:
            time.sleep(NAP)
        for key, _ in reading.select(NAP):
            key.data.take()
            if key.data.ended:
                reading.unregister(key.data.line)
                key.data.line.close()
        if together and not is_open and all(stream.in_body for stream in streams):
            is_open = True
            print("open", flush=True)


def milliseconds(seconds: list[float], part: float) -> float:
    """A quantile; 0 of nothing."""
    return sorted(seconds)[math.floor(part * (len(seconds) - 1))] * 1000 if seconds else 0.0


def main() -> None:
    port, count, mode = sys.stdin.readline().split(maxsplit=2)
    streams = [Stream(sys.stdin.readline().rstrip("\n")) for _ in range(int(count))]
    read(int(port), streams, mode.strip() == "together")
    late = [seconds for stream in streams for seconds in stream.late]
    first = [stream.first for stream in streams if stream.events]
    result = {
        name: sum(getattr(stream, name) for stream in streams)
        for name in ("events", "lost", "duplicated", "bytes", "ended")
    }
    quantiles = {"p50": milliseconds(late, 0.5), "p99": milliseconds(late, 0.99)}
    print(json.dumps({**result, **quantiles, "first": milliseconds(first, 0.5)}), flush=True)


if __name__ == "__main__":
    main()
