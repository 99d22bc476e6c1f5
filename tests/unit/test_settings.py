"""The table of limits in the package's README has every setting, with its default."""

import dataclasses
import inspect
import re
from pathlib import Path

import pytest

from chatkit import create_app
from chatkit.faults import Faults
from chatkit.limits import Connection
from chatkit.limits.connection import AnswerLimit, HeadLimit
from chatkit.turns import Limits
from chatkit.turns.valkey import ValkeyTurns

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
    for name, parameter in inspect.signature(ValkeyTurns).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY and name != "prefix":
            found[f"ValkeyTurns({name}=)"] = parameter.default
    found["app.state.faults.most"] = Faults().most
    for kind in (HeadLimit, AnswerLimit):
        for name in vars(kind):
            if name.endswith(("_bytes", "_seconds")):
                found[f"Connection.{name}"] = getattr(Connection, name)
    return found


@pytest.fixture(scope="module")
def rows(checkout: Path) -> dict[str, str]:
    """The setting of each row, and the default beside it."""
    table = re.findall(
        r"^\| (`.*?) \| (.*?) \| .*\|$", (checkout / "chatkit/README.md").read_text("utf-8"), re.M
    )
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
    written = f"{value:,.0f}" if value < 1_000_000 else f"{value / 1_000_000:g} MB"
    assert re.search(rf"(?<![\d,.]){re.escape(written)}(?!,?\d)", rows[name]), (
        written,
        rows[name],
    )
