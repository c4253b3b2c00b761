"""The astroquery snippet, read by Python: every name is one literal, and each file has one call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pycore.missions.profile import Profiles
from pycore.plan import Plan
from pycore.scripts.astroquery import astroquery_snippet
from pycore.scripts.lines import About
from tests.archive.server import ArchiveServer
from tests.contract.selection import ABOUT, HOSTILE, plan_at


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        yield server


def about(archive: ArchiveServer) -> About:
    return replace(ABOUT, profiles=Profiles({"missions": {"JWST": {"archive": {"origin": archive.origin}}}}))


def calls(plan: Plan, archive: ArchiveServer) -> list[list[object]]:
    """The arguments of the calls that stand by themselves, which must be names and literals alone."""
    text = "".join(astroquery_snippet(plan, about(archive)))
    assert text.isascii()
    found = []
    for statement in ast.parse(text, feature_version=(3, 8)).body:
        if isinstance(statement, ast.Expr):
            assert isinstance(statement.value, ast.Call)
            if isinstance(statement.value.func, ast.Name):
                assert statement.value.func.id == "fetch"
                variable, *words = statement.value.args
                assert isinstance(variable, ast.Name)
                found.append([ast.literal_eval(word) for word in words])
    return found


def test_each_file_is_asked_for_by_its_uri_and_put_in_its_place(archive: ArchiveServer) -> None:
    plan = plan_at(archive)
    assert calls(plan, archive) == [
        [f"jw1/{name}", f"{plan.root}/{file.path}"] for name, file in zip(HOSTILE, plan.files, strict=True)
    ]


def test_who_must_sign_in_is_asked_to_and_who_need_not_is_not(archive: ArchiveServer) -> None:
    public, exclusive = plan_at(archive, ["a.fits"]), plan_at(archive, [], exclusive=["mine.fits"])
    assert ".login()" not in "".join(astroquery_snippet(public, about(archive)))
    assert "mission_1.login()" in "".join(astroquery_snippet(exclusive, about(archive)))


def test_a_file_that_stands_elsewhere_is_left_out_and_told(archive: ArchiveServer) -> None:
    plan = plan_at(archive, ["a.fits", "b.fits"])
    away = replace(plan.files[1], url="https://other.example.org/b.fits")
    plan = replace(plan, files=(plan.files[0], away))
    text = "".join(astroquery_snippet(plan, about(archive)))
    assert "# Left out: JWST/jw1/b.fits: astroquery cannot be told its address" in text
    assert len(calls(plan, archive)) == 1
