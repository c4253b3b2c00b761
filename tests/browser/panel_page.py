"""The panel as a person uses it: by role and name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from playwright.sync_api import Download, Locator, Page, expect

#: The buttons for what another form of the script, or of the file list, is called on screen.
OTHERS: Final = {"script": "OTHER TOOLS", "file list": "OTHER FORMATS"}

BOOT_MS = 60_000


@dataclass(frozen=True, slots=True)
class Summary:
    """What the selection summary says: volumes as written, counts of files."""

    selected_volume: str
    selected: int
    all_volume: str
    all: int


class PanelPage:
    """One page with the panel on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    # -- opening ----------------------------------------------------------------------------------------------

    def open(self, query: str = "") -> Self:
        """Go there and wait until the controls answer."""
        self.page.goto(self.url + query)
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Wait for ``ready``; a page that failed to start fails here, with its words."""
        self.page.locator("html[data-state=ready], html[data-state=failed]").wait_for(
            state="attached", timeout=BOOT_MS
        )
        failed = self.page.locator("#failed")
        assert self.page.locator("html").get_attribute("data-state") == "ready", failed.inner_text()

    def open_list(self, path: Path) -> None:
        """Open a product list by the button."""
        with self.page.expect_file_chooser() as chosen:
            self.button("Open product list").click()
        chosen.value.set_files(path)

    def as_opened(self) -> None:
        """Bring a page that was used back to how it opened, its lists and its account aside."""
        self.page.set_viewport_size({"width": 1280, "height": 720})
        dialog = self.page.get_by_role("dialog")
        if dialog.count():
            dialog.get_by_role("button", name="Back").click()
        if self.button("VIEW ALL SELECTED FILES").get_attribute("aria-expanded") == "true":
            self._preview_as_opened()
            if self.page.get_by_label("Rows per page").count():
                self.page.get_by_label("Rows per page").select_option("250")
            self.button("VIEW ALL SELECTED FILES").click()
        for name in ("levels-button", "account-button"):
            button = self.page.locator(f"#{name}[aria-expanded=true]")
            if button.count():
                button.click()
        for mission in reversed(self.missions()):
            self.choose_mission(mission)
            self.filter("")
            self.plain_pattern()
            self.button("NONE").click()
            self.button("RECOMMENDED").click()
        self.radio("File Structure", "NESTED").check()
        for _ in range(self.page.get_by_role("button", name="Dismiss: ").count()):
            self.page.get_by_role("button", name="Dismiss: ").first.click()

    def _preview_as_opened(self) -> None:
        """Show the selected files in the archive's order, unfolded."""
        self.page.get_by_label("Show files that are not selected too").uncheck()
        find = self.page.get_by_label("Find in preview")
        if find.count():
            find.fill("")
        sorted_by = self.page.locator("#preview th[aria-sort] button")
        while sorted_by.count():
            sorted_by.click()
        unfold = self.button("UNFOLD ALL")
        if unfold.count():
            unfold.click()

    def plain_pattern(self) -> None:
        """Mean the pattern as the plain field does."""
        more, opened = (
            self.page.locator("details.precise summary"),
            self.page.locator("details.precise[open]"),
        )
        if more.inner_text() != "More precise":
            if not opened.count():
                more.click()
            self.page.get_by_label("Ignore case").uncheck()
            self.page.get_by_label("Take what does not match").uncheck()
            self.page.get_by_label("Match on").select_option("File name")
        if opened.count():
            more.click()

    # -- controls ---------------------------------------------------------------------------------------------

    def button(self, name: str) -> Locator:
        """A button by its exact name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def radio(self, group: str, name: str) -> Locator:
        """A radio button of a named group."""
        return self.page.get_by_role("radiogroup", name=group).get_by_role("radio", name=name, exact=True)

    def level_group(self, level: str) -> Locator:
        """The group of a level in the open fold-out."""
        return self.page.get_by_role("group", name=level, exact=True)

    def box(self, level: str, name: str) -> Locator:
        """A box of a level, by the level's or a suffix's name."""
        return self.level_group(level).get_by_role("checkbox", name=re.compile(rf"^{re.escape(name)}\b"))

    def missions(self) -> list[str]:
        """The missions of the menu; none where there is no choice."""
        return self.page.get_by_label("Mission", exact=True).locator("option").all_inner_texts()

    def choose_mission(self, name: str) -> None:
        """Show the controls of a mission."""
        self.page.get_by_label("Mission", exact=True).select_option(name)

    def levels(self) -> None:
        """Open the levels."""
        self.button("File level").click()
        expect(self.button("File level")).to_have_attribute("aria-expanded", "true")

    def account(self) -> Locator:
        """The button of the account's menu, whoever is signed in."""
        return self.page.locator("#account-button")

    @property
    def regex(self) -> Locator:
        """The regex field."""
        return self.page.get_by_role("textbox", name="Regex filter")

    def filter(self, pattern: str) -> None:
        """Type a pattern and wait until it has run."""
        self.regex.fill(pattern)
        expect(self.page.locator("#regex-state")).not_to_have_text("filtering …")

    # -- what is shown ----------------------------------------------------------------------------------------

    def summary(self) -> Summary:
        """What the summary says."""
        text = self.page.get_by_role("status", name="Selection summary").inner_text()
        found = re.search(r"Selected: (.+) - (\d[\d,]*) files?\s+All: (.+) - (\d[\d,]*) files?", text)
        assert found, text
        count = [int(found[n].replace(",", "")) for n in (2, 4)]
        return Summary(found[1], count[0], found[3], count[1])

    def preview_rows(self) -> list[list[str]]:
        """The cells of the preview's page, without the groups' rows."""
        rows = self.page.locator("#preview tbody tr:not(.group)")
        return [[cell.strip() for cell in row] for row in rows.evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.textContent))"
        )]  # fmt: skip

    def preview_listing(self) -> list[list[str]]:
        """The rows of the preview's page as the list has them: dataset, name, level, suffix, instrument, filter."""
        listing: list[list[str]] = self.page.locator("#preview tbody").evaluate_all(
            r"""
            groups => groups.flatMap((group, place) => {
              // A long group goes on in the next part of the table.
              const head = groups.slice(0, place + 1).findLast(each => each.querySelector(".group-name"));
              const dataset = head.querySelector(".group-name bdi").textContent;
              return [...group.querySelectorAll("tr:not(.group)")].map(row => {
                const [name, ...cells] = row.cells;
                const told = name.querySelector("bdi").textContent;
                return [dataset, told, ...cells.slice(0, 4).map(cell => cell.textContent)];
              });
            })
            """
        )
        return listing

    def notices(self) -> Locator:
        """What the panel has told."""
        return self.page.locator("#notices .notice")

    # -- taking away ------------------------------------------------------------------------------------------

    def save(self, button: str) -> Download:
        """Press a button that saves a file."""
        with self.page.expect_download() as saved:
            self.button(button).click()
        return saved.value

    def save_form(self, of: str, label: str) -> Download:
        """Save another form ``of`` the ``script`` or the ``file list``."""
        self.button(OTHERS[of]).click()
        with self.page.expect_download() as saved:
            self.page.get_by_role("menuitem", name=label, exact=True).click()
        return saved.value

    def confirm(self, place: str = "stream") -> None:
        """Ask for the download, choose where to write, and stay in the dialog."""
        self.button("START DOWNLOAD").click()
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        dialog.locator(f"input[name=place][value={place}]").check()

    def start(self) -> None:
        """Press Start in the dialog."""
        self.page.get_by_role("dialog").get_by_role("button", name="Start", exact=True).click()

    def finish_now(self) -> None:
        """Cancel, and keep what is complete."""
        self.button("CANCEL").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Finish now").click()

    def discard(self) -> None:
        """Cancel, and keep nothing."""
        self.button("CANCEL").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Discard").click()

    def close_download(self) -> None:
        """Put away what is told of a download that has ended."""
        close = self.page.locator("#progress").get_by_role("button", name="Close", exact=True)
        if close.count():
            close.click()

    def download(self, place: str = "stream", timeout_ms: float = 120_000) -> Download:
        """Download the selection to its end and give what the browser saved."""
        self.confirm(place)
        with self.page.expect_download(timeout=timeout_ms) as saved:
            self.start()
        expect(self.page.get_by_role("heading", name=re.compile("^Download finished"))).to_be_visible(
            timeout=timeout_ms
        )
        return saved.value
