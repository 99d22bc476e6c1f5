"""What the server takes and answers: the shapes, the refusals, and the cursor."""

import re
from collections.abc import Awaitable
from typing import Annotated, Any

from fastapi import Header, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatkit.turns import Status, Turn

ID = r"^[A-Za-z0-9_-]{1,64}$"


class NewTurn(BaseModel):
    """What a person says, and where in which chat. Without `chat` a new one is started.

    `parent` is the turn that the message follows: left out, the newest of the chat; null, none.
    Two turns with the same parent are siblings: another try, which deletes nothing.
    """

    message: str = Field(min_length=1, examples=["Hello"])
    chat: str | None = Field(None, pattern=ID)
    parent: str | None = Field(None, pattern=ID)


class TurnStarted(BaseModel):
    """The ids of a turn, and the URL of its events, relative to the page."""

    turn: str
    chat: str
    events: str = Field(examples=["turns/6hVw.../events"])


class TurnState(BaseModel):
    """A turn as it stands now. `last` is the number of its newest event.

    `chars` (Unicode code points) and `sha256` (of the UTF-8 bytes) describe the whole reply; null
    while it is being written. `finish` is what a model has said of its end, if it has; `problem`
    says why the reply failed, if it did.
    """

    turn: str
    chat: str
    parent: str | None
    status: Status
    message: str
    reply: str
    reasoning: str
    last: int
    chars: int | None
    sha256: str | None
    finish: dict[str, Any] | None
    problem: str

    @classmethod
    def of(cls, turn: Turn) -> "TurnState":
        return cls(
            turn=turn.id,
            chat=turn.chat,
            parent=turn.parent,
            status=turn.status,
            message=turn.message,
            reply=turn.reply,
            reasoning=turn.reasoning,
            last=turn.last,
            chars=turn.summary.get("chars"),
            sha256=turn.summary.get("sha256"),
            finish=turn.summary.get("finish"),
            problem=turn.summary.get("message", ""),
        )


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


class InvalidPart(BaseModel):
    """What is wrong with a part of a request: `loc` says which part."""

    type: str
    loc: list[str | int]
    msg: str


class Invalid(BaseModel):
    """Why a request was refused that does not fit its description."""

    detail: list[InvalidPart]


REFUSALS = {
    400: "The request is not JSON in UTF-8, or the cursor is malformed",
    404: "Unknown turn or chat: never started, or no longer kept",
    408: "The request did not come in time",
    409: "It does not fit what is there: the chat is full, or the parent is in another chat",
    413: "The request is too large",
    421: "The server does not go by the name in the request's Host",
    422: "The request does not fit its description",
    429: "The client has too many streams open",
    503: "Too many replies are being written, too many streams are open, or the engine is away",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals of a route, for the documentation."""
    models = {422: Invalid}
    return {
        status: {"model": models.get(status, Problem), "description": REFUSALS[status]}
        for status in statuses
    }


async def explain_invalid(_: Request, error: Exception) -> JSONResponse:
    """FastAPI's own answer, without the input: that may be large, or not even valid Unicode."""
    assert isinstance(error, RequestValidationError)
    wrong = [{key: item[key] for key in ("type", "loc", "msg")} for item in error.errors()]
    return JSONResponse({"detail": wrong}, 422)


class NoStore:
    """ASGI middleware: no JSON answer is kept by a browser or a proxy.

    Without such a rule, Chromium shows an old list of a chat when somebody goes back to its page:
    https://github.com/mdn/content/pull/44575
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        def forbid(message: Message) -> Awaitable[None]:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("application/json"):
                    headers["Cache-Control"] = "no-store"
            return send(message)

        return self.app(scope, receive, forbid)


def cursor(
    last_event_id: Annotated[
        str | None, Header(description="The last event that the reader has. Comes first.")
    ] = None,
    after: Annotated[
        str | None, Query(description="The same, for a reader that cannot set headers.")
    ] = None,
) -> int:
    """Where a reader wants to go on: the number of the last event that it has."""
    given = [(value or "").strip(" \t") for value in (last_event_id, after)]
    value = given[0] or given[1] or "0"
    if not re.fullmatch(r"[0-9]{1,15}", value):
        raise HTTPException(400, f"The cursor must be a whole number, not {value[:40]!r}.")
    return int(value)
