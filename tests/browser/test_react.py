"""The React client in a real browser, in StrictMode: one stream a turn, whatever happens."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_page import ChatPage, OpenPage
from fastapi import FastAPI
from handed_reply import HandedReply
from playwright.sync_api import expect
from react_page import PATH, development_build
from starlette.applications import Starlette
from starlette.routing import Mount
from test_page_accessible import MARKDOWN, expect_accessible
from test_page_faults import meet_all
from test_page_text import meet_a_translator

from chatkit import Server, create_app, echo
from chatkit.turns import Reasoning
from chatkit.web import add_react_page

Run = Callable[..., Server]
Open = Callable[..., ChatPage]

HOSTILE = (
    "<img src=x onerror=\"document.title = 'run'\"> [x](javascript:alert) ![y](https://e.test)"
)


@pytest.fixture(scope="session")
def build() -> Iterator[Path]:
    with development_build() as folder:
        yield folder


@pytest.fixture
def open_react(run: Run, open_page: OpenPage, build: Path) -> Open:
    """Serve an app with the React client, and open that."""

    def open_react(app: FastAPI, name: str = "", prefix: str = "", **options: Any) -> ChatPage:
        add_react_page(app, build, app.state.service.heartbeat)
        served = Starlette(routes=[Mount(f"/{prefix}", app)]) if prefix else app
        url = run(served, name=name).url + (f"{prefix}/" if prefix else "")
        return open_page(url, path=PATH, **options)

    return open_react


def open_streams(page: ChatPage) -> int:
    """How many streams the server has open, whoever reads them."""
    count: int = page.page.request.get(f"{page.url}healthz").json()["streams"]
    return count


def test_a_translator_in_the_middle_of_a_reply(open_react: Open, reply: HandedReply) -> None:
    meet_a_translator(open_react(create_app(reply)), reply, "[data-markdown]")


def test_a_reply_streams_piece_by_piece(open_react: Open, reply: HandedReply) -> None:
    page = open_react(create_app(reply))
    expect(page.status).to_have_text("Ready")
    page.record()
    page.send("Hello there")
    turn = reply.next()
    page.expect_said("Hello there")
    page.expect_connection("open")
    expect(page.box).to_have_value("")
    turn.write(Reasoning("They greet."))
    expect(page.status).to_have_text("Thinking")
    turn.write("Hel")
    page.expect_text("Hel")
    turn.write("lo")
    page.expect_text("Hello")
    page.expect_end("streaming")
    turn.end()
    page.expect_end("done")
    page.expect_connection("closed")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.page.locator("details:not([open]) [data-reasoning]")).to_have_text("They greet.")
    assert page.recorded() == {
        "connection": ["connecting", "open", "closed"],
        "status": ["Sending", "Generating", "Thinking", "Generating", "Response complete"],
    }


def test_one_stream_a_turn_and_one_chat_for_all(open_react: Open, reply: HandedReply) -> None:
    page = open_react(create_app(reply))
    for number in (1, 2, 3):
        page.send(f"message {number}")
        turn = reply.next()
        turn.write(f"reply {number}")
        page.expect_text(f"reply {number}", number - 1)
        page.wait_for(lambda: open_streams(page) == 1)
        turn.end()
        page.expect_end("done", number - 1)
    assert len(page.streams()) == 3
    turns = [url.split("/")[1] for url in page.streams()]
    assert [post["parent"] for post in page.posted()] == [None, *turns[:2]]
    page.wait_for(lambda: open_streams(page) == 0)


def test_one_reply_alone_has_one_stream(open_react: Open, reply: HandedReply) -> None:
    """Its stream is opened by an effect, which StrictMode runs twice."""
    page = open_react(create_app(reply))
    page.send("Hello")
    turn = reply.next()
    turn.write("As far ")
    page.expect_text("As far ")
    (stream,) = page.streams()
    page.visit(f"?turn={stream.split('/')[1]}")  # leaves the chat, and its stream with it
    page.expect_text("As far ")
    turn.write("as I know")
    page.expect_text("As far as I know")
    page.wait_for(lambda: open_streams(page) == 1)
    turn.end()
    page.expect_end()
    page.wait_for(lambda: open_streams(page) == 0)


def test_two_messages_in_a_row(open_react: Open, reply: HandedReply) -> None:
    page = open_react(create_app(reply))
    page.box.fill("one")
    page.page.keyboard.press("Enter")
    page.page.keyboard.press("Enter")  # of nothing
    page.box.fill("two")
    page.page.keyboard.press("Enter")  # too early: it waits in the box
    turn = reply.next()
    expect(page.page.get_by_text("Your message waits here")).to_be_visible()
    turn.write("1")
    turn.end()
    page.expect_end()
    expect(page.box).to_have_value("two")
    page.button("Send").dblclick()  # the second click is none on "Stop"
    turn = reply.next()
    turn.write("2")
    turn.end()
    page.expect_end("done", 1)
    page.expect_turns(("one", "1"), ("two", "2"))
    assert len(page.posted()) == len(page.streams()) == 2
    assert reply.unasked()


def test_hostile_text_stays_text(open_react: Open) -> None:
    page = open_react(create_app(echo(delay=0)))
    page.send(HOSTILE)
    page.expect_end()
    page.expect_said(HOSTILE)
    page.expect_text(HOSTILE)
    assert page.page.locator("#messages :is(img, [href^=javascript])").count() == 0
    assert page.page.title() == "chatkit in React"
    expect(page.page.locator("[data-markdown]")).to_contain_text("<img src=x")


WRITTEN = """\
[ref][1] and text

[1]: https://ref.example/

foot[^1]

[^1]: note

[^2]: a note of more than one word

> [in a quote][2]
>
> [2]: https://quote.example/

- [^3]: in an item

[js](javascript:alert(1)) [data](data:text/html,x) [frag](#conversation) [rel](foo/bar)
[proto](//evil.example/x) [one-slash](https:foo) ![picture](rel.png)
![map](https://map.example/m.png) [![logo](https://logo.example/l.png)](https://logo.example/)

the end ![half"""
LINKS = ["https://ref.example/", "https://quote.example/", "https://foo/"]
LINKS += ["https://map.example/m.png", "https://logo.example/"]


def test_what_is_written_is_seen(open_react: Open, open_page: OpenPage) -> None:
    """Definitions, and URLs that are not safe to follow: the plain page shows them as text."""
    page = open_react(create_app(echo(delay=0)))
    plain = open_page(page.url)
    for each in (plain, page):
        each.send(WRITTEN)
        each.expect_end()
        shown = each.page.locator("[data-markdown]")
        expect(shown).to_contain_text("the end")
        links = shown.locator("a")
        assert [link.evaluate("it => it.href") for link in links.all()] == LINKS
        words = " ".join(shown.inner_text().split())
        if each is plain:
            seen = words
    assert words == seen
    for part in ("[1]: https://ref.example/", "[^1]: note", "more than one word", "(foo/bar)"):
        assert part in words


HEBREW = """\
# שלום

1. אחת
2. two

> ציטוט

| א | b |
|---|---|
| 1 | 2 |

> of English **עברית**

```py
שלום
```
"""
DIRECTIONS = """it => [
    ...it.querySelectorAll("h3, ol, li, blockquote, table, td, pre, strong")
].map((each) => `${each.localName} ${getComputedStyle(each).direction}`)"""


def test_each_block_has_a_direction_of_its_own(open_react: Open, open_page: OpenPage) -> None:
    page = open_react(create_app(echo(delay=0)))
    plain = open_page(page.url)
    for each in (plain, page):
        each.send(HEBREW)
        each.expect_end()
        shown = each.page.locator("[data-markdown]")
        expect(shown).to_contain_text("of English")
        expect(shown.locator("pre")).to_have_count(1)
        if each is plain:
            directions = shown.evaluate(DIRECTIONS)
    assert shown.evaluate(DIRECTIONS) == directions
    for part in ("h3 rtl", "ol rtl", "li ltr", "td rtl", "pre ltr", "strong ltr"):
        assert part in directions


def test_code_and_formulas_are_those_of_the_plain_page(
    open_react: Open, reply: HandedReply
) -> None:
    page = open_react(create_app(reply))
    page.send("Code")
    turn = reply.next()
    turn.write("```py\nx = 1")
    block = page.page.locator("[data-code]").first
    wrap = block.get_by_role("button", name="Wrap lines")
    wrap.click()
    for piece in (" # one", "\ny = 2\n```\n", r"\(a\,b\) for $5, `\(c`", "\n$$\nx\\,y\n$$"):
        turn.write(piece)
    turn.end()
    page.expect_end()
    expect(block.locator("code")).to_have_js_property("textContent", "x = 1 # one\ny = 2")
    expect(block.locator("[data-bar=py]")).to_have_count(1)  # also in StrictMode
    expect(wrap).to_have_attribute("aria-pressed", "true")  # it is the same as before
    colored = "CSS.highlights.get('code-comment')?.size"
    page.wait_for(lambda: page.page.evaluate(colored) == 1)
    codes = page.page.locator("[data-markdown] code")
    expect(codes).to_have_text(["x = 1 # one\ny = 2", r"\(a\,b\)", r"\(c", "$$\nx\\,y\n$$"])


def test_another_try(open_react: Open, reply: HandedReply) -> None:
    """Regenerate, edit, the versions of both, stop, fail and retry: nothing is deleted."""
    page = open_react(create_app(reply))
    page.send("one")
    for number, name in enumerate(("Regenerate", "Regenerate", None), 1):
        turn = reply.next()
        turn.write(f"{number}")
        turn.end()
        page.expect_end()
        page.expect_turns(("one", f"{number}"))
        if name:
            page.button(name).click()
    expect(page.reply_versions).to_contain_text("3/3")
    page.button("Previous version").click()
    page.expect_turns(("one", "2"))

    page.button("Edit").click()
    box = page.page.get_by_role("textbox", name="Your text")
    expect(box).to_be_focused()
    box.fill("une")
    page.page.keyboard.press("Escape")  # never mind
    page.expect_turns(("one", "2"))
    expect(page.button("Edit")).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(box).to_have_value("one")
    box.fill("uno")
    page.page.keyboard.press("Enter")
    turn = reply.next()
    turn.write("I")
    page.expect_turns(("uno", "I"))
    expect(page.message_versions).to_contain_text("2/2")
    page.button("Stop").click()
    page.expect_end("cancelled")
    expect(page.status).to_have_text("Stopped")

    page.send("two")
    turn = reply.next()
    turn.write("half")
    turn.fail()
    page.expect_end("failed")
    expect(page.alert).to_contain_text("The reply failed on the server")
    page.button("Retry").click()
    turn = reply.next()
    turn.write("whole")
    turn.end()
    page.expect_end()
    expect(page.alert).to_have_count(0)
    page.expect_turns(("uno", "I"), ("two", "whole"))
    page.button("Previous version").first.click()
    page.expect_turns(("one", "3"))
    page.reload()
    page.expect_turns(("uno", "I"), ("two", "whole"))  # the newest


def test_a_message_that_is_not_taken_stays_in_the_box(open_react: Open) -> None:
    page = open_react(create_app(echo(delay=0), max_message=10), failing=True)
    page.send("longer than ten bytes")
    expect(page.alert).to_contain_text("larger than 10 bytes")
    expect(page.box).to_have_value("longer than ten bytes")
    expect(page.users).to_have_count(0)
    expect(page.button("Retry")).to_have_count(0)


def test_reload_leave_and_come_back(open_react: Open, reply: HandedReply) -> None:
    page = open_react(create_app(reply), prefix="a/b")
    page.send("Hello")
    turn = reply.next()
    turn.write("As far ")
    page.expect_text("As far ")
    chat = page.chat
    page.reload()
    page.expect_turns(("Hello", "As far "))
    page.wait_for(lambda: open_streams(page) == 1)
    turn.write("as ")
    page.expect_text("As far as ")

    page.button("New chat").click()
    expect(page.users).to_have_count(0)
    expect(page.box).to_be_focused()
    page.wait_for(lambda: open_streams(page) == 0)
    assert page.chat == ""
    turn.write("I ")
    page.page.go_back()
    page.expect_turns(("Hello", "As far as I "))
    page.expect_connection("open")
    assert page.chat == chat
    page.wait_for(lambda: open_streams(page) == 1)
    turn.write("know")
    turn.end()
    page.expect_end()
    page.expect_text("As far as I know")
    expect(page.replies).to_have_attribute("data-proof", "ok")


AT_END = "it.scrollHeight - it.clientHeight - it.scrollTop < 2"
HIDE = """state => {
    Object.defineProperty(document, "visibilityState", { get: () => state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_a_hidden_tab_and_another_one(open_react: Open, reply: HandedReply) -> None:
    """Neither is a reason for another stream; what the other tab does is seen here."""
    page = open_react(create_app(reply))
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.expect_text("one ")
    for piece, text in (("two ", "one two "), ("three", "one two three")):
        page.page.evaluate(HIDE, "hidden")
        turn.write(piece)
        page.expect_text(text)
        page.page.evaluate(HIDE, "visible")
    page.wait_for(lambda: open_streams(page) == 1)
    assert len(page.streams()) == 1
    turn.end()
    page.expect_end()

    other = page.another_tab()
    other.expect_turns(("Hello", "one two three"))
    other.send("Again")
    turn = reply.next()
    turn.write("yes")
    for tab in (page, other):
        tab.expect_turns(("Hello", "one two three"), ("Again", "yes"))
    page.wait_for(lambda: open_streams(page) == 2)  # one a page
    assert [len(page.streams()), len(other.streams())] == [2, 1]
    turn.end()
    page.expect_end()


def test_the_reader_who_scrolls_up_stays_there(open_react: Open, reply: HandedReply) -> None:
    page = open_react(create_app(reply), viewport={"width": 600, "height": 400})
    page.send("Hello")
    turn = reply.next()
    box = page.page.locator("#conversation")
    for times in (1, 2):
        turn.write("line\n\n" * 30)
        expect(page.page.locator("[data-markdown] p")).to_have_count(30 * times)
        page.wait_for(lambda: box.evaluate(f"it => it.scrollTop > 0 && {AT_END}"))
    box.evaluate("it => it.scrollTop = 0")
    turn.write("line\n\n" * 30)
    turn.end()
    page.expect_end()
    expect(page.page.locator("[data-markdown] p")).to_have_count(90)
    assert box.evaluate("it => it.scrollTop") == 0
    page.send("Go on")
    page.wait_for(lambda: box.evaluate(f"it => it.scrollTop > 0 && {AT_END}"))
    reply.next().end()


def test_every_fault(open_react: Open) -> None:
    """The table of the plain page: text exact once, proof ok, status true, one stream at a time."""
    meet_all(lambda app, name: open_react(app, name, failing=True))


@pytest.mark.parametrize(("scheme", "size"), [("light", (1200, 800)), ("dark", (360, 740))])
def test_axe_finds_nothing(
    scheme: str, size: tuple[int, int], open_react: Open, reply: HandedReply
) -> None:
    page = open_react(
        create_app(reply),
        failing=True,
        color_scheme=scheme,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
    )
    expect_accessible(page, "empty")
    page.send("Write something")
    turn = reply.next()
    turn.write(MARKDOWN)
    expect(page.page.locator("[data-markdown] blockquote")).to_be_visible()
    page.box.fill("What I write meanwhile")
    expect_accessible(page, "streaming")
    turn.end()
    page.expect_end()
    expect(page.page.locator(".words")).to_contain_text("✓ exact")
    expect_accessible(page, "done")
    page.button("Regenerate").click()
    turn = reply.next()
    turn.fail()
    page.expect_end("failed")
    expect_accessible(page, "failed")
    page.button("Edit").click()
    expect_accessible(page, "edit")


def test_it_says_what_builds_it(run: Run, open_page: OpenPage, tmp_path: Path) -> None:
    app = create_app(echo(delay=0))
    add_react_page(app, tmp_path / "nothing")
    page = open_page(run(app).url, path=PATH, failing=True)
    expect(page.page.get_by_text("chatkit react build")).to_be_visible()
