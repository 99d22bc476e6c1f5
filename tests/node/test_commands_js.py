"""static/wire/commands.js: what is copied makes the same request, from a shell and from Python."""

import json
import subprocess
import sys
from typing import Any

import httpx
import pytest
from node_runner import run_node

from chatkit import create_app, serve

MESSAGE = """it's "quoted" $HOME `date` \\n %s {} 🦊
second line\t<b> \u2028 end"""


def run(arguments: list[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, timeout=180)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def from_a_shell(command: str) -> str:
    return run(["sh", "-c", command])


def from_python(command: str) -> str:
    # Whatever the code page of a terminal is: the reply has a fox in it.
    return run([sys.executable, "-X", "utf8", "-c", command]).partition("\n")[2].replace("\r", "")


@pytest.mark.parametrize("way", [0, 1], ids=["curl", "httpx"])
def test_they_make_the_same_requests(way: int) -> None:
    execute = (from_a_shell, from_python)[way]
    with serve(create_app(), name="commands") as server:
        post = {
            "method": "POST",
            "url": "turns",
            "headers": [["Content-Type", "application/json"], ["X-Empty", ""]],
            "body": json.dumps({"message": MESSAGE}, ensure_ascii=False),
        }

        def command(request: dict[str, Any]) -> str:
            base = f"{server.url}?chat=x"
            commands = run_node("run_commands.mjs", {"base": base, "requests": [request]})
            return str(commands[0][way])

        said = json.loads(execute(command(post)))
        state = httpx.get(f"{server.url}turns/{said['turn']}", trust_env=False).json()
        assert state["message"] == MESSAGE

        get = {
            "method": "GET",
            "url": f"{said['events']}?after=1",
            "headers": [["Accept", "text/event-stream"]],
            "body": None,
        }
        stream = execute(command(get))
        assert stream.startswith("id: 2\ndata: ")
        assert "event: end" in stream
