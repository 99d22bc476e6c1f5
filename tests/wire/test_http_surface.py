"""Requests made from the app's own OpenAPI description, right ones and wrong ones.

Whatever comes, the answer comes, is one that is documented, and is not a server error. Half of the
requests for a turn or a chat name one that is there.
"""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from sse_client import post, read

from chatkit import Server, create_app
from chatkit.replies import Message
from chatkit.sse import Parser

Start = Callable[..., Server]
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
PATIENCE = 60.0  # seconds; only there so that a request that hangs ends the test
PATHS = create_app(faults=True, dialects=True).openapi()["paths"]
OPERATIONS = [(method, path) for path, methods in PATHS.items() for method in methods]
RIGHT = [(*operation, GenerationMode.POSITIVE) for operation in OPERATIONS]
WRONG = [  # where a request can be wrong: a string in a path cannot
    (method, path, GenerationMode.NEGATIVE)
    for method, path in OPERATIONS
    if "requestBody" in PATHS[path][method] or path.endswith("/events")
]
EXPECTED = {  # else the requests were not what they are meant to be
    ("post", "/turns", "POSITIVE"): {201},
    ("post", "/turns", "NEGATIVE"): {422},
    ("get", "/turns/{turn}", "POSITIVE"): {200, 404},
    ("get", "/turns/{turn}/events", "POSITIVE"): {200, 400, 404},
    ("post", "/turns/{turn}/cancel", "POSITIVE"): {200, 404},
    ("get", "/chats/{chat}", "POSITIVE"): {200, 404},
    ("post", "/openai/v1/chat/completions", "POSITIVE"): {200},
    ("post", "/openai/v1/chat/completions", "NEGATIVE"): {400},
    ("post", "/openai/v1/responses", "POSITIVE"): {200},
    ("post", "/openai/v1/responses", "NEGATIVE"): {400},
    ("post", "/anthropic/v1/messages", "POSITIVE"): {200},
    ("post", "/anthropic/v1/messages", "NEGATIVE"): {400},
    ("post", "/ollama/api/chat", "POSITIVE"): {200},
    ("post", "/ollama/api/chat", "NEGATIVE"): {400},
    ("post", "/faults", "POSITIVE"): {201},
    ("post", "/faults", "NEGATIVE"): {422},
}
LAST = {"end", "message_stop", "response.completed"}  # events of streams, in all dialects
repeatable = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=50,
    phases=[Phase.generate],  # each request is shown as it was: some change the server
    suppress_health_check=list(HealthCheck),
)


def test_description_has_every_route() -> None:
    assert {("post", "/turns"), ("get", "/turns/{turn}/events"), ("post", "/faults")} < set(
        OPERATIONS
    )


async def hello(messages: list[Message]) -> AsyncIterator[str]:
    """A short reply to any message: schemathesis reads no more than 20 events of a stream."""
    yield "Hello"


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    RIGHT + WRONG,
    ids=[f"{method} {path} {mode.name.lower()}" for method, path, mode in RIGHT + WRONG],
)
def test_every_answer_is_documented(
    start: Start, method: str, path: str, mode: GenerationMode
) -> None:
    server = start(reply=hello, faults=True, dialects=True, max_message=1000)
    operation = schemathesis.openapi.from_url(server.url + "openapi.json")[path][method]
    turn = post(server.url, "Hello")
    read(turn["events"])
    statuses: set[int] = set()

    @repeatable
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def every_answer_is_documented(case: Case, known: bool) -> None:
        if known:
            for name in ("turn", "chat"):
                if name in (case.path_parameters or {}):
                    case.path_parameters[name] = turn[name]
        answer = case.call(timeout=PATIENCE)
        statuses.add(answer.status_code)
        judged = CHECKS
        if answer.headers.get("content-type", [""])[0].startswith("text/event-stream"):
            last = Parser().feed(answer.content)[-1]
            assert last.type in LAST or last.data == "[DONE]"
            judged = [check for check in judged if check is not checks.response_schema_conformance]
        case.validate_response(answer, checks=judged)

    every_answer_is_documented()
    assert httpx.get(server.url + "healthz", timeout=PATIENCE).json()["status"] == "ok"
    assert statuses >= EXPECTED.get((method, path, mode.name), set()), statuses
