"""A copy of static/ in which the React client can be built, checked and edited."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from npm_packages import installed

from chatkit.cli.react import wheel_node

STATIC = Path(__file__).parents[3] / "static"


@contextmanager
def react_project() -> Iterator[Path]:
    """The folder static/react/ of the copy. Node finds its packages above it."""
    with tempfile.TemporaryDirectory(dir=installed(STATIC / "react")) as new:
        copy = Path(new) / "static"
        shutil.copytree(STATIC, copy, ignore=shutil.ignore_patterns("node_modules", "dist"))
        yield copy / "react"


def npm_run(project: Path, script: str, *arguments: str, **environment: str) -> str:
    """What a script of package.json prints. Raises `AssertionError`, with that, if it fails."""
    node = wheel_node()
    assert node
    done = subprocess.run(
        [*node.npm, "run", "--silent", script, "--", *arguments],
        cwd=project,
        env=node.environment(**environment),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def dev_server(project: Path, **environment: str) -> Iterator[str]:
    """The origin of Vite's dev server for the project, on a port that is free."""
    node = wheel_node()
    assert node
    vite = project.parents[2] / "node_modules" / "vite" / "bin" / "vite.js"
    with subprocess.Popen(
        [node.program, vite, "--port", "0"],
        cwd=project,
        env=node.environment(NO_COLOR="1", **environment),
        stdin=subprocess.PIPE,  # Vite ends when its input does
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        try:
            said = ""
            while not (found := re.search(r"(http://\S+?)/\s", said)):
                line = process.stdout.readline()
                assert line, said
                said += line
            yield found[1]
        finally:
            process.terminate()
