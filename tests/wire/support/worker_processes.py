"""An app for `chatkit serve --workers`, and how a test tells its processes apart.

Every answer has a header with the id of the process that gave it.
"""

import hashlib
import json
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from command import PATIENCE, Command, run_chatkit
from sse_client import text
from waiting import until

from chatkit.sse import Event, Parser

APP = """
import asyncio
import json
import os
from pathlib import Path

from chatkit import create_app
from chatkit.turns.valkey import ValkeyTurns


async def reply(messages):
    '''Numbers: "[100, 0.01]" says how many, and the seconds between them.

    "until" instead of a count: until the test has made a file of that name.
    '''
    count, pause = json.loads(messages[-1]["content"])
    number = 0
    while not Path(count).exists() if isinstance(count, str) else number < count:
        yield f"{number} "
        number += 1
        await asyncio.sleep(pause)


class Named:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def named_send(message):
            if message["type"] == "http.response.start":
                name = (b"worker", str(os.getpid()).encode())
                message["headers"] = [*message["headers"], name]
            await send(message)

        await self.app(scope, receive, named_send)


turns = ValkeyTurns(os.environ["VALKEY"], lease=float(os.environ.get("LEASE", 3)))
app = create_app(reply, turns)
app.add_middleware(Named)
"""


def numbers(count: int) -> str:
    return "".join(f"{number} " for number in range(count))


def serve_app(
    folder: Path, valkey: str, workers: int, *arguments: object, **environment: str
) -> Command:
    """Start the app in so many processes, with its turns in the Valkey at this URL."""
    (folder / "numbered.py").write_text(APP, "utf-8")
    return run_chatkit(
        folder,
        *("serve", "numbered:app", "--port", 0, "--workers", workers, *arguments),
        VALKEY=valkey,
        **environment,
    )


def worker_of(answer: httpx.Response) -> int:
    """The process that has answered."""
    return int(answer.headers["worker"])


def url_of(command: Command) -> str:
    """Where it answers, when it says so."""
    line = command.line()
    found = re.search(r"chatkit is running at (http://\S+/) ", line)
    assert found, (line, command.wait())
    return found[1]


@contextmanager
def paused(*processes: int) -> Iterator[None]:
    """Meanwhile these processes do nothing, so another one answers whoever connects."""
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    for process in processes:
        until(lambda process=process: is_stopped(process))
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def is_stopped(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:  # not Linux
        return True
    return state in "Tt"


def workers_of(url: str, count: int) -> set[int]:
    """The processes that answer at a URL, as soon as there are so many."""
    found: set[int] = set()
    with ExitStack() as stack:
        while len(found) < count:
            process = worker_of(httpx.get(url + "healthz"))
            assert process not in found
            found.add(process)
            stack.enter_context(paused(process))
    return found


class Reader:
    """Reads a stream to its last event, from wherever it gets on after a connection has ended.

    `workers` has the process of each connection; `cuts` counts those without a clean end.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.events: list[Event] = []
        self.workers: list[int] = []
        self.cuts = 0
        self.ended = 0.0  # time.monotonic()

    @property
    def is_over(self) -> bool:
        return bool(self.events) and self.events[-1].type in ("end", "failure")

    def read(self) -> "Reader":
        while not self.is_over:
            try:
                self._read_once()
            except (httpx.RemoteProtocolError, httpx.ReadError):
                self.cuts += 1
        self.ended = time.monotonic()
        return self

    def _read_once(self) -> None:
        parser = Parser()
        after = {"after": len(self.events)}
        with httpx.stream("GET", self.url, params=after, timeout=PATIENCE) as response:
            assert response.status_code == 200, (response.status_code, response.read())
            self.workers.append(worker_of(response))
            for chunk in response.iter_bytes():
                self.events += parser.feed(chunk)

    def expect_whole(self, status: str = "done") -> str:
        """Nothing is lost, nothing came twice, the last event describes the others. The text."""
        assert [event.id for event in self.events] == [
            str(number + 1) for number in range(len(self.events))
        ]
        told, summary = text(self.events), json.loads(self.events[-1].data)
        assert (summary["status"], summary["events"]) == (status, len(self.events) - 1)
        assert summary["sha256"] == hashlib.sha256(told.encode()).hexdigest()
        assert told == numbers(len(self.events) - 1)
        return told
