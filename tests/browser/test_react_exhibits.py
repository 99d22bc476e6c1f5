"""The exhibits of lesson 11: the streams of one message, counted by the server."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chat_page import ChatPage, OpenPage
from execute_notebooks import NOTEBOOKS, read
from handed_reply import HandedReply
from playwright.sync_api import expect
from react_page import PATH, development_build
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit import Server, create_app
from chatkit.web.react_page import add_react_page

Open = Callable[[str], ChatPage]

LESSON = NOTEBOOKS / "11-the-react-client.ipynb"

HIDE = """state => {
    for (const [name, value] of [["visibilityState", state], ["hidden", state === "hidden"]]) {
        Object.defineProperty(document, name, { get: () => value, configurable: true });
    }
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def build() -> Iterator[Path]:
    with development_build() as folder:
        yield folder


@pytest.fixture
def asked() -> Counter[str]:
    """How often the server has been asked for each path."""
    return Counter()


@pytest.fixture
def layer(asked: Counter[str]) -> Callable[[ASGIApp], ASGIApp]:
    def counted(app: ASGIApp) -> ASGIApp:
        async def counting(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                asked[f"{scope['method']} {scope['path']}"] += 1
            await app(scope, receive, send)

        return counting

    return counted


@pytest.fixture
def open_exhibit(
    run: Callable[..., Server], open_page: OpenPage, build: Path, reply: HandedReply
) -> Open:
    def open_exhibit(path: str) -> ChatPage:
        app = create_app(reply, dialects=True)
        add_react_page(app, build)
        return open_page(run(app).url, path=path, failing=True)

    return open_exhibit


def streams(asked: Counter[str]) -> int:
    return sum(count for path, count in asked.items() if path.endswith("/events"))


def texts(page: ChatPage) -> list[str]:
    return page.page.locator("[data-role]").all_text_contents()


@pytest.mark.parametrize(
    ("exhibit", "before", "after", "cell"),
    [
        ("tutorial.html", 2, 4, "four-run"),
        ("tutorial.html?strict=no", 1, 3, "plain-run"),
        ("", 0, 1, "once-run"),
    ],
)
def test_streams_for_one_message(
    open_exhibit: Open,
    asked: Counter[str],
    reply: HandedReply,
    exhibit: str,
    before: int,
    after: int,
    cell: str,
) -> None:
    """As many as in the lesson, whose React is its own."""
    page = open_exhibit(PATH + exhibit)
    page.wait_for(lambda: streams(asked) >= before)
    page.send("Hello")
    turn = reply.next()
    page.wait_for(lambda: streams(asked) >= before + 1)
    assert streams(asked) == before + 1
    turn.write("Hi")
    expect(page.page.get_by_text("Hi", exact=True).first).to_be_attached()
    turn.end()
    if exhibit:  # the reply is there, and the same reply is read once more
        page.wait_for(lambda: texts(page) == ["Hello", "Hi", "Hi"])
    else:
        page.expect_end()
    assert streams(asked) == after
    counted = (f"opened: {before}  at the end: {after}\n", f"streams: {after} ")
    assert in_the_lesson(cell).startswith(counted)


def in_the_lesson(cell: str) -> str:
    """What a cell of lesson 11 prints."""
    (found,) = [each for each in read(LESSON).cells if each.id == cell]
    return str(found.outputs[0].text)


def test_two_messages_in_one_reply(open_exhibit: Open, reply: HandedReply) -> None:
    """Without a clean-up the first stream goes on, into what is shown of the second."""
    page = open_exhibit(PATH + "tutorial.html?strict=no")
    turns = []
    for number in (1, 2):
        page.send(f"message {number}")
        turns.append(reply.next())
    for number, piece in enumerate(["a", "1", "b", "2"]):
        turns[number % 2].write(piece)
        page.wait_for(lambda number=number: texts(page)[-1] == "a1b2"[: number + 1])
    for turn in turns:
        turn.end()


def test_a_tab_that_is_hidden(open_exhibit: Open, asked: Counter[str], reply: HandedReply) -> None:
    """Each look at the tab is another request; what keeps the text whole are the server's ids."""
    page = open_exhibit(PATH + "tutorial.html?strict=no")
    page.send("Hello")
    turn = reply.next()
    for number, piece in enumerate(["one ", "two ", "three"]):
        turn.write(piece)
        page.wait_for(
            lambda number=number: texts(page)[-1] == ["one ", "one two ", "one two three"][number]
        )
        assert streams(asked) == 2 + number
        page.page.evaluate(HIDE, "hidden")
        page.page.evaluate(HIDE, "visible")
    turn.end()
    page.wait_for(lambda: streams(asked) == 6)  # and the one after the end


def test_use_chat(open_exhibit: Open, asked: Counter[str], reply: HandedReply) -> None:
    page = open_exhibit(PATH + "use-chat.html")
    page.send("Hello")
    turn = reply.next()
    turn.write("one ")
    page.wait_for(lambda: texts(page) == ["Hello", "one "])
    page.reload()
    page.wait_for(lambda: texts(page) == ["Hello", "one "])
    turn.write("two")
    page.wait_for(lambda: texts(page) == ["Hello", "one two"])
    turn.end()
    expect(page.button("Send")).to_be_visible()

    page.send("Again")
    turn = reply.next()
    turn.write("half")
    page.wait_for(lambda: texts(page)[2:] == ["Again", "half"])
    page.button("Stop").click()
    expect(page.button("Send")).to_be_visible()
    health = page.page.request.get(f"{page.url}healthz").json()
    assert (health["live"], health["streams"]) == (0, 0)
    assert sum(count for path, count in asked.items() if path.startswith("POST /ai")) == 3


def test_use_chat_of_a_server_without_the_dialect(
    run: Callable[..., Server], open_page: OpenPage, build: Path, reply: HandedReply
) -> None:
    app = create_app(reply)
    add_react_page(app, build)
    page = open_page(run(app).url, path=PATH + "use-chat.html", failing=True)
    expect(page.page.get_by_role("alert")).to_contain_text("chatkit serve --dialects")
