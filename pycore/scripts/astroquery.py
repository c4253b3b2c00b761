"""A snippet for astroquery, the client of archives that is part of the Astropy project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

from pycore.missions.profile import Archive
from pycore.plan import Plan, PlannedFile
from pycore.scripts.lines import (
    About,
    comments,
    heading,
    left_out,
    missing,
    one_line,
    pieces,
    takes_token,
)

_BEGIN: Final = """\

import os
import sys

from astroquery.mast import MastMissions

failed = []


def fetch(mission, uri, path):
    if os.path.exists(path):
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    status, message, _ = mission.download_file(uri, local_path=path + ".part", verbose=False)
    if status == "ERROR":
        failed.append(path)
        print(path, message, file=sys.stderr)
    else:
        os.replace(path + ".part", path)


"""
_END: Final = """
if failed:
    sys.exit(f"{len(failed)} files are not there.")
"""


def astroquery_lacks(file: PlannedFile, about: About) -> str:
    """Why astroquery cannot fetch the file, or ``""``: it asks for files by their URI at MAST's own address."""
    archive = about.profiles.named(file.mission).archive
    if file.url is None:
        return missing(file)
    if not archive.astroquery:
        return f"astroquery is not known to serve {one_line(file.mission)}"
    return "" if _uri(file, archive) else "astroquery cannot be told its address"


def astroquery_snippet(plan: Plan, about: About) -> Iterator[str]:
    """The snippet, in ASCII: every name is a literal, written so that nothing in it is more than text."""
    return pieces(plan, _lines(plan, about))


def _lines(plan: Plan, about: About) -> Iterator[str]:
    told = ("It needs astroquery. Sizes and checksums are not compared: the Python script does that.",)
    yield from comments(map(_ascii, heading(plan, about, *told)))
    yield _BEGIN
    archives = {
        name: about.profiles.named(name).archive for name in dict.fromkeys(f.mission for f in plan.files)
    }
    variables = {name: f"mission_{number}" for number, name in enumerate(archives, start=1)}
    signing = {file.mission for file in plan.files if takes_token(file)}
    for name, archive in archives.items():
        if archive.astroquery:
            yield f"{variables[name]} = MastMissions(mission={archive.astroquery!a})\n"
            if name in signing:
                yield f"{variables[name]}.login()  # the token is MAST_API_TOKEN, else it is asked for\n"
    for file in plan.files:
        why = astroquery_lacks(file, about)
        if why:
            yield from comments([_ascii(left_out(file, why))])
        else:
            uri, path = _uri(file, archives[file.mission]), f"{plan.root}/{file.path}"
            yield f"fetch({variables[file.mission]}, {uri!a}, {path!a})\n"
    yield _END


def _uri(file: PlannedFile, archive: Archive) -> str:
    """What the archive's address of the file was made of, where it is the address that astroquery asks for."""
    before, place, after = (archive.retrieve or archive.retrieve_by_uri).partition("{uri}")
    url = file.url or ""
    if not place or not url.startswith(before) or not url.endswith(after):
        return ""
    return unquote(url[len(before) : len(url) - len(after)], errors="surrogatepass")


def _ascii(text: str) -> str:
    """The text with escapes for what is beyond ASCII, as in a literal of Python."""
    return text.encode("ascii", "backslashreplace").decode()
