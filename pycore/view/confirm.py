"""The question before a download: what will come, where to and for how long, and all that is to be known before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pycore import places
from pycore.advice import script_advice
from pycore.html import Markup, element, join
from pycore.messages import Finding, PlaceOffered
from pycore.plan import Plan
from pycore.state import Download, Stage, State
from pycore.survey import SHOWN, Survey
from pycore.view.radios import radios
from pycore.volume import duration, files, number, volume

#: Bytes a second that are reckoned with before anything was measured.
_SUPPOSED_RATE: Final = 10_000_000
_FOUND: Final = {
    None: "finding out whether this page may read its files …",
    Finding.OPEN: "lets this page read its files",
    Finding.BLOCKED: "does not let this page read its files",
    Finding.UNREACHABLE: "does not answer this page",
    Finding.PROXIED: "read by way of this site's own proxy",
}
_CLOSED: Final = {
    Finding.BLOCKED: "this archive does not let other sites read its files in a browser.",
    Finding.UNREACHABLE: "this archive does not answer, or lets no other site read its files.",
}


def confirmation(state: State) -> Markup:
    """The dialog before the first byte: what will come, where to, and what is to be known."""
    if state.planning is not None:
        return _planning(state.planning)
    download = state.download
    if download is None or download.stage is not Stage.CONFIRM:
        return join()
    plan, found = download.plan, download.survey
    return element(
        "dialog",
        element("h2", "Start this download?", id="confirm-title"),
        element(
            "dl",
            _fact("Files", f"{files(len(plan.files))}, {volume(found.bytes)}"),
            _fact("As", _form(download)),
            _fact("Layout", plan.structure),
            _fact("Time", _time(state, found.bytes)),
            [_fact("From", f"{where}: {_FOUND[finding]}") for where, finding in download.sources.items()],
        ),
        _places(state, download),
        [
            element(
                "p",
                f"{where}: {_CLOSED[finding]} API QUERY gives a script that can.",
                class_="error",
                role="alert",
            )
            for where, finding in download.sources.items()
            if finding in _CLOSED
        ],
        [element("p", warning, class_="warning") for warning in _warnings(found)],
        [element("p", warning, class_="warning") for warning in _without_token(download)],
        _renamed(found),
        _long(found),
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


def _planning(share: float) -> Markup:
    """The dialog while the files are looked at."""
    return element(
        "dialog",
        element("h2", "Looking at the files …", id="planning-title"),
        element(
            "p",
            "Where each comes from, where it goes, and what the archive of them will be like.",
            class_="hint",
        ),
        element("progress", max="100", value=str(int(100 * share)), aria_labelledby="planning-title"),
        element(
            "div",
            element("button", "Cancel", type="button", data_do="stop-planning", autofocus=True),
            class_="row end",
        ),
        id="planning",
        data_modal=True,
        data_escape="stop-planning",
        aria_labelledby="planning-title",
    )


def _form(download: Download) -> str:
    if download.single_files:
        return f"single files in the folder {download.plan.root}, with a manifest"
    return f"{download.plan.root}.zip, about {volume(download.forecast)} with both manifests"


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
        [
            element(
                "p",
                places.terms(place.kind, volume(size), volume(place.limit or 0)),
                class_="hint",
                id="place-terms",
            )
            for place in state.places
            if place.kind == download.place
        ],
    )


def _place(place: PlaceOffered) -> str:
    title = places.title(place.kind)
    return title if place.limit is None else f"{title} (up to {volume(place.limit)})"


def _time(state: State, size: int) -> str:
    rate = state.measured_rate or _SUPPOSED_RATE
    whose = "as fast as the last download" if state.measured_rate else "nothing is measured yet"
    return f"about {duration(size / rate)} at {volume(int(rate))}/s ({whose})"


def _without_token(download: Download) -> Iterator[str]:
    """A token goes to the origins that the profile names, and a proxy is none of them."""
    proxied = {where for where, finding in download.sources.items() if finding is Finding.PROXIED}
    count = sum(number for where, number in download.survey.with_token.items() if where in proxied)
    if count:
        yield (
            f"{files(count)} under exclusive access would come by way of the proxy, to which no token is sent; the "
            "archive may refuse them. API QUERY gives a script that can fetch them."
        )


def _warnings(found: Survey) -> Iterator[str]:
    if (told := script_advice(found.bytes)) is not None:
        yield told
    if found.blind:
        yield f"{files(found.blind)} cannot be fetched, since no address is known; the manifest will say so."
    outside = found.outside
    if outside:
        yield (
            f"{files(outside)} under exclusive access {'stands' if outside == 1 else 'stand'} at an address that your "
            f"token is not sent to; the archive may refuse {'it' if outside == 1 else 'them'}."
        )


def _renamed(found: Survey) -> Markup | None:
    count = found.renamed_count
    if not count:
        return None
    lines = [
        element(
            "li",
            element("bdi", plain),
            " → ",
            element("b", path),
            element("span", f" ({why})", class_="hint"),
        )
        for plain, path, why in found.renamed
    ]
    return element(
        "details",
        element("summary", f"{files(count)} will have another name"),
        element("ul", lines, _more(count)),
        open=count <= 10,
    )


def _long(found: Survey) -> Markup | None:
    """Paths that Windows may refuse to unpack, and what becomes of them."""
    count = found.long_count
    if not count:
        return None
    told = (
        "They stay as they are. On Windows, unpack into a short path such as C:\\d, or take the structure FLAT: most "
        "programs there take no path of 260 characters or more."
    )
    lines = [element("li", element("bdi", path)) for path in found.long]
    have = "has a path that is" if count == 1 else "have paths that are"
    return element(
        "details",
        element("summary", f"{files(count)} {have} long for Windows"),
        element("p", told, class_="hint"),
        element("ul", lines, _more(count)),
    )


def _more(count: int) -> Markup | None:
    return element("li", f"and {number(count - SHOWN)} more") if count > SHOWN else None


def _as_it_is(plan: Plan) -> Markup:
    return element(
        "label",
        element("input", type="checkbox", id="as-it-is", data_do="as-it-is", checked=plan.as_it_is),
        " Take files whose size is no longer the list's as they are; the manifest says so",
    )
