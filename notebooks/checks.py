"""Checks for the exercises: each says what is still missing, and passes when nothing is.

A check never raises and never waits for long, whatever it is given.
"""

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from chatkit.notebook import Arrival, record
from chatkit.serving import Server
from chatkit.sse import Event, Parser

PATIENCE = 10.0  # seconds that an exercise may take


@dataclass
class Verdict:
    """What a check found. `missing` is empty when the exercise is solved."""

    missing: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.missing

    def __repr__(self) -> str:
        return "passed" if self.passed else "\n  ".join(["not yet:", *self.missing])


class NotYet(Exception):
    """Something is missing; the text says what."""


async def verdict(check: Coroutine[Any, Any, None]) -> Verdict:
    """Run a check, and turn whatever happens into a verdict."""
    try:
        await asyncio.wait_for(check, PATIENCE)
    except NotYet as missing:
        return Verdict([str(missing)])
    except TimeoutError:
        return Verdict([f"it has not ended after {PATIENCE:g} seconds"])
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict([f"it raised {type(error).__name__}: {error}", f"at: {line.line}"])
    return Verdict()


def want(condition: object, missing: str) -> None:
    if not condition:
        raise NotYet(missing)


class Pieces(list[Any]):
    """What an async generator yielded, and whether it let others run meanwhile."""

    polite = False

    def want_polite(self) -> None:
        want(
            self.polite,
            "it does not let others run between two pieces: it needs `await asyncio.sleep(...)`",
        )


async def collect(generator: Any, limit: int = 1000) -> Pieces:
    """All pieces of an async generator."""
    want(
        hasattr(generator, "__aiter__"),
        f"calling it gives {type(generator).__name__}, which is no async generator: "
        "that takes `async def`, and a `yield`",
    )
    turns = 0  # that the event loop gave to others while the generator was running

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(others())
    await asyncio.sleep(0)
    before = turns
    pieces = Pieces()
    try:
        async for piece in generator:
            pieces.append(piece)
            want(len(pieces) <= limit, f"it yields more than {limit:,} pieces")
    finally:
        counting.cancel()
    pieces.polite = turns - before >= len(pieces) - 1
    return pieces


async def events_of(url: str) -> list[Event]:
    """The events of a stream on the learner's own server."""
    try:
        recording: list[Arrival] = await record(url, limit=1000)
    except httpx.HTTPStatusError as error:
        raise NotYet(f"GET /{url.split('/', 3)[3]} answers {error.response.status_code}") from None
    except httpx.HTTPError as error:
        raise NotYet(f"the server does not answer: {type(error).__name__}") from None
    parser = Parser()
    return [event for arrival in recording for event in parser.feed(arrival.frame)]


def check_shout(reply: Callable[..., AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 00: a reply that says the last message in capitals, word by word."""

    async def check() -> None:
        for message, expected in (("hello you", "HELLO YOU"), ("ß and ẞ", "SS AND ẞ")):
            pieces = await collect(reply([{"role": "user", "content": message}]))
            want(pieces, f"for the message {message!r} it yields nothing")
            text = "".join(pieces)
            want(
                text.strip() == expected,
                f"for the message {message!r} the pieces should join to {expected!r}, not {text!r}",
            )
            want(len(pieces) > 1, "it should yield word by word, not all at once")
            pieces.want_polite()
        earlier = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "FIRST"}]
        last = {"role": "user", "content": "second"}
        text = "".join(await collect(reply([*earlier, last]))).strip()
        want(text == "SECOND", f"in a longer chat it should answer the last message, not {text!r}")

    return verdict(check())


def check_words(words: Callable[[str], AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 01: an async generator of the words of a text."""

    async def check() -> None:
        for text, expected in (
            ("to be or not", ["to ", "be ", "or ", "not "]),
            ("one", ["one "]),
            ("", []),
        ):
            found = await collect(words(text))
            want(found == expected, f"for {text!r} it should yield {expected}, not {found}")
            found.want_polite()

    return verdict(check())


def check_countdown(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 01: a route of the learner's server that streams 3, 2, 1, lift-off."""

    async def check() -> None:
        found = [event.data for event in await events_of(server.url + "countdown")]
        expected = ["3", "2", "1", "lift-off"]
        want(found == expected, f"the data of the events should be {expected}, not {found}")

    return verdict(check())


def check_polite(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 01: `/slow` streams, and leaves the server free for others meanwhile."""

    async def check() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:

            async def made() -> int:
                return int((await client.get(server.url + "made")).text)

            before = await made()
            stream = asyncio.create_task(events_of(server.url + "slow"))
            while (now := await made()) == before and not stream.done():  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            data = [event.data for event in await stream]
        expected = [str(number) for number in range(10)]
        want(data == expected, f"the data of the events should still be {expected}, not {data}")
        want(now - before < 10, "others are answered only when the stream is over")

    return verdict(check())


def check_lines(lines: Callable[[Any], Any]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 02: a generator of the lines in chunks of bytes, each as soon as it is complete."""
    wire = b"one\r\ntwo\rthree\n\r\n\r\rcaf\xc3\xa9\xe2\x80\xa8\n"
    expected = [b"one", b"two", b"three", b"", b"", b"", b"caf\xc3\xa9\xe2\x80\xa8"]

    def found(chunks: list[bytes]) -> list[Any]:
        result = lines(iter(chunks))
        want(hasattr(result, "__iter__"), "it should yield the lines: that takes a `yield`")
        got = []
        for line in result:
            got.append(line.encode() if isinstance(line, str) else bytes(line))
            want(len(got) <= 100, f"from {chunks} it yields line after line, without an end")
        return got

    def compare(chunks: list[bytes], right: list[bytes]) -> None:
        got = found(chunks)
        want(got == right, f"from {chunks} it should yield {right}, not {got}")

    async def check() -> None:
        compare([b"a\nb\n"], [b"a", b"b"])
        compare([b"a\r\nb\rc\n"], [b"a", b"b", b"c"])
        compare([b"a\nunfinished"], [b"a"])
        compare([b"on", b"e\ntw", b"o\n"], [b"one", b"two"])
        compare([b"a\r", b"\nb\n"], [b"a", b"b"])
        compare([b"a\r", b"\rb\n"], [b"a", b"", b"b"])
        compare([b"a\r", b"", b"\nb\n"], [b"a", b"b"])
        compare([wire], expected)
        compare([bytes([byte]) for byte in wire], expected)
        for place in range(len(wire)):
            compare([wire[:place], wire[place:]], expected)

        taken = []

        def chunks() -> Iterator[bytes]:
            for chunk in (b"one\r", b"two\n", b"three\n"):
                taken.append(chunk)
                yield chunk

        for _ in lines(chunks()):
            break
        complete = b"one\r"
        want(
            taken == [complete],
            f"in {complete} a line is complete, but {len(taken)} chunks were taken before it came",
        )

    return verdict(check())


def check_interpret(
    interpret: Callable[[list[str]], list[tuple[str, str, str]]],
) -> Coroutine[Any, Any, Verdict]:
    """Lesson 02: lines of text to events, after two bugs have been mended."""

    async def check() -> None:
        for lines in (
            ["data: a", ""],
            ["data: a", "data: b", ""],
            ["data:a", ""],
            ["data:  two spaces", ""],
            ["data:   three spaces", "data:", ""],
            ["event: end", "data: a", "", "data: b", ""],
            ["event: end", "", "data: a", ""],
            ["event: end", "id: 1", "", ": ping", "data: a", ""],
            ["id: 1", "data: a", "", "data: b", ""],
            ["id: 1", "data: a", "", "id", "data: b", ""],
            ["id: 1\0", "data: a", ""],
            ["event: end", "event", "data: a", ""],
            ["data: unfinished"],
            ["data", ""],
        ):
            events = Parser().feed("".join(line + "\n" for line in lines).encode())
            right = [(event.type, event.data, event.id) for event in events]
            got = [tuple(event) for event in interpret(list(lines))]
            want(got == right, f"from the lines {lines} it should make {right}, not {got}")

    return verdict(check())


def check_poison(write: Callable[[int, str], bytes]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 02: one event a call, with its number as id, whatever the text is."""

    async def check() -> None:
        texts = ["Hello", "Hi\nid: 999999", "Hi\rid: 999999", "a\r\n\r\nevent: end\r\ndata: b"]
        texts += [
            "",
            " ",
            "one\ntwo\n",
            "one\rtwo\r\nthree",
            "\0",
            "\n\nid\n\n",
            ": no comment",
            '"',
        ]
        parser = Parser()
        for number, text in enumerate(texts, start=1):
            wire = write(number, text)
            want(isinstance(wire, bytes), f"it should give bytes, not {type(wire).__name__}")
            events = parser.feed(wire)
            wanted = f"for the text {text!r}"
            want(len(events) == 1, f"{wanted} the reader gets {len(events)} events, not one")
            event = events[0]
            want(event.id == str(number), f"{wanted} the id is {event.id!r}, not {str(number)!r}")
            want(event.type == "message", f"{wanted} the event type is {event.type!r}")
            try:
                got = json.loads(event.data)
            except ValueError:
                raise NotYet(f"{wanted} the data is {event.data!r}, which is no JSON") from None
            want(got == text, f"{wanted} the data holds {got!r}")

    return verdict(check())
