"""A server in a background thread, made for notebooks: serve()."""

import asyncio
import atexit
import contextlib
import logging
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from chatkit.beacon import Beacon
from chatkit.connection import Connection
from chatkit.ending import end_requests
from chatkit.listening import listen
from chatkit.live_requests import LiveRequests
from chatkit.show import show_page, show_text
from chatkit.stack import OwnLines, running_line, waiting_line

SILENCE = 50  # times that an event loop is asked in vain, 0.01 s apart, before it counts as blocked
PATIENCE = 200  # times that the tasks of a stopping server are asked to end, 0.01 s apart
NO_LOG = "no warnings, no errors"
SHOWN = 20_000  # characters of a log that is shown
START_TIMEOUT = 30.0  # seconds that the start-up of an app may take

_servers: dict[str, "Server"] = {}  # by name; a stopped one keeps its port for the next


class Server:
    """A running server. Made by `serve`.

    `url` ends with "/". `log` is what uvicorn, sse-starlette, asyncio and chatkit had to say in
    the server's thread: warnings and errors, which are never printed. A traceback in it names the
    lines of your own code, if there are any. What your own code logs or prints stays its own.
    """

    def __init__(self, app: ASGIApp, name: str, listener: socket.socket, nonce: str) -> None:
        self.name = name
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.nonce = nonce
        self._listener = listener
        self._requests = LiveRequests(app)
        config = uvicorn.Config(
            Beacon(self._requests, nonce),
            http=Connection,
            log_config=None,
            access_log=False,
            workers=1,
        )
        self._uvicorn = _Uvicorn(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._log: deque[str] = deque(maxlen=1000)
        self._replace_shown_log: Callable[[str], None] | None = None
        self._asked_in_vain = 0  # since the loop last ran what it was given
        self._left_behind = False  # its thread could not be ended
        self._thread = threading.Thread(target=self._run, name=f"chatkit {name}", daemon=True)

    def __repr__(self) -> str:
        return f"<Server {self.name!r}: {'running' if self.running else 'stopped'}>"

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and self._uvicorn.started and not self._uvicorn.should_exit

    @property
    def log(self) -> str:
        """Warnings and errors, newest last, a thousand at most; empty while all is well."""
        return "\n".join(self._log)

    def show(self, path: str = "", height: int = 480) -> None:
        """Show a page of this server in the cell, in a frame `height` pixels high."""
        show_page(self.port, self.nonce, path, height)

    def show_log(self) -> None:
        """Show the end of the log in the cell, and keep it up to date.

        That goes for later servers of this name too.
        """
        self._replace_shown_log = show_text(self._end_of_log)

    def stop(self) -> None:
        """Stop the server and free its port. Open streams end. Repeating it is harmless."""
        self._end()
        self._listener.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        _log.takers[threading.get_ident()] = self._take_line
        try:
            with asyncio.Runner(loop_factory=self._uvicorn.config.get_loop_factory()) as runner:
                self._loop = runner.get_loop()
                # The server closes the socket that it is given. Ours stays open, so that a reader
                # who comes while the server is being replaced waits instead of being refused.
                with self._listener.dup() as listener:
                    runner.run(self._uvicorn.serve(sockets=[listener]))
        except BaseException as error:  # SystemExit: the app did not start
            self._take_line(f"the server ended: {error!r}")
        finally:
            _log.takers.pop(threading.get_ident(), None)

    def _take_line(self, line: str) -> None:
        self._log.append(line)
        self._update_shown_log()

    def _update_shown_log(self) -> None:
        if self._replace_shown_log is not None:
            self._replace_shown_log(self._end_of_log)

    @property
    def _end_of_log(self) -> str:
        return self.log[-SHOWN:] or NO_LOG

    def _start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT
        try:
            while not self._uvicorn.started:
                self._thread.join(0.001)
                if not self._thread.is_alive():
                    raise self._requests.startup_error or RuntimeError(
                        f"the server {self.name!r} did not start:\n{self.log}"
                    )
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"the app has not started within {START_TIMEOUT:g} s. It is at "
                        + running_line(self._thread.ident or 0)
                    )
        except BaseException:  # a KeyboardInterrupt too
            self.stop()
            raise

    def _end(self) -> None:
        """End the thread. If it cannot be ended, leave it behind, and say why."""
        self._uvicorn.should_exit = True
        self._asked_in_vain = asked = 0
        while self._thread.is_alive() and not self._left_behind:
            asked += 1
            self._asked_in_vain += 1
            self._call(partial(self._end_requests, asked))
            self._thread.join(0.01)
            # Counted, not timed: on a busy machine this thread gets its turns late as well.
            if self._asked_in_vain > SILENCE:
                line = running_line(self._thread.ident or 0)
                self._leave_behind(f"Its event loop is blocked: {line}")
                return
            if asked > PATIENCE and self._loop is not None:
                line = waiting_line(self._loop)
                self._stop_loop()
                self._leave_behind(f"A task did not end when it was cancelled: {line}")
                return

    def _end_requests(self, asked: int) -> None:
        self._asked_in_vain = 0
        self._uvicorn.told_to_exit.set()
        end_requests(self._requests, self._uvicorn, asked)

    def _stop_loop(self) -> None:
        """Stop the loop itself, with tasks in it that will never end."""
        loop = self._loop
        assert loop is not None

        def stop() -> None:
            for task in asyncio.all_tasks(loop):
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            loop.stop()

        for _ in range(PATIENCE):
            if not self._thread.is_alive():
                return
            self._call(stop)  # more than once: closing the loop runs it again
            self._thread.join(0.01)

    def _leave_behind(self, reason: str) -> None:
        if self._thread.is_alive():
            # Nobody may connect to a thread that will never answer.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._left_behind = True
        print(f"The server {self.name!r} was stopped by force. {reason}")

    def _call(self, function: Callable[[], None]) -> None:
        """Call a function in the loop's thread."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(function)


class _Uvicorn(uvicorn.Server):
    """Exits when it is told to, not at the next of its ticks."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.told_to_exit = asyncio.Event()

    async def main_loop(self) -> None:
        while not await self.on_tick(0):  # which renews the Date header
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.told_to_exit.wait(), 1)


def serve(app: ASGIApp, name: str = "default", port: int = 0) -> Server:
    """Run an ASGI app in a background thread, on this machine only; return when it answers.

    `name` is a place for one server: called again with the same name, `serve` replaces the
    server that was there, on the same port, so that open pages reconnect to the new app.
    `port` 0 takes any free port the first time.

    Raises what the app raises while it starts, `TypeError` for what is no app, and `OSError`
    if the port is taken. The server that was there before is stopped all the same, except
    when the port is the problem.
    """
    if not callable(app) or isinstance(app, type):
        raise TypeError(f"serve() takes an ASGI app, such as FastAPI(), not {app!r}")
    old = _servers.get(name)
    if old is not None and port in (0, old.port):
        listener = _take_over(old, port)
    else:
        listener = listen("127.0.0.1", port)
        if old is not None:
            old.stop()
    server = Server(app, name, listener, old.nonce if old else secrets.token_urlsafe(16))
    if old is not None:
        server._replace_shown_log, old._replace_shown_log = old._replace_shown_log, None
        server._update_shown_log()
    _servers[name] = server
    server._start()
    return server


def _take_over(old: Server, port: int) -> socket.socket:
    """Stop a server, and return a listener on its port: its own, so that nobody is refused."""
    kept = None
    with contextlib.suppress(OSError):  # it has been stopped already
        kept = old._listener.dup()
    old.stop()
    if kept is not None and not old._left_behind:
        return kept
    if kept is not None:
        kept.close()
    try:
        return listen("127.0.0.1", old.port)
    except OSError:
        if port:
            raise
        return listen("127.0.0.1", 0)


class _ThreadLog(logging.Filter):
    """Keeps what is logged in a server's thread from being printed, wherever that would be."""

    def __init__(self) -> None:
        super().__init__()
        self.takers: dict[int, Callable[[str], None]] = {}  # by thread

    def filter(self, record: logging.LogRecord) -> bool:
        take = self.takers.get(record.thread or 0)
        if take is None:
            return True
        if record.levelno >= logging.WARNING:
            take(OwnLines().format(record))
        return False


_log = _ThreadLog()
for _logger in ("uvicorn.error", "chatkit.turns", "sse_starlette.sse", "asyncio"):
    logging.getLogger(_logger).addFilter(_log)


@atexit.register
def _stop_all() -> None:
    for server in list(_servers.values()):
        server.stop()
