"""The turn log and its in-memory engine."""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from chatkit.sse import Event, Parser
from chatkit.turns import Limits, TooManyTurns, Turn, TurnFinished, Turns, TurnTooLarge, write


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(test, 30))


def new_turn(**limits: Any) -> Turn:
    return Turn("message", "chat", Limits(**limits))


async def events(turn: Turn, after: int = 0) -> list[Event]:
    parser = Parser()
    return [event async for frames in turn.follow(after) for event in parser.feed(frames)]


async def until(condition: Any) -> None:
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(0)


def text(found: list[Event]) -> str:
    return "".join(json.loads(event.data) for event in found if event.type == "message")


def test_log_is_numbered_from_one_and_ends_with_one_end() -> None:
    async def test() -> None:
        turn = new_turn()
        for piece in ("He", "llo", " \n☃\r\n"):
            await turn.append(piece)
        await turn.finish()
        found = await events(turn)
        assert [event.id for event in found] == ["1", "2", "3", "4"]
        assert [event.type for event in found] == ["message"] * 3 + ["end"]
        assert text(found) == turn.reply == "Hello \n☃\r\n"
        assert json.loads(found[-1].data) == {
            "status": "done",
            "events": 3,
            "chars": 10,
            "sha256": hashlib.sha256("Hello \n☃\r\n".encode()).hexdigest(),
        }

    run(test())


@pytest.mark.parametrize("after", range(5))
def test_follow_gives_exactly_what_comes_after_the_cursor(after: int) -> None:
    async def test() -> None:
        turn = new_turn()
        for piece in "abc":
            await turn.append(piece)
        await turn.finish()
        assert [int(event.id) for event in await events(turn, after)] == [*range(after + 1, 5)]

    run(test())


def test_cursor_past_the_end_is_answered_with_reset_then_all() -> None:
    async def test() -> None:
        turn = new_turn()
        await turn.append("a")
        await turn.finish()
        reset, *rest = await events(turn, after=7)
        assert (reset.type, reset.id, json.loads(reset.data)) == (
            "reset",
            "0",
            {"after": 7, "last": 2},
        )
        assert rest == await events(turn)

    run(test())


def test_readers_who_come_at_any_time_read_the_same() -> None:
    async def test() -> None:
        turn = new_turn()
        readers = []
        for number in range(50):
            readers.append(asyncio.create_task(events(turn)))
            if number % 3:
                await asyncio.sleep(0)  # let the readers wait at different places
            await turn.append(f"{number} ")
        await turn.finish()
        all_read = await asyncio.gather(*readers)
        assert all(read == all_read[0] for read in all_read)
        assert text(all_read[0]) == turn.reply

    run(test())


def test_reader_that_is_behind_gets_all_it_missed_in_one_piece() -> None:
    async def test() -> None:
        turn = new_turn()
        for piece in "abcdef":
            await turn.append(piece)
        await turn.finish()
        assert [frames async for frames in turn.follow(2)] == [b"".join(turn.frames[2:])]

    run(test())


def test_reader_that_leaves_while_it_waits_disturbs_nobody() -> None:
    async def test() -> None:
        turn = new_turn()
        leaving, staying = (asyncio.create_task(events(turn)) for _ in range(2))
        await asyncio.sleep(0.01)
        leaving.cancel()
        await turn.append("a")
        await turn.finish()
        assert text(await staying) == "a"

    run(test())


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
def test_a_turn_finishes_once(status: Any) -> None:
    async def test() -> None:
        turn = new_turn()
        await turn.finish(status, "why")
        with pytest.raises(TurnFinished):
            await turn.finish()
        with pytest.raises(TurnFinished):
            await turn.append("late")
        assert turn.last == 1
        assert turn.reply == ""
        assert turn.status == status

    run(test())


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    async def test() -> None:
        turn = new_turn()
        await turn.append("a\ud83d")
        await turn.append("\ufeff😀")
        await turn.finish()
        assert turn.reply == text(await events(turn)) == "a\ufffd\ufeff😀"

    run(test())


def test_limit_of_events() -> None:
    async def test() -> None:
        turn = new_turn(events=2)
        await turn.append("a")
        await turn.append("b")
        with pytest.raises(TurnTooLarge, match="more than 2 pieces"):
            await turn.append("c")
        assert turn.reply == "ab"

    run(test())


def test_limit_of_bytes() -> None:
    async def test() -> None:
        turn = new_turn(bytes=100)
        await turn.append("a" * 50)
        with pytest.raises(TurnTooLarge, match="more than 100 bytes"):
            await turn.append("b" * 50)
        assert turn.reply == "a" * 50
        assert turn.size <= 100

    run(test())


async def reply_of(*pieces: Any) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


def test_write_pours_a_reply_into_its_turn() -> None:
    async def test() -> None:
        turn = new_turn()
        await write(turn, reply_of("a", "", "b"))
        assert (turn.status, turn.reply, turn.last) == ("done", "ab", 3)

    run(test())


def test_reply_that_raises_ends_in_failure_without_its_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def failing() -> AsyncIterator[str]:
        yield "a"
        raise RuntimeError("the password is 1234")

    async def test() -> None:
        turn = new_turn()
        await write(turn, failing())
        last = (await events(turn))[-1]
        assert (turn.status, last.type) == ("failed", "failure")
        data = json.loads(last.data)
        assert "1234" not in last.data
        assert data["message"]
        assert (data["status"], data["events"], data["chars"]) == ("failed", 1, 1)

    run(test())
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "the password is 1234" in caplog.text


@pytest.mark.parametrize("wrong", [5, b"bytes", None, ["a"]])
def test_reply_that_yields_no_text_fails(wrong: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def test() -> None:
        turn = new_turn()
        await write(turn, reply_of("a", wrong))
        assert (turn.status, turn.reply) == ("failed", "a")

    run(test())
    assert "yields pieces of text" in caplog.text


def test_reply_that_is_too_large_fails_with_the_reason() -> None:
    async def test() -> None:
        turn = new_turn(events=3)
        await write(turn, reply_of(*"abcde"))
        assert (turn.status, turn.reply) == ("failed", "abc")
        assert "more than 3 pieces" in (await events(turn))[-1].data

    run(test())


def test_endless_reply_without_a_wait_lets_others_run() -> None:
    async def endless() -> AsyncIterator[str]:
        while True:
            yield "x"

    async def test() -> None:
        turns = Turns()
        turn = await turns.create("m")
        await turns.start(turn, endless())
        await until(lambda: turn.last > 100)
        await turns.cancel(turn.id)
        assert turn.status == "cancelled"
        await turns.close()

    run(test())


def test_cancel_ends_the_turn_at_once_and_is_harmless_again() -> None:
    closed = []

    async def waits() -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.sleep(1000)
        finally:
            closed.append(True)

    async def test() -> None:
        turns = Turns()
        turn = await turns.create("m")
        await turns.start(turn, waits())
        reader = asyncio.create_task(events(turn))
        await until(lambda: turn.last == 1)
        await turns.cancel(turn.id)
        await turns.cancel(turn.id)
        found = await reader
        assert [event.type for event in found] == ["message", "end"]
        assert json.loads(found[-1].data)["status"] == "cancelled"
        await until(lambda: closed)
        await turns.cancel(turn.id)
        assert turn.last == 2

    run(test())


def test_reply_that_ignores_its_cancellation_adds_nothing() -> None:
    async def stubborn() -> AsyncIterator[str]:
        yield "a"
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            yield "b"
            raise

    async def test() -> None:
        turns = Turns()
        turn = await turns.create("m")
        await turns.start(turn, stubborn())
        await until(lambda: turn.last == 1)
        await turns.cancel(turn.id)
        await turns.close()
        assert (turn.status, turn.reply) == ("cancelled", "a")

    run(test())


def test_close_ends_what_is_being_written_with_a_failure() -> None:
    async def waits() -> AsyncIterator[str]:
        yield "a"
        await asyncio.sleep(1000)

    async def test() -> None:
        turns = Turns()
        turn = await turns.create("m")
        await turns.start(turn, waits())
        await until(lambda: turn.last == 1)
        await turns.close()
        assert turn.status == "failed"
        assert "The server stopped" in (await events(turn))[-1].data
        assert turns.live == 0

    run(test())


def test_ids_are_long_and_differ() -> None:
    async def test() -> None:
        turns = Turns()
        made = [await turns.create("m") for _ in range(100)]
        ids = {turn.id for turn in made} | {turn.chat for turn in made}
        assert len(ids) == 200
        assert min(map(len, ids)) >= 22  # 128 bits

    run(test())


def test_chat_lists_its_turns_oldest_first() -> None:
    async def test() -> None:
        turns = Turns()
        first = await turns.create("1")
        await turns.create("other")
        second = await turns.create("2", first.chat)
        assert await turns.chat(first.chat) == [first, second]
        assert await turns.chat("unknown") == []

    run(test())


def test_limit_of_live_turns() -> None:
    async def test() -> None:
        turns = Turns(Limits(live=2))
        first = await turns.create("1")
        await turns.create("2")
        with pytest.raises(TooManyTurns, match="2 replies are being written"):
            await turns.create("3")
        await first.finish()
        await turns.create("3")

    run(test())


async def create_finished(turns: Turns, pieces: int = 0) -> Turn:
    turn = await turns.create("m")
    for _ in range(pieces):
        await turn.append("x" * 100)
    await turn.finish()
    return turn


def test_limit_of_turns_kept_forgets_the_oldest_finished_one() -> None:
    async def test() -> None:
        turns = Turns(Limits(kept=2))
        live = await turns.create("live")
        made = [await create_finished(turns) for _ in range(4)]
        await turns.create("m")
        assert await turns.get(live.id) is live
        assert await turns.get(made[-1].id) is made[-1]
        assert await turns.get(made[-2].id) is made[-2]
        for turn in made[:2]:
            with pytest.raises(KeyError):
                await turns.get(turn.id)

    run(test())


def test_limit_of_bytes_kept() -> None:
    async def test() -> None:
        turns = Turns(Limits(kept_bytes=5000))
        for _ in range(20):
            await create_finished(turns, pieces=10)
        await turns.create("m")
        assert 2 <= len(turns) <= 5

    run(test())


def test_old_turns_are_forgotten() -> None:
    async def test() -> None:
        turns = Turns(Limits(age=0))
        turn = await create_finished(turns)
        with pytest.raises(KeyError):
            await turns.get(turn.id)
        assert await turns.chat(turn.chat) == []
        await turns.create("m")
        assert len(turns) == 1

    run(test())


def test_reader_of_a_forgotten_turn_reads_on() -> None:
    async def test() -> None:
        turns = Turns(Limits(kept=0))
        turn = await turns.create("m")
        reader = asyncio.create_task(events(turn))
        await asyncio.sleep(0)
        await turn.append("a")
        await turn.finish()
        await turns.create("m")
        assert text(await reader) == "a"

    run(test())


def test_thousands_of_turns_leave_nothing_behind() -> None:
    async def test() -> None:
        turns = Turns(Limits(kept=10))
        before = asyncio.all_tasks()
        for _ in range(3000):
            turn = await turns.create("m")
            await turns.start(turn, reply_of("a", "b"))
            await until(lambda turn=turn: turn.status == "done")
        await asyncio.sleep(0)
        assert len(turns) <= 11
        assert turns._writers == {}
        assert asyncio.all_tasks() == before

    run(test())
