"""What the browser keeps of this visit for the next one, and finds of the last."""

from __future__ import annotations

import asyncio
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
        self._offered = ""
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
                self._visit = self._shelf.new_id()
            key = self._shelf.new_id()
            refusal = await self._put(partial(self._shelf.put_list, self._visit, key, text))
        if refusal is None:
            self._tell(m.ListKept(KeptList(key, source, base, mission)))
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
                    refusal = await self._put(partial(self._shelf.put_record, self._visit, record))
                if refusal is not None and refusal.why:
                    self._tell(m.NotKept("", refusal.why, refusal.full))
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
        """Make room: of the other visits keep the latest few, and what is on offer; whether any had to go."""
        found = await self._shelf.visits()
        if isinstance(found, ports.Refusal):
            return False
        others = [visit.id for visit in found if visit.id not in (self._visit, self._offered if but else "")]
        for visit in others[but:]:
            await self._shelf.remove(visit)
        return len(others) > but

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
            self._visit = ""
            await self._drop_others(but=0)

    # -- of the last ------------------------------------------------------------------------------------------

    async def look_back(self, asked: Sequence[str] = ()) -> None:
        """Tell of the latest visit, or of the latest that has one of the lists that were asked for.

        What is not to be understood any more is told, and removed.
        """
        async with self._turn:
            found = await self._shelf.visits()
            if isinstance(found, ports.Refusal):
                return
            known = [
                (visit, record)
                for visit in found
                if visit.record
                and visit.id != self._visit
                and (record := await self._read(visit)) is not None
            ]
        fitting = [each for each in known if any(kept.base in asked for kept in each[1].lists if kept.base)]
        for visit, record in (fitting or known)[:1]:
            self._offered = visit.id
            self._tell(m.LastVisitKnown(visit.id, visit.saved_ms, record))

    async def _read(self, visit: ports.Visit) -> remembered.Remembered | None:
        try:
            return remembered.read(visit.record)
        except OverlayError as refused:
            await self._shelf.remove(visit.id)
            self._tell(m.Told("warning", f"{refused.sentence} [{refused.code}]", refused.hint))
            return None

    async def text_of(self, visit: str, kept: KeptList) -> str:
        """The text of a list that was kept; ``memory.gone`` where it is not there any more."""
        text = await self._shelf.list_text(visit, kept.key)
        if text is None:
            raise OverlayError(
                "memory.gone",
                "The browser does not have its copy of this list any more.",
                "Open the list again from its file or address.",
            )
        return text

    def take_over(self, visit: str) -> bool:
        """Go on with an earlier visit as this one, unless this one has begun; whether it is so."""
        self._visit = self._visit or visit
        return self._visit == visit

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
