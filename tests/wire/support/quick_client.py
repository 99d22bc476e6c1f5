"""HTTP/1.1 on bare asyncio sockets: quick, and broken off wherever a test wants it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

PATIENCE = 60.0  # seconds; only there so that a broken server ends the test
HEAD = "{} {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n"


class Refused(ConnectionError):
    """The connection was closed before an answer had come."""


class Chunked:
    """Takes the chunks of a body apart (RFC 9112, section 7.1), wherever they are split."""

    def __init__(self) -> None:
        self.ended = False  # the last, empty chunk has come
        self._buffer = b""
        self._left = 0  # bytes of the chunk that are to come

    def feed(self, data: bytes) -> bytes:
        self._buffer += data
        body = b""
        while not self.ended:
            if self._left:
                part, self._buffer = self._buffer[: self._left], self._buffer[self._left :]
                body += part
                self._left -= len(part)
                if not part:
                    break
            else:
                # A line break ends the chunk before; its two bytes may come one by one.
                size, line_end, rest = self._buffer.lstrip(b"\r\n").partition(b"\r\n")
                if not line_end:
                    break
                self._left, self._buffer = int(size, 16), rest
                self.ended = not self._left
        return body


class Answer:
    """A response of which the head has come."""

    def __init__(self, head: bytes, reader: asyncio.StreamReader) -> None:
        first, *rest = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in rest if line)
        self._reader = reader
        self._chunked = "chunked" in self.headers.get("transfer-encoding", "")

    async def body(self, bite: int = 65536) -> AsyncIterator[bytes]:
        """The body as it comes, up to `bite` bytes at once, to its end or to where it breaks."""
        chunks = Chunked()
        while not chunks.ended:
            try:
                data = await self._reader.read(bite)
            except ConnectionError:
                return
            if not data:
                return
            if part := chunks.feed(data) if self._chunked else data:
                yield part


@asynccontextmanager
async def request(
    port: int,
    path: str,
    headers: dict[str, str] | None = None,
    *,
    method: str = "GET",
    body: bytes = b"",
    receive_buffer: int = 0,
    hang_up: bool = True,
) -> AsyncIterator[Answer]:
    """Ask, and give the answer when its head has come. Raises `Refused`.

    `receive_buffer` is the size of the socket's own buffer in bytes (0: the system's choice).
    At the end the connection is reset, or, without `hang_up`, closed.
    """
    line = socket.socket()
    line.setblocking(False)
    if receive_buffer:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=line)
    try:
        head = HEAD.format(method, path, port)
        for name, value in (headers or {}).items():
            head += f"{name}: {value}\r\n"
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        try:
            answer = Answer(await reader.readuntil(b"\r\n\r\n"), reader)
        except (ConnectionError, asyncio.IncompleteReadError):
            raise Refused(path) from None
        yield answer
    finally:
        if hang_up:
            writer.transport.abort()
        else:
            writer.close()


async def ask(port: int, method: str, path: str, content: Any = None) -> Any:
    """What the server answers in JSON. Raises `TimeoutError` if it does not."""
    body = b"" if content is None else json.dumps(content).encode()
    async with (
        asyncio.timeout(PATIENCE),
        request(port, path, method=method, body=body) as answer,
    ):
        received = b"".join([part async for part in answer.body()])
    assert answer.status in (200, 201), f"{method} {path}: {answer.status} {received[:500]!r}"
    return json.loads(received)
