"""The worker that tries patterns on many names at once, against trying them on one name after the other."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Sequence
from pathlib import Path

from web.buildsteps import toolbox
from web.buildsteps.shell import ROOT

NAMES = [
    "jw02736001001_02101_00001_nrcb1_cal.fits", "jw02736001001_02101_00001_nrcb1_rate.fits", "",
    "a", "A b\tc", "-", "^",
    "]", "\\", "_cal.fits", "x_cal.fits.gz", "caL", "ñ.fits", "cal cal", "aa-aa", "1b", "", "tail_cal.fits",
]  # fmt: skip
BROKEN = ["up\ndown_cal.fits", "cr\rx", "par\u2029x", "", "a", "sep\u2028", "_cal.fits", "x"]
#: Each in a meaning of its own at the ends of a name, or none where names are tried together.
PATTERNS = [
    r"_cal\.fits$", "^$", "", "$", "^", "^a|b$", ".*_cal", "^.*", "^.*?cal$", ".*|x", r"\s",
    r"\S+\s\S+", r"\W", r"^\W*$",
    r"\D$", "[^a]", "[^a]$", "[^-a]", "[^]", "[]", "[^\\W\\d]", r"[\s]", r"[\S\s]c", "a[^b]*$",
    "(?!.)", "(?=$)", "^(?!a)",
    "(?<=^|_)cal", r"(?<!.)a", r"\b", r"\B", r"a\b", r"(a)\1", r"(?<n>a)\k<n>", r"\x61", "\\u0061",
    r"\cJ", r"\n", r"\t",
    r"\0", r"\12", "[\\n]", "[\\0-z]", r"[\b]", r"\-\_", "{", "a{2}", "a{0}", "(?:a|)$", "(?s:.)",
    "(?-m:^a)", "(?i:CAL)",
    ".", "..", "^.$", "[ -~]$", "[^ -~]", "\t", "*", "(", "[z-a]", "a**", "[", "\\",
]  # fmt: skip
ATOMS = [
    "a", "c", "_", ".", r"\.", r"\w", r"\d", r"\s", r"\W", r"\D", r"\S", "[a-f]", "[^a]", "[^_.]",
    "[^]", "^", "$", r"\b",
    "(?!a)", "(?=.)", "(?<!_)", "cal", "fits", "|", "(a|_)",
]  # fmt: skip
REPEATED = ["", "", "", "*", "+", "?", "*?", "{1,2}"]

#: A list's names one after the other, as the panel's documentation has it.
_ONE_BY_ONE = """
const fs = require("node:fs");
const [names, patterns] = JSON.parse(fs.readFileSync(0, "utf8"));
for (const [pattern, flags] of patterns) {
  let found;
  try {
    const expression = new RegExp(pattern, flags);
    found = names.map((name) => expression.test(name));
  } catch (thrown) { found = thrown.message; }
  console.log(JSON.stringify(found));
}
"""


def _node(words: Sequence[str | Path], told: str) -> list[object]:
    done = subprocess.run(
        [toolbox.node().program, *words], input=told, capture_output=True, text=True, check=True, timeout=60
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_many_names_at_once_are_matched_as_each_by_itself() -> None:
    chance = random.Random(5)
    made = (
        "".join(chance.choice(ATOMS) + chance.choice(REPEATED) for _ in range(chance.randint(1, 4)))
        for _ in range(3000)
    )
    patterns = [(pattern, flags) for pattern in (*PATTERNS, *made) for flags in ("", "i")]
    pieces = [
        ("\n".join(NAMES[:16]), 16, True),
        ("\0".join(BROKEN), len(BROKEN), False),
        ("\n".join(NAMES[16:]), len(NAMES) - 16, True),
    ]
    names = [*NAMES[:16], *BROKEN, *NAMES[16:]]
    worker = [ROOT / "tests" / "contract" / "regex_worker.mjs", ROOT / "web" / "regex_worker.js"]
    found = _node(worker, "\n".join(map(json.dumps, (pieces, *patterns))))
    wanted = _node(["-e", _ONE_BY_ONE], json.dumps([names, patterns]))
    for pattern, answer, due in zip(patterns, found, wanted, strict=True):
        assert isinstance(answer, dict)
        if isinstance(due, str):
            assert (answer["kind"], answer["message"]) == ("invalid", due), pattern
        else:
            bits = int.from_bytes(bytes(answer["bits"]), "little")
            assert [bool(bits >> place & 1) for place in range(len(names))] == due, pattern
