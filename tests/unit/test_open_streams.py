"""OpenStreams: what it counts, and that it keeps no client that has left."""

import pytest
from fastapi import HTTPException

from chatkit.limits import OpenStreams


def test_bounds_in_all_and_of_each_client() -> None:
    streams = OpenStreams(most=3, most_per_client=2)
    with streams.count("a"), streams.count("a"):
        with pytest.raises(HTTPException) as refusal, streams.count("a"):
            pass
        assert (refusal.value.status_code, refusal.value.headers) == (429, {"Retry-After": "5"})
        with streams.count("b"):
            assert len(streams) == 3
            with pytest.raises(HTTPException) as refusal, streams.count("c"):
                pass
            assert (refusal.value.status_code, refusal.value.headers) == (503, {"Retry-After": "5"})
        with streams.count("c"):
            assert len(streams) == 3
    assert len(streams) == 0


def test_clients_that_have_left_are_forgotten() -> None:
    streams = OpenStreams(most=10, most_per_client=10)
    for number in range(100):
        with pytest.raises(RuntimeError), streams.count(f"2001:db8::{number}"):
            raise RuntimeError("the reader has left")
    assert len(streams._clients) == 0
