"""A download on screen: the confirmation before it, its progress, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pycore.advice import script_advice
from pycore.html import Markup, element, join
from pycore.manifest import Outcome
from pycore.messages import PlaceOffered
from pycore.plan import Plan
from pycore.state import Download, Stage, State
from pycore.transfer import Waiting
from pycore.view.radios import radios
from pycore.view.summary import lock
from pycore.volume import duration, files, number, volume

_SHOWN: Final = 200


def confirmation(state: State) -> Markup:
    """The dialog before the first byte: what will come, where to, and what is to be known."""
    download = state.download
    if download is None or download.stage is not Stage.CONFIRM:
        return join()
    plan = download.plan
    return element(
        "dialog",
        element("h2", "Start this download?", id="confirm-title"),
        element(
            "dl",
            _fact("Files", f"{files(len(plan.files))}, {volume(plan.total_bytes)}"),
            _fact("As", f"{plan.root}.zip, {volume(download.forecast)} with its manifest"),
            _fact("Layout", plan.structure),
        ),
        _places(state, download),
        [
            element("p", f"{told} API QUERY gives a script that can.", class_="error", role="alert")
            for told in download.blocked
        ],
        [element("p", warning, class_="warning") for warning in _warnings(plan)],
        _renamed(plan),
        _as_it_is(plan),
        element(
            "div",
            element("button", "Back", type="button", data_do="dismiss-download"),
            element(
                "button",
                "Start",
                type="button",
                data_do="start",
                id="start-button",
                class_="primary",
                autofocus=True,
                aria_disabled=None if download.place else "true",
            ),
            class_="row end",
        ),
        id="confirm",
        data_modal=True,
        data_escape="dismiss-download",
        aria_labelledby="confirm-title",
    )


def _fact(name: str, told: str) -> Markup:
    return join(element("dt", name), element("dd", told))


def _places(state: State, download: Download) -> Markup:
    size = download.forecast
    fitting = {place.kind: _place(place) for place in state.fitting_places(size)}
    if state.places is None or (state.more_places and not fitting):
        return element("p", "Finding out where this browser can write …", class_="hint", role="status")
    if not fitting:
        limit = max((place.limit or 0 for place in state.places), default=0)
        told = f"This browser can hold {volume(limit)} here" if limit else "This browser has nowhere to write"
        return element(
            "p", f"{told}, which is not enough. Use API QUERY, or select less.", class_="error", role="alert"
        )
    return join(
        radios("Save with", "place", fitting, download.place),
        [
            element("p", f"Not enough for this: {_place(place)}.", class_="hint")
            for place in state.places
            if place.kind not in fitting
        ],
        element(
            "p",
            f"The page cannot see how much room there is: {volume(size)} have to be free. Keep this tab open until the "
            "end, for a download that is cut off starts anew.",
            class_="hint",
        ),
    )


def _place(place: PlaceOffered) -> str:
    return place.label if place.limit is None else f"{place.label} (up to {volume(place.limit)})"


def _warnings(plan: Plan) -> Iterator[str]:
    if (told := script_advice(plan.total_bytes)) is not None:
        yield told
    blind = sum(1 for file in plan.files if file.url is None)
    if blind:
        yield f"{files(blind)} cannot be fetched, since no address is known; the manifest will say so."
    outside = sum(1 for file in plan.files if file.exclusive and not file.with_token)
    if outside:
        yield (
            f"{files(outside)} under exclusive access {'stands' if outside == 1 else 'stand'} at an address that your "
            f"token is not sent to; the archive may refuse {'it' if outside == 1 else 'them'}."
        )


def _renamed(plan: Plan) -> Markup | None:
    if not plan.renamed:
        return None
    lines = [
        element("li", element("bdi", plain), " → ", element("b", used))
        for plain, used in plan.renamed[:_SHOWN]
    ]
    more = len(plan.renamed) - _SHOWN
    return element(
        "details",
        element("summary", f"{files(len(plan.renamed))} will have another name"),
        element("ul", lines, element("li", f"and {number(more)} more") if more > 0 else None),
        open=len(plan.renamed) <= 10,
    )


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
        element("p", _doing(download), class_="hint path", role=_role(download)),
        element(
            "div",
            _without_token(download),
            _pause(download),
            element(
                "button", "FINISH NOW", type="button", id="finish-button", data_do="stop", data_with="keep"
            ),
            element(
                "button", "CANCEL", type="button", id="cancel-button", data_do="stop", data_with="nothing"
            ),
            class_="row end",
        ),
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
        return "Waiting for a place to write …"
    match download.waiting:
        case Waiting.RETRY:
            when = f"in {download.retry_seconds:.0f} s" if download.retry_seconds >= 1 else "now"
            return f"{download.current}: broke, trying again {when} (attempt {download.attempt + 1})"
        case Waiting.NETWORK:
            return "There is no network. The download goes on by itself when it is back."
        case Waiting.TOKEN:
            return "The sign-in has ended. The download goes on at the same byte with a new token."
        case Waiting.PERSON:
            return "Paused."
        case Waiting.NOTHING:
            return download.current


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
        element("p", f"{plan.root}.zip", class_="hint path"),
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


def _as_it_is(plan: Plan) -> Markup:
    return element(
        "label",
        element("input", type="checkbox", id="as-it-is", data_do="as-it-is", checked=plan.as_it_is),
        " Take files whose size is no longer the list's as they are; the manifest says so",
    )


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
