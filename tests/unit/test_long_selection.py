"""A million files: scripts and exports come in pieces, and take no more memory for it than a piece needs."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pytest

from pycore import bits
from pycore.csvexport import csv_pieces
from pycore.exports.ecsv import ecsv
from pycore.exports.product_list import product_list
from pycore.exports.votable import votable
from pycore.layout import Structure
from pycore.missions.profile import Profiles
from pycore.plan import Part, Plan, make_plan
from pycore.scripts.bash import bash_script
from pycore.scripts.lines import About
from pycore.scripts.python import python_script
from tests.unit import builders

FILES: Final = 1_000_000
NAME: Final = "jw10678061001_02101_{:07}_nrcb1"
pytestmark = pytest.mark.slow


def peak(pieces: Iterator[str]) -> int:
    """Bytes that a writer takes at most beside its selection, of which it holds no piece."""
    length = 0
    tracemalloc.start()
    try:
        for piece in pieces:
            length += len(piece)
        taken = int(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()
    print(f"{length / 1e6:,.0f} MB of text, {taken / 1e6:,.1f} MB of memory")
    assert length > 80 * FILES
    return taken


@pytest.fixture(scope="module")
def part() -> Part:
    rows = (builders.row(f"{NAME.format(n)}_cal.fits", NAME.format(n // 50), 2880 + n) for n in range(FILES))
    of = builders.catalog(rows)
    return Part(builders.profile(), of, of.everything)


def test_the_csv_takes_the_memory_of_a_piece(part: Part) -> None:
    assert peak(csv_pieces([(part.catalog, bits.indices(part.selected))])) < 3_000_000


@pytest.mark.parametrize("writer", [product_list, ecsv, votable])
def test_an_export_takes_the_memory_of_a_piece_and_of_the_order_of_its_rows(
    part: Part, writer: Callable[[Sequence[Part]], Iterator[str]]
) -> None:
    assert peak(writer([part])) < 60_000_000


@pytest.fixture(scope="module")
def plan(part: Part) -> Plan:
    return make_plan([part], Structure.NESTED, builders.CLICK, None)


def test_the_bash_script_takes_the_memory_of_a_piece(plan: Plan) -> None:
    assert peak(bash_script(plan, version="1", token_page="", contact="", made="")) < 3_000_000


def test_the_python_script_takes_the_memory_of_a_piece(plan: Plan) -> None:
    assert peak(python_script(plan, About("1", "", Profiles()))) < 3_000_000
