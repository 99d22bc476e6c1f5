"""The checks of appendix H, the engine on Valkey. One of them needs the appendix's Valkey."""

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

from chatkit.turns import EngineDown
from checks.judging import PATIENCE, NotYet, Verdict, verdict, want
from checks.lesson_01 import sleeps_on_a_loop
from checks.lesson_10 import connected


def check_token(script: str, url: str) -> Coroutine[Any, Any, Verdict]:
    """A script that gives a lease to one writer at a time, and a number with it."""

    async def check() -> None:
        want(isinstance(script, str), f"the script should be a text, not {type(script).__name__}")
        async with connected(url) as (store, prefix):
            lease, counter = prefix + "lease", prefix + "counter"

            async def take(when: str, writer: str, token: int, holder: str) -> None:
                try:
                    answer = await store.eval(script, 2, lease, counter, writer, 60_000)
                except Exception as error:
                    raise NotYet(f"{when}: Valkey cannot run it: {error}") from None
                want(answer == token, f"{when}: it should return {token}, not {answer!r}")
                found = await store.get(lease)
                want(found == holder, f"{when}: the lease should be {holder!r}'s, not {found!r}'s")

            await take("writer one asks, and the lease is free", "one", 1, "one")
            lasts = await store.pttl(counter) < 0
            want(lasts, "the counter runs out too, and then the numbers begin again")
            left = await store.pttl(lease)
            want(
                30_000 < left <= 60_000,
                f"the lease was asked for 60,000 ms, and ends "
                f"{'never' if left < 0 else f'in {left:,}'}",
            )
            await store.pexpire(lease, 20_000)
            await take("writer two asks, and one has the lease", "two", 0, "one")
            want(
                await store.pttl(lease) <= 20_000,
                "writer two asks in vain, and the lease of one becomes longer",
            )
            await take("writer one asks again", "one", 1, "one")
            want(await store.pttl(lease) > 20_000, "one asks again, and its lease is not renewed")
            await store.delete(lease)
            await take("the lease of one has run out, and two asks", "two", 2, "two")
            await take("writer one comes back", "one", 0, "two")
            await store.delete(lease)
            await take("the lease of two has run out, and one asks", "one", 3, "one")

    return verdict(check())


class Target:
    """Where a learner's `Sender` sends to: each call waits until it is answered."""

    def __init__(self) -> None:
        self.calls: list[list[Any]] = []
        self.pause = 0.05  # seconds after an error
        self.failed = -math.inf  # when, by the loop's clock
        self.hurried = False
        self.waiting: list[asyncio.Future[None]] = []
        self.wrong = ""

    async def send(self, pieces: Any) -> None:
        if not isinstance(pieces, list):
            self.wrong = f"it should send a list, not {type(pieces).__name__}"
        if not all(future.done() for future in self.waiting):
            self.wrong = "it sends before the list of before is answered"
        if asyncio.get_running_loop().time() < self.failed + self.pause / 2:
            self.hurried = True
        self.calls.append(list(pieces))
        self.waiting.append(asyncio.get_running_loop().create_future())
        await self.waiting[-1]

    def answer(self, error: Exception | None = None) -> None:
        if error:
            self.failed = asyncio.get_running_loop().time()
            self.waiting[-1].set_exception(error)
        else:
            self.waiting[-1].set_result(None)


def check_gather(sender: Callable[..., Any]) -> Coroutine[Any, Any, Verdict]:
    """A class that sends what has gathered, while nothing waits for it."""

    async def check() -> None:
        with sleeps_on_a_loop() as sleeps:
            await check_all()
        want(not sleeps, "`time.sleep` stops all that runs on the event loop, `add` too")

    async def check_all() -> None:
        target = Target()
        sending = sender(target.send, pause=target.pause)
        running = sending.run()
        want(asyncio.iscoroutine(running), f"`run` should be `async`; it gives {running!r}")
        task = asyncio.ensure_future(running)

        def add(*pieces: str) -> None:
            for piece in pieces:
                waits = asyncio.iscoroutine(found := sending.add(piece))
                if waits:
                    found.close()
                want(not waits, "`add` should not be `async`: it never waits")

        async def want_calls(when: str, *calls: str) -> None:
            end = asyncio.get_running_loop().time() + PATIENCE / 10
            while len(target.calls) < len(calls) and asyncio.get_running_loop().time() < end:
                if task.done():
                    await task  # for what it raised
                    raise NotYet(f"{when}, and `run` has ended")
                await asyncio.sleep(0.005)
            await asyncio.sleep(2 * target.pause)  # in case that it sends more
            if task.done():
                await task
            want(not target.wrong, target.wrong)
            expected = [list(call) for call in calls]
            want(
                target.calls == expected,
                f"{when}: it should have sent {expected}, and has sent {target.calls}",
            )

        try:
            await want_calls("nothing has been added")
            add("a", "b", "c")
            await want_calls("a, b and c are added", "abc")
            add("d", "e")
            await want_calls("d and e are added, and there is no answer yet", "abc")
            target.answer()
            await want_calls("then the answer comes", "abc", "de")
            target.answer()
            await want_calls("that is answered, and nothing new has come", "abc", "de")
            add("f", "g")
            await want_calls("f and g are added", "abc", "de", "fg")
            add("h")
            target.answer(EngineDown("away"))
            there = ("abc", "de", "fg", "fg")
            await want_calls("`send` raises EngineDown; h was added meanwhile", *there)
            target.answer(EngineDown("away"))
            await want_calls("it raises it again", *there, "fg")
            target.answer()
            await want_calls("and then it is answered", *there, "fg", "h")
            want(
                not target.hurried,
                "after an error it sends again at once, and not after `self.pause` seconds",
            )
        finally:
            task.cancel()

    return verdict(check())
