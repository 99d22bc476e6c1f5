"""What a learner looks at: frames, recordings, timelines; a cell that can be interrupted."""

import asyncio
import io
import os
import queue
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from jupyter_client.manager import start_new_kernel
from sse_client import post
from told import Told

from chatkit import Server
from chatkit.notebook import Arrival, arrivals, frames, record, timeline

Start = Callable[..., Server]


def app_of(*chunks: bytes) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def stream() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            for chunk in chunks:
                yield chunk
                await asyncio.sleep(0)

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return app


def test_frames_prints_the_bytes_a_frame_a_line(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    url = start(app_of(b"data: a\r\n\r\nda", b"ta: b\n\n: c\n\ndata: cut")).url
    asyncio.run(frames(url))
    assert capsys.readouterr().out.splitlines() == [
        r"b'data: a\r\n\r\n'",
        r"b'data: b\n\n'",
        r"b': c\n\n'",
        "b'data: cut'",
    ]


def test_frames_takes_a_limit_and_headers(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    server = start()
    url = post(server.url, "Hello")["events"]
    asyncio.run(frames(url, headers={"Last-Event-ID": "3"}, limit=1))
    assert capsys.readouterr().out == "b'id: 4\\ndata: \"l\"\\n\\n'\n"


def test_frames_come_when_they_are_sent(start: Start, told: Told) -> None:
    server = start(reply=told)
    url = post(server.url, "x")["events"]

    async def test() -> None:
        stream = arrivals(url)
        times = []
        for number in range(3):
            told.say(str(number))
            arrival = await anext(stream)
            assert arrival.frame == f'id: {number + 1}\ndata: "{number}"\n\n'.encode()
            times.append(arrival.at)
        assert times == sorted(times)
        assert len(set(times)) == 3
        await stream.aclose()

    asyncio.run(test())


def test_record_of_an_error_is_an_error(start: Start) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="404"):
        asyncio.run(record(start().url + "turns/x/events"))


def test_many_frames_are_few_messages(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jupyter loses what a cell prints in more than 1,000 messages a second."""

    class Counting(io.StringIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed += 1

    many = [b"data: %d\n\n" % number for number in range(6000)]
    for limit in (None, 5000):
        out = Counting()
        monkeypatch.setattr(sys, "stdout", out)
        url = start(app_of(b"".join(many))).url
        begun = time.monotonic()
        asyncio.run(frames(url, limit=limit))
        seconds = time.monotonic() - begun
        assert out.getvalue().splitlines() == [str(frame) for frame in many[:limit]]
        assert out.flushed < 60 * (1 + seconds)


@pytest.mark.parametrize("characters", [1_000, 100_000])  # of a frame
def test_much_text_comes_in_pieces_that_jupyter_passes_on(
    start: Start, monkeypatch: pytest.MonkeyPatch, characters: int
) -> None:
    """It loses what is more than a megabyte a second, too."""
    flushes: list[tuple[float, int]] = []

    class Noting(io.StringIO):
        def flush(self) -> None:
            flushes.append((time.monotonic(), self.tell()))

    monkeypatch.setattr(sys, "stdout", Noting())
    frame = b"data: " + characters * b"x" + b"\n\n"
    asyncio.run(frames(start(app_of(1_000_000 // characters * frame)).url))
    (begun, _), (ended, size) = flushes[0], flushes[-1]
    assert size > 900_000
    assert size / (ended - begun) < 700_000


def test_timeline_draws_a_row_for_each_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    recording = [Arrival(0.1, b"data: a\n\n"), Arrival(0.25, b"data: b\n\n")]
    timeline(streamed=recording, at_once=recording[:1])
    assert list(map(str, shown)) == [
        "streamed: 2 frames between 0.10 s and 0.25 s\nat once: 1 frame at 0.10 s"
    ]


@pytest.fixture
def kernel() -> Iterator[tuple[Any, Any]]:
    """The manager and the client of a new kernel."""
    manager, client = start_new_kernel(
        kernel_name="python3", env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    )
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_quiet_cell_can_be_interrupted(start: Start, told: Told, kernel: tuple[Any, Any]) -> None:
    manager, client = kernel
    url = post(start(reply=told).url, "x")["events"]
    code = f"from chatkit.notebook import frames\nprint('waiting')\nawait frames({url!r})"
    asked = client.execute(code)
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["msg_type"] == "stream" and message["content"]["text"] == "waiting\n":
            break
    interrupts = 0
    while True:  # the cell may not have begun to wait when the first one comes
        manager.interrupt_kernel()
        interrupts += 1
        try:
            reply = client.get_shell_msg(timeout=2)
        except queue.Empty:
            assert interrupts < 30, "the cell cannot be interrupted"
            continue
        if reply["parent_header"].get("msg_id") == asked:
            break
    assert reply["content"]["ename"] in ("KeyboardInterrupt", "CancelledError")
    if reply["content"]["ename"] == "CancelledError":  # it waited: what a learner sees is a word
        assert reply["content"]["traceback"] == ["interrupted"]


ERROR = """\
Exception in ASGI application
Traceback (most recent call last):
  File "Cell In[1]", line 7, in fails
    raise ValueError("<b>look</b>")
ValueError: <b>look</b>"""


def test_log_in_a_cell_shows_what_comes_later(kernel: tuple[Any, Any]) -> None:
    _, client = kernel
    client.execute(
        """
from chatkit import serve
from fastapi import FastAPI
app = FastAPI()

@app.get("/fails")
async def fails():
    raise ValueError("<b>look</b>")

server = serve(app)
server.show_log()
print(server.url)
"""
    )

    def next_of(kind: str) -> Any:
        while True:
            message = client.get_iopub_msg(timeout=60)
            assert message["msg_type"] != "error", message["content"]
            if message["msg_type"] == kind:
                return message["content"]

    shown = next_of("display_data")
    url = next_of("stream")["text"].strip()
    assert next_of("status")["execution_state"] == "idle"
    assert httpx.get(url + "fails").status_code == 500
    failed = next_of("update_display_data")
    client.execute("server = serve(app)")
    replaced = next_of("update_display_data")
    assert [content["data"] for content in (shown, failed, replaced)] == [
        {"text/plain": "no warnings, no errors"},
        {"text/plain": ERROR},  # never markup
        {"text/plain": "no warnings, no errors"},
    ]
    assert failed["transient"] == replaced["transient"] == shown["transient"]
