"""The page behind jupyter-server-proxy, under a path such as a Hub gives it."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from chat_page import OpenPage
from handed_reply import HandedReply
from lab_server import BASE
from network import Network
from playwright.sync_api import expect

from chatkit import Server
from chatkit.faults.kinds import KINDS
from chatkit.replies import Message
from chatkit.web.app import create_app

Run = Callable[..., Server]

# These change nothing but bytes in the middle of the stream, which a proxy passes on unread.
OPAQUE = {"cr", "crlf", "twice", "skip", "silence", "cut-character"}


def behind(lab: int, server: Server) -> str:
    return f"http://lab.localhost:{lab}{BASE}proxy/{server.port}/"


def test_the_whole_page_behind_a_proxy(
    lab: int, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(behind(lab, run(create_app(reply, faults=True))))
    page.button("Wire").click()
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")  # it comes before the reply is complete: nothing holds it back
    panel = page.page.get_by_role("complementary", name="Wire inspector")
    expect(panel).to_contain_text('"one "')
    turn.write("two")
    page.expect_text("one two")
    page.button("Stop").click()
    page.expect_end("cancelled")
    expect(page.page.locator("[data-fault]").first).to_be_attached()  # so all is loaded
    network = Network(page.page)
    page.reload()
    page.expect_text("one two")
    assert [path for path in network.paths(page.url) if path.startswith("static/")] == []


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - OPAQUE))
def test_a_fault_behind_a_proxy(kind: str, lab: int, run: Run, open_page: OpenPage) -> None:
    async def in_pieces(messages: list[Message]) -> AsyncIterator[str]:
        for piece in ("Nothing ", "is ", "lost, ", "nothing ", "comes ", "twice. ", "🦊"):
            yield piece
            await asyncio.sleep(0.01)

    server = run(create_app(in_pieces, faults=True))
    page = open_page(behind(lab, server), failing=True)
    fault = {"kind": kind} | ({"seconds": 0.5} if kind == "refuse" else {})
    assert page.page.request.post(f"{server.url}faults", data=fault).ok
    page.send("Hello")
    page.expect_end()
    page.expect_text("Nothing is lost, nothing comes twice. 🦊")
    if kind != "refuse":  # then the reply may be read without a stream, and nothing proves it
        expect(page.replies).to_have_attribute("data-proof", "ok")
    page.errors[:] = [error for error in page.errors if "MIME type" not in error]  # the browser's
