"""What every turn log has to do, whatever it keeps its turns in.

A test module makes a subclass of `LogContract`, with a fixture `engine`: called with limits, it
returns an async context manager that gives an engine of its own, and closes it. Only the public
methods are used, and the state of a turn is read from a turn that was just asked for: the one
that was created may be a picture of an earlier moment.
"""

import asyncio
import functools
import gc
import hashlib
import json
import logging
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Any

import pytest

from chatkit.sse import Event, Parser
from chatkit.turns import (
    ChatFull,
    Finish,
    LogEvent,
    OtherChat,
    Reasoning,
    ReplyFailed,
    TooManyTurns,
    TurnFinished,
    TurnTooLarge,
    Writers,
)

MakeEngine = Callable[..., AbstractAsyncContextManager[Any]]

PATIENCE = 60  # seconds after which a test that waits in vain ends


def in_loop(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Run an async test in an event loop of its own."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        async def bounded() -> None:
            await asyncio.wait_for(test(*args, **kwargs), PATIENCE)

        asyncio.run(bounded())

    return run


async def events(turn: Any, after: int = 0, pause: float | None = None) -> list[Event]:
    """All events of a turn after a cursor; `pause` is what a slow reader takes for each piece."""
    parser, found = Parser(), []
    async for frames in turn.follow(after):
        found += parser.feed(frames)
        if pause is not None:
            await asyncio.sleep(pause)
    return found


async def logged(turn: Any, after: int = 0) -> list[LogEvent]:
    """The same, as the log itself has them."""
    return [event async for event in turn.events(after)]


async def first_event(turn: Any) -> Event:
    async with aclosing(turn.follow()) as frames:
        return Parser().feed(await anext(frames))[0]


async def until(condition: Callable[[], Awaitable[Any]]) -> None:
    while not await condition():  # noqa: ASYNC110 (any engine, so no event to wait for)
        await asyncio.sleep(0.001)


async def written(turns: Any, turn: Any, last: int) -> None:
    """Wait until event number `last` is in the log."""

    async def is_there() -> bool:
        return bool((await turns.get(turn.id)).last >= last)

    await until(is_there)


def text(found: list[Event]) -> str:
    return "".join(json.loads(event.data) for event in found if event.type == "message")


def numbers(found: list[Event]) -> list[int]:
    return [int(event.id) for event in found]


def ending(found: list[Event]) -> Any:
    """The data of the one terminal event, which has to be the last."""
    assert [event.type in ("end", "failure") for event in found].count(True) == 1
    assert found[-1].type in ("end", "failure")
    return json.loads(found[-1].data)


async def reply_of(*pieces: Any) -> AsyncIterator[Any]:
    for piece in pieces:
        yield piece


class Waiting:
    """A reply that says "a", then waits until it is closed."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def pieces(self) -> AsyncIterator[str]:
        try:
            yield "a"
            await asyncio.Event().wait()
        finally:
            self.closed.set()


class LogContract:
    # The log

    @in_loop
    async def test_log_is_numbered_from_one_and_ends_with_one_end(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            for piece in ("He", "llo", " \n☃\r\n"):
                await turn.append(piece)
            await turn.finish()
            found = await events(turn)
            assert numbers(found) == [1, 2, 3, 4]
            assert [event.type for event in found] == ["message"] * 3 + ["end"]
            assert text(found) == "Hello \n☃\r\n"
            assert ending(found) == {
                "status": "done",
                "events": 3,
                "chars": 10,
                "sha256": hashlib.sha256("Hello \n☃\r\n".encode()).hexdigest(),
            }
            state = await turns.get(turn.id)
            assert (state.status, state.last, state.reply) == ("done", 4, "Hello \n☃\r\n")

    @in_loop
    async def test_every_cursor_gets_exactly_what_comes_after_it(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            early = [asyncio.create_task(events(turn))]
            for number in range(20):
                await asyncio.sleep(0)  # so that they wait
                await turn.append(f"{number} ")
                early.append(asyncio.create_task(events(turn, number + 1)))
            await turn.finish()
            whole = await events(turn)
            assert numbers(whole) == [*range(1, 22)]
            for after in range(22):
                assert await events(turn, after) == whole[after:], after
            for after, read in enumerate(await asyncio.gather(*early)):
                assert read == whole[after:], after

    @in_loop
    async def test_events_are_what_follow_encodes(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            early = asyncio.create_task(logged(turn))
            await asyncio.sleep(0)  # so that it waits
            for piece in ("a", " \n☃\u2028"):
                await turn.append(piece)
            await turn.finish("failed", "why")
            found = await early
            assert [event[:2] for event in found] == [
                (1, "message"),
                (2, "message"),
                (3, "failure"),
            ]
            assert [event.data for event in found[:2]] == ["a", " \n☃\u2028"]
            assert found[2].data["message"] == "why"
            for after in (0, 1, 2, 3, 9):
                frames = b"".join([frame async for frame in turn.follow(after)])
                assert b"".join(event.encode() for event in await logged(turn, after)) == frames

    @pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
    @in_loop
    async def test_frames_have_no_line_ends_that_only_some_readers_take_for_one(
        self, engine: MakeEngine, end: str
    ) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            await turn.append(f"é{end}b")
            await turn.finish("failed", f"é{end}c")
            frames = b"".join([frame async for frame in turn.follow()]).decode()
            assert frames.splitlines() == frames.split("\n")[:-1]
            assert text(await events(turn)) == f"é{end}b"
            assert ending(await events(turn))["message"] == f"é{end}c"

    @in_loop
    async def test_cursor_of_no_event_is_answered_with_reset_then_all(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            await turn.append("a")
            await turn.finish()
            for after in (3, 7, -1):
                reset, *rest = await events(turn, after=after)
                assert (reset.type, reset.id) == ("reset", "0")
                assert json.loads(reset.data) == {"after": after, "last": 2}
                assert rest == await events(turn)

    @in_loop
    async def test_readers_of_different_speeds_who_come_at_any_time_read_the_same(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            readers = []
            for number in range(60):
                pause = (None, 0, 0.001, 0.01)[number % 4]
                readers.append(asyncio.create_task(events(turn, pause=pause)))
                if number % 3:
                    await asyncio.sleep(0)  # let the readers wait at different places
                await turn.append(f"{number} ")
            await turn.finish()
            all_read = await asyncio.gather(*readers)
            assert numbers(all_read[0]) == [*range(1, 62)]
            assert all(read == all_read[0] for read in all_read)
            assert text(all_read[0]) == (await turns.get(turn.id)).reply

    @in_loop
    async def test_many_who_follow_after_the_end_read_the_same(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, reply_of(*"abc"))
            first = await events(turn)
            assert text(first) == "abc"
            late = [events(await turns.get(turn.id)) for _ in range(50)]
            assert all(read == first for read in await asyncio.gather(*late))

    @pytest.mark.parametrize("how", ["cancelled", "closed"])
    @in_loop
    async def test_reader_that_leaves_while_it_waits_disturbs_nobody(
        self, engine: MakeEngine, how: str
    ) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            await turn.append("a")
            staying = asyncio.create_task(events(turn))
            leaving = turn.follow()
            await anext(leaving)
            waits = asyncio.create_task(anext(leaving))
            await asyncio.sleep(0.01)  # so that it does wait
            if how == "cancelled":
                waits.cancel()
                with suppress(asyncio.CancelledError):
                    await waits
            await turn.append("b")
            with suppress(asyncio.CancelledError):
                await waits
            await leaving.aclose()
            await turn.append("c")
            await turn.finish()
            assert text(await staying) == "abc"
            assert text(await events(turn)) == "abc"

    @pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
    @in_loop
    async def test_a_turn_finishes_once(self, engine: MakeEngine, status: Any) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            await turn.finish(status, "why")
            for late in (turn.finish(), turn.append("late")):
                with pytest.raises(TurnFinished):
                    await late
            state = await turns.get(turn.id)
            assert (state.last, state.reply, state.status) == (1, "", status)
            assert ending(await events(turn))["status"] == status

    @in_loop
    async def test_of_many_who_finish_a_turn_at_once_one_does(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            for _ in range(20):
                turn = await turns.say("m")
                reader = asyncio.create_task(events(turn))
                calls: list[Awaitable[Any]] = []
                for status in ("done", "failed", "cancelled"):
                    calls += [turn.append("x"), turn.finish(status, "why"), turns.cancel(turn.id)]
                results = await asyncio.gather(*calls, return_exceptions=True)
                errors = [result for result in results if isinstance(result, Exception)]
                assert {type(error) for error in errors} == {TurnFinished}
                found = await reader
                state = await turns.get(turn.id)
                assert ending(found)["status"] == state.status
                assert numbers(found) == [*range(1, state.last + 1)]

    @in_loop
    async def test_half_a_surrogate_pair_becomes_the_replacement_character(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            await turn.append("a\ud83d")
            await turn.append("\ufeff😀")
            await turn.finish()
            state = await turns.get(turn.id)
            assert state.reply == text(await events(turn)) == "a\ufffd\ufeff😀"

    @in_loop
    async def test_last_words_are_whole_and_bounded(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            await turn.finish("failed", "half \ud83d")
            assert ending(await events(turn))["message"] == "half \ufffd"
            turn = await turns.say("m")
            await turn.finish("failed", 3_000 * "😀")
            assert ending(await events(turn))["message"] == 2_000 * "😀" + "…"
            turn = await turns.say("m")
            await turn.finish(finish=Finish(reason="\ud83d" + 3_000 * "x"))
            reason = ending(await events(turn))["finish"]["reason"]
            assert reason == "\ufffd" + 1_999 * "x" + "…"
            assert (await turns.get(turn.id)).summary["finish"]["reason"] == reason

    @in_loop
    async def test_who_has_read_it_all_knows_the_end(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            turn = await turns.say("m")
            found = await turns.get(turn.id)
            reader = asyncio.create_task(logged(found))
            await turn.append("a")
            await turn.finish("failed", "why")
            assert (await reader)[-1].data == found.summary
            assert (found.status, found.summary["message"]) == ("failed", "why")

    # Limits

    @in_loop
    async def test_message_may_have_half_of_a_surrogate_pair(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            turn = await turns.say("a\ud83d")
            assert (await turns.get(turn.id)).message == "a\ud83d"

    @in_loop
    async def test_limit_of_events(self, engine: MakeEngine) -> None:
        async with engine(events=2) as turns:
            turn = await turns.say("m")
            await turn.append("a")
            await turn.append("b")
            with pytest.raises(TurnTooLarge, match="more than 2 pieces"):
                await turn.append("c")
            await turn.finish()
            assert text(await events(turn)) == "ab"

    @in_loop
    async def test_limit_of_bytes(self, engine: MakeEngine) -> None:
        async with engine(bytes=100) as turns:
            turn = await turns.say("m")
            await turn.append("a" * 50)
            with pytest.raises(TurnTooLarge, match="more than 100 bytes"):
                await turn.append("b" * 50)
            await turn.finish()
            assert text(await events(turn)) == "a" * 50

    @pytest.mark.parametrize("message", ["m" * 900, "☃" * 300, "\x00" * 150, "\ud83d" * 900])
    @in_loop
    async def test_message_counts_as_it_is_sent(self, engine: MakeEngine, message: str) -> None:
        async with engine(bytes=1000) as turns:
            turn = await turns.say(message)
            await turn.append("a")
            with pytest.raises(TurnTooLarge, match="more than 1,000 bytes"):
                await turn.append("b" * 100)

    @in_loop
    async def test_turn_that_is_over_at_its_limit_is_over(self, engine: MakeEngine) -> None:
        async with engine(events=1, bytes=100) as turns:
            turn = await turns.say("m")
            await turn.append("a")
            await turns.cancel(turn.id)
            for piece in ("b", "b" * 100):
                with pytest.raises(TurnFinished):
                    await turn.append(piece)

    @in_loop
    async def test_reply_that_reaches_a_limit_fails_with_the_reason(
        self, engine: MakeEngine
    ) -> None:
        async with engine(events=3) as turns:
            writers = Writers()
            turn, other = await turns.say("m"), await turns.say("m")
            writers.start(turn, reply_of(*"abcde"))
            writers.start(other, reply_of(*"xyz"))
            found = await events(turn)
            assert (text(found), ending(found)["status"]) == ("abc", "failed")
            assert ending(found)["message"] == "The reply has more than 3 pieces."
            assert ending(await events(other))["status"] == "done"

    @in_loop
    async def test_limit_of_live_turns(self, engine: MakeEngine) -> None:
        async with engine(live=2) as turns:
            first = await turns.say("1")
            await turns.say("2")
            with pytest.raises(TooManyTurns, match="2 replies are being written"):
                await turns.say("3")
            assert (await turns.counts()).live == 2
            await first.finish()
            assert (await turns.counts()).live == 1
            await turns.say("3")

    @in_loop
    async def test_limit_of_a_chat(self, engine: MakeEngine) -> None:
        async with engine(chat_bytes=2000) as turns:
            for _ in range(2):
                turn = await turns.say("m" * 900, "chat")
                await turn.append("a" * 100)
                await turn.finish()
            with pytest.raises(ChatFull, match=r"more than 2,000 bytes\. Start a new one"):
                await turns.say("m", "chat")
            assert len(await turns.chat("chat")) == 2
            assert await turns.say("m", "another")
            with pytest.raises(ChatFull):  # another try is a turn too
                await turns.say("m", "chat", turn.parent)

    @in_loop
    async def test_limit_of_live_turns_in_a_chat(self, engine: MakeEngine) -> None:
        async with engine(chat_live=2) as turns:
            made = [await turns.say("m", "chat") for _ in range(2)]
            with pytest.raises(TooManyTurns, match="in this chat: 2, which is the limit"):
                await turns.say("m", "chat")
            assert await turns.say("m", "another")
            for turn in made:
                await turn.finish()
            assert await turns.say("m", "chat")

    @in_loop
    async def test_first_message_of_a_chat_always_has_room(self, engine: MakeEngine) -> None:
        async with engine(chat_bytes=0) as turns:
            await turns.say("m", "chat")
            with pytest.raises(ChatFull):
                await turns.say("m", "chat")

    @in_loop
    async def test_limit_of_turns_kept_forgets_the_oldest_finished_one(
        self, engine: MakeEngine
    ) -> None:
        async with engine(kept=2) as turns:
            live = await turns.say("live")
            made = []
            for _ in range(4):
                made.append(await turns.say("m"))
                await made[-1].finish()
            await turns.say("m")
            assert (await turns.get(live.id)).status == "streaming"
            for turn in made[2:]:
                assert (await turns.get(turn.id)).id == turn.id
            for turn in made[:2]:
                with pytest.raises(KeyError):
                    await turns.get(turn.id)

    @in_loop
    async def test_limit_of_bytes_kept(self, engine: MakeEngine) -> None:
        async with engine(kept_bytes=5000) as turns:
            for _ in range(20):
                turn = await turns.say("m")
                for _ in range(10):
                    await turn.append("x" * 100)
                await turn.finish()
            await turns.say("m")
            assert 2 <= (await turns.counts()).turns <= 5

    @in_loop
    async def test_old_turns_are_forgotten(self, engine: MakeEngine) -> None:
        async with engine(age=0) as turns:
            turn = await turns.say("m")
            await turn.finish()
            with pytest.raises(KeyError):
                await turns.get(turn.id)
            assert await turns.chat(turn.chat) == []
            await turns.say("m")
            assert (await turns.counts()).turns == 1

    def test_reply_that_is_silent_too_long_fails_and_is_closed(
        self, engine: MakeEngine, caplog: pytest.LogCaptureFixture
    ) -> None:
        @in_loop
        async def test() -> None:
            async with engine(silence=1.5) as turns:
                writers = Writers()
                silent, talking = Waiting(), await turns.say("m")
                turn = await turns.say("m")
                writers.start(turn, silent.pieces())
                writers.start(talking, told())
                found = await events(turn)
                assert (text(found), ending(found)["status"]) == ("a", "failed")
                assert (
                    ending(found)["message"]
                    == "The reply was silent for 1.5 seconds, which is the limit."
                )
                assert silent.closed.is_set()
                say.set()
                assert ending(await events(talking))["status"] == "done"

        say = asyncio.Event()

        async def told() -> AsyncIterator[str]:
            while not say.is_set():
                yield "x"
                await asyncio.sleep(0.001)

        test()
        assert len(caplog.records) == 1
        assert "in pieces" in caplog.text  # the line at which it waited

    @in_loop
    async def test_silence_before_the_first_piece_counts(self, engine: MakeEngine) -> None:
        async def never() -> AsyncIterator[str]:
            await asyncio.Event().wait()
            yield ""

        async with engine(silence=0.01) as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, never())
            assert ending(await events(turn))["message"].startswith("The reply was silent for 0.01")

    @in_loop
    async def test_silence_can_be_allowed(self, engine: MakeEngine) -> None:
        async with engine(silence=0) as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, reply_of("a", "b"))
            assert ending(await events(turn))["status"] == "done"

    # Replies

    @in_loop
    async def test_reply_is_poured_into_its_turn(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, reply_of("a", "", "b"))
            found = await events(turn)
            assert (text(found), numbers(found)) == ("ab", [1, 2, 3])
            assert (await turns.get(turn.id)).status == "done"

    @in_loop
    async def test_reasoning_is_in_the_log_and_no_part_of_the_reply(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            thinking = reply_of(Reasoning("Hm\u2028"), Reasoning(""), "a", Reasoning("..."), "b")
            writers.start(turn, thinking)
            found = await events(turn)
            assert [event.type for event in found] == ["reasoning", "message"] * 2 + ["end"]
            assert numbers(found) == [1, 2, 3, 4, 5]
            assert [json.loads(event.data) for event in found[:3:2]] == ["Hm\u2028", "..."]
            end = ending(found)
            assert (end["events"], end["chars"]) == (4, 2)
            assert end["sha256"] == hashlib.sha256(b"ab").hexdigest()
            kept = await turns.get(turn.id)
            assert (kept.reply, kept.reasoning) == ("ab", "Hm\u2028...")
            assert await logged(kept, 2) == (await logged(kept))[2:]

    @in_loop
    async def test_what_a_model_says_of_its_end_is_in_the_last_event(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, reply_of("a", Finish(reason="length", output_tokens=1)))
            found = await events(turn)
            assert [event.type for event in found] == ["message", "end"]
            assert ending(found)["finish"] == {"reason": "length", "output_tokens": 1}
            assert (await turns.get(turn.id)).summary == ending(found)

    def test_reply_that_fails_in_words_tells_them_to_its_reader(
        self, engine: MakeEngine, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def failing() -> AsyncIterator[str]:
            yield "a"
            raise ReplyFailed("The model has no such name.")

        @in_loop
        async def test() -> None:
            async with engine() as turns:
                writers = Writers()
                turn = await turns.say("m")
                writers.start(turn, failing())
                found = await events(turn)
                assert (text(found), found[-1].type) == ("a", "failure")
                assert ending(found)["message"] == "The model has no such name."

        test()
        (record,) = caplog.records
        assert not record.exc_info
        assert "The model has no such name." in record.getMessage()

    @in_loop
    async def test_reply_that_yields_nothing_is_done(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, reply_of())
            (end,) = await events(turn)
            assert json.loads(end.data) == {
                "status": "done",
                "events": 0,
                "chars": 0,
                "sha256": hashlib.sha256().hexdigest(),
            }

    @in_loop
    async def test_reply_that_never_yields_can_be_cancelled(self, engine: MakeEngine) -> None:
        async def never() -> AsyncIterator[str]:
            await asyncio.Event().wait()
            yield ""

        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, never())
            reader = asyncio.create_task(events(turn))
            await asyncio.sleep(0.01)
            assert not reader.done()
            await turns.cancel(turn.id)
            assert ending(await reader)["status"] == "cancelled"

    @pytest.mark.parametrize(
        "error",
        [
            *(RuntimeError, TimeoutError, KeyError, SystemExit, KeyboardInterrupt, GeneratorExit),
            asyncio.CancelledError,  # of something that the reply waited for
        ],
    )
    def test_reply_that_raises_ends_in_failure_without_its_secret(
        self, engine: MakeEngine, caplog: pytest.LogCaptureFixture, error: type[BaseException]
    ) -> None:
        async def failing() -> AsyncIterator[str]:
            yield "a"
            raise error("the password is 1234")

        @in_loop
        async def test() -> None:
            async with engine() as turns:
                writers = Writers()
                turn = await turns.say("m")
                writers.start(turn, failing())
                found = await events(turn)
                assert (text(found), found[-1].type) == ("a", "failure")
                told = ending(found)
                assert set(told) == {"message", "status", "events", "chars", "sha256"}
                assert (told["status"], told["events"], told["chars"]) == ("failed", 1, 1)
                assert told["message"] == "The reply failed on the server, whose messages say why."
                assert (await turns.get(turn.id)).status == "failed"

        test()
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert "the password is 1234" in caplog.text
        assert "in failing" in caplog.text

    @pytest.mark.parametrize("wrong", [5, b"bytes", None, ["the password is 1234"]])
    def test_reply_that_yields_no_text_fails(
        self, engine: MakeEngine, caplog: pytest.LogCaptureFixture, wrong: Any
    ) -> None:
        @in_loop
        async def test() -> None:
            async with engine() as turns:
                writers = Writers()
                turn = await turns.say("m")
                writers.start(turn, reply_of("a", wrong))
                found = await events(turn)
                assert (text(found), ending(found)["status"]) == ("a", "failed")
                assert "1234" not in found[-1].data

        test()
        assert "yields pieces of text" in caplog.text

    @in_loop
    async def test_endless_reply_without_a_wait_lets_others_run(self, engine: MakeEngine) -> None:
        async def endless() -> AsyncIterator[str]:
            while True:
                yield "x"

        async with engine() as turns:
            writers = Writers()
            turn, other = await turns.say("m"), await turns.say("m")
            writers.start(turn, endless())
            writers.start(other, reply_of("a"))
            await events(other)
            await turns.cancel(turn.id)
            assert ending(await events(turn))["status"] == "cancelled"

    # Stopping

    @in_loop
    async def test_cancel_from_another_task_ends_the_turn_and_is_harmless_again(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            writers = Writers()
            reply = Waiting()
            turn = await turns.say("m")
            writers.start(turn, reply.pieces())
            reader = asyncio.create_task(events(turn))
            await written(turns, turn, 1)
            await asyncio.gather(
                *(asyncio.create_task(turns.cancel(turn.id)) for _ in range(5)),
            )
            found = await reader
            assert [event.type for event in found] == ["message", "end"]
            assert ending(found)["status"] == "cancelled"
            await reply.closed.wait()
            assert (await turns.cancel(turn.id)).last == 2

    @in_loop
    async def test_cancel_of_an_unknown_turn_is_a_key_error(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            with pytest.raises(KeyError):
                await turns.cancel("unknown")

    @in_loop
    async def test_cancel_after_the_end_changes_nothing(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, reply_of("a"))
            before = await events(turn)
            assert (await turns.cancel(turn.id)).status == "done"
            assert await events(turn) == before

    @in_loop
    async def test_reply_that_ignores_its_cancellation_adds_nothing(
        self, engine: MakeEngine
    ) -> None:
        async def stubborn() -> AsyncIterator[str]:
            yield "a"
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                yield "b"
                raise

        async with engine() as turns:
            writers = Writers()
            turn = await turns.say("m")
            writers.start(turn, stubborn())
            await written(turns, turn, 1)
            await turns.cancel(turn.id)
            await writers.close()
            found = await events(turn)
            assert (text(found), ending(found)["status"]) == ("a", "cancelled")

    @in_loop
    async def test_close_ends_what_is_being_written_with_a_failure(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            writers = Writers()
            replies = [Waiting() for _ in range(10)]
            made = []
            for reply in replies:
                made.append(await turns.say("m"))
                writers.start(made[-1], reply.pieces())
            readers = [asyncio.create_task(events(turn)) for turn in made]
            for turn in made:
                await written(turns, turn, 1)
            await writers.close()
            assert all(reply.closed.is_set() for reply in replies)
            assert (await turns.counts()).live == 0
            for found in await asyncio.gather(*readers):
                assert (text(found), ending(found)["status"]) == ("a", "failed")
                assert (
                    ending(found)["message"] == "The server stopped before the reply was complete."
                )

    # Chats, and what is forgotten

    @in_loop
    async def test_ids_are_long_and_differ(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            made = [await turns.say("m") for _ in range(100)]
            ids = {turn.id for turn in made} | {turn.chat for turn in made}
            assert len(ids) == 200
            assert min(map(len, ids)) >= 22  # 128 bits in base64

    @in_loop
    async def test_chat_lists_its_turns_oldest_first(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            first = await turns.say("1")
            await turns.say("other")
            second = await turns.say("2", first.chat)
            assert [turn.id for turn in await turns.chat(first.chat)] == [first.id, second.id]
            assert [turn.message for turn in await turns.chat(first.chat)] == ["1", "2"]
            assert await turns.chat("unknown") == []

    @in_loop
    async def test_message_follows_the_newest_turn_if_nothing_else_is_said(
        self, engine: MakeEngine
    ) -> None:
        async with engine() as turns:
            first = await turns.say("1")
            second = await turns.say("2", first.chat)
            sibling = await turns.say("2, edited", first.chat, first.id)
            third = await turns.say("3", first.chat)
            root = await turns.say("1, edited", first.chat, None)
            assert first.parent is None
            assert second.parent == sibling.parent == first.id
            assert third.parent == sibling.id
            assert root.parent is None
            kept = await turns.chat(first.chat)
            assert [turn.id for turn in kept] == [
                turn.id for turn in (first, second, sibling, third, root)
            ]
            assert [turn.parent for turn in kept] == [
                turn.parent for turn in (first, second, sibling, third, root)
            ]

    @in_loop
    async def test_parent_decides_the_chat(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            first = await turns.say("1")
            assert (await turns.say("2", parent=first.id)).chat == first.chat
            with pytest.raises(OtherChat):
                await turns.say("2", "another", first.id)
            with pytest.raises(KeyError):
                await turns.say("2", first.chat, "unknown")
            assert await turns.chat("another") == []
            assert len(await turns.chat(first.chat)) == 2

    @in_loop
    async def test_parent_that_is_no_longer_kept_is_a_key_error(self, engine: MakeEngine) -> None:
        async with engine(kept=0) as turns:
            first = await turns.say("1")
            await first.finish()
            with pytest.raises(KeyError):
                await turns.say("2", first.chat, first.id)
            assert (await turns.counts()).live == 0

    @in_loop
    async def test_another_try_deletes_and_stops_nothing(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            writers = Writers()
            reply = Waiting()
            turn = await turns.say("m")
            writers.start(turn, reply.pieces())
            await written(turns, turn, 1)
            await turns.say("m", turn.chat, turn.parent)
            assert (await turns.get(turn.id)).status == "streaming"
            assert not reply.closed.is_set()
            await turns.cancel(turn.id)
            await reply.closed.wait()
            assert len(await turns.chat(turn.chat)) == 2

    @in_loop
    async def test_unknown_turn_is_a_key_error(self, engine: MakeEngine) -> None:
        async with engine() as turns:
            with pytest.raises(KeyError):
                await turns.get("unknown")

    @in_loop
    async def test_thousands_of_turns_leave_nothing_behind(self, engine: MakeEngine) -> None:
        async def make(turns: Any, writers: Writers, count: int) -> None:
            for number in range(count):
                turn = await turns.say("m")
                if number % 2:
                    writers.start(turn, reply_of("a", "b"))
                    await events(turn)
                else:
                    writers.start(turn, Waiting().pieces())
                    await first_event(turn)
                    await turns.cancel(turn.id)

        async def held() -> tuple[int, int, int]:
            await asyncio.sleep(0.01)  # for tasks that are ending
            gc.collect()
            return (
                len(gc.get_objects()),
                tracemalloc.get_traced_memory()[0],
                len(asyncio.all_tasks()),
            )

        async with engine(kept=10) as turns:
            writers = Writers()
            tracemalloc.start()
            try:
                await make(turns, writers, 200)
                before = await held()
                await make(turns, writers, 3000)
                after = await held()
            finally:
                tracemalloc.stop()
            assert (await turns.counts()).turns <= 11
            assert (await turns.counts()).live == 0
            growth = [new - old for new, old in zip(after, before, strict=True)]
            # Less than one object for ten turns: nothing is kept of any turn.
            assert growth[0] < 300, growth
            assert growth[1] < 100_000, growth
            assert growth[2] == 0, growth
