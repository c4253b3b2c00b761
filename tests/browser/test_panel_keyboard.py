"""The panel without a mouse, and without anything that jumps."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.panel_page import PanelPage

#: Every visible control once, a group of radio buttons by the one that is chosen.
_CONTROLS = """
() => [...document.querySelectorAll("button, input, select, a[href], summary, [tabindex='0']")]
  .filter((control) => control.checkVisibility({visibilityProperty: true}) && control.tabIndex >= 0)
  .filter((control) => control.type !== "radio" || control.checked)
  .map((control) => control.id || control.getAttribute("aria-label") || control.innerText || control.outerHTML)
"""
_FOCUS = """
() => {
  const control = document.activeElement;
  if (control === document.body) return null;
  const style = getComputedStyle(control);
  const box = control.getBoundingClientRect();
  return {
    name: control.id || control.getAttribute("aria-label") || control.innerText || control.outerHTML,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}
"""
_PLACES = """
() => Object.fromEntries(
  [...document.querySelectorAll("#panel > *, #panel button, #panel label, #panel .hint, #panel .lead")]
    .filter((part) => part.checkVisibility({visibilityProperty: true}))
    .map((part, index) => [`${index} ${part.id || part.innerText}`.replace(/[\\d,.]+ ?\\w*/g, "#"), part])
    .map(([name, part]) => [name, [part.getBoundingClientRect().left, part.getBoundingClientRect().top + scrollY]]))
"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_tab_reaches_every_control_and_the_focus_is_always_seen(shared: PanelPage, scheme: str) -> None:
    shared.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    shared.filter("*.fits")
    shared.levels()
    shared.button("VIEW ALL SELECTED FILES").click()
    shared.page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")
    wanted = shared.page.evaluate(_CONTROLS)
    # From the page's beginning, whatever had the focus before.
    shared.page.locator("h1").click()
    reached = []
    for _ in range(len(wanted) + 10):
        shared.page.keyboard.press("Tab")
        at = shared.page.evaluate(_FOCUS)
        if at is None:
            break
        assert at["ring"] and at["seen"], at
        reached.append(at["name"])
    assert reached == wanted
    shared.page.emulate_media(color_scheme="null")


def test_a_dialog_keeps_the_focus_and_escape_leaves_it(shared: PanelPage) -> None:
    shared.button("START DOWNLOAD").focus()
    shared.page.keyboard.press("Enter")
    dialog = shared.page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Start", exact=True)).to_be_focused()
    for _ in range(6):
        shared.page.keyboard.press("Tab")
        assert shared.page.evaluate(
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
    shared.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(shared.button("START DOWNLOAD")).to_be_focused()


def test_the_account_opens_and_closes_by_keyboard(shared: PanelPage) -> None:
    shared.account().focus()
    shared.page.keyboard.press("Enter")
    token = shared.page.get_by_label("Auth.MAST token")
    expect(token).to_be_focused()
    expect(token).to_have_attribute("type", "password")
    shared.page.keyboard.press("Escape")
    expect(token).to_be_hidden()
    expect(shared.account()).to_be_focused()


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_moves_when_something_is_ticked(shared: PanelPage, width: int) -> None:
    shared.page.set_viewport_size({"width": width, "height": 900})
    shared.levels()
    shared.page.evaluate("document.fonts.ready")
    places = shared.page.evaluate(_PLACES)
    references = shared.page.get_by_role("checkbox", name="INCLUDE CALIBRATION REFERENCE FILES")
    for act in (
        shared.button("NONE").click,
        shared.box("2b", "_cal").click,
        shared.box("2b", "2b").click,
        references.check,
        shared.radio("Guidestar Files", "HIGHEST CALIBRATED").check,
        shared.button("ALL").click,
        shared.box("1b", "1b").click,
        shared.button("RECOMMENDED").click,
    ):
        act()
        # Below them all, a line on what works without a network may come at any time.
        assert places.items() <= shared.page.evaluate(_PLACES).items()


def test_figures_have_one_width(shared: PanelPage) -> None:
    for place in ("#summary .selected", "#levels-count", "#guide-stars .hint"):
        assert "tabular-nums" in shared.page.locator(place).evaluate(
            "place => getComputedStyle(place).fontVariantNumeric"
        )
