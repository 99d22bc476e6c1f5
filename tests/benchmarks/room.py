"""What a room takes: so many people who have all just sent a message, with two tabs each.

All come from one address, as behind a router, to one process of `chatkit serve` with the limits
that it has by itself. So many replies are written at once, 20 events a second each, and each is
read by every tab of its person. Nobody may be refused, and nobody may lose an event. The readers
are a process of their own; they and the server need a core each.
"""

import argparse
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from report import PACKAGES, machine, table
from stream_readers import Readers, command
from workers import RATE, cpu_of, start_turns

HERE = Path(__file__).parent


@contextlib.contextmanager
def served() -> Iterator[tuple[int, psutil.Process]]:
    """The port of the app, and its process."""
    command = [sys.executable, "-m", "chatkit", "serve", "worker_app:app", "--port", "0"]
    found = {name: value for name, value in os.environ.items() if name != "VALKEY"}
    with subprocess.Popen(command, cwd=HERE, env=found, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout is not None
            url = run.stdout.readline().split(" ")[4]
            yield int(url.rstrip("/").rpartition(":")[2]), psutil.Process(run.pid)
        finally:
            run.terminate()


def measure(people: int, tabs: int, seconds: float) -> dict[str, Any]:
    """What came to all tabs, and what the server took for it."""
    with served() as (port, server):
        memory = server.memory_info().rss
        paths = start_turns(port, people, seconds)
        with contextlib.closing(Readers(port, paths * tabs)) as readers:
            before = cpu_of([server])
            found: dict[str, Any] = readers.result()
        cores = (cpu_of([server]) - before) / seconds
        grown = (server.memory_info().rss - memory) / 1024**2
    return {**found, "streams": people * tabs, "cores": cores, "memory": grown}


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--people", type=int, nargs="+", default=[30, 300])
    parser.add_argument("--tabs", type=int, default=2, help="of each person, on the same chat")
    parser.add_argument("--seconds", type=float, default=20.0, help="that the replies last")
    options = parser.parse_args()
    print(machine(PACKAGES))
    print(f"{RATE:g} events a second of each reply, for {options.seconds:g} s\n")
    command()  # compiles the readers
    head = ["people", "streams", "events", "of", "lost", "twice", "p50, ms", "p99, ms"]
    rows = [[*head, "cores", "MiB"]]
    complete = True
    for people in options.people:
        found = measure(people, options.tabs, options.seconds)
        expected = found["streams"] * round(RATE * options.seconds)
        complete = complete and (found["events"], found["lost"]) == (expected, 0)
        counts = [found["streams"], found["events"], expected, found["lost"], found["duplicated"]]
        late = [f"{found[part]:.1f}" for part in ("p50", "p99")]
        cost = [f"{found['cores']:.2f}", f"{found['memory']:.0f}"]
        rows.append([str(people), *(f"{count:,}" for count in counts), *late, *cost])
    print(table(rows))
    if not complete:
        sys.exit("\nnot every tab has everything, once")


if __name__ == "__main__":
    main()
