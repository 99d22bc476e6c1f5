"""The checks of lesson 04, a chat."""

import asyncio
import hashlib
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import unquote_plus

from chatkit.notebook import arrivals, record
from chatkit.server.background import Server
from checks.judging import PATIENCE, NotYet, Verdict, post_turn, poster, text_of, verdict, want


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

    return verdict(check())


def check_guessing(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Ids that one cannot compute from another, as far as 40 of them can show."""

    def possible(urls: list[str]) -> int:
        """How many there are, if each position may hold what it holds in one of these."""
        number = 1
        for characters in zip(*urls, strict=True):
            number *= len(set(characters))
        return number

    async def check() -> None:
        message = "My PIN is 4711."
        async with poster() as client:
            urls = [await post_turn(client, server, message) for _ in range(40)]
        shown = [url.removeprefix(server.url) for url in urls]
        want(len(set(urls)) == len(urls), "two turns have got the same URL")
        for number in range(5000):
            for recipe in ("md5", "sha1", "sha256", "sha512"):
                digest = hashlib.new(recipe, str(number).encode()).hexdigest()
                for url in shown:
                    want(
                        digest not in url,
                        f"Eve tries numbers, and can read {url!r}: its id is the {recipe} of "
                        f"{number}",
                    )
        width = max(map(len, shown))
        lined_up = [[url.ljust(width) for url in shown], [url.rjust(width) for url in shown]]
        want(
            min(map(possible, lined_up)) >= 2**48,
            f"after {shown[-2]!r} comes {shown[-1]!r}: too little changes from id to id, so Eve "
            "can try them all",
        )
        text = await text_of(urls[7], server)
        want(text == message, f"a person who sends {message!r} should read it, not {text!r}")

    return verdict(check())


WORDS = 150  # of a reply that is watched: it takes three seconds
SOON = 2.5  # seconds in which its first word has to be there


def check_again(server: Server) -> Coroutine[Any, Any, Verdict]:
    """One reply for each message, whoever reads it, and however often, while it is written."""

    def whole(text: str, words: str) -> bool:
        return text.startswith("Reply") and text.endswith(f"to: {words}")

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

            first = await text_of(urls[0], server)
            want(whole(first, messages[0]), f"the reader should get the whole reply, not {first!r}")
            second = await text_of(urls[0], server)
            want(second == first, f"the first reader gets {first!r}, the second one {second!r}")

            first, second = await asyncio.gather(*[text_of(urls[1], server) for _ in range(2)])
            want(
                whole(first, messages[1]) and first == second,
                f"two readers at once should get the same reply; they get {first!r} and {second!r}",
            )

            await record(urls[2], limit=1)
            try:
                text = await asyncio.wait_for(text_of(urls[2], server), PATIENCE / 2)
            except TimeoutError:
                raise NotYet(
                    "a reader leaves early, and the stream of the next one does not end"
                ) from None
            want(whole(text, messages[2]), f"a reader leaves early, and the next one gets {text!r}")
            await want_streamed(post)

    return verdict(check())
