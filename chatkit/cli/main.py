"""The command line: reads what is typed after `chatkit`, and runs the command.

Exit codes: 0 fine, 1 it did not work (one line on stderr says why), 2 bad arguments,
130 interrupted.
"""

import argparse
import os
import signal
import sys
from typing import Any

from chatkit.cli.arguments import arguments
from chatkit.cli.values import is_module_and_name

# Options, and of what they are the settings.
LIMITS = ("max_streams_per_client", "max_streams", "max_message")  # create_app()
OF_MODEL = ("base_url", "model", "system", "silence", "max_history")  # upstream()


def run(args: argparse.Namespace, extra: list[str]) -> int:
    if args.command == "serve":
        return run_serve(args)
    if args.command == "lab":
        from chatkit.cli.lab import lab

        directory = None if args.in_place else args.dir
        return lab(directory, args.lesson, args.port, not args.no_browser, extra)
    if args.command == "lessons":
        from chatkit.cli.lessons import lessons

        return lessons(args.dir)
    if args.command == "assignments":
        from chatkit.cli.assignments import assignments

        return assignments(args.course)
    if args.command == "wheelhouse":
        from chatkit.cli.wheelhouse import wheelhouse

        return wheelhouse(args.dir, [it for it in args.extra or ["lessons"] if it != "none"])
    if args.command == "watch":
        from chatkit.cli.watch import watch

        return watch(args.url, args.message, raw=args.raw, timeout=args.timeout)
    if args.command == "react":
        from chatkit.cli import react

        if args.what == "build":
            return react.build(args.out, args.development, args.offline)
        return react.dev(args.server, args.port, args.cors)
    from chatkit.cli.doctor import doctor

    return doctor(args.base_url, args.model)


def run_serve(args: argparse.Namespace) -> int:
    from chatkit.cli.serve import serve
    from chatkit.cli.settings import Settings

    upstream = given(args, OF_MODEL)
    limits = given(args, LIMITS)
    of_model = {option(name): True for name in upstream}
    of_finished = {
        "--reply": args.reply is not None,
        "--delay": args.delay is not None,
        "--faults": args.faults,
        "--dialects": args.dialects,
        "--allow-host": bool(args.allow_host),
        "--room-url": args.room_url is not None,
        **{option(name): True for name in limits},
        "--origin": bool(args.origin),
        "--valkey": args.valkey is not None,
    }
    reply = args.reply or ("upstream" if upstream else "echo")
    if args.app:
        if not is_module_and_name(args.app):
            args.error(f"an app is named as in my_chat:app, without .py, not {args.app!r}")
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
            upstream=upstream,
            hosts=args.allow_host,
            origins=args.origin,
            faults=args.faults,
            dialects=args.dialects,
            valkey=args.valkey,
            room_url=args.room_url,
            limits=limits,
        )
    )


def given(args: argparse.Namespace, names: tuple[str, ...]) -> dict[str, Any]:
    """The values of these options, without those that were not typed."""
    return {name: value for name in names if (value := getattr(args, name)) is not None}


def option(name: str) -> str:
    """An option as it is typed."""
    return "--" + name.replace("_", "-")


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


def refuse(args: argparse.Namespace, why: str, options: dict[str, bool]) -> None:
    """Exit with 2, and one line, if any of these options is given."""
    ignored = ", ".join(name for name in options if options[name])
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
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        # Without their values: one may be a key.
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        args.error(f"unrecognized arguments: {' '.join(options or unknown)}")
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
