"""Chromium and Firefox, driven by Playwright; Firefox ESR itself, over WebDriver BiDi."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Playwright

from tests.browser.surroundings import LAUNCH_ARGUMENTS
from tests.engines import downloads
from tests.engines.driver import PATIENCE, Control, Driver

#: No questions and no panels when something is saved.
_FIREFOX: Final = {"browser.download.alwaysOpenPanel": False, "browser.download.useDownloadDir": True}


class Played:
    """A page in a browser of its own context."""

    def __init__(self, context: BrowserContext, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._problems: list[str] = []
        context.set_default_timeout(PATIENCE * 1000)
        context.on("console", self._console)
        context.on("weberror", lambda error: self._problems.append(str(error.error)))
        self.page = context.new_page()

    def open(self, url: str) -> None:
        self.page.goto(url)

    def reload(self) -> None:
        self.page.reload()

    def click(self, control: Control) -> None:
        self._find(control).click()

    def fill(self, control: Control, text: str) -> None:
        self._find(control).fill(text)

    def choose(self, control: Control, option: str) -> None:
        self._find(control).select_option(label=option)

    def give_file(self, selector: str, path: Path) -> None:
        self.page.locator(selector).set_input_files(path)

    def script(self, expression: str) -> object:
        try:
            return self.page.evaluate(expression)
        except Error as gone:
            if "navigation" not in gone.message:
                raise
            # The page went away while it was asked, as at a change of version: what came after it is asked.
            return self.page.evaluate(expression)

    def saved(self, press: Callable[[], None]) -> Path:
        with self.page.expect_download() as coming:
            press()
        path = self._folder / coming.value.suggested_filename
        coming.value.save_as(path)
        return path

    def problems(self) -> list[str]:
        return self._problems

    def close(self) -> None:
        self._context.close()

    def _find(self, control: Control) -> Locator:
        place = self.page.get_by_label(control.group, exact=True) if control.group else self.page
        return place.get_by_role(control.role, name=control.pattern)  # type: ignore[arg-type]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._problems.append(f"{message.text} {message.location.get('url', '')}")


class PlayedFirefox(Played):
    """Firefox says of a download neither its name nor its end in a way that Playwright knows: the folder does."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        super().__init__(browser.new_context(), folder)
        self._browser = browser

    def saved(self, press: Callable[[], None]) -> Path:
        return downloads.saved(self._folder, press, downloads.is_in_its_place)

    def close(self) -> None:
        self._browser.close()


class Chromium:
    """The machine's Chromium."""

    def __init__(self, playwright: Playwright, program: str) -> None:
        self._browser = playwright.chromium.launch(executable_path=program, args=[*LAUNCH_ARGUMENTS])

    def driver(self, folder: Path) -> Driver:
        return Played(self._browser.new_context(), folder)

    def close(self) -> None:
        self._browser.close()


class Firefox:
    """The machine's Firefox ESR. The folder for downloads is the browser's, so each page has one of its own."""

    def __init__(self, playwright: Playwright, program: str) -> None:
        self._playwright = playwright
        self._program = program

    def driver(self, folder: Path) -> Driver:
        browser = self._playwright.firefox.launch(
            channel="moz-firefox",
            executable_path=self._program,
            firefox_user_prefs=dict(_FIREFOX),
            downloads_path=folder,
        )
        return PlayedFirefox(browser, folder)

    def close(self) -> None:
        """Every page has ended its browser."""
