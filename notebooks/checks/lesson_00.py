"""The checks of lesson 00, start here."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from chatkit.server.background import Server
from chatkit.sse import Parser
from checks.judging import Verdict, collect, post_turn, poster, text_in, verdict, want


def check_rest(server: Server, headers: dict[str, str]) -> Coroutine[Any, Any, Verdict]:
    """The headers that bring what a page lacks that has shown `Hello, wor`, and no more."""

    async def check() -> None:
        want(isinstance(headers, dict), f"`headers` should be a dict, not {headers!r}")
        for name, value in headers.items():
            for it in (name, value):
                want(isinstance(it, str), f"a header's name and value are texts: '{it}', not {it}")
        async with poster() as client:
            events = await post_turn(client, server, "Hello, world")
            await client.get(events)  # to its end: no cursor lies past that
            answer = await client.get(events, headers=headers)
        if answer.status_code >= 400:
            given = list(headers.values())
            status = f"the server answers {answer.status_code}"
            want(False, f"{status}: the value should be the number of an event, not {given}")
        came = [event for event in Parser().feed(answer.content) if event.type == "message"]
        shows = "Hello, wor" + "".join(json.loads(event.data) for event in came)
        in_the_end = f"with these headers the page shows {shows!r} in the end"
        if headers and "last-event-id" not in map(str.lower, headers):
            in_the_end += ": the server goes by `Last-Event-ID`, which is not among them"
        want(shows == "Hello, world", in_the_end)

    return verdict(check(), "00.1")


def check_shout(reply: Callable[..., AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """A reply that says the last message in capitals, word by word."""

    async def check() -> None:
        for message, expected in (("hello you", "HELLO YOU"), ("ß and ẞ", "SS AND ẞ")):
            pieces = await collect(reply([{"role": "user", "content": message}]))
            want(pieces, f"for the message {message!r} it yields nothing")
            text = text_in(pieces)
            want(
                text.strip() == expected,
                f"for the message {message!r} the pieces should join to {expected!r}, not {text!r}",
            )
            words = [piece for piece in pieces if piece.strip()]
            want(
                len(words) == len(expected.split()),
                f"for the message {message!r} it should yield word by word, not {pieces}",
            )
            pieces.want_polite()
        earlier = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "FIRST"}]
        last = {"role": "user", "content": "second"}
        text = text_in(await collect(reply([*earlier, last]))).strip()
        want(text == "SECOND", f"in a longer chat it should answer the last message, not {text!r}")

    return verdict(check(), "00.2")


def check_memory(reply: Callable[..., AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """A reply that says how many messages the user has sent, and the first of them."""

    async def check() -> None:
        for said in (["Hello"], ["Hello", "How are you?"], ["one", "two", "one"]):
            messages = [{"role": "user", "content": said[0]}]
            for text in said[1:]:
                messages.append({"role": "assistant", "content": "I see."})
                messages.append({"role": "user", "content": text})
            text = text_in(await collect(reply(messages)))
            expected = f"{len(said)}, and the first was: {said[0]}"
            want(
                text.strip() == expected,
                f"the user has said {said}: the reply should be {expected!r}, not {text!r}",
            )

    return verdict(check(), "00.3")
