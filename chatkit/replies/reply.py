"""Where the text of a reply comes from.

A reply is an async generator function: it is called with the messages of a chat, oldest
first, and yields pieces of text. Beside those it may yield `Reasoning`, and `Finish` at its end;
to say in words why it goes no further, it raises `ReplyFailed`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from inspect import iscoroutinefunction, isgeneratorfunction
from itertools import groupby
from typing import Literal, TypedDict, overload

from chatkit.turns import Piece, Turn
from chatkit.turns.turn import check_numbers


class Message(TypedDict):
    """One message of a chat, in the form that most model APIs take."""

    role: Literal["system", "user", "assistant"]
    content: str


Reply = Callable[[list[Message]], AsyncIterator[Piece]]


def check_reply(reply: Reply) -> None:
    """Raise `TypeError` for the functions that are easily taken for a reply and are not one."""
    if not callable(reply) or iscoroutinefunction(reply) or isgeneratorfunction(reply):
        raise TypeError(f"{reply!r} is not a reply: that is an `async def` with a `yield` in it")


async def failed(error: Exception) -> AsyncIterator[Piece]:
    """The pieces of a reply that fails before the first of them."""
    raise error
    yield


def call(reply: Reply, messages: list[Message]) -> AsyncIterator[Piece]:
    """The pieces of a reply. What a plain function raises comes as the first of them."""
    try:
        return reply(messages)
    except Exception as error:
        return failed(error)


@overload
def echo(messages: list[Message], *, delay: float = 0.05) -> AsyncIterator[str]: ...
@overload
def echo(messages: None = None, *, delay: float = 0.05) -> Reply: ...
def echo(
    messages: list[Message] | None = None, *, delay: float = 0.05
) -> Reply | AsyncIterator[str]:
    """Reply with the last message, a character at a time, `delay` seconds apart.

    `echo` is a reply, and `echo(delay=0.01)` is one that goes at another pace.
    """
    check_numbers(delay=delay)

    async def reply(messages: list[Message]) -> AsyncIterator[str]:
        for character in messages[-1]["content"]:
            yield character
            await asyncio.sleep(delay)

    return reply if messages is None else reply(messages)


def history(path: Sequence[Turn]) -> list[Message]:
    """The messages for the reply to the last turn of a path, oldest first.

    User and assistant always alternate, as many models want it: a turn before the last one that
    has no reply text, or none yet, is left out together with its message.
    """
    messages: list[Message] = []
    for turn in path[:-1]:
        if reply := turn.reply:
            messages.append({"role": "user", "content": turn.message})
            messages.append({"role": "assistant", "content": reply})
    messages.append({"role": "user", "content": path[-1].message})
    return messages


def alternate(messages: list[Message]) -> list[Message]:
    """The messages that a client has kept itself, as `history` gives them: user, assistant, user.

    What the system says comes first. A message of the assistant without text is left out. Messages
    of one role in a row become one, with a blank line between them, as in Anthropic's API: only
    the client knows whether it has said them together or got no reply, so none of them is lost.
    """
    said = [message for message in messages if message["content"] or message["role"] != "assistant"]
    said.sort(key=lambda message: message["role"] != "system")
    runs = groupby(said, key=lambda message: message["role"])
    return [
        {"role": role, "content": "\n\n".join(filter(None, (one["content"] for one in run)))}
        for role, run in runs
    ]
