from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.errors import OverlayError
from pycore.product import EXCLUSIVE, LARGEST_SIZE, PUBLIC, Row, read_row
from tests.unit.builders import fields

OPTIONAL_TEXTS = [
    "instrument_name",
    "filters",
    "file_suffix",
    "category",
    "type",
    "uri",
    "product_key",
    "url",
]


def refusal(given: object) -> OverlayError:
    with pytest.raises(OverlayError) as refused:
        read_row(given)
    return refused.value


def test_a_row_in_the_archives_words_is_read() -> None:
    read = read_row(fields())
    assert read == Row(
        filename="jw01001001001_02101_00001_nrca1_cal.fits",
        dataset="jw01001001001_02101_00001_nrca1",
        size=117538560,
        access=PUBLIC,
        instrument="NIRCAM",
        filters="F200W",
        suffix="_cal",
        level="2b",
        type="science",
        uri="jw01001001001_02101_00001_nrca1/jw01001001001_02101_00001_nrca1_cal.fits",
        product_key="jw01001001001_02101_00001_nrca1_jw01001001001_02101_00001_nrca1_cal.fits",
        extra={
            "authz_primary_identifier": "jw01001001001_02101_00001_nrca1",
            "authz_secondary_identifier": "CAL",
        },
    )


def test_filename_dataset_and_size_are_enough() -> None:
    assert read_row({"filename": "a.fits", "dataset": "d", "size": 0}) == Row("a.fits", "d", 0)


@pytest.mark.parametrize("name", [*OPTIONAL_TEXTS, "access", "sha256", "md5"])
def test_other_fields_may_be_null(name: str) -> None:
    without = {key: value for key, value in fields().items() if key != name}
    assert read_row({**without, name: None}) == read_row(without)


@pytest.mark.parametrize("name", ["filename", "dataset", "size"])
@pytest.mark.parametrize("how", ["absent", "null"])
def test_required_fields_may_not_be_missing(name: str, how: str) -> None:
    row = {**fields()}
    if how == "absent":
        del row[name]
    else:
        row[name] = None
    error = refusal(row)
    assert error.code == f"row.{name}.missing"
    assert name in error.sentence


@pytest.mark.parametrize("name", ["filename", "dataset"])
@pytest.mark.parametrize("empty", ["", "  ", "\t"])
def test_required_texts_may_not_be_empty(name: str, empty: str) -> None:
    assert refusal(fields(**{name: empty})).code == f"row.{name}.empty"


@pytest.mark.parametrize("name", ["filename", "dataset", "access", "sha256", "md5", *OPTIONAL_TEXTS])
@pytest.mark.parametrize("wrong", [7, 1.5, True, [], ["x"], {}, {"x": 1}])
def test_text_of_another_type_is_refused_by_name(name: str, wrong: object) -> None:
    error = refusal(fields(**{name: wrong}))
    assert error.code == f"row.{name}.type"
    assert f"“{name}”" in error.sentence


@pytest.mark.parametrize("name", ["filename", "dataset", "access", "sha256", "md5", *OPTIONAL_TEXTS])
def test_nul_is_refused_in_every_text(name: str) -> None:
    assert refusal(fields(**{name: "a\0b"})).code == f"row.{name}.nul"


@pytest.mark.parametrize("row", [None, 3, "text", [], True, 1.5])
def test_what_is_no_object_is_no_row(row: object) -> None:
    assert refusal(row).code == "row.shape"


@pytest.mark.parametrize("wrong", ["12", True, False, 1.5, float("inf"), float("nan"), [], {}])
def test_a_size_that_is_no_whole_number_is_refused(wrong: object) -> None:
    error = refusal(fields(size=wrong))
    assert error.code == "row.size.type"
    assert "“size”" in error.sentence


@pytest.mark.parametrize(
    "absurd",
    [
        -1,
        -(2**70),
        LARGEST_SIZE + 1,
        1e300,
        pytest.param(10**5000, id="huge"),
        pytest.param(-(10**5000), id="-huge"),
    ],
)
def test_a_size_that_no_file_has_is_refused_in_a_short_sentence(absurd: object) -> None:
    error = refusal(fields(size=absurd))
    assert error.code == "row.size.range"
    assert len(error.sentence) < 100


def test_a_whole_number_written_as_a_fraction_is_a_size() -> None:
    assert read_row(fields(size=2880.0)).size == 2880
    assert read_row(fields(size=LARGEST_SIZE)).size == LARGEST_SIZE


@pytest.mark.parametrize("given", ["public", "RESTRICTED", " PUBLIC", "EXCLUSIVE", "x" * 500])
def test_an_unknown_access_is_refused(given: str) -> None:
    error = refusal(fields(access=given))
    assert error.code == "row.access.unknown"
    assert len(error.sentence) < 150


def test_both_kinds_of_access_are_read() -> None:
    assert read_row(fields(access="EXCLUSIVE_ACCESS")).access == EXCLUSIVE
    assert read_row(fields(access="PUBLIC")).access == PUBLIC


def test_padding_of_instruments_is_taken_off() -> None:
    assert read_row(fields(instrument_name="HRS   ")).instrument == "HRS"


def test_blanks_around_an_address_are_no_part_of_it() -> None:
    assert read_row(fields(url=" https://files.example/a.fits\n")).url == "https://files.example/a.fits"
    assert read_row(fields(url="   ")).url == ""


@pytest.mark.parametrize(("name", "digits"), [("sha256", 64), ("md5", 32)])
def test_checksums_are_hexadecimal_digits_of_their_length(name: str, digits: int) -> None:
    assert getattr(read_row(fields(**{name: "AB" * (digits // 2)})), name) == "ab" * (digits // 2)
    for wrong in ("ab" * (digits // 2 - 1), "zz" * (digits // 2), "٣" * digits):
        assert refusal(fields(**{name: wrong})).code == f"row.{name}.format"


def test_unknown_fields_are_kept_as_they_are() -> None:
    kept = {"colour": "red", "numbers": [1, 2], "nothing": None}
    assert read_row({"filename": "a", "dataset": "d", "size": 1, **kept}).extra == kept


def test_a_lone_surrogate_becomes_what_can_be_written() -> None:
    read = read_row(fields(filename="a\ud800b.fits", dataset="d\udfff"))
    assert (read.filename, read.dataset) == ("a?b.fits", "d?")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*fields(), "url", "sha256", "md5"]), anything))
def test_any_object_is_a_row_or_refused_with_a_code(given: dict[str, object]) -> None:
    try:
        read = read_row({**fields(), **given})
    except OverlayError as refused:
        assert refused.code.startswith("row.")
        assert refused.sentence.encode()
    else:
        assert 0 <= read.size <= LARGEST_SIZE
        assert read.access in (PUBLIC, EXCLUSIVE)
        assert read.filename.encode() and read.dataset.encode()
