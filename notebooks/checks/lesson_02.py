"""The checks of lesson 02, reading the wire."""

import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from chatkit.sse import Parser
from checks.judging import NotYet, Verdict, verdict, want


def check_lines(lines: Callable[[Any], Any]) -> Coroutine[Any, Any, Verdict]:
    """A generator of the lines in chunks of bytes, each as soon as it is complete."""
    wire = b"one\r\ntwo\rthree\n\r\n\r\rcaf\xc3\xa9\xe2\x80\xa8\n"
    expected = [b"one", b"two", b"three", b"", b"", b"", b"caf\xc3\xa9\xe2\x80\xa8"]

    def found(chunks: list[bytes]) -> list[Any]:
        result = lines(iter(chunks))
        want(hasattr(result, "__iter__"), "it should yield the lines: that takes a `yield`")
        got = []
        for line in result:
            got.append(line.encode() if isinstance(line, str) else bytes(line))
            want(len(got) <= 100, f"from {chunks} it yields line after line, without an end")
        return got

    def compare(chunks: list[bytes], right: list[bytes]) -> None:
        got = found(chunks)
        want(got == right, f"from {chunks} it should yield {right}, not {got}")

    async def check() -> None:
        compare([b"a\nb\n"], [b"a", b"b"])
        compare([b"a\r\nb\rc\n"], [b"a", b"b", b"c"])
        compare([b"a\nunfinished"], [b"a"])
        compare([b"on", b"e\ntw", b"o\n"], [b"one", b"two"])
        compare([b"a\r", b"\nb\n"], [b"a", b"b"])
        compare([b"a\r", b"\rb\n"], [b"a", b"", b"b"])
        compare([b"a\r", b"", b"\nb\n"], [b"a", b"b"])
        compare([wire], expected)
        compare([bytes([byte]) for byte in wire], expected)
        for cut in range(len(wire)):
            compare([wire[:cut], wire[cut:]], expected)

        taken = []

        def chunks() -> Iterator[bytes]:
            for chunk in (b"one\r", b"two\n", b"three\n"):
                taken.append(chunk)
                yield chunk

        for _ in lines(chunks()):
            break
        complete = b"one\r"
        want(
            taken == [complete],
            f"in {complete} a line is complete, but {len(taken)} chunks were taken before it came",
        )

    return verdict(check())


def check_interpret(
    interpret: Callable[[list[str]], list[tuple[str, str, str]]],
) -> Coroutine[Any, Any, Verdict]:
    """Lines of text to events, after two bugs have been fixed."""

    async def check() -> None:
        for lines in (
            ["data: a", ""],
            ["data: a", "data: b", ""],
            ["data:a", ""],
            ["data:  two spaces", ""],
            ["data:   three spaces", "data:", ""],
            ["event: end", "data: a", "", "data: b", ""],
            ["event: end", "", "data: a", ""],
            ["event: end", "id: 1", "", ": ping", "data: a", ""],
            ["id: 1", "data: a", "", "data: b", ""],
            ["id: 1", "data: a", "", "id", "data: b", ""],
            ["id: 1\0", "data: a", ""],
            ["event: end", "event", "data: a", ""],
            ["data: unfinished"],
            ["data", ""],
        ):
            events = Parser().feed("".join(line + "\n" for line in lines).encode())
            right = [(event.type, event.data, event.id) for event in events]
            got = [tuple(event) for event in interpret(list(lines))]
            want(got == right, f"from the lines {lines} it should make {right}, not {got}")

    return verdict(check())


def check_poison(write: Callable[[int, str], bytes]) -> Coroutine[Any, Any, Verdict]:
    """One event a call, with its number as id, whatever the text is."""

    async def check() -> None:
        texts = ["Hello", "Hi\nid: 999999", "Hi\rid: 999999", "a\r\n\r\nevent: end\r\ndata: b"]
        texts += [
            "",
            " ",
            "one\ntwo\n",
            "one\rtwo\r\nthree",
            "\0",
            "\n\nid\n\n",
            ": no comment",
            '"',
        ]
        parser = Parser()
        for number, text in enumerate(texts, start=1):
            wire = write(number, text)
            want(isinstance(wire, bytes), f"it should give bytes, not {type(wire).__name__}")
            events = parser.feed(wire)
            wanted = f"for the text {text!r}"
            want(len(events) == 1, f"{wanted} the reader gets {len(events)} events, not one")
            event = events[0]
            want(event.id == str(number), f"{wanted} the id is {event.id!r}, not {str(number)!r}")
            want(event.type == "message", f"{wanted} the event type is {event.type!r}")
            try:
                got = json.loads(event.data)
            except ValueError:
                raise NotYet(f"{wanted} the data is {event.data!r}, which is not JSON") from None
            want(got == text, f"{wanted} the data holds {got!r}")

    return verdict(check())
