"""A server process of its own, whose turns are in Valkey: python valkey_worker.py URL.

It says its port, then "closed" whenever a reply is over. It ends when its standard input does.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator

from chatkit import create_app, serve
from chatkit.replies import Message
from chatkit.turns.valkey import ValkeyTurns


async def numbers(messages: list[Message]) -> AsyncIterator[str]:
    """Say numbers. The message says how many, and the seconds between them: "[100, 0.01]"."""
    count, pause = json.loads(messages[-1]["content"])
    try:
        for number in range(count):
            yield f"{number} "
            await asyncio.sleep(pause)
    finally:
        print("closed", flush=True)


if __name__ == "__main__":
    with serve(create_app(numbers, ValkeyTurns(sys.argv[1]))) as server:
        print(server.port, flush=True)
        sys.stdin.read()
