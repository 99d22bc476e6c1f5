"""Find a Chromium on this machine, and start it quietly for a test."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright

COMMANDS = (
    "chromium-headless-shell",  # the same engine without windows: 40 % less work
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
# Where programs are installed without being on the PATH.
PLACES = {
    "darwin": [
        (Path("/Applications"), "Google Chrome.app/Contents/MacOS/Google Chrome"),
        (Path("/Applications"), "Chromium.app/Contents/MacOS/Chromium"),
        (Path("/Applications"), "Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
    ],
    "win32": [
        (Path(os.environ[variable]), program)
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        if variable in os.environ
        for program in (
            "Google/Chrome/Application/chrome.exe",
            "Chromium/Application/chrome.exe",
            "Microsoft/Edge/Application/msedge.exe",
        )
    ],
}
FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium(playwright: Playwright) -> str | None:
    """The path of an installed Chromium, Chrome or Edge, or of Playwright's own; else None."""
    installed = [shutil.which(command) for command in COMMANDS]
    installed += [str(folder / program) for folder, program in PLACES.get(sys.platform, [])]
    installed.append(playwright.chromium.executable_path)
    return next((path for path in installed if path and Path(path).is_file()), None)


def launch(playwright: Playwright, *more: str) -> Browser:
    """Start a headless Chromium. Without one the test is skipped; where `CI` is set, it fails.

    `more` are flags besides those of every test.
    """
    path = find_chromium(playwright)
    if path is None:
        reason = (
            "no Chromium, Chrome or Edge was found: install one (Debian: apt-get install "
            "chromium), or run: playwright install chromium"
        )
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*FLAGS, *more, *(["--no-sandbox"] if root else [])]
    return playwright.chromium.launch(executable_path=path, args=flags)
