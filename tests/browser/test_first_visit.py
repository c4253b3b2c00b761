"""What a browser with an empty cache really asks for, against what the build says of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.archive.static import StaticServer
from tests.browser.panel_page import PanelPage
from web.buildsteps.first_visit import BUDGET_BYTES, first_visit, total

#: Fetching everything, and checking it, takes longer than a click.
_KEPT_MS = 60_000


@pytest.fixture
def gzipping() -> Iterator[StaticServer]:
    """The site as it was built, from a server that offers gzip."""
    with StaticServer(Path(os.environ["OVERLAY_DIST"]), "/tools/overlay/", encodings=("gzip",)) as running:
        yield running


@pytest.fixture
def fresh(browser: Browser) -> Iterator[Page]:
    """A page of a context that has seen nothing."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_first_visit_transfers_what_the_build_says(fresh: Page, gzipping: StaticServer) -> None:
    PanelPage(fresh, gzipping.url).open()
    expect(fresh.locator("html")).to_have_attribute("data-offline", "kept", timeout=_KEPT_MS)
    sent: dict[str, list[int]] = {}
    for request in gzipping.requests:
        if request.status == 200:
            sent.setdefault(request.product or "index.html", []).append(request.sent)
    weights = first_visit(Path(os.environ["OVERLAY_DIST"]))
    assert {name: set(sizes) for name, sizes in sent.items()} == {
        weight.name: {weight.gzipped} for weight in weights
    }
    # Settings and lists are asked for afresh by the page, and once more by what keeps them.
    assert {name for name, sizes in sent.items() if len(sizes) > 1} <= {
        "site.json",
        "demo/jwst.json",
        "demo/hst.json",
    }
    assert sum(map(sum, sent.values())) <= min(total(weights).gzipped * 1.01, BUDGET_BYTES)
