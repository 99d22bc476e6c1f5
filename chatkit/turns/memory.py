"""The in-memory engine: its turns live as long as the process, within `Limits`."""

import secrets
import time
from types import EllipsisType

from chatkit.turns.engine import ChatFull, Counts, OtherChat, TooManyTurns
from chatkit.turns.turn import Limits, Turn


class Turns:
    """All turns of one process, by turn and by chat. An `Engine`."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._turns: dict[str, Turn] = {}  # in order of creation

    async def say(
        self, message: str, chat: str | None = None, parent: str | EllipsisType | None = ...
    ) -> Turn:
        """Start a turn in `chat`, or in a new chat. Raises as `Engine.say` says."""
        self._forget()
        if isinstance(parent, str):
            found = await self.get(parent)
            if chat not in (None, found.chat):
                raise OtherChat("The turn that the message is to follow is in another chat.")
            chat = found.chat
        others = await self.chat(chat or "")
        self._want_room(others)
        if parent is ...:
            parent = others[-1].id if others else None
        turn = Turn(message, chat or secrets.token_urlsafe(16), parent, self.limits)
        self._turns[turn.id] = turn
        return turn

    def _want_room(self, others: list[Turn]) -> None:
        """Raise `TooManyTurns` or `ChatFull` if no turn may be added to these of a chat."""
        limits, live = self.limits, self._live()
        if live >= limits.live:
            raise TooManyTurns(f"{live:,} replies are being written, which is the limit.")
        if sum(turn.size for turn in others) > limits.chat_bytes:
            raise ChatFull(f"The chat has more than {limits.chat_bytes:,} bytes. Start a new one.")
        live = sum(turn.status == "streaming" for turn in others)
        if live >= limits.chat_live:
            raise TooManyTurns(f"Replies being written in this chat: {live:,}, which is the limit.")

    async def get(self, turn_id: str) -> Turn:
        """The turn with this id. Raises `KeyError` if there is none, or no longer."""
        turn = self._turns[turn_id]
        if self._too_old(turn):
            raise KeyError(turn_id)
        return turn

    async def chat(self, chat_id: str) -> list[Turn]:
        """The turns of a chat that are still kept, oldest first; none: an empty list."""
        return [
            turn
            for turn in self._turns.values()
            if turn.chat == chat_id and not self._too_old(turn)
        ]

    async def cancel(self, turn_id: str) -> Turn:
        """Stop the writer of a turn. Its readers get `end` at once. Repeating it is harmless."""
        turn = await self.get(turn_id)
        if turn.status == "streaming":
            await turn.finish("cancelled")
        if turn.writer is not None:
            turn.writer.cancel()
        return turn

    async def counts(self) -> Counts:
        """How many turns there are: kept, and being written."""
        return Counts(len(self._turns), self._live())

    async def close(self) -> None:
        """Nothing is held outside of this process."""

    def _live(self) -> int:
        return sum(turn.status == "streaming" for turn in self._turns.values())

    def _too_old(self, turn: Turn) -> bool:
        if turn.finished_at is None:
            return False
        return time.monotonic() - turn.finished_at >= self.limits.age

    def _forget(self) -> None:
        finished = [turn for turn in self._turns.values() if turn.status != "streaming"]
        too_many = len(finished) - self.limits.kept
        too_large = sum(turn.size for turn in finished) - self.limits.kept_bytes
        for turn in finished:  # the oldest first
            if too_many > 0 or too_large > 0 or self._too_old(turn):
                del self._turns[turn.id]
                too_many -= 1
                too_large -= turn.size
