"""Pictures of the pages that lessons show in their cells: of the real ones, while they run."""

import asyncio
import io
import os
import re
import subprocess
from pathlib import Path

from chromium import FLAGS, find_chromium
from execute_notebooks import kernel_client, read
from nbformat import NotebookNode
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

SIZE = 760  # pixels, as wide as the cell of a notebook on half a screen
SAID = "What is an event stream?"
QUIET = 1.5  # seconds in which a page that has finished does not change
LONGEST = 30  # seconds for a page that never does


def is_live(output: NotebookNode) -> bool:
    """Whether this output of a cell is a page of a server."""
    return 'class="chatkit-page"' in output.get("data", {}).get("text/html", "")


def take_pictures(paths: list[Path], target: Path) -> None:
    """Run each notebook that shows pages, and write pictures of these to `target`.

    They are called NOTEBOOK-CELL-NUMBER-light.webp and -dark.webp. In an empty chat something is
    said first.
    """
    target.mkdir(parents=True)
    asyncio.run(_take_pictures(paths, target))


async def _take_pictures(paths: list[Path], target: Path) -> None:
    async with async_playwright() as playwright:
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        browser = await playwright.chromium.launch(
            executable_path=find_chromium(playwright),  # type: ignore[arg-type]
            args=[*FLAGS, *(["--no-sandbox"] if root else [])],
        )
        for path in paths:
            await run(path, browser, target)
        await browser.close()


async def run(path: Path, browser: Browser, target: Path) -> None:
    """Run a notebook as far as its last page."""
    notebook = read(path)
    live = [
        number
        for number, cell in enumerate(notebook.cells)
        if any(is_live(output) for output in cell.get("outputs", []))
    ]
    if not live:
        return
    notebook.cells = notebook.cells[: live[-1] + 1]
    client = kernel_client(notebook, path.parent)
    async with client.async_setup_kernel(stderr=subprocess.DEVNULL):
        for number, cell in enumerate(notebook.cells):
            if cell.cell_type != "code":
                continue
            await client.async_execute_cell(cell, number)
            outputs = [output for output in cell.outputs if is_live(output)]
            for place, output in enumerate(outputs):
                name = f"{path.stem}-{cell.id}-{place}"
                await photograph(output.data["text/html"], browser, target / name)


async def photograph(html: str, browser: Browser, target: Path) -> None:
    """Open the page that an output names, and take its picture, light and dark."""
    data = dict(re.findall(r'data-(\w+)="([^"]*)"', html.partition(">")[0]))
    height = int(data["height"])
    page = await browser.new_page(
        viewport={"width": SIZE, "height": height}, reduced_motion="reduce"
    )
    await page.goto(f"http://127.0.0.1:{data['port']}/{data['path']}", wait_until="commit")
    await settled(page)
    message = page.get_by_role("textbox", name="Message")
    if await message.count() and not await page.locator("[data-role=assistant]").count():
        await message.fill(SAID)
        await message.press("Enter")
        await settled(page)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        png = await page.screenshot()
        with Image.open(io.BytesIO(png)) as image:
            image.save(target.with_name(f"{target.name}-{scheme}.webp"), lossless=True)
    await page.close()


async def settled(page: Page) -> None:
    """Wait until the text of the page does not change any more."""
    loop = asyncio.get_running_loop()
    end = loop.time() + LONGEST
    before = None
    while loop.time() < end:
        now = await page.locator("body").inner_text()
        if now == before:
            return
        before = now
        await asyncio.sleep(QUIET)
