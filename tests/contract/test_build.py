"""The build: locked, reproducible, complete, and served with the right headers."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.buildsteps import machine, shell, toolbox
from web.buildsteps.runtime import pyscript_parts, trimmed_lock
from web.buildsteps.serving import site_server
from web.buildsteps.site import build_site

ROOT = shell.ROOT
LOCKS = sorted((ROOT / "web" / "requirements").glob("*.txt"))
TEXT = {".css", ".html", ".js", ".json", ".py", ".txt", ".svg", ".webmanifest"}


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
    wheel = next(dist.glob("*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    for name, content in {**contents(dist), **inside}.items():
        assert str(ROOT).encode() not in content, name


def test_site_has_no_source_maps_and_no_mention_of_them(dist: Path) -> None:
    files = contents(dist)
    assert not [name for name in files if name.endswith(".map")]
    assert not [name for name in files if name.endswith(".js") and b"sourceMappingURL" in files[name]]


def test_every_part_that_pyscript_imports_at_the_start_is_there(dist: Path) -> None:
    parts = sorted(path.name for path in (dist / "pyscript").iterdir())
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
    wheel = next(dist.glob("*.whl"))
    settings = json.loads((dist / "pyscript.json").read_text())
    assert settings["packages"] == [f"./{wheel.name}"]
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
        assert address.startswith("./"), address
        assert (dist / address).is_file(), address


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(shell.BuildError, match="no site"):
        build_site(tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


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
