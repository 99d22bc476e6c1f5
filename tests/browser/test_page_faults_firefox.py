"""Every fault of the lab, met by the page in Firefox, with the Wire open. The table is printed:

pytest -n0 -s tests/browser/test_page_faults_firefox.py
"""

from collections.abc import Callable

import firefox
import pytest
from playwright.sync_api import Browser, Playwright
from test_page_faults import table, test_fault

__all__ = ["table", "test_fault"]


@pytest.fixture(scope="module")
def launch() -> Callable[[Playwright], Browser]:
    return firefox.launch
