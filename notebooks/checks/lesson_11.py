"""The checks of lesson 11, the React client: in the lesson's own React, without a browser."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from checks.judging import Verdict, verdict, want
from checks.own_lines import describe


class Streams:
    """What opens streams, and knows which are open. A stream begins with the log of its reply."""

    def __init__(self) -> None:
        self.logs: dict[str, str] = {}
        self.open: list[tuple[str, Callable[[str], Any]]] = []
        self.opened = 0

    def __call__(self, id: str, take: Callable[[str], Any]) -> Callable[[], None]:
        want(callable(take), f"`open_stream` should get a function, without `()`, not {take!r}")
        self.opened += 1
        stream = (id, take)
        self.open.append(stream)
        if id in self.logs:
            take(self.logs[id])

        def close() -> None:
            if stream in self.open:
                self.open.remove(stream)

        return close

    def write(self, id: str, piece: str) -> None:
        self.logs[id] = self.logs.get(id, "") + piece
        for name, take in list(self.open):
            if name == id:
                take(piece)

    @property
    def ids(self) -> list[str]:
        return [id for id, _ in self.open]


def counted(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"


async def tried(when: str, do: Callable[..., Any], *given: Any) -> Any:
    """What the learner's code returns. If it raises, that is what is missing."""
    try:
        return do(*given)
    except Exception as error:
        want(False, f"{when}: {describe(error)}")


def want_plain(shown: Any) -> None:
    """A component is called in each render, and nobody awaits it."""
    is_async = asyncio.iscoroutine(shown)
    if is_async:
        shown.close()
    want(not is_async, "it should be a plain `def`, and not `async`: it is called in each render")


def unmount(page: Any) -> None:
    for slot in page.slots:
        if undo := slot.pop("clean", None):
            undo()


def check_clean(
    reply: Callable[..., Any], root: Callable[..., Any]
) -> Coroutine[Any, Any, Verdict]:
    """A component that shows one reply, and has one stream for it."""

    async def check() -> None:
        streams = Streams()
        page = root(reply, strict=True)
        await tried("in StrictMode", page.render, "one", streams)
        want_plain(page.shown)
        want(
            streams.ids == ["one"],
            f"in StrictMode: {counted(len(streams.open), 'stream')} open, and not one",
        )
        before = streams.opened
        for piece in ("Hel", "lo"):
            await tried(f"the piece {piece!r} comes", streams.write, "one", piece)
        want(
            streams.opened == before,
            f"two pieces come, and {counted(streams.opened - before, 'stream')} more are opened: "
            "what does the effect depend on?",
        )
        want(page.shown == "Hello", f"'Hel' and 'lo' come, and it shows {page.shown!r}")
        await tried("rendered again", page.render, "one", streams)
        want(streams.opened == before, "rendered again for the same reply, it opens a stream")
        await tried("another reply", page.render, "two", streams)
        want(
            streams.ids == ["two"],
            f"it is to show the reply 'two', and the open streams are those of {streams.ids}",
        )
        await tried("a piece comes", streams.write, "two", "Bye")
        want(page.shown == "Bye", f"the reply 'two' is 'Bye' so far, and it shows {page.shown!r}")
        await tried("at the end", unmount, page)
        want(not streams.open, f"it is gone, and {counted(len(streams.open), 'stream')} open")
        streams.logs["three"] = "Hel"
        page = root(reply, strict=True)
        await tried("a reply that has begun", page.render, "three", streams)
        want(
            page.shown == "Hel",
            f"a reply that has begun with 'Hel', in StrictMode: it shows {page.shown!r}",
        )

    return verdict(check(), "11.1")


def check_shared(shared: Callable[..., Any]) -> Coroutine[Any, Any, Verdict]:
    """One stream for each reply, however many watch it."""

    async def check() -> None:
        streams = Streams()
        store = await tried("Shared(open_stream)", shared, streams)
        heard: dict[str, list[str]] = {name: [] for name in ("Ada", "Bob", "Cem", "Dan", "Eve")}

        async def watch(name: str, id: str = "one") -> Callable[[], Any]:
            leave = await tried(f"{name} watches", store.watch, id, heard[name].append)
            want(callable(leave), f"watch should return a function, not {leave!r}")
            return leave  # type: ignore[no-any-return]

        def want_heard(when: str, text: str, *names: str) -> None:
            for name in names:
                last = heard[name][-1:] or "nothing"
                want(last == [text], f"{when}: {name} should be told {text!r}, and is told {last}")

        ada, bob = await watch("Ada"), await watch("Bob")
        want(
            streams.opened == 1,
            f"Ada and Bob watch one reply: {counted(streams.opened, 'stream')} opened",
        )
        for piece, text in (("Hel", "Hel"), ("lo", "Hello")):
            await tried("a piece comes", streams.write, "one", piece)
            want_heard(f"{piece!r} comes", text, "Ada", "Bob")
        cem = await watch("Cem")
        want(streams.opened == 1, "Cem comes later, and another stream is opened")
        want_heard("Cem comes later", "Hello", "Cem")
        dan = await watch("Dan", "two")
        want(sorted(streams.ids) == ["one", "two"], "Dan watches another reply: it has a stream")
        await tried("Ada leaves", ada)
        want("one" in streams.ids, "Ada leaves, and the stream of Bob and Cem is closed")
        await tried("a piece comes", streams.write, "one", "!")
        want_heard("'!' comes", "Hello!", "Bob", "Cem")
        want(heard["Ada"][-1] == "Hello", "Ada has left, and is still told")
        want(not heard["Dan"], f"nothing of Dan's reply has come, and he is told {heard['Dan']}")
        await tried("Bob leaves", bob)
        await tried("Cem leaves", cem)
        want("one" not in streams.ids, "all have left, and the stream is still open")
        want("two" in streams.ids, "Bob and Cem leave, and Dan's stream is closed")
        await watch("Eve")
        want("one" in streams.ids, "all have left, Eve comes, and there is no stream for her")
        want_heard("all have left, and Eve comes", "Hello!", "Eve")
        await tried("Dan leaves", dan)
        await want_all_told()

    async def want_all_told() -> None:
        """Who leaves when it is told must not hide the next one."""
        streams, heard = Streams(), []
        store = shared(streams)
        leave: list[Callable[[], Any]] = []
        leave.append(store.watch("one", lambda text: leave[0]()))
        store.watch("one", heard.append)
        await tried("a piece comes", streams.write, "one", "Hel")
        want(heard == ["Hel"], f"who is told first leaves at once, and the next is told {heard}")

    return verdict(check(), "11.3")


class Watched:
    """A store that counts who listens."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.listeners: list[Callable[[], Any]] = []

    def set(self, value: Any) -> None:
        self.value = value
        for listener in list(self.listeners):
            listener()

    def subscribe(self, listener: Callable[[], Any]) -> Callable[[], None]:
        want(callable(listener), f"`subscribe` takes a function, without `()`, not {listener!r}")
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


def check_store(
    use_store: Callable[..., Any], root: Callable[..., Any]
) -> Coroutine[Any, Any, Verdict]:
    """A hook that shows a part of a store, and misses nothing."""

    async def check() -> None:
        store = Watched({"count": 0, "other": 0})

        def shows(page: Any) -> Any:
            return use_store(page, store, lambda value: value["count"])

        page = root(shows, strict=True)
        await tried("at first", page.render)
        want_plain(page.shown)
        want(page.shown == 0, f"the count is 0, and it shows {page.shown!r}")
        want(
            len(store.listeners) == 1,
            f"in StrictMode the store has {counted(len(store.listeners), 'listener')}, not one",
        )
        await tried("a change", store.set, {"count": 1, "other": 0})
        want(page.shown == 1, f"the count becomes 1, and it shows {page.shown!r}")
        before = page.renders
        await tried("a change", store.set, {"count": 1, "other": 1})
        want(page.renders == before, "something else in the store changes, and it renders again")
        await tried("at the end", unmount, page)
        want(not store.listeners, "it is gone, and still listens")

        def is_late(page: Any) -> Any:
            shown = use_store(page, store, lambda value: value["count"])
            if store.value["count"] == 1:  # React shows what it rendered, and meanwhile ...
                store.set({"count": 2, "other": 1})
            return shown

        page = root(is_late)
        await tried("a change between render and effect", page.render)
        want(
            page.shown == 2,
            "the count becomes 2 between the first render and the effect, "
            f"and it shows {page.shown!r}",
        )
        await tried("at the end", unmount, page)
        want(not store.listeners, "it is gone, and still listens")

    return verdict(check(), "11.2")
