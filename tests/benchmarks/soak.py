"""A soak: clients come and go for minutes, and the server has to stay as it was.

The server runs in a process of its own, with the fault lab, and with limits that are reached early:
it keeps few turns. This process brings the clients: random replies, each with readers that are
dropped, come back, are slow, and meet faults (tests/wire/restless_readers.py). Every reader's text
is compared with the log. Over time: the memory of the server's process, its asyncio tasks, its file
descriptors, the turns that it keeps, its open streams. At the end the clients are gone, and it must
hold no more tasks and descriptors than when the very first had gone.
"""

import argparse
import asyncio
import contextlib
import http.client
import json
import secrets
import statistics
import subprocess
import sys
import time
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from report import PACKAGES, machine, table
from server_process import BOUND, resident, serve_until_the_client_ends
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).parents[1] / "wire" / "support"))

from random_replies import random_reply
from restless_readers import Schedule

from chatkit import create_app
from chatkit.server.live_requests import LiveRequests
from chatkit.turns import Limits, Turns

FLAT = 5.0  # % by which the memory of the last third may differ from that of the second
KEPT = Limits(kept=200, kept_bytes=20_000_000, age=60.0)


# The process of the server.


def descriptors() -> int:
    """The file descriptors that this process has open; 0 where it cannot be asked."""
    folder = Path("/dev/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


class Weighed:
    """ASGI middleware that says what its process holds now."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/weight":
            tasks = len(asyncio.all_tasks())
            weight = {"resident": resident(), "tasks": tasks, "descriptors": descriptors()}
            await JSONResponse(weight)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def run_server() -> None:
    app = create_app(random_reply, Turns(KEPT), faults=True, heartbeat=0.5)
    serve_until_the_client_ends(Weighed(LiveRequests(app)))


# The clients.


class Server:
    """The process of the server, as the clients see it."""

    def __init__(self) -> None:
        command = [sys.executable, __file__, "--server"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # the tracebacks of the replies that are to fail
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def weigh(self) -> dict[str, int]:
        """What the process holds now, and what the app says of itself."""
        return self._ask("/weight") | self._ask("/healthz")

    def _ask(self, path: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)
        with contextlib.closing(connection):
            connection.request("GET", path, headers={"Connection": "close"})
            return json.load(connection.getresponse())

    def at_rest(self, before: dict[str, int], patience: float = 10) -> dict[str, int]:
        """What it holds when nobody is there any more, given a moment to end what is left."""
        deadline = time.monotonic() + patience
        while True:
            now = self.weigh()
            names = ("tasks", "descriptors", "streams", "live")
            if all(now[name] <= before[name] for name in names) or time.monotonic() > deadline:
                return now
            time.sleep(0.05)


ROW = "{:>8}{:>14}{:>9}{:>14}{:>8}{:>10}{:>9}"


async def soak(server: Server, seconds: float, every: float, at_once: int) -> Any:
    """The schedule that was run, and what the server held every so many seconds."""
    started = time.monotonic()
    weights: list[dict[str, Any]] = []
    schedule = Schedule(server.port, secrets.token_hex(4))
    in_time = takewhile(lambda _: time.monotonic() - started < seconds, count(1))

    async def watch() -> None:
        print(ROW.format("s", "memory, KiB", "tasks", "descriptors", "kept", "streams", "turns"))
        while True:
            await asyncio.sleep(every)
            weight = await asyncio.to_thread(server.weigh)
            weights.append(weight | {"at": time.monotonic() - started})
            show(weight, f"{time.monotonic() - started:.0f}", schedule.counts["turns"])

    watching = asyncio.create_task(watch())
    try:
        await schedule.run(in_time, at_once)
    finally:
        watching.cancel()
    return schedule, [weight for weight in weights if weight["at"] <= seconds]


def warm_up(server: Server) -> dict[str, int]:
    """What the server holds when its first clients have gone: all is loaded that is loaded once.

    From its first stream on, sse-starlette keeps a task.
    """
    asyncio.run(Schedule(server.port, "warm-up").run(iter(range(20)), 4))
    return server.at_rest({"tasks": 0, "descriptors": 0, "streams": 0, "live": 0}, patience=1)


def show(weight: dict[str, int], when: str, turns: int) -> None:
    names = ("resident", "tasks", "descriptors", "turns", "streams")
    print(ROW.format(when, *(f"{weight[name]:,}" for name in names), f"{turns:,}"), flush=True)


def growth(weights: list[dict[str, Any]], seconds: float) -> float | None:
    """The memory in the last third of the time against that in the second: medians, in %.

    None: there are too few rows to judge, or there is no /proc to ask.
    """
    thirds: dict[int, list[int]] = {0: [], 1: [], 2: []}
    for weight in weights:
        thirds[min(2, int(3 * weight["at"] / seconds))].append(weight["resident"])
    if min(map(len, thirds.values())) < 5 or not statistics.median(thirds[1]):
        return None
    return (statistics.median(thirds[2]) / statistics.median(thirds[1]) - 1) * 100


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600.0, help="how long clients come")
    parser.add_argument("--every", type=float, default=15.0, help="seconds from row to row")
    parser.add_argument("--at-once", type=int, default=8, help="turns beside each other")
    parser.add_argument("--server", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.server:
        run_server()
        return
    print(machine(PACKAGES))
    print(
        f"Clients come and go for {options.seconds:g} s, {options.at_once} turns at once; "
        f"{KEPT.kept} turns are kept\n"
    )
    with contextlib.closing(Server()) as server:
        before = warm_up(server)
        schedule, weights = asyncio.run(
            soak(server, options.seconds, options.every, options.at_once)
        )
        after = server.at_rest(before)
        show(after, "after", schedule.counts["turns"])
    grown = growth(weights, options.seconds)
    left = {name: after[name] - before[name] for name in ("tasks", "descriptors", "streams")}
    counts = schedule.counts
    names = ("turns", "readers", "drops", "returns", "resets", "faults", "cancelled", "failed")
    rows = [[name, f"{counts[name]:,}"] for name in names]
    rows += [[name, f"{counts[name]}"] for name in ("lost", "duplicated", "hash mismatch")]
    judged = "not judged" if grown is None else f"{grown:+.1f} %"
    rows += [["memory, last third against the second", judged]]
    rows += [[f"{name} left", f"{more:+d}"] for name, more in left.items()]
    print("\n" + table(rows))
    found = schedule.wrong[:5]
    found += [f"{name} left: {more}" for name, more in left.items() if more > 0]
    if grown is not None and grown > FLAT:
        found.append(f"the memory is not flat within {FLAT:g} %")
    if found:
        sys.exit("\n" + "\n".join(found))
    flat = "" if grown is None else f"flat within {FLAT:g} %, and "
    print(f"\n{flat}nothing left")


if __name__ == "__main__":
    main()
