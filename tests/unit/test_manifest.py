from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.layout import Structure
from pycore.manifest import COLUMNS, NAME, Outcome, render, rows
from pycore.plan import Plan
from pycore.product import EXCLUSIVE
from tests.unit.builders import plan, row
from tests.unit.manifest_table import ManifestTable

FIRST, SECOND = "jw0133_01_01", "jw0133_01_02"
SHARED = [
    row("file1.fits", FIRST, 10),
    row("pool.csv", FIRST, 7),
    row("file2.fits", SECOND, 20, access=EXCLUSIVE),
    row("pool.csv", SECOND, 7),
]
FINE = Outcome()


def table(made: Plan, outcomes: list[Outcome] | None = None) -> list[tuple[str, ...]]:
    outcomes = [FINE] * len(made.files) if outcomes is None else outcomes
    head, *found = ManifestTable(render(made, outcomes)).rows
    assert head == COLUMNS == ("URI", "File", "Access", "Status", "Logged In User")
    assert found == list(rows(made, outcomes))
    return found


def statuses(made: Plan, outcomes: list[Outcome] | None = None) -> list[str]:
    return [cells[3] for cells in table(made, outcomes)]


def test_it_is_called_as_the_archive_calls_it() -> None:
    assert NAME == "manifest.html"


def test_rows_stand_in_list_order_with_their_five_columns() -> None:
    assert table(plan(SHARED)) == [
        ("mast:JWST/product/file1.fits", f"JWST/{FIRST}/file1.fits", "PUBLIC", "OK", "anonymous"),
        ("mast:JWST/product/pool.csv", f"JWST/{FIRST}/pool.csv", "PUBLIC", "OK", "anonymous"),
        ("mast:JWST/product/file2.fits", f"JWST/{SECOND}/file2.fits", "EXCLUSIVE_ACCESS", "OK", "anonymous"),
        (
            "mast:JWST/product/pool.csv",
            f"JWST/{FIRST}/pool.csv",
            "PUBLIC",
            "Duplicate of file pool.csv in folder jw0133_01_01",
            "anonymous",
        ),
    ]


def test_the_folder_of_a_duplicate_is_the_dataset_in_flat_too() -> None:
    made = plan(SHARED, structure=Structure.FLAT)
    assert table(made)[3][1:4] == (
        "JWST/pool.csv",
        "PUBLIC",
        "Duplicate of file pool.csv in folder jw0133_01_01",
    )


def test_signed_in_every_row_has_the_long_form() -> None:
    made = plan(SHARED, structure=Structure.FLAT, user="YourName")
    assert statuses(made) == [
        f"JWST/file1.fits associated with {FIRST} ... SUCCESS",
        f"JWST/pool.csv associated with {FIRST} ... SUCCESS",
        f"JWST/file2.fits associated with {SECOND} ... SUCCESS",
        f"JWST/pool.csv associated with {SECOND} ... Duplicate of file pool.csv associated with {FIRST}",
    ]
    assert {cells[4] for cells in table(made)} == {"YourName"}


def test_a_failed_file_has_its_reason_and_so_have_its_duplicates() -> None:
    made = plan(SHARED)
    assert statuses(made, [FINE, Outcome("the archive answered 404"), FINE]) == [
        "OK",
        "FAILED: the archive answered 404",
        "OK",
        "FAILED: the archive answered 404",
    ]


def test_signed_in_a_failed_file_has_its_reason_in_the_long_form() -> None:
    made = plan(SHARED, user="ada")
    assert statuses(made, [FINE, Outcome("401"), Outcome("403")]) == [
        f"JWST/{FIRST}/file1.fits associated with {FIRST} ... SUCCESS",
        f"JWST/{FIRST}/pool.csv associated with {FIRST} ... FAILED: 401",
        f"JWST/{SECOND}/file2.fits associated with {SECOND} ... FAILED: 403",
        f"JWST/{FIRST}/pool.csv associated with {SECOND} ... FAILED: 401",
    ]


def test_a_duplicate_names_the_file_as_it_is_there() -> None:
    made = plan(
        [row("a.fits", FIRST, 1), row("a.fits", SECOND, 2), row("a.fits", "third", 2)],
        structure=Structure.FLAT,
    )
    assert statuses(made)[2] == f"Duplicate of file a__{SECOND}.fits in folder {SECOND}"


def test_renamed_and_missing_files_are_told_above_the_table() -> None:
    made = plan([row("a.fits", FIRST, 1), row("a.fits", SECOND, 2)], structure=Structure.FLAT)
    page = render(made, [FINE, Outcome("it is gone")])
    assert f"JWST/a.fits is here as JWST/a__{SECOND}.fits" in page
    assert f"JWST/a__{SECOND}.fits: it is gone" in page
    assert "1 of 2 files, 1 B." in page


def test_a_whole_download_tells_of_nothing_missing_or_renamed() -> None:
    page = render(plan(SHARED), [FINE] * 3)
    assert "3 of 3 files, 37 B." in page
    assert "<h2>" not in page


def test_one_outcome_for_each_file_or_none_at_all() -> None:
    with pytest.raises(ValueError, match="shorter"):
        render(plan(SHARED), [FINE])


def test_an_empty_download_has_a_manifest_too() -> None:
    assert table(plan([])) == []


hostile = st.text(min_size=1, max_size=20) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</td></tr></table>",
        '" onmouseover="x',
        "&lt;&amp;&#60;",
        "a\rb\r\nc\nd",
        "<!--",
        "]]>",
        "\u202e\u2028",
    ]
)


def written(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


@given(hostile, hostile, hostile, hostile, st.booleans())
def test_hostile_words_read_back_and_open_no_tag(
    filename: str, dataset: str, reason: str, user: str, failed: bool
) -> None:
    made = plan([row(written(filename), written(dataset)), row("b", written(dataset))], user=written(user))
    outcomes = [Outcome(written(reason) if failed else ""), FINE]
    page = render(made, outcomes)
    assert page.encode()
    assert table(made, outcomes)[0][0] == f"mast:JWST/product/{written(filename)}"
    plain = ManifestTable(
        render(plan([row("a", "d"), row("b", "d")]), [Outcome("x" if failed else ""), FINE])
    ).tags
    assert [tag for tag in ManifestTable(page).tags if tag not in ("h2", "ul", "li")] == [
        tag for tag in plain if tag not in ("h2", "ul", "li")
    ]


def test_a_carriage_return_is_written_so_that_a_browser_keeps_it() -> None:
    page = render(plan([row("a\rb", "d")], user="x\r\ny"), [FINE])
    assert "\r" not in page
    assert ManifestTable(page).rows[1][0] == "mast:JWST/product/a\rb"


def test_what_cannot_be_written_as_utf8_is_replaced() -> None:
    page = render(plan([row("a")], user="ada\ud800"), [Outcome("bad \udfff")])
    assert b"ada?" in page.encode()
    assert b"bad ?" in page.encode()
