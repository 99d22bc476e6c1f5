"""`chatkit serve`: the finished app, or one of your own, in the foreground until Ctrl-C."""

import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from traceback import extract_tb

import httpx
from starlette.types import ASGIApp
from uvicorn.importer import ImportFromStringError, import_from_string
from uvicorn.server import HANDLED_SIGNALS

from chatkit.cli.model import find_model, model_reply, own_reply, turn_limits
from chatkit.cli.room import add_room, announce_room, is_private, urls_of_room
from chatkit.cli.settings import Settings
from chatkit.cli.valkey import reachable
from chatkit.cli.workers import run_workers
from chatkit.resources import react_folder
from chatkit.server.background import is_app
from chatkit.server.foreground import Foreground, collect_seldom
from chatkit.server.listening import listen
from chatkit.server.tracebacks import is_own
from chatkit.turns import Engine, Turns
from chatkit.web import add_react_page, create_app
from chatkit.web.routes import Service

WARNING = """\
chatkit serve: warning: every machine that can reach this one can use the chat. There is no
  password, and whoever is on the way can read what is sent."""
BREAKING = """
  With --faults, everybody can break the streams of everybody."""
SPENDING = """
  Each message goes to the model, and spends your money if that costs any."""
OPTIONS = """
  It answers to its numeric address, and to names that --allow-host gives. What one address may
  take: --max-streams-per-client, --max-streams, --max-message."""


def serve(settings: Settings) -> int:
    """Serve until a signal; returns the exit code. Exits with 1 if it cannot."""
    for number in HANDLED_SIGNALS:  # SIGINT too: a shell's background jobs start without it
        signal.signal(number, signal.default_int_handler)
    try:
        if settings.reply == "upstream" and "model" not in settings.upstream:
            model = find_model(settings.upstream.get("base_url"))
            settings = replace(settings, upstream=settings.upstream | {"model": model})
        with (
            listen(settings.host, settings.port) as listener,
            reachable(settings.valkey) as url,
        ):
            if not is_private(listener):
                print(warning(settings), file=sys.stderr, flush=True)
            settings = replace(settings, valkey=url)
            if settings.workers > 1:
                return run_workers(settings, listener)
            return serve_here(settings, listener)
    except OSError as error:
        sys.exit(f"chatkit serve: {error.strerror or error}")
    except KeyboardInterrupt:
        return 0


def warning(settings: Settings) -> str:
    """What others can do to a server that they reach."""
    if settings.app:
        return WARNING
    breaking = BREAKING if settings.faults else ""
    spending = SPENDING if settings.reply == "upstream" else ""
    return WARNING + breaking + spending + OPTIONS


def serve_here(settings: Settings, listener: socket.socket) -> int:
    """Serve in this process."""
    prepare_process()
    app = make_app(settings, listener)
    server = Announcing(app, writing=count_of_replies(app), grace=settings.grace)
    server.settings = settings
    with contextlib.suppress(SystemExit):  # uvicorn's own, when the app does not start
        server.run([listener])
    return 0 if server.started else 1


class Announcing(Foreground):
    """A server that says how others reach it, too."""

    settings: Settings

    def announce(self, listeners: list[socket.socket]) -> None:
        super().announce(listeners)
        for listener in listeners:
            announce_room(self.settings, listener)


def prepare_process() -> None:
    """What each process that serves does first."""
    collect_seldom()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(name)s: %(message)s")


def make_app(settings: Settings, listener: socket.socket) -> ASGIApp:
    """The app that is to be served. Exits with 1, and a line, if there is none."""
    if settings.app:
        app = own_app(settings.app, settings.workers)
    else:
        app = finished_app(settings, listener)
    if urls := urls_of_room(settings, listener):
        add_room(app, urls[0])
    return app


def own_app(name: str, workers: int) -> ASGIApp:
    app = load(name)
    turns = getattr(service_of(app), "turns", None)
    if workers > 1 and isinstance(turns, Turns):
        sys.exit(
            f"chatkit serve: {name} keeps its turns in memory, where no other worker "
            "finds them: give create_app() turns=ValkeyTurns(URL), or leave out --workers"
        )
    return app


def finished_app(settings: Settings, listener: socket.socket) -> ASGIApp:
    has_model = settings.reply == "upstream"
    if has_model:
        reply = model_reply(settings.upstream)
    else:
        reply = own_reply(settings.reply, settings.delay)
    hosts = settings.hosts
    if not is_private(listener):
        hosts = [*hosts, settings.host]
    if settings.room_url:
        hosts = [*hosts, httpx.URL(settings.room_url).host]
    app = create_app(
        reply,
        turns=engine(settings),
        hosts=hosts,
        origins=settings.origins,
        faults=settings.faults,
        dialects=settings.dialects,
        **settings.limits,
    )
    app.state.page_settings["model"] = "yes" if has_model else ""
    add_react_page(app, react_folder() / "dist", app.state.service.heartbeat)
    return app


def engine(settings: Settings) -> Engine:
    limits = turn_limits(settings.upstream)
    if not settings.valkey:
        return Turns(limits)
    from chatkit.turns.valkey import ValkeyTurns

    return ValkeyTurns(settings.valkey, limits)


def service_of(app: ASGIApp) -> Service | None:
    """What create_app() has put into the app; None: it is another app."""
    found = getattr(getattr(app, "state", None), "service", None)
    return found if isinstance(found, Service) else None


def count_of_replies(app: ASGIApp) -> Callable[[], int]:
    """What says how many replies the app is writing in this process."""
    service = service_of(app)
    return lambda: len(service.writers) if service else 0


def load(name: str) -> ASGIApp:
    """The app that "module:name" names. Exits with 1 if there is none."""
    sys.path.insert(0, os.getcwd())
    try:
        found = import_from_string(name)
    except ImportFromStringError as error:
        sys.exit(f"chatkit serve: {error} It was looked for in {os.getcwd()} first.")
    except Exception as error:  # of the module's own code, or of what that imports
        sys.exit(f"chatkit serve: {name}: {raised(error)}")
    if not is_app(found):
        sys.exit(f"chatkit serve: {name} is not an ASGI app, such as create_app() returns")
    app: ASGIApp = found
    return app


def raised(error: Exception) -> str:
    """An error in one line, with the last line of a person's own code that led to it."""
    words = " ".join(f"{type(error).__name__}: {error}".split())
    own = [frame for frame in extract_tb(error.__traceback__) if is_own(frame.filename)]
    return f"{words} ({own[-1].filename}, line {own[-1].lineno})" if own else words
