"""The command as a person runs it: a process of its own."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatkit import Server, serve

PATIENCE = 180  # seconds before a test gives up; no test depends on how fast things are


class Command:
    """A running `chatkit`. Its output is read while it runs."""

    def __init__(self, program: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            program,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_output),
            threading.Thread(target=self._read_errors),
        ]
        for reader in self._readers:
            reader.start()

    def _read_output(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        self._errors.extend(self.process.stderr)

    def line(self) -> str:
        """The next line of the output, when it is there; "" after the last."""
        try:
            return self._lines.get(timeout=PATIENCE) or ""
        except queue.Empty:
            raise AssertionError(f"nothing was printed; errors: {self._errors}") from None

    def wait(self) -> tuple[int, str, str]:
        """The exit code, the rest of the output, and the errors."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        output = []
        while (line := self.line()) != "":
            output.append(line)
        return code, "".join(output), "".join(self._errors)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()


Start = Callable[..., Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `chatkit` in an empty folder. `environment` is added to that of the tests."""
    commands: list[Command] = []

    def start(*arguments: object, python: list[str] | None = None, **environment: str) -> Command:
        program = [sys.executable, *(python or ["-m", "chatkit"]), *map(str, arguments)]
        found = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        commands.append(Command(program, tmp_path, found | environment))
        return commands[-1]

    yield start
    for command in commands:
        command.end()


@pytest.fixture
def chatkit(start: Start) -> Callable[..., tuple[int, str, str]]:
    """Run `chatkit` to its end; returns the exit code, the output and the errors."""

    def chatkit(*arguments: object, **options: Any) -> tuple[int, str, str]:
        return start(*arguments, **options).wait()

    return chatkit


@pytest.fixture
def run(request: pytest.FixtureRequest) -> Iterator[Callable[[Any], Server]]:
    """Serve an app until the test is over."""
    servers: list[Server] = []

    def run(app: Any) -> Server:
        servers.append(serve(app, name=f"{request.node.nodeid} {len(servers)}"))
        return servers[-1]

    yield run
    for server in servers:
        server.stop()
