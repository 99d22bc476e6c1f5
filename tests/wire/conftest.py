"""A real server for each test, on a port of its own."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from chatkit import Server, create_app, echo, serve
from chatkit.replies import Message


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Start an app, given as such or as the arguments of `create_app`. Again: replace it."""
    servers = []

    def start(app: Any = None, **settings: Any) -> Server:
        settings.setdefault("reply", echo(delay=0))
        server = serve(app or create_app(**settings), name=request.node.nodeid)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


class Told:
    """A reply that says what the test tells it to, when the test tells it to."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.ended = False
        self.running = 0

    def say(self, text: str) -> None:
        self.pieces.append(text)

    def end(self) -> None:
        self.ended = True

    async def __call__(self, messages: list[Message]) -> AsyncIterator[str]:
        import asyncio

        self.running += 1
        try:
            said = 0
            while not (self.ended and said == len(self.pieces)):
                if said < len(self.pieces):
                    yield self.pieces[said]
                    said += 1
                else:
                    await asyncio.sleep(0.002)
        finally:
            self.running -= 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """A test that leaves the thread of a server behind fails."""
    yield
    left = [thread.name for thread in threading.enumerate() if thread.name.startswith("chatkit ")]
    assert not left, left
