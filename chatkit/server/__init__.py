"""A server inside a notebook, and the same server in the foreground."""

from chatkit.server.background import Server, serve

__all__ = ["Server", "serve"]
