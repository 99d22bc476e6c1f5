"""Answers that never end: a check of them does, and names the line. It interrupts nothing else."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from execute_notebooks import NOTEBOOKS, kernel_client
from fastapi import FastAPI
from nbformat.v4 import new_code_cell, new_notebook
from sse_starlette import EventSourceResponse

sys.path.insert(0, str(Path(__file__).parents[2] / "notebooks"))

import checks
from checks import judging, unending

from chatkit import serve


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "PATIENCE", 2.0)
    monkeypatch.setattr(unending, "IN_VAIN", 4)


def lines(chunks: Any) -> Iterator[bytes]:
    yield b"a"
    while True:
        len(chunks.__class__.__name__)


class Board:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.closed = False

    def add(self, piece: str) -> None:
        self.pieces.append(piece)

    def close(self) -> None:
        self.closed = True

    async def follow(self) -> AsyncIterator[str]:
        sent = 0
        while True:
            while sent < len(self.pieces):
                yield self.pieces[sent]
                sent += 1
            if self.closed:
                return


async def never(messages: Any) -> AsyncIterator[str]:
    while True:
        if not messages:
            yield "Nothing"


async def whatever_happens(messages: Any) -> AsyncIterator[str]:
    while True:
        try:
            await asyncio.sleep(0.01)
            if not messages:
                yield "Nothing"
        except asyncio.CancelledError:
            continue


async def waits(messages: Any) -> AsyncIterator[str]:
    await asyncio.Event().wait()
    yield "never"


@pytest.mark.parametrize(
    ("check", "says", "line"),
    [
        (lambda: checks.check_lines(lines), "never pauses", "your line: "),
        (lambda: checks.check_lost(Board), "never pauses", "your line: "),
        (lambda: checks.check_memory(never), "never pauses", "your line: "),
        (lambda: checks.check_memory(whatever_happens), "`except`", ""),
        (lambda: checks.check_memory(waits), "not ended", "your line: await asyncio.Event().wait"),
    ],
)
def test_what_never_ends(check: Callable[[], Any], says: str, line: str) -> None:
    async def judged() -> str:
        return repr(await check())

    loop = asyncio.new_event_loop()  # asyncio.run would wait for what cannot be cancelled
    try:
        said = loop.run_until_complete(judged())
    finally:
        for task in asyncio.all_tasks(loop):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        loop.close()
    assert says in said, said
    assert line in said, said


def test_nothing_else_is_interrupted() -> None:
    """What blocked the loop before a check, or beside it, is no business of the check's."""

    async def long() -> str:
        await asyncio.sleep(0.1)
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            pass
        return "done"

    async def good(messages: list[Any]) -> AsyncIterator[str]:
        await asyncio.sleep(0.15)
        first, said = messages[0]["content"], len(messages) // 2 + 1
        yield f"{said}, and the first was: {first}"

    async def both() -> tuple[str, str]:
        task = asyncio.create_task(long())
        said = repr(await checks.check_memory(good))
        return await task, said

    done, said = asyncio.run(both())
    assert done == "done"
    assert said.startswith(("passed", "not yet:\n  it has not ended after 2 seconds\n"))


def test_a_check_that_is_over_interrupts_no_more() -> None:
    async def run() -> str:
        first = repr(await checks.check_memory(never))
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            pass
        return first

    assert "never pauses" in asyncio.run(run())


async def three() -> AsyncIterator[dict[str, str]]:
    while True:
        yield {"data": "3"}
        await asyncio.sleep(0.05)


async def stays_open() -> AsyncIterator[dict[str, str]]:
    yield {"data": "Hello"}
    yield {"event": "end", "data": "{}"}
    await asyncio.sleep(600)


async def silent() -> AsyncIterator[dict[str, str]]:
    await asyncio.sleep(600)
    yield {}


@pytest.mark.parametrize(
    ("path", "events", "check", "says"),
    [
        ("countdown", three, checks.check_countdown, "events, the last ones '3', '3', '3' so far"),
        ("stream", stays_open, checks.check_over, "has sent 'Hello', end so far"),
        ("stream", stays_open, checks.check_secret, "has sent 'Hello', end so far"),
        ("stream", silent, checks.check_resume, "has sent nothing so far"),
    ],
)
def test_streams_that_do_not_end(path: str, events: Any, check: Any, says: str) -> None:
    app = FastAPI()

    @app.get("/" + path)
    async def stream() -> EventSourceResponse:
        return EventSourceResponse(events())

    with serve(app, "no end") as server:
        said = repr(asyncio.run(check(server)))
    assert says in said, said
    assert f"GET /{path}" in said
    assert "stays open" in said


def test_in_a_kernel() -> None:
    """There the check runs in the main thread, as does the kernel, which has to go on."""
    sources = (
        "from checks import check_lines, unending\nunending.IN_VAIN = 4",
        "def lines(chunks):\n    while True:\n        pass",
        "await check_lines(lines)",
        "6 * 7",
    )
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = kernel_client(notebook, NOTEBOOKS, timeout=60, allow_errors=True)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
    check, after = (str(cell.outputs) for cell in notebook.cells[2:])
    assert "never pauses" in check
    assert "your line: while True:" in check or "your line: pass" in check
    assert "42" in after
