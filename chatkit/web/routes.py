"""The routes of the chat. `POST` starts a turn, `GET` follows it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from chatkit.limits.streams import OpenStreams
from chatkit.replies.reply import Message, Reply, alternate, call, failed, history
from chatkit.turns import (
    ChatFull,
    Engine,
    EngineDown,
    OtherChat,
    TooManyTurns,
    Turn,
    Writers,
    path_to,
)
from chatkit.web.answers import (
    ChatState,
    Health,
    NewTurn,
    TurnStarted,
    TurnState,
    cursor,
    refusals,
)
from chatkit.web.event_stream import EventStream

UNKNOWN = "Unknown {}: never started, no longer kept, or kept by another process of this server."


@dataclass(frozen=True, kw_only=True)
class Service:
    """What the routes work with. `create_app` makes it, and keeps it as `app.state.service`."""

    reply: Reply
    turns: Engine
    streams: OpenStreams
    max_message: int  # bytes
    heartbeat: float  # seconds
    stalled: float  # seconds
    faults: bool
    writers: Writers = field(default_factory=Writers)

    async def say(self, new: NewTurn) -> Turn:
        """Start a turn, and the task that writes its reply, which belongs to no request."""
        parent = new.parent if "parent" in new.model_fields_set else ...
        turn = await self.turns.say(new.message, new.chat, parent)
        try:
            path = path_to(turn, await self.turns.chat(turn.chat))
            pieces = call(self.reply, history(path))
        except Exception as error:  # the message is said already, so it is the reply that fails
            pieces = failed(error)
        self.writers.start(turn, pieces)
        return turn

    async def answer(
        self,
        messages: list[Message],
        chat: str | None = None,
        parent: str | EllipsisType | None = ...,
    ) -> Turn:
        """The same for a client that keeps the history itself: the last message is the user's."""
        turn = await self.turns.say(messages[-1]["content"], chat, parent)
        self.writers.start(turn, call(self.reply, alternate(messages)))
        return turn

    async def close(self) -> None:
        """Stop the writers, then let go of the turns."""
        await self.writers.close()
        await self.turns.close()


async def service(request: Request) -> AsyncIterator[Service]:
    try:
        yield request.app.state.service
    except EngineDown as error:
        raise HTTPException(503, str(error), {"Retry-After": "1"}) from None


AService = Annotated[Service, Depends(service)]


async def find(turn: str, service: AService) -> Turn:
    try:
        return await service.turns.get(turn)
    except KeyError:
        raise HTTPException(404, UNKNOWN.format("turn")) from None


async def count_stream(request: Request, service: AService) -> AsyncIterator[None]:
    """Count a stream as open, until the last byte of it is sent."""
    client = request.client.host if request.client else "an unknown address"
    with service.streams.count(client):
        yield


@contextmanager
def refusing() -> Iterator[None]:
    """Say why a turn does not start, with 404, 409 or 503."""
    try:
        yield
    except KeyError:
        raise HTTPException(404, UNKNOWN.format("parent")) from None
    except (ChatFull, OtherChat) as error:
        raise HTTPException(409, str(error)) from None
    except TooManyTurns as error:
        raise HTTPException(503, str(error), {"Retry-After": "1"}) from None


ATurn = Annotated[Turn, Depends(find)]

router = APIRouter()


@router.post(
    "/turns", status_code=201, tags=["chat"], responses=refusals(400, 404, 408, 409, 413, 422, 503)
)
async def start_turn(new: NewTurn, response: Response, service: AService) -> TurnStarted:
    """Take a message and start writing the reply."""
    if len(new.message.encode()) > service.max_message:
        raise HTTPException(413, f"The message is larger than {service.max_message:,} bytes.")
    with refusing():
        turn = await service.say(new)
    response.headers["Location"] = f"turns/{turn.id}"
    return TurnStarted(turn=turn.id, chat=turn.chat, events=f"turns/{turn.id}/events")


@router.get(
    "/turns/{turn}/events",
    tags=["chat"],
    response_class=Response,
    responses={
        200: {
            "description": "The events, as the HTML Standard writes an event stream. Each has the "
            "number that is its `id`.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        204: {"description": "The reader has everything: there is nothing to reconnect for"},
        **refusals(400, 404, 422, 429, 503),
    },
    dependencies=[Depends(count_stream)],
)
async def follow_turn(
    turn: ATurn, after: Annotated[int, Depends(cursor)], service: AService
) -> Response:
    """Stream the events of a turn that the reader does not have yet.

    Read it with an `EventSource`, httpx-sse or the like, which give each event when it comes.
    Pieces of text are `message` events whose data is a JSON string. The last event is
    `end`, or `failure`. `reset` says that the cursor was not one of this turn; the log
    follows from its start.
    """
    if turn.status != "streaming" and after == turn.last:
        return Response(status_code=204)
    return EventStream(turn.follow(after), service.heartbeat, service.stalled)


@router.get("/turns/{turn}", tags=["chat"], responses=refusals(404, 422, 503))
@router.head("/turns/{turn}", include_in_schema=False)
async def read_turn(turn: ATurn) -> TurnState:
    """A turn as it stands now, without streaming."""
    return TurnState.of(turn)


@router.post("/turns/{turn}/cancel", tags=["chat"], responses=refusals(404, 422, 503))
async def cancel_turn(turn: ATurn, service: AService) -> TurnState:
    """Stop writing the reply, whoever reads it. Idempotent: repeating it is harmless."""
    return TurnState.of(await service.turns.cancel(turn.id))


@router.get("/chats/{chat}", tags=["chat"], responses=refusals(404, 422, 503))
@router.head("/chats/{chat}", include_in_schema=False)
async def read_chat(chat: str, service: AService) -> ChatState:
    """The turns of a chat, oldest first: a page that is loaded again starts from here."""
    found = await service.turns.chat(chat)
    if not found:
        raise HTTPException(404, UNKNOWN.format("chat"))
    return ChatState(chat=chat, turns=[TurnState.of(turn) for turn in found])


@router.get("/healthz", tags=["server"], responses=refusals(503))
@router.head("/healthz", include_in_schema=False)
async def health(service: AService) -> Health:
    """Whether the server answers, and how busy it is."""
    turns, live = await service.turns.counts()
    streams = len(service.streams)
    return Health(status="ok", turns=turns, live=live, streams=streams, faults=service.faults)
