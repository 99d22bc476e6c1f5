"""The checks of lesson 00, start here."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from checks.judging import Verdict, collect, verdict, want


def check_shout(reply: Callable[..., AsyncIterator[str]]) -> Coroutine[Any, Any, Verdict]:
    """A reply that says the last message in capitals, word by word."""

    async def check() -> None:
        for message, expected in (("hello you", "HELLO YOU"), ("ß and ẞ", "SS AND ẞ")):
            pieces = await collect(reply([{"role": "user", "content": message}]))
            want(pieces, f"for the message {message!r} it yields nothing")
            text = "".join(pieces)
            want(
                text.strip() == expected,
                f"for the message {message!r} the pieces should join to {expected!r}, not {text!r}",
            )
            want(len(pieces) > 1, "it should yield word by word, not all at once")
            pieces.want_polite()
        earlier = [{"role": "user", "content": "first"}, {"role": "assistant", "content": "FIRST"}]
        last = {"role": "user", "content": "second"}
        text = "".join(await collect(reply([*earlier, last]))).strip()
        want(text == "SECOND", f"in a longer chat it should answer the last message, not {text!r}")

    return verdict(check())
