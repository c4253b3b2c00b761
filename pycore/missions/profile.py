"""A mission's profile: the rules and words that its panel needs, from TOML and the site's configuration."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from pycore import address
from pycore.errors import OverlayError

#: In the order in which they are asked whether a dataset is theirs.
BUILT_IN: Final = ("jwst", "hst", "roman", "iue", "classy", "ullyses")

#: What the identity of a product rests on: its name and size within the mission, or its address.
IDENTITIES: Final = ("name-and-size", "address")

#: The rules for RECOMMENDED that a profile can name.
RULES: Final = ("highest-level", "preferred-suffixes", "science")


@dataclass(frozen=True, slots=True)
class Level:
    """A processing level as the panel shows it."""

    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Never:
    """Products that RECOMMENDED leaves out whatever else is true of them: previews, target acquisitions.

    ``extensions`` and ``name_parts`` are compared in small letters; ``filters`` is a regular expression that
    is searched in the field of that name.
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
class Archive:
    """Addresses of the archive, ``{uri}`` standing for the percent-encoded URI; ``""`` where there is none.

    ``retrieve`` takes a dataset's file, ``retrieve_by_uri`` a whole URI of one of these ``uri_schemes``.
    ``token_origins`` are the only origins that ever get the token.
    """

    retrieve: str = ""
    retrieve_by_uri: str = ""
    uri_schemes: tuple[str, ...] = ()
    whoami: str = ""
    token_page: str = ""
    token_origins: tuple[str, ...] = ()
    list_products: str = ""
    astroquery: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the overlay knows of one mission."""

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

    def recognises(self, dataset: str) -> bool:
        """Whether a dataset's name has this mission's form."""
        return bool(self.dataset_pattern) and re.fullmatch(self.dataset_pattern, dataset) is not None


class Profiles:
    """The profiles of one page: those that come with it, changed or joined by the site's configuration."""

    def __init__(self, site: Mapping[str, Any] | None = None) -> None:
        if site is not None and not isinstance(site, Mapping):
            raise OverlayError("site.shape", "The site's configuration is not a table.", _SITE_HINT)
        changes = _table(site or {}, "missions")
        tables = {_raw(key)["name"]: _raw(key) for key in BUILT_IN}
        for name, change in changes.items():
            if not isinstance(change, Mapping):
                raise OverlayError(
                    "site.mission", f"The site's configuration of {name} is not a table.", _SITE_HINT
                )
            known = next((key for key in tables if key.casefold() == name.casefold()), name)
            tables[known] = _merged(tables.get(known, {"name": name}), change)
        self._named = {name: _profile(_merged(_raw("generic"), table)) for name, table in tables.items()}

    def named(self, name: str) -> Profile:
        """The profile of that name, whatever its case; an unknown name gets the generic profile under it."""
        for known, profile in self._named.items():
            if known.casefold() == name.casefold():
                return profile
        return _profile({**_raw("generic"), "name": name, "title": name})

    def of_dataset(self, dataset: str) -> str:
        """The name of the mission whose datasets look like this one, else ``""``."""
        return next((p.name for p in self._named.values() if p.recognises(dataset)), "")

    def guess(self, datasets: Iterable[str]) -> list[str]:
        """The mission of each dataset; one that no profile knows goes with the majority, else ``"OTHER"``."""
        found = [self.of_dataset(dataset) for dataset in datasets]
        counts: dict[str, int] = {}
        for name in found:
            if name:
                counts[name] = counts.get(name, 0) + 1
        majority = max(counts, key=lambda name: counts[name]) if counts else "OTHER"
        return [name or majority for name in found]


_SITE_HINT: Final = "Ask whoever runs this page to look at its site.json."


@cache
def _raw(key: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("pycore.missions").joinpath(f"{key}.toml").read_text("utf-8"))


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in change.items():
        old = merged.get(key)
        merged[key] = (
            _merged(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
        )
    return merged


def _profile(table: Mapping[str, Any]) -> Profile:
    try:
        guide_stars, references = table.get("guide_stars"), table.get("references")
        return Profile(
            name=table["name"],
            title=table.get("title") or table["name"],
            dataset_pattern=re.compile(table.get("dataset_pattern", "")).pattern,
            identity=_one_of(IDENTITIES, table["identity"]),
            levels=tuple(Level(**level) for level in table.get("levels", ())),
            recommended=_recommended(table["recommended"]),
            guide_stars=_guide_stars(guide_stars) if guide_stars else None,
            references=_references(references) if references else None,
            archive=_archive(table["archive"]),
            contact=(table["contact"]["sentence"], table["contact"]["label"], table["contact"]["url"]),
            help=dict(table["help"]),
        )
    except KeyError as missing:
        raise _not_right(table, f"{missing} is missing") from missing
    except (TypeError, AttributeError, ValueError, re.error) as wrong:
        raise _not_right(table, str(wrong)) from wrong


def _not_right(table: Mapping[str, Any], why: str) -> OverlayError:
    return OverlayError(
        "site.mission", f"The profile of {table.get('name', '?')} is not right: {why}.", _SITE_HINT
    )


def _one_of(known: tuple[str, ...], value: Any) -> str:
    if value not in known:
        raise ValueError(f"“{value}” is none of {', '.join(known)}")
    return str(value)


def _recommended(table: Mapping[str, Any]) -> Recommended:
    names = {key: _names(table.get(key, [])) for key in ("levels", "science_levels", "also_types")}
    return Recommended(
        rule=_one_of(RULES, table["rule"]),
        never=_never(table["never"]),
        level=table.get("level", ""),
        prefer={
            instrument: tuple(_names(group) for group in groups)
            for instrument, groups in table.get("prefer", {}).items()
        },
        also=tuple((pair.get("level", ""), pair["suffix"]) for pair in table.get("also", ())),
        **names,
    )


def _never(table: Mapping[str, Any]) -> Never:
    names = {key: _names(value) for key, value in table.items() if key != "filters"}
    for key in ("extensions", "name_parts"):
        names[key] = tuple(name.lower() for name in names.get(key, ()))
    return Never(filters=re.compile(table.get("filters", "")).pattern, **names)


def _guide_stars(table: Mapping[str, Any]) -> GuideStars:
    for key in ("calibrated", "uncalibrated"):
        re.compile(table[key])
    return GuideStars(**table)


def _references(table: Mapping[str, Any]) -> References:
    return References(_names(table["types"]), _names(table["levels"]), table["label"])


def _archive(table: Mapping[str, Any]) -> Archive:
    placed = {key: _placed(value, table.get("origin", "")) for key, value in table.items() if key != "origin"}
    origins = tuple(address.origin(each) for each in placed.get("token_origins", ()))
    if "" in origins:
        raise ValueError("“token_origins” holds what is no http origin")
    return Archive(**{**placed, "token_origins": origins})


def _placed(value: Any, origin: str) -> Any:
    if isinstance(value, str):
        return value.replace("{origin}", origin)
    return tuple(each.replace("{origin}", origin) for each in _names(value))


def _names(value: Any) -> tuple[str, ...]:
    """The texts of a list; one text alone, which would be taken for its letters, is refused."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise TypeError(f"{value!r} is not a list of texts")
    return tuple(value)


def _table(site: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = site.get(key, {})
    if not isinstance(table, Mapping):
        raise OverlayError("site.shape", f"“{key}” in the site's configuration is not a table.", _SITE_HINT)
    return table
