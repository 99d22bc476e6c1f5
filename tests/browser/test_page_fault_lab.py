"""The fault lab in the panel: armed for the next stream, or now, with a verdict; all in one run."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import Locator, expect
from test_page_accessible import expect_accessible

from chatkit import Server, echo
from chatkit.faults.kinds import KINDS
from chatkit.replies import Message
from chatkit.turns import Piece, Reasoning
from chatkit.web.app import create_app

Run = Callable[..., Server]


def open_lab(page: ChatPage) -> Locator:
    page.button("Wire").click()
    page.page.get_by_role("tab", name="Faults").click()
    return page.page.locator(".fault-lab")


def choose(lab: Locator, kind: str, **parameters: str) -> None:
    lab.get_by_label("Fault", exact=True).select_option(kind)
    for name, value in parameters.items():
        lab.get_by_label(name).fill(value)


def faults(page: ChatPage) -> Any:
    return page.page.request.get(f"{page.url}faults").json()


def test_a_fault_is_armed_and_gets_a_verdict(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, faults=True)).url)
    lab = open_lab(page)
    band, cards = lab.locator(".band"), lab.locator("article")
    words = band.locator("p")
    kinds = lab.locator("option[data-fault]")
    assert kinds.evaluate_all("all => all.map((option) => option.dataset.fault)") == list(KINDS)
    expect(lab.locator("optgroup")).to_have_count(4)
    expect(words).to_have_text("Nothing is armed.")
    expect(page.button("Disarm")).to_be_hidden()
    expect(page.button("Break it now")).to_be_disabled()
    how = lab.get_by_text("Arm a fault, then send a message")
    expect(how).to_be_visible()

    choose(lab, "drop", Events="")
    page.button("Arm").click()
    expect(lab.locator("input:invalid")).to_be_focused()
    assert faults(page)["armed"] == []
    choose(lab, "drop", Events="4")
    page.button("Arm").click()
    expect(band).to_contain_text("Armed: Drop the line after 4 events. It hits the next stream.")
    choose(lab, "skip", Event="5")
    lab.get_by_label("Streams to hit").fill("2")
    page.button("Arm").click()
    expect(band).to_contain_text(
        "Armed: Drop the line after 4 events, then Skip an event (event 5). "
        "They hit the next 3 streams, in this order."
    )
    page.button("Disarm").click()
    expect(words).to_have_text("Nothing is armed.")
    assert faults(page)["armed"] == []

    lab.get_by_label("Streams to hit").fill("1")
    choose(lab, "twice")
    page.button("Arm").click()
    expect(band).to_contain_text("Armed: Send twice.")
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    expect(words).to_have_text("Nothing is armed.")  # the stream has taken it
    expect(cards).to_contain_text("Running")
    expect(how).to_be_hidden()
    turn.write("two")
    turn.end()
    page.expect_end()
    page.expect_text("one two")
    expect(cards).to_contain_text("Send twice: hit a stream from its start")
    expect(cards).to_contain_text("The reply to “Hello”")
    expect(cards.locator("li")).to_have_text("Ignored 2 events whose number it had.")
    expect(cards).to_contain_text("Saved by client/protocol.js, read(), which drops")
    expect(cards).to_contain_text("✓ Text exact")
    expect_accessible(page, "verdict")
    source = cards.locator("a").get_attribute("href")
    assert source
    assert "export function read(" in page.page.request.get(source).text()

    page.send("Again")  # nothing is armed
    reply.next().end()
    page.expect_end()
    expect(cards).to_have_count(1)

    choose(lab, "cut-character")
    page.button("Arm").click()
    expect(band).to_contain_text("Armed: Cut a character")
    page.send("Plain")
    turn = reply.next()
    turn.write("one ")
    taken = "Cut a character: taken by this reply, "
    expect(cards.first).to_contain_text(taken + "has not hit yet")
    turn.end()
    expect(cards.first).to_contain_text(taken + "had nothing to hit")
    page.button("Arm").click()
    expect(band).to_contain_text("Armed: Cut a character")
    another = httpx.post(f"{page.url}turns", json={"message": "From another page"}).json()
    reply.next().end()
    httpx.get(page.url + another["events"])
    page.send("Too late")
    reply.next().end()
    page.expect_end()
    expect(words).to_have_text("Nothing is armed. A stream of another page took the last fault.")
    expect(cards).to_have_count(2)


@pytest.mark.parametrize(("kind", "mark"), [("close", "hit after event 2"), ("500", "2 times")])
def test_a_reply_is_broken_now(
    kind: str, mark: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply, faults=True)).url, failing=True)
    lab = open_lab(page)
    choose(lab, kind, **({"Events": "1"} if kind == "close" else {}))
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")
    page.record()
    with page.page.expect_response(lambda response: response.request.method == "POST"):
        page.button("Break it now").click()
    if kind == "close":
        turn.write("two ")
    page.expect_recorded("status", "Reconnecting")
    expect(page.status).to_have_text("Generating")
    turn.write("three")
    turn.end()
    page.expect_end()
    page.expect_text("one two three" if kind == "close" else "one three")
    card = lab.locator("article")
    expect(card).to_contain_text(mark)
    expect(card).to_contain_text("client/connection.js, openLater()")
    expect(card).to_contain_text("✓ Text exact")
    expect(page.button("Break it now")).to_be_disabled()


def test_what_the_server_refuses_is_said(run: Run, open_page: OpenPage) -> None:
    app = create_app(faults=True)
    app.state.faults.most = 0
    page = open_page(run(app).url, failing=True)
    lab = open_lab(page)
    page.button("Arm").click()
    expect(lab.locator(".band")).to_contain_text("0 faults are armed, which is the limit.")


# What each row of the table of all faults says: the fault, and its mark.
MARKS = (
    """rows => rows.map((row) => [row.cells[0], row.cells[2]].map((cell) => cell.textContent))"""
)


def is_missing(mark: str) -> bool:
    return mark in ("", "none") or "not hit" in mark


async def think_and_echo(messages: list[Message]) -> AsyncIterator[Piece]:
    async for piece in echo(messages, delay=0.005):
        yield Reasoning(piece)
        yield piece


def test_all_faults_are_run_beside_the_conversation(run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app(think_and_echo, faults=True)).url, failing=True)
    lab = open_lab(page)
    page.button("Run all 16").click()
    expect(lab).to_contain_text(re.compile(r"([3-9]|1\d) of 16: "))
    page.button("Stop the run").click()
    expect(lab).to_contain_text("Stopped.")
    page.wait_for(lambda: faults(page)["armed"] == [])

    unseen = ["No heartbeats"]  # none was due in so short a time
    for _ in range(5):
        page.button("Run all 16").click()
        expect(page.button("Run all 16")).to_be_visible(timeout=120_000)
        expect(lab).to_contain_text("16 of 16 texts exact")
        expect(lab).to_contain_text("1 did not hit: the reply was too short.")
        rows = lab.locator("tbody tr")
        expect(rows).to_have_count(len(KINDS))
        expect(rows.locator("[data-exact=ok]")).to_have_count(len(KINDS))
        without_mark = [name for name, said in rows.evaluate_all(MARKS) if is_missing(said)]
        if without_mark == unseen:
            break  # a busy page may take two chunks at once, and then the mark is not there
    assert without_mark == unseen
    expect_accessible(page, "all faults")
    found = faults(page)
    assert (found["armed"], found["refusing"]) == ([], 0)
    expect(page.replies).to_have_count(0)
    expect(lab.locator("article")).to_have_count(0)
    page.errors[:] = [error for error in page.errors if "MIME type" not in error]


@pytest.mark.parametrize(("size", "scheme"), [((800, 560), "dark"), ((390, 740), "light")])
def test_it_fits_where_there_is_little_room(
    size: tuple[int, int], scheme: str, run: Run, open_page: OpenPage
) -> None:
    page = open_page(
        run(create_app(faults=True)).url,
        viewport={"width": size[0], "height": size[1]},
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    lab = open_lab(page)
    choose(lab, "cut-event")
    assert lab.evaluate("lab => lab.scrollWidth <= lab.clientWidth")
    controls = lab.locator("select, input, button").all()
    places = [place for control in controls if (place := control.bounding_box())]
    assert len(places) >= 7
    assert all(place["height"] >= 24 for place in places)
    page.button("Arm").click()
    expect(lab.locator(".band")).to_contain_text("Armed")
    expect_accessible(page, "armed")
    if size[0] == 800:
        row = [place["y"] for place in places[:6]]
        assert max(row) - min(row) < 10, "one row to choose"
        assert max(place["y"] + place["height"] for place in places) < size[1]
