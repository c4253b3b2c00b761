"""The build: locked, reproducible, complete, and served with the right headers."""

from __future__ import annotations

import gzip
import hashlib
import html
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from web.buildsteps import folder, machine, shell, toolbox
from web.buildsteps.licences import BUNDLED, npm_closure
from web.buildsteps.runtime import pyscript_parts, trimmed_lock
from web.buildsteps.serving import site_server
from web.buildsteps.site import build_site

ROOT = shell.ROOT
LOCKS = sorted((ROOT / "web" / "requirements").glob("*.txt"))
TEXT = {".css", ".html", ".js", ".json", ".py", ".txt", ".svg"}


def build_py(*words: str, code: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if code else [sys.executable, str(ROOT / "build.py"), *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def dist() -> Path:
    return Path(os.environ["OVERLAY_DIST"])


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


# --- locks


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_python_lock_pins_every_package_by_hash_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    requirements = re.findall(r"^\w.*(?:\n .*)*", text, re.MULTILINE)
    assert requirements
    for requirement in requirements:
        assert re.match(r"[\w.-]+==[\w.]+", requirement), requirement
        assert "--hash=sha256:" in requirement, requirement
    assert "://" not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_python_lock_answers_what_is_asked(lock: Path) -> None:
    pinned = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock.read_text(), re.MULTILINE))
    asked = lock.with_suffix(".in").read_text()
    for name, version in re.findall(r"^([\w-]+)(?:==([\w.]+))?", asked, re.MULTILINE):
        assert name in pinned
        assert not version or pinned[name].startswith(version.rstrip("."))


def test_npm_lock_pins_every_package_by_hash_and_names_no_host() -> None:
    text = (ROOT / "web" / "package-lock.json").read_text()
    packages = json.loads(text)["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert '"resolved"' not in text
    assert "://" not in text


def test_npm_packages_are_asked_for_by_exact_version() -> None:
    package = json.loads((ROOT / "web" / "package.json").read_text())
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)


# --- the site


def test_two_builds_are_equal_to_the_byte(dist: Path, tmp_path: Path) -> None:
    done = build_py("build", "--out", str(tmp_path / "again"))
    assert done.returncode == 0, done.stdout + done.stderr
    first, second = contents(dist), contents(tmp_path / "again")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_site_tells_nothing_of_the_machine_that_built_it(dist: Path) -> None:
    wheel = next(dist.glob("runtime/download_overlay-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    inside |= {path.name: gzip.decompress(path.read_bytes()) for path in dist.glob("runtime/snapshot-*")}
    for name, content in {**contents(dist), **inside}.items():
        assert str(ROOT).encode() not in content, name


def test_site_has_no_source_maps_and_no_mention_of_them(dist: Path) -> None:
    files = contents(dist)
    assert not [name for name in files if name.endswith(".map")]
    assert not [name for name in files if name.endswith(".js") and b"sourceMappingURL" in files[name]]


def test_every_part_that_pyscript_imports_at_the_start_is_there(dist: Path) -> None:
    parts = sorted(path.name for path in (dist / "pyscript").glob("*.js"))
    assert parts == pyscript_parts(dist / "pyscript")
    assert parts == pyscript_parts(toolbox.node_modules() / "@pyscript" / "core" / "dist")


def test_hashes_in_pyodides_lock_are_those_of_the_files(dist: Path) -> None:
    lock = json.loads((dist / "runtime" / "pyodide-lock.json").read_text())
    assert set(lock["packages"]) == {"micropip"}
    for package in lock["packages"].values():
        content = (dist / "runtime" / package["file_name"]).read_bytes()
        assert package["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_wheel_of_another_version_than_pyodide_knows_is_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "micropip-9.9-py3-none-any.whl"
    wheel.write_bytes(b"")
    with pytest.raises(shell.BuildError, match="not the version"):
        trimmed_lock({"info": {}, "packages": {"micropip": {"version": "0.11.1"}}}, [wheel])


def test_wheel_has_what_runs_in_the_browser_and_nothing_of_the_build(dist: Path) -> None:
    wheel = next(dist.glob("runtime/download_overlay-*.whl"))
    settings = re.search(r'<script type="py" config="([^"]*)"', (dist / "index.html").read_text())
    assert settings
    assert json.loads(html.unescape(settings[1]))["packages"] == [f"./runtime/{wheel.name}"]
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in names} == {"pycore", "web"}
    assert not [name for name in names if "buildsteps" in name or name.endswith((".js", ".pyc"))]
    sources = [
        *(ROOT / "pycore").rglob("*.py"),
        *(ROOT / "pycore").rglob("*.toml"),
        *(ROOT / "web").glob("*.py"),
    ]
    wanted = {path.relative_to(ROOT).as_posix() for path in sources} - {"web/main.py"}
    assert wanted <= set(names)


def test_every_licence_that_the_index_names_is_there_and_every_text_is_named(dist: Path) -> None:
    index = (dist / "licences" / "index.txt").read_text()
    named = set(re.findall(r"[\w@.+-]+\.txt", index))
    there = {path.name for path in (dist / "licences").iterdir()} - {"index.txt"}
    assert named == there
    for component in ("Pyodide", "Python", "micropip", "@pyscript/core", "polyscript", "idiomorph"):
        assert re.search(rf"^{component} \d", index, re.MULTILINE), component
    assert (dist / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_page_loads_scripts_and_styles_of_its_own_folder_alone(dist: Path) -> None:
    page = (dist / "index.html").read_text()
    for address in re.findall(r"""<(?:script|link|img)[^>]*?(?:src|href)="([^"]*)""", page):
        # What names a part of the page itself loads nothing.
        if address.startswith("#"):
            assert f'id="{address[1:]}"' in page, address
            continue
        assert address.startswith("./"), address
        assert (dist / address).is_file(), address


def test_every_version_of_a_package_is_in_the_index_of_licences(dist: Path) -> None:
    index = (dist / "licences" / "index.txt").read_text()
    packages = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    asked = [f"node_modules/{name}" for name in BUNDLED]
    seen: set[str] = set()
    while asked:
        place = asked.pop()
        if place not in seen:
            seen.add(place)
            for name in packages[place].get("dependencies", {}):
                # The one that is nearest to who asks.
                around = place.split("/node_modules/")
                near = ["/node_modules/".join([*around[:depth], name]) for depth in range(len(around), 0, -1)]
                asked.append(next((each for each in near if each in packages), f"node_modules/{name}"))
    assert any(place.count("node_modules/") > 1 for place in seen)
    for place in seen:
        line = f"{place.rpartition('node_modules/')[2]} {packages[place]['version']}"
        assert re.search(rf"^{re.escape(line)}$", index, re.MULTILINE), line


def test_a_package_is_looked_for_beside_who_asks_for_it_first(tmp_path: Path) -> None:
    def package(place: str, version: str, *needs: str) -> None:
        folder = tmp_path / "node_modules" / place
        folder.mkdir(parents=True)
        content = {"name": folder.name, "version": version, "dependencies": dict.fromkeys(needs, "*")}
        (folder / "package.json").write_text(json.dumps(content))

    package("page", "1", "tool", "part")
    package("tool", "1")
    package("part", "1", "tool", "page")
    package("part/node_modules/tool", "2", "deep")
    package("part/node_modules/deep", "1", "tool")
    package("idle", "1")
    found = npm_closure(tmp_path / "node_modules", ["page"])
    assert sorted(found) == [("deep", "1"), ("page", "1"), ("part", "1"), ("tool", "1"), ("tool", "2")]
    assert found["tool", "2"] == tmp_path / "node_modules/part/node_modules/tool"
    package("lost", "1", "nowhere")
    with pytest.raises(shell.BuildError, match="nowhere is not there"):
        npm_closure(tmp_path / "node_modules", ["lost"])


# --- the folder


def write_site(out: Path, **files: str) -> None:
    """A build of a site with these files and settings as they come, in the way of the real one."""
    with folder.replacing(out) as fresh:
        for name, content in {"index.html": "page", "demo/list.json": "{}", **files}.items():
            (fresh / name).parent.mkdir(parents=True, exist_ok=True)
            (fresh / name).write_text(content)
        (fresh / "site.json").write_text("{}")
        folder.mark(fresh)


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(shell.BuildError, match="no site"):
        build_site(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(
    "foreign", [{"site.json": "{}"}, {".download-overlay": "years"}, {".download-overlay": '["files"]'}]
)
def test_a_file_of_a_like_name_makes_no_site_of_a_folder(foreign: dict[str, str], tmp_path: Path) -> None:
    for name, content in {"thesis.tex": "years of work", **foreign}.items():
        (tmp_path / name).write_text(content)
    before = contents(tmp_path)
    with pytest.raises(shell.BuildError, match="no site"):
        build_site(tmp_path)
    assert contents(tmp_path) == before


def test_a_file_is_no_folder_for_a_site(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("years of work")
    with pytest.raises(shell.BuildError, match="no site"):
        build_site(tmp_path / "out")
    with pytest.raises(shell.BuildError, match="No folder can be made beside"):
        build_site(tmp_path / "out" / "deeper" / "dist")
    assert (tmp_path / "out").read_text() == "years of work"


def test_a_site_takes_the_place_of_an_older_one_and_nothing_beside_it_changes(tmp_path: Path) -> None:
    beside = tmp_path / "dist.new"
    beside.mkdir()
    (beside / "thesis.tex").write_text("years of work")
    write_site(tmp_path / "dist", old="1")
    write_site(tmp_path / "dist", new="2")
    assert contents(tmp_path / "dist").keys() == {
        ".download-overlay",
        "demo/list.json",
        "index.html",
        "new",
        "site.json",
    }
    assert contents(beside) == {"thesis.tex": b"years of work"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dist", "dist.new"]


def test_an_empty_folder_takes_a_site_and_so_does_one_that_a_system_has_looked_into(tmp_path: Path) -> None:
    for out in (tmp_path / "empty", tmp_path / "seen"):
        out.mkdir()
    (tmp_path / "seen" / ".DS_Store").write_text("")
    for out in (tmp_path / "empty", tmp_path / "seen"):
        write_site(out)
        (out / "demo" / "Thumbs.db").write_text("")
        write_site(out)
        assert (out / "index.html").read_text() == "page"


def test_a_site_can_be_read_by_everybody_whom_the_system_lets_read_new_folders(tmp_path: Path) -> None:
    write_site(tmp_path / "dist")
    (tmp_path / "usual").mkdir()
    assert (tmp_path / "dist").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("name", "put"),
    [
        ("robots.txt", lambda path: path.write_text("mine")),
        ("index.html", lambda path: path.write_text("edited")),
        ("demo/list.json", lambda path: (path.unlink(), path.mkdir())),
        ("lists/mine.json", lambda path: (path.parent.mkdir(), path.write_text("mine"))),
        ("empty", lambda path: path.mkdir()),
        ("link", lambda path: path.symlink_to("index.html")),
        ("site.json", lambda path: (path.unlink(), path.symlink_to("index.html"))),
        ("demo/away", lambda path: path.symlink_to("..")),
    ],
)
def test_what_somebody_put_or_changed_in_a_site_stops_the_build_and_stays(
    name: str, put: Callable[[Path], object], tmp_path: Path
) -> None:
    out = tmp_path / "dist"
    write_site(out)
    put(out / name)
    before = contents(out)
    with pytest.raises(shell.BuildError, match=re.escape(name.partition("/")[0])) as refused:
        write_site(out)
    assert "--out" in str(refused.value)
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]


def test_what_somebody_puts_there_during_the_build_stays(tmp_path: Path) -> None:
    out = tmp_path / "dist"
    write_site(out)
    with pytest.raises(shell.BuildError, match=r"thesis\.tex"), folder.replacing(out) as fresh:
        folder.mark(fresh)
        (out / "thesis.tex").write_text("years of work")
    assert {"index.html", "thesis.tex"} <= contents(out).keys()


def test_a_build_that_breaks_off_leaves_what_was_there_and_no_remains(tmp_path: Path) -> None:
    out = tmp_path / "dist"
    write_site(out)
    before = contents(out)
    with pytest.raises(shell.BuildError, match="network"), folder.replacing(out) as fresh:
        (fresh / "index.html").write_text("half")
        raise shell.BuildError("The network went away.")
    with pytest.raises(shell.BuildError, match="cannot be replaced"), folder.replacing(out) as fresh:
        fresh.rmdir()
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["dist"]


def test_edited_settings_outlive_a_build_and_that_is_told(
    dist: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "dist"
    build_site(out)
    build_site(out)
    assert capsys.readouterr().out == ""
    assert contents(out) == contents(dist)
    edited = b'{"missions": {"JWST": {"archive": {"origin": "https://proxy.example"}}}}'
    (out / "site.json").write_bytes(edited)
    build_site(out)
    assert capsys.readouterr().out.splitlines() == [f"Kept {out / 'site.json'} as it was edited."]
    assert (out / "site.json").read_bytes() == edited
    (out / "site.json").unlink()
    build_site(out)
    assert contents(out) == contents(dist)


def test_the_hosting_page_shows_the_policy_of_the_page() -> None:
    told = re.findall(r"`(connect-src [^`]+)`", (ROOT / "docs" / "hosting.md").read_text())
    assert len(told) == 2
    assert f"; {told[0]};" in (ROOT / "index.html").read_text()
    assert told[1] == f"{told[0]} http://archive.lan"


# --- the command line and the toolbox


def test_an_older_python_is_told_which_one_is_needed() -> None:
    code = "import sys, runpy; sys.version_info = (3, 10, 9); runpy.run_path('build.py', run_name='__main__')"
    done = build_py(code=code)
    assert done.returncode == 1
    assert done.stderr.strip() == "build.py needs Python 3.11 or newer; this is Python 3.10."


def test_a_misspelt_option_is_refused() -> None:
    done = build_py("build", "--outt", "x")
    assert done.returncode == 2
    assert "--outt" in done.stderr


def test_a_tool_is_made_once_and_again_when_its_lock_changes_or_it_broke(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox, "TOOLS", tmp_path)
    folder = tmp_path / "tool"
    made: list[str] = []

    def make() -> None:
        folder.mkdir()
        made.append("made")

    def break_off() -> None:
        folder.mkdir()
        raise shell.BuildError("The network went away.")

    toolbox.once(folder, "lock 1", make)
    toolbox.once(folder, "lock 1", make)
    assert len(made) == 1
    with pytest.raises(shell.BuildError):
        toolbox.once(folder, "lock 2", break_off)
    toolbox.once(folder, "lock 2", make)
    assert len(made) == 2


def test_missing_unpackers_are_named_with_the_command_that_brings_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "web.buildsteps.machine.shutil.which", lambda name: None if name in ("7z", "apt-get") else name
    )
    with pytest.raises(shell.BuildError) as caught:
        machine.programs()
    assert str(caught.value).startswith("The tests need 7z.\n  Run: sudo apt-get install p7zip-full ")


def test_a_browser_that_only_says_what_to_install_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, script in {"chromium": "echo install me >&2; exit 1", "google-chrome": "echo Chrome 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.delenv("OVERLAY_CHROMIUM")
    assert machine.chromium(Path(sys.executable)) == str(tmp_path / "google-chrome")


@pytest.mark.slow
def test_node_comes_from_the_python_index_where_the_machine_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.buildsteps.toolbox.shutil.which", lambda name: None)
    node = toolbox.node()
    assert shell.TOOLS in node.program.parents
    assert (shell.answer([node.program, "--version"]) or "").startswith("v")
    assert shell.answer([*node.npm, "--version"])


def test_a_failing_program_is_reported_with_its_words_and_its_status() -> None:
    with pytest.raises(shell.BuildError, match=r"(?s)no such thing.*ended with status 3\.\n  Try"):
        shell.run([sys.executable, "-c", "print('no such thing'); exit(3)"], hint="Try another.")


# --- the server


@pytest.fixture(scope="module")
def port(dist: Path) -> Iterator[int]:
    server = site_server(dist, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def get(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(
            method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        response = connection.getresponse()
        return (
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            response.read(),
        )
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html"),
        ("/?products=./demo/hst.json", "text/html"),
        ("/boot.js", "text/javascript"),
        ("/style.css", "text/css"),
        ("/demo/jwst.json", "application/json"),
        ("/runtime/pyodide.asm.wasm", "application/wasm"),
    ],
)
def test_server_gives_each_file_its_type_and_asks_for_revalidation(port: int, path: str, kind: str) -> None:
    status, headers, body = get(port, path)
    assert status == 200
    assert headers["content-type"].partition(";")[0] == kind
    assert headers["cache-control"] == "no-cache"
    assert int(headers["content-length"]) == len(body) > 0
    assert get(port, path, If_None_Match=headers["etag"])[0] == 304
    assert get(port, path, "HEAD")[1]["content-length"] == headers["content-length"]


@pytest.mark.parametrize("asked", ["bytes=5-9", "bytes=-5", "bytes=20-", "bytes=0-999999999"])
def test_server_answers_a_range_with_these_bytes(port: int, dist: Path, asked: str) -> None:
    whole = (dist / "LICENSE").read_bytes()
    first, last = asked.removeprefix("bytes=").split("-")
    expected = whole[int(first) : int(last) + 1 if last else None] if first else whole[-int(last) :]
    status, headers, body = get(port, "/LICENSE", Range=asked)
    assert (status, body) == (206, expected)
    assert headers["content-range"].endswith(f"/{len(whole)}")


def test_server_refuses_a_range_beyond_the_end_and_ignores_one_it_cannot_read(port: int, dist: Path) -> None:
    whole = (dist / "LICENSE").read_bytes()
    status, headers, _ = get(port, "/LICENSE", Range=f"bytes={len(whole)}-")
    assert (status, headers["content-range"]) == (416, f"bytes */{len(whole)}")
    for asked in ("bytes=9-5", "lines=1-2", "bytes=-", "bytes=0-1,4-5"):
        assert get(port, "/LICENSE", Range=asked)[::2] == (200, whole)
    assert get(port, "/LICENSE", Range="bytes=0-1", If_Range='"older"')[0] == 200


@pytest.mark.parametrize(
    "path", ["/nothing", "/runtime", "/demo/", "/../build.py", "/%2e%2e/build.py", "/a%00b"]
)
def test_server_has_no_listings_and_nothing_outside_the_site(port: int, path: str) -> None:
    assert get(port, path)[0] == 404


def test_settings_of_the_server_stand_in_for_those_of_the_site(dist: Path) -> None:
    settings = {"missions": {"JWST": {"archive": "http://127.0.0.1:9"}}}
    with site_server(dist, 0, settings) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        status, _, body = get(server.server_port, "/site.json")
        thread.join()
    assert (status, json.loads(body)) == (200, settings)
    assert json.loads((dist / "site.json").read_text()) == {}


def test_a_port_that_is_taken_is_said_so(port: int, dist: Path) -> None:
    with pytest.raises(shell.BuildError, match=f"Port {port} cannot be had"):
        site_server(dist, port)


@pytest.mark.parametrize("words", [(), ("--archive",)], ids=["demo", "archive"])
def test_serve_prints_its_address_and_serves_the_page_and_its_settings(words: tuple[str, ...]) -> None:
    command = [sys.executable, "-u", str(ROOT / "build.py"), "serve", "--no-open", "--port", "0", *words]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as serving:
        try:
            assert serving.stdout is not None
            lines = []
            for line in serving.stdout:
                lines.append(line)
                if found := re.search(r"Serving http://127\.0\.0\.1:(\d+)/", line):
                    break
            assert found, "".join(lines)
            number = int(found[1])
            assert b"<!doctype html>" in get(number, "/")[2].lower()
            settings = json.loads(get(number, "/site.json")[2])
            assert set(settings.get("missions", {})) == ({"JWST", "HST"} if words else set())
            assert ("?products=" in line) == bool(words)
        finally:
            serving.terminate()
