"""A program that runs while a place is tried. Afterwards nothing of it may be left."""

import os
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

# In the environment of all that is started here, and of what that starts.
MARK = {"CHATKIT_PLACE": uuid.uuid4().hex}
SECONDS = 120  # that a program may need to start, or to end: the machine may be busy


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def running(
    command: list[str], folder: Path, url: str, environment: dict[str, str] | None = None
) -> Iterator[None]:
    """Run a program in `folder`, from when it answers at `url` until the end of the block.

    Raises `RuntimeError` if it ends by itself or does not answer, with what it printed.
    """
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | (environment or {}) | MARK,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        there = until(lambda: process.poll() is not None or answers(url))
        if not there or process.poll() is not None:
            raise RuntimeError(log.read_text("utf-8", "replace"))
        yield
    finally:
        process.terminate()
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(url: str) -> bool:
    """Whether something is there, whatever it says."""
    try:
        httpx.get(url, trust_env=False, verify=False)
    except httpx.TransportError:
        return False
    return True


def until(condition: Callable[[], bool]) -> bool:
    """Whether it has come true."""
    deadline = time.monotonic() + SECONDS
    while not (true := condition()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return true


def left() -> list[psutil.Process]:
    """The processes of this script that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().items() >= MARK.items():
                found.append(process)
        except psutil.Error:
            pass  # it has just ended, or is of another user
    return found


def end_all() -> list[str]:
    """The commands that did not end by themselves. They are killed."""
    until(lambda: not left())
    names = []
    for process in left():
        names.append(" ".join(process.cmdline()))
        process.kill()
    return names
