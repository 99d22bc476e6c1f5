"""The fault lab: faults are armed, and each hits the next stream that is asked for.

Only `create_app(faults=True)` adds it. Without it there is no such route and no such layer.
"""

import re
import time
from collections import deque
from typing import Any

from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from chatkit.faults.kinds import KINDS, AnyFault, Broken, Fault, Line, Refuse

STREAM = re.compile(r"/turns/[^/]+/events$")
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The request is not JSON in UTF-8"},
    408: {"description": "The request did not come in time"},
    409: {"description": "Too many faults are armed"},
    413: {"description": "The request is too large"},
}


class Faults:
    """The faults that are armed, in the order in which they will hit."""

    def __init__(self, most: int = 100) -> None:
        self.most = most  # that may be armed
        self.armed: deque[Fault] = deque()
        self.refusing_until = 0.0  # on the clock of time.monotonic()

    def arm(self, fault: Fault) -> None:
        """Let a fault hit the next streams, after those armed before. Raises `ValueError`."""
        if len(self.armed) >= self.most:
            raise ValueError(f"{self.most} faults are armed, which is the limit.")
        self.armed.append(fault)

    def disarm(self) -> None:
        """Let nothing more go wrong. Streams that have a fault already keep it."""
        self.armed.clear()
        self.refusing_until = 0.0

    def take(self) -> Fault | None:
        """The fault for the stream that is asked for now."""
        if time.monotonic() < self.refusing_until:
            return Refuse()
        if not self.armed:
            return None
        fault = self.armed.popleft()
        if fault.times > 1:
            self.armed.appendleft(fault.model_copy(update={"times": fault.times - 1}))
        if isinstance(fault, Refuse):
            self.refusing_until = time.monotonic() + fault.seconds
        return fault

    def state(self) -> dict[str, Any]:
        """What is armed, and for how many seconds every stream is still refused."""
        refusing = max(0.0, self.refusing_until - time.monotonic())
        return {
            "armed": [fault.model_dump() for fault in self.armed],
            "refusing": round(refusing, 1),
        }


class FaultLayer:
    """ASGI middleware: a request for a stream gets the next fault, everything else passes."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self.app = app
        self.faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.take() if is_stream(scope) else None
        if fault is None:
            await self.app(scope, receive, send)
        elif answer := fault.answer():
            await answer(scope, receive, send)
        else:
            try:
                await self.app(scope, receive, Line(fault, send).send)
            except* Broken:
                pass  # the server closes the connection of a response that is not complete


def is_stream(scope: Scope) -> bool:
    is_get = scope["type"] == "http" and scope["method"] == "GET"
    return is_get and STREAM.search(scope["path"]) is not None


def describe(kind: type[Fault]) -> dict[str, Any]:
    """A kind of fault as the page shows it; its parameters as JSON Schema describes them."""
    schema = kind.model_json_schema()
    parameters = schema["properties"]
    return {
        "kind": parameters.pop("kind")["const"],
        "label": schema["title"],
        "description": schema["description"],
        "parameters": parameters,
    }


def add_fault_lab(app: FastAPI) -> None:
    """Put faults between `app` and its readers. `app.state.faults` arms them from Python."""
    faults = app.state.faults = Faults()
    app.add_middleware(FaultLayer, faults=faults)

    @app.get("/faults", tags=["faults"])
    async def list_faults() -> dict[str, Any]:
        """The kinds of faults, and what is armed."""
        return {"kinds": [describe(fault) for fault in KINDS.values()]} | faults.state()

    @app.post("/faults", status_code=201, tags=["faults"], responses=REFUSALS)
    async def arm_fault(fault: AnyFault) -> dict[str, Any]:
        """Let a fault hit the next `times` streams that are asked for."""
        try:
            faults.arm(fault)
        except ValueError as error:
            raise HTTPException(409, f"{error} Disarm them first.") from None
        return faults.state()

    @app.delete("/faults", tags=["faults"])
    async def disarm_faults() -> dict[str, Any]:
        """Let nothing more go wrong."""
        faults.disarm()
        return faults.state()
