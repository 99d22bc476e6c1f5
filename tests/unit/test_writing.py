"""write() and Writers: what a reply does wrong ends that reply, and says so once."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from log_contract import Waiting, in_loop

from chatkit.turns import Limits, ReplyFailed, Turn, Turns, Writers, write, writing


def a_turn(**limits: float) -> Turn:
    return Turn("message", "chat", None, Limits(**limits))  # type: ignore[arg-type]


class Stubborn:
    """A reply that says one thing more when it is cancelled."""

    def __init__(self) -> None:
        self.ended = False

    async def pieces(self) -> AsyncIterator[str]:
        try:
            yield "a"
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                yield "b"
        finally:
            self.ended = True


def test_reply_that_ignores_its_cancellation_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    @in_loop
    async def test() -> None:
        turns, writers, reply = Turns(), Writers(), Stubborn()
        turn = await turns.say("m")
        writers.start(turn, reply.pieces())
        while turn.last == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await turns.cancel(turn.id)
        while turn.writer:  # noqa: ASYNC110
            await asyncio.sleep(0)
        assert (turn.status, turn.reply, reply.ended) == ("cancelled", "a", True)

    test()
    assert caplog.records == []


class Speechless(ReplyFailed):
    def __str__(self) -> str:
        raise ValueError("no words")


@pytest.mark.parametrize(
    ("error", "told"),
    [(ReplyFailed("half \ud83d"), "half \ufffd"), (Speechless(), writing.FAILED)],
)
def test_whatever_its_last_words_are_a_turn_ends(error: Exception, told: str) -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "a"
        raise error

    @in_loop
    async def test() -> None:
        turn = a_turn()
        with suppress(ValueError):
            await write(turn, pieces())
        assert (turn.status, turn.summary["message"], turn.reply) == ("failed", told, "a")

    test()


def test_cancelled_turn_leaves_nothing_to_report(caplog: pytest.LogCaptureFixture) -> None:
    @in_loop
    async def test() -> None:
        turns, writers = Turns(), Writers()
        turn = await turns.say("m")
        writers.start(turn, Waiting().pieces())
        writer = turn.writer
        assert writer is not None
        while turn.last == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await turns.cancel(turn.id)
        await asyncio.wait([writer])
        assert writer.cancelled()

    test()
    gc.collect()  # asyncio reports an error that nobody has asked for
    assert caplog.records == []


def test_stop_of_the_server_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    @in_loop
    async def test() -> None:
        turn, writers = a_turn(), Writers()
        writers.start(turn, Waiting().pieces())
        writer = turn.writer
        assert writer is not None
        while turn.last == 0:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await writers.close()
        assert writer.cancelled()
        assert turn.status == "failed"

    test()
    assert caplog.records == []


@in_loop
async def test_close_waits_only_so_long() -> None:
    over = asyncio.Event()

    async def deaf() -> AsyncIterator[str]:
        yield "a"
        while not over.is_set():
            with suppress(asyncio.CancelledError):
                await over.wait()

    turn, writers = a_turn(), Writers()
    writers.start(turn, deaf())
    while turn.last == 0:  # noqa: ASYNC110
        await asyncio.sleep(0)
    closing = asyncio.create_task(writers.close(grace=0.01))
    closed, _ = await asyncio.wait([closing], timeout=5)
    over.set()
    await closing
    assert closed


@pytest.mark.parametrize("limits", [{"events": 1}, {"bytes": 30}])
@in_loop
async def test_reply_that_is_too_large_is_closed(limits: dict[str, int]) -> None:
    closed = False

    async def reply() -> AsyncIterator[str]:
        nonlocal closed
        try:
            for _ in range(5):
                yield "a"
        finally:
            await asyncio.sleep(0)  # as when a connection to a model is closed
            closed = True

    turn = a_turn(**limits)
    pieces = reply()  # held, so that only closing it closes it
    await write(turn, pieces)
    assert (turn.status, turn.reply, closed) == ("failed", "a", True)


@in_loop
async def test_reply_need_not_be_a_generator() -> None:
    class Reply:
        def __init__(self) -> None:
            self.left = ["b", "a"]

        def __aiter__(self) -> "Reply":
            return self

        async def __anext__(self) -> str:
            if not self.left:
                raise StopAsyncIteration
            return self.left.pop()

    turn = a_turn()
    await write(turn, Reply())
    assert (turn.status, turn.reply) == ("done", "ab")


@in_loop
async def test_reply_may_be_silent_where_there_is_no_limit() -> None:
    async def reply() -> AsyncIterator[str]:
        for piece in "ab":
            await asyncio.sleep(0.01)
            yield piece

    turn = a_turn(silence=0)
    await write(turn, reply())
    assert (turn.status, turn.reply) == ("done", "ab")
