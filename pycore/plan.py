"""What a download or a script is to fetch: each product once, with address, path and its rows."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, cast
from urllib.parse import quote

from pycore import address as addresses
from pycore import bits, layout
from pycore.catalog import Catalog
from pycore.layout import Place, Structure
from pycore.missions.profile import CONNECTIONS, Profile
from pycore.product import Row
from pycore.provenance import Provenance

ANONYMOUS = "anonymous"
#: Rows or files of one step: a few hundredths of a second in a browser.
FILES_A_STEP: Final = 1000


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row of the manifest: a dataset that the product belongs to; ``number`` is its place in list order."""

    uri: str
    dataset: str
    number: int


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A product, fetched once; ``size`` in bytes as the list says.

    ``url`` is ``None`` where no address is known, and ``problem`` says why. ``with_token`` marks the products
    that need a sign-in and stand at an origin that the profile trusts with it. The first of ``rows`` is the
    primary. ``address_given``: the list itself gives ``url``, which may hold a key then.
    """

    mission: str
    filename: str
    path: str
    url: str | None
    problem: str
    size: int
    exclusive: bool
    with_token: bool
    sha256: str | None
    md5: str | None
    rows: tuple[PlannedRow, ...]
    address_given: bool = False


@dataclass(frozen=True)
class Plan:
    """A download as it is to be: ``root`` is its one folder, named by the time of the click.

    ``connections`` says how many an origin may have at once where that is not ``CONNECTIONS``. With ``as_it_is``, a
    file whose size in the archive is no longer the list's is taken, and the manifest says so. ``provenance`` is for the
    manifest.
    """

    root: str
    structure: str
    files: tuple[PlannedFile, ...]
    user: str
    signed_in: bool
    connections: Mapping[str, int] = field(default_factory=dict)
    as_it_is: bool = False
    provenance: Provenance = field(default_factory=Provenance)

    @cached_property
    def total_bytes(self) -> int:
        """Bytes to fetch."""
        return sum(file.size for file in self.files)

    @cached_property
    def exclusive_count(self) -> int:
        """How many files are under exclusive access."""
        return sum(file.exclusive for file in self.files)

    def renamed(self) -> Iterator[tuple[str, str] | None]:
        """The path that the archive's names would give and the path used, where the two differ; ``None`` while others
        may have their turn.
        """
        for count, file in enumerate(self.files):
            if (plain := self.plain_path(file)) != file.path:
                yield plain, file.path
            if count % FILES_A_STEP == 0:
                yield None

    def plain_path(self, file: PlannedFile) -> str:
        """The path that the archive's names would give to one of its files."""
        return layout.plain_path(self.place(file), Structure(self.structure))

    def place(self, file: PlannedFile) -> Place:
        """What the path of one of its files was made from."""
        return Place(file.mission, file.rows[0].dataset, file.filename)


@dataclass(frozen=True, slots=True)
class Part:
    """One mission's share of a plan: the rows of ``selected`` in its catalog.

    ``token_origins`` narrows the origins that the profile trusts with the token to those where somebody is signed in.
    """

    profile: Profile
    catalog: Catalog
    selected: int
    token_origins: frozenset[str] | None = None

    def trusts(self, url: str) -> bool:
        """Whether the token may go to this address."""
        where = addresses.origin(url)
        signed_in = self.token_origins is None or where in self.token_origins
        return signed_in and where in self.profile.archive.token_origins


def make_plan(parts: Sequence[Part], structure: Structure, epoch_ms: float, user: str | None) -> Plan:
    """The plan for a selection; ``user`` is ``None`` while nobody is signed in. Files stand in list order."""
    steps = plan_in_steps(parts, structure, epoch_ms, user)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast(Plan, end.value)


def plan_in_steps(
    parts: Sequence[Part], structure: Structure, epoch_ms: float, user: str | None
) -> Generator[None, None, Plan]:
    """As :func:`make_plan`, in steps of some thousand rows, so that others can have their turn."""
    drafts: list[_Draft] = []
    for part in parts:
        drafts.extend((yield from _drafts(part)))
    used = layout.each_path(
        (Place(part.profile.name, rows[0].dataset, row.filename) for part, row, rows, _ in drafts), structure
    )
    files: list[PlannedFile] = []
    #: How many connections each origin may have; of two missions there, the more careful one decides.
    connections: dict[str, int] = {}
    for (part, row, rows, exclusive), path in zip(drafts, used, strict=True):
        file = _planned(part, row, rows, exclusive, path)
        files.append(file)
        if file.url is not None:
            where, most = origin(file.url), part.profile.archive.connections
            connections[where] = min(most, connections.get(where, most))
        if len(files) % FILES_A_STEP == 0:
            yield
    return Plan(
        layout.stamp(epoch_ms),
        structure.value,
        tuple(files),
        user or ANONYMOUS,
        user is not None,
        {where: most for where, most in connections.items() if most != CONNECTIONS},
    )


_Draft = tuple[Part, Row, tuple[PlannedRow, ...], bool]


def _drafts(part: Part) -> Generator[None, None, list[_Draft]]:
    catalog = part.catalog
    members: dict[int, list[int]] = {}
    for count, index in enumerate(catalog.in_list_order(bits.indices(part.selected)), start=1):
        members.setdefault(catalog.product_number(index), []).append(index)
        if count % FILES_A_STEP == 0:
            yield
    drafts: list[_Draft] = []
    for indices in members.values():
        rows = tuple(
            PlannedRow(
                manifest_uri(part.profile.name, catalog.listed(index).row),
                catalog.listed(index).row.dataset,
                catalog.list_position(index),
            )
            for index in indices
        )
        drafts.append((part, catalog.product_row(indices[0]), rows, catalog.is_exclusive(indices[0])))
        if len(drafts) % FILES_A_STEP == 0:
            yield
    return drafts


def _planned(part: Part, row: Row, rows: tuple[PlannedRow, ...], exclusive: bool, path: str) -> PlannedFile:
    url, problem = address(row, part.profile)
    return PlannedFile(
        mission=part.profile.name,
        filename=row.filename,
        path=path,
        url=url,
        problem=problem,
        size=row.size,
        exclusive=exclusive,
        with_token=exclusive and url is not None and part.trusts(url),
        sha256=row.sha256 or None,
        md5=row.md5 or None,
        rows=rows,
        address_given=bool(given(row)),
    )


#: Scheme, host and port of an address; whether the token goes along depends on it.
origin: Final = addresses.origin


def manifest_uri(mission: str, row: Row) -> str:
    """The URI column of the manifest: the row's own where that has a scheme, else MAST's form."""
    if addresses.scheme(row.uri):
        return row.uri
    return product_uri(mission, row.filename)


def product_uri(mission: str, filename: str) -> str:
    """MAST's URI of a product, for what has none of its own."""
    return f"mast:{mission}/product/{filename}"


def given(row: Row) -> str:
    """The address that the list itself gives of a product, or ``""``."""
    return row.url or (row.uri if addresses.scheme(row.uri) in ("http", "https") else "")


def address(row: Row, profile: Profile) -> tuple[str | None, str]:
    """Where a product is fetched, or ``None`` and why that is not known.

    The row's ``url`` first; then an http ``uri``; then the profile's address for a URI of a scheme that it
    knows; then the profile's address of the dataset's file.
    """
    uri, archive = row.uri, profile.archive
    if told := given(row):
        problem = addresses.problem(told)
        return (None, problem) if problem else (addresses.spelled(told), "")
    if not addresses.scheme(uri):
        template, uri = archive.retrieve, uri or f"{row.dataset}/{row.filename}"
    elif addresses.scheme(uri) in archive.uri_schemes:
        template = archive.retrieve_by_uri
    else:
        return None, f"no archive is known for addresses that begin with {addresses.scheme(uri)}:"
    if not template:
        return None, "neither the list nor what is known of the mission gives an address for it"
    return template.replace("{uri}", quote(uri, safe="")), ""
