"""The site on file servers as they are: types that they do not know, files that did not arrive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.archive.static import StaticServer

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


@pytest.mark.parametrize(
    "missing",
    [
        "loader.js",
        "main.py",
        "pyscript.json",
        "pyscript/core.js",
        "runtime/pyodide.js",
        "runtime/pyodide.asm.js",
        "runtime/pyodide.asm.wasm",
        "runtime/pyodide-lock.json",
        "runtime/python_stdlib.zip",
        "runtime/micropip-*.whl",
        "download_overlay-*.whl",
    ],
)
def test_a_part_that_did_not_arrive_is_told_in_words(
    page: Page, ignorant: StaticServer, missing: str
) -> None:
    name = next(ignorant.root.glob(missing)).relative_to(ignorant.root).as_posix()
    ignorant.break_file(name)
    try:
        page.goto(ignorant.url)
        expect(page.locator("html")).to_have_attribute("data-state", "failed", timeout=PATIENCE_MS)
        expect(page.get_by_role("alert")).to_contain_text("could not start")
        expect(page.get_by_role("alert")).not_to_contain_text("[object")
    finally:
        ignorant.mend()


@pytest.mark.parametrize(
    "damaged", ["runtime/pyodide.asm.wasm", "runtime/micropip-*.whl", "download_overlay-*.whl"]
)
def test_a_damaged_part_is_told_in_words(page: Page, ignorant: StaticServer, damaged: str) -> None:
    ignorant.corrupt_file(next(ignorant.root.glob(damaged)).relative_to(ignorant.root).as_posix())
    try:
        page.goto(ignorant.url)
        expect(page.locator("html")).to_have_attribute("data-state", "failed", timeout=PATIENCE_MS)
    finally:
        ignorant.mend()
