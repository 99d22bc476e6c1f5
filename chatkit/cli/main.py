"""The command line: chatkit serve | lab | lessons | wheelhouse | watch | doctor | react.

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

SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")
LIMITS = ("max_streams_per_client", "max_streams", "max_message")  # options, and of create_app()


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


def workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 256):
        raise argparse.ArgumentTypeError(f"that is a number from 1 to 256, not {text!r}")
    return int(text)


def valkey_url(text: str) -> str:
    if text != "embedded" and text.partition("://")[0] not in SCHEMES:
        raise argparse.ArgumentTypeError(
            "it is `embedded`, or a URL such as redis://127.0.0.1:6379 (or rediss://, unix://)"
        )
    return text


def at_least_one(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000_000):
        raise argparse.ArgumentTypeError(f"that is a number from 1, not {text!r}")
    return int(text)


def some_text(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("it is not valid Unicode") from None
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def base_url(text: str) -> str:
    from chatkit.replies.endpoint import http_url

    try:
        http_url(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def folder_url(text: str) -> str:
    return base_url(text).rstrip("/") + "/"


def origin(text: str) -> str:
    if base_url(text).count("/") != 2:
        raise argparse.ArgumentTypeError(
            "an origin ends with its port, as in http://127.0.0.1:5173"
        )
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
        type=some_text,
        action="append",
        default=[],
        metavar="NAME",
        help="a name under which a proxy or another machine asks for this server (again for more); "
        "its numeric address needs none. '*' is any name",
    )
    finished.add_argument(
        "--room-url",
        type=folder_url,
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

    model = serve.add_argument_group(
        "options of --reply upstream",
        "Any server with OpenAI's Chat Completions API. The key for it is OPENAI_API_KEY in the "
        "environment, and never an argument: every user of a machine can read those.",
    )
    add_model(model)
    model.add_argument(
        "--system", type=some_text, metavar="TEXT", help="the system prompt, before every chat"
    )

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

    lessons = commands.add_parser(
        "lessons",
        help="copy the lessons into a folder of yours",
        description="Copy the lessons, without outputs, into a folder of yours. Files that are "
        "there stay as they are.",
    )
    lessons.add_argument("dir", type=Path, metavar="FOLDER")

    assignments = commands.add_parser(
        "assignments",
        help="make assignments of the lessons, for nbgrader",
        description="Make a course of nbgrader's: an assignment for each lesson with exercises, "
        "without solutions. Files that are there stay as they are.",
    )
    assignments.add_argument("course", type=Path, metavar="FOLDER")

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
        default="lessons",
        help="what is installed besides the package (default: %(default)s)",
    )

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

    doctor = commands.add_parser(
        "doctor",
        help="check everything that the lessons need",
        description="Check everything that the lessons need, and say what to do. With an option: "
        "also whether a model answers, and how fast. The key for it is OPENAI_API_KEY.",
    )
    add_model(doctor)
    add_react(commands)
    return parser


def add_react(commands: "argparse._SubParsersAction[OneLineParser]") -> None:
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
        "--out", type=Path, metavar="FOLDER", help="put the build into this folder instead"
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
        type=base_url,
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


def run(args: argparse.Namespace, extra: list[str]) -> int:
    if args.command == "serve":
        return run_serve(args)
    if args.command == "lab":
        from chatkit.cli.lab import lab

        place = None if args.in_place else args.dir
        return lab(place, args.lesson, args.port, not args.no_browser, extra)
    if args.command == "lessons":
        from chatkit.cli.lessons import lessons

        return lessons(args.dir)
    if args.command == "assignments":
        from chatkit.cli.assignments import assignments

        return assignments(args.course)
    if args.command == "wheelhouse":
        from chatkit.cli.wheelhouse import wheelhouse

        return wheelhouse(args.dir, "" if args.extra == "none" else args.extra)
    if args.command == "watch":
        from chatkit.cli.watch import watch

        return watch(args.url, args.message, raw=args.raw, timeout=args.timeout)
    if args.command == "react":
        from chatkit.cli import react

        if args.what == "build":
            return react.build(args.out, args.development)
        return react.dev(args.server, args.port, args.cors)
    from chatkit.cli.doctor import doctor

    return doctor(args.base_url, args.model)


def run_serve(args: argparse.Namespace) -> int:
    from chatkit.cli.serve import Settings, serve

    of_model = {
        "--base-url": args.base_url is not None,
        "--model": args.model is not None,
        "--system": args.system is not None,
    }
    limits = {name: value for name in LIMITS if (value := getattr(args, name)) is not None}
    of_finished = {
        "--reply": args.reply is not None,
        "--delay": args.delay is not None,
        "--faults": args.faults,
        "--dialects": args.dialects,
        "--allow-host": bool(args.allow_host),
        "--room-url": args.room_url is not None,
        **{f"--{name.replace('_', '-')}": True for name in limits},
        "--origin": bool(args.origin),
        "--valkey": args.valkey is not None,
    }
    reply = args.reply or ("upstream" if any(of_model.values()) else "echo")
    if args.app:
        refuse(args, f"{args.app} is your own app", of_finished | of_model)
    elif reply == "upstream":
        refuse(args, "a model has a pace of its own", {"--delay": args.delay is not None})
    else:
        refuse(args, f"--reply {reply} asks no API", of_model)
    refuse_workers(args)
    return serve(
        Settings(
            app=args.app,
            host=args.host,
            port=args.port,
            workers=args.workers,
            grace=args.grace,
            reply=reply,
            delay=args.delay,
            base_url=args.base_url,
            model=args.model,
            system=args.system or "",
            hosts=args.allow_host,
            origins=args.origin,
            faults=args.faults,
            dialects=args.dialects,
            valkey=args.valkey,
            room_url=args.room_url,
            limits=limits,
        )
    )


def refuse_workers(args: argparse.Namespace) -> None:
    """Exit with 2, and one line, if several processes cannot serve what is asked for."""
    several = f"--workers {args.workers}"
    if sys.platform == "win32":
        if args.valkey == "embedded":
            args.error("Windows has no embedded Valkey: --valkey takes the URL of one elsewhere")
        if args.workers > 1:
            args.error(f"on Windows one process serves, and {several} cannot be")
    if args.workers > 1 and not args.app:
        if args.valkey is None:
            args.error(
                f"{several} needs --valkey, as in --valkey embedded: turns are kept in the memory "
                "of a process otherwise, and half of them would be unknown to the one that is asked"
            )
        if args.faults:
            args.error(f"with {several}, --faults would break streams in one of them only")


def refuse(args: argparse.Namespace, why: str, given: dict[str, bool]) -> None:
    """Exit with 2, and one line, if any of these options is given."""
    ignored = ", ".join(name for name in given if given[name])
    if ignored:
        args.error(f"{why}: {ignored} would change nothing")


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
