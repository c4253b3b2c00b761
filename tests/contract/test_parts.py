"""What the service worker is told of the site: every part by its content, and the version that they make."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from web.buildsteps.parts import PAGE, parts_of, service_worker, version_of, write_parts
from web.buildsteps.shell import BuildError


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small site: a page, a part whose name needs quoting, and what is no part."""
    folder = tmp_path / "site"
    (folder / "demo" / "files").mkdir(parents=True)
    for name, text in {
        "index.html": '<!DOCTYPE html>\n<html lang="en" data-version="">\n',
        "a part+.js": "1",
        "a part+.js.gz": "1",
        "lonely.gz": "2",
        "demo/list.json": "{}",
        "demo/files/large.fits": "3",
        "site.json": "{}",
        "sw.js": "",
        "LICENSE": "4",
        ".download-overlay": "{}",
    }.items():
        (folder / name).write_text(text)
    return folder


def table_in(worker: str) -> dict[str, dict[str, object]]:
    """The table that a service worker carries, read as another program would."""
    found = re.search(
        r"^const SITE = \{ version: \"\w*\", parts: (\{.*?\n\}) \};$", worker, re.MULTILINE | re.DOTALL
    )
    assert found
    table: dict[str, dict[str, object]] = json.loads(found[1])
    return table


def test_parts_are_what_a_visit_may_ask_for(site: Path) -> None:
    assert set(parts_of(site)) == {"", "index.html", "a%20part%2B.js", "lonely.gz", "demo/list.json"}


def test_version_stands_in_page_and_worker_and_is_made_of_every_byte(site: Path) -> None:
    version = write_parts(site)
    assert f'data-version="{version}"' in (site / PAGE).read_text()
    assert f'const SITE = {{ version: "{version}"' in (site / "sw.js").read_text()
    assert write_parts(site) == version
    (site / "demo" / "files" / "large.fits").write_text("another")
    assert write_parts(site) == version
    (site / "demo" / "list.json").write_text("{ }")
    assert write_parts(site) != version


def test_version_names_files_and_not_only_what_is_in_them(site: Path) -> None:
    before = version_of(parts_of(site))
    (site / "lonely.gz").rename(site / "lonelier.gz")
    assert version_of(parts_of(site)) != before


def test_a_page_without_a_place_for_the_version_stops_the_build(site: Path) -> None:
    (site / PAGE).write_text("<html>")
    with pytest.raises(BuildError, match="no place for the version"):
        write_parts(site)


def test_every_hash_in_the_built_worker_is_that_of_the_file() -> None:
    dist = Path(os.environ["OVERLAY_DIST"])
    table = table_in((dist / "sw.js").read_text("utf-8"))
    for name, part in table.items():
        content = (dist / (unquote(name) or PAGE)).read_bytes()
        assert part["sha256"] == hashlib.sha256(content).hexdigest(), name
        assert part["bytes"] == len(content)
    packed = {name: part["unpacked"] for name, part in table.items() if "unpacked" in part}
    assert packed == {
        name: hashlib.sha256(gzip.decompress((dist / name).read_bytes())).hexdigest()
        for name in table
        if name.startswith("runtime/snapshot-")
    }
    assert {"", PAGE, "boot.js", "style.css", "regex_worker.js", "demo/jwst.json"} <= set(table)


def test_the_worker_is_one_file_that_a_javascript_engine_reads(site: Path, tmp_path: Path) -> None:
    write_parts(site)
    for text in (service_worker(), (site / "sw.js").read_text()):
        assert "importScripts" not in text
        script = tmp_path / "worker.js"
        script.write_text(text)
        subprocess.run([os.environ["OVERLAY_NODE"], "--check", script], check=True)
    assert table_in(service_worker()) == {}


def test_a_copy_of_the_site_is_of_the_same_version(site: Path, tmp_path: Path) -> None:
    version = write_parts(site)
    shutil.copytree(site, tmp_path / "copy")
    assert write_parts(tmp_path / "copy") == version
