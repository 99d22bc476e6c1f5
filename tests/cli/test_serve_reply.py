"""`chatkit serve --reply`: where the text comes from."""

import json
import re
import signal

import httpx
import pytest
from fake_model import Request, fake_model

KEY = "sk-secret-0123456789"


def url_of(command):
    return re.search(r"chatkit is running at (http://\S+/) ", command.line())[1]


def say(url, message):
    """What a turn has when it is over."""
    with httpx.Client(base_url=url, timeout=60) as client:
        turn = client.post("turns", json={"message": message}).json()
        client.get(turn["events"])
        return client.get(f"turns/{turn['turn']}").json()


def with_models(*names):
    """A model's server that repeats the messages and the model's name."""

    def answer(request: Request) -> None:
        if request.path == "/v1/models":
            listed = {"data": [{"id": name} for name in names]}
            request.whole(200, "application/json", json.dumps(listed))
        else:
            said = [message["content"] for message in request.json["messages"]]
            request.stream()
            request.text(request.json["model"], ": ", *said)
            request.finish("stop", (3, 4))

    return answer


@pytest.mark.parametrize("typed", [["--model", "tiny"], []])
@pytest.mark.parametrize("reply", [["--reply", "upstream"], []])
def test_upstream(start, typed, reply):
    with fake_model(with_models("tiny")) as model:
        command = start(
            *("serve", "--port", 0, "--base-url", model.url, "--system", "Be brief. "),
            *(typed + reply),
            OPENAI_API_KEY=KEY,
        )
        url = url_of(command)
        turn = say(url, "Hi")
        assert '<meta name="chatkit-model" content="yes">' in httpx.get(url).text
        command.signal(signal.SIGINT)
        found = "" if typed else "chatkit serve: the model is tiny\n"
        assert command.wait() == (0, "", found)
    assert (turn["status"], turn["reply"]) == ("done", "tiny: Be brief. Hi")
    assert turn["finish"] == {"reason": "stop", "input_tokens": 3, "output_tokens": 4}
    assert {request.headers["authorization"] for request in model.requests} == {f"Bearer {KEY}"}


def test_the_setting_that_a_silent_model_names_can_be_set(start):
    def answer(request: Request) -> None:
        request.stream()
        request.text("Half")
        request.until_closed()

    with fake_model(answer) as model:
        typed = ("serve", "--port", 0, "--base-url", model.url, "--model", "tiny")
        command = start(*typed, "--silence", 0.5)
        turn = say(url_of(command), "Hi")
        told = f"The model's server at {model.host} was silent for 0.5 seconds, which is the limit"
        assert (turn["reply"], turn["problem"]) == ("Half", f"{told} (silence).")


# Instead of serving, it says how long a reply of its turns may be silent.
SILENCE = """
import sys
from chatkit.cli import main, serve
def show(settings, listener):
    print(serve.make_app(settings, listener).state.service.turns.limits.silence)
    return 0
serve.serve_here = show
sys.exit(main(["serve", "--port", "0", "--model", "tiny", *sys.argv[1:]]))
"""


@pytest.mark.parametrize("kept", [[], ["--valkey", "embedded"]])
def test_a_turn_has_more_patience_than_its_model(chatkit, kept):
    assert chatkit("--silence", 600, *kept, python=["-c", SILENCE]) == (0, "620.0\n", "")
    assert chatkit(*kept, python=["-c", SILENCE]) == (0, "120.0\n", "")


def test_how_much_of_a_chat_is_sent_can_be_set(start):
    with fake_model(with_models()) as model:
        typed = ("serve", "--port", 0, "--base-url", model.url, "--model", "tiny")
        url = url_of(start(*typed, "--max-history", 20))
        chat = {"chat": "one"}
        for message in ("Hello there", "And now?"):
            turn = httpx.post(url + "turns", json=chat | {"message": message}).json()
            httpx.get(url + turn["events"])
        sent = [message["content"] for message in model.requests[-1].json["messages"]]
        assert sent == ["And now?"]


def test_upstream_of_the_environment(start):
    with fake_model(with_models("tiny")) as model:
        command = start("serve", "--port", 0, "--reply", "upstream", OPENAI_BASE_URL=model.url)
        assert say(url_of(command), "Hi")["reply"] == "tiny: Hi"


def test_upstream_that_fails_says_so_to_the_reader_and_on_stderr(start):
    def answer(request: Request) -> None:
        said = json.dumps({"error": {"message": f"no such key: {KEY}"}})
        request.whole(500, "application/json", said)

    with fake_model(answer) as model:
        typed = ("serve", "--port", 0, "--base-url", model.url, "--model", "tiny")
        command = start(*typed, OPENAI_API_KEY=KEY)
        turn = say(url_of(command), "Hi")
        told = f"The model's server at {model.host} has an error of its own (500)."
        command.signal(signal.SIGINT)
        code, output, errors = command.wait()
    assert turn["status"] == "failed"
    assert (code, output) == (0, "")
    assert errors.count("\n") == 1
    assert f"{told} It said: no such key: [hidden]" in errors
    assert KEY not in errors + json.dumps(turn)


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["small", "large"], "has 2 models: say which, as model. It said: small, large"),
        ([], "has 0 models: say which, as model."),
    ],
)
def test_upstream_where_it_is_not_clear_which_model(chatkit, names, why):
    with fake_model(with_models(*names)) as model:
        code, output, errors = chatkit("serve", "--base-url", model.url, "--port", 0)
        assert (code, output) == (1, "")
        assert errors == f"chatkit serve: The model's server at {model.host} {why}\n"


def test_upstream_that_is_not_there(chatkit):
    with fake_model(with_models()) as model:
        pass
    code, output, errors = chatkit("serve", "--base-url", model.url, "--port", 0)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit serve: [^\n]+ {model.host} takes no connection[^\n]+\n", errors)


@pytest.mark.parametrize(
    "wrong", [{"OPENAI_BASE_URL": f"http://h/v1?key={KEY}"}, {"OPENAI_API_KEY": f"{KEY}é"}]
)
def test_upstream_of_an_environment_that_cannot_be(chatkit, wrong):
    typed = ("serve", "--reply", "upstream", "--model", "tiny", "--port", 0)
    code, output, errors = chatkit(*typed, **wrong)
    assert (code, output) == (1, "")
    assert re.fullmatch(r"chatkit serve: [^\n]+\n", errors)
    assert next(iter(wrong)) in errors
    assert KEY not in errors


def test_words(start):
    command = start("serve", "--port", 0, "--reply", "words", "--delay", 0)
    turn = say(url_of(command), "A stream is")
    assert turn["status"] == "done"
    assert turn["finish"]["output_tokens"] > 0


def test_echo(start):
    command = start("serve", "--port", 0, "--reply", "echo", "--delay", 0)
    assert say(url_of(command), "Hi")["reply"] == "Hi"


def test_dialects_are_there_when_they_are_asked_for(start):
    plain = url_of(start("serve", "--port", 0))
    assert httpx.get(plain + "openai/v1/models").status_code == 404


def test_a_server_with_dialects_is_a_model_for_another(start):
    first = url_of(start("serve", "--port", 0, "--delay", 0, "--dialects"))
    second = start("serve", "--port", 0, "--base-url", first + "openai/v1", OPENAI_API_KEY="x")
    turn = say(url_of(second), "Hi 🎉")
    assert (turn["status"], turn["reply"]) == ("done", "Hi 🎉")
