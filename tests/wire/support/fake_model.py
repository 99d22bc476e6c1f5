"""A server that speaks OpenAI's Chat Completions API, on a bare socket, as a test tells it to.

The test gives a function that answers one request: it can say anything, in any order, wait for
the test in between, and break off wherever it wants.
"""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

PATIENCE = 60.0  # seconds; only there so that a broken test ends

Answer = Callable[["Request"], None]


class Request:
    """A request that has been read, and the connection to answer it on."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line
        with line.makefile("rb") as file:
            self.method, self.path, _ = file.readline().decode().split()
            self.headers: dict[str, str] = {}
            while header := file.readline().decode("latin-1").strip():
                name, _, value = header.partition(":")
                self.headers[name.lower()] = value.strip()
            body = file.read(int(self.headers.get("content-length", 0)))
        self.json: Any = json.loads(body) if body else None

    def raw(self, data: bytes) -> None:
        """These bytes, as they are."""
        self.line.sendall(data)

    def head(self, status: int, content_type: str, *headers: str) -> None:
        """The head of an answer whose body comes in chunks, until `end`."""
        lines = [f"HTTP/1.1 {status} X", f"Content-Type: {content_type}", *headers]
        self.raw("\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode())

    def body(self, text: str | bytes) -> None:
        data = text.encode() if isinstance(text, str) else text
        self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def end(self) -> None:
        self.raw(b"0\r\n\r\n")

    def whole(self, status: int, content_type: str, text: str, *headers: str) -> None:
        """A whole answer."""
        self.head(status, content_type, *headers)
        self.body(text)
        self.end()

    def stream(self) -> None:
        """The head of an event stream."""
        self.head(200, "text/event-stream; charset=utf-8", "Cache-Control: no-cache")

    def frame(self, data: Any) -> None:
        """An event with JSON, or with the text as it is."""
        self.body(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n")

    def delta(self, finish_reason: str | None = None, **delta: Any) -> None:
        """A chunk of a reply."""
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
        self.frame({"object": "chat.completion.chunk", "choices": [choice]})

    def text(self, *pieces: str) -> None:
        for piece in pieces:
            self.delta(content=piece)

    def finish(self, reason: str = "stop", usage: tuple[int, int] | None = None) -> None:
        """The end as OpenAI has it: the reason, the usage, [DONE]."""
        self.delta(reason)
        if usage:
            read, written = usage
            counts = {"prompt_tokens": read, "completion_tokens": written}
            self.frame({"object": "chat.completion.chunk", "choices": [], "usage": counts})
        self.frame("[DONE]")
        self.end()

    def until_closed(self) -> None:
        """Wait until the client has closed the connection."""
        with suppress(ConnectionError):
            while self.line.recv(65536):
                pass


class FakeModel:
    """The running server. `requests` are those that have come."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.tls = tls
        self.requests: list[Request] = []
        self.errors: list[Exception] = []  # of the test's own function
        self._lines: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"http://{self.host}/v1"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def _listen(self) -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                line, _ = self._listener.accept()
                line.settimeout(PATIENCE)
                self._lines.append(line)
                self._threads.append(threading.Thread(target=self._talk, args=(line,)))
                self._threads[-1].start()

    def _talk(self, line: socket.socket) -> None:
        with line:
            try:
                line = self.tls.wrap_socket(line, server_side=True) if self.tls else line
                request = Request(line)
                self.requests.append(request)
                self.answer(request)
            except (ConnectionError, ssl.SSLError):  # the client has gone
                pass
            except Exception as error:
                self.errors.append(error)

    def stop(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(PATIENCE)
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)
        assert not self.errors, self.errors


@contextmanager
def fake_model(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[FakeModel]:
    """Run a server whose answers are told by `answer`."""
    model = FakeModel(answer, tls)
    try:
        yield model
    finally:
        model.stop()
