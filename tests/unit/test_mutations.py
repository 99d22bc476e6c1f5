"""Do the tests notice a mistake? A few of the mutations of `tests/mutate.py`, others each time."""

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

COUNT = 4


def test_a_sample_of_the_mutations_is_caught(
    checkout: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = random.randrange(1_000_000)
    record_property("announced", f"tests/mutate.py --sample {COUNT} --seed {seed}")
    assert_caught(checkout, "--sample", str(COUNT), "--seed", str(seed))


def assert_caught(checkout: Path, *arguments: str) -> None:
    if not hasattr(os, "killpg"):
        pytest.skip("no process groups on this system")
    command = [sys.executable, str(checkout / "tests/mutate.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
