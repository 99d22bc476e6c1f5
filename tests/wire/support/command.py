"""The command as a person runs it: a process of its own."""

import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

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
        self.errors: list[str] = []
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
        self.errors.extend(self.process.stderr)

    def line(self) -> str:
        """The next line of the output, when it is there; "" after the last."""
        try:
            return self._lines.get(timeout=PATIENCE) or ""
        except queue.Empty:
            raise AssertionError(f"nothing was printed; errors: {self.errors}") from None

    def wait(self) -> tuple[int, str, str]:
        """The exit code, the rest of the output, and the errors."""
        code = self.process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        output = []
        while (line := self.line()) != "":
            output.append(line)
        return code, "".join(output), "".join(self.errors)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()

    def __enter__(self) -> "Command":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


def run_chatkit(
    folder: Path, *arguments: object, python: list[str] | None = None, **environment: str
) -> Command:
    """Start `chatkit` in a folder. `environment` is added to that of the tests."""
    program = [sys.executable, *(python or ["-m", "chatkit"]), *map(str, arguments)]
    found = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return Command(program, folder, found | environment)
