"""Who reads at the end is kept there; who goes up stays there, however fast the text comes."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route

from chatkit import Server
from chatkit.replies import Message
from chatkit.web.app import create_app

Run = Callable[..., Server]

BELOW = """() => {
    const it = document.querySelector("#conversation");
    return it.scrollHeight - it.clientHeight - it.scrollTop;
}"""


# Where the box stands when it has stood there for some frames: a browser glides to where it was
# told to go, a bit with each frame, and on a busy machine there are few of them.
STANDS = """it => new Promise((done) => {
    let place = it.scrollTop;
    let frames = 0;
    const look = () => {
        frames = it.scrollTop === place ? frames + 1 : 0;
        place = it.scrollTop;
        if (frames === 20) done(place);
        else requestAnimationFrame(look);
    };
    look();
})"""


def below(page: ChatPage) -> int:
    """How many pixels of the conversation are below what is seen."""
    pixels: float = page.page.evaluate(BELOW)
    return round(pixels)


def expect_end(page: ChatPage) -> None:
    """Wait until the end is seen: what has just come is below it for the time of a frame."""
    page.wait_for(lambda: below(page) <= 1)


def wait_for_lines(page: ChatPage, more: int) -> None:
    """Wait until the reply has so many lines more than now."""
    page.page.wait_for_function(
        """([wanted]) => {
            const lines = document.querySelector("[data-text]").textContent.split("\\n\\n").length;
            window.waitedFor ??= lines + wanted;
            if (lines < waitedFor) return false;
            delete window.waitedFor;
            return true;
        }""",
        arg=[more],
    )


async def lines(messages: list[Message]) -> AsyncIterator[str]:
    """Write as many lines a second as the message says, until nobody wants more."""
    per_second = int(messages[-1]["content"])
    start = asyncio.get_running_loop().time()
    for number in itertools.count():
        yield f"line {number}\n\n"
        await asyncio.sleep(start + number / per_second - asyncio.get_running_loop().time())


def go_up(page: ChatPage, way: str) -> None:
    conversation = page.page.locator("#conversation")
    if way == "wheel":
        conversation.hover()
        page.page.mouse.wheel(0, -100)  # one notch
    elif way == "finger":
        conversation.evaluate(
            """it => [300, 310].forEach((clientY, index) => {
                const type = index === 0 ? "touchstart" : "touchmove";
                const event = new Event(type, { bubbles: true });
                it.dispatchEvent(Object.assign(event, { touches: [{ clientY }] }));
            })"""
        )
    elif way == "scrollbar":
        conversation.evaluate("it => { it.scrollTop -= 20; }")  # less than grows in a frame
    else:
        conversation.focus()
        page.page.keyboard.press(way)


@pytest.mark.parametrize("per_second", [20, 200])
@pytest.mark.parametrize("way", ["wheel", "PageUp", "ArrowUp", "Home", "finger", "scrollbar"])
def test_who_goes_up_stays_there(way: str, per_second: int, run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app(lines)).url, viewport={"width": 600, "height": 420})
    page.send(str(per_second))
    page.page.wait_for_function(
        '() => document.querySelector("#conversation").scrollTop > 300 &&'
        ' document.querySelectorAll("[data-markdown] p").length > 40'
    )
    to_end = page.button("To the end")
    expect(to_end).to_be_hidden()
    go_up(page, way)
    expect(to_end).to_be_visible()
    wait_for_lines(page, per_second // 4)
    place = page.page.locator("#conversation").evaluate(STANDS)
    wait_for_lines(page, per_second)
    assert page.page.locator("#conversation").evaluate("it => it.scrollTop") == place
    assert below(page) > 200
    expect(to_end).to_contain_text("New text below")
    expect(to_end).to_have_css("background-color", re.compile(r"^rgb\("))  # no text shows through

    if way in ("wheel", "finger", "scrollbar"):
        to_end.click()
    else:
        page.page.keyboard.press("End")
    expect(to_end).to_be_hidden()
    wait_for_lines(page, 20)
    expect_end(page)
    page.button("Stop").click()
    page.expect_end("cancelled")


def test_who_comes_back_to_the_end_is_kept_there(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, viewport={"width": 600, "height": 420})
    page.send("Count")
    turn = reply.next()
    text = "".join(f"{number}\n\n" for number in range(60))
    turn.write(text)
    page.expect_text(text)
    expect(page.replies.locator("[data-markdown] p")).to_have_count(60)
    expect_end(page)

    page.page.locator("#conversation").hover()
    page.page.mouse.wheel(0, -300)
    page.wait_for(lambda: below(page) > 200)
    page.page.mouse.wheel(0, 100)
    page.page.mouse.wheel(0, 300)
    expect(page.button("To the end")).to_be_hidden()
    # With Ctrl, all gets larger or smaller. (A browser without a window scrolls.)
    page.page.locator("#conversation").dispatch_event("wheel", {"deltaY": -100, "ctrlKey": True})
    turn.write("more\n\n" * 20)
    turn.end()
    page.expect_end()
    expect(page.replies.locator("[data-markdown] p")).to_have_count(80)
    expect_end(page)

    page.page.mouse.wheel(0, -300)  # and whoever sends goes along to the end
    page.wait_for(lambda: below(page) > 200)
    page.send("Again")
    reply.next()
    expect_end(page)


def test_in_a_frame_the_wheel_goes_on_to_the_page_around(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    async def around(request: Request) -> HTMLResponse:
        return HTMLResponse(
            "<!doctype html><link rel='icon' href='chat/static/shared/icon.svg'>"
            "<iframe src='chat/' title='Chat' width='800' height='560'></iframe>"
            "<svg width='1' height='3000'></svg>"
        )

    routes = [Route("/", around), Mount("/chat", create_app(reply))]
    page = open_page(run(Starlette(routes=routes)).url)
    frame = page.page.frame_locator("iframe")
    expect(frame.get_by_role("status")).to_have_text("Ready")
    frame.get_by_role("textbox", name="Message").fill("Hello")
    frame.get_by_role("button", name="Send").click()
    reply.next().end()
    expect(frame.locator("[data-role=assistant]")).to_have_attribute("data-status", "done")
    frame.locator("#conversation").hover()
    page.page.mouse.wheel(0, 200)
    page.page.wait_for_function("() => scrollY > 100")

    page.page.evaluate("scrollTo(0, 0)")
    frame.get_by_role("button", name="Wire").click()
    rows = frame.get_by_role("region", name="Rows of the stream")
    expect(rows).to_contain_text("the reply is complete")
    rows.hover()
    page.page.mouse.wheel(0, 200)
    page.page.wait_for_function("() => scrollY > 100")
