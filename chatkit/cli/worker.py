"""One of the processes of `chatkit serve --workers`.

Its standard input is a socket to the process that has started it: there it gets the settings, says
when it answers, and sees that process end, however it does.
"""

import asyncio
import contextlib
import json
import signal
import socket
import sys

from chatkit.cli.serve import count_of_replies, make_app, prepare_process
from chatkit.cli.settings import Settings
from chatkit.server.foreground import PATIENT, Foreground


class Worker(Foreground):
    """A server that ends at once when the socket `parent` does, and patiently at a SIGTERM."""

    parent: socket.socket

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self.parent.setblocking(False)
        asyncio.get_running_loop().add_reader(self.parent, self.parent_ended)
        await super().startup(sockets)

    def announce(self, listeners: list[socket.socket]) -> None:
        with contextlib.suppress(OSError):  # it has ended
            self.parent.send(b"ready")

    def parent_ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self.parent)
        self.waits = False
        self.should_exit = True


def work() -> int:
    """Serve as the parent says. Returns the exit code."""
    parent = socket.socket(fileno=sys.stdin.fileno())
    with parent.makefile("rb") as lines:
        start = json.loads(lines.readline())
    listener = socket.socket(fileno=start["listener"])
    settings = Settings(**start["settings"])
    prepare_process()
    app = make_app(settings, listener)
    patient = {*PATIENT, signal.SIGTERM}
    server = Worker(app, count_of_replies(app), settings.grace, patient)
    server.parent = parent
    with contextlib.suppress(SystemExit):  # uvicorn's own, when the app does not start
        server.run([listener])
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(work())
