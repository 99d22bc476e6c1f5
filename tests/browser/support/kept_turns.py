"""Turns that outlive their server, as they do in an engine of their own. The test writes them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from types import EllipsisType
from typing import Any

from fastapi import FastAPI

from chatkit import create_app
from chatkit.turns import Turn, Turns


class KeptTurns(Turns):
    """`app()` again goes on with the same turns."""

    def __init__(self, write: Callable[[Turn], Coroutine[Any, Any, None]] | None = None) -> None:
        """Without `write`, nothing is written until the test does it."""
        super().__init__()
        self.loop: asyncio.AbstractEventLoop | None = None  # of the server that runs now
        self._write_turn = write
        self._tasks: list[asyncio.Task[None]] = []

    def app(self) -> FastAPI:
        """An app with these turns, which leaves the writing to the test."""
        app = create_app(turns=self)
        app.state.service.writers.start = self._start
        return app

    def _start(self, turn: Turn, pieces: AsyncIterator[str]) -> None:
        if self._write_turn is not None:
            self._tasks.append(asyncio.create_task(self._write_turn(turn)))

    async def say(
        self, message: str, chat: str | None = None, parent: str | EllipsisType | None = ...
    ) -> Turn:
        self.loop = asyncio.get_running_loop()
        return await super().say(message, chat, parent)

    async def get(self, turn_id: str) -> Turn:
        self.loop = asyncio.get_running_loop()
        return await super().get(turn_id)

    async def close(self) -> None:
        self.loop = None

    @property
    def newest(self) -> Turn:
        return list(self._turns.values())[-1]

    def start_again(self) -> None:
        """Let a turn without events stand where the newest one was, under its id."""
        turn = Turn(self.newest.message, self.newest.chat, self.newest.parent, self.limits)
        turn.id = self.newest.id
        self._turns[turn.id] = turn

    def write(self, *texts: str) -> None:
        """Append to the newest turn, whether a server runs or not."""
        for text in texts:
            self._do(self.newest.append(text))

    def finish(self) -> None:
        self._do(self.newest.finish())

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        if self.loop is not None:
            asyncio.run_coroutine_threadsafe(step, self.loop).result(60)
        else:
            # Not in this thread: Playwright keeps a loop running here.
            thread = threading.Thread(target=asyncio.run, args=(step,))
            thread.start()
            thread.join()
