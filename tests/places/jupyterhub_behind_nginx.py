"""Lesson 00 on a real JupyterHub behind a real nginx: TLS and HTTP/2, two users at once.

    python tests/places/jupyterhub_behind_nginx.py

nginx is configured as JupyterHub's documentation has it, with its buffers on. nginx and openssl
have to be there (Debian: apt-get install nginx-light openssl); the rest is fetched, from npm too.
Exit code 0: each was shown the page, and a reply streamed to its end.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "browser/support"), str(TESTS / "node/support")]

from environment import Environment  # noqa: E402
from hub import HUB, hub, two_users, versions  # noqa: E402
from lesson_00 import a_browser, main  # noqa: E402
from running import free_port, running  # noqa: E402

NAME = "hub.localhost"
CONFIGURATION = """\
events {{}}
http {{
    access_log off;
    {temporary}
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        ''      close;
    }}
    server {{
        listen 127.0.0.1:{port} ssl http2;
        server_name {name};
        ssl_certificate certificate.pem;
        ssl_certificate_key certificate.key;
        client_max_body_size 50m;
        location / {{
            proxy_pass http://127.0.0.1:{hub};
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Scheme $scheme;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
    }}
}}
"""


def jupyterhub_behind_nginx(folder: Path) -> str:
    environment = Environment(HUB)
    with hub(folder, environment) as hub_port:
        port = free_port()
        url = f"https://{NAME}:{port}/"
        write_configuration(folder, port, hub_port)
        command = [program("nginx"), "-p", str(folder), "-c", "nginx.conf", "-e", "error.log"]
        command += ["-g", "daemon off; pid nginx.pid;"]
        with running(command, folder, f"https://127.0.0.1:{port}/"), a_browser() as browser:
            two_users(browser, url, f"^{url}user/{{user}}/proxy/")
    done = subprocess.run([program("nginx"), "-v"], capture_output=True, text=True, check=True)
    nginx = done.stderr.strip().rpartition("/")[2]
    return f"nginx {nginx}, {versions(environment)}: shown, through the proxy; replies complete"


def write_configuration(folder: Path, port: int, hub_port: int) -> None:
    """And a certificate for NAME."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = " ".join(f"{kind}_temp_path {kind};" for kind in kinds)
    text = CONFIGURATION.format(temporary=temporary, port=port, hub=hub_port, name=NAME)
    (folder / "nginx.conf").write_text(text, "utf-8")
    make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}"]
    files = ["-keyout", f"{folder}/certificate.key", "-out", f"{folder}/certificate.pem"]
    subprocess.run([program("openssl"), *make, *files], check=True, capture_output=True)


def program(name: str) -> str:
    """Its path. Raises `RuntimeError` if it is not there."""
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], "/usr/sbin"]))
    if found is None:
        raise RuntimeError(f"{name} was not found (Debian: apt-get install nginx-light openssl)")
    return found


if __name__ == "__main__":
    sys.exit(main(jupyterhub_behind_nginx))
