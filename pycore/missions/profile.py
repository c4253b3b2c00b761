"""A mission's profile: the rules and words that its panel needs, from TOML and the site's configuration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from pycore import address
from pycore.errors import OverlayError
from pycore.missions.checked import Table, Wrong, unwritable
from pycore.packaged import packaged_text

#: In the order in which they are asked whether a dataset is theirs.
BUILT_IN: Final = ("jwst", "hst", "roman", "iue", "classy", "ullyses")

#: What the identity of a product rests on: its name and size within the mission, or its address.
IDENTITIES: Final = ("name-and-size", "address")

#: The rules for RECOMMENDED that a profile can name.
RULES: Final = ("highest-level", "preferred-suffixes", "science")

#: Requests to one archive at a time, where its profile says nothing else; browsers make no more to one host.
CONNECTIONS: Final = 6
_MOST_CONNECTIONS: Final = 32

#: So much of a name, in characters, a profile's patterns are shown. Names come from lists, which anybody
#: writes, and a pattern that is careless of long names takes the square of their length: of one of 200,000
#: characters, minutes in which the page stands still. No archive's names are as long as this.
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Level:
    """A processing level as the panel shows it."""

    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Never:
    """Products that RECOMMENDED leaves out whatever else is true of them: previews, target acquisitions.

    ``extensions`` and ``name_parts`` are compared in small letters; ``filters`` is a regular expression that
    is searched in the beginning of the field of that name.
    """

    extensions: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    name_parts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    filters: str = ""


@dataclass(frozen=True, slots=True)
class Recommended:
    """The minimum set for scientific analysis.

    ``rule`` is ``highest-level`` (``levels``: of each dataset the first that it has; of ``science_levels``
    only the science products count; ``also_types`` come along), ``preferred-suffixes`` (``prefer``:
    instrument to groups of suffixes, the first group that a dataset has within ``level``; ``also``: pairs of
    level, where ``""`` is any, and suffix that come along) or ``science`` (every science product).
    """

    rule: str
    never: Never
    levels: tuple[str, ...] = ()
    science_levels: tuple[str, ...] = ()
    also_types: tuple[str, ...] = ()
    level: str = ""
    prefer: Mapping[str, tuple[tuple[str, ...], ...]] | None = None
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GuideStars:
    """How guide star files are known, and which end of a name says calibrated."""

    name_part: str
    calibrated: str
    uncalibrated: str
    label: str


@dataclass(frozen=True, slots=True)
class References:
    """How calibration reference files are known."""

    types: tuple[str, ...]
    levels: tuple[str, ...]
    label: str


@dataclass(frozen=True, slots=True)
class PublicCopy:
    """A bucket of S3 with a copy of the public files, which anybody may read without signing in.

    Each of ``keys`` is a pattern for ``<dataset in small letters>/<filename>`` and the key of what matches it whole:
    ``{1}`` stands for the pattern's first group, ``{file}`` for the file's name.
    """

    name: str
    region: str
    keys: tuple[tuple[str, str], ...]

    def key(self, dataset: str, filename: str) -> str:
        """The key of a file, ``""`` where nothing is known of it."""
        if len(dataset) > LONGEST_NAME or len(filename) > LONGEST_NAME:
            return ""
        for pattern, template in self.keys:
            found = re.fullmatch(pattern, f"{dataset.casefold()}/{filename}")
            if found:
                groups = {str(n): text or "" for n, text in enumerate(found.groups(), 1)}
                return _filled(template, {"file": filename, **groups})
        return ""


@dataclass(frozen=True, slots=True)
class Archive:
    """Addresses of the archive, ``{uri}`` standing for the percent-encoded URI; ``""`` where there is none.

    ``retrieve`` takes a dataset's file, ``retrieve_by_uri`` a whole URI of one of these ``uri_schemes``.
    ``token_origins`` are the only origins that ever get the token. ``public_copy`` is for tools that read buckets.
    ``connections`` is how many requests the archive may get at once.
    """

    retrieve: str = ""
    retrieve_by_uri: str = ""
    uri_schemes: tuple[str, ...] = ()
    whoami: str = ""
    token_page: str = ""
    token_origins: tuple[str, ...] = ()
    list_products: str = ""
    astroquery: str = ""
    public_copy: PublicCopy | None = None
    connections: int = CONNECTIONS


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the overlay knows of one mission; ``citation`` is how publications are to name its data."""

    name: str
    title: str
    dataset_pattern: str
    identity: str
    levels: tuple[Level, ...]
    recommended: Recommended
    guide_stars: GuideStars | None
    references: References | None
    archive: Archive
    contact: tuple[str, str, str]
    help: Mapping[str, str]
    citation: str = ""

    def recognises(self, dataset: str) -> bool:
        """Whether a dataset's name, or as much of it as ``LONGEST_NAME``, has this mission's form."""
        begin = dataset[:LONGEST_NAME]
        return bool(self.dataset_pattern) and re.fullmatch(self.dataset_pattern, begin) is not None


class Profiles:
    """The profiles of one page: those that come with it, changed or joined by the site's configuration."""

    def __init__(self, site: Mapping[str, Any] | None = None) -> None:
        if site is not None and not isinstance(site, Mapping):
            raise OverlayError("site.shape", "The site's configuration is not a table.", _SITE_HINT)
        #: Whether the site's configuration says anything.
        self.changed: Final = bool(site)
        tables = {_raw(key)["name"]: _raw(key) for key in BUILT_IN}
        for name, change in _changes(site or {}).items():
            known = next((key for key in tables if key.casefold() == name.casefold()), name)
            tables[known] = _merged(tables.get(known, {"name": name}), change)
        self._generic = _profile("", _raw("generic"))
        self._named = {
            name: _profile(name, _merged(_raw("generic"), table)) for name, table in tables.items()
        }

    def named(self, name: str) -> Profile:
        """The profile of that name, whatever its case; an unknown name gets the generic profile under it."""
        for known, profile in self._named.items():
            if known.casefold() == name.casefold():
                return profile
        return replace(self._generic, name=name, title=name)

    def of_dataset(self, dataset: str) -> str:
        """The name of the mission whose datasets look like this one, else ``""``."""
        return next((p.name for p in self._named.values() if p.recognises(dataset)), "")

    def guess(self, datasets: Iterable[str]) -> list[str]:
        """The mission of each dataset; one that no profile knows goes with the majority, else ``"OTHER"``."""
        asked = list(datasets)
        # A dataset has tens or thousands of rows: each is looked at once.
        mission = {dataset: self.of_dataset(dataset) for dataset in dict.fromkeys(asked)}
        found = [mission[dataset] for dataset in asked]
        counts: dict[str, int] = {}
        for name in found:
            if name:
                counts[name] = counts.get(name, 0) + 1
        majority = max(counts, key=lambda name: counts[name]) if counts else "OTHER"
        return [name or majority for name in found]


_PLACE: Final = re.compile(r"\{([a-z0-9]+)\}")
#: Naming rules of S3: what stands in an address and on command lines as it is.
_BUCKET: Final = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
_REGION: Final = "[a-z0-9-]{1,30}"


def _filled(template: str, groups: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda place: groups[place[1]], template)


_SITE_HINT: Final = "Ask whoever runs this page to look at its site.json."


@cache
def _raw(key: str) -> dict[str, Any]:
    return tomllib.loads(packaged_text("pycore.missions", f"{key}.toml"))


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = (
            _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
        )
    return merged


def _changes(site: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """What the site's configuration says of each mission."""
    changes = site.get("missions", {})
    if not isinstance(changes, Mapping):
        raise OverlayError("site.shape", "“missions” in the site's configuration is not a table.", _SITE_HINT)
    seen: set[str] = set()
    for name, change in changes.items():
        if not isinstance(change, Mapping):
            raise _not_right(name, "it is not a table")
        if not name.strip() or unwritable(name):
            raise _not_right(name, "a mission cannot have this name")
        if name.casefold() in seen:
            raise _not_right(name, "it is there twice, and small and capital letters make no difference")
        seen.add(name.casefold())
    return changes


def _not_right(name: str, why: str) -> OverlayError:
    shown = "?" if unwritable(name) else name[:80]
    return OverlayError("site.mission", f"The profile of “{shown}” is not right: {why}.", _SITE_HINT)


def _profile(name: str, content: Mapping[str, Any]) -> Profile:
    """The profile that a whole table describes; ``OverlayError`` ``site.mission`` says which key is not right."""
    try:
        table = Table(content)
        profile = Profile(
            name=table.text("name"),
            title=table.text("title", "") or table.text("name"),
            dataset_pattern=table.pattern("dataset_pattern", ""),
            identity=table.one_of("identity", IDENTITIES),
            levels=tuple(_level(level) for level in table.tables("levels")),
            recommended=_recommended(table.table("recommended")),
            guide_stars=_guide_stars(table.table("guide_stars")) if table.has("guide_stars") else None,
            references=_references(table.table("references")) if table.has("references") else None,
            archive=_archive(table.table("archive")),
            contact=_contact(table.table("contact")),
            help=_help(table.table("help")),
            citation=table.text("citation", ""),
        )
        table.finished()
        if profile.name.casefold() != name.casefold():
            raise Wrong("“name” is not the name that it stands under")
    except Wrong as wrong:
        raise _not_right(name, str(wrong)) from wrong
    return profile


def _level(table: Table) -> Level:
    level = Level(table.text("name"), table.text("hint", ""))
    table.finished()
    return level


def _recommended(table: Table) -> Recommended:
    prefer = table.table("prefer", {})
    recommended = Recommended(
        rule=table.one_of("rule", RULES),
        never=_never(table.table("never")),
        levels=table.texts("levels", ()),
        science_levels=table.texts("science_levels", ()),
        also_types=table.texts("also_types", ()),
        level=table.text("level", ""),
        prefer={instrument: prefer.groups(instrument) for instrument in prefer},
        also=tuple(_also(pair) for pair in table.tables("also")),
    )
    table.finished()
    return recommended


def _also(table: Table) -> tuple[str, str]:
    pair = table.text("level", ""), table.text("suffix")
    table.finished()
    return pair


def _never(table: Table) -> Never:
    never = Never(
        extensions=tuple(each.lower() for each in table.texts("extensions", ())),
        suffixes=table.texts("suffixes", ()),
        name_parts=tuple(each.lower() for each in table.texts("name_parts", ())),
        types=table.texts("types", ()),
        filters=table.pattern("filters", ""),
    )
    table.finished()
    return never


def _guide_stars(table: Table) -> GuideStars:
    guide_stars = GuideStars(
        name_part=table.text("name_part"),
        calibrated=table.pattern("calibrated"),
        uncalibrated=table.pattern("uncalibrated"),
        label=table.text("label"),
    )
    table.finished()
    return guide_stars


def _references(table: Table) -> References:
    references = References(table.texts("types"), table.texts("levels"), table.text("label"))
    table.finished()
    return references


def _archive(table: Table) -> Archive:
    origin = table.text("origin", "")

    def placed(key: str) -> str:
        return table.text(key, "").replace("{origin}", origin)

    archive = Archive(
        retrieve=placed("retrieve"),
        retrieve_by_uri=placed("retrieve_by_uri"),
        uri_schemes=table.texts("uri_schemes", ()),
        whoami=placed("whoami"),
        token_page=table.link("token_page", "", origin=origin),
        token_origins=tuple(
            address.origin(each.replace("{origin}", origin)) for each in table.texts("token_origins", ())
        ),
        list_products=table.link("list_products", "", origin=origin),
        astroquery=table.text("astroquery", ""),
        public_copy=_public_copy(table.table("public_copy")) if table.has("public_copy") else None,
        connections=table.count("connections", CONNECTIONS, _MOST_CONNECTIONS),
    )
    table.finished()
    if "" in archive.token_origins:
        raise Wrong(f"“{table.name_of('token_origins')}” holds what is no http origin")
    return archive


def _public_copy(table: Table) -> PublicCopy:
    copy = PublicCopy(
        name=table.matching("bucket", _BUCKET, "the name of a bucket"),
        region=table.matching("region", _REGION, "the name of a region"),
        keys=tuple(_key(key) for key in table.tables("keys")),
    )
    table.finished()
    return copy


def _key(table: Table) -> tuple[str, str]:
    pattern, key = table.pattern("names"), table.text("key")
    known = {"file", *(str(number) for number in range(1, re.compile(pattern).groups + 1))}
    if set(_PLACE.findall(key)) - known or not key.isprintable():
        raise Wrong(f"“{table.name_of('key')}” names a group that its pattern does not have")
    table.finished()
    return pattern, key


def _contact(table: Table) -> tuple[str, str, str]:
    contact = table.text("sentence"), table.text("label"), table.link("url")
    table.finished()
    return contact


def _help(table: Table) -> dict[str, str]:
    return {key: table.link(key) for key in table}
