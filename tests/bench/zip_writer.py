"""How fast the ZIP writer is beside Python's `zipfile`: run ``python -m tests.bench.zip_writer``.

Both write stored members into a sink that keeps nothing and cannot seek, in the same process and by turns, so
that the ratios hold on a busy machine too.
"""

import io
import zipfile
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Final

from pycore.zipstream import Member, Stamp, ZipStream, total_size

ROUNDS: Final = 5
CHUNK: Final = memoryview(bytes(range(256)) * 4096)
CHUNKS: Final = 1024
MANY: Final = 70_000
CONTENT: Final = b"x" * 100
STAMP: Final = Stamp.at(1_800_000_000)


class NullSink(io.RawIOBase):
    """Counts what is written to it."""

    def __init__(self) -> None:
        self.count = 0

    def writable(self) -> bool:
        """Tell that it takes bytes."""
        return True

    def write(self, data: object) -> int:
        """Take bytes."""
        length = memoryview(data).nbytes  # type: ignore[arg-type]
        self.count += length
        return length


def small_names() -> list[str]:
    """Give names as long as those in real archives."""
    return [
        f"MAST_2026-11-22T07_17_20.000Z/JWST/jw02736001{number % 700:03}_02101_00001/"
        f"jw02736001001_02101_{number:05}_nrcb1_cal.fits"
        for number in range(MANY)
    ]


def one_large_by_us() -> int:
    """Stream 1 GiB through our writer."""
    sink, stream = NullSink(), ZipStream()
    sink.write(stream.open("large.fits", CHUNKS * CHUNK.nbytes, STAMP))
    for _ in range(CHUNKS):
        stream.feed(CHUNK)
        sink.write(CHUNK)
    sink.write(stream.close())
    sink.write(stream.finish())
    return sink.count


def one_large_by_zipfile() -> int:
    """Stream 1 GiB through `zipfile`."""
    sink = NullSink()
    with zipfile.ZipFile(sink, "w") as archive, archive.open("large.fits", "w") as member:
        for _ in range(CHUNKS):
            member.write(CHUNK)
    return sink.count


def many_small_by_us(names: list[str]) -> int:
    """Write the small members as the overlay writes downloads, streamed."""
    sink, stream = NullSink(), ZipStream()
    for name in names:
        sink.write(stream.open(name, len(CONTENT), STAMP))
        stream.feed(CONTENT)
        sink.write(CONTENT)
        sink.write(stream.close())
    sink.write(stream.finish())
    return sink.count


def many_whole_by_us(names: list[str]) -> int:
    """Write the small members whole."""
    sink, stream = NullSink(), ZipStream()
    for name in names:
        sink.write(stream.whole(name, CONTENT, STAMP))
    sink.write(stream.finish())
    return sink.count


def many_small_by_zipfile(names: list[str]) -> int:
    """Write the small members with `zipfile`."""
    sink = NullSink()
    with zipfile.ZipFile(sink, "w") as archive:
        for name in names:
            archive.writestr(name, CONTENT)
    return sink.count


def forecast(names: list[str]) -> int:
    """Compute the size of the archive with the small members."""
    return total_size(Member(name, len(CONTENT), "streamed") for name in names)


def seconds(contestant: Callable[[], int]) -> float:
    """Time one run."""
    start = perf_counter()
    contestant()
    return perf_counter() - start


def compare(title: str, ours: Callable[[], int], theirs: Callable[[], int]) -> None:
    """Print one row: medians of both, and the median of the ratios of neighbouring runs."""
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    our_median = median(our for our, _ in pairs)
    their_median = median(their for _, their in pairs)
    ratio = median(their / our for our, their in pairs)
    print(f"{title:<42}{our_median:>9.3f} s{their_median:>9.3f} s{ratio:>8.2f}")


def main() -> None:
    """Print the table."""
    names = small_names()
    print(f"Medians of {ROUNDS} rounds, both writers by turns; ratio above 1: ours is faster")
    print(f"{'stored, into a null sink':<42}{'ours':>11}{'zipfile':>11}{'ratio':>8}")
    compare("1 GiB streamed in chunks of 1 MiB", one_large_by_us, one_large_by_zipfile)
    compare(
        "70,000 members of 100 bytes, streamed",
        lambda: many_small_by_us(names),
        lambda: many_small_by_zipfile(names),
    )
    compare(
        "70,000 members of 100 bytes, whole",
        lambda: many_whole_by_us(names),
        lambda: many_small_by_zipfile(names),
    )
    alone = median(seconds(lambda: forecast(names)) for _ in range(ROUNDS))
    print(f"{'total size of 70,000 members beforehand':<42}{alone:>9.3f} s{'':>11}{'':>8}")


if __name__ == "__main__":
    main()
