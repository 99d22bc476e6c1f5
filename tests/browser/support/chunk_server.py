"""A server that writes event streams as it is told, byte for byte and chunk by chunk.

The next chunk is written when the page has shown that the one before has reached it. The page
asks `/heard` again and again, and says how many events it has: a beat. The server answers one
beat after it wrote a chunk, and the next beat comes after that answer. So two beats lie between
two chunks, no clock does, and no two chunks arrive as one.
"""

import asyncio
import json
import threading
from dataclasses import dataclass, field

STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<!doctype html>"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
PATIENCE = 100  # beats


@dataclass
class Stream:
    """What to write, and what came of it."""

    chunks: tuple[bytes, ...]
    due: list[int]
    """How many events the page should have after each chunk."""
    had: list[int] = field(default_factory=list)
    """How many it had, when they were as many as due or `PATIENCE` had run out."""
    last_event_id: bytes | None = None
    """What the browser reconnected with; empty without the header, None before it did."""


class ChunkServer:
    """A server of `streams`, each once, at `/streams/N`. A reconnect is answered with 204.

    A context manager: its thread and its connections end with it.
    """

    def __init__(self, streams: list[Stream]) -> None:
        self.streams = streams
        self.port = 0
        self._begun: set[int] = set()
        self._beats = 0
        self._counts: dict[str, int] = {}
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> "ChunkServer":
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        self._beat = asyncio.Condition()
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=2**20)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stop.wait()
        server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request, *lines = (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[:-2]
            headers = dict(line.split(b": ", 1) for line in lines)  # values as they were sent
            path = request.split()[1].decode()
            if path == "/":
                writer.write(PAGE)
            elif path.startswith("/streams/"):
                await self._answer_stream(int(path.removeprefix("/streams/")), headers, writer)
            else:
                if path == "/heard":
                    body = await reader.readexactly(int(headers[b"Content-Length"]))
                    await self._take_beat(json.loads(body))
                writer.write(NO_CONTENT)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the browser has left
        finally:
            writer.close()

    async def _take_beat(self, counts: dict[str, int]) -> None:
        async with self._beat:
            self._beats += 1
            self._counts = counts
            self._beat.notify_all()

    async def _answer_stream(
        self, number: int, headers: dict[bytes, bytes], writer: asyncio.StreamWriter
    ) -> None:
        stream = self.streams[number]
        if number in self._begun:
            stream.last_event_id = headers.get(b"Last-Event-ID", b"")
            writer.write(NO_CONTENT)
            return
        self._begun.add(number)
        writer.write(STREAM)
        for chunk, due in zip(stream.chunks, stream.due, strict=True):
            writer.write(chunk)
            stream.had.append(await self._count_after_chunk(str(number), due))

    async def _count_after_chunk(self, number: str, due: int) -> int:
        written = self._beats

        def over() -> bool:
            beats = self._beats - written
            return beats >= PATIENCE or (beats >= 2 and self._counts.get(number, 0) >= due)

        async with self._beat:
            await self._beat.wait_for(over)
            return self._counts.get(number, 0)
