"""A page of a server, or what it has to say, in the cell of a notebook."""

import contextlib
import html
import sys
import threading
import time
from collections.abc import Callable

from chatkit.limits.hosts import NEAR
from chatkit.resources import PACKAGE

BETWEEN_UPDATES = 0.1  # seconds: Jupyter loses what comes in more than 1,000 messages a second


def show_page(port: int, nonce: str, path: str, height: int) -> None:
    """Show `path` of the server on `port` in the cell, in an iframe `height` pixels high.

    Where the browser reaches the server is found out by the browser: see show.js.
    """
    from IPython.core.getipython import get_ipython
    from IPython.display import HTML, display

    if not hasattr(get_ipython(), "kernel") and "marimo" not in sys.modules:  # no notebook
        print(f"http://127.0.0.1:{port}/{path}")
        return
    values = {"nonce": nonce, "port": port, "path": path, "height": height}
    values |= {"near": NEAR, "at": int(time.time())}
    data = " ".join(f'data-{name}="{html.escape(str(value))}"' for name, value in values.items())
    url = html.escape(f"http://127.0.0.1:{port}/{path}")
    link = f'<a href="{url}" target="_blank" rel="noopener">{url}</a>'
    # What is read where no script runs, and in a cell that nobody has run.
    words = (
        f"The server of this cell has its page at {link}. Where a notebook may run scripts, and "
        "while the server runs, the page appears here."
    )
    script = (PACKAGE / "notebook" / "show.js").read_text("utf-8")
    element = f'<div class="chatkit-page" {data}>{words}</div>'
    display(HTML(f"{element}\n<script>\n{script}</script>"))  # type: ignore[no-untyped-call]


def show_text(text: str) -> Callable[[str], None]:
    """Show text in the cell. What is returned puts another one in its place, from any thread.

    Of many in a short time it shows the first at once, and the last one a little later.
    """
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

    return _Newest(replace)


class _Newest:
    """Hands on what it is called with, at most every `BETWEEN_UPDATES`: the newest of it."""

    def __init__(self, hand_on: Callable[[str], None]) -> None:
        self._hand_on = hand_on
        self._lock = threading.RLock()  # to show something may log a warning, which is to be shown
        self._is_resting = False
        self._newest: str | None = None

    def __call__(self, text: str) -> None:
        with self._lock:
            self._newest = text
            if not self._is_resting:
                self._next()

    def _next(self) -> None:
        text, self._newest = self._newest, None
        self._is_resting = text is not None
        if text is not None:
            rest = threading.Timer(BETWEEN_UPDATES, self._after_rest)
            rest.daemon = True
            with contextlib.suppress(RuntimeError):  # no thread starts when Python ends
                rest.start()
            self._hand_on(text)

    def _after_rest(self) -> None:
        with self._lock:
            self._next()
