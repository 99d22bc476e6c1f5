"""Turns that outlive their server, as they do in an engine of their own. The test writes them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from chatkit.turns import Turn, Turns


class KeptTurns(Turns):
    """`create_app(turns=...)` again with the same object goes on with the same turns."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: asyncio.AbstractEventLoop | None = None  # of the server that runs now

    async def start(self, turn: Turn, pieces: AsyncIterator[str]) -> None:
        self.loop = asyncio.get_running_loop()

    async def get(self, turn_id: str) -> Turn:
        self.loop = asyncio.get_running_loop()
        return await super().get(turn_id)

    async def close(self, grace: float = 1.0) -> None:
        self.loop = None

    @property
    def newest(self) -> Turn:
        return list(self._turns.values())[-1]

    def put(self, turn: Turn) -> None:
        """Put `turn` in the place of the one with the same id."""
        self._turns[turn.id] = turn

    def write(self, *texts: str) -> None:
        """Append to the newest turn, whether a server runs or not."""
        for text in texts:
            self._do(self.newest.append(text))

    def finish(self) -> None:
        self._do(self.newest.finish())

    def _do(self, step: Coroutine[Any, Any, None]) -> None:
        if self.loop is not None:
            asyncio.run_coroutine_threadsafe(step, self.loop).result(30)
        else:
            # Not in this thread: Playwright keeps a loop running here.
            thread = threading.Thread(target=asyncio.run, args=(step,))
            thread.start()
            thread.join()
