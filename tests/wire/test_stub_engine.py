"""An engine needs no more than the protocol says: one of forty lines runs the whole app."""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import httpx
import pytest
from sse_client import post, read, text
from waiting import until

from chatkit import Server, create_app, echo
from chatkit.replies import Message, upstream
from chatkit.replies.words import words
from chatkit.turns import Counts, Engine, EngineDown, Limits, LogEvent, Turn, Turns


class StubTurns:
    """Keeps every turn for ever, in one list."""

    def __init__(self) -> None:
        self.all: list[Turn] = []

    async def say(self, message, chat=None, parent=...):  # type: ignore[no-untyped-def]
        if isinstance(parent, str):
            chat = (await self.get(parent)).chat
        before = await self.chat(chat or "")
        if parent is ...:
            parent = before[-1].id if before else None
        turn = Turn(message, chat or f"chat-{len(self.all)}", parent, Limits())
        self.all.append(turn)
        return turn

    async def get(self, turn_id: str) -> Turn:
        for turn in self.all:
            if turn.id == turn_id:
                return turn
        raise KeyError(turn_id)

    async def chat(self, chat_id: str) -> list[Turn]:
        return [turn for turn in self.all if turn.chat == chat_id]

    async def cancel(self, turn_id: str) -> Turn:
        turn = await self.get(turn_id)
        if turn.status == "streaming":
            await turn.finish("cancelled")
        if turn.writer is not None:
            turn.writer.cancel()
        return turn

    async def counts(self) -> Counts:
        return Counts(len(self.all), sum(turn.status == "streaming" for turn in self.all))

    async def close(self) -> None:
        self.all.clear()


def test_the_app_runs_on_it(start) -> None:  # type: ignore[no-untyped-def]
    engine: Engine = StubTurns()
    app = create_app(echo(delay=0), turns=engine)
    server: Server = start(app)
    first = post(server.url, "one")
    assert text(read(first["events"])) == "one"
    second = post(server.url, "two", parent=first["turn"])
    assert text(read(second["events"])) == "two"
    chat = httpx.get(f"{server.url}chats/{first['chat']}").json()["turns"]
    assert [turn["parent"] for turn in chat] == [None, first["turn"]]
    stopped = httpx.post(f"{server.url}turns/{second['turn']}/cancel").json()
    assert stopped["status"] == "done"
    assert httpx.get(server.url + "turns/unknown").status_code == 404
    assert httpx.get(server.url + "healthz").json()["turns"] == 2
    until(lambda: len(app.state.service.writers) == 0)


def test_a_reply_that_waits_is_stopped_with_its_turn(start) -> None:  # type: ignore[no-untyped-def]
    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        yield "a"
        await asyncio.Event().wait()

    app = create_app(reply, turns=StubTurns())
    server: Server = start(app)
    turn = post(server.url, "one")["turn"]
    assert httpx.post(f"{server.url}turns/{turn}/cancel").json()["status"] == "cancelled"
    until(lambda: len(app.state.service.writers) == 0)


@pytest.mark.parametrize("turns", [Turns, 5])
def test_an_engine_is_not_its_class(turns: object) -> None:
    with pytest.raises(TypeError, match=r"turns is an engine, as in turns=Turns\(\)"):
        create_app(turns=turns)  # type: ignore[arg-type]


class BreakingTurn(Turn):
    """An engine's turn that cannot be read on after two events."""

    async def events(self, after: int = 0) -> AsyncGenerator[LogEvent, None]:
        async with aclosing(super().events(after)) as events:
            async for event in events:
                if event.number > 2:
                    raise EngineDown("The store is away.")
                yield event


@pytest.mark.parametrize("path", ["openai/v1/chat/completions", "ollama/api/chat"])
def test_a_reply_that_cannot_be_read_is_no_success(start, path) -> None:  # type: ignore[no-untyped-def]
    class BreakingTurns(StubTurns):
        async def say(self, *message):  # type: ignore[no-untyped-def]
            turn = await super().say(*message)
            turn.__class__ = BreakingTurn
            return turn

    server: Server = start(create_app(echo(delay=0.01), turns=BreakingTurns(), dialects=True))
    messages = [{"role": "user", "content": "hello there"}]
    asked = {"model": "chatkit", "messages": messages, "stream": False}
    answer = httpx.post(server.url + path, json=asked)
    assert answer.status_code == 503
    assert "The store is away." in answer.text


def test_a_reply_is_stopped_on_it(start) -> None:  # type: ignore[no-untyped-def]
    server: Server = start(create_app(echo(delay=0.01), turns=StubTurns()))
    turn = post(server.url, "x" * 100_000)
    httpx.post(f"{server.url}turns/{turn['turn']}/cancel")
    assert read(turn["events"])[-1].type == "end"


@pytest.mark.parametrize("value", [-1, math.nan, "15", None, True])
def test_a_bound_is_a_number(value: object) -> None:
    for name in (
        "heartbeat",
        "stalled",
        "max_message",
        "max_wait",
        "max_streams",
        "max_conversation",
    ):
        with pytest.raises(ValueError, match=f"{name} is a number >= 0, and not {value!r}"):
            create_app(**{name: value})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="kept is a number >= 0"):
        Limits(kept=value)  # type: ignore[arg-type]
    for make in (echo, words):
        with pytest.raises(ValueError, match="delay is a number >= 0"):
            make(delay=value)  # type: ignore[operator]
    for name in ("max_history", "connect", "silence"):
        with pytest.raises(ValueError, match=f"{name} is a number >= 0"):
            upstream("http://127.0.0.1:9/v1", "m", **{name: value})  # type: ignore[arg-type]
