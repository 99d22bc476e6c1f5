"""Plausible wrong solutions: the check of an exercise has to say what is missing in each."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks

from chatkit.turns import Turn


class Board:
    """As in lesson 06, with the part left out that a check is to miss."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.closed = False
        self.news = asyncio.Event()

    def add(self, piece: str) -> None:
        self.pieces.append(piece)
        self.news.set()

    def close(self) -> None:
        self.closed = True
        self.news.set()


class Circling(Board):
    """Nobody clears: right. But the flag stays up, so nobody sleeps either."""

    async def follow(self) -> AsyncIterator[str]:
        sent = 0
        while not self.closed:
            await self.news.wait()
            while sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1


class Looking(Board):
    """Looks again and again."""

    async def follow(self) -> AsyncIterator[str]:
        sent = 0
        while sent < len(self.pieces) or not self.closed:
            if sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1
            await asyncio.sleep(0.001)


async def newest_of_each_piece(turn: Turn) -> AsyncIterator[bytes]:
    async for piece in turn.follow():
        yield piece.strip().split(b"\n\n")[-1] + b"\n\n"


async def newest_for_each_piece(turn: Turn) -> AsyncIterator[bytes]:
    async for _ in turn.follow():
        yield turn.frames[-1]


def missing(check: Any) -> str:
    (said,) = asyncio.run(check).missing
    return str(said)


def test_a_reader_that_goes_in_a_circle() -> None:
    assert "the flag stays up" in missing(checks.check_lost(Circling))


def test_a_reader_that_looks_again_and_again() -> None:
    assert "times while nothing happens" in missing(checks.check_lost(Looking))


def test_newest_of_what_comes_in_several_pieces() -> None:
    said = missing(checks.check_newest(newest_of_each_piece))
    assert said.startswith("200 events are there: it should yield event 200, not [")
    said = missing(checks.check_newest(newest_for_each_piece))
    assert said == "200 events are there: it yields event 200, and then [200]"
