"""The panel by the roles and names that it promises, through any driver."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from tests.engines.driver import Control, Driver, until

REGEX: Final = Control("textbox", "Regex filter")
PREVIEW: Final = "VIEW ALL SELECTED FILES"

#: The rows of the preview's page as the list has them: dataset, name, level, suffix, instrument, filter.
_LISTING: Final = """
JSON.stringify([...document.querySelectorAll("#preview tbody")].flatMap((group, place, groups) => {
  // A long group goes on in the next part of the table.
  const head = groups.slice(0, place + 1).findLast((each) => each.querySelector(".group-name"));
  const dataset = head.querySelector(".group-name bdi").textContent;
  return [...group.querySelectorAll("tr:not(.group)")].map((row) => {
    const [name, ...cells] = row.cells;
    return [dataset, name.querySelector("bdi").textContent, ...cells.slice(0, 4).map((cell) => cell.textContent)];
  });
}))
"""


class Panel:
    """One page with the panel on it, in any engine."""

    def __init__(self, driver: Driver) -> None:
        self.driver = driver

    # -- opening ----------------------------------------------------------------------------------------------

    def open(self, url: str) -> None:
        """Go there and wait until the controls answer."""
        self.driver.open(url)
        self.wait_ready()

    def reload(self) -> None:
        """Load the page again and wait until the controls answer."""
        self.driver.reload()
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait for ``ready``; a page that failed to start fails here, with its words."""
        state = until(lambda: self.page_says("state"), ("ready", "failed").__contains__)
        assert state == "ready", self.text("#failed")

    def page_says(self, name: str) -> str:
        """What a data attribute of the page says; empty where it is not there."""
        return str(self.driver.script(f"document.documentElement.dataset[{json.dumps(name)}] ?? ''"))

    def way_of_start(self) -> str:
        """``snapshot`` or ``plain``, as the page marked it."""
        marks = "performance.getEntriesByType('mark').map((mark) => mark.name).join(' ')"
        ways = re.findall(r"overlay:start:(\w+)", str(self.driver.script(marks)))
        assert len(ways) == 1, ways
        return str(ways[0])

    # -- controls ---------------------------------------------------------------------------------------------

    def press(self, name: str, group: str = "") -> None:
        """Press a button."""
        self.driver.click(Control("button", name, group))

    def take(self, *boxes: tuple[str, str]) -> None:
        """Tick boxes, by the names of their level and of themselves, after NONE."""
        self.press("NONE")
        self.press("File level")
        for level, name in boxes:
            self.driver.click(Control("checkbox", name, level, begins=True))
        self.press("File level")

    def filter(self, pattern: str) -> None:
        """Type a pattern and wait until it has run."""
        self.driver.fill(REGEX, pattern)
        until(lambda: self.text("#regex-state"), re.compile(r"^\d[\d,]* files?, .+ match$").search)

    def structure(self, name: str) -> None:
        """Organise the folder as FLAT or NESTED."""
        self.driver.click(Control("radio", name, "File Structure"))

    # -- what is shown ----------------------------------------------------------------------------------------

    def text(self, selector: str) -> str:
        """The words of a place on the page; empty where there is none."""
        return str(self.driver.script(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def wait_words(self, words: str) -> None:
        """Wait until the page says something."""
        until(lambda: self.text("#app"), lambda said: words in said)

    def wait_selected(self, count: int) -> None:
        """Wait until so many files are selected."""
        until(lambda: self.text("#summary"), re.compile(rf"Selected: .+ - {count} files?\b").search)

    def wait_all(self, count: int) -> None:
        """Wait until so many files are in the list."""
        until(lambda: self.text("#summary"), re.compile(rf"All: .+ - {count} files?\b").search)

    def listing(self) -> list[list[str]]:
        """All rows of the preview, page by page."""
        self.press(PREVIEW)
        self.driver.choose(Control("combobox", "Rows per page", begins=True), "50")
        rows: list[list[str]] = []
        while True:
            said = until(lambda: self.text("#preview"), re.compile(_range(len(rows) + 1)).search)
            total = re.search(_range(len(rows) + 1), said)
            assert total
            rows += json.loads(str(self.driver.script(_LISTING)))
            if len(rows) >= int(total[1].replace(",", "")):
                break
            self.press("Next page")
        self.press(PREVIEW)
        return rows

    # -- taking away ------------------------------------------------------------------------------------------

    def csv(self) -> Path:
        """Save the list."""
        return self.driver.saved(lambda: self.press("EXPORT SELECTED FILE LIST"))

    def script(self) -> Path:
        """Save the script."""
        return self.driver.saved(lambda: self.press("API QUERY"))

    def download(self) -> Path:
        """Download the selection to its end, in the best way that the browser has without asking for a file."""

        def start() -> None:
            self.press("START DOWNLOAD")
            self.driver.click(Control("radio", "Save as one ZIP file among your downloads"))
            self.press("Start", group="Start this download?")
            self.wait_finished()

        return self.driver.saved(start)

    def wait_finished(self) -> None:
        """Wait until the download is over; one with gaps fails here."""
        told = until(lambda: self.text("#progress h2"), lambda heading: heading.startswith("Download "))
        told = until(lambda: self.text("#progress h2"), re.compile("finished|stopped|failed").search)
        assert told == "Download finished", self.text("#progress")


def _range(first: int) -> str:
    return rf"\b{first:,}-[\d,]+ of ([\d,]+) rows?\b"
