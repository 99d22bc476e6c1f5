"""Every fault of the lab, met by the page: nothing is lost, nothing comes twice, all is told.

The table is printed: pytest -n0 -s tests/browser/test_page_faults.py
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import expect

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
# What the page has to do about a fault. All others it does not even notice.
RECONNECTS = {"drop", "close", "cut-event", "skip"}
REFUSED = {"refuse", "500", "503", "html", "204"}
SOONER: dict[str, dict[str, Any]] = {"refuse": {"seconds": 1.0}, "delay": {"seconds": 0.02}}

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
    observer.observe(status, { childList: true });
}"""

TRUE = {
    "idle": {"Ready", "Sending"},
    "connecting": {"Generating", "Reconnecting"},
    "open": {"Generating"},
    "waiting": {"Reconnecting"},
    "closed": {"Response complete"},
}


async def in_pieces(messages: list[Message]) -> AsyncIterator[str]:
    for piece in PIECES:
        yield piece
        await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def table() -> Iterator[list[str]]:
    rows: list[str] = []
    yield rows
    print("\n\nfault          streams  text   proof  told")
    print("\n".join(rows))


@pytest.mark.parametrize("kind", KINDS)
def test_fault(kind: str, run: Run, open_page: OpenPage, table: list[str]) -> None:
    server = run(create_app(in_pieces, faults=True))
    page = open_page(server.url, failing=kind in REFUSED | {"drop", "close", "cut-event"})
    fault = {"kind": kind} | SOONER.get(kind, {})
    assert page.page.request.post(f"{server.url}faults", data=fault).ok
    page.page.evaluate(WATCH)
    page.send("Hello")
    page.expect_end()
    text = "".join(PIECES)
    page.expect_text(text)
    turn = page.streams()[0].split("/")[1]
    log = page.page.request.get(f"{server.url}turns/{turn}").json()
    assert (log["status"], log["reply"]) == ("done", text)
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.replies).to_have_count(1)
    expect(page.alert).to_have_count(0)
    page.errors[:] = [error for error in page.errors if "MIME type" not in error]  # the browser's

    told = page.page.evaluate("told")
    for state, _, words in (line.partition(": ") for line in told):
        assert words in TRUE[state], told
    assert told[-1] == "closed: Response complete"
    broken = kind in RECONNECTS | REFUSED
    assert any("Reconnecting" in line for line in told) == broken, told
    shown, proof = page.texts.text_content(), page.replies.get_attribute("data-proof")
    same = "exact" if shown == log["reply"] else "DIFFERS"
    row = f"{kind:<14} {len(page.streams()):>7}  {same:<6} {proof:<6} "
    table.append(row + ", ".join(told[2:-1]))


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
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    turn.write("two")
    page.expect_connection("waiting")
    expect(page.status).to_have_text("Reconnecting")
    page.expect_text("")  # "two" came, but not what is before it
    assert len(page.streams()) == 2  # once more at once, then with a pause
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
    states = page.recorded()["connection"]
    assert states == ["connecting", "waiting"] * 2 + ["connecting", "open", "closed"]
