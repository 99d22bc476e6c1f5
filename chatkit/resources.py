"""Where the page and the notebooks are: beside the package in a checkout, inside it in a wheel."""

import hashlib
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
    Its name is computed from the sources, so another version has another copy, and another build.
    """
    static = folder("static")
    if static.parent == PACKAGE:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        static = cache / "chatkit" / f"static-{digest(static)}"
    return static / "react"


def digest(source: Path) -> str:
    """16 hexadecimal digits, which are others where a file in the folder is."""
    whole = hashlib.sha256()
    for path in sorted(source.rglob("*")):
        if path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            whole.update(f"{path.relative_to(source).as_posix()} {content}\n".encode())
    return whole.hexdigest()[:16]
