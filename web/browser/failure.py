"""What the edge's JavaScript throws, as the one family of errors that a person may read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pyodide.ffi import JsException

from pycore.errors import OverlayError

_WORDS: Final = {
    "http.bad-address": (
        "This is no address that can be fetched.",
        "Addresses begin with https:// or http://.",
    ),
    "http.offline": ("There is no network.", "Try again when you are online."),
    "http.unreachable": (
        "The server does not answer, or does not let this page read its answer.",
        "Browsers do not tell which. The script fetches the same files without a browser.",
    ),
    "http.cancelled": ("The transfer was cancelled.", ""),
    "http.cut": ("The connection broke in the middle.", "Try again."),
    "list.no-worker": (
        "The worker that reads lists could not be started.",
        "Is the page's own server still there? Try again when it is.",
    ),
    "list.not-text": ("The list is no text in UTF-8.", "Save it again as JSON in UTF-8."),
    "list.row-size": ("Something in it is too large for a row.", "Look at the list where it was made."),
    "regex.no-worker": (
        "The worker that runs regular expressions could not be started.",
        "Is the page's own server still there? Try again when it is.",
    ),
    "sink.cancelled": ("The download was cancelled.", ""),
    "sink.refused": ("The browser does not let this page write there.", "Choose another place."),
    "sink.full": ("There is no more room for the file.", "Make room, select less, or take the script."),
    "sink.no-start": ("The browser did not take the download.", "Try another way to save."),
    "sink.failed": ("The file could not be written.", "Try again, or in another place."),
    "sink.closed": ("The file was closed before its end.", ""),
}


@contextmanager
def told() -> Iterator[None]:
    """Turns an ``EdgeFailure`` into an ``OverlayError``; anything else is a bug and passes.

    The browser's own words stand behind the sentence, in brackets.
    """
    try:
        yield
    except JsException as thrown:
        if thrown.name != "EdgeFailure":
            raise
        sentence, hint = _WORDS[thrown.code]
        words = f" ({thrown.message})" if thrown.message else ""
        raise OverlayError(thrown.code, sentence + words, hint) from thrown
