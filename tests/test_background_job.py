"""The tests, started where SIGINT is ignored: as a job in the background, as in many CI systems."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SIGINT_IGNORED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])
"""

TESTS = """
import signal, subprocess, sys

def test_here():
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

def test_in_what_it_starts():
    code = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "True\\n"
"""


@pytest.mark.parametrize("workers", ["0", "1"])
def test_sigint_is_as_in_the_foreground(tmp_path, workers):
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (tmp_path / "test_sigint.py").write_text(TESTS, "utf-8")
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "xdist", "-n", workers, str(tmp_path)]
    run = subprocess.run(
        [sys.executable, "-c", SIGINT_IGNORED, *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # the others take seconds
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert "2 passed" in run.stdout
