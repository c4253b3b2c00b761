"""Firefox with a profile of its own, told what to do by the few words of Marionette that a benchmark needs.

Nothing of the page is watched on that way, as the drivers of tests do, unless it is asked.
https://firefox-source-docs.mozilla.org/testing/marionette/
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

_START_S: Final = 60.0
_END_S: Final = 20.0
_SETTINGS: Final = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    # Any that is free; it is written into the profile.
    "marionette.port": 0,
}


class Marionette:
    """One browser. Every answer is waited for."""

    def __init__(self, port: int, longest_ms: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=longest_ms / 1000)
        self._said = self._socket.makefile("rb")
        self._number = 0
        self._read()
        self.do("WebDriver:NewSession", pageLoadStrategy="none")
        self.do("WebDriver:SetTimeouts", script=longest_ms, pageLoad=longest_ms)

    def do(self, command: str, **parameters: Any) -> Any:
        """Give the answer's value; RuntimeError when the command fails."""
        self._number += 1
        asked = json.dumps([0, self._number, command, parameters]).encode()
        self._socket.sendall(f"{len(asked)}:".encode() + asked)
        _, _, error, answer = self._read()
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message']}")
        return answer["value"] if isinstance(answer, dict) and "value" in answer else answer

    def ask(self, promise: str) -> object:
        """What a promise of the page comes to, which an expression gives."""
        ended = "done, (thrown) => done({ thrown: String(thrown) })"
        script = f"const done = arguments[0]; ({promise.strip()}).then({ended});"
        told = self.do("WebDriver:ExecuteAsyncScript", script=script, args=[])
        if isinstance(told, dict):
            raise RuntimeError(told["thrown"])
        return told

    def close(self) -> None:
        """Let go of the browser, which goes on."""
        self._said.close()
        self._socket.close()

    def _read(self) -> Any:
        length = b""
        while (byte := self._said.read(1)) != b":":
            if not byte:
                raise RuntimeError("the browser has ended")
            length += byte
        return json.loads(self._said.read(int(length)))


@contextmanager
def firefox(profile: Path, longest_ms: int) -> Iterator[Marionette]:
    """Run it on a profile, without a screen."""
    profile.mkdir(exist_ok=True)
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _SETTINGS.items()]
    (profile / "user.js").write_text("".join(lines))
    told = profile / "MarionetteActivePort"
    told.unlink(missing_ok=True)
    command = [
        os.environ["OVERLAY_FIREFOX"],
        "--headless",
        "--marionette",
        "--no-remote",
        "--profile",
        str(profile),
    ]
    running = subprocess.Popen(
        [*command, "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        last = time.monotonic() + _START_S
        while not told.is_file() or not told.read_text().strip():
            if time.monotonic() > last:
                raise RuntimeError("the browser has not started")
            time.sleep(0.05)
        with closing(Marionette(int(told.read_text()), longest_ms)) as browser:
            yield browser
    finally:
        running.terminate()
        running.wait(_END_S)
