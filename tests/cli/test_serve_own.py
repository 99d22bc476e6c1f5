"""`chatkit serve MODULE:NAME`: an app of the reader's own."""

import re
import signal

import httpx
import pytest

OWN = """
from chatkit import create_app

async def reply(messages):
    yield "mine: " + messages[-1]["content"]

class Chat:
    app = create_app(reply)

def make():
    return create_app(reply)

app = create_app(reply)
number = 7
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "my_chat.py").write_text(OWN, "utf-8")
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "chat.py").write_text(OWN, "utf-8")


def url_of(command):
    return re.search(r"chatkit is running at (http://\S+/) ", command.line())[1]


SCRIPT = "import sys; from chatkit.cli import main; sys.exit(main())"


@pytest.mark.parametrize("name", ["my_chat:app", "my_chat:Chat.app", "course.chat:app"])
def test_an_app_in_the_working_folder(start, own, name):
    # As the installed command starts: without the working folder on Python's path.
    command = start("serve", name, "--port", 0, python=["-P", "-c", SCRIPT])
    with httpx.Client(base_url=url_of(command)) as client:
        turn = client.post("turns", json={"message": "Hi"}).json()
        assert 'data: "mine: Hi"' in client.get(turn["events"]).text
    command.signal(signal.SIGINT)
    assert command.wait() == (0, "", "")


@pytest.mark.parametrize("readme", ["README.md", "chatkit/README.md"])
def test_the_app_of_the_readme(start, tmp_path, checkout, readme):
    text = (checkout / readme).read_text("utf-8")
    (code,) = re.findall(r"^```python\n# my_chat.py\n(.*?)^```$", text, re.M | re.S)
    (tmp_path / "my_chat.py").write_text(code, "utf-8")
    assert "`chatkit serve my_chat:app`" in text
    command = start("serve", "my_chat:app", "--port", 0)
    with httpx.Client(base_url=url_of(command)) as client:
        turn = client.post("turns", json={"message": "Hi"}).json()
        client.get(turn["events"])
        assert client.get(f"turns/{turn['turn']}").json()["reply"] == "You said: Hi"
    command.signal(signal.SIGINT)
    assert command.wait() == (0, "", "")


def test_any_asgi_app(start, tmp_path):
    (tmp_path / "plain.py").write_text(
        "from starlette.applications import Starlette\napp = Starlette()\n", "utf-8"
    )
    command = start("serve", "plain:app", "--port", 0)
    assert httpx.get(url_of(command)).status_code == 404
    command.signal(signal.SIGTERM)
    assert command.wait() == (0, "", "")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("your_chat:app", r'"your_chat"\. It was looked for in \S+ first\.'),
        ("your.chat:app", "your"),
        ("my_chat:nothing", "nothing"),
        ("needy:app", "no_such_package"),
        ("my_chat:reply", "my_chat:reply is not an ASGI app"),
        ("my_chat:make", "my_chat:make is not an ASGI app"),
        ("my_chat:Chat", "my_chat:Chat is not an ASGI app"),
        ("my_chat:number", "my_chat:number is not an ASGI app"),
        ("broken:app", r"broken:app: KeyError: 'x' \([^\n]*broken.py, line 2\)"),
        ("uses_it:app", r"uses_it:app: KeyError: 'x' \([^\n]*broken.py, line 2\)"),
        ("half:app", r"half:app: SyntaxError: [^\n]*\(half.py, line 1\)"),
    ],
)
def test_what_is_no_app_is_one_line(chatkit, own, tmp_path, name, why):
    (tmp_path / "needy.py").write_text("import no_such_package\n", "utf-8")
    (tmp_path / "broken.py").write_text("app = {}\napp['x']\n", "utf-8")
    (tmp_path / "uses_it.py").write_text("from broken import app\n", "utf-8")
    (tmp_path / "half.py").write_text("def app(:\n", "utf-8")
    code, output, errors = chatkit("serve", name, "--port", 0)
    assert (code, output) == (1, "")
    assert re.fullmatch(rf"chatkit serve: [^\n]*{why}[^\n]*\n", errors)


FAILING = """
from contextlib import asynccontextmanager
from starlette.applications import Starlette

@asynccontextmanager
async def lifespan(app):
    raise RuntimeError("no fuel")
    yield

app = Starlette(lifespan=lifespan)
"""


def test_an_app_that_does_not_start(chatkit, tmp_path):
    (tmp_path / "failing.py").write_text(FAILING, "utf-8")
    code, output, errors = chatkit("serve", "failing:app", "--port", 0)
    assert (code, output) == (1, "")
    assert "no fuel" in errors
