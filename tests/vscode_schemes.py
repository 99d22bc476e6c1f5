"""What `server.show()` does in VS Code, as far as the schemes of its pages go.

    python tests/vscode_schemes.py

This is not VS Code: it is Qt's Chromium, which can be told of other schemes. There, an output
stands in a page of `vscode-webview:`, in another one of that scheme, in the window, of
`vscode-file:`; and a frame is shown only if its policy names them all. uv installs
Qt (350 MB), outside of this environment. Exit code 0: the page was shown, and not where its
policy lacks one of the schemes.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

QT = "PySide6-Addons>=6.8,<6.12"
WINDOW, WEBVIEW = "vscode-file", "vscode-webview"
SECONDS = 60


def main() -> int:
    sys.path.insert(0, str(Path(__file__).parent / "browser/support"))
    from notebook_page import output_of

    from chatkit import create_app, serve
    from chatkit.limits.hosts import NEAR
    from chatkit.notebook import beacon
    from chatkit.web.page import HEADERS

    policies = HEADERS["Content-Security-Policy"], beacon.POLICY
    as_expected = True
    for near in (NEAR, "http://127.0.0.1:* http://localhost:*", f"{WEBVIEW}:"):
        HEADERS["Content-Security-Policy"], beacon.POLICY = (
            policy.replace(NEAR, near) for policy in policies
        )
        with serve(create_app()) as server:
            seen = look(output_of(server))
        print(f"frame-ancestors 'self' {near}\n  {seen}", flush=True)
        as_expected &= (seen["state"] == "shown") == (near == NEAR)
    return 0 if as_expected else 1


def look(output: str) -> dict[str, str]:
    """What becomes of the output of a cell in the browser: it is another process."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    own = {"QT_QPA_PLATFORM": "offscreen"}
    own |= {"QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox"} if root else {}
    command = [sys.executable, "-m", "uv", "run", "--quiet", "--no-project", "--with", QT]
    done = subprocess.run(
        [*command, "python", __file__, "browser"],
        input=output,
        env=os.environ | own,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def browser(output: str) -> None:
    """Show it in a page of each scheme, and print what it has become."""
    from PySide6.QtCore import QBuffer, QByteArray, QTimer
    from PySide6.QtWebEngineCore import (
        QWebEnginePage,
        QWebEngineProfile,
        QWebEngineUrlScheme,
        QWebEngineUrlSchemeHandler,
    )
    from PySide6.QtWidgets import QApplication

    for name in (WINDOW, WEBVIEW):
        scheme = QWebEngineUrlScheme(name.encode())
        scheme.setSyntax(QWebEngineUrlScheme.Syntax.Host)
        flags = QWebEngineUrlScheme.Flag
        scheme.setFlags(flags.SecureScheme | flags.CorsEnabled | flags.FetchApiAllowed)
        QWebEngineUrlScheme.registerScheme(scheme)

    pages = {
        f"{WINDOW}://vscode-app/workbench.html": f'<iframe src="{WEBVIEW}://1a/index.html"></iframe>',
        f"{WEBVIEW}://1a/index.html": f'<iframe src="{WEBVIEW}://1a/fake.html"></iframe>',
        f"{WEBVIEW}://1a/fake.html": f'<body data-vscode-theme-kind="vscode-dark">{output}',
    }

    class Handler(QWebEngineUrlSchemeHandler):
        def requestStarted(self, job) -> None:  # noqa: N802
            body = QBuffer(job)
            body.setData(QByteArray(pages[job.requestUrl().toString()].encode()))
            job.reply(b"text/html; charset=utf-8", body)

    application = QApplication(["a notebook"])
    profile = QWebEngineProfile()
    handler = Handler()
    for name in (WINDOW, WEBVIEW):
        profile.installUrlSchemeHandler(name.encode(), handler)
    page = QWebEnginePage(profile)
    seen = {"state": "", "words": "", "page": ""}
    code = """(() => {
      const place = document.querySelector(".chatkit-page");
      return JSON.stringify(place
        ? { state: place.dataset.state ?? "", words: place.innerText }
        : { page: document.querySelector("textarea")?.placeholder ?? "" });
    })()"""

    def collect(frame) -> None:
        frame.runJavaScript(code, lambda found: seen.update(json.loads(found or "{}")))
        for inner in frame.children():
            collect(inner)

    def look_again() -> None:
        collect(page.mainFrame())
        if seen["state"] not in ("", "looking") and (seen["state"] != "shown" or seen["page"]):
            application.quit()

    timer = QTimer()
    timer.timeout.connect(look_again)
    timer.start(200)
    QTimer.singleShot(SECONDS * 1000, application.quit)
    page.load(f"{WINDOW}://vscode-app/workbench.html")
    application.exec()
    print(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)  # Qt minds in which order its parts go


if __name__ == "__main__":
    sys.exit(browser(sys.stdin.read()) if sys.argv[1:] == ["browser"] else main())
