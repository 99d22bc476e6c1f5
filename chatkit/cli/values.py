"""What may be typed after an option: each function makes a value of a text, or says why not."""

import argparse
import math
import re
from ipaddress import ip_address
from typing import NoReturn

SCHEMES = ("redis", "rediss", "valkey", "valkeys", "unix")


def _whole(text: str, least: int, most: int, what: str) -> int:
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"{what}, not {text!r}")
    return int(text)


def port(text: str) -> int:
    return _whole(text, 0, 65_535, "a port is a number from 0 to 65535")


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
    return _whole(text, 1, 256, "that is a number from 1 to 256")


def valkey_url(text: str) -> str:
    if text != "embedded" and text.partition("://")[0] not in SCHEMES:
        raise argparse.ArgumentTypeError(
            "it is `embedded`, or a URL such as redis://127.0.0.1:6379 (or rediss://, unix://)"
        )
    return text


def at_least_one(text: str) -> int:
    return _whole(text, 1, 1_000_000_000, "that is a whole number from 1 on")


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


def no_key(_: str) -> NoReturn:
    raise argparse.ArgumentTypeError(
        "a key goes into OPENAI_API_KEY in the environment: every user of a machine can read what "
        "is typed here"
    )


def server_url(text: str) -> str:
    return _url(text, "http://127.0.0.1:8000/").rstrip("/") + "/"


def room_url(text: str) -> str:
    return _url(text, "https://chat.example/chat/").rstrip("/") + "/"


def origin(text: str) -> str:
    if _url(text, "http://127.0.0.1:5173").count("/") != 2 or text.endswith(":0"):
        raise argparse.ArgumentTypeError(
            "an origin ends with its port, as in http://127.0.0.1:5173"
        )
    return text


def _url(text: str, example: str) -> str:
    try:
        return base_url(text)
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"that is an http(s) URL, such as {example}") from None


def host_name(text: str) -> str:
    if text != "*" and not re.fullmatch(r"[\w.-]+", text):
        try:
            ip_address(text.strip("[]"))
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"a name has no port and no http://, as in chat.example, not {text!r}"
            ) from None
    return text


def is_module_and_name(text: str) -> bool:
    """Whether it is as in my_chat:app. (my_chat.py is a file, not a module.)"""
    module, _, name = text.partition(":")
    parts = (*module.split("."), *name.split("."))
    return all(map(str.isidentifier, parts)) and not module.endswith(".py")
