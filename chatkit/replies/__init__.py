"""Where the text of a reply comes from."""

from chatkit.replies.reply import Message, Reply, echo, history
from chatkit.turns.pieces import Finish, Piece, Reasoning, ReplyFailed

__all__ = ["Finish", "Message", "Piece", "Reasoning", "Reply", "ReplyFailed", "echo", "history"]
