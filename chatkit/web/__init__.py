"""The HTTP side: the app, its routes, and its pages."""

from chatkit.web.app import create_app
from chatkit.web.react_page import add_react_page

__all__ = ["add_react_page", "create_app"]
