"""Imports point one way: what a room may know of the others."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import chatkit
from chatkit.resources import PACKAGE

MAY_IMPORT = {
    "sse": set(),
    "resources": set(),
    "loopback": set(),
    "turns": {"sse"},
    "replies": {"turns", "loopback", "resources"},
    "limits": {"loopback"},
    "faults": {"sse"},
    "web": {"sse", "turns", "replies", "limits", "faults", "resources"},
    "notebook": {"sse", "limits", "resources"},
    "server": {"limits", "notebook", "resources"},
}
MAY_IMPORT["cli"] = {*MAY_IMPORT, "chatkit"}
WEB = {"fastapi", "starlette", "sse_starlette", "uvicorn", "pydantic"}
CLIENT = {"httpx", "httpx_sse"}
MAY_NOT_IMPORT = {"sse": WEB | CLIENT, "turns": WEB | CLIENT, "replies": WEB}


def imported(source: str) -> Iterator[str]:
    """The full names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def against(room: str, source: str) -> list[str]:
    """The imports of a module of a room that it may not have."""
    wrong = []
    for name in imported(source):
        first, _, rest = name.partition(".")
        if first == "chatkit":
            other = rest.partition(".")[0]
            if other in ("create_app", "echo", "serve", "Server"):
                other = "chatkit"
            if other not in MAY_IMPORT[room] | {room}:
                wrong.append(name)
        elif first in MAY_NOT_IMPORT.get(room, ()):
            wrong.append(name)
    return wrong


MODULES = [path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")]
IN_ROOMS = [path for path in MODULES if path.as_posix() not in ("__init__.py", "__main__.py")]


def room_of(path: Path) -> str:
    return path.parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", IN_ROOMS, ids=str)
def test_no_import_against_the_direction(path: Path) -> None:
    assert against(room_of(path), (PACKAGE / path).read_text("utf-8")) == []


def modules_imported(source: str) -> set[str]:
    """The modules of the package that a module imports, wherever in it."""
    found = {name if name in NAMES else name.rpartition(".")[0] for name in imported(source)}
    return found & NAMES.keys()


def name_of(path: Path) -> str:
    return ".".join(("chatkit", *path.with_suffix("").parts)).removesuffix(".__init__")


NAMES = {name_of(path): path for path in IN_ROOMS}


def test_there_is_no_circle() -> None:
    left = {
        name: modules_imported((PACKAGE / path).read_text("utf-8")) for name, path in NAMES.items()
    }
    while free := [name for name, found in left.items() if not found & left.keys()]:
        for name in free:
            del left[name]
    assert left == {}


def test_every_room_is_known() -> None:
    assert {room_of(path) for path in IN_ROOMS} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("room", "source", "wrong"),
    [
        ("turns", "from chatkit.web.app import x", ["chatkit.web.app.x"]),
        ("turns", "def f():\n    import fastapi", ["fastapi"]),
        ("sse", "from chatkit import turns", ["chatkit.turns"]),
        ("server", "from chatkit import serve", ["chatkit.serve"]),
        ("web", "from chatkit.turns import Turn\nimport fastapi", []),
        ("turns", "from chatkit.turns.turn import Turn", []),
        ("turns", "import httpx", ["httpx"]),
        ("replies", "import httpx\nfrom httpx_sse import aconnect_sse", []),
        ("replies", "import starlette", ["starlette"]),
    ],
)
def test_the_test_itself(room: str, source: str, wrong: list[str]) -> None:
    assert against(room, source) == wrong


def test_a_notebook_completes_the_public_names() -> None:
    assert set(dir(chatkit)) >= set(chatkit.__all__)
