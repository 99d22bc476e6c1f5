"""Would the tests of the wire format notice a mistake? See mutate_sse.py."""

import random
import signal
from collections.abc import Callable

import mutate_sse
import pytest
from mutate_sse import MUTATIONS, Mutation, caught_by


def test_a_sample_of_the_mutations_is_caught(
    record_property: Callable[[str, object], None],
) -> None:
    """All of them: python tests/unit/support/mutate_sse.py"""
    assert len(set(MUTATIONS)) == len(MUTATIONS) > 200
    seed = random.randrange(1_000_000)
    record_property("announced", f"mutations of the parser: 60, seed {seed}")
    sample = random.Random(seed).sample(MUTATIONS, 60)
    assert [str(mutation) for mutation in sample if caught_by(mutation) is None] == []


@pytest.mark.parametrize(("old", "times"), [("no such line", 0), ("chunk", r"\d+")])
def test_a_mutation_that_has_lost_its_place_is_an_error(old: str, times: object) -> None:
    with pytest.raises(ValueError, match=rf"'{old}' stands {times} times in sse\.py, not once"):
        Mutation(old, "").applied()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timer on this system")
def test_a_test_that_does_not_end_is_one_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless() -> None:
        while True:
            pass

    monkeypatch.setattr(mutate_sse, "ENDLESS", 0.01)
    assert mutate_sse.Test("endless", endless, {}).fails()
    assert not mutate_sse.Test("at once", lambda: None, {}).fails()
