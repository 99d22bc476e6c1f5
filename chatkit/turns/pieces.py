"""What a reply may yield besides text, and how it tells its reader why it goes no further."""

from dataclasses import asdict, dataclass
from typing import Any

MOST_SAID = 2000  # characters of why a reply has ended


@dataclass(frozen=True)
class Reasoning:
    """A piece of what a model thinks before it answers. It is not part of the reply's text."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Finish:
    """How a model came to its end: the last thing that its reply yields, if it says anything.

    `reason` is "stop" at an end of its own, "length" at a limit of tokens, or another word of the
    model's API. The tokens are as the model has counted them; None: it has not.
    """

    reason: str = "stop"
    input_tokens: int | None = None
    output_tokens: int | None = None

    def known(self) -> dict[str, Any]:
        """What has been said, by name."""
        said = asdict(self) | {"reason": sayable(self.reason)}
        return {name: value for name, value in said.items() if value is not None}


Piece = str | Reasoning | Finish


class ReplyFailed(Exception):
    """The reply goes no further. The words are for its reader: they become the `failure`."""


def whole(text: str) -> str:
    """`text`, but half of a surrogate pair becomes U+FFFD, as in the web platform."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def sayable(text: str) -> str:
    """`text` as a log can hold it: `MOST_SAID` characters of it, and all of them whole."""
    text = whole(text)
    return text if len(text) <= MOST_SAID else text[:MOST_SAID] + "…"
