"""A page of a server, or what it has to say, in the cell of a notebook."""

import contextlib
import html
from collections.abc import Callable

from chatkit.resources import PACKAGE


def show_page(port: int, nonce: str, path: str, height: int) -> None:
    """Show `path` of the server on `port` in the cell, in a frame `height` pixels high.

    Where the browser reaches the server is found out by the browser: see show.js.
    """
    from IPython.display import HTML, display

    values = {"nonce": nonce, "port": port, "path": path, "height": height}
    data = " ".join(f'data-{name}="{html.escape(str(value))}"' for name, value in values.items())
    page = f'<div class="chatkit-page" {data}>Run this cell: the page appears here.</div>'
    script = (PACKAGE / "notebook" / "show.js").read_text("utf-8")
    display(HTML(f"{page}\n<script>\n{script}</script>"))  # type: ignore[no-untyped-call]


def show_text(text: str) -> Callable[[str], None]:
    """Show text in the cell. What is returned puts another one in its place, from any thread."""
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    if not hasattr(get_ipython(), "kernel"):  # no notebook: there is no place to come back to
        print(text)
        return lambda _: None

    def plain(text: str) -> dict[str, str]:
        return {"text/plain": text.encode(errors="replace").decode()}

    handle = display(plain(text), raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def replace(text: str) -> None:
        with contextlib.suppress(Exception):  # the kernel may be on its way out
            handle.update(plain(text), raw=True)

    return replace
