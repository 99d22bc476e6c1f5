"""Text that a cell shows and another takes the place of: few messages, and the last one counts."""

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from chatkit.notebook import show
from chatkit.server.log import Messages


class Cell:
    """What a cell has shown, in order."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def display(self, data: dict[str, str], **_: object) -> "Cell":
        self.shown.append(data["text/plain"])
        return self

    def update(self, data: dict[str, str], **_: object) -> None:
        self.shown.append(data["text/plain"])


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cell]:
    cell = Cell()
    kernel = SimpleNamespace(kernel=True)
    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: kernel)
    monkeypatch.setattr("IPython.display.display", cell.display)
    yield cell
    wait_for_the_last()


def wait_for_the_last() -> None:
    """Wait until nothing is left to be shown."""
    while timers := [it for it in threading.enumerate() if isinstance(it, threading.Timer)]:
        timers[0].join()


def test_many_are_few_messages_and_the_last_is_shown(cell: Cell) -> None:
    replace = show.show_text("none")
    begun = time.monotonic()
    for number in range(5000):
        replace(str(number))
    assert cell.shown[:2] == ["none", "0"]  # at once
    wait_for_the_last()
    seconds = time.monotonic() - begun
    assert cell.shown[-1] == "4999"
    assert len(cell.shown) <= 3 + seconds / show.BETWEEN_UPDATES
    replace("later")
    assert cell.shown[-1] == "later"


def test_what_is_said_while_it_is_shown_comes_too(cell: Cell) -> None:
    messages = Messages()
    messages.show()
    update = cell.update

    def say_and_update(data: dict[str, str], **_: object) -> None:
        cell.update = update
        messages.take("two")  # as a warning of what shows it
        update(data)

    cell.update = say_and_update
    messages.take("one")
    wait_for_the_last()
    assert cell.shown == ["no warnings, no errors", "one", "one\ntwo"]


def test_a_cell_that_cannot_be_shown_any_more_is_no_error(cell: Cell) -> None:
    replace = show.show_text("none")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the kernel is on its way out")

    cell.update = fail
    replace("one")
    assert cell.shown == ["none"]


def test_without_a_notebook_a_page_is_its_url(capsys: pytest.CaptureFixture[str]) -> None:
    show.show_page(8000, "nonce", "docs", 560)
    assert capsys.readouterr().out == "http://127.0.0.1:8000/docs\n"
