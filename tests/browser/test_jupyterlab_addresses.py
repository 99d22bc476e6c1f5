"""A JupyterLab with all that can be set: its base URL, a token, https; under each of its addresses.

And what a cell prints or shows in bulk, which Jupyter passes on only in so many messages.
"""

import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from lab_server import BASE, lab_server
from playwright.sync_api import Page, expect

TOKEN = "a-token-of-this-test"
SHOWN = "[data-state=shown] iframe"
CELLS = (
    """import logging
import httpx
from fastapi import FastAPI
from chatkit import create_app, echo, serve
from chatkit.notebook import frames
server = serve(create_app(echo(delay=0)))
server.show()""",
    """turn = httpx.post(server.url + "turns", json={"message": "x" * 10_000}).json()
await frames(server.url + turn["events"])
print("THE END", "of the frames")""",
    """app = FastAPI()

@app.get("/")
async def much() -> None:
    for number in range(5_000):
        logging.getLogger("chatkit").warning("%s %s", number, "x" * 50)

log_server = serve(app, "log")
log_server.show_log()
httpx.get(log_server.url)
print("THE END", "of the messages")""",
)


def is_there(address: str) -> bool:
    """Whether this machine has the address."""
    try:
        with socket.create_server(
            (address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        ):
            return True
    except OSError:
        return False


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", tmp_path / "key", "-out", tmp_path / "pem"),
        ],
        check=True,
        capture_output=True,
    )
    options = (
        "--ServerApp.ip=*",
        f"--ServerApp.certfile={tmp_path / 'pem'}",
        f"--ServerApp.keyfile={tmp_path / 'key'}",
    )
    with lab_server(tmp_path, BASE, *options, token=TOKEN, scheme="https") as port:
        yield port


def test_each_address_shows_the_page(
    new_page: Callable[..., Page], tmp_path: Path, port: int
) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(it) for it in CELLS])
    kernel = {"display_name": "Python 3 (ipykernel)", "name": "python3", "language": "python"}
    notebook.metadata["kernelspec"] = kernel
    nbformat.write(notebook, tmp_path / "notebooks/places.ipynb")

    def open_at(host: str) -> Page:
        screen = new_page(viewport={"width": 1200, "height": 2000}, ignore_https_errors=True)
        path = f"lab/workspaces/{len(host)}/tree/places.ipynb"
        screen.goto(f"https://{host}:{port}{BASE}{path}?token={TOKEN}")
        expect(screen.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible()
        return screen

    def expect_page(screen: Page, url: str) -> None:
        expect(screen.locator(SHOWN)).to_have_attribute("src", url)
        page = screen.frame_locator(SHOWN)
        expect(page.get_by_role("textbox", name="Message")).to_be_visible()

    screen = open_at("127.0.0.1")
    screen.get_by_role("menuitem", name="Run", exact=True).click()
    screen.locator(".lm-Menu").get_by_text("Run All Cells", exact=True).click()
    frame = screen.locator(SHOWN)
    expect(frame).to_have_attribute("src", re.compile("^http://127.0.0.1:"))
    direct = frame.get_attribute("src")
    expect_page(screen, direct)
    expect(screen.get_by_text("THE END of the messages")).to_be_visible()
    expect(screen.get_by_text("THE END of the frames")).to_have_count(1)
    expect(screen.get_by_text("4999 xxx")).to_have_count(1)
    expect(screen.get_by_text("rate exceeded")).to_have_count(0)
    with screen.expect_response(lambda response: response.request.method == "PUT"):
        screen.keyboard.press("Control+s")

    server_port = direct.rstrip("/").rpartition(":")[2]
    others = {"127.0.0.2": "127.0.0.2", "::1": "[::1]"}
    for host in ("lab.localhost", *(name for it, name in others.items() if is_there(it))):
        screen = open_at(host)
        expect_page(screen, f"https://{host}:{port}{BASE}proxy/{server_port}/")
        screen.context.close()
