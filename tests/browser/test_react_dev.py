"""The React client while it is being developed: Vite's dev server, two origins, hot reload."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chat_page import ChatPage
from handed_reply import HandedReply
from playwright.sync_api import Page, expect
from react_project import dev_server, react_project

from chatkit import Server, create_app

Run = Callable[..., Server]


@pytest.fixture
def project() -> Iterator[Path]:
    with react_project() as folder:
        yield folder


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


def test_hot_reload_keeps_a_running_reply(
    run: Run, reply: HandedReply, new_page: Callable[..., Page], project: Path
) -> None:
    server = run(create_app(reply))
    with dev_server(project, CHATKIT_SERVER=server.url) as origin:  # which passes requests on
        page = ChatPage(new_page(), f"{origin}/")
        page.send("Hello")
        turn = reply.next()
        turn.write("As far ")
        page.expect_text("As far ")
        page.page.evaluate("window.isTheSame = true")

        # A component: it is replaced in the page, and the stream is not even touched.
        edit(project / "src" / "Reply.tsx", 'aria-label="Reply"', 'aria-label="Answer"')
        expect(page.replies).to_have_attribute("aria-label", "Answer")
        turn.write("as ")
        page.expect_text("As far as ")
        assert page.page.evaluate("window.isTheSame")
        assert len(page.streams()) == 1

        # The store: the page is loaded again, and reads the log.
        edit(project.parent / "client" / "store.js", "Response complete", "Complete")
        page.page.wait_for_function("!window.isTheSame")
        page.expect_text("As far as ")
        turn.write("I know")
        turn.end()
        page.expect_end()
        page.expect_text("As far as I know")
        expect(page.status).to_have_text("Complete")
        first, second = page.streams()
        assert first == second  # the same turn, from its first event on
        page.page.context.close()
        assert page.errors == []


def test_two_origins(
    run: Run, reply: HandedReply, new_page: Callable[..., Page], project: Path
) -> None:
    """The page of one asks the server of the other, which has to name the first."""
    url = run(create_app(reply)).url
    with dev_server(project, VITE_CHATKIT_URL=url) as origin:
        page = ChatPage(new_page(), f"{origin}/")
        page.send("Hello")
        expect(page.alert).to_contain_text("The server does not answer")  # so a browser says it
        assert [line for line in page.errors if "blocked by CORS policy" in line]

        run(create_app(reply, origins=[origin]))
        page.errors.clear()
        page.button("Retry").click()
        turn = reply.next()
        turn.write("As far ")
        page.expect_text("As far ")
        page.expect_connection("open")
        assert page.chat
        page.reload()
        page.expect_text("As far ")
        turn.write("as I know")
        turn.end()
        page.expect_end()
        page.expect_text("As far as I know")
        expect(page.replies).to_have_attribute("data-proof", "ok")
        asked = [r.url for r in page.asked() if r.url.startswith(url)]
        assert len([it for it in asked if "/events" in it]) == 2
        page.page.context.close()
        assert page.errors == []
