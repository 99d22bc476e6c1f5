"""Find the package's code in the lessons, and compare the two.

A lesson shows code of the package in a code cell, or in a ```python, ```js or ```tsx block of its
text, whose first line says where that code stands:

    # chatkit/sse.py                      whole statements of the module's top level
    # chatkit/turns/turn.py: Turn.append  this one function, or whole statements of its body
    // static/chat/reply.js               consecutive lines of the file, as they are

Python is compared as syntax trees without docstrings, so comments and line breaks are free.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from functools import cache
from pathlib import Path

from nbformat import NotebookNode

PYTHON_PLACE = re.compile(r"# chatkit/(\w+(?:/\w+)*)\.py(?:: ([\w.]+))?")
STATIC_PLACE = re.compile(r"// static/([\w./-]+)")
LANGUAGES = "python|py|js|javascript|ts|tsx"
BLOCK = re.compile(rf"^( *)```(?:{LANGUAGES})\n(.*?)^\1```", re.DOTALL | re.MULTILINE)

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Shown:
    """A piece of the package's code in a lesson. `where` names lesson and cell."""

    where: str
    place: str  # the first line
    source: str  # the rest


def shown_code(notebook: NotebookNode, name: str) -> Iterator[Shown]:
    """The pieces of package code in a lesson, in order."""
    for number, cell in enumerate(notebook.cells):
        sources = [re.sub(r"\A(?:%%.*\n|\s)*", "", cell.source)]
        if cell.cell_type == "markdown":
            sources = [textwrap.dedent(block[2]) for block in BLOCK.finditer(cell.source)]
        for source in sources:
            place, _, rest = source.partition("\n")
            if re.match(r"#\s*chatkit/|//\s*static/", place):
                yield Shown(f"{name}, cell {number + 1} (id {cell.id})", place.rstrip(), rest)


class Code:
    """The package's code, and how much of it the lessons have shown."""

    def __init__(self, package: Path, static: Path) -> None:
        self._static = static
        self._modules = {
            path.relative_to(package).with_suffix("").as_posix(): ast.parse(path.read_text("utf-8"))
            for path in package.rglob("*.py")
        }
        self._shown: set[int] = set()  # the id() of each statement's node

    @property
    def modules(self) -> list[str]:
        """The package's modules, each as its path: `turns/turn`."""
        return sorted(self._modules)

    def compare(self, shown: Shown) -> list[str]:
        """What differs between a piece of a lesson and the code itself; note what agrees."""
        if match := PYTHON_PLACE.fullmatch(shown.place):
            problems = self._compare_python(shown.source, match[1], match[2])
        elif match := STATIC_PLACE.fullmatch(shown.place):
            problems = self._compare_static(shown.source, match[1])
        else:
            problems = ["the first line names no place in chatkit/ or static/"]
        return [f"{shown.where}: {shown.place}\n{problem}" for problem in problems]

    def untaught(self, module: str) -> list[str]:
        """The statements at a module's top level that no lesson has shown whole."""
        return [
            name_of(node) or ast.unparse(node)
            for node in self._modules[module].body
            if not (is_docstring(node) or is_overload(node) or self._taught(node))
        ]

    def _taught(self, node: ast.stmt) -> bool:
        if id(node) in self._shown:
            return True
        body = node.body if isinstance(node, Definition) else []
        parts = [part for part in body if not is_docstring(part)]
        return bool(parts) and all(map(self._taught, parts))

    def _compare_python(self, source: str, module: str, path: str | None) -> list[str]:
        if module not in self._modules:
            return [f"there is no module chatkit/{module}.py"]
        scope: ast.Module | Definition = self._modules[module]
        for name in path.split(".") if path else []:
            inner = [n for n in scope.body if isinstance(n, Definition) and n.name == name]
            if not inner:
                return [f"chatkit/{module}.py has no {path}"]
            scope = inner[-1]
        try:
            statements = [node for node in ast.parse(source).body if not is_docstring(node)]
        except SyntaxError as error:
            return [f"line {(error.lineno or 0) + 1} is not plain Python: {error.msg}"]
        if not statements:
            return ["shows no code"]
        if path and [name_of(node) for node in statements] == [name_of(scope)]:
            candidates: list[ast.stmt] = [scope]  # type: ignore[list-item]
        else:
            candidates = scope.body
        problems = []
        for statement in statements:
            same = [node for node in candidates if tree(node) == tree(statement)]
            self._shown.update(map(id, same))
            if not same:
                problems.append(difference(statement, candidates))
        return problems

    def _compare_static(self, source: str, name: str) -> list[str]:
        file = self._static / name
        if not file.is_file():
            return [f"there is no file static/{name}"]
        shown, lines = source.strip("\n").split("\n"), file.read_text("utf-8").split("\n")
        if shown == [""]:
            return ["shows no code"]
        windows = [lines[i : i + len(shown)] for i in range(len(lines))]
        if shown in windows:
            return []
        return [diff(nearest(shown, windows), shown)]


def is_overload(node: ast.stmt) -> bool:
    decorators = node.decorator_list if isinstance(node, Definition) else []
    return any(ast.unparse(decorator) == "overload" for decorator in decorators)


def is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def name_of(node: ast.AST) -> str | None:
    return getattr(node, "name", None)


def plain(node: ast.stmt) -> ast.stmt:
    """A copy without docstrings; a body that held nothing else becomes `pass`."""
    node = deepcopy(node)
    for inner in ast.walk(node):
        if isinstance(inner, Definition) and is_docstring(inner.body[0]):
            inner.body = inner.body[1:] or [ast.Pass()]
    return node


@cache
def tree(node: ast.stmt) -> str:
    return ast.dump(plain(node))


def difference(statement: ast.stmt, candidates: list[ast.stmt]) -> str:
    """How a statement of a lesson differs from the one that it should be."""
    shown = ast.unparse(plain(statement)).split("\n")
    name = name_of(statement)
    named = [node for node in candidates if name is not None and name_of(node) == name]
    sources = [ast.unparse(plain(node)).split("\n") for node in named or candidates]
    return diff(nearest(shown, sources), shown)


def nearest(shown: list[str], sources: list[list[str]]) -> list[str]:
    matcher = SequenceMatcher(None, b="\n".join(shown), autojunk=False)

    def likeness(source: list[str]) -> float:
        matcher.set_seq1("\n".join(source))
        return matcher.quick_ratio()

    return max(sources, key=likeness, default=[])


def diff(code: list[str], shown: list[str]) -> str:
    return "\n".join(unified_diff(code, shown, "the code", "the lesson", lineterm="", n=2))
