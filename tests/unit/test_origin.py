"""What a manifest says of how its selection came to be."""

from __future__ import annotations

from pycore import messages as m
from pycore.update.origin import provenance
from tests.unit.desk import CAL, JWST, C, desk, read_list


def test_controls_and_what_was_chosen_by_hand_are_told_in_words() -> None:
    at = desk(read_list(JWST, base="https://lab.example/list.json?key=secret"))
    rows = at.state.missions[0].selector.catalog
    index = next(index for index in range(rows.rows) if rows.listed(index).row.filename == CAL)
    at.hear(m.FileTicked("JWST", index), m.DatasetTicked("JWST", C))
    told = provenance(at.state)
    (controls,) = told.controls
    assert (controls.mission, controls.by_hand_on, controls.by_hand_off) == (
        "JWST",
        (),
        (f"dataset {C}", f"file {CAL} of 1000 bytes"),
    )
    assert "secret" not in repr(told)
    assert told.sources[0].name == "list.json"
