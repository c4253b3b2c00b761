"""A proxy on the page's own origin stands for an archive that lets no other site read its files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pycore.errors import OverlayError
from pycore.proxies import Proxies, proxies
from tests.unit.transfer_desk import ORIGIN, a_file, a_plan

PAGE = "https://lab.example/overlay/index.html?products=a"
OTHER = "https://other.example"


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("./by/archive/", "https://lab.example/overlay/by/archive"),
        ("by/archive", "https://lab.example/overlay/by/archive"),
        ("/by/archive", "https://lab.example/by/archive"),
        ("https://lab.example:443/x", "https://lab.example:443/x"),
    ],
)
def test_a_proxy_is_named_relative_to_the_page_or_whole(given: str, base: str) -> None:
    found = proxies({"proxy": {ORIGIN: given}}, PAGE)
    assert found.way(f"{ORIGIN}/a/b.fits?c=d%2Fe") == f"{base}/a/b.fits?c=d%2Fe"
    assert found.way(f"{OTHER}/a") == ""


def test_without_a_word_about_it_there_is_none() -> None:
    assert proxies({}, PAGE) == Proxies({})


@pytest.mark.parametrize(
    "table",
    [
        [],
        "x",
        {ORIGIN: ""},
        {ORIGIN: 1},
        {ORIGIN: None},
        {f"{ORIGIN}/path": "/x"},
        {"archive.example.org": "/x"},
        {"": "/x"},
        {ORIGIN: "https://other.example/x"},
        {ORIGIN: "//other.example/x"},
        {ORIGIN: "https://lab.example@other.example/x"},
        {ORIGIN: "http://lab.example/x"},
        {ORIGIN: "javascript:alert(1)"},
        {ORIGIN: "https://lab.example:444/x"},
    ],
)
def test_anything_but_an_origin_and_a_place_on_the_pages_own_is_refused(table: Any) -> None:
    with pytest.raises(OverlayError) as refused:
        proxies({"proxy": table}, PAGE)
    assert refused.value.code == "site.proxy"


def test_a_page_from_a_file_has_no_origin_to_have_a_proxy_on() -> None:
    with pytest.raises(OverlayError):
        proxies({"proxy": {ORIGIN: "./by/archive"}}, "file:///index.html")


def test_only_the_files_of_the_closed_origins_go_that_way_and_never_with_a_token() -> None:
    plan = a_plan(
        a_file("a.dat", 1, with_token=True),
        a_file("b.dat", 1, OTHER, with_token=True),
        replace(a_file("c.dat", 1), url=None),
    )
    plan = replace(plan, connections={ORIGIN: 2})
    found = proxies({"proxy": {ORIGIN: "/by/archive", OTHER: "/by/other"}}, PAGE)
    through = found.through(plan, {ORIGIN})
    assert [(file.url, file.with_token) for file in through.files] == [
        ("https://lab.example/by/archive/a.dat", False),
        (f"{OTHER}/b.dat", True),
        (None, False),
    ]
    # What the archive may be asked at once, it may be asked at once this way, too.
    assert through.connections["https://lab.example"] == 2
