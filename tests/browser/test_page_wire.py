"""The panel: it opens and closes, belongs to the chat on screen, has a tab for the fault lab."""

from collections.abc import Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import Locator, expect
from wire_page import WirePage

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]


def tab(page: ChatPage, name: str) -> Locator:
    return page.page.get_by_role("tab", name=name)


@pytest.mark.parametrize("width", [1200, 700])
def test_closed_it_asks_for_nothing_and_open_it_covers_nothing(
    width: int, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, viewport={"width": width, "height": 700})
    button = page.button("Wire")
    expect(button).to_have_attribute("aria-expanded", "false")
    page.send("Hello")
    turn = reply.next()
    turn.write("first ")
    page.expect_text("first ")
    asked = [r.url.removeprefix(page.url) for r in page.asked()]
    assert [url for url in asked if "wire/" in url or "faults/" in url] == []
    assert len(page.streams()) == 1

    wire = WirePage(page, opened=False)
    button.press("Enter")
    expect(wire.event(1)).to_contain_text('"first "')
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(tab(page, "Faults")).to_be_hidden()
    page.box.fill("Not sent yet")
    wire.filter.press("?")  # no key of the page's
    expect(wire.filter).to_have_value("?")
    wire.filter.press("Backspace")
    turn.write("second")
    expect(wire.event(2)).to_contain_text('"second"')

    page.page.keyboard.press("Escape")
    expect(wire.box).to_be_hidden()
    expect(button).to_be_focused()
    button.click()
    page.button("Close the Wire").click()
    expect(wire.box).to_be_hidden()
    expect(button).to_be_focused()
    turn.end()
    page.expect_text("first second")
    page.expect_end("done")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.box).to_have_value("Not sent yet")


def test_it_belongs_to_the_chat_on_screen(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    wire = WirePage(page)
    page.send("Hello")
    turn = reply.next()
    turn.write("one")
    expect(wire.event(1)).to_be_visible()
    page.button("New chat").click()
    wire.expect_frames(0)
    expect(wire.region).to_contain_text("Nothing yet")
    turn.write("two")
    page.page.go_back()
    expect(wire.event(2)).to_be_visible()
    page.expect_text("onetwo")
    turn.end()
    page.expect_end()
    wire.expect_words("the reply is complete")
    assert [row["number"] for row in wire.events()] == ["1", "1", "2", "3"]  # it came back for all
    assert wire.words("closed")[0] == "closed by the page: it has left this turn"

    page.reload()  # it is open again in this tab
    wire.expect_frames(3)
    expect(wire.requests).to_contain_text(["read again from the log"])


def test_the_fault_lab_has_a_tab(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply, faults=True)).url, failing=True)
    wire = WirePage(page)
    tab(page, "Faults").click()
    expect(wire.box).to_be_hidden()
    expect(page.page.locator(".fault-lab")).to_be_visible()
    page.page.keyboard.press("ArrowLeft")
    expect(tab(page, "Wire")).to_be_focused()
    expect(tab(page, "Wire")).to_have_attribute("aria-selected", "true")
    expect(wire.box).to_be_visible()
