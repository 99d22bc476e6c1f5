"""One server follows another, and whoever comes in between is served."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bare_socket import connect, head, rest
from fastapi import FastAPI

from chatkit import Server


def test_who_comes_while_a_server_stops_is_answered_by_the_next(
    start: Callable[..., Server],
) -> None:
    came: list[socket.socket] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        came.append(connect(first))  # when this app no longer answers
        came[0].sendall(head("GET", "/healthz", "Connection: close"))

    first = start(FastAPI(lifespan=lifespan))
    start()
    assert rest(came[0]).startswith(b"HTTP/1.1 200 OK\r\n")
