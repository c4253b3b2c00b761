from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.formats import depth
from pycore.formats.depth import is_deep
from tests.unit.builders import fields, list_text

documents = st.recursive(
    st.none() | st.integers() | st.text(st.sampled_from('[]{}"\\ aé\n')),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from('[]{}"\\a')), inner, max_size=3)
    ),
    max_leaves=20,
)


def nested(document: Any) -> int:
    if isinstance(document, dict):
        return 1 + max(map(nested, document.values()), default=0)
    if isinstance(document, list):
        return 1 + max(map(nested, document), default=0)
    return 0


@given(documents, st.booleans())
def test_what_is_nested_so_deep_and_no_deeper_is_not_deep(document: Any, ascii_only: bool) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only)
    assert not is_deep(text, nested(document))


@given(documents, st.integers(1, 5), st.booleans())
def test_what_is_more_than_twice_as_deep_is_deep(inner: Any, levels: int, objects: bool) -> None:
    for _ in range(2 * levels + 1):
        inner = {'"]': inner, "[": "}"} if objects else ["]", inner, '\\"[']
    assert is_deep(json.dumps(inner), levels)


@pytest.mark.parametrize(
    "start", ["[", '{"a":', '["]",', '{"}":', '["\\\\",', '["\\"]",', '[["]"],', '[{"]":"["},']
)
def test_no_string_hides_a_deep_text(start: str) -> None:
    assert is_deep(start * 1000, 50)
    assert not is_deep(start * 10, 50)


def test_a_list_of_many_rows_is_not_deep() -> None:
    rows = [fields(filename=name) for name in ("a[.fits", 'a"b{.fits', "a\\.fits", "a]]]].fits")] * 500
    assert not is_deep(list_text(rows), 10)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_slices_cut_no_escape_in_two(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(depth, "_SLICE", size)
    text = json.dumps(['\\"[' * 5, '"', "\\\\", "[", {"a\\": '["'}])
    assert not is_deep(text, 2)
    assert is_deep('["\\"]",' * 100, 10)
