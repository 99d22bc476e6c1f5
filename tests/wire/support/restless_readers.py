"""Readers that come, are cut off, go and come back, and what each of them has in the end.

A reader goes by the contract alone: the numbers of the events, and the cursor. It remembers what
was wrong on the way: an event that it had already (duplicated), a number left out (lost). Where
its own connection had a fault that does just that, it is not the fault of the server.
"""

import asyncio
import hashlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Any

import httpx
from quick_client import PATIENCE, Refused, ask, request
from random_replies import script

from chatkit.sse import Event, Parser

FAULTS: dict[str, dict[str, list[Any]]] = {  # kinds, and the values of their parameters
    "drop": {"after": [1, 2, 3, 7]},
    "close": {"after": [1, 2, 5]},
    "cut-event": {"event": [1, 2, 4], "size": [1, 5, 9, 12]},
    "refuse": {"seconds": [0.0, 0.005, 0.02]},
    "500": {},
    "503": {},
    "html": {},
    "204": {},
    "hold": {"size": [100, 4096]},
    "delay": {"seconds": [0.0, 0.001]},
    "twice": {},
    "skip": {"event": [1, 2, 3]},
    "silence": {},
    "cr": {},
    "crlf": {},
    "cut-character": {"seconds": [0.0, 0.005]},
}
REFUSED = {"500": 500, "503": 503, "html": 200, "204": 204}  # faults that answer for the app


class Schedule:
    """Turns with random replies, each with its readers, all from one seed.

    `counts` is what has happened so far, `wrong` what must not.
    """

    def __init__(self, port: int, seed: str, *, faults: bool = True) -> None:
        self.port = port
        self.seed = seed
        self.faults = faults
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.opening = asyncio.Lock()  # a fault hits the next stream that is asked for
        self.httpx = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            timeout=PATIENCE,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        )

    async def run(self, numbers: Iterator[int], at_once: int) -> None:
        """Run the turns with these numbers, `at_once` of them beside each other."""

        async def worker() -> None:
            for number in numbers:
                await self.turn(number)

        async with self.httpx, asyncio.TaskGroup() as group:
            for _ in range(at_once):
                group.create_task(worker())

    async def turn(self, number: int) -> None:
        """Start a turn, let its readers read it to the end, and compare."""
        seed = f"{self.seed}/{number}"
        chance = random.Random(seed)
        started = await ask(self.port, "POST", "/turns", {"message": seed})
        turn = started["turn"]
        count = chance.choices([1, 2, 3, 5], [25, 45, 20, 10])[0]
        readers = [
            Reader(self, turn, random.Random(f"{seed}/{place}"), whole=not place)
            for place in range(count)
        ]
        cancels = chance.random() < 0.1 or script(seed).ending == "waits"
        try:
            async with asyncio.timeout(5 * PATIENCE), asyncio.TaskGroup() as group:
                for reader in readers:
                    group.create_task(reader.read())
                if cancels:
                    group.create_task(self.cancel(turn, chance))
        except TimeoutError:
            at = [f"{reader.cursor} of {reader.open_at}" for reader in readers]
            state = await ask(self.port, "GET", f"/turns/{turn}")
            raise AssertionError(
                f"turn {number}: a reader waits; they are at {at}; "
                f"the turn is {state['status']}, its last event is {state['last']}"
            ) from None
        self.compare(number, await ask(self.port, "GET", f"/turns/{turn}"), readers)

    async def cancel(self, turn: str, chance: random.Random) -> None:
        await asyncio.sleep(chance.choice([0, 0.003, 0.01, 0.05]))
        for _ in range(chance.choice([1, 1, 2])):
            await ask(self.port, "POST", f"/turns/{turn}/cancel")

    def compare(self, number: int, state: dict[str, Any], readers: list["Reader"]) -> None:
        """Every reader of a turn against the turn as the server has it, and against its script."""
        told = script(f"{self.seed}/{number}")
        written = told.written[: state["last"] - 1]
        ending = {"returns": "done", "raises": "failed", "number": "failed"}.get(told.ending)
        if state["status"] not in (ending, "cancelled"):
            self.wrong.append(f"turn {number} is {state['status']}")
        if state["reply"] != "".join(written):
            self.wrong.append(f"turn {number}: the reply is not what was written")
        if state["status"] == ending and len(written) < len(told.written):
            self.wrong.append(f"turn {number}: the reply ends too early")
        self.counts["turns"] += 1
        self.counts["readers"] += len(readers)
        self.counts[state["status"]] += 1
        self.counts["events"] += state["last"]
        for place, reader in enumerate(readers):
            # Who joined late is given what was before by the first reader, who has it all.
            before = readers[0].pieces[: reader.joined]
            for problem in reader.problems(before, state):
                self.wrong.append(f"turn {number}, reader {place}: {problem}")
                self.counts[problem.partition(":")[0]] += 1


class Reader:
    """One reader of a turn. It comes back until it has the terminal event."""

    def __init__(self, schedule: Schedule, turn: str, chance: random.Random, whole: bool) -> None:
        self.schedule = schedule
        self.turn = turn
        self.chance = chance
        self.joined = 0  # what it has begins after this event
        self.cursor = 0  # the number of its last event
        self.open_at: int | None = None  # where its connection was opened; None: it has none
        self.pieces: list[str] = []
        self.ids: list[int] = []
        self.last: Event | None = None
        self.seen: list[str] = []  # what was wrong
        self.invented = False  # its cursor was not given to it by the server
        if not whole and chance.random() < 0.5:
            self.joined = self.cursor = chance.choice([1, 2, 3, 10, 100, 10**9])
            self.invented = True

    async def read(self) -> None:
        await asyncio.sleep(self.chance.choice([0, 0, 0.002, 0.01]))
        while self.last is None:
            await self.connect()
            self.open_at = None
            if self.last is None:
                self.schedule.counts["returns"] += self.cursor > 0
                await asyncio.sleep(self.chance.choice([0, 0, 0, 0.002, 0.01]))
        if self.chance.random() < 0.1:
            await self.ask_again()

    async def connect(self) -> None:
        """Read on one connection until it ends, or until this reader has enough of it."""
        counts = self.schedule.counts
        self.open_at = self.cursor
        fault = self.choose_fault()
        # A quarter of the connections is dropped after some bytes: anywhere in an event.
        budget = (
            self.chance.choice([0, 1, 20, 50, 300, 5000]) if self.chance.random() < 0.25 else -1
        )
        async with AsyncExitStack() as stack:
            async with self.schedule.opening:
                if fault:
                    await self.arm(fault)
                try:
                    status, kind, body = await stack.enter_async_context(self.open())
                except (Refused, httpx.TransportError):
                    counts["refused"] += 1
                    if fault:  # while streams are refused, it waits for the next
                        await ask(self.schedule.port, "DELETE", "/faults")
                    return
            counts["streams"] += 1
            if fault in REFUSED:
                self.expect(status == REFUSED[fault], f"answered {status}: to {fault}")
                return
            if status == 204 and self.invented:  # it was the end, so this reader has nothing yet
                self.joined = self.cursor = 0
                self.invented = False
                return
            if status != 200:
                raise AssertionError(f"{self.turn} after {self.cursor}: {status}")
            self.expect(kind.startswith("text/event-stream"), f"content type: {kind}")
            parser = Parser()
            async with aclosing(body):
                async for part in body:
                    if 0 <= budget < len(part):
                        part, budget = part[:budget], 0
                    elif budget > 0:
                        budget -= len(part)
                    for event in parser.feed(part):
                        if not self.take(event, fault):
                            return
                    if budget == 0:
                        counts["drops"] += 1
                        return

    def choose_fault(self) -> str | None:
        if not self.schedule.faults or self.invented or self.chance.random() > 0.2:
            return None
        return self.chance.choice(list(FAULTS))

    async def arm(self, kind: str) -> None:
        values = {name: self.chance.choice(values) for name, values in FAULTS[kind].items()}
        await ask(self.schedule.port, "POST", "/faults", {"kind": kind} | values)
        self.schedule.counts["faults"] += 1

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[int, str, AsyncIterator[bytes]]]:
        """Ask for the events that it does not have. Its status, content type and body."""
        path, headers = f"/turns/{self.turn}/events", {}
        match self.chance.choice(["header", "query", "both"]):
            case "header":
                headers = {"Last-Event-ID": str(self.cursor)}
            case "query":
                path += f"?after={self.cursor}"
            case "both":  # as an EventSource with a cursor in its URL that has come back since
                path += f"?after={self.chance.randint(0, 5)}"
                headers = {"Last-Event-ID": str(self.cursor)}
        if self.chance.random() < 0.1:
            async with self.schedule.httpx.stream("GET", path, headers=headers) as response:
                kind = response.headers.get("content-type", "")
                yield response.status_code, kind, whole(response)
        else:
            slow = self.chance.random() < 0.05
            async with request(
                self.schedule.port,
                path,
                headers,
                receive_buffer=2048 if slow else 0,
                hang_up=self.chance.random() < 0.5,
            ) as answer:
                body = slowly(answer.body(3000)) if slow else answer.body()
                yield answer.status, answer.headers.get("content-type", ""), body

    def take(self, event: Event, fault: str | None) -> bool:
        """Take an event. False: some were left out by a fault, so it has to come back for them."""
        if event.type == "reset":
            self.schedule.counts["resets"] += 1
            self.expect(self.invented or fault == "twice", "reset: of a cursor that was right")
            self.joined = self.cursor = 0
            self.pieces, self.ids, self.last = [], [], None
            self.invented = False
            return True
        number = int(event.id)
        self.invented = False
        if number <= self.cursor:
            self.expect(fault == "twice", f"duplicated: event {number}, opened at {self.open_at}")
            return True
        if number > self.cursor + 1:
            if fault == "skip":
                return False
            self.expect(False, f"lost: events {self.cursor + 1} to {number - 1}")
        self.cursor = number
        self.ids.append(number)
        if event.type == "message":
            self.pieces.append(json.loads(event.data))
        else:
            self.last = event
        return True

    async def ask_again(self) -> None:
        """Who has the terminal event is told that there is nothing more."""
        async with self.schedule.opening:
            try:
                async with self.open_once_more() as status:
                    self.expect(status == 204, f"answered {status}: to who has everything")
                    self.schedule.counts["asked again: 204"] += 1
            except Refused:
                self.schedule.counts["refused"] += 1

    @asynccontextmanager
    async def open_once_more(self) -> AsyncIterator[int]:
        path = f"/turns/{self.turn}/events?after={self.cursor}"
        async with request(self.schedule.port, path) as answer:
            yield answer.status

    def expect(self, condition: bool, otherwise: str) -> None:
        if not condition:
            self.seen.append(otherwise)

    def problems(self, before: list[str], state: dict[str, Any]) -> list[str]:
        """What is wrong with what this reader has, each as "kind: details"."""
        assert self.last is not None
        found = list(self.seen)
        summary = json.loads(self.last.data)
        text = "".join(before + self.pieces)
        missing = set(range(self.joined + 1, state["last"] + 1)).difference(self.ids)
        if missing:
            found.append(f"lost: it has not {sorted(missing)[:5]}")
        if len(set(self.ids)) < len(self.ids):
            found.append("duplicated: it has an event twice")
        if self.ids != sorted(self.ids):
            found.append("out of order: " + str(self.ids[:20]))
        if text != state["reply"]:
            found.append("text mismatch: it has not the reply")
        if hashlib.sha256(text.encode()).hexdigest() != summary["sha256"]:
            found.append("hash mismatch: of the text and the terminal event")
        counts = (len(text), state["last"] - 1, state["status"])
        if counts != (summary["chars"], summary["events"], summary["status"]):
            found.append(f"wrong summary: {summary} of {counts}")
        if (self.last.type == "failure") != (state["status"] == "failed"):
            found.append(f"wrong ending: {self.last.type}")
        return found


async def whole(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body of a response, to its end or to where it breaks."""
    try:
        async for part in response.aiter_raw():
            yield part
    except httpx.TransportError:
        pass


async def slowly(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for part in body:
        yield part
        await asyncio.sleep(0.002)
