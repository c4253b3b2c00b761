from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import address

MAST = "https://mast.stsci.edu"


@pytest.mark.parametrize(
    "url",
    [
        f"{MAST}",
        f"{MAST}/",
        f"{MAST}/a/b?c=d#e",
        f"{MAST}?c",
        f"{MAST}#c",
        f"{MAST}:443/a",
        f"{MAST}:0443/a",
        "HTTPS://MAST.STScI.EDU/a",
        f"{MAST}/@evil.example/",
        f"{MAST}/\\evil.example",
        f"{MAST}/?u=https://evil.example",
    ],
)
def test_spellings_of_one_origin_are_one(url: str) -> None:
    assert address.origin(url) == MAST


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://mast.stsci.edu/", "http://mast.stsci.edu"),
        ("http://mast.stsci.edu:80/", "http://mast.stsci.edu"),
        ("http://mast.stsci.edu:443/", "http://mast.stsci.edu:443"),
        (f"{MAST}:80/", f"{MAST}:80"),
        (f"{MAST}:8443/", f"{MAST}:8443"),
        (f"{MAST}.evil.example/", f"{MAST}.evil.example"),
        (f"{MAST}./", f"{MAST}."),
        ("https://evil.example/mast.stsci.edu", "https://evil.example"),
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/x", "http://[::1]:8000"),
    ],
)
def test_another_scheme_host_or_port_is_another_origin(url: str, origin: str) -> None:
    assert address.origin(url) == origin != MAST


@pytest.mark.parametrize(
    "url",
    [
        f"{MAST}@evil.example/",
        f"{MAST}:pass@evil.example/",
        "https://user@mast.stsci.edu/",
        "https://evil.example\\@mast.stsci.edu/",
        "https://evil.example\\.mast.stsci.edu/",
        "https://mast.stsci.edu\\@evil.example/",
        "https:\\\\mast.stsci.edu/",
        "https:/mast.stsci.edu/",
        "https:mast.stsci.edu/",
        "https:///mast.stsci.edu/",
        " https://mast.stsci.edu/",
        "https://mast.stsci.edu\t/",
        "https://mast.stsci.edu\n",
        "https://mast.stsci.edu\n.evil.example/",
        "https://mast.stsci.edu%2eevil.example/",
        "https://mast.stsci.edu。evil.example/",
        "https://ｍast.stsci.edu/",
        "https://mast.stsci.edu:/",
        "https://mast.stsci.edu:99999/",
        "https://mast.stsci.edu:٤٤٣/",
        "https://[::1/",
        "https://",
        "ftp://mast.stsci.edu/",
        "mast:JWST/product/a.fits",
        "//mast.stsci.edu/",
        "",
    ],
)
def test_an_address_that_leaves_any_doubt_has_no_origin(url: str) -> None:
    assert address.origin(url) == ""


@pytest.mark.parametrize(
    ("uri", "scheme"),
    [
        ("mast:JWST/product/a.fits", "mast"),
        ("HTTPS://x/", "https"),
        ("ivo+x-1.0:thing", "ivo+x-1.0"),
        ("jw01001/a.fits", ""),
        ("jw_1:a.fits", ""),
        ("1mast:a", ""),
        (":a", ""),
        ("ümast:a", ""),
        ("", ""),
    ],
)
def test_a_scheme_is_what_the_standard_calls_one(uri: str, scheme: str) -> None:
    assert address.scheme(uri) == scheme


@pytest.mark.parametrize(
    ("base", "url", "whole"),
    [
        ("https://h.example/lists/l.json", "files/a.fits", "https://h.example/lists/files/a.fits"),
        ("https://h.example/lists/l.json?x=1", "../a.fits", "https://h.example/a.fits"),
        ("https://h.example/lists/l.json", "/a.fits", "https://h.example/a.fits"),
        ("https://h.example/lists/l.json", "//g.example/a", "https://g.example/a"),
        ("https://h.example/lists/l.json", "https://g.example/a", "https://g.example/a"),
        ("", "files/a.fits", "files/a.fits"),
        ("", "https://g.example/a", "https://g.example/a"),
    ],
)
def test_a_relative_address_is_read_from_the_list_that_holds_it(base: str, url: str, whole: str) -> None:
    assert address.resolved(base, url) == whole


@pytest.mark.parametrize("base", ["", "https://h.example/l.json"])
def test_what_cannot_be_read_as_an_address_raises(base: str) -> None:
    with pytest.raises(ValueError, match="IPv6"):
        address.resolved(base, "https://[::1/a")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("files/a.fits", "relative"),
        ("//h.example/a", "relative"),
        ("file:///etc/passwd", "not http but file:"),
        ("javascript:alert(1)", "not http but javascript:"),
        ("https://user:pass@h.example/a", "user name"),
        ("https://mast.stsci.edu@evil.example/a", "user name"),
        ("https://h.example/a\nb", "control"),
        ("https://h.example/a\x85b", "control"),
        ("https://h exa.example/a", "no host"),
        ("https://evil.example\\.stsci.edu/a", "no host"),
        ("https:/h.example/a", "no host"),
        ("https:///a", "no host"),
        ("https://h.example:port/a", "no host"),
    ],
)
def test_an_address_that_cannot_be_asked_says_why(url: str, said: str) -> None:
    assert said in address.problem(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://h.example/a b.fits",
        "http://127.0.0.1:8000/a",
        "HTTPS://h.example",
        "https://bücher.example/a",
    ],
)
def test_an_ordinary_address_can_be_asked(url: str) -> None:
    assert address.problem(url) == ""


def test_an_address_is_spelled_without_characters_that_a_command_line_or_a_server_minds() -> None:
    assert (
        address.spelled('https://h.example/a b/ä"<>`^{|}\\.fits?q=ü&r=1#x')
        == "https://h.example/a%20b/%C3%A4%22%3C%3E%60%5E%7B%7C%7D%5C.fits?q=%C3%BC&r=1#x"
    )
    assert address.spelled("https://h.example/a%20b%2Fc") == "https://h.example/a%20b%2Fc"


@given(st.text())
def test_spelling_twice_changes_nothing_and_leaves_the_origin_alone(tail: str) -> None:
    url = f"{MAST}/{tail.encode('utf-8', 'replace').decode()}"
    once = address.spelled(url)
    assert address.spelled(once) == once
    assert once.isascii() and " " not in once
    assert address.origin(once) == address.origin(url) == MAST


@given(st.text(st.sampled_from("https:/mast.stsci.edu@\\#?[]%:80 \t\n.evil")))
def test_an_origin_is_only_ever_read_off_the_very_beginning(text: str) -> None:
    found = address.origin(f"https://{text}")
    if found == MAST:
        assert (
            f"https://{text}".lower().startswith((f"{MAST}/", f"{MAST}?", f"{MAST}#", f"{MAST}:"))
            or text == MAST[8:]
        )
