"""Product lists: what is open, what was refused, and how to get one."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from pycore.html import Markup, element, join
from pycore.state import Notice, State
from pycore.view.links import outside
from pycore.view.memory import going_on, keeping
from pycore.view.offline import new_version, offline
from pycore.volume import volume

#: A list with thousands of bad rows is told by its first ones; the number is told in full.
_ROWS_SHOWN: Final = 100
_SPINNER: Final = element("span", class_="spinner", aria_hidden="true")


def notices(state: State) -> Markup:
    """Lists on their way, and what there is to tell, newest last."""
    opening = [_opening(source, told) for source, told in state.opening]
    making = [
        _under_way(
            f"Making {each.filename} … {volume(each.size)}",
            each.filename,
            deed="stop-saving",
            what=str(each.number),
        )
        for each in state.saving
    ]
    return join(opening, making, [_notice(notice) for notice in state.notices], new_version(state))


def _opening(source: str, told: str) -> Markup:
    named = source or "the product list"
    return _under_way(f"Opening {named} … {told}", named, deed="stop-opening", what=source)


def _under_way(sentence: str, name: str, *, deed: str, what: str) -> Markup:
    return element(
        "div",
        element("p", _SPINNER, sentence),
        element(
            "button",
            "Cancel",
            type="button",
            id=f"{deed}-{what}",
            data_do=deed,
            data_with=what,
            aria_label=f"Cancel {name}",
            # The page has not yet asked for it: there is nothing that could be given up.
            disabled=not what,
        ),
        class_="notice",
    )


def _notice(notice: Notice) -> Markup:
    return element(
        "div",
        element(
            "div",
            element("p", notice.sentence),
            element("p", notice.hint, class_="hint") if notice.hint else None,
            _bad_rows(notice) if notice.rows else None,
        ),
        element(
            "button",
            element("span", "×", aria_hidden="true"),
            type="button",
            class_="close",
            data_do="dismiss",
            data_with=str(notice.number),
            aria_label=f"Dismiss: {notice.sentence[:60]}",
        ),
        class_=f"notice {notice.tone}",
        role="alert" if notice.tone == "bad" else None,
    )


def _bad_rows(notice: Notice) -> Markup:
    rows = [
        element(
            "li",
            f"Row {bad.number}",
            [" (", element("bdi", bad.filename), ")"] if bad.filename else None,
            f": {bad.sentence} [{bad.code}]",
        )
        for bad in notice.rows[:_ROWS_SHOWN]
    ]
    more = len(notice.rows) - _ROWS_SHOWN
    return element(
        "details",
        element("summary", "Which rows, and why"),
        element(
            "ul",
            rows,
            element("li", f"and {more} more") if more > 0 else None,
            tabindex="0",
            aria_label="Rows that were left out",
        ),
    )


def sources(state: State) -> Markup:
    """What is open, and the way to open another list."""
    told = (
        "This is the built-in demo archive: small made-up files, in the form of the real ones."
        if state.demo
        else ""
    )
    return join(
        element("p", told, class_="hint") if told else None,
        element(
            "div",
            element(
                "button",
                "Open product list",
                type="button",
                data_do="open-file",
                id="open-button",
                class_="quiet",
            ),
            element("span", "or drop a file anywhere on the page", class_="hint"),
            class_="row",
        ),
        # Where no list is open, the way back to the last ones stands first of all.
        going_on(state) if state.missions else None,
        keeping(state),
        offline(state),
    )


def empty(state: State) -> Markup:
    """What stands in the panel's place while no list is open: how to get one."""
    if state.missions or state.opening:
        return join()
    return join(
        element("h2", "No product list is open"),
        going_on(state),
        element(
            "p",
            "A product list says which files belong to your datasets. It is a JSON file in the form of MAST's "
            "list_products answer. With astroquery you save one so:",
        ),
        element(
            "pre", element("code", _SNIPPET), tabindex="0", role="region", aria_label="astroquery example"
        ),
        element("p", "Or let the archive answer in the browser, save the page, and open it here:"),
        element(
            "div",
            element("label", "Dataset names, separated by commas", for_="datasets", class_="field-name"),
            element(
                "input",
                type="text",
                id="datasets",
                data_do="datasets",
                value=state.datasets,
                autocomplete="off",
            ),
            class_="field",
        ),
        element("ul", [_list_link(state, name) for name in ("JWST", "HST")], class_="links"),
    )


def _list_link(state: State, name: str) -> Markup:
    profile = state.profiles.named(name)
    datasets = ",".join(part.strip() for part in state.datasets.split(",") if part.strip())
    address = profile.archive.list_products + quote(datasets, safe=",")
    words = f"{name} products of {datasets}" if datasets else f"{name} products"
    return element("li", outside(words, address))


#: Text columns may hold None and masked cells, neither of which JSON can say; both are null in the archive's own form.
_SNIPPET: Final = """\
import json
from astroquery.mast import MastMissions

mission = MastMissions(mission="jwst")
products = mission.get_product_list(["jw02736001001_02101_00001_nrcb1"])


def plain(value):
    if value is None or getattr(value, "mask", False):
        return None
    return value.item() if hasattr(value, "item") else value


rows = [{name: plain(row[name]) for name in products.colnames} for row in products]
with open("products.json", "w") as out:
    json.dump({"mission": "JWST", "products": rows}, out)
"""
