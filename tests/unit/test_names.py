"""Many names looked through at once say what each says by itself."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pycore.names import having

#: Letters whose small form is longer, or depends on what is beside them, among plain ones.
TEXTS = st.text(alphabet="ab_.AİΣσ", max_size=6)


@given(
    names=st.lists(TEXTS, max_size=12),
    parts=st.lists(TEXTS, max_size=3),
    endings=st.lists(TEXTS, max_size=3),
    folded=st.booleans(),
)
def test_each_name_is_judged_as_by_itself(
    names: list[str], parts: list[str], endings: list[str], folded: bool
) -> None:
    expected = []
    for name in names:
        looked_at = name.lower() if folded else name
        by_part = any(part in looked_at for part in parts)
        expected.append(by_part or any(looked_at.endswith(ending) for ending in endings))
    assert [bool(flag) for flag in having(names, parts, endings, folded=folded)] == expected
