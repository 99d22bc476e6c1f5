"""`chatkit serve --workers`: several processes that share one listening socket.

Each of them is a Python of its own that runs worker.py: so a new one has the code as it is by
then. All accept from the same socket, which stays open in this process: whoever connects while
one of them is replaced waits for another, and is not refused.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from dataclasses import asdict
from typing import Any

from chatkit.cli.room import announce_room
from chatkit.cli.settings import Settings
from chatkit.server.foreground import url

STOPPING = 10.0  # seconds after which a worker that was told to stop is killed
PAUSE = 1.0  # seconds before another try, when a worker did not start


def run_workers(settings: Settings, listener: socket.socket) -> int:
    """Run `settings.workers` processes until a signal; returns the exit code.

    SIGINT and SIGTERM end all at once. SIGQUIT ends them when the replies that they write are
    complete. SIGHUP replaces them, one after the other.
    """
    return asyncio.run(Workers(settings, listener).run())


class WorkerProcess:
    """A process that serves. It ends when `line`, the socket to it, is closed."""

    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket) -> None:
        self.process = process
        self.line = line

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended
            self.process.send_signal(number)

    async def wait_or_kill(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self.process.wait()
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self.process.wait()


class Workers:
    """The processes, each in a slot of its own, and what signals do to them."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self.settings = settings
        self.listener = listener
        self.slots: list[WorkerProcess] = []
        self.running: set[WorkerProcess] = set()  # those that start or are replaced, too
        self.changing = asyncio.Lock()  # one changes `slots` at a time
        self.stop = asyncio.Event()
        self.stop_now = asyncio.Event()
        self.replace = asyncio.Event()
        self.had_terminal = has_terminal()

    async def run(self) -> int:
        """Serve until a signal stops it. Returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP):
            loop.add_signal_handler(number, self.take_signal, number)
        serving = asyncio.create_task(self.serve())
        stopping = asyncio.create_task(self.stop.wait())
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        serving.cancel()
        await asyncio.wait({serving})
        await self.end()
        if not serving.cancelled():
            serving.result()
        return 0 if self.stop.is_set() else 1

    def take_signal(self, number: int) -> None:
        if number == signal.SIGHUP and has_terminal() == self.had_terminal:
            self.replace.set()
            return
        if number != signal.SIGQUIT or self.stop.is_set():
            self.stop_now.set()
        self.stop.set()

    async def serve(self) -> None:
        """Keep all slots filled. Returns if it cannot: whoever did not start has said why."""
        first = await self.start()  # alone, so that what is wrong is said once
        if first is None:
            return
        others = await asyncio.gather(*(self.start() for _ in range(self.settings.workers - 1)))
        self.slots = [worker for worker in (first, *others) if worker is not None]
        if len(self.slots) < self.settings.workers:
            return
        print(f"chatkit is running at {url(self.listener)} (Ctrl-C stops it)", flush=True)
        announce_room(self.settings, self.listener)
        async with asyncio.TaskGroup() as tasks:
            for slot in range(self.settings.workers):
                tasks.create_task(self.keep_filled(slot))
            tasks.create_task(self.replace_on())

    async def start(self) -> WorkerProcess | None:
        """Start a process. It is returned when it answers; None: it did not start."""
        here, there = socket.socketpair()
        try:
            with there:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "chatkit.cli.worker"),
                    stdin=there.fileno(),
                    pass_fds=[self.listener.fileno()],
                    start_new_session=True,  # Ctrl-C goes to the session of this process
                    env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                )
        except OSError as error:
            here.close()
            say(f"no process can be started: {error}")
            return None
        worker = WorkerProcess(process, here)
        self.running.add(worker)
        if await self.is_ready(worker):
            return worker
        await self.end_of(worker)
        return None

    async def is_ready(self, worker: WorkerProcess) -> bool:
        """Tell a process what to serve, and wait until it does. False: it has ended instead."""
        start = {"listener": self.listener.fileno(), "settings": asdict(self.settings)}
        worker.line.setblocking(False)
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(worker.line, json.dumps(start).encode() + b"\n")
            return await loop.sock_recv(worker.line, 100) != b""
        except OSError:
            return False

    async def start_in_any_case(self) -> WorkerProcess:
        """Start a process, again and again until one answers."""
        while True:
            worker = await self.start()
            if worker is not None:
                return worker
            await asyncio.sleep(PAUSE)

    async def end_of(self, worker: WorkerProcess) -> None:
        """Wait until a process has ended."""
        await worker.process.wait()
        worker.line.close()
        self.running.discard(worker)

    async def keep_filled(self, slot: int) -> None:
        """Start another process whenever the one in this slot has ended by itself."""
        while True:
            worker = self.slots[slot]
            await self.end_of(worker)
            async with self.changing:
                if self.slots[slot] is worker:  # else it was replaced
                    say(f"a worker has ended ({reason(worker)}), and another is started")
                    self.slots[slot] = await self.start_in_any_case()

    async def replace_on(self) -> None:
        """Replace all processes whenever it is asked for."""
        while True:
            await self.replace.wait()
            self.replace.clear()
            if await self.replace_all():
                print("chatkit has replaced its workers", flush=True)
            else:
                say("a new worker did not start, so the others stay")

    async def replace_all(self) -> bool:
        """Replace the processes one after the other, each when another one answers."""
        for slot in range(self.settings.workers):
            async with self.changing:
                new = await self.start()
                if new is None:
                    return False
                old, self.slots[slot] = self.slots[slot], new
            old.signal(signal.SIGTERM)
            await old.wait_or_kill(self.settings.grace + STOPPING)
        return True

    async def end(self) -> None:
        """End all processes."""
        running = list(self.running)
        if self.stop.is_set() and not self.stop_now.is_set():
            for worker in running:
                worker.signal(signal.SIGQUIT)
            ended = asyncio.gather(*(worker.process.wait() for worker in running))
            now = asyncio.create_task(self.stop_now.wait())
            either: list[asyncio.Future[Any]] = [ended, now]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            now.cancel()
        for worker in running:
            worker.line.close()
        await asyncio.gather(*(worker.wait_or_kill(STOPPING) for worker in running))


def has_terminal() -> bool:
    """Whether there is a terminal that controls this process, and it is not closed."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def reason(worker: WorkerProcess) -> str:
    code = worker.process.returncode or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def say(message: str) -> None:
    print(f"chatkit serve: {message}", file=sys.stderr, flush=True)
