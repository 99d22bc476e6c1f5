"""What a server has to say: whose it is, and how much of it is kept and shown."""

import logging
import threading

import pytest

from chatkit.server import log
from chatkit.server.log import Messages

messages = logging.getLogger("chatkit")


def test_only_what_this_thread_logs_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    mine = Messages()
    other = threading.Thread(target=lambda: messages.warning("of another thread"))
    with mine.of_this_thread():
        messages.warning("mine")
        messages.info("not a warning")
        other.start()
        other.join()
    messages.warning("afterwards")
    assert mine.text == "mine"
    assert caplog.messages == ["of another thread", "afterwards"]


def test_thread_that_has_ended_is_forgotten() -> None:
    before = dict(log._filter.takers)  # an identifier is used again
    with pytest.raises(RuntimeError), Messages().of_this_thread():
        raise RuntimeError("the server ended")
    assert log._filter.takers == before


def test_a_thousand_are_kept() -> None:
    kept = Messages()
    for number in range(1500):
        kept.take(f"line {number}")
    assert kept.text.splitlines() == [f"line {number}" for number in range(500, 1500)]


def test_end_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    kept = Messages()
    kept.take("first " * 10_000)
    kept.take("last")
    kept.show()
    shown = capsys.readouterr().out
    assert shown.endswith("last\n")
    assert len(shown) == log.SHOWN + 1
