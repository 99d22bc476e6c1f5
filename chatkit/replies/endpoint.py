"""A model's API: where it is, the key for it, and in words what goes wrong with it.

A key is shown nowhere: in no `repr`, no message, and not where the API repeats it.
"""

import base64
import json
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx

from chatkit.loopback import is_loopback
from chatkit.turns import ReplyFailed

OPENAI = "https://api.openai.com/v1"
SHOWN = 300  # characters of an API's own words that a reader is shown
ERROR_BYTES = 20_000  # of an answer that is an error; one that is larger is not shown
LARGEST = 1_000_000  # bytes of an answer that are read without an event, or for a list of models
PROXIES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY"

E = TypeVar("E", bound=BaseException)


class Fault(Exception):
    """What an API did wrong: words that go on from its name, and what it said itself."""

    def __init__(self, words: str, said: str = "") -> None:
        super().__init__(words)
        self.said = said


class Endpoint:
    """A model's API, and how it is asked.

    `base_url` is as `OPENAI_BASE_URL`, else OpenAI's own; `api_key` as `OPENAI_API_KEY`, else
    none. A user and a password in the URL are sent instead of a key. `connect` is the number of
    seconds until there is a connection, `silence` until the next byte, at most.
    Raises `ValueError`, without repeating what was given, or what the environment says.
    """

    def __init__(
        self, base_url: str | None, api_key: str | None, connect: float, silence: float
    ) -> None:
        variable = "OPENAI_BASE_URL"
        usual = os.environ.get(variable) or OPENAI
        url = http_url(base_url) if base_url else http_url(usual, variable)
        key = (os.environ.get("OPENAI_API_KEY", "") if api_key is None else api_key).strip()
        if not (key.isascii() and key.isprintable()):
            raise ValueError("OPENAI_API_KEY has characters that no key has")
        self.name = url.netloc.decode()  # host and port
        self.connect, self.silence = connect, silence
        login = (url.username, url.password) if url.userinfo else None
        both = base64.b64encode(url.username.encode() + b":" + url.password.encode()).decode()
        self._secrets = [key, url.password, *([url.username, both] if login else [])]
        self._options: dict[str, Any] = {
            "base_url": url.copy_with(username=None, password=None),  # httpx logs its URLs
            "auth": login,
            "headers": {"Accept-Encoding": "identity"}
            | ({"Authorization": f"Bearer {key}"} if key else {}),
            "timeout": httpx.Timeout(silence or None, connect=connect or None),
            # A server may close a connection after an answer, just when a POST is sent on it.
            "limits": httpx.Limits(max_keepalive_connections=0),
            "trust_env": not is_loopback(url.host),  # a proxy cannot reach this machine's servers
            "verify": certificates(),  # takes 50 ms, so not for every reply
        }
        try:
            httpx.AsyncClient(**self._options)  # looks which proxies the environment names
        except (ValueError, ImportError, httpx.InvalidURL):
            more = "one of socks5:// needs the package httpx[socks]"
            raise ValueError(f"{PROXIES} names a proxy that cannot be used ({more})") from None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """An HTTP client of its own for one reply, and so for one event loop.

        Whatever goes wrong with it is raised as `ReplyFailed`.
        """
        answers: list[httpx.Response] = []

        async def begins(answer: httpx.Response) -> None:
            answers.append(answer)

        hooks = {"response": [begins]}
        try:
            async with httpx.AsyncClient(**self._options, event_hooks=hooks) as client:
                yield client
        except httpx.HTTPError as error:
            raise self.failed(Fault(self.no_answer(error, bool(answers)))) from None
        except Fault as fault:
            raise self.failed(fault) from None

    def failed(self, fault: Fault) -> ReplyFailed:
        """A fault as a sentence for the reader, which names the host."""
        said = f" It said: {self.quote(fault.said)}" if fault.said else ""
        return ReplyFailed(self.hide(f"The model's server at {self.name} {fault}") + said)

    def quote(self, text: str) -> str:
        """What the API said, in one line of `SHOWN` characters at most, without a key."""
        line = "".join(sign if sign.isprintable() else " " for sign in self.hide(text))
        line = " ".join(line.split())
        return line if len(line) <= SHOWN else line[:SHOWN] + "…"

    def hide(self, text: str) -> str:
        """`text` without a key or a password."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            if len(secret) > 3:  # some servers want any key, such as "x": not a secret
                text = text.replace(secret, "[hidden]")
        return text

    def no_answer(self, error: httpx.HTTPError, has_begun: bool) -> str:
        """In words, why no answer came, or not all of one that `has_begun`."""
        why = self.quote(str(error) or type(error).__name__)
        match error:
            case httpx.ConnectTimeout():
                return f"took no connection within {self.connect:g} seconds. Is base_url right?"
            case httpx.TimeoutException():
                return f"was silent for {self.silence:g} seconds, which is the limit (silence)."
            case httpx.ConnectError() if behind(error, socket.gaierror):
                return "has a name that is not known. Is base_url right?"
            case httpx.ConnectError() if wrong := behind(error, ssl.SSLCertVerificationError):
                why = self.quote(wrong.verify_message).rstrip(".")
                return (
                    f"has a certificate that is not trusted here ({why}). Is base_url right? "
                    "SSL_CERT_FILE may name a file of certificates to trust."
                )
            case httpx.ConnectError() if no_tls := behind(error, ssl.SSLError):
                why = no_tls.reason or why
                return f"takes no connection over TLS ({why}). Should base_url begin with http://?"
            case httpx.ConnectError() | httpx.ProxyError():
                return f"takes no connection ({why}). Does it run, and is base_url right?"
        if has_begun:
            return "broke off before the reply was complete."
        return "broke off before its answer began. Is base_url right, with http:// or https://?"


def http_url(text: str, name: str = "base_url") -> httpx.URL:
    """The URL of an API, from the setting `name`.

    Raises `ValueError`, without repeating it: there may be a key in it.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or not 0 <= (url.port or 0) <= 65_535:
        raise ValueError(f"{name} is an http(s) URL, such as http://127.0.0.1:11434/v1 or {OPENAI}")
    if url.query or url.fragment:
        raise ValueError(f"{name} has no ? or # in it; a key goes into OPENAI_API_KEY")
    if url.path.rstrip("/").endswith("/chat/completions"):
        raise ValueError(f"{name} ends before /chat/completions: mostly with /v1")
    return url


def certificates() -> ssl.SSLContext:
    """The certificates to trust. Raises `ValueError`."""
    try:
        return httpx.create_ssl_context()
    except OSError:
        raise ValueError("SSL_CERT_FILE names no file with certificates in it") from None


def behind(error: BaseException | None, kind: type[E]) -> E | None:
    """The error of this class that is behind another one; None if there is none."""
    while error is not None and not isinstance(error, kind):
        error = error.__cause__ or error.__context__
    return error


async def refusal(response: httpx.Response, model: str = "") -> Fault:
    """An answer that is an error, in words."""
    status = response.status_code
    wait = retry_after(response.headers.get("retry-after", ""))
    body = await beginning(response, ERROR_BYTES)
    said = error_words(body)
    if not said and response.headers.get("content-type", "").startswith("text/plain"):
        said = body.decode(errors="replace")
    if status in (401, 403):  # what it says may be half of the key
        return Fault(
            f"does not accept the key ({status}). Is OPENAI_API_KEY set, and right for it?"
        )
    if status == 404:
        what = f"knows no model {model[:100]!r}" if model else "has no list of models"
        return Fault(f"{what}, or base_url is wrong: most end in /v1 ({status}).", said)
    if status == 429:
        return Fault(f"takes no more requests at the moment ({status}).{wait}", said)
    if 300 <= status < 400:
        url = response.headers.get("location", "")
        return Fault(f"sends us to another URL ({status}). Is base_url right?", url)
    if status >= 500:
        return Fault(f"has an error of its own ({status}).{wait}", said)
    return Fault(f"refuses the request ({status}).", said)


def streams(response: httpx.Response) -> bool:
    """Whether an answer is an event stream; else it is JSON. Raises `Fault` if it is neither."""
    kind: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "text/html":
        raise Fault("answered with a web page. Is base_url right? Most end in /v1.")
    if kind not in ("text/event-stream", "application/json"):
        raise Fault("answered with no event stream. Is base_url right?", kind)
    if response.headers.get("content-encoding", "identity") != "identity":
        raise Fault("compresses its answer, which was not asked for.")
    return kind == "text/event-stream"


async def beginning(response: httpx.Response, most: int) -> bytes:
    """The body of a response; b"" if it has more than `most` bytes."""
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > most:
            return b""
    return body


def error_words(body: bytes | str | dict[str, Any]) -> str:
    """What an error in JSON says, in the shapes that servers give it; "" if that is nothing."""
    try:
        found = body if isinstance(body, dict) else json.loads(body)
    except (ValueError, RecursionError):
        return ""
    for name in ("error", "message", "detail"):
        if isinstance(found, dict):
            found = found.get(name) or found
    return found if isinstance(found, str) else json.dumps(found) if found else ""


def retry_after(value: str) -> str:
    """`Retry-After` (RFC 9110, section 10.2.3) in words: seconds, or a date; "" if neither."""
    try:
        if value.isdigit() and len(value) < 10:
            seconds = int(value)
        else:
            seconds = round((parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return ""
    return f" Try again in {max(seconds, 1):,} s."


async def model_names(client: httpx.AsyncClient) -> list[str]:
    """The models that an API has. Raises `Fault` if it doesn't say."""
    async with client.stream("GET", "models") as response:
        if response.status_code != 200:
            raise await refusal(response)
        try:
            listed = json.loads(await beginning(response, LARGEST))["data"]
            return [str(model["id"]) for model in listed]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Fault("has no list of models. Is base_url right? Most end in /v1.") from None


async def only_model(client: httpx.AsyncClient) -> str:
    """The model of an API that has one. Raises `Fault` if it has none, or several."""
    names = await model_names(client)
    if len(names) != 1:
        raise Fault(f"has {len(names)} models: say which, as model.", ", ".join(names))
    return names[0]
