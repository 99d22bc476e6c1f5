"""The page and a connection that breaks: nothing is lost, nothing comes twice."""

import re
from collections.abc import Callable

from chat_page import OpenPage, stop_timers
from handed_reply import HandedReply
from kept_turns import KeptTurns
from playwright.sync_api import expect
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit import Server
from chatkit.turns import Turn
from chatkit.web.app import create_app

Run = Callable[..., Server]


class RefuseStreams:
    """ASGI middleware: while `refusing` > 0, an event stream is answered 502 and counted down.

    `seen` holds the query and the Last-Event-ID of every stream that was asked for.
    """

    def __init__(self, app: ASGIApp, refusing: int = 0) -> None:
        self.app = app
        self.refusing = refusing
        self.seen: list[tuple[str, str | None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/events"):
            header = dict(scope["headers"]).get(b"last-event-id")
            self.seen.append((scope["query_string"].decode(), header and header.decode()))
            if self.refusing > 0:
                self.refusing -= 1
                await Response("as planned", 502)(scope, receive, send)
                return
        await self.app(scope, receive, send)


def test_a_reply_goes_on_after_the_server_was_replaced(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    page = open_page(server.url, failing=True)
    page.record()
    page.send("Hello")
    page.expect_connection("open")
    turns.write("one ", "two ")
    page.expect_text("one two ")

    stop_timers(page.page, 250)  # it tries nothing by itself
    server.stop()
    turns.write("three ", "four ")
    page.expect_connection("waiting")
    expect(page.status).to_have_text("Reconnecting")
    lost = page.replies.get_by_text("Connection lost.")
    expect(lost).to_have_text(re.compile(r"Next try in \d+ s$"))  # where the reader looks
    page.expect_text("one two ")
    page.expect_end("streaming")
    asked = RefuseStreams(turns.app())
    assert run(asked).port == server.port

    page.button("Try now").click()
    page.expect_text("one two three four ")
    page.expect_connection("open")
    expect(page.status).to_have_text("Generating")
    expect(lost).to_be_hidden()
    turns.write("five")
    page.expect_text("one two three four five")
    turns.finish()
    page.expect_end()
    page.expect_text("one two three four five")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    assert set(asked.seen) == {("after=2", None)}
    assert page.recorded()["connection"][-4:] == ["waiting", "connecting", "open", "closed"]


def test_a_stream_that_is_refused_is_asked_for_again(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    page = open_page(server.url, failing=True)
    page.send("Hello")
    page.expect_connection("open")
    turns.write("one ", "two ")
    page.expect_text("one two ")

    page.record()
    asked = RefuseStreams(turns.app(), refusing=2)
    run(asked)
    page.expect_recorded("connection", "waiting")
    turns.write("three ", "four")
    page.expect_text("one two three four")
    turns.finish()
    page.expect_end()
    page.expect_text("one two three four")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    # The browser itself tries nothing. The page does, from where it stood.
    assert asked.seen == [("after=2", None)] * 3
    assert page.recorded()["connection"][-3:] == ["connecting", "open", "closed"]


def test_a_refused_stream_of_a_finished_turn_is_read_without_streaming(
    run: Run, open_page: OpenPage
) -> None:
    async def write_all(turn: Turn) -> None:
        await turn.append("all of it")
        await turn.finish()

    asked = RefuseStreams(KeptTurns(write_all).app(), refusing=1_000)
    page = open_page(run(asked).url, failing=True)
    page.send("Hello")
    page.expect_end()
    page.expect_text("all of it")
    page.expect_connection("closed")
    # The second time it is known to be over, unless the answer is late: then there is a third.
    assert len(asked.seen) >= 2
    assert set(asked.seen) == {("after=0", None)}


def test_a_turn_that_the_server_no_longer_knows(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    page = open_page(server.url, failing=True)
    page.send("Hello")
    reply.next().write("Hi th")
    page.expect_text("Hi th")

    run(create_app(reply))  # its memory is empty
    page.expect_end("failed")
    expect(page.alert).to_contain_text("The server no longer knows this reply")
    page.expect_text("Hi th")
    page.expect_connection("closed")

    page.button("Retry").click()
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "Hello"}]
    turn.write("Hi there")
    turn.end()
    page.expect_text("Hi there")
    page.expect_end()
    expect(page.replies).to_have_count(1)


def test_a_log_that_is_shorter_than_what_was_read_starts_again(
    run: Run, open_page: OpenPage
) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    page = open_page(server.url, failing=True)
    page.send("Hello")
    page.expect_connection("open")
    turns.write("a ", "text ", "that ", "is lost")
    page.expect_text("a text that is lost")

    server.stop()
    turns.start_again()
    turns.write("another ", "text")
    run(turns.app())
    page.expect_text("another text")
    turns.finish()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")


def test_new_chat_ends_the_waiting(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    asked = RefuseStreams(create_app(reply), refusing=1_000)
    page = open_page(run(asked).url, failing=True)
    page.send("Hello")
    turn = reply.next()
    page.expect_connection("waiting")
    page.button("New chat").click()
    page.expect_connection("idle")
    asked.refusing = 0
    tries = len(page.streams())

    page.send("Another")
    turn = reply.next()
    turn.write("Hi")
    turn.end()
    page.expect_end()
    page.expect_text("Hi")
    assert len(page.streams()) == tries + 1
    assert len({url.split("/")[1] for url in page.streams()}) == 2


def test_many_pieces_that_were_missed_come_fast_and_whole(run: Run, open_page: OpenPage) -> None:
    async def write_many(turn: Turn) -> None:
        for number in range(20_000):
            await turn.append(f"{number} ")
        await turn.finish()

    page = open_page(run(KeptTurns(write_many).app()).url)
    page.send("Hello")
    page.expect_end()
    page.expect_text("".join(f"{number} " for number in range(20_000)))
    expect(page.replies).to_have_attribute("data-proof", "ok")
