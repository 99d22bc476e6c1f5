"""The checks of lesson 04, a chat."""

import asyncio
import hashlib
import math
import os
import random
import re
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any
from urllib.parse import unquote_plus

from chatkit.notebook import arrivals, record
from chatkit.server.background import Server
from checks.judging import PATIENCE, NotYet, Verdict, post_turn, poster, text_of, verdict, want
from checks.own_lines import is_own

EARLIER = 1_700_000_000.0  # seconds since 1970


def check_two_users(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Everybody reads their own reply, however the requests mix."""

    async def check() -> None:
        async with poster() as client:

            async def ask(message: str) -> str:
                return await text_of(await post_turn(client, server, message), server)

            alone = "Is anybody there?"
            text = await ask(alone)
            want(text == alone, f"a person who is alone sends {alone!r} and reads {text!r}")

            sent = {"Ada": "I am Ada.", "Bob": "I am Bob."}
            for order in (["Ada", "Bob"], ["Bob", "Ada"]):
                urls = {name: await post_turn(client, server, sent[name]) for name in sent}
                for name in order:
                    text = await text_of(urls[name], server)
                    want(
                        text == sent[name],
                        f"Ada posts, then Bob; {order[0]} reads first. "
                        f"{name} should read {sent[name]!r}, not {text!r}",
                    )

            first, second = [await post_turn(client, server, "Hello") for _ in range(2)]
            shown = first.removeprefix(server.url)
            want(
                "Hello" not in unquote_plus(shown),
                f"the message itself is in the URL, {shown!r}: servers and proxies write URLs down",
            )
            want(first != second, f"Ada and Bob both send 'Hello', and both get the URL {shown!r}")

            messages = [f"I am number {number}." for number in range(5)]
            texts = await asyncio.gather(*map(ask, messages))
            for message, text in zip(messages, texts, strict=True):
                want(text == message, f"of five people at once, {message!r} reads {text!r}")

    return verdict(check(), "04.1")


def check_guessing(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Ids that one cannot compute from another, as far as 50 of them can show."""
    message = "My PIN is 4711."

    async def check() -> None:
        async with poster() as client:
            urls = [await post_turn(client, server, message) for _ in range(40)]
            alike = []
            for _ in range(10):
                with luck_and_time_again(), draws() as drawn:
                    alike.append(await post_turn(client, server, message))
        shown = [url.removeprefix(server.url) for url in urls]
        want(len(set(urls)) == len(urls), "two turns have got the same URL")
        known = hashes(message)
        for url in shown:
            for digest in re.findall("[0-9a-f]{32,}", url):
                want(
                    digest not in known,
                    f"Eve tries numbers, and can read {url!r}: its id is {known.get(digest)}",
                )
        want(
            possible(shown) >= 2**48,
            f"after {shown[-2]!r} comes {shown[-1]!r}: too little changes from id to id, so Eve "
            "can try them all",
        )
        same = [url.removeprefix(server.url) for url in alike]
        want(
            possible(same) >= 2**20,
            f"{same[-2]!r} and {same[-1]!r} were made when `random` was in the same state, at the "
            "same time: Eve, who knows both, can compute such ids",
        )
        want(
            drawn,
            f"{same[-1]!r} is computed: nothing in it is drawn at random, by `secrets` or `uuid4`. "
            "Eve can have the same program",
        )
        text = await text_of(urls[7], server)
        want(text == message, f"a person who sends {message!r} should read it, not {text!r}")

    return verdict(check(), "04.2")


def possible(urls: list[str]) -> int:
    """How many there are, if each position may hold what it holds in one of these."""

    def of(lined_up: list[str]) -> int:
        return math.prod(len(set(characters)) for characters in zip(*lined_up, strict=True))

    width = max(map(len, urls))
    return min(of([url.ljust(width) for url in urls]), of([url.rjust(width) for url in urls]))


def hashes(message: str) -> dict[str, str]:
    """The hashes of what can be counted, and what each is a hash of."""
    known: dict[str, str] = {}
    for number in range(1000):
        for text in (f"{number}", f"{message}{number}", f"{number}{message}"):
            for recipe in ("md5", "sha1", "sha256", "sha512"):
                once = hashlib.new(recipe, text.encode()).hexdigest()
                twice = hashlib.new(recipe, once.encode()).hexdigest()
                known |= {once: f"the {recipe} of {text}", twice: f"the {recipe}, twice, of {text}"}
    return known


@contextmanager
def luck_and_time_again() -> Iterator[None]:
    """`random` and `time.time` say what they said when this was called before."""
    state, clock, clock_ns = random.getstate(), time.time, time.time_ns
    random.seed(4711)
    time.time, time.time_ns = lambda: EARLIER, lambda: int(EARLIER * 1e9)
    try:
        yield
    finally:
        time.time, time.time_ns = clock, clock_ns
        random.setstate(state)


@contextmanager
def draws() -> Iterator[list[int]]:
    """How many bytes the learner's code gets meanwhile from where `secrets` gets its own."""
    urandom, sizes = os.urandom, []

    def drawn(size: int) -> bytes:
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not is_own(frame.f_code.co_filename):
            frame = frame.f_back
        if frame is not None:  # else it is Jupyter that names something
            sizes.append(size)
        return urandom(size)

    places = [getattr(module, "__dict__", {}) for module in list(sys.modules.values())]
    named = [(it, name) for it in places for name, value in list(it.items()) if value is urandom]
    for it, name in named:  # whoever has imported it has a name for it
        it[name] = drawn
    try:
        yield sizes
    finally:
        for it, name in named:
            it[name] = urandom


WORDS = 150  # of a reply that is watched: it takes three seconds
SOON = 2.5  # seconds in which its first word has to be there


def check_again(server: Server) -> Coroutine[Any, Any, Verdict]:
    """One reply for each message, whoever reads it, and however often, while it is written."""

    def whole(text: str, words: str) -> bool:
        return text.startswith("Reply") and text.endswith(f"to: {words}")

    async def text_in_time(url: str, otherwise: str) -> str:
        try:
            return await asyncio.wait_for(text_of(url, server), PATIENCE / 2)
        except TimeoutError:
            raise NotYet(otherwise) from None

    async def want_streamed(post: Any) -> None:
        start = time.perf_counter()
        url = await post("word " * WORDS)
        want(
            time.perf_counter() - start < SOON,
            "the POST answers when the whole reply is made: nothing streams any more",
        )
        async for _ in arrivals(url, limit=1):
            break
        want(
            time.perf_counter() - start < SOON,
            "the first word comes when the whole reply is made: nothing streams any more",
        )

    async def check() -> None:
        messages = ["one two", "three four", "five six seven eight"]
        async with poster() as client:

            async def post(message: str) -> str:
                return await post_turn(client, server, message)

            urls = [await post(message) for message in messages]

            first = await text_in_time(urls[0], "a reply has no end: who writes it?")
            want(whole(first, messages[0]), f"the reader should get the whole reply, not {first!r}")
            second = await text_of(urls[0], server)
            want(second == first, f"the first reader gets {first!r}, the second one {second!r}")

            first, second = await asyncio.gather(*[text_of(urls[1], server) for _ in range(2)])
            want(
                whole(first, messages[1]) and first == second,
                f"two readers at once should get the same reply; they get {first!r} and {second!r}",
            )

            await record(urls[2], limit=1)
            text = await text_in_time(
                urls[2], "a reader leaves early, and the stream of the next one does not end"
            )
            want(whole(text, messages[2]), f"a reader leaves early, and the next one gets {text!r}")
            await want_streamed(post)

    return verdict(check(), "04.3")
