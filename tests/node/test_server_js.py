"""static/client/server.js, with a server that answers as it is told."""

import json
from typing import Any

import pytest
from node_runner import run_node


def call(name: str, *values: Any, body: Any = None, **answer: Any) -> Any:
    answer.setdefault("chunks", [json.dumps(body)])
    return run_node("run_server.mjs", {"answer": answer, "call": [name, *values]})


def refused(status: int, body: Any) -> str:
    """What a person is told of a message that is refused."""
    ran = call("startTurn", {"message": "Hi"}, status=status, body=body)
    assert ran["status"] == status
    error: str = ran["error"]
    return error


@pytest.mark.parametrize("parent", [{}, {"parent": None}, {"parent": "t", "chat": "c"}])
def test_message_is_sent_as_json(parent: Any) -> None:
    message = {"message": "Grüße 🦊"} | parent
    ran = call("startTurn", message, status=201, body={"turn": "t"})
    (asked,) = ran["asked"]
    assert (asked["method"], asked["url"]) == ("POST", "/turns")
    assert asked["headers"]["content-type"] == "application/json"
    assert json.loads(asked["body"]) == message
    assert ran["value"] == {"turn": "t"}
    assert [item["kind"] for item in ran["items"]] == ["request", "answer"]
    assert json.loads(ran["items"][0]["body"]) == message
    assert (ran["items"][1]["ok"], ran["items"][1]["status"]) == (True, 201)


@pytest.mark.parametrize(
    ("name", "method", "url"),
    [
        ("readTurn", "GET", "/turns/x"),
        ("cancelTurn", "POST", "/turns/x/cancel"),
        ("readChat", "GET", "/chats/x"),
    ],
)
def test_what_is_asked(name: str, method: str, url: str) -> None:
    (asked,) = call(name, "x", body={})["asked"]
    assert (asked["method"], asked["url"], asked["body"]) == (method, url, "")


def test_answer_that_is_not_json() -> None:
    ran = call("readTurn", "x", chunks=["<!doctype html>"])
    assert (ran["error"], ran["status"]) == ("The server's answer cannot be read.", 200)
    assert "(502)" in call("readTurn", "x", status=502, chunks=["<!doctype html>"])["error"]


def test_refusal_says_what_to_do() -> None:
    detail = {"detail": "It is so."}
    assert refused(409, detail) == "It is so."
    assert refused(409, {}).endswith("Load the page again.")
    assert refused(413, detail) == "It is so. Shorten it, then send it again."
    assert refused(422, detail).endswith("It is so. Change it, then send it again.")
    assert refused(503, detail).endswith("It is so. Wait a moment, then try again.")
    assert refused(500, detail).endswith("(500). It is so. Try again.")
    assert " A, B. " in refused(422, {"detail": [{"msg": "A"}, {"msg": "B"}]})


def expect_no_answer(ran: Any) -> None:
    assert (ran["status"], "value" in ran) == (0, False)
    assert "does not answer" in ran["error"]


def test_server_that_is_not_there() -> None:
    ran = run_node("run_server.mjs", {"answer": None, "call": ["startTurn", {"message": "Hi"}]})
    expect_no_answer(ran)
    assert [item["kind"] for item in ran["items"]] == ["request", "end"]


def test_answer_that_breaks_off() -> None:
    expect_no_answer(call("startTurn", {"message": "Hi"}, chunks=['{"turn":'], then="cut"))


def test_server_that_falls_silent_is_not_waited_for() -> None:
    expect_no_answer(call("readTurn", "x", chunks=['{"status":'], then="wait"))
