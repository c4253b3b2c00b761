"""A real HTTP archive with the interface of MAST: lists, files, sign-in, ranges, CORS, and faults on demand.

``python -m tests.archive.server --port N`` serves the demo archive's products.
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable, Iterable
from typing import Any, Final, Self
from urllib.parse import quote

from tests.archive.endpoints import ArchiveHandler
from tests.archive.faults import Fault, Faults
from tests.archive.listening import Server
from tests.archive.log import Log, Request
from tests.archive.store import Row, Store
from web.buildsteps.demo import MISSIONS, demo_rows
from web.buildsteps.demo_content import content

__all__ = ["ArchiveServer", "Fault", "Request", "content"]

#: Tokens of the demo archive: the token, its user, the beginnings of the datasets that it opens.
DEMO_TOKENS: Final = (
    ("demo-token-all", "demo-director", ("",)),
    ("demo-token-90001", "demo-pi-90001", ("jw90001",)),
    ("demo-token-90002", "demo-pi-90002", ("jw90002",)),
)


class ArchiveServer(Server):
    """The archive. ``with ArchiveServer() as archive: ... archive.origin``.

    ``demo`` fills it with the demo archive's products and tokens. ``bucket_host`` is the host that public files are
    redirected to by ``Download/file``: with ``localhost`` that is another origin, which refuses tokens. ``cors``,
    ``nested`` (rows in lists of lists) and ``cacheable`` (else a browser answers some requests from its own cache,
    and neither record nor faults see them) can be switched at any time, and ``latency``, the seconds before each
    answer, can be set.
    """

    def __init__(self, port: int = 0, *, demo: bool = True, bucket_host: str = "127.0.0.1") -> None:
        """Listen on a port; 0 takes a free one."""
        super().__init__(ArchiveHandler, port)
        self.store = Store()
        self.faults = Faults()
        self.log = Log()
        self.cors = True
        self.nested = False
        self.cacheable = False
        self.latency = 0.0
        self.bucket_origin = f"http://{bucket_host}:{self.port}"
        if demo:
            for mission in MISSIONS:
                self.add_products(mission, demo_rows(mission))
            for token, user, prefixes in DEMO_TOKENS:
                self.add_token(token, user, prefixes)

    def start(self) -> Self:
        """Answer requests from now on."""
        super().start()
        return self

    def stop(self) -> None:
        """End all faults, connections and threads."""
        self.stopping.set()
        self.faults.clear()
        super().stop()

    def add_products(self, mission: str, rows: Iterable[Row]) -> None:
        """Add products by rows in the form of ``list_products``; files of any size can be had at once."""
        self.store.add(mission, rows)

    def add_token(self, token: str, user: str, prefixes: Iterable[str]) -> None:
        """Accept a token for exclusive products of datasets whose names begin so."""
        self.store.add_token(token, user, prefixes)

    def end_token(self, token: str, after: int = 0) -> None:
        """Refuse a token after that many more requests with it."""
        self.store.end_token(token, after)

    def delete(self, filename: str) -> None:
        """Take a file away; raises ``KeyError`` where there is none of that name."""
        self.store.delete(filename)

    def restore(self, filename: str) -> None:
        """Bring a deleted file back."""
        self.store.restore(filename)

    def change(self, filename: str) -> None:
        """Replace a file by another of the same size: other bytes, other ETag."""
        self.store.change(filename)

    def fault(self, pattern: str, kind: str, **parameters: Any) -> Fault:
        """Put a fault in force; kinds and parameters are those of ``tests.archive.faults``."""
        return self.faults.add(Fault(pattern, kind, **parameters))

    def clear_faults(self) -> None:
        """End all faults; what they hold goes on."""
        self.faults.clear()

    @property
    def requests(self) -> list[Request]:
        """All requests so far, oldest first; one under way still changes: see ``finished``."""
        return self.log.all()

    def requests_for(self, filename: str, method: str = "GET") -> list[Request]:
        """The requests for one file."""
        return [
            request for request in self.requests if request.product == filename and request.method == method
        ]

    def finished(self, timeout: float = 10.0) -> list[Request]:
        """Wait until no request is under way and give all; ``TimeoutError`` when one goes on for too long."""
        if not self.wait(lambda requests: all(request.done for request in requests), timeout):
            raise TimeoutError("a request is still under way")
        return self.requests

    def wait(self, condition: Callable[[list[Request]], bool], timeout: float = 10.0) -> bool:
        """Wait until the requests so far fulfil a condition, at most so many seconds; whether they do."""
        return self.log.wait(condition, timeout)

    def content(self, filename: str, size: int | None = None) -> bytes:
        """Give the whole of a file as it is served now; ``size`` tells files of one name apart."""
        found = [product for product in self.store.named(filename) if size in (None, product.size)]
        if len(found) != 1:
            raise KeyError(f"{len(found)} files are called {filename}")
        return content(filename, found[0].size, version=found[0].version)

    def api(self, mission: str) -> str:
        """Give the address of a mission's interface, without a slash at the end."""
        return f"{self.origin}/search/{mission.lower()}/api/v0.1"

    def list_url(self, mission: str, datasets: Iterable[str] | None = None) -> str:
        """Give the address of a product list; of all datasets of the mission where none are named."""
        wanted = self.store.datasets(mission) if datasets is None else datasets
        return f"{self.api(mission)}/list_products?dataset_ids={quote(','.join(wanted))}"

    def retrieve_url(self, mission: str, uri: str) -> str:
        """Give the address of a file by its row's ``uri``."""
        return f"{self.api(mission)}/retrieve_product?product_name={quote(uri, safe='')}"


def main() -> None:
    """Serve the demo archive until interrupted."""
    parser = argparse.ArgumentParser(
        description="Serve the demo archive with its interface, on this machine only."
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free port")
    port = parser.parse_args().port
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        archive = ArchiveServer(port)
    except (OSError, OverflowError) as wrong:
        parser.error(f"port {port} cannot be had: {wrong}")
    with archive:
        print(f"archive: {archive.origin}", flush=True)
        for mission in archive.store.missions():
            print(f"{mission}: {archive.list_url(mission)}", flush=True)
        print(f"tokens: {', '.join(token for token, _, _ in DEMO_TOKENS)}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main()
