"""The types of the page's modules are checked, each of them: tests/check_page_types.py does it."""

from pathlib import Path

STATIC = Path(__file__).parents[2] / "static"


def test_every_module_asks_for_the_check() -> None:
    modules = [path for path in STATIC.rglob("*.js") if not path.is_relative_to(STATIC / "react")]
    unchecked = [
        path.relative_to(STATIC).as_posix()
        for path in modules
        if not path.read_text("utf-8").startswith("// @ts-check\n// ")
    ]
    assert modules
    assert unchecked == []
