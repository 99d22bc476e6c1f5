"""The checks of lesson 07, when things go wrong."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import httpx

from chatkit.server.background import Server
from chatkit.sse import Parser
from checks.judging import PATIENCE, NotYet, Verdict, poster, rest_of, verdict, want


def check_secret(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A reply that breaks ends with `failure`; only the server's messages say why."""

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
        want(" " in events[1].data.strip(), f"{events[1].data!r} is not a sentence for people")
        want("sk-1234" in server.messages, "the server's messages do not say what went wrong")
        want(
            "Traceback" in server.messages,
            "the server's messages hold the error, but not its traceback",
        )

    return verdict(check())


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
    """Two replies of one chat at once; a third is answered 429, with Retry-After."""

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
    """Pages of one origin may read and post, and those of no other."""
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
