"""A download, from the question before it to the report after it."""

from __future__ import annotations

import itertools
from collections.abc import Generator
from dataclasses import replace
from typing import Final, TypeAlias, cast

from pycore import bits, layout
from pycore import messages as m
from pycore.effects import BeginTransfer, Focus, Probe, StopTransfer, StopWork, TellTransfer, Work
from pycore.places import FOLDER
from pycore.plan import FILES_A_STEP, Plan, plan_in_steps
from pycore.state import Download, Stage, State
from pycore.survey import survey
from pycore.transfer import Paused, Resumed, TokenGivenUp
from pycore.update.origin import provenance
from pycore.update.step import Handlers, Step
from pycore.update.taking import NOTHING_SELECTED

_CHANGING_OVER: Final = "The page is changing over to its new version. Start the download after that."
#: The files of so many rows are looked at before the page's next frame.
_AT_ONCE: Final = 500
_TASK: Final = "plan"
#: So often it is told how far a look is.
_SHARES: Final = 50
#: A download has to last so long before its rate says anything about the next.
_TELLING_SECONDS: Final = 2.0

_Planning: TypeAlias = Generator[None, None, m.DownloadPlanned]


def download_asked(state: State, message: m.DownloadAsked) -> Step:
    if state.planning is not None:
        return state, ()
    if state.download is not None and state.download.stage in (Stage.RUNNING, Stage.OPENING):
        return state.noted("warning", "A download is under way. Wait for it, or stop it first."), ()
    if state.offline.taking:
        return state.noted("warning", _CHANGING_OVER), ()
    rows = sum(part.selected.bit_count() for part in state.parts())
    if not rows:
        return state.noted("warning", f"{NOTHING_SELECTED}download."), ()
    return _begun(state, _planned(state, message.epoch_ms), rows)


def _begun(state: State, steps: _Planning, files: int) -> Step:
    """Have so many files looked at: few at once, many in turns with everything else."""
    state = replace(state, planning=0.0, menu="")
    if files <= _AT_ONCE:
        return download_planned(state, bits.finished(steps))
    return state, (Work(_TASK, _with_shares(steps, files)),)


def _planned(state: State, epoch_ms: float) -> _Planning:
    plan = yield from plan_in_steps(state.parts(), state.structure, epoch_ms, state.account.user)
    return (yield from _surveyed(replace(plan, provenance=provenance(state)), epoch_ms))


def _surveyed(plan: Plan, epoch_ms: float, place: str = "") -> _Planning:
    return m.DownloadPlanned(plan, (yield from survey(plan)), epoch_ms, place)


def _with_shares(steps: _Planning, files: int) -> Generator[m.PlanningMoved | None, None, m.DownloadPlanned]:
    """The same steps, which tell now and then how far they are. Files are gone through some six times."""
    steps_a_share = max(1, 6 * files // (FILES_A_STEP * _SHARES))
    for count in itertools.count(1):
        try:
            next(steps)
        except StopIteration as end:
            return cast(m.DownloadPlanned, end.value)
        told = count % steps_a_share == 0
        yield m.PlanningMoved(min(count / (steps_a_share * _SHARES), 1.0)) if told else None
    raise AssertionError("work ends")


def planning_moved(state: State, message: m.PlanningMoved) -> Step:
    return (state if state.planning is None else replace(state, planning=message.share)), ()


def planning_stopped(state: State, _: m.PlanningStopped) -> Step:
    if state.planning is None:
        return state, ()
    return replace(state, planning=None), (StopWork(_TASK), Focus("download-button"))


def download_planned(state: State, message: m.DownloadPlanned) -> Step:
    if state.planning is None:
        return state, ()
    found = message.survey
    probes = tuple(Probe(where, url, state.proxies.way(url)) for where, url in found.origins)
    sources = {probe.origin: None for probe in probes}
    fitting = {place.kind for place in state.fitting_places(found.forecast)}
    # Where the others went, these may go, too.
    chosen = message.place in fitting
    place = message.place if chosen else _best_place(state, found.forecast)
    download = Download(
        message.plan, found, message.epoch_ms, place=place, place_chosen=chosen, sources=sources
    )
    return replace(state, planning=None, download=download), probes


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
    # A folder goes on where it is: what it has is not fetched again.
    plan, epoch_ms = download.plan, download.epoch_ms
    if not download.single_files:
        epoch_ms = message.epoch_ms
        plan = replace(plan, root=layout.stamp(epoch_ms), files=failed)
    return _begun(state, _surveyed(plan, epoch_ms, download.place), len(plan.files))


def as_it_is_ticked(state: State, message: m.AsItIsTicked) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None:
        return state, ()
    return replace(state, download=replace(download, plan=replace(download.plan, as_it_is=message.on))), ()


def _downloading(state: State, *stages: Stage) -> Download | None:
    return state.download if state.download is not None and state.download.stage in stages else None


def _best_place(state: State, size: int) -> str:
    """The best place for one archive, as the button promises one; a folder is for those who choose it."""
    kinds = [place.kind for place in state.fitting_places(size)]
    return next((kind for kind in kinds if kind != FOLDER), FOLDER if FOLDER in kinds else "")


def places_known(state: State, message: m.PlacesKnown) -> Step:
    state = replace(state, places=message.places, more_places=message.more)
    download = _downloading(state, Stage.CONFIRM)
    fitting = [] if download is None else state.fitting_places(download.forecast)
    if download is None or (download.place_chosen and any(p.kind == download.place for p in fitting)):
        return state, ()
    # The question was quicker than the browser.
    return replace(state, download=replace(download, place=_best_place(state, download.forecast))), ()


def source_probed(state: State, message: m.SourceProbed) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None or message.origin not in download.sources:
        return state, ()
    sources = {**download.sources, message.origin: message.finding}
    return replace(state, download=replace(download, sources=sources)), ()


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
    proxied = {where for where, finding in download.sources.items() if finding is m.Finding.PROXIED}
    if proxied:
        download = replace(download, plan=state.proxies.through(download.plan, proxied))
    name = f"{download.plan.root}.zip"
    begin = BeginTransfer(download.plan, download.epoch_ms, download.place, name)
    return replace(state, download=replace(download, stage=Stage.OPENING)), (begin, Focus("progress"))


def download_dismissed(state: State, _: m.DownloadDismissed) -> Step:
    if _downloading(state, Stage.CONFIRM, Stage.ENDED) is None:
        return state, ()
    return replace(state, download=None), (Focus("download-button"),)


def folder_looked(state: State, message: m.FolderLooked) -> Step:
    download = _downloading(state, Stage.OPENING)
    if download is None:
        return state, ()
    plan = replace(download.plan, root=message.folder)
    return replace(state, download=replace(download, plan=plan, looked=(message.done, message.of))), ()


def folder_opened(state: State, message: m.FolderOpened) -> Step:
    download = _downloading(state, Stage.OPENING)
    if download is None:
        return state, ()
    plan = replace(download.plan, root=message.folder)
    there = len(message.there), sum(plan.files[number].size for number in message.there)
    return replace(state, download=replace(download, plan=plan, looked=None, there=there)), ()


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
        began=download.began or (message.now, progress.bytes_complete),
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


def _average(download: Download) -> float:
    """Bytes a second over a whole download, 0 for one that was too short to tell."""
    # What a folder had already was not moved.
    if download.began is None or download.measured is None or download.there[0]:
        return 0.0
    seconds = download.measured[0] - download.began[0]
    moved = download.measured[1] - download.began[1]
    return moved / seconds if seconds >= _TELLING_SECONDS else 0.0


def cancel_asked(state: State, message: m.CancelAsked) -> Step:
    if _downloading(state, Stage.OPENING) is not None and message.on:
        # There is nothing yet that could be kept.
        return state, (StopTransfer(keep=False),)
    download = _downloading(state, Stage.RUNNING)
    if download is None or download.stopping is message.on:
        return state, ()
    state = replace(state, download=replace(download, stopping=message.on))
    return state, () if message.on else (Focus("cancel-button"),)


def stop_asked(state: State, message: m.StopAsked) -> Step:
    download = _downloading(state, Stage.OPENING, Stage.RUNNING)
    if download is None:
        return state, ()
    return replace(state, download=replace(download, stopping=False)), (
        StopTransfer(message.keep),
        Focus("progress"),
    )


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
    state = replace(state, measured_rate=_average(download) or state.measured_rate)
    ended = replace(
        download,
        stage=Stage.ENDED,
        stopping=False,
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
    m.PlanningMoved: planning_moved,
    m.PlanningStopped: planning_stopped,
    m.DownloadPlanned: download_planned,
    m.PlacesKnown: places_known,
    m.SourceProbed: source_probed,
    m.PlaceChosen: place_chosen,
    m.DownloadConfirmed: download_confirmed,
    m.DownloadDismissed: download_dismissed,
    m.FolderLooked: folder_looked,
    m.FolderOpened: folder_opened,
    m.TransferMoved: transfer_moved,
    m.CancelAsked: cancel_asked,
    m.StopAsked: stop_asked,
    m.PauseAsked: pause_asked,
    m.WithoutTokenAsked: without_token_asked,
    m.RetryAsked: retry_asked,
    m.AsItIsTicked: as_it_is_ticked,
    m.TransferEnded: transfer_ended,
    m.TransferDiscarded: transfer_discarded,
}
