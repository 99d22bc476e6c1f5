"""The in-memory engine keeps the contract of the turn log."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from log_contract import LogContract, MakeEngine

from chatkit.turns import Limits, Turns


@asynccontextmanager
async def in_memory(**limits: Any) -> AsyncIterator[Turns]:
    turns = Turns(Limits(**limits))
    try:
        yield turns
    finally:
        await turns.close()


class TestInMemory(LogContract):
    @pytest.fixture
    def engine(self) -> MakeEngine:
        return in_memory
