"""Names and addresses made to do harm, run through the real bash: all arrive, under their documented names."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.archive.server import ArchiveServer
from tests.contract.bash_desk import ROOT, TOKEN, Desk, changed, complete, plan_for, row

pieces = st.sampled_from(
    [
        *(
            "'",
            '"',
            "`",
            "$(touch pwned)",
            "`touch pwned`",
            "; touch pwned;",
            "| touch pwned",
            "&& touch pwned &",
        ),
        *(
            "\n",
            "\r\n",
            "\t",
            "\nEND_OF_LIST\n",
            "\\",
            "\\\\",
            '\\"',
            "-",
            "--output",
            "-K",
            "@",
            "~",
            "!",
            "#",
        ),
        *(
            "..",
            "../",
            "../../pwned",
            "/",
            "/etc/",
            "*",
            "?",
            "[a-z]",
            "{1,2}",
            "%2e%2e%2f",
            "%s",
            "%{http_code}",
        ),
        *(
            "é",
            "e\u0301",
            "日本",
            "\u202e",
            "\u200b",
            "😀",
            "\x1b[31m",
            "\x7f",
            "CON",
            "x" * 300,
            "é" * 140,
            ".part",
        ),
        *(
            "url = file:///etc/passwd",
            "\nnext\n",
            '"\noutput = pwned\n"',
            "$IFS",
            "${x}",
            "<",
            ">",
            "&amp;",
            "=1",
        ),
    ]
)
hostile = st.lists(pieces, min_size=1, max_size=6).map("".join)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(hostile, min_size=1, max_size=8, unique=True), hostile, hostile)
def test_nothing_is_run_and_nothing_written_elsewhere_and_every_file_arrives(
    desk: Desk, files: list[str], dataset: str, tail: str
) -> None:
    (desk.folder / "canary").write_text("sings")
    shutil.rmtree(desk.folder / ROOT, ignore_errors=True)
    rows = [row(name, dataset, 100 + number, number % 3 == 2) for number, name in enumerate(files)]
    rows += [row(files[0], dataset + "2", 100)]
    with ArchiveServer(demo=False) as archive:
        archive.add_token(TOKEN, "somebody", [""])
        plan = plan_for(archive, rows)
        plan = changed(plan, url=f"{plan.files[0].url}&tail={tail}")
        ended = replace(desk, archive=archive).run(plan, "--jobs", "2", MAST_API_TOKEN=TOKEN)
        assert (ended.status, ended.err) == (0, "")
        complete(ended, plan, archive)
    assert sorted(os.listdir(desk.folder)) == sorted([ROOT, f"{ROOT}_api_retrieve.sh", "canary"])
    assert (desk.folder / "canary").read_text() == "sings"
    assert not any("FAILED" in cells[3] for cells in ended.manifest())


def test_long_names_leave_room_for_what_is_under_way_and_stay_apart(
    desk: Desk, archive: ArchiveServer
) -> None:
    rows = [row("n" * 300 + f"{number}.fits", "jw1", 200_000) for number in range(4)]
    rows += [row("é" * 200 + f"{number}.fits", "d" * 300, 200_000) for number in range(4)]
    plan = plan_for(archive, rows)
    archive.fault("*", "cut", at=70_000, times=4)
    ended = desk.run(plan, "--jobs", "1")
    assert (ended.status, ended.err) == (0, "")
    complete(ended, plan, archive)
    assert len({file.path for file in plan.files}) == 8
    assert max(len(part.encode()) for file in plan.files for part in f"{file.path}.part".split("/")) <= 255
