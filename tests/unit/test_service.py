"""The app's own order: what is closed before what."""

import asyncio

from log_contract import Waiting, in_loop

from chatkit import create_app
from chatkit.turns import Turns
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
