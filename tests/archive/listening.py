"""An HTTP server on this machine that starts, stops and leaves nothing behind."""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

#: More connections than this wait in the system's queue.
_MOST_CONNECTIONS: Final = 256
#: A client may pause for as long, be it between two requests or in the middle of a file.
_IDLE_SECONDS: Final = 600
#: What a client that goes away, or a server that stops, does to a connection. Not an error of the server.
GONE: Final = (ConnectionError, TimeoutError)


class Listener(ThreadingHTTPServer):
    """A bounded, threading server that ends its connections when it stops."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        """Listen at once; requests are answered from ``serve_forever`` on."""
        self.stopping = threading.Event()
        self.errors: list[str] = []
        self._slots = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        super().__init__((host, port), handler)

    def server_bind(self) -> None:
        """Bind without asking a name server for the machine's name, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of its own, once there is room."""
        while not self._slots.acquire(timeout=0.1):
            if self.stopping.is_set():
                self.shutdown_request(request)
                return
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer all requests of a connection and give its place free."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.discard(request)
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep an error of the server for whoever stops it; a client that goes away is none."""
        if not isinstance(sys.exception(), GONE):
            self.errors.append(traceback.format_exc())

    def end(self) -> None:
        """Stop listening, end every connection and wait for its thread."""
        self.stopping.set()
        self.shutdown()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    # The client was quicker.
                    continue
        self.server_close()


class Server:
    """A server in a thread. Use it as a context manager, or ``start`` and ``stop`` it."""

    def __init__(self, handler: type[BaseHTTPRequestHandler], port: int = 0, host: str = "127.0.0.1") -> None:
        """Listen on a port; 0 takes a free one."""
        # The handler finds its server's state through a class of its own for each server.
        self._listener = Listener(host, port, type(handler.__name__, (handler,), {"owner": self}))
        self._thread: threading.Thread | None = None
        self.host = host
        self.port = int(self._listener.server_address[1])

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://{self.host}:{self.port}"

    @property
    def stopping(self) -> threading.Event:
        """Set when the server begins to stop."""
        return self._listener.stopping

    @property
    def errors(self) -> list[str]:
        """Tracebacks of what went wrong inside the server."""
        return self._listener.errors

    def start(self) -> Self:
        """Answer requests from now on."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever, kwargs={"poll_interval": 0.05}, name=f"server-{self.port}"
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """End all connections and threads; raises ``RuntimeError`` when the server itself had failed."""
        if self._thread is None:
            self._listener.server_close()
        else:
            self._listener.end()
            self._thread.join()
            self._thread = None
        if self.errors:
            raise RuntimeError("the server met errors:\n" + "\n".join(self.errors))

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()


class Handler(BaseHTTPRequestHandler):
    """What the handlers have in common: HTTP/1.1, silence on the terminal, quiet ends."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    server_version = "DemoArchive/1"
    sys_version = ""

    def handle_one_request(self) -> None:
        """Answer one request; a client that has gone ends the connection."""
        try:
            super().handle_one_request()
        except GONE:
            self.close_connection = True

    def finish(self) -> None:
        """Close the connection, which may be closed already."""
        try:
            super().finish()
        except GONE:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are recorded, not printed."""
