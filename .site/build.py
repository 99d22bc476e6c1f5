"""Build the course as a site: every lesson and appendix with its stored outputs, to look at.

    python .site/build.py FOLDER [--no-pictures]

It needs the extra `test` and a Chromium, and asks the network for nothing. In the place of a live
page stands a picture of it, for which the lessons run once; --no-pictures leaves that out, and is
quick. Lesson 11 has pages in React to show if `chatkit react build --development` has run before.
The site loads nothing from elsewhere, and works under any path, or from the disk.
"""

import argparse
import html
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
sys.path[:0] = [str(CHECKOUT / "tests"), str(CHECKOUT / "tests/browser/support"), str(CHECKOUT)]

from diagrams import MERMAID, draw, name_of, width_of  # noqa: E402
from execute_notebooks import NOTEBOOKS, appendices, lessons, notebooks, read  # noqa: E402
from pictures import SIZE, is_live, take_pictures  # noqa: E402

FRONT = CHECKOUT / "README.md"
LINK = re.compile(r"(?:\]\(|(?:src|srcset)=\")(?![a-z]+:|#)([^)#\"\s]+)")
PICTURES = {".png", ".svg"}
TITLE = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
FENCE = re.compile(r"^ *(```+).*?^ *\1 *$", re.MULTILINE | re.DOTALL)
DIAGRAM = "A diagram in “{}”: the text beside it says the same in words"
# What the theme leaves out for those who listen, or who have no mouse.
ACCESS = {
    "<pre>": '<pre tabindex="0">',
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="The course"',
    '<aside class="toc-drawer': '<aside aria-label="This page" class="toc-drawer',
}
PAGE = "The page of the server in “{}”, under “{}”"
LIVE = "This is a picture of a live page: run the lesson, and you can use it."
UNSEEN = "In the lesson, a live page is here."


def build(target: Path, pictured: list[Path]) -> None:
    """Build the site into `target`, with pictures of the live pages of some notebooks.

    Raises `CalledProcessError` on any warning of Sphinx.
    """
    with tempfile.TemporaryDirectory() as folder:
        source, static = Path(folder, "source"), Path(folder, "static")
        static.mkdir()
        shutil.copy(HERE / "site.css", static)
        for page in linked_files():
            to = source / page.relative_to(CHECKOUT)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, to)
        with (source / FRONT.name).open("a", encoding="utf-8") as file:
            file.write(contents())
        take_pictures(pictured, static / "pages")
        draw(diagrams(notebooks()), static / "diagrams")
        for path in notebooks():
            to = source / path.relative_to(CHECKOUT)
            to.parent.mkdir(parents=True, exist_ok=True)
            up = "../" * len(path.relative_to(CHECKOUT).parent.parts)
            nbformat.write(for_the_site(path, static, up + "_static/", path in pictured), to)
        sphinx = [*(sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going")]
        sphinx += [*("-c", str(HERE), "-D", f"html_static_path={static}")]
        subprocess.run([*sphinx, str(source), str(target), "-d", f"{folder}/trees"], check=True)
        for file in linked_files():
            if file.suffix in PICTURES:  # those shown by HTML, which Sphinx leaves as it is
                to = target / file.relative_to(CHECKOUT)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, to)
        for page in target.rglob("*.html"):
            text = page.read_text("utf-8")
            for old, new in ACCESS.items():
                text = text.replace(old, new)
            page.write_text(text, "utf-8")
        # The README is the first page; and where a folder's first page is asked for, it has one.
        for readme in target.rglob("README.html"):
            shutil.copy(readme, readme.with_name("index.html"))


def linked_files() -> list[Path]:
    """The README, the files that it leads to, and what these lead to, but for the notebooks."""
    found = [FRONT, NOTEBOOKS / "GLOSSARY.md", NOTEBOOKS / "INSTRUCTOR.md"]
    for page in found:
        links = LINK.findall(page.read_text("utf-8")) if page.suffix == ".md" else []
        for path in [(page.parent / link).resolve() for link in links]:
            if path.is_file() and path.suffix != ".ipynb" and path not in found:
                found.append(path)
    return found


def contents() -> str:
    """What stands in the margin of every page."""
    more = [path for path in linked_files()[1:] if path.suffix == ".md"]
    parts = {"Lessons": lessons(), "Appendices": appendices(), "More": more}
    text = ""
    for title, paths in parts.items():
        names = "\n".join(path.relative_to(CHECKOUT).as_posix() for path in paths)
        text += f"\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{names}\n```\n"
    return text


def diagrams(paths: list[Path]) -> list[str]:
    """The Mermaid text of every diagram in these notebooks."""
    cells = [cell.source for path in paths for cell in read(path).cells]
    return [text for source in cells for text in MERMAID.findall(source)]


def for_the_site(path: Path, static: Path, url: str, pictured: bool) -> NotebookNode:
    """The notebook with drawn diagrams, and with pictures in the place of live pages.

    The files of both are below `static`, which a reader of the page finds under `url`.
    """
    notebook = read(path)
    notebook.metadata.language_info.pygments_lexer = "ipython3"  # it knows %%keep

    seen: list[str] = []  # the headings so far

    def drawn(match: re.Match[str]) -> str:
        file = f"diagrams/{name_of(match[1])}"
        width = width_of(static / f"{file}-light.svg")
        above = [*seen, *headings(match.string[: match.start()])]
        alt = DIAGRAM.format(above[-1])
        return figure("diagram", url + file, "svg", alt, f'width="{width}"')

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            found = headings(cell.source)
            cell.source = MERMAID.sub(drawn, cell.source)
            seen += found
        live = [output for output in cell.get("outputs", []) if is_live(output)]
        for number, output in enumerate(live):
            height = re.search(r'data-height="(\d+)"', output.data["text/html"])[1]
            size = f'width="{SIZE}" height="{height}"'
            file = f"{url}pages/{path.stem}-{cell.id}-{number}"
            alt = PAGE.format(seen[0], seen[-1])
            shown = figure("live", file, "webp", alt, size, f"<figcaption>{LIVE}</figcaption>")
            output.data = {"text/html": shown if pictured else f"<p class='live'>{UNSEEN}</p>"}
    return notebook


def headings(text: str) -> list[str]:
    """The headings in a text of Markdown, as the words that are read, for an attribute in HTML."""
    found = TITLE.findall(FENCE.sub("", text))
    return [html.escape(re.sub(r"[`*]|\[|\]\([^)]*\)", "", title)) for title in found]


def figure(kind: str, file: str, ending: str, alt: str, size: str, caption: str = "") -> str:
    images = [
        f'<img class="only-{scheme}" src="{file}-{scheme}.{ending}" alt="{alt}" {size}>'
        for scheme in ("light", "dark")
    ]
    return "\n".join([f'<figure class="{kind}" tabindex="0">', *images, f"{caption}</figure>"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the course as a site.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--no-pictures", action="store_true", help="do not run the lessons")
    options = parser.parse_args()
    start = time.perf_counter()
    build(options.folder, pictured=[] if options.no_pictures else notebooks())
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file())
    pages = len(list(options.folder.rglob("*.html")))
    seconds = time.perf_counter() - start
    print(f"{options.folder}: {pages} pages, {size / 1e6:.1f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    main()
