"""`server.show()` wherever a notebook may be: what its output does there, and what it says.

The programs around the cell are emulated: by the URL of the notebook, and by what each has in its
page. JupyterLab itself is in test_jupyterlab.py.
"""

import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from execute_notebooks import sanitize
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from nbconvert import HTMLExporter
from notebook_page import (
    BASE,
    CLASSIC,
    LAB,
    LONG_AGO,
    OTHER,
    UNTRUSTED,
    NotebookPage,
    changed,
    output_of,
)
from playwright.sync_api import Page, expect

from chatkit import Server, create_app

Run = Callable[..., Server]
NewPage = Callable[..., Page]
LESSON = Path(__file__).parents[2] / "notebooks/00-start-here.ipynb"
NO_ANSWER = "No answer from the server of this cell."
COPY = "Where this notebook runs, a live page of its server stands here."
NEAR = ["http://localhost:8888", "http://127.0.0.1:8888", "https://localhost:8888"]
FAR = ["http://127.0.0.2:8888", "http://[::1]:8888", "https://hub.example"]


def believing(location: str, more: str = "") -> dict[str, str]:
    """The script is told another location: Chromium knows no scheme of VS Code."""
    script = rf"<script>{{ const location = {location}; {more} \1 }}</script>"
    return {"(?s)<script>(.*)</script>": script}


IN_VS_CODE = believing(
    '{ protocol: "vscode-webview:", hostname: "1a", origin: "vscode-webview://1a" }',
    'document.body.dataset.vscodeThemeKind = "vscode-dark";',
)


def expect_page(page: Page, url: str) -> None:
    """Wait until the page of the server is there, under this URL and no other."""
    expect(page.locator(".chatkit-page")).to_have_attribute("data-state", "shown")
    expect(page.locator("iframe")).to_have_attribute("src", url)
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("textbox", name="Message")).to_be_visible()


@pytest.mark.parametrize("origin", NEAR)
def test_near_it_comes_directly(new_page: NewPage, run: Run, origin: str) -> None:
    server = run(create_app())
    notebook = NotebookPage(new_page, f"{origin}{BASE}lab", LAB + output_of(server))
    expect_page(notebook.page, server.url)
    assert not [url for url in notebook.asked if "/proxy/" in url]


@pytest.mark.parametrize(
    ("origin", "around"),
    [*((origin, LAB) for origin in FAR), ("https://hub.example", CLASSIC)],
    ids=["127.0.0.2", "::1", "far name", "nbclassic"],
)
def test_where_a_policy_cannot_name_it_through_the_proxy(
    new_page: NewPage, run: Run, origin: str, around: str
) -> None:
    server = run(create_app())
    notebook = NotebookPage(new_page, f"{origin}{BASE}lab", around + output_of(server), proxy=0)
    expect_page(notebook.page, f"{origin}{BASE}proxy/{server.port}/")
    assert not [url for url in notebook.asked if url.startswith(server.url)]


def test_from_afar_without_a_proxy_it_says_what_is_missing(new_page: NewPage, run: Run) -> None:
    output = output_of(run(create_app()), "docs")
    page = NotebookPage(new_page, "https://hub.example/lab", LAB + output).page
    place = page.locator(".chatkit-page")
    expect(place).to_contain_text(f"{NO_ANSWER} Run the cell that starts the server")
    expect(place).to_contain_text("lacks jupyter-server-proxy")
    expect(place.get_by_role("link")).to_have_attribute("href", re.compile(r"^http://127.*/docs$"))
    expect(place.get_by_role("button", name="Look again")).to_be_visible()


def test_old_pages_do_not_ask_the_proxy_of_this_machine(new_page: NewPage, run: Run) -> None:
    server = run(create_app())
    output = changed(output_of(server), LONG_AGO)
    server.stop()
    notebook = NotebookPage(new_page, f"{NEAR[0]}{BASE}lab", LAB + output * 3, proxy=500)
    places = notebook.page.locator(".chatkit-page")
    expect(notebook.page.get_by_text(NO_ANSWER)).to_have_count(3)
    assert "jupyter-server-proxy" not in places.first.inner_text()
    expect(places.first.get_by_role("link")).to_have_attribute("href", server.url)
    assert not [url for url in notebook.asked if "/proxy/" in url]
    notebook.page.get_by_role("button", name="Look again").first.click()
    expect(places.first).to_have_attribute("data-state", "missing")
    assert len([url for url in notebook.asked if "/proxy/" in url]) == 1


def test_in_a_container_the_proxy_is_the_way_and_stays_it(new_page: NewPage, run: Run) -> None:
    server = run(create_app())
    # As from outside a container, where only JupyterLab's port leads in.
    url = f"{NEAR[0]}{BASE}lab"
    notebook = NotebookPage(new_page, url, LAB + output_of(server), proxy=0)
    page = notebook.page
    page.context.route(server.url + "**", lambda route: route.abort("connectionrefused"))
    proxied = f"{NEAR[0]}{BASE}proxy/{server.port}/"
    page.reload()
    expect_page(page, proxied)
    page.context.route(
        url, lambda route: route.fulfill(body=LAB + changed(output_of(server), LONG_AGO))
    )
    page.reload()
    expect_page(page, proxied)


@pytest.mark.parametrize("is_stored", [True, False], ids=["stored", "not trusted"])
def test_a_cell_that_nobody_has_run_is_left_alone(
    new_page: NewPage, run: Run, is_stored: bool
) -> None:
    output = output_of(run(create_app()))
    others = sanitize(output) if is_stored else changed(output, UNTRUSTED)
    notebook = NotebookPage(new_page, f"{FAR[0]}{BASE}lab", LAB + others + output, proxy=0)
    page = notebook.page
    expect(page.locator(".chatkit-page[data-state=shown]")).to_have_count(1)
    words = COPY if is_stored else "The server of this cell has its page at http://127.0.0.1:"
    first = page.locator(".chatkit-page").first
    expect(first).to_contain_text(words)
    expect(first.get_by_role("link")).to_have_count(int(not is_stored))
    assert first.get_attribute("data-state") is None
    assert not [url for url in notebook.asked if "undefined" in url or "PORT" in url]


def test_refused_in_a_frame_it_is_not_said_to_be_shown(new_page: NewPage, run: Run) -> None:
    server = run(create_app())
    wrong = believing('{ protocol: "vscode-file:" }')
    # What the output takes for near, no policy can name.
    page = NotebookPage(new_page, FAR[1] + "/", OTHER + changed(output_of(server), wrong)).page
    place = page.locator(".chatkit-page")
    expect(place).to_have_attribute("data-state", "refused")
    expect(place).to_contain_text("does not run in this cell: open it in a tab.")
    assert page.locator("iframe").count() == 0
    with page.expect_popup() as opened:
        place.get_by_role("link").click()
    expect(opened.value.get_by_role("textbox", name="Message")).to_be_visible()


@pytest.mark.parametrize(
    ("header", "is_shown"),
    [
        ({"Content-Security-Policy": "img-src 'self'; frame-ancestors 'none'"}, False),
        ({"Content-Security-Policy": "img-src 'self'; script-src 'none'"}, True),
    ],
    ids=["no ancestors", "another policy"],
)
def test_a_page_of_ones_own_that_refuses_frames(
    new_page: NewPage, run: Run, header: dict[str, str], is_shown: bool
) -> None:
    app = FastAPI()

    @app.get("/a page")
    def own() -> HTMLResponse:
        return HTMLResponse("<h1>My own</h1>", headers=header)

    output = output_of(run(app), "a page?b=c#d")
    page = new_page(permissions=["local-network-access"])
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    url = f"{NEAR[0]}{BASE}lab"
    page.context.route(
        url, lambda route: route.fulfill(body=LAB + output, content_type="text/html")
    )
    page.goto(url)
    place = page.locator(".chatkit-page")
    expect(place).to_have_attribute("data-state", "shown" if is_shown else "refused")
    expect(place.locator("iframe")).to_have_count(int(is_shown))
    assert [line for line in problems if "postMessage" in line] == []
    if is_shown:
        expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text("My own")
    else:
        expect(place).to_contain_text("does not run in this cell: open it in a tab.")


def test_in_vs_code_it_comes_directly(new_page: NewPage, run: Run) -> None:
    server = run(create_app())
    output = changed(output_of(server), IN_VS_CODE)
    page = NotebookPage(new_page, NEAR[0] + "/", OTHER + output).page
    expect_page(page, server.url)


def test_in_vs_code_it_says_what_a_kernel_far_away_needs(new_page: NewPage, run: Run) -> None:
    server = run(create_app())
    output = changed(output_of(server), IN_VS_CODE)
    server.stop()
    page = NotebookPage(new_page, NEAR[0] + "/", OTHER + output).page
    place = page.locator(".chatkit-page")
    expect(place).to_contain_text(f"forward port {server.port} (in the view “Ports”)")
    expect(place.get_by_role("link")).to_have_attribute("href", server.url)
    assert "jupyter-server-proxy" not in place.inner_text()


@pytest.mark.parametrize("url", ["https://1a.vscode-cdn.net/", "http://code.example:8080/"])
def test_in_vs_code_in_a_browser_the_forwarded_port_is_the_way(
    new_page: NewPage, run: Run, url: str
) -> None:
    """As in a Codespace, at vscode.dev or in code-server: its machine is another one."""
    server = run(create_app())
    body = OTHER.replace("<body>", '<body data-vscode-theme-kind="vscode-dark">')
    notebook = NotebookPage(new_page, url, body + output_of(server, "docs"))
    place = notebook.page.locator(".chatkit-page")
    expect(place).to_contain_text(f"“Ports”, open the address of port {server.port}, with docs")
    expect(place).to_contain_text("chatkit lab")
    expect(place.locator("a, button")).to_have_count(0)
    assert notebook.asked == []


def test_in_colab_a_link_goes_through_its_proxy(new_page: NewPage, run: Run) -> None:
    server = run(create_app())
    colab = """<script>globalThis.google = { colab: { kernel: {
        proxyPort: async (port) => `https://${port + 1}-colab.example/?a=b` } } }</script>"""
    url = "https://1a-colab.googleusercontent.com/outputframe.html"
    notebook = NotebookPage(new_page, url, OTHER + colab + output_of(server, "docs"))
    place = notebook.page.locator(".chatkit-page")
    expect(place).to_have_text(
        "In Colab, the page of this server has no place in a cell: open it in a tab."
    )
    link = f"https://{server.port + 1}-colab.example/docs"
    expect(place.get_by_role("link")).to_have_attribute("href", link)
    assert notebook.asked == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.kaggleusercontent.com/kf/1", "Kaggle"),
        ("https://www.kaggle.com/code/1", "Kaggle"),
        ("https://deepnote.com/workspace/1", "Deepnote"),
    ],
)
def test_where_there_is_no_way_it_says_so(new_page: NewPage, run: Run, url: str, name: str) -> None:
    notebook = NotebookPage(new_page, url, OTHER + output_of(run(create_app())))
    place = notebook.page.locator(".chatkit-page")
    expect(place).to_contain_text(f"{name} has no way from a cell to a server of the notebook.")
    expect(place).to_contain_text("The lessons run in JupyterLab")
    assert notebook.asked == []


def test_without_scripts_a_link_opens_it(new_page: NewPage, run: Run) -> None:
    """As in marimo, or where a notebook is not trusted."""
    output = changed(output_of(run(create_app())), {"(?s)<script>.*</script>": ""})
    page = NotebookPage(new_page, "http://localhost:2718/", OTHER + output).page
    expect(page.locator(".chatkit-page")).to_contain_text("Where a notebook may run scripts")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="http://127.0.0.1:").click()
    expect(opened.value.get_by_role("textbox", name="Message")).to_be_visible()


def test_in_another_program_it_looks_and_then_links(new_page: NewPage, run: Run) -> None:
    """As PyCharm, of which a page does not know where it comes from."""
    server = run(create_app())
    output = output_of(server)
    expect_page(NotebookPage(new_page, "http://localhost:63342/", OTHER + output).page, server.url)
    page = NotebookPage(new_page, "https://jbcef.example/", OTHER + output).page
    place = page.locator(".chatkit-page")
    words = f"{COPY} If it runs here, open the page in a tab: {server.url}."
    expect(place).to_have_text(words)
    expect(place.get_by_role("link")).to_have_attribute("href", server.url)


@pytest.mark.parametrize("where", ["file", "site"])
def test_a_page_made_from_a_lesson_says_that_it_is_a_copy(
    new_page: NewPage, tmp_path: Path, where: str
) -> None:
    html, _ = HTMLExporter().from_notebook_node(nbformat.read(LESSON, as_version=4))
    url = "https://lessons.example/00.html"
    if where == "file":
        file = tmp_path / "00.html"
        file.write_text(html, "utf-8")
        url = file.as_uri()
    page = new_page()
    asked: list[str] = []
    page.context.route(re.compile("^https://"), lambda route: route.abort())
    page.context.route(url, lambda route: route.fulfill(body=html, content_type="text/html"))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url, wait_until="domcontentloaded")
    expect(page.get_by_text(f"{COPY} You are reading a copy of it.")).to_have_count(3)
    assert not [url for url in asked if "127.0.0.1" in url or ".chatkit" in url]
