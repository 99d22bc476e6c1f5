"""A reply in the hands of a test."""

import asyncio
from collections.abc import AsyncIterator

from chatkit.replies import Message


class Told:
    """A reply that says what the test tells it to, when the test tells it to."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.ended = False
        self.running = 0

    def say(self, text: str) -> None:
        self.pieces.append(text)

    def end(self) -> None:
        self.ended = True

    async def __call__(self, messages: list[Message]) -> AsyncIterator[str]:
        self.running += 1
        try:
            said = 0
            while not (self.ended and said == len(self.pieces)):
                if said < len(self.pieces):
                    yield self.pieces[said]
                    said += 1
                else:
                    await asyncio.sleep(0.002)
        finally:
            self.running -= 1
