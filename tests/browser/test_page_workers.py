"""The page and several processes: one is killed, and Valkey is away for a moment."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from chat_page import ChatPage, OpenPage
from command import Command
from playwright.sync_api import expect
from valkey_processes import Valkey
from worker_processes import numbers, paused, serve_app, url_of, worker_of, workers_of


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    valkey = Valkey(tmp_path / "valkey")
    yield valkey
    valkey.server.terminate()


@pytest.fixture
def command(tmp_path: Path, valkey: Valkey) -> Iterator[Command]:
    with serve_app(tmp_path, valkey.url, 2, LEASE="60") as command:  # longer than a test pauses one
        yield command


def test_a_reply_goes_on_without_its_worker_and_after_its_valkey(
    command: Command, valkey: Valkey, tmp_path: Path, open_page: OpenPage
) -> None:
    url = url_of(command)
    workers = workers_of(url, 2)
    started = httpx.post(url + "turns", json={"message": '["enough", 0.02]'})
    writer = worker_of(started)
    (other,) = workers - {writer}
    with paused(writer):  # before the browser has a connection to it
        page = open_page(url, failing=True)
        page.visit(f"?chat={started.json()['chat']}")
        page.expect_connection("open")
    expect_more(page)
    (stream,) = (request for request in page.asked() if request.url.endswith("/events?after=0"))
    assert stream.response().headers["worker"] == str(other)
    os.kill(other, signal.SIGKILL)
    page.wait_for(lambda: len(page.streams()) > 1)
    expect_more(page)
    valkey.restart()
    expect_more(page)
    (tmp_path / "enough").touch()
    page.expect_end()
    state = httpx.get(f"{url}turns/{started.json()['turn']}").json()
    assert state["reply"] == numbers(state["last"] - 1)
    page.expect_text(state["reply"])
    expect(page.replies).to_have_attribute("data-proof", "ok")


def expect_more(page: ChatPage) -> None:
    """Wait until the reply on the page is longer than now."""
    now = page.texts.last.text_content() or ""
    page.wait_for(lambda: len(page.texts.last.text_content() or "") > len(now))
