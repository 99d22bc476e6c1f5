"""The model behind `--base-url`: a reply from it, and what the doctor finds of it."""

import asyncio
import sys
import time
from collections.abc import Iterator
from typing import Any

from chatkit.cli.installing import Finding
from chatkit.replies import Finish, Message, Reply, ReplyFailed, echo, upstream
from chatkit.replies.endpoint import Endpoint, model_names, only_model
from chatkit.turns import Limits

CONNECT = 10.0  # seconds
QUESTION = "Count from one to twenty, in words."
LONG_ENOUGH = 20.0  # seconds of an answer: the rest would say nothing new
SHOWN = 10  # models that are listed
LONGER = 20.0  # seconds: so long is a turn more patient, so that its reader hears of the model


def own_reply(name: str, delay: float | None) -> Reply:
    """The reply of the kit with this name, at this pace (None: its own)."""
    if name == "words":
        from chatkit.replies.words import words

        return words() if delay is None else words(delay=delay)
    return echo(delay=0.05 if delay is None else delay)


def find_model(base_url: str | None) -> str:
    """The only model that an API has. Exits with 1, and a line, if it is not clear which one."""
    try:
        api = endpoint(base_url)
        model = asyncio.run(the_only(api))
    except (ReplyFailed, ValueError) as error:
        sys.exit(f"chatkit serve: {error}")
    print(f"chatkit serve: the model is {api.quote(model)}", file=sys.stderr)
    return model


def model_reply(settings: dict[str, Any]) -> Reply:
    """The reply of a model. Exits with 1, and a line, if what the environment says cannot be."""
    try:
        return upstream(**settings)
    except ValueError as error:
        sys.exit(f"chatkit serve: {error}")


def turn_limits(settings: dict[str, Any]) -> Limits:
    """The limits of the turns of a model that has these settings."""
    if silence := settings.get("silence"):
        return Limits(silence=silence + LONGER)
    return Limits()


def endpoint(base_url: str | None) -> Endpoint:
    return Endpoint(base_url, None, connect=CONNECT, silence=CONNECT)


def answers(base_url: str | None, model: str | None) -> Iterator[Finding]:
    """Which models an API has, and whether one answers, and how fast."""
    try:
        api = endpoint(base_url)
    except ValueError as error:  # OPENAI_BASE_URL or OPENAI_API_KEY
        yield Finding("FAIL", str(error), "set it in the environment")
        return
    try:
        names = asyncio.run(listed(api))
    except ReplyFailed as error:
        if model is None:
            yield Finding("FAIL", str(error))
            return
        names = [model]  # it may answer all the same
    else:
        more = ", …" if len(names) > SHOWN else ""
        shown = api.quote(", ".join(names[:SHOWN])) + more
        yield Finding("PASS", f"the models at {api.name}: {shown or 'none'}")
    if model is None and len(names) != 1:
        yield Finding("WARN", "no model was asked: it is not clear which", "name one: --model NAME")
        return
    name = model or names[0]
    try:
        yield asyncio.run(speed(name, upstream(base_url, name)))
    except ReplyFailed as error:
        yield Finding("FAIL", str(error))


async def the_only(api: Endpoint) -> str:
    async with api.client() as client:
        return await only_model(client)


async def listed(api: Endpoint) -> list[str]:
    async with api.client() as client:
        return await model_names(client)


async def speed(name: str, reply: Reply) -> Finding:
    """Ask a model something. Raises `ReplyFailed`."""
    asked = time.monotonic()
    times: list[float] = []  # when each piece came
    tokens = None
    async for piece in reply([Message(role="user", content=QUESTION)]):
        if isinstance(piece, Finish):
            tokens = piece.output_tokens
        else:
            times.append(time.monotonic())
            if times[-1] - asked > LONG_ENOUGH:
                break
    if not times:
        return Finding("WARN", f"the model {name} answers, but without a word")
    first = f"the model {name} answers: first token after {times[0] - asked:.2f} s"
    if len(times) == 1:
        return Finding(
            "WARN",
            f"{first}, and all of it at once",
            "its server, or a proxy before it, holds back what should be streamed",
        )
    kind, count = ("pieces", len(times)) if tokens is None else ("tokens", tokens)
    rate = (count - 1) / max(times[-1] - times[0], 1e-9)
    return Finding("PASS", f"{first}, then {rate:,.0f} {kind} a second")
