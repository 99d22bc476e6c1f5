"""The HTTP side: create_app() puts the app together.

The task that writes a turn belongs to the app, not to a request: a reader that leaves stops
nothing.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware

from chatkit.faults.lab import add_fault_lab
from chatkit.limits.body import BodyLimit
from chatkit.limits.hosts import HostCheck
from chatkit.limits.streams import OpenStreams
from chatkit.replies.reply import Reply, check_reply, echo
from chatkit.resources import folder
from chatkit.turns import Engine, Turns
from chatkit.turns.turn import check_numbers
from chatkit.web.answers import NoStore, explain_invalid, refusals
from chatkit.web.dialects import add_dialects
from chatkit.web.page import add_page
from chatkit.web.routes import Service, router

DESCRIPTION = """\
`POST /turns` starts a reply. `GET` its `events` to follow it, from any point, any number of times.
(This viewer is loaded from the network; the description itself is at `openapi.json`.)
"""


def create_app(
    reply: Reply = echo,
    turns: Engine | None = None,
    *,
    max_message: int = 100_000,
    max_wait: float = 30.0,
    max_streams: int = 3000,
    max_streams_per_client: int = 1500,
    heartbeat: float = 15.0,
    stalled: float = 30.0,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    static: str | Path | None = None,
    faults: bool = False,
    dialects: bool = False,
    max_conversation: int = 1_000_000,
) -> FastAPI:
    """The chat app: the page, and the turns behind it.

    `reply` writes the replies. `turns` keeps them, within limits of its own (default: `Turns()`,
    in the memory of this process, so the app can have only one).

    - `max_message`: the longest message, in bytes of UTF-8 (else 413)
    - `max_wait`: seconds that the body of a request may take to come (else 408)
    - `max_streams`, `max_streams_per_client`: event streams open at once, in all (else 503), and
      to one address (else 429); a classroom may share one address
    - `heartbeat`: seconds between two comments that keep an idle connection open (0: none)
    - `stalled`: a client that does not take such a comment within so many seconds is cut off, and
      can come back with its cursor (0, or no comments: never)
    - `hosts`: names of the server, without a port, besides those of this machine (else 421);
      "*" is any. What jupyter-server-proxy passes on needs none.
    - `origins`: of other sites whose pages may use the chat, as in "https://example.org"
    - `static`: the folder of the page
    - `faults`: adds the fault lab, with which every reader can break the streams
    - `dialects`: adds what the SDKs of other APIs speak: see `chatkit.web.dialects`
    - `max_conversation`: the largest body of a request, in bytes, where there are dialects: it
      brings all messages of a chat (else 413)

    Raises `TypeError` if `reply` cannot be a reply or `turns` an engine, or one name stands for a
    list of them, and `ValueError` for a bound that is not a number >= 0.
    """
    check_reply(reply)
    if turns is not None and (isinstance(turns, type) or not hasattr(turns, "say")):
        raise TypeError(f"turns is an engine, as in turns=Turns(), and not {turns!r}")
    check_numbers(max_message=max_message, max_wait=max_wait, heartbeat=heartbeat, stalled=stalled)
    check_numbers(max_streams=max_streams, max_streams_per_client=max_streams_per_client)
    check_numbers(max_conversation=max_conversation)
    service = Service(
        reply=reply,
        turns=Turns() if turns is None else turns,
        streams=OpenStreams(max_streams, max_streams_per_client),
        max_message=max_message,
        heartbeat=heartbeat,
        stalled=stalled,
        faults=faults,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await service.close()

    app = FastAPI(
        title="chatkit",
        summary="A chat whose replies stream over Server-Sent Events.",
        description=DESCRIPTION,
        lifespan=lifespan,
        responses=refusals(421),
        generate_unique_id_function=lambda route: route.name,
        exception_handlers={RequestValidationError: explain_invalid},
    )
    app.state.service = service
    app.include_router(router)
    if faults:
        add_fault_lab(app)
    # A message takes six bytes of JSON a byte at the most; the rest is room for the names.
    max_body = max(6 * max_message + 1000, max_conversation if dialects else 0)
    guard(app, max_body, max_wait, hosts, origins)
    if dialects:
        add_dialects(app)
    add_page(app, folder("static") if static is None else Path(static), heartbeat, faults)
    return app


def guard(
    app: FastAPI,
    max_body: int,
    max_wait: float,
    hosts: Collection[str],
    origins: Collection[str],
) -> None:
    """Put the checks that every request has to pass around `app`. The last one comes first."""
    if isinstance(hosts, str) or isinstance(origins, str):  # it would be read by its letters
        raise TypeError('hosts and origins are lists of names, as in hosts=["chat.example"]')
    app.add_middleware(BodyLimit, limit=max_body, seconds=max_wait)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["*"],  # such as Last-Event-ID; an SDK has many of its own
            expose_headers=["Location", "Retry-After"],
        )
    app.add_middleware(HostCheck, hosts=hosts)
    app.add_middleware(NoStore)
