"""With the server stopped, the page of an earlier visit starts again in every engine, and goes on where it was."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.archive.static import StaticServer
from tests.engines import flow
from tests.engines.panel import Panel


def test_a_restart_without_the_server_goes_on_where_the_visit_was(
    panel: Panel, site: StaticServer, tmp_path: Path
) -> None:
    listed, rows = flow.written(tmp_path)
    panel.open(site.url)
    way = panel.way_of_start()
    panel.wait_words("This page works without a network from now on.")
    flow.open_list(panel, listed, rows)
    panel.wait_words("kept in this browser for the next visit")
    chosen = flow.choose(panel, rows)
    shown = panel.listing()

    site.stop()
    with socket.socket() as probe:
        assert probe.connect_ex((site.host, site.port)) != 0, "the server has stopped"
    panel.reload()

    assert panel.way_of_start() == way
    panel.press("Go on where you were")
    panel.wait_all(len({(row["filename"], row["size"]) for row in rows}))
    panel.wait_selected(len(chosen.primaries()))
    assert panel.listing() == shown
    flow.check_texts(panel, flow.narrow(panel, rows, r"_thumb\.jpg$"))
