"""Where the text of a reply comes from."""

from chatkit.replies.reply import Message, Reply, echo, history

__all__ = ["Message", "Reply", "echo", "history"]
