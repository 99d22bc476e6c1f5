"""What `chatkit serve` is to do, as its options say."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """The options of `chatkit serve`. All of it can stand in JSON: so a worker gets it.

    `app` is "module:name", looked for in the working folder first; None: the finished app, for
    which `reply` and what follows it are.
    `hosts` are names of the server besides those of this machine, and the numeric address that
    a request has come to.
    `room_url` is where others reach it, if that is not an address of this machine.
    `upstream` are the settings of upstream(), and `limits` those of create_app(), by their names
    there.
    """

    app: str | None
    host: str
    port: int
    workers: int
    grace: float
    reply: str
    delay: float | None
    upstream: dict[str, Any]
    hosts: list[str]
    origins: list[str]
    faults: bool
    dialects: bool
    valkey: str | None
    room_url: str | None
    limits: dict[str, Any]
