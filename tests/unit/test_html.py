"""HTML by construction: text stays text, attributes stay attributes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pycore.html import Markup, element, join
from tests.unit.reading import read_html

#: HTML has no way to write NUL, and its readers may take a bare CR for a line end.
texts = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))


@given(texts, texts)
def test_text_and_values_read_back_as_they_were(text: str, value: str) -> None:
    node = read_html(element("p", text, title=value)).one("p")
    assert (node.text, node.says("title")) == (text, value)
    assert list(node.walk()) == []


@given(st.lists(texts))
def test_children_stand_in_their_order(words: list[str]) -> None:
    made = element("ul", [element("li", word) for word in words])
    assert [item.text for item in read_html(made).all("li")] == words


@given(texts)
def test_markup_is_taken_as_it_is_and_only_once_escaped(text: str) -> None:
    inside = element("b", text)
    assert element("p", inside) == join(Markup("<p>"), inside, Markup("</p>"))
    assert read_html(join(text, inside, text)).text == text * 3


@pytest.mark.parametrize(
    ("made", "html"),
    [
        (element("p"), "<p></p>"),
        (element("p", None, ["a", [None, "b"]], "c"), "<p>abc</p>"),
        (element("p", class_="x", for_="y", aria_label="z"), '<p class="x" for="y" aria-label="z"></p>'),
        (element("p", a=None, b=False, c=True, d="", e=0, f=1), '<p c d="" e="0" f="1"></p>'),
        (element("p", "<&>\"'"), "<p>&lt;&amp;&gt;\"'</p>"),
        (element("p", title="<&>\"'"), '<p title="&lt;&amp;&gt;&quot;&#x27;"></p>'),
        (element("p", title='<["&"]>'), """<p title='&lt;["&amp;"]&gt;'></p>"""),
        (element("input", "no child", type="text"), '<input type="text">'),
        (element("br"), "<br>"),
        (join(), ""),
        (join("a", None, Markup("<b>")), "a<b>"),
    ],
)
def test_elements_are_written_so(made: Markup, html: str) -> None:
    assert made == html
    assert isinstance(made, Markup)


def test_text_made_of_markup_is_text_again() -> None:
    assert element("p", element("b", "x").upper()) == "<p>&lt;B&gt;X&lt;/B&gt;</p>"
