"""Requests byte by byte, for what no well-behaved client sends."""

import contextlib
import re
import socket

from chatkit import Server
from chatkit.sse import Event, Parser


def connect(server: Server, window: int | None = None) -> socket.socket:
    """A connection; `window` bytes of what is not read yet fit into this end of it."""
    line = socket.socket()
    if window is not None:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    line.settimeout(60)
    line.connect(("127.0.0.1", server.port))
    return line


def head(method: str, path: str, *headers: str, host: str = "localhost") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def rest(line: socket.socket) -> bytes:
    """All that still comes, until the connection is closed, however it is closed."""
    received = bytearray()  # one that grows: to copy all for each chunk would make a slow reader
    with line, contextlib.suppress(ConnectionResetError):
        while chunk := line.recv(65536):
            received += chunk
    return bytes(received)


def answer(line: socket.socket) -> bytes:
    """One whole answer that says its length; the connection stays open. It may come in parts."""
    received = b""
    while not (size := re.search(rb"(?is)content-length: (\d+).*?\r\n\r\n", received)):
        received += line.recv(1) or _cut(received)
    end = size.end() + int(size[1])
    while len(received) < end:
        received += line.recv(end - len(received)) or _cut(received)
    return received


def _cut(received: bytes) -> bytes:
    raise AssertionError(f"the connection was closed after {received!r}")


def ask(server: Server, request: bytes) -> tuple[int, bytes]:
    """The status of the answer, and the whole answer. The request should ask to close."""
    line = connect(server)
    line.sendall(request)
    answer = rest(line)
    return int(answer[9:12] or 0), answer


def stream_path(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def is_complete(response: bytes) -> bool:
    """Whether a chunked response (RFC 9112, section 7.1) has come to its end."""
    return response.endswith(b"\r\n0\r\n\r\n")


def events_of(response: bytes) -> list[Event]:
    """The events of a chunked response, as far as it has come."""
    body = response.partition(b"\r\n\r\n")[2]
    parser, events, start = Parser(), [], 0
    while size := re.compile(rb"([0-9a-f]+)\r\n").match(body, start):
        end = size.end() + int(size[1], 16)
        events += parser.feed(body[size.end() : end])
        start = end + 2
    return events
