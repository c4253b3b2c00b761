"""Tabs of Chromium that nobody looks on: opened by their address, left alone, and asked afterwards.

Of the DevTools protocol this speaks the few words that a benchmark needs. It switches on nothing that tells of a page,
as the drivers of tests do, and is connected to a tab only to have something begun, or to ask what came of it.
https://chromedevtools.github.io/devtools-protocol/
"""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import urlopen

#: Until a tab's connection is closed, it does not begin what it was asked for.
_LET_GO_MS: Final = 100
_LOOK_S: Final = 0.25
_OPENED_S: Final = 20.0

#: Has a tab do something when nobody is connected to it, and give itself a title when that is done.
_BEGIN: Final = """
void (async () => {
  const told = globalThis.told = {};
  await new Promise((resolve) => { setTimeout(resolve, LET_GO_MS); });
  try {
    told.value = await (WORK);
  } catch (thrown) {
    told.thrown = String(thrown?.stack ?? thrown);
  }
  document.title = TITLE;
})()
"""


class Channel:
    """A connection to the browser or to one of its tabs (RFC 6455). Every answer is waited for."""

    def __init__(self, address: str, longest_s: float) -> None:
        place = urlsplit(address)
        self._socket = socket.create_connection((place.hostname, place.port), timeout=longest_s)
        self._said = self._socket.makefile("rb")
        self._number = 0
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {place.path} HTTP/1.1",
            f"Host: {place.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
        )
        self._socket.sendall("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        status = self._said.readline()
        while self._said.readline().strip():
            continue
        if b" 101 " not in status:
            raise RuntimeError(f"the browser does not answer: {status!r}")

    def do(self, method: str, **parameters: Any) -> Any:
        """Give the answer; RuntimeError when the browser refuses."""
        self._number += 1
        # Texts of fewer than 126 bytes would have their length in yet another form.
        asked = json.dumps({"id": self._number, "method": method, "params": parameters})
        self._send(asked.ljust(126).encode())
        while (answer := json.loads(self._message())).get("id") != self._number:
            continue
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def close(self) -> None:
        """Let go."""
        self._said.close()
        self._socket.close()

    def _send(self, text: bytes) -> None:
        size = len(text)
        length = struct.pack("!BH", 126, size) if size < 1 << 16 else struct.pack("!BQ", 127, size)
        # What a client sends is masked, which the highest bit of the length tells; by zeros it stays as it is.
        self._socket.sendall(bytes((0x81, 0x80 | length[0])) + length[1:] + bytes(4) + text)

    def _message(self) -> bytes:
        parts = []
        while True:
            first, second = self._read(2)
            length = second & 0x7F
            if length >= 126:
                length = int.from_bytes(self._read(2 if length == 126 else 8))
            parts.append(self._read(length))
            if first & 0x80:
                return b"".join(parts)

    def _read(self, count: int) -> bytes:
        found = self._said.read(count)
        if len(found) < count:
            raise RuntimeError("the browser has let go")
        return found


class Browser:
    """A browser that listens at an address; what takes longer than so many seconds has failed."""

    def __init__(self, address: str, longest_s: float) -> None:
        self.address = address
        self.longest_s = longest_s
        self.channel = Channel(self._told("version")["webSocketDebuggerUrl"], longest_s)

    def open(self, url: str) -> Tab:
        """Open a page in a window of its own, for a visitor who comes for the first time."""
        visitor = self.channel.do("Target.createBrowserContext")["browserContextId"]
        opened = self.channel.do("Target.createTarget", url=url, browserContextId=visitor, newWindow=True)
        return Tab(self, visitor, opened["targetId"])

    def tab(self, number: str) -> Any:
        """What the browser tells of a tab without a look into it."""
        last = time.monotonic() + _OPENED_S
        while time.monotonic() < last:
            for each in self._told("list"):
                if each["id"] == number:
                    return each
            time.sleep(_LOOK_S)
        raise RuntimeError("the tab is not there")

    def close(self) -> None:
        """Let go of the browser, and of every visitor with it."""
        self.channel.close()

    def _told(self, what: str) -> Any:
        with urlopen(f"{self.address}/json/{what}", timeout=self.longest_s) as answer:
            return json.load(answer)


class Tab:
    """A tab of the browser, whose page tells by its title that it has done what was to be done."""

    def __init__(self, browser: Browser, visitor: str, number: str) -> None:
        self.browser = browser
        self.visitor = visitor
        self._number = number
        self._begun = 0

    def alone(self, work: str) -> Any:
        """What comes of an expression of the page, or of its promise; nobody is connected to the page meanwhile."""
        self._begun += 1
        title = f"done {self._begun}"
        names = {"LET_GO_MS": f"{_LET_GO_MS}", "WORK": work, "TITLE": json.dumps(title)}
        text = _BEGIN
        for name, value in names.items():
            text = text.replace(name, value, 1)
        self.do("Runtime.evaluate", expression=text)
        self.wait_for(title)
        told = self.do("Runtime.evaluate", expression="JSON.stringify(globalThis.told)")
        found = json.loads(told["result"]["value"])
        if "thrown" in found:
            raise RuntimeError(found["thrown"])
        return found.get("value")

    def wait_for(self, title: str) -> None:
        """Wait until the page has this title."""
        last = time.monotonic() + self.browser.longest_s
        while self.browser.tab(self._number)["title"] != title:
            if time.monotonic() > last:
                raise RuntimeError(f"the page did not come to {title!r} in time")
            time.sleep(_LOOK_S)

    def do(self, method: str, **parameters: Any) -> Any:
        """Give the answer of the tab to one question."""
        address = self.browser.tab(self._number)["webSocketDebuggerUrl"]
        with closing(Channel(address, self.browser.longest_s)) as channel:
            return channel.do(method, **parameters)

    def close(self) -> None:
        """Close it; nothing is left of its visitor."""
        self.browser.channel.do("Target.disposeBrowserContext", browserContextId=self.visitor)
