"""A connection of our servers."""

from chatkit.answer_limit import AnswerLimit
from chatkit.head_limit import HeadLimit


class Connection(HeadLimit, AnswerLimit):
    """uvicorn's HTTP for one connection, with bounds for what comes in and for what goes out."""
