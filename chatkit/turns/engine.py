"""What keeps the turns: the few things that the app asks of it.

`chatkit.turns.memory` is one that keeps them in this process. Any other does, if it passes
the tests in `tests/unit/log_contract.py`.
"""

from types import EllipsisType
from typing import NamedTuple, Protocol

from chatkit.turns.turn import Turn


class TooManyTurns(RuntimeError):
    """As many turns are being written as the engine allows at once, in all or in one chat."""


class ChatFull(RuntimeError):
    """The turns of a chat are as large as the engine allows."""


class EngineDown(RuntimeError):
    """What keeps the turns, outside of this process, cannot be reached now."""


class OtherChat(ValueError):
    """The turn that a message is to follow is in another chat."""


class Counts(NamedTuple):
    """How many turns there are: kept (those being written too), and being written."""

    turns: int
    live: int


class Engine(Protocol):
    """All turns, by turn and by chat."""

    async def say(
        self, message: str, chat: str | None = None, parent: str | EllipsisType | None = ...
    ) -> Turn:
        """Start a turn in `chat`, or in a new chat, as one step.

        `parent` is the id of the turn that the message follows: left out (`...`), the newest of
        the chat; None: none. With a parent and without a chat, it is the parent's.

        Raises `KeyError` if there is no such parent, or no longer, `OtherChat`, `TooManyTurns` or
        `ChatFull`.
        """

    async def get(self, turn_id: str) -> Turn:
        """The turn with this id. Raises `KeyError` if there is none, or no longer."""

    async def chat(self, chat_id: str) -> list[Turn]:
        """The turns of a chat that are still kept, oldest first; none: an empty list."""

    async def cancel(self, turn_id: str) -> Turn:
        """Finish a turn. Its readers get `end` at once. Idempotent.

        The task that writes it, which is `turn.writer` in its process, is cancelled.
        Raises `KeyError` as `get` does.
        """

    async def counts(self) -> Counts:
        """How many turns there are."""

    async def close(self) -> None:
        """Let go of what the engine holds. The app calls it at its end, after its writers."""
