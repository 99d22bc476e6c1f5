"""A Valkey that comes back on its port with what it had, and server processes that use it."""

import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from valkey_server import started

WORKER = Path(__file__).with_name("valkey_worker.py")


class Valkey:
    """A Valkey on a port of its own, which writes each change to its disk."""

    def __init__(self, folder: Path) -> None:
        self.server = started(data_dir=folder, persist=True, appendonly="yes", appendfsync="always")
        self.url = f"redis://127.0.0.1:{self.server.port}"

    def pause(self, seconds: float) -> None:
        self._signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._signal(signal.SIGCONT)

    def restart(self) -> None:
        self.server.stop()
        self.server.start()

    def kill_and_start(self) -> None:
        self.server.terminate()
        self.server.start()

    def _signal(self, number: signal.Signals) -> None:
        process = self.server._process
        assert process is not None
        process.send_signal(number)


class Worker:
    """A process that runs `valkey_worker.py`."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(WORKER), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.url = f"http://127.0.0.1:{int(self.line())}/"

    def line(self) -> str:
        """The next line that it says."""
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0], "the process says nothing"
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
