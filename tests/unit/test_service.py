"""The app's own order: what is closed before what."""

import asyncio
from typing import Any

import pytest
from log_contract import Waiting, ending, events, in_loop, reply_of

from chatkit import create_app
from chatkit.turns import EngineDown, Turn, Turns
from chatkit.web.answers import NewTurn


class Noting(Turns):
    """An engine that notes how many turns are being written when it is closed."""

    live: int | None = None

    async def close(self) -> None:
        self.live = (await self.counts()).live
        await super().close()


@in_loop
async def test_writers_stop_before_the_engine_closes() -> None:
    turns = Noting()
    reply = Waiting()
    app = create_app(lambda messages: reply.pieces(), turns)
    async with app.router.lifespan_context(app):
        turn = await app.state.service.say(NewTurn(message="m"))
        while turn.last == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert turns.live is None
    assert turns.live == 0
    assert reply.closed.is_set()


class Away(Turns):
    """An engine that is away as soon as a message has been said."""

    said = False

    async def say(self, *arguments: Any) -> Turn:
        turn = await super().say(*arguments)
        self.said = True
        return turn

    async def chat(self, chat_id: str) -> list[Turn]:
        if self.said:
            raise EngineDown("Away.")
        return await super().chat(chat_id)


@in_loop
async def test_what_fails_after_a_message_was_said_fails_its_turn(
    caplog: pytest.LogCaptureFixture,
) -> None:
    turns = Away()
    app = create_app(lambda messages: reply_of("a"), turns)
    async with app.router.lifespan_context(app):
        turn = await app.state.service.say(NewTurn(message="m"))
        assert ending(await events(turn))["status"] == "failed"
        assert (await turns.counts()).live == 0
    assert "EngineDown: Away." in caplog.text
