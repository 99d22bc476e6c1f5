"""Learn how ChatGPT-style streaming works: one reply, streamed over Server-Sent Events."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatkit.replies.reply import echo
    from chatkit.server.background import Server, serve
    from chatkit.web.app import create_app

__all__ = ["Server", "create_app", "echo", "serve"]

_MODULES = {"Server": "server", "create_app": "web", "echo": "replies", "serve": "server"}


def __getattr__(name: str) -> Any:
    # Only when it is asked for: `chatkit doctor` must run where a package is missing.
    if name in _MODULES:
        return getattr(import_module(f"chatkit.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__  # a notebook completes from it
