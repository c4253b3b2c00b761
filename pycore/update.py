"""What each message makes of the panel's state, and what it orders from the browser."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import singledispatch
from typing import Final, TypeAlias

from pycore import __version__, bits, layout, transfer
from pycore import messages as m
from pycore.catalog import Catalog, Facet, ListedRow
from pycore.csvexport import csv_pieces
from pycore.effects import (
    BeginTransfer,
    CheckToken,
    Effect,
    Focus,
    ForgetToken,
    Match,
    OpenLast,
    Probe,
    Save,
    StopTransfer,
)
from pycore.formats.list_products import BadRow
from pycore.missions.profile import Profiles
from pycore.plan import Plan, make_plan, origin
from pycore.preview import last_page
from pycore.scripts.bash import bash_script
from pycore.selection import Choice, Selector
from pycore.state import Account, Download, Mission, Stage, State
from pycore.volume import files as count_files

Step: TypeAlias = tuple[State, Sequence[Effect]]

_NOTHING_SELECTED: Final = "Nothing is selected, so there is nothing to "


def update(state: State, message: m.Message) -> Step:
    """The state after the message, and the orders that follow from it, to be carried out in turn."""
    needs_selection = isinstance(message, m.ExportAsked | m.ScriptAsked | m.DownloadAsked)
    if needs_selection and state.filtering:
        return replace(state, waiting=(*state.waiting, message)), ()
    after, effects = _handle(message, state)
    if after.waiting and not after.filtering:
        return _resumed(after, effects)
    return after, effects


def _resumed(state: State, effects: Sequence[Effect]) -> Step:
    """Carry out what had to wait for a pattern to end."""
    waiting, state = state.waiting, replace(state, waiting=())
    for message in waiting:
        state, more = update(state, message)
        effects = (*effects, *more)
    return state, effects


@singledispatch
def _handle(message: object, state: State) -> Step:
    raise TypeError(f"no such message: {message!r}")


# -- the selection --------------------------------------------------------------------------------------------


def _choose(state: State, choose: Choice) -> Step:
    mission = state.mission
    return (state, ()) if mission is None else (state.changed(replace(mission, choice=choose)), ())


@_handle.register
def _(message: m.QuickSelected, state: State) -> Step:
    mission = state.mission
    return (state, ()) if mission is None else _choose(state, mission.choice.quickly(message.quick))


@_handle.register
def _(message: m.LevelTicked, state: State) -> Step:
    mission = state.mission
    if mission is None:
        return state, ()
    return _choose(state, mission.selector.tick_level(message.level, mission.choice))


@_handle.register
def _(message: m.SuffixTicked, state: State) -> Step:
    mission = state.mission
    if mission is None:
        return state, ()
    facet = Facet(message.level, message.suffix)
    return _choose(state, mission.selector.tick_suffix(facet, mission.choice))


@_handle.register
def _(message: m.GuideStarsChosen, state: State) -> Step:
    mission = state.mission
    return (
        (state, ())
        if mission is None
        else _choose(state, replace(mission.choice, guide_stars=message.highest))
    )


@_handle.register
def _(message: m.ReferencesTicked, state: State) -> Step:
    mission = state.mission
    return (state, ()) if mission is None else _choose(state, replace(mission.choice, references=message.on))


@_handle.register
def _(message: m.PatternTyped, state: State) -> Step:
    mission = state.mission
    if mission is None or message.text == mission.pattern.typed:
        return state, ()
    changed = replace(mission, pattern=mission.pattern.retyped(message.text))
    return state.changed(changed), _match(changed)


def _match(mission: Mission) -> Sequence[Effect]:
    pattern = mission.pattern
    if not pattern.running:
        return ()
    name = mission.profile.name
    return (Match(name, mission.revision, pattern.run, pattern.typed, mission.selector.catalog),)


def _named(state: State, name: str) -> Mission | None:
    return next((mission for mission in state.missions if mission.profile.name == name), None)


@_handle.register
def _(message: m.Matched, state: State) -> Step:
    mission = _named(state, message.mission)
    if mission is None:
        return state, ()
    return state.changed(replace(mission, pattern=mission.pattern.matched(message.run, message.rows))), ()


@_handle.register
def _(message: m.MatchRefused, state: State) -> Step:
    mission = _named(state, message.mission)
    if mission is None:
        return state, ()
    return state.changed(replace(mission, pattern=mission.pattern.refused(message.run, message.sentence))), ()


@_handle.register
def _(message: m.StructureChosen, state: State) -> Step:
    return replace(state, structure=message.structure), ()


# -- what is shown --------------------------------------------------------------------------------------------


@_handle.register
def _(message: m.MissionChosen, state: State) -> Step:
    return (
        (state, ())
        if _named(state, message.name) is None
        else (replace(state, current=message.name, menu=""), ())
    )


@_handle.register
def _(message: m.MenuToggled, state: State) -> Step:
    if message.menu in ("", state.menu):
        # Focus goes back to the button that opened what is now closed.
        return replace(state, menu=""), (Focus(f"{state.menu}-button"),) if state.menu else ()
    return replace(state, menu=message.menu), ()


@_handle.register
def _(_: m.MenuLeft, state: State) -> Step:
    return (replace(state, menu=""), ()) if state.menu == "account" else (state, ())


@_handle.register
def _(_: m.PreviewToggled, state: State) -> Step:
    preview = replace(state.preview, open=not state.preview.open, page=0)
    return replace(state, preview=preview), (Focus("preview"),) if preview.open else ()


@_handle.register
def _(message: m.PageTurned, state: State) -> Step:
    last = last_page(state)
    page = min(state.preview.page, last)
    pages = {"first": 0, "previous": max(0, page - 1), "next": min(last, page + 1), "last": last}
    return replace(state, preview=replace(state.preview, page=pages[message.to])), ()


@_handle.register
def _(message: m.RowsPerPageChosen, state: State) -> Step:
    preview = state.preview
    # The first row that was seen stays in view.
    page = preview.page * preview.per_page // message.rows
    return replace(state, preview=replace(preview, per_page=message.rows, page=page)), ()


@_handle.register
def _(message: m.NoticeDismissed, state: State) -> Step:
    return replace(state, notices=tuple(n for n in state.notices if n.number != message.number)), ()


@_handle.register
def _(message: m.DatasetsTyped, state: State) -> Step:
    return replace(state, datasets=message.text), ()


@_handle.register
def _(message: m.Told, state: State) -> Step:
    return state.noted(message.tone, message.sentence, message.hint), ()


# -- lists ----------------------------------------------------------------------------------------------------


@_handle.register
def _(message: m.SiteRead, state: State) -> Step:
    return replace(state, profiles=Profiles(message.site)), ()


@_handle.register
def _(message: m.ListOpening, state: State) -> Step:
    opening = dict(state.opening) | {message.source: message.told}
    return replace(state, opening=tuple(opening.items())), ()


def _closed(state: State, source: str) -> State:
    return replace(state, opening=tuple(entry for entry in state.opening if entry[0] != source))


@_handle.register
def _(message: m.ListRefused, state: State) -> Step:
    state = _closed(state, message.source)
    return state.noted("bad", f"{message.source}: {message.sentence} [{message.code}]", message.hint), ()


@_handle.register
def _(message: m.ListRead, state: State) -> Step:
    state = _closed(state, message.source)
    found = message.products
    shares = _by_mission(message, state.profiles)
    if state.demo and shares and not message.demo:
        # A list of one's own takes the demo's place; one without a single good row takes nothing's.
        state = replace(state, missions=(), current="", preview=replace(state.preview, page=0))
    bad = list(found.bad)
    repeated = 0
    effects: list[Effect] = []
    for name, rows in shares.items():
        state, mission = _joined(state, name, rows)
        bad.extend(mission.selector.catalog.refused)
        repeated += mission.selector.catalog.repeated
        effects.extend(_match(mission))
    demo = message.demo if shares else state.demo
    state = replace(state, demo=demo, current=state.current or next(iter(shares), ""))
    return _told_of(state, message, sorted(bad, key=lambda row: row.number), repeated), effects


def _by_mission(message: m.ListRead, profiles: Profiles) -> dict[str, list[ListedRow]]:
    """The list's rows by mission: the one it names, else the page's, else as their datasets look."""
    found = message.products
    listed = [
        ListedRow(row, number, message.base) for number, row in zip(found.numbers, found.rows, strict=True)
    ]
    named = found.mission or message.mission
    if named:
        return {profiles.named(named).name: listed} if listed else {}
    shares: dict[str, list[ListedRow]] = {}
    for entry, name in zip(listed, profiles.guess([row.dataset for row in found.rows]), strict=True):
        shares.setdefault(name, []).append(entry)
    return shares


def _joined(state: State, name: str, rows: Iterable[ListedRow]) -> tuple[State, Mission]:
    """The state with these rows in the mission of that name; a choice that was made holds for them too."""
    old = _named(state, name)
    profile = state.profiles.named(name)
    if old is None:
        mission = Mission(profile, Selector(Catalog(profile.identity, rows), profile))
        return replace(state, missions=(*state.missions, mission)), mission
    selector = Selector(old.selector.catalog.joined(rows), profile)
    pattern = old.pattern
    if pattern.typed:
        # The sets of the old rows mean nothing for the new ones: the pattern runs again.
        pattern = replace(
            pattern.retyped(pattern.in_force or pattern.typed), matching=0 if pattern.in_force else None
        )
    mission = replace(old, selector=selector, revision=old.revision + 1, pattern=pattern)
    return state.changed(mission), mission


def _told_of(state: State, message: m.ListRead, bad: Sequence[BadRow], repeated: int) -> State:
    found = len(message.products.rows) + len(message.products.bad)
    if not found:
        return state.noted("warning", f"{message.source}: the list is empty.")
    if bad:
        share = f"{len(bad)} of {found} rows" if len(bad) < found else f"All {found} rows"
        state = state.noted(
            "bad",
            f"{message.source}: {share} could not be taken and {'is' if len(bad) == 1 else 'are'} left out.",
            "Everything else of the list is here.",
            tuple(bad),
        )
    if repeated:
        state = state.noted("warning", f"{message.source}: {repeated} rows stood there more than once.")
    return state


@_handle.register
def _(message: m.LastListKnown, state: State) -> Step:
    return replace(state, last_list=message.name), ()


@_handle.register
def _(_: m.LastListAsked, state: State) -> Step:
    return replace(state, last_list=""), (OpenLast(),)


# -- the account ----------------------------------------------------------------------------------------------


@_handle.register
def _(message: m.SignInAsked, state: State) -> Step:
    mission, token = state.mission, message.token.strip()
    if mission is None or not mission.profile.archive.whoami:
        error = "This archive has no sign-in that the page knows of."
        return replace(state, account=replace(state.account, error=error)), ()
    if not token:
        return replace(state, account=replace(state.account, error="Paste a token first.")), ()
    archive = mission.profile.archive
    checking = replace(state.account, checking=True, error="")
    return replace(state, account=checking), (CheckToken(archive.whoami, archive.token_origins, token),)


@_handle.register
def _(message: m.SignedIn, state: State) -> Step:
    account = Account(message.user, message.origins)
    return replace(state, account=account, menu=""), (Focus("account-button"),)


@_handle.register
def _(message: m.SignInRefused, state: State) -> Step:
    return replace(state, account=replace(state.account, checking=False, error=message.sentence)), ()


@_handle.register
def _(_: m.SignOutAsked, state: State) -> Step:
    return replace(state, account=Account(), menu=""), (ForgetToken(), Focus("account-button"))


# -- what is taken away ---------------------------------------------------------------------------------------


def _plan(state: State, epoch_ms: float) -> Plan:
    return make_plan(state.parts(), state.structure, epoch_ms, state.account.user)


@_handle.register
def _(message: m.ExportAsked, state: State) -> Step:
    parts = [part for part in state.parts() if part.selected]
    if not parts:
        return state.noted("warning", f"{_NOTHING_SELECTED}export."), ()
    name = f"{layout.stamp(message.epoch_ms)}_files.csv"
    pieces = csv_pieces((part.catalog, bits.indices(part.selected)) for part in parts)
    rows = sum(part.selected.bit_count() for part in parts)
    state = state.noted("good", f"Saved {name}: {rows} row{'' if rows == 1 else 's'}.")
    return state, (Save(name, "text/csv;charset=utf-8", pieces),)


@_handle.register
def _(message: m.ScriptAsked, state: State) -> Step:
    plan = _plan(state, message.epoch_ms)
    if not plan.files:
        return state.noted("warning", f"{_NOTHING_SELECTED}fetch."), ()
    name = f"{plan.root}_api_retrieve.sh"
    mission = state.missions[0]
    pages = [each.profile.archive.token_page for each in state.missions]
    pieces = bash_script(
        plan,
        version=__version__,
        token_page=next((page for page in pages if page), ""),
        contact=mission.profile.contact[1],
        made=plan.root.removeprefix("MAST_").replace("_", ":"),
        whoami=next(
            (each.profile.archive.whoami for each in state.missions if each.profile.archive.whoami), ""
        ),
    )
    state = state.noted("good", f"Saved {name}: {count_files(len(plan.files))}.", f"Run it with: bash {name}")
    return state, (Save(name, "text/x-shellscript;charset=utf-8", pieces),)


@_handle.register
def _(message: m.DownloadAsked, state: State) -> Step:
    if state.download is not None and state.download.stage in (Stage.RUNNING, Stage.OPENING):
        return state.noted("warning", "A download is under way. Wait for it, or stop it first."), ()
    plan = _plan(state, message.epoch_ms)
    if not plan.files:
        return state.noted("warning", f"{_NOTHING_SELECTED}download."), ()
    forecast = transfer.forecast(plan)
    download = Download(plan, message.epoch_ms, forecast, place=_best_place(state, forecast))
    return replace(state, download=download, menu=""), _probes(plan)


def _probes(plan: Plan) -> Sequence[Effect]:
    """One address of each origin, public where there is one: a probe carries no token."""
    found: dict[str, str] = {}
    for file in sorted(plan.files, key=lambda file: file.exclusive):
        if file.url is not None:
            found.setdefault(origin(file.url), file.url)
    return tuple(Probe(where, url) for where, url in found.items())


def _downloading(state: State, *stages: Stage) -> Download | None:
    return state.download if state.download is not None and state.download.stage in stages else None


def _best_place(state: State, size: int) -> str:
    return next((place.kind for place in state.fitting_places(size)), "")


@_handle.register
def _(message: m.PlacesKnown, state: State) -> Step:
    state = replace(state, places=message.places)
    download = _downloading(state, Stage.CONFIRM)
    if download is None:
        return state, ()
    # The question was quicker than the browser.
    return replace(state, download=replace(download, place=_best_place(state, download.forecast))), ()


@_handle.register
def _(message: m.SourceBlocked, state: State) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None:
        return state, ()
    blocked = (*download.blocked, f"{message.origin}: {message.sentence}")
    return replace(state, download=replace(download, blocked=blocked)), ()


@_handle.register
def _(message: m.PlaceChosen, state: State) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    return (
        (state, ())
        if download is None
        else (replace(state, download=replace(download, place=message.kind)), ())
    )


@_handle.register
def _(_: m.DownloadConfirmed, state: State) -> Step:
    download = _downloading(state, Stage.CONFIRM)
    if download is None or not download.place:
        return state, ()
    name = f"{download.plan.root}.zip"
    begin = BeginTransfer(download.plan, download.epoch_ms, download.place, name, download.forecast)
    return replace(state, download=replace(download, stage=Stage.OPENING)), (begin, Focus("progress"))


@_handle.register
def _(_: m.DownloadDismissed, state: State) -> Step:
    if _downloading(state, Stage.CONFIRM, Stage.ENDED) is None:
        return state, ()
    return replace(state, download=None), (Focus("download-button"),)


@_handle.register
def _(message: m.TransferMoved, state: State) -> Step:
    download = _downloading(state, Stage.OPENING, Stage.RUNNING)
    if download is None:
        return state, ()
    moved = replace(
        download,
        stage=Stage.RUNNING,
        files_complete=message.files_complete,
        files_failed=message.files_failed,
        bytes_complete=message.bytes_complete,
        current=message.current,
        attempt=message.attempt,
        pausing=message.pausing,
        rate=_rate(download, message),
        measured=(message.now, message.bytes_complete),
    )
    return replace(state, download=moved), ()


def _rate(download: Download, message: m.TransferMoved) -> float:
    """Bytes a second, smoothed over some five seconds so that the time left does not flicker."""
    if download.measured is None:
        return 0.0
    seconds = message.now - download.measured[0]
    if seconds <= 0:
        return download.rate
    latest = max(0, message.bytes_complete - download.measured[1]) / seconds
    weight = min(1.0, seconds / 5.0)
    return latest if not download.rate else download.rate + weight * (latest - download.rate)


@_handle.register
def _(message: m.StopAsked, state: State) -> Step:
    if _downloading(state, Stage.OPENING, Stage.RUNNING) is None:
        return state, ()
    return state, (StopTransfer(message.keep),)


@_handle.register
def _(message: m.TransferEnded, state: State) -> Step:
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


@_handle.register
def _(message: m.TransferDiscarded, state: State) -> Step:
    tone, sentence = (
        ("bad", message.sentence) if message.sentence else ("good", "The download was cancelled.")
    )
    state = replace(state, download=None).noted(tone, sentence, "Nothing of it was kept.")
    return state, (Focus("download-button"),)
