"""nginx with the file that klal is deployed with, only its ports, name and folders filled in."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from tests.postgresql import free_port
from tests.waiting import PATIENCE

DEPLOYED = Path(__file__).resolve().parents[1] / "deploy" / "nginx.conf"
_AROUND = """
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/klal.conf;
}}
"""


def find_nginx() -> str | None:
    """Return the program; Debian keeps it where only root looks."""
    return shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Nginx:
    """One nginx in front of two klal servers, on free ports.

    Attributes
    ----------
    url : str
        By https.
    log : Path
        Its lines on requests.
    """

    def __init__(self, program: str, folder: Path, ports: Sequence[int], certificate: tuple[Path, Path]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self._plain_port = free_port(), free_port()
        self.url = f"https://localhost:{self.port}"
        self.log = folder / "klal.log"
        (folder / "klal.conf").write_text(self._filled(ports, certificate), encoding="utf-8")
        user = "user root;" if os.geteuid() == 0 else ""  # so that it may walk into the folders of the tests
        around = folder / "nginx.conf"
        around.write_text(_AROUND.format(folder=folder, user=user), encoding="utf-8")
        words = [program, "-p", str(folder), "-c", str(around), "-e", str(folder / "error.log")]
        subprocess.run([*words, "-t"], check=True, capture_output=True)
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()

    def __enter__(self) -> Nginx:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def ask_plainly(self, path: str) -> tuple[int, str]:
        """Return status and place to go to of an answer by http."""
        connection = http.client.HTTPConnection("localhost", self._plain_port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.headers["Location"]
        finally:
            connection.close()

    def _filled(self, ports: Sequence[int], certificate: tuple[Path, Path]) -> str:
        found = "\n".join(
            line for line in DEPLOYED.read_text(encoding="utf-8").splitlines() if "listen [::]" not in line or socket.has_ipv6
        )
        for deployed, ours in (
            ("127.0.0.1:8001", f"127.0.0.1:{ports[0]}"),
            ("127.0.0.1:8002", f"127.0.0.1:{ports[1]}"),
            ("listen 80;", f"listen {self._plain_port};"),
            ("listen [::]:80;", f"listen [::]:{self._plain_port};"),
            ("listen 443 ssl http2;", f"listen {self.port} ssl http2;"),
            ("listen [::]:443 ssl http2;", f"listen [::]:{self.port} ssl http2;"),
            ("/etc/letsencrypt/live/talk.example.org/fullchain.pem", str(certificate[0])),
            ("/etc/letsencrypt/live/talk.example.org/privkey.pem", str(certificate[1])),
            ("server_name talk.example.org;", "server_name localhost;"),
            ("/var/cache/nginx/klal", str(self.folder / "cache")),
            ("/var/log/nginx/klal.log", str(self.log)),
        ):
            assert deployed in found or "[::]" in deployed, deployed
            found = found.replace(deployed, ours)
        return found

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=10).close()
            except OSError:
                assert time.monotonic() < deadline, (self.folder / "error.log").read_text()
                assert self.process.poll() is None, (self.folder / "error.log").read_text()
                time.sleep(0.02)
            else:
                return
