"""A real server for each test, on a port of its own."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from told import Told

from chatkit import Server, create_app, echo, serve
from chatkit.limits.connection import Connection


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Callable[..., Server]]:
    """Start an app, given as such or as the arguments of `create_app`.

    Again: replace it, unless it is named.
    """
    servers = []

    def start(
        app: Any = None, connection: Any = Connection, name: str = "", **settings: Any
    ) -> Server:
        settings.setdefault("reply", echo(delay=0))
        app = app or create_app(**settings)
        server = serve(app, name=request.node.nodeid + name, connection=connection)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """A test that leaves the thread of a server behind fails."""
    before = set(threading.enumerate())
    yield
    new = set(threading.enumerate()) - before
    left = [thread.name for thread in new if thread.name.startswith("chatkit ")]
    assert not left, left
