"""How the body of an answer goes out: whole, slowly, in chunks, or not to its end."""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator

from tests.archive.faults import Fault

Piece = bytes | memoryview
#: A client that leaves, or a fault that ends, is noticed within this time.
_LOOK_SECONDS = 0.05


class Ended(Exception):
    """The body ends here on purpose, and the connection with it."""


def limited(body: Iterable[Piece], most: int) -> Iterator[Piece]:
    """Give at most so many bytes of a body."""
    left = most
    for piece in body:
        if left <= 0:
            return
        yield piece[:left]
        left -= len(piece)


def with_changed_byte(body: Iterable[Piece], first: int, at: int) -> Iterator[Piece]:
    """Give a body that begins at offset ``first`` of its file, with the byte at offset ``at`` changed."""
    position = first
    for piece in body:
        if position <= at < position + len(piece):
            changed = bytearray(piece)
            changed[at - position] ^= 0xFF
            yield bytes(changed)
        else:
            yield piece
        position += len(piece)


def chunked(body: Iterable[Piece]) -> Iterator[Piece]:
    """Give a body in chunked coding (RFC 9112, section 7.1)."""
    for piece in body:
        if len(piece):
            yield f"{len(piece):x}\r\n".encode()
            yield piece
            yield b"\r\n"
    yield b"0\r\n\r\n"


def send(
    connection: socket.socket,
    body: Iterable[Piece],
    fault: Fault | None,
    stopping: threading.Event,
    sent: Callable[[int], None],
) -> None:
    """Send a body as the fault wants it, telling ``sent`` of each piece; raises ``Ended`` if cut short."""
    if fault is None or fault.kind not in ("cut", "reset", "stall", "trickle"):
        _send_all(connection, body, sent)
    elif fault.kind == "trickle":
        _trickle(connection, body, fault, stopping, sent)
    else:
        stream = iter(body)
        rest: list[Piece] = []
        _send_all(connection, _up_to(stream, fault.at, rest), sent)
        if fault.kind == "stall":
            if _stalled(connection, fault, stopping):
                raise Ended
            _send_all(connection, rest, sent)
            _send_all(connection, stream, sent)
            return
        if fault.kind == "cut":
            fault.ended.wait(fault.quiet)
        if fault.kind == "reset":
            # Closing with unsent data thrown away makes the system answer with RST.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # Closed before the server shuts the connection down in good order, which would send FIN first.
            connection.close()
        raise Ended


def _send_all(connection: socket.socket, body: Iterable[Piece], sent: Callable[[int], None]) -> None:
    for piece in body:
        connection.sendall(piece)
        sent(len(piece))


def _up_to(stream: Iterator[Piece], most: int, rest: list[Piece]) -> Iterator[Piece]:
    """Give at most so many bytes, and put what remains of the piece they end in into ``rest``."""
    left = most
    while left > 0:
        piece = next(stream, None)
        if piece is None:
            return
        if len(piece) > left:
            rest.append(piece[left:])
        yield piece[:left]
        left -= len(piece)


def _stalled(connection: socket.socket, fault: Fault, stopping: threading.Event) -> bool:
    """Wait as the fault wants; whether the client left or the server stops."""
    end = time.monotonic() + fault.seconds
    while time.monotonic() < end and not fault.ended.is_set():
        if _client_left(connection) or stopping.is_set():
            return True
        fault.ended.wait(_LOOK_SECONDS)
    return False


def _client_left(connection: socket.socket) -> bool:
    if not select.select([connection], [], [], 0)[0]:
        return False
    try:
        # A client may send its next request early; only an end means that it has left.
        return connection.recv(1, socket.MSG_PEEK) == b""
    except ConnectionError:
        return True


def _trickle(
    connection: socket.socket,
    body: Iterable[Piece],
    fault: Fault,
    stopping: threading.Event,
    sent: Callable[[int], None],
) -> None:
    step = max(1, fault.rate // 20)
    for piece in body:
        for start in range(0, len(piece), step):
            part = piece[start : start + step]
            connection.sendall(part)
            sent(len(part))
            if not fault.ended.is_set() and stopping.wait(len(part) / fault.rate):
                raise Ended
