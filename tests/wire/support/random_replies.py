"""Replies made from a seed: of every shape, in every kind of character, ending in every way."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from chatkit.replies import Message

PARTS = [
    *("a", "word", " ", "\n", "\r", "\r\n", "\t", "\0", '"', "\\", "data: x\n\n", "id: 9\n", ": "),
    *("é", "ß", "☃", "中文", "\u2028", "\ufeff", "\x85", "e\u0301", "עברית"),
    *("😀", "👩\u200d👩\u200d👧", "\U0010ffff"),
    *("\ud83d", "\ude00", "\udc00\ud800", "x\ud83d"),  # halves of surrogate pairs
]


@dataclass(frozen=True)
class Script:
    """What a reply says, how it hesitates, and how it ends.

    `ending` is "returns", "raises", "waits" (for ever) or "number" (yields what is not text).
    """

    pieces: list[str]
    pause: float  # seconds after each piece
    ending: Literal["returns", "raises", "waits", "number"]

    @property
    def written(self) -> list[str]:
        """The pieces as a log has them: half of a surrogate pair is U+FFFD, nothing is left out."""
        return [well_formed(piece) for piece in self.pieces if piece]


def well_formed(text: str) -> str:
    """As String.prototype.toWellFormed() of ECMAScript: pairs are joined, halves are U+FFFD."""
    text = re.sub("[\ud800-\udbff][\udc00-\udfff]", lambda pair: join(pair[0]), text)
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def join(pair: str) -> str:
    high, low = map(ord, pair)
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00)


def script(seed: str) -> Script:
    chance = random.Random(seed)
    size = chance.choices(["none", "one", "few", "many", "long"], [4, 8, 55, 30, 3])[0]
    count = {"none": 0, "one": 1, "few": chance.randint(2, 12), "many": chance.randint(13, 80)}
    if size == "long":
        length = chance.choice([3_000, 30_000, 120_000])  # characters in a piece
        pieces = [f"{number}é😀 " * (length // 4) for number in range(chance.randint(1, 4))]
    else:
        pieces = [
            "".join(chance.choices(PARTS, k=chance.randint(0, 4))) for _ in range(count[size])
        ]
    return Script(
        pieces,
        chance.choice([0, 0, 0, 0.001, 0.004]),
        chance.choices(["returns", "raises", "waits", "number"], [80, 9, 9, 2])[0],
    )


async def random_reply(messages: list[Message]) -> AsyncIterator[str]:
    """The reply whose seed is the message."""
    told = script(messages[-1]["content"])
    for piece in told.pieces:
        yield piece
        await asyncio.sleep(told.pause)
    if told.ending == "raises":
        raise RuntimeError("a reply that fails, as its script says")
    if told.ending == "number":
        yield 7  # type: ignore[misc]
    if told.ending == "waits":
        await asyncio.Event().wait()
