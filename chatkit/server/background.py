"""A server in a background thread, made for notebooks: serve()."""

import asyncio
import atexit
import contextlib
import inspect
import secrets
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Any, Self

import uvicorn
from starlette.types import ASGIApp

from chatkit.limits.connection import Connection
from chatkit.notebook.beacon import Beacon
from chatkit.notebook.show import show_page
from chatkit.server.listening import listen
from chatkit.server.live_requests import LiveRequests
from chatkit.server.log import Messages
from chatkit.server.tracebacks import running_line

BLOCKED_AFTER = 50  # times that an event loop is asked in vain, 0.01 s apart
PATIENCE = 200  # times that the tasks of a stopping server are asked to end, 0.01 s apart
START_TIMEOUT = 30.0  # seconds that the start-up of an app may take

# By name; a stopped one keeps its port for the next. `importlib.reload` keeps them all.
_servers: dict[str, "Server"] = globals().get("_servers", {})


class Server:
    """A running server. Made by `serve`.

    `url` ends with "/". `messages` is what uvicorn, sse-starlette, asyncio and chatkit had to say
    in the server's thread: warnings and errors, which are never printed. A traceback in it names
    the lines of your own code, if there are any. What your own code logs or prints stays its own.
    """

    def __init__(
        self,
        app: ASGIApp,
        name: str,
        listener: socket.socket,
        nonce: str,
        connection: type[asyncio.Protocol],
    ) -> None:
        self.name = name
        self.port: int = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/"
        self.nonce = nonce
        self._listener = listener
        self._requests = LiveRequests(app)
        config = uvicorn.Config(
            Beacon(self._requests, nonce),
            http=connection,
            log_config=None,
            access_log=False,
            workers=1,
        )
        self._uvicorn = _Uvicorn(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._messages = Messages()
        self._asked_in_vain = 0  # since the loop last ran what it was given
        self._left_behind = False  # its thread could not be ended
        self._thread = threading.Thread(target=self._run, name=f"chatkit {name}", daemon=True)

    def __repr__(self) -> str:
        return f"<Server {self.name!r}: {'running' if self.running else 'stopped'}>"

    @property
    def running(self) -> bool:
        return self._thread.is_alive() and self._uvicorn.started and not self._uvicorn.should_exit

    @property
    def messages(self) -> str:
        """Warnings and errors, newest last, a thousand at most; empty while all is well."""
        return self._messages.text

    def show(self, path: str = "", height: int = 560) -> None:
        """Show a page of this server in the cell, in an iframe `height` pixels high."""
        show_page(self.port, self.nonce, path, height)

    def show_log(self) -> None:
        """Show the end of the messages in the cell, and keep it up to date.

        That goes for later servers of this name too.
        """
        self._messages.show()

    def stop(self) -> None:
        """Stop the server and free its port. Open streams end. Repeating it is harmless."""
        self._end()
        with contextlib.suppress(OSError):  # a forked process may still hold the listener
            self._listener.shutdown(socket.SHUT_RDWR)
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
        with self._messages.of_this_thread():
            try:
                factory = self._uvicorn.config.get_loop_factory()
                with asyncio.Runner(loop_factory=factory) as runner:
                    self._loop = runner.get_loop()
                    # The server closes the socket that it is given. Ours stays open, so that a
                    # client who comes while the server is being replaced waits, and is not refused.
                    with self._listener.dup() as listener:
                        runner.run(self._uvicorn.serve(sockets=[listener]))
            except BaseException as error:  # SystemExit: the app did not start
                self._messages.take(f"the server ended: {error!r}")

    def _start(self) -> None:
        self._thread.start()
        deadline = time.monotonic() + START_TIMEOUT
        try:
            while not self._uvicorn.started:
                self._thread.join(0.001)
                if not self._thread.is_alive():
                    raise self._requests.startup_error or RuntimeError(
                        f"the server {self.name!r} did not start:\n{self.messages}"
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
            if self._asked_in_vain > BLOCKED_AFTER:
                line = running_line(self._thread.ident or 0)
                self._leave_behind(f"Its event loop is blocked: {line}")
                return
            if asked > PATIENCE and self._loop is not None:
                self._stop_loop()
                self._leave_behind("A task did not end when it was cancelled.")
                return

    def _end_requests(self, asked: int) -> None:
        self._asked_in_vain = 0
        self._uvicorn.told_to_exit.set()
        self._requests.end(self._uvicorn, asked)

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


def is_app(found: Any) -> bool:
    """Whether it can be called as ASGI calls an app: with a scope, receive and send."""
    try:
        inspect.signature(found).bind({}, None, None)
    except TypeError:  # it cannot be called, or not so
        return False
    except ValueError:  # it has no signature to look at
        pass
    return True


def serve(
    app: ASGIApp,
    name: str = "default",
    port: int = 0,
    *,
    connection: type[asyncio.Protocol] = Connection,
) -> Server:
    """Run an ASGI app in a background thread, on this machine only; return when it answers.

    `name` belongs to one server at a time: called again with the same name, `serve` replaces the
    server that was there, on the same port, so that open pages reconnect to the new app.
    `port` 0 takes any free port the first time. `connection` bounds what one connection may take.

    Raises what the app raises while it starts, `TypeError` for what is not an app, and `OSError`
    if the port is taken. The server that was there before is stopped all the same, except
    when the port is the problem.
    """
    if not is_app(app):
        raise TypeError(f"serve() takes an ASGI app, such as FastAPI(), not {app!r}")
    old = _servers.get(name)
    if old is not None and port in (0, old.port):
        listener = _take_over(old, port)
    else:
        listener = listen("127.0.0.1", port)
        if old is not None:
            old.stop()
    nonce = old.nonce if old else secrets.token_urlsafe(16)
    server = Server(app, name, listener, nonce, connection)
    if old is not None:
        server._messages.take_place_of(old._messages)
    _servers[name] = server
    server._start()
    return server


def _take_over(old: Server, port: int) -> socket.socket:
    """Stop a server, and return a listener on its port: its own, so that nobody is refused."""
    kept = None
    with contextlib.suppress(OSError):  # it has been stopped already
        kept = old._listener.dup()
    old._end()
    if kept is not None and not old._left_behind:
        old._listener.close()
        return kept
    if kept is not None:
        kept.close()
    old.stop()
    try:
        return listen("127.0.0.1", old.port)
    except OSError:
        if port:
            raise
        return listen("127.0.0.1", 0)


@atexit.register
def _stop_all() -> None:
    for server in list(_servers.values()):
        server.stop()
