"""The edge's Python in a real browser: fetching, tokens, patterns, saving, remembering, and the clock."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.edge_site import PREFIX, EdgeSite, lay_out, send

CONTENT = os.urandom(5 * (1 << 20) + 777)
HANGING = r"^(\w+[-_]?)+\.fits$"
FAST = 64 << 20
SLOW = 30_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("edge") / "site", python=True)


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[EdgeSite]:
    with EdgeSite(folder) as running:
        yield running


@pytest.fixture(scope="module")
def elsewhere(folder: Path) -> Iterator[EdgeSite]:
    """A second origin, as an archive is."""
    with EdgeSite(folder) as running:
        running.answers = _ANSWERS | {"/hop": _redirect("/whole")}
        yield running


@pytest.fixture(scope="module")
def python(browser: Browser, site: EdgeSite) -> Iterator[Page]:
    """One page for all tests here: they leave nothing behind, and each start takes seconds."""
    page = browser.new_page()
    _start(page, site)
    yield page
    page.close()


def _start(page: Page, site: EdgeSite) -> None:
    page.goto(f"{site.url}python.html")
    expect(page.locator("html")).to_have_attribute("data-state", re.compile("."), timeout=60_000)
    assert page.locator("html").get_attribute("data-state") == "ready", page.locator("body").text_content()


def _check(page: Page, name: str, *given: object) -> Any:
    return page.evaluate("([name, given]) => check(name, given)", [name, given])


def _whole(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, CONTENT, X_Seen="yes", Access_Control_Expose_Headers="X-Seen")


def _closed(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, CONTENT, Access_Control_Allow_Origin="")


def _cut(handler: SimpleHTTPRequestHandler) -> None:
    """Promises more than it sends."""
    send(handler, CONTENT[:-1000], Content_Length=str(len(CONTENT)))
    handler.close_connection = True


def _slow(handler: SimpleHTTPRequestHandler) -> None:
    """Sends a beginning and waits for the client to go."""
    send(handler, CONTENT[:100_000], Content_Length=str(len(CONTENT)))
    handler.rfile.read(1)


def _mute(handler: SimpleHTTPRequestHandler) -> None:
    """Says nothing and waits for the client to go."""
    handler.rfile.read(1)


def _hush(handler: SimpleHTTPRequestHandler) -> None:
    """Sends half of a text and waits for the client to go."""
    send(handler, bytes(1000), Content_Length="2000")
    handler.rfile.read(1)


def _fading(handler: SimpleHTTPRequestHandler) -> None:
    """Sends fast, then 10 kB a second."""
    send(handler, bytes(FAST), Content_Length=str(FAST + SLOW))
    for _ in range(0, SLOW, 1000):
        time.sleep(0.1)
        handler.wfile.write(bytes(1000))


def _burst(handler: SimpleHTTPRequestHandler) -> None:
    """Sends fast and falls silent in the middle, until the client goes."""
    send(handler, bytes(FAST + 1000), Content_Length=str(FAST + SLOW))
    handler.rfile.read(1)


def _drip(handler: SimpleHTTPRequestHandler) -> None:
    """Sends ten letters in two seconds."""
    send(handler, b"", Content_Length="10")
    for _ in range(10):
        time.sleep(0.2)
        handler.wfile.write(b"x")


def _large(handler: SimpleHTTPRequestHandler) -> None:
    size = 512 << 20
    send(handler, b"", Content_Length=str(size))
    for _ in range(512):
        handler.wfile.write(bytes(1 << 20))


def _redirect(to: str) -> Any:
    return lambda handler: send(handler, b"", 302, Location=to)


def _echo(handler: SimpleHTTPRequestHandler) -> None:
    """The request's own headers, as text."""
    send(handler, str(handler.headers).encode(), Set_Cookie="seen=1")


_ANSWERS = {
    "/whole": _whole,
    "/closed": _closed,
    "/cut": _cut,
    "/slow": _slow,
    "/mute": _mute,
    "/hush": _hush,
    "/fading": _fading,
    "/burst": _burst,
    "/drip": _drip,
    "/large": _large,
    "/echo": _echo,
    "/empty": lambda handler: send(handler, b"", 204, Content_Length=""),
    "/missing": lambda handler: send(handler, b"no such file", 404),
    "/marked": lambda handler: send(handler, b"\xef\xbb\xbfgr\xc3\xb6\xc3\x9fe"),
    "/binary": lambda handler: send(handler, b"text \xff"),
}


@pytest.mark.parametrize("give_back", [False, True])
def test_a_body_from_another_origin_arrives_whole_in_chunks_of_a_megabyte(
    python: Page, elsewhere: EdgeSite, give_back: bool
) -> None:
    got = _check(python, "fetched", f"{elsewhere.origin}/whole", {}, give_back)
    assert got["sum"] == hashlib.sha256(CONTENT).hexdigest()
    assert got["total"] == len(CONTENT)
    assert got["largest"] <= 1 << 20
    assert (got["status"], got["headers"]["x-seen"]) == (200, "yes")


def test_a_line_that_becomes_slow_is_read_as_it_comes(python: Page, elsewhere: EdgeSite) -> None:
    waits = _check(python, "fading", f"{elsewhere.origin}/fading", FAST, SLOW)
    assert len(waits) > 10
    assert max(waits) < 1


def test_what_came_before_a_silence_is_handed_on(python: Page, elsewhere: EdgeSite) -> None:
    waits = _check(python, "fading", f"{elsewhere.origin}/burst", FAST, 1000)
    assert all(wait < 1 for wait in waits)


def test_without_byte_streams_a_body_arrives_as_well(
    browser: Browser, site: EdgeSite, elsewhere: EdgeSite
) -> None:
    page = browser.new_page()
    page.add_init_script(
        "const own = ReadableStream.prototype.getReader;"
        "ReadableStream.prototype.getReader = function (options) {"
        "  if (options?.mode === 'byob') throw new TypeError('no byte stream');"
        "  return own.call(this);"
        "}"
    )
    _start(page, site)
    got = _check(page, "fetched", f"{elsewhere.origin}/whole", {})
    assert got["sum"] == hashlib.sha256(CONTENT).hexdigest()
    assert got["largest"] <= 1 << 20
    page.close()


def test_a_redirect_is_followed_and_told(python: Page, elsewhere: EdgeSite) -> None:
    got = _check(python, "fetched", f"{elsewhere.origin}/hop", {})
    assert got["url"] == f"{elsewhere.origin}/whole"


@pytest.mark.parametrize(("path", "status"), [("/missing", 404), ("/empty", 204)])
def test_any_status_is_an_answer(python: Page, elsewhere: EdgeSite, path: str, status: int) -> None:
    assert _check(python, "fetched", elsewhere.origin + path, {})["status"] == status


def test_requests_carry_what_they_are_given_and_nothing_of_the_person(
    python: Page, elsewhere: EdgeSite
) -> None:
    for _ in range(2):  # the first answer sets a cookie
        seen = _check(python, "text", f"{elsewhere.origin}/echo", 10_000)["text"].lower()
    assert "cookie:" not in seen
    assert "referer:" not in seen


@pytest.mark.parametrize(
    ("path", "code"),
    [("/cut", "http.cut"), ("/closed", "http.unreachable")],
)
def test_a_broken_answer_has_a_code(python: Page, elsewhere: EdgeSite, path: str, code: str) -> None:
    assert _check(python, "fetched", elsewhere.origin + path, {}) == {"code": code}


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "javascript:alert(1)", "https://me:pw@host/", "//", ""]
)
def test_what_is_no_address_is_refused(python: Page, url: str) -> None:
    assert _check(python, "fetched", url, {}) == {"code": "http.bad-address"}


def test_a_server_that_is_not_there_is_unreachable(python: Page, folder: Path) -> None:
    with EdgeSite(folder) as gone:
        origin = gone.origin
    assert _check(python, "fetched", f"{origin}/whole", {}) == {"code": "http.unreachable"}
    assert _check(python, "probe", f"{origin}/whole") == "unreachable"


@pytest.mark.parametrize("when", ["at once", "head", "signal", "body"])
def test_a_request_that_is_given_up_ends_as_cancelled(python: Page, elsewhere: EdgeSite, when: str) -> None:
    assert _check(python, "aborted", f"{elsewhere.origin}/slow", when) == {"code": "http.cancelled"}


def test_a_request_goes_out_before_anybody_waits_for_its_answer(python: Page, elsewhere: EdgeSite) -> None:
    asked = Event()

    def first(handler: SimpleHTTPRequestHandler) -> None:
        asked.set()
        send(handler, b"first")

    def second(handler: SimpleHTTPRequestHandler) -> None:
        assert asked.wait(10), "the other was not asked for"
        send(handler, b"second")

    elsewhere.answers |= {"/first": first, "/second": second}
    assert _check(python, "unawaited", f"{elsewhere.origin}/first", f"{elsewhere.origin}/second") == "200"


@pytest.mark.parametrize("url", ["//", "http://127.0.0.1:1/"])
def test_a_failure_that_is_waited_for_later_is_nobody_s_mistake(
    python: Page, elsewhere: EdgeSite, url: str
) -> None:
    python.evaluate(
        "() => { window.unheeded = 0; addEventListener('unhandledrejection', () => { unheeded += 1; }); }"
    )
    found = _check(python, "unawaited", url, f"{elsewhere.origin}/echo")
    assert found == {"code": "http.bad-address" if url == "//" else "http.unreachable"}
    assert python.evaluate("unheeded") == 0


def test_a_probe_tells_closed_servers_from_dead_ones(python: Page, elsewhere: EdgeSite) -> None:
    assert _check(python, "probe", f"{elsewhere.origin}/whole") == "open"
    assert _check(python, "probe", f"{elsewhere.origin}/closed") == "blocked"


def test_a_text_is_read_with_progress_and_without_its_mark(python: Page, elsewhere: EdgeSite) -> None:
    got = _check(python, "text", f"{elsewhere.origin}/marked", 100)
    assert got == {"text": "größe", "url": f"{elsewhere.origin}/marked", "heard": [10, 10]}


@pytest.mark.parametrize(
    ("path", "code"),
    [("/whole", "http.too-large"), ("/binary", "http.not-text"), ("/missing", "http.status")],
)
def test_a_text_that_is_none_has_a_code(python: Page, elsewhere: EdgeSite, path: str, code: str) -> None:
    assert _check(python, "text", elsewhere.origin + path, 1000) == {"code": code}


@pytest.mark.parametrize("path", ["/mute", "/hush"])
def test_a_server_that_falls_silent_is_given_up(python: Page, elsewhere: EdgeSite, path: str) -> None:
    left = Event()
    sent = elsewhere.answers[path]

    def watched(handler: SimpleHTTPRequestHandler) -> None:
        sent(handler)
        left.set()

    elsewhere.answers |= {path: watched}
    assert _check(python, "text", elsewhere.origin + path, 2000, 0.5) == {"code": "http.silent"}
    assert left.wait(10), "the request has ended"
    elsewhere.answers |= {path: sent}


def test_a_text_that_comes_slowly_is_waited_for(python: Page, elsewhere: EdgeSite) -> None:
    assert _check(python, "text", f"{elsewhere.origin}/drip", 10, 1.0)["text"] == "x" * 10


def test_bytes_of_python_own_their_buffer(python: Page) -> None:
    assert _check(python, "buffers_are_owned")


def test_a_token_goes_to_its_origins_alone(python: Page) -> None:
    inside = ["https://archive.example/a", "https://ARCHIVE.example:443/b", "http://localhost:8000/c"]
    outside = [
        "http://archive.example/a",
        "https://archive.example:444/a",
        "https://archive.example.evil.example/",
        "https://archive.example@evil.example/",
        "https://evil.example\\@archive.example/",
        "no address",
    ]
    origins = ["https://archive.example", "http://localhost:8000"]
    got = _check(python, "keyring", "s3cret", origins, inside + outside)
    assert got["headers"] == [{"Authorization": "token s3cret"}] * len(inside) + [{}] * len(outside)
    assert got["after"] == [{}] * len(inside + outside)
    assert "s3cret" not in got["shown"]


@pytest.mark.parametrize("token", ["", "a b", "a\nHost: evil.example", "tökén"])
def test_a_token_that_cannot_stand_in_a_header_is_refused(python: Page, token: str) -> None:
    assert _check(python, "keyring", token, [], []) == {"code": "token.malformed"}


def test_a_token_never_goes_over_open_http(python: Page) -> None:
    assert _check(python, "keyring", "t", ["http://archive.example"], []) == {"code": "token.insecure-origin"}


def test_patterns_match_as_javascript_has_them(python: Page) -> None:
    names = ["a_cal.fits", "A_CAL.fits", "line\nbreak_cal.fits", "\ud800lone", "ünï_cal.fits", ""]
    found = _check(python, "regex", names, [r"_cal\.fits$", "^break", ".", "^$", "", r"\ud800", "(?<n>c)al"])
    assert found == [
        "Matched(10101)",
        "Matched(0)",
        "Matched(11111)",
        "Matched(100000)",
        "Matched(111111)",
        "Matched(1000)",
        "Matched(10101)",
    ]


def test_an_invalid_pattern_is_told_in_the_engines_words(python: Page) -> None:
    (found,) = _check(python, "regex", ["a"], ["*.fits"])
    assert found == "Invalid(message='Invalid regular expression: /*.fits/: Nothing to repeat')"


def test_no_names_match_nothing(python: Page) -> None:
    assert _check(python, "regex", [], ["."]) == ["Matched(0)"]


def test_a_hundred_thousand_names_take_less_than_a_moment(python: Page) -> None:
    got = _check(python, "regex_many", 100_000)
    print(f"100,000 names: {got['seconds'] * 1000:.0f} ms")
    assert got["right"]
    assert got["seconds"] < 0.25


def test_a_pattern_that_never_ends_is_stopped_after_a_second(python: Page) -> None:
    got = _check(python, "regex_hanging", HANGING, "x" * 64)
    assert (got["first"], got["then"]) == ("TimedOut()", "Matched(10)")
    assert 1 <= got["seconds"] < 2


def test_a_newer_pattern_supersedes_the_older(python: Page) -> None:
    found = _check(python, "regex_typing", ["a", "a|", "a|b", "b"])
    assert found == ["Superseded()", "Superseded()", "Superseded()", "Matched(10)"]


def test_a_pattern_that_is_overtaken_is_ended_before_its_second_is_over(python: Page) -> None:
    got = _check(python, "regex_overtaken", HANGING, "x" * 64)
    assert got["found"] == ["Superseded()", "Matched(10)"]
    assert got["seconds"] < 0.9


def test_patterns_run_though_the_page_s_server_has_gone(browser: Browser, folder: Path) -> None:
    with EdgeSite(folder) as site:
        page = browser.new_page()
        _start(page, site)
        loads: list[str] = []
        page.on("requestfinished", lambda request: loads.append(request.url))
        _check(page, "regex_begin", ["x" * 64, "b"])
        while len(loads) < len(("the worker", "the spare one")):
            page.wait_for_event("requestfinished")
        site.gone = True
        assert _check(page, "regex_ask", HANGING) == "TimedOut()"
        assert _check(page, "regex_ask", "^b$") == "Matched(10)"
        # With the spare one gone too there is an error to be told, and no more than that.
        assert _check(page, "regex_ask", HANGING) == "TimedOut()"
        assert _check(page, "regex_ask", "^b$") == {"code": "regex.no-worker"}
        site.gone = False
        assert _check(page, "regex_ask", "^b$") == "Matched(10)"
        page.close()


def test_a_name_with_nul_is_refused(python: Page) -> None:
    assert _check(python, "regex_refuses_nul") == "a name holds NUL"


@pytest.mark.parametrize("kind", ["stream", "blob"])
def test_bytes_of_python_reach_the_download(python: Page, kind: str) -> None:
    pieces = [1, 0, 30, 3_000_000, 22]
    with python.expect_download() as started:
        assert _check(python, "download", kind, "file.zip", pieces) is False
    wanted = b"".join(bytes(index % 251 for index in range(size)) for size in pieces)
    assert Path(started.value.path()).read_bytes() == wanted


@pytest.mark.parametrize("kind", ["stream"])
def test_a_body_passes_through_to_a_download(python: Page, elsewhere: EdgeSite, kind: str) -> None:
    with python.expect_download() as started:
        _check(python, "through", f"{elsewhere.origin}/whole", kind)
    assert Path(started.value.path()).read_bytes() == CONTENT


def test_the_ladder_has_its_limits(python: Page) -> None:
    limits = dict(_check(python, "ladder"))
    assert list(limits) == ["folder", "file", "stream", "private", "blob"]
    assert limits.pop("private") > 0
    assert limits == {"folder": None, "file": None, "stream": None, "blob": 500_000_000}


def test_text_is_saved_as_utf_8_and_bytes_as_they_are(python: Page) -> None:
    pieces = ["größe,星\r\n", "x" * 999]
    with python.expect_download() as started:
        size = _check(python, "save", "list ü.csv", pieces, 3000)
    wanted = ("".join(pieces) * 3000).encode() + b"\x00\xff"
    assert Path(started.value.path()).read_bytes() == wanted
    assert (size, started.value.suggested_filename) == (len(wanted), "list ü.csv")


def test_visits_are_kept_until_they_are_removed(python: Page) -> None:
    seen = _check(python, "shelf", '{"products": ["ü 星"]}', '{"version": "ü"}')
    assert [step for step, right in seen.items() if not right] == []


def test_a_note_is_found_once(python: Page) -> None:
    assert _check(python, "note", "Liste ü\n{}") == ["", "Liste ü\n{}", ""]


def test_a_browser_that_keeps_nothing_says_so(browser: Browser, site: EdgeSite) -> None:
    page = browser.new_page()
    page.add_init_script("delete globalThis.caches")
    _start(page, site)
    assert _check(page, "store_refused") == "it has no storage for this page"
    page.close()


def test_the_clock_ticks_each_second(python: Page) -> None:
    assert all(700 < between < 1500 for between in _check(python, "ticks", 3))


def test_the_clock_ticks_though_the_page_s_server_has_gone(browser: Browser, folder: Path) -> None:
    with EdgeSite(folder) as site:
        page = browser.new_page()
        _start(page, site)
        site.gone = True
        assert len(_check(page, "ticks", 2)) == 1
        assert len(_check(page, "ticks", 2)) == 1
        page.close()


def test_the_clock_ticks_without_a_worker(browser: Browser, folder: Path) -> None:
    with EdgeSite(folder) as site:
        site.answers = {f"{PREFIX}clock_worker.js": lambda handler: send(handler, b"", 404)}
        page = browser.new_page()
        _start(page, site)
        assert all(700 < between < 1500 for between in _check(page, "ticks", 3))
        page.close()


@pytest.mark.slow
def test_half_a_gigabyte_is_read_at_speed(python: Page, elsewhere: EdgeSite) -> None:
    fetched = _check(python, "speed", f"{elsewhere.origin}/large")
    with python.expect_download():
        passed = _check(python, "through", f"{elsewhere.origin}/large", "stream")
    print(f"read and copied {fetched / 1e6:.0f} MB/s; passed on to a download {passed / 1e6:.0f} MB/s")
    assert min(fetched, passed) > 20e6
