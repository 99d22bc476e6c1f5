"""Lesson 10: plausible wrong solutions, and what it quotes from elsewhere in the repository."""

import asyncio
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from execute_notebooks import NOTEBOOKS, read
from exercises import SOLUTIONS, solutions
from valkey_server import running

sys.path.insert(0, str(NOTEBOOKS))

import checks

TESTS = Path(__file__).parents[1]
LESSON = NOTEBOOKS / "10-more-than-one-machine.ipynb"
RIGHT = solutions((SOLUTIONS / f"{LESSON.stem}.py").read_text("utf-8"))
NAMES = {"all": "follow_all", "fence": "APPEND", "paper": "needed"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        yield server.connection_url


def changed(exercise: str, old: str, new: str) -> Any:
    """What a solution defines in which `old` has become `new`."""
    assert old in RIGHT[exercise]
    names: dict[str, Any] = {"asyncio": asyncio}
    exec(RIGHT[exercise].replace(old, new), names)
    return names[NAMES[exercise]]


EACH_ITS_OWN = """queue = asyncio.Queue()
    async def one(key):
        async for piece in follow_all(store, [key]):
            await queue.put(piece)
        await queue.put(None)
    if len(keys) > 1:
        tasks = [asyncio.create_task(one(key)) for key in keys]
        ended = 0
        while ended < len(keys):
            piece = await queue.get()
            if piece is None:
                ended += 1
            else:
                yield piece
        return
    cursors = """


UNLESS_IT_FAILS = """
        try:
            await store.xread(cursors, block=1)
        except Exception:
            return"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        (", block=1000", "", "it reads without `block`"),
        ('"0-0"', '"$"', "it reads after `$`"),
        ("del cursors[key]", "pass", "all logs have ended, and it waits for more"),
        ("del cursors[key]", "return", "the first entry of b comes: [("),
        ("cursors[key] = id", "pass", "it should have yielded"),
        ("yield key, fields", "yield fields", "it should yield a key and a text"),
        ("cursors = ", EACH_ITS_OWN, "reads wait at the same time"),
        ("yield key, ", "print(key) # ", "it should be an async generator"),
        ("xread(cursors,", "xread(keys,", "`xread` takes a dict of keys and ids, not ["),
        ("await store", "store", "an `await` is missing before a call"),
        (
            "await store.xread(cursors, block=1000)",
            "[it for k in cursors for it in await store.xread({k: cursors[k]}, block=10)]",
            "its first read names 1",
        ),
        ("    while cursors:", "    for _ in range(2):", "a read that finds nothing is no end"),
        ("    while cursors:", f"    while cursors:{UNLESS_IT_FAILS}", "cannot be reached, and it"),
    ],
)
def test_one_read_for_all(url: str, old: str, new: str, said: str) -> None:
    assert said in repr(asyncio.run(checks.check_all(changed("all", old, new), url)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("return 0", "return", "it should return 0, not None"),
        ("return 1", "return 'OK'", "it should return 1, not 'OK'"),
        ("~= writer", "== writer", "writer one has the lease, and its entry is not in the log"),
        ("~= writer", "== false", "writer two has no lease, and it can write"),
        ("'message', text", "'text', text", "the entry should be"),
        (" then return", " return", "Valkey cannot run it"),
        ("return 1", "redis.call('PEXPIRE', KEYS[2], 1000)\nreturn 1", "how long the lease lasts"),
        ("if", "redis.call('SET', KEYS[2], writer, 'NX')\nif", "run out, and it can write"),
    ],
)
def test_fences(url: str, old: str, new: str, said: str) -> None:
    assert said in repr(asyncio.run(checks.check_fence(changed("fence", old, new), url)))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", "passed"),
        ("math.ceil(", "(", "14 cores, not 13.3"),
        (" / full", "", "14 cores, not 8"),
        ("1_000_000", "1_000", "14 cores, not 13334"),
        ("1024 / 1024", "1000 / 1000", "0.477 GiB, not 0.5"),
        ("cores, gib\n", "cores\n", "it should return cores and GiB, not 14"),
    ],
)
def test_sizes_on_paper(old: str, new: str, said: str) -> None:
    assert said in repr(asyncio.run(checks.check_paper(changed("paper", old, new))))


# What the lesson quotes.


def cell(id: str) -> str:
    (source,) = [cell.source for cell in read(LESSON).cells if cell.id == id]
    return str(source)


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_configurations_are_those_that_are_tested(name: str) -> None:
    assert f"\n{(TESTS / 'front' / name).read_text('utf-8')}```\n" in cell("paper-answer")


def figures() -> dict[str, float]:
    names: dict[str, Any] = {}
    exec(cell("figures"), names)
    found: dict[str, float] = names["FIGURES"]
    return found


def test_the_figures_are_those_of_the_benchmarks() -> None:
    """If they have changed: also in the exercise, its solution, and the table after it."""
    numbers = (TESTS / "benchmarks" / "NUMBERS.md").read_text("utf-8")
    found = figures()
    assert f" {found['stream']} KiB " in numbers
    for name in ("event", "p50", "p99"):
        assert re.search(rf"(?<![\d.,]){re.escape(str(found[name]))}(?![\d.])", numbers), name
    defaults = f"micros={found['event']}, kib={found['stream']}, full=0.6"
    assert defaults in cell("paper")
    assert defaults in RIGHT["paper"]


ROWS = {"chatkit, in memory": "chatkit serve", "chatkit, in Valkey": "chatkit serve, Valkey"}


def test_the_ratios_are_those_of_the_benchmarks() -> None:
    numbers = (TESTS / "benchmarks" / "NUMBERS.md").read_text("utf-8")
    numbers = numbers[numbers.index("| streams (`streams.py`)") :]
    numbers = numbers[: numbers.index("\n\n")]
    drawn = re.findall(r'"([^"]+)": (\d\.\d\d)', cell("ratios-run"))
    assert len(drawn) == 5
    for name, ratio in drawn:
        (row,) = re.findall(rf"^\| {ROWS.get(name, name)}(?: \(.*?\))? \|.*", numbers, re.M)
        assert row.split(" | ")[2].startswith(str(float(ratio)).removesuffix(".0")), row


def test_the_table_is_what_the_figures_say() -> None:
    needed = changed("paper", "", "")
    rows = re.findall(
        r"^\| ([\d,]+) \| (\d+) \| ([\d,]+) \| ([\d.]+) \|$", cell("paper-answer"), re.M
    )
    assert len(rows) == 4
    for readers, rate, cores, gib in rows:
        found = needed(int(readers.replace(",", "")), int(rate))
        assert (f"{found[0]:,}", f"{found[1]:.1f}") == (cores, gib)
