"""The ways to break a stream on purpose, for lessons, for tests, and for the page's fault lab.

A fault lies between the app and one reader: what the app writes into the turn stays as it is.
`lab.py` says how a fault is armed, and which stream it hits.
"""

import asyncio
import contextlib
import re
from collections.abc import Callable
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from anyio import CancelScope
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

AFTER_FRAME = re.compile(rb"(?<=\n\n)")  # the app writes no other line ends
ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
MULTIBYTE = re.compile(rb"[\xc0-\xff]")  # the first byte of a character of several

Number = Annotated[int, Field(ge=1, le=1_000_000)]
Events = Annotated[Number, Field(title="Events")]
Bytes = Annotated[Number, Field(title="Bytes")]
Seconds = Annotated[float, Field(ge=0, le=60)]

# What a fault does to a stream: the groups of kinds.
BREAKS = "Break the connection"
ANSWERS = "Answer something else"
CHANGES = "Late, twice, or not quite"
HARMLESS = "Not even noticed by a correct reader"


class Broken(Exception):
    """The fault has ended the response. Raised where the app sends, so that it stops as well."""


class Line:
    """The way of one response to its reader, with a fault in it.

    `note(fault, sent)` is called when the fault begins to do harm. `sent` is the number of the
    last event of which the reader has got something by then.
    """

    def __init__(self, fault: "Fault", send: Send, note: Callable[["Fault", int], None]) -> None:
        self.held = b""  # what the fault holds back
        self.is_stream = False
        self.scope = CancelScope()  # in which the app answers
        self._fault = fault
        self._next: Fault | None = None  # takes the place of `_fault`
        self._send = send
        self._note = note
        self._is_hit = False
        self._events = 0  # that have come to the fault
        self._number = self._sent = 0  # of the event that comes, and of the last that went out
        self._lock = asyncio.Lock()  # nothing gets between two writes of a fault
        self._loop = asyncio.get_running_loop()

    def put(self, fault: "Fault") -> None:
        """Have only this fault, from the next frame on. Any thread may call it."""
        self._next = fault

    def cut(self, fault: "Fault") -> None:
        """Break the response at once, for a fault that answers instead. Any thread may call it."""
        self._fault, self._is_hit = fault, False
        self._loop.call_soon_threadsafe(self.scope.cancel)

    def hit(self) -> None:
        """The fault begins to do harm."""
        if not self._is_hit:
            self._is_hit = True
            self._note(self._fault, self._sent)

    async def write(self, data: bytes) -> None:
        """Send bytes to the reader at once."""
        self._sent = self._number
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """End the response as HTTP wants it, after what is held back."""
        await self._send({"type": "http.response.body", "body": self.held})

    async def send(self, message: Message) -> None:
        """Take a message of the app. The frames of a stream go through the fault."""
        if message["type"] == "http.response.start":
            self.is_stream = message["status"] == 200
        elif self.is_stream:
            await self._pass_on(message)
            return
        await self._send(message)

    async def _pass_on(self, message: Message) -> None:
        for frame in filter(None, AFTER_FRAME.split(message.get("body", b""))):
            await self._lock.acquire()
            if self._next:
                await self._change_fault(self._next)
            if found := ID.search(frame):
                self._number = int(found[1])
            is_comment = frame.startswith(b":")
            self._events += not is_comment
            await self._fault.frame(frame, 0 if is_comment else self._events, self)
            self._lock.release()  # but not after `Broken`: then nothing may follow
        if not message.get("more_body"):
            async with self._lock:
                await self.end()

    async def _change_fault(self, fault: "Fault") -> None:
        if self.held:
            await self.write(self.held)
            self.held = b""
        self._fault, self._next = fault, None
        self._events, self._is_hit = 0, False


class Fault(BaseModel):
    """What is to go wrong with the next `times` stream requests. By default: nothing.

    `now`: with the streams that are open, instead, or with those of one `turn`. Events are counted
    from here on.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")
    group: ClassVar[str] = "Others"
    kind: str = ""
    times: Annotated[int, Field(ge=1, le=1000)] = 1
    now: Annotated[bool, Field(exclude=True)] = False
    turn: Annotated[str, Field(exclude=True)] = ""

    def answer(self) -> ASGIApp | None:
        """What answers instead of the app. None: the app does."""
        return None

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        """Pass on a frame: event `number` of this response, from 1, or a comment: 0.

        A fault says `line.hit()` before it does harm; one that raises `Broken` need not.
        """
        await line.write(frame)


class Drop(Fault, title="Drop the line"):
    """The connection breaks after some events."""

    group = BREAKS
    kind: Literal["drop"] = "drop"
    after: Events = 3

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        await line.write(frame)
        if number == self.after:
            raise Broken  # the server sees a response that is not complete, and hangs up


class Close(Fault, title="End early"):
    """The response ends after some events as if it were complete."""

    group = BREAKS
    kind: Literal["close"] = "close"
    after: Events = 3

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        await line.write(frame)
        if number == self.after:
            await line.end()
            raise Broken


class CutEvent(Fault, title="Drop inside an event"):
    """The connection breaks when some bytes of an event have been sent, but not all."""

    group = BREAKS
    kind: Literal["cut-event"] = "cut-event"
    event: Number = 3
    size: Bytes = 8

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        if number != self.event:
            await line.write(frame)
        else:
            line.hit()
            await line.write(frame[:-1][: self.size])
            raise Broken


class Refuse(Fault, title="Refuse"):
    """For some seconds every request for a stream is cut off without an answer."""

    group = BREAKS
    kind: Literal["refuse"] = "refuse"
    seconds: Seconds = 10.0

    def answer(self) -> ASGIApp:
        return refuse


async def refuse(_scope: Scope, _receive: Receive, send: Send) -> None:
    """Close the connection without a byte.

    An app cannot refuse a connection, nor tell the server to close it. But a server that has
    begun to send a response, and may not send it, closes it; and no header holds a line break.
    """
    with contextlib.suppress(Exception):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"\n")]})


class ServerError(Fault, title="Answer 500"):
    """The server answers with an error. EventSource does not try again."""

    group = ANSWERS
    kind: Literal["500"] = "500"

    def answer(self) -> ASGIApp:
        return JSONResponse({"detail": "A fault that was armed."}, 500)


class Unavailable(Fault, title="Answer 503"):
    """The server says when to come again. EventSource does not listen."""

    group = ANSWERS
    kind: Literal["503"] = "503"

    def answer(self) -> ASGIApp:
        return JSONResponse({"detail": "A fault that was armed."}, 503, {"Retry-After": "1"})


class NotAStream(Fault, title="Answer HTML"):
    """A page comes instead of the stream, as from a proxy that wants somebody to log in."""

    group = ANSWERS
    kind: Literal["html"] = "html"

    def answer(self) -> ASGIApp:
        return HTMLResponse("<!doctype html><title>Log in</title><p>A fault that was armed.")


class NoContent(Fault, title="Answer 204"):
    """The server says that there is nothing more to come, although there is."""

    group = ANSWERS
    kind: Literal["204"] = "204"

    def answer(self) -> ASGIApp:
        return Response(status_code=204)


class HoldBack(Fault, title="Hold back"):
    """Bytes go on when there are enough of them, as through a proxy that buffers."""

    group = CHANGES
    kind: Literal["hold"] = "hold"
    size: Bytes = 4096

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        line.hit()
        line.held += frame
        while len(line.held) >= self.size:
            full, line.held = line.held[: self.size], line.held[self.size :]
            await line.write(full)


class Delay(Fault, title="Delay"):
    """A pause comes before every event."""

    group = CHANGES
    kind: Literal["delay"] = "delay"
    seconds: Seconds = 0.5

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        line.hit()
        await asyncio.sleep(self.seconds)
        await line.write(frame)


class Twice(Fault, title="Send twice"):
    """Every event comes twice."""

    group = CHANGES
    kind: Literal["twice"] = "twice"

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        line.hit()
        await line.write(frame * 2)


class Skip(Fault, title="Skip an event"):
    """One event is left out: the numbers of the events have a gap."""

    group = CHANGES
    kind: Literal["skip"] = "skip"
    event: Number = 2

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        if number != self.event:
            await line.write(frame)
        else:
            line.hit()


class Silence(Fault, title="No heartbeats"):
    """The comments that keep an idle connection open are left out."""

    group = HARMLESS
    kind: Literal["silence"] = "silence"

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        if number:
            await line.write(frame)
        else:
            line.hit()


class CarriageReturns(Fault, title="CR line ends"):
    """Every line ends with CR instead of LF."""

    group = HARMLESS
    kind: Literal["cr"] = "cr"

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        line.hit()
        await line.write(frame.replace(b"\n", b"\r"))


class BothLineEnds(Fault, title="CRLF line ends"):
    """Every line ends with CR and LF instead of LF."""

    group = HARMLESS
    kind: Literal["crlf"] = "crlf"

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        line.hit()
        await line.write(frame.replace(b"\n", b"\r\n"))


class CutCharacter(Fault, title="Cut a character"):
    """The first character of an event that takes several bytes comes in two parts."""

    group = HARMLESS
    kind: Literal["cut-character"] = "cut-character"
    seconds: Seconds = 0.2

    async def frame(self, frame: bytes, number: int, line: Line) -> None:
        if first := MULTIBYTE.search(frame):
            line.hit()
            await line.write(frame[: first.end()])
            await asyncio.sleep(self.seconds)
            frame = frame[first.end() :]
        await line.write(frame)


# A new kind of fault is a class, and nothing else. Of two for one kind, the newer counts.
KINDS = {fault.model_fields["kind"].default: fault for fault in Fault.__subclasses__()}
if TYPE_CHECKING:
    AnyFault = Fault
else:
    AnyFault = Annotated[reduce(or_, KINDS.values()), Field(discriminator="kind")]
