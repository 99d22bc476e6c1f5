"""The page comes back to a chat: after a reload, with the Back button, from an address."""

import asyncio
import threading
from collections.abc import Callable

import pytest
from chat_page import ChatPage, OpenPage
from handed_reply import HandedReply
from playwright.sync_api import Route, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit import Server
from chatkit.web.app import create_app

Run = Callable[..., Server]


class Chats:
    """ASGI middleware: `GET /chats/...` is answered with `status`, or held until `go()`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.status = 0
        self.held = False
        self._asked, self._go = threading.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "/chats/" in scope.get("path", ""):
            if self.status:
                await Response("as planned", self.status)(scope, receive, send)
                return
            if self.held:
                self._loop = asyncio.get_running_loop()
                self._asked.set()
                await self._go.wait()
        await self.app(scope, receive, send)

    def go(self) -> None:
        assert self._asked.wait(60)
        self._loop.call_soon_threadsafe(self._go.set)


def talk(page: ChatPage, reply: HandedReply, message: str, text: str) -> None:
    """Send a message and wait for the whole reply."""
    before = page.replies.count()
    page.send(message)
    turn = reply.next()
    turn.write(text)
    turn.end()
    page.expect_end("done", before)


@pytest.mark.parametrize("prefix", ["", "user/ada/proxy/1/"])
def test_a_reload_brings_the_chat_back_and_goes_on_with_its_reply(
    prefix: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    app = create_app(reply)
    routes = [Mount(f"/{prefix}".rstrip("/"), app)]
    page = open_page(run(Starlette(routes=routes)).url + prefix)
    assert page.chat == ""
    talk(page, reply, "First\n <b>", "one *two*")
    assert page.chat == page.posted()[0].get("chat", page.chat) != ""
    page.send("Second")
    turn = reply.next()
    turn.write("three ")
    page.expect_text("three ")

    page.requests.clear()
    page.reload()
    page.expect_said("First\n <b>", 0)
    page.expect_said("Second", 1)
    page.expect_text("one *two*", 0)
    page.expect_text("three ", 1)
    page.expect_end("done", 0)
    page.expect_end("streaming", 1)
    expect(page.status).to_have_text("Generating")
    expect(page.button("Stop")).to_be_visible()
    turn.write("four")
    turn.end()
    page.expect_text("three four", 1)
    page.expect_end("done", 1)
    page.expect_connection("closed")
    expect(page.replies.nth(1)).to_have_attribute("data-proof", "ok")
    expect(page.replies).to_have_count(2)
    assert [url.partition("?")[2] for url in page.streams()] == ["after=0"]

    page.send("Third")
    assert len(reply.next().messages) == 5
    assert page.posted()[-1]["chat"] == page.chat


def test_how_earlier_replies_ended(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Stop it")
    reply.next().write("As far as")
    page.expect_text("As far as")
    page.button("Stop").click()
    page.expect_end("cancelled")
    page.send("Break it")
    reply.next().fail()
    page.expect_end("failed", 1)

    page.reload()
    page.expect_end("cancelled", 0)
    page.expect_text("As far as", 0)
    page.expect_end("failed", 1)
    for number in (0, 1):  # the list says what the whole reply is
        expect(page.replies.nth(number)).to_have_attribute("data-proof", "ok")
    expect(page.replies.nth(1)).to_contain_text(
        "The reply failed on the server, whose messages say why."
    )
    expect(page.status).to_have_text("Ready")
    expect(page.alert).to_have_count(0)  # it is not news
    page.expect_connection("idle")

    page.button("Retry").click()
    turn = reply.next()
    turn.write("Now")
    turn.end()
    page.expect_end("done", 1)
    expect(page.replies).to_have_count(2)


def test_a_chat_that_the_server_does_not_know(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, failing=True)
    page.visit("?chat=long-ago")
    expect(page.page.get_by_text("The server no longer has the messages")).to_be_visible()
    expect(page.status).to_have_text("Ready")
    expect(page.alert).to_have_count(0)
    talk(page, reply, "Hello again", "Hi")
    expect(page.page.get_by_text("The server no longer has the messages")).to_have_count(0)
    assert page.posted() == [{"message": "Hello again", "chat": "long-ago", "parent": None}]
    page.reload()
    page.expect_text("Hi")
    assert page.chat == "long-ago"


@pytest.mark.parametrize(
    "address", ["?chat=", "?chat=a/b", "?chat=..", f"?chat={'x' * 65}", "?x=1"]
)
def test_an_address_that_names_no_chat_is_a_new_chat(
    address: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.visit(address)
    page.send("Hello")
    reply.next()
    page.expect_end("streaming")
    assert page.posted() == [{"message": "Hello", "parent": None}]
    assert len(page.chat) > 10
    assert [r.url for r in page.asked() if "/chats/" in r.url] == []


def test_a_chat_that_cannot_be_read_now(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    chats = Chats(create_app(reply))
    page = open_page(run(chats).url, failing=True)
    talk(page, reply, "Hello", "Hi")
    chats.status = 500
    page.reload()
    expect(page.alert).to_contain_text("The server answered with an error (500)")
    expect(page.status).to_have_text("Not loaded")
    expect(page.button("Send")).to_be_disabled()  # nobody could see what it is an answer to
    page.box.fill("typed meanwhile")
    page.button("Retry").click()
    expect(page.alert).to_have_count(1)
    chats.status = 0
    page.button("Retry").click()
    page.expect_text("Hi")
    expect(page.alert).to_have_count(0)
    expect(page.status).to_have_text("Ready")
    page.button("Send").click()
    assert len(reply.next().messages) == 3


def test_a_server_that_is_down_and_a_new_chat_after_all(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url, failing=True)
    talk(page, reply, "Hello", "Hi")
    page.button("New chat").click()
    server.stop()
    page.page.go_back()
    expect(page.alert).to_contain_text("The server does not answer")
    page.button("New chat").click()
    expect(page.alert).to_have_count(0)
    expect(page.status).to_have_text("Ready")
    run(create_app(reply))
    talk(page, reply, "Again", "Hi again")


def test_back_leads_to_the_chat_that_was_left_and_its_reply_went_on(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.button("New chat").click()  # there is nothing to leave
    page.send("First")
    first = reply.next()
    first.write("one ")
    page.expect_text("one ")
    one = page.chat
    page.button("New chat").click()
    expect(page.replies).to_have_count(0)
    assert page.chat == ""
    first.write("two ")
    talk(page, reply, "Second", "another")
    two = page.chat
    assert two not in (one, "")

    page.page.go_back()
    page.expect_said("First")
    page.expect_text("one two ")
    expect(page.replies).to_have_count(1)
    expect(page.status).to_have_text("Generating")
    expect(page.button("Stop")).to_be_visible()
    assert page.chat == one
    first.write("three")
    page.expect_text("one two three")

    page.page.go_forward()
    page.expect_text("another")
    expect(page.replies).to_have_count(1)
    page.expect_connection("idle")
    first.end()
    page.wait_until_written(page.streams()[0].split("/")[1])  # or it would be followed once more
    page.page.go_back()
    page.expect_end("done")
    page.expect_text("one two three")
    assert len(page.streams()) == 3  # of the first turn before and after, and of the second


def test_a_chat_that_arrives_too_late_is_not_shown(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    chats = Chats(create_app(reply))
    page = open_page(run(chats).url)
    talk(page, reply, "First", "one")
    page.button("New chat").click()
    chats.held = True
    with page.page.expect_request("**/chats/*"):
        page.page.go_back()
    expect(page.status).to_have_text("Loading")
    page.page.go_forward()
    expect(page.status).to_have_text("Ready")
    with page.page.expect_response("**/chats/*"):
        chats.go()
    page.send("Second")
    turn = reply.next()
    turn.write("two")
    turn.end()
    page.expect_end()
    page.expect_text("two")
    expect(page.replies).to_have_count(1)


def test_a_chat_that_is_left_while_a_message_is_under_way(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    talk(page, reply, "First", "one")
    held: list[Route] = []
    page.page.route("**/turns", lambda route: held.append(route))
    with page.page.expect_request("**/turns"):
        page.send("Second")
    page.button("New chat").click()
    held[0].continue_()
    reply.next().write("two")
    expect(page.box).to_have_value("")  # it was sent, to the chat that it was written for
    expect(page.replies).to_have_count(0)
    page.page.go_back()
    page.expect_said("Second", 1)
    page.expect_text("two", 1)
    page.expect_end("streaming", 1)


@pytest.mark.parametrize("name", ["chatkit a1b2", "another"])
def test_in_a_notebook_a_frame_that_is_loaded_again_shows_its_chat(
    name: str, run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    async def around(request: Request) -> HTMLResponse:  # it always writes the iframe as it was
        return HTMLResponse(
            "<!doctype html><link rel='icon' href='chat/static/shared/icon.svg'>"
            f"<iframe name='{name}' src='chat/' title='Chat' width='600' height='500'></iframe>"
        )

    routes = [Path("/", around), Mount("/chat", create_app(reply))]
    page = open_page(run(Starlette(routes=routes)).url)
    frame = page.page.frame_locator("iframe")
    frame.get_by_role("textbox", name="Message").fill("Hello")
    frame.get_by_role("button", name="Send").click()
    reply.next().write("Hi")
    expect(frame.locator("[data-text]")).to_have_text("Hi")
    page.reload()
    if name.startswith("chatkit "):
        expect(frame.locator("[data-text]")).to_have_text("Hi")
        frame.get_by_role("button", name="New chat").click()
        page.reload()
    expect(frame.get_by_role("status")).to_have_text("Ready")
    expect(frame.locator("[data-role]")).to_have_count(0)
