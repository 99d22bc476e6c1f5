"""On Valkey the dialects say what they say in memory: there a turn may be known by a picture."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from test_dialects_frames import DIALECTS, asked
from valkey_server import running
from waiting import until

from chatkit import Server
from chatkit.replies import Finish, Message, Piece, Reasoning, ReplyFailed
from chatkit.turns.valkey import LOST, ValkeyTurns

Start = Callable[..., Server]

CHAT = "ai-sdk/api/chat"


class Held:
    """A reply that goes on when the test says so."""

    def __init__(self, ending: Finish | Exception) -> None:
        self.ending = ending
        self.go_on = threading.Event()

    async def reply(self, messages: list[Message]) -> AsyncIterator[Piece]:
        yield Reasoning("Hm.")
        yield "a"
        await asyncio.to_thread(self.go_on.wait)
        yield "b"
        if isinstance(self.ending, Exception):
            raise self.ending
        yield self.ending


ENDINGS = [Finish(reason="length", input_tokens=7), ReplyFailed("No paper."), None]


def told(start: Start, ending: Finish | Exception | None, **engine: Any) -> list[str]:
    """What `useChat` is told that comes back during a reply, and what one that comes later is.

    `ending` None: the reply is stopped.
    """
    held = Held(ending or Finish())
    server = start(reply=held.reply, dialects=True, **engine)
    message = {"id": "1", "role": "user", "parts": [{"type": "text", "text": "Hi"}]}
    asked = {"id": "a-chat", "messages": [message]}
    with httpx.Client(base_url=server.url, timeout=60) as client:
        with client.stream("POST", CHAT, json=asked) as first:
            next(line for line in first.iter_lines() if '"a"' in line)
        during = client.get(f"{CHAT}/a-chat").text
        with client.stream("GET", f"{CHAT}/a-chat/stream") as resumed:
            lines = resumed.iter_lines()
            begun = next(line for line in lines if '"a"' in line)
            if ending is None:
                client.post(f"{CHAT}/a-chat/stop")
            held.go_on.set()
            rest = [line for line in lines if line and not line.startswith(":")]
        turn = client.get(f"{CHAT}/a-chat").json()[1]["id"]
        after = client.get(f"{CHAT}/a-chat").text
    return [text.replace(turn, "TURN") for text in (during, begun, *rest, after)]


@pytest.mark.parametrize("ending", ENDINGS, ids=["cut", "failed", "stopped"])
def test_a_chat_that_is_come_back_to(start: Start, ending: Finish | Exception | None) -> None:
    in_memory = told(start, ending)
    with running() as valkey:
        assert told(start, ending, turns=ValkeyTurns(valkey.connection_url)) == in_memory


@pytest.mark.parametrize("stream", [False, True], ids=["in one piece", "streamed"])
@pytest.mark.parametrize("name", DIALECTS)
def test_a_reply_that_is_lost_fails_as_any_other(start: Start, name: str, stream: bool) -> None:
    path, more = DIALECTS[name]
    begun, gone = threading.Event(), threading.Event()

    async def lost(messages: list[Message]) -> AsyncIterator[Piece]:
        yield "a"
        begun.set()
        await asyncio.to_thread(gone.wait)
        yield "b"

    async def failing(messages: list[Message]) -> AsyncIterator[Piece]:
        yield "a"
        raise ReplyFailed(LOST.format(0.2))

    with running() as valkey, ThreadPoolExecutor() as pool:
        turns = ValkeyTurns(valkey.connection_url, patience=0.2, timeout=0.5)
        server = start(reply=lost, dialects=True, turns=turns)
        answer = pool.submit(asked, server, path, "x", stream=stream, **more)
        assert begun.wait(60)
        reader = next(iter(turns._mirrors.values()))
        until(lambda: reader.last == 1)
        valkey.terminate()
        gone.set()
        found = answer.result(60)
        valkey.start()
    in_memory = start(reply=failing, dialects=True)
    assert found == asked(in_memory, path, "x", stream=stream, **more)
