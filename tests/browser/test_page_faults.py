"""Every fault of the lab, met by the page: nothing is lost, nothing comes twice, all is told.

With the Wire open the page reads with fetch, and each fault leaves its mark in what the Wire shows;
closed, the browser's EventSource reads. The table is printed, here and for Firefox
(test_page_faults_firefox.py): pytest -n0 -s tests/browser/test_page_faults.py
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from chat_page import ChatPage, OpenPage
from fastapi import FastAPI
from handed_reply import HandedReply
from playwright.sync_api import Browser, expect

from chatkit import Server
from chatkit.faults.kinds import KINDS
from chatkit.replies import Message
from chatkit.web.app import create_app

Run = Callable[..., Server]

PIECES = [
    "Nothing ",
    "is ",
    "lost",
    ".\n\n",
    "Nichts ",
    "geht ",
    "verlören",
    " 🦊",
    "\n",
    "*o*",
] * 2
TEXT = "".join(PIECES)
EVENTS = len(PIECES) + 1  # with the end
HEARTBEAT = 0.2  # seconds, where a fault is about it
PARAMETERS: dict[str, dict[str, Any]] = {
    "refuse": {"seconds": 1.0},
    "delay": {"seconds": 0.1},
    "cut-character": {"seconds": 0.5},  # a busy reader would take both parts at once
}
# What the page has to do about a fault. All others it does not even notice.
BROKEN = {"drop", "close", "cut-event", "skip"}
REFUSED = {"refuse", "500", "503", "html", "204"}

# Keep what the page says of its connection, whenever something of it has changed.
WATCH = """() => {
    window.told = [];
    const main = document.querySelector("main");
    const status = document.querySelector("[role=status]");
    const note = () => {
        const now = `${main.dataset.connection}: ${status.textContent}`;
        if (told.at(-1) !== now) told.push(now);
    };
    const observer = new MutationObserver(note);
    observer.observe(main, { attributeFilter: ["data-connection"] });
    observer.observe(status, { childList: true, characterData: true, subtree: true });
}"""

OPEN_STREAMS = "fetch('healthz').then((answer) => answer.json()).then(({ streams }) => streams)"

TRUE = {
    "idle": {"Ready", "Sending", "Generating"},
    "connecting": {"Generating", "Reconnecting"},
    "open": {"Generating"},
    "waiting": {"Reconnecting"},
    "closed": {"Response complete", "Sending"},
}


def app_of_pieces(**settings: Any) -> FastAPI:
    """Its reply is silent once where no heartbeat is to come: until one was kept back."""

    async def in_pieces(messages: list[Message]) -> AsyncIterator[str]:
        for number, piece in enumerate(PIECES):
            yield piece
            await asyncio.sleep(0.03)
            if "silence" in messages[-1]["content"] and number == 3:
                while not app.state.faults.hits:  # noqa: ASYNC110
                    await asyncio.sleep(HEARTBEAT)

    app = create_app(in_pieces, faults=True, **settings)
    return app


@dataclass
class Row:
    """A row of the Wire, as far as it is there without a click."""

    kind: str
    text: str
    tags: list[str]


class Rows(list[Row]):
    def of(self, kind: str) -> list[str]:
        return [row.text for row in self if row.kind == kind]

    def of_first_stream(self, kind: str) -> list[str]:
        """The same, of the first stream of the turn. What was asked before it is the POST."""
        second = [place for place, row in enumerate(self) if row.kind == "request"][2:3]
        return Rows(self[: second[0] if second else None]).of(kind)

    def find(self, kind: str, words: str) -> str:
        """The first row with these words; empty: there is none."""
        return next((text for text in self.of(kind) if words in text), "")

    def tagged(self, tag: str, most: int = EVENTS) -> str:
        """How many events have a tag."""
        count = sum(tag in row.tags for row in self if row.kind == "event")
        return f"{tag}, {count} times" if 0 < count <= most else ""

    def deltas(self, kind: str = "event") -> list[float]:
        """The times from the row before, of the events or another kind, in milliseconds."""
        found = [re.search(r"\+([\d.,]+) (ms|s)", text) for text in self.of(kind)]
        return [float(m[1]) * (1 if m[2] == "ms" else 1000) for m in found if m]


def asked_again(rows: Rows, how: str, most: int) -> str:
    """The outage, and the request that ended it, from the same event on.

    What has come right before a connection breaks, a browser may drop with it: so the event is the
    last that was sent (`most`), or one before.
    """
    outage = rows.find("end", how)
    event = re.search(r"after event (\d+)", outage)
    cursor = int(event[1]) if event else 0
    again = rows.of("request")[-1]
    is_marked = outage and f"?after={cursor} " in again and cursor <= most
    return f"{outage} … {again}" if is_marked else ""


def in_one_chunk(rows: Rows) -> str:
    at_once = rows.deltas().count(0)
    return f"{at_once} events at +0 ms" if at_once > EVENTS - 3 else ""


def slower(rows: Rows) -> str:
    """From the request to the end, for each event: a busy page may take many of them at once."""
    average = sum(rows.deltas("answer")[-1:] + rows.deltas()) / EVENTS
    return f"+{average:.0f} ms on average" if average > 80 else ""


# The mark that each kind leaves in the Wire; empty: it is not there.
MARKS: dict[str, Callable[[Rows], str]] = {
    "drop": lambda rows: asked_again(rows, "broke", 3),
    "close": lambda rows: asked_again(rows, "ended after event 3", 3),
    "cut-event": lambda rows: asked_again(rows, "broke", 2),
    "refuse": lambda rows: rows.find("end", "no answer"),
    "500": lambda rows: rows.find("request", "→ 500"),
    "503": lambda rows: rows.find("request", "→ 503"),
    "html": lambda rows: rows.find("answer", "text/html"),
    "204": lambda rows: rows.find("request", "→ 204"),
    "hold": in_one_chunk,
    "delay": slower,
    "twice": lambda rows: rows.tagged("seen before"),
    "skip": lambda rows: rows.find("closed", "an event is missing") and rows.tagged("gap", 1),
    "silence": lambda rows: "" if rows.of_first_stream("comment") else "no comment",
    "cr": lambda rows: rows.tagged("CR"),
    "crlf": lambda rows: rows.tagged("CRLF"),
    "cut-character": lambda rows: rows.tagged("cut in a character", 4),
}
# Not their innerText: what is scrolled out of sight has none in Firefox.
READ_ROWS = """all => all.map((row) => ({
    kind: row.dataset.kind,
    text: Array.from(row.firstElementChild.children, (column) => column.textContent).join(" "),
    tags: Array.from(row.querySelectorAll(".tag"), (tag) => tag.textContent),
}))"""


@dataclass
class Met:
    """A reply that has met a fault."""

    kind: str
    told: list[str] = field(default_factory=list)
    streams: int = 0  # that the page has asked for
    open: int = 0  # at once
    mark: str = ""

    def expect_true(self) -> None:
        """What the page said of its connection was so, and it said all of it."""
        for state, _, words in (line.partition(": ") for line in self.told):
            assert words in TRUE[state], self.told
        assert self.told[-1] == "closed: Response complete"
        lost = any("Reconnecting" in line for line in self.told)
        assert lost == (self.kind in BROKEN | REFUSED or self.streams > 1), self.told
        # A busy machine may be silent for longer than so short a heartbeat allows.
        assert self.streams == 1 or self.kind in BROKEN | REFUSED | {"silence"}, self.streams


@pytest.fixture(scope="module")
def table(browser: Browser) -> Iterator[list[Met]]:
    rows: list[Met] = []
    yield rows
    print(
        f"\n\n{browser.browser_type.name} {browser.version}: text exact once, proof ok, status true"
    )
    print(f"{'fault':<14} {'asked':>5} {'open':>4}  mark in the Wire")
    for met in rows:
        print(f"{met.kind:<14} {met.streams:>5} {met.open:>4}  {met.mark}")


def meet(page: ChatPage, kind: str) -> Met:
    """Arm a fault, send a message, and wait for the reply, which has to be right."""
    fault = {"kind": kind} | PARAMETERS.get(kind, {})
    assert page.page.request.post(f"{page.url}faults", data=fault).ok
    page.page.evaluate(WATCH)
    met, before = Met(kind), len(page.streams())
    replies = page.replies.count()
    page.send(f"Hello {kind}")
    expect(page.replies).to_have_count(replies + 1)
    met.open = most_at_once(page)
    page.expect_text(TEXT)
    turn = page.streams()[-1].split("/")[1]
    log = page.page.request.get(f"{page.url}turns/{turn}").json()
    assert (log["status"], log["reply"]) == ("done", TEXT)
    expect(page.replies.last).to_have_attribute("data-proof", "ok")
    expect(page.alert).to_have_count(0)
    page.errors[:] = [error for error in page.errors if "MIME type" not in error]  # the browser's
    met.told = page.page.evaluate("told")
    met.streams = len(page.streams()) - before
    hits = page.page.request.get(f"{page.url}faults").json()["hits"]
    assert kind in {hit["kind"] for hit in hits if hit["turn"] == turn}, "nothing was hit"
    return met


def most_at_once(page: ChatPage) -> int:
    """How many streams are open at once while a reply comes; those that are being closed do not
    count, so a number counts only if it has been there three times in a row.

    The page asks for it: by then its browser has closed what it had to close.
    """
    seen = [0, 0]
    most = 0
    last = page.replies.last
    deadline = time.monotonic() + 60
    while (status := last.get_attribute("data-status")) != "done":
        assert status == "streaming"
        assert time.monotonic() < deadline, page.streams()
        seen.append(page.page.evaluate(OPEN_STREAMS))
        most = max(most, min(seen[-3:]))
        page.page.wait_for_timeout(15)
    return most


@pytest.mark.parametrize("kind", KINDS)
def test_fault(kind: str, run: Run, open_page: OpenPage, table: list[Met]) -> None:
    settings = {"heartbeat": HEARTBEAT} if kind == "silence" else {}
    server = run(app_of_pieces(**settings))
    page = open_page(server.url, failing=kind in REFUSED | {"drop", "close", "cut-event"})
    page.button("Wire").click()
    expect(page.page.locator("wire-inspector")).to_be_visible()
    met = meet(page, kind)
    table.append(met)
    met.expect_true()
    assert met.open <= 1
    rows = page.page.locator("wire-inspector li.row")
    expect(rows.and_(page.page.locator("[data-kind=request]", has_text="/events"))).to_have_count(
        met.streams
    )
    expect(rows.last).to_have_attribute("data-kind", re.compile("closed|wait"))
    shown = Rows(Row(**row) for row in rows.evaluate_all(READ_ROWS))
    met.mark = MARKS[kind](shown)
    assert met.mark, "\n".join(row.text for row in shown)


def test_every_fault_with_the_wire_closed(run: Run, open_page: OpenPage) -> None:
    """The browser's EventSource reads; each reply is one of the same page."""
    meet_all(lambda app, name: open_page(run(app, name=name).url, failing=True))


def meet_all(open_app: Callable[[FastAPI, str], ChatPage]) -> None:
    """Let the page of an app meet every fault, and print the table."""
    print(f"\n\n{'fault':<14} {'asked':>5} {'open':>4}  what the page said (EventSource)")
    for heartbeat, kinds in ((15.0, KINDS.keys() - {"silence"}), (HEARTBEAT, {"silence"})):
        page = open_app(app_of_pieces(heartbeat=heartbeat), str(heartbeat))
        for kind in filter(kinds.__contains__, KINDS):
            met = meet(page, kind)
            met.expect_true()
            assert met.open <= 1
            told = ", ".join(line for line in met.told if "Sending" not in line)
            print(f"{kind:<14} {met.streams:>5} {met.open:>4}  {told}")
            page.page.request.delete(f"{page.url}faults")
        expect(page.replies).to_have_count(len(kinds))


def skip_always(page: ChatPage, event: int) -> None:
    fault = {"kind": "skip", "event": event, "times": 1000}
    assert page.page.request.post(f"{page.url}faults", data=fault).ok


def test_a_gap_is_read_again_at_once_and_never_shown(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, faults=True)).url)
    skip_always(page, 3)
    page.page.evaluate(
        """() => {
            window.shown = [];
            const keep = () => shown.push(document.querySelector("[data-text]")?.textContent);
            new MutationObserver(keep).observe(
                document.querySelector("#messages"),
                { childList: true, characterData: true, subtree: true },
            );
        }"""
    )
    page.send("Hello")
    turn = reply.next()
    text = "".join(f"<{number}>" for number in range(1, 9))
    for number in range(1, 9):
        turn.write(f"<{number}>")
    # Every stream leaves out its third event. Each brings two more, so none has to be waited for.
    page.expect_text(text)
    assert all(text.startswith(shown or "") for shown in page.page.evaluate("shown"))
    page.page.request.delete(f"{page.url}faults")
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    cursors = [int(url.partition("after=")[2]) for url in page.streams()]
    assert cursors[:4] == [0, 2, 4, 6]


def test_a_gap_that_stays_is_waited_for_and_does_not_make_the_page_hammer(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, faults=True)).url)
    skip_always(page, 1)
    page.record()
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    turn.write("two")
    page.expect_connection("waiting")
    expect(page.status).to_have_text("Reconnecting")
    page.expect_text("")  # "two" came, but not what is before it
    states = page.recorded()["connection"]
    assert states[: states.index("waiting")].count("connecting") == 2  # at once, then with a pause
    with page.page.expect_request("**/events?after=0"):
        pass
    page.expect_connection("waiting")
    turn.end()  # now the reply can be had without a stream
    page.expect_end()
    page.expect_text("one two")
    expect(page.status).to_have_text("Response complete")


def test_no_content_while_the_reply_is_written(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, faults=True)).url, failing=True)
    page.page.request.post(f"{page.url}faults", data={"kind": "204", "times": 2})
    page.record()
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")  # after two answers that there is nothing
    page.expect_connection("open")
    turn.write("two")
    turn.end()
    page.expect_end()
    page.expect_text("one two")
    assert len(page.streams()) == 3
    states = [state for state in page.recorded()["connection"] if state != "idle"]
    assert states == ["connecting", "waiting"] * 2 + ["connecting", "open", "closed"]
