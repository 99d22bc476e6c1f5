"""The command line: `chatkit --help` lists the commands."""

from chatkit.cli.main import main

__all__ = ["main"]
