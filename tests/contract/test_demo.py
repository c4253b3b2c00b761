"""The demo archive: its mix, its files before other people's readers, and its sameness."""

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits as astropy_fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from pycore.formats import list_products
from pycore.missions.profile import Profiles
from web.buildsteps import fits
from web.buildsteps.demo import MISSIONS, demo_rows, jwst_rows, make_demo
from web.buildsteps.demo_content import PIECE, content, pieces

Row = dict[str, Any]
ROOT = Path(__file__).parents[2]
PROGRAMS = ("jw90001", "jw90002")
FIELDS = {
    *("product_key", "access", "dataset", "instrument_name", "filters", "filename", "uri"),
    *("authz_primary_identifier", "authz_secondary_identifier", "file_suffix", "category", "size", "type"),
}
GB = 10**9


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("demo") / "made"
    make_demo(out)
    return out


def listed(demo: Path, mission: str) -> list[Row]:
    document = json.loads((demo / f"{mission.lower()}.json").read_text("utf-8"))
    assert document["mission"] == mission
    rows: list[Row] = document["products"]
    return rows


@pytest.fixture(scope="module")
def jwst(demo: Path) -> list[Row]:
    return listed(demo, "JWST")


@pytest.fixture(scope="module")
def hst(demo: Path) -> list[Row]:
    return listed(demo, "HST")


def of_program(rows: list[Row], program: str) -> list[Row]:
    return [row for row in rows if row["dataset"].startswith(program)]


def datasets_of(rows: list[Row], ending: str) -> dict[tuple[str, int], list[str]]:
    found = defaultdict(list)
    for row in rows:
        if row["filename"].endswith(ending):
            found[row["filename"], row["size"]].append(row["dataset"])
    return dict(found)


def test_both_jwst_programs_have_every_level(jwst: list[Row]) -> None:
    assert {row["dataset"][:7] for row in jwst} == set(PROGRAMS)
    for program in PROGRAMS:
        science = Counter(row["category"] for row in of_program(jwst, program) if row["type"] == "science")
        assert set(science) == {"1b", "2a", "2b", "2c", "3"}
        assert all(count >= 2 for count in science.values()), science


def test_the_jwst_programs_use_the_four_instruments_in_imaging_and_spectroscopy(jwst: list[Row]) -> None:
    used = {(row["dataset"][:7], row["instrument_name"]) for row in jwst if row["category"] == "1b"}
    assert used - {(program, "FGS") for program in PROGRAMS} == {
        *(("jw90001", name) for name in ("NIRCAM", "NIRISS")),
        *(("jw90002", name) for name in ("NIRSPEC", "MIRI")),
    }


def test_one_suffix_stands_at_two_levels(jwst: list[Row]) -> None:
    levels = defaultdict(set)
    for row in jwst:
        if row["type"] == "science":
            levels[row["file_suffix"]].add(row["category"])
    assert {suffix for suffix, found in levels.items() if found == {"2b", "3"}} == {
        *("_i2d", "_s2d", "_x1d", "_x1dints"),
    }


def test_datasets_without_level_3_and_without_calibrated_products_are_there(jwst: list[Row]) -> None:
    levels = defaultdict(set)
    for row in jwst:
        if row["type"] == "science":
            levels[row["dataset"]].add(row["category"])
    assert Counter(frozenset(found) for found in levels.values()) == {
        frozenset({"3"}): 3,
        frozenset({"1b", "2a"}): 1,
        frozenset({"1b", "2a", "2b", "2c"}): len(levels) - 4,
    }


def test_guide_stars_have_all_functions_and_forms_in_both_programs(jwst: list[Row]) -> None:
    for program in PROGRAMS:
        names = {row["filename"] for row in of_program(jwst, program) if "_gs-" in row["filename"]}
        functions = {match[1] for name in names if (match := re.search(r"_gs-([a-z]+[12]?)_", name))}
        assert functions == {"id", "acq1", "acq2", "track", "fg"}
        forms = {re.sub(r".*_gs-[a-z0-9]+_[0-9]+", "", name) for name in names}
        assert forms == {
            *("_uncal.fits", "_cal.fits", "_image_uncal.fits", "_image_cal.fits"),
            *("_stacked_uncal.fits", "_stacked_cal.fits"),
        }


def test_some_guide_star_exposures_were_never_calibrated(jwst: list[Row]) -> None:
    ends = defaultdict(set)
    for row in jwst:
        if match := re.fullmatch(r"(.*_gs-.*?)(?:_image|_stacked)?_(cal|uncal)\.fits", row["filename"]):
            ends[match[1]].add(match[2])
    assert Counter(frozenset(found) for found in ends.values()) == {
        frozenset({"cal", "uncal"}): 16,
        frozenset({"uncal"}): 12,
    }


def test_guide_star_and_reference_files_are_shared_by_the_exposures_of_a_visit(jwst: list[Row]) -> None:
    shared = Counter(
        row["filename"] for row in jwst if "_gs-" in row["filename"] or row["type"] == "reference"
    )
    assert min(shared.values()) >= 2
    assert max(shared.values()) >= 5


def test_reference_files_say_so_in_type_and_category(jwst: list[Row]) -> None:
    references = {row["filename"] for row in jwst if row["type"] == "reference"}
    assert references == {row["filename"] for row in jwst if row["category"] == "REFERENCE"}
    assert len(references) == 9
    assert {name.rpartition(".")[2] for name in references} == {"fits", "asdf"}
    assert all(re.fullmatch(r"jwst_[a-z]+_[a-z]+_[0-9]{4}\.(fits|asdf)", name) for name in references)


@pytest.mark.parametrize("ending", ["_pool.csv", "_asn.json"])
def test_pool_and_association_are_shared_by_five_datasets_or_more(jwst: list[Row], ending: str) -> None:
    for program in PROGRAMS:
        widest = max(datasets_of(of_program(jwst, program), ending).values(), key=len)
        assert len(widest) >= 5
        assert len(set(widest)) == len(widest)
    assert {row["type"] for row in jwst if row["filename"].endswith(ending)} == {"association"}
    assert {row["category"] for row in jwst if row["filename"].endswith(ending)} == {"ASSOCIATION"}


def test_every_preview_has_its_thumbnail_and_its_product(jwst: list[Row]) -> None:
    names = {row["filename"] for row in jwst}
    thumbnails = {name for name in names if name.endswith("_thumb.jpg")}
    assert len(thumbnails) >= 10
    assert {name.removesuffix("_thumb.jpg") for name in thumbnails} == {
        name.removesuffix(".jpg") for name in names if name.endswith(".jpg") and name not in thumbnails
    }
    assert all(f"{name.removesuffix('_thumb.jpg')}.fits" in names for name in thumbnails)


def test_both_programs_have_exclusive_and_public_rows(jwst: list[Row], hst: list[Row]) -> None:
    for program in PROGRAMS:
        found = Counter(row["access"] for row in of_program(jwst, program))
        assert set(found) == {"PUBLIC", "EXCLUSIVE_ACCESS"}
        assert min(found.values()) >= 10, found
    assert {row["access"] for row in hst} == {"PUBLIC"}


def test_rows_of_one_product_agree_on_its_access(jwst: list[Row]) -> None:
    access = defaultdict(set)
    for row in jwst:
        access[row["filename"], row["size"]].add(row["access"])
    assert all(len(found) == 1 for found in access.values())


def test_two_products_of_one_name_collide_in_one_folder(jwst: list[Row]) -> None:
    sizes = defaultdict(lambda: defaultdict(set))  # type: ignore[var-annotated]
    for row in jwst:
        sizes[row["filename"]][row["size"]].add(row["dataset"])
    (collision,) = [found for found in sizes.values() if len(found) > 1]
    assert len(collision) == 2
    assert not set.intersection(*collision.values())
    urls = {row["url"] for row in jwst if row["filename"].endswith("_msa.fits")}
    assert len(urls) == 2


def test_one_hst_visit_is_of_cos_with_coadded_spectra(hst: list[Row]) -> None:
    cos = [row for row in hst if row["instrument_name"] == "COS   "]
    assert {row["dataset"][:6] for row in cos} == {"LER101"}
    by_category = defaultdict(set)
    for row in cos:
        by_category[row["category"]].add(row["file_suffix"])
    assert by_category == {
        "HASP": {"CSPEC", "CSPEC_PREVIEW", "CSPEC_THUMB"},
        "CALIBRATED": {"X1DSUM", "X1D", "CORRTAG_A", "FLT_A", "COUNTS_A", "LAMPFLASH"},
        "UNCALIBRATED": {"RAWTAG_A", "PHA_A", "RAWACQ"},
        "AUX": {"ASN", "SPT", "TRL", "PDQ"},
        "JITTER/SUPPORT": {"JIF", "JIT"},
    }


def test_the_other_hst_visit_is_of_acs_with_drizzled_images(hst: list[Row]) -> None:
    acs = [row for row in hst if row["instrument_name"] == "ACS   "]
    assert {row["dataset"][:6] for row in acs} == {"JDM201"}
    assert {row["file_suffix"] for row in acs if row["category"] == "CALIBRATED"} == {
        "DRC",
        "DRZ",
        "FLC",
        "FLT",
    }
    assert {row["file_suffix"] for row in acs} >= {"RAW", "SPT", "ASN", "TRL", "JIF", "JIT"}
    assert {row["instrument_name"] for row in hst} == {"ACS   ", "COS   "}


def test_there_are_many_rows_in_few_bytes(demo: Path, jwst: list[Row], hst: list[Row]) -> None:
    assert len(jwst) + len(hst) >= 250
    assert sum(file.stat().st_size for file in demo.rglob("*") if file.is_file()) <= 8_000_000


@pytest.mark.parametrize("mission", MISSIONS)
def test_rows_have_the_fields_and_forms_of_the_archive(demo: Path, mission: str) -> None:
    for row in listed(demo, mission):
        assert set(row) == FIELDS | {"url"}
        assert row["uri"] == f"{row['dataset']}/{row['filename']}"
        assert row["product_key"] == f"{row['dataset']}_{row['filename']}"
        if mission == "JWST":
            assert re.fullmatch(r"_[a-z0-9_]+", row["file_suffix"])
            exposure, combined = r"jw9000[12]00[12]001_0[246]101_[0-9]{5}", r"jw9000[12]-o00[12]_t001_[a-z]+"
            assert re.fullmatch(f"{exposure}|{combined}", row["dataset"])
        else:
            assert re.fullmatch(r"[A-Z0-9]+(_[A-Z]+)?", row["file_suffix"])
            assert re.fullmatch(r"[A-Z0-9]{9}", row["dataset"])


@pytest.mark.parametrize("mission", MISSIONS)
def test_the_core_reads_every_row_and_knows_the_mission(demo: Path, mission: str) -> None:
    read = list_products.read((demo / f"{mission.lower()}.json").read_text("utf-8"))
    assert read.bad == ()
    assert len(read.rows) == len(listed(demo, mission))
    assert set(Profiles().guess([row.dataset for row in read.rows])) == {mission}


@pytest.mark.parametrize("mission", MISSIONS)
def test_every_listed_file_is_there_in_its_size_and_no_other(demo: Path, mission: str) -> None:
    sizes = {row["url"]: row["size"] for row in listed(demo, mission)}
    assert {url: (demo / url).stat().st_size for url in sizes} == sizes
    assert len(sizes) == len({(row["filename"], row["size"]) for row in listed(demo, mission)})


def test_no_file_is_unlisted(demo: Path, jwst: list[Row], hst: list[Row]) -> None:
    made = {file.relative_to(demo).as_posix() for file in demo.rglob("*") if file.is_file()}
    assert made == {row["url"] for row in jwst + hst} | {"jwst.json", "hst.json"}


def test_no_two_files_have_the_same_content(demo: Path, jwst: list[Row], hst: list[Row]) -> None:
    digests = {
        hashlib.sha256((demo / url).read_bytes()).digest() for url in {row["url"] for row in jwst + hst}
    }
    assert len(digests) == len({row["url"] for row in jwst + hst})


def test_astropy_opens_every_fits_file_without_a_word(demo: Path, jwst: list[Row], hst: list[Row]) -> None:
    rows = {row["url"]: row for row in jwst + hst if row["filename"].endswith(".fits")}
    assert len(rows) >= 250
    for url, row in rows.items():
        with astropy_fits.open(demo / url, memmap=False) as units:
            units.verify("exception")
            assert all(unit.data is None or unit.data.size > 0 for unit in units)
            header = units[0].header
            assert header["FILENAME"] == row["filename"]
            assert header["TELESCOP"] == ("JWST" if row in jwst else "HST")
            assert header["INSTRUME"] == row["instrument_name"].strip()
            assert header["FILTER"] == row["filters"]


def test_one_dimensional_spectra_are_tables_of_sound_numbers(
    demo: Path, jwst: list[Row], hst: list[Row]
) -> None:
    spectra = [
        row["url"] for row in jwst + hst if re.search(r"_(x1d|x1dints|x1dsum|cspec)\.fits$", row["filename"])
    ]
    assert len(spectra) >= 20
    for url in spectra:
        table = Table.read(demo / url, hdu="EXTRACT1")
        assert table.colnames == ["WAVELENGTH", "FLUX", "FLUX_ERROR", "DQ"]
        assert (table["FLUX"] > 0).all()
        assert (table["WAVELENGTH"][1:] > table["WAVELENGTH"][:-1]).all()


def test_text_files_are_valid(demo: Path) -> None:
    kinds: Counter[str] = Counter()
    for file in (demo / "files").rglob("*"):
        kinds[file.suffix] += 1
        if file.suffix == ".json":
            association = json.loads(file.read_text("ascii"))
            assert association["products"][0]["members"]
            assert f"_{association['asn_type']}_" in file.name
        elif file.suffix == ".csv":
            rows = list(csv.reader(io.StringIO(file.read_text("ascii"), newline=""), strict=True))
            assert {len(row) for row in rows} == {4}
            assert len(rows) >= 10
        elif file.suffix == ".ecsv":
            assert len(Table.read(file, format="ascii.ecsv")) >= 10
        elif file.suffix == ".asdf":
            assert file.read_bytes().startswith(b"#ASDF 1.0.0\n#ASDF_STANDARD 1.5.0\n%YAML 1.1\n---")
    assert {".json", ".csv", ".ecsv", ".asdf", ".jpg", ".txt"} <= set(kinds)


def test_previews_are_whole_jpeg_files(demo: Path) -> None:
    for file in demo.rglob("*.jpg"):
        markers, picture = jpeg_segments(file.read_bytes())
        assert markers[0] == 0xDB or markers[0] == 0xFE
        assert markers[-1] == 0xDA
        assert {0xDB, 0xC0, 0xC4} <= set(markers)
        side = 48 if file.name.endswith("_thumb.jpg") else 128
        assert picture == (side, side)


def jpeg_segments(data: bytes) -> tuple[list[int], tuple[int, int]]:
    """Walk the segments of a JPEG to its scan (ITU-T T.81, annex B) and give their markers and the size."""
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    markers: list[int] = []
    position, picture = 2, (0, 0)
    while not markers or markers[-1] != 0xDA:
        assert data[position] == 0xFF
        markers.append(data[position + 1])
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if markers[-1] == 0xC0:
            height, width = data[position + 5 : position + 7], data[position + 7 : position + 9]
            picture = int.from_bytes(width, "big"), int.from_bytes(height, "big")
        position += 2 + length
    assert not re.search(rb"\xff[^\x00]", data[position:-2])
    return markers, picture


def test_two_makes_are_the_same_to_the_byte(demo: Path, tmp_path: Path) -> None:
    program = "import sys, pathlib, web.buildsteps.demo as demo; demo.make_demo(pathlib.Path(sys.argv[1]))"
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland", "LC_ALL": "C"}
    command = [sys.executable, "-c", program, str(tmp_path / "again")]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    assert contents(demo) == contents(tmp_path / "again")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def test_a_second_make_into_the_same_folder_changes_nothing(demo: Path) -> None:
    before = contents(demo)
    make_demo(demo)
    assert contents(demo) == before


def test_the_archives_own_rows_are_the_lists_rows_without_addresses(demo: Path) -> None:
    for mission in MISSIONS:
        without = [{name: row[name] for name in row if name != "url"} for row in listed(demo, mission)]
        assert list(demo_rows(mission)) == without


def test_long_lists_depend_on_their_seed_alone() -> None:
    first = list(jwst_rows(40, seed=3))
    assert first == list(jwst_rows(40, seed=3))
    assert first != list(jwst_rows(40, seed=4))


@pytest.mark.parametrize("datasets", [1, 2, 7, 60])
def test_long_lists_have_as_many_datasets_as_asked(datasets: int) -> None:
    names = [row["dataset"] for row in jwst_rows(datasets, seed=1)]
    assert len(set(names)) == datasets
    assert sum(one != other for one, other in zip(names, [None, *names], strict=False)) == datasets


def test_long_lists_have_the_mix_of_the_archive() -> None:
    rows: list[Row] = list(islice(jwst_rows(10_000, seed=5), 100_000))
    assert len(rows) == 100_000
    assert {row["category"] for row in rows} == {"1b", "2a", "2b", "2c", "3", "ASSOCIATION", "REFERENCE"}
    assert {row["access"] for row in rows} == {"PUBLIC", "EXCLUSIVE_ACCESS"}
    assert all(set(row) == FIELDS for row in rows)
    assert max(row["size"] for row in rows) > 4 * GB
    assert len({(row["dataset"], row["filename"]) for row in rows}) == len(rows)
    assert all(row["size"] % fits.BLOCK == 0 for row in rows if row["filename"].endswith(".fits"))
    assert sum("_gs-" in row["filename"] for row in rows) > 20_000


NAMES = st.one_of(
    st.sampled_from(
        [
            "jw90001001001_02101_00001_nrca1_cal.fits",
            "jw90002001001_02101_00001_nrs1_x1d.fits",
            "jw90001-o001_20261104t101500_image3_00001_asn.json",
            "jw90001_20261104t101500_pool.csv",
            "a_cat.ecsv",
            "a_thumb.jpg",
            "a.asdf",
            "log.txt",
        ]
    ),
    st.text(max_size=40),
    st.text(max_size=40).map(lambda text: f"{text}.fits"),
)


@given(NAMES, st.integers(0, 60_000), st.integers(0, 70_000), st.integers(0, 70_000), st.integers(1, 3))
def test_a_part_of_a_file_is_that_part_of_the_whole(
    name: str, size: int, start: int, stop: int, version: int
) -> None:
    whole = content(name, size, version=version)
    assert len(whole) == size
    assert content(name, size, start, stop, version) == whole[start:stop]


@given(st.integers(0, 5 * PIECE), st.integers(0, 3 * PIECE))
def test_a_part_of_a_large_file_is_that_part_of_the_whole(start: int, length: int) -> None:
    assert content("large_uncal.fits", LARGE, start, start + length) == WHOLE[start : start + length]


LARGE = 5 * PIECE + 2880 - 5 * PIECE % 2880
WHOLE = content("large_uncal.fits", LARGE)


def test_no_piece_of_a_large_file_occurs_twice_or_in_another() -> None:
    seen = Counter(WHOLE[position : position + 4096] for position in range(8640, LARGE - 4096, 4096))
    assert max(seen.values()) == 1
    other = content("other_uncal.fits", LARGE)
    assert not any(other[position : position + 4096] in seen for position in range(8640, LARGE - 4096, 4096))


def test_pieces_are_never_longer_than_they_may_be() -> None:
    assert max(len(piece) for piece in pieces("large_uncal.fits", LARGE)) <= PIECE


def test_a_file_of_terabytes_is_read_at_its_end_at_once() -> None:
    size = 2880 * 10**9
    assert len(content("huge_uncal.fits", size, size - 100)) == 100
    assert content("huge_uncal.fits", size, 0, 80).startswith(b"SIMPLE  =                    T")


def test_another_version_is_another_file_of_the_same_size() -> None:
    for name in (
        "a_cal.fits",
        "jw90002001001_02101_00001_nrs1_x1d.fits",
        "a.json",
        "b.csv",
        "c.txt",
        "d.bin",
    ):
        assert content(name, 5760) != content(name, 5760, version=2)


@pytest.mark.parametrize("blocks", [*range(1, 12), 97, 400])
@pytest.mark.parametrize("ending", ["_cal.fits", "_x1d.fits"])
def test_fits_files_of_any_number_of_blocks_are_valid(blocks: int, ending: str) -> None:
    size = blocks * fits.BLOCK
    data = content(f"jw90002001001_02101_00001_nrs1{ending}", size)
    with astropy_fits.open(io.BytesIO(data)) as units:
        units.verify("exception")
        assert sum(unit.filebytes() for unit in units) == size


@pytest.mark.parametrize(
    "name",
    [
        "it's_cal.fits",
        "''''_cal.fits",
        "x" * 67 + "'_cal.fits",
        "jw02734-o002_t002_niriss_clear-gr700xd-substrip256_" + "long-" * 30 + "x1dints.fits",
    ],
)
def test_a_header_spells_any_name_that_ascii_can(name: str) -> None:
    with astropy_fits.open(io.BytesIO(content(name, 10 * fits.BLOCK))) as units:
        units.verify("exception")
        assert units[0].header["FILENAME"] == name


def test_a_header_replaces_what_ascii_cannot() -> None:
    with astropy_fits.open(io.BytesIO(content("Größe\n_cal.fits", 10 * fits.BLOCK))) as units:
        units.verify("exception")
        assert units[0].header["FILENAME"] == "Gr??e?_cal.fits"


@pytest.mark.parametrize("size", [0, 1, 2879, 2881])
def test_the_writer_refuses_sizes_that_no_fits_file_has(size: int) -> None:
    heading = fits.Heading("a.fits", "JWST", "NIRCAM", "F200W")
    with pytest.raises(ValueError, match="no FITS file"):
        fits.image_head(heading, size)
    with pytest.raises(ValueError, match="no FITS file"):
        fits.spectrum_file(heading, size, seed=1)
