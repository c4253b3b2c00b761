"""Web addresses as browsers read them: what can be asked, where it stands, how it is spelled."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

#: RFC 3986, section 3.1.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HTTP: Final = re.compile(r"(?i:https?)://(?P<authority>[^/?#]*)")
#: Only what every reader of addresses takes for one and the same host: no user name, backslash, blank or
#: escape.
_PLAIN: Final = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_UNSEEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
#: Characters with a meaning of their own in an address, and the escapes that are already there.
_KEPT: Final = "%/?#[]@!$&'()*+,;=:~-._"
_STANDARD_PORTS: Final = {"http": 80, "https": 443}


def scheme(uri: str) -> str:
    """The scheme in small letters, or ``""`` for what is no absolute URI."""
    found = _SCHEME.match(uri)
    return found[1].lower() if found else ""


def resolved(base: str, url: str) -> str:
    """The address that ``url`` means in a list read from ``base`` (``""``: a file). Raises ``ValueError``."""
    whole = urljoin(base, url)
    urlsplit(whole)
    return whole


def problem(url: str) -> str:
    """Why a product's address can't be asked, or ``""``."""
    if not scheme(url):
        return "its address is relative, and the list was opened from a file"
    if scheme(url) not in _STANDARD_PORTS:
        return f"its address is not http but {scheme(url)}:"
    if _UNSEEN.search(url):
        return "its address holds control characters"
    found = _HTTP.match(url)
    authority = found["authority"] if found else ""
    if "@" in authority:
        # Browsers refuse to fetch these, and the name is mostly there to be taken for the host.
        return "its address holds a user name or a password"
    if authority.isascii() and _PLAIN.fullmatch(authority) is None:
        return "its address has no host that can be asked"
    return ""


def spelled(url: str) -> str:
    """An http address with blanks, quotes and characters beyond ASCII in path and query percent-encoded as
    UTF-8.

    What is encoded already stays as it is, so doing it twice changes nothing.
    """
    found = _HTTP.match(url)
    end = found.end() if found else 0
    return url[:end] + quote(url[end:], safe=_KEPT)


def origin(url: str) -> str:
    """Scheme, host and port as browsers write them (RFC 6454, section 6.2); ``""`` where there is any doubt.

    A token depends on it. Readers differ over user names, backslashes, blanks and hosts beyond ASCII, so an
    address with any of these has no origin here.
    """
    found = _HTTP.match(url)
    plain = _PLAIN.fullmatch(found["authority"]) if found else None
    if plain is None or int(plain["port"] or 0) > 65535:
        return ""
    kind, host, port = scheme(url), plain["host"].lower(), plain["port"]
    shown = "" if port is None or int(port) == _STANDARD_PORTS[kind] else f":{int(port)}"
    return f"{kind}://{host}{shown}"
