"""The manifest of a download, a page for people and its twin for programs: written from what happened.

``facts`` is what both tell, ``order`` in which order; ``page`` is ``manifest.html``, ``document`` is ``manifest.json``.
"""

from pycore.manifest.document import NAME as DOCUMENT_NAME
from pycore.manifest.document import pieces as document_pieces
from pycore.manifest.facts import COLUMNS as COLUMNS
from pycore.manifest.facts import FETCHED_COLUMNS as FETCHED_COLUMNS
from pycore.manifest.facts import Happened as Happened
from pycore.manifest.facts import cells as cells
from pycore.manifest.facts import rows as rows
from pycore.manifest.outcome import Fetched as Fetched
from pycore.manifest.outcome import Outcome as Outcome
from pycore.manifest.outcome import other_size as other_size
from pycore.manifest.page import NAME as NAME
from pycore.manifest.page import pieces as page_pieces
from pycore.manifest.page import room as room
from pycore.manifest.page import room_in_steps as room_in_steps

__all__ = ["DOCUMENT_NAME", "document_pieces", "page_pieces"]
