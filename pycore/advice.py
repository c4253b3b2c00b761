"""Which way to take a selection is the better one for its size, and why."""

from __future__ import annotations

from typing import Final

from pycore.volume import volume

#: Bytes from which on a browser is the wrong tool (the overlay's documentation, "Initiating the Download").
SCRIPT_ADVISED: Final = 10**12
#: Bytes from which on one machine is: some two days at 1 Gbit/s.
ENGINES_ADVISED: Final = 20 * 10**12

_BYTES_AN_HOUR: Final = 125_000_000 * 3600


def script_advice(total_bytes: int) -> str | None:
    """The sentences for a selection above 1 TB, ``None`` for a smaller one. The hours are those at 1 Gbit/s."""
    if total_bytes <= SCRIPT_ADVISED:
        return None
    told = (
        f"{volume(total_bytes)} takes {_time(total_bytes)} at 1 Gbit/s, and this tab would have to stay open all that "
        "time: take the script of API QUERY, which survives a closed tab and goes on where it stopped."
    )
    if total_bytes <= ENGINES_ADVISED:
        return told
    return (
        f"{told} For the public files, s5cmd, rclone and Globus, among its other forms, spread such a transfer over "
        "several machines."
    )


def _time(total_bytes: int) -> str:
    hours = total_bytes / _BYTES_AN_HOUR
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:,.0f} days"
