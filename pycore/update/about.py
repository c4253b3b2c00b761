"""What scripts and lists say of themselves, and at which archive they sign in."""

from __future__ import annotations

from pycore import __version__
from pycore.missions.profile import Archive
from pycore.plan import Plan, origin
from pycore.scripts.lines import About
from pycore.state import State


def about_of(state: State, plan: Plan) -> About:
    """What a form says of itself, and where its token is from."""
    archive = _signed_in_at(state, plan)
    return About(
        __version__,
        plan.root.removeprefix("MAST_").replace("_", ":"),
        state.profiles,
        token_page=archive.token_page,
        whoami=archive.whoami if origin(archive.whoami) in archive.token_origins else "",
        contact=state.profiles.named(plan.files[0].mission).contact[1] if plan.files else "",
    )


def _signed_in_at(state: State, plan: Plan) -> Archive:
    """The archive whose token the script will ask for: that of the files that take it. No other may see it."""
    mission = next((file.mission for file in plan.files if file.with_token), "")
    return state.profiles.named(mission).archive if mission else Archive()
