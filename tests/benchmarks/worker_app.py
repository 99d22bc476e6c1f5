"""The app that `workers.py` and `room.py` measure: `chatkit serve worker_app:app` runs it.

With VALKEY in the environment its turns are kept there, without limits. Else it is as the finished
app: turns in memory, and the limits that people get.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator

from chatkit import create_app
from chatkit.replies import Message
from chatkit.turns import Limits
from chatkit.turns.valkey import ValkeyTurns

MANY = 1_000_000_000  # the limits are not what is measured


async def reply(messages: list[Message]) -> AsyncIterator[str]:
    """Pieces at the times that the message names: when each was due, by the clock of all here."""
    first, interval, events = json.loads(messages[-1]["content"])
    for number in range(events):
        due = first + number * interval
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        yield f"{due:.6f}"


limits = Limits(events=MANY, bytes=MANY, live=MANY, kept=MANY, kept_bytes=MANY, chat_live=MANY)
valkey = os.environ.get("VALKEY")
app = create_app(reply, ValkeyTurns(valkey, limits) if valkey else None)
