"""Closing a connection although its reader has not taken everything.

ASGI has no way to say this, and uvicorn's own close waits until the reader has taken what was
sent: of one that takes nothing, for ever.
"""

import asyncio
from typing import Any

import uvicorn


def hang_up() -> None:
    """Close the connection of the request that this task answers, if the server is uvicorn."""
    task = asyncio.current_task()
    # What the task runs is a method, `run_asgi`, of uvicorn's own object for the request.
    frame = getattr(task and task.get_coro(), "cr_frame", None)
    request: Any = frame.f_locals.get("self") if frame else None
    if hasattr(request, "transport"):
        request.disconnected = True  # uvicorn expects no more of the response
        request.transport.abort()


def hang_up_all(server: uvicorn.Server) -> None:
    """Close every connection of a server. Call it in the loop's thread."""
    for connection in list(server.server_state.connections):
        if connection.transport is not None:
            connection.transport.abort()
