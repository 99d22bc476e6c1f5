"""A lesson that is only opened: no output that nobody has produced, and the file stays as it is."""

from collections.abc import Callable
from pathlib import Path

from lab_server import BASE, lab_server
from playwright.sync_api import Page, expect


def test_it_shows_no_output_and_does_not_change(
    new_page: Callable[..., Page], tmp_path: Path
) -> None:
    with lab_server(tmp_path) as port:
        for lesson in ("00-start-here", "04-a-chat"):
            file = tmp_path / "notebooks" / f"{lesson}.ipynb"
            before = file.read_bytes()
            screen = new_page(viewport={"width": 1300, "height": 9000})
            screen.goto(f"http://127.0.0.1:{port}{BASE}lab/workspaces/{lesson}/tree/{lesson}.ipynb")
            expect(screen.locator(".jp-Notebook .jp-CodeCell").first).to_be_visible()
            expect(screen.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
            expect(screen.locator(".jp-OutputArea-output")).to_have_count(0)
            expect(screen.locator(".jp-InputPrompt", has_text="[1]:")).to_have_count(0)
            with screen.expect_response(lambda response: response.request.method == "PUT"):
                screen.keyboard.press("Control+s")
            assert file.read_bytes() == before
            screen.close()
