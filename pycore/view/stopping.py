"""The dialog that asks how a download is to be stopped; the download goes on behind it."""

from __future__ import annotations

from pycore.html import Markup, element
from pycore.state import Download
from pycore.volume import files, number


def stopping(download: Download) -> Markup | None:
    """Keep what is complete, keep nothing, or go on; Escape goes on, too."""
    if not download.stopping:
        return None
    complete, asked = download.files_complete, len(download.plan.files)
    return element(
        "dialog",
        element("h2", "Stop this download?", id="stopping-title"),
        element(
            "p",
            f"{number(complete)} of {files(asked)} {'is' if complete == 1 else 'are'} complete. The download goes on "
            "until you choose.",
            id="stopping-facts",
        ),
        element(
            "dl",
            element("dt", "Finish now"),
            element("dd", "keeps what is complete; the manifest tells what is not included."),
            element("dt", "Discard"),
            element("dd", "leaves nothing of this download on the disk."),
        ),
        element(
            "div",
            element("button", "Discard", type="button", data_do="stop", data_with="nothing"),
            element("button", "Finish now", type="button", data_do="stop", data_with="keep"),
            element(
                "button",
                "Keep going",
                type="button",
                data_do="keep-going",
                class_="primary",
                autofocus=True,
            ),
            class_="row end",
        ),
        id="stopping",
        data_modal=True,
        data_escape="keep-going",
        aria_labelledby="stopping-title",
        aria_describedby="stopping-facts",
    )
