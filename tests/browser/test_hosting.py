"""The site on file servers as they are: types that they do not know, headers that they send."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.archive.static import StaticHandler, StaticServer

#: An interpreter needs some seconds to start on a slow machine.
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def ignorant() -> Iterator[StaticServer]:
    """A server under a deep path that has never heard of WebAssembly."""
    with StaticServer(
        Path(os.environ["OVERLAY_DIST"]), "/~me/a/b/", wasm_type="application/octet-stream"
    ) as server:
        yield server


def test_the_page_starts_where_the_server_does_not_know_webassembly(
    page: Page, ignorant: StaticServer
) -> None:
    page.goto(ignorant.url)
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)


def test_the_page_starts_when_its_address_names_the_file(page: Page, ignorant: StaticServer) -> None:
    page.goto(f"{ignorant.url}index.html")
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)


def test_the_page_starts_with_the_headers_of_the_ready_file(
    page: Page, ignorant: StaticServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    everywhere, kept = _rules(ignorant.root)
    plain = StaticHandler._head

    def with_headers(handler: StaticHandler, status: int, headers: dict[str, str]) -> None:
        plain(handler, status, headers | everywhere | kept.get(f"/{handler.record.product}", {}))

    monkeypatch.setattr(StaticHandler, "_head", with_headers)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    answer = page.goto(ignorant.url)
    assert answer and answer.headers["content-security-policy"] == everywhere["Content-Security-Policy"]
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=PATIENCE_MS)
    # Its workers have the policy from the header, as the page has it from both.
    page.get_by_role("textbox", name="Regex filter").fill(r"_cal\.fits$")
    expect(page.locator("#regex-state")).to_contain_text("match")
    expect(page.locator("html")).to_have_attribute("data-offline", "kept", timeout=PATIENCE_MS)
    assert errors == []


def _rules(root: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """What the ready file says of all files, and of some."""
    found: dict[str, dict[str, str]] = {}
    for line in (root / "_headers").read_text("ascii").splitlines():
        if line.startswith("/"):
            found[line] = {}
        else:
            name, _, value = line.strip().partition(": ")
            found[list(found)[-1]][name] = value
    return found.pop("/*"), found
