"""What all dialects share: reading messages, starting a turn, and answering with it.

A dialect is one module of four things: what is read of a request (a model), the frames of a stream,
the same in one piece, and how it refuses.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from types import EllipsisType
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError
from starlette.types import Send

from chatkit.replies.reply import Message
from chatkit.turns import LogEvent, Turn
from chatkit.web.event_stream import FIRST, EventStream
from chatkit.web.routes import AService, Service, count_stream, refusing

THOUGHTS = {"thinking", "redacted_thinking", "reasoning"}  # parts that a client sends back
BOTH = ("message", "reasoning")  # the events of a log that have text

# What a model of pydantic may have. With a bound, be it 0, text has to be valid Unicode.
Text = Annotated[str, Field(min_length=0)]

# The status and the sentence of a refusal in, the status and the JSON (or text) of a dialect out.
Refuse = Callable[[int, str], tuple[int, dict[str, Any] | str]]


def nothing(value: Any) -> None:
    """What no reply here can use may be empty. Raises an error of pydantic's if it is not."""
    if value:
        raise PydanticCustomError("absent", "No reply here can use this: leave it out")


Absent = Annotated[Any, AfterValidator(nothing)]


@dataclass(frozen=True)
class Dialect:
    """Its routes, all of them under the prefix of the router, and how it refuses."""

    router: APIRouter
    refuse: Refuse


def answers(stream: str = "text/event-stream") -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route, for the documentation."""
    return {
        200: {
            "description": "The reply: as JSON, or if it is asked for so, streamed",
            "content": {"application/json": {}, stream: {"schema": {"type": "string"}}},
        },
        "4XX": {"description": "The request is refused, in the shape of this API"},
        "5XX": {"description": "The reply failed, or too many are being written; likewise"},
    }


class Part(BaseModel):
    """A part of a message. Only its text is read."""

    type: str
    text: Text = ""


class Said(BaseModel):
    """A message. `developer` is another name of OpenAI's for `system`."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Text | list[Part]

    def message(self) -> Message:
        """The same, as a reply takes it. Raises 400 as `text_of` does."""
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": text_of(self.content)}


def text_of(content: str | list[Part]) -> str:
    """The text of a message, without its thoughts. Raises 400 if there is anything else in it."""
    if isinstance(content, str):
        return content
    parts = [part for part in content if part.type not in THOUGHTS]
    others = [part.type for part in parts if not part.type.endswith("text")]
    if others:
        raise HTTPException(400, f"Only text is read here, not {others[0][:40]!r}.")
    return "".join(part.text for part in parts)


class Usage(NamedTuple):
    """Tokens, read and written."""

    input: int
    output: int


def usage(turn: Turn, messages: list[Message]) -> Usage:
    """The tokens as the model has counted them.

    Where it has not: the words of the messages, and the pieces of text of the reply.
    """
    counted = turn.summary.get("finish", {})
    pieces = sum(event.type == "message" for event in turn.log)
    read = counted.get("input_tokens", words(messages))
    return Usage(read, counted.get("output_tokens", pieces))


def words(messages: list[Message]) -> int:
    return sum(len(message["content"].split()) for message in messages)


def stop_reason(turn: Turn) -> str:
    """Why a reply ended: "stop", "length", or another word of its model's API."""
    reason: str = turn.summary.get("finish", {}).get("reason", "stop")
    return reason


def parts(log: list[LogEvent], types: Collection[str] = BOTH) -> list[tuple[str, str]]:
    """The parts of a reply, in order: a run of events of one of the `types`, and all its text."""
    written = [event for event in log if event.type in types]
    runs = groupby(written, key=lambda event: event.type)
    return [(type, "".join(event.data for event in run)) for type, run in runs]


class Step(NamedTuple):
    """A part begins, grows, or is complete. `text` is nothing, what is new, or all of it."""

    what: Literal["open", "add", "close"]
    number: int  # of the part, from 0
    type: str
    text: str


async def steps(turn: Turn, types: Collection[str] = BOTH) -> AsyncGenerator[Step, None]:
    """The same while it is written. A part in which the reply fails is never complete."""
    number, opened, texts = 0, "", list[str]()
    async for event in turn.events():
        if opened and event.type != opened and event.type in {*types, "end"}:
            yield Step("close", number, opened, "".join(texts))
            number, opened, texts = number + 1, "", []
        if event.type in types:
            if not opened:
                opened = event.type
                yield Step("open", number, opened, "")
            texts.append(event.data)
            yield Step("add", number, opened, event.data)


class Caller:
    """The client of one request, and the turn that it has started."""

    def __init__(self, request: Request, service: Service) -> None:
        self.request = request
        self.service = service
        self.alone: Turn | None = None  # a turn that nobody else reads

    async def start(
        self,
        messages: list[Message],
        chat: str | None = None,
        parent: str | EllipsisType | None = ...,
        *,
        alone: bool = True,
    ) -> Turn:
        """Start the turn that answers `messages`.

        A client that is `alone` in reading it stops it by leaving. Else the turn goes on.
        Raises 400 or 413, and as `refusing` says.
        """
        if not messages or messages[-1]["role"] != "user":
            raise HTTPException(400, "The last message has to be the user's.")
        if len(messages[-1]["content"].encode()) > self.service.max_message:
            detail = f"The last message is larger than {self.service.max_message:,} bytes."
            raise HTTPException(413, detail)
        with refusing():
            turn = await self.service.answer(messages, chat, parent)
        self.alone = turn if alone else None
        return turn

    async def stream(
        self, turn: Turn, frames: AsyncGenerator[bytes, None], *, lines: bool = False
    ) -> Response:
        """Answer with the frames of an event stream, or with `lines` of JSON.

        A reply that fails at once is refused: a client sees that better than a stream that breaks.
        """
        await self.wait_for(begun(turn), FIRST)
        if turn.last == 1:
            want_success(turn)
        if lines:
            return LineStream(frames, self.service.stalled)
        return EventStream(frames, self.service.heartbeat, self.service.stalled)

    async def finished(self, turn: Turn) -> Turn:
        """Wait until the turn has ended, or the client has left. Raises 500 if the reply failed."""
        await self.wait_for(ended(turn))
        want_success(turn)
        return turn

    async def wait_for(self, news: Coroutine[Any, Any, None], seconds: float | None = None) -> None:
        """Wait until there is news, or the client has left, but not for longer than `seconds`."""
        tasks = [asyncio.create_task(news), asyncio.create_task(self.left())]
        try:
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        if tasks[0].done():
            tasks[0].result()  # raises what the engine has raised

    async def left(self) -> None:
        while (await self.request.receive())["type"] != "http.disconnect":
            pass


async def begun(turn: Turn) -> None:
    async with aclosing(turn.events()) as events:
        await anext(events, None)


async def ended(turn: Turn) -> None:
    async for _ in turn.events(turn.last):
        pass


def want_success(turn: Turn) -> None:
    if turn.status == "failed":
        raise HTTPException(500, turn.summary["message"])


class LineStream(EventStream):
    """A stream of JSON, one value a line (NDJSON), which has no comments to keep it awake.

    A slow consumer, which does not take a line within `stalled` seconds, is cut off (0: never).
    """

    def __init__(self, frames: AsyncGenerator[bytes, None], stalled: float) -> None:
        super().__init__(frames, 0, stalled)
        self.headers["Content-Type"] = "application/x-ndjson"

    async def _send_all(self, send: Send) -> None:
        await super()._send_all(partial(self._send_in_time, send))


async def caller(
    request: Request, service: AService, _: Annotated[None, Depends(count_stream)]
) -> AsyncIterator[Caller]:
    """Whoever asks: counted as an open stream until the last byte of the answer is sent."""
    found = Caller(request, service)
    try:
        yield found
    finally:
        if found.alone is not None and found.alone.status == "streaming":
            await service.turns.cancel(found.alone.id)


ACaller = Annotated[Caller, Depends(caller)]
