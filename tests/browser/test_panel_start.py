"""How the page comes up: what stands there before Python does, and what becomes of deeds done meanwhile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserType, Page, expect

from tests.archive.static import StaticServer
from tests.browser import lists
from tests.browser.conftest import Watch
from tests.browser.panel_page import BOOT_MS, PanelPage
from tests.browser.states import held_back
from tests.browser.surroundings import LAUNCH_ARGUMENTS
from tests.browser.waiting import wait_until

_WATCH_SHIFTS = """
globalThis.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value)))
  .observe({type: "layout-shift", buffered: true});
"""


#: A module that the overlay does not import, from the archive that comes when the page is ready.
_IMPORTS_MORE = """
async () => {
  const { whenDefined } = await import(new URL("./pyscript/core.js", document.baseURI).href);
  const { interpreter } = await whenDefined("py");
  try {
    return String(interpreter.pyimport("colorsys").ONE_THIRD);
  } catch (failure) {
    return "";
  }
}
"""


@contextmanager
def _python_held(page: Page) -> Iterator[None]:
    """Inside, Python has not started; at the end it does."""
    with held_back(page, "**/loader.js"), page.expect_request("**/loader.js"):
        yield


def test_the_page_stands_before_python_starts_and_does_not_move(panel: PanelPage) -> None:
    panel.page.add_init_script(_WATCH_SHIFTS)
    app = panel.page.locator("#app")
    with _python_held(panel.page):
        panel.page.goto(panel.url, wait_until="commit")
        expect(panel.page.locator("html")).to_have_attribute("data-state", "booting")
        expect(panel.button("START DOWNLOAD")).to_be_visible()
        assert panel.summary().selected > 0
        before = app.evaluate("app => app.innerHTML")
    panel.wait_ready()
    assert app.evaluate("app => app.innerHTML") == before
    assert panel.page.evaluate("shifts") == []
    expect(panel.button("RECOMMENDED")).to_have_attribute("aria-pressed", "true")
    assert panel.missions() == ["JWST", "HST"]
    expect(panel.page.get_by_text("This is the built-in demo archive")).to_be_visible()


def test_python_has_the_rest_of_its_library_once_that_has_come(panel: PanelPage) -> None:
    with held_back(panel.page, "**/python_stdlib.zip"):
        panel.open()
        # Python remembers where it has found nothing.
        assert panel.page.evaluate(_IMPORTS_MORE) == ""
    assert wait_until(panel.page, lambda: panel.page.evaluate(_IMPORTS_MORE)) == str(1 / 3)


def test_what_is_done_before_python_is_up_is_obeyed(panel: PanelPage, watch: Watch) -> None:
    with _python_held(panel.page):
        panel.page.goto(panel.url, wait_until="commit")
        panel.button("ALL").click()
        panel.regex.fill(r"_cal\.fits$")
        panel.radio("File Structure", "FLAT").check()
        panel.button("File level").press("Enter")
    panel.wait_ready()
    expect(panel.button("ALL")).to_have_attribute("aria-pressed", "true")
    expect(panel.button("RECOMMENDED")).to_have_attribute("aria-pressed", "false")
    expect(panel.regex).to_have_value(r"_cal\.fits$")
    expect(panel.page.locator("#regex-state")).to_have_text(re.compile(r"^\d+ files, .+ match$"))
    expect(panel.radio("File Structure", "FLAT")).to_be_checked()
    expect(panel.level_group("2b")).to_be_visible()
    # Named by the request that made them, so that an empty record would not pass for a clean one.
    assert any(request.url.endswith("/runtime/pyodide.asm.wasm") for request in watch.requests)


def test_a_page_that_cannot_start_says_so_and_offers_another_try(panel: PanelPage, watch: Watch) -> None:
    watch.expect("ERR_FAILED", "Failed to fetch", "pyodide", "PythonError")
    panel.page.route("**/pyodide.asm.wasm", lambda route: route.abort())
    panel.page.goto(panel.url, wait_until="commit")
    panel.page.locator("html[data-state=failed]").wait_for(state="attached")
    expect(panel.page.get_by_role("alert").filter(has_text="The page could not start")).to_be_visible()
    expect(panel.button("START DOWNLOAD")).to_be_hidden()
    panel.page.unroute("**/pyodide.asm.wasm")
    # The page that failed still stands for a moment behind the click.
    with panel.page.expect_navigation(wait_until="commit"):
        panel.button("Try again").click()
    panel.wait_ready()
    expect(panel.button("START DOWNLOAD")).to_be_visible()


def test_a_rejection_that_was_not_the_starts_is_taken_back_when_the_page_is_ready(
    panel: PanelPage, watch: Watch
) -> None:
    watch.expect("of somebody else")
    with _python_held(panel.page):
        panel.page.goto(panel.url, wait_until="commit")
        panel.page.evaluate("void Promise.reject(new Error('of somebody else'))")
    panel.page.locator("html[data-state=ready]").wait_for(state="attached", timeout=BOOT_MS)
    expect(panel.page.locator("#failed")).to_be_hidden()
    expect(panel.button("START DOWNLOAD")).to_be_visible()
    panel.button("ALL").click()
    expect(panel.button("ALL")).to_have_attribute("aria-pressed", "true")


def test_plain_http_beyond_this_machine_is_told_and_still_serves(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], site: StaticServer
) -> None:
    arguments = [*LAUNCH_ARGUMENTS, "--host-resolver-rules=MAP overlay.test 127.0.0.1"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": arguments})  # type: ignore[arg-type]
    page = browser.new_page()
    errors = Watch()
    errors.over(page.context)
    panel = PanelPage(page, site.url.replace("127.0.0.1", "overlay.test")).open()
    told = page.get_by_text("begins with plain http")
    expect(told).to_be_visible()
    expect(told).to_contain_text("CSV and scripts work")
    assert panel.save("EXPORT SELECTED FILE LIST").suggested_filename.endswith("_files.csv")
    assert panel.save("API QUERY").suggested_filename.endswith("_api_retrieve.sh")
    panel.filter("x1dsum")
    panel.confirm("blob")
    places = page.get_by_role("dialog").get_by_role("radio")
    expect(places).to_have_count(1)
    expect(page.get_by_role("dialog")).to_contain_text("(up to 500.000 MB)")
    with page.expect_download() as saved:
        panel.start()
    assert saved.value.failure() is None
    assert errors.unexpected() == []
    browser.close()


def test_the_notice_of_plain_http_is_not_shown_where_it_is_not_true(shared: PanelPage) -> None:
    expect(shared.page.get_by_text("begins with plain http")).to_be_hidden()
    expect(shared.page.get_by_text("opened as a file")).to_be_hidden()
    expect(shared.page.get_by_text("Without a web server")).to_be_hidden()


def test_a_page_asked_for_a_list_never_shows_the_demo(
    panel: PanelPage, site: StaticServer, tmp_path: Path
) -> None:
    lists.write(site.root / "lists" / "formulas.json", _formulas())
    with _python_held(panel.page):
        panel.page.goto(f"{panel.url}?mission=Lab&products=lists/formulas.json", wait_until="commit")
        expect(panel.page.get_by_text("Opening the product list")).to_be_visible()
        expect(panel.page.get_by_text("demo archive")).to_be_hidden()
        expect(panel.button("START DOWNLOAD")).to_be_hidden()
        assert panel.page.get_by_role("status", name="Selection summary").count() == 0
    panel.wait_ready()
    # The page's address names the mission; it has no profile, and the list names none.
    expect(panel.page.locator(".mission")).to_have_text("Lab")
    assert panel.summary().all == len(lists.FORMULA_NAMES)
    expect(panel.page.get_by_role("radiogroup", name="Guidestar Files")).to_be_hidden()
    expect(panel.page.get_by_text("INCLUDE CALIBRATION REFERENCE FILES")).to_be_hidden()
    saved = panel.save("EXPORT SELECTED FILE LIST")
    saved.save_as(tmp_path / "list.csv")
    cells = [line.split(",")[1] for line in (tmp_path / "list.csv").read_text("utf-8").splitlines()[1:5]]
    # A spreadsheet takes none of them for a formula.
    assert cells == ["'" + name for name in lists.FORMULA_NAMES[:4]]


def _formulas() -> list[lists.Row]:
    return [lists.public(name, uri=f"lab:{number}") for number, name in enumerate(lists.FORMULA_NAMES)]
