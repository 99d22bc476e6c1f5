"""The dialects that there are, and the one layer that they need around the app."""

import json
from collections.abc import Collection

from fastapi import FastAPI
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatkit.web.dialects.ai_sdk import AI_SDK
from chatkit.web.dialects.anthropic import ANTHROPIC
from chatkit.web.dialects.dialect import Dialect, Refuse
from chatkit.web.dialects.ollama import OLLAMA
from chatkit.web.dialects.openai_chat import OPENAI_CHAT
from chatkit.web.dialects.openai_responses import OPENAI_RESPONSES

# A new one has to be named here.
DIALECTS = (OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC, OLLAMA, AI_SDK)


def add_dialects(app: FastAPI, dialects: Collection[Dialect] = DIALECTS) -> None:
    """Serve the dialects too. To be called when all other layers are around `app`."""
    for dialect in dialects:
        app.include_router(dialect.router)
    app.add_middleware(Refusals, dialects=dialects)


class Refusals:
    """ASGI middleware: a refusal of the app, for a client that speaks a dialect, is put in that."""

    def __init__(self, app: ASGIApp, dialects: Collection[Dialect]) -> None:
        self.app = app
        self.dialects = dialects

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            spoken = [one for one in self.dialects if root(path) == root(one.router.prefix)]
            send = in_dialect(send, spoken[0].refuse) if spoken else send
        await self.app(scope, receive, send)


def root(path: str) -> list[str]:
    """The first part of a path, in a list; no part if there is none."""
    return path.split("/")[1:2]


def in_dialect(send: Send, refuse: Refuse) -> Send:
    """`send`, but the JSON of an error is put into another shape. It comes in one message."""
    start: Message | None = None

    async def send_in_dialect(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start" and is_refusal(message):
            start = message
        elif start is not None:
            status, refusal = refuse(start["status"], sentence(message["body"]))
            kind = PlainTextResponse if isinstance(refusal, str) else JSONResponse
            answer = kind(refusal)
            MutableHeaders(scope=start).update(answer.headers)
            await send({**start, "status": status})
            await send({**message, "body": answer.body})
            start = None
        else:
            await send(message)

    return send_in_dialect


def is_refusal(start: Message) -> bool:
    kind = MutableHeaders(scope=start).get("content-type", "")
    return start["status"] >= 400 and kind.startswith("application/json")


def sentence(body: bytes) -> str:
    """Why the app refuses: its `detail`, in words."""
    detail = json.loads(body)["detail"]
    if detail == "Not Found":
        return "Not Found: there is nothing at this URL. Is the base URL right?"
    if isinstance(detail, str):
        return detail
    return "; ".join(f"{location(item['loc'])}: {item['msg']}" for item in detail)


def location(loc: list[str | int]) -> str:
    """Where in a body something is wrong: "body" is all of it."""
    return ".".join(map(str, loc[1:] or loc))
