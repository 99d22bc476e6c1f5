"""The chat page under hand and eye: keys, scrolling, sizes, and what a screen reader hears."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chat_page import OpenPage
from handed_reply import HandedReply
from playwright.sync_api import Page, expect
from playwright.sync_api import Route as Held
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]


def test_with_the_keyboard_only(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    keyboard = page.page.keyboard
    expect(page.box).to_be_focused()
    keyboard.press("Enter")  # nothing to send
    keyboard.type("one")
    keyboard.press("Shift+Enter")
    keyboard.type("two")
    expect(page.box).to_have_value("one\ntwo")
    keyboard.press("Enter")
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "one\ntwo"}]
    page.expect_end("streaming")

    # The next message can be written, not sent, while the reply is.
    keyboard.type("next")
    keyboard.press("Enter")
    expect(page.box).to_have_value("next")
    turn.write("r")
    turn.fail()
    page.expect_end("failed")
    assert len(page.posted()) == 1

    for name in ("Raw", "Copy", "Retry"):
        keyboard.press("Shift+Tab")
        expect(page.button(name)).to_be_focused()
    keyboard.press("Enter")
    turn = reply.next()
    page.expect_end("streaming")
    expect(page.box).to_be_focused()
    keyboard.press("Tab")
    expect(page.button("Stop")).to_be_focused()
    keyboard.press("Space")
    page.expect_end("cancelled")
    expect(page.box).to_be_focused()
    keyboard.press("Enter")
    reply.next().end()
    page.expect_said("next")
    page.expect_end("done", 1)
    keyboard.type("more")
    keyboard.press("Tab")
    expect(page.button("Send")).to_be_focused()
    assert reply.unasked()


@pytest.mark.parametrize("key", ["{isComposing: true}", "{keyCode: 229}"])
def test_enter_that_confirms_a_character_sends_nothing(
    key: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.box.fill("にほん")
    went_on = page.box.evaluate(
        f"""box => box.dispatchEvent(new KeyboardEvent("keydown",
            {{key: "Enter", bubbles: true, cancelable: true, ...{key}}}))"""
    )
    assert went_on  # the input method got the key
    expect(page.status).to_have_text("Ready")
    page.box.press("Enter")
    assert reply.next().messages[-1]["content"] == "にほん"
    assert len(page.posted()) == 1


def test_blank_messages_are_not_sent(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.box.fill(" \n ")
    expect(page.button("Send")).to_be_disabled()
    page.box.press("Enter")
    expect(page.status).to_have_text("Ready")
    page.send("x")
    reply.next().end()
    page.expect_end()
    assert page.posted() == [{"message": "x", "parent": None}]


def test_it_fits(run: Run, reply: HandedReply, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("W" * 200 + "\n" + "words " * 40)
    turn = reply.next()
    turn.write("x" * 300 + "\n" + "more words " * 40)
    turn.fail()
    page.expect_end("failed")
    page.button("Retry").click()
    reply.next().end()
    page.expect_end()
    expect(page.reply_versions).to_be_visible()
    page.send("again")
    reply.next().write("y" * 300)
    page.expect_text("y" * 300)
    page.box.fill("a draft\n" * 12 + "z" * 200)
    page.button("Edit").first.click()
    # The third is a window of 1280 x 800 at a zoom of 200 %, and an iframe in a notebook.
    for width, height in ((1200, 800), (900, 420), (640, 400), (320, 640)):
        page.page.set_viewport_size({"width": width, "height": height})
        page.page.screenshot(path=tmp_path / f"{width}x{height}.png")
        for scroller in ("html", "#conversation", "#message"):
            wider = page.page.locator(scroller).evaluate("it => it.scrollWidth - it.clientWidth")
            assert wider == 0, f"{scroller} is {wider} pixels too wide at {width}x{height}"
        for name in ("Stop", "Wire", "New chat"):
            expect(page.button(name)).to_be_in_viewport(ratio=1)
        seen = page.page.locator("#conversation").evaluate("it => it.clientHeight")
        assert seen > 0.3 * height
        page.button("Wire").click()
        page.page.screenshot(path=tmp_path / f"{width}x{height}-wire.png")
        for scroller in ("html", "#conversation", "#panel"):
            wider = page.page.locator(scroller).evaluate("it => it.scrollWidth - it.clientWidth")
            assert wider == 0, f"{scroller} is {wider} pixels too wide at {width}x{height}"
        expect(page.button("Close the Wire")).to_be_in_viewport(ratio=1)
        page.button("Wire").click()


@pytest.mark.parametrize("way", ["ariaNotify", "a live region"])
def test_a_screen_reader_hears_the_status_and_sentences(
    way: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, clock=True)
    page.page.add_init_script(
        """window.heard = [];
        Element.prototype.ariaNotify = (words) => heard.push(words);"""
        if way == "ariaNotify"
        else """window.heard = [];
        delete Element.prototype.ariaNotify;
        new MutationObserver(() => {
            const words = document.querySelector("p.unseen")?.textContent;
            if (words && words !== heard.at(-1)) heard.push(words);
        }).observe(document, { childList: true, subtree: true });"""
    )
    page.reload()
    page.send("Hello")
    turn = reply.next()
    live = page.page.locator("[aria-live], [role=log], [role=status], [role=alert], output")
    ids = ["status", "hint", *([""] if way == "a live region" else [])]
    assert live.evaluate_all("all => all.map(one => one.id)") == ids
    for piece in ("One", " **sentence**. And", " ano"):
        turn.write(piece)
    page.expect_text("One **sentence**. And ano")
    page.page.clock.run_for(10_000)
    turn.write("ther. " + "Much more. " * 200)
    turn.end()
    page.expect_end()
    page.page.clock.run_for(10_000)
    heard = page.page.evaluate("heard")
    assert heard[0] == "One sentence."
    assert heard[1].startswith(" And another. Much more.")
    assert heard[1].endswith(" …")
    assert len(heard) == 2
    assert len(heard[1]) < 700
    expect(page.status).to_have_text("Response complete")
    page.page.clock.pause_at(time.time() + 3_600)
    page.send("Again")
    turn = reply.next()
    turn.write("All of it between two frames.")
    turn.end()
    expect(page.status).to_have_text("Response complete")
    expect(page.replies).to_have_count(1)
    page.page.clock.run_for(10_000)
    assert page.page.evaluate("heard")[2:] == ["All of it between two frames."]
    expect(page.replies).to_have_count(2)
    page.page.clock.resume()
    page.page.reload()
    expect(page.replies).to_have_count(2)
    page.page.clock.run_for(10_000)
    assert page.page.evaluate("heard") == []  # nothing of that is new
    expect(page.users.nth(0)).to_have_attribute("aria-label", "You")
    expect(page.replies.nth(0)).to_have_attribute("aria-label", "Reply")
    assert page.page.evaluate("document.body.innerText.match(/another/g).length") == 1


def test_nothing_can_be_sent_before_the_page_listens(
    new_page: Callable[..., Page], run: Run
) -> None:
    page = new_page()
    held: list[Held] = []
    page.route("**/static/main.js*", lambda route: held.append(route))
    with page.expect_request("**/static/main.js*"):
        page.goto(run(create_app()).url, wait_until="commit")
    send = page.get_by_role("button", name="Send")
    expect(send).to_be_disabled()
    expect(page.get_by_role("status")).to_have_text("Loading")
    held[0].continue_()
    expect(page.get_by_role("status")).to_have_text("Ready")
    page.get_by_role("textbox", name="Message").fill("Hello")
    expect(send).to_be_enabled()


def test_in_a_frame_the_focus_stays_where_it_was(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    async def around(request: Request) -> HTMLResponse:
        return HTMLResponse(
            "<!doctype html><link rel='icon' href='chat/static/shared/icon.svg'>"
            "<input aria-label='Own' autofocus>"
            "<iframe src='chat/' title='Chat' width='500' height='400'></iframe>"
        )

    routes = [Route("/", around), Mount("/chat", create_app(reply))]
    page = open_page(run(Starlette(routes=routes)).url)
    frame = page.page.frame_locator("iframe")
    expect(frame.get_by_role("status")).to_have_text("Ready")
    own = page.page.get_by_role("textbox", name="Own")
    expect(own).to_be_focused()
    held: list[Held] = []
    page.page.route("**/turns", lambda route: held.append(route))
    frame.get_by_role("textbox", name="Message").fill("Hello")
    with page.page.expect_request("**/turns"):
        frame.get_by_role("button", name="Send").click()
    own.click()
    held[0].continue_()  # the server's answer comes when the reader is elsewhere
    turn = reply.next()
    turn.write("Hi")
    turn.end()
    answer = frame.locator("[data-role=assistant]")
    expect(answer).to_have_attribute("data-status", "done")
    expect(own).to_be_focused()
    frame.get_by_role("button", name="New chat").click()
    expect(answer).to_have_count(0)
    page.page.evaluate("history.back()")
    expect(frame.locator("[data-text]")).to_have_text("Hi")


@pytest.mark.parametrize("module", ["main.js", "emphasis.js"])
def test_a_part_that_does_not_come_is_asked_for_again(
    module: str, run: Run, reply: HandedReply, new_page: Callable[..., Page]
) -> None:
    page = new_page()
    page.route(f"**/static/**/{module}*", lambda route: route.fulfill(status=503), times=1)
    with page.expect_response(lambda response: module in response.url and response.ok):
        page.goto(run(create_app(reply)).url)  # it comes with the page that is loaded again
    expect(page.get_by_role("status")).to_have_text("Ready")
    page.get_by_role("textbox", name="Message").fill("Hello")
    page.get_by_role("button", name="Send").click()
    reply.next().write("*Hi* there")
    expect(page.locator("[data-markdown] em")).to_have_text("Hi")
