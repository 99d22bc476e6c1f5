"""Checks for the exercises: each says what is still missing, and passes when nothing is.

A check never raises and never waits for long, whatever it is given.
"""

import asyncio
import json
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from urllib.parse import urljoin

import httpx
from fastapi import FastAPI
from sse_starlette import EventSourceResponse

from chatkit.notebook import Arrival, arrivals, record
from chatkit.server.background import Server, serve
from chatkit.sse import Event, Parser
from chatkit.turns import Limits, Turn

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


# Lesson 03


def check_moving(app: Any) -> Coroutine[Any, Any, Verdict]:
    """Lesson 03: a page whose URLs are all relative, and still name the same files."""

    class Urls(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.found += [value or "" for name, value in attributes if name in ("src", "href")]

    async def check() -> None:
        with serve(app, name="check_moving") as server:
            async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
                answer = await client.get(server.url)
        want(answer.status_code == 200, f"GET / answers {answer.status_code}")
        page = "https://hub.example/user/ada/proxy/8000/"
        parser = Urls()
        parser.feed(answer.text)
        for file in ("style.css", "reply.js", "stream"):
            urls = [url for url in parser.found if url.split("/")[-1] == file]
            want(urls, f"the page no longer asks for {file}")
            for url in urls:
                asked = urljoin(page, url)
                want(
                    asked == page + file,
                    f"at {page} the URL {url!r} asks for {asked}, not for {page + file}",
                )

    return verdict(check())


def check_listeners(events: Callable[[], AsyncIterator[Any]]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 03: a message, a failure and an end, as an EventSource gets them."""

    async def check() -> None:
        app = FastAPI()

        @app.get("/stream")
        async def stream() -> EventSourceResponse:
            return EventSourceResponse(events())

        await collect(events())
        with serve(app, name="check_listeners") as server:
            found = [(e.type, e.data) for e in await events_of(server.url + "stream")]
        kinds = [kind for kind, _ in found]
        want("error" not in kinds, "an event of the type error reaches the page's onerror")
        want(
            found[:1] == [("message", "Hello")],
            f"the first event should be a message with the data 'Hello'; the page gets {found[:1]}",
        )
        want(
            found[1:2] == [("failure", "no more")],
            f"then a failure with the data 'no more'; the page gets {found[1:2]}",
        )
        want(kinds[2:] == ["end"], f"then one end, and nothing else; the page gets {found[2:]}")

    return verdict(check())


def check_profile(profile: Callable[[str], str]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 03: HTML in which a name stays text, whatever it is."""

    class Parts(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
            self.text = ""

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.elements.append((tag, attributes))

        def handle_data(self, data: str) -> None:
            self.text += data

    async def check() -> None:
        names = ["Ada", "<b>Ada</b>", "O'Brien", '"Bob"', "A & B", "&lt;", "<img src=x onerror=x>"]
        for name in [*names, '" onmouseover="attack()', "</p><script>attack()</script>"]:
            parts = Parts()
            parts.feed(profile(name))
            parts.close()
            shown = f"for the name {name!r}"
            elements = [("p", [("title", name)])]
            want(
                parts.elements == elements,
                f"{shown} the page should have the element {elements}, not {parts.elements}",
            )
            text = f"Hello, {name}!"
            want(parts.text == text, f"{shown} it should say {text!r}, not {parts.text!r}")

    return verdict(check())


# Lesson 05


def check_resume(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 05: a stream that goes on after the reader's Last-Event-ID, and 204 at its end."""

    async def check() -> None:
        url = server.url + "stream"
        whole = await events_of(url)
        want(whole, "without a Last-Event-ID it should send the whole reply; it sends nothing")
        for event in whole:
            want(event.id, f"the event with the data {event.data!r} has no id")
        for place, event in enumerate(whole, start=1):
            headers = {"Accept": "text/event-stream", "Last-Event-ID": event.id}
            async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
                answer = await client.get(url, headers=headers)
            shown = f"to Last-Event-ID {event.id!r}"
            if place == len(whole):
                want(
                    answer.status_code == 204,
                    f"{shown}, which is the last one, it should answer 204, not "
                    f"{answer.status_code}",
                )
            else:
                want(answer.status_code == 200, f"{shown} it answers {answer.status_code}")
                rest = Parser().feed(answer.content)
                want(
                    rest == whole[place:],
                    f"{shown} it should send the {len(whole) - place} events after it, and sends "
                    f"{len(rest)}, the first with the id {rest[0].id if rest else None!r}",
                )
        text = "".join(event.data for event in whole)
        want(text == "Streams break.", f"the whole reply should still be its text, not {text!r}")

    return verdict(check())


def check_over(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 05: a message, and an end that is dispatched."""

    async def check() -> None:
        events = await events_of(server.url + "stream")
        kinds = [event.type for event in events]
        want(kinds[:1] == ["message"], f"the first event should be a message, not {kinds[:1]}")
        want(events[0].data == "Hello", f"its data should still be 'Hello', not {events[0].data!r}")
        want("end" in kinds, f"a browser gets only {kinds}: no event of the type end is dispatched")
        want(kinds == ["message", "end"], f"it should send a message and an end, not {kinds}")

    return verdict(check())


def check_once(
    use: Callable[[str, int, int, str], tuple[str, int]],
) -> Coroutine[Any, Any, Verdict]:
    """Lesson 05: each event is used once, and a gap is told by LookupError."""
    reply = "Hello"
    pieces = list(enumerate(reply, start=1))

    async def check() -> None:
        for name, events in (
            ("in order", pieces),
            ("each twice", [event for event in pieces for _ in range(2)]),
            ("three, and then again from the start", pieces[:3] + pieces),
            ("three, and then from the second on", pieces[:3] + pieces[1:]),
        ):
            text, cursor = "", 0
            for number, piece in events:
                text, cursor = use(text, cursor, number, piece)
            want(text == reply, f"events that come {name} should give {reply!r}, not {text!r}")
            want(cursor == len(reply), f"events that come {name} should leave the cursor at 5")
        for cursor, number in ((0, 2), (2, 4), (2, 100)):
            try:
                result = use("He"[:cursor], cursor, number, "x")
            except LookupError:
                continue
            raise NotYet(
                f"after event {cursor} comes {number}: one is missing, but it gave {result}"
            )

    return verdict(check())


# Lesson 04


def poster() -> httpx.AsyncClient:
    """One for a whole check: to make one takes longer than to use it."""
    return httpx.AsyncClient(trust_env=False, timeout=PATIENCE)


async def post_turn(client: httpx.AsyncClient, server: Server, message: str) -> str:
    """Send a message to the learner's server; the absolute URL of its events."""
    try:
        answer = await client.post(server.url + "turns", json={"message": message})
    except httpx.HTTPError as error:
        raise NotYet(f"the server does not answer: {type(error).__name__}") from None
    want(answer.status_code == 201, f"POST /turns should answer 201, not {answer.status_code}")
    try:
        events: Any = answer.json()["events"]
    except (ValueError, KeyError, TypeError):
        raise NotYet("POST /turns should answer a JSON object with `events`") from None
    want(isinstance(events, str), f"`events` should be a URL, not {events!r}")
    page = "https://hub.example/user/ada/proxy/8000/"
    want(
        urljoin(page, events).startswith(page) and events not in ("", "."),
        f"`events` should be a relative URL such as 'turns/.../events', not {events!r}",
    )
    return str(urljoin(server.url, events))


async def text_of(url: str) -> str:
    """What a page shows of a stream, without white space around it."""
    return "".join(e.data for e in await events_of(url) if e.type == "message").strip()


def check_two_users(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 04: everybody reads their own reply, however the requests mix."""

    async def check() -> None:
        async with poster() as client:

            async def ask(message: str) -> str:
                return await text_of(await post_turn(client, server, message))

            alone = "Is anybody there?"
            text = await ask(alone)
            want(text == alone, f"a person who is alone sends {alone!r} and reads {text!r}")

            sent = {"Ada": "I am Ada.", "Bob": "I am Bob."}
            for order in (["Ada", "Bob"], ["Bob", "Ada"]):
                urls = {name: await post_turn(client, server, sent[name]) for name in sent}
                for name in order:
                    text = await text_of(urls[name])
                    want(
                        text == sent[name],
                        f"Ada posts, then Bob; {order[0]} reads first. "
                        f"{name} should read {sent[name]!r}, not {text!r}",
                    )

            messages = [f"I am number {number}." for number in range(5)]
            texts = await asyncio.gather(*map(ask, messages))
            for message, text in zip(messages, texts, strict=True):
                want(text == message, f"of five people at once, {message!r} reads {text!r}")

    return verdict(check())


def check_guessing(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 04: ids that one cannot compute from another, as far as 40 of them can show."""
    import hashlib

    def possible(urls: list[str]) -> int:
        """How many there are, if each place may hold what it holds in one of these."""
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
        text = await text_of(urls[7])
        want(text == message, f"a person who sends {message!r} should read it, not {text!r}")

    return verdict(check())


def check_again(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 04: one reply for each message, whoever reads it, and however often."""

    def whole(text: str, words: str) -> bool:
        return text.startswith("Reply") and text.endswith(f"to: {words}")

    async def check() -> None:
        messages = ["one two", "three four", "five six seven eight"]
        async with poster() as client:
            urls = [await post_turn(client, server, message) for message in messages]

        first = await text_of(urls[0])
        want(whole(first, messages[0]), f"the reader should get the whole reply, not {first!r}")
        second = await text_of(urls[0])
        want(second == first, f"the first reader gets {first!r}, the second one {second!r}")

        first, second = await asyncio.gather(text_of(urls[1]), text_of(urls[1]))
        want(
            whole(first, messages[1]) and first == second,
            f"two readers at once should get the same reply; they get {first!r} and {second!r}",
        )

        await record(urls[2], limit=1)
        try:
            text = await asyncio.wait_for(text_of(urls[2]), PATIENCE / 2)
        except TimeoutError:
            raise NotYet(
                "a reader leaves early, and the stream of the next one does not end"
            ) from None
        want(whole(text, messages[2]), f"a reader leaves early, and the next one gets {text!r}")

    return verdict(check())


# Lesson 06


class Counted:
    """An awaitable that counts how often what it awaits has run."""

    def __init__(self, awaitable: Any) -> None:
        self.runs = 0
        self._awaitable = awaitable

    def __await__(self) -> Generator[Any, Any, Any]:
        waits = self._awaitable.__await__()
        step, value = waits.send, None
        while True:
            self.runs += 1
            try:
                waited = step(value)
            except StopIteration as done:
                return done.value
            try:
                step, value = waits.send, (yield waited)
            except BaseException as error:
                step, value = waits.throw, error


@contextmanager
def no_circles() -> Iterator[None]:
    """Raise `NotYet` in a task that waits for a flag that is up, again and again.

    It would never let anybody else run, this check included.
    """
    wait, in_vain = asyncio.Event.wait, Counter[Any]()

    async def counted(event: asyncio.Event) -> bool:
        task = asyncio.current_task()
        in_vain[task] = in_vain[task] + 1 if event.is_set() else 0
        want(
            in_vain[task] < 10_000,
            "a reader asks `wait()` in a circle: the flag stays up, so it returns at once",
        )
        return await wait(event)

    with patch.object(asyncio.Event, "wait", counted):
        yield


async def rest_of(reader: AsyncIterator[Any]) -> list[Any]:
    return [piece async for piece in reader]


async def at_rest(task: "asyncio.Future[Any]") -> None:
    """Let a task run until it is done or waits for something that nobody does now."""
    for _ in range(20):
        if task.done():
            return
        await asyncio.sleep(0.005)


def check_lost(board_class: Callable[[], Any]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 06: a board whose readers get everything, and sleep while there is nothing."""

    async def got(reader: Any, of: str) -> Any:
        task = asyncio.ensure_future(anext(reader))
        await at_rest(task)
        if not task.done():
            task.cancel()
            raise NotYet(f"{of} waits, and what it waits for is in the list")
        try:
            return task.result()
        except StopAsyncIteration:
            raise NotYet(f"{of} has ended, and has not got everything") from None

    async def check() -> None:
        with no_circles():
            await check_board()

    async def check_board() -> None:
        board = board_class()
        board.add("a")
        ada, bob = board.follow(), board.follow()
        for name, reader in (("the first of two readers", ada), ("the second of two readers", bob)):
            piece = await got(reader, name)
            want(piece == "a", f"{name} should get 'a', not {piece!r}")
        board.add("b")
        board.add("c")
        for piece in "bc":
            found = await got(ada, "a fast reader")
            want(found == piece, f"a fast reader should get {piece!r}, not {found!r}")
        waiting = Counted(anext(ada))
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0.2)
        if task.done() and isinstance(task.exception(), NotYet):
            task.result()
        want(not task.done(), "a reader that has everything should wait until there is more")
        want(
            waiting.runs < 4,
            f"a reader looks {waiting.runs} times while nothing happens; it should sleep until "
            "it is woken",
        )
        board.add("d")
        await at_rest(task)
        want(task.done(), "a reader that waits should be woken by `add`")
        board.add("e")
        board.close()
        for name, reader, expected in (
            ("a fast reader", ada, ["e"]),
            ("a slow reader", bob, ["b", "c", "d", "e"]),
            ("a reader that comes when the board is closed", board.follow(), list("abcde")),
        ):
            task = asyncio.ensure_future(rest_of(reader))
            await at_rest(task)
            if not task.done():
                task.cancel()
                raise NotYet(f"the board is closed, and the loop of {name} does not end")
            want(
                task.result() == expected,
                f"the board is closed: {name} should get {expected}, and gets {task.result()}",
            )
        for steps in range(5):
            board = board_class()
            task = asyncio.ensure_future(anext(board.follow()))
            for _ in range(steps):
                await asyncio.sleep(0)
            board.add("a")
            await at_rest(task)
            if not task.done():
                task.cancel()
                raise NotYet(
                    "a piece comes after a reader has looked and before it waits: it waits"
                )
        board = board_class()
        readers = [asyncio.ensure_future(rest_of(board.follow())) for _ in range(2)]
        await asyncio.sleep(0.01)
        board.close()
        for task in readers:
            await at_rest(task)
        sleeping = sum(not task.done() for task in readers)
        for task in readers:
            task.cancel()
        want(not sleeping, f"two readers wait when the board is closed, and {sleeping} sleep on")

    return verdict(check())


def check_newest(newest: Callable[[Turn], AsyncIterator[bytes]]) -> Coroutine[Any, Any, Verdict]:
    """Lesson 06: one event at a time, the newest, and always the last one."""

    async def next_ids(reader: Any, ready: Any = None) -> list[int]:
        try:
            frame = await asyncio.wait_for(ready or anext(reader), PATIENCE / 5)
        except TimeoutError:
            raise NotYet("there is something new, and it does not yield") from None
        except StopAsyncIteration:
            raise NotYet("it has ended, and the turn has not") from None
        want(isinstance(frame, bytes), f"it should yield bytes, not {type(frame).__name__}")
        return [int(event.id) for event in Parser().feed(frame)]

    async def check() -> None:
        turn = Turn("How far?", "chat", Limits())
        for number in range(1, 5):
            await turn.append(f"{number}")
        late, live = newest(turn), newest(turn)
        want(
            hasattr(late, "__aiter__"),
            f"calling it gives {type(late).__name__}, which is no async generator",
        )
        for reader in (late, live):
            ids = await next_ids(reader)
            want(ids == [4], f"four events are there: it should yield event 4, not {ids}")
        for number in range(5, 8):
            await turn.append(f"{number}")
            ids = await next_ids(live)
            want(ids == [number], f"event {number} comes: it should yield that one, not {ids}")
        ids = await next_ids(late)
        want(ids == [7], f"a reader comes back at event 7: it should get that one, not {ids}")
        waiting = asyncio.ensure_future(anext(live))
        await asyncio.sleep(0.01)
        want(not waiting.done(), "there is nothing new, and still it yields")
        await turn.append("8")
        await turn.finish()
        ids = await next_ids(live, waiting)
        want(ids == [9], f"it ends with event 9: that is what should come, not {ids}")
        for reader in (live, late):
            rest = await asyncio.wait_for(rest_of(reader), PATIENCE / 5)
            rest = [int(event.id) for frame in rest for event in Parser().feed(frame)]
            expected = [9] if reader is late else []
            want(rest == expected, f"after the end it should yield {expected}, and yields {rest}")

        long = Turn("How far?", "chat", Limits())
        for number in range(200):
            await long.append(f"{number}".ljust(1000))  # too much for one piece
        reader = newest(long)
        ids = await next_ids(reader)
        want(ids == [200], f"200 events are there: it should yield event 200, not {ids}")
        again = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0.01)
        if again.done():
            ids = await next_ids(reader, again)
            raise NotYet(f"200 events are there: it yields event 200, and then {ids}")
        again.cancel()

    return verdict(check())


def check_readers(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 06: a server that knows how many read each of its turns just now."""

    async def check() -> None:
        async with poster() as client:
            urls = [await post_turn(client, server, "") for _ in range(2)]

            async def counts() -> list[int]:
                found = []
                for url in urls:
                    answer = await client.get(urljoin(url, "readers"))
                    want(answer.is_success, f"the number of readers: {answer.status_code}")
                    found.append(int(answer.text))
                return found

            async def want_counts(expected: list[int], when: str) -> None:
                for _ in range(150):
                    found = await counts()
                    if found == expected:
                        return
                    await asyncio.sleep(0.02)
                raise NotYet(f"{when}: the two turns have {expected} readers, and it says {found}")

            await want_counts([0, 0], "nobody has come")
            readers = [arrivals(url) for url in (urls[0], urls[0], urls[1])]
            try:
                for reader in readers:
                    first = await anext(reader)
                    want(
                        Parser().feed(first.frame)[0].id == "1",
                        f"a reader should get the first event, not {first.frame!r}",
                    )
                await want_counts([2, 1], "three have come")
                await readers[0].aclose()  # type: ignore[attr-defined]
                await want_counts([1, 1], "three have come, and one has left")
                again = arrivals(urls[0])
                readers.append(again)
                await anext(again)
                await want_counts([2, 1], "one has come back")
            finally:
                for reader in readers:
                    await reader.aclose()  # type: ignore[attr-defined]
            await want_counts([0, 0], "all have left")

    return verdict(check())


# Lesson 07


def check_secret(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 07: a reply that breaks ends with `failure`; only the server's log says why."""

    async def check() -> None:
        received = b""
        async with poster() as client, client.stream("GET", server.url + "stream") as response:
            want(response.status_code == 200, f"GET /stream answers {response.status_code}")
            try:
                async for chunk in response.aiter_bytes():
                    received += chunk
            except httpx.RemoteProtocolError:
                raise NotYet(
                    "the connection breaks: an EventSource would ask for the stream again"
                ) from None
        events = Parser().feed(received)
        kinds = [event.type for event in events]
        for secret in ("sk-1234", "ConnectionError", "refused"):
            want(secret.encode() not in received, f"the readers get to know {secret!r}")
        want(
            kinds[:1] == ["message"] and events[0].data == "The answer is ",
            f"what was said before the error should still come first, not {kinds[:1]}",
        )
        want(
            kinds == ["message", "failure"],
            f"after the message there should be one failure, and nothing else: the reader gets "
            f"{kinds}",
        )
        want(" " in events[1].data.strip(), f"{events[1].data!r} is no sentence for people")
        want("sk-1234" in server.log, "the server's log does not say what went wrong")
        want("Traceback" in server.log, "the server's log has the error, but not its traceback")

    return verdict(check())


def check_awake(
    awake: Callable[[AsyncIterator[bytes], float], AsyncIterator[bytes]],
) -> Coroutine[Any, Any, Verdict]:
    """Lesson 07: frames are passed on, with a comment whenever none has come for a while."""
    ping = b": ping\n\n"

    class Source:
        """Two frames, the second when it is let go; or many at once."""

        def __init__(self, frames: list[bytes]) -> None:
            self.frames = frames
            self.go = asyncio.Event()
            self.closed = False

        async def __call__(self) -> AsyncIterator[bytes]:
            try:
                yield self.frames[0]
                await self.go.wait()
                for frame in self.frames[1:]:
                    yield frame
            finally:
                self.closed = True

    async def following(reader: Any, missing: str) -> bytes:
        task = asyncio.ensure_future(anext(reader))
        await asyncio.wait([task], timeout=PATIENCE / 5)
        if not task.done():
            task.cancel()
            raise NotYet(missing)
        try:
            frame = task.result()
        except StopAsyncIteration:
            raise NotYet(
                "after the pings it ends, though there is another frame: the generator that it "
                "waited for was cancelled"
            ) from None
        want(isinstance(frame, bytes), f"it should yield bytes, not {type(frame).__name__}")
        return bytes(frame)

    async def check() -> None:
        source = Source([b"one", b"two"])
        reader: Any = awake(source(), 0.05)
        want(
            hasattr(reader, "__aiter__"),
            f"calling it gives {type(reader).__name__}, which is no async generator",
        )
        first = await following(reader, "the first frame is there, and it does not yield it")
        want(first == b"one", f"the first frame should come first, not {first!r}")
        for _ in range(3):
            frame = await following(reader, "no frame comes for a while, and no ping either")
            want(frame == ping, f"while no frame comes it should yield {ping!r}, not {frame!r}")
        source.go.set()
        rest = [frame for frame in await rest_of(reader) if frame != ping]
        want(
            rest == [b"two"],
            f"after the pings another frame comes: the reader should get it, and gets {rest}",
        )

        many = Source([b"%d" % number for number in range(200)])
        many.go.set()
        found = await rest_of(awake(many(), PATIENCE))
        want(ping not in found, "frames come one after the other, and still it yields a ping")
        want(found == many.frames, f"of {len(many.frames)} frames the reader gets {len(found)}")

        left = Source([b"one", b"two"])
        reader = awake(left(), 0.05)
        for _ in range(2):
            await following(reader, "no frame comes for a while, and no ping either")
        await reader.aclose()
        for _ in range(100):
            if left.closed:
                break
            await asyncio.sleep(0.01)
        want(left.closed, "the reader has left, and something still waits for the next frame")

    return verdict(check())


def check_two_at_a_time(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 07: two replies of one chat at once; a third is answered 429, with Retry-After."""

    async def check() -> None:
        async with poster() as client:

            async def post(chat: str | None) -> httpx.Response:
                body = {"message": "Hello"} | ({"chat": chat} if chat else {})
                return await client.post(server.url + "turns", json=body)

            async def started(chat: str | None, when: str) -> Any:
                answer = await post(chat)
                want(answer.status_code == 201, f"{when}: it answers {answer.status_code}, not 201")
                return answer.json()

            first = await started(None, "the first message of a chat")
            chat = first["chat"]
            await started(chat, "the second message of a chat")
            try:
                for number in ("third", "fourth"):
                    answer = await post(chat)
                    want(
                        answer.status_code == 429,
                        f"two replies of a chat are being written, and the {number} message is "
                        f"answered {answer.status_code}, not 429",
                    )
                    seconds = answer.headers.get("retry-after", "")
                    want(
                        seconds.isascii() and seconds.isdigit() and int(seconds) > 0,
                        f"Retry-After should be a number of seconds, not {seconds!r}",
                    )
                other = await started(None, "the first message of another chat")
                await started(other["chat"], "the second message of another chat")
                await client.post(f"{server.url}turns/{first['turn']}/cancel")
                last = await started(chat, "one of the two is over, and a message comes")
                answer = await post(chat)
                want(answer.status_code == 429, "when one was over, two more are let in")
            finally:
                await client.post(f"{server.url}turns/{first['turn']}/cancel")
            await client.post(f"{server.url}turns/{last['turn']}/cancel")

    return verdict(check())


def check_one_origin(server: Server) -> Coroutine[Any, Any, Verdict]:
    """Lesson 07: pages of one origin may read and post, and those of no other."""
    named = "https://chat.example"
    others = ("https://evil.example", "https://chat.example.evil.example", "http://chat.example")
    others += ("https://chat.example:8443", "https://notchat.example", "null")
    others += ("https://chatXexample",)
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    async def check() -> None:
        async with poster() as client:

            async def allows(origin: str, preflight: bool) -> bool:
                headers = {"Origin": origin} | (asked if preflight else {})
                method, path = ("OPTIONS", "say") if preflight else ("GET", "said")
                answer = await client.request(method, server.url + path, headers=headers)
                allowed = answer.headers.get("access-control-allow-origin")
                kinds = answer.headers.get("access-control-allow-headers", "").lower()
                if preflight and (not answer.is_success or "content-type" not in kinds):
                    return False
                return allowed in (origin, "*")

            want(
                (await client.get(server.url + "said")).json() == "what Ada said",
                "GET /said should still say what Ada said",
            )
            want(
                await allows(named, False),
                f"a page of {named} may not read GET /said (an origin has no slash at its end)",
            )
            want(
                await allows(named, True),
                f"a page of {named} asks first whether it may POST JSON to /say, and is refused",
            )
            for origin in others:
                want(not await allows(origin, False), f"a page of {origin} may read GET /said")
                want(not await allows(origin, True), f"a page of {origin} may POST to /say")

    return verdict(check())
