"""The page and several processes: one is killed, all are replaced, and Valkey is away."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
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
def serve(tmp_path: Path, valkey: Valkey) -> Iterator[Callable[..., Command]]:
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(
            serve_app(tmp_path, valkey.url, 2, "--grace", 120, **environment)
        )


def test_a_reply_goes_on_without_its_worker_and_after_its_valkey(
    serve: Callable[..., Command], valkey: Valkey, tmp_path: Path, open_page: OpenPage
) -> None:
    command = serve(LEASE="60")  # longer than a test pauses one
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
    valkey.pause(1)
    expect_more(page)
    command.signal(signal.SIGHUP)  # the one that writes goes on to the end of its reply
    expect_more(page)
    (tmp_path / "enough").touch()
    page.expect_end()
    assert command.line() == "chatkit has replaced its workers\n"
    state = httpx.get(f"{url}turns/{started.json()['turn']}").json()
    assert state["reply"] == numbers(state["last"] - 1)
    page.expect_text(state["reply"])
    expect(page.replies).to_have_attribute("data-proof", "ok")


def test_a_reply_whose_writer_is_killed_fails_and_another_is_asked_for(
    serve: Callable[..., Command], tmp_path: Path, open_page: OpenPage
) -> None:
    page = open_page(url_of(serve(LEASE="5")), failing=True)
    with page.page.expect_response("**/turns") as started:
        page.send('["enough", 0.02]')
    expect_more(page)
    os.kill(int(started.value.headers["worker"]), signal.SIGKILL)
    page.expect_end("failed")
    expect(page.alert).to_contain_text("The server that wrote this reply is gone.")
    kept = page.texts.last.text_content() or ""
    assert numbers(100_000).startswith(kept)
    assert kept
    page.button("Retry").click()
    page.expect_end("streaming")
    expect_more(page)
    (tmp_path / "enough").touch()
    page.expect_end()
    expect(page.replies).to_have_attribute("data-proof", "ok")


def expect_more(page: ChatPage) -> None:
    """Wait until the reply on the page is longer than now."""
    now = page.texts.last.text_content() or ""
    page.wait_for(lambda: len(page.texts.last.text_content() or "") > len(now))
