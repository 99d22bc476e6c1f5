"""Nothing is lost and nothing comes twice, whatever happens on the way: a schedule from a seed.

`CHATKIT_SEED=... pytest tests/wire/test_random_faults.py` runs the schedule of a seed again. The
order in which a machine runs what the schedule wants at one time is not part of it.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable

import httpx
import pytest
from random_replies import random_reply
from restless_readers import Schedule

from chatkit import Server

TURNS = int(os.environ.get("CHATKIT_TURNS", "2000"))
AT_ONCE = 24
ROWS = {  # counts of a schedule, and what they are called
    "turns": "turns",
    "done": "  done",
    "failed": "  failed",
    "cancelled": "  cancelled",
    "events": "events in their logs",
    "readers": "readers",
    "streams": "streams opened",
    "refused": "  refused, and tried again",
    "faults": "faults armed",
    "drops": "drops by the reader",
    "returns": "replays after a cursor",
    "resets": "resets of a cursor past the end",
    "asked again: 204": "asked again after the end: 204",
    "lost": "lost",
    "duplicated": "duplicated",
    "hash mismatch": "hash mismatches",
}
INTENDED = (  # lines of the server's log: replies that fail, and faults that end a response
    "the reply of turn",
    *("Traceback ", " ", "RuntimeError: a reply that fails", "TypeError: a reply yields"),
    "ASGI callable returned without completing response.",
)


def test_every_reader_has_the_log(
    start: Callable[..., Server], announce: Callable[[str], None]
) -> None:
    seed = os.environ.get("CHATKIT_SEED") or f"{random.SystemRandom().getrandbits(32):08x}"
    server = start(reply=random_reply, faults=True, heartbeat=0.05)

    async def run() -> Schedule:
        schedule = Schedule(server.port, seed)
        await schedule.run(iter(range(TURNS)), AT_ONCE)
        return schedule

    try:
        schedule = asyncio.run(run())
    except BaseException:
        print(f"CHATKIT_SEED={seed}")
        raise
    rows = [f"  {title:<32}{schedule.counts[name]:>8,}" for name, title in ROWS.items()]
    announce("\n".join([f"random faults, CHATKIT_SEED={seed}", *rows]))
    assert not schedule.wrong, f"CHATKIT_SEED={seed}: " + "\n".join(schedule.wrong[:20])
    for name in ("done", "failed", "cancelled", "drops", "returns", "resets", "faults", "refused"):
        assert schedule.counts[name] > TURNS / 100, f"{name}: hardly any, so nothing was shown"
    expect_nothing_left(server)


def expect_nothing_left(server: Server) -> None:
    """No reply is being written, no stream is open, and the log has only what was intended."""
    deadline = time.monotonic() + 60
    while (health := httpx.get(server.url + "healthz").json())["live"] or health["streams"]:
        assert time.monotonic() < deadline, health
        time.sleep(0.01)
    unexpected = [line for line in server.messages.splitlines() if not line.startswith(INTENDED)]
    assert unexpected == []


@pytest.fixture
def announce(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Have a text shown at the end of the run; with -s, or if the test fails, at once too."""

    def announce(text: str) -> None:
        print("\n" + text)
        record_property("announced", text)

    return announce
