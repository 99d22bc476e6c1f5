"""Running scripts on Valkey: many in one round trip, and again while it is away."""

import asyncio
import time
from collections.abc import Sequence
from itertools import chain, repeat
from typing import Any

from valkey.asyncio import BlockingConnectionPool, Valkey
from valkey.asyncio.retry import Retry
from valkey.backoff import ConstantBackoff
from valkey.exceptions import ConnectionError, NoScriptError, ValkeyError

from chatkit.turns.engine import EngineDown
from chatkit.turns.valkey_scripts import SCRIPTS, Script

Call = tuple[Script, Sequence[Any]]  # and its arguments

CONNECTIONS = 8  # of a process, to Valkey; one of them reads
PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5)  # seconds before another try; the last one is repeated
DOWN = "The server that keeps the replies cannot be reached now. Try again soon."


class ValkeyCalls:
    """The connections of a process to the Valkey at `url`, which answers in `timeout` seconds.

    All methods raise `EngineDown` where it does not.
    """

    def __init__(self, url: str, prefix: str, timeout: float) -> None:
        self.prefix = prefix
        self.timeout = timeout
        self._valkey = Valkey.from_pool(connections(url, timeout))

    async def ask(self, script: Script, *arguments: Any) -> Any:
        """The answer of one script."""
        (answer,) = await self.run([(script, arguments)])
        return answer

    async def run(self, calls: list[Call]) -> list[Any]:
        """The answers of scripts that are sent in one round trip."""
        try:
            async with asyncio.timeout(self.timeout):
                answers = await self._send(calls)
                if any(isinstance(answer, NoScriptError) for answer in answers):
                    for script in SCRIPTS:  # this server has not seen them yet
                        await self._valkey.script_load(script.text)
                    answers = await self._send(calls)
        except (ValkeyError, OSError) as error:
            raise EngineDown(DOWN) from error
        for answer in answers:
            if isinstance(answer, ValkeyError):
                raise EngineDown(DOWN) from answer
        return answers

    async def _send(self, calls: list[Call]) -> list[Any]:
        pipeline = self._valkey.pipeline(transaction=False)
        for script, arguments in calls:
            pipeline.evalsha(script.sha, 1, self.prefix, *arguments)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers

    async def run_patiently(self, calls: list[Call], patience: float) -> list[Any]:
        """As `run`, again and again for `patience` seconds while Valkey is away.

        What is sent again may have been done before: no script does it twice.
        """
        until = time.monotonic() + patience
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            try:
                return await self.run(calls)
            except EngineDown:
                if time.monotonic() > until:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last pause is repeated without end")

    async def read(self, streams: dict[str, Any], count: int, block: int) -> list[Any]:
        """What comes in streams after the ids that are given; [] if nothing does in `block` ms."""
        try:
            async with asyncio.timeout(self.timeout + block / 1000):
                found: list[Any] = await self._valkey.xread(dict(streams), count, block)
                return found
        except (ValkeyError, OSError) as error:
            raise EngineDown(DOWN) from error

    async def close(self) -> None:
        await self._valkey.aclose()


def connections(url: str, timeout: float) -> BlockingConnectionPool:
    """So many connections as a process needs. Raises `ValueError` at a wrong URL."""
    return BlockingConnectionPool.from_url(
        url,
        max_connections=CONNECTIONS,
        timeout=None,  # until one is free: whoever asks has a timeout of his own
        socket_timeout=None,  # and until there is an answer
        socket_connect_timeout=timeout,
        decode_responses=True,
        encoding_errors="surrogatepass",  # a message may have half of a pair
        retry=Retry(ConstantBackoff(0.01), 1),  # with a new connection, if it was an old one
        retry_on_error=[ConnectionError],
    )
