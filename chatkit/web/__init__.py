"""The HTTP side: the app, its routes, and the page."""

from chatkit.web.app import create_app

__all__ = ["create_app"]
