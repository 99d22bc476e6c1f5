"""static/wire/escaped.js: a person sees every byte, and can tell it from all others."""

import base64
import random
import re
from typing import Any

from node_runner import run_node

SAMPLES: list[tuple[bytes, list[list[str]]]] = [
    (b"", []),
    (b"data: a", [["text", "data: a"]]),
    ("é🦊 שלום\\n".encode(), [["text", "é🦊 שלום\\n"]]),
    (b"a\nb", [["text", "a"], ["control", "\\n"], ["text", "\n"], ["text", "b"]]),
    (b"\r\n", [["control", "\\r\\n"], ["text", "\n"]]),
    (b"\n\r", [["control", "\\n"], ["text", "\n"], ["control", "\\r"], ["text", "\n"]]),
    (b"\t\0\x1b\x7f", [["control", shown] for shown in ("\\t", "\\0", "\\x1b", "\\x7f")]),
    (
        "\u0085\u200b\u202e\u2028\ufeff".encode(),
        [["control", f"\\u{code}"] for code in ("0085", "200b", "202e", "2028", "feff")],
    ),
    (b"\xff", [["byte", "\\xff"]]),
    (b"a\xe2\x82", [["text", "a"], ["byte", "\\xe2"], ["byte", "\\x82"]]),
    (b"\x82\xacb\xc3\xa9", [["byte", "\\x82"], ["byte", "\\xac"], ["text", "bé"]]),
    (b"\xc0\xafx", [["byte", "\\xc0"], ["byte", "\\xaf"], ["text", "x"]]),
    (b"\xed\xa0\x80", [["byte", "\\xed"], ["byte", "\\xa0"], ["byte", "\\x80"]]),
    (
        b"\xf0\x9f\xa6\xf0\x9f\xa6\x8a",
        [["byte", f"\\x{b}"] for b in ("f0", "9f", "a6")] + [["text", "🦊"]],
    ),
]


def show(samples: list[bytes]) -> list[Any]:
    return list(run_node("run_escaped.mjs", [base64.b64encode(s).decode() for s in samples]))


def escaped(data: bytes) -> str:
    """Bytes as text, where \\xNN stands for each that is not part of UTF-8."""
    text = data.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", text)


def test_what_is_shown() -> None:
    for (data, expected), shown in zip(SAMPLES, show([data for data, _ in SAMPLES]), strict=True):
        assert shown["pieces"] == expected, data
        assert shown["plain"] == escaped(data)


def test_any_bytes_come_through() -> None:
    at_random = random.Random(4)
    pieces = [b"a", b"\n", "é".encode(), "🦊".encode(), b"\xe2", b"\x82", b"\xac", b"\xf0\x9f"]
    samples = [b"".join(at_random.choices(pieces, k=9)) for _ in range(500)]
    samples += [at_random.randbytes(20) for _ in range(500)]
    for data, shown in zip(samples, show(samples), strict=True):
        assert shown["plain"] == escaped(data), data
        texts = "".join(text for kind, text in shown["pieces"] if kind != "byte")
        bad = sum(kind == "byte" for kind, _ in shown["pieces"])
        assert bad == len(re.findall("[\udc80-\udcff]", data.decode("utf-8", "surrogateescape")))
        assert not re.search("[\0-\x08\x0b-\x1f\x7f]", texts)
