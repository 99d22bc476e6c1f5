"""Where the page and the notebooks are: beside the package in a checkout, inside it in a wheel."""

import os
from pathlib import Path

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `name` ("static" or "notebooks"). Raises `FileNotFoundError`."""
    for path in (PACKAGE / name, PACKAGE.parent / name):
        if path.is_dir():
            return path
    raise FileNotFoundError(f"the folder {name}/ is neither in {PACKAGE} nor beside it")


def react_folder() -> Path:
    """Where the React client is built: in place in a checkout, in a copy for an installed package.

    A wheel stays as it was installed, and need not be writable: the copy is in the user's cache.
    """
    static = folder("static")
    if static.parent == PACKAGE:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        static = cache / "chatkit" / "static"
    return static / "react"
