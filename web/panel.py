"""The loop: messages change the state, the state is drawn, and what follows from it is carried out."""

from __future__ import annotations

import asyncio
import json
import random
import traceback
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar, cast

from pycore import effects as e
from pycore import matching, remembered
from pycore import messages as m
from pycore.continuing import key
from pycore.demo import Lists, with_demo
from pycore.errors import OverlayError
from pycore.html import Markup
from pycore.offer import check_lists_may_open
from pycore.pattern import Target
from pycore.places import FOLDER
from pycore.plan import ANONYMOUS
from pycore.remembered import KeptList
from pycore.state import State
from pycore.transfer import Transfer
from pycore.update import update
from pycore.view import Ahead, ahead, redrawn, regions
from pycore.volume import volume
from web import ports
from web.carrier import Carrier, failure, goes_on
from web.folder import there_already
from web.memory import Memory
from web.opener import CANCELLED, LARGEST_LIST, TOO_LARGE_HINT, Arriving, ListOpener

_LARGEST_ANSWER: Final = 2**20
#: Milliseconds that a file may take before it is told, between two times that it is, and before others have a turn.
_QUIET_MS, _LOOK_MS, _TURN_MS = 1000.0, 250.0, 12.0
#: Seconds without another key after which a pattern runs.
_TYPING_S: Final = 0.08
#: Seconds after which what was drawn has been painted.
_PAINTED_S: Final = 0.06
_HINT: Final = "Check the address, or save the list to a file and open that."
_NO_MEMORY_HINT: Final = "All is as it was before. Close other tabs, or reload the page and open fewer lists."


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Browser:
    """Everything that the panel needs of the world."""

    page: ports.Page
    network: ports.Network
    keys: ports.Keys
    patterns: ports.Patterns
    lists: ports.Splitters
    places: ports.Places
    clock: ports.Clock
    shelf: ports.Shelf
    offline: ports.Offline
    draft: Callable[[], ports.Draft]


class Panel:
    """One page's panel, from its first message to its last."""

    def __init__(self, browser: Browser, mission: str = "") -> None:
        self.state = State()
        self._browser = browser
        self._mission = mission
        self._memory = Memory(browser.shelf, self.hear, self.begin)
        #: What is shown, and of which state.
        self._drawn: Mapping[str, Markup] = {}
        self._drawn_of: State | None = None
        #: The next page of the preview, where it is made already, and how many pages were drawn.
        self._ahead: Ahead | None = None
        self._pages = 0
        self._tasks: set[asyncio.Task[None]] = set()
        #: Of each mission what the pattern engine has, or is being given: the revision, and which texts.
        self._texts: dict[str, tuple[tuple[int, Target], asyncio.Future[None]]] = {}
        #: The latest work of each task.
        self._works: dict[str, e.Work] = {}
        self._carrier: Carrier | None = None
        self._in_order = asyncio.Lock()
        #: Lists on their way, by name.
        self._opening: dict[str, list[ListOpener]] = {}
        #: The download was stopped before there was a place to write.
        self._stopped = False
        #: Files that are not wanted any more.
        self._given_up: set[int] = set()
        #: Counts what is done about the token: an answer about a former one means nothing.
        self._sign_ins = 0
        #: Where the archive says whose token this is.
        self._whoami = ""

    # -- messages ---------------------------------------------------------------------------------------------

    def hear(self, message: m.Message) -> None:
        """Take a message in: change the state, draw it, carry out what follows."""
        self.state, orders = update(self.state, message)
        self.draw()
        for order in orders:
            self._carry_out(order)

    def draw(self) -> None:
        """Show the regions that differ from what is shown."""
        state, before = self.state, self._drawn_of
        drawn = regions(state) if before is None else redrawn(state, before, self._drawn, self._ahead)
        changed = {name: html for name, html in drawn.items() if self._drawn.get(name) != html}
        if changed:
            self._browser.page.draw(changed)
        self._drawn, self._drawn_of = drawn, state
        if "preview" in changed and state.preview.open:
            self.begin(self._look_ahead())

    async def _look_ahead(self) -> None:
        """Have the next page of the preview ready, once this one has been painted."""
        self._ahead = None
        self._pages += 1
        mine = self._pages
        await asyncio.sleep(_PAINTED_S)
        if mine == self._pages and (made := ahead(self.state)):
            self._ahead = made
            self._browser.page.expect(made.preview)

    def prepare(self, *messages: m.Message) -> None:
        """Take messages in whose outcome the page shows already: nothing is drawn, and nothing may follow."""
        for message in messages:
            self.state, orders = update(self.state, message)
            assert not orders, "only what leads to no order can be prepared"

    def show_demo(self, lists: Lists, page: str) -> None:
        """Have the demo archive's lists open on the page at that address, which shows them since it was built."""
        self.state = with_demo(self.state, lists, page)
        self.draw()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Start something that takes time; what goes wrong in it unforeseen is told, not swallowed."""
        task = asyncio.ensure_future(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except OverlayError as known:
            self.hear(_told_of(known))
        except MemoryError:
            self.hear(m.Told("bad", "The browser has no memory left for that. [memory]", _NO_MEMORY_HINT))
        except Exception:
            traceback.print_exc()
            self.hear(
                m.Told(
                    "bad", "The page made a mistake. [bug]", "Reload it; what is on disk is as it was told."
                )
            )
            raise

    # -- orders -----------------------------------------------------------------------------------------------

    def _carry_out(self, order: e.Effect) -> None:
        browser = self._browser
        match order:
            case e.Match():
                self.begin(self._match(order))
            case e.Save():
                self.begin(self._save(order))
            case e.StopOpening(source):
                for opener in self._opening.get(source, ()):
                    opener.stop()
            case e.StopSaving(number):
                self._given_up.add(number)
            case e.CheckToken():
                self.begin(self._check_token(order))
            case e.ForgetToken():
                self._sign_ins += 1
                browser.keys.forget()
            case e.GoOn():
                self.begin(self._go_on(order))
            case e.Remember(record):
                self._memory.write(record)
            case e.Forget(stop):
                self.begin(self._memory.forget(stop=stop))
            case e.LeaveNote():
                self._memory.leave_note(remembered.text(self.state.remembered()))
            case e.TakeNewVersion():
                self.begin(self._take_new_version())
            case e.Probe():
                self.begin(self._probe(order))
            case e.BeginTransfer():
                # Here and not where it begins: a stop may be heard before the task has its first turn.
                self._stopped = False
                self.begin(self._transfer(order))
            case e.StopTransfer(keep):
                self._stopped = True
                if self._carrier is not None:
                    self.begin(self._carrier.stop(keep))
            case e.TellTransfer(event):
                if self._carrier is not None:
                    self.begin(self._carrier.hear(event))
            case e.Work():
                self.begin(self._work(order))
            case e.StopWork(task):
                self._works.pop(task, None)
            case e.Reveal(id):
                browser.page.reveal(id)
            case e.Focus(id):
                browser.page.focus(id)

    async def _match(self, order: e.Match) -> None:
        patterns = self._browser.patterns
        # Whoever is still typing means the whole word.
        await asyncio.sleep(_TYPING_S)
        try:
            if not await self._has_texts(order):
                return
            answer = await patterns.match(order.mission, order.pattern, order.precision.flags)
        except OverlayError as broken:
            # Told at the field, and as the run's end: what waits for the filter would wait for ever.
            self._texts.pop(order.mission, None)
            self.hear(m.MatchRefused(order.mission, order.run, f"{broken.sentence} {broken.hint}".strip()))
            return
        match answer:
            case ports.Matched(found):
                self.hear(m.Matched(order.mission, order.run, found))
            case ports.Invalid(words):
                self.hear(m.MatchRefused(order.mission, order.run, words))
            case ports.TimedOut():
                words = "This pattern ran for longer than a second and was stopped."
                self.hear(m.MatchRefused(order.mission, order.run, words))
            case ports.Superseded():
                pass  # A newer run of the same field will answer.

    async def _has_texts(self, order: e.Match) -> bool:
        """See to it that the engine has what the pattern is held against; whether the pattern is still wanted."""

        def wanted() -> bool:
            mission = self.state.named(order.mission)
            return mission is not None and mission.pattern.awaits(order.run)

        about = order.revision, order.precision.target
        if wanted():
            known = self._texts.get(order.mission)
            if known is None or known[0] != about:
                # Patterns that are typed meanwhile wait for the same texts.
                known = about, asyncio.ensure_future(self._give_texts(order))
                self._texts[order.mission] = known
            await known[1]
        return wanted()

    async def _give_texts(self, order: e.Match) -> None:
        mission, target = order.mission, order.precision.target

        def wanted() -> bool:
            known = self._texts.get(mission)
            return known is not None and known[0] == (order.revision, target)

        texts = await self._in_turns(matching.texts(order.catalog, mission, target), wanted)
        if texts is not None:
            await self._browser.patterns.load(mission, texts)

    async def _work(self, order: e.Work) -> None:
        self._works[order.task] = order
        found = await self._in_turns(order.steps, lambda: self._works.get(order.task) is order)
        if found is not None:
            self.hear(found)

    async def _in_turns(
        self, steps: Generator[m.Message | None, None, T], wanted: Callable[[], bool]
    ) -> T | None:
        """What work in steps comes to, with turns for others; ``None`` where it is not wanted any more. What a step
        gives is heard.
        """
        clock = self._browser.clock
        breathed = clock.now_ms()
        while wanted():
            try:
                told = next(steps)
            except StopIteration as end:
                return cast(T, end.value)
            if told is not None:
                self.hear(told)
            if clock.now_ms() >= breathed + _TURN_MS:
                await asyncio.sleep(0)
                breathed = clock.now_ms()
        return None

    async def _save(self, order: e.Save) -> None:
        draft = self._browser.draft()
        try:
            told = await self._made(order, draft)
        except OverlayError as refused:
            told = _told_of(refused)
        except Exception:
            self.hear(m.SavingEnded(order.number, m.Told("bad", f"{order.filename} was not saved.")))
            raise
        else:
            if told is None:
                return
            draft.save(order.filename, order.mime)
        self.hear(m.SavingEnded(order.number, told))

    async def _made(self, order: e.Save, draft: ports.Draft) -> m.Told | None:
        """Make a file, and let others have their turn meanwhile; ``None`` where it is not wanted any more."""
        clock = self._browser.clock
        breathed = clock.now_ms()
        shown = breathed + _QUIET_MS
        while order.number not in self._given_up:
            try:
                draft.add(next(order.pieces))
            except StopIteration as end:
                return cast(m.Told, end.value)
            now = clock.now_ms()
            if now >= shown:
                self.hear(m.SavingMoved(order.number, order.filename, draft.size))
                shown = now + _LOOK_MS
            if now >= breathed + _TURN_MS:
                await asyncio.sleep(0)
                breathed = clock.now_ms()
        self._given_up.discard(order.number)
        return None

    async def _check_token(self, order: e.CheckToken) -> None:
        keys = self._browser.keys
        self._sign_ins += 1
        mine = self._sign_ins
        try:
            keys.put(order.token, order.origins)
            user = await self._whose_token(order.whoami)
        except OverlayError as refused:
            if mine == self._sign_ins:
                keys.forget()
                self.hear(m.SignInRefused(f"{refused.sentence} {refused.hint}".strip()))
            return
        if mine != self._sign_ins:
            return
        if user == ANONYMOUS:
            keys.forget()
            self.hear(
                m.SignInRefused(
                    "The archive does not know this token. Tokens end after some time without use."
                )
            )
        else:
            self._whoami = order.whoami
            self.hear(m.SignedIn(user, order.origins))

    async def _whose_token(self, whoami: str) -> str:
        headers = self._browser.keys.headers_for(whoami)
        answer = await self._browser.network.get_text(whoami, headers, limit_bytes=_LARGEST_ANSWER)
        return _user(answer.text)

    async def _token_alive(self) -> bool:
        """Whether the archive still knows the token; where it cannot be asked, a refusal is taken for the file's."""
        if not self._whoami:
            return True
        try:
            return await self._whose_token(self._whoami) != ANONYMOUS
        except OverlayError as refused:
            return refused.code != "http.status"

    async def _probe(self, order: e.Probe) -> None:
        probe = self._browser.network.probe
        finding = m.Finding(await probe(order.url))
        if finding is not m.Finding.OPEN and order.way and await probe(order.way) == "open":
            finding = m.Finding.PROXIED
        self.hear(m.SourceProbed(order.origin, finding))

    # -- lists ------------------------------------------------------------------------------------------------

    async def open_url(self, url: str, shown: str) -> None:
        """Open a product list by its URL; ``shown`` is what the person knows it by."""
        body = self._browser.network.pieces(url, {}, limit_bytes=LARGEST_LIST)
        await self._open(shown, Arriving(body), self._mission, keep=True, hint=_HINT)

    async def open_text(self, name: str, base: str, text: str) -> None:
        """Open the text of a list, and have it kept; ``base`` is its URL, or ``""`` for a file."""
        await self._open(name, Arriving.of_text(text, base), self._mission, keep=True)

    def open_file(self, file: ports.LocalFile) -> None:
        """Open a list from a file that was chosen or dropped."""
        try:
            check_lists_may_open(self.state)
        except OverlayError as refused:
            self.hear(m.ListRefused(file.name, refused.code, refused.sentence, refused.hint))
            return
        if file.size > LARGEST_LIST:
            sentence = f"The file has {volume(file.size)}, more than the {volume(LARGEST_LIST)} that the page can hold."
            self.hear(m.ListRefused(file.name, "list.too-large", sentence, TOO_LARGE_HINT))
        else:
            self.begin(self._open_file(file))

    async def _open_file(self, file: ports.LocalFile) -> None:
        await self._open(file.name, Arriving.of_file(file), self._mission, keep=True)

    async def _open(
        self, name: str, arriving: Arriving, mission: str, *, keep: bool = False, hint: str = ""
    ) -> bool:
        """Open a list, have it kept where it is whole and not too long for that; whether it has rows."""
        self.hear(m.ListOpening(name, ""))
        opener = ListOpener(self._browser, self, name, mission)
        self._opening.setdefault(name, []).append(opener)
        # What is here is opened in its order. What a server sends may be long in coming, and keeps nothing waiting.
        try:
            async with self._in_order if arriving.here else nullcontext():
                came = await opener.opened(arriving)
        except OverlayError as refused:
            if refused.code != CANCELLED:
                self.hear(m.ListRefused(name, refused.code, refused.sentence, refused.hint or hint))
            return False
        finally:
            self._opening[name].remove(opener)
        self.hear(came)
        if keep and came.found.selectors and not came.found.broken:
            if arriving.text is None:
                told = f"{name} is open, but too large to be kept for the next visit."
                self.hear(m.Told("warning", told, "Keep the file, or its address."))
            else:
                # A large list takes its time to be written, and nobody has to wait for that.
                self.begin(self._memory.keep(name, came.base, self._mission, arriving.text))
        return bool(came.found.selectors)

    # -- visits -----------------------------------------------------------------------------------------------

    async def look_back(self, asked: Sequence[str] = ()) -> None:
        """Offer to go on with the last visit, where there is one; with these lists rather than with others."""
        await self._memory.look_back(asked)

    def note(self) -> m.NoteFound | None:
        """What this tab's last page has left word of, to be heard once the lists of the page's address are open."""
        return self._memory.read_note()

    async def _go_on(self, order: e.GoOn) -> None:
        for kept in order.lists:
            await self._open_kept(order.visit, kept)
        self.hear(m.ChoicesRecalled(order.choices))

    async def _open_kept(self, visit: str, kept: KeptList) -> None:
        try:
            text = await self._memory.text_of(visit, kept)
        except OverlayError as refused:
            self.hear(m.ListRefused(kept.source, refused.code, refused.sentence, refused.hint))
            return
        if not await self._open(kept.source, Arriving.of_text(text, kept.base), kept.mission):
            return
        if self._memory.take_over(visit):
            self.hear(m.ListKept(kept))
        else:
            self.begin(self._memory.keep(kept.source, kept.base, kept.mission, text))

    def watch_offline(self) -> None:
        """Hear from now on what there is to tell of the copy that works without a network."""
        self._browser.offline.watch(lambda kind, detail: self.hear(m.from_offline(kind, detail)))

    async def _take_new_version(self) -> None:
        await self._memory.settled()
        self._memory.leave_note(remembered.text(self.state.remembered()))
        refusal = await self._browser.offline.take_new()
        if refusal:
            self._memory.leave_note("")
            self.hear(m.NewVersionRefused(refusal))

    # -- transfers --------------------------------------------------------------------------------------------

    async def _transfer(self, order: e.BeginTransfer) -> None:
        try:
            self.hear(await (self._into_folder(order) if order.place == FOLDER else self._into_file(order)))
        except OverlayError as refused:
            self.hear(m.TransferDiscarded(failure(refused)))
        except Exception:
            self.hear(m.TransferDiscarded("The page made a mistake, and the download was given up."))
            raise

    async def _into_file(self, order: e.BeginTransfer) -> m.Message:
        sink = await self._browser.places.open(order.place, order.filename)
        await self._unless_stopped(sink)
        transfer = Transfer(order.plan, order.epoch_ms, seed=random.getrandbits(32))
        return await self._carried(transfer, sink)

    async def _into_folder(self, order: e.BeginTransfer) -> m.Message:
        folder = await self._browser.places.open_folder(order.plan.root, key(order.plan))
        try:
            there = await there_already(folder, order.plan, self._looked(folder))
        except OverlayError as broken:
            await folder.abort("not looked through", keep=True)
            return m.TransferDiscarded(failure(broken), goes_on(folder.name))
        await self._unless_stopped(folder)
        plan = replace(order.plan, root=folder.name)
        self.hear(m.FolderOpened(folder.name, there))
        transfer = Transfer(
            plan, order.epoch_ms, seed=random.getrandbits(32), folder=True, there=frozenset(there)
        )
        return await self._carried(transfer, folder, folder)

    def _looked(self, folder: ports.Folder) -> Callable[[int, int], bool]:
        shown = self._browser.clock.now_ms()

        def looked(done: int, of: int) -> bool:
            nonlocal shown
            now = self._browser.clock.now_ms()
            if now >= shown + _LOOK_MS:
                self.hear(m.FolderLooked(folder.name, done, of))
                shown = now
            return not self._stopped

        return looked

    async def _unless_stopped(self, sink: ports.Sink) -> None:
        """Raise ``OverlayError`` where the download was stopped meanwhile; a folder keeps what it had."""
        if self._stopped:
            await sink.abort("cancelled", keep=True)
            raise OverlayError("sink.cancelled", "The download was cancelled.")

    async def _carried(
        self, transfer: Transfer, sink: ports.Sink, folder: ports.Folder | None = None
    ) -> m.Message:
        browser = self._browser
        self._carrier = Carrier(
            transfer,
            network=browser.network,
            keys=browser.keys,
            sink=sink,
            folder=folder,
            clock=browser.clock,
            tell=self.hear,
            token_alive=self._token_alive,
        )
        browser.page.hold(True)
        try:
            return await self._carrier.run()
        finally:
            self._carrier = None
            browser.page.hold(False)


def _told_of(refused: OverlayError) -> m.Told:
    return m.Told("bad", f"{refused.sentence} [{refused.code}]", refused.hint)


def _user(text: str) -> str:
    """The name in an answer of ``whoami``."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    user = found.get("ezid") if isinstance(found, dict) else None
    if not isinstance(user, str) or not user:
        raise OverlayError(
            "token.no-answer", "The archive's answer to “who am I” is not understood.", "Try later."
        )
    return user
