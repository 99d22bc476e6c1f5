"""Learn how ChatGPT-style streaming works: one reply, streamed over Server-Sent Events."""

from chatkit.app import create_app
from chatkit.replies import echo
from chatkit.serving import Server, serve

__all__ = ["Server", "create_app", "echo", "serve"]
