"""Every line that ships is taught: the lessons show the package's own code."""

from collections.abc import Callable
from pathlib import Path

import pytest
from execute_notebooks import NOTEBOOKS, notebooks, read
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from taught_code import Code, shown_code

ROOT = NOTEBOOKS.parent

# Start-up, what a learner looks at, and what knows a foreign protocol from inside.
NEVER_TAUGHT = {
    *("cli/", "notebook/"),  # whole folders
    *("limits/connection", "resources", "server/foreground"),
}
NAMES_ONLY = {"__init__", "__main__"}  # they hand on what stands elsewhere


def never_taught(module: str) -> bool:
    folder, _, name = module.rpartition("/")
    return name in NAMES_ONLY or bool({module, f"{folder}/"} & NEVER_TAUGHT)


@pytest.fixture(scope="module")
def code() -> Code:
    return Code(ROOT / "chatkit", ROOT / "static")


@pytest.fixture(scope="module")
def problems(code: Code) -> list[str]:
    shown = [piece for lesson in notebooks() for piece in shown_code(read(lesson), lesson.name)]
    return [problem for piece in shown for problem in code.compare(piece)]


def test_lessons_show_the_code_that_stands(problems: list[str]) -> None:
    assert not problems, "\n\n".join(["", *problems])


@pytest.mark.usefixtures("problems")
def test_all_code_is_taught(code: Code) -> None:
    untaught = {
        module: code.untaught(module) for module in code.modules if not never_taught(module)
    }
    assert not {module: names for module, names in untaught.items() if names}


def test_the_table_names_modules_that_exist(code: Code) -> None:
    folders = {module.rpartition("/")[0] + "/" for module in code.modules}
    assert {*code.modules, *folders} >= NEVER_TAUGHT


# The checker itself.

MODULE = '''\
"""A module."""
import json
from dataclasses import dataclass

LIMIT = 3


class Broken(RuntimeError):
    """It broke."""


class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, number: int) -> int:
        """Add a number."""
        # a comment
        self.count += number
        return self.count


def double(number: int) -> int:
    """Twice the number."""
    return 2 * number
'''
SCRIPT = "// The page.\nexport function show(text) {\n  say(text);\n}\n\nshow();\n"

Problems = Callable[[NotebookNode], str]


@pytest.fixture
def sample(tmp_path: Path) -> Code:
    (tmp_path / "counter.py").write_text(MODULE, "utf-8")
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "counter.py").write_text("LIMIT = 5\n", "utf-8")
    (tmp_path / "page.js").write_text(SCRIPT, "utf-8")
    return Code(tmp_path, tmp_path)


@pytest.fixture
def check(sample: Code) -> Problems:
    def check(cell: NotebookNode) -> str:
        pieces = list(shown_code(new_notebook(cells=[cell]), "00-x.ipynb"))
        assert pieces, "the checker did not see the piece"
        return "\n".join(problem for piece in pieces for problem in sample.compare(piece))

    return check


DOUBLE = "def double(number: int) -> int:\n    return 2 * number\n"
ADD = "def add(self, number: int) -> int:\n    self.count += number\n    return self.count\n"
SHOW = "export function show(text) {\n  say(text);\n}\n"


@pytest.mark.parametrize(
    "cell",
    [
        new_code_cell("# chatkit/counter.py\n" + DOUBLE),
        new_code_cell("# chatkit/counter.py\n'''New words.'''\n# more\nimport json\nLIMIT = (3)\n"),
        new_code_cell("# chatkit/counter.py\nclass Broken(RuntimeError):\n    pass\n"),
        new_code_cell("# chatkit/room/counter.py\nLIMIT = 5\n"),
        new_code_cell("# chatkit/counter.py: Counter.add\n" + ADD),
        new_code_cell("# chatkit/counter.py: Counter\n" + ADD),
        new_markdown_cell(
            "So:\n\n```python\n# chatkit/counter.py: double\nreturn 2 * number\n```\n"
        ),
        new_markdown_cell("So:\n\n```js\n// static/page.js\n" + SHOW + "```\n"),
        new_markdown_cell("So:\n\n```tsx\n// static/page.js\n" + SHOW + "```\n"),
        new_code_cell("%%javascript\n// static/page.js\n" + SHOW),
    ],
    ids=lambda cell: cell.source.replace("\n", " ")[:40],
)
def test_the_same_code_passes(check: Problems, cell: NotebookNode) -> None:
    assert check(cell) == ""


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (new_code_cell("# chatkit/counter.py\n" + DOUBLE.replace("2", "3")), "+    return 3 *"),
        (
            new_code_cell("# chatkit/counter.py\n" + DOUBLE + "print(double(2))"),
            "+print(double(2))",
        ),
        (new_code_cell("# chatkit/counter.py\nLIMIT = 4"), "-LIMIT = 3\n+LIMIT = 4"),
        (new_code_cell("# chatkit/room/counter.py\nLIMIT = 3"), "-LIMIT = 5\n+LIMIT = 3"),
        (new_code_cell("# chatkit/counter.py\nfrom dataclasses import field"), "+from dataclasses"),
        (new_code_cell("# chatkit/counter.py\nclass Counter:\n    count = 0"), "+    count = 0"),
        (new_code_cell("# chatkit/counter.py\n" + ADD), "+def add"),
        (new_code_cell("# chatkit/counter.py: Counter.add\n" + ADD + "add"), "+add"),
        (new_code_cell("# chatkit/counter.py: Counter.take\n" + ADD), "has no Counter.take"),
        (new_code_cell("# chatkit/counter.py\n%time"), "line 2 is not plain Python"),
        (new_code_cell("# chatkit/counter.py\n'''Words.'''"), "shows no code"),
        (new_code_cell("# chatkit/other.py\n" + DOUBLE), "no module chatkit/other.py"),
        (new_code_cell("# chatkit/room.py\nLIMIT = 5"), "no module chatkit/room.py"),
        (new_code_cell("# chatkit/room/\nLIMIT = 5"), "names no place"),
        (new_code_cell("%%time\n#chatkit/counter.py\n" + DOUBLE), "names no place"),
        (new_code_cell("# chatkit/counter.py, the end\n" + DOUBLE), "names no place"),
        (new_markdown_cell("```python\n# chatkit/counter.py\nLIMIT = 4\n```"), "+LIMIT = 4"),
        (new_markdown_cell("```js\n// static/page.js\nshow(1);\n```"), "-show();\n+show(1);"),
        (new_markdown_cell("```tsx\n// static/page.js\nshow(2);\n```"), "-show();\n+show(2);"),
        (new_code_cell("%%javascript\n// static/page.js\n  show();"), "+  show();"),
        (new_code_cell("%%javascript\n// static/other.js\nshow();"), "no file static/other.js"),
        (new_code_cell("%%javascript\n// static/page.js\n"), "shows no code"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_other_code_is_found_and_shown(check: Problems, cell: NotebookNode, said: str) -> None:
    problem = check(cell)
    assert problem.startswith("00-x.ipynb, cell 1"), problem
    assert said in problem


def test_code_is_taught_when_all_of_it_has_been_shown(sample: Code, check: Problems) -> None:
    head = ["import json", "from dataclasses import dataclass", "LIMIT = 3"]
    assert sample.modules == ["counter", "room/counter"]
    assert sample.untaught("counter") == [*head, "Broken", "Counter", "double"]
    check(new_code_cell("# chatkit/counter.py\n" + "\n".join(head)))
    assert sample.untaught("counter") == ["Broken", "Counter", "double"]
    check(new_code_cell("# chatkit/counter.py\n" + DOUBLE + "class Broken(RuntimeError): ..."))
    assert sample.untaught("counter") == ["Broken", "Counter"]
    check(new_code_cell("# chatkit/counter.py: Counter.add\n" + ADD))
    assert sample.untaught("counter") == ["Broken", "Counter"]
    check(
        new_code_cell("# chatkit/counter.py: Counter\ndef __init__(self) -> None:\n self.count=0")
    )
    assert sample.untaught("counter") == ["Broken"]
    assert sample.untaught("room/counter") == ["LIMIT = 5"]
