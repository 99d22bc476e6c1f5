"""The commands and their options: what `chatkit --help` shows."""

import argparse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from chatkit.cli.installing import DISTRIBUTION
from chatkit.cli.values import (
    at_least_one,
    base_url,
    host_name,
    more_than_zero,
    no_key,
    origin,
    port,
    room_url,
    seconds,
    server_url,
    some_text,
    valkey_url,
    workers,
)


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line: the one of the command, as `error`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.set_defaults(error=self.error)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help says more)\n")


Commands: TypeAlias = "argparse._SubParsersAction[OneLineParser]"


def installed_version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "(not installed)"


def arguments() -> OneLineParser:
    parser = OneLineParser(
        prog="chatkit", description="Learn how ChatGPT-style streaming works, in Jupyter."
    )
    parser.add_argument("--version", action="version", version=f"chatkit {installed_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_serve(commands)
    add_lab(commands)
    add_copies(commands)
    add_watch(commands)
    add_doctor(commands)
    add_react(commands)
    return parser


def add_serve(commands: Commands) -> None:
    serve = commands.add_parser(
        "serve",
        help="run the finished app, or your own",
        description="Run an app until Ctrl-C: the finished one, or your own.",
    )
    serve.add_argument(
        "app",
        nargs="?",
        type=some_text,
        metavar="MODULE:NAME",
        help="an app of your own: my_chat:app is `app` in my_chat.py, which is looked for in the "
        "working folder first. Without it, the finished app runs",
    )
    serve.add_argument(
        "--host",
        type=some_text,
        default="127.0.0.1",
        help="the address to listen on; 0.0.0.0 is every address of this machine, so that others "
        "reach it (default: %(default)s, this machine only)",
    )
    serve.add_argument(
        "--port",
        type=port,
        default=8000,
        help="the port to listen on; 0 is any that is free (default: %(default)s)",
    )
    serve.add_argument(
        "--workers",
        type=workers,
        default=1,
        metavar="N",
        help="processes that share the port, each on a core of its own; one that ends is started "
        "again, and SIGHUP replaces one after the other (default: %(default)s; more need --valkey)",
    )
    serve.add_argument(
        "--grace",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="the time that replies have to end before a process that is replaced goes, or one "
        "that gets SIGQUIT; Ctrl-C and SIGTERM do not wait (default: %(default)g)",
    )
    add_finished(serve)
    model = serve.add_argument_group(
        "options of --reply upstream",
        "Any server with OpenAI's Chat Completions API. The key for it is OPENAI_API_KEY in the "
        "environment, and never an argument: every user of a machine can read those.",
    )
    add_model(model)
    model.add_argument(
        "--system", type=some_text, metavar="TEXT", help="the system prompt, before every chat"
    )
    model.add_argument(
        "--silence",
        type=more_than_zero,
        metavar="SECONDS",
        help="how long the API may send nothing: a large model without a GPU can need more for its "
        "first token (default: 100). One that sends only comments is given up 20 s later",
    )
    model.add_argument(
        "--max-history",
        type=at_least_one,
        metavar="BYTES",
        help="how much of a chat is sent; the oldest messages are left out (default: 100000)",
    )


def add_finished(serve: OneLineParser) -> None:
    """The options of `serve` that only the finished app has."""
    finished = serve.add_argument_group(
        "options of the finished app", "An app of your own says these things in its code."
    )
    finished.add_argument(
        "--reply",
        choices=["echo", "words", "upstream"],
        help="where the text comes from: your own words again, a small model trained on the "
        "lessons (its words make no sense), or the API of a model (default: echo, or upstream if "
        "an option of it is given)",
    )
    finished.add_argument(
        "--delay",
        type=seconds,
        metavar="SECONDS",
        help="the time between two pieces of a reply (default: 0.05 for echo, 0.03 for words; "
        "upstream has a pace of its own)",
    )
    finished.add_argument(
        "--dialects",
        action="store_true",
        help="answer as the APIs of OpenAI, Anthropic, Ollama and the AI SDK do, too",
    )
    finished.add_argument(
        "--faults",
        action="store_true",
        help="add the fault lab: whoever opens the page can break the streams on purpose",
    )
    finished.add_argument(
        "--allow-host",
        type=host_name,
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which a proxy or another machine asks for this server (again for more); "
        "its numeric address needs none. '*' is any name",
    )
    finished.add_argument(
        "--room-url",
        type=room_url,
        metavar="URL",
        help="where others reach this server, if a proxy stands before it, as in "
        "https://chat.example/chat/: the page shows it, and as a QR code. A server that other "
        "machines can reach shows its own address without it",
    )
    finished.add_argument(
        "--max-streams-per-client",
        type=at_least_one,
        metavar="N",
        help="event streams that one address may have open at once (default: 1500); a room may "
        "share one address",
    )
    finished.add_argument(
        "--max-streams",
        type=at_least_one,
        metavar="N",
        help="event streams that may be open at once, in a process (default: 3000)",
    )
    finished.add_argument(
        "--max-message",
        type=at_least_one,
        metavar="BYTES",
        help="the longest message that is taken (default: 100000)",
    )
    finished.add_argument(
        "--origin",
        type=origin,
        action="append",
        default=[],
        metavar="URL",
        help="of another site whose pages may use the chat, as in http://127.0.0.1:5173 (again "
        "for more)",
    )
    finished.add_argument(
        "--valkey",
        type=valkey_url,
        metavar="URL",
        help="keep the turns in this Valkey or Redis, as in redis://127.0.0.1:6379, for all "
        "processes that use it; `embedded` starts one that ends with this server. A password "
        "goes into VALKEY_PASSWORD in the environment",
    )


def add_lab(commands: Commands) -> None:
    lab = commands.add_parser(
        "lab",
        help="open the lessons in JupyterLab",
        description="Open the lessons in JupyterLab. What follows -- goes to JupyterLab.",
        usage="%(prog)s [-h] [--dir FOLDER | --in-place] [--lesson NUMBER] [--port PORT] "
        "[--no-browser] [-- ARGUMENT ...]",
    )
    where = lab.add_mutually_exclusive_group()
    where.add_argument(
        "--dir",
        type=Path,
        metavar="FOLDER",
        default=Path("chatkit-lessons"),
        help="your own copy of the lessons; files that are there stay as they are "
        "(default: %(default)s)",
    )
    where.add_argument(
        "--in-place",
        action="store_true",
        help="open the lessons where they stand, with their outputs: for whoever writes them",
    )
    lab.add_argument(
        "--lesson",
        metavar="NUMBER",
        default="0",
        help="the lesson to open, such as 5; of an appendix its letter (default: %(default)s)",
    )
    lab.add_argument("--port", type=port, help="the port of JupyterLab (default: one that is free)")
    lab.add_argument(
        "--no-browser", action="store_true", help="only print the URL; open no browser"
    )


def add_copies(commands: Commands) -> None:
    """The commands that fill a folder."""
    lessons = commands.add_parser(
        "lessons",
        help="copy the lessons into a folder of yours",
        description="Copy the lessons, without outputs, into a folder of yours. Files that are "
        "there stay as they are.",
    )
    lessons.add_argument("dir", type=Path, metavar="FOLDER", help="where they go; it may be new")

    assignments = commands.add_parser(
        "assignments",
        help="make assignments of the lessons, for nbgrader",
        description="Make a course of nbgrader's: an assignment for each lesson with exercises, "
        "without solutions. Files that are there stay as they are.",
    )
    assignments.add_argument(
        "course", type=Path, metavar="FOLDER", help="of the course; it may be new"
    )

    wheelhouse = commands.add_parser(
        "wheelhouse",
        help="download all that a room without network needs",
        description="Download what the kit needs into a folder, from which it is installed where "
        "there is no network. README.txt there says how.",
    )
    wheelhouse.add_argument(
        "dir", type=Path, metavar="FOLDER", help="where they go; one that is there gets more"
    )
    wheelhouse.add_argument(
        "--extra",
        choices=["lessons", "valkey", "node", "none"],
        action="append",
        help="what is installed besides the package (default: lessons; again for more)",
    )


def add_watch(commands: Commands) -> None:
    watch = commands.add_parser(
        "watch",
        help="send a message, and show the events as they arrive",
        description="Send a message to a chatkit server, and show the events as they arrive.",
    )
    watch.add_argument("url", metavar="URL", help="of the server, as in http://127.0.0.1:8000/")
    watch.add_argument(
        "-m",
        "--message",
        type=some_text,
        required=True,
        metavar="TEXT",
        help="the message to send",
    )
    watch.add_argument(
        "--raw", action="store_true", help="show the bytes of each frame, not the events in them"
    )
    watch.add_argument(
        "--timeout",
        type=more_than_zero,
        default=30.0,
        metavar="SECONDS",
        help="a connection that is silent for so long is taken for dropped (default: %(default)g)",
    )


def add_doctor(commands: Commands) -> None:
    doctor = commands.add_parser(
        "doctor",
        help="check everything that the lessons need",
        description="Check everything that the lessons need, and say what to do. With an option: "
        "also whether a model answers, and how fast. The key for it is OPENAI_API_KEY.",
    )
    add_model(doctor)


def add_react(commands: Commands) -> None:
    react = commands.add_parser(
        "react",
        help="build the React client, or develop it",
        description="The chat page in React. It needs Node.js: that of the system, or that of the "
        "extra `node`.",
    )
    what = react.add_subparsers(dest="what", metavar="WHAT", required=True)
    build = what.add_parser(
        "build",
        help="build it, for chatkit serve to show at /react/",
        description="Install what the client needs, once, and build it. chatkit serve has it at "
        "/react/.",
    )
    build.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="put the build into this folder instead: a new or empty one, or that of an earlier "
        "build, which is deleted",
    )
    build.add_argument(
        "--offline",
        action="store_true",
        help="install nothing: without what the client needs, say so and end",
    )
    build.add_argument(
        "--development",
        action="store_true",
        help="React's development build, in which StrictMode runs each effect twice",
    )
    dev = what.add_parser(
        "dev",
        help="show each edit at once, in a running page",
        description="Run Vite's dev server, until Ctrl-C: an edit of static/react/ is on the page "
        "at once.",
    )
    dev.add_argument(
        "--server",
        type=server_url,
        metavar="URL",
        help="a chatkit serve that runs (default: one that ends with this)",
    )
    dev.add_argument(
        "--port",
        type=port,
        default=5173,
        help="the port of the dev server (default: %(default)s)",
    )
    dev.add_argument(
        "--cors",
        action="store_true",
        help="the page asks the server itself, which is of another origin, and has to be started "
        "with --origin; without it, the dev server passes requests on",
    )


def add_model(parser: argparse._ActionsContainer) -> None:
    """The options that say which model."""
    parser.add_argument(
        "--base-url",
        type=base_url,
        metavar="URL",
        help="of the API, as in http://127.0.0.1:11434/v1 (default: OPENAI_BASE_URL, else OpenAI)",
    )
    parser.add_argument(
        "--model",
        type=some_text,
        metavar="NAME",
        help="the name of the model (default: the only one that the API has)",
    )
    parser.add_argument(
        "--api-key",
        type=no_key,
        metavar="KEY",
        help="is refused: the key goes into OPENAI_API_KEY in the environment",
    )
