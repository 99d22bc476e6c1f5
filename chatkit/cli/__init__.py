"""The command line: chatkit serve | lab | watch | doctor."""

from chatkit.cli.main import main

__all__ = ["main"]
