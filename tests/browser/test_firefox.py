"""The page in Firefox: tests of the page that run in Chromium, and what only Firefox does.

A test that is imported here runs once more, with the fixtures of this module.
"""

from collections.abc import Callable

import firefox
import pytest
from chat_page import OpenPage
from first_byte import FirstByte
from kept_turns import KeptTurns
from playwright.sync_api import Browser, Playwright, expect
from starlette.types import ASGIApp
from test_page import (
    test_a_reply_streams_piece_by_piece,
    test_failure_and_retry,
    test_hostile_text_stays_text,
    test_stop,
)
from test_page_handling import test_with_the_keyboard_only
from test_page_markdown import test_it_is_rendered_while_it_streams
from test_page_offline import test_offline_and_online
from test_page_reasoning import (
    test_a_reload_while_it_thinks,
    test_unfolding_keeps_the_reader_where_they_are,
)
from test_page_reconnecting import (
    RefuseStreams,
    test_a_stream_that_is_refused_is_asked_for_again,
)
from test_page_scrolling import test_who_goes_up_stays_there
from test_page_tabs import test_what_is_sent_in_one_tab_streams_in_both
from test_page_text import (
    test_a_translator_in_the_middle_of_a_reply,
    test_each_text_is_selected_copied_and_found_once,
)
from test_page_wire import test_closed_it_asks_for_nothing_and_open_it_covers_nothing

from chatkit import Server

__all__ = [
    "test_a_reload_while_it_thinks",
    "test_a_reply_streams_piece_by_piece",
    "test_a_stream_that_is_refused_is_asked_for_again",
    "test_a_translator_in_the_middle_of_a_reply",
    "test_closed_it_asks_for_nothing_and_open_it_covers_nothing",
    "test_each_text_is_selected_copied_and_found_once",
    "test_failure_and_retry",
    "test_hostile_text_stays_text",
    "test_it_is_rendered_while_it_streams",
    "test_offline_and_online",
    "test_stop",
    "test_unfolding_keeps_the_reader_where_they_are",
    "test_what_is_sent_in_one_tab_streams_in_both",
    "test_who_goes_up_stays_there",
    "test_with_the_keyboard_only",
]

Run = Callable[..., Server]


@pytest.fixture(scope="module")
def launch() -> Callable[[Playwright], Browser]:
    return firefox.launch


@pytest.fixture
def layer() -> Callable[[ASGIApp], ASGIApp]:
    """A stream is open at once, and not after a second of silence."""
    return FirstByte


def test_a_server_that_is_gone_for_a_while(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    server = run(turns.app())
    page = open_page(server.url, failing=True)
    page.send("Hello")
    page.expect_connection("open")
    turns.write("one ", "two ")
    page.expect_text("one two ")

    refused: list[str] = []
    page.page.on("requestfailed", lambda request: refused.append(request.url))
    server.stop()
    turns.write("three ", "four ")
    expect(page.status).to_have_text("Reconnecting")
    page.wait_for(lambda: len(refused) >= 2)
    page.expect_text("one two ")
    page.expect_end("streaming")
    asked = RefuseStreams(turns.app())
    assert run(asked).port == server.port

    page.expect_text("one two three four ")
    page.expect_connection("open")
    expect(page.status).to_have_text("Generating")
    turns.write("five")
    turns.finish()
    page.expect_end()
    page.expect_text("one two three four five")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    expect(page.replies).to_have_count(1)
    assert asked.seen == [("after=2", None)]  # the page asks, never the browser


def test_a_reload_while_a_reply_streams(run: Run, open_page: OpenPage) -> None:
    turns = KeptTurns()
    page = open_page(run(turns.app()).url)
    page.send("Hello <b>")
    page.expect_connection("open")
    turns.write("one ")
    page.expect_text("one ")
    page.reload()
    page.expect_said("Hello <b>")
    page.expect_text("one ")
    page.expect_end("streaming")
    turns.write("*two*")
    turns.finish()
    page.expect_end()
    page.expect_text("one *two*")
    expect(page.replies).to_have_attribute("data-proof", "ok")
    page.reload()
    page.expect_text("one *two*")
    page.expect_end()
    expect(page.replies).to_have_count(1)
