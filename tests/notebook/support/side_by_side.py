"""Work on several lessons at once: most of the time, a lesson waits."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

Result = TypeVar("Result")
AT_ONCE = 3


@contextmanager
def side_by_side(
    work: Callable[[Any], Result], request: pytest.FixtureRequest, parameter: str
) -> Iterator[dict[Any, Future[Result]]]:
    """What `work` returns for each value of a parameter, for a fixture of a whole module.

    The values are those of the tests that are to run, and use the fixture.
    """
    tests = [
        item for item in request.session.items if item.getparent(pytest.Module) is request.node
    ]
    values = dict.fromkeys(
        test.callspec.params[parameter]
        for test in tests
        if request.fixturename in test.fixturenames
    )
    pool = ThreadPoolExecutor(AT_ONCE)
    yield {value: pool.submit(work, value) for value in values}
    pool.shutdown(cancel_futures=True)
