"""A download, from the question before it to the report after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from pycore import layout, transfer
from pycore import messages as m
from pycore.effects import BeginTransfer, Effect, Focus, Probe, StopTransfer, TellTransfer
from pycore.plan import Plan, make_plan, origin
from pycore.state import Download, Stage, State
from pycore.transfer import Paused, Resumed, TokenGivenUp
from pycore.update.step import Handlers, Step
from pycore.update.taking import NOTHING_SELECTED

_CHANGING_OVER: Final = "The page is changing over to its new version. Start the download after that."
#: A list may name thousands of hosts; before a download only so many are asked whether they let the page read.
MOST_PROBES: Final = 8


def download_asked(state: State, message: m.DownloadAsked) -> Step:
    if state.download is not None and state.download.stage in (Stage.RUNNING, Stage.OPENING):
        return state.noted("warning", "A download is under way. Wait for it, or stop it first."), ()
    if state.offline.taking:
        return state.noted("warning", _CHANGING_OVER), ()
    plan = make_plan(state.parts(), state.structure, message.epoch_ms, state.account.user)
    if not plan.files:
        return state.noted("warning", f"{NOTHING_SELECTED}download."), ()
    return _asked(state, plan, message.epoch_ms)


def _asked(state: State, plan: Plan, epoch_ms: float) -> Step:
    forecast = transfer.forecast(plan)
    download = Download(plan, epoch_ms, forecast, place=_best_place(state, forecast))
    return replace(state, download=download, menu=""), _probes(plan)


def retry_asked(state: State, message: m.RetryAsked) -> Step:
    download = _downloading(state, Stage.ENDED)
    if download is None:
        return state, ()
    if state.offline.taking:
        return state.noted("warning", _CHANGING_OVER), ()
    failed = tuple(
        file for file, outcome in zip(download.plan.files, download.outcomes, strict=True) if outcome.reason
    )
    if not failed:
        return state, ()
    plan = replace(download.plan, root=layout.stamp(message.epoch_ms), files=failed)
    state, probes = _asked(state, plan, message.epoch_ms)
    again = state.download
    if again is not None and any(p.kind == download.place for p in state.fitting_places(again.forecast)):
        # Where the others went, these may go, too.
        again = replace(again, place=download.place, place_chosen=True)
    return replace(state, download=again), probes


def as_it_is_ticked(state: State, message: m.AsItIsTicked) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None:
        return state, ()
    return replace(state, download=replace(download, plan=replace(download.plan, as_it_is=message.on))), ()


def _probes(plan: Plan) -> Sequence[Effect]:
    """One address of each origin, public where there is one: a probe carries no token."""
    found: dict[str, str] = {}
    for file in sorted(plan.files, key=lambda file: file.exclusive):
        if file.url is not None:
            found.setdefault(origin(file.url), file.url)
    return tuple(Probe(where, url) for where, url in islice(found.items(), MOST_PROBES))


def _downloading(state: State, *stages: Stage) -> Download | None:
    return state.download if state.download is not None and state.download.stage in stages else None


def _best_place(state: State, size: int) -> str:
    return next((place.kind for place in state.fitting_places(size)), "")


def places_known(state: State, message: m.PlacesKnown) -> Step:
    state = replace(state, places=message.places, more_places=message.more)
    download = _downloading(state, Stage.CONFIRM)
    fitting = [] if download is None else state.fitting_places(download.forecast)
    if download is None or (download.place_chosen and any(p.kind == download.place for p in fitting)):
        return state, ()
    # The question was quicker than the browser.
    return replace(state, download=replace(download, place=_best_place(state, download.forecast))), ()


def source_blocked(state: State, message: m.SourceBlocked) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    told = f"{message.origin}: {message.sentence}"
    if download is None or told in download.blocked or not _asks(download.plan, message.origin):
        return state, ()
    return replace(state, download=replace(download, blocked=(*download.blocked, told))), ()


def _asks(plan: Plan, where: str) -> bool:
    return any(file.url is not None and origin(file.url) == where for file in plan.files)


def place_chosen(state: State, message: m.PlaceChosen) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None:
        return state, ()
    return replace(state, download=replace(download, place=message.kind, place_chosen=True)), ()


def download_confirmed(state: State, _: m.DownloadConfirmed) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None or not download.place:
        return state, ()
    if state.offline.taking:
        # The question goes, too: it would cover what is told.
        return replace(state, download=None).noted("warning", _CHANGING_OVER), (Focus("download-button"),)
    name = f"{download.plan.root}.zip"
    begin = BeginTransfer(download.plan, download.epoch_ms, download.place, name)
    return replace(state, download=replace(download, stage=Stage.OPENING)), (begin, Focus("progress"))


def download_dismissed(state: State, _: m.DownloadDismissed) -> Step:
    if _downloading(state, Stage.CONFIRM, Stage.ENDED) is None:
        return state, ()
    return replace(state, download=None), (Focus("download-button"),)


def transfer_moved(state: State, message: m.TransferMoved) -> Step:
    download = _downloading(state, Stage.OPENING, Stage.RUNNING)
    if download is None:
        return state, ()
    progress = message.progress
    moved = replace(
        download,
        stage=Stage.RUNNING,
        files_complete=progress.files_complete,
        files_failed=progress.files_failed,
        bytes_complete=progress.bytes_complete,
        bytes_failed=progress.bytes_failed,
        current=progress.current,
        attempt=progress.attempt,
        waiting=progress.waiting,
        retry_seconds=progress.seconds,
        rate=_rate(download, message),
        measured=(message.now, progress.bytes_complete),
    )
    return replace(state, download=moved), ()


def _rate(download: Download, message: m.TransferMoved) -> float:
    """Bytes a second, smoothed over some five seconds so that the time left does not flicker."""
    if download.measured is None:
        return 0.0
    seconds = message.now - download.measured[0]
    if seconds <= 0:
        return download.rate
    latest = max(0, message.progress.bytes_complete - download.measured[1]) / seconds
    weight = min(1.0, seconds / 5.0)
    return latest if not download.rate else download.rate + weight * (latest - download.rate)


def stop_asked(state: State, message: m.StopAsked) -> Step:
    if _downloading(state, Stage.OPENING, Stage.RUNNING) is None:
        return state, ()
    return state, (StopTransfer(message.keep),)


def pause_asked(state: State, message: m.PauseAsked) -> Step:
    if _downloading(state, Stage.RUNNING) is None:
        return state, ()
    return state, (TellTransfer(Paused() if message.on else Resumed()), Focus("pause-button"))


def without_token_asked(state: State, _: m.WithoutTokenAsked) -> Step:
    if _downloading(state, Stage.RUNNING) is None:
        return state, ()
    return state, (TellTransfer(TokenGivenUp()), Focus("progress"))


def transfer_ended(state: State, message: m.TransferEnded) -> Step:
    download = _downloading(state, Stage.OPENING, Stage.RUNNING)
    if download is None:
        return state, ()
    failed = sum(1 for outcome in message.outcomes if outcome.reason)
    ended = replace(
        download,
        stage=Stage.ENDED,
        outcomes=message.outcomes,
        files_failed=failed,
        files_complete=len(message.outcomes) - failed,
    )
    return replace(state, download=ended), (Focus("progress"),)


def transfer_discarded(state: State, message: m.TransferDiscarded) -> Step:
    tone = "bad" if message.sentence else "warning" if message.remains else "good"
    sentence = message.sentence or "The download was cancelled."
    state = replace(state, download=None).noted(tone, sentence, message.remains or "Nothing of it was kept.")
    return state, (Focus("download-button"),)


HANDLERS: Final[Handlers] = {
    m.DownloadAsked: download_asked,
    m.PlacesKnown: places_known,
    m.SourceBlocked: source_blocked,
    m.PlaceChosen: place_chosen,
    m.DownloadConfirmed: download_confirmed,
    m.DownloadDismissed: download_dismissed,
    m.TransferMoved: transfer_moved,
    m.StopAsked: stop_asked,
    m.PauseAsked: pause_asked,
    m.WithoutTokenAsked: without_token_asked,
    m.RetryAsked: retry_asked,
    m.AsItIsTicked: as_it_is_ticked,
    m.TransferEnded: transfer_ended,
    m.TransferDiscarded: transfer_discarded,
}
