"""The React client by its own tools: Vitest for the hooks, ESLint with the rules of hooks, tsc."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from react_project import npm_run, react_project

from chatkit import create_app, echo, serve

CLIENT = Path(__file__).parents[2] / "static" / "react"

UNTIDY = """\
import { useEffect } from "react";

export function useTitle(title: string) {
  useEffect(() => {
    document.title = title;
  }, []);
}
"""


@pytest.fixture(scope="module")
def project() -> Iterator[Path]:
    with react_project() as folder:
        yield folder


def test_the_hooks(project: Path) -> None:
    with serve(create_app(echo(delay=0.02)), name=__name__) as server:
        npm_run(project, "test", CHATKIT_SERVER=server.url)


def test_eslint_finds_nothing_but_what_is_there(project: Path) -> None:
    npm_run(project, "lint")
    (project / "src" / "useTitle.ts").write_text(UNTIDY, "utf-8")
    with pytest.raises(AssertionError, match="useEffect has a missing dependency: 'title'"):
        npm_run(project, "lint", "src/useTitle.ts")
    (project / "src" / "useTitle.ts").unlink()


def test_the_types(project: Path) -> None:
    npm_run(project, "types")


def test_the_whole_client_is_small() -> None:
    files = [path for path in (CLIENT / "src").rglob("*") if path.suffix in (".ts", ".tsx", ".css")]
    own = [path for path in files if "exhibits" not in path.parts]
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in own)
    assert lines < 600, lines
