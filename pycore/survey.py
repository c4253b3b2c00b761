"""What is to be known of a plan before its first byte: looked at file by file, once, however long the plan is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pycore import layout, transfer
from pycore.plan import FILES_A_STEP, Plan, origin

#: Of each kind of name so many are shown.
SHOWN: Final = 200
#: A list may name thousands of hosts; before a download only so many are asked whether they let the page read.
MOST_PROBES: Final = 8


@dataclass(frozen=True, slots=True)
class Survey:
    """Of a plan's files: how many and how large they are, and which will not be as one might expect.

    ``bytes`` are to be fetched, ``forecast`` is the size of the archive of them. ``origins`` has an address of each
    origin, as far as they are asked; of a public file where there is one, as a probe carries no token. ``blind`` files
    have no address; ``outside`` are under exclusive access where no token goes; ``with_token`` counts the others by
    origin. ``renamed`` has plain path, path and why, ``long`` the paths that are long for Windows; each the first
    ``SHOWN`` of them.
    """

    bytes: int
    forecast: int
    origins: tuple[tuple[str, str], ...] = ()
    blind: int = 0
    outside: int = 0
    with_token: Mapping[str, int] = field(default_factory=dict)
    renamed: tuple[tuple[str, str, str], ...] = ()
    renamed_count: int = 0
    long: tuple[str, ...] = ()
    long_count: int = 0


def survey(plan: Plan) -> Generator[None, None, Survey]:
    """In steps, what is to be known of a plan."""
    public: dict[str, str] = {}
    exclusive: dict[str, str] = {}
    with_token: Counter[str] = Counter()
    renamed: list[tuple[str, str, str]] = []
    long: list[str] = []
    blind = outside = renamed_count = long_count = 0
    for count, file in enumerate(plan.files, start=1):
        if file.url is None:
            blind += 1
        else:
            where = origin(file.url)
            (exclusive if file.exclusive else public).setdefault(where, file.url)
            with_token[where] += file.with_token
        outside += file.exclusive and not file.with_token
        if (plain := plan.plain_path(file)) != file.path:
            renamed_count += 1
            if len(renamed) < SHOWN:
                why = layout.why_renamed(plan.place(file), layout.Structure(plan.structure))
                renamed.append((plain, file.path, why))
        if layout.is_long_on_windows(f"{plan.root}/{file.path}"):
            long_count += 1
            if len(long) < SHOWN:
                long.append(file.path)
        if count % FILES_A_STEP == 0:
            yield
    yield
    addresses = {**public, **{where: url for where, url in exclusive.items() if where not in public}}
    return Survey(
        bytes=plan.total_bytes,
        forecast=(yield from transfer.forecast_in_steps(plan)),
        origins=tuple(islice(addresses.items(), MOST_PROBES)),
        blind=blind,
        outside=outside,
        with_token={where: number for where, number in with_token.items() if number},
        renamed=tuple(renamed),
        renamed_count=renamed_count,
        long=tuple(long),
        long_count=long_count,
    )
