"""The few words of W3C WebDriver that the tests need, over plain HTTP. https://www.w3.org/TR/webdriver2/"""

from __future__ import annotations

import http.client
import json
from typing import Any, Final

_ELEMENT: Final = "element-6066-11e4-a52e-4f735466cecf"
#: The server answers when a page is loaded or a script is done.
_ANSWER_SECONDS: Final = 120
#: A browser that is not there after that never will be.
_START_SECONDS: Final = 60


class WebDriverError(Exception):
    """What the server answered instead of a value; ``code`` is the specification's word for it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class Element:
    """An element of the page as it is now."""

    def __init__(self, session: Session, key: str) -> None:
        self._session = session
        self._path = f"/element/{key}"
        self.key = key

    def find(self, selector: str) -> list[Element]:
        """The elements inside, by a CSS selector."""
        return self._session.elements(f"{self._path}/elements", selector)

    def role(self) -> str:
        """The role that assistive technology is told."""
        return str(self._session.get(f"{self._path}/computedrole"))

    def label(self) -> str:
        """The name that assistive technology is told."""
        return str(self._session.get(f"{self._path}/computedlabel"))

    def text(self) -> str:
        """The words that it shows."""
        return str(self._session.get(f"{self._path}/text"))

    def click(self) -> None:
        """Scroll it into view and click its middle."""
        self._session.post(f"{self._path}/click")

    def clear(self) -> None:
        """Empty a field."""
        self._session.post(f"{self._path}/clear")

    def keys(self, text: str) -> None:
        """Type; for a field for files, the path of a file."""
        self._session.post(f"{self._path}/value", {"text": text})


class Session:
    """One browser with one window."""

    def __init__(self, port: int, capabilities: dict[str, Any]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_START_SECONDS)
        self._path = ""
        made = self.post("/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._path = f"/session/{made['sessionId']}"
        self._connection.close()
        self._connection.timeout = _ANSWER_SECONDS
        #: What the browser is and can, in the specification's words.
        self.capabilities: dict[str, Any] = made["capabilities"]

    def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        self.post("/url", {"url": url})

    def reload(self) -> None:
        """Load the page again and wait until it is loaded."""
        self.post("/refresh")

    def find(self, selector: str) -> list[Element]:
        """The elements of the page, by a CSS selector."""
        return self.elements("/elements", selector)

    def script(self, body: str) -> object:
        """What a function of this body gives in the page."""
        return self.post("/execute/sync", {"script": body, "args": []})

    def end(self) -> None:
        """Close the browser."""
        self._ask("DELETE", "")
        self._connection.close()

    def get(self, path: str) -> Any:
        """Ask for a value."""
        return self._ask("GET", path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Have something done."""
        return self._ask("POST", path, body or {})

    def elements(self, path: str, selector: str) -> list[Element]:
        """Have elements found below a path."""
        found = self.post(path, {"using": "css selector", "value": selector})
        return [Element(self, one[_ELEMENT]) for one in found]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        text = None if body is None else json.dumps(body)
        self._connection.request(method, self._path + path, text, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        value = json.loads(answer.read())["value"]
        if answer.status != http.client.OK:
            raise WebDriverError(value["error"], value["message"])
        return value
