"""The checks of lesson 05, ending and reconnecting."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx

from chatkit.server.background import Server
from chatkit.sse import Parser
from checks.judging import PATIENCE, NotYet, Verdict, events_of, verdict, want


def check_resume(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A stream that goes on after the reader's Last-Event-ID, and 204 at its end."""

    async def check() -> None:
        url = server.url + "stream"
        whole = await events_of(url)
        want(whole, "without a Last-Event-ID it should send the whole reply; it sends nothing")
        for event in whole:
            want(event.id, f"the event with the data {event.data!r} has no id")
        for number, event in enumerate(whole, start=1):
            headers = {"Accept": "text/event-stream", "Last-Event-ID": event.id}
            async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as client:
                answer = await client.get(url, headers=headers)
            shown = f"to Last-Event-ID {event.id!r}"
            if number == len(whole):
                want(
                    answer.status_code == 204,
                    f"{shown}, which is the last one, it should answer 204, not "
                    f"{answer.status_code}",
                )
            else:
                want(answer.status_code == 200, f"{shown} it answers {answer.status_code}")
                rest = Parser().feed(answer.content)
                want(
                    rest == whole[number:],
                    f"{shown} it should send the {len(whole) - number} events after it, and sends "
                    f"{len(rest)}, the first with the id {rest[0].id if rest else None!r}",
                )
        text = "".join(event.data for event in whole)
        want(text == "Streams break.", f"the whole reply should still be its text, not {text!r}")

    return verdict(check())


def check_over(server: Server) -> Coroutine[Any, Any, Verdict]:
    """A message, and an end that is dispatched."""

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
    """Each event is used once, and a gap is told by LookupError."""
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
