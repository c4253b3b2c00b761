"""What each form of a small selection looks like stands on file, to be read in review.

``python -m tests.unit.test_tool_golden`` writes the files anew.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pycore.missions.profile import Profiles
from pycore.plan import Part, Plan
from pycore.product import EXCLUSIVE
from pycore.scripts.lines import About
from pycore.scripts.menu import EXPORTS, TOOLS
from tests.unit import builders

GOLDEN = Path(__file__).parent / "golden" / "tools"
ABOUT = About(
    "0.1.0",
    "2026-11-22 07:17:20 UTC",
    Profiles(),
    "https://archive.example.org/token",
    "",
    "help@example.org",
)
#: Their programs are long and stand in pycore/scripts as they are: of them only the list is kept here.
PROGRAMS = {"python": "\n#: [", "powershell": "\n$Lines = @'\n"}

EXPOSURE = "jw10678061001_02101_00001_nrcb1"
ROWS = [
    builders.row(
        f"{EXPOSURE}_cal.fits", EXPOSURE, 117538560, level="2b", suffix="_cal", md5="0123456789abcdef" * 2
    ),
    builders.row("jw10678_pool.csv", EXPOSURE, 512, sha256="ab" * 32),
    builders.row("jw10678_pool.csv", "jw10678061001_02101_00002_nrcb1", 512),
    builders.row(f"{EXPOSURE}_rate.fits", EXPOSURE, 83891520, access=EXCLUSIVE, level="2a", suffix="_rate"),
    builders.row('it\'s 50% "ä" #1.fits', "odd & ends", 2880, url="https://data.example.org/it's%20odd.fits"),
]


def plan() -> Plan:
    made = builders.plan(ROWS)
    return replace(made, files=tuple(replace(file, with_token=file.exclusive) for file in made.files))


def forms() -> dict[str, str]:
    """All forms by the names of their files."""
    of = builders.catalog(ROWS)
    part = Part(builders.profile(), of, of.everything)
    made = {f"export{form.ending}.txt": "".join(form.write([part])) for form in EXPORTS}
    for tool in TOOLS:
        for name, pieces in builders.outcome(tool.files(plan(), ABOUT)).items():
            text = "".join(pieces)
            begin = text.index(PROGRAMS[tool.name]) + 1 if tool.name in PROGRAMS else 0
            end = text.index("\n\n", begin) + 1 if tool.name in PROGRAMS else len(text)
            short = name.removeprefix(plan().root).lstrip("_.").replace("/", "_")
            made[f"{short}.txt"] = text[begin:end]
    return made


def test_every_form_is_on_file_and_no_other() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(forms())


@pytest.mark.parametrize("name", sorted(forms()))
def test_a_form_is_the_one_on_file(name: str) -> None:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        assert forms()[name] == file.read()


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, text in forms().items():
        (GOLDEN / name).write_text(text, "utf-8", newline="")
