"""The React client for a browser, in React's development build: StrictMode runs effects twice."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from react_project import npm_run, react_project

PATH = "react/"


@contextmanager
def development_build() -> Iterator[Path]:
    """The folder of a build, as long as it is needed."""
    with react_project() as project, tempfile.TemporaryDirectory() as folder:
        options = ("--mode", "development", "--outDir", folder)
        npm_run(project, "build", *options, NODE_ENV="development")
        yield Path(folder)
