"""Find a Firefox on this machine, and start it quietly for a test.

Playwright's own build of Firefox would be a download. It also drives the Firefox that is
installed, by WebDriver BiDi, as the channel `moz-firefox`.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from playwright.sync_api import Browser, Error, Playwright

COMMANDS = ("firefox-esr", "firefox")
# Where it is installed without being on the PATH.
PLACES = {
    "darwin": [Path("/Applications/Firefox.app/Contents/MacOS/firefox")],
    "win32": [
        Path(os.environ[variable], "Mozilla Firefox", "firefox.exe")
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        if variable in os.environ
    ],
}
# Those that keep it off the network are set by Playwright and by Firefox itself.
PREFERENCES: dict[str, str | float | bool] = {
    "network.dns.localDomains": "chat.test",  # this machine, as if it were somewhere else
}


def find_firefox() -> str | None:
    """The path of an installed Firefox; else None."""
    installed = [shutil.which(command) for command in COMMANDS]
    installed += [str(program) for program in PLACES.get(sys.platform, [])]
    return next((path for path in installed if path and Path(path).is_file()), None)


def launch(playwright: Playwright) -> Browser:
    """Start a headless Firefox. Without one the test is skipped; where `CI` is set, it fails."""
    path = find_firefox()
    if path is None:
        give_up("no Firefox was found: install one (Debian: apt-get install firefox-esr)")
    browser = playwright.firefox.launch(
        channel="moz-firefox", executable_path=path, firefox_user_prefs=PREFERENCES
    )
    try:
        browser.new_context().close()
    except Error as error:
        browser.close()
        give_up(f"Playwright cannot drive {path}: pip install 'playwright<1.65' ({error.message})")
    return browser


def give_up(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
