"""How a benchmark says what it has found: a line about the machine, and tables."""

import contextlib
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("fastapi", "starlette", "sse-starlette", "uvicorn", "uvloop", "httptools")


def machine(packages: Iterable[str]) -> str:
    """What the figures depend on, in one line, with the versions of the packages installed."""
    cores = os.cpu_count()
    parts = [f"{cores} core{'s' * (cores != 1)}", f"Python {platform.python_version()}"]
    for package in packages:
        with contextlib.suppress(PackageNotFoundError):
            parts.append(f"{package} {version(package)}")
    return ", ".join(parts)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned text: names to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *figures in rows:
        cells = [f"{figure:>{width}}" for figure, width in zip(figures, widths[1:], strict=True)]
        lines.append("  ".join([f"{name:<{widths[0]}}", *cells]).rstrip())
    return "\n".join(lines)
