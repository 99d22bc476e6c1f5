"""The map of the course, which comes back in every lesson: write it into the notebooks.

    python tests/course_map.py [--check]

A lesson has two cells for it, known by their ids: `course-map` at its head ("you are here"), and
`course-built` at its end (what is built by then).
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

from execute_notebooks import NOTEBOOKS, lessons, read, text_of
from nbformat import NotebookNode

MAP, BUILT = "course-map", "course-built"


@dataclass(frozen=True)
class Lesson:
    """A lesson, and the part of the app that it builds."""

    number: str
    name: str
    part: str


COURSE = (
    Lesson("00", "start here", "the finished app, seen once"),
    Lesson("01", "your first stream", "a stream, from a server in your notebook"),
    Lesson("02", "reading the wire", "the parser"),
    Lesson("03", "the browser client", "the page"),
    Lesson("04", "a chat", "a chat: POST, then GET"),
    Lesson("05", "ending and reconnecting", "coming back without loss"),
    Lesson("06", "one log, many readers", "the log"),
    Lesson("07", "when a reply goes wrong", "errors, silence, slow readers"),
    Lesson("08", "a real model", "a real model"),
    Lesson("09", "limits, names, origins", "limits, names, origins"),
    Lesson("10", "more than one machine", "many machines"),
    Lesson("11", "the React client", "a React client"),
)
ROWS = (COURSE[:6], COURSE[6:])
# Fixed fills with fixed text, so that both are read in a light and in a dark notebook.
HERE = "fill:#4f5bd5,stroke:#4f5bd5,color:#ffffff"
DONE = "fill:#d9f2e4,stroke:#23815a,color:#10402b"


def picture(label: dict[str, str], styles: dict[str, list[str]]) -> str:
    """The lessons as two rows of boxes. `styles`: the numbers of the lessons of each style."""
    lines = ["```mermaid", "flowchart TB"]
    for row, part in enumerate(ROWS):
        lines += [f'    subgraph row{row}[" "]', "        direction LR"]
        boxes = [f'L{each.number}["{each.number}<br>{label[each.number]}"]' for each in part]
        lines += [f"        {' --> '.join(boxes)}", "    end"]
    lines += [
        "    row0 --> row1",
        "    style row0 fill:none,stroke:none",
        "    style row1 fill:none,stroke:none",
    ]
    for style, numbers in styles.items():
        lines += [f"    style L{number} {style}" for number in numbers]
    return "\n".join([*lines, "```"])


def map_of(number: str) -> str:
    """The head of a lesson: the way, and where the reader is."""
    here = next(each for each in COURSE if each.number == number)
    names = {each.number: each.name for each in COURSE}
    words = f"The way through the course. You are here: **{here.number}, {here.name}**."
    return f"{picture(names, {HERE: [number]})}\n\n{words}"


def built_by(number: str) -> str:
    """The end of a lesson: the parts that are built by then, and those to come."""
    written = {path.name[:2] for path in lessons()}
    done = [each.number for each in COURSE if each.number in written and each.number <= number]
    parts = {each.number: each.part for each in COURSE}
    if number == COURSE[0].number:
        title = "What you will build"
        words = "You have seen the finished app. From lesson 01 on you build it."
    else:
        title = "What you have built"
        count, of = len(done) - 1, len(COURSE) - 1
        words = f"You have built {count} of the {of} parts. Those in green are yours."
    return f"## {title}\n\n{picture(parts, {DONE: done})}\n\n{words}"


def fill_in(notebook: NotebookNode, number: str) -> None:
    """Put the map into its two cells."""
    sources = {MAP: map_of(number), BUILT: built_by(number)}
    for cell in notebook.cells:
        if cell.get("id") in sources:
            cell.source = sources[cell.id]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args()
    old: list[Path] = []
    for path in lessons():
        before = text_of(read(path))
        notebook = read(path)
        fill_in(notebook, path.name[:2])
        if text_of(notebook) == before:
            continue
        old.append(path)
        if not options.check:
            path.write_text(text_of(notebook), "utf-8")
    if old:
        names = ", ".join(str(path.relative_to(NOTEBOOKS)) for path in old)
        raise SystemExit(f"the map was not up to date: {names}" if options.check else None)


if __name__ == "__main__":
    main()
