"""The pictures of our own: right as XML, each mark at its time, and the same in words."""

import re
from xml.etree import ElementTree

import pytest

from chatkit.notebook.drawing import (
    WIDTH,
    Drawing,
    draw_arrivals,
    draw_latency,
    draw_probabilities,
    draw_ratios,
)

SVG = "{http://www.w3.org/2000/svg}"


def read(drawing: Drawing) -> ElementTree.Element:
    root = ElementTree.fromstring(drawing.svg)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    assert root.get("aria-label") == drawing.words.replace("\n", "; ")
    return root


def marks(row: ElementTree.Element) -> list[float]:
    """Where the marks of a row stand, from the left."""
    path = row.find(f"{SVG}path")
    assert path is not None
    return [float(x) for x in re.findall(r"M([\d.]+)", path.get("d", ""))]


def axis(root: ElementTree.Element) -> dict[float, float]:
    """Where the numbers on the axis stand, by number."""
    texts = [(text.text or "", float(text.get("x", ""))) for text in root.findall(f"{SVG}text")]
    return {float(said): x for said, x in texts if re.fullmatch(r"[\d.e-]+", said)}


def test_each_mark_stands_at_its_time() -> None:
    root = read(draw_arrivals({"a": [0.0, 0.25, 0.5], "b": [1.0]}))
    a, b = root.findall(f"{SVG}g")
    numbers = axis(root)
    left, right = numbers[0], numbers[1]
    assert 0 < left < right < WIDTH
    middle = (left + right) / 2
    assert marks(a) == pytest.approx([left, (left + middle) / 2, middle], abs=0.1)
    assert marks(b) == [right]


@pytest.mark.parametrize("end", [1e-6, 0.0123, 0.5, 0.999, 1.0, 7.3, 80.0, 86_400.0])
def test_the_axis_counts_in_round_numbers(end: float) -> None:
    numbers = axis(read(draw_arrivals({"a": [end / 3, end]})))
    last = max(numbers)
    assert end / 2 < last <= end * 1.000_001
    assert 4 <= len(numbers) <= 9
    distances = {round(x / last * (len(numbers) - 1), 3) for x in numbers}
    assert distances == set(range(len(numbers)))


def test_names_stay_text() -> None:
    name = "</text><script>attack()</script> \"&' é"
    root = read(draw_arrivals({name: [0.1]}))
    assert {element.tag for element in root.iter()} == {
        SVG + tag for tag in ("svg", "path", "text", "g", "title", "rect")
    }
    assert root.findtext(f"{SVG}g/{SVG}title") == f"{name}: 1 frame at 0.10 s"


def test_a_long_name_leaves_room() -> None:
    root = read(draw_arrivals({"x" * 500: [0.1, 0.2]}))
    (row,) = root.findall(f"{SVG}g")
    assert row.findtext(f"{SVG}text") == "x" * 31 + "…"
    assert "x" * 500 in (row.findtext(f"{SVG}title") or "")
    assert marks(row)[0] < marks(row)[1] < WIDTH


def test_no_recordings_and_no_frames() -> None:
    assert repr(draw_arrivals({})) == "no recordings"
    assert read(draw_arrivals({})).findall(f"{SVG}g") == []
    drawing = draw_arrivals({"a": [], "b": [0.0]})
    assert repr(drawing) == "a: no frames\nb: 1 frame at 0.00 s"
    a, b = read(drawing).findall(f"{SVG}g")
    assert [len(marks(row)) for row in (a, b)] == [0, 1]


def test_many_frames_stay_small() -> None:
    drawing = draw_arrivals({"many": [number / 1000 for number in range(1000)]})
    assert drawing.words == "many: 1,000 frames between 0.00 s and 1.00 s"
    (row,) = read(drawing).findall(f"{SVG}g")
    assert len(marks(row)) == 1000
    together = draw_arrivals({"many": [1.0] * 100_000})
    assert together.words == "many: 100,000 frames between 1.00 s and 1.00 s"
    assert len(together.svg) < 3000


def test_a_notebook_gets_the_picture_and_a_terminal_the_words() -> None:
    drawing = draw_arrivals({"a": [0.1]})
    assert drawing._repr_html_() == drawing.svg
    assert repr(drawing) == drawing.words
    assert "<script" not in drawing.svg
    assert "style>" not in drawing.svg  # it would hold for the whole page


def line(path: ElementTree.Element) -> list[float]:
    """From where to where a level line goes."""
    return [float(x) for x in re.findall(r"[MH]([\d.]+)", path.get("d", ""))]


def test_latency_is_the_wait_and_then_the_reply() -> None:
    root = read(draw_latency({"streamed": [0.5, 1.0, 1.5], "buffered": [2.0, 2.0]}))
    numbers = axis(root)
    start, end = numbers[0], numbers[2]
    streamed, buffered = (row.findall(f"{SVG}path") for row in root.findall(f"{SVG}g"))
    first, last = start + (end - start) / 4, start + (end - start) * 3 / 4
    assert line(streamed[0]) == pytest.approx([start, first], abs=0.1)
    assert line(streamed[1]) == pytest.approx([first - 1.5, last + 1.5], abs=0.1)
    assert line(buffered[0]) == pytest.approx([start, end], abs=0.1)
    assert line(buffered[1]) == pytest.approx([end - 1.5, end + 1.5], abs=0.1)


def test_latency_in_words() -> None:
    drawing = draw_latency({"<a>": [0.25, 1], "none": []})
    assert repr(drawing) == "<a>: first token 0.25 s, total 1.00 s\nnone: no tokens"
    first, none = read(drawing).findall(f"{SVG}g")
    said = [text.text for text in first.findall(f"{SVG}text")]
    assert sorted(map(str, said)) == ["<a>", "first token 0.25 s, total 1.00 s"]
    assert none.findall(f"{SVG}path") == []
    assert repr(draw_latency({})) == "no replies"
    read(draw_latency({}))


def bars(drawing: Drawing) -> list[tuple[list[str], float]]:
    """The texts of each row, and the length of its bar."""
    return [
        (
            [text.text or "" for text in row.findall(f"{SVG}text")],
            float(row.findall(f"{SVG}rect")[1].get("width", "")),
        )
        for row in read(drawing).findall(f"{SVG}g")
    ]


def test_a_bar_is_as_long_as_its_token_is_probable() -> None:
    drawing = draw_probabilities({" cat": 0.25, "\n": 0.05, " <b>": 0.7})
    assert repr(drawing) == '" <b>" 0.7\n" cat" 0.25\n"\\n" 0.05'
    names, lengths = zip(*bars(drawing), strict=True)
    assert names == (['"␣<b>"', "0.7"], ['"␣cat"', "0.25"], ['"\\n"', "0.05"])
    whole = lengths[0] / 0.7
    assert lengths == pytest.approx([whole * 0.7, whole * 0.25, whole * 0.05], abs=0.1)
    ((_, other),) = bars(draw_probabilities({"a": 1.0}, title="certain"))
    assert other == pytest.approx(whole, abs=0.1)  # of any picture, the same scale


def test_what_is_less_probable_is_one_bar() -> None:
    drawing = draw_probabilities({f"{n}": 1 / 2000 for n in range(2000)}, title="all", most=2)
    assert drawing.words == 'all\n"0" 0.0005\n"1" 0.0005\n1,998 others 1'
    assert [names for names, _ in bars(drawing)] == [
        *(['"0"', "0.0005"], ['"1"', "0.0005"], ["1,998 others", "1"]),
    ]
    root = read(drawing)
    assert root.findtext(f"{SVG}text") == "all"


def test_no_probabilities() -> None:
    drawing = draw_probabilities({})
    assert drawing.words == read(drawing).findtext(f"{SVG}text") == "no tokens"


def test_ratios_are_as_long_as_they_say() -> None:
    root = read(draw_ratios({"raw": 0.5, "ours & theirs": 1.0, "theirs": 2.0}, "cost"))
    bars = [
        float(bar.get("width", "")) for bar in root.iter(f"{SVG}rect") if bar.get("fill") != "none"
    ]
    assert bars == pytest.approx([bars[2] / 4, bars[2] / 2, bars[2]], abs=0.1)
    assert repr(draw_ratios({"raw": 0.5, "theirs": 2.98}, "cost")) == "cost\nraw 0.50\ntheirs 2.98"
    assert repr(draw_ratios({})) == ""
