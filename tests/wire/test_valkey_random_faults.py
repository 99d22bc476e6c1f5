"""The schedule of random faults, on two servers that share a Valkey: nothing is lost or doubled.

Each request goes to one of the two, so most readers are not where the turn is written. What the
fault lab does to a stream does not depend on the engine: here readers drop, and come elsewhere.

`CHATKIT_SEED=... pytest tests/wire/test_valkey_random_faults.py` runs the schedule of a seed again.
"""

import asyncio
import os
import random
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from random_replies import random_reply
from restless_readers import Schedule
from test_random_faults import ROWS, announce  # noqa: F401 (a fixture)
from valkey_server import running

from chatkit import Server
from chatkit.turns.valkey import ValkeyTurns

TURNS = int(os.environ.get("CHATKIT_TURNS", "1000"))
AT_ONCE = 24


class OnTwo(Schedule):
    """A schedule whose requests go to either server, by chance."""

    def __init__(self, servers: list[Server], seed: str) -> None:
        self.ports = [server.port for server in servers]
        self.chance = random.Random(seed)
        super().__init__(self.ports[0], seed, faults=False)

    @property
    def port(self) -> int:
        return self.chance.choice(self.ports)

    @port.setter
    def port(self, _: int) -> None:
        """`Schedule` has one server."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as server:
        yield server.connection_url


def test_every_reader_has_the_log(
    start: Callable[..., Server],
    url: str,
    announce: Callable[[str], None],  # noqa: F811
) -> None:
    seed = os.environ.get("CHATKIT_SEED") or f"{random.SystemRandom().getrandbits(32):08x}"
    # A lease that a busy machine does not exceed: what runs out here is a mistake.
    servers = [
        start(
            name=name,
            reply=random_reply,
            turns=ValkeyTurns(url, lease=60, timeout=30),
            heartbeat=0.05,
        )
        for name in ("one", "two")
    ]
    schedule = OnTwo(servers, seed)
    try:
        asyncio.run(schedule.run(iter(range(TURNS)), AT_ONCE))
    except BaseException:
        print(f"CHATKIT_SEED={seed}")
        raise
    counts = schedule.counts
    rows = [f"  {title:<32}{counts[name]:>8,}" for name, title in ROWS.items() if name != "faults"]
    announce("\n".join([f"random drops on Valkey, CHATKIT_SEED={seed}", *rows]))
    assert not schedule.wrong, f"CHATKIT_SEED={seed}: " + "\n".join(schedule.wrong[:20])
    for name in ("done", "failed", "cancelled", "drops", "returns", "resets"):
        assert counts[name] > TURNS / 100, f"{name}: hardly any, so nothing was shown"
    deadline = time.monotonic() + 30
    while any(httpx.get(server.url + "healthz").json()["live"] for server in servers):
        assert time.monotonic() < deadline
        time.sleep(0.01)
