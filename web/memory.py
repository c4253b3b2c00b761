"""What the browser keeps of this visit for the next one, and finds of the last."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final

from pycore import messages as m
from pycore import remembered
from pycore.errors import OverlayError
from pycore.remembered import KeptList
from web import ports

#: Lists can be large; tabs side by side each have a visit of their own, and more than these few nobody misses.
_VISITS_KEPT: Final = 3
#: Characters that are hashed before others have their turn.
_STEP: Final = 2**20


class Memory:
    """One page's visit on the shelf; what it does there is done in turn.

    A visit begins with the first list that is kept. To go on with an earlier one is to take it over.
    """

    def __init__(
        self,
        shelf: ports.Shelf,
        tell: Callable[[m.Message], None],
        begin: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._shelf = shelf
        self._tell = tell
        self._begin = begin
        self._turn = asyncio.Lock()
        self._visit = ""
        #: The texts that this visit lays claim to.
        self._keys: list[str] = []
        #: An earlier visit that no other page has open, so that it can be taken over.
        self._held = ""
        self._offered = ""
        #: With these lists other visits are replaced already.
        self._replaced: set[str] = set()
        self._stopped = False
        #: The newest record that is not yet written; only one is written at a time.
        self._due: str | None = None
        self._writing = False

    # -- of this visit ----------------------------------------------------------------------------------------

    async def keep(self, source: str, base: str, mission: str, text: str) -> None:
        """Keep a list that was opened."""
        async with self._turn:
            if self._stopped:
                return
            if not self._visit:
                await self._drop_others(but=_VISITS_KEPT - 1)
                self._visit, self._keys = self._shelf.new_id(), []
                await self._shelf.hold(self._visit)
            key = await _key_of(text)
            refusal = await self._put(partial(self._shelf.put_list, self._visit, self._keys[:], key, text))
            if refusal is None and key not in self._keys:
                self._keys.append(key)
        if refusal is None:
            self._tell(m.ListKept(KeptList(key, source, base, mission)))
        else:
            self._refused(source, refusal)

    def _refused(self, source: str, refusal: ports.Refusal) -> None:
        if refusal.gone:
            # Somebody wanted it forgotten: it does not come back in part.
            self._stopped = True
            self._tell(m.VisitGone())
        elif refusal.why:
            self._tell(m.NotKept(source, refusal.why, refusal.full))

    def write(self, record: str) -> None:
        """Keep the record of this visit; of several in quick succession the last."""
        self._due = record
        if not self._writing:
            self._writing = True
            self._begin(self._write())

    async def _write(self) -> None:
        try:
            while self._due is not None:
                async with self._turn:
                    record, self._due = self._due, None
                    if self._stopped or not self._visit or record is None:
                        return
                    put = partial(self._shelf.put_record, self._visit, self._keys[:], record)
                    refusal = await self._put(put)
                    if refusal is None:
                        await self._drop_replaced()
                if refusal is not None:
                    self._refused("", refusal)
        finally:
            self._writing = False

    async def _put(
        self, put: Callable[[], Coroutine[Any, Any, ports.Refusal | None]]
    ) -> ports.Refusal | None:
        refusal = await put()
        if refusal is not None and refusal.full and await self._drop_others(but=0):
            refusal = await put()
        return refusal

    async def _drop_others(self, *, but: int) -> bool:
        """Make room: of the other visits keep those that are open, and the latest few; whether any had to go."""
        others = await self._others()
        spared = {visit.id for visit in others if visit.open or (but and visit.id == self._offered)}
        if any(visit.open is None for visit in others):
            spared.update(visit.id for visit in others[: _VISITS_KEPT - 1])
        # Without a record nothing of it can be offered.
        ended = [visit for visit in others if visit.id not in spared and visit.record]
        spared.update(visit.id for visit in ended[: max(0, but - len(spared))])
        due = [visit.id for visit in others if visit.id not in spared]
        if due:
            await self._shelf.remove(due)
        return bool(due)

    async def _drop_replaced(self) -> None:
        """Remove earlier visits to the very same lists: this one has been told what to do with what they had."""
        mine = set(self._keys)
        if mine == self._replaced:
            return
        self._replaced = mine
        due = [each.id for each in await self._others() if each.open is False and each.texts == mine]
        if due:
            await self._shelf.remove(due)

    async def _others(self) -> list[ports.Visit]:
        found = await self._shelf.visits()
        return [] if isinstance(found, ports.Refusal) else [each for each in found if each.id != self._visit]

    async def settled(self) -> None:
        """Done when everything that was to be kept by now is."""
        while self._writing or self._turn.locked():
            async with self._turn:
                pass
            await asyncio.sleep(0)

    async def forget(self, *, stop: bool) -> None:
        """Remove every visit; ``stop``: keep nothing more of this one."""
        self._stopped = stop
        self._due = None
        async with self._turn:
            self._visit, self._keys, self._held = "", [], ""
            await self._shelf.remove([visit.id for visit in await self._others()])

    # -- of the last ------------------------------------------------------------------------------------------

    async def look_back(self, asked: Sequence[str] = ()) -> None:
        """Tell of the latest visit, or of the latest that has one of the lists that were asked for.

        What is not to be understood any more is told, and removed.
        """
        async with self._turn:
            found = await self._shelf.visits()
            if isinstance(found, ports.Refusal):
                return
            told = set[str]()
            known = [
                (visit, record)
                for visit in found
                if visit.record
                and visit.id != self._visit
                and (record := await self._read(visit, told)) is not None
            ]
        wanted = {remembered.discreet(address) for address in asked}
        fitting = [each for each in known if any(kept.base in wanted for kept in each[1].lists)]
        for visit, record in (fitting or known)[:1]:
            self._offered = visit.id
            self._tell(m.LastVisitKnown(visit.id, visit.saved_ms, record))

    async def _read(self, visit: ports.Visit, told: set[str]) -> remembered.Remembered | None:
        """The visit's record, or ``None`` where nothing can be offered; of each reason why is told once."""
        try:
            record = remembered.read(visit.record)
            remembered.check_texts(record, visit.texts)
        except OverlayError as refused:
            await self._shelf.remove([visit.id])
            if refused.code not in told:
                told.add(refused.code)
                self._tell(m.Told("warning", f"{refused.sentence} [{refused.code}]", refused.hint))
            return None
        return record

    async def text_of(self, visit: str, kept: KeptList) -> str:
        """The text of a list that was kept; ``memory.gone`` where it is not there any more."""
        text = await self._shelf.list_text(kept.key)
        if (
            not self._visit
            and not self._held
            and await self._is_there(visit)
            and await self._shelf.hold(visit)
        ):
            self._held = visit
        if visit == (self._visit or self._held) and text is not None and kept.key not in self._keys:
            self._keys.append(kept.key)
        if text is None:
            raise OverlayError(
                "memory.gone",
                "The browser does not have its copy of this list any more.",
                "Open the list again from its file or address.",
            )
        return text

    async def _is_there(self, visit: str) -> bool:
        return any(other.id == visit and not other.open for other in await self._others())

    def take_over(self, visit: str) -> bool:
        """Go on with an earlier visit as this one, unless this one has begun or another tab has it open; whether so."""
        if not self._visit and visit == self._held:
            self._visit = visit
        return bool(visit) and self._visit == visit

    # -- across a reload of the page's own --------------------------------------------------------------------

    def leave_note(self, record: str) -> None:
        """Leave word for the next start in this tab; ``""`` takes it back."""
        self._shelf.leave_note(f"{self._visit}\n{record}" if record else "")

    def read_note(self) -> m.NoteFound | None:
        """The word that this tab's last page left, if it did."""
        visit, _, record = self._shelf.take_note().partition("\n")
        try:
            return m.NoteFound(visit, remembered.read(record)) if record else None
        except OverlayError:
            # Another version wrote it: the visit itself is told of, or refused, as on any start.
            return None


async def _key_of(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal: the same list has the same key in every visit."""
    digest = hashlib.sha256()
    for start in range(0, len(text), _STEP):
        digest.update(text[start : start + _STEP].encode("utf-8", "surrogatepass"))
        await asyncio.sleep(0)
    return digest.hexdigest()
