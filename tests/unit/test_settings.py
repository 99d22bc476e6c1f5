"""What the package's README says in numbers: each setting with its default, and how long it is."""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from chatkit import create_app
from chatkit.faults import Faults
from chatkit.limits import Connection
from chatkit.limits.body import DISCARDED
from chatkit.limits.connection import AnswerLimit, HeadLimit
from chatkit.replies import upstream
from chatkit.replies.endpoint import ERROR_BYTES, LARGEST
from chatkit.turns import Limits
from chatkit.turns.valkey import ValkeyTurns
from chatkit.web.event_stream import GRACE

NOT_LIMITS = {"reply", "turns", "heartbeat", "static", "faults", "dialects"}


def settings() -> dict[str, float | None]:
    """Each setting as the table writes it, with its default; None: a collection that is empty."""
    found: dict[str, float | None] = {}
    for field in dataclasses.fields(Limits):
        found[f"Limits({field.name}=)"] = field.default
    for name, parameter in inspect.signature(create_app).parameters.items():
        if name not in NOT_LIMITS:
            default = parameter.default
            found[f"create_app({name}=)"] = None if default == () else default
    for owner in (upstream, ValkeyTurns):
        for name, parameter in inspect.signature(owner).parameters.items():
            if parameter.kind is parameter.KEYWORD_ONLY and name not in ("system", "prefix"):
                found[f"{owner.__name__}({name}=)"] = parameter.default
    found["app.state.faults.most"] = Faults().most
    for kind in (HeadLimit, AnswerLimit):
        for name in vars(kind):
            if name.endswith(("_bytes", "_seconds")):
                found[f"Connection.{name}"] = getattr(Connection, name)
    return found


@pytest.fixture(scope="module")
def readme(checkout: Path) -> str:
    return (checkout / "chatkit/README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def rows(readme: str) -> dict[str, str]:
    """The setting of each row, and the default beside it."""
    table = re.findall(r"^\| (`.*?) \| (.*?) \| .*\|$", readme, re.M)
    return {
        name: default
        for names, default in table
        for name in re.findall(r"`(\S+(?:\(\S*\))?)`", names)
        if "." in name or "(" in name
    }


def test_every_setting_is_in_the_table(rows: dict[str, str]) -> None:
    assert set(settings()) <= set(rows), set(settings()) - set(rows)


@pytest.mark.parametrize("name", [name for name, value in settings().items() if value is not None])
def test_the_table_has_the_default(rows: dict[str, str], name: str) -> None:
    value = settings()[name]
    assert value is not None
    assert has_number(rows[name], value), (value, rows[name])


def test_the_bounds_that_are_fixed(readme: str) -> None:
    fixed = " ".join(readme.partition("A few bounds are fixed.")[2].partition("\n\n")[0].split())
    assert f" {DISCARDED / 1_000_000:g} MB more are read" in fixed
    assert f" {LARGEST / 1_000_000:g} MB without an event in it" in fixed
    assert f" an error of {ERROR_BYTES:,} bytes" in fixed
    assert f" {GRACE:g} s to take the end" in fixed


def has_number(text: str, value: float) -> bool:
    written = f"{value:,.0f}" if value < 1_000_000 else f"{value / 1_000_000:g} MB"
    return re.search(rf"(?<![\d,.]){re.escape(written)}(?!,?\d)", text) is not None


def test_how_long_the_heart_is(readme: str, checkout: Path) -> None:
    package = checkout / "chatkit"
    turns = [path for path in package.glob("turns/*.py") if "valkey" not in path.name]
    files = [package / "sse.py", *turns, *package.glob("web/*.py")]
    lines = sum(len(path.read_text("utf-8").splitlines()) for path in files)
    (said,) = re.findall(r"about ([\d,]+) lines", readme)
    assert abs(int(said.replace(",", "")) - lines) < 150, lines
