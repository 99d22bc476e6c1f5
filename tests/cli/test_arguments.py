"""What is typed after `chatkit`: help, version, and one clear line for what cannot be."""

import re

import pytest

from chatkit.cli.arguments import arguments
from chatkit.cli.values import host_name


def test_without_arguments_it_prints_help(chatkit):
    code, output, errors = chatkit()
    assert code == 2
    assert errors == ""
    for command in ("serve", "lab", "watch", "doctor"):
        assert re.search(rf"^ +{command} ", output, re.MULTILINE)


def test_version(chatkit):
    code, output, _ = chatkit("--version")
    assert code == 0
    assert re.fullmatch(r"chatkit \d+\.\d+\.\d+\n", output)


@pytest.mark.parametrize("command", ["serve", "lab", "wheelhouse", "watch", "doctor"])
def test_each_command_has_help(chatkit, command):
    code, output, errors = chatkit(command, "--help")
    assert (code, errors) == (0, "")
    assert f"usage: chatkit {command}" in output


def commands(parser):
    """Each command of a parser, and of those: its name and its parser."""
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for name, command in action.choices.items():
                yield name, command
                yield from ((f"{name} {rest}", found) for rest, found in commands(command))


COMMANDS = dict(commands(arguments()))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_says_what_each_thing_is(command):
    for action in COMMANDS[command]._actions:
        if isinstance(action.choices, dict):
            continue  # each of them has help of its own
        words = re.sub(r"\(default:.*\)|%\(\w+\)\w", "", action.help or "")
        assert len(re.findall("[a-z]{2,}", words)) >= 3, f"{command} {action.dest}: {action.help}"


@pytest.mark.parametrize(
    "typed",
    [
        ["sing"],
        ["serve", "now"],
        ["serve", "my_chat:"],
        ["serve", ":app"],
        ["serve", "./my_chat.py:app"],
        ["serve", "my_chat.py:app"],
        ["serve", "--port"],
        ["serve", "--port", "http"],
        ["serve", "--port", "-1"],
        ["serve", "--port", "65536"],
        ["serve", "--port", "٣"],
        ["serve", "--host", ""],
        ["serve", "--delay", "-1"],
        ["serve", "--delay", "nan"],
        ["serve", "--delay", "inf"],
        ["serve", "my_chat:app", "--delay", "0.05"],
        ["serve", "my_chat:app", "--faults"],
        ["serve", "my_chat:app", "--allow-host", "chat.example"],
        ["serve", "my_chat:app", "--model", "tiny"],
        ["serve", "my_chat:app", "--reply", "echo"],
        ["serve", "my_chat:app", "--dialects"],
        ["serve", "my_chat:app", "--valkey", "embedded"],
        ["serve", "my_chat:app", "--max-message", "5"],
        ["serve", "my_chat:app", "--room-url", "https://chat.example/"],
        ["serve", "--room-url", "chat.example"],
        ["serve", "--room-url", "https://chat.example/?a=1"],
        ["serve", "--max-streams", "0"],
        ["wheelhouse"],
        ["wheelhouse", "wheels", "--extra", "test"],
        ["serve", "--workers", "2"],
        ["serve", "--workers", "0", "--valkey", "embedded"],
        ["serve", "--workers", "two", "--valkey", "embedded"],
        ["serve", "--workers", "2", "--valkey", "embedded", "--faults"],
        ["serve", "--valkey", "127.0.0.1:6379"],
        ["serve", "--valkey", "http://127.0.0.1:6379"],
        ["serve", "--grace", "-1"],
        ["serve", "--reply", "oracle"],
        ["serve", "--reply", "echo", "--model", "tiny"],
        ["serve", "--reply", "words", "--system", "Be brief."],
        ["serve", "--reply", "upstream", "--delay", "0"],
        ["serve", "--reply", "echo", "--silence", "5"],
        ["serve", "my_chat:app", "--max-history", "5"],
        ["serve", "--silence", "0"],
        ["serve", "--max-history", "0"],
        ["serve", "--model", ""],
        ["serve", "--base-url", "127.0.0.1:11434/v1"],
        ["serve", "--base-url", "ftp://127.0.0.1/v1"],
        ["serve", "--base-url", "http://127.0.0.1:11434/v1?key=x"],
        ["serve", "--api-key", "sk-x"],
        ["serve", "--", "--ServerApp.port=1"],
        ["lab", "--port", "x"],
        ["lab", "there"],
        ["watch"],
        ["watch", "http://127.0.0.1:1/"],
        ["watch", "http://127.0.0.1:1/", "-m", ""],
        ["watch", "http://127.0.0.1:1/", "-m", "x", "--timeout", "0"],
        ["doctor", "who"],
        ["doctor", "--base-url", "here"],
        ["doctor", "--model"],
        ["serve", "--origin", "http://127.0.0.1:5173/"],
        ["serve", "--origin", "http://127.0.0.1:0"],
        ["serve", "my_chat:app", "--origin", "http://127.0.0.1:5173"],
        ["react"],
        ["react", "paint"],
        ["react", "build", "here"],
        ["react", "dev", "--server", "here"],
        ["serve", "--allow-host", "http://chat.example/"],
        ["serve", "--allow-host", "chat.example:8000"],
        ["lessons", "here", "there"],
        ["assignments"],
    ],
)
def test_bad_arguments_are_one_line_and_2(chatkit, typed):
    code, output, errors = chatkit(*typed)
    assert (code, output) == (2, "")
    assert re.fullmatch(r"chatkit[^\n]+\n", errors)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("serve --prot 1", "chatkit serve: unrecognized arguments: --prot (chatkit serve --help"),
        ("lab 5", "chatkit lab: unrecognized arguments: 5 (chatkit lab --help"),
        ("react dev here", "chatkit react dev: unrecognized arguments: here (chatkit react dev -"),
        ("serve 1", "chatkit serve: an app is named as in my_chat:app, without .py, not '1'"),
        ("serve --origin a.example", "chatkit serve: argument --origin: that is an http(s) URL"),
        ("serve --room-url a.example", "chatkit serve: argument --room-url: that is an http(s)"),
        ("react dev --server here", "chatkit react dev: argument --server: that is an http(s) URL"),
        ("serve --base-url here", "chatkit serve: argument --base-url: base_url is an http(s) URL"),
        ("serve --allow-host a:1", "chatkit serve: argument --allow-host: a name has no port and"),
    ],
)
def test_what_is_wrong_is_named_by_its_command(chatkit, typed, said):
    assert chatkit(*typed.split())[2].startswith(said)


@pytest.mark.parametrize(
    "name", ["*", "chat.example", "my_host", "192.0.2.7", "2001:db8::7", "[::1]"]
)
def test_names_of_hosts(name):
    assert host_name(name) == name


def test_what_an_own_app_would_ignore_is_named(chatkit):
    typed = ["serve", "my_chat:app", "--allow-host", "a.example", "--delay", "0"]
    code, output, errors = chatkit(*typed)
    assert (code, output) == (2, "")
    assert errors.startswith(
        "chatkit serve: my_chat:app is your own app: --delay, --allow-host would change nothing ("
    )


def test_workers_without_a_valkey_are_refused_with_the_reason(chatkit):
    _, _, errors = chatkit("serve", "--workers", 2)
    assert "--workers 2 needs --valkey, as in --valkey embedded: turns are kept in" in errors


# The modules that are loaded later look at the platform too, so they come first.
WINDOWS = """
import sys
import chatkit.cli.serve
sys.platform = "win32"
sys.exit(chatkit.cli.main(["serve", "--port", "0", *sys.argv[1:]]))
"""


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (["--valkey", "embedded"], "Windows has no embedded Valkey"),
        (["--valkey", "redis://127.0.0.1:6379", "--workers", "2"], "on Windows one process serves"),
    ],
)
def test_what_windows_has_not_is_refused(chatkit, typed, why):
    code, output, errors = chatkit(*typed, python=["-c", WINDOWS])
    assert (code, output) == (2, "")
    assert re.fullmatch(rf"chatkit serve: {why}[^\n]+\n", errors)


def test_a_url_of_a_valkey_that_cannot_be_is_not_repeated(chatkit):
    _, _, errors = chatkit("serve", "--valkey", "http://me:sk-secret@127.0.0.1")
    assert "redis://127.0.0.1:6379" in errors
    assert "sk-secret" not in errors


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_key_is_refused_and_not_repeated(chatkit, command):
    code, output, errors = chatkit(command, "--model", "tiny", "--api-key", "sk-secret")
    assert (code, output) == (2, "")
    assert "argument --api-key: a key goes into OPENAI_API_KEY" in errors
    assert "sk-secret" not in errors


@pytest.mark.parametrize("option", ["--key", "--base_url", "--apikey"])
def test_what_follows_an_unknown_option_is_not_repeated(chatkit, option):
    code, output, errors = chatkit("serve", "--model", "tiny", option, "sk-secret")
    assert (code, output) == (2, "")
    assert f"unrecognized arguments: {option} " in errors
    assert "sk-secret" not in errors


def test_a_url_that_cannot_be_is_not_repeated(chatkit):
    _, _, errors = chatkit("serve", "--base-url", "ftp://me:sk-secret@127.0.0.1/v1")
    assert "http://127.0.0.1:11434/v1" in errors
    assert "sk-secret" not in errors


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_help_says_where_the_key_goes(chatkit, command):
    assert "OPENAI_API_KEY" in chatkit(command, "--help")[1]
