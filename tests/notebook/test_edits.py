"""A learner's edit has its effect: what a lesson builds from its cells, it uses.

Each case changes a line of a cell and runs on, as a learner does, to the cell that must show
something else. Only the cells that this one needs are run.
"""

import ast
import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import pytest
from execute_notebooks import execute, notebooks, outputs_of, read
from exercises import solved
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from side_by_side import side_by_side


@dataclass(frozen=True)
class Edit:
    """In the cell with the id `cell`, `old` becomes `new`. Then the output of `shown` has `says`.

    `solved`: first the exercises get their solutions; without `old`, that is the edit.
    """

    lesson: str  # its number, or an appendix's letter
    cell: str
    shown: str
    says: str
    old: str = ""
    new: str = ""
    solved: bool = False


EDITS = [  # in the order of the lessons
    Edit("00", "cell-16", "cell-18", 'data: "TO "', 'word + " "', 'word.upper() + " "'),
    Edit("01", "cell-3", "cell-18", "b'data: E", "yield character", "yield character.upper()"),
    Edit("01", "cell-36", "cell-36", "1 of 2", "def in_threads", "async def in_threads"),
    Edit("01", "cell-42", "cell-44", "out of ideas", "out of words", "out of ideas"),
    Edit("02", "cell-27", "ready-lines", "in use: lines", solved=True),
    Edit("02", "fields", "ready-events", "in use: events", solved=True),
    Edit("02", "ready-lines", "cell-72", "all the same: False", "if after_cr:", "if False:"),
    Edit(
        "02",
        "text",
        "cell-71",
        "two', type='message', id='')",
        'text.removeprefix("\\ufeff")',
        "text",
    ),
    Edit("02", "cell-110", "cell-112", "type='end'", "_LINE_END.split(data)", "[data]"),
    Edit("03", "cell-2", "greeting-text", "Hi there", "Nothing has run yet.", "Hi there"),
    Edit("03", "app-with", "greeting-text", "MINE", "HEAD + files", "HEAD + 'MINE' + files"),
    Edit("03", "cell-7", "cell-9", "b'data: Bye", '"Hello"', '"Bye"'),
    Edit("04", "cell-4", "cell-6", "Ada. Over.", "= new.message", '= new.message + " Over."'),
    Edit("04", "cell-44", "cell-46", "after 5", "{sent} pieces", "after {sent}"),
    Edit("04", "cell-44", "cell-51", "own: False", "reply.pieces[sent]", '"x"'),
    Edit("04", "cell-49", "cell-51", "Gone", "Unknown turn", "Gone"),
    Edit("04", "cell-42", "cell-84", "xx", "append(piece)", 'append(piece + "xx")', solved=True),
    Edit("05", "cell-4", "endless", "again in 20 ms", 'retry = "", 10', 'retry = "", 20'),
    Edit("05", "drop", "ready-drop", "in use: drop", solved=True),
    Edit("05", "ready-drop", "cell-17", "HellHello", "after + 1", "after + 2"),
    Edit("05", "cell-20", "numbered-run", "Helllo", "number > after", "number >= after"),
    Edit("05", "cursor", "resume-check", "answer 400, not 422", "400", "422", solved=True),
    Edit("05", "cell-74", "survive-check", "one is missing", "raise", "_ =", solved=True),
    Edit("06", "look-first", "look-first", "Bob: still waits", "if not reply.pieces", "if True"),
    Edit("06", "await-between", "await-between", "Ada: Hello", "await asyncio.sleep(0)  #", "#"),
    Edit("06", "write", "cell-52", "It broke on the server", "The reply failed", "It broke"),
    Edit("06", "turns", "your-limits", "503 No room", 'f"{live} replies', '"No room'),
    Edit("06", "cell-44", "cell-108", "next event: False", "self.frames[after:]", "self.frames"),
    Edit("E", "imports", "portions", "[10, 10,", "65_536", "10_000"),
    Edit("E", "words-for", "write-run", "was quiet for", "was silent for", "was quiet for"),
    Edit("07", "cell-2", "failing-run", "Perhaps", "The answer is", "Perhaps"),
    Edit(
        "07", "cell-18", "cell-32", "EventSourceResponse  through the proxy  False", "no", "never"
    ),
    Edit("07", "cell-300", "cell-301", "yield bytes, not str", "yield frame", "yield 'x'"),
    Edit("08", "word-model", "temperature-run", 'page" 0.53', "(1 / temperature)", "3"),
    Edit("08", "generate", "seed-run", "0 THE MODEL WRITES", "yield token", "yield token.upper()"),
    Edit("08", "course", "course", "or more: False", "course_text()", "course_text()[:999]"),
    Edit("08", "counts-run", "raw-run", '"content": "Dear"', "The ", "Dear "),
    Edit("08", "text-in", "error-run", "error failure", '.get("choices", [])', '["choices"]'),
    Edit("08", "wrong-app", "sentences", "out of paper", "out of memory", "out of paper"),
    Edit("08", "reasoning-run", "reasoning-run", 'data: "43"', '"42"', '"43"'),
    Edit("F", "hide", "search-run", "one of them: True", 'secret, "[hidden]"', "secret, secret"),
    Edit("F", "endpoint-imports", "frames-run", "sent 2,000 bytes", "1_000_000", "2_000"),
    Edit("F", "relay", "relay-run", "too early", "ended its answer before", "too early:"),
    Edit("09", "clock-code", "clock-run", "418", "408", "418"),
    Edit("09", "cell-92", "cell-94", "Ada 418", "429", "418"),
    Edit("09", "names-stub", "names-check", "passed", solved=True),
    Edit(
        "10", "follow", "readers-run", "['TIME.']", 'fields["message"]', 'fields["message"].upper()'
    ),
    Edit("10", "log", "own-run", 'data: ["Once "]', "json.dumps(data)", "json.dumps([data])"),
    Edit("10", "app-code", "own-run", "so it was.", '"time."', '"time, so it was."'),
    Edit("10", "atomic-run", "atomic-run", "other: False", "redis.call('SET'", "-- ('SET'"),
    Edit(
        "10", "worker", "dies-run", "whose messages say why", "yield f", "raise KeyError; yield f"
    ),
    Edit("10", "measured", "measured", "1001 events", "2000 *", "1000 *"),
    Edit("10", "figures", "figures", "core: 50,000", "52.0", "20"),
    Edit(
        "11", "root", "strict-run", "effect\nclean-up\neffect\nclean-up\neffect", "(2 if", "(3 if"
    ),
    Edit(
        "11", "effect-hook", "anew-run", "3 [[], ['Once']", "map(same,", "map(lambda a, b: a == b,"
    ),
    Edit("11", "tutorial", "four-run", "at the end: 3", '[chat["messages"]]', "[turn]"),
    Edit("11", "change", "once-run", "'HELLO'", "reply + text", "reply + text.upper()"),
    Edit("11", "store-stub", "store-check", "passed", solved=True),
    Edit("A", "cell-54", "event-stream-run", ": I am here", '"ping"', '"I am here"'),
    Edit("A", "cell-63", "body-run", "is more than", "is larger than", "is more than"),
    Edit("A", "cell-104", "cell-110", "418", "421", "418"),
    Edit("A", "cell-160", "cell-170", "event: reset", "turn.follow(after)", "turn.follow(7)"),
    Edit("B", "cell-273", "cell-277", "would not stop", "was stopped", "would not stop"),
    Edit("B", "cell-196", "cell-200", "b'bye'", '"body": b""', '"body": b"bye"'),
    Edit("C", "changes", "work-run", "HHHeeellllllooo", "frame * 2", "frame * 3"),
    Edit("D", "parser-lines-code", "same", "Reader False", 'chunk.endswith(b"\\r")', "False"),
    Edit("G", "caller-code", "stop-run", "stream, live: 1", "await service.turns.cancel", "id"),
    Edit("G", "chat-frames", "chat-run", "data: [OVER]", "[DONE]", "[OVER]"),
    Edit("G", "in-dialect", "refusals-run", "418 ", '"status": status', '"status": 418'),
    Edit(
        "H",
        "append-script",
        "finish-run",
        "streaming appended",
        "if status ~=",
        "if false and id ~=",
    ),
    Edit(
        "H", "sweep-script", "swept-run", "failed\nstreaming failed", "if now - before >", "if 0 >"
    ),
    Edit(
        "H", "mirror-class", "mirror-run", "id: 3", "number != self.last + 1", "number <= self.last"
    ),
    Edit(
        "H",
        "engine-words",
        "dies-run",
        "failure It is dead",
        "The server that wrote",
        "It is dead;",
    ),
]


BY_LESSON = {lesson: list(group) for lesson, group in groupby(EDITS, attrgetter("lesson"))}


def effects(lesson: str) -> list[str]:
    """What the cells show that are to show something else, after each edit of a lesson."""
    (path,) = [path for path in notebooks() if path.stem.startswith(f"{lesson}-")]
    stored = {cell.id: text_of(cell) for cell in read(path).cells}
    ends = []
    cells: list[NotebookNode] = []
    for edit in BY_LESSON[lesson]:
        assert edit.says not in stored[edit.shown], f"it is so without the edit: {edit}"
        needed = needed_cells(edited(path, edit), edit.shown)
        assert edit.cell in [cell.id for cell in needed], f"the cell is not needed: {edit}"
        cells += [new_code_cell(cell.source) for cell in needed]
        ends.append(cells[-1])
    notebook = new_notebook(cells=cells)  # one kernel: each edit starts with all that it needs
    execute(notebook, path.parent)
    return [text_of(cell) for cell in ends]


@pytest.fixture(scope="module")
def shown(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[list[str]]]]:
    with side_by_side(effects, request, "lesson") as shown:
        yield shown


@pytest.mark.parametrize("lesson", BY_LESSON)
def test_an_edit_has_its_effect(lesson: str, shown: dict[str, Future[list[str]]]) -> None:
    for edit, text in zip(BY_LESSON[lesson], shown[lesson].result(), strict=True):
        assert edit.says in text, f"{edit}\n{text}"


WRONG_TABLE = 'import mimetypes\nmimetypes.add_type("text/plain", ".js")'
MODULE = "static/wire/wire_inspector.js"


@pytest.mark.parametrize(("lesson", "cell"), [("03", "watched"), ("04", "cell-64")])
def test_a_script_is_a_script_whatever_the_machine_says(lesson: str, cell: str) -> None:
    """Some machines have it in their table of types that JavaScript is plain text."""
    (path,) = [path for path in notebooks() if path.stem.startswith(f"{lesson}-")]
    needed = needed_cells([cell for cell in read(path).cells if cell.cell_type == "code"], cell)
    (server,) = re.findall(r"^(\w+) = serve\(", needed[-1].source, re.MULTILINE)
    asked = f'import httpx\nprint(httpx.get({server}.url + "{MODULE}").headers["content-type"])'
    sources = [WRONG_TABLE, *(cell.source for cell in needed), asked]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    execute(notebook, path.parent)
    assert text_of(notebook.cells[-1]).startswith("text/javascript")


def edited(path: Path, edit: Edit) -> list[NotebookNode]:
    """The code cells of a lesson with an edit."""
    notebook = solved(path)[0] if edit.solved else read(path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    (cell,) = [cell for cell in cells if cell.id == edit.cell]
    assert edit.old in cell.source, f"there is no such line: {edit}"
    if edit.old:
        cell.source = cell.source.replace(edit.old, edit.new)
    return cells


def text_of(cell: NotebookNode) -> str:
    texts = [
        output.get("text") or output.get("data", {}).get("text/plain", "")
        for output in outputs_of(cell)
    ]
    return "\n".join(texts)


def needed_cells(cells: list[NotebookNode], last: str) -> list[NotebookNode]:
    """The cell with the id `last`, and before it those that make what it needs."""
    place = [cell.id for cell in cells].index(last)
    trees = [parse(cell) for cell in cells[: place + 1]]
    found, before = {place}, 0
    while len(found) > before:  # a function may need what a later cell makes
        before = len(found)
        wanted = {name for number in found for name in names_in(trees[number])}
        for number, tree in enumerate(trees):
            if tree is None or wanted & {*bound_by(tree), *changed_by(tree)}:
                found.add(number)
    return [cells[number] for number in sorted(found)]


def parse(cell: NotebookNode) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except SyntaxError:
        return None  # a cell with a magic


def names_in(tree: ast.Module | None) -> Iterator[str]:
    """The names that a cell uses."""
    for node in ast.walk(tree or ast.Module([])):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def bound_by(tree: ast.Module) -> Iterator[str]:
    """The names that a cell defines, imports or assigns."""
    for statement in tree.body:
        if isinstance(statement, Definition):
            yield statement.name
            continue
        for node in ast.walk(statement):
            if isinstance(node, ast.alias):
                yield node.asname or node.name.partition(".")[0]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def changed_by(tree: ast.Module) -> Iterator[str]:
    """The names of what a cell changes: by a decorator, a base class, a call, or an attribute."""
    for statement in tree.body:
        parts: list[ast.expr] = []
        if isinstance(statement, Definition):
            parts += statement.decorator_list
            parts += statement.bases if isinstance(statement, ast.ClassDef) else []
        elif isinstance(statement, ast.Expr):
            parts.append(statement.value)
        elif isinstance(statement, ast.Assign):
            for target in statement.targets:
                parts += target.elts if isinstance(target, ast.Tuple) else [target]
        for part in parts:
            while isinstance(part, ast.Attribute | ast.Subscript | ast.Call):
                part = part.func if isinstance(part, ast.Call) else part.value
            if isinstance(part, ast.Name):
                yield part.id


# The search for the cells that are needed.


def test_needed_cells() -> None:
    sources = {
        "a": "from x import App",
        "b": "app = App()\nother = App()",
        "c": "@app.get('/')\ndef home(): return greeting",
        "d": "@other.get('/')\ndef away(): ...",
        "e": "greeting = 'Hello'",
        "f": "%magic",
        "g": "greeting.x()",
        "tuple": "greeting.y, greeting.z = 1, 2",
        "unused": "away.y = 1",
        "h": "class Mine(App): ...",
        "i": "show(app)",
    }
    cells = [new_code_cell(source, id=id) for id, source in sources.items()]
    found = [cell.id for cell in needed_cells(cells, "i")]
    assert found == ["a", "b", "c", "e", "f", "g", "tuple", "h", "i"]
