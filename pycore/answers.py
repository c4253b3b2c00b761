"""What the head of an archive's answer says: whether the body is worth reading, asking again, or giving up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

from pycore.plan import PlannedFile
from pycore.zipstream import Stamp

#: Statuses that may be others in a while (RFC 9110, 15.5 and 15.6, and what proxies add to it).
WORTH_RETRYING: Final = frozenset([408, 425, 429, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524])
#: Ends of media types that are text, though they do not begin with ``text/``.
_TEXT: Final = ("json", "xml", "javascript", "yaml")
#: In what servers tell of errors, and the ends of names of files that are of that kind themselves.
_ERRORS: Final = {
    "json": (".json", ".geojson"),
    "xml": (".xml", ".vot", ".votable", ".svg"),
    "html": (".html", ".htm"),
    "text/plain": (".txt", ".csv", ".ecsv", ".tsv", ".dat", ".log", ".cat", ".md", ".asc", ".reg", ".hdr"),
}
_SIGNED_IN: Final = "this sign-in may not have it, or has ended"


def no_product(file: PlannedFile, headers: Mapping[str, str]) -> str:
    """Why a body is not worth reading, else ``""``: a web page comes in the file's place."""
    if _kind(headers) in ("text/html", "application/xhtml+xml") and not file.filename.lower().endswith(
        (".html", ".htm")
    ):
        return "a web page came in its place"
    return ""


def may_be_an_error(file: PlannedFile, headers: Mapping[str, str]) -> bool:
    """Whether the media type is one in which servers tell of errors, and not the file's own by its name."""
    kind, name = _kind(headers), file.filename.lower()
    return any(kind.endswith(each) and not name.endswith(ends) for each, ends in _ERRORS.items())


def announced(headers: Mapping[str, str]) -> int | None:
    """The body's length in bytes as the server tells it; ``None`` where it does not, or tells no number."""
    length = headers.get("content-length", "").strip()
    return int(length) if length.isascii() and length.isdigit() and len(length) < 20 else None


def may_be_packed(headers: Mapping[str, str]) -> bool:
    """Whether the announced length may be that of a compressed body.

    Browsers hide ``Content-Encoding`` from other origins, so its absence proves nothing; what servers compress on
    the way is text.
    """
    kind = _kind(headers)
    return "content-encoding" in headers or kind.startswith("text/") or kind.endswith(_TEXT)


def _kind(headers: Mapping[str, str]) -> str:
    """The media type of an answer, without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def status_reason(status: int, file: PlannedFile) -> str:
    """Why a file is not to be had, for a status that will not change by asking again."""
    if status in (401, 403):
        who = _SIGNED_IN if file.with_token else "it needs a sign-in that this page may not send"
        return f"the archive refused it ({status}): {who if file.exclusive else 'access denied'}"
    if status in (404, 410):
        return f"the archive does not have it ({status})"
    return f"the archive answered {status}"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a ``Retry-After`` (RFC 9110, 10.2.3), where a date is measured against the answer's own ``Date``."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    due, sent = _date(value), _date(headers.get("date", ""))
    return max(0.0, due - sent) if due is not None and sent is not None else None


def modified(headers: Mapping[str, str]) -> Stamp | None:
    """The time of the archive's file by ``Last-Modified``, where it is told in a form that can be read."""
    moment = _date(headers.get("last-modified", ""))
    return None if moment is None else Stamp.at(int(moment))


def _date(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
        # HTTP's dates are in GMT; one that does not say so must not be taken for the time of this machine's clock.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
