"""The sign-in menu: a token in, a name out; the token is kept in memory alone."""

from __future__ import annotations

from pycore.html import Markup, element, join
from pycore.state import State, waits_for_token
from pycore.view.links import outside


def account(state: State) -> Markup:
    """The fold-out below the account's button."""
    if state.menu != "account":
        return join()
    signed_in = state.account.user is not None and not waits_for_token(state)
    body = _signed_in(state) if signed_in else _sign_in(state)
    return element("section", body, class_="menu", role="group", aria_label="Account", data_escape="menu")


def _signed_in(state: State) -> Markup:
    return join(
        element("p", "Signed in as ", element("strong", state.account.user or "")),
        element("p", _what_counts(state), class_="hint"),
        element("button", "Sign out", type="button", data_do="sign-out"),
    )


def _what_counts(state: State) -> str:
    """For which missions the sign-in counts; with another archive's list beside them, that is not all."""
    names = [mission.profile.name for mission in state.missions if state.may_take_exclusive(mission)]
    if not names:
        return "No list that is open is of this archive."
    which = "" if len(names) == len(state.missions) else f" of {' and '.join(names)}"
    return (
        f"Exclusive access files{which} now count as takeable. Whether you may have each of them, the archive says "
        "when it is fetched."
    )


def _sign_in(state: State) -> Markup:
    mission = state.sign_in
    if mission is None:
        return element("p", "This archive has no sign-in that the page knows of.")
    page = mission.profile.archive.token_page
    problem = state.account.error
    ended = state.account.user if waits_for_token(state) else None
    return element(
        "form",
        element("p", f"The sign-in of {ended} has ended.", class_="hint") if ended else None,
        element("label", "Auth.MAST token", for_="token"),
        element(
            "input",
            type="password",
            id="token",
            name="token",
            autocomplete="off",
            spellcheck="false",
            aria_describedby="token-hint token-error",
            aria_invalid="true" if problem else None,
            autofocus=True,
        ),
        element("p", problem, id="token-error", class_="error", role="alert"),
        element(
            "p",
            "It stays in this tab's memory, and goes to ",
            ", ".join(mission.profile.archive.token_origins),
            " alone. ",
            _link("Make a token", page),
            " ",
            _link("About exclusive access", mission.profile.help.get("exclusive_access", "")),
            id="token-hint",
            class_="hint",
        ),
        element(
            "button",
            "Checking …" if state.account.checking else "Sign in",
            type="submit",
            aria_disabled="true" if state.account.checking else None,
        ),
        data_do="sign-in",
        data_value_of="token",
    )


def _link(words: str, page: str) -> Markup | None:
    return outside(words, page) if page else None
