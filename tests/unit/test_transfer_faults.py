"""Random faults against an archive whose files change: a member is all of one version, or it is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pycore import manifest
from pycore.plan import Plan
from pycore.transfer import (
    Arrived,
    Broke,
    Came,
    Ended,
    LineChanged,
    Paused,
    Responded,
    Resumed,
    Stopped,
    TokenChecked,
    TokenGivenUp,
    TokenRenewed,
    engine,
    fetching,
)
from pycore.transfer.retry import LONGEST_PAUSE
from tests.unit.transfer_desk import Desk, a_file, a_plan, statuses

OTHER = "https://b.example.org"
MODIFIED = ("Wed, 04 Nov 2026 10:15:00 GMT", "Thu, 05 Nov 2026 10:15:00 GMT")
STYLES = ("etag", "modified", "both", "weak", "none")


@dataclass(frozen=True)
class Kept:
    """A file of the archive: two versions, and what the archive tells of them."""

    sizes: tuple[int, int]
    style: str

    def body(self, version: int) -> bytes:
        letter = b"AB"[version : version + 1]
        return (letter * 7 + b"-") * (self.sizes[version] // 8) + letter * (self.sizes[version] % 8)

    def validators(self, version: int) -> dict[str, str]:
        etag, modified = {"etag": f'"{version}"'}, {"last-modified": MODIFIED[version]}
        weak = {"etag": 'W/"same"'}
        return {"etag": etag, "modified": modified, "both": etag | modified, "weak": weak, "none": {}}[
            self.style
        ]


@dataclass
class Answer:
    """An answer that is on its way: which version, and the next byte of it."""

    version: int
    at: int


@dataclass
class World:
    """An archive that answers as it is told, always truly in what it says of versions and parts."""

    desk: Desk
    kept: dict[str, Kept]
    version: dict[str, int] = field(default_factory=dict)
    answers: dict[int, Answer] = field(default_factory=dict)
    checked: int = 0

    def picked(self, pick: int) -> int | None:
        numbers = sorted(self.desk.out)
        return numbers[pick % len(numbers)] if numbers else None

    def respond(self, number: int, mode: str) -> None:
        if number in self.answers:
            return
        fetch = self.desk.out[number]
        name = fetch.file.filename
        kept, version = self.kept[name], self.version.get(name, 0)
        body = kept.body(version)
        if mode.isdigit():
            retry = {"retry-after": "3"} if mode == "429" else {}
            self.desk.hear(Responded(number, int(mode), retry))
            return
        start = 0 if mode == "ignore-range" else fetch.start
        if fetch.start and start >= len(body):
            self.desk.hear(Responded(number, 416, {}))
            return
        if start and mode == "wrong-range":
            start -= 1
        headers = kept.validators(version)
        if mode != "no-length":
            headers["content-length"] = str(len(body) - start)
        if start and mode != "hidden":
            headers["content-range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        partial = fetch.start > 0 and mode != "ignore-range"
        self.answers[number] = Answer(version, start)
        self.desk.hear(Responded(number, 206 if partial else 200, headers))

    def piece(self, number: int, length: int) -> None:
        answer = self.answers.get(number)
        # An answer that is no good is dropped as soon as it is heard.
        if answer is None or number not in self.desk.out:
            return
        body = self.kept[self.desk.out[number].file.filename].body(answer.version)
        data = body[answer.at : answer.at + length]
        answer.at += len(data)
        self.desk.hear(Arrived(number, data))

    def serve(self, number: int) -> None:
        """All of an answer, to its end."""
        self.respond(number, "good")
        while number in self.desk.out:
            answer = self.answers[number]
            if answer.at >= len(self.kept[self.desk.out[number].file.filename].body(answer.version)):
                self.desk.hear(Ended(number))
                return
            self.piece(number, 97)

    def come(self, number: int) -> None:
        """All of an answer, as one piece of news."""
        if number in self.answers:
            return
        fetch = self.desk.out[number]
        kept, version = self.kept[fetch.file.filename], self.version.get(fetch.file.filename, 0)
        body = kept.body(version)
        if fetch.start and fetch.start >= len(body):
            self.desk.hear(Came(number, 416, {}, b""))
            return
        headers = {**kept.validators(version), "content-length": str(len(body) - fetch.start)}
        if fetch.start:
            headers["content-range"] = f"bytes {fetch.start}-{len(body) - 1}/{len(body)}"
        self.desk.hear(Came(number, 206 if fetch.start else 200, headers, body[fetch.start :]))

    def answer_checks(self, alive: bool) -> None:
        while self.checked < self.desk.checks:
            self.checked += 1
            self.desk.hear(TokenChecked(alive))

    def interrupt(self, number: int, length: int, change: bool, mode: str) -> None:
        """A break after so many bytes, and an answer of this kind to the request that follows; then all is well."""
        name = self.desk.out[number].file.filename
        self.respond(number, "good")
        self.piece(number, length)
        if number in self.desk.out:
            self.desk.hear(Broke(number, "broke"))
        if change:
            self.version[name] = 1
        for _ in range(20):
            again = next((n for n, fetch in self.desk.out.items() if fetch.file.filename == name), None)
            if again is not None:
                self.respond(again, mode)
            if again in self.desk.out and again in self.answers:
                self.serve(again)
            if self.desk.ended or again is not None:
                return
            self.desk.pass_time(1)

    def step(self, kind: str, pick: int, arg: object) -> None:
        number = self.picked(pick)
        match kind, arg:
            case "respond", str(mode) if number is not None:
                self.respond(number, mode)
            case "piece", int(length) if number is not None:
                self.piece(number, length)
            case "interrupt", (int(length), bool(change), str(mode)) if number is not None:
                if number not in self.answers:
                    self.interrupt(number, length, change, mode)
            case "serve", _ if number is not None:
                self.serve(number)
            case "come", _ if number is not None:
                self.come(number)
            case "break", bool(offline) if number is not None:
                self.desk.hear(Broke(number, "broke", offline))
            case "end", _ if number is not None:
                self.desk.hear(Ended(number))
            case "change", _:
                name = sorted(self.kept)[pick % len(self.kept)]
                self.version[name] = 1
            case "time", int(seconds):
                self.desk.pass_time(seconds)
            case "checked", bool(alive):
                self.answer_checks(alive)
            case "line", bool(online):
                self.desk.hear(LineChanged(online))
            case "wish", Paused() | Resumed() | TokenRenewed() | TokenGivenUp():
                self.desk.hear(arg)


@st.composite
def archives(draw: st.DrawFn) -> tuple[Plan, dict[str, Kept]]:
    kept: dict[str, Kept] = {}
    files = []
    for index in range(draw(st.integers(1, 9))):
        size = draw(st.sampled_from([0, 1, 60, 99, 100, 101, 400, 900]))
        other = draw(st.sampled_from([size, size, max(0, size - 20), size + 30]))
        name = f"{index}.dat"
        kept[name] = Kept((size, other), draw(st.sampled_from(STYLES)))
        token = draw(st.booleans())
        where = draw(st.sampled_from(["https://archive.example.org", OTHER]))
        files.append(a_file(name, size, where, exclusive=token, with_token=token))
    made = a_plan(*files)
    caps = draw(st.dictionaries(st.sampled_from(["https://archive.example.org", OTHER]), st.integers(1, 3)))
    return Plan(
        made.root,
        made.structure,
        made.files,
        made.user,
        made.signed_in,
        caps,
        as_it_is=draw(st.booleans()),
    ), kept


MODES = st.sampled_from(
    [
        "good",
        "good",
        "good",
        "ignore-range",
        "wrong-range",
        "hidden",
        "no-length",
        "429",
        "500",
        "401",
        "416",
        "404",
    ]
)
PICKS = st.integers(0, 5)
STEPS = st.one_of(
    st.tuples(st.just("respond"), PICKS, MODES),
    st.tuples(st.just("respond"), PICKS, MODES),
    st.tuples(st.just("piece"), PICKS, st.sampled_from([1, 30, 100, 500, 1000])),
    st.tuples(st.just("piece"), PICKS, st.sampled_from([30, 100, 500, 1000])),
    st.tuples(
        st.just("interrupt"), PICKS, st.tuples(st.sampled_from([1, 30, 90, 300]), st.booleans(), MODES)
    ),
    st.tuples(st.just("serve"), PICKS, st.none()),
    st.tuples(st.just("come"), PICKS, st.none()),
    st.tuples(st.just("break"), PICKS, st.sampled_from([False, False, False, True])),
    st.tuples(st.just("end"), PICKS, st.none()),
    st.tuples(st.just("change"), PICKS, st.none()),
    st.tuples(st.just("time"), PICKS, st.sampled_from([1, 3, 15, 46])),
    st.tuples(st.just("checked"), PICKS, st.booleans()),
    st.tuples(st.just("wish"), PICKS, st.sampled_from([Paused(), Resumed(), TokenRenewed(), TokenGivenUp()])),
    st.tuples(st.just("line"), PICKS, st.booleans()),
)
Steps = list[tuple[str, int, object]]


def played(made: Plan, kept: dict[str, Kept], steps: Sequence[tuple[str, int, object]]) -> World:
    world = World(Desk(made), kept)
    for kind, pick, arg in steps:
        if not world.desk.ended:
            world.step(kind, pick, arg)
    return world


def finish(world: World) -> None:
    """From now on all is well."""
    desk = world.desk
    for event in (Resumed(), LineChanged(True), TokenRenewed()):
        if not desk.ended:
            desk.hear(event)
    for _ in range(40 * len(world.kept) + 40):
        if desk.ended:
            return
        world.answer_checks(alive=True)
        number = world.picked(0)
        if number is not None:
            world.serve(number)
        elif not desk.ended:
            desk.pass_time(LONGEST_PAUSE + 2 if desk.retrying else 2)
    raise AssertionError("it ends by itself")


def judge(world: World, made: Plan) -> None:
    """Archive, outcomes and manifest tell one story, and every member is one version of its file."""
    outcomes = world.desk.transfer.outcomes
    assert len(outcomes) == len(made.files)
    with world.desk.archive() as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        there = [f for f, o in zip(made.files, outcomes, strict=True) if not o.reason]
        assert names == [
            f"{made.root}/",
            *(f"{made.root}/{file.path}" for file in there),
            f"{made.root}/{manifest.DOCUMENT_NAME}",
            f"{made.root}/{manifest.NAME}",
        ]
        told = statuses(archive.read(names[-1]))
        for file, outcome in zip(made.files, outcomes, strict=True):
            if outcome.reason:
                assert told[file.path] == f"FAILED: {outcome.reason}"
                continue
            kept, content = world.kept[file.filename], archive.read(f"{made.root}/{file.path}")
            assert content in (kept.body(0), kept.body(1))
            assert (outcome.other_size is None) == (len(content) == file.size)
            assert outcome.other_size is None or made.as_it_is
            assert (told[file.path] == "OK") == (len(content) == file.size)


@settings(deadline=None)
@given(archive=archives(), steps=st.lists(STEPS, max_size=70))
def test_whatever_happens_each_member_is_one_version_of_its_file(
    archive: tuple[Plan, dict[str, Kept]], steps: Steps
) -> None:
    made, kept = archive
    with pytest.MonkeyPatch.context() as patch:
        # Small limits make large files cheap; the rules that they follow are the same.
        patch.setattr(fetching, "HELD_BYTES", 100)
        patch.setattr(fetching, "WORTH_BYTES", 50)
        patch.setattr(engine, "AHEAD_BYTES", 200)
        patch.setattr(engine, "AHEAD_FILES", 4)
        world = played(made, kept, steps)
        if not world.desk.ended:
            finish(world)
        judge(world, made)
        assert world.desk.out == {}


@settings(deadline=None)
@given(archive=archives(), steps=st.lists(STEPS, max_size=40), keep=st.booleans())
def test_a_stop_at_any_moment_leaves_a_true_archive_or_none(
    archive: tuple[Plan, dict[str, Kept]], steps: Steps, keep: bool
) -> None:
    made, kept = archive
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetching, "HELD_BYTES", 100)
        world = played(made, kept, steps)
        if not world.desk.ended:
            world.desk.hear(Stopped(keep))
            assert world.desk.ended == ("finished" if keep else "discarded")
        assert world.desk.out == {}
        if world.desk.ended == "finished":
            judge(world, made)
