"""The transfer's state machine: whatever the network does, the archive, its manifest and the outcomes agree."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycore import manifest
from pycore.errors import OverlayError
from pycore.layout import Structure
from pycore.manifest import Outcome
from pycore.missions.profile import CONNECTIONS
from pycore.plan import Plan
from pycore.transfer import (
    HELD_BYTES,
    Arrived,
    Broke,
    CallBack,
    CalledBack,
    Came,
    Discard,
    Ended,
    LineChanged,
    Responded,
    State,
    Stopped,
    Ticked,
    TokenChecked,
    Waiting,
    fetching,
    forecast,
)
from pycore.transfer.origins import EASED_SECONDS, FIRST_PROBE, LONGEST_PROBE, OUTAGE_SECONDS, Origins
from pycore.transfer.retry import ATTEMPTS, LONGEST_PAUSE, STALL_SECONDS, pause_after
from tests.unit.builders import CLICK, plan, row
from tests.unit.transfer_desk import (
    BEGUN,
    LARGE,
    ORIGIN,
    PAUSES,
    Desk,
    a_file,
    a_plan,
    body_of,
    check,
    statuses,
)

# -- when all is well -----------------------------------------------------------------------------------------


def test_files_are_fetched_side_by_side_and_written_in_list_order() -> None:
    desk = Desk(a_plan(a_file("b.fits", 3000), a_file("a.csv", 10), a_file("empty.csv", 0)))
    for name in ("empty.csv", "a.csv", "b.fits"):
        assert desk.reasons() == []
        desk.serve_file(name)
    assert desk.asked == [("b.fits", 100.0), ("a.csv", 100.0), ("empty.csv", 100.0)]
    assert desk.reasons() == ["", "", ""]
    check(desk)


def test_a_large_file_goes_straight_into_the_archive() -> None:
    desk = Desk(a_plan(a_file("large.fits", LARGE)))
    before = len(desk.written)
    desk.respond()
    desk.deliver(body_of("large.fits", LARGE)[: 2**20])
    assert len(desk.written) > before + 2**20
    desk.deliver(body_of("large.fits", LARGE)[2**20 :])
    desk.end()
    check(desk)


def test_a_small_file_is_held_until_all_of_it_has_come() -> None:
    desk = Desk(a_plan(a_file("small.fits", HELD_BYTES)))
    before = len(desk.written)
    desk.respond()
    desk.deliver(body_of("small.fits", HELD_BYTES))
    assert len(desk.written) == before
    desk.end()
    check(desk)


@pytest.mark.parametrize("structure", list(Structure))
def test_the_forecast_is_the_size_with_room_for_the_manifests(structure: Structure) -> None:
    rows = [
        row("a_cal.fits", "jw01001001001_02101_00001_nrca1", HELD_BYTES + 1),
        row("pool.csv", "jw01001001001_02101_00001_nrca1", 9),
        row("pool.csv", "jw01001001001_02101_00002_nrca1", 9),
        row("pool.csv", "jw01001001001_02101_00002_nrca1", 10),
        row("Größe ☆.jpg", "jw01001001001_02101_00002_nrca1", 0),
    ]
    desk = Desk(plan(rows, structure=structure))
    while not desk.ended:
        desk.serve()
    with desk.archive() as archive:
        manifests = sum(info.file_size for info in archive.infolist()[-2:])
    assert len(desk.written) - manifests == forecast(desk.plan) - manifest.room(desk.plan)
    assert manifests <= manifest.room(desk.plan)
    check(desk)


def test_members_carry_the_time_of_the_archive_s_file() -> None:
    desk = Desk(a_plan(a_file("a.csv", 1), a_file("b.csv", 1), a_file("c.csv", 1)))
    for told in ("Wed, 04 Nov 2026 10:15:00 GMT", "Wed, 04 Nov 2026 10:15:00", "no date"):
        desk.respond(last_modified=told)
        desk.deliver(body_of(desk.plan.files[len(desk.reasons())].filename, 1))
        desk.end()
    with desk.archive() as archive:
        dates = [info.date_time for info in archive.infolist()]
    click = tuple(datetime.fromtimestamp(CLICK / 1000, UTC).timetuple())[:6]
    modified = (2026, 11, 4, 10, 15, 0)
    assert dates == [click, modified, modified, click, click, click]


def test_an_empty_plan_gives_a_folder_with_a_manifest() -> None:
    desk = Desk(a_plan())
    check(desk)


def test_after_the_end_nothing_is_ordered() -> None:
    desk = Desk(a_plan(a_file("a.csv", 1)))
    number = desk.number
    desk.serve()
    for event in (Ticked(1e9), Stopped(keep=False), Ended(number), Responded(number, 200, {})):
        assert desk.transfer.receive(event) == []
    assert desk.transfer.state is State.FINISHED


# -- when it goes wrong ---------------------------------------------------------------------------------------


def test_a_file_without_an_address_fails_with_its_problem() -> None:
    desk = Desk(a_plan(a_file("a.csv", 1, url=None, problem="no archive is known"), a_file("b.csv", 1)))
    desk.serve()
    assert desk.reasons() == ["no archive is known", ""]
    check(desk)


def test_a_break_is_tried_again_after_growing_pauses_and_then_told() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.csv", 5)))
    for pause in PAUSES:
        desk.respond()
        desk.deliver(b"xy")
        desk.break_off("The connection broke in the middle.")
        assert desk.retrying
        assert desk.transfer.progress().bytes_complete == 0
        desk.pass_time(pause + 1)
    desk.respond()
    desk.break_off("The connection broke in the middle.")
    desk.serve()
    moments = [moment for name, moment in desk.asked if name == "a.csv"]
    waited = [after - before for before, after in pairwise(moments)]
    least = [pause_after(attempt, 0.0) for attempt in range(1, ATTEMPTS)]
    assert all(
        low <= seconds <= most + 2 for low, seconds, most in zip(least, waited, PAUSES, strict=True)
    ), waited
    assert desk.reasons() == [f"The connection broke in the middle. ({ATTEMPTS} attempts)", ""]
    check(desk)


def test_a_large_file_that_breaks_leaves_dead_bytes_outside_the_directory() -> None:
    desk = Desk(a_plan(a_file("large.fits", LARGE), a_file("b.csv", 5)))
    desk.respond()
    desk.deliver(body_of("large.fits", LARGE)[: 3 * 2**20])
    desk.break_off()
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    desk.serve()
    assert desk.reasons() == ["", ""]
    assert len(desk.written) > forecast(desk.plan) - manifest.room(desk.plan) + 3 * 2**20
    check(desk)


@pytest.mark.parametrize("status", [404, 410, 401, 403, 400, 204, 206, 304, 416, 501])
def test_an_answer_that_will_not_change_is_not_asked_for_again(status: int) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.csv", 5)))
    desk.respond(status)
    desk.serve()
    assert len(desk.asked) == 2
    assert str(status) in desk.reasons()[0]
    check(desk)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_that_may_change_is_asked_for_again(status: int) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.respond(status)
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    assert desk.reasons() == [""]
    check(desk)


def test_an_archive_that_stays_busy_is_told_with_the_attempts() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    while not desk.ended:
        desk.respond(503)
        desk.pass_time(max(PAUSES) + 1)
    assert desk.reasons() == [f"the archive answered 503 ({ATTEMPTS} attempts)"]
    check(desk)


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, PAUSES[0]),
        ({"retry-after": "Wed, 04 Nov 2026 10:15:20 GMT", "date": "Wed, 04 Nov 2026 10:15:00 GMT"}, 20),
        ({"retry-after": "Wed, 04 Nov 2026 10:15:20 GMT"}, PAUSES[0]),
        (
            {"retry-after": "Wed, 04 Nov 2026 10:15:00 GMT", "date": "Wed, 04 Nov 2026 11:15:00 GMT"},
            PAUSES[0],
        ),
        ({"retry-after": "soon"}, PAUSES[0]),
    ],
)
def test_the_pause_that_a_server_asks_for_is_kept(headers: Mapping[str, str], pause: float) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.hear(Responded(desk.number, 429, headers))
    desk.pass_time(pause)
    assert len(desk.asked) == 1
    desk.pass_time(1)
    assert len(desk.asked) == 2


@pytest.mark.parametrize("asked", [str(int(LONGEST_PAUSE) + 1), "9" * 5000])
def test_a_server_that_asks_for_too_long_a_pause_is_taken_for_one_that_refuses(asked: str) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.respond(429, retry_after=asked)
    assert desk.reasons() == ["the archive answered 429"]
    check(desk)


def test_a_pause_is_kept_though_the_clock_stood_still_before_it() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.respond(429, retry_after="30")
    # While a write waited for its place there were no ticks.
    desk.now += 600
    desk.pass_time(29)
    assert len(desk.asked) == 1
    desk.pass_time(3)
    assert len(desk.asked) == 2


@pytest.mark.parametrize("reading", [False, True])
def test_silence_counts_as_a_break(reading: bool) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    if reading:
        desk.respond()
        desk.deliver(b"x")
    desk.pass_time(STALL_SECONDS - 1)
    assert desk.out
    desk.pass_time(1)
    assert desk.retrying
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    check(desk)


def test_a_byte_now_and_then_is_no_silence() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.respond()
    for byte in body_of("a.csv", 5):
        desk.pass_time(STALL_SECONDS - 1)
        desk.deliver(bytes([byte]))
    desk.end()
    assert (desk.reasons(), len(desk.asked)) == ([""], 1)


@pytest.mark.parametrize(("most", "out"), [(1, 1), (5, 5), (6, 7), (7, 7), (32, 16)])
def test_one_request_more_stands_ready_where_the_browser_opens_no_more_connections(
    most: int, out: int
) -> None:
    plan = a_plan(*(a_file(f"{number}.csv", 5) for number in range(40)))
    desk = Desk(replace(plan, connections={ORIGIN: most}))
    assert len(desk.out) == out
    while not desk.ended:
        assert len(desk.out) <= out
        desk.serve()
    check(desk)


def trickle(desk: Desk, requests: Sequence[int]) -> None:
    """These are answered, and four bytes of each come, all but silently."""
    for number in requests:
        desk.hear(Responded(number, 200, {"content-length": "5"}))
    for place in range(4):
        desk.pass_time(STALL_SECONDS - 1)
        for number in requests:
            desk.hear(Arrived(number, body_of(desk.out[number].file.filename, 5)[place : place + 1]))


def test_a_request_that_waits_in_the_browser_for_a_connection_is_not_silent() -> None:
    desk = Desk(a_plan(*(a_file(f"{number}.csv", 5) for number in range(7))))
    *first, last = list(desk.out)
    trickle(desk, first)
    assert len(desk.asked) == 7
    # One of the others has broken: from now on the request has a connection, and may not be silent.
    desk.hear(Broke(first[0], "The connection broke in the middle."))
    desk.pass_time(STALL_SECONDS - 1)
    assert last in desk.out
    desk.pass_time(1)
    assert last not in desk.out
    while not desk.ended:
        desk.serve() if desk.out else desk.pass_time(1)
    check(desk)


def test_a_request_that_waits_for_a_connection_need_not_be_the_last() -> None:
    # Redirected, the first request is sent behind the others.
    desk = Desk(a_plan(*(a_file(f"{number}.csv", 5) for number in range(7))))
    first, *others = list(desk.out)
    trickle(desk, others)
    assert first in desk.out
    assert len(desk.asked) == 7


@pytest.mark.parametrize("most", [5, 6, 7, 16])
def test_an_archive_whose_connections_fall_silent_is_asked_again_soon(most: int) -> None:
    plan = a_plan(*(a_file(f"{number}.csv", 5) for number in range(80)))
    desk = Desk(replace(plan, connections={ORIGIN: most}))
    desk.serve()
    silent, since = set(desk.out), desk.now
    while not desk.out.keys() - silent:
        desk.pass_time(1)
    assert desk.now <= since + STALL_SECONDS + FIRST_PROBE + 1
    while not desk.ended:
        desk.serve() if desk.out else desk.pass_time(1)
    check(desk)


def test_an_overload_that_leaves_six_connections_adds_no_request() -> None:
    origins = Origins({ORIGIN: 12}, CONNECTIONS)
    origins.overloaded(ORIGIN, 0.0)
    assert origins.cap(ORIGIN) == origins.requests(ORIGIN) == 6


def test_a_machine_that_slept_is_no_silence_of_the_network() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.respond()
    desk.now += 8 * 3600
    desk.hear(Ticked(desk.now))
    desk.deliver(body_of("a.csv", 5))
    desk.end()
    assert len(desk.asked) == 1
    check(desk)


def test_news_of_a_request_that_was_given_up_is_not_heard_during_the_pause() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    number = desk.number
    desk.pass_time(STALL_SECONDS)
    for event in (Responded(number, 404, {}), Arrived(number, b"x"), Ended(number), Broke(number, "late")):
        assert desk.transfer.receive(event) == []
    assert desk.retrying
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    assert (desk.reasons(), len(desk.asked)) == ([""], 2)


def test_a_clock_that_steps_back_changes_nothing() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.hear(Ticked(3.0))
    desk.pass_time(STALL_SECONDS - 1)
    assert not desk.retrying


@pytest.mark.parametrize("kind", ["text/html", "text/HTML; charset=utf-8", "application/xhtml+xml"])
def test_a_web_page_in_place_of_a_file_is_refused(kind: str) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.respond(content_type=kind)
    assert desk.reasons() == ["a web page came in its place"]
    check(desk)


def test_a_product_that_is_a_web_page_is_taken() -> None:
    desk = Desk(a_plan(a_file("report.html", 5)))
    desk.respond(content_type="text/html")
    desk.deliver(body_of("report.html", 5))
    desk.end()
    check(desk)


@pytest.mark.parametrize("pieces", [1, 4, 100])
@pytest.mark.parametrize("size", [3000, LARGE])
def test_what_is_no_fits_file_is_refused_by_its_first_bytes(size: int, pieces: int) -> None:
    desk = Desk(a_plan(a_file("a.fits", size)))
    desk.respond()
    number = desk.number
    for start in range(0, 200, pieces):
        desk.hear(Arrived(number, (b"SIMPLE" + b"<Error/>" * 30)[start : start + pieces]))
    assert desk.reasons() == ["what came is no FITS file"]
    check(desk)


@pytest.mark.parametrize("size", [100, LARGE])
@pytest.mark.parametrize("announced", [False, True])
@pytest.mark.parametrize("by", [-1, 1])
def test_another_length_than_the_list_s_is_told_and_never_kept(size: int, announced: bool, by: int) -> None:
    desk = Desk(a_plan(a_file("a.dat", size)))
    body = body_of("a.dat", size + by)
    for _ in range(ATTEMPTS):
        if desk.ended:
            break
        desk.respond(headers={"content-length": str(len(body))} if announced else {})
        if not desk.ended:
            desk.deliver(body)
        if not desk.ended:
            desk.end()
        desk.pass_time(max(PAUSES) + 1)
    told = f"the list says {size} bytes, the archive has "
    if by > 0 and not announced:
        assert desk.reasons() == [f"{told}more"]
    elif announced:
        assert desk.reasons() == [f"{told}{size + by}"]
    else:
        assert desk.reasons() == [f"only {size + by} of {size} bytes came ({ATTEMPTS} attempts)"]
    check(desk)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/csv"},
        {"content-type": "application/json"},
        {"content-type": "application/octet-stream", "content-encoding": "gzip"},
    ],
)
def test_the_length_of_a_compressed_answer_says_nothing(headers: Mapping[str, str]) -> None:
    for size in (1000, LARGE):
        desk = Desk(a_plan(a_file("a.dat", size)))
        desk.respond(headers={**headers, "content-length": "123"})
        desk.deliver(body_of("a.dat", size))
        desk.end()
        check(desk)


@pytest.mark.parametrize("as_it_is", [False, True])
@pytest.mark.parametrize("by", [-300, 300])
def test_a_compressed_answer_of_another_size_is_told_with_that_size(by: int, as_it_is: bool) -> None:
    size = 1000
    desk = Desk(replace(a_plan(a_file("a.csv", size)), as_it_is=as_it_is))
    desk.respond(headers={"content-type": "text/csv", "content-length": "123"})
    desk.deliver(body_of("a.csv", size + by))
    desk.end()
    assert desk.transfer.outcomes[0].other_size == size + by
    assert desk.reasons() == ["" if as_it_is else f"the list says {size} bytes, the archive has {size + by}"]


@pytest.mark.parametrize("length", ["", "9" * 5000, "-5", "٣", "5, 5"])
def test_a_length_that_is_none_is_as_if_it_were_not_told(length: str) -> None:
    desk = Desk(a_plan(a_file("a.dat", LARGE)))
    desk.respond(content_length=length)
    desk.deliver(body_of("a.dat", LARGE))
    desk.end()
    check(desk)


@pytest.mark.parametrize("name", ["sha256", "md5"])
@pytest.mark.parametrize("size", [100, LARGE])
def test_a_checksum_is_verified(name: str, size: int) -> None:
    body = body_of("a.dat", size)
    right = hashlib.new(name, body).hexdigest()
    desk = Desk(a_plan(a_file("a.dat", size, **{name: right}), a_file("b.dat", size, **{name: right})))
    desk.respond()
    desk.deliver(body[:50] + b"?" + body[51:])
    desk.end()
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    assert desk.reasons() == [""]
    while not desk.ended:
        desk.serve()
        desk.pass_time(max(PAUSES) + 1)
    assert desk.reasons() == ["", f"its {name} checksum is not the list's ({ATTEMPTS} attempts)"]
    check(desk)


def test_an_end_without_a_head_is_a_break() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5)))
    desk.end()
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    check(desk)


def test_a_body_that_follows_a_refusal_is_not_taken() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.csv", 5)))
    number = desk.number
    desk.respond(404)
    for event in (
        Arrived(number, b"error"),
        Ended(number),
        Broke(number, "?"),
        Arrived(desk.number, b"early"),
    ):
        desk.obey(desk.transfer.receive(event))
    desk.serve()
    check(desk)


@pytest.mark.parametrize(
    ("exclusive", "with_token", "told"),
    [
        (True, True, "this sign-in may not have it, or has ended"),
        (True, False, "it needs a sign-in that this page may not send"),
        (False, False, "access denied"),
    ],
)
@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_is_told_by_its_likely_reason(
    status: int, exclusive: bool, with_token: bool, told: str
) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5, exclusive=exclusive, with_token=with_token)))
    desk.respond(status)
    if with_token:
        assert desk.checks == 1
        desk.hear(TokenChecked(alive=True))
    assert desk.reasons() == [f"the archive refused it ({status}): {told}"]


def lose(desk: Desk) -> None:
    """No request is answered, and time goes on."""
    assert not desk.ended
    for number in list(desk.out):
        desk.hear(Broke(number, "no answer"))
    desk.pass_time(max(PAUSES) + 2)


def test_an_archive_that_never_answers_is_asked_once_a_file_in_the_end() -> None:
    elsewhere = a_file("z.csv", 5, origin="https://other.example.org")
    names = [f"{number}.csv" for number in range(4 * CONNECTIONS)]
    desk = Desk(a_plan(*(a_file(name, 5) for name in names), elsewhere))
    while "z.csv" not in {fetch.file.filename for fetch in desk.out.values()}:
        lose(desk)
    desk.serve_file("z.csv")
    while not desk.ended:
        lose(desk)
    counted = Counter(name for name, _ in desk.asked)
    at_once = CONNECTIONS + 1
    assert [counted[name] for name in names[:at_once]] == [ATTEMPTS] * at_once
    assert {counted[name] for name in names[2 * at_once :]} == {1}
    assert desk.reasons()[-1] == ""
    check(desk)


def test_an_origin_that_has_answered_is_waited_for_before_its_later_files_are_given_up() -> None:
    desk = Desk(a_plan(*(a_file(f"{number}.csv", 5) for number in range(4 * CONNECTIONS))))
    while len(desk.reasons()) < CONNECTIONS:
        lose(desk)
    before = {name for name, _ in desk.asked}
    for _ in range(CONNECTIONS):
        desk.serve()
    later = next(name for name, _ in desk.asked if name not in before)
    since = desk.now
    while not desk.ended:
        lose(desk)
    assert [name for name, _ in desk.asked].count(later) >= ATTEMPTS
    assert desk.now > since + OUTAGE_SECONDS
    check(desk)


# -- when the person stops it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["asking", "reading", "pausing"])
@pytest.mark.parametrize("size", [100, LARGE])
def test_finish_now_closes_a_true_archive_of_what_is_there(stage: str, size: int) -> None:
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.dat", size), a_file("c.csv", 5)))
    desk.serve()
    if stage != "asking":
        desk.respond()
        desk.deliver(body_of("b.dat", size)[:50])
    if stage == "pausing":
        desk.break_off()
    desk.hear(Stopped(keep=True))
    assert desk.ended == "finished"
    assert desk.fetch is None
    assert desk.reasons() == ["", "stopped before it was fetched", "stopped before it was fetched"]
    check(desk)


def test_cancel_leaves_nothing_and_ends_the_request() -> None:
    desk = Desk(a_plan(a_file("a.dat", LARGE)))
    desk.respond()
    desk.deliver(body_of("a.dat", LARGE)[: 2**20])
    desk.hear(Stopped(keep=False))
    assert (desk.ended, desk.fetch, desk.transfer.state) == ("discarded", None, State.DISCARDED)


# -- progress -------------------------------------------------------------------------------------------------


def test_progress_counts_what_is_complete_and_under_way() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.csv", 7), a_file("c.csv", 9)))
    desk.serve()
    desk.respond(404)
    desk.respond()
    desk.deliver(b"123")
    progress = desk.transfer.progress()
    assert (progress.files_complete, progress.files_failed, progress.files) == (1, 1, 3)
    assert (progress.bytes_complete, progress.bytes) == (8, 21)
    assert (progress.current, progress.attempt, progress.waiting) == (
        "JWST/set/c.csv",
        1,
        Waiting.NOTHING,
    )
    desk.break_off()
    assert desk.transfer.progress().bytes_complete == 5
    desk.pass_time(PAUSES[0] + 1)
    desk.serve()
    assert desk.transfer.progress().current == ""


def test_an_answer_that_came_at_once_is_judged_as_one_in_pieces() -> None:
    whole = Desk(a_plan(*(a_file(f"{number}.fits", 3000) for number in range(9))))
    pieces = Desk(whole.plan)
    while whole.fetch and pieces.fetch:
        whole.serve_at_once(whole.fetch.file.filename)
        pieces.serve()
    for desk in (whole, pieces):
        check(desk)
    assert whole.written == pieces.written
    assert whole.asked == pieces.asked
    wrong = Desk(a_plan(a_file("a.fits", 20), a_file("b.csv", 20), a_file("c.csv", 20), a_file("d.csv", 20)))
    first = wrong.number
    wrong.hear(Came(first, 200, {"content-length": "20"}, b"<html>".ljust(20)))
    wrong.hear(Came(first + 1, 200, {"content-type": "text/html", "content-length": "20"}, bytes(20)))
    wrong.hear(Came(first + 2, 404, {}, b"no such file"))
    assert [bool(reason) for reason in wrong.reasons()] == [True, True, True]
    wrong.hear(Came(first + 3, 200, {}, b"short"))
    assert wrong.retrying


# -- whatever happens -----------------------------------------------------------------------------------------

SIZES = st.sampled_from([0, 1, 9, 2880, 4000])


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    names = draw(
        st.lists(st.sampled_from(["a.fits", "b.fits", "c.csv", "d.json", "e.html"]), min_size=1, unique=True)
    )
    files = []
    for name in names:
        size = draw(SIZES)
        changed: dict[str, object] = {}
        if draw(st.booleans()):
            changed["md5"] = hashlib.md5(body_of(name, size)).hexdigest()
        if draw(st.integers(0, 9)) == 0:
            changed |= {"url": None, "problem": "no address"}
        files.append(a_file(name, size, draw(st.sampled_from([ORIGIN, "https://b.example.org"])), **changed))
    return a_plan(*files)


HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content-length": st.one_of(SIZES.map(str), st.text(max_size=5)),
        "content-type": st.sampled_from(["text/html", "application/fits", "text/csv", ""]),
        "content-encoding": st.just("gzip"),
        "retry-after": st.one_of(st.integers(0, 400).map(str), st.text(max_size=8)),
        "last-modified": st.one_of(st.just("Wed, 04 Nov 2026 10:15:00 GMT"), st.text(max_size=30)),
        "date": st.text(max_size=30),
    },
)
STATUSES = st.sampled_from([200, 200, 200, 200, 404, 401, 429, 500, 503, 206, 304])
STEPS = st.one_of(
    st.tuples(st.just("respond"), STATUSES, HEADERS),
    st.tuples(st.just("good"), st.sampled_from([1, 7, 1000, 5000])),
    st.tuples(st.just("good"), st.sampled_from([1, 7, 1000, 5000])),
    st.tuples(st.just("bad"), st.binary(max_size=20)),
    st.tuples(st.just("end")),
    st.tuples(st.just("whole"), STATUSES, HEADERS, st.sampled_from([0, 7, 5000])),
    st.tuples(st.just("break")),
    st.tuples(st.just("time"), st.sampled_from([1, 2, 9, 46])),
    st.tuples(st.just("late"), st.integers(1, 3)),
    st.tuples(st.just("serve")),
)


def play(desk: Desk, steps: Sequence[tuple[object, ...]]) -> None:
    """Let the network do all this, in so far as it can at that moment."""
    position: dict[int, int] = {}
    for step in steps:
        if desk.ended:
            return
        number = desk.number if desk.fetch else -1
        match step:
            case ("respond", int(status), dict(headers)) if desk.fetch:
                if position.setdefault(number, -1) < 0:
                    position[number] = 0
                    desk.hear(Responded(number, status, headers))
            case ("good", int(length)) if desk.fetch and position.get(number, -1) >= 0:
                start = position[number]
                piece = body_of(desk.fetch.file.filename, desk.fetch.file.size)[start : start + length]
                position[number] = start + len(piece)
                desk.hear(Arrived(number, piece))
            case ("bad", bytes(data)) if desk.fetch and position.get(number, -1) >= 0:
                position[number] += len(data)
                desk.hear(Arrived(number, data))
            case ("end",) if desk.fetch:
                desk.end()
            case ("break",) if desk.fetch:
                desk.break_off()
            case ("time", int(seconds)):
                desk.pass_time(seconds)
            case ("late", int(back)) if number > back and number - back not in desk.out:
                # News of a request that is long over.
                for event in (
                    Responded(number - back, 200, {}),
                    Arrived(number - back, b"x"),
                    Ended(number - back),
                ):
                    assert desk.transfer.receive(event) == []
            case ("serve",) if desk.fetch and number not in position:
                desk.serve()
            case ("whole", int(status), dict(headers), int(length)) if desk.fetch and number not in position:
                file, start = desk.fetch.file, desk.fetch.start
                desk.hear(Came(number, status, headers, body_of(file.filename, file.size)[start:][:length]))


@pytest.mark.parametrize("held", [HELD_BYTES, 100])
@settings(deadline=None)
@given(made=plans(), steps=st.lists(STEPS, max_size=60))
def test_whatever_happens_archive_manifest_and_outcomes_agree(
    held: int, made: Plan, steps: list[tuple[object, ...]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        # Small limits make large files cheap; the rule that they follow is the same.
        patch.setattr(fetching, "HELD_BYTES", held)
        desk = Desk(made)
        play(desk, steps)
        # Four attempts a file, and for an archive that is out a quarter of an hour in steps of five minutes.
        for _ in range(ATTEMPTS * len(made.files) + 1 + 8):
            if desk.ended:
                break
            if desk.fetch is None:
                desk.pass_time(LONGEST_PAUSE + 2)
            else:
                desk.break_off()
        assert desk.ended == "finished", "the download finishes by itself"
        complete = [
            (file, desk.transfer.outcomes[index])
            for index, file in enumerate(made.files)
            if not desk.transfer.outcomes[index].reason
        ]
        root = made.root
        with desk.archive() as archive:
            assert archive.testzip() is None
            told = statuses(archive.read(f"{root}/{manifest.NAME}"))
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            for file, _ in complete:
                content = archive.read(f"{root}/{file.path}")
                assert content == desk.delivered[file.filename]
                assert file.md5 is None or hashlib.md5(content).hexdigest() == file.md5
                assert not file.filename.endswith(".fits") or content[:9] == b"SIMPLE  ="[: file.size]
        beside = [f"{root}/{name}" for name in (manifest.DOCUMENT_NAME, manifest.NAME)]
        assert sizes == {f"{root}/": 0, **{name: sizes[name] for name in beside}} | {
            f"{root}/{file.path}": file.size for file, _ in complete
        }
        assert set(told.values()) == {
            f"FAILED: {outcome.reason}" if outcome.reason else "OK" for outcome in desk.transfer.outcomes
        }
        assert len(desk.transfer.outcomes) == len(made.files)


def stop(desk: Desk, keep: bool) -> str:
    desk.hear(Stopped(keep))
    assert desk.ended == ("finished" if keep else "discarded")
    return desk.ended


@settings(deadline=None)
@given(made=plans(), steps=st.lists(STEPS, max_size=30), keep=st.booleans())
def test_a_stop_at_any_moment_ends_it(made: Plan, steps: list[tuple[object, ...]], keep: bool) -> None:
    desk = Desk(made)
    play(desk, steps)
    ended = desk.ended or stop(desk, keep)
    assert desk.fetch is None
    if ended == "finished":
        with desk.archive() as archive:
            assert archive.testzip() is None
        assert len(desk.transfer.outcomes) == len(made.files)


def test_outcomes_are_told_only_of_files_that_have_ended() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.csv", 5)))
    desk.serve()
    assert desk.transfer.outcomes == [Outcome()]


def test_a_path_that_no_archive_can_hold_is_an_error_of_the_plan() -> None:
    desk = Desk(a_plan(a_file("a.csv", 5, path="JWST/../a.csv")))
    with pytest.raises(OverlayError, match="name"):
        desk.serve()


def lose_each(desk: Desk, *names: str) -> None:
    """The requests for these files break without an answer."""
    for name in names:
        desk.hear(Broke(desk.number_of(name), "No connection."))


def three_of_one_archive() -> Desk:
    desk = Desk(a_plan(*(a_file(f"{name}.csv", 5) for name in "abc")))
    desk.serve_file("a.csv")
    lose_each(desk, "b.csv", "c.csv")
    return desk


def test_an_archive_that_is_gone_is_waited_for_and_the_download_goes_on_by_itself() -> None:
    desk = three_of_one_archive()
    assert desk.transfer.progress().waiting is Waiting.ARCHIVE
    assert desk.transfer.progress().seconds == FIRST_PROBE
    asked = len(desk.asked)
    while desk.now < 100 + 600:
        desk.pass_time(1)
        if desk.out:
            assert len(desk.out) == 1, "one file is enough to find out"
            lose_each(desk, *(fetch.file.filename for fetch in list(desk.out.values())))
    assert 8 < len(desk.asked) - asked < 20, "probes come ever more slowly"
    assert {name for name, _ in desk.asked[asked:]} == {"b.csv", "c.csv"}
    lost = desk.now
    while not desk.out:
        desk.pass_time(1)
    assert desk.now <= lost + LONGEST_PROBE + 1
    while not desk.ended:
        desk.serve()
    assert desk.reasons() == ["", "", ""]
    check(desk)


def test_an_archive_that_is_gone_for_long_is_given_up() -> None:
    desk = three_of_one_archive()
    while not desk.ended and desk.now < 100 + 3 * OUTAGE_SECONDS:
        desk.pass_time(1)
        lose_each(desk, *(fetch.file.filename for fetch in list(desk.out.values())))
    assert desk.now > 100 + OUTAGE_SECONDS
    assert desk.reasons()[0] == ""
    assert all("No connection." in reason for reason in desk.reasons()[1:])
    check(desk)


def test_a_file_that_breaks_while_others_come_is_no_outage() -> None:
    desk = Desk(a_plan(*(a_file(f"{name}.csv", 5) for name in "abcd")))
    desk.serve_file("a.csv")
    lose_each(desk, "b.csv")
    desk.serve_file("c.csv")
    lose_each(desk, "d.csv")
    assert desk.transfer.progress().waiting is Waiting.RETRY


def last_that_broke() -> Desk:
    """Nothing is left but a file of which a part has come."""
    desk = Desk(a_plan(a_file("a.csv", 5), a_file("b.csv", LARGE)))
    desk.serve_file("a.csv")
    desk.respond(etag='"b"')
    desk.deliver(body_of("b.csv", LARGE)[: 2**20])
    lose_each(desk, "b.csv")
    while desk.transfer.progress().waiting is not Waiting.ARCHIVE and not desk.ended:
        desk.pass_time(1)
        lose_each(desk, *(fetch.file.filename for fetch in list(desk.out.values())))
    return desk


def test_the_last_file_waits_for_its_archive_too_and_goes_on_where_it_was() -> None:
    desk = last_that_broke()
    for _ in range(600):
        desk.pass_time(1)
        lose_each(desk, *(fetch.file.filename for fetch in list(desk.out.values())))
    assert not desk.ended
    while not desk.out:
        desk.pass_time(1)
    (fetch,) = desk.out.values()
    assert fetch.start == 2**20


def test_the_last_file_is_given_up_with_its_archive() -> None:
    desk = last_that_broke()
    while not desk.ended and desk.now < 100 + 3 * OUTAGE_SECONDS:
        desk.pass_time(1)
        lose_each(desk, *(fetch.file.filename for fetch in list(desk.out.values())))
    assert desk.now > 100 + OUTAGE_SECONDS
    assert "No connection." in desk.reasons()[1]
    check(desk)


def test_the_line_that_is_back_ends_the_wait_for_the_archive() -> None:
    desk = three_of_one_archive()
    desk.hear(LineChanged(online=False))
    desk.hear(LineChanged(online=True))
    assert len(desk.out) == 1


def test_connections_that_an_overload_took_come_back_one_by_one() -> None:
    origins = Origins({"a": 8}, 6)
    origins.ticked(0.0)
    origins.overloaded("a", 0.0)
    origins.overloaded("a", 0.0)
    assert origins.cap("a") == 2
    caps = []
    for second in range(1, 300):
        origins.ticked(float(second))
        caps.append(origins.cap("a"))
    assert sorted(set(caps)) == [2, 3, 4, 5, 6, 7, 8] == list(dict.fromkeys(caps))
    assert caps.count(3) == EASED_SECONDS
    assert caps[-1] == 8


def test_who_may_have_one_connection_has_no_more_after_an_overload() -> None:
    origins = Origins({"a": 1}, 6)
    origins.ticked(0.0)
    origins.overloaded("a", 0.0)
    origins.ticked(EASED_SECONDS)
    assert origins.cap("a") == 1


def test_a_new_overload_halves_what_has_come_back() -> None:
    origins = Origins({}, 6)
    origins.ticked(0.0)
    origins.overloaded("a", 0.0)
    origins.ticked(EASED_SECONDS)
    assert origins.cap("a") == 4
    origins.overloaded("a", 0.0)
    assert origins.cap("a") == 2
    for second in range(31, 400):
        origins.ticked(float(second))
    assert origins.cap("a") == 6


def test_the_manifest_is_written_in_steps_and_can_still_be_given_up() -> None:
    desk = Desk(a_plan(a_file("a.csv", 1)), calls_back=False)
    desk.serve()
    assert not desk.ended
    assert desk.transfer.receive(Ticked(1e9)) == []
    assert CallBack() in desk.transfer.receive(CalledBack())
    assert desk.transfer.receive(Stopped(keep=True)) == []
    assert desk.transfer.receive(Stopped(keep=False)) == [Discard()]
    assert desk.transfer.state is State.DISCARDED


def test_a_manifest_that_is_too_long_to_be_held_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def written() -> bytes:
        desk = Desk(a_plan(*(a_file(f"a{n}.dat", 9) for n in range(3))))
        for _ in range(3):
            desk.serve()
        check(desk)
        return bytes(desk.written)

    held = written()
    monkeypatch.setattr("pycore.transfer.engine.MANIFEST_BYTES", 600)
    assert written() == held


def test_the_manifest_tells_how_each_file_was_had() -> None:
    due = hashlib.sha256(body_of("a.csv", 5)).hexdigest()
    desk = Desk(
        a_plan(
            a_file("a.csv", 5, sha256=due),
            a_file("b.fits", LARGE),
        )
    )
    desk.pass_time(2)
    lose_each(desk, "a.csv")
    desk.pass_time(PAUSES[0] + 1)
    desk.serve_file("a.csv", etag='"one"')
    desk.serve_file("b.fits", last_modified="Wed, 04 Nov 2026 10:15:00 GMT")
    first, second = [outcome.fetched for outcome in desk.transfer.outcomes]
    assert first is not None
    assert second is not None
    assert (first.attempts, first.begun_ms, first.version) == (2, BEGUN, '"one"')
    assert first.seconds == desk.now - 100
    assert first.crc32 == zlib.crc32(body_of("a.csv", 5))
    assert first.checksum == f"sha256:{desk.plan.files[0].sha256}"
    assert (second.version, second.checksum) == ("Wed, 04 Nov 2026 10:15:00 GMT", "")
    assert second.crc32 == zlib.crc32(body_of("b.fits", LARGE))
    with desk.archive() as archive:
        told = json.loads(archive.read(f"{desk.plan.root}/{manifest.DOCUMENT_NAME}"))
        entry = archive.getinfo(f"{desk.plan.root}/JWST/set/a.csv")
    assert told["rows"][0]["crc32"] == f"{entry.CRC:08x}"
    assert told["rows"][0]["attempts"] == 2
