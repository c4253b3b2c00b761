"""WebKitGTK's own small browser, driven by its WebDriver, on a screen that nobody sees."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from tests.browser.screen import screen
from tests.engines import downloads
from tests.engines.driver import Control, Driver, until
from tests.engines.webdriver import Element, Session, WebDriverError

_END_SECONDS: Final = 10
#: Where elements of a role are looked for; their computed role is asked afterwards.
_PLACES: Final = {
    "button": "button",
    "checkbox": "input[type=checkbox]",
    "combobox": "select",
    "dialog": "dialog, [role=dialog]",
    "radio": "input[type=radio]",
    "textbox": "input, textarea",
}
#: Roles that this engine tells otherwise than the specification has them.
_TOLD: Final = {"combobox": "button"}
_GROUPS: Final = "fieldset, [role=group], [role=radiogroup], dialog, [role=dialog]"
#: The page redraws what it has changed, between two questions too.
_PASSING: Final = (
    "stale element reference",
    "no such element",
    "element not interactable",
    "element click intercepted",
)


class _Missing(Exception):
    """There is no such control yet."""


class WebKitPage:
    """A browser of its own, with a home of its own, where its downloads go too."""

    def __init__(self, program: str, display: str, folder: Path) -> None:
        self._folder = folder
        home = folder.with_name(f"{folder.name}-home")
        home.mkdir(exist_ok=True)
        (home / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{folder}"\n')
        places = {name: str(home) for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        self._said = home / "said.txt"
        port = _free_port()
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [program, f"--port={port}", "--host=127.0.0.1"],
                env={**os.environ, **places, "DISPLAY": display, "GDK_BACKEND": "x11"},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
            )
        try:
            until(lambda: self._answers(port), bool)
            self._session = Session(port, {})
        except BaseException:
            self._end()
            raise

    def open(self, url: str) -> None:
        self._session.open(url)

    def reload(self) -> None:
        self._session.reload()

    def click(self, control: Control) -> None:
        self._do(lambda: self._find(control).click())

    def fill(self, control: Control, text: str) -> None:
        def type_it() -> None:
            field = self._find(control)
            field.clear()
            if text:
                field.keys(text)

        self._do(type_it)

    def choose(self, control: Control, option: str) -> None:
        def choose_it() -> None:
            for found in self._find(control).find("option"):
                if found.text() == option:
                    found.click()
                    return
            raise _Missing(option)

        self._do(choose_it)

    def give_file(self, selector: str, path: Path) -> None:
        [field] = self._session.find(selector)
        field.keys(str(path))

    def script(self, expression: str) -> object:
        return self._session.script(f"return ({expression});")

    def saved(self, press: Callable[[], None]) -> Path:
        return downloads.saved(self._folder, press, downloads.is_let_go)

    def problems(self) -> list[str]:
        return []

    def close(self) -> None:
        try:
            self._session.end()
        finally:
            self._end()

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait(_END_SECONDS)

    def _answers(self, port: int) -> bool:
        assert self._process.poll() is None, self._said.read_text("utf-8", "replace")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def _find(self, control: Control) -> Element:
        selector, role = _PLACES[control.role], _TOLD.get(control.role, control.role)
        if control.group:
            groups = [group for group in self._session.find(_GROUPS) if group.label() == control.group]
            found = [element for group in groups for element in group.find(selector)]
        else:
            found = self._session.find(selector)
        named = (e for e in found if control.pattern.search(e.label()) and e.role() == role)
        element = next(named, None)
        if element is None:
            raise _Missing(str(control))
        return element

    def _do(self, deed: Callable[[], None]) -> None:
        """Do something as soon as it can be done."""

        def attempt() -> str:
            try:
                deed()
            except _Missing as missing:
                return f"there is no {missing}"
            except WebDriverError as refused:
                if refused.code not in _PASSING:
                    raise
                return str(refused)
            return ""

        until(attempt, lambda hindrance: not hindrance)


class WebKit:
    """The machine's WebKitGTK and a screen for it."""

    def __init__(self, program: str) -> None:
        self._program = program
        self._held = ExitStack()
        self._display = self._held.enter_context(screen())

    def driver(self, folder: Path) -> Driver:
        try:
            return WebKitPage(self._program, self._display, folder)
        except TimeoutError:
            # Now and then a browser that its driver has started says nothing for ever; another one does.
            return WebKitPage(self._program, self._display, folder)

    def close(self) -> None:
        self._held.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
