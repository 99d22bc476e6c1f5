"""`chatkit serve`: the finished app, or one of your own, in the foreground until Ctrl-C."""

import contextlib
import inspect
import ipaddress
import logging
import os
import signal
import sys
from collections.abc import Collection

from starlette.types import ASGIApp
from uvicorn.importer import ImportFromStringError, import_from_string
from uvicorn.server import HANDLED_SIGNALS

from chatkit.replies import Reply
from chatkit.server.foreground import Foreground, address, collect_seldom
from chatkit.server.listening import listen
from chatkit.web import create_app


def serve(
    app: str | None,
    host: str,
    port: int,
    reply: Reply,
    *,
    hosts: Collection[str] = (),
    faults: bool = False,
    dialects: bool = False,
) -> int:
    """Serve until SIGINT or SIGTERM; returns the exit code. Exits with 1 if it cannot.

    `app` is "module:name", looked for in the working folder first; None: the finished app, for
    which `reply` and what follows it are.
    `hosts` are names of the server besides those of this machine. Without any, a server that
    other machines can reach answers to every name: it cannot know its own.
    """
    collect_seldom()
    for number in HANDLED_SIGNALS:  # SIGINT too: a shell's background jobs start without it
        signal.signal(number, signal.default_int_handler)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(name)s: %(message)s")
    try:
        found = load(app) if app else None
        listener = listen(host, port)
        if not ipaddress.ip_address(address(listener)).is_loopback:
            print(
                "chatkit serve: warning: every machine that can reach this one can use the chat",
                file=sys.stderr,
            )
            hosts = [*hosts, host] if hosts else ["*"]
        if found is None:
            found = create_app(reply, hosts=hosts, faults=faults, dialects=dialects)
        server = Foreground(found)
        with contextlib.suppress(SystemExit):  # uvicorn's own, when the app does not start
            server.run([listener])
    except OSError as error:
        sys.exit(f"chatkit serve: {error.strerror or error}")
    except KeyboardInterrupt:
        return 0
    return 0 if server.started else 1


def load(name: str) -> ASGIApp:
    """The app that "module:name" names. Exits with 1 if there is none."""
    sys.path.insert(0, os.getcwd())
    try:
        found = import_from_string(name)
    except ImportFromStringError as error:
        sys.exit(f"chatkit serve: {error}")
    except ModuleNotFoundError as error:  # one that the module itself needs
        sys.exit(f"chatkit serve: {name}: {error}")
    if not is_app(found):
        sys.exit(f"chatkit serve: {name} is not an ASGI app, such as create_app() returns")
    app: ASGIApp = found
    return app


def is_app(found: object) -> bool:
    """Whether it can be called as ASGI calls an app: with a scope, receive and send."""
    if not callable(found) or isinstance(found, type):
        return False
    try:
        inspect.signature(found).bind({}, None, None)
    except TypeError:
        return False
    except ValueError:  # it has no signature to look at
        pass
    return True
