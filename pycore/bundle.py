"""Several texts in one ZIP, for forms of the selection that are more than one file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pycore.product import without_surrogates
from pycore.zipstream import Stamp, ZipStream


def bundle(texts: Mapping[str, Iterable[str]], epoch_ms: float) -> Iterator[bytes]:
    """The archive in pieces, some of them empty; names are paths in it, texts become UTF-8.

    A text is held in pieces until it is whole, since its size stands before it.
    """
    archive, made = ZipStream(), Stamp.at(epoch_ms // 1000)
    for name, pieces in texts.items():
        content: list[bytes] = []
        for piece in pieces:
            content.append(without_surrogates(piece).encode())
            yield b""
        yield archive.open(name, sum(map(len, content)), made)
        for data in content:
            archive.feed(data)
            yield data
        yield archive.close()
    yield archive.finish()
