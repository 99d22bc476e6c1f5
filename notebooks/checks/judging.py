"""How a check judges what a learner wrote: what it wants, and what it says when that is missing."""

import asyncio
import gc
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import urljoin

import httpx

from chatkit.notebook import arrivals
from chatkit.server.background import Server
from chatkit.sse import Event, Parser
from checks.own_lines import describe, line_of, never_awaited, why, your_line
from checks.unending import NeverPauses, interrupted

PATIENCE = 10.0  # seconds that an exercise may take
NEVER_PAUSES = "it runs on and on, and never pauses: does this loop end, and where does it `await`?"
NO_ANSWER = "the server does not answer: run the cell that starts it again"


@dataclass
class Verdict:
    """What a check found. `missing` is empty when the exercise is solved.

    It is true if the exercise is solved, so that `assert` and `if` mean what they say.
    """

    missing: list[str] = field(default_factory=list)
    exercise: str = ""  # as `hint` takes it: "02.1"; "": it has no hints

    @property
    def passed(self) -> bool:
        return not self.missing

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        if self.passed:
            return "passed"
        stuck = f'(stuck? In a cell of your own: from checks import hint; hint("{self.exercise}"))'
        return "\n  ".join(["not yet:", *self.missing, *([stuck] if self.exercise else [])])

    def need(self) -> None:
        """For a program that grades: nothing if the exercise is solved. Raises `NotPassed`."""
        if not self.passed:
            raise NotPassed(repr(self))

    def _ipython_display_(self) -> None:
        """How IPython shows the value of a cell.

        nbgrader gives no points for a cell that raises or that writes to stderr, and reads a value
        as points. So while it grades, and only then, a verdict is written. It is not raised:
        `a_check = await check_...` has to give a name to what the cells below ask for.
        """
        if "NBGRADER_EXECUTION" not in os.environ:
            raise NotImplementedError  # so IPython goes on to the repr
        print(self, file=sys.stdout if self.passed else sys.stderr)


class NotPassed(AssertionError):
    """An exercise is not solved; the text is that of its verdict."""


class NotYet(Exception):
    """Something is missing; the text says what."""


async def verdict(check: Coroutine[Any, Any, None], exercise: str = "") -> Verdict:
    """Run the check of an exercise, and turn whatever happens into a verdict."""
    with never_awaited() as forgotten, interrupted() as lines:
        if missing := await missing_in(check):
            gc.collect()  # an error keeps what was forgotten in its frames
    if lines:
        return Verdict([NEVER_PAUSES + your_line(lines)], exercise)
    if missing and "`await`" not in missing:
        missing += "".join(forgotten[:1])
    return Verdict([missing] if missing else [], exercise)


async def missing_in(check: Coroutine[Any, Any, None]) -> str:
    """What a check finds missing; empty if that is nothing."""
    task = asyncio.ensure_future(check)
    try:
        await asyncio.wait([task], timeout=PATIENCE)
        late = not task.done()
        if late:
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE / 10)
    finally:
        task.cancel()  # it may be this cell that somebody interrupts
    not_ended = f"it has not ended after {PATIENCE:g} seconds"
    if not task.done():
        return f"{not_ended}, and does not end when it is cancelled: which `except` catches that?"
    try:
        task.result()
    except NotYet as missing:
        return str(missing)
    except (Exception, asyncio.CancelledError, NeverPauses) as error:
        if not late:
            return describe(error)
        came = "".join(f": {note}" for note in getattr(error, "__notes__", []))
        return not_ended + came + line_of(error)
    return ""


def want(condition: object, missing: str) -> None:
    if not condition:
        raise NotYet(missing)


class Pieces(list[Any]):
    """What an async generator yielded, and whether it let others run between any two."""

    polite = False

    def want_polite(self) -> None:
        want(
            self.polite,
            "it does not let others run between two pieces: it needs `await asyncio.sleep(...)`",
        )


async def collect(generator: Any, limit: int = 1000) -> Pieces:
    """All pieces of an async generator."""
    if asyncio.iscoroutine(generator):
        generator.close()  # Python would warn that nobody has awaited it
    want(
        hasattr(generator, "__aiter__"),
        f"calling it gives {type(generator).__name__}, which is not an async generator: "
        "that takes `async def`, and a `yield`",
    )
    turns = 0  # that the event loop gave to others while the generator was running

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(others())
    await asyncio.sleep(0)
    pieces = Pieces()
    at_each = []  # how many turns there had been
    try:
        async for piece in generator:
            pieces.append(piece)
            if str(piece).strip():  # a space may follow its word at once
                at_each.append(turns)
            want(len(pieces) <= limit, f"it yields more than {limit:,} pieces")
    finally:
        counting.cancel()
    pieces.polite = all(before < after for before, after in pairwise(at_each))
    return pieces


def text_in(pieces: Pieces) -> str:
    """What a page would show of the pieces of a reply."""
    for piece in pieces:
        want(isinstance(piece, str), f"each piece should be a text, not {piece!r}")
    return "".join(pieces)


async def rest_of(reader: AsyncIterator[Any]) -> list[Any]:
    return [piece async for piece in reader]


async def recorded(url: str) -> list[Event]:
    """The events of a stream. If time is up before it ends, the verdict says what has come."""
    with what_came(url) as (parser, events):
        async for arrival in arrivals(url, limit=1000):
            events += parser.feed(arrival.frame)
    return events


@contextmanager
def what_came(url: str) -> Iterator[tuple[Parser, list[Event]]]:
    """A parser, and a list for its events; if the time is up meanwhile, it is told."""
    events: list[Event] = []
    try:
        yield Parser(), events
    except asyncio.CancelledError as cancelled:
        named = [repr(it.data) if it.type == "message" else it.type for it in events]
        came = ", ".join(named) or "nothing"
        if len(named) > 5:
            came = f"{len(named)} events, the last ones {', '.join(named[-3:])}"
        cancelled.add_note(f"GET /{url.split('/', 3)[3]} stays open, and has sent {came} so far")
        raise


async def events_of(url: str, server: Server | None = None) -> list[Event]:
    """The events of a stream on the learner's own server."""
    asked = f"GET /{url.split('/', 3)[3]}"
    try:
        return await recorded(url)
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        reason = await why(server) if server and status >= 500 else ""
        raise NotYet(f"{asked} answers {status}{reason}") from None
    except httpx.RemoteProtocolError:
        reason = await why(server) if server else ""
        raise NotYet(f"the stream of {asked} breaks{reason}") from None
    except httpx.HTTPError:
        raise NotYet(NO_ANSWER) from None


def poster() -> httpx.AsyncClient:
    """One for a whole check: to make one takes longer than to use it."""
    return httpx.AsyncClient(trust_env=False, timeout=PATIENCE)


async def post_turn(client: httpx.AsyncClient, server: Server, message: str) -> str:
    """Send a message to the learner's server; the absolute URL of its events."""
    try:
        answer = await client.post(server.url + "turns", json={"message": message})
    except httpx.HTTPError:
        raise NotYet(NO_ANSWER) from None
    if answer.status_code >= 500:
        raise NotYet(f"POST /turns answers {answer.status_code}{await why(server)}")
    want(answer.status_code == 201, f"POST /turns should answer 201, not {answer.status_code}")
    try:
        events: Any = answer.json()["events"]
    except (ValueError, KeyError, TypeError):
        raise NotYet("POST /turns should answer a JSON object with `events`") from None
    want(isinstance(events, str), f"`events` should be a URL, not {events!r}")
    page = "https://hub.example/user/ada/proxy/8000/"
    want(
        urljoin(page, events).startswith(page) and events not in ("", "."),
        f"`events` should be a relative URL such as 'turns/.../events', not {events!r}",
    )
    return str(urljoin(server.url, events))


async def text_of(url: str, server: Server) -> str:
    """What a page shows of a stream, without white space around it."""
    return "".join(e.data for e in await events_of(url, server) if e.type == "message").strip()
