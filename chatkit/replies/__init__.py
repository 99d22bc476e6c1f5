"""Where the text of a reply comes from."""

from chatkit.replies.reply import Message, Reply, echo, history
from chatkit.replies.upstream import upstream
from chatkit.replies.words import words
from chatkit.turns.pieces import Finish, Piece, Reasoning, ReplyFailed

__all__ = [
    "Finish",
    "Message",
    "Piece",
    "Reasoning",
    "Reply",
    "ReplyFailed",
    "echo",
    "history",
    "upstream",
    "words",
]
