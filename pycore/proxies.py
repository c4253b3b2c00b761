"""Ways around archives that let no other site read their files: proxies on the page's own origin, from its settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pycore import address
from pycore.errors import OverlayError
from pycore.missions.profile import CONNECTIONS
from pycore.plan import Plan, PlannedFile

_HINT: Final = "Ask whoever runs this page to look at its site.json."


@dataclass(frozen=True, slots=True)
class Proxies:
    """By the origin of an archive, the address on the page's own origin that stands for it."""

    addresses: Mapping[str, str] = field(default_factory=dict)

    def way(self, url: str) -> str:
        """The address by which a proxy fetches this one, ``""`` where there is none for its origin."""
        where = address.origin(url)
        base = self.addresses.get(where, "") if where else ""
        # What is left after scheme, host and port is the same for every way to write them.
        return f"{base}/{url.split('/', 3)[3]}" if base and url.count("/") >= 3 else ""

    def through(self, plan: Plan, origins: Collection[str]) -> Plan:
        """The plan with the files of these origins fetched by way of their proxies.

        A token never goes that way: it is for the origins that the profile names, and a proxy is none of them.
        """
        files = tuple(self._by_proxy(file) if _origin(file) in origins else file for file in plan.files)
        connections = dict(plan.connections)
        for where in origins:
            if base := self.addresses.get(where):
                own, most = address.origin(base), plan.connections.get(where, CONNECTIONS)
                connections[own] = min(most, connections.get(own, most))
        return replace(plan, files=files, connections=connections)

    def _by_proxy(self, file: PlannedFile) -> PlannedFile:
        way = self.way(file.url or "")
        return replace(file, url=way, with_token=False) if way else file


def _origin(file: PlannedFile) -> str:
    return address.origin(file.url or "")


def proxies(site: Mapping[str, Any], page: str) -> Proxies:
    """Those that the site's configuration names in ``proxy``; ``page`` is the page's own address.

    Errors: ``site.proxy`` for anything but a table of origins, each with an address on the page's own origin.
    """
    table = site.get("proxy", {})
    if not isinstance(table, Mapping):
        raise _wrong("it is not a table")
    found: dict[str, str] = {}
    for archive, given in table.items():
        where = address.origin(archive)
        if not where or archive.rstrip("/") != where:
            raise _wrong(
                f"“{archive[:80]}” is not the origin of an archive, such as https://archive.example.org"
            )
        if not isinstance(given, str) or not given:
            raise _wrong(f"what stands for {where} is no address")
        base = address.resolved(page, given)
        if address.problem(base) or not address.origin(page) or address.origin(base) != address.origin(page):
            raise _wrong(f"what stands for {where} is not on this site's own origin")
        found[where] = base.rstrip("/")
    return Proxies(found)


def _wrong(why: str) -> OverlayError:
    return OverlayError("site.proxy", f"“proxy” in the site's configuration is not right: {why}.", _HINT)
