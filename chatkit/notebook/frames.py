"""The frames of a stream as they arrive: printed, recorded, drawn."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from chatkit.notebook.drawing import draw_arrivals
from chatkit.sse import FRAME_END

BETWEEN_FLUSHES = 0.02  # seconds
CHARACTERS_AT_ONCE = 10_000  # characters that are printed between two flushes without a rest
PER_SECOND = 500_000  # characters


@dataclass(frozen=True, slots=True)
class Arrival:
    """One raw frame, and when it was there: `at` is in seconds after the request was sent."""

    at: float
    frame: bytes


async def arrivals(
    url: str, *, headers: dict[str, str] | None = None, limit: int | None = None
) -> AsyncIterator[Arrival]:
    """Yield the raw frames of the response to `GET url` as they arrive, at most `limit`.

    A frame is the bytes of an event or a comment, with the blank line that closes it. Bytes that
    the end of the stream leaves unfinished come as the last one. Raises `httpx.HTTPError` if
    there is no such server, or it answers with an error status.
    """
    start = time.perf_counter()
    headers = {"Accept": "text/event-stream"} | (headers or {})
    timeout = httpx.Timeout(60, read=None)  # a quiet stream is not an error
    async with (
        _interruptible(),
        httpx.AsyncClient(timeout=timeout, trust_env=False) as client,
        client.stream("GET", url, headers=headers) as response,
    ):
        response.raise_for_status()
        count, buffer = 0, b""
        async for chunk in response.aiter_bytes():
            buffer += chunk
            while end := FRAME_END.search(buffer):
                frame, buffer = buffer[: end.end()], buffer[end.end() :]
                yield Arrival(time.perf_counter() - start, frame)
                count += 1
                if count == limit:
                    return
        if buffer:
            yield Arrival(time.perf_counter() - start, buffer)


async def frames(
    url: str, *, headers: dict[str, str] | None = None, limit: int | None = None
) -> None:
    """Print the raw frames of an event stream as they arrive: the bytes, one frame a line."""
    flushed = -1.0
    held = 0  # characters
    async for arrival in arrivals(url, headers=headers, limit=limit):
        # A flush is a message to the page, and Jupyter loses what comes in more than 1,000
        # messages or a megabyte a second. What is not flushed here comes with the next one, or a
        # little later by itself.
        line = str(arrival.frame)
        held += len(line)
        if held > CHARACTERS_AT_ONCE:
            await asyncio.sleep(held / PER_SECOND)
        flush = held > CHARACTERS_AT_ONCE or arrival.at > flushed + BETWEEN_FLUSHES
        print(line, flush=flush)
        if flush:
            flushed, held = arrival.at, 0


async def record(
    url: str, *, headers: dict[str, str] | None = None, limit: int | None = None
) -> list[Arrival]:
    """Read an event stream to its end, or `limit` frames of it, and note when each arrived."""
    return [arrival async for arrival in arrivals(url, headers=headers, limit=limit)]


def timeline(**recordings: list[Arrival]) -> None:
    """Draw one or more recordings below each other: a mark for every frame, at its time."""
    from IPython.display import display

    rows = {
        name.replace("_", " "): [arrival.at for arrival in recording]
        for name, recording in recordings.items()
    }
    display(draw_arrivals(rows))  # type: ignore[no-untyped-call]


@contextlib.asynccontextmanager
async def _interruptible() -> AsyncIterator[None]:
    """Keep something going on the loop: a cell whose loop sleeps cannot be interrupted.

    Whoever interrupts it knows why it ended, so IPython shows a word and not a hundred lines.
    """

    async def tick() -> None:
        while True:  # noqa: ASYNC110 (to tick is the purpose)
            await asyncio.sleep(0.2)

    task = asyncio.create_task(tick())
    try:
        yield
    except asyncio.CancelledError as error:
        vars(error)["_render_traceback_"] = lambda: ["interrupted"]
        raise
    finally:
        task.cancel()
