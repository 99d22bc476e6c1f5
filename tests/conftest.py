"""For all tests: the checkout, and a skipped test is a failed run where `CI` is set.

A machine for tests has all that they need.
"""

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from httpx._config import DEFAULT_TIMEOUT_CONFIG

CHECKOUT = Path(__file__).resolve().parents[1]

# A shell's background job starts with SIGINT ignored, as do the workers and servers that it starts
# in turn. But tests end servers with it, and execnet its workers.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# httpx gives up after 5 seconds, where it is told nothing else. A busy machine is not a failure.
for _step in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, _step, 60.0)


# The files that take longest, by what a test of them starts: a worker that begins one of them
# last works on when the others have nothing left.
LONGEST_FIRST = (
    "test_run_again.py",
    "test_workers.py",
    "test_firefox.py",
    "test_lessons.py",
    "test_site.py",
    "test_random_faults.py",
    "test_jupyterlab.py",
    "test_jupyterlab_addresses.py",
    "test_benchmarks.py",
    "test_page_faults.py",
    "test_wheelhouse.py",
    "test_show.py",
    "test_page_faults_firefox.py",
    "test_arguments.py",
    "test_markdown.py",
    "test_doctor.py",
    "test_edits.py",
    "test_page_scrolling.py",
    "test_react.py",
    "test_exercises.py",
    "test_nbgrader.py",
    "test_faults.py",
    "test_lab.py",
    "10-more-than-one-machine.ipynb",
    "07-when-a-reply-goes-wrong.ipynb",
    "test_valkey_random_faults.py",
    "test_http_surface.py",
    "test_wire.py",
    "test_page.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def position(item: pytest.Item) -> int:
        name = item.path.name
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=position)


def pytest_collection_finish() -> None:
    """Leave thousands of collected tests out of every later `gc.collect()`: checks call it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*build, str(folder)], cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def skipped(config: pytest.Config) -> int:
    """How many tests were skipped, cells of notebooks included; 0 where that may be."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("CI") or reporter is None or hasattr(config, "workerinput"):
        return 0
    return len(reporter.stats.get("skipped", []))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if skipped(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter, config: pytest.Config) -> None:
    for report in terminalreporter.stats.get("passed", []):
        for name, value in getattr(report, "user_properties", []):
            if name == "announced":  # figures that a test wants to be seen
                terminalreporter.write_line(value)
    if count := skipped(config):
        terminalreporter.write_line(f"CI is set: {count} skipped is a failure (-rs says why)")
