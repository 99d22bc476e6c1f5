"""What the in-memory engine does beyond the contract of the turn log (log_contract.py)."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from log_contract import events, in_loop, text

from chatkit.turns import Limits, LogEvent, Turn, Turns, TurnTooLarge, path_to, write
from chatkit.turns.turn import BYTES_AT_ONCE


@in_loop
async def test_reader_that_is_behind_gets_all_it_missed_in_few_pieces() -> None:
    turn = Turn("message", "chat", None, Limits())
    for _ in range(20):
        await turn.append("a" * (BYTES_AT_ONCE // 8))
    await turn.finish()
    pieces = [frames async for frames in turn.follow(2)]
    assert b"".join(pieces) == b"".join(turn.frames[2:])
    assert len(pieces) == 3
    assert max(map(len, pieces)) < 1.2 * BYTES_AT_ONCE


@in_loop
async def test_reader_of_a_forgotten_turn_reads_on() -> None:
    turns = Turns(Limits(kept=0))
    turn = await turns.say("m")
    reader = asyncio.create_task(events(turn))
    await asyncio.sleep(0)
    await turn.append("a")
    await turn.finish()
    await turns.say("m")
    assert text(await reader) == "a"


@in_loop
async def test_write_needs_no_engine() -> None:
    async def reply() -> AsyncIterator[str]:
        yield "a"

    turn = Turn("message", "chat", None, Limits())
    await write(turn, reply())
    assert (turn.status, turn.reply, turn.last) == ("done", "a", 2)


@in_loop
async def test_all_who_ask_for_a_finished_reply_share_one_copy() -> None:
    turn = Turn("message", "chat", None, Limits())
    for piece in ("one ", "two"):
        await turn.append(piece)
    await turn.finish()
    assert turn.reply == "one two"
    assert turn.reply is turn.reply


@in_loop
async def test_path_leads_from_the_first_turn_that_is_kept() -> None:
    turns = Turns()
    first = await turns.say("1")
    second = await turns.say("2", first.chat, first.id)
    await turns.say("2, edited", first.chat, first.id)
    third = await turns.say("3", first.chat, second.id)
    chat = await turns.chat(first.chat)
    assert path_to(third, chat) == [first, second, third]
    assert path_to(third, chat[1:]) == [second, third]
    assert path_to(first, chat) == [first]


@in_loop
async def test_reply_may_be_exactly_as_large_as_the_limit() -> None:
    frame = LogEvent(1, "message", "a").encode()
    turn = Turn("message", "chat", None, Limits(bytes=len('"message"') + len(frame)))
    await turn.append("a")
    with pytest.raises(TurnTooLarge):
        await turn.append("")


def test_turn_is_kept_for_as_long_as_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)

    async def test() -> None:
        nonlocal now
        turns = Turns(Limits(age=60))
        turn = await turns.say("m")
        now += 500  # being written, it is not old
        assert await turns.get(turn.id) is turn
        await turn.finish()
        now += 59
        assert await turns.get(turn.id) is turn
        now += 1
        with pytest.raises(KeyError):
            await turns.get(turn.id)

    asyncio.run(test())
