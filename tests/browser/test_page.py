"""The chat page in a real browser: messages, replies, and what can go wrong."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable

import pytest
from chat_page import OpenPage
from handed_reply import HandedReply
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.routing import Mount

from chatkit import Server
from chatkit.replies import Message, echo
from chatkit.turns import Limits, Turns
from chatkit.web.app import create_app

Run = Callable[..., Server]

HOSTILE = [
    "<img src=x onerror=\"document.title = 'run'\">",
    "<script>document.title = 'run'</script>",
    "</textarea><svg onload=\"document.title = 'run'\"> &lt;b&gt; &amp;",
    "<a href=\"javascript:document.title = 'run'\">here</a>",
]
CHARACTERS = (
    '  two  spaces\n\n\ttab, end \n🦊👩‍🚀 e\u0301 \u200b ‏שלום עולم 世界 \u2028 " \\ \\n data: x\n'
)


async def whole(messages: list[Message]) -> AsyncIterator[str]:
    """Reply with the last message in one piece."""
    yield messages[-1]["content"]


def test_a_reply_streams_piece_by_piece(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    expect(page.status).to_have_text("Ready")
    page.record()

    page.send("Hello there")
    turn = reply.next()
    page.expect_said("Hello there")
    page.expect_text("")
    page.expect_end("streaming")
    page.expect_connection("open")
    expect(page.status).to_have_text("Generating")
    expect(page.box).to_have_value("")
    expect(page.page).to_have_title("● Hello there · chatkit")

    turn.write("Hel")
    page.expect_text("Hel")
    turn.write("lo")
    page.expect_text("Hello")
    page.expect_end("streaming")
    turn.end()
    page.expect_end("done")
    page.expect_text("Hello")
    page.expect_connection("closed")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.button("Send")).to_be_visible()
    expect(page.button("Retry")).to_be_hidden()
    expect(page.page).to_have_title("Hello there · chatkit")
    assert page.recorded() == {
        "connection": ["connecting", "open", "closed"],
        "status": ["Sending", "Generating", "Response complete"],
    }


def test_one_stream_for_each_turn_and_one_chat_for_all(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    # An EventSource that were not closed at the end would be back at once.
    page = open_page(run(create_app(reply)).url)
    for number in (1, 2, 3):
        page.send(f"message {number}")
        turn = reply.next()
        assert [m["content"] for m in turn.messages if m["role"] == "user"] == [
            f"message {n}" for n in range(1, number + 1)
        ]
        turn.write(f"reply {number}")
        turn.end()
        page.expect_text(f"reply {number}", number - 1)
        page.expect_end("done", number - 1)

    streams = page.streams()
    assert len(streams) == 3
    assert len({url.split("/")[1] for url in streams}) == 3
    assert [url.partition("?")[2] for url in streams] == ["after=0"] * 3
    first, second, third = page.posted()
    turns = [url.split("/")[1] for url in streams]
    assert "chat" not in first
    assert second["chat"] == third["chat"] != ""
    assert [post["parent"] for post in (first, second, third)] == [None, *turns[:2]]
    ids = page.page.locator("[data-role]").evaluate_all("all => all.map(one => one.id)")
    assert ids == [f"{turn}-{role}" for turn in turns for role in ("user", "assistant")]


@pytest.mark.parametrize("reply", [whole, echo(delay=0)], ids=["in one piece", "a character"])
def test_hostile_text_stays_text(
    reply: Callable[[list[Message]], AsyncIterator[str]], run: Run, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    for number, text in enumerate(HOSTILE):
        page.send(text)
        page.expect_end("done", number)
        page.expect_said(text, number)
        page.expect_text(text, number)
    assert page.page.locator(":is([data-role=user], [data-text]) *").count() == 0
    assert page.page.title() == f"{HOSTILE[0][:40]}… · chatkit"


@pytest.mark.parametrize("reply", [whole, echo(delay=0)], ids=["in one piece", "a character"])
def test_every_character_survives(
    reply: Callable[[list[Message]], AsyncIterator[str]], run: Run, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send(CHARACTERS)
    page.expect_end()
    page.expect_said(CHARACTERS)
    page.expect_text(CHARACTERS)
    assert page.posted() == [{"message": CHARACTERS, "parent": None}]
    expect(page.replies).to_have_attribute("data-proof", "ok")
    page.switch_view()
    for element in (page.users, page.texts):  # and they are seen, not only there
        assert element.evaluate("it => getComputedStyle(it).whiteSpace") == "pre-wrap"


def test_a_reply_that_differs_is_marked(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Hello")
    turn = reply.next()
    turn.write("The text")
    page.expect_text("The text")
    page.texts.evaluate("it => it.firstChild.appendData('!')")
    turn.end()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "mismatch")


@pytest.mark.parametrize("way", ["the button", "Escape"])
def test_stop(way: str, run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)
    page.send("Hello")
    reply.next().write("As far as ")
    page.expect_text("As far as ")
    if way == "Escape":
        page.page.keyboard.press("Escape")
    else:
        page.button("Stop").click()
    page.expect_end("cancelled")
    page.expect_text("As far as ")
    page.expect_connection("closed")
    expect(page.status).to_have_text("Stopped")
    expect(page.button("Stop")).to_have_count(0)
    expect(page.replies).to_have_attribute("data-proof", "ok")
    turn = page.streams()[0].split("/")[1]
    assert page.page.request.get(f"{server.url}turns/{turn}").json()["status"] == "cancelled"

    page.send("Again")
    reply.next().end()
    page.expect_end("done", 1)


def test_stop_when_the_server_is_gone(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    server = run(create_app(reply))
    page = open_page(server.url, failing=True)
    page.send("Hello")
    reply.next().write("As far as ")
    page.expect_text("As far as ")
    server.stop()
    page.button("Stop").click()
    page.expect_end("cancelled")
    expect(page.alert).to_contain_text("The server could not be told")
    page.expect_connection("closed")


def test_failure_and_retry(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Do it")
    turn = reply.next()
    turn.write("I am ")
    turn.fail()
    page.expect_end("failed")
    page.expect_text("I am ")
    page.expect_connection("closed")
    expect(page.status).to_have_text("Response failed")
    expect(page.alert).to_have_text(
        "The reply failed on the server, whose messages say why. "
        "Run server.show_log() in a cell, or look at the terminal."
    )
    expect(page.button("Regenerate")).to_have_count(0)  # it would be the same as "Retry"

    page.box.fill("what I write meanwhile")
    page.button("Retry").click()
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "Do it"}]
    turn.write("Done")
    turn.end()
    page.expect_end("done")
    page.expect_text("Done")
    expect(page.users).to_have_count(1)
    expect(page.replies).to_have_count(1)
    expect(page.alert).to_have_count(0)
    expect(page.button("Retry")).to_have_count(0)
    expect(page.box).to_have_value("what I write meanwhile")


def test_a_failure_before_the_first_frame_is_read_aloud(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url, clock=True)
    page.page.clock.pause_at(time.time() + 60)
    page.send("Do it")
    reply.next().fail()
    expect(page.status).to_have_text("Response failed")
    expect(page.replies).to_have_count(0)  # nothing of it has been drawn
    page.page.clock.resume()
    page.expect_end("failed")
    expect(page.alert).to_contain_text("The reply failed")
    page.page.reload()
    expect(page.replies.nth(0)).to_contain_text("The reply failed")
    expect(page.alert).to_have_count(0)  # that is no news


def test_a_failure_stays_in_view_when_the_talk_goes_on(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    page = open_page(run(create_app(reply)).url)
    page.send("Do it")
    reply.next().fail()
    page.expect_end("failed")
    page.send("Do something else")
    reply.next().end()
    page.expect_end("done", 1)
    expect(page.replies.nth(0)).to_contain_text("The reply failed")
    expect(page.alert).to_have_count(0)
    expect(page.button("Retry")).to_have_count(0)


@pytest.mark.parametrize(
    ("case", "says", "retry"),
    [
        ("too large", "The message is larger than 10 bytes. Shorten it", False),
        ("busy", "The server is busy. 0 replies are being written, which is the limit.", True),
        ("invalid", "The server cannot take this. Input should be", False),
        ("down", "The server does not answer. Check that it runs", True),
    ],
)
def test_a_message_that_is_not_taken_stays_in_the_box(
    case: str, says: str, retry: bool, run: Run, open_page: OpenPage
) -> None:
    message = "longer than ten bytes"
    app = {
        "too large": lambda: create_app(whole, max_message=10),
        "busy": lambda: create_app(whole, Turns(Limits(live=0))),
    }.get(case, lambda: create_app(whole))()
    server = run(app)
    page = open_page(server.url, failing=True)
    if case == "down":
        server.stop()
    if case == "invalid":
        page.page.evaluate("JSON.stringify = () => '{\"message\": 1}'")
    page.send(message)
    expect(page.alert).to_contain_text(says)
    expect(page.box).to_have_value(message)
    expect(page.box).to_be_editable()
    expect(page.button("Send")).to_be_enabled()
    expect(page.button("Retry")).to_have_count(int(retry))
    expect(page.users).to_have_count(0)
    page.expect_connection("idle")

    if retry:  # and once the server can take it, it does
        run(create_app(whole))
        page.button("Retry").click()
        page.expect_end()
        page.expect_text(message)
        expect(page.alert).to_have_count(0)
        expect(page.box).to_have_value("")


def test_a_chat_that_is_full(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    page = open_page(run(create_app(reply, Turns(Limits(chat_bytes=100)))).url, failing=True)
    page.send("one")
    reply.next().end()
    page.expect_end()
    page.send("two")
    expect(page.alert).to_contain_text("more than 100 bytes. Start a new one.")
    expect(page.box).to_have_value("two")
    expect(page.users).to_have_count(1)
    expect(page.button("Retry")).to_have_count(0)
    page.button("New chat").click()
    page.button("Send").click()  # what was typed is still there
    reply.next().end()
    page.expect_end()
    page.expect_said("two")


def test_two_people_at_once_get_their_own_words(
    run: Run, reply: HandedReply, open_page: OpenPage
) -> None:
    server = run(create_app(reply))
    pages = [open_page(server.url), open_page(server.url)]
    turns = []
    for page, name in zip(pages, "AB", strict=True):
        page.send(f"I am {name}")
        turns.append(reply.next())
    for piece in ("one ", "two ", "three"):
        for turn, name in zip(turns, "ab", strict=True):
            turn.write(name + piece)
    for turn, page, name in zip(turns, pages, "ab", strict=True):
        page.expect_text(f"{name}one {name}two {name}three")
        turn.end()
        page.expect_end()
        page.expect_said(f"I am {name.upper()}")
        expect(page.replies).to_have_count(1)


def test_new_chat(run: Run, reply: HandedReply, open_page: OpenPage) -> None:
    server = run(create_app(reply))
    page = open_page(server.url)
    page.send("First")
    reply.next().end()
    page.expect_end()
    page.send("Second")
    reply.next().write("never finished")
    page.expect_text("never finished")
    page.button("New chat").click()
    expect(page.page.locator("[data-role]")).to_have_count(0)
    page.expect_connection("idle")
    expect(page.status).to_have_text("Ready")
    expect(page.box).to_be_focused()

    page.send("Third")
    turn = reply.next()
    assert turn.messages == [{"role": "user", "content": "Third"}]
    assert "chat" not in page.posted()[-1]
    # Leaving is not cancelling: the Back button leads to the reply that was left.
    left = page.streams()[1].split("/")[1]
    assert page.page.request.get(f"{server.url}turns/{left}").json()["status"] == "streaming"
    turn.write("here")
    turn.end()
    page.expect_end()
    page.expect_text("here")
    expect(page.replies).to_have_count(1)


def test_new_chat_while_a_message_is_under_way(run: Run, open_page: OpenPage) -> None:
    held, opened = asyncio.Event(), asyncio.Event()
    inner = create_app(whole)

    async def slow_to_answer(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope.get("path") == "/turns" and not held.is_set():
            held.set()
            loops.append(asyncio.get_running_loop())
            await opened.wait()
        await inner(scope, receive, send)

    loops: list[asyncio.AbstractEventLoop] = []
    page = open_page(run(slow_to_answer).url)
    page.send("First")
    expect(page.status).to_have_text("Sending")
    page.wait_for(lambda: loops)  # it is the first for the server, too
    page.button("New chat").click()
    page.send("Second")
    page.expect_end()
    with page.page.expect_response(re.compile("/cancel$")):
        loops[0].call_soon_threadsafe(opened.set)
    page.expect_said("Second")
    expect(page.users).to_have_count(1)
    expect(page.status).to_have_text("Response complete")


def test_under_a_path_prefix(run: Run, open_page: OpenPage) -> None:
    server = run(Starlette(routes=[Mount("/a/b", create_app(whole))]))
    page = open_page(f"{server.url}a/b/")
    page.send("Hello")
    page.expect_end()
    page.expect_text("Hello")
    assert page.main.evaluate("it => getComputedStyle(it).display") == "grid"  # style.css is there
