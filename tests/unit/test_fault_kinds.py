"""Faults, frame by frame, where the network would hide what was sent when."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from chatkit.faults.kinds import Delay, Fault, HoldBack, Line


def pass_on(fault: Fault, *frames: bytes) -> list[list[Any]]:
    """What happens for each frame, and at the end: bytes that are sent, seconds of a pause."""
    happened: list[list[Any]] = []

    async def send(message: Message) -> None:
        happened[-1].append(message["body"])

    async def sleep(seconds: float) -> None:
        happened[-1].append(seconds)

    async def test() -> None:
        line = Line(fault, send, lambda fault, sent: None)
        for number, frame in enumerate(frames, 1):
            happened.append([])
            await fault.frame(frame, number, line)
        happened.append([])
        await line.end()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chatkit.faults.kinds.asyncio.sleep", sleep)
        asyncio.run(test())
    return happened


def test_bytes_go_on_as_soon_as_there_are_enough() -> None:
    happened = pass_on(HoldBack(size=4), b"abc", b"d", b"efghefgh", b"ij")
    assert happened == [[], [b"abcd"], [b"efgh", b"efgh"], [], [b"ij"]]


def test_delay_comes_before_every_event() -> None:
    happened = pass_on(Delay(seconds=9), b"a", b"b")
    assert happened == [[9.0, b"a"], [9.0, b"b"], [b""]]
