from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore import messages as m
from pycore.pattern import PLAIN, PatternField, Precision, Target, glob_translation
from pycore.selection import Quick
from tests.unit.builders import row
from tests.unit.desk import CAL, MOSAIC, POOL, UNCAL, desk, read_list


class TestField:
    def test_no_pattern_lets_everything_through(self) -> None:
        assert PatternField().matching is None

    def test_a_typed_pattern_runs_and_is_in_force_when_it_has_matched(self) -> None:
        typed = PatternField().retyped("_cal")
        assert (typed.running, typed.in_force, typed.matching) == (True, "", None)
        done = typed.matched(typed.run, 0b101)
        assert (done.running, done.in_force, done.matching, done.error) == (False, "_cal", 0b101, "")

    def test_an_invalid_pattern_leaves_the_last_valid_one_in_force(self) -> None:
        field = PatternField().retyped("_cal").matched(1, 0b101).retyped("_cal(")
        assert (field.in_force, field.matching, field.running) == ("_cal", 0b101, True)
        refused = field.refused(field.run, "Unterminated group")
        assert (refused.typed, refused.in_force, refused.matching) == ("_cal(", "_cal", 0b101)
        assert (refused.error, refused.running) == ("Unterminated group", False)

    def test_the_next_text_takes_the_error_away(self) -> None:
        field = PatternField().retyped("(").refused(1, "Unterminated group").retyped("(a)")
        assert field.error == ""

    def test_an_empty_field_lifts_the_filter_at_once(self) -> None:
        field = PatternField().retyped("a").matched(1, 1).retyped("")
        assert (field.in_force, field.matching, field.running, field.error) == ("", None, False, "")

    def test_answers_to_older_runs_count_no_more(self) -> None:
        field = PatternField().retyped("a").retyped("ab")
        assert field.matched(1, 0b1) == field
        assert field.refused(1, "no") == field
        assert field.matched(2, 0b1).in_force == "ab"

    def test_an_answer_after_the_field_was_emptied_counts_no_more(self) -> None:
        field = PatternField().retyped("a").retyped("")
        assert field.matched(1, 0b1) == field

    @given(
        st.lists(
            st.tuples(st.sampled_from(["type", "match", "refuse"]), st.integers(0, 3), st.sampled_from("ab("))
        )
    )
    def test_what_is_in_force_was_typed_and_has_matched(self, steps: list[tuple[str, int, str]]) -> None:
        field, typed = PatternField(), {0: ""}
        for what, back, text in steps:
            run = field.run - back
            if what == "type":
                field = field.retyped(text)
                typed[field.run] = text
            elif what == "match":
                field = field.matched(run, run)
            else:
                field = field.refused(run, "no")
            assert (field.matching is None) == (field.in_force == "")
            assert field.in_force == "" or typed[field.matching or 0] == field.in_force
            assert not (field.running and field.error)


class TestPrecision:
    def test_of_the_plain_field_nothing_is_told(self) -> None:
        assert (str(PLAIN), PLAIN.flags) == ("", "")
        assert PatternField().retyped("_cal").matched(1, 1).told() == "_cal"
        assert PatternField().told() == ""

    def test_how_a_pattern_is_meant_is_told_of_the_one_in_force(self) -> None:
        field = PatternField().meant(Precision(True, True, Target.URI)).retyped("_cal")
        assert field.told() == ""
        field = field.matched(field.run, 1)
        assert field.told() == "_cal (upper and lower case alike, what does not match, by URI)"
        assert field.meant(PLAIN).told() == field.told()
        assert field.meant(PLAIN).refused(field.run + 1, "no").precision_in_force == field.precision_in_force

    def test_meant_otherwise_it_runs_again_and_an_empty_field_does_not(self) -> None:
        field = PatternField().retyped("a").matched(1, 1).meant(Precision(ignore_case=True))
        assert (field.running, field.run, field.matching) == (True, 2, 1)
        empty = PatternField().meant(Precision(invert=True))
        assert (empty.running, empty.precision.invert) == (False, True)
        assert empty.retyped("").precision.invert


class TestOnThePanel:
    def matching(self, pattern: str, *meant: m.Message) -> set[str]:
        at = desk()
        at.hear(m.QuickSelected(Quick.ALL), *meant)
        at.filter(pattern)
        return at.selected

    def test_case_counts_unless_it_is_to_be_ignored(self) -> None:
        assert self.matching("CAL") == set()
        assert self.matching("_CAL", m.IgnoreCaseTicked(True)) == {CAL}

    def test_inverted_it_takes_what_does_not_match(self) -> None:
        assert self.matching("cal", m.InvertTicked(True)) == {POOL, MOSAIC}

    def test_by_dataset_a_file_matches_by_any_that_it_stands_in(self) -> None:
        by = m.TargetChosen(Target.DATASET)
        assert self.matching("_00002_", by) == {POOL}
        assert self.matching("_00002_", by, m.InvertTicked(True)) == {CAL, UNCAL, MOSAIC}
        assert self.matching("^jw01001-o001", by) == {MOSAIC}

    def test_by_uri_it_is_the_lists_or_the_manifests(self) -> None:
        at = desk(
            read_list(
                [
                    row("a.fits", "d1", level="3", suffix="s", uri="d1/a.fits"),
                    row("b.fits", "d1", level="3", suffix="s"),
                ],
                mission="JWST",
            )
        )
        at.hear(m.QuickSelected(Quick.ALL), m.TargetChosen(Target.URI))
        at.filter("^d1/")
        assert at.selected == {"a.fits"}
        at.filter("^mast:JWST/product/")
        assert at.selected == {"b.fits"}
        assert "1 file, 2.9 kB match by URI" in at.page.one("p", id="regex-state").text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("*.fits", r"\.fits$"),
        ("*_cal.fits", r"_cal\.fits$"),
        ("jw*_cal.fits", r"^jw.*_cal\.fits$"),
        ("jw01001*", r"^jw01001"),
        ("*rate*", "rate"),
        ("?w01*", r"^.w01"),
        ("*_00[12]_*.fits", r"_00[12]_.*\.fits$"),
        ("*[!a].fits", r"[^a]\.fits$"),
        ("*+a{1}/b.fits", r"\+a\{1\}\/b\.fits$"),
        ("*[.fits", r"\[\.fits$"),
        ("*", ".*"),
        ("**", ".*"),
        ("*.*", r"\."),
        ("*_00[12]*", "_00[12]"),
        ("*.{fits,csv}", r"\.(fits|csv)$"),
        ("*.{fits,csv}*", r"\.(fits|csv)"),
        ("jw*_{rate,c?l*}.fits", r"^jw.*_(rate|c.l.*)\.fits$"),
        ("{jw,hst}*{,_a.b}.fits", r"^(jw|hst).*(|_a\.b)\.fits$"),
        ("*{1,2}.fits", r"(1|2)\.fits$"),
    ],
)
def test_a_glob_is_translated(text: str, meant: str) -> None:
    assert glob_translation(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("*_cal.fits$", "_cal.fits$"),
        (r"*_cal\.fits$", r"_cal\.fits$"),
        ("*(cal|rate)", "(cal|rate)"),
        ("**^jw.*", "^jw.*"),
        ("?_cal$", "_cal$"),
        (r"*_\d+{1,2}", r"_\d+{1,2}"),
        (r"*\.{fits,csv}$", r"\.(fits|csv)$"),
        # What ends with a wildcard too would, as a repetition, let everything through.
        ("*(cal|rate)*", "(cal|rate)"),
        ("*_(cal|rate)[12]*", "_(cal|rate)[12]"),
    ],
)
def test_a_regular_expression_that_begins_with_a_wildcard_is_offered_without_it(
    text: str, meant: str
) -> None:
    assert glob_translation(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        *("*(cal", "*cal|rate)", "*[ab(c)", "*+(cal)", "*(*cal)", "*(cal)**(rate)", "*_cal$|*", "*cal\\"),
        *("*.{fits,{csv,txt}}", "*.{fits,csv", "*.fits,csv}", "*}a{", "*{(cal){1,2}", "*{a}}"),
    ],
)
def test_what_would_be_refused_again_is_not_offered(text: str) -> None:
    assert glob_translation(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        *("", "_cal", r"_cal\.fits$", "fits$", "(fits|asdf)$", r"(?<!fits|asdf)$", "seg00[123]"),
        *("seg00[^9]", "_[a-z]+ints", "jwst.*file", "jwst.+file", "jwst.file", "[ab]*c", "(ab)*c"),
        *("ab?c", "a{2}*", "a{1,2}", "(ab){1,2}.*"),
    ],
)
def test_what_may_be_meant_as_a_regular_expression_gets_no_hint(text: str) -> None:
    assert glob_translation(text) == ""


def expanded(glob: str) -> list[str]:
    """The globs without braces that a glob with them stands for."""
    found = re.search(r"\{([^{}]*,[^{}]*)\}", glob)
    if not found:
        return [glob]
    before, after = glob[: found.start()], glob[found.end() :]
    return [each for choice in found[1].split(",") for each in expanded(f"{before}{choice}{after}")]


_PIECES = st.one_of(
    st.text("ab.*?_[]!-+", max_size=4), st.sampled_from(["{a,b}", "{_,a?,}", "{*.a,b}", "{b}"])
)


@given(
    st.lists(_PIECES, min_size=1, max_size=4).map("".join),
    st.lists(st.text("ab._-+", max_size=8), max_size=20),
)
def test_a_translation_matches_what_the_glob_would(text: str, candidates: list[str]) -> None:
    meant = glob_translation(text)
    # Ranges in a class and a stray bracket are where shells differ among themselves; “.+” is no glob's.
    if meant and not any(mark in text for mark in ("[", "]", ".+")):
        for name in candidates:
            assert bool(re.search(meant, name)) == any(
                fnmatch.fnmatchcase(name, each) for each in expanded(text)
            )


@given(st.text("*?ab.()[]{},|+^$", min_size=1, max_size=10))
def test_what_is_offered_begins_with_no_wildcard(text: str) -> None:
    assert not glob_translation(text).startswith(("*", "?", "+"))
