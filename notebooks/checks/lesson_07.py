"""The checks of lesson 07, when a reply goes wrong."""

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx

from chatkit.server.background import Server
from checks.judging import PATIENCE, NotYet, Verdict, poster, rest_of, verdict, want, what_came
from checks.own_lines import why


def check_secret(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A reply that breaks ends with `failure`; only the server's messages say why."""

    async def check() -> None:
        url, received = server.url + "stream", b""
        with what_came(url) as (parser, events):
            async with poster() as client, client.stream("GET", url, timeout=None) as response:
                if response.status_code != 200:
                    raise NotYet(f"GET /stream answers {response.status_code}{await why(server)}")
                try:
                    async for chunk in response.aiter_bytes():
                        received += chunk
                        events += parser.feed(chunk)
                except httpx.RemoteProtocolError:
                    raise NotYet(
                        "the connection breaks: an EventSource would ask for the stream again"
                        + await why(server)
                    ) from None
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
        want(" " in events[1].data.strip(), f"{events[1].data!r} is not a sentence for people")
        want("sk-1234" in server.messages, "the server's messages do not say what went wrong")
        want(
            "Traceback" in server.messages,
            "the server's messages hold the error, but not its traceback",
        )

    return verdict(check(), "07.1")


def check_awake(
    awake: Callable[[AsyncIterator[bytes], float], AsyncIterator[bytes]],
) -> Coroutine[Any, Any, Verdict]:
    """Frames are passed on, with a comment whenever none has come for a while."""
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
            f"calling it gives {type(reader).__name__}, which is not an async generator",
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

        async def breaks_off() -> AsyncIterator[bytes]:
            yield b"one"
            raise ConnectionError("on purpose")

        try:
            await rest_of(awake(breaks_off(), 0.05))
        except ConnectionError:
            pass
        else:
            raise NotYet("the frames break off with an error, and its reader gets a proper end")

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

    return verdict(check(), "07.2")


def check_queue(radio: Any, too_slow: type[Exception]) -> Coroutine[Any, Any, Verdict]:
    """At most `most` pieces wait for a reader; one who takes nothing is cut off."""

    class Piece:
        def __init__(self, number: int) -> None:
            self.number = number

    async def one(reader: Any, missing: str) -> int:
        try:
            piece = await asyncio.wait_for(anext(reader), PATIENCE / 5)
        except (TimeoutError, StopAsyncIteration, too_slow):
            raise NotYet(missing) from None
        return int(piece.number)

    def say(to: Any, piece: Piece) -> None:
        try:
            said = to.say(piece)
        except Exception as error:
            raise NotYet(
                f"a reader is too slow, and `say` raises {type(error).__name__}: the others should "
                "get the piece, and who says it should notice nothing"
            ) from None
        if asyncio.iscoroutine(said):
            said.close()
            raise NotYet("`say` is called without `await`: it should not wait for a reader")

    async def check() -> None:
        most = 3
        it = radio(most)
        kept: weakref.WeakSet[Piece] = weakref.WeakSet()

        def new(number: int) -> Piece:
            piece = Piece(number)
            kept.add(piece)
            return piece

        quick, lazy = it.read(), it.read()
        # In this order: while somebody goes through a list, who is taken out hides the next.
        first = [asyncio.ensure_future(anext(reader)) for reader in (lazy, quick)]
        await asyncio.sleep(0.01)
        say(it, new(0))
        done, late = await asyncio.wait(first, timeout=PATIENCE / 5)
        for task in late:
            task.cancel()
        want(len(done) == 2, "two readers wait, and not both get the first piece")
        done.clear(), first.clear()

        for number in range(1, most + 1):
            say(it, new(number))
            found = await one(quick, "a reader that takes everything does not get every piece")
            want(found == number, f"a reader should get piece {number}, and gets {found}")
        found_now = [
            await one(lazy, f"{most} pieces wait for a reader, which is allowed; it is cut off")
            for _ in range(most)
        ]
        want(found_now == [1, 2, 3], f"1, 2, 3 wait for a reader, and it gets {found_now}")

        for number in range(4, 204):
            say(it, new(number))
            found = await one(quick, "one reader is too slow, and the other does not get it all")
            want(found == number, f"a reader should get piece {number}, and gets {found}")
        want(
            len(kept) <= 2 * most,
            f"a reader takes nothing, and {len(kept) - 1} pieces wait for it; at most {most} "
            "should",
        )
        expected = 4
        try:
            async for piece in lazy:
                want(
                    piece.number == expected,
                    f"a reader that was too slow gets piece {piece.number} after {expected - 1}: "
                    "it has lost pieces, and does not know it",
                )
                expected += 1
        except too_slow:
            pass
        else:
            raise NotYet("a reader that was too slow ends, and does not raise `TooSlow`")

        await quick.aclose()
        say(it, new(204))
        want(not len(it.queues), "all readers have left, and `queues` is not empty")

    return verdict(check(), "07.3")
