"""static/client/proof.js tells a text that is the server's from any other."""

import hashlib
from typing import Any

from node_runner import run_node

TEXT = "🦊 e\u0301\n"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


def prove(*cases: tuple[str, int | None, str | None]) -> Any:
    return run_node(
        "run_proof.mjs",
        [[text, {"chars": chars, "sha256": sha256}] for text, chars, sha256 in cases],
    )


def test_prove() -> None:
    assert prove(
        (TEXT, len(TEXT), SHA256),
        ("", 0, hashlib.sha256(b"").hexdigest()),
        (TEXT + " ", len(TEXT), SHA256),
        (TEXT, len(TEXT) + 1, SHA256),
        (TEXT, len(TEXT), SHA256[::-1]),
        (TEXT, None, None),
    ) == ["ok", "ok", "mismatch", "mismatch", "mismatch", None]
