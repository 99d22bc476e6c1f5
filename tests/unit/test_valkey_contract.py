"""The engine on Valkey keeps the contract of the turn log, against a real server.

`CHATKIT_VALKEY_URL=redis://... pytest tests/unit/test_valkey_contract.py` takes another one.
"""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import log_contract
import pytest
from log_contract import LogContract, MakeEngine
from valkey_server import running

from chatkit.turns import Limits
from chatkit.turns.valkey import ValkeyTurns


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    if given := os.environ.get("CHATKIT_VALKEY_URL"):
        yield given
        return
    with running() as server:
        yield server.connection_url


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step is a round trip to another process: on a busy machine, that takes its time."""
    monkeypatch.setattr(log_contract, "PATIENCE", 300)


class TestValkey(LogContract):
    @pytest.fixture
    def engine(self, url: str) -> MakeEngine:
        @asynccontextmanager
        async def on_valkey(**limits: Any) -> AsyncIterator[ValkeyTurns]:
            turns = ValkeyTurns(url, Limits(**limits), prefix=secrets.token_hex(4) + ":")
            try:
                yield turns
            finally:
                await turns.close()

        return on_valkey
