"""The benchmarks run and print their rows. What they measure is not judged here."""

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "benchmarks"


def printed_by(script: str, *options: str) -> list[str]:
    command = [sys.executable, str(FOLDER / script), *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def find(lines: list[str], name: str) -> str:
    """The one row with this name."""
    (line,) = (line for line in lines if line.startswith(name + "  "))
    return line


def figures(lines: list[str], name: str) -> list[str]:
    """The cells of the one row with this name."""
    return find(lines, name).removeprefix(name).split()


def test_restart() -> None:
    lines = printed_by("restart.py", "--restarts", "1", "--streams", "3", "--bound", "1")
    assert "Python 3." in lines[0]
    assert "uvicorn " in lines[0]
    for name in ("median, ms", "min, ms", "max, ms", "ratio"):
        assert all(float(figure) > 0 for figure in figures(lines, name))
        assert len(figures(lines, name)) == 2
    assert figures(lines, "streams in all") == ["3", "3"]
    assert figures(lines, "streams that ended complete")[0] == "3"
    assert figures(lines, "restarts after which it answered") == ["1", "1"]
    assert figures(lines, "lines printed or logged")[0] == "0"
    for name in ("threads left", "file descriptors left", "asyncio tasks left"):
        assert int(figures(lines, name)[0]) <= 0
    assert figures(lines, "the next server answers after")[1:3] == ["ms", "never"]
    assert figures(lines, "the blocking line is named") == ["yes", "no"]


READERS = [
    "chatkit, Parser",
    "httpx-sse, iter_sse",
    "httpx-sse, aiter_sse",
    "httpx-sse, its decoders alone",
]


def test_parsers() -> None:
    lines = printed_by("parsers.py", "--events", "300", "--rounds", "1", "--line", "1")
    assert "Python 3." in lines[0]
    assert "httpx-sse " in lines[0]
    _, large_chunks, small_chunks, growth, *_ = "\n".join(lines).split("\n\n")
    for table in (large_chunks, small_chunks):
        for reader in READERS:
            assert len(figures(table.splitlines(), reader)) == 6
            assert all(float(figure) > 0 for figure in figures(table.splitlines(), reader))
    for reader in READERS:
        assert len([float(figure) for figure in figures(growth.splitlines(), reader)]) == 7


def test_page() -> None:
    lines = printed_by("page.py", "--pieces", "50", "--replies", "2")
    for row in ("bare EventSource", "Markdown", "raw", "wire open"):
        cells = re.fullmatch(rf"{row} +(\d+) ms +(\d+) ms +(\d+) +(.*)", find(lines, row))
        assert cells, lines
        task, script = float(cells[1]), float(cells[2])
        assert 0 <= script <= task
        assert cells[4].count("→") == 4


def test_soak() -> None:
    lines = printed_by("soak.py", "--seconds", "2", "--every", "0.5", "--at-once", "3")
    assert "Python 3." in lines[0]
    assert int(figures(lines, "turns")[0].replace(",", "")) > 0
    for name in ("lost", "duplicated", "hash mismatch"):
        assert figures(lines, name) == ["0"]
    for name in ("tasks left", "descriptors left", "streams left"):
        assert int(figures(lines, name)[0]) <= 0
    assert find(lines, "memory, last third against the second")
    rows = [line.split() for line in lines if re.match(r" +(\d+|after) ", line)]
    assert rows[-1][0] == "after"
    assert all(len(row) == 7 for row in rows)


def test_load() -> None:
    options = ["--turns", "4", "--readers", "2", "--seconds", "2", "--stop-at", "1"]
    lines = printed_by("load.py", *options, "--processes", "2")
    assert "Python 3." in lines[0]
    assert "sse-starlette " in lines[0]
    assert figures(lines, "streams") == ["10", "10"]
    assert figures(lines, "events that came") == figures(lines, "events that are to come")
    for name in ("lost", "duplicated", "streams without their end"):
        assert figures(lines, name) == ["0", "0"]
    for who in ("while all read", "while one does not read", "its neighbour on the same turn"):
        median, p99, most = (
            [float(cell) for cell in figures(lines, f"ms late, {who}, {part}")]
            for part in ("median", "p99", "max")
        )
        for server in range(2):
            assert 0 <= median[server] <= p99[server] <= most[server]
    assert len(figures(lines, "ratio")) == 2


def test_load_without_a_reader_that_stops() -> None:
    options = ["--turns", "3", "--seconds", "1", "--stop-at", "0", "--only", "chatkit"]
    lines = printed_by("load.py", *options)
    assert figures(lines, "events that came") == ["60"]
    assert float(figures(lines, "ms late, max")[0]) >= 0


def test_words() -> None:
    lines = printed_by("words.py", "--rounds", "1")
    for name in ("reading the lessons, ms", "training, ms", "drawing a token, µs"):
        assert len(figures(lines, name)) == 1


def test_relay() -> None:
    lines = printed_by(
        *("relay.py", "--runs", "3", "--rounds", "1", "--pieces", "300", "--think", "0.01")
    )
    for name in (
        "ms to the first piece, written after 0 s",
        "ms to the first piece, written after 0.01 s",
        "ms for a piece, and back",
        "pieces a second, bytes only",
        "pieces a second, httpx-sse and JSON",
    ):
        direct, through, ratio = (float(figure.replace(",", "")) for figure in figures(lines, name))
        assert min(direct, through, ratio) > 0
    assert figures(lines, "seen before the next was written") == ["3", "of", "3", "pieces"]
    assert float(figures(lines, "cancelled until closed upstream")[0]) > 0
    assert len(figures(lines, "one for each reply, TLS settings shared")) == 1


STREAM_SERVERS = [
    "raw ASGI",
    "Starlette StreamingResponse",
    "sse-starlette",
    "sse-starlette in FastAPI",
    "FastAPI's own SSE",
    "chatkit, plain uvicorn",
    "chatkit serve",
    "chatkit serve, Valkey",
]


def test_streams(tmp_path: Path) -> None:
    picture = tmp_path / "streams.svg"
    lines = printed_by("streams.py", "--quick", "--plot", str(picture))
    assert "Python 3." in lines[0]
    middle = lines.index("ratio to sse-starlette")
    costs, ratios = lines[:middle], lines[middle + 1 :]
    for server in STREAM_SERVERS:
        assert len(figures(costs, server)) >= 9
        assert [float(figure) for figure in figures(ratios, server)]
    assert set(figures(ratios, "sse-starlette")) == {"1.00"}
    assert "chatkit serve" in picture.read_text("utf-8")


def test_room() -> None:
    lines = printed_by("room.py", "--people", "2", "3", "--seconds", "0.5")
    for people, streams, events in ((2, 4, 40), (3, 6, 60)):
        found = figures(lines, str(people))
        assert found[:5] == [str(figure) for figure in (streams, events, events, 0, 0)]
        assert len([float(figure) for figure in found[5:]]) == 4  # ms, ms, cores, MiB


def test_workers() -> None:
    once = ["--least", "3", "--step", "3", "--most", "3", "--seconds", "0.5", "--late", "100000"]
    lines = printed_by("workers.py", "--workers", "1", "2", *once)
    for workers in ("1", "2"):
        streams, ratio, *others = figures(lines, workers)
        assert (streams, ratio) == ("3", "1.00")
        assert [float(other) >= 0 for other in others] == [True] * 4
