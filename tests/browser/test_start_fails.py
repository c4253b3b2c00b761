"""A start that fails ends in a page that is of use: the cause, the file, another try, and what to send to somebody."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserType, Page, Playwright, Route, expect

from tests.archive.static import StaticServer
from tests.browser.panel_page import BOOT_MS, PanelPage
from tests.browser.states import held_back
from tests.browser.surroundings import LAUNCH_ARGUMENTS


def _modules() -> list[str]:
    """Every module of a start, as the page that was built lists them."""
    page = Path(os.environ["OVERLAY_DIST"], "index.html").read_text("utf-8")
    listed = re.search(r'<script type="importmap">([^<]+)</script>', page)
    assert listed
    return sorted(name.removeprefix("./") for name in json.loads(listed[1])["integrity"])


MODULES = _modules()
PARTS = ("runtime/pyodide.asm.wasm", "runtime/pyodide-lock.json")
#: One of the page's own, one that is imported by others, PyScript, Pyodide, and what tells all other hashes.
SOME_MODULES = ("boot.js", "supply.js", "pyscript/core-*.js", "runtime/pyodide.asm.js", "runtime/files.js")
#: What a start does without where it must.
SPARE = ("ahead.js", "opening.js", "style.css", "runtime/snapshot-*.bin")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build wrote, last changed long ago: browsers keep such files without asking."""
    root = tmp_path_factory.mktemp("whole") / "site"
    shutil.copytree(os.environ["OVERLAY_DIST"], root)
    for path in root.rglob("*"):
        os.utime(path, (1_600_000_000, 1_600_000_000))
    return root


@pytest.fixture
def site(whole: Path, tmp_path: Path) -> Iterator[StaticServer]:
    """A copy of the site, to be broken by one test."""
    root = tmp_path / "site"
    shutil.copytree(whole, root, copy_function=os.link)
    with StaticServer(root, "/tools/overlay/") as server:
        yield server


def name_of(site: StaticServer, pattern: str) -> str:
    return next(site.root.glob(pattern)).relative_to(site.root).as_posix()


def change(site: StaticServer, name: str, content: bytes) -> None:
    """Give a file of the copy other content. The copies share their files by links."""
    path = site.root / name
    path.unlink()
    path.write_bytes(content)
    os.utime(path, (1_600_000_000, 1_600_000_000))


def try_again(page: Page) -> None:
    """Press the button, and wait until the panel is there."""
    with page.expect_navigation(wait_until="commit"):
        page.get_by_role("alert").get_by_role("button", name="Try again").click()
    PanelPage(page, page.url).wait_ready()


def diagnostics(page: Page) -> dict[str, str]:
    """What the page of a failed start has to be copied, line by line."""
    expect(page.locator("html")).to_have_attribute("data-state", "failed", timeout=BOOT_MS)
    expect(page.get_by_role("alert")).to_contain_text("The page could not start")
    text = page.get_by_role("alert").get_by_label("Diagnostics, to be copied")
    expect(text).not_to_have_value("")
    lines = text.input_value().splitlines()
    return {name: value for name, _, value in (line.partition(": ") for line in lines)}


@pytest.mark.parametrize("name", [*MODULES, *PARTS])
def test_a_file_that_is_missing_is_named_and_another_try_finds_it(
    page: Page, site: StaticServer, name: str
) -> None:
    site.break_file(name, 404)
    page.goto(site.url)
    told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-missing", name)
    expect(page.get_by_role("alert")).to_contain_text(f"“{name}”: it answers with status 404")
    expect(page.get_by_role("button", name="Try again")).to_be_focused()
    expect(page).to_have_title("The page could not start – Download files")
    site.mend()
    try_again(page)


@pytest.mark.parametrize("pattern", [*SOME_MODULES, *PARTS])
def test_a_file_with_one_byte_changed_is_never_run(page: Page, site: StaticServer, pattern: str) -> None:
    name = name_of(site, pattern)
    content = (site.root / name).read_bytes()
    # To a script, a change that would do something, and nothing to harm the rest.
    harmed = b"globalThis.sabotaged = true;\n" + content if name.endswith(".js") else damaged(content)
    change(site, name, harmed)
    page.goto(site.url)
    told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-changed", name)
    expect(page.get_by_role("alert")).to_contain_text("is not the file that belongs to this page")
    assert page.evaluate("globalThis.sabotaged") is None


@pytest.mark.parametrize("pattern", SPARE)
def test_a_start_does_without_what_it_can(page: Page, site: StaticServer, pattern: str) -> None:
    site.break_file(name_of(site, pattern), 404)
    PanelPage(page, site.url).open()
    expect(page.locator("#failed")).to_be_hidden()


def test_a_part_of_python_that_is_seldom_used_is_missed_in_words(page: Page, site: StaticServer) -> None:
    site.break_file("runtime/python_stdlib.zip", 404)
    panel = PanelPage(page, site.url).open()
    told = page.locator("#failed")
    expect(told).to_contain_text("A part of the page is missing")
    expect(told).to_contain_text("The panel works, but “runtime/python_stdlib.zip” did not come")
    panel.button("ALL").click()
    expect(panel.button("ALL")).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_title("Download files")
    told.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#failed")).to_be_hidden()


def test_where_nothing_is_left_the_last_part_that_was_missed_is_named(page: Page, site: StaticServer) -> None:
    for pattern in ("runtime/snapshot-*.bin", "runtime/python_stdlib.zip"):
        site.break_file(name_of(site, pattern), 404)
    page.goto(site.url)
    told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-missing", "runtime/python_stdlib.zip")


def damaged(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("pattern", ["runtime/download_overlay-*.whl", "runtime/micropip-*.whl"])
def test_a_wheel_that_was_changed_is_not_installed(page: Page, site: StaticServer, pattern: str) -> None:
    site.break_file(name_of(site, "runtime/snapshot-*.bin"), 404)
    name = name_of(site, pattern)
    change(site, name, damaged((site.root / name).read_bytes()))
    page.goto(site.url)
    told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-changed", name)


@pytest.mark.parametrize("name", ["boot.js", "runtime/pyodide.asm.wasm"])
def test_a_bad_copy_in_the_browsers_cache_does_not_keep_the_page_broken(
    page: Page, site: StaticServer, name: str
) -> None:
    sound = (site.root / name).read_bytes()
    change(site, name, sound + b"\n")
    page.goto(site.url)
    assert diagnostics(page)["code"] == "start.file-changed"
    # The browser would keep this copy for a year: it was last changed long ago.
    change(site, name, sound)
    page.goto("about:blank")
    page.goto(site.url)
    PanelPage(page, site.url).wait_ready()


def test_a_server_that_forbids_a_file_is_told_so(page: Page, site: StaticServer) -> None:
    site.break_file("runtime/pyodide.asm.wasm", 403)
    page.goto(site.url)
    assert diagnostics(page)["code"] == "start.file-missing"
    expect(page.get_by_role("alert")).to_contain_text("status 403")


@pytest.mark.parametrize("pattern", ["supply.js", "pyscript/core-*.js", "runtime/pyodide.asm.wasm"])
def test_a_file_that_something_blocks_is_named(page: Page, site: StaticServer, pattern: str) -> None:
    name = name_of(site, pattern)
    page.route(f"**/{name}", lambda route: route.abort("blockedbyclient"))
    page.goto(site.url)
    told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-unreachable", name)
    page.unroute(f"**/{name}")
    try_again(page)


@pytest.mark.parametrize("pattern", ["boot.js", "pyscript/core-*.js", "runtime/pyodide.js"])
def test_a_script_that_the_server_calls_something_else_is_named(
    page: Page, site: StaticServer, pattern: str
) -> None:
    name = name_of(site, pattern)

    def as_text(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers={**answer.headers, "content-type": "text/plain"})

    page.route(f"**/{name}", as_text)
    page.goto(site.url)
    told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-type", name)
    expect(page.get_by_role("alert")).to_contain_text(f"The server calls “{name}” text/plain")


def test_without_webassembly_the_page_says_so_and_asks_for_nothing_large(
    playwright: Playwright, site: StaticServer
) -> None:
    # Chromium has no switch for that any more.
    firefox = playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=os.environ["OVERLAY_FIREFOX"],
        firefox_user_prefs={"javascript.options.wasm": False},
    )
    page = firefox.new_page()
    page.goto(site.url)
    assert diagnostics(page)["code"] == "start.no-wasm"
    expect(page.get_by_role("alert")).to_contain_text("runs no WebAssembly")
    firefox.close()
    asked = {request.product for request in site.requests}
    assert "opening.js" in asked
    assert not asked & {name_of(site, pattern) for pattern in PARTS}


def test_without_room_for_python_the_page_says_so(
    browser_type: BrowserType, browser_type_launch_args: dict[str, object], site: StaticServer
) -> None:
    arguments = {
        **browser_type_launch_args,
        "args": [*LAUNCH_ARGUMENTS, "--js-flags=--wasm-max-mem-pages=64"],
    }
    browser = browser_type.launch(**arguments)  # type: ignore[arg-type]
    page = browser.new_page()
    page.goto(site.url)
    assert diagnostics(page)["code"] == "start.memory"
    expect(page.get_by_role("alert")).to_contain_text("no memory for Python")
    browser.close()


def test_without_modules_the_page_says_so(page: Page, site: StaticServer) -> None:
    # No browser that a test can drive is as old as that; so one is made to look so.
    page.add_init_script("delete HTMLScriptElement.prototype.noModule")
    page.goto(site.url)
    assert diagnostics(page)["code"] == "start.old-browser"


@contextmanager
def _person_who_refuses(
    what: str, browser_type: BrowserType, arguments: dict[str, object], profile: Path
) -> Iterator[Page]:
    """A browser whose settings refuse something to every site."""
    (profile / "Default").mkdir(parents=True)
    settings = {"profile": {"default_content_setting_values": {what: 2}}}
    (profile / "Default" / "Preferences").write_text(json.dumps(settings))
    given = {**arguments, "args": [*LAUNCH_ARGUMENTS]}
    context = browser_type.launch_persistent_context(profile, **given)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


def test_without_scripts_the_page_says_what_it_needs(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, object],
    site: StaticServer,
    tmp_path: Path,
) -> None:
    with _person_who_refuses(
        "javascript", browser_type, browser_type_launch_args, tmp_path / "profile"
    ) as page:
        page.goto(site.url)
        told = page.locator("noscript p")
        expect(told).to_be_visible()
        assert "This page needs JavaScript and WebAssembly" in (told.text_content() or "")


def test_the_script_that_tells_is_missed_by_the_next(page: Page, site: StaticServer) -> None:
    site.break_file("start.js")
    page.goto(site.url)
    expect(page.get_by_role("alert")).to_contain_text("“start.js”, which tells what is wrong, did not come")


def test_a_fault_of_the_program_is_told_without_the_names_in_its_words(
    page: Page, site: StaticServer
) -> None:
    text = (site.root / "index.html").read_text("utf-8")
    broken = text.replace("    main()\n", "    raise KeyError('jw-exclusive.fits')\n")
    assert broken != text
    change(site, "index.html", broken.encode())
    page.goto(f"{site.url}?products=lists/mine.json&token=secret")
    told = diagnostics(page)
    assert told["code"] == "start.python"
    expect(page.get_by_role("alert")).to_contain_text("KeyError")
    copied = page.get_by_label("Diagnostics, to be copied").input_value()
    assert "KeyError" in copied
    for secret in ("jw-exclusive", "lists/mine.json", "secret", "?"):
        assert secret not in copied
    assert told["address"] == site.url
    assert told["secure context"] == "yes"
    assert re.fullmatch(r"download-overlay \d+\.\d+\.\d+.*", told["page"])


def test_the_diagnostics_are_copied_by_a_button(browser: Browser, site: StaticServer) -> None:
    site.break_file("boot.js")
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site.url)
    diagnostics(page)
    page.get_by_text("Diagnostics", exact=True).click()
    text = page.get_by_label("Diagnostics, to be copied")
    expect(text).to_be_visible()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == text.input_value()
    context.close()


def test_a_start_that_waits_for_a_minute_says_so_and_goes_on(page: Page, site: StaticServer) -> None:
    page.clock.install()
    with held_back(page, "**/pyodide.asm.wasm"):
        with page.expect_request("**/pyodide.asm.wasm"):
            page.goto(site.url)
        page.wait_for_load_state("load")
        page.clock.fast_forward(30_000)
        expect(page.locator("#failed")).to_be_hidden()
        page.clock.fast_forward(70_000)
        page.clock.fast_forward(70_000)
        expect(page.locator("#failed")).to_contain_text("The page is still starting")
        expect(page.locator("html")).to_have_attribute("data-state", "booting")
        expect(page.get_by_role("button", name="START DOWNLOAD")).to_be_visible()
        page.clock.resume()
    PanelPage(page, site.url).wait_ready()
    expect(page.locator("#failed")).to_be_hidden()


def test_a_slow_line_is_not_said_to_bring_nothing(page: Page, site: StaticServer) -> None:
    name = "runtime/pyodide.asm.wasm"
    page.clock.install()
    with held_back(page, f"**/{name}"):
        with page.expect_request(f"**/{name}"):
            page.goto(site.url)
        page.wait_for_load_state("load")
        site.bytes_per_second = 45_000
    assert site.log.wait(lambda all_: any(each.product == name for each in all_))
    coming = next(request for request in site.requests if request.product == name)
    page.clock.fast_forward(70_000)
    page.clock.fast_forward(70_000)
    told = page.locator("#failed")
    expect(told).to_contain_text("No file has arrived whole for a minute. The page goes on waiting")
    expect(told).to_contain_text("On a slow network, wait: another try begins anew with what is on its way.")
    assert not coming.done
    site.bytes_per_second = None
    page.clock.resume()
    PanelPage(page, site.url).wait_ready()
    expect(told).to_be_hidden()


@contextmanager
def start_held_up(page: Page, site: StaticServer) -> Iterator[None]:
    """Inside, the page waits for its largest part, on a clock of the test's own."""
    page.clock.install()
    with held_back(page, "**/pyodide.asm.wasm"):
        with page.expect_request("**/pyodide.asm.wasm"):
            page.goto(site.url)
        page.wait_for_load_state("load")
        yield


def arrives(page: Page, site: StaticServer, name: str) -> None:
    """Let 10 s pass, and then some more of the file arrive that is on its way."""
    page.clock.fast_forward(10_000)
    sent = sum(each.sent for each in site.requests if each.product == name)
    # With the third piece from now the page has had the first for long.
    assert site.log.wait(lambda all_: sum(each.sent for each in all_ if each.product == name) > sent + 50_000)


def test_a_sound_file_on_a_slow_line_is_not_said_to_be_changed(page: Page, site: StaticServer) -> None:
    name, wrong = "runtime/python_stdlib.zip", "runtime/pyodide-lock.json"
    with start_held_up(page, site):
        site.break_file(wrong, 404)
        site.bytes_per_second = 60_000
        before = len(site.requests)
        page.evaluate(_MISSES, [wrong, name, name])
        for _ in range(2):
            arrives(page, site, name)
        site.bytes_per_second = None
        told = diagnostics(page)
    assert (told["code"], told["file"]) == ("start.file-missing", wrong)
    # Nothing is fetched for each time that it was missed.
    asked = [request.product for request in site.requests[before:]]
    assert asked.count(name) <= len(("its head", "all of it", "its hash"))


#: Says that parts were missed, in turn, and that the start fails of it in the end.
_MISSES = """
async (files) => {
  const { FILES } = await import(new URL("runtime/files.js", location.href));
  for (const file of files) {
    overlayStart.lacks({ file, integrity: FILES[file.slice("runtime/".length)]?.integrity ?? "sha256-none" });
  }
  void overlayStart.fail(new Error("a part did not come"));
}
"""


def test_a_module_that_is_missing_on_a_slow_line_is_named_before_large_ones_have_come(
    page: Page, site: StaticServer
) -> None:
    with start_held_up(page, site):
        site.break_file("snapshot.js", 404)
        site.bytes_per_second = 60_000
        page.evaluate("void overlayStart.fail({name: 'Unloaded', message: 'boot.js or a module of it'})")
        told = diagnostics(page)
        site.bytes_per_second = None
    assert (told["code"], told["file"]) == ("start.file-missing", "snapshot.js")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Error: Cannot read https://example.org/memory/allocation.json", "start.script"),
        ("Error: runtime/memory-1.bin: nothing", "start.script"),
        ("Error: “out of memory.json” is no list", "start.script"),
        ("TypeError: memory is not a function", "start.script"),
        ("RangeError: Array buffer allocation failed", "start.memory"),
        ("RangeError: WebAssembly.Memory(): could not allocate memory", "start.memory"),
        (": out of memory", "start.memory"),
    ],
)
def test_want_of_memory_is_told_by_the_browser_s_words_alone(
    page: Page, site: StaticServer, words: str, code: str
) -> None:
    with held_back(page, "**/boot.js"):
        page.goto(site.url, wait_until="commit")
        expect(page.get_by_role("button", name="START DOWNLOAD")).to_be_visible()
        name, _, message = words.partition(": ")
        page.evaluate("(reason) => void overlayStart.fail(reason)", {"name": name, "message": message})
        assert diagnostics(page)["code"] == code


def test_a_site_without_its_settings_starts_and_says_so(page: Page, site: StaticServer) -> None:
    change(site, "site.json", b'{"missions": ')
    panel = PanelPage(page, site.url).open()
    expect(panel.notices()).to_contain_text("site.json, is not used")


def test_a_browser_that_keeps_nothing_still_starts(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, object],
    site: StaticServer,
    tmp_path: Path,
) -> None:
    with _person_who_refuses("cookies", browser_type, browser_type_launch_args, tmp_path / "profile") as page:
        page.goto(site.url)
        refused = "() => { try { sessionStorage; return ''; } catch (wrong) { return wrong.name; } }"
        assert page.evaluate(refused) == "SecurityError"
        panel = PanelPage(page, site.url)
        panel.wait_ready()
        panel.button("ALL").click()
        expect(panel.button("ALL")).to_have_attribute("aria-pressed", "true")


def test_a_storage_that_breaks_is_told(page: Page, site: StaticServer) -> None:
    # A browser whose disk fails cannot be had for a test; its words can.
    page.add_init_script(_BROKEN_STORAGE)
    page.goto(site.url)
    assert diagnostics(page)["code"] == "start.storage"
    expect(page.get_by_role("alert")).to_contain_text("refuses the page its storage")


_BROKEN_STORAGE = """
// No version can be older than the one that is there.
const open = IDBFactory.prototype.open;
IDBFactory.prototype.open = function (name) {
  if (name === "made first") return open.call(this, name, 2);
  open.call(this, "made first", 2);
  return open.call(this, "made first", 1);
};
"""
