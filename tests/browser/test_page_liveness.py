"""A line that dies without a word: the page finds it out by itself, or by what the server says."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from chat_page import OpenPage
from playwright.sync_api import expect
from silent_proxy import SilentProxy

from chatkit import Server
from chatkit.replies import Message
from chatkit.web.app import create_app

Run = Callable[..., Server]

TEXT = "Nothing is lost, even if the line says nothing."


async def reply(messages: list[Message]) -> AsyncIterator[str]:
    for character in TEXT:
        yield character
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("wire", [False, True])
def test_a_silent_line_is_found_by_the_heartbeat(run: Run, open_page: OpenPage, wire: bool) -> None:
    server = run(create_app(reply, heartbeat=1.0))
    with SilentProxy(server, after=b"id: 9\n") as proxy:
        page = open_page(proxy.url)
        if wire:
            page.button("Wire").click()
        page.send("Hello")
        page.expect_end()
        page.expect_text(TEXT)
        assert proxy.silenced.is_set()
    expect(page.replies).to_have_attribute("data-proof", "ok")
    # A busy machine, too, may be silent for so long: then there is one more, from where it was.
    cursors = [int(url.partition("?after=")[2]) for url in page.streams()]
    assert cursors == sorted(cursors)
    assert cursors[0] == 0 < cursors[-1]


def test_what_the_list_says_about_a_turn_on_screen_counts(run: Run, open_page: OpenPage) -> None:
    """Without a heartbeat, looking at the tab again is what tells it."""
    server = run(create_app(reply, heartbeat=0))
    with SilentProxy(server, after=b"id: 9\n") as proxy:
        page = open_page(proxy.url)
        page.send("Hello")
        page.wait_for(proxy.silenced.is_set)
        page.wait_for(
            lambda: chat(server, page.chat)[0]["status"] == "done" if page.chat else False
        )
        page.expect_end("streaming")
        page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.expect_end()
        page.expect_text(TEXT)
    expect(page.replies).to_have_attribute("data-proof", "ok")


def chat(server: Server, name: str) -> list[dict[str, str]]:
    answer = httpx.get(f"{server.url}chats/{name}", timeout=60)
    turns: list[dict[str, str]] = answer.json()["turns"]
    return turns
