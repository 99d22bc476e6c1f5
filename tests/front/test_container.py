"""The container of the finished app, read: there need be no Docker here, and none is started."""

import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_nginx import NAME, PORTS, make_certificate, program

from chatkit import create_app, serve
from chatkit.cli.arguments import arguments

CHECKOUT = Path(__file__).parents[2]
FOLDER = CHECKOUT / ".container"
DOCKERFILE = (FOLDER / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
SERVICES = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))["services"]
WORKERS = {name: service for name, service in SERVICES.items() if "build" in service}


def of_dockerfile(word: str) -> list[str]:
    """What follows an instruction, each time."""
    return re.findall(rf"^{word} +(.*)$", DOCKERFILE, re.MULTILINE)


def serves(options: list[str]) -> Any:
    """What the command takes from the options that it gets in a container. Else exits."""
    program, *fixed = json.loads(of_dockerfile("ENTRYPOINT")[0])
    assert program == "chatkit"
    return arguments().parse_args([*fixed, *options])


def test_it_runs_the_command_and_not_as_root() -> None:
    assert serves([]).host == "0.0.0.0"
    assert of_dockerfile("ENV") == [f"PORT={serves([]).port}"]
    assert of_dockerfile("EXPOSE") == [str(serves([]).port)]
    user = of_dockerfile("USER")[-1]
    assert re.search(rf"useradd .*\b{user}\b", DOCKERFILE)
    assert user != "root"


def test_the_health_check_knows_the_port_of_each_command_that_is_shown() -> None:
    """It asks at $PORT, which no option changes."""
    commands = re.findall(r"^# +docker run (.*) chatkit(?: (.*))?$", DOCKERFILE, re.MULTILINE)
    assert any("--port" in options for _, options in commands)
    for of_docker, options in commands:
        (told,) = re.findall(r"-e (PORT=\d+)", of_docker) or of_dockerfile("ENV")
        port = serves(options.split()).port
        assert told == f"PORT={port}"
        assert f"-p {port}:{port}" in of_docker


def test_its_images_are_of_a_version() -> None:
    images = [line.split()[0] for line in of_dockerfile("FROM")]
    images += [service["image"] for service in SERVICES.values() if "build" not in service]
    for image in images:
        assert re.fullmatch(r"[a-z/]+:(?!latest)[a-z0-9.-]+", image), image


def test_it_has_a_python_and_an_extra_of_the_project() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    for image in of_dockerfile("FROM"):
        python = re.match(r"python:(3\.\d+)-slim", image)[1]  # type: ignore[index]
        assert f"Programming Language :: Python :: {python}" in project["classifiers"]
    extras = set(re.findall(r"\[([a-z]+)\]\"", DOCKERFILE))
    assert extras == {"valkey"} <= set(project["optional-dependencies"])


def test_what_is_copied_is_all_that_a_wheel_is_built_from() -> None:
    lines = (FOLDER / "Dockerfile.dockerignore").read_text("utf-8").split()
    taken = {line[1:] for line in lines if line.startswith("!")}
    assert all((CHECKOUT / name).exists() for name in taken)
    assert taken >= {"pyproject.toml", "README.md", "LICENSE", "chatkit", "static", "notebooks"}


@pytest.fixture(scope="module")
def health() -> list[str]:
    """The health check, run by this Python."""
    (command,) = re.findall(r"HEALTHCHECK .* CMD +(\[.*\])$", DOCKERFILE, re.MULTILINE)
    python, *rest = json.loads(command)
    assert python == "python"
    return [sys.executable, *rest]


def test_the_health_check_finds_a_server_that_answers(health: list[str]) -> None:
    with serve(create_app(), name="container") as server:
        port = str(server.port)
        environment = os.environ | {"PORT": port, "no_proxy": "127.0.0.1"}
        assert subprocess.run(health, env=environment).returncode == 0
    done = subprocess.run(health, env=environment, capture_output=True)
    assert done.returncode != 0


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_has_options_of_the_command(name: str) -> None:
    worker = WORKERS[name]
    options = serves(worker["command"])
    assert (options.host, options.valkey) == ("127.0.0.1", "redis://valkey:6379")
    assert options.room_url == f"https://{NAME}/chat/"
    assert worker["environment"] == {"PORT": str(options.port)}
    seconds = int(worker["stop_grace_period"].removesuffix("s"))
    assert seconds > options.grace
    assert worker["network_mode"] == "service:nginx"
    assert set(worker["depends_on"]) <= set(SERVICES)


def test_workers_are_those_that_nginx_knows() -> None:
    ports = [str(serves(worker["command"]).port) for worker in WORKERS.values()]
    assert tuple(ports) == PORTS


def test_all_files_are_there() -> None:
    for worker in WORKERS.values():
        context = (FOLDER / worker["build"]["context"]).resolve()
        assert context == CHECKOUT
        assert (context / worker["build"]["dockerfile"]).is_file()
    made = {f"{NAME}.pem", f"{NAME}.key"}  # as the head of compose.yaml says
    for volume in SERVICES["nginx"]["volumes"]:
        source, target, mode = volume.split(":")
        assert mode == "ro"
        assert target.startswith("/etc/nginx/")
        assert Path(source).name in made or (FOLDER / source).is_file(), source


def test_nginx_takes_what_is_mounted(tmp_path: Path) -> None:
    """The files where compose.yaml puts them, in a folder of the test for /etc/nginx."""
    make_certificate(tmp_path)
    mounted = {}
    for volume in SERVICES["nginx"]["volumes"]:
        source, target, _ = volume.split(":")
        mounted[Path(target).name] = FOLDER / source
    assert set(mounted) == {"nginx.conf", f"{NAME}.pem", f"{NAME}.key"}
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"listen 127.0.0.1:{free.getsockname()[1]}"
    text = mounted["nginx.conf"].read_text("utf-8").replace("listen 443", listen)
    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
        text = text.replace("http {", f"http {{\n    {kind}_temp_path {kind};", 1)
    (tmp_path / "nginx.conf").write_text(f"pid nginx.pid;\n{text}", "utf-8")
    check = [program("nginx"), "-t", "-p", str(tmp_path), "-c", "nginx.conf", "-e", "nginx.log"]
    done = subprocess.run(check, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
