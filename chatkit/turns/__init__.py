"""The log of a reply, called a turn, and what keeps all turns. No HTTP here."""

from chatkit.turns.engine import ChatFull, Counts, Engine, EngineDown, OtherChat, TooManyTurns
from chatkit.turns.memory import Turns
from chatkit.turns.pieces import Finish, Piece, Reasoning, ReplyFailed
from chatkit.turns.turn import (
    Limits,
    LogEvent,
    Status,
    Turn,
    TurnFinished,
    TurnTooLarge,
    path_to,
)
from chatkit.turns.writing import Writers, write

__all__ = [
    "ChatFull",
    "Counts",
    "Engine",
    "EngineDown",
    "Finish",
    "Limits",
    "LogEvent",
    "OtherChat",
    "Piece",
    "Reasoning",
    "ReplyFailed",
    "Status",
    "TooManyTurns",
    "Turn",
    "TurnFinished",
    "TurnTooLarge",
    "Turns",
    "Writers",
    "path_to",
    "write",
]
