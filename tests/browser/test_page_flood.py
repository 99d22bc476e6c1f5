"""Ten thousand pieces at full speed: what the page does grows with the frames, not the pieces."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from chat_page import OpenPage
from playwright.sync_api import expect

from chatkit import Server
from chatkit.replies import Message
from chatkit.web.app import create_app

Run = Callable[..., Server]

NUMBER = 10_000
TEXT = [f"*{number}* " + "\n\n" * (number % 50 == 0) for number in range(NUMBER)]

# How often the raw text was added to, and how many frames there were to do it in. A timer does
# the work of a frame that is late, five times a second at the most.
COUNT = """() => {
    window.added = 0;
    window.frames = 0;
    window.began = performance.now();
    const appendData = CharacterData.prototype.appendData;
    CharacterData.prototype.appendData = function (text) {
        if (this.parentElement?.closest("[data-text]")) added += 1;
        return appendData.call(this, text);
    };
    const count = () => { frames += 1; requestAnimationFrame(count); };
    count();
}"""


async def flood(messages: list[Message]) -> AsyncIterator[str]:
    for piece in ["Hi"] if messages[-1]["content"] == "Hi" else TEXT:
        yield piece
        await asyncio.sleep(0)


@pytest.mark.parametrize("view", ["Markdown", "raw"])
def test_the_work_is_done_once_a_frame(view: str, run: Run, open_page: OpenPage) -> None:
    page = open_page(run(create_app(flood)).url)
    if view == "raw":
        page.send("Hi")
        page.expect_end()
        page.button("Raw").click()
    page.page.evaluate(COUNT)
    page.send("Go on")
    page.expect_end()
    page.expect_text("".join(TEXT))
    expect(page.replies.last).to_have_attribute("data-proof", "ok")
    added, frames, late = page.page.evaluate("[added, frames, (performance.now() - began) / 200]")
    parts = page.texts.last.locator("span").count()
    assert added <= frames + late + 2 * parts + 2
    assert added < NUMBER / 4, "the pieces came too slowly to say anything"

    nodes = "all => all.flatMap(it => [...it.querySelectorAll('*')]).length"
    assert page.texts.last.locator("*").count() < 20
    shown = page.page.locator("[data-markdown]").last
    if view == "raw":
        assert shown.evaluate_all(nodes) == 0
    else:  # and all of it is drawn in the end
        expect(shown.locator("em")).to_have_count(NUMBER)
        assert shown.evaluate_all(nodes) < NUMBER * 1.1
