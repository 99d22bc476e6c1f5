"""What a server in a notebook has to say: warnings and errors, kept instead of printed."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chatkit.notebook.show import show_text
from chatkit.server.tracebacks import OwnLines

LOGGERS = ("uvicorn.error", "chatkit", "sse_starlette.sse", "asyncio")
NONE = "no warnings, no errors"
SHOWN = 20_000  # characters of the messages that are shown


class Messages:
    """The messages of one server: a thousand lines at most, newest last."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=1000)
        self._replace_shown: Callable[[str], None] | None = None

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def take(self, line: str) -> None:
        self._lines.append(line)
        self._update_shown()

    @contextmanager
    def of_this_thread(self) -> Iterator[None]:
        """Take what is logged in this thread meanwhile."""
        _filter.takers[threading.get_ident()] = self.take
        try:
            yield
        finally:
            del _filter.takers[threading.get_ident()]

    def show(self) -> None:
        """Show the end of the messages in the cell, and keep it up to date."""
        self._replace_shown = show_text(self._end)

    def take_place_of(self, old: "Messages") -> None:
        """Show these where those of an older server were shown."""
        self._replace_shown, old._replace_shown = old._replace_shown, None
        self._update_shown()

    def _update_shown(self) -> None:
        if self._replace_shown is not None:
            self._replace_shown(self._end)

    @property
    def _end(self) -> str:
        return self.text[-SHOWN:] or NONE


class _ThreadFilter(logging.Filter):
    """Keeps what is logged in a server's thread from being printed, wherever that would be."""

    def __init__(self) -> None:
        super().__init__()
        self.takers: dict[int, Callable[[str], None]] = {}  # by thread

    def filter(self, record: logging.LogRecord) -> bool:
        take = self.takers.get(record.thread or 0)
        if take is None:
            return True
        if record.levelno >= logging.WARNING:
            take(OwnLines().format(record))
        return False


_filter = _ThreadFilter()
for _name in LOGGERS:
    logging.getLogger(_name).addFilter(_filter)
