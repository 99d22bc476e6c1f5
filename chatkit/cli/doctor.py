"""`chatkit doctor`: check everything that the lessons need, and say what to do."""

import json
import mimetypes
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from urllib.request import getproxies, proxy_bypass

from chatkit.cli.installing import Finding, install, own_name, packages, python
from chatkit.resources import PACKAGE, folder

BROWSERS = (
    *(
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
        "chrome",
    ),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
BROWSER_FILES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)


def doctor(base_url: str | None = None, model: str | None = None) -> int:
    """Print a line for each finding; returns 0 if none is FAIL, else 1.

    With an URL or the name of a model, it is asked too.
    """

    def a_model() -> Iterator[Finding]:
        """The model"""
        from chatkit.cli.model import answers

        yield from answers(base_url, model)

    failed = warned = 0
    for check in (*CHECKS, *[a_model] * (base_url is not None or model is not None)):
        for finding in findings(check):
            failed += finding.grade == "FAIL"
            warned += finding.grade == "WARN"
            print(f"{finding.grade}  {finding.what}")
            if finding.do:
                print(f"      -> {finding.do}")
            sys.stdout.flush()
    if failed:
        print(f"\n{failed} of these must be put right.")
    else:
        print(f"\nEverything that the lessons need is here{' (see WARN)' if warned else ''}.")
    return 1 if failed else 0


def findings(check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """What the check finds, and whatever goes wrong in it."""
    try:
        yield from check()
    except (Exception, SystemExit) as error:
        title = (check.__doc__ or check.__name__).splitlines()[0].rstrip(".")
        yield Finding("FAIL", f"{title}: {type(error).__name__}: {error}", install())


def files() -> Iterator[Finding]:
    """The page and the lessons"""
    for inside, file in (("static", "index.html"), ("notebooks", "00-start-here.ipynb")):
        path = folder(inside) / file
        if path.is_file():
            yield Finding("PASS", f"{inside}/ is in {path.parent.parent}")
        else:
            yield Finding("FAIL", f"{path} is missing", "get a complete copy of chatkit")


def jupyter() -> Iterator[Finding]:
    """JupyterLab and its extensions"""
    if find_spec("jupyterlab") is None:
        return  # `packages` has said so
    from jupyter_core.paths import jupyter_config_path
    from jupyter_server.extension.config import ExtensionConfigManager

    enabled = ExtensionConfigManager(read_config_path=jupyter_config_path())
    for extension in ("jupyterlab", "jupyter_server_proxy"):
        if enabled.enabled(extension):  # type: ignore[no-untyped-call]
            yield Finding("PASS", f"{extension} is enabled in Jupyter")
        else:
            yield Finding(
                "FAIL",
                f"{extension} is not enabled in Jupyter",
                f'"{sys.executable}" -m jupyter server extension enable {extension} --sys-prefix',
            )


def kernel() -> Iterator[Finding]:
    """The kernel python3"""
    if find_spec("ipykernel") is None:
        return  # `packages` has said so
    # As `chatkit lab` does it: a kernel of this environment goes first.
    os.environ.setdefault("JUPYTER_PREFER_ENV_PATH", "1")
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    remedy = f'"{sys.executable}" -m ipykernel install --sys-prefix'
    try:
        found = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        yield Finding("FAIL", "Jupyter has no kernel python3", remedy)
        return
    program = found.argv[0]
    own = ("python", f"python{sys.version_info[0]}", "python{}.{}".format(*sys.version_info))
    if program in own:  # Jupyter starts its own interpreter then
        program = sys.executable
    script = "import chatkit; print(chatkit.__file__)"
    try:
        run = subprocess.run(
            [program, "-c", script],
            cwd=tempfile.gettempdir(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Finding("FAIL", f"the kernel python3 does not start: {error}", remedy)
        return
    where = f"the kernel python3 ({program})"
    if run.returncode:
        yield Finding(
            "FAIL", f"{where} has no chatkit", f"{remedy}, or remove {found.resource_dir}"
        )
    elif Path(run.stdout.strip()).resolve().parent != PACKAGE.resolve():
        what = f"{where} has another chatkit: {run.stdout.strip()}"
        yield Finding("FAIL", what, install(again=True) if program == sys.executable else remedy)
    else:
        yield Finding("PASS", f"{where} has chatkit")


def loopback() -> Iterator[Finding]:
    """A port of this machine"""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", 0))
            probe.listen()
        except OSError as error:
            what = f"no program may listen on 127.0.0.1: {error.strerror}"
            yield Finding("FAIL", what, "allow it in the firewall or sandbox of this machine")
            return
    yield Finding("PASS", "programs can listen on 127.0.0.1")


def stream() -> Iterator[Finding]:
    """A stream from a real server"""
    import httpx

    from chatkit.replies import echo
    from chatkit.server import serve
    from chatkit.sse import Parser
    from chatkit.web import create_app

    text = "It streams."
    events, pieces = [], 0
    app = create_app(echo(delay=0.02))
    with (
        serve(app, name="doctor") as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=20) as client,
    ):
        turn = client.post("turns", json={"message": text}).raise_for_status().json()
        parser = Parser()
        with client.stream("GET", turn["events"]) as response:
            for chunk in response.raise_for_status().iter_raw():
                pieces += 1
                events += parser.feed(chunk)
    reply = "".join(json.loads(event.data) for event in events if event.type == "message")
    if reply != text or events[-1].type != "end":
        yield Finding("FAIL", f"the server streamed {reply!r} instead of {text!r}", install())
    elif pieces == 1:
        yield Finding(
            "FAIL",
            "the whole reply arrived in one piece",
            "something on this machine (a virus scanner, a proxy) holds back what is streamed",
        )
    else:
        yield Finding("PASS", f"a reply streams from a real server, in {pieces} pieces")


def proxies() -> Iterator[Finding]:
    """Proxy settings"""
    used = sorted(getproxies().keys() & {"http", "https", "all"})
    caught = [host for host in ("127.0.0.1", "localhost") if used and not proxy_bypass(host)]
    if caught:
        yield Finding(
            "WARN",
            f"a proxy is set ({', '.join(used)}), and {' and '.join(caught)} would go through it",
            "set NO_PROXY=127.0.0.1,localhost before starting JupyterLab",
        )
    else:
        yield Finding("PASS", "no proxy stands between this machine and itself")


def file_types() -> Iterator[Finding]:
    """The machine's table of file types"""
    found, _ = mimetypes.guess_type("x.js")
    if found in ("text/javascript", "application/javascript"):
        yield Finding("PASS", f"this machine knows that a .js file is {found}")
        return
    yield Finding(
        "WARN",
        f"this machine takes a .js file for {found}: a browser refuses such scripts, so pages of "
        "other servers may not start (chatkit states the types of its own files)",
        "on Windows, in the registry: HKEY_CLASSES_ROOT\\.js, Content Type, text/javascript",
    )


def browser() -> Iterator[Finding]:
    """A browser for the tests"""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    found = found or next(filter(os.path.isfile, BROWSER_FILES), None)
    if found:
        yield Finding("PASS", f"a browser for the tests: {found}")
    else:
        yield Finding(
            "WARN",
            "no Chromium, Chrome or Edge was found: the tests need one (the lessons: any browser)",
            "install one of them",
        )


CHECKS = (
    *(python, own_name, packages, files),
    *(jupyter, kernel, loopback, stream, file_types, proxies, browser),
)
