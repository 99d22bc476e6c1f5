"""Appendix H: plausible wrong solutions of its exercises."""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from execute_notebooks import NOTEBOOKS
from exercises import SOLUTIONS, solutions
from valkey_server import running

from chatkit.turns import EngineDown

sys.path.insert(0, str(NOTEBOOKS))

import checks

RIGHT = solutions((SOLUTIONS / "H-the-engine-on-valkey.py").read_text("utf-8"))
NAMES = {"token": "TAKE", "gather": "Sender"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        yield server.connection_url


def changed(exercise: str, old: str, new: str) -> Any:
    """What a solution defines in which `old` has become `new`."""
    assert old in RIGHT[exercise]
    names: dict[str, Any] = {"asyncio": asyncio, "EngineDown": EngineDown, "time": time}
    exec(RIGHT[exercise].replace(old, new), names)
    return names[NAMES[exercise]]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("if holder and holder ~= ARGV[1] then return 0 end", "", "it should return 0, not"),
        ("if holder and holder ~= ARGV[1]", "if holder", "writer one asks again"),
        ("if holder then return tonumber", "if false then return tonumber", "return 1, not 2"),
        (", 'PX', ARGV[2]", "", "ends never"),
        ("return redis.call('INCR', KEYS[2])", "return 1", "return 1, not None"),
        ("return 0 end", "return redis.call('PEXPIRE', KEYS[1], 60000) - 1 end", "becomes longer"),
        (
            "return redis.call('INCR', KEYS[2])",
            "redis.call('SET', KEYS[2], 1, 'PX', 60000)\nreturn 1",
            "the counter runs out too",
        ),
        ("local holder = ", "local holder == ", "Valkey cannot run it"),
    ],
)
def test_a_number_for_each_lease(url: str, old: str, new: str, said: str) -> None:
    assert said in repr(asyncio.run(checks.check_token(changed("token", old, new), url)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("pieces, self.unsent = self.unsent, []", "pieces = [self.unsent.pop(0)]", "sent [['a']]"),
        ("self.something.clear()", "await asyncio.sleep(0)", "nothing new has come"),
        ("pieces, self.unsent = self.unsent, []", "pieces = self.unsent", "'a', 'b', 'c', 'd'"),
        ("except EngineDown", "except KeyError", "it raises EngineDown('away')"),
        ("await asyncio.sleep(self.pause)", "break", "[['a', 'b', 'c'], ['d', 'e'], ['f', 'g'], "),
        (
            "await asyncio.sleep(self.pause)",
            "pieces += self.unsent; self.unsent = []",
            "and has sent",
        ),
        ("await self.send(pieces)", "await self.send(tuple(pieces))", "should send a list"),
        ("def add", "async def add", "it never waits"),
        ("await asyncio.sleep(self.pause)", "pass", "it sends again at once"),
        ("await asyncio.sleep(self.pause)", "time.sleep(self.pause)", "`time.sleep` stops all"),
        ("await self.send(pieces)", "self.send(pieces)", "is an `await` missing?"),
        ("await self.send(pieces)", "asyncio.create_task(self.send(pieces))", "is answered"),
        (
            "while True:\n            await self.something",
            "if True:\n            await self.some",
            "",
        ),
    ],
)
def test_what_gathers(old: str, new: str, said: str) -> None:
    found = repr(asyncio.run(checks.check_gather(changed("gather", old, new))))
    assert said in found
    assert (found == "passed") == (old == "")
