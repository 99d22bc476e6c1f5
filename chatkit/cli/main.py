"""The command line: chatkit serve | lab | lessons | watch | doctor.

Exit codes: 0 fine, 1 it did not work (one line on stderr says why), 2 bad arguments,
130 interrupted.
"""

import argparse
import math
import os
import signal
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from chatkit.cli.installing import DISTRIBUTION

DELAY = 0.05  # seconds


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help says more)\n")


def port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to 65535, not {text!r}")
    return int(text)


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"that is a number of seconds, not {text!r}")
    return value


def more_than_zero(text: str) -> float:
    value = seconds(text)
    if value == 0:
        raise argparse.ArgumentTypeError("that is more than 0 seconds")
    return value


def some_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not valid Unicode") from None
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def module_and_name(text: str) -> str:
    module, _, name = some_text(text).partition(":")
    if not all(part.isidentifier() for part in (*module.split("."), *name.split("."))):
        raise argparse.ArgumentTypeError(f"an app is named as in my_chat:app, not {text!r}")
    return text


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

    serve = commands.add_parser(
        "serve",
        help="run the finished app, or your own",
        description="Run an app until Ctrl-C: the finished one, or your own.",
    )
    serve.set_defaults(error=serve.error)
    serve.add_argument(
        "app",
        nargs="?",
        type=module_and_name,
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
    finished = serve.add_argument_group(
        "options of the finished app", "An app of your own says these things in its code."
    )
    finished.add_argument(
        "--delay",
        type=seconds,
        metavar="SECONDS",
        help=f"the time between two characters of a reply (default: {DELAY})",
    )
    finished.add_argument(
        "--faults",
        action="store_true",
        help="add the fault lab: whoever opens the page can break the streams on purpose",
    )
    finished.add_argument(
        "--allow-host",
        type=some_text,
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which a proxy or another machine asks for this server (again for more); "
        "without one, a server that other machines can reach answers to any name",
    )

    lab = commands.add_parser(
        "lab",
        help="open the lessons in JupyterLab",
        description="Open the lessons in JupyterLab. What follows -- goes to JupyterLab.",
        usage="%(prog)s [-h] [--dir FOLDER | --in-place] [--port PORT] [--no-browser] "
        "[-- ARGUMENT ...]",
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
    lab.add_argument("--port", type=port, help="the port of JupyterLab (default: one that is free)")
    lab.add_argument(
        "--no-browser", action="store_true", help="only print the URL; open no browser"
    )

    lessons = commands.add_parser(
        "lessons",
        help="copy the lessons into a folder of yours",
        description="Copy the lessons, without outputs, into a folder of yours. Files that are "
        "there stay as they are.",
    )
    lessons.add_argument("dir", type=Path, metavar="FOLDER")

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

    commands.add_parser(
        "doctor",
        help="check everything that the lessons need",
        description="Check everything that the lessons need, and say what to do.",
    )
    return parser


def run(args: argparse.Namespace, extra: list[str]) -> int:
    if args.command == "serve":
        from chatkit.cli.serve import serve

        given = {
            "--delay": args.delay is not None,
            "--faults": args.faults,
            "--allow-host": bool(args.allow_host),
        }
        ignored = ", ".join(name for name in given if given[name])
        if args.app and ignored:
            args.error(f"{args.app} is your own app: {ignored} would change nothing")
        delay = DELAY if args.delay is None else args.delay
        return serve(
            args.app, args.host, args.port, delay, hosts=args.allow_host, faults=args.faults
        )
    if args.command == "lab":
        from chatkit.cli.lab import lab

        place = None if args.in_place else args.dir
        return lab(place, args.port, not args.no_browser, extra)
    if args.command == "lessons":
        from chatkit.cli.lessons import lessons

        return lessons(args.dir)
    if args.command == "watch":
        from chatkit.cli.watch import watch

        return watch(args.url, args.message, raw=args.raw, timeout=args.timeout)
    from chatkit.cli.doctor import doctor

    return doctor()


def main(argv: list[str] | None = None) -> int:
    """Run a command. Returns its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # whatever the terminal cannot show, it shows escaped
            stream.reconfigure(errors="backslashreplace")
    # A shell's background jobs start with SIGINT ignored, and so would all that they start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    argv = sys.argv[1:] if argv is None else argv
    extra: list[str] = []
    if argv[:1] == ["lab"] and "--" in argv:
        cut = argv.index("--")
        argv, extra = argv[:cut], argv[cut + 1 :]
    parser = arguments()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 2
    try:
        return run(args, extra)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read the output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
