"""Where the page and the notebooks are: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

PACKAGE = Path(__file__).parent


def folder(name: str) -> Path:
    """The folder `name` ("static" or "notebooks"). Raises `FileNotFoundError`."""
    for path in (PACKAGE / name, PACKAGE.parent / name):
        if path.is_dir():
            return path
    raise FileNotFoundError(f"the folder {name}/ is neither in {PACKAGE} nor beside it")
