"""The site after its first visit: without its server, through a deployment, and where the browser keeps nothing."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, BrowserType, Page, Route, expect

from tests.archive.static import StaticServer
from tests.browser.deployed import (
    CHANGED,
    ask,
    deploy,
    lay_out_first,
    lay_out_next,
    stored,
    version_of,
    wait_until_whole,
)
from tests.browser.panel_page import BOOT_MS, PanelPage
from tests.browser.waiting import wait_until
from web.buildsteps.parts import write_parts

OFFER: Final = "Use the new version"


_KEEP_AND_LEAVE: Final = """
async (version) => {
  const registration = await navigator.serviceWorker.getRegistration("./");
  setTimeout(() => {
    registration.active.postMessage({ type: "keep", version }, [new MessageChannel().port2]);
    location.reload();
  });
}
"""


class Server(StaticServer):
    """Answers for the file ``late``, where one is named, only once ``let`` is set."""

    late: str | None = None

    def __init__(self, root: Path, prefix: str) -> None:
        super().__init__(root, prefix)
        self.let = Event()

    def status_of(self, path: str) -> int:
        """Give the status, when it is time."""
        if path == self.late:
            self.let.wait()
        return super().status_of(path)

    def is_held_up(self) -> bool:
        """Whether somebody is waiting for the file that is late."""
        return any(not each.done and each.path == f"{self.prefix}{self.late}" for each in self.requests)


@dataclass
class Site:
    """A server with the first version of the site, and the next one, not yet on it."""

    server: Server
    first: str
    next: str
    first_folder: Path
    next_folder: Path

    def deploy_next(self) -> None:
        """Replace the first version on the server."""
        deploy(self.next_folder, self.server.root)

    def asked(self, since: int = 0) -> Counter[str]:
        """How often each file was asked for."""
        return Counter(request.product or "" for request in self.server.requests[since:])


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, str, Path]:
    """Two versions of the site in two folders."""
    folder = tmp_path_factory.mktemp("versions")
    first = lay_out_first(folder / "first")
    return first, folder / "first", lay_out_next(folder / "next", folder / "first"), folder / "next"


@pytest.fixture
def site(versions: tuple[str, Path, str, Path], tmp_path: Path) -> Iterator[Site]:
    """The first version under a sub-path of a server of the test's own."""
    first, first_folder, following, next_folder = versions
    root = tmp_path / "root"
    root.mkdir()
    deploy(first_folder, root)
    server = Server(root, "/tools/overlay/").start()
    yield Site(server, first, following, first_folder, next_folder)
    server.let.set()
    if not server.stopping.is_set():
        server.stop()


@pytest.fixture
def panel(page: Page, site: Site) -> PanelPage:
    return PanelPage(page, site.server.url)


@pytest.fixture
def kept(panel: PanelPage, site: Site) -> PanelPage:
    """The panel after a first visit that has kept everything."""
    panel.open()
    wait_until_whole(panel.page, site.first)
    return panel


def other_tab(panel: PanelPage) -> PanelPage:
    return PanelPage(panel.page.context.new_page(), panel.url)


def end_workers(page: Page) -> None:
    """End all service workers, as browsers do with those that are idle, and sometimes with others."""
    session = page.context.new_cdp_session(page)
    session.send("ServiceWorker.enable")
    session.send("ServiceWorker.stopAllWorkers")


def came_online(page: Page) -> None:
    """Let the page look again, as it does when a network comes back and every hour."""
    page.evaluate("dispatchEvent(new Event('online'))")


def take_new(page: Page) -> str:
    """Ask for the new version where it cannot be had; gives why not."""
    refusal: str = page.evaluate("overlayEdge.offline.takeNew()")
    return refusal


def change_over(panel: PanelPage) -> None:
    """Ask for the new version and wait for the page that comes of it."""
    with panel.page.expect_navigation():
        panel.page.evaluate("void overlayEdge.offline.takeNew()")
    panel.wait_ready()


def kept_settings(page: Page) -> Any:
    """What the page is told of the settings, without its server."""
    return page.evaluate(
        "fetch('./site.json', { cache: 'no-store' }).then(answer => answer.json(), () => null)"
    )


# --- without the server


def test_without_its_server_the_page_starts_and_works(kept: PanelPage, site: Site) -> None:
    site.server.stop()
    kept.page.reload()
    kept.wait_ready()
    before = kept.summary()
    kept.filter("_cal")
    assert 0 < kept.summary().selected < before.all
    kept.button("VIEW ALL SELECTED FILES").click()
    assert kept.preview_rows()
    assert kept.save("EXPORT SELECTED FILE LIST").path().read_text("utf-8").startswith("Dataset,Filename,")
    assert kept.save_form("file list", "VOTable").path().read_text("utf-8").startswith("<?xml")
    kept.filter(r"(a+)+$")
    assert version_of(kept.page) == site.first


def test_without_its_server_the_page_opens_in_a_new_tab_whatever_its_query(
    kept: PanelPage, site: Site
) -> None:
    site.server.stop()
    kept.page.close()
    later = PanelPage(kept.page.context.new_page(), kept.url)
    for address in ("", "index.html", "?mission=HST"):
        later.open(address)
        assert later.summary().all > 0


def test_a_worker_that_was_ended_serves_a_page_that_is_open(kept: PanelPage, site: Site) -> None:
    kept.page.reload()
    kept.wait_ready()
    site.server.stop()
    end_workers(kept.page)
    assert version_of(kept.page) == site.first


def test_settings_are_those_of_the_last_time_there_was_a_network(kept: PanelPage, site: Site) -> None:
    origin = "https://archive.invalid"
    settings = {"missions": {"JWST": {"archive": {"origin": origin}}}}
    (site.server.root / "site.json").write_text(json.dumps(settings))
    kept.page.reload()
    kept.wait_ready()
    site.server.stop()
    kept.page.reload()
    kept.wait_ready()
    assert kept_settings(kept.page) == settings


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("<title>Sign in</title>", "what the server sends is no JSON object"),
        ("[]", "what the server sends is no JSON object"),
        (502, "the server answers with status 502"),
    ],
)
def test_settings_that_cannot_be_read_are_told_of_and_replace_none(
    kept: PanelPage, site: Site, bad: str | int, why: str
) -> None:
    settings = {"missions": {"JWST": {"archive": {"origin": "https://archive.invalid"}}}}
    file = site.server.root / "site.json"
    file.write_text(json.dumps(settings))
    kept.page.reload()
    kept.wait_ready()
    if isinstance(bad, int):
        site.server.break_file("site.json", bad)
    else:
        file.write_text(bad)
    kept.page.reload()
    kept.wait_ready()
    told = kept.notices().filter(has_text=f"site.json, is that of an earlier visit: {why}.")
    expect(told).to_be_visible()
    assert kept_settings(kept.page) == settings
    site.server.stop()
    assert kept_settings(kept.page) == settings


@pytest.mark.parametrize("status", [404, 410])
def test_settings_that_the_server_has_no_more_are_not_kept_either(
    kept: PanelPage, site: Site, status: int
) -> None:
    fetched = "fetch('./site.json', { cache: 'no-store' }).then(answer => answer.status)"
    kept.page.reload()
    kept.wait_ready()
    assert kept.page.evaluate(fetched) == 200
    assert any(key.endswith("/settings") for keys in stored(kept.page).values() for key in keys)
    site.server.break_file("site.json", status)
    assert kept.page.evaluate(fetched) == status
    assert not any(key.endswith("/settings") for keys in stored(kept.page).values() for key in keys)
    site.server.stop()
    assert kept_settings(kept.page) is None


def test_a_network_that_does_not_answer_for_the_settings_does_not_hold_up_the_start(
    kept: PanelPage, site: Site
) -> None:
    kept.page.reload()
    kept.wait_ready()
    site.server.late = "site.json"
    kept.page.reload()
    kept.wait_ready()
    assert site.server.is_held_up()


def test_a_first_visit_waits_for_its_settings_in_reason_and_is_kept_without_them(
    panel: PanelPage, site: Site
) -> None:
    site.server.late = "site.json"
    panel.page.clock.install()
    panel.page.goto(panel.url)
    assert site.server.log.wait(lambda _: site.server.is_held_up(), timeout=30)
    panel.page.clock.fast_forward(6_000)
    panel.wait_ready()
    told = panel.notices().filter(has_text="site.json, is not used")
    expect(told).to_contain_text("The server has sent nothing for 6 seconds")
    assert panel.summary().all > 0
    wait_until_whole(panel.page, site.first)


def test_what_is_no_part_is_the_network_s_alone(kept: PanelPage, site: Site) -> None:
    kept.page.reload()
    kept.wait_ready()
    (site.server.root / "list.json").write_text('{"products": []}')
    fetched = "name => fetch(name, { cache: 'no-store' }).then(answer => answer.status, () => 0)"
    names = ["./list.json", "./style.css?other", "./licences/index.txt", "./sw.js"]
    assert [kept.page.evaluate(fetched, name) for name in names] == [200, 200, 404, 200]
    site.server.stop()
    assert [kept.page.evaluate(fetched, name) for name in names] == [0, 0, 0, 0]


def test_each_part_is_kept_by_its_content_and_asked_for_once_more_at_most(
    kept: PanelPage, site: Site
) -> None:
    asked = site.asked()
    several = {name: count for name, count in asked.items() if count > 2}
    assert not several
    [parts] = [keys for name, keys in stored(kept.page).items() if "parts" in name]
    assert [key for key in parts if "/kept/" not in key] == []
    kept.page.reload()
    kept.wait_ready()
    unpacked, whole = kept.page.evaluate(
        """
        async () => {
          const { SNAPSHOT } = await import(new URL("runtime/files.js", location.href));
          const answer = await fetch(`./runtime/${SNAPSHOT.file}`);
          return [(await answer.arrayBuffer()).byteLength, SNAPSHOT.bytes];
        }
        """
    )
    assert unpacked == whole
    assert kept.page.evaluate("performance.getEntriesByName('overlay:start:snapshot').length") == 1


def test_nothing_is_fetched_for_later_before_the_page_is_ready(panel: PanelPage, site: Site) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    panel.page.route("**/list.json", hold)
    panel.page.goto(f"{panel.url}?products=list.json")
    panel.page.evaluate("navigator.serviceWorker.ready")
    asked = site.asked()
    assert asked["boot.js"] == asked["runtime/pyodide.asm.wasm"] == 1
    assert asked["demo/jwst.json"] == asked["from_file.js"] == 0
    assert held
    held[0].fulfill(json={"products": []})
    wait_until_whole(panel.page, site.first)


def test_what_a_broken_off_visit_has_kept_is_not_fetched_again(panel: PanelPage, site: Site) -> None:
    site.server.break_file("icon.svg", 503)
    panel.open()
    expect(panel.page.get_by_text("icon.svg answered with status 503")).to_be_visible()
    end_workers(panel.page)
    site.server.mend()
    asked = len(site.server.requests)
    came_online(panel.page)
    wait_until_whole(panel.page, site.first)
    assert set(site.asked(asked)) <= {"icon.svg", "site.json", "sw.js"}


def test_a_part_that_the_browser_s_own_copy_cannot_give_is_fetched_past_it(
    panel: PanelPage, site: Site
) -> None:
    """No driver breaks a browser's own copies: what asks for them is made to fail in the worker."""
    script = site.server.root / "sw.js"
    broken = (
        "const network = fetch;\n"
        "globalThis.fetch = (asked, how) => how?.cache === 'force-cache'\n"
        "  ? Promise.reject(new TypeError('Failed to fetch')) : network(asked, how);\n"
    )
    script.write_text(broken + script.read_text("utf-8"), "utf-8")
    panel.open()
    expect(panel.page.locator("html[data-offline]")).to_have_attribute("data-offline", "kept")


def test_of_pages_that_have_gone_no_marks_gather(kept: PanelPage, site: Site) -> None:
    other_tab(kept).open()
    for _ in range(4):
        # A page may be left while it is still being kept.
        kept.page.evaluate(_KEEP_AND_LEAVE, site.first)
        kept.page.wait_for_event("load")
        kept.wait_ready()

    def marks() -> int:
        # The worker clears away after each such question, which a page that gets ready asks too.
        ask(kept.page, "about")
        return sum("/page/" in key for keys in stored(kept.page).values() for key in keys)

    # At most those of both tabs; a page that was left may be there for a moment more.
    wait_until(kept.page, lambda: marks() <= 2)
    assert version_of(kept.page) == site.first


def test_a_part_that_was_lost_or_damaged_is_had_again(kept: PanelPage, site: Site) -> None:
    kept.page.reload()
    kept.wait_ready()
    spoilt = kept.page.evaluate(
        """
        async () => {
          const cache = await caches.open((await caches.keys()).find(name => name.includes("parts")));
          const sound = await fetch("./icon.svg").then(answer => answer.text());
          for (const request of await cache.keys()) {
            const found = await cache.match(request);
            if (await found.clone().text() === sound) await cache.put(request, new Response("spoilt"));
          }
          const now = await fetch("./icon.svg").then(answer => answer.text());
          const again = await fetch("./icon.svg", { cache: "reload" }).then(answer => answer.text());
          return [now, again === sound];
        }
        """
    )
    assert spoilt == ["spoilt", True]
    kept.page.evaluate(
        """
        async () => {
          const cache = await caches.open((await caches.keys()).find(name => name.includes("parts")));
          for (const request of await cache.keys()) if (request.url.includes("/part/")) await cache.delete(request);
        }
        """
    )
    kept.page.reload()
    kept.wait_ready()
    site.server.stop()
    kept.page.reload()
    kept.wait_ready()


# --- a new version


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_a_deployment_with_one_bad_part_leaves_the_old_version_whole(
    kept: PanelPage, site: Site, fault: str
) -> None:
    site.deploy_next()
    if fault == "missing":
        site.server.break_file("regex_worker.js", 404)
    else:
        site.server.corrupt_file("regex_worker.js")
    kept.page.evaluate(
        """
        async () => {
          const registration = await navigator.serviceWorker.getRegistration("./");
          const failed = new Promise(resolve => registration.addEventListener("updatefound", () =>
            registration.installing.addEventListener("statechange", ({ target }) => resolve(target.state))));
          await registration.update();
          if (await failed !== "redundant") throw new Error("it was installed");
        }
        """
    )
    kept.page.reload()
    kept.wait_ready()
    assert version_of(kept.page) == site.first
    site.server.stop()
    kept.page.reload()
    kept.wait_ready()
    assert version_of(kept.page) == site.first


def test_a_deployment_that_is_slow_to_arrive_leaves_the_old_version_whole(
    kept: PanelPage, site: Site
) -> None:
    site.deploy_next()
    site.server.late = "regex_worker.js"
    came_online(kept.page)
    assert site.server.log.wait(
        lambda requests: any("regex_worker" in r.path and not r.done for r in requests)
    )
    kept.page.reload()
    kept.wait_ready()
    assert version_of(kept.page) == site.first
    site.server.let.set()
    wait_until_whole(kept.page, site.next, "waiting")
    assert version_of(kept.page) == site.first


def test_an_open_page_looks_for_a_new_version_every_hour(panel: PanelPage, site: Site) -> None:
    panel.page.clock.install()
    panel.open()
    wait_until_whole(panel.page, site.first)
    expect(panel.page.locator("html[data-offline=kept]")).to_be_attached()
    site.deploy_next()
    panel.page.clock.fast_forward("01:00:01")
    wait_until_whole(panel.page, site.next, "waiting")


def test_after_a_failed_update_the_next_look_finds_a_mended_site(kept: PanelPage, site: Site) -> None:
    site.deploy_next()
    site.server.break_file("regex_worker.js", 404)
    came_online(kept.page)
    assert site.server.log.wait(lambda requests: any(request.status == 404 for request in requests))
    site.server.mend()
    kept.page.reload()
    kept.wait_ready()
    wait_until_whole(kept.page, site.next, "waiting")


def test_a_new_version_waits_until_it_is_wanted_and_then_is_the_whole_page(
    kept: PanelPage, site: Site
) -> None:
    site.deploy_next()
    asked = len(site.server.requests)
    came_online(kept.page)
    wait_until_whole(kept.page, site.next, "waiting")
    fetched = site.asked(asked)
    assert set(fetched) <= {*CHANGED, "sw.js", "site.json"}
    expect(kept.button(OFFER)).to_be_enabled()
    kept.page.reload()
    kept.wait_ready()
    assert version_of(kept.page) == site.first
    expect(kept.button(OFFER)).to_be_enabled()
    with kept.page.expect_navigation():
        kept.button(OFFER).click()
    kept.wait_ready()
    assert version_of(kept.page) == site.next
    site.server.stop()
    kept.page.reload()
    kept.wait_ready()
    assert version_of(kept.page) == site.next


def test_parts_that_no_version_has_any_more_go(kept: PanelPage, site: Site) -> None:
    def parts() -> int:
        return sum("/part/" in key for keys in stored(kept.page).values() for key in keys)

    before = parts()
    site.deploy_next()
    came_online(kept.page)
    wait_until_whole(kept.page, site.next, "waiting")
    assert parts() == before + len(CHANGED) - 1
    change_over(kept)
    # The old page needed its own until it had gone.
    wait_until(kept.page, lambda: parts() == before)


def test_a_new_version_does_not_come_in_while_another_tab_shows_the_page(kept: PanelPage, site: Site) -> None:
    other = other_tab(kept).open()
    site.deploy_next()
    came_online(kept.page)
    wait_until_whole(kept.page, site.next, "waiting")
    assert take_new(kept.page) == "another tab shows this page"
    assert [version_of(tab.page) for tab in (kept, other)] == [site.first, site.first]
    other.page.close()
    change_over(kept)
    assert version_of(kept.page) == site.next


def test_a_new_version_does_not_come_in_during_a_download(kept: PanelPage, site: Site) -> None:
    site.deploy_next()
    came_online(kept.page)
    wait_until_whole(kept.page, site.next, "waiting")
    with kept.page.expect_download() as begun:
        kept.page.evaluate(
            """
            async () => {
              window.sink = await overlayEdge.sinks.open("stream", "some.zip");
              await window.sink.write(new Uint8Array(1 << 20));
            }
            """
        )
    assert take_new(kept.page) == "a download is under way"
    kept.page.evaluate("window.sink.close()")
    assert begun.value.path().stat().st_size == 1 << 20
    change_over(kept)
    assert version_of(kept.page) == site.next


def test_a_new_version_comes_in_on_a_network_that_does_not_answer_for_the_settings(
    kept: PanelPage, site: Site
) -> None:
    site.deploy_next()
    came_online(kept.page)
    wait_until_whole(kept.page, site.next, "waiting")
    site.server.late = "site.json"
    kept.page.reload()
    kept.wait_ready()
    assert site.server.is_held_up()
    with kept.page.expect_navigation(timeout=15_000):
        kept.button(OFFER).click()
    kept.wait_ready()
    assert version_of(kept.page) == site.next


def test_a_page_that_is_not_left_after_all_offers_the_new_version_again(kept: PanelPage, site: Site) -> None:
    site.deploy_next()
    came_online(kept.page)
    wait_until_whole(kept.page, site.next, "waiting")
    kept.page.evaluate("addEventListener('beforeunload', event => event.preventDefault())")
    offer = kept.button(OFFER)
    kept.page.once("dialog", lambda asked: asked.dismiss())
    offer.click()
    expect(
        kept.page.get_by_text("The new version could not be put to use: the page was not left.")
    ).to_be_visible(timeout=15_000)
    # It has all its own parts still, also those that it has not asked for yet, and no others.
    assert version_of(kept.page) == site.first
    # The settings are asked for at a start, also that of another tab.
    kept.page.evaluate("fetch('./site.json').then((answer) => answer.text())")
    assert version_of(kept.page) == site.first
    expect(offer).not_to_have_attribute("aria-disabled", "true")
    kept.page.once("dialog", lambda asked: asked.accept())
    with kept.page.expect_navigation():
        offer.click()
    kept.wait_ready()
    assert version_of(kept.page) == site.next


def break_start(site: Site) -> None:
    """Make the version on the server one whose program stops at its start, as its build may have made it."""
    page = site.server.root / "index.html"
    broken = page.read_text("utf-8").replace("    main()\n", "    raise KeyError('a fault')\n")
    page.write_text(broken, "utf-8")
    site.first = write_parts(site.server.root)


def fails(page: Page) -> None:
    """Wait for the page of a start that has failed."""
    expect(page.locator("html[data-state=failed]")).to_be_attached(timeout=BOOT_MS)


@pytest.fixture
def kept_broken(panel: PanelPage, site: Site) -> PanelPage:
    """A version that cannot start, kept whole, and in control of a page that has failed."""
    break_start(site)
    panel.page.goto(panel.url)
    fails(panel.page)
    panel.page.evaluate(_KEEP)
    wait_until_whole(panel.page, site.first)
    panel.page.reload()
    fails(panel.page)
    return panel


#: What the page does once it is ready, which one that was ready on another day has done.
_KEEP: Final = """
async () => {
  await overlayEdge.sinks.capabilities();
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data); });
  (await navigator.serviceWorker.ready).active.postMessage({ type: "keep" }, [port2]);
  await answer;
}
"""


@pytest.mark.parametrize("waits", [True, False])
def test_another_try_leaves_a_kept_version_that_cannot_start(
    kept_broken: PanelPage, site: Site, waits: bool
) -> None:
    page = kept_broken.page
    shutil.copytree(site.next_folder, site.server.root, dirs_exist_ok=True)
    if waits:
        page.evaluate("navigator.serviceWorker.getRegistration().then((found) => found.update())")
        wait_until_whole(page, site.next, "waiting")
    page.reload()
    fails(page)
    with page.expect_navigation(wait_until="commit"):
        page.get_by_role("button", name="Try again").click()
    kept_broken.wait_ready()
    wait_until_whole(page, site.next)
    assert version_of(page) == site.next


def test_another_try_without_a_server_stays_with_what_was_kept(kept_broken: PanelPage, site: Site) -> None:
    page = kept_broken.page
    site.server.stop()
    with page.expect_navigation(wait_until="commit"):
        page.get_by_role("button", name="Try again").click()
    fails(page)
    expect(page.get_by_role("button", name="Try again")).to_be_focused()


def test_a_page_of_the_network_never_gets_parts_of_another_version(panel: PanelPage, site: Site) -> None:
    """A first visit that kept nothing, then a deployment: the old worker lets everything pass."""
    site.server.break_file("icon.svg", 503)
    panel.open()
    expect(panel.page.get_by_text("icon.svg answered with status 503")).to_be_visible()
    site.server.mend()
    site.deploy_next()
    panel.page.reload()
    panel.wait_ready()
    assert version_of(panel.page) == site.next
    wait_until_whole(panel.page, site.next)
    assert version_of(panel.page) == site.next
    site.server.stop()
    panel.page.reload()
    panel.wait_ready()
    assert version_of(panel.page) == site.next


def test_a_page_loaded_past_the_worker_stays_what_it_is(kept: PanelPage, site: Site) -> None:
    site.deploy_next()
    kept.page.context.new_cdp_session(kept.page).send("Page.reload", {"ignoreCache": True})
    expect(kept.page).to_have_title(re.compile("anew"))
    kept.wait_ready()
    assert version_of(kept.page) == site.next


# --- where nothing is kept


def test_a_store_that_is_full_is_said_and_everything_else_works(
    panel: PanelPage, site: Site, context: BrowserContext
) -> None:
    session = context.new_cdp_session(panel.page)
    quota = {"origin": site.server.origin, "quotaSize": 3_000_000}
    session.send("Storage.overrideQuotaForOrigin", quota)
    panel.open()
    expect(panel.page.get_by_text("no room for it")).to_be_visible()
    assert not any("/part/" in key for keys in stored(panel.page).values() for key in keys)
    with panel.page.expect_download() as saved:
        panel.page.evaluate("overlayEdge.sinks.open('stream', 'some.zip').then(sink => sink.close())")
    assert saved.value.failure() is None
    panel.page.reload()
    panel.wait_ready()


def test_a_browser_that_refuses_all_storage_is_told_of(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], site: Site, tmp_path: Path
) -> None:
    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(blocked))
    context = browser_type.launch_persistent_context(profile.parent, **browser_type_launch_args)
    panel = PanelPage(context.new_page(), site.server.url).open()
    expect(panel.page.locator("html[data-offline=refused]")).to_be_attached()
    assert panel.summary().all > 0
    context.close()


def test_a_browser_that_keeps_nothing_still_makes_downloads(panel: PanelPage, site: Site) -> None:
    """No driver brings a browser there that allows service workers and no caches: the worker's own are taken away."""
    script = site.server.root / "sw.js"
    refusal = "caches.open = () => Promise.reject(new DOMException('Access is denied.', 'SecurityError'));\n"
    script.write_text(refusal + script.read_text("utf-8"), "utf-8")
    panel.open()
    expect(panel.page.get_by_text("Access is denied")).to_be_visible()
    with panel.page.expect_download() as saved:
        panel.page.evaluate("overlayEdge.sinks.open('stream', 'some.zip').then(sink => sink.close())")
    assert saved.value.failure() is None
    panel.page.reload()
    panel.wait_ready()
    assert ask(panel.page, "about")["whole"] is False


# --- several copies


def test_two_copies_on_one_origin_keep_out_of_each_other_s_way(
    versions: tuple[str, Path, str, Path], tmp_path: Path, page: Page
) -> None:
    _, first_folder, _, next_folder = versions
    for name in ("one", "one/two"):
        deploy(first_folder, tmp_path / name)
    with StaticServer(tmp_path, "/") as server:
        outer, inner = (PanelPage(page, f"{server.url}{name}/") for name in ("one", "one/two"))
        for panel in (outer, inner):
            panel.open()
            wait_until_whole(page)
        deploy(next_folder, tmp_path / "one")
        outer.open()
        wait_until_whole(page, which="waiting")
        with page.expect_navigation():
            page.evaluate("void overlayEdge.offline.takeNew()")
        outer.wait_ready()
        assert "anew" in page.title()
    inner.open()
    assert "anew" not in page.title()
    outer.open()
    assert "anew" in page.title()
