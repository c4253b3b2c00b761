"""A real nginx with the settings that the documents have."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web.buildsteps.shell import ROOT

_ABOUT = """
daemon off;
worker_processes 1;
pid {run}/pid;
error_log stderr;
events {{ }}
http {{
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path {run}; proxy_temp_path {run}; fastcgi_temp_path {run};
  uwsgi_temp_path {run}; scgi_temp_path {run};
  {outside}
  server {{
    listen 127.0.0.1:{port};
    {inside}
  }}
}}
"""


@contextmanager
def running_nginx(site: Path, archive: str, run: Path) -> Iterator[str]:
    """Serve a built site, with ``archive`` in the place of the documents' own for the proxy; gives the origin.

    ``run`` is a folder for what nginx writes.
    """
    for folder in (site, *site.parents[:2]):
        folder.chmod(0o755)
    text = (ROOT / "docs" / "hosting.md").read_text("utf-8")
    inside, outside, proxy = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    inside = inside.replace("/srv/overlay", str(site)) + proxy.replace("https://data.example.org", archive)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = run / "nginx.conf"
    settings.write_text(_ABOUT.format(run=run, port=port, outside=outside, inside=inside))
    # Where it is the administrator's, as root it would serve with the rights of somebody else.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    server = subprocess.Popen([program("nginx"), "-c", settings, "-p", run, *user])
    try:
        _await(port, server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def program(name: str) -> str:
    """A program of the administrator's, whose folder not every user searches."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing"
    return found


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    while True:
        assert server.poll() is None, "nginx has ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.02)
