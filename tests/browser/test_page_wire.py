"""The panel beside the chat: the wire inspector and the fault lab, opened and closed."""

from collections.abc import Callable

import httpx
import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import Locator, expect

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]


def panel(page: ChatPage) -> Locator:
    return page.page.get_by_role("complementary", name="Wire inspector")


def open_streams(server: Server) -> int:
    count: int = httpx.get(f"{server.url}healthz", trust_env=False).json()["streams"]
    return count


def expect_streams(page: ChatPage, server: Server, number: int) -> None:
    # Asked by the test: the page's own requests are counted.
    page.wait_for(lambda: open_streams(server) == number)


def test_closed_it_asks_for_nothing_and_open_it_shows_the_stream(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)
    button = page.button("Wire")
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(panel(page)).to_be_hidden()
    page.send("Hello")
    turn = reply.next()
    turn.write("first piece")
    page.expect_text("first piece")
    expect_streams(page, server, 1)
    assert [r.url for r in page.requests if r.url.endswith("healthz")] == []
    assert len(page.streams()) == 1

    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(panel(page)).to_contain_text('data: "first piece"')
    expect_streams(page, server, 2)
    turn.write("second piece")
    expect(panel(page)).to_contain_text('data: "second piece"')
    expect(panel(page)).to_contain_text("open")

    button.click()
    expect(panel(page)).to_be_hidden()
    expect_streams(page, server, 1)
    turn.write("third piece")
    turn.end()
    page.expect_text("first piecesecond piecethird piece")
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.page.get_by_text("Fault lab")).to_be_hidden()

    page.requests.clear()
    page.send("And again")
    turn = reply.next()
    turn.write("a piece of another reply")
    page.expect_text("a piece of another reply")
    assert len(page.streams()) == 1
    button.click()
    expect(panel(page)).to_contain_text('data: "a piece of another reply"')
    expect(panel(page)).not_to_contain_text("third piece")


@pytest.mark.parametrize("width", [1200, 700])
def test_with_the_keyboard(width: int, run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url, viewport={"width": width, "height": 700})
    talk = page.page.locator("#talk")
    keyboard = page.page.keyboard
    page.send("Hello")
    turn = reply.next()
    page.button("Wire").press("Enter")
    expect(panel(page)).to_be_visible()
    if width == 1200:
        chat, beside = (it.bounding_box() or {} for it in (talk, panel(page)))
        assert chat["x"] + chat["width"] <= beside["x"]
        assert not talk.evaluate("it => it.inert")
        expect(page.button("Wire")).to_be_focused()
        panel(page).get_by_role("button", name="Pause").focus()
    else:  # it covers the chat, which cannot be reached meanwhile
        assert talk.evaluate("it => it.inert")
        expect(page.button("Close the wire inspector")).to_be_focused()
    keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(page.button("Wire")).to_be_focused()
    assert not talk.evaluate("it => it.inert")
    turn.write("Hi")  # it was not stopped
    turn.end()
    page.expect_end("done")

    page.button("Wire").click()
    page.page.set_viewport_size({"width": 1900 - width, "height": 700})
    expect(talk).to_have_js_property("inert", width == 1200)
    page.button("Close the wire inspector").click()
    expect(panel(page)).to_be_hidden()
    expect(page.button("Wire")).to_be_focused()


def test_it_belongs_to_the_chat_on_screen(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)
    page.button("Wire").click()
    page.send("Hello")
    turn = reply.next()
    turn.write("one")
    expect(panel(page)).to_contain_text('data: "one"')
    page.button("New chat").click()
    expect_streams(page, server, 0)
    turn.write("two")
    page.page.go_back()
    expect(panel(page)).to_contain_text('data: "two"')
    page.expect_text("onetwo")
    turn.end()
    page.expect_end()
    expect(panel(page)).to_contain_text("event: end")


def test_the_fault_lab(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply, faults=True)).url, failing=True)
    page.button("Wire").click()
    lab = page.page.locator(".fault-lab")
    expect(lab).to_be_hidden()
    page.page.get_by_text("Fault lab").first.click()
    expect(lab).to_contain_text("Nothing is armed")
    page.button("Answer 500").click()
    expect(lab).to_contain_text("Armed: Answer 500")

    page.record()  # it hits the page's own stream, which is asked for before the inspector's
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    turn.write("two")
    page.expect_text("one two")
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(lab).to_contain_text("Nothing is armed")
    assert page.recorded()["connection"][:3] == ["connecting", "waiting", "connecting"]
