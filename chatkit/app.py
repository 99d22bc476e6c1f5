"""The HTTP side: create_app() and its routes.

`POST` starts a turn, `GET` follows it. The task that writes a turn belongs to the app, not
to a request: a reader that leaves stops nothing.
"""

import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chatkit.body_limit import BodyLimit
from chatkit.event_stream import EventStream
from chatkit.fault_lab import add_fault_lab
from chatkit.hosts import HostCheck
from chatkit.open_streams import OpenStreams
from chatkit.page import add_page
from chatkit.replies import Reply, call, check_reply, echo, history
from chatkit.resources import folder
from chatkit.turns import ChatFull, Status, TooManyTurns, Turn, Turns


class NewTurn(BaseModel):
    """What a person says, and in which chat. Without `chat` a new one is started.

    `replaces` is a turn of this chat, whose message or reply was not wanted: it and all that came
    after it leave the chat.
    """

    message: str = Field(min_length=1, examples=["Hello"])
    chat: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")
    replaces: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{1,64}$")


class TurnStarted(BaseModel):
    """The ids of a turn, and the URL of its events, relative to the page."""

    turn: str
    chat: str
    events: str = Field(examples=["turns/6hVw.../events"])


class TurnState(BaseModel):
    """A turn as it stands now. `last` is the number of its newest event."""

    turn: str
    chat: str
    status: Status
    message: str
    reply: str
    last: int


class ChatState(BaseModel):
    """The turns of a chat, oldest first."""

    chat: str
    turns: list[TurnState]


class Health(BaseModel):
    """The server answers, and how busy it is."""

    status: str
    turns: int  # kept, finished ones included
    live: int  # turns being written
    streams: int  # open event streams
    faults: bool  # whether the fault lab is there


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str


Responses = dict[int | str, dict[str, Any]]


def problem(status: int, description: str) -> Responses:
    """Describe an error answer, for the documentation of a route."""
    return {status: {"model": Problem, "description": description}}


def state(turn: Turn) -> TurnState:
    return TurnState(
        turn=turn.id,
        chat=turn.chat,
        status=turn.status,
        message=turn.message,
        reply=turn.reply,
        last=turn.last,
    )


def cursor(
    last_event_id: Annotated[
        str | None, Header(description="The last event that the reader has. Comes first.")
    ] = None,
    after: Annotated[
        str | None, Query(description="The same, for a reader that cannot set headers.")
    ] = None,
) -> int:
    """Where a reader wants to go on: the number of the last event that it has."""
    value = last_event_id or after
    if value is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise HTTPException(400, f"The cursor must be a whole number, not {value[:40]!r}.")
    return int(value)


def create_app(
    reply: Reply = echo,
    turns: Turns | None = None,
    *,
    max_message: int = 100_000,
    max_wait: float = 30.0,
    max_streams: int = 3000,
    max_streams_per_client: int = 1500,
    heartbeat: float = 15.0,
    stalled: float = 30.0,
    hosts: Collection[str] = (),
    origins: Collection[str] = (),
    static: Path | None = None,
    faults: bool = False,
) -> FastAPI:
    """The chat app: the page, and the turns behind it.

    `reply` writes the replies. `turns` holds them (default: in memory), within limits of its own.

    - `max_message`: the longest message, in bytes of UTF-8 (else 413)
    - `max_wait`: seconds that the body of a request may take to come (else 408)
    - `max_streams`, `max_streams_per_client`: event streams open at once, in all (else 503), and
      to one address (else 429); a classroom may share one address
    - `heartbeat`: seconds between two comments that keep an idle connection open (0: none)
    - `stalled`: a reader that does not take such a comment within so many seconds is cut off,
      and can come back with its cursor (0, or no comments: never)
    - `hosts`: names of the server, without a port, besides those of this machine (else 421);
      "*" is any. What jupyter-server-proxy passes on needs none.
    - `origins`: of other sites whose pages may use the chat, as in "https://example.org"
    - `static`: the folder of the page
    - `faults`: adds the fault lab, with which every reader can break the streams

    Raises `TypeError` if `reply` cannot be a reply.
    """
    check_reply(reply)
    turns = Turns() if turns is None else turns
    streams = OpenStreams(max_streams, max_streams_per_client)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await turns.close()

    app = FastAPI(
        title="chatkit",
        summary="A chat whose replies stream over Server-Sent Events.",
        description="`POST /turns` starts a reply. `GET` its `events` to follow it, from any "
        "point, any number of times. (This viewer is loaded from the network; the description "
        "itself is at `openapi.json`.)",
        lifespan=lifespan,
        responses=problem(421, "The server does not go by the name in the request's Host"),
        exception_handlers={RequestValidationError: explain_invalid},
    )

    async def find(turn: str) -> Turn:
        try:
            return await turns.get(turn)
        except KeyError:
            raise HTTPException(404, "Unknown turn: never started, or no longer kept.") from None

    async def replaced_by(new: NewTurn) -> list[Turn]:
        """The turns that a message takes the place of: one of its chat, and all after it."""
        if new.replaces is None:
            return []
        first = await find(new.replaces)
        chat = await turns.chat(first.chat)
        if new.chat not in (first.chat, None):
            raise HTTPException(409, "The message that is to be replaced is in another chat.")
        if first not in chat:
            raise HTTPException(409, "The chat was changed elsewhere: that message has left it.")
        return chat[chat.index(first) :]

    async def place(request: Request) -> AsyncIterator[None]:
        """Count a stream, until the last byte of it is sent."""
        client = request.client.host if request.client else "an unknown address"
        with streams.place(client):
            yield

    FoundTurn = Annotated[Turn, Depends(find)]  # noqa: N806 (a type)
    unknown_turn = problem(404, "Unknown turn")

    @app.post(
        "/turns",
        status_code=201,
        tags=["chat"],
        responses={
            **problem(400, "The request is not JSON in UTF-8"),
            **problem(404, "The turn to be replaced is unknown"),
            **problem(408, "The request did not come in time"),
            **problem(409, "The chat is full, or what is to be replaced is not in it"),
            **problem(413, "The message is too large"),
            **problem(503, "Too many replies are being written"),
        },
    )
    async def start_turn(new: NewTurn, response: Response) -> TurnStarted:
        """Take a message and start writing the reply."""
        if len(new.message.encode()) > max_message:
            raise HTTPException(413, f"The message is larger than {max_message:,} bytes.")
        replaced = await replaced_by(new)
        chat = replaced[0].chat if replaced else new.chat
        try:
            turn = await turns.create(new.message, chat, replaced)
        except TooManyTurns as error:
            raise HTTPException(503, str(error), {"Retry-After": "1"}) from None
        except ChatFull as error:
            raise HTTPException(409, str(error)) from None
        for old in replaced:
            with suppress(KeyError):  # the new turn may have taken the place of an old one
                await turns.withdraw(old.id)
        await turns.start(turn, call(reply, history(await turns.chat(turn.chat))))
        response.headers["Location"] = f"turns/{turn.id}"
        return TurnStarted(turn=turn.id, chat=turn.chat, events=f"turns/{turn.id}/events")

    @app.get(
        "/turns/{turn}/events",
        tags=["chat"],
        response_class=Response,
        responses={
            200: {"description": "The events", "content": {"text/event-stream": {}}},
            204: {"description": "The reader has everything: there is nothing to reconnect for"},
            **problem(400, "The cursor is malformed"),
            **unknown_turn,
            **problem(429, "The client has too many streams open"),
            **problem(503, "Too many streams are open"),
        },
        dependencies=[Depends(place)],
    )
    async def follow_turn(turn: FoundTurn, after: Annotated[int, Depends(cursor)]) -> Response:
        """Stream the events of a turn that the reader does not have yet.

        Pieces of text are `message` events whose data is a JSON string. The last event is
        `end`, or `failure`. `reset` says that the cursor was not one of this turn; the log
        follows from its start.
        """
        if turn.status != "streaming" and after == turn.last:
            return Response(status_code=204)
        return EventStream(turn.follow(after), heartbeat, stalled)

    @app.get("/turns/{turn}", tags=["chat"], responses=unknown_turn)
    async def read_turn(turn: FoundTurn) -> TurnState:
        """A turn as it stands now, without streaming."""
        return state(turn)

    @app.post("/turns/{turn}/cancel", tags=["chat"], responses=unknown_turn)
    async def cancel_turn(turn: FoundTurn) -> TurnState:
        """Stop writing the reply, whoever reads it. Repeating it is harmless."""
        return state(await turns.cancel(turn.id))

    @app.get("/chats/{chat}", tags=["chat"], responses=problem(404, "Unknown chat"))
    async def read_chat(chat: str) -> ChatState:
        """The turns of a chat, oldest first: a page that is loaded again starts from here."""
        found = await turns.chat(chat)
        if not found:
            raise HTTPException(404, "Unknown chat: never started, or no longer kept.")
        return ChatState(chat=chat, turns=[state(turn) for turn in found])

    @app.get("/healthz", tags=["server"])
    async def health() -> Health:
        """Whether the server answers, and how busy it is."""
        return Health(
            status="ok", turns=len(turns), live=turns.live, streams=len(streams), faults=faults
        )

    if faults:
        add_fault_lab(app)
    # A message takes six bytes of JSON a byte at the most; the rest is room for the names.
    guard(app, 6 * max_message + 1000, max_wait, hosts, origins)
    add_page(app, folder("static") if static is None else static)
    return app


def guard(
    app: FastAPI,
    max_body: int,
    max_wait: float,
    hosts: Collection[str],
    origins: Collection[str],
) -> None:
    """Put the checks that every request has to pass around `app`. The last one comes first."""
    app.add_middleware(BodyLimit, limit=max_body, seconds=max_wait)
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Last-Event-ID"],
            expose_headers=["Location", "Retry-After"],
        )
    app.add_middleware(HostCheck, hosts=hosts)


async def explain_invalid(_: Request, error: Exception) -> Response:
    """FastAPI's own answer, without the input: that may be large, or not even valid Unicode."""
    assert isinstance(error, RequestValidationError)
    wrong = [{key: item[key] for key in ("type", "loc", "msg")} for item in error.errors()]
    return JSONResponse({"detail": wrong}, 422)
