"""The checks of lesson 02, reading the wire."""

import json
from collections.abc import Callable, Coroutine, Iterator
from itertools import islice
from typing import Any

from chatkit.sse import Parser
from checks.judging import NotYet, Verdict, verdict, want
from checks.own_lines import describe

MOST_EVENTS = 100  # that a generator may yield for the short input of a check


def all_of(function: Callable[[Any], Any], given: Any, called: str) -> list[Any]:
    """What a generator function of the learner's yields."""
    try:
        result = function(given)
        want(hasattr(result, "__iter__"), f"{called}: it gives {result!r}; it needs a `yield`")
        found = list(islice(result, MOST_EVENTS + 1))
    except NotYet:
        raise
    except Exception as error:
        raise NotYet(f"{called}: {describe(error)}") from None
    want(len(found) <= MOST_EVENTS, f"{called}: it yields without an end")
    return found


def check_lines(lines: Callable[[Any], Any]) -> Coroutine[Any, Any, Verdict]:
    """A generator of the lines in chunks of bytes, each as soon as it is complete."""
    wire = b"one\r\ntwo\rthree\n\r\n\r\rcaf\xc3\xa9\xe2\x80\xa8\n"
    expected = [b"one", b"two", b"three", b"", b"", b"", b"caf\xc3\xa9\xe2\x80\xa8"]

    def found(chunks: list[bytes]) -> list[Any]:
        got = all_of(lines, iter(chunks), f"from {chunks}")
        return [line.encode() if isinstance(line, str) else line for line in got]

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
        compare([b"a\r\n\nb\n"], [b"a", b"", b"b"])
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

    return verdict(check(), "02.1")


def check_events(events: Callable[[Any], Any]) -> Coroutine[Any, Any, Verdict]:
    """A generator of the events in lines of text, with their types and ids."""

    async def check() -> None:
        for lines in (
            ["data: a", ""],
            ["data: a", "data: b", ""],
            ["data:a", ""],
            ["data:  two spaces", ""],
            ["event: end", "data: a", "", "data: b", ""],
            ["event: end", "", "data: a", ""],
            ["event: end", "event", "data: a", ""],
            ["id: 1", "data: a", "", "data: b", ""],
            ["id: 1", "data: a", "", "id", "data: b", ""],
            ["id: 1", "", "data: a", ""],
            ["id: 1\0", "data: a", ""],
            ["event: end", "id: 1", "", ": ping", "data: a", ""],
            ["Data: a", "id: 1", "", "data: b", ""],
            ["data: unfinished"],
            ["data", ""],
        ):
            right = Parser().feed("".join(line + "\n" for line in lines).encode())
            got = all_of(events, iter(lines), f"from the lines {lines}")
            want(got == right, f"from the lines {lines} it should yield {right}, not {got}")
            are_events = all(hasattr(event, "type") for event in got)
            want(are_events, f"it should yield `Event(...)`, not {got}")

    return verdict(check(), "02.2")


def check_answers(answers: dict[bytes, list[str]]) -> Coroutine[Any, Any, Verdict]:
    """The data of the events in some streams, read by a person."""

    async def check() -> None:
        want(isinstance(answers, dict), f"`answers` should be a dict, not {answers!r}")
        want(len(answers) == 5, f"there are five streams to read, not {len(answers)}")
        for number, (stream, answer) in enumerate(answers.items(), start=1):
            right = [event.data for event in Parser().feed(stream)]
            named = f"stream {number}, {stream}"
            want(answer, f"{named}: no answer yet")
            want(isinstance(answer, list), f"{named}: the answer should be a list, not {answer!r}")
            events = "1 event" if len(right) == 1 else f"{len(right)} events"
            counts = f"it should have {events}, not {len(answer)}"
            want(len(answer) == len(right), f"{named}: {counts}")
            for index, (given, data) in enumerate(zip(answer, right, strict=True), start=1):
                want(given == data, f"{named}: the data of event {index} is not {given!r}")

    return verdict(check(), "02.3")


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
            try:
                wire = write(number, text)
            except Exception as error:
                called = f"write({number}, {text!r})"
                if isinstance(error, TypeError) and "expected string" in str(error):
                    raise NotYet(
                        f"{called}: `encode` takes texts, and {number} is not one"
                    ) from None
                raise NotYet(f"{called}: {describe(error)}") from None
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

    return verdict(check(), "02.4")
