"""The checks of lesson 10, more than one machine. Two of them need the lesson's Valkey."""

import asyncio
import math
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from checks.judging import PATIENCE, NotYet, Verdict, verdict, want


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[Any, str]]:
    """A client, and what the names of the keys begin with that are gone afterwards."""
    from valkey.asyncio import Valkey  # only this lesson needs it

    store: Any = Valkey.from_url(url, decode_responses=True)
    prefix = f"check:{secrets.token_hex(4)}:"
    try:
        yield store, prefix
    finally:
        with suppress(Exception):  # there is none, but for one that loops
            await store.script_kill()
        if keys := await store.keys(prefix + "*"):
            await store.delete(*keys)
        await store.aclose()


class Watched:
    """A client that notes how it is asked to read streams. Its second read finds nothing."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.reads = 0
        self.reading = 0
        self.at_once = 0  # most reads at the same time
        self.logs = 0  # that the first read names
        self.wrong = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def xread(self, streams: Any, count: Any = None, block: Any = None) -> Any:
        want(isinstance(streams, dict), f"`xread` takes a dict of keys and ids, not {streams!r}")
        self.reads += 1
        if self.reads == 1:
            self.logs = len(streams)
        if self.reads == 2:
            return []
        self.reading += 1
        self.at_once = max(self.at_once, self.reading)
        if block is None:
            self.wrong = "it reads without `block`: where nothing comes, it asks again and again"
        if "$" in streams.values():
            self.wrong = "it reads after `$`: what comes between two reads is lost"
        try:
            return await self._store.xread(streams, count, block)
        finally:
            self.reading -= 1


def check_all(
    follow_all: Callable[[Any, list[str]], AsyncIterator[tuple[str, str]]], url: str
) -> Coroutine[Any, Any, Verdict]:
    """Several logs, followed with one read at a time, until each has ended."""
    found: list[Any] = []

    async def take(pieces: Any) -> None:
        async for piece in pieces:
            want(
                isinstance(piece, tuple) and len(piece) == 2,
                f"it should yield a key and a text, not {piece!r}",
            )
            found.append((piece[0][-1:], piece[1]))

    async def want_pieces(
        when: str, watched: Watched, task: asyncio.Task[None], expected: list[tuple[str, str]]
    ) -> None:
        for _ in range(300):
            if task.done() and task.exception():
                await task
            if len(found) >= len(expected):
                break
            await asyncio.sleep(0.01)
        want(not watched.wrong, watched.wrong)
        missing = [piece for piece in expected if piece not in found]
        ended = ", and it has ended: a read that finds nothing is no end" * task.done()
        want(not missing, f"{when}: {missing[:1]} should come now; so far came {found}{ended}")
        want(len(found) == len(expected), f"{when}: it should have yielded {expected}, not {found}")

    async def check() -> None:
        async with connected(url) as (store, prefix):
            watched = Watched(store)
            numbers: dict[str, int] = {}

            async def add(log: str, text: str = "") -> None:
                numbers[log] = numbers.get(log, 0) + 1
                fields = {"message": text} if text else {"end": "done"}
                await store.xadd(prefix + log, fields, id=f"{numbers[log]}-0")

            for log, text in (("a", "A1"), ("c", "C1"), ("c", "C2"), ("d", "D1"), ("d", "")):
                await add(log, text)
            pieces: Any = follow_all(watched, [prefix + log for log in "abcd"])
            if asyncio.iscoroutine(pieces):
                pieces.close()
            want(hasattr(pieces, "__aiter__"), "it should be an async generator, with a `yield`")
            task = asyncio.create_task(take(pieces))
            try:
                there = [("a", "A1"), ("c", "C1"), ("c", "C2"), ("d", "D1")]
                await want_pieces(
                    "the logs a, c and d have entries, and b has none", watched, task, there
                )
                await add("b", "B1")
                there.append(("b", "B1"))
                await want_pieces("the first entry of b comes", watched, task, there)
                for log, text in (("a", ""), ("c", "C3"), ("b", "")):
                    await add(log, text)
                there.append(("c", "C3"))
                await want_pieces("a and b have ended, and c goes on", watched, task, there)
                want(not task.done(), "c has not ended, and it stops")
                await add("c")
                try:
                    await asyncio.wait_for(task, PATIENCE / 4)
                except TimeoutError:
                    raise NotYet("all logs have ended, and it waits for more") from None
                order = [text for log, text in found if log == "c"]
                want(order == ["C1", "C2", "C3"], f"the entries of c come as {order}")
                want(watched.reads, "it does not read with the store that it is given")
                want(
                    watched.at_once == 1,
                    f"{watched.at_once} reads wait at the same time: one should do for all logs",
                )
                want(
                    watched.logs == 4,
                    f"there are 4 logs, and its first read names {watched.logs}: one read can name "
                    "them all",
                )
                want(watched.reads < 50, f"it reads {watched.reads} times for a few entries")
            finally:
                task.cancel()
            await want_error(prefix)

    async def want_error(prefix: str) -> None:
        class Gone:
            async def xread(self, *_: Any, **__: Any) -> Any:
                raise ConnectionError("on purpose")

        try:
            await take(follow_all(Gone(), [prefix + "a"]))
        except ConnectionError:
            return
        raise NotYet("the store cannot be reached, and it ends as if all logs had ended")

    return verdict(check(), "10.1")


def check_fence(script: str, url: str) -> Coroutine[Any, Any, Verdict]:
    """A script that appends for the writer who holds the lease, and for nobody else."""

    async def check() -> None:
        want(isinstance(script, str), f"the script should be a text, not {type(script).__name__}")
        async with connected(url) as (store, prefix):
            log, lease = prefix + "log", prefix + "lease"
            count = 0

            async def append(writer: str, when: str, allowed: bool) -> None:
                nonlocal count
                number = count + 1
                try:
                    answer = await store.eval(script, 2, log, lease, writer, f"{number}-0", "Hi")
                except Exception as error:
                    raise NotYet(f"{when}: Valkey cannot run it: {error}") from None
                entries = await store.xrange(log)
                added, count = len(entries) - count, len(entries)
                if allowed:
                    want(added == 1, f"{when}, and its entry is not in the log")
                    entry = (f"{number}-0", {"message": "Hi"})
                    want(entries[-1] == entry, f"the entry should be {entry}, not {entries[-1]}")
                else:
                    want(not added, f"{when}, and it can write")
                want(
                    answer == int(allowed),
                    f"{when}: it should return {int(allowed)}, not {answer!r}",
                )

            await store.set(lease, "one")
            await append("one", "writer one has the lease", allowed=True)
            await append("two", "writer two has no lease", allowed=False)
            await store.delete(lease)
            await append("one", "the lease of writer one has run out", allowed=False)
            want(not await store.exists(lease), "it makes a lease, where there was none")
            await store.set(lease, "two", px=60_000)
            await append("one", "writer two has the lease of one", allowed=False)
            await append("two", "writer two has the lease", allowed=True)
            want(await store.get(lease) == "two", "it changes the lease")
            want(await store.pttl(lease) > 30_000, "it changes how long the lease lasts")

    return verdict(check(), "10.2")


def check_paper(needed: Callable[..., Any]) -> Coroutine[Any, Any, Verdict]:
    """Cores and GiB for so many readers."""

    async def check() -> None:
        for readers, rate, micros, kib, full in (
            (10_000, 20, 40, 50, 0.6),
            (100, 1, 40, 50, 0.6),
            (3_000, 50, 30, 200, 0.8),
            (32, 2, 15_625, 50, 0.5),  # two cores exactly
        ):
            what = f"{readers:,} readers, {rate} events a second of {micros} µs"
            answer = needed(readers, rate, micros=micros, kib=kib, full=full)
            want(
                isinstance(answer, tuple) and len(answer) == 2,
                f"it should return cores and GiB, not {answer!r}",
            )
            cores, gib = answer
            numbers = all(isinstance(it, int | float) for it in answer)
            want(numbers, f"cores and GiB are numbers, not {answer!r}")
            busy = readers * rate * micros / 1_000_000
            expected = math.ceil(busy / full)
            want(
                cores == expected,
                f"{what}: {busy:g} seconds of processor time each second, and cores {full:.0%} "
                f"full: {expected} cores, not {cores:g}",
            )
            memory = readers * kib / 1024**2
            want(
                math.isclose(gib, memory, rel_tol=0.01),
                f"{readers:,} streams of {kib} KiB: {memory:.3f} GiB, not {gib:g} "
                "(a GiB has 1,024 MiB, and a MiB 1,024 KiB)",
            )

    return verdict(check(), "10.3")
