from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.layout import Structure
from pycore.manifest import (
    COLUMNS,
    DOCUMENT_NAME,
    FETCHED_COLUMNS,
    NAME,
    Fetched,
    Happened,
    Outcome,
    cells,
    document_pieces,
    page_pieces,
    room,
    rows,
)
from pycore.plan import Plan, PlannedFile
from pycore.product import EXCLUSIVE, without_surrogates
from pycore.provenance import Controls, Provenance, Source
from tests.unit.builders import CLICK, plan, row
from tests.unit.manifest_table import ManifestTable

FIRST, SECOND = "jw0133_01_01", "jw0133_01_02"
SHARED = [
    row("file1.fits", FIRST, 10),
    row("pool.csv", FIRST, 7),
    row("file2.fits", SECOND, 20, access=EXCLUSIVE),
    row("pool.csv", SECOND, 7),
]
FINE = Outcome()


def render(made: Plan, outcomes: list[Outcome]) -> str:
    return "".join(page_pieces(Happened(made, outcomes, CLICK, CLICK + 125_400)))


def document(made: Plan, outcomes: list[Outcome]) -> Any:
    return json.loads("".join(document_pieces(Happened(made, outcomes, CLICK, CLICK + 125_400))))


def table(made: Plan, outcomes: list[Outcome] | None = None) -> list[tuple[str, ...]]:
    outcomes = [FINE] * len(made.files) if outcomes is None else outcomes
    head, *found = ManifestTable(render(made, outcomes)).rows
    assert COLUMNS == ("URI", "File", "Access", "Status", "Logged In User")
    assert head == (*COLUMNS, *FETCHED_COLUMNS)
    assert found == [cells(told) for told in document(made, outcomes)["rows"]]
    first = [cells[:5] for cells in found]
    assert first == [tuple(map(without_surrogates, told)) for told in rows(made, outcomes)]
    return first


def statuses(made: Plan, outcomes: list[Outcome] | None = None) -> list[str]:
    return [cells[3] for cells in table(made, outcomes)]


def test_it_is_called_as_the_archive_calls_it() -> None:
    assert NAME == "manifest.html"
    assert DOCUMENT_NAME == "manifest.json"


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
    assert "Not included" not in page
    assert "Renamed" not in page
    assert "class=missing" not in page


def test_one_outcome_for_each_file_or_none_at_all() -> None:
    with pytest.raises(ValueError, match="shorter"):
        render(plan(SHARED), [FINE])


def test_an_empty_download_has_a_manifest_too() -> None:
    assert table(plan([])) == []


LISTS = ("h2", "ul", "li", "p")

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
    assert [tag for tag in ManifestTable(page).tags if tag not in LISTS] == [
        tag for tag in plain if tag not in LISTS
    ]


def test_a_carriage_return_is_written_so_that_a_browser_keeps_it() -> None:
    page = render(plan([row("a\rb", "d")], user="x\r\ny"), [FINE])
    assert "\r" not in page
    assert ManifestTable(page).rows[1][0] == "mast:JWST/product/a\rb"


def test_what_cannot_be_written_as_utf8_is_replaced() -> None:
    page = render(plan([row("a")], user="ada\ud800"), [Outcome("bad \udfff")])
    assert b"ada?" in page.encode()
    assert b"bad ?" in page.encode()


def test_what_happened_stands_behind_the_five_columns() -> None:
    made = plan(
        [
            row("a.fits", FIRST, 10, url="https://ada:pw@other.example/a.fits?key=secret#x"),
            row("b.fits", FIRST, 2),
        ]
    )
    way = Fetched(3, CLICK + 1500, 12.34, '"abc-1"', 0xBEEF, "sha256:" + "0" * 64)
    found = ManifestTable(
        render(made, [Outcome(fetched=way), Outcome("it is gone", fetched=Fetched(4, CLICK, 20.0))])
    ).body
    assert found[0][5:12] == (
        "10",
        "3",
        "2026-11-22T07:17:21Z",
        "12.3",
        '"abc-1"',
        "0000beef",
        "sha256:" + "0" * 64,
    )
    assert found[1][5:12] == ("", "4", "2026-11-22T07:17:20Z", "20.0", "", "", "")


def test_addresses_that_a_list_gives_are_told_without_secrets_and_the_archive_s_own_in_full() -> None:
    made = plan(
        [row("a.fits", FIRST, 10, url="https://other.example/a.fits?key=secret#x"), row("b.fits", FIRST, 2)]
    )
    page = render(made, [FINE, FINE])
    assert "secret" not in page
    given, templated = [cells[12] for cells in ManifestTable(page).body]
    assert given.startswith("https://other.example/a.fits?not-kept=")
    assert templated == made.files[1].url


def test_totals_and_where_the_selection_came_from_are_told_in_both_twins() -> None:
    told = Provenance(
        "9.9",
        (Source("mine.json"), Source("https://a.example/list.json", "https://a.example/list.json")),
        (
            Controls(
                "JWST",
                "James Webb",
                "RECOMMENDED",
                (("2b", ("_cal", "_s2d (some)")),),
                "NONE",
                "included",
                "_cal\\.fits$",
                "Cite us.",
                ("dataset d<1>",),
                ("file a.fits of 7 bytes", "file b.fits of 8 bytes"),
            ),
        ),
    )
    made = replace(plan(SHARED), provenance=told)
    outcomes = [
        FINE,
        Outcome("it is gone", fetched=Fetched(4, CLICK, 20.0)),
        Outcome(other_size=30, fetched=Fetched(1, CLICK, 1.0)),
    ]
    page, found = render(made, outcomes), document(made, outcomes)
    for words in (
        "Begun 2026-11-22T07:17:20Z, ended 2026-11-22T07:19:25Z (2 min 5 s).", "Requests: 5. File structure: NESTED.",
        "version 9.9", "Product list: mine.json</li>", "Product list: https://a.example/list.json</li>",
        "quick select RECOMMENDED", "level 2b: _cal, _s2d (some)", "guide star files: NONE",
        "reference files: included",
        "ticked on by hand: dataset d&lt;1&gt;", "ticked off by hand: file a.fits of 7 bytes, file b.fits of 8 bytes",
        "regex filter in force: _cal\\.fits$", "Cite us.", "Not included: 1 file, 7 B",
    ):  # fmt: skip
        assert words in page, words
    assert page.index("Not included") < page.index("About this download") < page.index("<table>")
    assert found["format"] == "download manifest"
    assert found["version"] == 1
    assert found["totals"] == {
        "files": 3, "complete": 2, "bytes": 40, "not_included": 1, "bytes_not_included": 7, "requests": 5,
    }  # fmt: skip
    assert found["not_included"] == [{"file": f"JWST/{FIRST}/pool.csv", "reason": "it is gone"}]
    assert found["taken_as_they_are"] == [
        {"file": f"JWST/{SECOND}/file2.fits", "listed_bytes": 20, "bytes": 30}
    ]
    assert found["provenance"]["controls"][0]["citation"] == "Cite us."
    assert [each["dataset"] for each in found["rows"]] == [FIRST, FIRST, SECOND, SECOND]


def test_a_long_manifest_comes_in_many_small_pieces_and_fits_the_room_kept_for_it() -> None:
    made = plan([row(f"jw{number:05}_cal.fits", f"set{number}", 100) for number in range(3000)])
    way = Fetched(1, CLICK, 12.3, '"0123456789abcdef0123456789abcdef"', 1, "sha256:" + "0" * 64)
    happened = Happened(made, [Outcome(fetched=way)] * 3000, CLICK, CLICK)
    lengths = [len(piece) for pieces in (page_pieces, document_pieces) for piece in pieces(happened)]
    assert max(lengths) < 300_000
    assert sum(lengths) < room(made) < 3 * sum(lengths)


def test_the_page_forbids_itself_everything_but_its_own_style() -> None:
    page = render(plan(SHARED), [FINE] * 3)
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "<script" not in page


class Looked(tuple[PlannedFile, ...]):
    """The files of a plan, which count how many of them were looked at."""

    seen = 0

    def __iter__(self) -> Iterator[PlannedFile]:
        for file in super().__iter__():
            Looked.seen += 1
            yield file


@pytest.mark.parametrize("pieces", [document_pieces, page_pieces])
def test_a_long_look_through_the_files_leaves_others_their_turn(pieces: Any) -> None:
    made = plan([row("file1.fits", FIRST, 10)])
    made = replace(made, files=Looked(made.files * 10_000))
    happened = Happened(made, [FINE] * 10_000, CLICK, CLICK + 1)
    going, most = pieces(happened), 0
    Looked.seen = 0
    while next(going, None) is not None:
        most, Looked.seen = max(most, Looked.seen), 0
    assert most <= 2_700
