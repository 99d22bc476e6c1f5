"""The process of a server that is measured: its client starts it, and it ends with its client."""

import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

BOUND = 120.0  # seconds that a server may be silent


def resident() -> int:
    """The memory that this process holds now, in KiB; 0 where there is no /proc to ask."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0
    return pages * os.sysconf("SC_PAGESIZE") // 1024


def serve_until_the_client_ends(app: ASGIApp, **settings: Any) -> None:
    """Print the port, and serve until the standard input ends, also if the client was killed.

    `settings` are more of uvicorn's.
    """

    def end_with_the_client() -> None:
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=end_with_the_client, daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False, **settings)
    uvicorn.Server(config).run(sockets=[listener])
