"""The small menu beside API QUERY: every other form that a selection can be taken in."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pycore.errors import OverlayError
from pycore.exports.ecsv import ecsv
from pycore.exports.product_list import product_list
from pycore.exports.votable import votable
from pycore.plan import Part, Plan, PlannedFile
from pycore.scripts.aria2 import aria2_input
from pycore.scripts.astroquery import astroquery_lacks, astroquery_snippet
from pycore.scripts.aws import aws_script
from pycore.scripts.bagit import bag, not_in_bag
from pycore.scripts.curlconfig import curl_config
from pycore.scripts.globus import globus_batch
from pycore.scripts.lines import A_TURN, About, Files, Judging, missing
from pycore.scripts.metalink import metalink
from pycore.scripts.powershell import powershell_script
from pycore.scripts.publiccopy import public_copy
from pycore.scripts.python import python_script
from pycore.scripts.rclone import rclone_lacks, rclone_list
from pycore.scripts.s5cmd import s5cmd_commands
from pycore.scripts.urllist import url_list
from pycore.scripts.wgetlist import wget_script

_TEXT: Final = "text/plain;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Tool:
    """A form for a tool that fetches a plan.

    ``ending`` follows the plan's root in the file's name. ``sentence`` is what it is, ``lacks`` what it cannot carry
    (``""``: nothing), ``how`` the command with ``{name}`` in the place of the file's name (``""``: more is to be told
    than a name, and the file tells it). ``tokens`` tells whether files that need one can come. ``left_out`` comes to
    why each file of a plan is not in the form, ``write`` to the files of the form by what follows the root in their
    names; both give empty texts before, for others to have their turn.
    """

    name: str
    label: str
    ending: str
    mime: str
    sentence: str
    lacks: str
    how: str
    tokens: bool
    left_out: Callable[[Plan, About], Judging]
    write: Callable[[Plan, About], Files]

    def losses(self, plan: Plan, about: About) -> list[str]:
        """For each file of a plan of few why this form leaves it out, or ``""``."""
        steps = self.left_out(plan, about)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return list(map(end.value, plan.files))

    def files(self, plan: Plan, about: About) -> Files:
        """The files of the form by name, each in pieces; but for a bag there is one. Empty texts come meanwhile.

        ``OverlayError`` ``script.nothing`` where no file of the plan can be in it, ``script.*`` for a plan that no form
        takes.
        """
        why = yield from self.left_out(plan, about)
        if (yield from _is_left_out_whole(plan, why)):
            raise OverlayError(
                "script.nothing",
                f"No file of the selection can be taken with {self.label}: {why(plan.files[0])}.",
                "The bash script and the Python script take every file that has an address.",
            )
        written = yield from self.write(plan, about)
        return {f"{plan.root}{ending}": pieces for ending, pieces in written.items()}


def _is_left_out_whole(plan: Plan, why: Callable[[PlannedFile], str]) -> Generator[str, None, bool]:
    for number, file in enumerate(plan.files, start=1):
        if not why(file):
            return False
        if number % A_TURN == 0:
            yield ""
    return bool(plan.files)


@dataclass(frozen=True, slots=True)
class Export:
    """A form for the selected rows themselves. ``several`` tells whether missions can stand in one file."""

    name: str
    label: str
    ending: str
    mime: str
    sentence: str
    lacks: str
    several: bool
    write: Callable[[Sequence[Part]], Iterator[str]]


def _one(ending: str, write: Callable[[Plan, About], Iterator[str]]) -> Callable[[Plan, About], Files]:
    def files(plan: Plan, about: About) -> Files:
        yield ""
        return {ending: write(plan, about)}

    return files


def _bag(plan: Plan, about: About) -> Files:
    files = yield from bag(plan, about)
    return {f"_bag/{name}": pieces for name, pieces in files.items()}


def _public(file: PlannedFile, about: About) -> str:
    return missing(file)


def _any(file: PlannedFile, about: About) -> str:
    return missing(file, tokens=True)


def _bucket(file: PlannedFile, about: About) -> str:
    copy = public_copy(file, about)
    return copy if isinstance(copy, str) else ""


def _each(why: Callable[[PlannedFile, About], str]) -> Callable[[Plan, About], Judging]:
    """Judges every file by itself."""

    def judging(plan: Plan, about: About) -> Judging:
        yield from ()
        return lambda file: why(file, about)

    return judging


_NO_TOKEN: Final = "Files that need a token are left out."

TOOLS: Final = (
    Tool(
        "python",
        "Python script",
        "_retrieve.py",
        "text/x-python;charset=utf-8",
        "Fetches like the bash script, with Python 3.8 or newer on any system.",
        "",
        "python3 {name}",
        True,
        _each(_any),
        _one("_retrieve.py", python_script),
    ),
    Tool(
        "powershell",
        "PowerShell script",
        "_retrieve.ps1",
        _TEXT,
        "Fetches with Windows PowerShell 5.1 or PowerShell 7, without anything to install.",
        "One file after the other.",
        "powershell -ExecutionPolicy Bypass -File {name}",
        True,
        _each(_any),
        _one("_retrieve.ps1", powershell_script),
    ),
    Tool(
        "aria2",
        "aria2 input file",
        "_aria2.txt",
        _TEXT,
        "Many connections, resume and checksums, by aria2.",
        f"{_NO_TOKEN} Sizes are not compared.",
        "aria2c --input-file={name}",
        False,
        _each(_public),
        _one("_aria2.txt", aria2_input),
    ),
    Tool(
        "metalink",
        "Metalink 4",
        ".meta4",
        "application/metalink4+xml",
        "Names, sizes, checksums and addresses in one document, for aria2 and other download managers.",
        _NO_TOKEN,
        "aria2c -c {name}",
        False,
        _each(_public),
        _one(".meta4", metalink),
    ),
    Tool(
        "curl",
        "curl config",
        "_curl.txt",
        _TEXT,
        "All files in one run of curl.",
        f"{_NO_TOKEN} Neither sizes nor checksums are compared.",
        "curl --config {name}",
        False,
        _each(_public),
        _one("_curl.txt", curl_config),
    ),
    Tool(
        "wget",
        "wget script",
        "_wget.sh",
        "text/x-shellscript;charset=utf-8",
        "For machines that have wget and no curl: resumes and compares sizes and checksums.",
        f"{_NO_TOKEN} One file after the other.",
        "sh {name}",
        False,
        _each(_public),
        _one("_wget.sh", wget_script),
    ),
    Tool(
        "s5cmd",
        "s5cmd commands",
        "_s5cmd.txt",
        _TEXT,
        "From the archive's public bucket by s5cmd, best on a machine in the cloud.",
        "Only files in the public bucket. Checksums are not compared.",
        "s5cmd --no-sign-request run {name}",
        False,
        _each(_bucket),
        _one("_s5cmd.txt", s5cmd_commands),
    ),
    Tool(
        "aws",
        "AWS command line script",
        "_aws.sh",
        "text/x-shellscript;charset=utf-8",
        "From the archive's public bucket by aws s3 cp, where the AWS command line is at hand.",
        "Only files in the public bucket. One file after the other. Checksums are not compared.",
        "sh {name}",
        False,
        _each(_bucket),
        _one("_aws.sh", aws_script),
    ),
    Tool(
        "rclone",
        "rclone list",
        "_rclone.txt",
        _TEXT,
        "From the archive's public bucket by rclone, into any storage that rclone knows.",
        "Only files in the public bucket, in the bucket's own folders.",
        "",
        False,
        _each(rclone_lacks),
        _one("_rclone.txt", rclone_list),
    ),
    Tool(
        "globus",
        "Globus batch",
        "_globus.txt",
        _TEXT,
        "From a Globus collection that shows the public bucket to another collection.",
        "Only files in the public bucket.",
        "",
        False,
        _each(_bucket),
        _one("_globus.txt", globus_batch),
    ),
    Tool(
        "bagit",
        "BagIt bag",
        "_bag.zip",
        "application/zip",
        "A bag whose fetch.txt names the addresses and whose manifest the checksums.",
        f"{_NO_TOKEN} Only files with a checksum.",
        "",
        False,
        not_in_bag,
        _bag,
    ),
    Tool(
        "astroquery",
        "astroquery snippet",
        "_astroquery.py",
        "text/x-python;charset=utf-8",
        "Python for a notebook, with astroquery and its own sign-in.",
        "Only files at MAST's own address. Neither sizes nor checksums are compared.",
        "python3 {name}",
        True,
        _each(astroquery_lacks),
        _one("_astroquery.py", astroquery_snippet),
    ),
    Tool(
        "urls",
        "URL list",
        "_urls.txt",
        _TEXT,
        "The addresses alone, one a line.",
        "Neither places nor sizes nor checksums.",
        "wget --input-file={name}",
        True,
        _each(_any),
        _one("_urls.txt", url_list),
    ),
)

EXPORTS: Final = (
    Export(
        "json",
        "JSON",
        "_files.json",
        "application/json",
        "All fields, in the form of the archive's own product list: it opens again here.",
        "One mission a file.",
        False,
        product_list,
    ),
    Export(
        "ecsv",
        "ECSV",
        "_files.ecsv",
        _TEXT,
        "All fields as a table with types, for Astropy.",
        "Astropy drops blanks around a text.",
        True,
        ecsv,
    ),
    Export(
        "votable",
        "VOTable",
        "_files.vot",
        "application/x-votable+xml",
        "All fields as a table of the Virtual Observatory, for TOPCAT and Astropy.",
        "Characters that XML cannot hold are replaced, and counted at its end.",
        True,
        votable,
    ),
)
