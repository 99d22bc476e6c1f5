"""The command as a person runs it: a process of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command import Command, run_chatkit

from chatkit import Server, serve

Start = Callable[..., Command]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start `chatkit` in an empty folder. `environment` is added to that of the tests."""
    commands: list[Command] = []

    def start(*arguments: object, **options: Any) -> Command:
        commands.append(run_chatkit(tmp_path, *arguments, **options))
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
