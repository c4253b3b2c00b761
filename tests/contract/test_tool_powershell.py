"""The PowerShell script, read by a grammar of PowerShell: no name is anything but text."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from pycore.scripts.powershell import powershell_script
from tests.archive.server import ArchiveServer
from tests.contract.selection import ABOUT, plan_at


@pytest.fixture
def archive() -> Iterator[ArchiveServer]:
    with ArchiveServer(demo=False) as server:
        yield server


def tree(script: str) -> Node:
    return Parser(Language(tree_sitter_powershell.language())).parse(script.encode()).root_node


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.children:
        yield from nodes(child)


def test_the_grammar_finds_no_error(archive: ArchiveServer) -> None:
    root = tree("".join(powershell_script(plan_at(archive, exclusive=["mine.fits"]), ABOUT)))
    wrong = [node for node in nodes(root) if node.is_error or node.is_missing]
    assert [(node.start_point, node.text) for node in wrong] == []


def test_hostile_names_stand_in_one_literal_here_string(archive: ArchiveServer) -> None:
    def shape(script: str) -> list[str]:
        return [node.type for node in nodes(tree(script))]

    plan, plain = plan_at(archive), plan_at(archive, ["plain_cal.fits"])
    hostile = "".join(powershell_script(plan, ABOUT))
    # A comment tells the number of files; else the two scripts are one.
    assert shape(hostile) == shape("".join(powershell_script(plain, ABOUT)))
    literals = [node for node in nodes(tree(hostile)) if node.type == "verbatim_here_string_characters"]
    assert len(literals) == 1
    text = (literals[0].text or b"").decode()
    assert text.count("\n1\t") == text.count(f"\n{len(plan.files)}\t") == 1


def test_the_options_are_told_and_are_those_of_the_program(archive: ArchiveServer) -> None:
    script = "".join(powershell_script(plan_at(archive, ["a.fits"]), ABOUT))
    parameters = [
        (node.text or b"").decode().lstrip("$")
        for block in nodes(tree(script))
        if block.type == "param_block" and b"[switch]" in (block.text or b"")
        for node in nodes(block)
        if node.type == "variable"
    ]
    told = re.findall(r"^#   -(\w+)", script, re.MULTILINE)
    assert sorted(told) == sorted(parameters) == ["List", "Only", "Output", "Tries", "Verify"]


@pytest.mark.parametrize("newer", ["$a = $b ? 1 : 2", "$a = $b ?? 1", "$a ??= 1", "${a}?.Length", "$a[0]?.b"])
def test_the_grammar_takes_what_came_after_windows_powershell_for_an_error(newer: str) -> None:
    assert any(node.is_error or node.is_missing for node in nodes(tree(newer)))


def test_nothing_that_only_one_of_the_two_powershells_has_is_used(archive: ArchiveServer) -> None:
    script = "".join(powershell_script(plan_at(archive, exclusive=["mine.fits"]), ABOUT))
    code = script.partition("$Lines = @'")[0] + script.partition("\n'@\n")[2]
    words = "\n".join(line for line in code.splitlines() if not line.lstrip().startswith("#"))
    newer = r"&&|\|\||-Parallel|-AsByteStream|\$Is(?:Windows|Linux|MacOS)|-SkipCertificateCheck|Get-Error|Join-String"
    gone = r"Get-WmiObject|-Encoding Byte|Add-PSSnapin|\bworkflow\b|New-WebServiceProxy|Add-Content.*-Stream"
    for pattern in (newer, gone):
        assert re.search(pattern, words) is None, re.search(pattern, words)


def test_the_grammar_finds_an_error_where_there_is_one() -> None:
    root = tree("$x = @'\na\n'@\nfunction f( { 'b\n")
    assert any(node.is_error or node.is_missing for node in nodes(root))
