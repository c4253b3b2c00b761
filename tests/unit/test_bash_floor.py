"""Nothing in the bash script is newer than bash 3.2, the last one that macOS has."""

from __future__ import annotations

import re

import pytest

from pycore.scripts import bash

#: What came after 3.2 (after the NEWS of each version), with an example that shows that it is found.
NEWER = {
    "4.0 associative arrays, 4.2 global and 4.3 references": (
        r"\b(?:declare|local|typeset|readonly)\s+-[a-zA-Z]*[Agnul]",
        "local -A seen",
    ),
    "4.0 mapfile": (r"\b(?:mapfile|readarray)\b", "mapfile -t lines"),
    "4.0 coproc": (r"^\s*coproc\b", "coproc cat"),
    "4.0 |& and &>>": (r"\|&|&>>", "make |& tee log"),
    "4.0 ;& and ;;&": (r";&|;;&", "a) b ;;&"),
    "4.0 change of case": (r"\$\{\w+(?:\[[^]]*\])?(?:\^|,)", "${name,,}"),
    "4.0 read -i, -N, and parts of a second": (r"\bread\b[^|;&]*\s-(?:\w*[iN]|t\s*0?\.\d)", "read -t 0.1 x"),
    "4.0 BASHPID, 5.0 EPOCHSECONDS": (r"\$\{?(?:BASHPID|EPOCHSECONDS|EPOCHREALTIME|SRANDOM)\b", "$BASHPID"),
    "4.0 globstar, 4.2 lastpipe, 4.4 inherit_errexit": (
        r"\b(?:globstar|autocd|lastpipe|inherit_errexit|localvar_inherit)\b",
        "shopt -s lastpipe",
    ),
    "4.0 step of a sequence": (r"\{\w+\.\.\w+\.\.\w+\}", "{1..9..2}"),
    "4.1 numbers of descriptors": (r"\{\w+\}[<>]", "exec {fd}>file"),
    "4.1 printf into an element": (r"printf\s+-v\s+[\"']?\w+\[", "printf -v 'a[1]' x"),
    "4.2 printf of a time": (r"%\([^)]*\)T", "printf '%(%F)T'"),
    "4.2 -v": (r"(?:\[\[|\btest|\[)\s+(?:!\s+)?-[vR]\s", "[[ -v name ]]"),
    "4.2 names of characters": (r"\$'[^']*\\[uU][0-9a-fA-F]", r"$'\u00e9'"),
    "4.2 lengths below zero": (r"\$\{\w+:[^}:]*:\s*-\d", "${name:0:-1}"),
    "4.3 elements from the end": (r"\$\{\w+\[\s*-", "${list[-1]}"),
    "4.3 wait -n": (r"\bwait\s+-\w*[nfp]", "wait -n"),
    "4.4 @": (r"\$\{\w+@[A-Za-z]\}", "${name@Q}"),
    "4.4 local -": (r"\blocal\s+-(?:\s|$)", "local -"),
    "5.3 substitution without a process": (r"\$\{[\s|]", "${ date; }"),
}


def code() -> str:
    """The script without its comments."""
    whole = bash._TEMPLATE.head + bash._TEMPLATE.foot
    return "\n".join(line for line in whole.split("\n") if not line.lstrip().startswith("#"))


@pytest.mark.parametrize("what", NEWER)
def test_the_script_does_without(what: str) -> None:
    pattern, example = NEWER[what]
    assert re.search(pattern, example, re.MULTILINE)
    found = re.search(pattern, code(), re.MULTILINE)
    assert found is None, found
