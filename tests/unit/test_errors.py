from __future__ import annotations

from pycore.errors import OverlayError


def test_an_error_has_a_code_for_machines_and_a_sentence_and_a_hint_for_people() -> None:
    error = OverlayError("list.json", "This is not JSON.", "Save it again.")
    assert (error.code, error.sentence, error.hint) == ("list.json", "This is not JSON.", "Save it again.")
    assert str(error) == "This is not JSON. [list.json]"


def test_a_hint_may_be_absent() -> None:
    assert OverlayError("list.json", "This is not JSON.").hint == ""
