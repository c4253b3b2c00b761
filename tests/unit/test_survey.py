"""What is known before a download's question, and that a long selection is looked at in short steps."""

from __future__ import annotations

from pycore import messages as m
from pycore.effects import Focus, Probe, StopWork, Work
from pycore.plan import FILES_A_STEP
from pycore.selection import Quick
from pycore.state import Stage
from pycore.survey import SHOWN, survey
from tests.unit.builders import CLICK, outcome, plan, row
from tests.unit.desk import Desk, desk, read_list

MANY = 3 * FILES_A_STEP
ROWS = [row(f"f{number:05}.fits", f"d{number // 10:04}") for number in range(MANY)]


def asked(at: Desk) -> Work:
    (order,) = at.hear(m.QuickSelected(Quick.ALL), m.DownloadAsked(CLICK))
    assert isinstance(order, Work)
    return order


class TestLookingAtManyFiles:
    def test_it_tells_how_far_it_is_and_ends_in_the_question(self) -> None:
        at = desk(read_list(ROWS, mission="LAB"))
        order = asked(at)
        shares, given = list[float](), list[object]()
        while at.state.planning is not None:
            try:
                told = next(order.steps)
            except StopIteration as end:
                given += at.hear(end.value)
            else:
                if told is not None:
                    at.hear(told)
                    shares.append(at.state.planning or 0.0)
                    assert at.page.one("dialog").says("id") == "planning"
        assert shares == sorted(shares)
        assert 0 < shares[0] < shares[-1] <= 1
        download = at.state.download
        assert download is not None
        assert download.stage is Stage.CONFIRM
        assert len(download.plan.files) == MANY
        assert at.page.one("dialog").says("id") == "confirm"
        assert not [order for order in given if not isinstance(order, Probe)]

    def test_it_can_be_given_up(self) -> None:
        at = desk(read_list(ROWS, mission="LAB"))
        order = asked(at)
        next(order.steps)
        assert at.hear(m.PlanningStopped()) == [StopWork(order.task), Focus("download-button")]
        assert not at.page.all("dialog")
        assert at.hear(m.PlanningMoved(0.5), outcome(order.steps)) == []
        assert (at.state.planning, at.state.download) == (None, None)

    def test_a_second_press_changes_nothing(self) -> None:
        at = desk(read_list(ROWS, mission="LAB"))
        asked(at)
        assert at.hear(m.DownloadAsked(CLICK + 1)) == []

    def test_no_step_goes_through_all(self) -> None:
        """A look at 30 files takes a thousandth of one at 30,000: steps are counted by what they look at."""
        at = desk(read_list(ROWS, mission="LAB"))
        steps = sum(1 for _ in asked(at).steps)
        # Rows, drafts, files, the survey and its forecast pause for each thousand each.
        assert steps >= 5 * MANY // FILES_A_STEP


def test_a_survey_counts_what_will_not_be_as_one_might_expect() -> None:
    names = [f"a:{number}" for number in range(SHOWN + 5)]
    long = "x" * 200
    rows = [
        *(row(name, "d", url="https://h.example/" + name) for name in names),
        row(f"{long}.fits", "e" * 60, access="EXCLUSIVE_ACCESS", url="https://i.example/x"),
        row("public.fits", "e", url="https://i.example/p"),
        row("blind.fits", "d"),
    ]
    found = outcome(survey(plan(rows, mission="LAB")))
    assert (found.renamed_count, len(found.renamed)) == (SHOWN + 5, SHOWN)
    assert found.renamed[0] == ("LAB/d/a:0", "LAB/d/a_0", found.renamed[0][2])
    assert found.blind == 1
    assert dict(found.origins)["https://h.example"].startswith("https://h.example/a")
    assert "https://i.example/x" not in dict(found.origins).values(), "a probe carries no token"
    assert found.bytes == 2880 * len(rows)
    assert (found.outside, found.long_count, found.long) == (1, 1, (f"LAB/{'e' * 60}/{long}.fits",))
