"""A download on screen: its progress, and what became of it."""

from __future__ import annotations

from typing import Final

from pycore.html import Markup, element, join
from pycore.manifest import Outcome
from pycore.state import Download, Stage, State
from pycore.transfer import Waiting
from pycore.view.stopping import stopping
from pycore.view.summary import lock
from pycore.volume import duration, files, number, volume

_SHOWN: Final = 200


def progress(state: State) -> Markup:
    """The download under way, or what became of it."""
    download = state.download
    if download is None or download.stage is Stage.CONFIRM:
        return join()
    return _ended(download) if download.stage is Stage.ENDED else _running(download)


def _running(download: Download) -> Markup:
    plan = download.plan
    total = plan.total_bytes
    # Their ids keep one button from becoming another between a look and a click.
    return element(
        "section",
        element("h2", "Downloading", id="progress-title"),
        element(
            "progress",
            max=str(total or 1),
            value=str(download.bytes_complete),
            aria_labelledby="progress-title",
        ),
        element("p", _how_far(download), class_="figures"),
        _there_already(download),
        element("p", _doing(download), class_="hint path", role=_role(download)),
        element(
            "div",
            _without_token(download),
            _pause(download),
            element("button", "CANCEL", type="button", id="cancel-button", data_do="cancel"),
            class_="row end",
        ),
        stopping(download),
        aria_labelledby="progress-title",
        class_="download",
    )


def _role(download: Download) -> str | None:
    """What it waits for is said aloud, each path that is written is not."""
    return None if download.waiting in (Waiting.NOTHING, Waiting.RETRY) else "status"


def _pause(download: Download) -> Markup | None:
    if download.stage is not Stage.RUNNING:
        return None
    on = download.waiting is not Waiting.PERSON
    return element(
        "button",
        "PAUSE" if on else "RESUME",
        type="button",
        id="pause-button",
        data_do="pause",
        data_with="on" if on else "off",
    )


def _without_token(download: Download) -> Markup | None:
    if download.waiting is not Waiting.TOKEN:
        return None
    return join(
        element(
            "button", "ENTER A TOKEN", type="button", id="token-button", data_do="menu", data_with="account"
        ),
        element("button", "GO ON WITHOUT", type="button", id="without-button", data_do="without-token"),
    )


def _how_far(download: Download) -> str:
    plan = download.plan
    parts = [
        f"{number(download.files_complete)} of {files(len(plan.files))}",
        f"{volume(download.bytes_complete)} of {volume(plan.total_bytes)}",
    ]
    if download.files_failed:
        parts.insert(1, f"{number(download.files_failed)} failed")
    if download.rate:
        parts.append(f"{volume(int(download.rate))}/s")
        parts.append(
            f"{duration((plan.total_bytes - download.bytes_complete - download.bytes_failed) / download.rate)} left"
        )
    return " · ".join(parts)


def _doing(download: Download) -> str:
    if download.stage is Stage.OPENING:
        if download.looked is None:
            return "Waiting for a place to write …"
        done, of = download.looked
        return f"Checking what is in {download.plan.root} already: {number(done)} of {files(of)} …"
    match download.waiting:
        case Waiting.RETRY:
            when = f"in {download.retry_seconds:.0f} s" if download.retry_seconds >= 1 else "now"
            return f"{download.current}: broke, trying again {when} (attempt {download.attempt + 1})"
        case Waiting.NETWORK:
            return "There is no network. The download goes on by itself when it is back."
        case Waiting.ARCHIVE:
            when = f"in {download.retry_seconds:.0f} s" if download.retry_seconds >= 1 else "now"
            return (
                f"The archive does not answer any more. It is asked again {when}, and the download goes on by itself; "
                "after 15 minutes without an answer it is given up."
            )
        case Waiting.TOKEN:
            return "The sign-in has ended. The download goes on at the same byte with a new token."
        case Waiting.PERSON:
            return "Paused."
        case Waiting.NOTHING:
            return download.current or "Writing the manifest …"


def _ended(download: Download) -> Markup:
    plan = download.plan
    failed = [(f, o) for f, o in zip(plan.files, download.outcomes, strict=True) if o.reason]
    verdict = (
        f"All {files(len(plan.files))} are complete."
        if not failed
        else f"{number(download.files_complete)} of {files(len(plan.files))} are complete; "
        f"{number(len(failed))} could not be had."
    )
    if len(plan.files) == 1 and not failed:
        verdict = "The file is complete."
    return element(
        "section",
        element(
            "h2", "Download finished" if not failed else "Download finished with gaps", id="progress-title"
        ),
        element("p", verdict, class_="figures"),
        element("p", plan.root if download.single_files else f"{plan.root}.zip", class_="hint path"),
        _there_already(download),
        _missing([(file.path, file.exclusive, outcome) for file, outcome in failed]),
        _of_another_size(download),
        element(
            "div",
            _retry(len(failed)),
            element("button", "Close", type="button", id="close-button", data_do="dismiss-download"),
            class_="row end",
        ),
        aria_labelledby="progress-title",
        class_=f"download {'bad' if failed else 'good'}",
    )


def _there_already(download: Download) -> Markup | None:
    count, size = download.there
    if not count:
        return None
    were = "was" if count == 1 else "were"
    told = f"{files(count)}, {volume(size)}, {were} there already, whole, and not fetched again."
    return element("p", told, class_="hint", id="there-already")


def _retry(failed: int) -> Markup | None:
    if not failed:
        return None
    which = "the file" if failed == 1 else f"the {number(failed)} files"
    return element(
        "button", f"Try {which} that failed again", type="button", id="retry-button", data_do="retry"
    )


def _of_another_size(download: Download) -> Markup | None:
    """What can be done about files that the archive has made anew since the list was written."""
    others = [outcome for outcome in download.outcomes if outcome.other_size is not None]
    missed = sum(1 for outcome in others if outcome.reason)
    told = []
    if len(others) > missed:
        told.append(
            f"{files(len(others) - missed)} of another size than the list's taken; the manifest says which."
        )
    if missed:
        told.append(
            f"{files(missed)} may have been made anew since the list was written. Get a new list, or try again and "
            f"take {'it as it is' if missed == 1 else 'them as they are'}."
        )
    return element("p", " ".join(told), class_="warning") if told else None


def _missing(failed: list[tuple[str, bool, Outcome]]) -> Markup | None:
    if not failed:
        return None
    lines = [
        element("li", [lock(), " "] if exclusive else None, element("b", path), f": {outcome.reason}")
        for path, exclusive, outcome in failed[:_SHOWN]
    ]
    more = len(failed) - _SHOWN
    return element(
        "ul",
        lines,
        element("li", f"and {number(more)} more, all in the manifest") if more > 0 else None,
        class_="missing",
        tabindex="0",
        aria_label="Files that could not be had",
    )
