"""Mermaid's diagrams as SVG files: drawn by the JupyterLab that is installed, as in a lesson."""

import hashlib
import json
import re
import tempfile
import urllib.parse
from pathlib import Path

from chromium import launch
from lab_server import lab_server
from playwright.sync_api import sync_playwright

MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.DOTALL | re.MULTILINE)
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
SETTINGS = "lab/@jupyterlab/{}.jupyterlab-settings"  # below the folder of a `lab_server`
BASE = "/"
PATIENCE = 120_000  # milliseconds


def name_of(text: str) -> str:
    """The name of a diagram's files, without `-light.svg` or `-dark.svg`."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def width_of(file: Path) -> int:
    """How wide a diagram is in its own size, in pixels."""
    return round(float(re.search(r"max-width: ([\d.]+)px", file.read_text("utf-8"))[1]))


def draw(texts: list[str], target: Path) -> None:
    """Write each diagram to `target`, once for light and once for dark pages.

    Raises `AssertionError` if Mermaid cannot read one of them.
    """
    target.mkdir(parents=True, exist_ok=True)
    texts = list(dict.fromkeys(texts))
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        lab_server(Path(folder), BASE) as port,
    ):
        fences = "\n\n".join(f"```mermaid\n{text}```" for text in texts)
        (Path(folder) / "notebooks/diagrams.md").write_text(fences, "utf-8")
        preview = {"defaultViewers": {"markdown": "Markdown Preview"}}
        set_up(Path(folder), "docmanager-extension/plugin", preview)
        browser = launch(playwright)
        for name, theme in THEMES.items():
            page = browser.new_page()
            set_up(Path(folder), "apputils-extension/themes", {"theme": theme})
            page.goto(f"http://127.0.0.1:{port}{BASE}lab/tree/diagrams.md")
            drawn = page.locator(".jp-RenderedMermaid img, .jp-RenderedMermaid-Details")
            drawn.nth(len(texts) - 1).wait_for(state="attached", timeout=PATIENCE)
            sources = drawn.evaluate_all("all => all.map(({ src }) => src ?? '')")
            assert all(sources), f"Mermaid cannot read: {texts[sources.index('')]}"
            for text, source in zip(texts, sources, strict=True):
                svg = urllib.parse.unquote(source.partition(",")[2])
                svg = svg[svg.index("<svg") :]  # without HTML's entities, which none needs
                (target / f"{name_of(text)}-{name}.svg").write_text(svg, "utf-8")
            page.close()
        browser.close()


def set_up(folder: Path, part: str, setting: dict[str, object]) -> None:
    """Give a part of the JupyterLab in this folder a setting."""
    file = folder / SETTINGS.format(part)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(setting), "utf-8")
