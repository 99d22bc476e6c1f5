"""An extension of the Jupyter server: what `chatkit lab` says in the terminal, in one last line.

JupyterLab's own greeting names the URL three times, two of them not as a link.
"""

import logging
from typing import Any


def _load_jupyter_server_extension(server: Any) -> None:
    server.log.addFilter(is_no_greeting)
    server.io_loop.add_callback(lambda: server.io_loop.add_callback(greet, server))


def is_no_greeting(record: logging.LogRecord) -> bool:
    return "To access the server" not in record.getMessage()


def greet(server: Any) -> None:
    """Called when the server answers."""
    print(
        f"\nLessons: {server.public_url} (your work is in {server.root_dir}; "
        "leave this window open; Ctrl-C, twice, ends it)",
        flush=True,
    )
